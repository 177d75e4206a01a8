"""Serves a folder. It answers the request for `/wait` only after the page has asked for `/done`. The browser waits
for the first, so the page counts as loaded only after its scripts have done their work.

    server.py FOLDER PORT
"""

import http.server
import sys
import threading

done = threading.Event()


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=sys.argv[1])

    def do_GET(self):
        if self.path == "/page.html":
            done.clear()
        if self.path == "/done":
            done.set()
        if self.path == "/wait":
            done.wait(150)
        if self.path in ("/done", "/wait"):
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()

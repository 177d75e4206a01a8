"""Starts the server that its arguments name, sends requests from several clients at once, stops it, and prints the answers in order.

    ask-server.py SERVER
"""

import http.client
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
line = server.stdout.readline()
if not line:
    sys.exit(f"the server said nothing, and ended with {server.wait()}")
port = int(line)


def ask(client):
    """All requests of one client, on one connection, and a second connection for large ones."""
    answers = []
    for requests in (
        [("GET", "/", None), ("POST", "/visits", None), ("GET", "/after/5", None), ("GET", "/missing", None)] * 4,
        [("POST", "/words", b"some words " * 50_000), ("GET", "/file", None)],
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for method, path, body in requests:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read().decode()
            # The order in which clients are counted differs from run to run.
            answers.append((answer.status, path, "" if path == "/visits" else text))
        connection.close()
    return answers


with ThreadPoolExecutor(8) as clients:
    for answers in clients.map(ask, range(8)):
        print(answers)
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
connection.request("POST", "/stop")
print(connection.getresponse().status)
connection.close()
sys.exit(server.wait(30))

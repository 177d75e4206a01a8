"""Prints a line about a decompiled filter: peer.py NAME, with the JSON of `cargo seccomp decompile` as input."""
import json
import sys

for line in sys.stdin:
    shown = json.loads(line)
    rules = shown["text"].count(";")
    again = shown["compiled_again"]
    print(f"{sys.argv[1]}: equal; {shown['instructions']} instructions, compiled again {again}; {rules} items")

"""Reads and writes the tables of this directory."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))


def read(name):
    """The rows of a table, as lists of fields, without the comment at its head."""
    with open(os.path.join(HERE, name)) as lines:
        return [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]


def write(name, text, check):
    """Writes a table, or says whether it already is `text`. The exit code."""
    path = os.path.join(HERE, name)
    if not check:
        with open(path, "w") as out:
            out.write(text)
        print(f"{name}: written, {text.count(chr(10))} lines")
        return 0
    same = os.path.exists(path) and open(path).read() == text
    print(f"{name}: {'as it should be' if same else 'DIFFERS from what the sources say'}")
    return 0 if same else 1


class Numbers:
    def __init__(self):
        with open(os.path.join(HERE, "numbers.tsv")) as lines:
            self.abis = next(line for line in lines if line.startswith("#name")).rstrip("\n").split("\t")[1:]
        self.rows = {row[0]: dict(zip(self.abis, row[1:])) for row in read("numbers.tsv")}

    def calls(self, abi):
        return [name for name, row in self.rows.items() if row[abi] != "-"]


def numbers():
    return Numbers()


class Types:
    def __init__(self):
        self.kinds = {spelling: kind for spelling, kind in read("types.tsv")}

    def kind(self, spelling):
        if "*" in spelling:
            return "ptr"
        return self.kinds[re.sub(r"^const ", "", spelling)]

    def bits(self, spelling, register):
        kind = self.kind(spelling)
        return register if kind in ("ptr", "uword", "iword") else int(kind[1:])


def types():
    return Types()

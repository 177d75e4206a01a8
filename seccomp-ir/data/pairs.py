#!/usr/bin/env python3
"""Finds the pairs of letters for the short form of names in reports: ../../seccomp-bpf/src/short/pairs.rs.

    pairs.py [--check]

Byte-pair encoding: the pair that occurs most in all names becomes one byte, again and again. There are two sets: for the names of
calls and arguments, and for those of constants. Each argument counts once, with
the name that the kernel gives it; each call twice, because a program can have the names of calls alone; and constants as `domains.tsv`
has them, without the part that all of a family have.
"""

import collections
import os
import sys

import tsv

PAIRS = 128
FIRST = 128


def words():
    """Names of calls and of arguments."""
    calls = sorted(tsv.numbers().rows)
    names = set()
    for row in tsv.read("signatures.tsv"):
        for parameter in row[3:]:
            names.add(parameter.split("|")[0].split(" ")[-1])
    return 2 * calls + sorted(name for name in names if name.replace("_", "").isalnum())


def capitals():
    """What differs in the names of constants, and the beginnings of families."""
    constants = [row[0] for row in tsv.read("constants.tsv")]
    names = set()
    for row in tsv.read("domains.tsv"):
        for pattern in row[3].split(" "):
            beginning = pattern.rstrip("*")
            if beginning == "" or pattern.startswith("!") or not pattern.isupper():
                continue
            if pattern == beginning:
                names.add(pattern)
                continue
            names.add(beginning)
            for name in constants:
                if name.startswith(beginning):
                    names.add(name[len(beginning):])
    return sorted(names)


def merged(name, pair, byte):
    """The name with `byte` in the place of the pair, from left to right."""
    out = []
    for letter in name:
        if out and (out[-1], letter) == pair:
            out[-1] = byte
        else:
            out.append(letter)
    return out


def train(names):
    """The pairs, in the order in which they are found."""
    names = [list(name.encode()) for name in names]
    pairs = []
    for byte in range(FIRST, FIRST + PAIRS):
        counts = collections.Counter()
        for name in names:
            counts.update(zip(name, name[1:]))
        # The smallest of those that occur as often, so that the result does not depend on an order.
        pair = min(counts, key=lambda pair: (-counts[pair], pair))
        pairs.append(pair)
        names = [merged(name, pair, byte) for name in names]
    return pairs


def literal(pairs):
    """The pairs as a byte string of Rust, 16 in a line."""
    lines = []
    for start in range(0, PAIRS, 16):
        line = ""
        for letter in (letter for pair in pairs[start:start + 16] for letter in pair):
            line += chr(letter) if letter < FIRST else f"\\x{letter:02x}"
        lines.append(f"    {line}\\")
    return "\n".join(["b\"\\", *lines])[:-1] + "\""


def main():
    text = """//! The pairs of each set, in their order. The first stands for byte 128.
//!
//! Written by `seccomp-ir/data/pairs.py`; do not edit.

/// For the names of calls and arguments.
pub(super) const WORDS: &[u8; 256] = %s;

/// For the names of constants.
pub(super) const CAPITALS: &[u8; 256] = %s;
""" % (literal(train(words())), literal(train(capitals())))
    return tsv.write(os.path.join("..", "..", "seccomp-bpf", "src", "short", "pairs.rs"), text, "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

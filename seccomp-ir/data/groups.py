#!/usr/bin/env python3
"""Writes groups.tsv: the groups of calls that systemd names.

    systemd-analyze --no-pager syscall-filter >FILE
    groups.py [--check] FILE

with systemd 252 (Debian 12). With --check nothing is written: the exit code says whether the file is
what it would be.
"""

import argparse
import sys

import tsv

HEADER = """\
# Groups of system calls as systemd names them.
#
# Columns: group; description; members, a member that begins with "@" being itself a group.
#
# Source: systemd 252, `systemd-analyze syscall-filter`. Of @known, the calls that only architectures without
# a column in numbers.tsv have (alpha, arc, ia64, or1k, sparc) are left out.
#
# Written by groups.py; do not edit.
"""


def text(path):
    known = tsv.numbers().rows
    groups = {}
    for line in open(path):
        line = line.rstrip("\n")
        # After the groups come, as comments, what is in none of them.
        if line.startswith("@"):
            members = []
            groups[line] = ["", members]
        elif line.startswith("    # "):
            groups[next(reversed(groups))][0] = line[6:]
        elif line.startswith("    "):
            members.append(line.strip())
    lines = []
    for name, (description, members) in sorted(groups.items()):
        members = [m for m in members if m.startswith("@") or m in known]
        lines.append(f"{name}\t{description}\t{' '.join(members)}\n")
    return HEADER + "".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("output")
    options = parser.parse_args()
    sys.exit(tsv.write("groups.tsv", text(options.output), options.check))

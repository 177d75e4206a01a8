#!/usr/bin/env python3
"""Writes systemd-groups.tsv and groups.tsv: the groups of calls, as systemd has them and as this project has them.

    systemd-analyze --no-pager syscall-filter >FILE
    groups.py [--check] [--systemd FILE]

FILE is what systemd 262 says (Debian package systemd, 262.1-1); without it, what systemd-groups.tsv has of it stays.
groups.tsv is made of that and of own-groups.tsv. With --check nothing is written: the exit code says whether the
files are what they would be.
"""

import argparse
import sys

import tsv

SYSTEMD = """\
# Groups of system calls as systemd has them.
#
# Columns: group; description; members, a member that begins with "@" being itself a group. Calls that only
# architectures without a column in numbers.tsv have (alpha, arc, ia64, or1k, sparc) are left out.
#
# Source: systemd 262 (Debian 262.1-1), `systemd-analyze syscall-filter`.
#
# Written by groups.py; do not edit.
"""

HEADER = """\
# Groups of system calls.
#
# Columns: group; description; members, a member that begins with "@" being itself a group.
#
# Source: systemd 262, `systemd-analyze syscall-filter` (systemd-groups.tsv), and where this project's groups differ,
# with the reason for each: own-groups.tsv.
#
# Written by groups.py; do not edit.
"""

KNOWN = "All calls that the tables have, on any ABI"


def read_systemd(path):
    """group -> [description, members], of calls that the tables have"""
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
        elif line.startswith("    ") and (line.strip().startswith("@") or line.strip() in known):
            members.append(line.strip())
    return groups


def own(groups):
    """The same with what own-groups.tsv changes, which has to change something."""
    for group, change, _ in tsv.read("own-groups.tsv"):
        members = groups[group][1]
        sign, member = change[0], change[1:]
        if (sign == "+") == (member in members):
            raise SystemExit(f"own-groups.tsv: {group} {change} changes nothing any more; take it out")
        if sign == "+":
            members.append(member)
        else:
            members.remove(member)
    groups["@known"] = [KNOWN, list(tsv.numbers().rows)]
    return groups


def text(header, groups):
    lines = [f"{name}\t{description}\t{' '.join(sorted(members))}\n"
             for name, (description, members) in sorted(groups.items())]
    return header + "".join(lines)


def from_table():
    return {name: [description, members.split()] for name, description, members in tsv.read("systemd-groups.tsv")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--systemd")
    options = parser.parse_args()
    code = 0
    if options.systemd:
        code = tsv.write("systemd-groups.tsv", text(SYSTEMD, read_systemd(options.systemd)), options.check)
    sys.exit(tsv.write("groups.tsv", text(HEADER, own(from_table())), options.check) or code)

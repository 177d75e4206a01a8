#!/usr/bin/env python3
"""Records a process and its children, for a picture.

    processes.py PROCESS TITLE [FILTER…] [--note NAME=TEXT]…

Prints a line for each process: its number here, that of its parent, its name, its user, the number of filters that it
is under (`Seccomp_filters` of proc_pid_status(5)), and the number of its threads. A FILTER is the name of the first filter, the second, and so on. A note is for
the process of that name.
"""

import os
import pwd
import re
import sys


def name_of(process):
    words = open(f"/proc/{process}/cmdline", "rb").read().decode(errors="replace")
    # nginx and others overwrite their arguments with a text.
    if re.match(r"[a-z]+: ", words):
        return " ".join(words.replace("\0", " ").split()[:2])
    words = words.split("\0")
    kind = re.search(r"--type=([a-z-]+)", " ".join(words))
    # Some programs write all their arguments into the first.
    name = os.path.basename(words[0].split(" ")[0])
    # The kind of a process of Chromium, and the script of an interpreter or the job of a program that is several.
    if kind:
        return f"{name} {kind[1]}"
    if len(words) > 1 and re.fullmatch(r"[\w./-]+\.(py|sh)|plugin|target", words[1]):
        return f"{name} {os.path.basename(words[1])}" + (f" {words[2]}" if words[1] == "plugin" else "")
    return name


def user_of(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def rows(process, parent, found):
    try:
        status = dict(re.findall(r"(\w+):\t(.*)", open(f"/proc/{process}/status").read()))
        name = name_of(process)
        threads = os.listdir(f"/proc/{process}/task")
        children = [child for thread in threads for child in open(f"/proc/{process}/task/{thread}/children").read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return  # It has ended meanwhile.
    if not name:
        return
    number = len(found) + 1
    user = user_of(int(status["Uid"].split()[0]))
    found.append((number, parent, name, user, status.get("Seccomp_filters", "?"), len(threads)))
    for child in sorted(children, key=int):
        rows(child, number, found)


def main():
    words, notes = sys.argv[1:], []
    while "--note" in words:
        at = words.index("--note")
        notes.append(words[at + 1])
        del words[at : at + 2]
    process, title, *filters = words
    print(f"# title\t{title}")
    for filter in filters:
        print(f"# filter\t{filter}")
    for note in notes:
        print("# note\t" + note.replace("=", "\t", 1))
    found = []
    rows(process, 0, found)
    if not found:
        sys.exit(f"there is no process {process}")
    print("number\tparent\tname\tuser\tfilters\tthreads")
    for row in found:
        print("\t".join(map(str, row)))


main()

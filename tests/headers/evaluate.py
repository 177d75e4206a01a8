#!/usr/bin/env python3
"""Prints every command of ioctl that the installed user headers define, and its value on x86_64.

The headers of this machine (Debian package linux-libc-dev, /usr/include) have another version than those of
constants.tsv, and were installed in another way. The script does not use the headers of the C library.
"""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../seccomp-ir/data"))
sys.dont_write_bytecode = True

import constants  # noqa: E402
import ioctls  # noqa: E402

INSTALLED = "/usr/include"


def tree(directory):
    """A tree as constants.py expects it, with links to the kernel's headers."""
    include, asm = os.path.join(directory, "usr/include"), os.path.join(directory, "usr/lib/linux/uapi/x86")
    os.makedirs(include)
    os.makedirs(asm)
    for part in "asm-generic drm linux misc mtd rdma sound video xen".split():
        if os.path.isdir(os.path.join(INSTALLED, part)):
            os.symlink(os.path.join(INSTALLED, part), os.path.join(include, part))
    own = os.path.join(INSTALLED, "x86_64-linux-gnu/asm")
    os.symlink(own if os.path.isdir(own) else os.path.join(INSTALLED, "asm"), os.path.join(asm, "asm"))
    return directory


with tempfile.TemporaryDirectory() as directory:
    here = tree(os.path.join(directory, "tree"))
    # The machine does not have what user headers lack.
    constants.internal_header = lambda *_: ""
    tops = [os.path.join(here, "usr/include", part) for part in os.listdir(os.path.join(here, "usr/include"))]
    tops.append(os.path.join(here, "usr/lib/linux/uapi/x86/asm"))
    commands = ioctls.commands(text for top in tops for text in ioctls.texts_below(top))
    # Names that are certainly commands, found in another way.
    plainly = set()
    for text in (text for top in tops for text in ioctls.texts_below(top)):
        plainly.update(re.findall(r"^#[ \t]*define[ \t]+(\w+)[ \t]+\(?_IO(?:R|W|WR)?\(", text, re.M))
    if plainly - commands:
        sys.exit(f"not taken for commands: {sorted(plainly - commands)}")
    _, values = constants.evaluate(here, os.path.join(directory, "work"), "x86_64", commands.__contains__, False)
    for name, found in sorted(values.items()):
        print(name, *found)

#!/usr/bin/env python3
"""Writes libc_names.rs: the names that libc has on the host and the tables on x86_64.

    libc_names.py LIBC

LIBC is the folder of libc's source, in cargo's registry. Every name that is declared anywhere in it is
tried in a crate of its own, and those stay that compile.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../data"))
import tsv  # noqa: E402


def on_x86_64(row):
    values = [row[1]] + [value for cell in row[2:] for abis, value in [cell.split("=")] if "x86_64" in abis.split(",")]
    return values[-1] != "-"


def main(libc):
    version = re.search(r"libc-(.*)", os.path.basename(libc.rstrip("/")))[1]
    declared = set()
    for folder, _, files in os.walk(os.path.join(libc, "src")):
        for file in files:
            text = open(os.path.join(folder, file)).read()
            declared |= set(re.findall(r"pub const ([A-Za-z_]\w*)\s*:", text))
    names = [row[0] for row in tsv.read("constants.tsv") if on_x86_64(row)]
    names += ["SYS_" + call for call in tsv.numbers().calls("x86_64")]
    names = [name for name in names if name in declared]
    with tempfile.TemporaryDirectory() as crate:
        os.mkdir(os.path.join(crate, "src"))
        open(os.path.join(crate, "Cargo.toml"), "w").write(
            f'[package]\nname="n"\nedition="2024"\n[dependencies]\nlibc="={version}"\n[workspace]\n')
        while True:
            open(os.path.join(crate, "src/lib.rs"), "w").write(
                "".join(f"pub const V{i}: i128 = libc::{name} as i128;\n" for i, name in enumerate(names)))
            done = subprocess.run(["cargo", "check", "-q", "--message-format=short"], cwd=crate,
                                  capture_output=True, text=True)
            bad = {int(line) - 1 for line in re.findall(r"src/lib.rs:(\d+):\d+: error", done.stderr)}
            if not bad:
                break
            names = [name for i, name in enumerate(names) if i not in bad]
    assert done.returncode == 0, done.stderr
    path = os.path.join(HERE, "libc_names.rs")
    old = open(path).read()
    head = old[:old.index("values! {\n")] + "values! {\n"
    head = re.sub(r"libc \d[\w.-]*\d", f"libc {version}", head)
    body = textwrap.fill(" ".join(names), 96, initial_indent="    ", subsequent_indent="    ",
                         break_long_words=False, break_on_hyphens=False)
    open(path, "w").write(head + body + "\n};\n")
    print(f"{len(names)} names")


if __name__ == "__main__":
    main(sys.argv[1])

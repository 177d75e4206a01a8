#!/usr/bin/env python3
"""Writes numbers.tsv: the number of each call on each ABI.

    numbers.py [--check] --linux DIR --newer DIR [--headers DIR]

DIR of --newer is the source of Linux 7.3, that of --linux of Linux 6.12 (Debian packages
linux-source-7.3 and linux-source-6.12, extracted); only s390's numbers come from the latter, since
Linux 7.0 dropped 31-bit programs. With --check nothing is written: the exit code says whether the file
is what it would be. DIR of --headers is usr/lib/linux/uapi of Debian's linux-libc-dev: what it has to
say of each ABI's calls is compared with the table, and every difference is printed.
"""

import argparse
import os
import re
import sys

import kernel
import tsv

HEADER = """\
# Numbers of system calls by ABI.
#
# The last line of this comment names the columns; "-" where the ABI has no such call. mips numbers are
# without 4000, mips64 without 5000, mips64n32 without 6000, x32 without 0x40000000: those are added where a
# number is looked up. Arm's calls from 983041 on are its private ones.
#
# Source: the call tables of Linux 7.3 (Debian linux-source-7.3; scripts/syscall.tbl, arch/*/**/syscall*.tbl;
# Arm's private calls: arch/arm/include/uapi/asm/unistd.h), and for s390, which 7.0 dropped, of Linux 6.12
# (Debian linux-source-6.12), with the calls that came between them. Lines without a call ("reserved", "unused") are left out.
#
# Written by numbers.py; do not edit.
"""


# What s390 got between the two trees, with the numbers that every ABI has for them.
S390_LATER = ("setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr "
              "file_setattr").split()


def arm_private(tree):
    text = open(os.path.join(tree, "arch/arm/include/uapi/asm/unistd.h")).read()
    return {n: 0x0F0000 + int(i) for n, i in re.findall(r"__ARM_NR_(\w+)\s+\(__ARM_NR_BASE\+(\d+)\)", text)}


def text(options):
    columns = {}
    for abi in kernel.ABIS:
        tree = options.linux if abi == "s390" else options.newer
        columns[abi] = {n: row[0] for n, row in kernel.read_table(tree, abi).items()
                        if not re.match(r"(reserved|unused)\d", n)}
    columns["arm"].update(arm_private(options.newer))
    columns["s390"].update({n: columns["s390x"][n] for n in S390_LATER})
    lines = ["#name\t" + "\t".join(kernel.ABIS)]
    for name in sorted({n for column in columns.values() for n in column}):
        lines.append("\t".join([name, *(str(columns[abi].get(name, "-")) for abi in kernel.ABIS)]))
    return HEADER + "\n".join(lines) + "\n"


# The header that numbers the calls of each ABI; Linux 7.3 has none for s390.
HEADERS = {
    "x86": "x86/asm/unistd_32.h", "x86_64": "x86/asm/unistd_64.h",
    "x32": "x86/asm/unistd_x32.h", "arm": "arm/asm/unistd-eabi.h",
    "aarch64": "arm64/asm/unistd_64.h", "loongarch64": "loongarch/asm/unistd_64.h",
    "m68k": "m68k/asm/unistd_32.h", "mips": "mips/asm/unistd_o32.h",
    "mips64": "mips/asm/unistd_n64.h", "mips64n32": "mips/asm/unistd_n32.h",
    "parisc": "parisc/asm/unistd_32.h", "parisc64": "parisc/asm/unistd_64.h",
    "ppc": "powerpc/asm/unistd_32.h", "ppc64": "powerpc/asm/unistd_64.h",
    "riscv64": "riscv/asm/unistd_64.h", "s390x": "s390/asm/unistd_64.h",
    "sh": "sh/asm/unistd_32.h",
}


def compare_with_headers(folder):
    """What the installed headers number otherwise than the table, as lines."""
    table, lines = tsv.numbers(), []
    for abi, header in HEADERS.items():
        theirs = {}
        for line in open(os.path.join(folder, header)):
            found = re.match(r"#define __NR_(\w+)\s+\(?(?:__NR_Linux|__NR_SYSCALL_BASE|__X32_SYSCALL_BIT)?"
                             r"\s*\+?\s*(\d+)\)?$", line.strip())
            if found and not re.match(r"(reserved|unused)\d", found[1]):
                theirs[found[1]] = int(found[2])
        mine = {n: int(table.rows[n][abi]) for n in table.calls(abi)}
        private = arm_private_numbers(mine) if abi == "arm" else set()
        for name in sorted(set(mine) | set(theirs)):
            if mine.get(name) != theirs.get(name) and name not in private:
                lines.append(f"{abi}: {name} is {theirs.get(name)} in {header} and {mine.get(name)} in numbers.tsv")
        if len(theirs) < 200:
            lines.append(f"{abi}: only {len(theirs)} calls could be read from {header}")
    return lines


def arm_private_numbers(calls):
    return {name for name, number in calls.items() if number >= 0x0F0000}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--linux", required=True)
    parser.add_argument("--newer", required=True)
    parser.add_argument("--headers")
    options = parser.parse_args()
    code = tsv.write("numbers.tsv", text(options), options.check)
    if options.headers:
        differences = compare_with_headers(options.headers)
        print("\n".join(differences) or "the headers number every call as numbers.tsv does")
        code = code or int(bool(differences))
    sys.exit(code)

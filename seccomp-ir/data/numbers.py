#!/usr/bin/env python3
"""Writes numbers.tsv: the number of each call on each ABI.

    numbers.py [--check] --linux DIR --newer DIR

DIR of --newer is the source of Linux 7.2, that of --linux of Linux 6.12 (Debian packages
linux-source-7.2 and linux-source-6.12, extracted); only s390's numbers come from the latter, since
Linux 7.0 dropped 31-bit programs. With --check nothing is written: the exit code says whether the file
is what it would be.
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
# Source: the call tables of Linux 7.2 (Debian linux-source-7.2; scripts/syscall.tbl, arch/*/**/syscall*.tbl;
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--linux", required=True)
    parser.add_argument("--newer", required=True)
    options = parser.parse_args()
    sys.exit(tsv.write("numbers.tsv", text(options), options.check))

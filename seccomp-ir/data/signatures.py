#!/usr/bin/env python3
"""Writes signatures.tsv: what each call takes, on each ABI.

    signatures.py [--check] --linux DIR --newer DIR --man DIR [--man DIR]

DIR of --linux is the source of Linux 6.12, that of --newer of Linux 7.3 (Debian packages linux-source-6.12
and linux-source-7.3, extracted), which is read for the calls that 6.12 lacks; each DIR of --man holds the pages of section 2 (Debian package manpages-dev: usr/share/man/man2). With
--check nothing is written: the exit code says whether the file is what it would be.

How an argument comes to its place on an ABI:
- The ABI's call table names the entry point. It is looked for among the SYSCALL_DEFINE lines and
  asmlinkage functions of the ABI's own directory, then of the rest of the kernel; where several
  are there, the options that the ABI selects decide.
- On a 32-bit ABI a 64-bit parameter takes two registers, and on arm, mips, parisc and ppc an even one
  first (procedure call standards of these machines); the kernel's compat entry points on 64-bit
  kernels, which spell the halves out, are compared with that.
- Man-page names are matched by position where page and kernel have the same number of arguments,
  and by the table MAN below where not.
"""

import argparse
import collections
import os
import re
import sys

import kernel
import man
import tsv

HEADER = """\
# Arguments of system calls by ABI.
#
# Columns: call; ABIs it speaks for ("*": all that have the call and are in no other line of it); entry
# point; then one column per argument register, from the first. A seventh register is on no filter's
# input. "void" alone: no arguments. "?" alone: not known, because no kernel of these versions has it.
#
# A register is one of
#   TYPE NAME               a whole argument; the type as the kernel declares it, see types.tsv
#   TYPE NAME:WHOLE:lo      the low half (or :hi, the high half) of a 64-bit argument WHOLE
#   TYPE :WHOLE:1           the first (or second) half in the ABI's byte order: little-endian low first
#   -                       skipped, so that a 64-bit argument begins at an even register
# and ends with the man pages' other names for it, each after a "|" (of WHOLE, if it is a half).
#
# Sources: Linux 6.12 (Debian linux-source-6.12): the call table of each architecture, SYSCALL_DEFINE and
# COMPAT_SYSCALL_DEFINE lines, asmlinkage functions, include/linux/syscalls.h; for calls that came after
# it, the same of Linux 7.3 (Debian linux-source-7.3). x86 has the native i386 entry points, s390 the compat
# ones of s390x. Which options an architecture selects: arch/*/Kconfig of 6.12, the same in 7.3. The order of
# clone's arguments was compared with musl 1.2.6 (src/thread/*/clone.s of every ABI but parisc's) and with
# clone(2) of man-pages 6.9.1 (parisc). Man pages: Linux man-pages 6.03 and 6.9.1, section 2.
#
# Where sources disagree, what stands here:
# - bpf has five arguments in Linux 7.3 and three in 6.12: three. The last of getcpu is a pointer to a
#   structure in 6.12 and "void *" in 7.3; that of semop "unsigned" and "unsigned int": as in 6.12.
# - On a 32-bit ABI the entry points of a 32-bit and of a 64-bit kernel declare some arguments with another
#   sign or pointer type: as the former. That positions and widths agree is checked by signatures.py.
# - Pages describe the C library's function; an argument that it does not pass on as it is has no name here.
#
# Written by signatures.py; do not edit.
"""

# Entry points in assembly, and the function that gets their registers.
ASSEMBLY = {
    "__sys_clone": "sys_clone", "__sys_clone3": "sys_clone3", "__sys_fork": "sys_fork",
    "__sys_vfork": "sys_vfork", "__sys_sysmips": "sys_sysmips", "sys_clone_wrapper": "sys_clone",
    "sys_clone3_wrapper": "sys_clone3", "sys_fork_wrapper": "sys_fork", "sys_vfork_wrapper": "sys_vfork",
    "sys_statfs64_wrapper": "sys_statfs64", "sys_fstatfs64_wrapper": "sys_fstatfs64",
}

# What has no C definition to read.
WRITTEN = {
    # arch/arm/kernel/entry-common.S, sys_mmap2: "off_4k (r5)", else as sys_mmap_pgoff
    ("sys_mmap2", "arm"): [("unsigned long", "addr"), ("unsigned long", "len"), ("unsigned long", "prot"),
                           ("unsigned long", "flags"), ("unsigned long", "fd"), ("unsigned long", "off_4k")],
}

# Arm's private calls: arch/arm/kernel/traps.c, arm_syscall().
ARM_PRIVATE = {
    "breakpoint": [], "usr26": [], "usr32": [], "get_tls": [],
    "cacheflush": [("unsigned long", "start"), ("unsigned long", "end"), ("int", "flags")],
    "set_tls": [("unsigned long", "val")],
}

# 64-bit parameters of 32-bit ABIs that begin at an even register.
EVEN = {"arm": True, "mips": True, "parisc": True, "ppc": True, "x86": False, "m68k": False, "sh": False}

WIDE = {"loff_t", "u64", "__u64", "s64", "__s64", "unsigned long long", "long long"}

# Halves whose own names do not say of what.
WHOLE_OF = {"pread64": "pos", "pwrite64": "pos",
            "readahead": "offset", "fadvise64": "offset"}

# The name of the whole, where the halves abbreviate it.
SPELLED_OUT = {"off": "offset", "n": "nbytes", "pos": "pos", "offset": "offset", "len": "len",
               "nbytes": "nbytes", "length": "length", "mask": "mask"}

Register = collections.namedtuple("Register", "type name whole half")  # type None: skipped


def half_of(name):
    """(whole, "lo" | "hi" | "1" | "2") of a parameter that is half of one, else None"""
    for pattern in (r"(\w*?)_?(lo|low|l|hi|high|h)$", r"(low|lo|high|hi)_?(\w*)$"):
        found = re.match(pattern, name)
        if found:
            whole, half = found.groups() if pattern.startswith(r"(\w") else found.groups()[::-1]
            if half in ("l", "h") and not name.endswith(("_l", "_h")):
                continue
            return whole, half[:1] + ("o" if half[0] == "l" else "i")
    found = re.match(r"(offset|pos|len|nbytes|mask|name)(\d)$", name) or re.match(r"(\w+):(first|second)$", name)
    if found:
        return found[1], found[2]
    return None


def registers(call, args, abi):
    """The registers of `args`: 64-bit ones split, halves recognised."""
    narrow = kernel.REGISTER[abi] == 32
    out = []
    halves = [half_of(n) for _, n in args]
    i = 0
    while i < len(args):
        ctype, name = args[i]
        pair = halves[i:i + 2]
        if (len(pair) == 2 and None not in pair and pair[0][0] == pair[1][0] and "*" not in ctype
                and call not in ("_llseek", "mremap") and (narrow or ctype.startswith(("u32", "compat")))):
            whole = "length" if call in ("truncate64", "ftruncate64") else SPELLED_OUT[pair[0][0] or WHOLE_OF[call]]
            order = [h for _, h in pair]
            if sorted(order) == ["hi", "lo"]:
                for (t, n), (_, h) in zip(args[i:i + 2], pair):
                    out.append(Register(t, n if pair[0][0] else f"{whole}_{h}", whole, h))
            else:
                for n in ("1", "2"):
                    out.append(Register(ctype, "", whole, n))
            i += 2
        elif narrow and ctype in WIDE:
            if EVEN[abi] and len(out) % 2:
                out.append(Register(None, "", "", ""))
            out += [Register(ctype, "", name, "1"), Register(ctype, "", name, "2")]
            i += 1
        else:
            pad = narrow and re.match(r"(__pad|unused|reg\d|r4|dummy|__dummy|pad0)$", name) and i + 1 < len(args) \
                and ("*" not in ctype) and (halves[i + 1] or args[i + 1][0] in WIDE)
            out.append(Register(None, "", "", "") if pad else Register(ctype, name, "", ""))
            i += 1
    return out


class Source:
    """A kernel's source tree: its call tables and its definitions of entry points."""

    def __init__(self, tree):
        self.definitions = kernel.read_definitions(tree)
        self.prototypes = kernel.read_prototypes(tree)
        self.options = kernel.read_options(tree)
        self.tables = {abi: kernel.read_table(tree, abi) for abi in kernel.ABIS
                       if os.path.exists(os.path.join(tree, kernel.TABLES[abi][0]))}

    def has(self, abi, call):
        return call in self.tables[abi]


def signature(source, abi, call):
    """(entry, [Register]) or (entry, None) where it is not known"""
    native, compat = source.tables[abi].get(call, (0, None, None))[1:]
    entry = (compat or native) if abi == "s390" else native
    if abi == "arm" and call in ARM_PRIVATE:
        return "arm_syscall", registers(call, ARM_PRIVATE[call], abi)
    if entry in (None, "sys_ni_syscall"):
        return "-", None
    if entry.endswith(("sigreturn", "sigreturn_wrapper")):
        return entry, []
    looked_up = ASSEMBLY.get(entry, entry)
    if (looked_up, abi) in WRITTEN:
        return entry, registers(call, WRITTEN[looked_up, abi], abi)
    found = kernel.choose(source.definitions, looked_up, abi, source.options)
    if found:
        return entry, registers(call, found.args, abi)
    if looked_up in source.prototypes:
        return entry, registers(call, source.prototypes[looked_up], abi)
    if looked_up == "sys_syscall":
        return entry, None
    raise SystemExit(f"{call} on {abi}: no definition of {looked_up}")


def compare_with_compat(tree, source, rows):
    """Where a 64-bit kernel serves a 32-bit ABI, its compat entry must find each argument in the
    same register and half as the native entry does, and read as many bits of it."""
    kinds = tsv.types()
    tables = {"x86": ("x86", "x86_64"), "arm": ("arm", "aarch64"), "mips": ("mips", "mips64"),
              "parisc": ("parisc", "parisc64"), "ppc": ("ppc", "ppc64")}
    problems = []
    for abi, (table, host) in tables.items():
        if abi == "arm":
            calls = kernel.read_lines(tree, "arch/arm64/tools/syscall_32.tbl", ["common"])
        else:
            calls = kernel.read_table(tree, table)
        for call, (_, native, compat) in calls.items():
            if not compat or compat == "sys_ni_syscall" or compat.startswith("sys_oabi") or "sigreturn" in compat:
                continue
            mine = rows.get((call, abi))
            found = kernel.choose(source.definitions, compat, host, source.options)
            if not found or not mine or mine[1] is None:
                continue
            if abi == "mips" and any(re.match(r"(\w+_)?a\d$", n) for _, n in found.args):
                # arch/mips/kernel/linux32.c names registers after their position, and lets a half be u64
                theirs = [Register(None if "pad" in n or n in ("__dummy", "unused") else "u32", n, "",
                                   "half" if re.match(r"(\w+_)?a\d$", n) else "") for _, n in found.args]
            elif compat == "sys32_unimplemented":
                continue
            else:
                theirs = registers(call, found.args, abi)

            def shape(register):
                if register.type is None:
                    return "skipped"
                if register.half:
                    return "half"
                return kinds.bits(register.type, 32)

            if [shape(r) for r in mine[1]] != [shape(r) for r in theirs]:
                problems.append((abi, call, compat, mine, theirs))
    return problems


def cell(register, names):
    if register.type is None:
        return "-"
    suffix = f":{register.whole}:{register.half}" if register.half else ""
    tail = "".join("|" + n for n in names)
    return f"{register.type} {register.name}{suffix}{tail}"


def signatures(source, newer, numbers):
    """(call, ABI) -> (entry, registers), for every call of numbers.tsv"""
    rows = {}
    for abi in kernel.ABIS:
        for call in numbers.calls(abi):
            rows[call, abi] = signature(source, abi, call)
            if rows[call, abi] == ("-", None) and not source.has(abi, call):
                # s390's own table ended with Linux 6.19; what came last has the entry points of s390x.
                rows[call, abi] = signature(newer, "s390x" if abi == "s390" else abi, call)
    return rows


def build(options):
    source, newer = Source(options.linux), Source(options.newer)
    rows = signatures(source, newer, tsv.numbers())
    pages = man.Pages(options.man)
    grouped = collections.defaultdict(lambda: collections.defaultdict(list))
    for (call, abi), (entry, regs) in rows.items():
        grouped[call][tuple(regs) if regs is not None else None].append((abi, entry))
    return grouped, pages, rows, source


def text(options):
    grouped, pages, rows, source = build(options)
    problems = compare_with_compat(options.linux, source, rows)
    if problems:
        raise SystemExit("\n".join(f"compat entry differs: {p}" for p in problems))
    lines = []
    for call in sorted(grouped):
        variants = sorted(grouped[call].items(), key=lambda v: (len(v[1]), [a for a, _ in v[1]]))
        for i, (regs, users) in enumerate(variants):
            abis = "*" if i + 1 == len(variants) else ",".join(a for a, _ in users)
            entries = sorted({e for _, e in users} - {"-"}, key=lambda e: (len(e), e))
            entry = entries[0] if entries else "-"
            if regs is None:
                cells = ["?"]
            elif not regs:
                cells = ["void"]
            else:
                names = pages.names(call, regs)
                cells = [cell(r, n) for r, n in zip(regs, names)]
            lines.append("\t".join([call, abis, entry, *cells]))
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--linux", required=True)
    parser.add_argument("--newer", required=True)
    parser.add_argument("--man", action="append", required=True)
    options = parser.parse_args()
    sys.exit(tsv.write("signatures.tsv", text(options), options.check))

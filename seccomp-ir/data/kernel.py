"""Reads call tables and entry points out of a Linux source tree."""

import collections
import os
import re

ABIS = ("x86 x86_64 x32 arm aarch64 loongarch64 m68k mips mips64 mips64n32 parisc parisc64 "
        "ppc ppc64 riscv64 s390 s390x sh").split()

# The directory under arch/ of each ABI.
ARCH = dict(zip(ABIS, "x86 x86 x86 arm arm64 loongarch m68k mips mips mips parisc parisc "
                      "powerpc powerpc riscv s390 s390 sh".split()))

# The width in bits of an argument register, as seccomp sees it.
REGISTER = {a: 32 if a in "x86 arm m68k mips parisc ppc s390 sh".split() else 64 for a in ABIS}

# Where each ABI's numbers are, and the words of the second column that select its lines
# (arch/*/kernel/syscalls/Makefile, scripts/Makefile.asm-headers). What an architecture adds to those of
# scripts/syscall.tbl is read from its arch/*/kernel/Makefile.syscalls.
TABLES = {
    "x86": ("arch/x86/entry/syscalls/syscall_32.tbl", "i386"),
    "x86_64": ("arch/x86/entry/syscalls/syscall_64.tbl", "common 64"),
    "x32": ("arch/x86/entry/syscalls/syscall_64.tbl", "common x32"),
    "arm": ("arch/arm/tools/syscall.tbl", "common eabi"),
    "aarch64": ("scripts/syscall.tbl", "common 64"),
    "loongarch64": ("scripts/syscall.tbl", "common 64"),
    "m68k": ("arch/m68k/kernel/syscalls/syscall.tbl", "common"),
    "mips": ("arch/mips/kernel/syscalls/syscall_o32.tbl", "o32"),
    "mips64": ("arch/mips/kernel/syscalls/syscall_n64.tbl", "n64 common"),
    "mips64n32": ("arch/mips/kernel/syscalls/syscall_n32.tbl", "n32"),
    "parisc": ("arch/parisc/kernel/syscalls/syscall.tbl", "common 32"),
    "parisc64": ("arch/parisc/kernel/syscalls/syscall.tbl", "common 64"),
    "ppc": ("arch/powerpc/kernel/syscalls/syscall.tbl", "common nospu 32"),
    "ppc64": ("arch/powerpc/kernel/syscalls/syscall.tbl", "common nospu 64"),
    "riscv64": ("scripts/syscall.tbl", "common 64"),
    "s390": ("arch/s390/kernel/syscalls/syscall.tbl", "common 32"),
    "s390x": ("arch/s390/kernel/syscalls/syscall.tbl", "common 64"),
    "sh": ("arch/sh/kernel/syscalls/syscall.tbl", "common"),
}

# Kconfig options that choose between definitions of one call, selected in arch/*/Kconfig.
CHOOSING = ("CLONE_BACKWARDS CLONE_BACKWARDS2 CLONE_BACKWARDS3 ARCH_SPLIT_ARG64 OLD_SIGSUSPEND "
            "OLD_SIGSUSPEND3").split()

# What is set in the configuration of a kernel that runs programs of each ABI, as far as entries of
# arch/*/Kconfig that select one of CHOOSING depend on it. An ABI of 32 bits counts as run by a kernel of
# 32 bits where there is one; s390's programs run on s390x.
SYMBOLS = {a: {"64BIT"} if REGISTER[a] == 64 or a == "s390" else set() for a in ABIS}
for _abi, _symbols in {
    "x86": "X86 X86_32 COMPAT_32 IA32_EMULATION", "x86_64": "X86 X86_64", "x32": "X86 X86_64", "arm": "ARM", "aarch64": "ARM64",
    "loongarch64": "LOONGARCH", "m68k": "M68K MMU", "mips": "MIPS", "mips64": "MIPS", "mips64n32": "MIPS",
    "parisc": "PARISC", "parisc64": "PARISC", "ppc": "PPC PPC32", "ppc64": "PPC PPC64", "riscv64": "RISCV",
    "s390": "S390 COMPAT", "s390x": "S390", "sh": "SUPERH SUPERH32",
}.items():
    SYMBOLS[_abi].update(_symbols.split())

# Selections by an entry for the other word size of a kernel that has both: its own ABI never sees them.
NOT_OF_THE_ABI = {"COMPAT", "OABI_COMPAT"}


def read_options(tree):
    """ABI -> the options of CHOOSING that its kernel selects, and CONFIG_64BIT and its kin"""
    options = {a: set() for a in ABIS}
    for abi in ABIS:
        here, entry, depends = SYMBOLS[abi], None, []
        for line in open(os.path.join(tree, "arch", ARCH[abi], "Kconfig")):
            words = line.split("#")[0].split()
            if words[:1] in (["config"], ["menuconfig"]):
                entry, depends = words[1], []
            elif words[:2] == ["depends", "on"]:
                depends.append(" ".join(words[2:]))
            elif words[:1] == ["select"] and words[1] in CHOOSING:
                conditions = [entry] + (depends + [" ".join(words[3:])] if words[2:3] == ["if"] else depends)
                if all(_true(c, here) for c in conditions):
                    options[abi].add("CONFIG_" + words[1])
        options[abi].update("CONFIG_" + s for s in here & {"64BIT", "X86_32", "PPC32", "PPC64"})
    # The entry points of s390 are those of s390x, for registers of 32 bits.
    options["s390"].discard("CONFIG_64BIT")
    options["s390"].add("CONFIG_ARCH_SPLIT_ARG64")
    return options


def _true(condition, symbols):
    """Whether a condition of Kconfig holds; one that this does not understand ends the program."""
    if "||" in condition:
        return any(_true(c, symbols) for c in condition.split("||"))
    if "&&" in condition:
        return all(_true(c, symbols) for c in condition.split("&&"))
    condition = condition.strip().strip("()")
    if condition.startswith("!"):
        return not _true(condition[1:], symbols)
    if not re.match(r"\w+$", condition):
        raise SystemExit(f"Kconfig: cannot read the condition {condition}")
    known = set().union(*SYMBOLS.values()) | NOT_OF_THE_ABI
    if condition not in known:
        raise SystemExit(f"Kconfig: say in SYMBOLS of kernel.py which ABIs have {condition}")
    return condition in symbols


# Options that concern what is built, not how it is called, are not among them.
DECIDED = {"CONFIG_" + o for o in CHOOSING} | {"CONFIG_64BIT", "CONFIG_X86_32", "CONFIG_PPC32", "CONFIG_PPC64"}


GENERIC = "kernel mm fs ipc net security io_uring block drivers/pci drivers/char init".split()

DEFINE = re.compile(r"^((?:COMPAT_|PPC32_)?SYSCALL(?:32)?_DEFINE[0-6])\s*\(\s*(\w+)\s*,?", re.M)
ASMLINKAGE = re.compile(r"^asmlinkage\s+(?:notrace\s+)?[\w \t*]*?[\s*](\w+)\s*\(([^(){};]*)\)\s*\{", re.M)

Definition = collections.namedtuple("Definition", "file args conditions")


def read_table(tree, abi):
    """name -> (number, native entry or None, compat entry or None)"""
    path, words = TABLES[abi]
    words = words.split()
    if path == "scripts/syscall.tbl":
        makefile = open(os.path.join(tree, "arch", ARCH[abi], "kernel/Makefile.syscalls")).read()
        for added in re.findall(r"^syscall_abis_64 \+=(.*)$", makefile, re.M):
            words += added.split()
    return read_lines(tree, path, words)


def read_lines(tree, path, words):
    """The lines of one call table whose second column is among `words`, as read_table gives them."""
    calls = {}
    with open(os.path.join(tree, path)) as lines:
        for line in lines:
            field = line.split("#")[0].split() + [None, None, None]
            if field[1] in words:
                entry = [e if e not in (None, "-") else None for e in field[3:5]]
                calls[field[2]] = (int(field[0]), *entry)
    return calls


def _conditions(text):
    stack = []
    for line in text.split("\n"):
        found = re.match(r"\s*#\s*(ifdef|ifndef|if|elif|else|endif)\b\s*(.*)", line)
        if not found:
            continue
        word, rest = found.groups()
        rest = re.sub(r"/\*.*?\*/", "", rest).strip()
        if word in ("ifdef", "if"):
            stack.append(([], rest))
        elif word == "ifndef":
            stack.append(([rest], ""))
        elif word == "elif":
            refused, taken = stack[-1]
            stack[-1] = (refused + [taken], rest)
        elif word == "else":
            refused, taken = stack[-1]
            stack[-1] = (refused + [taken], "") if taken else ([], refused[-1])
        else:
            stack.pop()
    return stack


def _split(text):
    """Splits at commas outside parentheses."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [p.strip() for p in parts if p.strip()]


def _clean(ctype):
    ctype = re.sub(r"\b(__user|__force|__iomem)\b", "", ctype)
    ctype = re.sub(r"\s+", " ", ctype)
    return re.sub(r"\s*(\*+)\s*", r" \1", ctype).replace("* *", "**").strip()


def _macro_args(body):
    args = []
    parts = _split(body)[1:]
    while parts:
        head = parts.pop(0)
        split = re.match(r"(?:SC_ARG64|compat_arg_u64_dual|arg_u32p)\((\w+)\)", head)
        if split:
            args += [("u32", f"{split[1]}:first"), ("u32", f"{split[1]}:second")]
        else:
            args.append((_clean(head), parts.pop(0)))
    return args


def _c_args(text):
    args = []
    for part in _split(re.sub(r"\s+", " ", text)):
        if part == "void":
            continue
        found = re.match(r"(.*?[\s*])(\w+)$", part)
        args.append((_clean(found[1]), found[2]) if found else (_clean(part), "?"))
    return args


def read_definitions(tree):
    """entry point -> [Definition]; `sys_` and `compat_sys_` names, and asmlinkage functions"""
    defs = collections.defaultdict(list)
    for top in GENERIC + ["arch/" + a for a in sorted(set(ARCH.values()))]:
        for folder, _, files in sorted(os.walk(os.path.join(tree, top))):
            if folder.endswith("arch/x86/um"):
                continue
            for file in sorted(files):
                # The builds without timers and without an MMU define the same calls a second time.
                if file.endswith((".c", ".h")) and file not in ("posix-stubs.c", "nommu.c"):
                    path = os.path.join(folder, file)
                    _scan(defs, os.path.relpath(path, tree), open(path, errors="replace").read())
    return defs


def _scan(defs, path, text):
    if "SYSCALL" in text:
        for found in DEFINE.finditer(text):
            start = text.index("(", found.start())
            depth = 0
            for end in range(start, len(text)):
                depth += (text[end] == "(") - (text[end] == ")")
                if depth == 0:
                    break
            body = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text[start + 1:end], flags=re.S))
            item = Definition(path, _macro_args(body), _conditions(text[:found.start()]))
            compat = not found[1].startswith("SYSCALL_")
            defs[("compat_sys_" if compat else "sys_") + found[2]].append(item)
            # These two are the native entry on 32-bit kernels and the compat entry on 64-bit ones.
            if found[1].startswith("PPC32"):
                defs["sys_" + found[2]].append(item)
            elif found[1].startswith("SYSCALL32"):
                native = item.conditions + [([], "CONFIG_ARCH_SPLIT_ARG64")]
                defs["sys_" + found[2]].append(item._replace(conditions=native))
    if path.startswith("arch/") and "asmlinkage" in text:
        for found in ASMLINKAGE.finditer(text):
            defs[found[1]].append(Definition(path, _c_args(found[2]), _conditions(text[:found.start()])))


PROTOTYPE = re.compile(r"^asmlinkage long (sys_\w+)\s*\(([^()]*)\);", re.M)


def read_prototypes(tree):
    """entry point -> its arguments as include/linux/syscalls.h declares them, where named"""
    protos = {}
    for name, text in PROTOTYPE.findall(open(os.path.join(tree, "include/linux/syscalls.h")).read()):
        args = _c_args(text)
        if all(n != "?" and n not in ("int", "long", "t") for _, n in args):
            protos[name] = args
    return protos


def _holds(text, config):
    """True, False or None where the option does not tell ABIs apart"""
    text = re.sub(r"defined\s*\(?\s*(\w+)\s*\)?", r"\1", text)
    if not text:
        return True
    if "||" in text:
        got = [_holds(t, config) for t in text.split("||")]
        return True if True in got else (None if None in got else False)
    option = text.strip()
    return option in config if option in DECIDED else None


def choose(defs, entry, abi, options):
    """The one definition of `entry` that is built for `abi`, or None. `options`: see read_options."""
    own = "arch/" + ARCH[abi] + "/"
    for where in (lambda d: d.file.startswith(own), lambda d: not d.file.startswith("arch/")):
        fit = [d for d in defs.get(entry, []) if where(d) and not any(
            _holds(taken, options[abi]) is False or any(_holds(r, options[abi]) is True for r in refused)
            for refused, taken in d.conditions)]
        if fit:
            kinds = {tuple(d.args) for d in fit}
            if len(kinds) > 1 and len({tuple(t for t, _ in k) for k in kinds}) > 1:
                raise SystemExit(f"{entry} on {abi}: which one? {fit}")
            return fit[0]
    return None

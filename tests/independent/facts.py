"""Reads the facts in the tables of seccomp-ir/data, with code that shares nothing with the compiler.

The comment at the head of each table describes its format.
"""

import functools
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[2] / "seccomp-ir" / "data"

X32_BIT = 0x4000_0000

# Name: column of the tables, AUDIT_ARCH value, big-endian, register bits, first call number.
# include/uapi/linux/audit.h and elf-em.h, Linux 6.12: EM_ number, 0x80000000 for 64 bits, 0x40000000 for
# little-endian, 0x20000000 for the n32 ABI of MIPS.
ABIS = {
    "x86": ("x86", 3 | 0x4000_0000, False, 32, 0),
    "x86_64": ("x86_64", 62 | 0xC000_0000, False, 64, 0),
    "x32": ("x32", 62 | 0xC000_0000, False, 64, X32_BIT),
    "arm": ("arm", 40 | 0x4000_0000, False, 32, 0),
    "aarch64": ("aarch64", 183 | 0xC000_0000, False, 64, 0),
    "loongarch64": ("loongarch64", 258 | 0xC000_0000, False, 64, 0),
    "m68k": ("m68k", 4, True, 32, 0),
    "mips": ("mips", 8, True, 32, 4000),
    "mipsel": ("mips", 8 | 0x4000_0000, False, 32, 4000),
    "mips64": ("mips64", 8 | 0x8000_0000, True, 64, 5000),
    "mipsel64": ("mips64", 8 | 0xC000_0000, False, 64, 5000),
    "mips64n32": ("mips64n32", 8 | 0xA000_0000, True, 64, 6000),
    "mipsel64n32": ("mips64n32", 8 | 0xE000_0000, False, 64, 6000),
    "parisc": ("parisc", 15, True, 32, 0),
    "parisc64": ("parisc64", 15 | 0x8000_0000, True, 64, 0),
    "ppc": ("ppc", 20, True, 32, 0),
    "ppc64": ("ppc64", 21 | 0x8000_0000, True, 64, 0),
    "ppc64le": ("ppc64", 21 | 0xC000_0000, False, 64, 0),
    "riscv64": ("riscv64", 243 | 0xC000_0000, False, 64, 0),
    "s390": ("s390", 22, True, 32, 0),
    "s390x": ("s390x", 22 | 0x8000_0000, True, 64, 0),
    "sh": ("sh", 42 | 0x4000_0000, False, 32, 0),
    "sheb": ("sh", 42, True, 32, 0),
}


def column(abi):
    return ABIS[abi][0]


def audit(abi):
    return ABIS[abi][1]


def big_endian(abi):
    return ABIS[abi][2]


def register_bits(abi):
    return ABIS[abi][3]


# The number -1, which a tracer sets to skip a call.
SKIPPED = 0xFFFF_FFFF


def is_skipped(abi, number):
    """Whether this is the number of a skipped call, on an ABI where it can have no other meaning."""
    return number == SKIPPED and abi in ("x86_64", "x32")


def owns(abi, number):
    """Whether a call with that number, and the AUDIT_ARCH value of the ABI, is one of this ABI's."""
    if abi == "x86_64":
        return number < X32_BIT or number == SKIPPED
    if abi == "x32":
        return X32_BIT <= number < 2 * X32_BIT or number == SKIPPED
    return True


def rows(table):
    """The lines of a table, and the names of its columns, which are in the last line of its comment."""
    names, lines = [], []
    with open(DATA / table, encoding="utf-8") as file:
        for line in file:
            cells = line.rstrip("\n").split("\t")
            if line.startswith("#"):
                names = cells
            else:
                lines.append(cells)
    return names, lines


@functools.cache
def numbers(abi):
    """The number of each call of the ABI, as a filter sees it."""
    names, lines = rows("numbers.tsv")
    at = names.index(column(abi))
    base = ABIS[abi][4]
    return {cells[0]: base + int(cells[at]) for cells in lines if cells[at] != "-"}


@functools.cache
def names(abi):
    return {number: name for name, number in numbers(abi).items()}


@functools.cache
def all_names():
    return {cells[0] for cells in rows("numbers.tsv")[1]}


@functools.cache
def gaps(abi):
    """Numbers that no call of the tables has: the first of each gap, and the last of each gap except the one at the end."""
    known = sorted(numbers(abi).values())
    after = [number + 1 for number in known if number + 1 not in names(abi)]
    before = [number - 1 for number in known[1:] if number - 1 not in names(abi)]
    return sorted(set(after + before))


def is_unknown(abi, number):
    """Whether a number of the ABI has no call in the tables. -1 is unknown where it may become a call."""
    return number not in names(abi) and not is_skipped(abi, number)


class Register:
    """The contents of an argument register: names, and the type in which the kernel reads it."""

    def __init__(self, names, bits, signed, pointer, whole=True):
        self.names, self.bits, self.signed, self.pointer = names, bits, signed, pointer
        # Whether the register has a whole argument, and not one half of it.
        self.whole = whole


def whole_register(abi):
    return Register([], register_bits(abi), False, False)


@functools.cache
def types():
    return dict(cells[:2] for cells in rows("types.tsv")[1])


def of_type(spelling, abi, names):
    if "*" in spelling:
        return Register(names, register_bits(abi), False, True)
    plain = spelling.removeprefix("const ")
    kind = types()[plain]
    if kind == "ptr":
        return Register(names, register_bits(abi), False, True)
    width = register_bits(abi) if kind[1:] == "word" else int(kind[1:])
    return Register(names, width, kind[0] == "i", False)


@functools.cache
def signature_rows():
    found = {}
    for cells in rows("signatures.tsv")[1]:
        found.setdefault(cells[0], []).append(cells[1:])
    return found


@functools.cache
def signature(abi, name):
    """The registers of a call's arguments, at most six, or None if the tables do not have the call.

    Only this function of the evaluator decides the width in which an argument is compared.
    """
    for abis, _, *cells in signature_rows()[name]:
        if abis != "*" and column(abi) not in abis.split(","):
            continue
        if cells == ["?"]:
            return None
        if cells == ["void"]:
            return []
        registers = [register(cell, abi) for cell in cells]
        for argument, where, kind in used_rows().get(name, []):
            if where == "*" or column(abi) in where.split(","):
                for one in registers:
                    if one.whole and one.names[:1] == [argument]:
                        narrow(one, kind)
        return registers[:6]
    raise LookupError(name)


@functools.cache
def used_rows():
    """The bits that the kernel uses of arguments that it declares wider, by call. Without that table, the kernel uses all declared bits."""
    found = {}
    if (DATA / "used.tsv").exists():
        for call, argument, abis, kind, *_ in rows("used.tsv")[1]:
            found.setdefault(call, []).append((argument, abis, kind))
    return found


@functools.cache
def command_rows():
    """For each call whose arguments mean what one of them says: that argument, bits that it may have beside the
    command, and for each command what is used of others. Empty without that table."""
    found = {}
    if (DATA / "commands.tsv").exists():
        for call, selector, command, said, *_ in rows("commands.tsv")[1]:
            argument, _, ignored = selector.partition("~")
            _, _, uses = found.setdefault(call, (argument, int(ignored or "0", 16), []))
            uses.append((command, dict(use.split("=") for use in said.split(" "))))
    return found


def under_commands(abi, call, one, commands):
    """The type of a register if the command is one of these; the declared type if they do not agree."""
    _, ignored, uses = command_rows().get(call, (None, 0, []))
    argument = one.names[0] if one.names and one.whole else None
    kinds = set()
    for command in commands:
        said = None
        for name, use in uses:
            value = int(name) if name.isdigit() else constants(abi).get(name)
            if value is not None and value & 0xFFFF_FFFF == command & ~ignored & 0xFFFF_FFFF and argument in use:
                said = use[argument]
                break
        kinds.add("i32" if said == "i32le" and not big_endian(abi) else said)
    if len(kinds) != 1 or kinds <= {None, "i32le"}:
        return one
    changed = Register(one.names, one.bits, one.signed, one.pointer)
    narrow(changed, kinds.pop())
    return changed


def narrow(one, kind):
    """Reads a register as its kind in types.tsv says, and no wider than it is declared."""
    if kind == "none":
        return
    one.pointer, one.signed = kind == "ptr", kind[0] == "i"
    if kind != "ptr" and not kind.endswith("word"):
        one.bits = min(one.bits, int(kind[1:]))


def register(cell, abi):
    declared, *man_names = cell.split("|")
    if declared == "-":
        return whole_register(abi)
    spelling, name = declared.rsplit(" ", 1)
    if ":" in name:
        # A comparison can name one half of an argument in two registers only by its position.
        own = name.split(":")[0]
        return Register([own] if own else [], 32, False, False, False)
    return of_type(spelling, abi, [name, *man_names])


@functools.cache
def constants(abi):
    """The value of each constant that the ABI has."""
    found = {}
    for name, common, *others in rows("constants.tsv")[1]:
        value = common.removesuffix("!")  # That it is a command of ioctl.
        for other in others:
            abis, special = other.split("=")
            if column(abi) in abis.split(","):
                value = special
        if value != "-":
            found[name] = int(value)
    return found


@functools.cache
def group_rows():
    found = {"@multiplexers": ["socketcall", "ipc"]}
    for name, _, members in rows("groups.tsv")[1]:
        found.setdefault(name, []).extend(members.split(" "))
    return found


@functools.cache
def measured_rows():
    """group -> [(member, the call that an ABI has to have or to lack, a condition)]"""
    found = {}
    for name, member, only, condition, *_ in rows("rust-groups.tsv")[1]:
        lines = found.setdefault(name, [])
        if member != "-":
            lines.append((member, only, None if condition == "-" else condition))
    return found


@functools.cache
def group(abi, name):
    """The numbers of the calls of a group that the ABI has."""
    return frozenset(group_calls(abi, name))


@functools.cache
def group_calls(abi, name):
    """number -> the conditions under which that call is a member, or None if it is with any arguments"""
    found = {}
    if name not in group_rows() and name not in measured_rows():
        raise LookupError(name)
    for member in group_rows().get(name, []):
        add_member(found, abi, member, None)
    for member, only, condition in measured_rows().get(name, []):
        has, _, other = only.partition(" ")
        if has == "-" or (other in numbers(abi)) == (has == "with"):
            add_member(found, abi, member, condition)
    return found


def add_member(found, abi, member, condition):
    if member.startswith("@"):
        for number, conditions in group_calls(abi, member).items():
            for one in conditions or [None]:
                add_number(found, number, one)
    elif member in numbers(abi):
        # If the call takes a structure there, it has no such argument.
        if condition and not has_arguments(abi, member, condition):
            condition = None
        add_number(found, numbers(abi)[member], condition)


def add_number(found, number, condition):
    if condition is None or found.get(number, []) is None:
        found[number] = None
    else:
        found.setdefault(number, []).append(condition)


def has_arguments(abi, call, condition):
    registers = signature(abi, call) or []
    known = {name for register in registers for name in register.names}
    return all(part.split()[0] in known for part in condition.split(" && "))


def install(abi):
    """The calls of @install, each with the values of its first argument, of which the kernel reads 32 bits."""
    return [(numbers(abi)[call], values) for call, values in (("prctl", (38, 39)), ("seccomp", (1,)))]


def groups():
    return sorted({*group_rows(), *measured_rows()})

"""Random policies over the whole language, and the calls at which their actions change."""

import functools

import facts
import language

# The ABIs for which policies are built and those that a policy lists; common ABIs occur often.
COMMON = [["x86_64"], ["x86_64", "x86"], ["x86_64", "x32"], ["x86_64", "x86", "x32"], ["aarch64"], ["aarch64", "arm"],
          ["s390x"], ["s390x", "s390"], ["mips64", "mips", "mips64n32"], ["ppc64", "ppc"], ["riscv64"]]

# Programs for these ABIs can have `report`.
REPORTING = ("x86_64", "x86", "aarch64", "arm", "riscv64", "s390x")

ACTIONS = ["allow", "allow", "allow", "log", "notify", "kill", "kill_process", "kill_thread"]
ERRNO = ["EPERM", "ENOSYS", "EACCES", "0", "1", "4095", "0x16", "EPERM | 2", "(0b110)", "0o17"]
DATA = ["0", "1", "7", "65535", "0xff00", "1 | 0x10"]


class Maker:
    """Makes one policy."""

    def __init__(self, random, abis=None, often=()):
        self.random = random
        if abis is None:
            if random.random() < 0.5:
                abis = list(random.choice(COMMON))
            else:
                first = random.choice(list(facts.ABIS))
                same = [abi for abi in facts.ABIS if facts.big_endian(abi) == facts.big_endian(first)]
                others = random.sample(same, random.choice([0, 0, 0, 1, 2, 3]))
                abis = [first, *(abi for abi in others if abi != first)]
        self.abis, self.target, self.often = abis, abis[0], often
        # Numbers of the target that a rule without conditions has decided: no later rule may name them.
        self.decided = set()
        self.fragments = {}
        self.names = sorted(facts.numbers(self.target))
        self.few = random.sample(self.names, random.randint(1, 6))
        if facts.command_rows() and self.chance(0.1):
            self.few += [name for name in sorted(facts.command_rows()) if name in self.names]
        # Calls that a test of the running kernel can make, whatever the policy says.
        self.few += random.sample(often, min(len(often), 2))

    def chance(self, share):
        return self.random.random() < share

    def policy(self):
        random = self.random
        items = []
        if len(self.abis) > 1:
            listed = random.sample(self.abis, len(self.abis))
            items.append("arch " + self.listed(listed))
        rules = []
        for _ in range(random.choice([1, 1, 2, 2, 3, 3, 4, 5, 7])):
            rules.append(self.rule())
        if self.chance(0.15):
            rules.insert(random.randint(0, len(rules)), self.include())
        once = ["default " + self.action(True)]
        if self.chance(0.3):
            once.append("unknown " + self.action(True))
        if self.chance(0.3):
            once.append("bad_arch " + self.action(True))
        for item in items + once:
            # Their place makes no difference.
            rules.insert(random.randint(0, len(rules)), item)
        if self.chance(0.15):
            # Names in it are not looked up.
            absent = random.choice(["allow no_such_call", "default trap", "errno(EPERM) read(no_such == 1)"])
            rules.insert(random.randint(0, len(rules)), f"#[cfg(any())] {absent}")
        text = ""
        for rule in rules:
            if self.chance(0.1):
                text += random.choice(["// A comment; it says nothing.\n", "/* kill read; */ "])
            if self.chance(0.08):
                text += f"#[cfg({random.choice(['all()', 'not(any())', 'any(all(), any())'])})] "
            text += rule + ";" + random.choice([" ", "\n"])
        if self.target in REPORTING and not self.often and len(text) % 5 == 0:
            # This takes no random number, so that other policies of the same seeds stay the same.
            text = ["report; ", "report calls; ", "report numbers; "][len(text) // 5 % 3] + text
        return text if self.chance(0.5) else text.rstrip().removesuffix(";")

    def listed(self, parts):
        return ", ".join(parts) + ("," if self.chance(0.1) else "")

    def include(self):
        rules = " ".join(self.rule() + ";" for _ in range(self.random.randint(1, 2)))
        name = self.random.choice(["crate::F0", '"rules.policy"'])
        self.fragments[name.strip('"')] = rules
        return f"include {name}"

    def action(self, once=False):
        random = self.random
        kind = random.randint(0, 9)
        if kind < 3:
            value = random.choice(ERRNO) if self.chance(0.5) else str(random.randint(0, 4095))
            value = self.left_open(value) if value.isdigit() and self.chance(0.1) else value
            return f"errno({value})"
        if kind == 3:
            return random.choice(["trap", f"trap({random.choice(DATA)})", f"trap({random.randint(0, 65535)})"])
        if kind == 4:
            return f"trace({random.choice(DATA)})"
        return random.choice(ACTIONS)

    def left_open(self, number):
        """A number that rustc or the running program evaluates."""
        return self.random.choice(["{{ {} }}", "$({})", "run_time({})"]).format(number)

    def rule(self):
        random = self.random
        targets = [self.target_of() for _ in range(random.choice([1, 1, 1, 2, 3]))]
        if self.chance(0.05):
            # The target may lack the call.
            targets.append(random.choice(sorted(facts.all_names())) + "?")
        abis = ""
        if self.chance(0.08):
            some = random.sample(list(facts.ABIS), random.randint(0, 2))
            listed = [self.target, *(abi for abi in some + self.abis[2:] if abi != self.target)]
            abis = f"#[arch({self.listed(sorted(set(listed)))})] "
        hot = "#[hot] " if self.chance(0.05) else ""
        meant = "#[allow(seccomp::powerful_call)] " if self.chance(0.03) else ""
        return f"{hot}{abis}{meant}{self.action()} {self.listed(targets)}"

    def target_of(self):
        random = self.random
        kind = random.random()
        if kind < 0.08:
            name = random.choice(facts.groups())
            self.decided |= facts.group(self.target, name)
            return name
        if kind < 0.25:
            return self.numbered()
        open_names = [name for name in self.few if facts.numbers(self.target)[name] not in self.decided]
        if not open_names or self.chance(0.3):
            open_names = [name for name in self.names if facts.numbers(self.target)[name] not in self.decided]
        name = random.choice(open_names or self.names)
        number = facts.numbers(self.target)[name]
        condition = None
        if self.chance(0.75):
            condition = self.conditions([self.registers(abi, name) for abi in self.abis
                                         if name in facts.numbers(abi)])
        if condition is None:
            self.decided.add(number)
            return name
        if name == "syscall":
            # A call of mips: with parentheses it would be a number.
            return f"syscall({number})({condition})"
        known = "?" if self.chance(0.05) else ""
        return f"{name}{known}({self.command_of(name)}{condition})"

    def command_of(self, name):
        """For some of the calls with a command: a condition that fixes the command."""
        if name not in facts.command_rows() or self.chance(0.3):
            return ""
        argument, _, uses = facts.command_rows()[name]
        command = self.random.choice(uses)[0]
        return f"{argument} == {command}, "

    def numbered(self):
        random = self.random
        known = facts.numbers(self.target)
        if self.chance(0.3):
            number = known[random.choice(self.names)]
        elif self.chance(0.1):
            number = facts.SKIPPED
        else:
            number = random.choice(facts.gaps(self.target)) + random.choice([0, 1, 7, 100, 5000])
        if number in self.decided:
            return self.target_of()
        at = [abi for abi in self.abis if facts.owns(abi, number)]
        registers = []
        for abi in at:
            name = facts.names(abi).get(number)
            registers.append((abi, self.registers(abi, name)[1] if name else [facts.whole_register(abi)] * 6))
        condition = self.conditions(registers) if self.chance(0.7) else None
        if condition is None:
            self.decided.add(number)
        spelled = "-1" if number == facts.SKIPPED and self.chance(0.5) else random.choice([str(number), hex(number)])
        return f"syscall({spelled})" + (f"({condition})" if condition else "")

    def registers(self, abi, name):
        found = facts.signature(abi, name)
        return abi, [facts.whole_register(abi)] * 6 if found is None else found

    # Conditions: `where` has the ABIs for which they are looked up, with the registers there.

    def conditions(self, where):
        random = self.random
        if not all(registers for _, registers in where):
            return None
        parts = []
        self.compared = set()
        for _ in range(random.choice([1, 1, 1, 1, 1, 2, 2, 3])):
            part = self.either(where, random.choice([0, 0, 0, 1, 1, 2]))
            if part is None:
                return None
            parts.append(part)
        return self.listed(parts)

    def either(self, where, depth):
        return self.joined(" || ", self.both, where, depth)

    def both(self, where, depth):
        return self.joined(" && ", self.simple, where, depth)

    def joined(self, sign, one, where, depth):
        # Many comparisons joined by "and" seldom hold together.
        count = self.random.choice([1, 1, 2, 3] if sign == " || " else [1, 1, 1, 1, 2]) if depth else 1
        parts = [one(where, depth) for _ in range(count)]
        return None if None in parts else sign.join(parts)

    def simple(self, where, depth):
        kind = self.random.random()
        if depth and kind < 0.25:
            inner = self.either(where, depth - 1)
            return inner and f"!({inner})"
        if depth and kind < 0.5:
            inner = self.either(where, depth - 1)
            return inner and f"({inner})"
        for _ in range(30):
            text = self.comparison(where)
            if text:
                return text
        return None

    def comparison(self, where):
        """A comparison that is valid on all ABIs, or None if this attempt gave none."""
        random = self.random
        abi, registers = random.choice(where)
        position = random.randrange(len(registers))
        # Two conditions on one argument often contradict each other, which the compiler refuses.
        if position in self.compared and self.chance(0.7):
            return None
        register = registers[position]
        name = random.choice([f"a{position}", *register.names])
        cast = random.choice(["u32", "i32", "u64", "i64"]) if self.chance(0.15) else None
        types = []
        for _, registers in where:
            found = [at for at, other in enumerate(registers) if name in other.names]
            at = found[0] if found else int(name[1:]) if name[1:].isdigit() and name[0] == "a" else None
            if at is None or at >= len(registers):
                return None
            types.append(registers[at])
        if not cast and any(one.pointer for one in types):
            if not all(one.pointer for one in types):
                return None
            self.compared.add(position)
            return f"{name} {random.choice(['==', '!='])} 0"
        fits = []
        for (abi, _), one in zip(where, types):
            bits, signed = one.bits, one.signed
            if cast:
                bits, signed = min(int(cast[1:]), facts.register_bits(abi)), cast[0] == "i"
            fits.append((abi, bits, signed))
        self.compared.add(position)
        subject = name
        if cast:
            subject += f" as {cast}"
        low, high = None, None
        if self.chance(0.35):
            mask = self.value(fits, "mask", alone=True)
            subject = random.choice([f"{subject} & {mask}", f"({subject} & {mask})", f"({subject}) & {mask}"])
            if self.chance(0.85):
                # A possible value of the masked bits, because the compiler refuses an impossible
                # one.
                ones = (1 << min(bits for _, bits, _ in fits)) - 1
                kept = language.bits_of(language.Parser(mask, {}).value(), ones, self.target)
                low, high = 0, kept & random.choice([ones, ones, random.getrandbits(64)])
                if any(signed for _, _, signed in fits):
                    high &= ones >> 1
        kind = random.random()
        if kind < 0.6:
            operator = random.choice(["==", "!=", "<", "<=", ">", ">=", "=="])
            purpose = "equality" if operator in ("==", "!=") else "order"
            if high is not None:
                return f"{subject} {operator} {self.spelled(high)}"
            return f"{subject} {operator} {self.value(fits, purpose)}"
        if kind < 0.75:
            found = f"{low}..={self.spelled(high)}" if high is not None else self.range(fits)
            return found and f"{subject} in {found}"
        elements = []
        for _ in range(random.choice([1, 2, 3, 5])):
            if high is not None:
                element = self.spelled(high & random.getrandbits(64) if elements else high)
            else:
                element = self.range(fits) if self.chance(0.3) else self.value(fits, "equality")
            if element is None:
                return None
            elements.append(element)
        return f"{subject} in {{{self.listed(elements)}}}"

    def range(self, fits):
        """A range that is not empty on any ABI."""
        first = self.number(fits, "order")
        last = self.number(fits, "order")
        first, last = min(first, last), max(first, last)
        kind = self.random.randint(0, 5)
        if kind == 0:
            return self.spelled(first) + ".."
        if kind == 1:
            return ".." + self.spelled(last)
        if kind == 2:
            return "..=" + self.spelled(last)
        if kind == 3 or first == last:
            return f"{self.spelled(first)}..={self.spelled(last)}"
        return f"{self.spelled(first)}..{self.spelled(last)}"

    def number(self, fits, purpose):
        """A number that fits on every ABI."""
        random = self.random
        bits = min(bits for _, bits, _ in fits)
        signed = any(signed for _, _, signed in fits)
        low, high = 0, (1 << bits) - 1
        if purpose == "order" and signed:
            high = (1 << (bits - 1)) - 1
        if purpose != "mask" and all(signed for _, _, signed in fits):
            low = -(1 << (bits - 1))
        candidates = [0, 1, 2, 3, 9, low, high, high - 1, (1 << (bits - 1)) - 1, 1 << (bits - 1), 0x1234, 1 << 16,
                      random.randint(low, high), 1 << random.randrange(bits), (1 << random.randrange(1, bits + 1)) - 1,
                      -1, -2, -100, 0xFFFF, 0x5412, 0xFFFF_FFFF, 0x1_0000_0000, random.getrandbits(40)]
        while True:
            number = random.choice(candidates)
            if low <= number <= high:
                return number

    def spelled(self, number):
        if self.chance(0.06):
            # A value of rustc: the filter is compiled without the number.
            return self.left_open(number)
        if number < 0:
            return f"-{-number}"
        kind = self.random.randint(0, 6)
        if kind == 0:
            return f"{number:_d}"
        if kind == 1:
            return f"0b{number:b}"
        if kind == 2:
            return f"0o{number:o}"
        return str(number) if kind < 5 else f"{number:#_x}"

    def value(self, fits, purpose, alone=False):
        """A value that fits on every ABI. `alone`: it may come after `&`."""
        kind = self.random.random()
        if kind < 0.15:
            parts = [self.part(fits) for _ in range(self.random.choice([2, 2, 3]))]
            text = " | ".join(parts)
            return f"({text})" if alone or self.chance(0.3) else text
        if kind < 0.25:
            return f"!{self.part(fits)}"
        if kind < 0.4:
            constant = self.constant(fits, purpose)
            if constant:
                return constant
        text = self.spelled(self.number(fits, purpose))
        return f"({text})" if self.chance(0.05) else text

    def part(self, fits):
        """One of several values that are joined by `|`."""
        kind = self.random.random()
        if kind < 0.1:
            return f"!{self.part(fits)}"
        if kind < 0.2:
            return f"({self.part(fits)} | {self.part(fits)})"
        return (kind < 0.5 and self.constant(fits, "mask")) or self.spelled(self.number(fits, "mask"))

    def constant(self, fits, purpose):
        names = constant_names(self.target, self.chance(0.5))
        for _ in range(5):
            name = self.random.choice(names)
            for abi, bits, signed in fits:
                value = facts.constants(abi).get(name)
                low = -(1 << (bits - 1)) if signed and purpose != "mask" else 0
                high = (1 << (bits - 1)) - 1 if signed and purpose == "order" else (1 << bits) - 1
                if value is None or not low <= value <= high:
                    break
            else:
                return name
        return None


@functools.cache
def constant_names(abi, special):
    """The names of the ABI's constants; `special`: of those that have another value on x86_64, if there are any."""
    common = facts.constants("x86_64")
    names = sorted(name for name, value in facts.constants(abi).items() if common.get(name, value) != value)
    return names if special and names else sorted(facts.constants(abi))


def calls(random, policy, count):
    """Calls at the values at which the policy's action changes: an AUDIT_ARCH value, a number and six arguments."""
    found = []
    for _ in range(count):
        part = random.choice(policy.abis)
        arch, bits = facts.audit(part.abi), facts.register_bits(part.abi)
        number = a_number(random, part)
        arguments = [a_value(random, part, number, position, bits) for position in range(6)]
        kind = random.random()
        if kind < 0.03:
            arch = random.choice([facts.audit(abi) for abi in facts.ABIS] + [0, arch ^ 1, random.getrandbits(32)])
        elif kind < 0.06:
            number ^= facts.X32_BIT
        elif kind < 0.08:
            number |= 0x8000_0000
        found.append((arch, number & 0xFFFF_FFFF, arguments))
    return found


def a_number(random, part):
    kind = random.random()
    if kind < 0.6 and part.edges:
        number = random.choice(list(part.edges))
    elif kind < 0.8 and part.rules:
        number = random.choice(sorted(random.choice(part.rules)[0]))
    elif kind < 0.9:
        number = random.choice(facts.gaps(part.abi)) + random.choice([-1, 0, 1, 1000])
    else:
        return random.choice([*facts.numbers(part.abi).values(), 0, 0xFFFF_FFFF, random.getrandbits(32)])
    return number + random.choice([0, 0, 0, 0, 0, 0, -1, 1])


def a_value(random, part, number, position, bits):
    edges = [edge for edge in part.edges.get(number, ()) if edge[0] == position]
    ones = (1 << bits) - 1
    if not edges:
        return random.choice([0, random.getrandbits(bits)])
    _, value, keep, width = random.choice(edges)
    kind = random.randint(0, 11)
    if kind < 3:
        value += random.choice([-1, 0, 1])
    elif kind == 3:
        value ^= 1 << random.randrange(bits)
    elif kind == 4:
        value = (value & keep) | (random.getrandbits(bits) & ~keep)
    elif kind == 5:
        value = keep & random.getrandbits(bits)
    elif kind == 6:
        value = random.choice([0, 1 << 31, (1 << 31) - 1, 1 << 63, (1 << 63) - 1, (1 << 32) - 1, 1 << 32, -1])
    elif kind == 7:
        value = random.getrandbits(bits)
    elif kind == 8:
        _, other, *_ = random.choice(edges)
        value = random.randint(min(value, other), max(value, other))
    value &= width if random.random() < 0.7 else ones
    if width != ones and random.random() < 0.4:
        # Bits above those that the kernel uses.
        value |= random.choice([ones, random.getrandbits(bits), 1 << (bits - 1), width + 1]) & ~width
    return value & ones

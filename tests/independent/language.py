"""The language of policies as its page (docs/language.md) describes it: from the text to the action for each call.

This evaluator was written without the compiler and without its results. It evaluates valid policies. Only the
compiler says what is wrong with a policy, and policies that it refuses are not compared.
"""

import re

import facts

TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<string>"[^"]*") | (?P<integer>[0-9][0-9a-zA-Z_]*) | (?P<word>(?:r\#)?[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\.\.= | \.\. | == | != | <= | >= | && | \|\| | :: | .)""",
    re.VERBOSE | re.DOTALL,
)

# Linux 6.12, include/uapi/linux/seccomp.h: SECCOMP_RET_*.
RETURNS = {
    "kill": 0x8000_0000, "kill_process": 0x8000_0000, "kill_thread": 0, "trap": 0x0003_0000,
    "errno": 0x0005_0000, "notify": 0x7FC0_0000, "trace": 0x7FF0_0000, "log": 0x7FFC_0000, "allow": 0x7FFF_0000,
}


class Wrong(Exception):
    """The text does not follow the page's grammar, or has an unknown name."""


def tokens(text):
    found = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind:
            word = match.group(kind)
            found.append((kind, word.removeprefix("r#") if kind == "word" else word))
    return found


def integer(text):
    digits = text.replace("_", "")
    for prefix, base in ("0x", 16), ("0o", 8), ("0b", 2):
        if digits.startswith(prefix):
            return int(digits[2:], base)
    return int(digits, 10)


class Parser:
    """The grammar of the page, a function for each of its lines."""

    def __init__(self, text, fragments):
        self.tokens, self.at, self.fragments = tokens(text), 0, fragments

    def next(self, ahead=0):
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def take(self, text):
        taken = self.next()[0] in ("sign", "word") and self.next()[1] == text
        self.at += taken
        return taken

    def need(self, text):
        if not self.take(text):
            raise Wrong(f"expected {text}, not {self.next()[1]}")

    def word(self):
        kind, text = self.next()
        if kind != "word":
            raise Wrong(f"expected a word, not {text}")
        self.at += 1
        return text

    def integer(self):
        kind, text = self.next()
        if kind != "integer":
            raise Wrong(f"expected an integer, not {text}")
        self.at += 1
        return integer(text)

    def number_of_call(self):
        negative = self.take("-")
        number = self.integer()
        if negative and number != 1:
            raise Wrong(f"no call has the number -{number}")
        return facts.SKIPPED if negative else number

    def list(self, one, end):
        found = [one()]
        while self.take(",") and not (self.next()[1] in end or self.next()[0] == "end"):
            found.append(one())
        return found

    def policy(self):
        items = []
        while self.next()[0] != "end":
            stays = True
            self.abis = None
            while self.take("#"):
                stays &= self.attribute()
            found = self.item(self.abis)
            if stays:
                items.extend(found)
            if self.next()[0] != "end":
                self.need(";")
        return items

    def attribute(self):
        """Whether the item counts."""
        self.need("[")
        name = self.word()
        stays = True
        if name == "cfg":
            self.need("(")
            stays = self.predicate()
            self.need(")")
        elif name == "arch":
            self.need("(")
            self.abis = self.list(self.word, ")")
            self.need(")")
        elif name == "allow":
            while not self.take(")"):
                self.at += 1
        self.need("]")
        return stays

    def predicate(self):
        name = self.word()
        self.need("(")
        parts = []
        while not self.take(")"):
            parts.append(self.predicate())
            self.take(",")
        return {"all": all, "any": any, "not": lambda parts: not parts[0]}[name](parts)

    def item(self, abis):
        kind = self.next()[1]
        if self.take("report"):
            if self.next()[0] == "word":
                self.at += 1
            return [("report",)]
        if kind in ("default", "unknown", "bad_arch"):
            self.at += 1
            return [(kind, self.action())]
        if self.take("arch"):
            return [("arch", self.list(self.word, ";"))]
        if self.take("include"):
            name = ""
            while self.next()[0] != "end" and self.next()[1] != ";":
                name += self.next()[1]
                self.at += 1
            return Parser(self.fragments[name.strip(chr(34))], self.fragments).policy()
        action = self.action()
        return [("rule", action, self.list(self.target, ";"), abis)]

    def action(self):
        name = self.word()
        if name not in RETURNS:
            raise Wrong(f"no action {name}")
        value = ("integer", 0)
        if self.take("("):
            value = self.value()
            self.need(")")
        return name, value

    def target(self):
        if self.take("@"):
            name = "@" + self.word()
            while self.take("-"):
                name += "-" + self.word()
            return ("group", name, None)
        name = self.word()
        call = ("name", name)
        if name == "syscall" and self.take("("):
            call = ("number", self.number_of_call())
            self.need(")")
        else:
            # A call that the ABI lacks is skipped. (Without a `?` the compiler refuses the policy if all of its ABIs lack
            # the call.)
            self.take("?")
        condition = None
        if self.take("("):
            condition = ("all", self.list(self.either, ")"))
            self.need(")")
        return (*call, condition)

    def either(self):
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return ("any", parts)

    def both(self):
        parts = [self.simple()]
        while self.take("&&"):
            parts.append(self.simple())
        return ("all", parts)

    def simple(self):
        if self.take("!"):
            self.need("(")
            inner = self.either()
            self.need(")")
            return ("not", inner)
        # A parenthesis opens a subject or a condition; the token after its end shows which.
        if self.next() == ("sign", "("):
            start = self.at
            try:
                return self.comparison()
            except Wrong:
                self.at = start
            self.need("(")
            inner = self.either()
            self.need(")")
            return inner
        return self.comparison()

    def comparison(self):
        argument, cast, mask = self.subject()
        if self.take("in"):
            elements = self.set()
            if elements is None:
                elements = [self.element()]
                if elements[0][0] != "range":
                    raise Wrong("`in` takes a range or a set")
            return ("in", argument, cast, mask, elements)
        kind, operator = self.next()
        if operator not in ("==", "!=", "<", "<=", ">", ">="):
            raise Wrong(f"no comparison: {operator}")
        self.at += 1
        return ("compare", argument, cast, mask, operator, self.value())

    def set(self):
        """The elements in braces, or None if the braces are an expression with which a range begins."""
        start = self.at
        if not self.take("{"):
            return None
        elements = self.list(self.element, "}")
        self.need("}")
        if self.next()[1] in ("..", "..=", "|"):
            self.at = start
            return None
        return elements

    def subject(self):
        if self.take("("):
            argument, cast, mask = self.subject()
            self.need(")")
            if mask is None and self.take("&"):
                mask = self.bits()
            return argument, cast, mask
        argument = self.word()
        cast = mask = None
        if self.take("as"):
            cast = self.word()
            if cast not in ("u32", "i32", "u64", "i64"):
                raise Wrong(f"no cast {cast}")
        if self.take("&"):
            mask = self.bits()
        return argument, cast, mask

    def element(self):
        first = None if self.next()[1] in ("..", "..=") else self.value()
        for sign in "..=", "..":
            if self.take(sign):
                ends = self.next()[0] == "end" or self.next()[1] in (",", "}", ")", "&&", "||")
                last = None if ends else self.value()
                return ("range", first, last, sign == "..=")
        if first is None:
            raise Wrong("no element")
        return ("value", first)

    def value(self):
        parts = [self.bits()]
        while self.take("|"):
            parts.append(self.bits())
        return parts[0] if len(parts) == 1 else ("or", parts)

    def bits(self):
        if self.take("!"):
            return ("not", self.bits())
        if self.take("-"):
            return ("integer", -self.integer())
        if self.take("("):
            inner = self.value()
            self.need(")")
            return inner
        if self.take("{"):
            # Of the values of rustc, only numbers are known here.
            sign = -1 if self.take("-") else 1
            number = self.integer()
            self.need("}")
            return ("rust", sign * number)
        if self.next() == ("sign", "$") or self.next()[1] == "run_time" and self.next(1)[1] == "(":
            # The same is true of the values of the running program.
            self.at += 1
            self.need("(")
            sign = -1 if self.take("-") else 1
            number = self.integer()
            self.need(")")
            return ("rust", sign * number)
        if self.next()[0] == "integer":
            return ("integer", self.integer())
        return ("constant", self.word())


class Type:
    """The type in which an argument is compared."""

    def __init__(self, bits, signed):
        self.ones, self.sign = (1 << bits) - 1, 1 << (bits - 1)
        self.signed = signed

    def number(self, bits):
        """The number that has these bits."""
        return bits - self.ones - 1 if self.signed and bits & self.sign else bits


def bits_of(value, ones, abi):
    """The low bits of a value on an ABI."""
    kind, of = value
    if kind in ("integer", "rust"):
        return of & ones
    if kind == "constant":
        return facts.constants(abi)[of] & ones
    if kind == "not":
        return ~bits_of(of, ones, abi) & ones
    found = 0
    for part in of:
        found |= bits_of(part, ones, abi)
    return found


COMPARE = {
    "==": lambda left, right: left == right, "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right, "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right, ">=": lambda left, right: left >= right,
}


class OnAbi:
    """A policy on one ABI."""

    def __init__(self, abi, items):
        self.abi = abi
        self.rules = []
        # The commands that the conditions around permit, for a call whose arguments depend on a
        # command.
        self.commands = ()
        # For each number: (argument, the values that it is compared with, its mask, ones).
        self.edges = {}
        self.default = self.unknown = None
        for item in items:
            if item[0] == "rule" and (item[3] is None or self.abi in item[3]):
                for target in item[2]:
                    self.rule(item[1], target)
            elif item[0] == "default":
                self.default = self.answer(item[1])
            elif item[0] == "unknown":
                self.unknown = self.answer(item[1])

    def answer(self, action):
        name, value = action
        return RETURNS[name] | bits_of(value, 0xFFFF, self.abi)

    def rule(self, action, target):
        kind, which, condition = target
        if (kind, which) == ("group", "@install"):
            for number, values in facts.install(self.abi):
                self.rules.append((
                    {number},
                    lambda arguments, values=values: arguments[0] & 0xFFFFFFFF in values,
                    self.answer(action),
                ))
            return
        if kind == "group":
            for number, conditions in facts.group_calls(self.abi, which).items():
                self.rules.append(({number}, self.member(number, conditions, action[0]), self.answer(action)))
            return
        elif kind == "number":
            numbers = {which} if facts.owns(self.abi, which) else set()
        else:
            numbers = {facts.numbers(self.abi)[which]} if which in facts.numbers(self.abi) else set()
            if which not in facts.all_names():
                raise Wrong(f"no call {which}")
        if not numbers:
            return
        holds = None
        if condition is not None:
            number, = numbers
            holds = self.condition(condition, number)
        self.rules.append((numbers, holds, self.answer(action)))

    def member(self, number, conditions, action):
        """The condition under which a rule about a group applies to a call of it. A denial has none."""
        if conditions is None or action not in ("allow", "log"):
            return None
        either = [("all", [Parser(part, {}).either() for part in one.split(" && ")]) for one in conditions]
        return self.condition(("any", either), number)

    def typed(self, argument, cast, number):
        """The position of an argument, and the type in which it is compared."""
        name = facts.names(self.abi).get(number)
        registers = facts.signature(self.abi, name) if name else None
        if registers is None:
            registers = [facts.whole_register(self.abi)] * 6
        position = self.position(argument, name)
        one = facts.under_commands(self.abi, name, registers[position], self.commands)
        bits, signed = one.bits, one.signed
        if cast:
            bits, signed = min(int(cast[1:]), facts.register_bits(self.abi)), cast[0] == "i"
        return position, Type(bits, signed)

    def position(self, argument, name):
        """The position of an argument of the call, from 0."""
        registers = facts.signature(self.abi, name) if name else None
        count = 6 if registers is None else len(registers)
        if re.fullmatch("a[0-5]", argument) and int(argument[1]) < count:
            return int(argument[1])
        for at, register in enumerate(registers or []):
            if argument in register.names:
                return at
        raise Wrong(f"no argument {argument}")

    def condition(self, condition, number):
        outer = self.commands
        fixed = self.fixed(condition, number)
        if fixed is not None:
            self.commands = fixed
        found = self.inner(condition, number)
        self.commands = outer
        return found

    def fixed(self, condition, number):
        """The commands that a condition fixes, if it does, by `==` and `in` with numbers and constants."""
        call = facts.names(self.abi).get(number)
        if call not in facts.command_rows():
            return None
        kind, *rest = condition
        if kind == "all":
            bound = [self.fixed(part, number) for part in rest[0]]
            return next((commands for commands in bound if commands is not None), None)
        if kind == "any":
            bound = [self.fixed(part, number) for part in rest[0]]
            return None if None in bound else sum(bound, ())
        if kind == "not":
            return None
        argument, _, mask, *relation = rest
        selector = facts.command_rows()[call][0]
        try:
            if mask is not None or self.position(argument, call) != self.position(selector, call):
                return None
        except Wrong:
            return None
        values = [relation[1]] if kind == "compare" and relation[0] == "==" else []
        if kind == "in":
            values = [element[1] if element[0] == "value" else None for element in relation[0]]
        if not values or not all(value and self.is_known(value) for value in values):
            return None
        return tuple(bits_of(value, (1 << 64) - 1, self.abi) for value in values)

    def is_known(self, value):
        """Whether the value consists of numbers and constants alone, with no operator but `|`."""
        kind, of = value
        return all(map(self.is_known, of)) if kind == "or" else kind in ("integer", "constant")

    def inner(self, condition, number):
        kind, *rest = condition
        if kind in ("all", "any"):
            parts = [self.condition(part, number) for part in rest[0]]
            if len(parts) == 1:
                return parts[0]
            join = all if kind == "all" else any
            return lambda arguments: join(part(arguments) for part in parts)
        if kind == "not":
            inner = self.condition(rest[0], number)
            return lambda arguments: not inner(arguments)
        argument, cast, mask = rest[:3]
        position, type_ = self.typed(argument, cast, number)
        ones = type_.ones
        keep = ones if mask is None else bits_of(mask, ones, self.abi)
        if kind == "compare":
            return self.one(position, type_, keep, rest[3], rest[4], number)
        parts = []
        for element in rest[3]:
            if element[0] == "value":
                parts.append(self.one(position, type_, keep, "==", element[1], number))
                continue
            _, first, last, inclusive = element
            both = []
            if first is not None:
                both.append(self.one(position, type_, keep, ">=", first, number))
            if last is not None:
                both.append(self.one(position, type_, keep, "<=" if inclusive else "<", last, number))
            parts.append(lambda arguments, both=both: all(part(arguments) for part in both))
        return lambda arguments: any(part(arguments) for part in parts)

    def one(self, position, type_, keep, operator, value, number):
        bits = bits_of(value, type_.ones, self.abi)
        right, compare = type_.number(bits), COMPARE[operator]
        self.edges.setdefault(number, []).append((position, bits, keep, type_.ones))
        return lambda arguments: compare(type_.number(arguments[position] & keep), right)

    def answers(self, number, arguments):
        for numbers, holds, answer in self.rules:
            if number in numbers and (holds is None or holds(arguments)):
                return answer
        if self.unknown is not None and facts.is_unknown(self.abi, number):
            return self.unknown
        return self.default


def with_report(items, target):
    """The items without `report`: the rule that it needs comes first, and `kill_thread` ends the process."""
    found = []
    for item in items:
        if item[0] not in ("report", "arch") and item[1][0] == "kill_thread":
            item = (item[0], ("kill", item[1][1]), *item[2:])
        if item[0] != "report":
            found.append(item)
    standard_error = ("all", [("compare", "a0", None, None, "==", ("integer", 2))])
    return [("rule", ("allow", ("integer", 0)), [("name", "write", standard_error)], [target]), *found]


class Policy:
    """A policy as text, for a program that is built for `target`."""

    def __init__(self, text, target, fragments=None):
        items = Parser(text, fragments or {}).policy()
        # The traps of the policy itself, if it has `report`: every other trap is a kill.
        self.own_traps = None
        if ("report",) in items:
            items = with_report(items, target)
            self.own_traps = {OnAbi(target, []).answer(item[1]) for item in items if item[0] != "arch" and item[1][0] == "trap"}
        listed = [item[1] for item in items if item[0] == "arch"]
        self.abis = [OnAbi(abi, items) for abi in (listed[0] if listed else [target])]
        self.bad_arch = RETURNS["kill"]
        for item in items:
            if item[0] == "bad_arch":
                self.bad_arch = OnAbi(target, []).answer(item[1])

    def plain(self, returned):
        """The meaning of a return value: a kill, if it is a trap for a report."""
        is_reported = self.own_traps is not None and returned >> 16 == RETURNS["trap"] >> 16
        return RETURNS["kill"] if is_reported and returned not in self.own_traps else returned

    def answers(self, arch, number, arguments):
        """The expected return value of the filter for a call: a SECCOMP_RET_ value."""
        for part in self.abis:
            if facts.audit(part.abi) == arch and facts.owns(part.abi, number):
                return part.answers(number, arguments)
        return self.bad_arch

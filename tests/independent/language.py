"""The language of policies as its page (docs/language.md) describes it: from the text to the action for each call.

This evaluator was written without the compiler and without its results. It evaluates valid policies. Only the
compiler says what is wrong with a policy, and policies that it refuses are not compared.
"""

import re

import facts
from grammar import RETURNS, Parser, Wrong


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

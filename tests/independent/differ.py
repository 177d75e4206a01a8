"""The compiler compiles random policies, and this program evaluates them: every call must get the same action.

The test `independent` of the package seccomp-tests runs it. The test compiles the policies that this program writes
to its standard output, one on a line, and writes the filter to its standard input. This program uses nothing of the
compiler: `grammar.py` and `language.py` read the policy, and `machine.py` runs the filter.

    differ.py compare FIRST END CALLS   policies of these seeds, so many calls each
    differ.py mutants FIRST END CALLS   the same, with filters that are changed: each change is to be found
    differ.py mistakes FIRST END CALLS  the same, with mistakes in this evaluator: each is to be found
    differ.py kernel FIRST END CALLS    the same, of the running kernel (x86_64)
"""

import collections
import json
import random
import re
import sys

import facts
import kernel
import language
import machine
import random_policy

counts = collections.Counter()
refusals = collections.Counter()


def compile_policy(text, target, fragments):
    """The filter, or None if the compiler refuses the policy."""
    print(json.dumps({"target": target, "policy": text, "fragments": fragments}), flush=True)
    answer = json.loads(sys.stdin.readline())
    if "error" in answer:
        refusals[re.sub("`[^`]*`", "`…`", answer["error"].split("\n")[0])[:70]] += 1
        return None
    return [tuple(instruction) for instruction in answer["filter"]]


def fail(seed, made, text, what):
    print(f"the policy of seed {seed}, for {made.target}:\n{text}\n{made.fragments}\n{what}", file=sys.stderr)
    sys.exit(1)


def each(first, end, abis=None, often=()):
    """The generator, policy and filter of each seed."""
    for seed in range(first, end):
        numbers = random.Random(seed)
        made = random_policy.Maker(numbers, list(numbers.choice(abis)) if abis else None, often)
        text = made.policy()
        program = compile_policy(text, made.target, made.fragments)
        counts["policies"] += 1
        if program is None:
            counts["refused"] += 1
            continue
        counts["instructions"] += len(program)
        try:
            policy = language.Policy(text, made.target, made.fragments)
        except language.Wrong as error:
            fail(seed, made, text, f"compiled, but by its page it is wrong: {error}")
        yield seed, numbers, made, text, policy, program


def words_of(made, call):
    arch, number, arguments = call
    return machine.data(arch, number, arguments, facts.big_endian(made.target))


def shown(call):
    arch, number, arguments = call
    return f"arch {arch:#x}, number {number:#x}, arguments {', '.join(map(hex, arguments))}"


def compare(first, end, per_policy):
    for seed, numbers, made, text, policy, program in each(first, end):
        counts["several ABIs"] += len(policy.abis) > 1
        for call in random_policy.calls(numbers, policy, per_policy):
            said = policy.answers(*call)
            returned, _ = machine.run(program, words_of(made, call))
            counts["calls"] += 1
            counts[f"action {said & 0xFFFF0000:#010x}"] += 1
            counts["reports"] += policy.plain(returned) != returned
            if said != policy.plain(returned):
                fail(seed, made, text, f"{shown(call)}: by its page {said:#x}, by its filter {returned:#x}")


def mutants(first, end, per_policy):
    """Changes a filter where a call passes through it, and checks whether any call shows the change.

    A call that gets another return value must show that. Another branch or constant may change no action, so calls
    must show most of those changes.
    """
    for seed, numbers, made, text, policy, program in each(first, end):
        calls = random_policy.calls(numbers, policy, per_policy)
        right = [(call, words_of(made, call), policy.answers(*call)) for call in calls]
        for _, words, said in right[:8]:
            _, ran = machine.run(program, words)
            told = differs(policy, with_change(program, ran[-1], "return"), words, said)
            counts["returns"] += 1
            if not told:
                fail(seed, made, text, "another value is returned, and no difference is seen")
            tests = [at for at in ran if program[at][0] in (0x15, 0x25, 0x35, 0x45)]
            if not tests:
                # A filter with one action for all calls.
                continue
            for kind in ("flip", "constant", "jump"):
                changed = with_change(program, numbers.choice(tests), kind)
                counts[kind] += 1
                counts[f"{kind} told"] += any(differs(policy, changed, words, said) for _, words, said in right)
    for kind, share in ("flip", 0.9), ("constant", 0.5), ("jump", 0.6):
        if counts[f"{kind} told"] < share * counts[kind]:
            sys.exit(f"of {counts[kind]} changes ({kind}) only {counts[f'{kind} told']} are told")


def differs(policy, program, words, said):
    try:
        return policy.plain(machine.run(program, words)[0]) != said
    except (IndexError, ValueError):
        # It runs out of the filter.
        return True


def with_change(program, at, kind):
    code, jt, jf, k = program[at]
    changed = {
        "return": (code, jt, jf, k ^ 0x0001_0000),
        "flip": (code, jf, jt, k),
        "constant": (code, jt, jf, k ^ 1),
        "jump": (code, jt + 1, jf, k),
    }[kind]
    return [*program[:at], changed, *program[at + 1:]]


def mistakes(first, end, per_policy):
    """Checks that the policies and calls show each mistake in reading the page, one at a time."""
    cases = []
    for seed, numbers, made, text, policy, program in each(first, end):
        calls = random_policy.calls(numbers, policy, per_policy)
        cases.append((made, text, [(call, machine.run(program, words_of(made, call))[0]) for call in calls]))
    for what, place, name, wrong in MISTAKES:
        right = getattr(place, name) if not isinstance(place, dict) else place[name]
        put(place, name, wrong(right))
        facts.signature.cache_clear()
        seen = any(misread(made, text, calls) for made, text, calls in cases)
        put(place, name, right)
        facts.signature.cache_clear()
        counts["mistakes"] += 1
        if not seen:
            sys.exit(f"no call shows it if {what}")


def misread(made, text, calls):
    try:
        policy = language.Policy(text, made.target, made.fragments)
    except language.Wrong:
        return True
    return any(policy.answers(*call) != policy.plain(returned) for call, returned in calls)


def put(place, name, value):
    if isinstance(place, dict):
        place[name] = value
    else:
        setattr(place, name, value)


def signed_as(signed):
    def changed(right):
        def register(*arguments):
            one = right(*arguments)
            one.signed = signed
            return one
        return register
    return changed


def as_wide_as(bits):
    def changed(right):
        def register(*arguments):
            one = right(*arguments)
            one.bits = bits
            return one
        return register
    return changed


# The mistake, the text at its place, and the text that replaces it.
MISTAKES = [
    ("`<` is `<=`", language.COMPARE, "<", lambda right: language.COMPARE["<="]),
    ("`>=` is `>`", language.COMPARE, ">=", lambda right: language.COMPARE[">"]),
    ("`<=` is `<`", language.COMPARE, "<=", lambda right: language.COMPARE["<"]),
    ("`!=` is `==`", language.COMPARE, "!=", lambda right: language.COMPARE["=="]),
    ("numbers have no sign", language.Type, "number", lambda right: lambda self, bits: bits),
    ("all arguments are signed", facts, "register", signed_as(True)),
    ("no argument is signed", facts, "register", signed_as(False)),
    ("all arguments have 64 bits", facts, "register", as_wide_as(64)),
    ("all arguments have 32 bits", facts, "register", as_wide_as(32)),
    ("`|` is the last of its parts", language, "bits_of",
     lambda right: lambda value, ones, abi: right(value[1][-1] if value[0] == "or" else value, ones, abi)),
    ("`!` is nothing", language, "bits_of",
     lambda right: lambda value, ones, abi: right(value[1] if value[0] == "not" else value, ones, abi)),
    ("constants are those of x86_64", facts, "constants", lambda right: lambda abi: {**right(abi), **right("x86_64")}),
    ("the last rule decides", language.OnAbi, "answers", lambda right: lambda self, number, arguments: next(
        (answer for numbers, holds, answer in reversed(self.rules)
         if number in numbers and (holds is None or holds(arguments))), right(self, number, arguments))),
    ("numbers in gaps are known", facts, "is_unknown",
     lambda right: lambda abi, number: right(abi, number) and number > max(facts.numbers(abi).values())),
    ("x86_64 has the calls of x32", facts, "owns", lambda right: lambda abi, number: abi != "x32"),
    ("`kill` is `kill_thread`", language.RETURNS, "kill", lambda right: 0),
    ("`trap` has no data", language, "RETURNS", lambda right: {**right, "trap": 0x0003_0001}),
    ("`#[arch(…)]` says nothing", language.OnAbi, "__init__", lambda right: lambda self, abi, items: right(
        self, abi, [(*item[:3], None) if item[0] == "rule" else item for item in items])),
    ("`report` needs nothing", language, "with_report",
     lambda right: lambda items, target: right(items, target)[1:]),
    ("`report` leaves `kill_thread`", language, "with_report",
     lambda right: lambda items, target: [right([], target)[0], *(item for item in items if item[0] != "report")]),
    ("every `#[cfg]` holds", language.Parser, "attribute",
     lambda right: lambda self: (right(self), True)[1]),
]


def on_kernel(first, end, per_policy):
    """Compares with the running kernel, for both of its ABIs that a program of x86_64 can call."""
    abis = [["x86_64"], ["x86_64", "x86"], ["x86_64", "x86"], ["x86_64", "x86", "x32"]]
    for seed, numbers, made, text, policy, program in each(first, end, abis, kernel.HARMLESS):
        calls = kernel.calls_of(numbers, policy, random_policy.calls(numbers, policy, per_policy))
        for call, did in zip(calls, kernel.make(program, calls)):
            said = policy.answers(*call[:3])
            counts["calls"] += 1
            counts[f"{'really ' if call[3] else ''}{did[0]}"] += 1
            if not kernel.agrees(said, did, call[3]):
                fail(seed, made, text, f"{shown(call[:3])}: by its page {said:#x}, the kernel: {did}")


def main():
    mode, first, end, per_policy = sys.argv[1], *map(int, sys.argv[2:5])
    {"compare": compare, "mutants": mutants, "mistakes": mistakes, "kernel": on_kernel}[mode](first, end, per_policy)
    compiled = counts["policies"] - counts["refused"]
    listed = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
    print(f"{mode}, seeds {first}..{end}: {listed}; 0 differences", file=sys.stderr)
    for what, count in refusals.most_common(8):
        print(f"    refused {count} times: {what}", file=sys.stderr)
    # The policies should be valid. If many were not, there would be nothing to compare.
    if compiled * 3 < counts["policies"]:
        sys.exit(f"only {compiled} of {counts['policies']} policies were compiled")


main()

"""Decides with an SMT solver what the compiler's own proof says about policies, filters and mutants.

Reads the file that the test `mutants` of seccomp-ir writes. For every policy it asks z3 whether there is a call, and
values for the symbols, on which

  - the filter has another action than the policy: there must be none;
  - a mutant that the proof accepted has another action than the policy: there must be none;
  - a mutant that the proof refused has another action than the policy: there must be one.

It shares nothing with the compiler: it reads policies as comparisons of 64-bit vectors, and runs instructions on
vectors of 32 bits, following net/core/filter.c and seccomp(2).
"""

import collections
import json
import sys
import time

import z3

LD_W_ABS, AND_K, XOR_K, JA, JEQ, JGT, JGE, JSET, RET_K = (
    0x20, 0x54, 0xA4, 0x05, 0x15, 0x25, 0x35, 0x45, 0x06)
RET_ERRNO = 0x00050000

NR, ARCH = z3.BitVec("nr", 32), z3.BitVec("arch", 32)
POINTER = z3.BitVec("instruction_pointer", 64)
ARGUMENTS = [z3.BitVec(f"a{i}", 64) for i in range(6)]


def symbol(index):
    return z3.BitVec(f"symbol{index}", 64)


def low(vector):
    return z3.Extract(31, 0, vector)


def high(vector):
    return z3.Extract(63, 32, vector)


def errno_of(index):
    return (low(symbol(index)) & 0xFFFF) | RET_ERRNO


def u32(value):
    return z3.BitVecVal(value, 32)


# --- Policies: the first rule that matches decides.

def verdict(of):
    return u32(of["returns"]) if "returns" in of else errno_of(of["errno"])


def value(of):
    return z3.BitVecVal(of["known"], 64) if "known" in of else symbol(of["symbol"])


def compare(of):
    top = of["bits"] - 1
    left = ARGUMENTS[of["argument"]]
    if of["mask"] is not None:
        left = left & value(of["mask"])
    left, right = z3.Extract(top, 0, left), z3.Extract(top, 0, value(of["value"]))
    signed = of["signed"]
    return {
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right if signed else z3.ULT(left, right),
        "<=": lambda: left <= right if signed else z3.ULE(left, right),
        ">": lambda: left > right if signed else z3.UGT(left, right),
        ">=": lambda: left >= right if signed else z3.UGE(left, right),
    }[of["operator"]]()


def condition(of):
    if "all" in of:
        return z3.And([condition(part) for part in of["all"]])
    if "any" in of:
        return z3.Or([condition(part) for part in of["any"]])
    if "not" in of:
        return z3.Not(condition(of["not"]))
    return compare(of)


def among(numbers):
    return z3.Or([NR == number for number in numbers])


def policy(of):
    answer = verdict(of["bad_arch"])
    for part in reversed(of["abis"]):
        inner = verdict(part["default"])
        unknown = part["unknown"]
        if unknown is not None:
            new = z3.Not(among(unknown["known"]))
            inner = z3.If(new, verdict(unknown["action"]), inner)
        for rule in reversed(part["rules"]):
            matches = z3.And(among(rule["numbers"]), condition(rule["condition"]))
            inner = z3.If(matches, verdict(rule["action"]), inner)
        # A skipped call has the number -1 on every ABI.
        numbers = z3.Or(NR == 0xFFFFFFFF, z3.And(z3.UGE(NR, part["first"]), z3.ULE(NR, part["last"])))
        served = z3.And(ARCH == part["arch"], numbers)
        answer = z3.If(served, inner, answer)
    return answer


# --- Filters: what each instruction does to the accumulator, from the last to the first.

def word(offset, big_endian):
    if offset == 0:
        return NR
    if offset == 4:
        return ARCH
    whole = POINTER if offset < 16 else ARGUMENTS[(offset - 16) // 8]
    return high(whole) if (offset % 8 == 0) == big_endian else low(whole)


def operand(k, relocation):
    if relocation is None:
        return u32(k)
    assert k == 0
    if "errno" in relocation:
        return errno_of(relocation["errno"])
    whole = symbol(relocation["symbol"])
    half = high(whole) if relocation["high"] else low(whole)
    return (half & relocation["keep"]) ^ relocation["flip"]


def program(instructions, big_endian):
    known = {}

    def run(start):
        # Jumps lead forward. The script has a stack of its own, because filters are deeper than
        # Python's.
        stack = [start]
        while stack:
            at, a = stack[-1]
            key = (at, a.get_id())
            if key in known:
                stack.pop()
                continue
            code, jt, jf, k, relocation = instructions[at]
            value = operand(k, relocation)
            if code == RET_K:
                known[key] = (a, value)
                continue
            if code == LD_W_ABS:
                following = [(at + 1, word(k, big_endian))]
            elif code == AND_K:
                following = [(at + 1, z3.simplify(a & value))]
            elif code == XOR_K:
                following = [(at + 1, z3.simplify(a ^ value))]
            elif code == JA:
                following = [(at + 1 + k, a)]
            else:
                test = {
                    JEQ: lambda: a == value,
                    JGT: lambda: z3.UGT(a, value),
                    JGE: lambda: z3.UGE(a, value),
                    JSET: lambda: a & value != 0,
                }[code]()
                following = [(at + 1 + jt, a), (at + 1 + jf, a)]
            missing = [state for state in following
                       if (state[0], state[1].get_id()) not in known]
            if missing:
                stack.extend(missing)
                continue
            answers = [known[(to, of.get_id())][1] for to, of in following]
            # The accumulator is kept beside the result, because z3 reuses the ids of objects that
            # are freed.
            answer = answers[0] if len(answers) == 1 else z3.If(test, *answers)
            known[key] = (a, answer)
        return known[(start[0], start[1].get_id())][1]

    return run((0, u32(0)))


# --- The questions.

def differ(one, other, assumed):
    solver = z3.Solver()
    solver.set("timeout", 120_000)
    solver.add(one != other, *assumed)
    answer = solver.check()
    if answer == z3.unknown:
        sys.exit(f"undecided: {solver.reason_unknown()}")
    return answer == z3.sat


def main(path):
    began = time.monotonic()
    counts = collections.Counter()
    wrong = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            case = json.loads(line)
            said = policy(case["policy"])
            big_endian = case["big_endian"]
            questions = [("program", case["program"], False)]
            questions += [("accepted mutant", mutant, False) for mutant in case["equal"]]
            questions += [("refused mutant", mutant, True) for mutant in case["different"]]
            for kind, instructions, expected in questions:
                counts[kind] += 1
                if differ(said, program(instructions, big_endian), []) != expected:
                    wrong.append(f"{case['name']}: {kind} {instructions}")
            counts["policies"] += 1
    print(f"z3 {z3.get_version_string()}, {time.monotonic() - began:.0f} s: "
          f"{counts['policies']} policies, {counts['program']} programs equal to them, "
          f"{counts['accepted mutant']} accepted mutants, {counts['refused mutant']} refused ones; "
          f"{len(wrong)} answers that differ from the proof's")
    for line in wrong[:10]:
        print(line[:2000])
    sys.exit(1 if wrong or not counts["program"] else 0)


if __name__ == "__main__":
    main(sys.argv[1])

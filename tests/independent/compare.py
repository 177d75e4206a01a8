"""Decides with an SMT solver what the comparison of two policies or filters says.

Reads the file that the test `compare` of seccomp-ir writes. For every pair it asks z3 three times whether there is a
call: one for which the right side permits more than the left one, one for which it permits less, and one that gets
another action of the same permissiveness. Each answer must be that of the comparison.

The script runs filters on vectors of 32 bits, with every instruction that seccomp allows, following net/core/filter.c
and kernel/seccomp.c. It reads policies as check.py does.
"""

import collections
import json
import sys
import time

import z3

import check
from check import u32

CELLS = 16


def run(instructions, big_endian):
    """What the filter returns, as a vector."""
    known = {}

    def state(registers):
        return tuple(register.get_id() for register in registers)

    def result(at, registers):
        key = (at, state(registers))
        if key not in known:
            # The registers are kept beside the result, because z3 reuses the ids of objects that
            # are freed.
            known[key] = (registers, step(at, registers))
        return known[key][1]

    def step(at, registers):
        code, jt, jf, k = instructions[at]
        a, x = registers[0], registers[1]
        operand = x if code & 0x08 else u32(k)
        kind = code & 0x07

        def following(place, value):
            changed = list(registers)
            changed[place] = z3.simplify(value)
            return result(at + 1, changed)

        if code == 0x20:
            return following(0, check.word(k, big_endian))
        if kind in (0x00, 0x01):  # LD and LDX
            mode = code & 0xE0
            value = {0x00: lambda: u32(k), 0x60: lambda: registers[2 + k], 0x80: lambda: u32(64)}[mode]()
            return following(kind, value)
        if kind in (0x02, 0x03):  # ST and STX
            return following(2 + k, registers[kind - 2])
        if kind == 0x04:
            op = code & 0xF0
            if op == 0x30:
                quotient = following(0, z3.UDiv(a, operand))
                return z3.If(operand == 0, u32(0), quotient) if code & 0x08 else quotient
            by = operand & 31
            value = {
                0x00: lambda: a + operand, 0x10: lambda: a - operand, 0x20: lambda: a * operand,
                0x40: lambda: a | operand, 0x50: lambda: a & operand, 0x60: lambda: a << by,
                0x70: lambda: z3.LShR(a, by), 0x80: lambda: -a, 0xA0: lambda: a ^ operand,
            }[op]()
            return following(0, value)
        if kind == 0x05:
            if code == 0x05:
                return result(at + 1 + k, registers)
            test = {
                0x10: lambda: a == operand, 0x20: lambda: z3.UGT(a, operand),
                0x30: lambda: z3.UGE(a, operand), 0x40: lambda: a & operand != 0,
            }[code & 0xF0]()
            yes, no = result(at + 1 + jt, registers), result(at + 1 + jf, registers)
            return z3.If(test, yes, no)
        if kind == 0x06:
            return a if code & 0x10 else u32(k)
        return following(0, x) if code & 0x80 else following(1, a)  # TXA, TAX

    sys.setrecursionlimit(100_000)
    return result(0, [u32(0)] * (2 + CELLS))


# The upper halves of return values, and the permissiveness of each (include/uapi/linux/seccomp.h).
RANKS = {0x0000: 1, 0x0003: 2, 0x0005: 3, 0x7FC0: 4, 0x7FF0: 4, 0x7FFC: 5, 0x7FFF: 5}


def rank_and_action(value):
    upper, data = z3.LShR(value, 16), value & 0xFFFF
    rank, action = u32(0), u32(0x80000000)
    for known, its_rank in RANKS.items():
        # The kernel ignores the data of most actions, and passes on no errno above 4095.
        its_data = {0x0003: data, 0x7FF0: data, 0x0005: z3.If(z3.UGT(data, 4095), u32(4095), data)}
        rank = z3.If(upper == known, u32(its_rank), rank)
        action = z3.If(upper == known, u32(known << 16) | its_data.get(known, u32(0)), action)
    return rank, action


def side(of, big_endian):
    return run(of["filter"], big_endian) if "filter" in of else check.policy(of["policy"])


def main(path):
    began = time.monotonic()
    counts = collections.Counter()
    wrong = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            case = json.loads(line)
            left_rank, left = rank_and_action(side(case["left"], case["big_endian"]))
            right_rank, right = rank_and_action(side(case["right"], case["big_endian"]))
            questions = {
                "wider": z3.ULT(left_rank, right_rank),
                "narrower": z3.ULT(right_rank, left_rank),
                "otherwise": z3.And(left_rank == right_rank, left != right),
            }
            for name, question in questions.items():
                solver = z3.Solver()
                solver.set("timeout", 60_000)
                solver.add(question)
                answer = solver.check()
                if answer == z3.unknown:
                    counts["undecided"] += 1
                    continue
                counts[f"{name} {answer}"] += 1
                if (answer == z3.sat) != case[name]:
                    wrong.append(f"{case['name']}: {name} is {case[name]}, and z3 says {answer}")
            counts["pairs"] += 1
    print(f"z3 {z3.get_version_string()}, {time.monotonic() - began:.0f} s: {counts['pairs']} pairs, "
          + ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()) if name != "pairs")
          + f"; {len(wrong)} answers that differ from the comparison's")
    for line in wrong[:10]:
        print(line[:2000])
    enough = all(counts[f"{name} {answer}"] > 20 for name in questions for answer in ("sat", "unsat"))
    sys.exit(1 if wrong or not enough else 0)


if __name__ == "__main__":
    main(sys.argv[1])

"""Policies whose conditions depend on each other in very many combinations: each with a name and its text.

All values, masks and pairs are random. The seed of each kind is its place in the list, so new kinds must come at the end of the list.
"""

import random

ABIS = ["x86_64", "x86", "aarch64", "arm", "riscv64", "loongarch64", "mipsel", "ppc64le"]


def bits(r, count, width=64):
    return sum(1 << bit for bit in r.sample(range(width), count))


def mask(r, count, argument="a1", width=64):
    """A mask with this number of bits, and a value within it."""
    chosen = bits(r, count, width)
    return f"{argument} & {chosen:#x} == {r.getrandbits(width) & chosen:#x}"


def joined(parts, word="||"):
    return f" {word} ".join(f"({part})" for part in parts)


def one(call, parts, word="||"):
    return f"allow {call}({joined(parts, word)}); default kill;"


def wide(argument):
    return f"{argument} as u64"


def masks(count, set_bits, width=64):
    def make(r):
        argument = wide("a1") if width == 64 else "a1 as u32"
        return one("ppoll", [mask(r, set_bits, argument, width) for _ in range(count)])

    return make


def none_of(r):
    return one("ppoll", ["!(" + mask(r, 4, wide("a1")) + ")" for _ in range(300)], "&&")


def a_bit_of_each(r):
    return one("ppoll", [f"a1 as u64 & {bits(r, 6):#x} != 0" for _ in range(900)], "&&")


def triples_under_masks(r):
    def part():
        chosen = bits(r, 20)
        operator = r.choice(["==", "<", ">="])
        return f"a1 as u64 & {chosen:#x} {operator} {(r.getrandbits(64) & chosen) or chosen:#x}"

    return one("ppoll", [" && ".join(part() for _ in range(3)) for _ in range(133)])


def rules_of_two_actions(r):
    rules = [f"{['allow', 'errno(EPERM)'][n % 2]} ppoll({mask(r, 6, wide('a1'))});" for n in range(300)]
    return " ".join(rules) + " default kill;"


def rules_of_three_masks(r):
    rules = [
        "allow ppoll(" + ", ".join(mask(r, 4, wide(a)) for a in ("a0", "a1", "a2")) + ");" for _ in range(300)
    ]
    return " ".join(rules) + " default kill;"


def equal_bit_by_bit(r):
    def same(bit):
        both = lambda operator: f"a0 as u64 & {1 << bit:#x} {operator} 0 && a1 as u64 & {1 << bit:#x} {operator} 0"
        return f"({both('==')}) || ({both('!=')})"

    return one("ppoll", [same(bit) for bit in range(64)], "&&")


def bits_with_other_bits(r):
    other = r.sample(range(64), 64)
    return one("ppoll", [f"a0 as u64 & {1 << n:#x} == 0 || a1 as u64 & {1 << other[n]:#x} == 0" for n in range(64)], "&&")


def pairs(count):
    def make(r):
        return one("ppoll", [f"a0 as u32 == {r.getrandbits(32)} && a1 as u32 == {r.getrandbits(32)}" for _ in range(count)])

    return make


def within(r, argument, width=32):
    first, last = sorted(r.getrandbits(width) for _ in range(2))
    return f"{argument} as u{width} in {first}..={last + 1}"


def pairs_of_ranges(r):
    return one("ppoll", [f"{within(r, 'a0')} && {within(r, 'a1')}" for _ in range(900)])


def sextuples(r):
    return one("syscall(400)", [" && ".join(f"a{n} as u64 == {r.getrandbits(64)}" for n in range(6)) for _ in range(160)])


def boxes(r):
    return one("syscall(400)", [" && ".join(within(r, f"a{n}", 64) for n in range(4)) for _ in range(100)])


def comparisons_on_five(count):
    def make(r):
        def part():
            width = r.choice([32, 64])
            return f"a{r.randrange(5)} as u{width} {r.choice(['==', '<', '>'])} {1 + (r.getrandbits(width) >> r.randrange(width // 2))}"

        rules = [f"{'allow' if n % 2 else f'errno({1 + n % 100})'} syscall(400)({', '.join(part() for _ in range(3))});" for n in range(count)]
        return " ".join(rules) + " default kill;"

    return make


def values_of_rustc(r):
    rules = [f"allow ppoll(a0 as u64 {r.choice(['==', '<', '>='])} {{ {n} }}, a1 as u32 == {n % 40});" for n in range(300)]
    return " ".join(rules) + " default kill;"


def values_of_the_program(r):
    return one("ppoll", [f"a1 as u64 & {bits(r, 4):#x} == $v{n}" for n in range(300)])


def masks_of_the_program(r):
    return one("ppoll", [f"a1 as u64 & $m{n} == $v{n}" for n in range(300)])


def many_values(r):
    return f"allow ioctl(cmd in {{{', '.join(str(v) for v in r.sample(range(1 << 32), 3500))}}}); default kill;"


def rules_of_a_value(r):
    values = r.sample(range(1 << 32), 3000)
    rules = [f"errno({1 + n % 99}) ioctl(cmd == {value});" for n, value in enumerate(values)]
    return " ".join(rules) + " default kill;"


def calls_with_masks(r):
    rules = [f"allow syscall({n})({joined([mask(r, 4, wide('a1')) for _ in range(5)])});" for n in range(150)]
    return " ".join(rules) + " default kill;"


def on_eight_abis(count, another):
    def make(r):
        masks = lambda: joined([mask(r, 4, "a1 as u32", 32) for _ in range(count)])
        same = masks()
        rules = [f"#[arch({abi})] allow syscall(300)({masks() if another else same});" for abi in ABIS]
        return f"arch {', '.join(ABIS)}; " + " ".join(rules) + " default kill;"

    return make


# Kinds that were added later.


def nested(r):
    def tree(depth):
        if depth == 0:
            return mask(r, 3, wide(f"a{r.randrange(3)}"))
        word = "&&" if depth % 2 else "||"
        return "(" + f" {word} ".join(tree(depth - 1) for _ in range(3)) + ")"

    return f"allow syscall(400)({tree(5)}); default kill;"


def holes(r):
    rules = [f"errno({1 + n}) ioctl(cmd & {bits(r, 12, 32):#x} in {{0, 1, 2}});" for n in range(90)]
    return " ".join(rules) + f" allow ioctl(cmd & {bits(r, 16, 32):#x} != 0); default kill;"


def differences(r):
    return one("ppoll", [f"a0 as u64 & {1 << n:#x} == 0 && a1 as u64 & {1 << (63 - n):#x} != 0" for n in range(64)])


def three_way(r):
    def odd(n):
        parts = []
        for combination in range(8):
            if bin(combination).count("1") % 2:
                parts.append(" && ".join(f"a{a} as u32 & {1 << n} {'!=' if combination >> a & 1 else '=='} 0" for a in range(3)))
        return joined(parts)

    return one("syscall(400)", [odd(n) for n in range(24)], "&&")


def sums(r):
    parts = [f"a0 as u32 <= {n * 1000} && a1 as u32 <= {(200 - n) * 977}" for n in range(1, 200)]
    return one("ppoll", parts)


def order_under_masks(r):
    return one("ppoll", [f"a1 as u64 & {bits(r, 30):#x} < {r.getrandbits(62) | 1:#x}" for _ in range(150)], "&&")


def negated_pairs(r):
    return one("ppoll", [f"!(a0 as u32 == {r.randrange(200)} && a1 as u32 & {bits(r, 3, 32):#x} == 0)" for _ in range(400)], "&&")


def signed_boxes(r):
    def part(a):
        first, last = sorted(r.randrange(-(1 << 31), 1 << 31) for _ in range(2))
        return f"a{a} as i32 >= {first} && a{a} as i32 <= {last}"

    return one("syscall(400)", [" && ".join(part(a) for a in range(3)) for _ in range(120)])


def exceptions_of_exceptions(r):
    rules = []
    chosen = 0
    for n, bit in enumerate(r.sample(range(32), 31)):
        chosen |= 1 << bit
        rules.insert(0, f"{'allow' if n % 2 else 'errno(EPERM)'} ioctl(cmd & {chosen:#x} == {r.getrandbits(32) & chosen:#x});")
    return " ".join(rules) + " default kill;"


def all_of_two_bits(r):
    parts = [f"a1 as u64 & {(1 << x) | (1 << y):#x} == {1 << x:#x}" for x in range(16) for y in range(16, 32)]
    return one("ppoll", parts)


def shifted_windows(r):
    return one("ppoll", [f"a1 as u64 & {0xFFF << n:#x} == {r.getrandbits(12) << n:#x}" for n in range(52) for _ in range(6)])


def checkerboard(r):
    parts = [f"a0 as u32 & {1 << n} == 0 && a1 as u32 in {{{', '.join(str(r.getrandbits(32)) for _ in range(20))}}}" for n in range(32)]
    return one("ppoll", parts)


def one_call_in_many_lists(r):
    rules = []
    for n in range(60):
        numbers = ", ".join(f"syscall({m})({mask(r, 3, wide('a1'))})" for m in r.sample(range(60), 20))
        rules.append(f"{['allow', 'log', f'errno({1 + n})'][n % 3]} {numbers};")
    return " ".join(rules) + " default kill;"


def masks_beside_values(r):
    parts = [mask(r, 5, wide("a1")) for _ in range(200)] + [f"a1 as u64 == {r.getrandbits(64)}" for _ in range(600)]
    r.shuffle(parts)
    return one("ppoll", parts)


def two_explosions_and_a_list(r):
    same = lambda n: f"(fd & {1 << n} == 0 && count as u32 & {1 << n} == 0) || (fd & {1 << n} != 0 && count as u32 & {1 << n} != 0)"
    equal = joined([same(n) for n in range(20)], "&&")
    values = ", ".join(str(v) for v in r.sample(range(1 << 32), 300))
    others = ", ".join(f"syscall({n})" for n in range(20, 180, 2) if n != 16)
    return f"allow read({equal}); allow write({equal}); allow ioctl(cmd in {{{values}}}); allow {others}; default kill;"


def many_explosions(r):
    def equal(x, y):
        same = lambda n: f"(a{x} as u32 & {1 << n} == 0 && a{y} as u32 & {1 << n} == 0) || (a{x} as u32 & {1 << n} != 0 && a{y} as u32 & {1 << n} != 0)"
        return joined([same(n) for n in range(16)], "&&")

    rules = [f"allow syscall({n})({equal(n % 6, (n + 1 + n // 6) % 6)});" for n in range(12) if n % 6 != (n + 1 + n // 6) % 6]
    return " ".join(rules) + " default kill;"


def sets_of_four(r):
    parts = [" && ".join(f"a{n} as u32 in {{{', '.join(str(r.getrandbits(32)) for _ in range(4))}}}" for n in range(4)) for _ in range(60)]
    return one("syscall(400)", parts)


def high_halves(r):
    ranges = [sorted(r.getrandbits(32) << 32 | 5 for _ in range(2)) for _ in range(20)]
    return one("ppoll", [f"a1 as u64 in {first}..={last + 4}" for first, last in ranges] + [f"a1 as u64 & {bits(r, 2) | 1 << 40:#x} == {1 << 40:#x}" for _ in range(300)])


def ladders(r):
    rules = [f"errno({n}) ppoll(a0 as u64 >= {n << 20}, a1 as u64 < {n << 24}, a2 as u64 & {bits(r, 8):#x} != 0);" for n in range(1, 200)]
    return " ".join(rules) + " default kill;"


def majority(r):
    import itertools

    parts = [f"a1 as u32 & {sum(1 << n for n in chosen):#x} == {sum(1 << n for n in chosen):#x}" for chosen in itertools.combinations(range(11), 6)]
    return one("ppoll", parts)


def values_of_rustc_alone(count, none):
    def make(r):
        listed = f"a0 as u64 in {{{', '.join(f'{{ {r.getrandbits(64)} }}' for _ in range(count))}}}"
        return f"allow ppoll({f'!({listed})' if none else listed}); default kill;"

    return make


def a_mask_beside_values(r):
    return one("ppoll", [mask(r, 5, wide("a1"))] + [f"a1 as u64 == {r.getrandbits(64)}" for _ in range(1300)])


KINDS = [
    ("one of 100 masks of 3 bits on a 64-bit argument", masks(100, 3)),
    ("one of 300 masks of 3 bits", masks(300, 3)),
    ("one of 300 masks of 8 bits", masks(300, 8)),
    ("one of 600 masks of 5 bits", masks(600, 5)),
    ("one of 1200 masks of 8 bits", masks(1200, 8)),
    ("one of 300 masks of 3 bits on a 32-bit argument", masks(300, 3, 32)),
    ("one of 900 masks of 5 bits on a 32-bit argument", masks(900, 5, 32)),
    ("none of 300 masks of 4 bits", none_of),
    ("a bit of each of 900 masks of 6 bits", a_bit_of_each),
    ("one of 133 triples of comparisons under masks, with order", triples_under_masks),
    ("300 rules with a mask of 6 bits, of two actions", rules_of_two_actions),
    ("300 rules of three masks on three arguments", rules_of_three_masks),
    ("two 64-bit arguments are equal, bit by bit", equal_bit_by_bit),
    ("bits of one argument, each with another bit of a second one, 64 pairs", bits_with_other_bits),
    ("400 pairs of values of two arguments", pairs(400)),
    ("900 pairs", pairs(900)),
    ("900 pairs of ranges", pairs_of_ranges),
    ("160 sextuples of 64-bit values", sextuples),
    ("100 boxes in four 64-bit arguments", boxes),
    ("160 rules of three comparisons on five arguments", comparisons_on_five(160)),
    ("400 such rules", comparisons_on_five(400)),
    ("300 values of rustc in order, with another argument", values_of_rustc),
    ("3500 values of 32 bits", many_values),
    ("3000 rules of a value, of 99 actions", rules_of_a_value),
    ("150 calls with five masks each", calls_with_masks),
    ("one of 150 masks, on eight ABIs", on_eight_abis(150, False)),
    ("another 150 masks on each of eight ABIs", on_eight_abis(150, True)),
    ("another 200 masks on each of eight ABIs", on_eight_abis(200, True)),
    ("\"and\" of \"or\" of \"and\", five levels, of masks on three arguments", nested),
    ("90 rules of a set under masks of 12 bits, each of another action, above a mask", holes),
    ("a bit of one argument without its mirror in another, 64 pairs", differences),
    ("bits of three arguments of which an odd number is set, 24 places", three_way),
    ("a stair of 199 corners in two arguments", sums),
    ("150 orders under masks of 30 bits at once", order_under_masks),
    ("none of 400 pairs of a value and a mask", negated_pairs),
    ("120 signed boxes in three arguments", signed_boxes),
    ("31 exceptions, each of the one below it", exceptions_of_exceptions),
    ("one bit without another, of 256 pairs", all_of_two_bits),
    ("a window of 12 bits at each of 52 places, 6 values each", shifted_windows),
    ("32 bits of one argument, each with 20 values of another", checkerboard),
    ("60 lists of 20 calls with masks, overlapping", one_call_in_many_lists),
    ("200 masks among 600 values", masks_beside_values),
    ("two calls with equal arguments, a list of 300 values, 80 other calls", two_explosions_and_a_list),
    ("twelve calls with equal arguments", many_explosions),
    ("60 quadruples of sets of four", sets_of_four),
    ("20 ranges of high halves, and 300 masks", high_halves),
    ("a ladder of 199 rules on three arguments", ladders),
    ("six of eleven bits are set, as 462 masks", majority),
    ("300 values of the running program under masks", values_of_the_program),
    ("300 values of the running program, each with a mask of it", masks_of_the_program),
    ("one of 1000 values of rustc, in 64 bits", values_of_rustc_alone(1000, False)),
    ("none of 900 values of rustc, in 64 bits", values_of_rustc_alone(900, True)),
    ("a mask beside 1300 values of 64 bits", a_mask_beside_values),
]


def texts():
    """The name and the text of each policy."""
    return [(name, make(random.Random(number))) for number, (name, make) in enumerate(KINDS)]

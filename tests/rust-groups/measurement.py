"""The table measured.tsv: how it is written and read, and how it is compared with a later measurement.

    python3 measurement.py     tests the comparison: every change of the table that it has to find is made, and found

A round runs every case once in every setup. A call that depends on a race, or on where the kernel puts memory, is
made in some rounds only. So the table is the union of many rounds, and says of each fact in how many it was seen, if not in all.
"""

import dataclasses
import os
import sys

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measured.tsv")

HEAD = """\
# What the cases of the groups `@rust-...` call, under each C library.
#
# Columns: group, or groups, of the case; call; arguments that tell what it does; all cases that make it; seen.
#   seen    Where: ABI, C library and its version. With `:debug` or `:release` only programs of that build make the call.
#   =N      After a case, or a place: seen in N of the rounds only, because it depends on a race or on where the kernel
#           puts memory. Without it: in every round.
#
# A round runs every case once under every C library. One round does not see all that can happen, so the table is the
# union of many: what happens in one of ten rounds is missed by all of {rounds} with probability {missed}.
#
# Rounds: {rounds}
# Source: tests/rust-groups/run.
# Measured with {versions}.
#
# Written by tests/rust-groups/run; do not edit.
"""


@dataclasses.dataclass
class Row:
    """A call of a group's cases: in how many rounds each case made it, and in how many it was seen at each place."""
    cases: dict
    places: dict


@dataclasses.dataclass
class Table:
    """The rows by group, call and arguments. A place is a C library and a build; `builds` are those of each library."""
    rounds: int
    builds: dict
    rows: dict

    @staticmethod
    def measured(rounds, results):
        """The table of a measurement: (library, build, lines of examples/measure) of each setup."""
        builds, rows = {}, {}
        for library, build, lines in results:
            of_library = builds.setdefault(library, [])
            if build not in of_library:
                of_library.append(build)
            for line in lines.splitlines():
                case, group, call, arguments, seen = line.split("\t")
                row = rows.setdefault((group, call, arguments), Row({}, {}))
                row.cases.setdefault(case, set()).update(seen.split())
                row.places.setdefault((library, build), set()).update(seen.split())
        for row in rows.values():
            row.cases = {case: len(seen) for case, seen in row.cases.items()}
            row.places = {place: len(seen) for place, seen in row.places.items()}
        return Table(rounds, builds, rows)

    @staticmethod
    def parse(text, builds):
        """The table of a text. `builds` are those of the libraries that are known; others have one without a name."""
        rounds, rows, known = None, {}, {}
        for line in text.splitlines():
            if line.startswith("# Rounds: "):
                rounds = int(line.split()[2])
            if line.startswith("#"):
                continue
            group, call, arguments, cases, seen = line.split("\t")
            row = rows[group, call, arguments] = Row({}, {})
            for token in cases.split():
                case, _, count = token.partition("=")
                row.cases[case] = int(count or rounds)
            for token in seen.split():
                place, _, count = token.partition("=")
                library, _, build = place.partition(":")
                known[library] = builds.get(library, [""])
                for each in [build] if build else known[library]:
                    row.places[library, each] = int(count or rounds)
        return Table(rounds, known, rows)

    def text(self, versions):
        rows = ""
        for (group, call, arguments), row in sorted(self.rows.items()):
            # Those that are always seen first: a reader, and a test, need one.
            cases = sorted(row.cases.items(), key=lambda case: -case[1])
            cases = " ".join(case + self.count(seen) for case, seen in cases)
            places = " ".join(" ".join(self.places(row, library)) for library in self.builds if self.places(row, library))
            rows += "\t".join([group, call, arguments, cases, places]) + "\n"
        missed = f"{0.9 ** self.rounds:.2f}"
        return HEAD.format(versions=versions, rounds=self.rounds, missed=missed) + rows

    def places(self, row, library):
        """How a library is written in a row."""
        seen = {build: row.places[library, build] for build in self.builds[library] if (library, build) in row.places}
        if len(seen) == len(self.builds[library]) and len(set(seen.values())) == 1:
            return [library + self.count(next(iter(seen.values())))]
        return [f"{library}:{build}{self.count(count)}" for build, count in seen.items()]

    def count(self, seen):
        return "" if seen == self.rounds else f"={seen}"

    def add(self, other):
        """Adds the rounds of another measurement of the same libraries."""
        for key, more in other.rows.items():
            row = self.rows.setdefault(key, Row({}, {}))
            for of_all, of_more in (row.cases, more.cases), (row.places, more.places):
                for name, count in of_more.items():
                    of_all[name] = of_all.get(name, 0) + count
        self.rounds += other.rounds
        # In the order of the measurement.
        self.builds = other.builds


def differences(table, measured):
    """What a measurement shows that the table lacks, and what the table says is always seen and was never seen."""
    found = []
    for library in measured.builds.keys() - table.builds.keys():
        found.append(f"{library}: is here, and the table was not measured with it")
    for library in table.builds.keys() - measured.builds.keys():
        found.append(f"{library}: the table was measured with it, and it is not here")
    both = table.builds.keys() & measured.builds.keys()
    nothing = Row({}, {})
    for key in sorted(table.rows.keys() | measured.rows.keys()):
        call = " ".join(part for part in key[1:] if part != "-")
        told, seen = table.rows.get(key, nothing), measured.rows.get(key, nothing)
        makers = " ".join(seen.cases or told.cases)
        for (library, build), count in seen.places.items():
            if library in both and (library, build) not in told.places:
                found.append(f"{key[0]}: {call}: the table lacks {library} ({build}): made by {makers}, "
                             f"in {count} of {measured.rounds} rounds")
        for (library, build), count in told.places.items():
            if library in both and (library, build) not in seen.places and count == table.rounds:
                found.append(f"{key[0]}: {call}: the table has {library} ({build}), by {makers}: "
                             f"seen in none of {measured.rounds} rounds")
        for case, count in seen.cases.items():
            if case not in told.cases:
                found.append(f"{key[0]}: {call}: the table lacks the case {case}: "
                             f"made it in {count} of {measured.rounds} rounds, on {places_of(seen)}")
        for case, count in told.cases.items():
            if case not in seen.cases and count == table.rounds:
                found.append(f"{key[0]}: {call}: the table has the case {case}, on {places_of(told)}: "
                             f"it made the call in none of {measured.rounds} rounds")
    return found


def places_of(row):
    return " ".join(dict.fromkeys(library for library, _ in row.places))


def self_test():
    """Changes the table in each way that a check has to find, in every row; and in the ways that it has to let pass."""
    with open(PATH) as file:
        text = file.read()
    libraries = Table.parse(text, {}).builds
    table = Table.parse(text, {of: ["release"] if emulated(of) else ["debug", "release"] for of in libraries})
    assert facts(table.text("")) == facts(text), "what was read is written alike"
    assert not differences(table, table), "a table agrees with itself"
    for key, row in table.rows.items():
        self_test_of_row(table, key, row)
    sometimes = [row for row in table.rows.values() if always(table, row) is None]
    print(f"{len(table.rows)} rows, {len(sometimes)} of them not seen in every one of {table.rounds} rounds: "
          "each row that is missing or bogus is found")
    # A library that came or went is one line, and not one for each of its rows.
    other = Table(table.rounds, {**table.builds, "x86_64-gnu-9.9": ["debug"]}, table.rows)
    assert len(differences(table, other)) == len(differences(other, table)) == 1
    # Counts add up, and what was always seen is so no longer, once a round does not show it.
    key, row = next((key, row) for key, row in table.rows.items() if always(table, row))
    sum_of_two = Table(table.rounds, table.builds, {key: Row(dict(row.cases), dict(row.places))})
    sum_of_two.add(Table(1, table.builds, {}))
    assert always(sum_of_two, sum_of_two.rows[key]) is None and not differences(sum_of_two, Table(1, table.builds, {}))


def self_test_of_row(table, key, row):
    def one(cases, places):
        return Table(table.rounds, table.builds, {key: Row(cases, places)})

    def expect(table, measured, *words):
        found = differences(table, measured)
        assert any(all(word in line for word in words) for line in found), f"{words}: {found}"

    here, nothing = one(row.cases, row.places), Table(table.rounds, table.builds, {})
    for library, build in row.places:
        case = next(iter(row.cases))
        expect(nothing, here, key[0], key[1], case, library, build)
    certain = always(table, row)
    if certain:
        expect(here, nothing, key[0], key[1], next(iter(row.cases)), *certain)
    else:
        assert not [line for line in differences(here, nothing) if "the table has the case" not in line]
    bogus = "no-case", (next(iter(row.places))[0], "no-build")
    with_case = one({**row.cases, bogus[0]: table.rounds}, row.places)
    with_place = one(row.cases, {**row.places, bogus[1]: table.rounds})
    for other, name in (with_case, bogus[0]), (with_place, bogus[1][1]):
        expect(other, here, key[0], key[1], name)
        expect(here, other, key[0], key[1], name)
    # What only some rounds show may be missing.
    assert not differences(one({**row.cases, bogus[0]: table.rounds - 1}, row.places), here)
    assert not differences(one(row.cases, {**row.places, bogus[1]: table.rounds - 1}), here)


def always(table, row):
    """A place where the row was seen in every round, if there is one."""
    return next((place for place, count in row.places.items() if count == table.rounds), None)


def facts(text):
    """The rows, whatever the order within a column."""
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [[sorted(cell.split(" ")) for cell in row] for row in rows]


def emulated(library):
    return library.split("-")[0] not in ("x86_64", "x86")


if __name__ == "__main__":
    sys.exit(self_test())

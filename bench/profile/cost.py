"""Compares the cost of a profile at run time: cost.py PROFILE OURS LIBSECCOMP [NEWEST]. NEWEST is a folder of another libseccomp.

It measures processor time, because other work on the machine does not change it: the time of a process that makes the
filter several times, less that of a process that makes none, all in turn."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

TIMES, ROUNDS = 5, 9
ACTIONS = {"SCMP_ACT_ALLOW": 0x7FFF0000, "SCMP_ACT_ERRNO": 0x50000, "SCMP_ACT_KILL_PROCESS": 0x80000000}
OPERATORS = {"SCMP_CMP_NE": 1, "SCMP_CMP_LT": 2, "SCMP_CMP_LE": 3, "SCMP_CMP_EQ": 4, "SCMP_CMP_GE": 5, "SCMP_CMP_GT": 6, "SCMP_CMP_MASKED_EQ": 7}


def rules(profile):
    """The calls of libseccomp that runc makes for a container without capabilities on x86_64, one on a line."""
    number = lambda word, errno: ACTIONS[word] | (errno if word == "SCMP_ACT_ERRNO" else 0)
    default = number(profile["defaultAction"], profile.get("defaultErrnoRet", 1))
    lines = [str(default)]
    for rule in profile["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if includes.get("caps") or "amd64" not in includes.get("arches", ["amd64"]) or "amd64" in excludes.get("arches", []):
            continue
        action = number(rule["action"], rule.get("errnoRet", 1))
        if action == default:
            continue
        args = [(it["index"], OPERATORS[it["op"]], it["value"], it.get("valueTwo", 0)) for it in rule.get("args") or []]
        groups = [[it] for it in args] if len({it[0] for it in args}) < len(args) else [args]
        for name in rule["names"]:
            for group in groups:
                lines.append(" ".join(map(str, [name, action, len(group), *(number for it in group for number in it)])))
    return lines


def run(command, times, folder):
    """Processor time in seconds, instructions, and the most memory in KiB."""
    command = [str(times) if it is None else it for it in command]
    environment = {**os.environ, **({"LD_LIBRARY_PATH": folder} if folder else {})}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    instructions, peak = map(int, done.stdout.split())
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, instructions, peak


def main():
    profile, ours, libseccomp, *newest = sys.argv[1:]
    with open(profile, encoding="utf-8") as file, tempfile.NamedTemporaryFile("w", suffix=".rules", delete=False) as out:
        out.write("\n".join(rules(json.load(file))) + "\n")
    entrants = {"ours, x86_64": ([ours, profile, None, "x86_64"], None), "ours, x86_64, x86 and x32": ([ours, profile, None], None)}
    for name, folder in [("libseccomp", None), *(("newest libseccomp", it) for it in newest)]:
        for level, search in [("1", "chain"), ("2", "tree")]:
            entrants[f"{name}, {search}, x86_64"] = ([libseccomp, out.name, None, level, "1"], folder)
            entrants[f"{name}, {search}, x86_64, x86 and x32"] = ([libseccomp, out.name, None, level, "3"], folder)
    found = {name: [] for name in entrants}
    for _ in range(ROUNDS):
        for name, (command, folder) in entrants.items():
            nothing = run(command, 0, folder)
            one = run(command, 1, folder)
            some = run(command, TIMES, folder)
            found[name].append(((some[0] - nothing[0]) * 1000 / TIMES, some[1], one[2] - nothing[2]))
    os.unlink(out.name)
    print("| | instructions | processor time, ms | memory beyond the start, KiB |\n|---|--:|--:|--:|")
    for name, rows in found.items():
        time, peak = statistics.median(row[0] for row in rows), statistics.median(row[2] for row in rows)
        print(f"| {name} | {rows[0][1]} | {time:.1f} | {peak:.0f} |")


main()

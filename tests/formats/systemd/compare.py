"""Compares imports of unit files with the filters of their running services: compare.py TOOL ROOT WORK."""

import ctypes
import json
import pathlib
import struct
import subprocess
import sys

LOAD_WORD, LOAD_IMMEDIATE, LOAD_CELL, STORE_CELL = 0x20, 0x00, 0x60, 0x02
JUMP, JUMP_EQUAL, JUMP_AT_LEAST, RETURN, RETURN_A, XOR = 0x05, 0x15, 0x35, 0x06, 0x16, 0xA4
ALLOW, KILL_THREAD = 0x7FFF0000, 0
CELL, SIGN, ACTION = 15, 0x80000000, 0xFFFF0000


# AUDIT_ARCH_X86_64, and the first number there that belongs to neither x86_64 nor x32.
X86_64, NO_ABI, SKIPPED = 0xC000003E, 0x80000000, 0xFFFFFFFF


def together(filters, bad_arch):
    """One filter with the kernel's action for all of `filters`, the oldest first: the most severe action, and of
    equal ones that of the newest filter (`seccomp_run_filters`, kernel/seccomp.c, Linux 6.12).

    No kernel has a call with a number from 0x80000000 on, other than -1, which is a call that a tracer has skipped. These
    numbers get `bad_arch`, as in a policy.

    Cell 15 has the most severe action so far, with its sign bit flipped, so that the order is unsigned. Each return becomes a
    jump to a stub, so no other jump changes."""
    result = [
        (LOAD_WORD, 0, 0, 4), (JUMP_EQUAL, 0, 4, X86_64), (LOAD_WORD, 0, 0, 0), (JUMP_EQUAL, 2, 0, SKIPPED),
        (JUMP_AT_LEAST, 0, 1, NO_ABI), (RETURN, 0, 0, bad_arch),
    ]
    result += [(LOAD_IMMEDIATE, 0, 0, 0xFFFFFFFF), (STORE_CELL, 0, 0, CELL)]
    for one in reversed(filters):
        returned = sorted({k for code, _, _, k in one if code == RETURN})
        assert all(code != RETURN_A for code, _, _, _ in one)
        stub = 5
        for at, (code, jt, jf, k) in enumerate(one):
            if code == RETURN:
                to = len(one) + stub * returned.index(k)
                result.append((JUMP, 0, 0, to - at - 1))
            else:
                result.append((code, jt, jf, k))
        for place, k in enumerate(returned):
            flipped = k ^ SIGN
            above = min((flipped & ACTION) + 0x10000, 0xFFFFFFFF)
            to_next = stub * (len(returned) - place - 1)
            result += [
                (LOAD_CELL, 0, 0, CELL),
                (JUMP_AT_LEAST, 0, 2, above),
                (LOAD_IMMEDIATE, 0, 0, flipped),
                (STORE_CELL, 0, 0, CELL),
                (JUMP, 0, 0, to_next),
            ]
    return [*result, (LOAD_CELL, 0, 0, CELL), (XOR, 0, 0, SIGN), (RETURN_A, 0, 0, 0)]


def in_force(pid):
    """The number of filters that a process is under; None if it has ended."""
    status = pathlib.Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith("Seccomp_filters:"):
            return int(line.split()[1])
    raise SystemExit("this kernel does not count filters")


def unresolved(root):
    """The names that this libseccomp does not know (`seccomp_syscall_resolve_name`)."""
    library = ctypes.CDLL(str(root / "usr/lib/x86_64-linux-gnu/libseccomp.so.2"))
    return lambda name: library.seccomp_syscall_resolve_name(name.encode()) == -1


def main():
    tool, root, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    run = lambda *arguments: subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    equal, wrong, idle = 0, 0, []
    is_unresolved = unresolved(root)
    services = dict(line.split() for line in (root / "tmp/services").read_text(encoding="ascii").splitlines())
    for unit in sorted((work / "units").glob("*.service")):
        name = unit.stem
        if services.get(name, "0") == "0" or in_force(services[name]) is None:
            # A user's manager may not do the other work of these directives.
            idle.append(name)
            continue
        shown = run("decompile", "--message-format", "json", "--pid", services[name])
        filters = [it["filter"] for it in map(json.loads, shown.stdout.splitlines()) if "filter" in it]
        if len(filters) != in_force(services[name]):
            wrong += 1
            print(f"{name}: not all of its filters are decompiled:\n{shown.stdout}{shown.stderr}")
            continue
        bad_arch = KILL_THREAD if "SystemCallArchitectures=" in unit.read_text(encoding="utf-8") else ALLOW
        stack = work / f"filters/{name}.bpf"
        stack.write_bytes(b"".join(struct.pack("<HBBI", *it) for it in together(filters, bad_arch)))
        policy = work / f"filters/{name}.policy"
        imported = run("import", "--from", "systemd", str(unit), "-o", str(policy))
        if imported.returncode:
            wrong += 1
            print(f"{name}: not imported: {imported.stderr.strip()}")
            continue
        diff = run("diff", "--message-format", "json", str(policy), str(stack))
        differences = [it for it in map(json.loads, diff.stdout.splitlines()) if it["kind"] == "policy-comparison" and it["verdict"] != "same"]
        calls = {call for it in differences for way in ("wider", "narrower", "otherwise") if it.get(way) for call in it[way]["calls"]}
        newer = {call for call in calls if is_unresolved(call.split(" on ")[0])}
        if diff.returncode > 1 or calls != newer or (differences and not calls):
            wrong += 1
            print(f"{name}: {len(filters)} filters differ from the import:\n{diff.stdout}{diff.stderr}{imported.stderr}")
        else:
            equal += 1
            beside = f", but for what this libseccomp does not know: {', '.join(sorted(newer))}" if newer else ""
            print(f"{name}: equal, {len(filters)} filters{beside}")
    print(f"{equal} equal, {wrong} wrong, {len(idle)} not run: {', '.join(idle) or 'none'}")
    return 1 if wrong else 0


sys.exit(main())

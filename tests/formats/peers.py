"""Compares imports and exports of `cargo seccomp` with the filters of the tools themselves.

Usage: peers.py TOOL WORK --libseccomp LIB --kafel LIB --minijail DIR --docker PROFILE

For each file, the tool's own compiler makes a filter, and `cargo seccomp diff` compares it with the policy, over all calls.
The files are random, from fixed seeds, and have only what the tool can express. The script calls the libraries
through their C interfaces, and works out the meaning of Docker's conditions once more.
"""

import argparse
import ctypes
import json
import os
import random
import subprocess
import sys

CALLS = ["read", "write", "close", "openat", "ioctl", "fcntl", "dup3", "prctl", "kill", "madvise", "mprotect", "lseek", "clone", "socket", "setpriority"]
ARGUMENTS = {"read": 3, "write": 3, "close": 1, "openat": 4, "ioctl": 3, "fcntl": 3, "dup3": 3, "prctl": 5, "kill": 2, "madvise": 3, "mprotect": 3, "lseek": 3, "clone": 5, "socket": 3, "setpriority": 3}
VALUES = [0, 1, 2, 3, 7, 8, 255, 4096, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0xFFFFFFFFFFFFFFFF, 0x8000000000000000]


class Comparison:
    """One `struct scmp_arg_cmp` (seccomp.h)."""

    OPERATORS = {"SCMP_CMP_NE": 1, "SCMP_CMP_LT": 2, "SCMP_CMP_LE": 3, "SCMP_CMP_EQ": 4, "SCMP_CMP_GE": 5, "SCMP_CMP_GT": 6, "SCMP_CMP_MASKED_EQ": 7}

    class Struct(ctypes.Structure):
        _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("datum_a", ctypes.c_uint64), ("datum_b", ctypes.c_uint64)]


ACTIONS = {"SCMP_ACT_KILL_PROCESS": 0x80000000, "SCMP_ACT_KILL": 0, "SCMP_ACT_KILL_THREAD": 0, "SCMP_ACT_TRAP": 0x30000, "SCMP_ACT_ERRNO": 0x50000,
           "SCMP_ACT_TRACE": 0x7FF00000, "SCMP_ACT_LOG": 0x7FFC0000, "SCMP_ACT_ALLOW": 0x7FFF0000, "SCMP_ACT_NOTIFY": 0x7FC00000}
ARCHITECTURES = {"SCMP_ARCH_X86_64": "x86_64", "SCMP_ARCH_X86": "x86", "SCMP_ARCH_X32": "x32"}


class Libseccomp:
    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.library.seccomp_arch_resolve_name.restype = ctypes.c_uint32

    def action(self, word, errno):
        return ACTIONS[word] | (errno if word in ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE") else 0)

    def compile(self, profile, caps, file, architectures):
        """Compiles as runc and crun do, on x86_64."""
        lib = self.library
        default = self.action(profile["defaultAction"], profile.get("defaultErrnoRet", 1))
        context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(default)))
        for name in architectures:
            lib.seccomp_arch_add(context, ctypes.c_uint32(lib.seccomp_arch_resolve_name(name.encode())))
        for rule in profile.get("syscalls", []):
            includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
            if includes.get("arches") and "amd64" not in includes["arches"] or "amd64" in excludes.get("arches", []):
                continue
            if not set(includes.get("caps", [])) <= caps or set(excludes.get("caps", [])) & caps:
                continue
            action = self.action(rule["action"], rule.get("errnoRet", 1))
            if action == default:
                continue
            for name in rule["names"]:
                number = lib.seccomp_syscall_resolve_name(name.encode())
                if number == -1:
                    continue
                args = [Comparison.Struct(it["index"], Comparison.OPERATORS[it["op"]], it["value"], it.get("valueTwo", 0)) for it in rule.get("args", [])]
                groups = [args]
                if len({it.arg for it in args}) < len(args):
                    groups = [[it] for it in args]
                for group in groups:
                    array = (Comparison.Struct * len(group))(*group)
                    code = lib.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, len(group), array)
                    assert code == 0, (name, rule, code)
        with open(file, "wb") as out:
            assert lib.seccomp_export_bpf(context, out.fileno()) == 0
        lib.seccomp_release(context)


class Kafel:
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    def __init__(self, path):
        self.library = ctypes.CDLL(path)

    def compile(self, text, file):
        program = self.Program()
        code = self.library.kafel_compile_string(text.encode(), ctypes.byref(program))
        assert code == 0, text
        with open(file, "wb") as out:
            out.write(ctypes.string_at(program.filter, program.length * 8))


class Minijail:
    def __init__(self, directory, work):
        self.directory, self.constants = directory, os.path.join(work, "constants.json")
        numbers = {}
        for line in open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding="ascii"):
            words = line.split()
            if len(words) == 3 and words[1].startswith("__NR_"):
                numbers[words[1][5:]] = int(words[2])
        with open(self.constants, "w", encoding="ascii") as out:
            json.dump({"arch_nr": 0xC000003E, "arch_name": "x86_64", "bits": 64, "syscalls": numbers, "constants": {"EPERM": 1, "PROT_EXEC": 4}}, out)

    def minijail0(self, policy, file):
        subprocess.run([f"{self.directory}/parse_seccomp_policy", f"--dump={file}", policy], check=True, capture_output=True)

    def compiler(self, policy, file):
        tool = f"{self.directory}/tools/compile_seccomp_policy.py"
        subprocess.run([sys.executable, tool, "--arch-json", self.constants, policy, file], check=True, capture_output=True)


class Comparing:
    def __init__(self, tool):
        self.tool, self.equal, self.wrong = tool, {}, 0

    def run(self, *arguments):
        return subprocess.run([self.tool, *arguments], capture_output=True, text=True, check=False)

    def same(self, what, policy, filter_file):
        diff = self.run("diff", policy, filter_file)
        if diff.returncode == 0:
            self.equal[what] = self.equal.get(what, 0) + 1
        else:
            self.wrong += 1
            print(f"{what}: {policy} and {filter_file} differ:\n{diff.stdout}{diff.stderr}")

    def imported(self, what, file, filter_file, *options):
        policy = file + ".policy"
        done = self.run("import", file, "-o", policy, *options)
        if done.returncode != 0:
            self.wrong += 1
            print(f"{what}: {file} is not imported:\n{done.stderr}")
            return
        self.same(what, policy, filter_file)

    def exported(self, what, policy, file, *options):
        done = self.run("export", policy, "-o", file, *options)
        if done.returncode != 0:
            self.wrong += 1
            print(f"{what}: {policy} is not exported:\n{done.stderr}")
        return done.returncode == 0


def profile(draw):
    """One rule for a call, or only equalities: libseccomp is wrong about several rules that compare order (docs/peers.md)."""
    rules = []
    for call in draw.sample(CALLS, 6):
        several = draw.random() < 0.5
        action = draw.choice(["SCMP_ACT_ALLOW", "SCMP_ACT_TRAP", "SCMP_ACT_LOG"])
        for _ in range(draw.randint(2, 3) if several else 1):
            args = []
            for index in draw.sample(range(ARGUMENTS[call]), draw.randint(1 if several else 0, min(2, ARGUMENTS[call]))):
                operator = draw.choice(["SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"] if several else list(Comparison.OPERATORS))
                arg = {"index": index, "op": operator, "value": draw.choice(VALUES)}
                if operator == "SCMP_CMP_MASKED_EQ":
                    arg["valueTwo"] = draw.choice(VALUES)
                args.append(arg)
            rules.append({"names": [call], "action": action, "args": args})
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": draw.choice([1, 38]), "syscalls": rules}


def kafel_policy(draw):
    def expression(arguments, depth):
        kind = draw.random()
        if depth < 3 and kind < 0.4:
            joint = draw.choice([" && ", " || "])
            return "(" + joint.join(expression(arguments, depth + 1) for _ in range(2)) + ")"
        if depth < 3 and kind < 0.5:
            return f"!({expression(arguments, depth + 1)})"
        left = draw.choice(arguments)
        if draw.random() < 0.4:
            left = f"({left} & {draw.choice(VALUES):#x})"
        return f"{left} {draw.choice(['==', '!=', '<', '<=', '>', '>='])} {draw.choice(VALUES):#x}"

    names = {"read": ["fd", "buf", "count"], "write": ["fd", "buf", "count"], "kill": ["pid", "sig"], "lseek": ["fd", "offset", "whence"], "dup3": ["oldfd", "newfd", "flags"]}
    blocks = []
    for _ in range(4):
        rules = []
        for call in draw.sample(sorted(names), 2):
            if draw.random() < 0.3:
                rules.append(call)
            elif draw.random() < 0.5:
                rules.append(f"{call} {{ {expression(names[call], 0)} }}")
            else:
                mine = ["x", "y", "z"][: len(names[call])]
                rules.append(f"{call}({', '.join(mine)}) {{ {expression(mine, 0)} }}")
        blocks.append(f"{draw.choice(['ALLOW', 'ERRNO(5)', 'TRAP(3)', 'LOG'])} {{ {', '.join(rules)} }}")
    return ",\n".join(blocks) + "\nDEFAULT KILL\n"


def minijail_lines(draw, compiler):
    def expression(call):
        atom = lambda: f"arg{draw.randrange(ARGUMENTS[call])} {draw.choice(['==', '!=', '<', '<=', '>', '>=', '&', 'in'])} {draw.choice(VALUES):#x}"
        return " || ".join(" && ".join(atom() for _ in range(draw.randint(1, 2))) for _ in range(draw.randint(1, 3)))

    lines = []
    for call in draw.sample(CALLS, 6):
        kind = draw.randrange(5 if compiler else 4)
        lines.append(f"{call}: " + ["1", "return 5", expression(call), f"{expression(call)}; return 7",
                                    f"{{ {expression(call)}; return 3, {expression(call)}; allow, trap }}"][kind])
    return "\n".join(lines) + "\n"


def own_policy(draw):
    rules = []
    for call, argument, wide in draw.sample([("read", "fd", 0), ("write", "count", 1), ("kill", "sig", 0), ("lseek", "offset", 1), ("dup3", "oldfd", 0), ("setpriority", "niceval", 0)], 4):
        value = draw.choice([0, 1, 3, 7, 100])
        conditions = [f"{argument} == {value}", f"{argument} != {value}", f"{argument} > {value}", f"{argument} in {{{value}, 9, 20..30}}", f"!({argument} < {value + 1})"]
        if call != "kill" and call != "setpriority":
            conditions.append(f"{argument} & 6 == 2")
        rules.append(f"{draw.choice(['allow', 'allow', 'errno(EPERM)'])} {call}({draw.choice(conditions)});")
    return "\n".join(rules) + "\nallow exit_group;\nbad_arch kill_thread;\ndefault kill_thread;\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("work")
    parser.add_argument("--libseccomp", required=True)
    parser.add_argument("--kafel", required=True)
    parser.add_argument("--minijail", required=True)
    parser.add_argument("--docker", required=True)
    parser.add_argument("--count", type=int, default=25)
    given = parser.parse_args()
    compared, draw = Comparing(given.tool), random.Random(17)
    libseccomp, kafel, minijail = Libseccomp(given.libseccomp), Kafel(given.kafel), Minijail(given.minijail, given.work)
    file = lambda name: os.path.join(given.work, name)

    def write(name, text):
        with open(file(name), "w", encoding="ascii") as out:
            out.write(text)
        return file(name)

    docker = json.load(open(given.docker, encoding="utf-8"))
    for caps in [[], ["CAP_SYS_ADMIN"], ["CAP_SYS_PTRACE", "CAP_SYSLOG", "CAP_BPF"]]:
        name = "docker-" + "-".join(caps)
        # A runtime skips names that its libseccomp does not know, which would be the only difference.
        unknown = set()
        for rule in docker["syscalls"]:
            unknown |= {call for call in rule["names"] if libseccomp.library.seccomp_syscall_resolve_name(call.encode()) == -1}
            rule["names"] = [call for call in rule["names"] if call not in unknown]
        if unknown:
            print(f"Docker's profile without what this libseccomp does not know: {' '.join(sorted(unknown))}")
        libseccomp.compile(docker, set(caps), file(name + ".bpf"), [])
        source = write(name + ".json", json.dumps(docker))
        options = [word for cap in caps for word in ("--cap", cap)]
        compared.imported("Docker's profile, x86_64", source, file(name + ".bpf"), "--from", "oci", "--abi", "x86_64", "--kernel", "6.1", *options)
    for index in range(given.count):
        text = profile(draw)
        source = write(f"oci{index}.json", json.dumps(text))
        libseccomp.compile(text, set(), source + ".bpf", [])
        compared.imported("OCI import, random", source, source + ".bpf", "--from", "oci")

        text = kafel_policy(draw)
        source = write(f"kafel{index}.kafel", text)
        kafel.compile(text, source + ".bpf")
        compared.imported("kafel import, random", source, source + ".bpf", "--from", "kafel")

        source = write(f"minijail{index}.policy0", minijail_lines(draw, False))
        minijail.minijail0(source, source + ".bpf")
        compared.imported("minijail0 import, random", source, source + ".bpf", "--from", "minijail", "--dialect", "minijail0")

        source = write(f"compiler{index}.policy0", minijail_lines(draw, True))
        minijail.compiler(source, source + ".bpf")
        compared.imported("compile_seccomp_policy.py import, random", source, source + ".bpf", "--from", "minijail", "--dialect", "compiler")

        policy = write(f"own{index}.policy", own_policy(draw))
        out = file(f"own{index}.json")
        if compared.exported("OCI export, random", policy, out, "--to", "oci"):
            libseccomp.compile(json.load(open(out, encoding="ascii")), set(), out + ".bpf", [])
            compared.same("OCI export, random", policy, out + ".bpf")
        out = file(f"own{index}.kafel")
        if compared.exported("kafel export, random", policy, out, "--to", "kafel"):
            kafel.compile(open(out, encoding="ascii").read(), out + ".bpf")
            compared.same("kafel export, random", policy, out + ".bpf")
        out = file(f"own{index}.minijail")
        if compared.exported("minijail export, random", policy, out, "--to", "minijail"):
            minijail.compiler(out, out + ".bpf")
            compared.same("minijail export, random", policy, out + ".bpf")
    for what, count in compared.equal.items():
        print(f"{what}: {count} equal")
    print(f"{sum(compared.equal.values())} equal, {compared.wrong} wrong")
    sys.exit(compared.wrong > 0)


if __name__ == "__main__":
    main()

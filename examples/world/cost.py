#!/usr/bin/env python3
"""What a filter costs a program: the processor time of the server for a request and for its start, and requests per second, without a
filter, and with the same policy compiled by this project, by libseccomp and by seccompiler.

    examples/world/cost.py [--rounds N] [--record]

All four take turns in each round, in a new random order, because the speed of a machine varies. If other programs
run, processor time says more than requests per second. The launcher is bubblewrap without namespaces, which installs
a filter from a file; without a filter it does everything else the same. Each filter is read back by
`cargo seccomp diff` and proven to mean the policy. The result is the median over the rounds of the ratio to the run without a filter in the
same round, with the quarter below and above it. --record writes it to COST.md beside this file.

The policies are those of the directories here with two changes. bubblewrap starts the program with the filter in force, so execve is
allowed. And every call that is not allowed fails with ENOSYS, because seccompiler's format has two actions.
"""

import argparse
import ctypes
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
TOOL = os.path.join(TARGET, "debug", "cargo-seccomp")
WORLD = os.path.join(TARGET, "world-rust", "release")
PORT = 7485
# Of redis-benchmark; wrk makes as many as it can in 2 s.
REQUESTS = 60000


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def policy(name):
    """The text of a policy with the two changes."""
    if name == "service":
        source = open(os.path.join(HERE, "rust/src/bin/service.rs")).read()
        rules = "".join(re.findall(r"(?:START|SERVE): Policy = seccomp_policy! \{(.*?)\n\};", source, re.S))
        rules = rules.replace("default kill", "") + open(os.path.join(HERE, "shared/start.policy")).read()
    else:
        rules = open(os.path.join(HERE, name, name + ".policy")).read()
        rules = re.sub(r'include "\.\./(.*?)";', lambda it: open(os.path.join(HERE, it.group(1))).read(), rules)
    rules = re.sub(r"//.*", "", rules)
    rules = re.sub(r"(?:errno\([A-Z]+\)|default) [^;]*;", "", rules)
    return "#[allow(seccomp::redundant_rule)]\nallow execve;\n" + rules + "default errno(ENOSYS);\n"


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp` of seccomp.h, libseccomp 2.5."""

    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int), ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


OPERATORS = ["SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"]


def by_libseccomp(profile, file):
    """What a container runtime does with a profile. By default the filter of libseccomp tests the numbers in order.
    With level 2 of optimisation it is a tree, which is faster, so that is measured."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    actions = {"SCMP_ACT_ALLOW": 0x7FFF0000, "SCMP_ACT_ERRNO": 0x00050000, "SCMP_ACT_KILL_THREAD": 0}
    default = actions[profile["defaultAction"]] | profile.get("defaultErrnoRet", 0)
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
    kill, bad_arch, optimize = 0x80000000, 2, 8
    assert library.seccomp_attr_set(context, bad_arch, ctypes.c_uint32(kill)) == 0
    assert library.seccomp_attr_set(context, optimize, ctypes.c_uint32(2)) == 0
    for rule in profile["syscalls"]:
        comparisons = [
            Comparison(it["index"], OPERATORS.index(it["op"]) + 1, it["value"], it.get("valueTwo", 0)) for it in rule.get("args", [])
        ]
        for name in rule["names"]:
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number == -1:
                continue
            code = library.seccomp_rule_add_array(
                context, ctypes.c_uint32(actions[rule["action"]]), number, len(comparisons), (Comparison * len(comparisons))(*comparisons)
            )
            assert code == 0, (name, rule, code)
    with open(file, "wb") as out:
        assert library.seccomp_export_bpf(context, out.fileno()) == 0


def filters(name, work):
    """The files with the three filters, and the number of their instructions."""
    text = os.path.join(work, name + ".policy")
    open(text, "w").write(policy(name))
    made = {it: os.path.join(work, f"{name}.{it}.bpf") for it in ["ours", "libseccomp", "seccompiler"]}
    run(TOOL, "exec", "--policy", text, "--write-bpf", made["ours"])
    by_libseccomp(json.loads(run(TOOL, "export", text, "--to", "oci")), made["libseccomp"])
    # seccompiler does not tell x32 from x86_64. A policy that says so is the same for every call of x86_64.
    without_x32 = os.path.join(work, name + ".x32.policy")
    open(without_x32, "w").write("arch x86_64, x32;\n" + re.sub(r"(^|;)\s*allow ", r"\1\n#[arch(x86_64)] allow ", policy(name), flags=re.M))
    profile = os.path.join(work, name + ".json")
    run(TOOL, "export", without_x32, "--to", "seccompiler", "-o", profile)
    run(os.path.join(WORLD, "compile_seccompiler"), profile, made["seccompiler"])
    for tool, file in made.items():
        meant = without_x32 if tool == "seccompiler" else text
        said = subprocess.run([TOOL, "diff", meant, file], capture_output=True, text=True).stdout
        # libseccomp does not know the newest calls, and denies them. seccompiler has no rule for numbers that no ABI has.
        equal = (
            ": the same" in said
            or tool == "libseccomp" and ": narrower" in said
            or tool == "seccompiler" and ": wider," in said and "through no known ABI" in said.splitlines()[1]
        )
        assert equal, (tool, said)
    return made, {tool: os.path.getsize(file) // 8 for tool, file in made.items()}


def launch(command, bytes_of_filter, directory):
    """Starts a command, under the filter if there is one, and returns the process."""
    wrapped = ["bwrap", "--dev-bind", "/", "/"]
    if bytes_of_filter is None:
        return subprocess.Popen(wrapped + command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(bytes_of_filter, "rb") as file:
        return subprocess.Popen(
            wrapped + ["--seccomp", str(file.fileno())] + command,
            cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[file.fileno()],
        )


def until_it_answers():
    for _ in range(5000):
        try:
            socket.create_connection(("127.0.0.1", PORT), 0.2).close()
            return
        except OSError:
            time.sleep(0.001)
    raise SystemExit("the server does not answer")


def servers(work):
    """For each program: the command of the server, and the command that loads it, with the expression for its requests per second."""
    with open(os.path.join(work, "redis.conf"), "w") as file:
        file.write(f'port {PORT}\nbind 127.0.0.1\nsave ""\n')
    os.makedirs(os.path.join(work, "logs"), exist_ok=True)
    os.makedirs(os.path.join(work, "html"), exist_ok=True)
    open(os.path.join(work, "html/index.html"), "w").write("a page\n" * 100)
    with open(os.path.join(work, "nginx.conf"), "w") as file:
        file.write(
            "daemon off; worker_processes 1; pid nginx.pid; user nobody nogroup; error_log logs/error.log; events { worker_connections 256; }\n"
            "http { access_log off; client_body_temp_path body; proxy_temp_path body; fastcgi_temp_path body; uwsgi_temp_path body;\n"
            f"scgi_temp_path body; server {{ listen 127.0.0.1:{PORT}; root html; }} }}\n"
        )
    os.system(f"chmod -R a+rwX {work}")
    wrk = ["wrk", "-t1", "-c16", "-d2", f"http://127.0.0.1:{PORT}/"], r"Requests/sec:\s+([\d.]+)"
    return {
        "redis": (["redis-server", "redis.conf"], ["redis-benchmark", "-p", str(PORT), "-q", "-n", str(REQUESTS), "-c", "16", "-t", "get"],
                  r"GET: ([\d.]+) requests per second"),
        "nginx": (["nginx", "-p", work, "-c", "nginx.conf"], *wrk),
        "service": ([os.path.join(WORLD, "service"), str(PORT), "--no-policy"], *wrk),
    }


def processor_time(process):
    """The nanoseconds that all threads of a process and of its children have run (proc_pid_schedstat(5))."""
    total = 0
    for thread in os.listdir(f"/proc/{process}/task"):
        total += int(open(f"/proc/{process}/task/{thread}/schedstat").read().split()[0])
        for child in open(f"/proc/{process}/task/{thread}/children").read().split():
            total += processor_time(child)
    return total


def measure(server, load, pattern, filter_file, work):
    """The processor time for a request and for the start, and the requests per second."""
    process = launch(server, filter_file, work)
    try:
        until_it_answers()
        started = processor_time(process.pid)
        said = run(*load, text=True).replace("\r", "\n")
        worked = processor_time(process.pid) - started
        total = re.findall(r"(\d+) requests in", said)
        return worked / int(total[0] if total else REQUESTS), started, float(re.findall(pattern, said)[-1])
    finally:
        subprocess.run(["pkill", "-P", str(process.pid)], check=False)
        process.terminate()
        process.wait()
        time.sleep(0.1)


def spread(ratios):
    below, middle, above = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} ({below:.3f} to {above:.3f})"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--record", action="store_true")
    options = arguments.parse_args()
    missing = [it for it in ["redis-server", "nginx", "wrk", "bwrap", "cargo"] if not shutil.which(it)]
    if missing:
        sys.exit(f"examples/world/cost.py: no {', '.join(missing)}: `examples/world/run nginx redis bubblewrap` installs them")
    run("cargo", "build", "--quiet", "--package", "cargo-seccomp", cwd=ROOT)
    run("cargo", "build", "--quiet", "--release", "--locked", cwd=os.path.join(HERE, "rust"), env={**os.environ, "CARGO_TARGET_DIR": os.path.join(TARGET, "world-rust")})
    work = tempfile.mkdtemp()
    os.chmod(work, 0o755)
    lines = [
        "| program | filter | instructions | processor time of a request | processor time of the start | requests per second |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for name, (server, load, pattern) in servers(work).items():
        made, instructions = filters(name, work)
        order = [None, *made]
        measured = {it: [] for it in order}
        for _ in range(options.rounds):
            random.shuffle(order)
            for tool in order:
                measured[tool].append(measure(server, load, pattern, made.get(tool), work))
        for tool in made:
            ratios = [[it[what] / without[what] for it, without in zip(measured[tool], measured[None])] for what in range(3)]
            lines.append(f"| {name} | {tool} | {instructions[tool]} | " + " | ".join(map(spread, ratios)) + " |")
            print(lines[-1], flush=True)
    shutil.rmtree(work)
    if options.record:
        version = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout[:700]
        libseccomp = ctypes.CDLL("libseccomp.so.2").seccomp_version
        lock = open(os.path.join(HERE, "rust/Cargo.lock")).read()
        seccompiler = re.search(r'name = "seccompiler"\nversion = "(.*?)"', lock).group(1)
        libseccomp.restype = ctypes.POINTER(ctypes.c_uint * 3)
        with open(os.path.join(HERE, "COST.md"), "w") as file:
            file.write("# What a filter costs a program: the last run\n\nWritten by `examples/world/cost.py --record`, which says what is measured. "
                       "Ratios to the run without a filter: the median, and the quarters.\n\n")
            file.write(f"{time.strftime('%F')}, Linux {os.uname().release}, {options.rounds} rounds; {version('redis-server', '--version')}; "
                       f"nginx {version('dpkg-query', '-W', '-f', '${Version}', 'nginx-light')}; "
                       f"libseccomp {'.'.join(map(str, libseccomp().contents))}; seccompiler {seccompiler}.\n\n")
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Says what the newest kernel and systemd of Debian bring that the tables of this directory lack.

    news.py [--work DIR]

Downloads, with an apt configuration of its own and into DIR (default: target/data of the workspace), the newest
linux-source of trixie-backports and sid, linux-source-6.12, the newest linux-libc-dev, systemd of sid with the C library that it
needs, and the manual pages of bookworm and trixie. Then it prints

- what numbers.py, signatures.py and groups.py would write otherwise, and which numbers installed headers have otherwise,
- calls of which the new kernel declares arguments otherwise than the tables,
- calls that systemd has moved between groups, and calls that are in no group and have no reason to be.

The exit code is 0 if there is nothing, 1 if there is something. What to do then: numbers.py, signatures.py and groups.py
without --check; own-groups.tsv or ungrouped.tsv for a new call; and `cargo test -p seccomp-ir --test tables`,
which names the new arguments that have to be followed to where the kernel uses them (used.tsv, tests/tables/whole.tsv).
Needs root for nothing; apt-get, dpkg-deb and 2 GB of disk for the sources.
"""

import argparse
import glob
import importlib.util
import os
import re
import subprocess
import sys

import groups
import kernel
import signatures
import tsv

# By its path: the standard library has a module of that name, too.
_spec = importlib.util.spec_from_file_location("numbers_of_calls", os.path.join(tsv.HERE, "numbers.py"))
numbers_of = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(numbers_of)

SUITES = "bookworm trixie trixie-backports sid"


class Debian:
    """Packages of Debian's suites, downloaded and unpacked once."""

    def __init__(self, work):
        self.work = work
        state = os.path.join(work, "apt")
        os.makedirs(os.path.join(state, "state/lists/partial"), exist_ok=True)
        os.makedirs(os.path.join(state, "cache/archives/partial"), exist_ok=True)
        sources = os.path.join(state, "sources.list")
        with open(sources, "w") as out:
            for suite in SUITES.split():
                out.write("deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                          f"http://deb.debian.org/debian {suite} main\n")
        self.options = [f"-oDir::State={state}/state", f"-oDir::Cache={state}/cache", f"-oDir::Etc::SourceList={sources}",
                        "-oDir::Etc::SourceParts=/dev/null", "-oAPT::Sandbox::User=", "-oAcquire::Retries=5"]
        subprocess.run(["apt-get", *self.options, "update", "-qq"], check=True)

    def versions(self, package, suite=None):
        """Versions of a package, the newest first; of one suite, if one is named"""
        lines = subprocess.run(["apt-cache", *self.options, "madison", package],
                               check=True, capture_output=True, text=True).stdout.splitlines()
        return [line.split("|")[1].strip() for line in lines if suite is None or f" {suite}/" in line]

    def newest_kernel(self):
        """The package of the newest kernel's source"""
        depends = subprocess.run(["apt-cache", *self.options, "show", "linux-source"],
                                 check=True, capture_output=True, text=True).stdout
        found = re.findall(r"linux-source-(\d+)\.(\d+)", depends)
        major, minor = max((int(a), int(b)) for a, b in found)
        return f"linux-source-{major}.{minor}"

    def unpack(self, package, suite=None):
        """The directory with the files of a package"""
        version = self.versions(package, suite)[0]
        folder = os.path.join(self.work, f"{package}_{version.replace(':', '%3a')}")
        if not os.path.isdir(folder):
            subprocess.run(["apt-get", *self.options, "download", "-qq", f"{package}={version}"],
                           check=True, cwd=self.work)
            deb = max(glob.glob(os.path.join(self.work, f"{package}_*.deb")), key=os.path.getmtime)
            subprocess.run(["dpkg-deb", "-x", deb, folder + ".new"], check=True)
            os.remove(deb)
            os.rename(folder + ".new", folder)
        return folder

    def kernel(self, package):
        """The source tree of a kernel"""
        folder = self.unpack(package)
        tree = os.path.join(folder, package)
        if not os.path.isdir(tree):
            archive = glob.glob(os.path.join(folder, "usr/src/*.tar.xz"))[0]
            subprocess.run(["tar", "-xJf", archive, "-C", folder], check=True)
        return tree

    def systemd(self):
        """What the newest systemd says of its groups, run with the C library of its own suite"""
        program, library = self.unpack("systemd", "sid"), self.unpack("libsystemd-shared", "sid")
        libc = self.unpack("libc6", "sid")
        find = lambda folder, name: os.path.dirname(glob.glob(os.path.join(folder, "**", name), recursive=True)[0])
        loader = os.path.join(find(libc, "ld-linux-x86-64.so.2"), "ld-linux-x86-64.so.2")
        path = ":".join([find(libc, "libm.so.6"), find(library, "libsystemd-shared-*"), "/lib/x86_64-linux-gnu"])
        said = subprocess.run([loader, "--library-path", path, os.path.join(program, "usr/bin/systemd-analyze"),
                               "--no-pager", "syscall-filter"], check=True, capture_output=True, text=True).stdout
        file = os.path.join(self.work, "systemd-groups.txt")
        with open(file, "w") as out:
            out.write(said)
        return file


def of_numbers(new, headers):
    """Calls and numbers that the tables lack"""
    table = tsv.numbers()
    lines = []
    for abi in kernel.ABIS:
        if abi == "s390":
            continue
        mine = {n: int(table.rows[n][abi]) for n in table.calls(abi)}
        for name, (number, *_) in kernel.read_table(new, abi).items():
            if mine.get(name) != number and not re.match(r"(reserved|unused)\d", name):
                lines.append(f"{abi}: {name} is {number} in the new kernel and {mine.get(name)} in numbers.tsv")
    return lines + numbers_of.compare_with_headers(headers)


def of_signatures(old, new):
    """Calls whose arguments the new kernel declares otherwise"""
    older, newer = signatures.Source(old), signatures.Source(new)
    changed = {}
    for abi in kernel.ABIS:
        if abi == "s390":
            continue
        for call in older.tables[abi]:
            if not newer.has(abi, call):
                continue
            before, now = (signatures.signature(s, abi, call)[1] for s in (older, newer))
            if before != now:
                show = lambda registers: "?" if registers is None else ", ".join(
                    f"{r.type} {r.name}" for r in registers)
                changed.setdefault((call, show(before), show(now)), []).append(abi)
    return [f"{call} on {', '.join(abis)}: ({before}) before, ({now}) now"
            for (call, before, now), abis in changed.items() if (call, now) not in KNOWN_CHANGES]


# What the head of signatures.tsv says of.
KNOWN_CHANGES = {
    ("bpf", "int cmd, union bpf_attr * uattr, unsigned int size, struct bpf_common_attr * uattr_common, "
            "unsigned int size_common"),
    ("getcpu", "unsigned * cpup, unsigned * nodep, void * unused"),
    ("semop", "int semid, struct sembuf * tsops, unsigned int nsops"),
}


def of_groups(said):
    """What systemd has moved"""
    theirs, mine = groups.read_systemd(said), groups.from_table()
    lines = []
    for name in sorted(set(theirs) | set(mine)):
        now, before = (set(g.get(name, ["", []])[1]) for g in (theirs, mine))
        lines += [f"systemd: {name} has {call} now" for call in sorted(now - before)]
        lines += [f"systemd: {name} has {call} no more" for call in sorted(before - now)]
    grouped = {c for name, row in groups.own(groups.from_table()).items() if name != "@known" for c in row[1]}
    reasons = {row[0] for row in tsv.read("ungrouped.tsv")}
    lines += [f"{call} is in no group and in ungrouped.tsv neither" for call in tsv.numbers().rows
              if call not in grouped | reasons]
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", default=os.path.join(tsv.HERE, "../../target/data"))
    options = parser.parse_args()
    work = os.path.abspath(options.work)
    os.makedirs(work, exist_ok=True)
    debian = Debian(work)
    newest = debian.newest_kernel()
    old, new = debian.kernel("linux-source-6.12"), debian.kernel(newest)
    headers = os.path.join(debian.unpack("linux-libc-dev"), "usr/lib/linux/uapi")
    print(f"{newest}, linux-libc-dev {debian.versions('linux-libc-dev')[0]}, systemd {debian.versions('systemd', 'sid')[0]}")
    news = of_numbers(new, headers) + of_signatures(old, new) + of_groups(debian.systemd())
    print("\n".join(news) or "nothing that the tables lack")
    manual = [os.path.join(debian.unpack("manpages-dev", suite), "usr/share/man/man2") for suite in ("bookworm", "trixie")]
    trees = ["--linux", old, "--newer", new]
    commands = [["numbers.py", *trees], ["signatures.py", *trees, *(a for m in manual for a in ("--man", m))], ["groups.py"]]
    codes = [subprocess.run([sys.executable, os.path.join(tsv.HERE, script), "--check", *rest]).returncode
             for script, *rest in commands]
    sys.exit(1 if news or any(codes) else 0)

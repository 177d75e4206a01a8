"""Filters on the running kernel (x86_64): installed in forked children, which then make the calls for real.

Once its filter is installed, a child runs only a few instructions (`stub.s`), and nothing of Python, which would make
calls of its own. Below the filter there is another filter with errno(UNDER) for everything, so the kernel makes no
call that the policy allows, and the call returns -UNDER instead. Of stacked filters the kernel takes the most severe
action, and of equal actions that of the newest filter (seccomp(2)), so errno, trap and kill are the policy's own.
Harmless calls are also made without that other filter, because with it allow, log, trace and notify look alike.
"""

import ctypes
import mmap
import os
import resource
import signal
import struct

import facts

SYSCALL, INTERRUPT = facts.audit("x86_64"), facts.audit("x86")
SECCOMP = 317
UNDER = 4093
ENOSYS = 38

# Calls that pass every filter on newer kernels (docs/assurance.md), and the one that installs filters.
UNFIT = {SYSCALL: {335, 336, SECCOMP}, INTERRUPT: set()}

HARMLESS = ["getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "gettid", "sched_yield"]

# stub.s
STUB = bytes.fromhex(
    "4989fc4989642418498b5424284885d27405e80c000000498b542410e802000000eb19b83d010000bf0100000031f60f05498944"
    "24204885c07570c3498b4c2408493b0c247364486bc9504d8d6c0c4049837d00007520498b4508498b7d10498b7518498b55204d"
    "8b55284d8b45304d8b4d380f05eb21418b4508418b5d10418b4d18418b5520418b7528418b7d30418b6d38cd804863c049894540"
    "49c745480100000049ff442408eb910f0b0f1f0049bc8877665544332211498b642418498b4c2408486bc9504d8d6c0c408b4604"
    "4989454049c745480200000049ff442408e956ffffff"
)
ADDRESS = struct.pack("<Q", 0x1122334455667788)
TRAP = STUB.index(ADDRESS) - 2
HEAD, ENTRY = 64, 80

# errno(UNDER) for everything except seccomp(2), which installs the filter above it.
BENEATH = [
    (0x20, 0, 0, 4), (0x15, 0, 3, SYSCALL), (0x20, 0, 0, 0), (0x15, 0, 1, SECCOMP), (0x06, 0, 0, 0x7FFF_0000),
    (0x06, 0, 0, 0x0005_0000 | UNDER),
]


def libc():
    return ctypes.CDLL(None, use_errno=True)


def packed(program):
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


class Memory:
    """Shared pages: the code of the stub, its table, and the filters."""

    def __init__(self):
        size = 1 << 20
        self.pages = mmap.mmap(-1, size, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS,
                               mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        self.at = ctypes.addressof(ctypes.c_char.from_buffer(self.pages))
        self.table = 4096
        self.filters = 1 << 19
        self.pages[:len(STUB)] = STUB.replace(ADDRESS, struct.pack("<Q", self.at + self.table))
        beneath = packed(BENEATH)
        self.put(self.filters, struct.pack("<HxxxxxxQ", len(BENEATH), self.at + self.filters + 16) + beneath)

    def put(self, at, data):
        self.pages[at:at + len(data)] = data

    def get(self, at):
        return struct.unpack_from("<q", self.pages, at)[0]


MEMORY = None


def calls_of(numbers, policy, calls):
    """Those of these calls that a program of x86_64 can make, and some harmless calls, each with whether the kernel may make it."""
    fit = []
    for arch, number, arguments in calls:
        if arch == INTERRUPT:
            arguments = [argument & 0xFFFF_FFFF for argument in arguments]
        if arch in UNFIT and number not in UNFIT[arch]:
            fit.append((arch, number, arguments, False))
    for arch, abi in (SYSCALL, "x86_64"), (INTERRUPT, "x86"):
        number = facts.numbers(abi)[numbers.choice(HARMLESS)]
        fit.append((arch, number, [0] * 6, True))
    return fit


def make(program, calls):
    """The outcome of each call: ("returned", value), ("trap", data) or ("killed", 0)."""
    global MEMORY
    MEMORY = MEMORY or Memory()
    did = []
    for really in False, True:
        chosen = [call for call in calls if call[3] == really]
        results, first = [], 0
        while first < len(chosen):
            results += child(program, chosen[first:], really)
            first = len(results)
        did.append(iter(results))
    return [next(did[call[3]]) for call in calls]


def child(program, calls, really):
    """Makes as many of the calls as a child survives, and the call that kills it."""
    memory = MEMORY
    own = memory.filters + 4096
    memory.put(own, struct.pack("<HxxxxxxQ", len(program), memory.at + own + 16) + packed(program))
    beneath = 0 if really else memory.at + memory.filters
    memory.put(memory.table, struct.pack("<QQQQqQxxxxxxxxxxxxxxxx", len(calls), 0, memory.at + own, 0, 1, beneath))
    for index, (arch, number, arguments, _) in enumerate(calls):
        entry = struct.pack("<QQ6QqQ", arch == INTERRUPT, number, *arguments, 0, 0)
        memory.put(memory.table + HEAD + ENTRY * index, entry)
    process = os.fork()
    if process == 0:
        in_child(memory)
    _, status = os.waitpid(process, 0)
    if memory.get(memory.table + 32) != 0:
        raise OSError(f"the kernel refused the filter: {memory.get(memory.table + 32)}")
    made = memory.get(memory.table + 8)
    did = []
    for index in range(made):
        entry = memory.table + HEAD + ENTRY * index
        did.append(({1: "returned", 2: "trap"}[memory.get(entry + 72)], memory.get(entry + 64)))
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    if made < len(calls):
        if ended != signal.SIGSYS:
            raise OSError(f"a child ended with status {status} at {calls[made]}")
        did.append(("killed", 0))
    elif ended != signal.SIGILL:
        raise OSError(f"a child ended with status {status} after its last call")
    return did


def in_child(memory):
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(20)
        c = libc()
        if c.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
            os._exit(2)
        # struct kernel_sigaction of x86_64: handler, flags (SA_SIGINFO, SA_RESTORER, SA_NODEFER), restorer, mask.
        action = struct.pack("<QQQQ", memory.at + TRAP, 0x4400_0004, memory.at + TRAP, 0)
        if c.syscall(13, signal.SIGSYS, ctypes.c_char_p(action), None, 8) != 0:
            os._exit(3)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(memory.at)(memory.at + memory.table)
    finally:
        os._exit(4)


def agrees(said, did, really):
    """Whether the kernel did what the policy says."""
    action, data = said & 0xFFFF_0000, said & 0xFFFF
    if action in (0x8000_0000, 0):
        return did == ("killed", 0)
    if action == 0x0003_0000:
        return did == ("trap", data)
    if action == 0x0005_0000:
        return did == ("returned", -data)
    if not really:
        return did == ("returned", -UNDER)
    if action in (0x7FF0_0000, 0x7FC0_0000):
        # There is no tracer and no supervisor.
        return did == ("returned", -ENOSYS)
    return did[0] == "returned" and did[1] >= 0

#!/usr/bin/env python3
"""Writes constants.tsv: the values of Linux's constants on each ABI.

    constants.py [--check] --linux DIR --newer DIR --work DIR [--cross] [--names FILE]

DIR of --linux and --newer hold the headers of Linux 6.12 and 7.3: Debian's linux-libc-dev, which has the user headers
of every architecture, and a few headers of linux-source beside it. `fetch-headers DIR` fetches both and calls this
program. This machine's compiler (x86_64, gcc) evaluates every name against them, told to lay structures out as the ABI
does; nothing is executed, and of cross compilers only m68k's is needed, because a UAPI constant depends on nothing but
macros, type sizes and alignments. Names are those of the table as it is, every command of ioctl (ioctls.py), the
families below, and those in --names. With --check nothing is written: the exit code says whether the file is what it
would be.
"""

import argparse
import collections
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import textwrap

import ioctls
import kernel
import tsv

HEADER = """\
# Values of Linux's constants by ABI.
#
# Columns: name; the value that most ABIs have, and after it "!" if the name is a command of ioctl; then, for ABIs with
# another value, "ABI,ABI=value", where "-" says that the ABI does not have the name. Decimal, negative values with
# their sign.
#
# Sources: the user headers of Linux 6.12 for each architecture (Debian linux-libc-dev 6.12.117), and for names that it
# lacks those of Linux 7.3 (linux-libc-dev 7.3.4), evaluated by constants.py. From the kernel's own headers of the same
# versions (linux-source), since user headers lack them: include/linux/socket.h (AF_*, PF_*, MSG_*, SOL_*, SCM_*,
# SOMAXCONN), include/linux/net.h and arch/mips/include/asm/socket.h (SOCK_*, SHUT_*),
# arch/parisc/include/asm/socket.h (SOCK_NONBLOCK), include/linux/fs.h (MNT_*, UMOUNT_NOFOLLOW), splice.h,
# stat.h (UTIME_*), swap.h, syslog.h, include/scsi/sg.h. Names that only C libraries have are the ALIASES of
# constants.py: MAP_ANON, ENOTSUP, O_NDELAY, R_OK, ... Commands that take arguments (EVIOCGBIT, HIDIOCGFEATURE) have no
# one value and are not here.
#
# Where sources disagree, what stands here:
# - O_LARGEFILE: the kernel's value. C libraries of 64-bit ABIs have 0.
# - F_GETLK, F_SETLK, F_SETLKW: the kernel's values. C libraries of 32-bit ABIs built with 64-bit file
#   offsets use those of F_GETLK64, F_SETLK64, F_SETLKW64.
# - RLIM_INFINITY is as wide as the ABI's long; C libraries widen it to 64 bits.
# - SIGRTMIN, SIGRTMAX, NSIG are left out: C libraries keep some real-time signals for themselves.
# - What has one value in Linux 6.12 and another in 7.3, mostly the last of a list or a mask of all flags,
#   has the value of 6.12: MOVED.
# - A table made for another purpose (nine architectures) gives mips64 the SO_* and SOL_SOCKET of x86. Here are
#   those of arch/mips/include/uapi/asm/socket.h. It has SNDRV_PCM_MMAP_OFFSET_STATUS, _CONTROL and, on 32-bit
#   ABIs, SNDRV_PCM_IOCTL_SYNC_PTR as the kernel itself sees them; here as user programs do.
#
# Written by constants.py; do not edit.
"""

# The flags that make this machine's compiler lay out and branch as each ABI does: register width and
# the alignment of 64-bit members, then what that architecture's compiler predefines.
FOREIGN = "-U__x86_64__ -U__x86_64 -U__amd64__ -U__amd64 -U__i386__ -U__i386 -Ui386 -U__ILP32__ -U_ILP32"
ALIGNED = "-m32 -malign-double"
FLAGS = {
    "x86": "-m32",
    "x86_64": "-m64",
    "x32": "-mx32",
    "arm": f"{ALIGNED} {FOREIGN} -D__arm__ -D__ARM_EABI__ -D__ARMEL__",
    "aarch64": f"-m64 {FOREIGN} -D__aarch64__ -D__AARCH64EL__",
    "loongarch64": f"-m64 {FOREIGN} -D__loongarch__ -D__loongarch_lp64 -D__loongarch_grlen=64",
    "m68k": "",
    "mips": f"{ALIGNED} {FOREIGN} -D__mips__ -D__mips=32 -D__MIPSEB__ -D_MIPS_SIM=1 -D_MIPS_SZLONG=32",
    "mips64": f"-m64 {FOREIGN} -D__mips__ -D__mips=64 -D__mips64 -D__MIPSEB__ -D_MIPS_SIM=3 -D_MIPS_SZLONG=64",
    "mips64n32": f"-mx32 {FOREIGN} -D__mips__ -D__mips=64 -D__mips64 -D__MIPSEB__ -D_MIPS_SIM=2 -D_MIPS_SZLONG=32",
    "parisc": f"{ALIGNED} {FOREIGN} -D__hppa__",
    "parisc64": f"-m64 {FOREIGN} -D__hppa__",
    "ppc": f"{ALIGNED} {FOREIGN} -D__powerpc__ -D__BIG_ENDIAN__",
    "ppc64": f"-m64 {FOREIGN} -D__powerpc__ -D__powerpc64__ -D__LITTLE_ENDIAN__ -D_CALL_ELF=2",
    "riscv64": f"-m64 {FOREIGN} -D__riscv -D__riscv_xlen=64",
    "s390": f"{ALIGNED} {FOREIGN} -D__s390__",
    "s390x": f"-m64 {FOREIGN} -D__s390__ -D__s390x__",
    "sh": f"-m32 {FOREIGN} -D__sh__ -D__LITTLE_ENDIAN__",
}

# This machine's compiler cannot align as m68k does (2 bytes, but 8 where it is asked for), so m68k needs its
# own (Debian package gcc-m68k-linux-gnu). With --cross the others listed here are used too, which must give
# the same values and shows that the flags above are right.
CROSS = {
    "m68k": ("m68k-linux-gnu-gcc", ""), "arm": ("arm-linux-gnueabi-gcc", ""),
    "parisc": ("hppa-linux-gnu-gcc", ""), "sh": ("sh4-linux-gnu-gcc", ""), "ppc": ("powerpc-linux-gnu-gcc", ""),
    "mips": ("mips-linux-gnu-gcc", "-mabi=32"), "s390": ("s390x-linux-gnu-gcc", "-m31"),
    "s390x": ("s390x-linux-gnu-gcc", ""),
}
BIG_ENDIAN = "m68k mips parisc ppc s390 s390x".split()  # as those compilers are

# Families that are taken whole. Of every other family the names that are in the table stay in it.
FAMILIES = re.compile(
    r"(O|AT|S_I|PROT|MAP|CLONE|SOCK|AF|PF|SOL|SO|SCM|IP|IPV6|UDP|PACKET|NETLINK|SECBIT|RLIM|XDP|CAP|FS|PER|ARCH|"
    r"QIF|QFMT|FUTEX2|NS|UTIME|IPPROTO|F|FUTEX|MADV|PR|KVM|MS|RLIMIT|PTRACE|BPF|MFD|EPOLL|"
    r"CLOCK|TFD|EFD|SFD|RENAME|STATX|SECCOMP|GRND|LOCK|SEEK|MSG|SHUT|MCL|MREMAP|MLOCK|IPC|SHM|KEYCTL|MEMBARRIER|MPOL|"
    r"PIDFD|PKEY|PRIO|RESOLVE|RUSAGE|RWF|SCHED|SPLICE|SA|SIG|SS|SYNC_FILE_RANGE|TIMER|UFFDIO|UFFD|XATTR|FALLOC_FL|"
    r"FAN|FSCONFIG|FSMOUNT|FSOPEN|FSPICK|MOVE_MOUNT|OPEN_TREE|MOUNT_ATTR|IN|IORING|IOPRIO|ITIMER|KEXEC|KCMP|"
    r"LANDLOCK|MNT|NS_GET|PERF_EVENT_IOC|POSIX_FADV|SWAP_FLAG|TCP|P|RSEQ|USER|LINUX_REBOOT|SYS|Q|ALG_SET|ALG|CAN|"
    r"CAN_RAW|SCTP|DCCP_SOCKOPT|TIPC|RDS|LLC_OPT|MRT|MRT6|VMADDR|PPPOL2TP_SO|MPTCP|SMC|CAIFSO|PNPIPE|NFC_LLCP|X25|"
    r"IPT_SO|IP6T_SO|ARPT_SO|EBT_SO|QRTR|CLOSE_RANGE|PERF_FLAG|SCHED_FLAG|MODULE_INIT|SPLICE_F|LSM|RTLD|DN|NT|LISTMOUNT|"
    r"SHADOW_STACK|GS|S390_RUNTIME_INSTR|STHYI|MIPS|CACHEFLUSH|FLUSH_SCOPE)_[A-Za-z0-9_]*$|"
    r"([DIB]|FLUSH_)CACHE$|FLUSH_CACHE_(DATA|INSN|BOTH)$|STATMOUNT_BY_FD$|RISCV_HWPROBE_WHICH_CPUS$|"
    r"VM86_(PLUS_INSTALL_CHECK|ENTER|ENTER_NO_BYPASS|(REQUEST|FREE)_IRQ|GET_(IRQ_BITS|AND_RESET_IRQ))$|"
    r"(SEM|MSG|SHM)(OP|GET|SND|RCV|AT|DT|CTL|TIMEDOP)$|(USR|GRP|PRJ)QUOTA$|SUBCMD(MASK|SHIFT)$|CSIGNAL$|SOCK_TYPE_MASK$|"
    r"S_I[A-Z]+$|SIG[A-Z0-9]+$|POLL[A-Z]+$|(__)?W[A-Z]+$|(TIOC|TC|FIO|SIOC)[A-Z0-9_]+$|"
    r"UNSHARE_EMPTY_MNTNS$|FD_(PIDFS|NSFS|FAILFS)_ROOT$|FD_INVALID$|KEY_(REQKEY_DEFL|SPEC)_[A-Z_]+$|UNAME26$|FDPIC_FUNCPTRS$|"
    r"TLS_[TR]X(_[A-Z_]+)?$|VSOCK_RECVERR$|SECURE_ALL_(BITS|LOCKS|UNPRIVILEGED)$|(PATH|NAME|ARG|NGROUPS)_MAX$|PIPE_BUF$|"
    r"UIO_(MAXIOV|FASTIOV)$|SOMAXCONN$|PERF_ATTR_SIZE_VER\d+$|LISTNS_CURRENT_USER$")

# Commands that several headers define with different values, for different drivers: a name says nothing here.
TWICE = set("""
""".split())

# What depends on the C library, or is a limit or a guard of the headers rather than a value; and what looks like an errno
# and is a register of x86, a mode of a terminal, a part of a disk or of an executable.
LEFT_OUT = re.compile(
    r"(SIGRTMIN|SIGRTMAX|SIGSTKSZ|MINSIGSTKSZ|_?NSIG|.*_H_*|E[ABCD]X|E[DS]I|E[BIS]P|EFL|ES|E820(MAP|MAX|NR)|EAGER|EAGLE|"
    r"ECHO[A-Z]*|EDD[A-Z0-9]+|ELF(CLASS|DATA|MAG)\w+|END|ERR|ERROR|EVENT|EXPECTED|EXT(A|B|PROC))$")

# What programs know by a name that no header of the kernel has, in C. SCHED_OTHER: bits/sched.h of glibc 2.36 and sched.h of
# musl 1.2.3; RLIMIT_OFILE: bits/resource.h of glibc 2.36; MSG_PROXY: bits/socket.h of glibc 2.36 and sys/socket.h of musl
# 1.2.3.
ALIASES = {
    "MAP_ANON": "MAP_ANONYMOUS", "ENOTSUP": "EOPNOTSUPP", "O_NDELAY": "O_NONBLOCK", "O_ASYNC": "FASYNC",
    "O_FSYNC": "O_SYNC", "O_RSYNC": "O_SYNC", "S_IREAD": "S_IRUSR", "S_IWRITE": "S_IWUSR",
    "S_IEXEC": "S_IXUSR", "F_OK": "0", "X_OK": "1", "W_OK": "2", "R_OK": "4", "STDIN_FILENO": "0",
    "STDOUT_FILENO": "1", "STDERR_FILENO": "2", "EXIT_SUCCESS": "0", "EXIT_FAILURE": "1",
    "PTRACE_PEEKUSER": "PTRACE_PEEKUSR", "PTRACE_POKEUSER": "PTRACE_POKEUSR", "SCM_CREDENTIALS": "2",
    "RB_AUTOBOOT": "LINUX_REBOOT_CMD_RESTART", "RB_HALT_SYSTEM": "LINUX_REBOOT_CMD_HALT",
    "RB_ENABLE_CAD": "LINUX_REBOOT_CMD_CAD_ON", "RB_DISABLE_CAD": "LINUX_REBOOT_CMD_CAD_OFF",
    "RB_POWER_OFF": "LINUX_REBOOT_CMD_POWER_OFF", "RB_SW_SUSPEND": "LINUX_REBOOT_CMD_SW_SUSPEND",
    "RB_KEXEC": "LINUX_REBOOT_CMD_KEXEC", "SCHED_OTHER": "SCHED_NORMAL", "RLIMIT_OFILE": "RLIMIT_NOFILE",
    "MSG_PROXY": "0x10",
}


def headers_of(tree, arch):
    """The directories of the user headers of one architecture."""
    return [os.path.join(tree, "usr/lib/linux/uapi", arch), os.path.join(tree, "usr/include")]


# What user headers include from a C library, as little as they need of it.
LIBC = {
    "sys/time.h": "#include <linux/time.h>",
    "time.h": "#include <linux/time.h>\ntypedef __kernel_old_time_t time_t;", "sys/types.h": "",
    "sys/socket.h": "#include <linux/socket.h>\ntypedef unsigned short sa_family_t;\n"
                    "struct sockaddr { sa_family_t sa_family; char sa_data[14]; };\n"
                    "#define sockaddr_storage __kernel_sockaddr_storage", "string.h": "",
    "sys/ioctl.h": "#include <linux/ioctl.h>", "net/if.h": "", "stdlib.h": "", "errno.h": "", "sys/stat.h": "",
    "limits.h": "#include <linux/limits.h>\n#define INT_MAX 2147483647\n#define INT_MIN (-INT_MAX - 1)\n#define UINT_MAX 4294967295U", "sys/param.h": "", "unistd.h": "", "endian.h": "", "netinet/in.h": "",
    "xen/interface/xen.h": "", "netinet/if_ether.h": "",
}


# What some headers take for granted. Xen's types are those of include/xen/interface/xen.h, grant_table.h and
# event_channel.h, Linux 7.3.
XEN = ["typedef uint16_t domid_t; typedef uint32_t grant_ref_t, evtchn_port_t; typedef unsigned long xen_pfn_t;"]
NEEDS = {
    "linux/coda.h": ["typedef unsigned short u_short; typedef unsigned long u_long; typedef unsigned char u_char;",
                     "typedef unsigned int u_int, vuid_t, vgid_t;", "typedef unsigned long ino_t; typedef char *caddr_t;"],
    "linux/fs.h": ["#include <linux/blktrace_api.h>"], "linux/ivtvfb.h": ["#include <linux/videodev2.h>"],
    "asm/cmb.h": ["#include <asm/dasd.h>"], "linux/reiserfs_fs.h": ["#include <linux/fs.h>"],
    **dict.fromkeys([f"linux/atm_{driver}.h" for driver in ("eni", "he", "nicstar", "zatm")], ["#include <linux/atmdev.h>"]),
    # Where every C library has one size of it.
    "linux/ppdev.h": ["#if __SIZEOF_LONG__ == 8 || defined __x86_64__", "struct timeval { long long tv_sec, tv_usec; };",
                      "#endif"],
    "xen/evtchn.h": XEN, "xen/gntdev.h": XEN, "xen/privcmd.h": XEN,
}


def internal_header(tree, arch):
    """What user headers lack, from the kernel's own, as one header."""
    def text(path):
        return re.sub(r"/\*.*?\*/", "", open(os.path.join(tree, path)).read(), flags=re.S)

    lines = ["#include <linux/fcntl.h>", "#include <asm/socket.h>"]
    lines += re.findall(r"^#define\s+(?:AF|PF|SOL|MSG|SOMAXCONN|SCM)\w*\s+[^\n\\]+$", text("include/linux/socket.h"), re.M)
    net = text("include/linux/net.h")
    types = text(f"arch/{arch}/include/asm/socket.h") if arch == "mips" else net
    lines += [re.search(r"enum sock_type \{.*?\};", types, re.S)[0],
              re.search(r"^#define\s+SOCK_TYPE_MASK\s+\w+$", net, re.M)[0],
              re.search(r"enum sock_shutdown_cmd \{.*?\};", net, re.S)[0],
              "#define SOCK_CLOEXEC O_CLOEXEC",
              "#define SOCK_NONBLOCK " + ("0x40000000" if arch == "parisc" else "O_NONBLOCK")]
    lines += re.findall(r"^#define\s+(?:MNT_(?:FORCE|DETACH|EXPIRE)|UMOUNT_NOFOLLOW)\s+[^\n]+",
                        text("include/linux/fs.h"), re.M)
    lines += re.findall(r"^#define\s+UTIME_\w+\s+[^\n]+", text("include/linux/stat.h"), re.M)
    lines += re.findall(r"^#define\s+SPLICE_F_\w+\s+[^\n]+", text("include/linux/splice.h"), re.M)
    lines += re.findall(r"^#define\s+SWAP_FLAG_\w+\s+[^\n]+", text("include/linux/swap.h"), re.M)
    lines += re.findall(r"^#define\s+SYSLOG_ACTION_\w+\s+[^\n]+", text("include/linux/syslog.h"), re.M)
    lines += re.findall(r"^#define\s+SG_\w+\s+\(?(?:0x\w+|-?\d+)\)?[ \t]*$", text("include/scsi/sg.h"), re.M)
    lines += ["#include <linux/mman.h>", "#include <asm/errno.h>", "#include <linux/stat.h>",
              "#include <linux/ptrace.h>", "#include <linux/reboot.h>"]
    lines += [f"#define {name} {value}" for name, value in ALIASES.items()]
    return "\n".join(lines) + "\n"


class Compiler:
    """Evaluates names against headers as one ABI's compiler would."""

    def __init__(self, tree, work, abi, cross):
        compiler, flags = "gcc", FLAGS[abi]
        if abi in CROSS and (cross or abi == "m68k"):
            compiler, flags = CROSS[abi]
        self.big = compiler != "gcc" and abi in BIG_ENDIAN
        arch = kernel.ARCH[abi]
        self.include = headers_of(tree, arch)
        stubs = os.path.join(work, f"stubs-{arch}")
        for name, text in LIBC.items():
            path = os.path.join(stubs, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            open(path, "w").write("#pragma once\n" + text + "\n")
        open(os.path.join(stubs, "internal.h"), "w").write(internal_header(tree, arch))
        builtin = subprocess.run([compiler, "-print-file-name=include"], check=True, text=True,
                                 capture_output=True).stdout.strip()
        self.command = [compiler, *flags.split(), "-w", "-std=gnu11", "-ffreestanding", "-nostdinc", "-S", "-O0",
                        "-fno-asynchronous-unwind-tables", "-fmax-errors=0",
                        # so that an error has the line of the name
                        "-ftrack-macro-expansion=0",
                        *[f"-I{include}" for include in self.include], f"-I{stubs}",
                        f"-I{builtin}", "-x", "c", "-", "-o", "-"]

    def values(self, headers, names):
        """name -> value of those of `names` that are integer constants once `headers` are included.
        None if the headers cannot be read at all."""
        head = ["#include <linux/types.h>", "#include <stddef.h>", "#include <stdint.h>",
                "#include <linux/ioctl.h>", "#include <asm/ioctls.h>", "#include <linux/sockios.h>",
                "#include <linux/fiemap.h>", "#include <linux/fsmap.h>", "#include <linux/filter.h>",
                "#include <linux/serial.h>", "#include <linux/fcntl.h>", "#include <limits.h>",
                "#include <linux/major.h>", "#include <linux/atmioc.h>", "#include <stdbool.h>"]
        head += [line for h in headers for line in [*NEEDS.get(h, []), f"#include <{h}>"]]
        names = list(names)
        for _ in range(1000):
            lines = head + [f"const unsigned long long v_{n} = (unsigned long long)({n});" for n in names]
            lines += [f"const signed char s_{n} = ({n}) < 0;" for n in names]
            done = subprocess.run(self.command, input="\n".join(lines) + "\n", text=True, capture_output=True)
            bad = set()
            for line in re.findall(r"^<stdin>:(\d+):\d+: (?:fatal )?error", done.stderr, re.M):
                if int(line) <= len(head):
                    return None
                bad.add(names[(int(line) - len(head) - 1) % len(names)])
            if done.returncode == 0:
                return self._read(done.stdout)
            if not bad:
                return None
            names = [n for n in names if n not in bad]
        raise SystemExit(f"{headers}: no end of errors: {done.stderr[:2000]}")

    def _read(self, assembly):
        found = {"v": {}, "s": {}}
        label = None
        for line in assembly.split("\n"):
            at = re.match(r"([vs])_(\w+):?$", line)
            data = re.match(r"\s+\.(\w+)\s+(0x[0-9a-f]+|-?\d+)", line)
            if at:
                label = at.groups()
                found[label[0]][label[1]] = (0, 0)
            elif label and data and data[1] in DIRECTIVE:
                bits, value = DIRECTIVE[data[1]], int(data[2], 0)
                if not bits:
                    bits, value = 8 * value, 0
                value %= 2**bits
                known, width = found[label[0]][label[1]]
                known = (known << bits | value) if self.big else (known | value << width)
                found[label[0]][label[1]] = (known, width + bits)
        for kind, width in (("v", 64), ("s", 8)):
            # A string is an address, which the assembler does not know yet: not an integer constant.
            found[kind] = {n: v for n, v in found[kind].items() if v[1]}
            odd = [n for n, (_, w) in found[kind].items() if w != width]
            if odd:
                raise SystemExit(f"{self.command[0]}: the assembly of these is not understood: {odd[:5]}")
        negative = {n for n, (v, _) in found["s"].items() if v}
        return {n: v - 2**64 if n in negative else v for n, (v, _) in found["v"].items()}


# Directives of the assemblers, by the bits that each number has; 0 where the number counts zero bytes.
DIRECTIVE = {"quad": 64, "dword": 64, "8byte": 64, "xword": 64, "long": 32, "word": 32, "4byte": 32, "value": 16,
             "short": 16, "2byte": 16, "half": 16, "byte": 8, "zero": 0, "skip": 0, "space": 0, "block": 0}


DEFINED = re.compile(r"^\s*#\s*define\s+([A-Za-z_]\w*)(?![\w(])|"
                     r"(?:^|[,{])\s*([A-Za-z_]\w*)\s*(?:=[^,\n]*)?(?=,|$|/\*|\})", re.M)


def names_by_header(include, wanted):
    """header -> the wanted names that it may define, itself or through asm/ and asm-generic/"""
    own, behind = {}, {}
    for path in (path for top in include for path in glob.glob(top + "/**/*.h", recursive=True)):
        top = next(top for top in include if path.startswith(top + "/"))
        header, text = os.path.relpath(path, top), open(path, errors="replace").read()
        if "unistd" not in header and not re.match(r"[\w]+-linux-gnu", header):
            own[header] = {n for pair in DEFINED.findall(text) for n in pair if n and wanted(n)}
            behind[header] = [h for h in re.findall(r"#\s*include\s*<(asm[\w./-]*)>", text) if h != header]

    def all_names(header, seen):
        if header in seen or header not in own:
            return set()
        seen.add(header)
        return own[header].union(*(all_names(h, seen) for h in behind[header]))

    found = {h: all_names(h, set()) if h.startswith("asm/") else own[h] for h in own if not h.startswith("asm-")}
    return {h: names for h, names in found.items() if names}


def evaluate(tree, work, abi, wanted, cross):
    """name -> {value: [headers]} for one ABI"""
    compiler = Compiler(tree, work, abi, cross)
    found = names_by_header(compiler.include, wanted)
    found["internal.h"] = {n for n in re.findall(
        r"\b([A-Z_][A-Z0-9_a-z]+)\b", internal_header(tree, kernel.ARCH[abi])) if wanted(n)}
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    for header, names in sorted(found.items()):
        got = compiler.values([header], sorted(names))
        if got is None:
            got = compiler.values(["internal.h", "linux/time.h", "linux/if.h", "linux/in.h", "linux/in6.h", header],
                                  sorted(names))
        for name, value in (got or {}).items():
            values[name][value].append(header)
        if got is None:
            print(f"{abi}: {header} cannot be read", file=sys.stderr)
    return abi, {n: dict(v) for n, v in values.items()}


def one_tree(tree, work, wanted, cross):
    """name -> abi -> value"""
    table = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for abi, values in pool.map(lambda abi: evaluate(tree, work, abi, wanted, cross), kernel.ABIS):
            for name, found in values.items():
                if len(found) > 1 and name not in TWICE:
                    raise SystemExit(f"{name} on {abi}: which one? {found}")
                if len(found) == 1:
                    table[name][abi] = next(iter(found))
    return table


def line(name, values, command):
    """The row of one name: the commonest value first, then what differs from it."""
    column = [values.get(abi) for abi in kernel.ABIS]
    known = [v for v in column if v is not None]
    common = max(dict.fromkeys(known), key=known.count)
    others = {}
    for abi, value in zip(kernel.ABIS, column):
        if value != common:
            others.setdefault(value, []).append(abi)
    cells = [f"{','.join(abis)}={'-' if value is None else value}" for value, abis in others.items()]
    return "\t".join([name, str(common) + ("!" if command else ""), *cells])


def text(options):
    names = {row[0] for row in tsv.read("constants.tsv")} | set(ALIASES)
    for path in options.names:
        names |= set(open(path).read().split())

    commands = set()
    for tree in (options.linux, options.newer):
        for top in ("usr/lib/linux/uapi", "usr/include", "include"):
            commands |= ioctls.commands(ioctls.texts_below(os.path.join(tree, top)))

    def wanted(name):
        return (name in names or name in commands or FAMILIES.match(name) or re.match(r"E[A-Z0-9]+$", name)) and not LEFT_OUT.match(name)

    table = one_tree(options.linux, os.path.join(options.work, "6.12"), wanted, options.cross)
    newer = one_tree(options.newer, os.path.join(options.work, "7.3"), wanted, options.cross)
    moved = []
    for name, values in newer.items():
        known = table.setdefault(name, {})
        if any(known[abi] != value for abi, value in values.items() if abi in known):
            moved.append(name)
        for abi, value in values.items():
            known.setdefault(abi, value)
    for name in names - set(table):
        print("nowhere:", name, file=sys.stderr)
    wrapped = textwrap.fill(", ".join(sorted(moved)), 100).replace("\n", "\n#   ")
    return HEADER.replace("MOVED", wrapped) + "".join(
        line(name, table[name], name in commands) + "\n" for name in sorted(table))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--linux", required=True)
    parser.add_argument("--newer", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--cross", action="store_true")
    parser.add_argument("--names", action="append", default=[])
    options = parser.parse_args()
    sys.exit(tsv.write("constants.tsv", text(options), options.check))

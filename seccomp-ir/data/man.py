"""Argument names as the man pages of section 2 have them."""

import glob
import gzip
import os
import re

# Calls that a page describes under another function's name.
FUNCTION = {
    "_llseek": "_llseek", "_newselect": "select", "exit_group": "_exit", "exit": "_exit",
    "fstatat64": "fstatat", "newfstatat": "fstatat", "mmap2": "mmap2", "pread64": "pread",
    "prlimit64": "prlimit", "pwrite64": "pwrite", "rt_sigaction": "sigaction", "rt_sigpending": "sigpending",
    "rt_sigprocmask": "sigprocmask", "rt_sigsuspend": "sigsuspend", "rt_sigtimedwait": "sigtimedwait",
    "sendfile64": "sendfile", "signalfd4": "signalfd", "ugetrlimit": "getrlimit", "eventfd2": "eventfd",
    "pselect6": "pselect", "fadvise64": "posix_fadvise", "fadvise64_64": "posix_fadvise",
    "oldstat": "stat", "oldfstat": "fstat", "oldlstat": "lstat", "ustat": "ustat", "fcntl64": "fcntl",
    "pkey_mprotect": "pkey_mprotect", "sched_rr_get_interval": "sched_rr_get_interval",
    "recvmmsg_time64": "recvmmsg", "clone": None, "mq_timedsend": "mq_timedsend", "umount": "umount",
    "getdents": "getdents", "getdents64": "getdents64", "faccessat": "faccessat", "faccessat2": "faccessat",
    "fchmodat2": "fchmodat", "epoll_pwait2": "epoll_pwait2", "truncate64": "truncate",
    "ftruncate64": "ftruncate", "syscall": None, "sigsuspend": None, "mmap": "mmap", "fallocate": "fallocate",
    "arm_sync_file_range": "sync_file_range2",
}


class Pages:
    def __init__(self, folders):
        # function -> list of tuples of (is pointer, name), in the order of `folders`
        self.functions = {}
        for folder in folders:
            paths = sorted(glob.glob(os.path.join(folder, "*.2*")))
            if not paths:
                raise SystemExit(f"{folder}: no pages of section 2 here")
            self.own = {re.sub(r"\.2.*", "", os.path.basename(p)) for p in paths
                        if os.path.getsize(p) > 200}
            for path in paths:
                self._read(path)

    def _read(self, path):
        page = (gzip.open if path.endswith(".gz") else open)(path, "rt", errors="replace").read()
        own = re.sub(r"\.2.*", "", os.path.basename(path))
        section = re.search(r"^\.SH SYNOPSIS\n(.*?)^\.SH", page, re.S | re.M)
        described = re.search(r"^\.SH NAME\n(.*?)^\.SH", page, re.S | re.M)
        if not section or not described:
            return
        described = re.findall(r"\w+", described[1].split("\\-")[0])
        lines = section[1].replace("\\\n", " ").split("\n")
        flat = re.sub(r"/\*.*?\*/", "", " ".join(self._set(line) for line in lines))
        # An array, whatever its length is said to be.
        while re.search(r"\[[^][@]*\]", flat):
            flat = re.sub(r"\s*\[[^][]*\]", "@", flat)
        flat = flat.replace("@", " @")
        for name, body in re.findall(r"\b(\w+)\(((?:[^()]|\([^()]*\))*)\)\s*;", flat):
            args = self._args(body)
            if name == "syscall" and body.startswith("SYS_"):
                name, args = body.split(",")[0][4:].strip(), args and args[1:]
            if args is None or name not in described or (name != own and name in self.own):
                continue
            if not all(re.match(r"[a-z_]\w*$|\.\.\.$", n) for _, n in args):
                continue
            known = self.functions.setdefault(name, [])
            if args not in known:
                known.append(args)

    @staticmethod
    def _set(line):
        """A line of the synopsis as it is printed, without fonts."""
        line = re.sub(r"\\f[A-Z]|\\%|\\&", "", line)
        macro = re.match(r"\.(BI|BR|RB|IB|IR|RI|B|I) (.*)", line)
        if not macro:
            return "" if line.startswith(".") else line
        pieces = [a or b for a, b in re.findall(r'"([^"]*)"|([^\s"]+)', macro[2])]
        return ("" if len(macro[1]) == 2 else " ").join(pieces)

    @staticmethod
    def _args(body):
        args, depth, part, parts = [], 0, "", []
        for c in body + ",":
            depth += (c == "(") - (c == ")")
            if c == "," and depth == 0:
                parts.append(part.strip())
                part = ""
            else:
                part += c
        for part in parts:
            part = re.sub(r"\b(restrict|_Nullable|const|volatile|struct|union|enum)\b", "", part).strip()
            if part in ("void", ""):
                continue
            if part in ("...", "\\&...", "...\\&"):
                args.append((None, "..."))
                continue
            function = re.match(r".*\(\*\s*(\w+)\)\s*\(", part)
            found = function or re.match(r".*?(\w+)[ @]*$", part)
            if not found:
                return None
            pointer = function or re.search(r"[*@]|sighandler_t|cap_user_(header|data)_t", part)
            args.append((bool(pointer), found[1]))
        return tuple(args)

    def _candidates(self, call):
        if call in FUNCTION:
            return [FUNCTION[call]] if FUNCTION[call] else []
        names = [call]
        for suffix in ("_time64", "64", "32"):
            if call.endswith(suffix):
                short = call[:-len(suffix)]
                names += [short, FUNCTION.get(short) or short]
        return names

    def names(self, call, registers):
        """For each register, the names that pages have for its argument beside the kernel's."""
        whole = []  # indices of the registers of each argument, in order
        for i, r in enumerate(registers):
            if r.type is None:
                continue
            if r.half and whole and registers[whole[-1][0]].whole == r.whole and registers[whole[-1][0]].half:
                whole[-1].append(i)
            else:
                whole.append([i])
        kernel_names = [registers[g[0]].whole or registers[g[0]].name for g in whole]
        types = [registers[g[0]].type for g in whole]
        pointers = ["*" in registers[g[0]].type or registers[g[0]].type in
                    ("__sighandler_t", "cap_user_header_t", "const cap_user_data_t", "cap_user_data_t")
                    for g in whole]
        found = [[] for _ in whole]
        written = MAN.get(call, {})
        if not written:
            for function in self._candidates(call):
                for page in self.functions.get(function, []):
                    self._match(call, page, kernel_names, types, pointers, found)
                if self.functions.get(function):
                    break
        for i, name in enumerate(kernel_names):
            found[i] += [n for n in written.get(name, []) if n not in found[i]]
        taken = set(kernel_names) | {r.name for r in registers}
        twice = [n for i, f in enumerate(found) for n in f if any(n in g for j, g in enumerate(found) if j != i)]
        out = [[] for _ in registers]
        for group, names in zip(whole, found):
            names = [n for n in names if n not in taken and n not in twice]
            for i in group:
                out[i] = names
        return out

    @staticmethod
    def _match(call, page, kernel_names, types, pointers, found):
        fixed = [a for a in page if a[1] != "..."]
        # Many kernel calls have the size of a set as one argument more; more than that is another order.
        if len(fixed) > len(kernel_names) or (fixed == list(page) and len(page) < len(kernel_names) - 1):
            return
        for i, (pointer, name) in enumerate(fixed):
            if name == kernel_names[i] or name in found[i]:
                continue
            # Pages have pointers where the kernel has addresses as numbers.
            if pointer == pointers[i] or (pointer and types[i] in ("unsigned long", "long", "compat_ulong_t")):
                found[i].append(name)
            elif os.environ.get("SHOW"):
                print("not matched:", call, types[i], kernel_names[i], name)


# What does not match by position. For each call: kernel name -> man-page names.
MAN = {
    # clone(2), raw system call, as its NOTES and each page's own order have it
    "clone": {"clone_flags": ["flags"], "newsp": ["stack"], "parent_tidptr": ["parent_tid"],
              "child_tidptr": ["child_tid"]},
    # Not the page's function: other arguments on each architecture.
    "cacheflush": {"bytes": ["nbytes"]},
    # The page's flags are only in signalfd4.
    "signalfd": {"ufd": ["fd"], "user_mask": ["mask"]},
    # The page has one more argument than the call: flags, which faccessat2 and fchmodat2 have.
    "faccessat": {"dfd": ["dirfd"], "filename": ["pathname"]},
    "fchmodat": {"dfd": ["dirfd"], "filename": ["pathname"]},
    "eventfd": {"count": ["initval"]},
}

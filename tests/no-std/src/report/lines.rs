//! The three lines of a report for twenty calls of different shapes, as the page about denied calls shows them
//! (`docs/denied.md`).
#![allow(unsafe_code)] // System calls that a filter denies.

use core::sync::atomic::{AtomicUsize, Ordering};

use seccomp_runtime::{Abi, Call, Policy, call, seccomp_policy};

use super::said::Said;
use crate::call::{self, End, SIGSYS};
use crate::{FAILS, HOLDS, Tally, print, print_number};

const ABOVE: u32 = line!();
const P: Policy = seccomp_policy! {
    report;
    allow socket(family in {AF_INET, AF_INET6});
    allow socket(family == AF_UNIX, type & 0xf == SOCK_STREAM);
    kill openat(flags & O_CREAT != 0);
    allow openat(dfd == AT_FDCWD);
    errno(EPERM) write(fd == 7);
    kill_thread getsid;
    allow exit_group, rt_sigreturn;
    unknown kill;
    default kill
};

/// A part of the policy: how many lines it is below [`ABOVE`].
type Part = u32;
/// The item `report`, whose place the rule has that allows the report to be written, and the denial of other ABIs.
const REPORT: Part = 2;
const CREATING: Part = 5;
const GETSID: Part = 8;
const UNKNOWN: Part = 10;
const DEFAULT: Part = 11;

/// The rules for a call, or none and what decides.
enum Rules {
    Are(&'static [(&'static str, Part)]),
    None(&'static str),
}

const NO_RULE: Rules = Rules::None("none, so `default kill` decides");
const SOCKETS: Rules = Rules::Are(&[
    ("allow socket(family in {AF_INET, AF_INET6})", 3),
    ("allow socket(family == AF_UNIX, type & 0xf == SOCK_STREAM)", 4),
]);

/// A call and what is said of it.
struct Line {
    call: Call,
    by: Part,
    /// The name of the call, or its number.
    name: &'static str,
    /// The first argument: up to its value, and its value; empty if there is none.
    first: [&'static str; 2],
    rest: &'static str,
    rules: Rules,
    /// The conditions of the rule that allows the call: all, and those on the other arguments than the first.
    conditions: [&'static str; 2],
}

/// A register with all bits, and empty ones.
const REGISTERS: &str = if cfg!(target_pointer_width = "64") {
    ", 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x0"
} else {
    ", 0xffffffff, 0x0, 0x0, 0x0, 0x0"
};

static LINES: [Line; 20] = [
    Line {
        call: call!(socket(AF_ALG, SOCK_SEQPACKET, 0)),
        by: DEFAULT,
        name: "socket",
        first: ["family=", "AF_ALG"],
        rest: ", type=SOCK_SEQPACKET, protocol=0",
        rules: SOCKETS,
        conditions: ["family == AF_ALG, type == SOCK_SEQPACKET", "type == SOCK_SEQPACKET"],
    },
    Line {
        call: call!(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        by: DEFAULT,
        name: "socket",
        first: ["family=", "AF_UNIX"],
        rest: ", type=SOCK_DGRAM|SOCK_CLOEXEC, protocol=0",
        rules: SOCKETS,
        conditions: [
            "family == AF_UNIX, type == SOCK_DGRAM | SOCK_CLOEXEC",
            "type == SOCK_DGRAM | SOCK_CLOEXEC",
        ],
    },
    Line {
        call: call!(socket(99, SOCK_STREAM, -7)),
        by: DEFAULT,
        name: "socket",
        first: ["family=", "99"],
        rest: ", type=SOCK_STREAM, protocol=-7",
        rules: SOCKETS,
        conditions: ["family == 99, type == SOCK_STREAM", "type == SOCK_STREAM"],
    },
    Line {
        call: call!(openat(AT_FDCWD, 0x1234_5678, O_CLOEXEC | O_CREAT | O_WRONLY, 0o644)),
        by: CREATING,
        name: "openat",
        first: ["dfd=", "AT_FDCWD"],
        rest: ", filename=0x12345678, flags=O_CLOEXEC|O_CREAT|O_WRONLY, mode=0o644",
        rules: Rules::Are(&[("kill openat(flags & O_CREAT != 0)", CREATING)]),
        conditions: [
            "flags == O_CLOEXEC | O_CREAT | O_WRONLY",
            "flags == O_CLOEXEC | O_CREAT | O_WRONLY",
        ],
    },
    Line {
        call: call!(dup3(5, 0xffff_ffff, O_CLOEXEC)),
        by: DEFAULT,
        name: "dup3",
        first: ["oldfd=", "5"],
        rest: ", newfd=-1, flags=O_CLOEXEC",
        rules: NO_RULE,
        conditions: ["flags == O_CLOEXEC", "flags == O_CLOEXEC"],
    },
    Line {
        call: call!(write(9, 0, 4096)),
        by: DEFAULT,
        name: "write",
        first: ["fd=", "9"],
        rest: ", buf=0, count=4096",
        rules: Rules::Are(&[("allow write(fd == 2)", REPORT), ("errno(EPERM) write(fd == 7)", 7)]),
        conditions: ["", ""],
    },
    Line {
        call: call!(ftruncate(3, 0x1_0000)),
        by: DEFAULT,
        name: "ftruncate",
        first: ["fd=", "3"],
        rest: ", length=0x10000",
        rules: NO_RULE,
        conditions: ["", ""],
    },
    Line {
        call: call!(setpriority(PRIO_PROCESS, 7, -5)),
        by: DEFAULT,
        name: "setpriority",
        first: ["which=", "PRIO_PROCESS"],
        rest: ", who=7, niceval=-5",
        rules: NO_RULE,
        conditions: ["which == PRIO_PROCESS", ""],
    },
    Line {
        call: call!(lseek(0, -42, SEEK_END)),
        by: DEFAULT,
        name: "lseek",
        first: ["fd=", "0"],
        rest: ", offset=-42, whence=SEEK_END",
        rules: NO_RULE,
        conditions: ["whence == SEEK_END", "whence == SEEK_END"],
    },
    Line {
        call: call!(tgkill(-1, 4711, SIGKILL)),
        by: DEFAULT,
        name: "tgkill",
        first: ["tgid=", "-1"],
        rest: ", pid=4711, sig=SIGKILL",
        rules: NO_RULE,
        conditions: ["sig == SIGKILL", "sig == SIGKILL"],
    },
    Line {
        call: Call::new(Abi::NATIVE, call!(setresuid()).nr, [0, 1000, 0xffff_ffff, 0, 0, 0]),
        by: DEFAULT,
        name: "setresuid",
        first: ["ruid=", "0"],
        rest: ", euid=1000, suid=-1",
        rules: NO_RULE,
        conditions: ["", ""],
    },
    Line {
        call: call!(fcntl(3, F_SETFL, 2048)),
        by: DEFAULT,
        name: "fcntl",
        first: ["fd=", "3"],
        rest: ", cmd=F_SETFL, arg=2048",
        rules: NO_RULE,
        conditions: ["cmd == F_SETFL", "cmd == F_SETFL"],
    },
    Line {
        call: call!(prctl(PR_SET_NAME, 0x1234_5678, 0, 0, 0)),
        by: DEFAULT,
        name: "prctl",
        first: ["option=", "PR_SET_NAME"],
        rest: ", arg2=0x12345678, arg3=0, arg4=0, arg5=0",
        rules: NO_RULE,
        conditions: ["option == PR_SET_NAME", ""],
    },
    Line {
        call: call!(ioctl(0, TIOCSTI, 0x1234_5678)),
        by: DEFAULT,
        name: "ioctl",
        first: ["fd=", "0"],
        rest: ", cmd=TIOCSTI, arg=0x12345678",
        rules: NO_RULE,
        conditions: ["cmd == TIOCSTI", "cmd == TIOCSTI"],
    },
    Line {
        call: call!(ioctl(0, 0x4008_ae89, 0)),
        by: DEFAULT,
        name: "ioctl",
        first: ["fd=", "0"],
        rest: ", cmd=0x4008ae89, arg=0",
        rules: NO_RULE,
        conditions: ["cmd == 0x4008ae89", "cmd == 0x4008ae89"],
    },
    Line {
        call: call!(unshare(CLONE_NEWUSER | 1)),
        by: DEFAULT,
        name: "unshare",
        first: ["unshare_flags=", "CLONE_NEWUSER|0x1"],
        rest: "",
        rules: NO_RULE,
        conditions: ["unshare_flags == CLONE_NEWUSER | 0x1", ""],
    },
    Line {
        call: call!(mprotect(0x1000, 8192, PROT_NONE)),
        by: DEFAULT,
        name: "mprotect",
        first: ["start=", "0x1000"],
        rest: ", len=8192, prot=PROT_NONE",
        rules: NO_RULE,
        conditions: ["prot == PROT_NONE", "prot == PROT_NONE"],
    },
    Line {
        call: call!(getuid()),
        by: DEFAULT,
        name: "getuid",
        first: ["", ""],
        rest: "",
        rules: NO_RULE,
        conditions: ["", ""],
    },
    Line {
        call: call!(getsid(0)),
        by: GETSID,
        name: "getsid",
        first: ["pid=", "0"],
        rest: "",
        rules: Rules::Are(&[("kill_thread getsid", GETSID)]),
        conditions: ["", ""],
    },
    Line {
        call: Call::new(Abi::NATIVE, 5000, [1, u64::MAX, 0, 0, 0, 0]),
        by: UNKNOWN,
        name: "call 5000",
        first: ["", "0x1"],
        rest: REGISTERS,
        rules: Rules::None("none, so `unknown kill` decides"),
        conditions: ["", ""],
    },
];

/// The line whose call a child makes.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Makes each call in a child of its own, prints what the child says, and compares it.
pub(crate) fn run() -> Tally {
    let mut tally = Tally::default();
    for (index, line) in LINES.iter().enumerate() {
        NEXT.store(index, Ordering::Relaxed);
        let mut buffer = [0; 1024];
        let (end, length) = call::standard_error_of(&mut buffer, || {
            let Some(line) = LINES.get(NEXT.load(Ordering::Relaxed)) else { return FAILS };
            if P.install().is_err() {
                return FAILS;
            }
            let Call { nr, args, .. } = line.call;
            // SAFETY: the policy denies the call, whatever its arguments are.
            unsafe { call::syscall(nr as usize, args.map(|argument| argument as usize)) };
            HOLDS
        });
        let said = buffer.get(..length).unwrap_or_default();
        call::write(1, said);
        let holds = end == End::Killed(SIGSYS) && line.is(said);
        if !holds {
            print("FAILED: the line for ");
            print(line.name);
            print(" is not this\n");
        }
        tally.count(holds);
    }
    print("lines of reports: ");
    print_number(tally.passed);
    print(" as expected, ");
    print_number(tally.failed);
    print(" not\n");
    tally
}

impl Line {
    /// Whether a report is the one for this call.
    fn is(&self, said: &[u8]) -> bool {
        let mut said = Said(said);
        let place = |said: &mut Said<'_>, part| {
            said.is(file!()) && said.is(":") && said.number() == Some(ABOVE + part)
        };
        let [first, value] = self.first;
        // Kernels of s390x overwrite the first argument before the handler runs.
        let is_lost = cfg!(target_arch = "s390x") && !value.is_empty();
        let [all, others] = self.conditions;
        let conditions = if is_lost { others } else { all };
        let number = self.name.strip_prefix("call ");
        said.is("seccomp: ")
            && place(&mut said, self.by)
            && said.is(" denies ")
            && said.is(self.name)
            && said.is("(")
            && said.is(first)
            && said.is(if is_lost { "?" } else { value })
            && said.is(self.rest)
            && said.is(") at 0x")
            && said.hexadecimal().is_some_and(|address| address > 0x1000)
            && said.is("\n  rules for ")
            && said.is(self.name)
            && said.is(": ")
            && match &self.rules {
                Rules::None(text) => said.is(text),
                Rules::Are(rules) => rules.iter().enumerate().all(|(index, (text, part))| {
                    (index == 0 || said.is(", "))
                        && said.is(text)
                        && said.is(" (")
                        && place(&mut said, *part)
                        && said.is(")")
                }),
            }
            && said.is("\n  to allow it: allow ")
            && match number {
                Some(number) => said.is("syscall(") && said.is(number) && said.is(")"),
                None => said.is(self.name),
            }
            && (conditions.is_empty() || said.is("(") && said.is(conditions) && said.is(")"))
            && said.is(";")
            && match &self.rules {
                // A rule that denies the call has to come after the new one.
                Rules::Are(_) if self.by != DEFAULT => {
                    said.is(" above ") && place(&mut said, self.by)
                }
                Rules::Are(_) | Rules::None(_) => true,
            }
            && said.0 == b"\n"
    }
}

//! The lines for calls of different shapes.

#![allow(unsafe_code)] // System calls that a filter denies.

use seccomp_runtime::{Abi, Policy, seccomp_policy};
use seccomp_tests::child::{End, child};

use super::policies::{FILE, P, Part};

/// Makes a call under the policy, and returns what the child wrote. The filter denies the call, so the kernel reads
/// no memory at its arguments.
fn report(policy: Policy, number: libc::c_long, a: [i64; 6]) -> String {
    let outcome = child(|_| {
        if policy.install().is_err() {
            return 1;
        }
        // SAFETY: the policy denies the call, whatever its arguments are.
        unsafe { libc::syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) };
        2
    });
    assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
    outcome.output
}

/// The lines without the address of the call, which must be there.
#[track_caller]
pub(crate) fn without_address(report: &str) -> String {
    let (before, rest) = report.split_once(" at 0x").expect("the address of the call");
    let (address, after) = rest.split_once('\n').expect("an end of line");
    assert!(u64::from_str_radix(address, 16).is_ok_and(|address| address > 0x1000), "{address}");
    format!("{before}\n{after}")
}

/// Asserts the three lines for a call: what denies it and the call, the rules for it, and the rule to add.
#[track_caller]
fn says(number: libc::c_long, arguments: [i64; 6], by: Part, lines: [&str; 3]) {
    let [call, rules, allow] = lines;
    let name = call.split('(').next().unwrap();
    let expected = format!(
        "seccomp: {} denies {call}\n  rules for {name}: {rules}\n  to allow it: {allow}\n",
        by.place()
    );
    assert_eq!(without_address(&report(P, number, arguments)), expected);
}

const NO_RULE: &str = "none, so `default kill` decides";

/// The table of the page, compared with reports about the calls in its rows.
#[cfg(target_arch = "x86_64")]
#[test]
fn the_page_shows_twenty_calls_of_different_shapes_as_they_are() {
    let page = include_str!("../../docs/denied.md");
    let calls: [(i64, [i64; 6]); 20] = [
        (libc::SYS_socket, [libc::AF_ALG.into(), libc::SOCK_SEQPACKET.into(), 0, 0, 0, 0]),
        (libc::SYS_socket, [1, 0o2_000_002, 0, 0, 0, 0]),
        (libc::SYS_socket, [99, 1, -7, 0, 0, 0]),
        (libc::SYS_openat, [-100, 0x7ffe_1234_5678, 0o2_000_101, 0o644, 0, 0]),
        (libc::SYS_dup3, [5, -1, 0o2_000_000, 0, 0, 0]),
        (libc::SYS_write, [9, 0, 4096, 0, 0, 0]),
        (libc::SYS_ftruncate, [3, 0x1_0000, 0, 0, 0, 0]),
        (libc::SYS_setpriority, [1 << 40, 7, -5, 0, 0, 0]),
        (libc::SYS_lseek, [0, -42, 2, 0, 0, 0]),
        (libc::SYS_tgkill, [-1, 4711, 9, 0, 0, 0]),
        (libc::SYS_setresuid, [0, 1000, -1, 0, 0, 0]),
        (libc::SYS_fcntl, [3, 4, 2048, 0, 0, 0]),
        (libc::SYS_prctl, [15, 0x5555_0000_1000, 0, 0, 0, 0]),
        (libc::SYS_ioctl, [0, 0x5412, 0x5555_0000_1000, 0, 0, 0]),
        (libc::SYS_ioctl, [0, 0x4008_ae89, 0, 0, 0, 0]),
        (libc::SYS_unshare, [0x1000_0001, 0, 0, 0, 0, 0]),
        (libc::SYS_mprotect, [0x1000, 0x2000, 0, 0, 0, 0]),
        (libc::SYS_getuid, [1; 6]),
        (5000, [1, -1, 0, 0, 0, 0]),
        (1_073_741_863, [1, 2, 3, 4, 5, 6]),
    ];
    let (_, table) =
        page.split_once("| | the call | to allow it |\n|---|---|---|\n").expect("a table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    assert_eq!(table.lines().count(), calls.len());
    for (row, (number, arguments)) in table.lines().zip(calls) {
        let row = row.replace("\\|", "\u{1}");
        let code = |cell: &str| cell.replace('\u{1}', "|").trim().trim_matches('`').to_owned();
        let cells: Vec<String> = row.split('|').map(code).collect();
        let (call, rule) = (&cells[2], &cells[3]);
        let said = report(P, number, arguments);
        assert!(said.contains(&format!(" denies {call} at 0x")), "{call}: {said}");
        let last = said.lines().last().expect("three lines");
        assert!(last.starts_with(&format!("  to allow it: {rule}")), "{rule}: {said}");
        println!("{call} -> {rule}");
    }
}

#[test]
fn a_list_and_a_list_with_flags() {
    let rules = format!(
        "allow socket(family in {{AF_INET, AF_INET6}}) ({}), allow socket(family == AF_UNIX, type & 0xf == SOCK_STREAM) ({})",
        Part::Sockets.place(),
        Part::UnixSockets.place()
    );
    let call = |kind: i32| [libc::AF_ALG.into(), kind.into(), 0, 0, 0, 0];
    says(
        libc::SYS_socket,
        call(libc::SOCK_SEQPACKET),
        Part::Default,
        [
            "socket(family=AF_ALG, type=SOCK_SEQPACKET, protocol=0)",
            &rules,
            "allow socket(family == AF_ALG, type == SOCK_SEQPACKET);",
        ],
    );
    says(
        libc::SYS_socket,
        call(libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK),
        Part::Default,
        [
            "socket(family=AF_ALG, type=SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, protocol=0)",
            &rules,
            "allow socket(family == AF_ALG, type == SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);",
        ],
    );
    // No constant has this value.
    says(
        libc::SYS_socket,
        [99, 1, -7, 0, 0, 0],
        Part::Default,
        [
            "socket(family=99, type=SOCK_STREAM, protocol=-7)",
            &rules,
            "allow socket(family == 99, type == SOCK_STREAM);",
        ],
    );
}

#[test]
fn flags_a_descriptor_that_is_none_a_pointer_and_the_mode_of_a_file() {
    says(
        libc::SYS_openat,
        [-100, 0x7ffe_1234_5678, 0o2_000_101, 0o644, 0, 0],
        Part::Creating,
        [
            "openat(dfd=AT_FDCWD, filename=0x7ffe12345678, flags=O_CLOEXEC|O_CREAT|O_WRONLY, mode=0o644)",
            &format!("kill openat(flags & O_CREAT != 0) ({})", Part::Creating.place()),
            &format!(
                "allow openat(flags == O_CLOEXEC | O_CREAT | O_WRONLY); above {}",
                Part::Creating.place()
            ),
        ],
    );
}

#[test]
fn descriptors_and_negative_ones_and_sizes() {
    says(
        libc::SYS_dup3,
        [5, -1, 0o2_000_000, 0, 0, 0],
        Part::Default,
        ["dup3(oldfd=5, newfd=-1, flags=O_CLOEXEC)", NO_RULE, "allow dup3(flags == O_CLOEXEC);"],
    );
    says(
        libc::SYS_write,
        [9, 0, 4096, 0, 0, 0],
        Part::Default,
        [
            "write(fd=9, buf=0, count=4096)",
            &format!(
                "allow write(fd == 2) ({}), errno(EPERM) write(fd == 7) ({})",
                Part::WriteOfReport.place(),
                Part::WriteOfPolicy.place()
            ),
            "allow write;",
        ],
    );
    says(
        libc::SYS_ftruncate,
        [3, 0x1_0000, 0, 0, 0, 0],
        Part::Default,
        ["ftruncate(fd=3, length=0x10000)", NO_RULE, "allow ftruncate;"],
    );
}

#[test]
fn negative_numbers_in_the_width_that_the_kernel_uses() {
    // The bits above the 32 that the kernel uses are not shown.
    says(
        libc::SYS_setpriority,
        [1 << 40, 7, -5, 0, 0, 0],
        Part::Default,
        [
            "setpriority(which=PRIO_PROCESS, who=7, niceval=-5)",
            NO_RULE,
            "allow setpriority(which == PRIO_PROCESS);",
        ],
    );
    says(
        libc::SYS_lseek,
        [0, -42, 2, 0, 0, 0],
        Part::Default,
        ["lseek(fd=0, offset=-42, whence=SEEK_END)", NO_RULE, "allow lseek(whence == SEEK_END);"],
    );
}

#[test]
fn processes_users_and_signals() {
    says(
        libc::SYS_tgkill,
        [-1, 4711, 9, 0, 0, 0],
        Part::Default,
        ["tgkill(tgid=-1, pid=4711, sig=SIGKILL)", NO_RULE, "allow tgkill(sig == SIGKILL);"],
    );
    says(
        libc::SYS_setresuid,
        [0, 1000, -1, 0, 0, 0],
        Part::Default,
        ["setresuid(ruid=0, euid=1000, suid=-1)", NO_RULE, "allow setresuid;"],
    );
}

#[test]
fn commands_and_their_arguments() {
    says(
        libc::SYS_fcntl,
        [3, 4, 2048, 0, 0, 0],
        Part::Default,
        ["fcntl(fd=3, cmd=F_SETFL, arg=2048)", NO_RULE, "allow fcntl(cmd == F_SETFL);"],
    );
    says(
        libc::SYS_prctl,
        [15, 0x5555_0000_1000, 0, 0, 0, 0],
        Part::Default,
        [
            "prctl(option=PR_SET_NAME, arg2=0x555500001000, arg3=0, arg4=0, arg5=0)",
            NO_RULE,
            "allow prctl(option == PR_SET_NAME);",
        ],
    );
    says(
        libc::SYS_ioctl,
        [0, 0x5412, 0x5555_0000_1000, 0, 0, 0],
        Part::Default,
        ["ioctl(fd=0, cmd=TIOCSTI, arg=0x555500001000)", NO_RULE, "allow ioctl(cmd == TIOCSTI);"],
    );
    says(
        libc::SYS_ioctl,
        [0, 0x4008_ae89, 0, 0, 0, 0],
        Part::Default,
        ["ioctl(fd=0, cmd=0x4008ae89, arg=0)", NO_RULE, "allow ioctl(cmd == 0x4008ae89);"],
    );
}

#[test]
fn bits_without_a_name_and_flags_that_are_all_clear() {
    says(
        libc::SYS_unshare,
        [0x1000_0001, 0, 0, 0, 0, 0],
        Part::Default,
        [
            "unshare(unshare_flags=CLONE_NEWUSER|0x1)",
            NO_RULE,
            "allow unshare(unshare_flags == CLONE_NEWUSER | 0x1);",
        ],
    );
    says(
        libc::SYS_mprotect,
        [0x1000, 0x2000, 0, 0, 0, 0],
        Part::Default,
        [
            "mprotect(start=0x1000, len=8192, prot=PROT_NONE)",
            NO_RULE,
            "allow mprotect(prot == PROT_NONE);",
        ],
    );
}

#[test]
fn a_call_without_arguments() {
    says(libc::SYS_getuid, [1; 6], Part::Default, ["getuid()", NO_RULE, "allow getuid;"]);
}

#[test]
fn a_call_that_no_table_knows_and_the_call_that_is_none() {
    let place = Part::Unknown.place();
    assert_eq!(
        without_address(&report(P, 5000, [1, -1, 0, 0, 0, 0])),
        format!(
            "seccomp: {place} denies call 5000(0x1, 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x0)\n  \
             rules for call 5000: none, so `unknown kill` decides\n  to allow it: allow syscall(5000);\n"
        )
    );
    let place = Part::Default.place();
    assert_eq!(
        without_address(&report(P, -1, [0; 6])),
        format!(
            "seccomp: {place} denies call -1(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)\n  \
             rules for call -1: none, so `default kill` decides\n  to allow it: allow syscall(-1);\n"
        )
    );
}

#[test]
fn a_rule_that_names_the_call_and_ends_a_thread() {
    let rule = format!("kill_thread getsid ({})", Part::Getsid.place());
    let allow = format!("allow getsid; above {}", Part::Getsid.place());
    says(libc::SYS_getsid, [0; 6], Part::Getsid, ["getsid(pid=0)", &rule, &allow]);
}

/// A call of x86 has another number and other registers: 20 is getpid there.
#[cfg(target_arch = "x86_64")]
#[test]
fn calls_of_other_abis() {
    let by_interrupt = child(|_| {
        if P.install().is_err() {
            return 1;
        }
        seccomp_tests::call::by_interrupt(20);
        2
    });
    assert_eq!(by_interrupt.end, End::SIGSYS);
    let place = Part::Policy.place();
    assert_eq!(
        without_address(&by_interrupt.output),
        format!(
            "seccomp: {place} denies call 20(0x0, 0x0, 0x0, 0x0, 0x0, {}) of the ABI x86\n  \
             the number and the arguments are those of that ABI\n  \
             to allow it: arch x86_64, x86; and a rule for the call\n",
            by_interrupt.output.split("0x0, ").last().unwrap().split(')').next().unwrap()
        )
    );
    let number = i64::from(Abi::X32_BIT) | 39;
    let of_x32 = without_address(&report(P, number, [1, 2, 3, 4, 5, 6]));
    assert!(
        of_x32.starts_with(&format!(
            "seccomp: {place} denies call 1073741863(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) of the ABI x32\n"
        )),
        "{of_x32}"
    );
}

/// The rules of one ABI come before those of another and between them, so the data of the traps do not ascend with the
/// rules.
#[cfg(target_arch = "x86_64")]
#[test]
fn rules_for_some_abis_are_told_apart_on_each() {
    /// The line before the line of the policy.
    const ABOVE: u32 = line!();
    const RULES: Policy = seccomp_policy! {
        report;
        arch x86_64, x86;
        #[arch(x86)] kill getppid;
        #[arch(x86_64)] kill getpgid;
        #[arch(x86)] kill getsid;
        kill getpriority(which == 7);
        #[arch(x86_64)] kill getsid(pid == 9);
        #[arch(x86)] kill setsid;
        #[arch(x86_64)] errno(EPERM) getppid;
        default allow
    };
    // Numbers of x86 (`arch/x86/entry/syscalls/syscall_32.tbl`, Linux 6.12): getppid, getsid, setsid.
    for (number, line) in [(64, 4), (147, 6), (66, 9)] {
        let outcome = child(|_| {
            if RULES.install().is_err() {
                return 1;
            }
            seccomp_tests::call::by_interrupt(number);
            2
        });
        assert_eq!(outcome.end, End::SIGSYS, "{}", outcome.output);
        let expected = format!("seccomp: {FILE_OF_LINES}:{} denies call {number}(", ABOVE + line);
        assert!(outcome.output.starts_with(&expected), "{}", outcome.output);
    }
    let calls = [
        (libc::SYS_getpgid, 0, 5, "getpgid(pid=0)"),
        (libc::SYS_getpriority, 7, 7, "getpriority(which=7, who=0)"),
        (libc::SYS_getsid, 9, 8, "getsid(pid=9)"),
    ];
    for (number, first, line, call) in calls {
        let said = report(RULES, number, [first, 0, 0, 0, 0, 0]);
        let expected = format!("seccomp: {FILE_OF_LINES}:{} denies {call} at 0x", ABOVE + line);
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[test]
fn a_program_without_names_shows_numbers_and_one_with_calls_shows_calls() {
    const NUMBERS: Policy = seccomp_policy! { report numbers; allow socket(family == AF_INET); allow @rust-exit, rt_sigreturn; default kill };
    const CALLS: Policy = seccomp_policy! { report calls; allow socket(family == AF_INET); allow @rust-exit, rt_sigreturn; default kill };
    let arguments = [38, 5, 0, 0, 0, 0];
    let number = libc::SYS_socket;
    let line = line!() - 4;
    let rule = format!("allow socket(family == AF_INET) ({FILE_OF_LINES}:{line})");
    assert_eq!(
        without_address(&report(NUMBERS, number, arguments)),
        format!(
            "seccomp: {FILE_OF_LINES}:{line} denies call {number}(0x26, 0x5, 0x0, 0x0, 0x0, 0x0)\n  \
             rules for call {number}: {rule}\n  to allow it: allow syscall({number});\n"
        )
    );
    let line = line + 1;
    let rule = format!("allow socket(family == AF_INET) ({FILE_OF_LINES}:{line})");
    assert_eq!(
        without_address(&report(CALLS, number, arguments)),
        format!(
            "seccomp: {FILE_OF_LINES}:{line} denies socket(0x26, 0x5, 0x0, 0x0, 0x0, 0x0)\n  \
             rules for socket: {rule}\n  to allow it: allow socket;\n"
        )
    );
}

const FILE_OF_LINES: &str = file!();

/// Rules that do not fit are counted, and the last line is whole.
#[test]
fn a_call_with_many_long_rules_still_gets_the_last_line() {
    const MANY: Policy = seccomp_policy! {
        report;
        allow ioctl(fd == 101, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 102, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 103, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 104, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 105, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 106, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow ioctl(fd == 107, cmd in {TCGETS, TCSETS, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, FIONBIO, TIOCGPGRP});
        allow @rust-exit, rt_sigreturn;
        default kill
    };
    let said = report(MANY, libc::SYS_ioctl, [100, 0x5401, 0, 0, 0, 0]);
    assert!(said.contains("allow ioctl(fd == 101, cmd in {"), "{said}");
    assert!(said.contains(" more\n  to allow it: allow ioctl(cmd == TCGETS);\n"), "{said}");
    assert!(said.len() < 1024, "{}", said.len());
    assert_ne!(FILE, FILE_OF_LINES);
}

//! The meaning of files of other tools. Every import proves that the text means what the importer understood.

use seccomp_ir::abi::Abi;
use seccomp_load::formats::{Dialect, Format, Options, ProblemPlace, import};

fn imported(format: Format, text: &str, options: &Options<'_>) -> String {
    import(format, "file", text, options).unwrap_or_else(|problems| panic!("{problems}")).text
}

fn x86_64() -> Options<'static> {
    Options { abis: Some(vec![Abi::X86_64]), ..Options::new(Abi::X86_64) }
}

/// The messages for a file with errors.
fn refused(format: Format, text: &str, options: &Options<'_>) -> Vec<String> {
    let Err(problems) = import(format, "file", text, options) else {
        panic!("it is right: {text}")
    };
    problems.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn oci_rules_are_joined_as_libseccomp_joins_them() {
    let text = r#"{
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [
            {"names": ["read", "write", "no_such_call"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}]},
            {"names": ["kill"], "action": "SCMP_ACT_TRAP", "args": [
                {"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 15, "op": "SCMP_CMP_EQ"}]},
            {"names": ["open"], "action": "SCMP_ACT_LOG", "args": [{"index": 1, "value": 3, "op": "SCMP_CMP_LT"}]},
            {"names": ["open"], "action": "SCMP_ACT_KILL_PROCESS"},
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_PTRACE"]}},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "5.0"}}
        ]
    }"#;
    let options = Options { kernel: Some((6, 1)), ..Options::new(Abi::X86_64) };
    let result = import(Format::Oci, "file", text, &options).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(
        result.text,
        "\
trap kill(sig as u64 in {SIGKILL, SIGTERM});
allow personality(personality as u64 in {PER_LINUX, PER_LINUX32});
kill open;
errno(ENOSYS) clone3;
allow read, write;
bad_arch kill_thread;
default errno(EPERM);
"
    );
    let remarks: Vec<String> = result.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(remarks.len(), 3, "{remarks:#?}");
    let text = text.replace("\"CAP_SYS_PTRACE\"", "\"CAP_SYS_ADMIN\"");
    let options = Options { capabilities: vec!["CAP_SYS_ADMIN".to_owned()], ..options };
    assert!(imported(Format::Oci, &text, &options).contains("allow ptrace, read, write;"));
}

#[test]
fn what_libseccomp_leaves_open_is_an_error() {
    let text = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["kill"], "action": "SCMP_ACT_TRAP", "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_GE"}]},
        {"names": ["kill"], "action": "SCMP_ACT_KILL", "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_LE"}]},
        {"names": ["kill"], "action": "SCMP_ACT_SHOUT", "arg": []}
    ]}"#;
    let all = refused(Format::Oci, text, &x86_64());
    assert_eq!(all.len(), 3, "{all:#?}");
    assert!(all[0].starts_with("file: syscalls[2].arg: there is no field `arg` here"), "{all:#?}");
    assert!(
        all[2].starts_with("file: syscalls[1].names[0]: two rules for `kill` match"),
        "{all:#?}"
    );
    let whole = refused(Format::Oci, "{\"defaultAction\": 1, ]", &x86_64());
    assert_eq!(whole, ["file:1:22: this is not JSON: key must be a string"]);
    let twice = r#"{"defaultAction": "SCMP_ACT_ALLOW", "defaultAction": "SCMP_ACT_ERRNO"}"#;
    assert_eq!(
        refused(Format::Oci, twice, &x86_64()),
        [
            "file:1:51: there are two fields `defaultAction` in one object, and readers differ in which one counts: remove one"
        ]
    );
}

#[test]
fn a_hole_of_a_profile_is_an_error_until_it_is_closed() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"], "syscalls": [
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]}]}"#;
    let options = Options::new(Abi::X86_64);
    let all = refused(Format::Oci, text, &options);
    assert!(all[0].contains("`socketcall`") && all[0].contains("--close-multiplexers"), "{all:#?}");
    let closed = imported(Format::Oci, text, &Options { close_multiplexers: true, ..options });
    assert_eq!(
        closed,
        "\
arch x86_64, x86;
#[arch(x86_64)]
allow socket(family as u64 == AF_UNIX);
#[arch(x86)]
allow socket(family == AF_UNIX);
errno(ENOSYS) ipc, socketcall;
bad_arch kill_thread;
default errno(EPERM);
"
    );
}

#[test]
fn minijail_has_two_readers_that_disagree() {
    let text = "read: 1\nioctl: arg1 == TCGETS; return ENOTTY\nmmap: arg2 in ~PROT_EXEC || \\\n  arg2 in ~PROT_WRITE\n";
    let all = refused(Format::Minijail, text, &x86_64());
    assert_eq!(all.len(), 1);
    assert!(
        all[0].starts_with("file:2:22: minijail's two readers mean opposite things"),
        "{all:?}"
    );
    let said = |dialect| {
        let options = Options { dialect: Some(dialect), ..x86_64() };
        imported(Format::Minijail, text, &options)
    };
    let rest = "allow mmap(prot & PROT_EXEC == 0 || prot & PROT_WRITE == 0);\n";
    let end = "allow read;\nbad_arch kill_thread;\ndefault kill_thread;\n";
    let first = "allow ioctl(cmd as u64 == TCGETS);\nerrno(ENOTTY) ioctl;\n";
    assert_eq!(said(Dialect::Minijail0), format!("{first}{rest}{end}"));
    let first = "errno(ENOTTY) ioctl(cmd as u64 == TCGETS);\n";
    assert_eq!(said(Dialect::Compiler), format!("{first}{rest}{end}"));
}

#[test]
fn minijail_files_include_files() {
    let files = |name: &str, from: &str| match (name, from) {
        ("./base.policy", "file") => {
            Ok(("base.policy".to_owned(), "read: 1\nraed: 1\n".to_owned()))
        }
        _ => Err(format!("there is no {name}")),
    };
    let options = Options { files: &files, ..x86_64() };
    let text = "@include ./base.policy\n@include ./other.policy\n{ write, close[arch=arm64] }: { arg0 == 1; allow, kill }\n";
    let all = refused(Format::Minijail, text, &options);
    assert_eq!(
        all,
        [
            "base.policy:2:1: no kernel of the tables has a system call `raed`; did you mean `read`?",
            "file:2:10: there is no ./other.policy",
        ]
    );
}

#[test]
fn kafel_takes_the_first_rule_that_matches_and_arguments_as_wide_as_it_declares_them() {
    let text = r#"
        #define BIG 0x100000000 // more than an int
        POLICY files { ALLOW { read, write { fd == 1 || fd == BIG }, openat(dir, path, how) { (how & 3) == 0 } } }
        /* the first match decides */
        ERRNO(1) { write { fd == 7, count > 4096 } , SYSCALL[451] }
        USE files DEFAULT TRAP(7)
    "#;
    assert_eq!(
        imported(Format::Kafel, text, &Options { abis: None, ..x86_64() }),
        "\
arch x86_64, x32;
#[arch(x86_64)]
allow openat(flags & O_ACCMODE == 0);
#[arch(x86_64)]
errno(EPERM) write(fd == 7 || count > 0x1000);
#[arch(x86_64)]
allow write(fd == 1 || fd as u64 == 0x1_0000_0000);
#[arch(x86_64)]
errno(EPERM) cachestat;
#[arch(x86_64)]
allow read;
bad_arch kill_thread;
default trap(7);
"
    );
    let all = refused(Format::Kafel, "ALLOW { write { fd == count } }", &x86_64());
    assert!(all[0].starts_with("file:1:17: two arguments are compared"), "{all:?}");
}

#[test]
fn kafel_names_calls_as_the_functions_of_the_kernel() {
    let options = |abi| Options { abis: Some(vec![abi]), ..Options::new(abi) };
    // On x86, `stat` is the first stat(2), and `setuid` has 32-bit numbers.
    let text = "ALLOW { newstat, umount } DEFAULT KILL";
    let of = |abi, text| imported(Format::Kafel, text, &options(abi));
    assert!(of(Abi::X86_64, text).contains("allow stat, umount2;"));
    let text = "ALLOW { newstat, stat, setuid, setuid16, select } DEFAULT KILL";
    let x86 = of(Abi::X86, text);
    assert!(x86.contains("allow _newselect, oldstat, setuid, setuid32, stat;"), "{x86}");
}

#[test]
fn an_allow_list_of_systemd_answers_what_it_does_not_know_with_enosys() {
    // As systemd 262.1 does: `tests/formats/systemd/run`.
    let options = x86_64();
    let text = "[Service]\nSystemCallFilter=read\nSystemCallErrorNumber=EACCES\n";
    let unit = import(Format::Systemd, "file", text, &options).unwrap();
    let action = |name: &str| {
        let number = seccomp_ir::table::number(Abi::X86_64, name).unwrap();
        let call = seccomp_ir::abi::Call::new(Abi::X86_64, number, [0; 6]);
        seccomp_ir::policy::meaning(&unit.compiled.policy, &call, &|_| 0)
    };
    use seccomp_ir::action::Action;
    assert_eq!(action("read"), Action::Allow);
    assert_eq!(action("mount"), Action::Errno(13));
    // `uselib` is in `@obsolete`, which is in `@known`, and only the names in `@known` itself count.
    assert_eq!(action("uselib"), Action::Errno(38));
    assert!(unit.text.contains("unknown errno(ENOSYS);"), "{}", unit.text);
}

#[test]
fn the_filters_of_a_unit_are_stacked_and_the_strictest_action_counts() {
    let text = "\
[Unit]
Description=SystemCallFilter=mount

[Service]
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=socket \\
    personality write
SystemCallFilter=~write:ENOSYS execve:kill
RestrictAddressFamilies=AF_UNIX AF_INET
LockPersonality=yes
SystemCallLog=socket
";
    let imported = imported(Format::Systemd, text, &Options { abis: None, ..x86_64() });
    let mut lines: Vec<&str> = imported.lines().collect();
    let start = lines.iter().position(|line| line.starts_with("errno(ENOSYS)"));
    lines.truncate(start.unwrap_or_else(|| panic!("{imported}")));
    assert_eq!(
        lines,
        [
            "errno(EPERM) personality(personality as u64 != PER_LINUX);",
            "allow personality;",
            "errno(EAFNOSUPPORT) socket(!(family as u64 in {AF_UNIX, AF_INET}));",
            "log socket;",
            "kill execve;",
        ]
    );
    // The calls that systemd does not know, and `write`.
    assert!(imported.contains(" uselib, vserver, write, syscall(-1);\n"), "{imported}");
    let last = "unknown errno(ENOSYS);\nbad_arch kill_thread;\ndefault errno(EPERM);\n";
    assert!(imported.ends_with(last), "{imported}");
}

#[test]
fn a_filter_of_seccompiler_has_one_action_for_what_matches() {
    let text = r#"{
        "main": {"mismatch_action": {"errno": 1}, "match_action": "allow", "filter": [
            {"syscall": "read"},
            {"syscall": "close"},
            {"syscall": "close", "args": [{"index": 0, "type": "dword", "op": "gt", "val": 2}]},
            {"syscall": "ioctl", "args": [{"index": 1, "type": "dword", "op": {"masked_eq": 255}, "val": 1},
                                          {"index": 0, "type": "qword", "op": "ne", "val": 0, "comment": "no"}]}
        ]},
        "other": {"mismatch_action": "trap", "match_action": "allow", "filter": []}
    }"#;
    let all = refused(Format::Seccompiler, text, &x86_64());
    assert_eq!(
        all,
        ["file: the file has several filters; choose one with `--filter`: main, other"]
    );
    let options = Options { filter: Some("main".to_owned()), ..Options::new(Abi::X86_64) };
    assert_eq!(
        imported(Format::Seccompiler, text, &options),
        "\
arch x86_64, x32;
#[arch(x86_64)]
allow close(fd > 2);
#[arch(x86_64)]
allow ioctl(cmd & 255 == 1, fd as u64 != 0);
#[arch(x86_64)]
allow read;
default errno(EPERM);
"
    );
}

#[test]
fn a_problem_has_its_place() {
    let Err(problems) = import(Format::Kafel, "k", "ALLOW {\n  read, raed }", &x86_64()) else {
        panic!("it is right");
    };
    assert_eq!(problems.problems[0].place, ProblemPlace::Line { line: 2, column: 9 });
    assert_eq!(
        (Format::guess("a", "{\"defaultAction\": 1}"), Format::guess("x.service", "")),
        (Some(Format::Oci), Some(Format::Systemd))
    );
    assert_eq!(
        (Format::guess("a", "# x\nread: 1\n"), Format::guess("a", "POLICY a {}")),
        (Some(Format::Minijail), Some(Format::Kafel))
    );
}

#[test]
fn values_and_masks_that_a_name_or_another_width_would_change_keep_their_bits() {
    let oci = |args: &str| {
        let rule = format!(
            "{{\"names\": [\"CALL\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{args}]}}"
        );
        format!("{{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{rule}]}}")
    };
    for (call, args, expected) in [
        // SIG_ERR is -1, which is another number in 64 bits.
        (
            "kill",
            r#"{"index": 1, "op": "SCMP_CMP_EQ", "value": 4294967295}"#,
            "sig as u64 == 0xffff_ffff",
        ),
        // `!` of a mask in 32 bits is another mask in the 64 of the argument.
        (
            "madvise",
            r#"{"index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 2147483647, "valueTwo": 1}"#,
            "len_in & 0x7fff_ffff == 1",
        ),
    ] {
        let text = imported(Format::Oci, &oci(args).replace("CALL", call), &x86_64());
        assert!(text.starts_with(&format!("allow {call}({expected});")), "{text}");
    }
    // kafel leaves out a mask of all bits, and then compares the 32 bits of an `int`.
    let text = "ALLOW { kill { (pid & 0xffffffffffffffff) > 255 } }";
    assert!(imported(Format::Kafel, text, &x86_64()).starts_with("allow kill(pid as u32 > 255);"));
}

/// The remarks of an import that is right.
fn remarks(format: Format, text: &str, options: &Options<'_>) -> Vec<String> {
    let imported =
        import(format, "file", text, options).unwrap_or_else(|it| panic!("{it}\n{text}"));
    imported.remarks.iter().map(ToString::to_string).collect()
}

#[test]
fn what_seccompiler_drops_of_a_number_is_said() {
    let of = |args: &str| {
        let filter = format!("[{{\"syscall\": \"ioctl\", \"args\": [{args}]}}]");
        let text = format!(
            "{{\"a\": {{\"mismatch_action\": \"trap\", \"match_action\": \"allow\", \"filter\": {filter}}}}}"
        );
        remarks(Format::Seccompiler, &text, &Options::new(Abi::X86_64))
    };
    for (args, said) in [
        (
            r#"{"index": 1, "type": "dword", "op": "eq", "val": 4294967297}"#,
            "val: seccompiler compares a \"dword\" in 32 bits, so of 0x100000001 only 0x1 counts",
        ),
        (
            r#"{"index": 1, "type": "dword", "op": {"masked_eq": 4294967297}, "val": 1}"#,
            "op.masked_eq: seccompiler masks a \"dword\" in 32 bits, so of 0x100000001 only 0x1 counts",
        ),
        (
            r#"{"index": 1, "type": "qword", "op": {"masked_eq": 1}, "val": 3}"#,
            "val: the value 0x3 has bits that are not in the mask 0x1, and seccompiler drops them: the comparison is with 0x1, \
             where one with 0x3 would never hold",
        ),
    ] {
        assert_eq!(of(args), [format!("file: a.filter[0].args[0].{said}")]);
    }
    let never = of(r#"{"index": 1, "type": "qword", "op": "lt", "val": 0}"#);
    assert_eq!(
        never,
        ["file: a.filter[0].args: no call satisfies these comparisons, so the rule has no effect"]
    );
    // The numbers that mean what they say: -1 is the same in 32 bits.
    for args in [
        r#"{"index": 1, "type": "dword", "op": "eq", "val": 18446744073709551615}"#,
        r#"{"index": 1, "type": "qword", "op": "eq", "val": 4294967297}"#,
        r#"{"index": 1, "type": "dword", "op": {"masked_eq": 3}, "val": 1}"#,
    ] {
        assert!(of(args).is_empty(), "{:?}", of(args));
    }
}

#[test]
fn what_libseccomp_drops_of_a_number_is_said() {
    let of = |abis: &[Abi], args: &str| {
        let rule = format!(
            "{{\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{args}]}}"
        );
        let text = format!("{{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{rule}]}}");
        let options = Options { abis: Some(abis.to_vec()), ..Options::new(Abi::X86_64) };
        remarks(Format::Oci, &text, &options)
    };
    let both = [Abi::X86_64, Abi::X86];
    for (abis, args, said) in [
        (
            &both[..],
            r#"{"index": 1, "op": "SCMP_CMP_EQ", "value": 4294967297}"#,
            "args[0]: on x86 libseccomp compares 32 bits, so of 0x100000001 only 0x1 counts",
        ),
        (
            &both[..1],
            r#"{"index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 0, "valueTwo": 5}"#,
            "args[0]: the mask has no bits, so libseccomp leaves this comparison out, and any value of the argument matches",
        ),
        (
            &both[..1],
            r#"{"index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 1, "valueTwo": 3}"#,
            "args[0]: the value 0x3 has bits that are not in the mask 0x1, and libseccomp drops them: the comparison is with \
             0x1, where one with 0x3 would never hold",
        ),
        (
            &both[..1],
            r#"{"index": 1, "op": "SCMP_CMP_LT", "value": 0}"#,
            "args: no call satisfies these comparisons, so the rule has no effect",
        ),
        (
            &both[..1],
            r#"{"op": "SCMP_CMP_EQ", "value": 3}"#,
            "args[0]: there is no `index`, and runtimes compare argument 0",
        ),
        (
            &both[..1],
            r#"{"index": 1, "op": "SCMP_CMP_EQ"}"#,
            "args[0]: there is no `value`, and runtimes take 0",
        ),
        (
            &both[..1],
            r#"{"index": 1, "op": "SCMP_CMP_EQ", "value": 3, "valueTwo": 1}"#,
            "args[0].valueTwo: `SCMP_CMP_EQ` takes no `valueTwo`, and runtimes do not look at it",
        ),
    ] {
        assert_eq!(of(abis, args), [format!("file: syscalls[0].{said}")]);
    }
    let wide = r#"{"index": 1, "op": "SCMP_CMP_EQ", "value": 4294967297}"#;
    assert!(of(&both[..1], wide).is_empty(), "x86_64 compares 64 bits");
}

#[test]
fn rules_without_effect_are_said() {
    for (format, text, said) in [
        (
            Format::Kafel,
            "POLICY a { ALLOW { read } }\nPOLICY b { ALLOW { write } }\nUSE b DEFAULT KILL",
            "file:1:8: nothing uses the policy `a`, so its rules have no effect",
        ),
        (
            Format::Kafel,
            "ALLOW { write }\nERRNO(1) { write { fd == 1 } } DEFAULT KILL",
            "file:2:12: a rule above decides every call that this one matches, so it has no effect",
        ),
        (
            Format::Kafel,
            "ALLOW { read, SYSCALL[0x100000001] } DEFAULT KILL",
            "file:1:15: kafel takes a number of a call in 32 bits, so of 0x100000001 only 0x1 counts",
        ),
        (
            Format::Kafel,
            "ALLOW { read, write { count < 0 } } DEFAULT KILL",
            "file:1:15: no call satisfies these comparisons, so the rule has no effect",
        ),
        (
            Format::Minijail,
            "read: 1\nwrite: arg2 < 0\n",
            "file:2:8: no call satisfies these comparisons, so the rule has no effect",
        ),
        (
            Format::Systemd,
            "[Unit]\nSystemCallFilter=~write\n[Service]\nSystemCallFilter=~mount\n",
            "file:2:1: `SystemCallFilter` has no effect in the section `[Unit]`: systemd ignores it there",
        ),
        (
            Format::Systemd,
            "[Service]\nProtectProc=invisible\nSystemCallFilters=~write\nSystemCallFilter=~mount\n",
            "file:3:1: systemd has no directive `SystemCallFilters` and ignores the line; did you mean `SystemCallFilter`?",
        ),
        (
            Format::Systemd,
            "[Service]\nSystemCallFilter=~mount ~write\n",
            "file:2:1: no kernel of the tables has a system call `~write`; did you mean `write`?, and systemd ignores it",
        ),
    ] {
        assert_eq!(remarks(format, text, &x86_64()), [said]);
    }
}

//! What is written for other tools. Every export proves that the file means what its policy means.

use seccomp_ir::abi::Abi;
use seccomp_load::formats::{
    Dialect, ExportOptions, Exported, Format, Options, Problems, export, import,
};
use seccomp_syntax::{CompiledText, PolicyText};

fn compiled(text: &str) -> CompiledText {
    PolicyText::new("p", text, Abi::X86_64).compile().unwrap_or_else(|report| panic!("{report}"))
}

fn exported_for(format: Format, text: &str, options: &ExportOptions) -> Result<Exported, Problems> {
    export(format, "p", &compiled(text), options)
}

fn exported(format: Format, text: &str) -> String {
    exported_for(format, text, &ExportOptions::default())
        .unwrap_or_else(|it| panic!("{format}: {it}"))
        .text
}

fn refused(format: Format, text: &str) -> Vec<String> {
    match exported_for(format, text, &ExportOptions::default()) {
        Ok(exported) => panic!("it is right: {}", exported.text),
        Err(problems) => problems.problems.iter().map(ToString::to_string).collect(),
    }
}

/// A policy with every kind of condition, and few enough actions for every format that has conditions.
const CONDITIONS: &str = "
    allow read(fd == 0), close;
    allow write(fd in {1, 2, 5..9}, count <= 4096);
    allow kill(sig > 0, pid > -5), setpriority(niceval < -3 || niceval >= 10);
    allow openat(flags & (O_WRONLY | O_RDWR) == 0, mode & 0o7000 == 0);
    allow mmap(!(prot & PROT_EXEC != 0 && prot & PROT_WRITE != 0), addr as u64 >= 0x1_0000);
    allow lseek(offset in -10..=10), dup2(oldfd != newfd_is_no_argument);
    allow exit_group;
    bad_arch kill_thread;
    default kill_thread;
";

fn conditions() -> String {
    CONDITIONS.replace(", dup2(oldfd != newfd_is_no_argument)", ", dup2(oldfd != 7)")
}

#[test]
fn every_condition_can_be_said_in_every_format_that_has_conditions() {
    for format in [Format::Oci, Format::Minijail, Format::Kafel] {
        exported(format, &conditions());
    }
    let seccompiler = conditions().replace("kill_thread", "kill_process");
    exported(Format::Seccompiler, &seccompiler);
}

#[test]
fn the_first_rule_that_matches_decides_also_where_any_rule_may() {
    let text = "
        errno(EBADF) write(fd == 3);
        allow write(fd <= 5);
        log write;
        errno(ENOSYS) clone3;
        trace(7) execve(filename as u64 == 0);
        allow execve, exit_group;
        bad_arch kill_thread;
        unknown errno(ENOSYS);
        default errno(EPERM);
    ";
    exported(Format::Oci, text);
    let kafel = format!("arch x86_64, x32; {}", text.replace("errno(EBADF)", "trap(9)"));
    let kafel = kafel.replace("unknown errno(ENOSYS);", "");
    let rules = [
        "trap(9) write",
        "allow write",
        "log write",
        "errno(ENOSYS) clone3",
        "trace(7) execve",
        "allow execve",
    ];
    let kafel = rules
        .iter()
        .fold(kafel, |text, rule| text.replace(rule, &format!("#[arch(x86_64)] {rule}")));
    exported(Format::Kafel, &kafel);
    let minijail = kafel.replace("trap(9)", "trap").replace("trace(7)", "notify");
    let minijail = minijail.replace("default errno(EPERM)", "default kill");
    exported(Format::Minijail, &minijail);
}

#[test]
fn exported_files_are_short() {
    let text = "allow read, write(fd == 1), lseek(offset >= 5, whence == 0), close; bad_arch kill_thread; default errno(EPERM);";
    let profile = exported(Format::Oci, text);
    let profile: serde_json::Value = serde_json::from_str(&profile).unwrap();
    let expected = serde_json::json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [
            {"names": ["lseek"], "action": "SCMP_ACT_ALLOW", "args": [
                {"index": 1, "op": "SCMP_CMP_MASKED_EQ", "value": 1, "valueTwo": 1}]},
        ],
    });
    assert_eq!(profile["defaultErrnoRet"], expected["defaultErrnoRet"]);
    let write = &profile["syscalls"][profile["syscalls"].as_array().unwrap().len() - 2];
    assert_eq!(write["names"][0], "write");
    assert_eq!(write["args"][0]["value"], 0xffff_ffff_u64);
    let minijail = exported(
        Format::Minijail,
        "allow read, write(fd == 1); errno(9) close; bad_arch kill_thread; default kill_thread;",
    );
    assert_eq!(
        minijail,
        "read: 1\nwrite: arg0 in 0xffffffff00000001 && arg0 & 0x1\nclose: return 9\n"
    );
    let kafel = exported(
        Format::Kafel,
        "allow read, write(fd == 1); bad_arch kill_thread; default kill_thread;",
    );
    assert_eq!(
        kafel,
        "ALLOW {\n  read,\n  write(a0, a1, a2, a3, a4, a5) { (a0 & 0xffffffff) == 0x1 }\n}\nDEFAULT KILL\n"
    );
    let options = ExportOptions { dialect: Some(Dialect::Minijail0), filter: None };
    let text = "allow kill(sig as u64 == 0); errno(EPERM) kill; bad_arch kill_thread; default kill_thread;";
    let exported = exported_for(Format::Minijail, text, &options).unwrap();
    assert_eq!(exported.text, "kill: arg1 == 0x0; return 1\n");
}

#[test]
fn a_drop_in_removes_what_systemd_allows_implicitly() {
    let text = "allow @basic-io, execve, exit_group; log open; errno(ENOSYS) clone3; kill reboot; bad_arch kill_thread; default errno(EPERM);";
    let unit = exported(Format::Systemd, text);
    assert!(unit.starts_with("[Service]\nSystemCallArchitectures=native\nSystemCallErrorNumber=1\nSystemCallFilter=close close_range"), "{unit}");
    assert!(
        unit.contains("SystemCallFilter=~arch_prctl brk")
            && unit.contains("SystemCallFilter=~clone3:38 reboot:kill\n")
            // Systemd answers `uselib` with ENOSYS, and libseccomp refuses a rule with the action of the default.
            && !unit.contains("uselib"),
        "{unit}"
    );
    assert!(unit.ends_with("SystemCallLog=open\n"), "{unit}");
    exported(
        Format::Systemd,
        "errno(EPERM) @mount; kill reboot; bad_arch kill_thread; default allow;",
    );
    let all = refused(
        Format::Systemd,
        "arch x86_64, x86; allow read, write(fd == 1); trap close; bad_arch kill_thread; default kill;",
    );
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(
        all[0].starts_with(
            "p: `allow write(fd == 1)`: a list of systemd has calls without arguments"
        ),
        "{all:#?}"
    );
    assert!(all[1].starts_with("p: `trap close`: systemd has no action"), "{all:#?}");
}

#[test]
fn what_a_format_cannot_say_is_an_error_with_the_rule() {
    let all = refused(Format::Oci, "trap(7) read; allow syscall(4000), write; default kill;");
    assert_eq!(
        all,
        [
            "p: `allow syscall(4000)`: call 4000 has no name, and a profile names calls",
            "p: `trap(7) read`: a profile has no number for SCMP_ACT_TRAP, and this is trap(7)",
        ]
    );
    let all = refused(
        Format::Seccompiler,
        "errno(EPERM) read; allow write; bad_arch kill; default trap;",
    );
    assert!(all[0].contains("does not tell x32 from x86_64"), "{all:#?}");
    assert!(
        all[1]
            .starts_with("p: `allow write`: a filter of seccompiler has one action for all rules"),
        "{all:#?}"
    );
    let all = refused(Format::Oci, "allow read; bad_arch errno(EPERM); default kill;");
    assert_eq!(
        all,
        [
            "p: `bad_arch errno(1)`: libseccomp always answers calls through other ABIs with kill_thread; write `bad_arch kill_thread;`"
        ]
    );
    let all = refused(Format::Oci, "allow read(fd == self::FD); default kill;");
    assert!(
        all[0].starts_with("p: `allow read(fd == self::FD)`: it has a value that only rustc"),
        "{all:#?}"
    );
    let all =
        refused(Format::Oci, "arch x86_64, x86; allow socket; bad_arch kill_thread; default kill;");
    assert!(all[0].contains("`socketcall`") && all[0].contains("no way to say"), "{all:#?}");
    let all = refused(
        Format::Oci,
        "arch x86_64, x86; #[arch(x86)] allow read; bad_arch kill_thread; default kill;",
    );
    assert!(
        all[0].starts_with(
            "p: `allow read`: libseccomp cannot say what this policy says about `read` on x86_64"
        ),
        "{all:#?}"
    );
}

/// The rows of the table in docs/formats.md: the formats, what they cannot say, and a policy that says it.
fn unsayable() -> Vec<(String, String, String)> {
    let page = include_str!("../../../docs/formats.md");
    let (_, section) = page.split_once("\n## What each format cannot say\n").expect("a section");
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows = section.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    rows.filter_map(|row| {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let (format, what, policy) = (cells.next()?, cells.next()?, cells.next()?);
        let policy = policy.strip_prefix('`')?.strip_suffix('`')?;
        Some((format.to_owned(), what.to_owned(), policy.to_owned()))
    })
    .collect()
}

#[test]
fn what_the_page_says_that_a_format_cannot_say_is_an_error_that_names_the_part() {
    let all = unsayable();
    assert!(all.len() >= 20, "{all:#?}");
    for (format, what, policy) in all {
        let (format, dialect) = match format.split_once(", for ") {
            Some((format, "minijail0")) => (format.to_owned(), Some(Dialect::Minijail0)),
            Some(_) => panic!("{format}"),
            None => (format, None),
        };
        let formats: Vec<Format> = Format::ALL
            .into_iter()
            .filter(|one| format == "all" || one.to_string().eq_ignore_ascii_case(&format))
            .collect();
        assert!(!formats.is_empty(), "{format}");
        for format in formats {
            let options = ExportOptions { dialect, ..ExportOptions::default() };
            let Err(problems) = exported_for(format, &policy, &options) else {
                panic!("{format} can say it: {what}: {policy}");
            };
            // An item of the policy, or the call whose action differs.
            let said: Vec<String> = problems.problems.iter().map(ToString::to_string).collect();
            let named =
                said.iter().all(|said| said.starts_with("p: `") || said.contains(" about `"));
            assert!(named, "{format}: {what}: {said:#?}");
            println!("{format}: {what}: {said:#?}");
        }
    }
}

#[test]
fn an_import_of_an_export_is_written_as_the_same_file() {
    const LISTS: &str =
        "allow read, write, close, exit_group, rt_sigreturn; errno(EACCES) openat; kill ptrace;
        default errno(EPERM);";
    for format in Format::ALL {
        let policy = match format {
            Format::Systemd => LISTS.to_owned(),
            Format::Seccompiler => conditions().replace("kill_thread", "kill_process"),
            // Whatever else: the other formats have conditions.
            _ => conditions(),
        };
        let first = exported(format, &policy);
        let options = Options {
            dialect: Some(Dialect::Compiler),
            abis: (format == Format::Kafel).then(|| vec![Abi::X86_64]),
            ..Options::new(Abi::X86_64)
        };
        let again =
            import(format, "f", &first, &options).unwrap_or_else(|it| panic!("{format}: {it}"));
        // Each step is proven; this shows that nothing grows on the way.
        let second = exported(format, &again.text);
        let third =
            import(format, "f", &second, &options).unwrap_or_else(|it| panic!("{format}: {it}"));
        let same = seccomp_ir::prove::prove(&again.compiled.policy, &third.compiled.filter);
        assert!(same.is_ok(), "{format}");
        assert!(second.len() <= first.len() * 2, "{format}: {} {}", first.len(), second.len());
    }
}

//! Arbitrary and mutated files give an error or a policy, never a panic, and never take long.

use seccomp_ir::abi::Abi;
use seccomp_load::formats::{Dialect, Format, Options, import};
use seccomp_test_support::seeds::{Seeded, seeds};

/// Files that are right, to be mutated.
const FILES: [(Format, &str); 5] = [
    (
        Format::Oci,
        r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]}],"syscalls":[{"names":["read","shmat"],"action":"SCMP_ACT_ALLOW"},{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"},{"index":1,"value":5,"op":"SCMP_CMP_GE"}],"excludes":{"caps":["CAP_SYS_ADMIN"],"arches":["s390"]}}]}"#,
    ),
    (
        Format::Minijail,
        "@default trap\nread: 1\nwrite: arg0 == 1 || arg0 & 0x10 && arg2 in ~(PROT_EXEC|7); return EPERM\n{close, dup[arch=x86_64]}: {arg0 < 3; allow, return 5}\n",
    ),
    (
        Format::Kafel,
        "#define A 077\nPOLICY p { ALLOW { read, write { (fd & A) == 1, !(fd < 2 && count >= 3) } }, ERRNO(2) { SYSCALL[400](a,b) { b|1 == 3 } } }\nUSE p DEFAULT KILL\n",
    ),
    (
        Format::Systemd,
        "[Service]\nSystemCallFilter=@system-service\nSystemCallFilter=~@mount:EPERM reboot\nRestrictAddressFamilies=~AF_PACKET\nRestrictNamespaces=user\nRestrictSUIDSGID=1\nSystemCallArchitectures=native x86\n",
    ),
    (
        Format::Seccompiler,
        r#"{"a":{"mismatch_action":"trap","match_action":{"errno":3},"filter":[{"syscall":"read"},{"syscall":"ioctl","args":[{"index":1,"type":"dword","op":{"masked_eq":15},"val":7},{"index":2,"type":"qword","op":"le","val":99}]}]}}"#,
    ),
];

/// A rule of an OCI profile, with a comma.
const OCI_RULE: &str = r#"{"names":["kill"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":3,"op":"SCMP_CMP_NE"}]},"#;

fn read(format: Format, text: &str) -> bool {
    let target = Abi::X86_64;
    let options =
        Options { dialect: Some(Dialect::Compiler), kernel: Some((6, 1)), ..Options::new(target) };
    import(format, "file", text, &options).is_ok()
}

#[test]
fn the_files_are_valid_before_they_are_mutated() {
    for (format, text) in FILES {
        assert!(read(format, text), "{format}");
    }
}

#[test]
fn a_mutated_file_is_an_error_or_a_policy() {
    let mut random = Seeded::with_seed(seeds(17..18).start);
    let (mut right, mut wrong) = (0, 0);
    for (format, text) in FILES {
        for _ in 0..60 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..5) {
                    0 => bytes[at] = random.u8(32..127),
                    1 if bytes.len() > 1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, *random.choice(b"{}[](),:;|&~!=<>\"\\\n0x-@#").unwrap()),
                    3 => bytes.truncate(at.max(1)),
                    _ => {
                        let to = (at + random.usize(..20)).min(bytes.len());
                        let piece = bytes[at..to].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            match read(format, &String::from_utf8_lossy(&bytes)) {
                true => right += 1,
                false => wrong += 1,
            }
        }
    }
    assert!(right > 10 && wrong > 100, "{right} {wrong}");
}

#[test]
fn deep_long_and_strange_files_are_errors() {
    let deep =
        |open: &str, close: &str, count| format!("{}{}", open.repeat(count), close.repeat(count));
    let many = "read, ".repeat(200_000);
    let texts = [
        deep("[", "]", 100_000),
        deep("{\"a\":", "}", 100_000),
        format!("ALLOW {{ read {{ {} }} }}", deep("(", ")", 50_000)),
        format!("ALLOW {{ read {{ {} fd == 1 }} }}", "!".repeat(50_000)),
        format!("read: arg0 == {}", deep("(", ")", 50_000)),
        format!("read: arg0 == {}1", "1|".repeat(50_000)),
        format!("[Service]\nSystemCallFilter={}", "~".repeat(50_000)),
        format!("[Service]\nSystemCallFilter={many}"),
        format!("{{ {many} read }}: 1"),
        format!("read: arg0 == 1{}", " || arg0 == 2".repeat(50_000)),
        format!("ALLOW {{ read {{ fd == 1{} }} }}", " || fd == 2 && count != 7".repeat(50_000)),
        format!("ALLOW {{ read {{ fd == 1 }}{} }}", ", read { fd == 2 }".repeat(20_000)),
        format!(
            "{{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{}{}]}}",
            OCI_RULE.repeat(20_000),
            OCI_RULE.trim_end_matches(',').replace("TRAP", "LOG")
        ),
        "\u{0}\u{1}\u{feff}é\n\\".to_owned(),
        String::new(),
    ];
    for format in Format::ALL {
        for text in &texts {
            read(format, text);
        }
    }
}

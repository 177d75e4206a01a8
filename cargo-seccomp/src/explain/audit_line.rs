//! Lines of the audit log about filters.
//!
//! The kernel writes `type=1326` to its own log, auditd writes `type=SECCOMP`, and `ausearch -i` writes names for some
//! numbers. Source: `audit_seccomp` in `kernel/auditsc.c` and `seccomp_log` in `kernel/seccomp.c`, Linux 6.12;
//! `AUDIT_SECCOMP` is 1326, `include/uapi/linux/audit.h`.

use std::fmt;

use seccomp_bpf::abi::Abi;
use seccomp_bpf::action::Action;
use seccomp_ir::table;

/// The facts in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// The path of the program.
    pub exe: Option<String>,
    /// The name of the thread.
    pub comm: Option<String>,
    /// The number of the process.
    pub pid: Option<u32>,
    /// `seccomp_data.arch`
    pub arch: u32,
    /// `seccomp_data.nr`
    pub nr: u32,
    /// The address after the instruction that made the call.
    pub address: Option<u64>,
    /// The action that the filter returned, without its data.
    pub action: Option<Action>,
}

/// The reason why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// The line does not have the field of that name.
    Missing(&'static str),
    /// The field of that name has a value that neither the kernel nor audit tools write.
    Wrong(&'static str, String),
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => {
                write!(
                    f,
                    "the line has no field `{field}=`; copy the whole line, from `type=` to `code=`"
                )
            }
            Self::Wrong(field, value) => {
                write!(f, "`{field}={value}` is not a value of this field")
            }
        }
    }
}

impl std::error::Error for AuditError {}

/// Whether a text is a line of the audit log about a filter. If a rule of audit logs a call (`type=SYSCALL`), the line
/// has `arch=` and `syscall=` too, but also the arguments, which a line about a filter never has.
#[must_use]
pub fn is_audit_line(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let has = |start: &str| text.split_ascii_whitespace().any(|word| word.starts_with(start));
    match words.find_map(|word| word.strip_prefix("type=")) {
        Some(kind) => matches!(kind, "SECCOMP" | "1326" | "UNKNOWN[1326]"),
        // A line of the journal, or a part of a line.
        None => has("syscall=") && has("arch=") && !has("a0="),
    }
}

impl AuditLine {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// If the architecture or the number of the call is missing or wrong.
    pub fn read(line: &str) -> Result<Self, AuditError> {
        // auditd adds names in capitals after a group separator.
        let line = line.split('\x1d').next().unwrap_or_default();
        let field = |name: &str| {
            let words = line.split_ascii_whitespace();
            words.filter_map(|word| word.split_once('=')).find(|(key, _)| *key == name)
        };
        let value = |name| field(name).map(|(_, value)| value);
        let wrong = |name, value: &str| AuditError::Wrong(name, value.to_owned());
        let arch = value("arch").ok_or(AuditError::Missing("arch"))?;
        let arch = arch_of(arch).ok_or_else(|| wrong("arch", arch))?;
        let call = value("syscall").ok_or(AuditError::Missing("syscall"))?;
        let nr = number_of(call, arch).ok_or_else(|| wrong("syscall", call))?;
        Ok(Self {
            exe: value("exe").and_then(text),
            comm: value("comm").and_then(text),
            pid: value("pid").and_then(|pid| pid.parse().ok()),
            arch,
            nr,
            address: value("ip").and_then(hexadecimal),
            action: value("code").and_then(action),
        })
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// `arch=c000003e`, or its name as `ausearch -i` writes it.
fn arch_of(text: &str) -> Option<u32> {
    let named = match text {
        "i386" | "i486" | "i586" | "i686" => Some(Abi::X86),
        "armeb" | "armv5tejl" | "armv7l" => Some(Abi::Arm),
        name => Abi::from_name(name),
    };
    match named {
        Some(abi) => Some(abi.audit_arch()),
        None => u32::try_from(hexadecimal(text)?).ok(),
    }
}

/// The kernel writes the number as a signed one; `ausearch -i` writes the name.
fn number_of(text: &str, arch: u32) -> Option<u32> {
    if let Ok(number) = text.parse::<i64>() {
        return u32::try_from(number)
            .ok()
            .or_else(|| Some(i32::try_from(number).ok()?.cast_unsigned()));
    }
    let abis = Abi::ALL.iter().filter(|abi| abi.audit_arch() == arch);
    abis.into_iter().find_map(|abi| table::number(*abi, text))
}

/// A path or a name: in quotes, or in hexadecimal if it has characters that the log cannot have.
fn text(value: &str) -> Option<String> {
    if let Some(quoted) = value.strip_prefix('"') {
        return Some(quoted.trim_end_matches('"').to_owned());
    }
    if matches!(value, "(null)" | "?") {
        return None;
    }
    let is_hexadecimal =
        value.len().is_multiple_of(2) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hexadecimal && !value.is_empty() {
        let byte = |at| u8::from_str_radix(value.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..value.len()).step_by(2).map(byte).collect();
        return bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    }
    // `ausearch -i` writes no quotes.
    Some(value.to_owned())
}

fn action(value: &str) -> Option<Action> {
    Some(match value {
        "kill" | "kill-thread" | "kill_thread" => Action::KillThread,
        "kill-process" | "kill_process" => Action::KillProcess,
        "trap" => Action::Trap(0),
        "errno" => Action::Errno(0),
        "trace" => Action::Trace(0),
        "user-notif" | "user_notif" => Action::Notify,
        "log" => Action::Log,
        "allow" => Action::Allow,
        code => Action::from_return_value(u32::try_from(hexadecimal(code)?).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KERNEL: &str = "[  12.3] audit: type=1326 audit(1732780800.123:42): auid=1000 uid=1000 gid=1000 ses=1 pid=4711 \
        comm=\"client\" exe=\"/usr/bin/client\" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7ffff7d2b6a7 code=0x80000000";

    #[test]
    fn a_line_of_the_kernels_log_is_read() {
        assert!(is_audit_line(KERNEL));
        let read = AuditLine::read(KERNEL).unwrap();
        let expected = AuditLine {
            exe: Some("/usr/bin/client".to_owned()),
            comm: Some("client".to_owned()),
            pid: Some(4711),
            arch: Abi::X86_64.audit_arch(),
            nr: 41,
            address: Some(0x7fff_f7d2_b6a7),
            action: Some(Action::KillProcess),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_of_auditd_and_of_ausearch_say_the_same() {
        let auditd = "type=SECCOMP msg=audit(1732780800.123:42): auid=1000 uid=1000 gid=1000 ses=1 pid=4711 comm=\"client\" \
            exe=\"/usr/bin/client\" sig=31 arch=c000003e syscall=41 compat=0 ip=0x7ffff7d2b6a7 \
            code=0x80000000\x1dAUID=\"me\" ARCH=x86_64 SYSCALL=socket";
        let ausearch = "type=SECCOMP msg=audit(11/28/26 08:00:00.123:42) : auid=me uid=me gid=me ses=1 pid=4711 comm=client \
            exe=/usr/bin/client sig=SIGSYS arch=x86_64 syscall=socket compat=0 ip=0x7ffff7d2b6a7 code=kill-process";
        for line in [auditd, ausearch] {
            assert!(is_audit_line(line));
            assert_eq!(AuditLine::read(line), AuditLine::read(KERNEL), "{line}");
        }
    }

    #[test]
    fn names_in_hexadecimal_and_numbers_below_zero_are_read() {
        let line =
            "type=1326 comm=6120622F63 exe=2F746D702F6120622F63 arch=40000003 syscall=-1 code=0x0";
        let read = AuditLine::read(line).unwrap();
        assert_eq!(read.exe.as_deref(), Some("/tmp/a b/c"));
        assert_eq!((read.arch, read.nr), (Abi::X86.audit_arch(), Abi::SKIPPED));
        assert_eq!(read.action, Some(Action::KillThread));
        let null = AuditLine::read("type=1326 exe=(null) arch=40000003 syscall=1").unwrap();
        assert_eq!((null.exe, null.action), (None, None));
    }

    #[test]
    fn a_line_that_a_rule_of_audit_logs_is_not_about_a_filter() {
        let of_audit = "msg=audit(1:1): arch=c000003e syscall=59 success=yes exit=0 a0=5 a1=1 items=2 pid=2 exe=\"/bin/ls\"";
        assert!(!is_audit_line(&format!("type=SYSCALL {of_audit}")));
        assert!(!is_audit_line(&format!("audit[2]: SYSCALL {of_audit}")));
        let (_, of_filter) = KERNEL.split_once(": auid").unwrap();
        assert!(is_audit_line(&format!("audit[4711]: SECCOMP auid{of_filter}")));
        assert!(is_audit_line(&format!("type=UNKNOWN[1326] msg=audit(1:1): auid{of_filter}")));
    }

    #[test]
    fn the_error_names_the_field_that_is_missing_or_wrong() {
        let error = |line: &str| AuditLine::read(line).unwrap_err();
        assert_eq!(error("type=1326 syscall=41"), AuditError::Missing("arch"));
        assert_eq!(error("type=1326 arch=c000003e"), AuditError::Missing("syscall"));
        let wrong = AuditError::Wrong("arch", "pdp11".to_owned());
        assert_eq!(error("type=1326 arch=pdp11 syscall=1"), wrong);
        let wrong = AuditError::Wrong("syscall", "sokket".to_owned());
        assert_eq!(error("type=1326 arch=c000003e syscall=sokket"), wrong);
        assert!(!is_audit_line("socket(AF_UNIX, SOCK_STREAM, 0)"));
    }
}

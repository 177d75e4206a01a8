//! Translates a call as strace(1) and reports write it to a call of the language.
//!
//! A filter sees only registers. If strace shows the memory behind an address (a text, a structure, a list), it does
//! not show the register, so the argument is left out, which means any value. Forms of strace: its manual page, and
//! runs of strace 6.1.

use seccomp_bpf::abi::Abi;

/// A call in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CallOfTrace {
    /// The call in the language: by number, or by its name.
    pub(super) call: String,
    /// Its arguments in the language.
    pub(super) arguments: Vec<String>,
    /// Whether the call is by number, so it may take fewer arguments than are shown.
    pub(super) by_number: bool,
    /// Whether an argument was left out because the line shows the memory behind it.
    pub(super) memory: bool,
    /// The ABI that the line names.
    pub(super) abi: Option<Abi>,
}

/// The call in a line, if there is one.
pub(super) fn call_of_trace(line: &str) -> Option<CallOfTrace> {
    let of_report = line.strip_prefix("seccomp: ").and_then(|rest| rest.rsplit_once(" denies "));
    let line = of_report.map_or(line, |(_, call)| call);
    let open = line.find('(')?;
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_' || sign == '-';
    let before = line[..open].trim_end_matches(is_word);
    let name = &line[before.len()..open];
    let words = before.trim_end();
    let (call, by_number) = match (words.strip_suffix("call"), name.strip_prefix("syscall_0x")) {
        (Some(words), _) if name.parse::<i64>().is_ok() => {
            is_before_a_call(words).then(|| (format!("syscall({name})"), true))?
        }
        (_, Some(number)) if is_before_a_call(words) => (format!("syscall(0x{number})"), true),
        // `syscall(39)` is a call of the language, without its arguments.
        _ if name.is_empty() || name == "syscall" => return None,
        _ => is_before_a_call(words).then(|| (name.to_owned(), false))?,
    };
    let mut shown = ArgumentTexts { rest: &line[open + 1..], last: false, ends: false };
    let (mut arguments, mut memory) = (Vec::new(), false);
    for (position, text) in shown.by_ref().enumerate() {
        match value(&text, name) {
            Value::Register(None, value) => arguments.push(format!("a{position} = {value}")),
            Value::Register(Some(name), value) => arguments.push(format!("{name} = {value}")),
            Value::Memory => memory = true,
            Value::Unknown => {}
        }
    }
    if !shown.ends {
        return None;
    }
    let after = shown.rest.trim_start();
    let after = after.strip_prefix("of the ABI ").or_else(|| after.strip_prefix("on "));
    let abi = after.and_then(|rest| rest.split([' ', ',']).next()?.parse().ok());
    Some(CallOfTrace { call, arguments, by_number, memory, abi })
}

impl CallOfTrace {
    /// The call with its first `count` arguments.
    pub(super) fn text(&self, count: usize) -> String {
        format!("{}({})", self.call, self.arguments[..count].join(", "))
    }
}

/// Whether `words` may be before a call: nothing, or the process, the time or the address that strace writes there.
fn is_before_a_call(words: &str) -> bool {
    let of_strace = |word: &str| {
        let number = word.split(['<', ']']).next().unwrap_or_default();
        word.starts_with('[')
            || number.chars().all(|sign| ":.+".contains(sign) || sign.is_ascii_digit())
    };
    words.split_ascii_whitespace().all(of_strace)
}

/// The arguments in a text, one after the other.
struct ArgumentTexts<'a> {
    rest: &'a str,
    last: bool,
    /// Whether the call ends in the text.
    ends: bool,
}

impl Iterator for ArgumentTexts<'_> {
    type Item = String;

    /// The next argument without comments and without the paths of descriptors.
    fn next(&mut self) -> Option<String> {
        if self.last {
            return None;
        }
        self.last = true;
        let mut text = String::new();
        let mut depth = 0_usize;
        let mut signs = self.rest.char_indices();
        while let Some((at, sign)) = signs.next() {
            let here = &self.rest[at..];
            let skipped = match sign {
                '"' | '\'' => {
                    text.push('"');
                    quoted(here)
                }
                '/' if here.starts_with("/*") => here.find("*/").map_or(here.len(), |end| end + 2),
                '<' if here.starts_with("<unfinished") => {
                    (self.rest, self.ends) = ("", true);
                    break;
                }
                '<' if is_decorated(&text) && !here.starts_with("<<") => bracketed(here),
                ',' if depth == 0 => {
                    self.last = false;
                    self.rest = &here[1..];
                    return Some(text.trim().to_owned());
                }
                ')' if depth == 0 => {
                    (self.rest, self.ends) = (&here[1..], true);
                    break;
                }
                _ => {
                    match sign {
                        '(' | '[' | '{' => depth += 1,
                        ')' | ']' | '}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    text.push(sign);
                    0
                }
            };
            let end = at + skipped;
            while skipped > 0 && signs.offset() < end && signs.next().is_some() {}
        }
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// The length of a text in quotes.
fn quoted(text: &str) -> usize {
    let mut signs = text.char_indices();
    let quote = signs.next().map(|(_, sign)| sign);
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' {
            signs.next();
        } else if Some(sign) == quote {
            return at + 1;
        }
    }
    text.len()
}

/// The length of a text in `<` and `>`, which may have other such texts in it.
fn bracketed(text: &str) -> usize {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        match sign {
            '<' => depth += 1,
            '>' if depth == 1 => return at + 1,
            '>' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a value is a descriptor, after which strace may write a path.
fn is_decorated(value: &str) -> bool {
    value.ends_with(|sign: char| sign.is_ascii_digit()) || value.ends_with("AT_FDCWD")
}

/// The part of a line that shows an argument.
enum Value {
    /// The value of the register, and perhaps the name of the argument.
    Register(Option<String>, String),
    /// The memory behind the address.
    Memory,
    /// Nothing.
    Unknown,
}

fn value(text: &str, call: &str) -> Value {
    let (name, text) = match text.split_once('=') {
        Some((name, value)) if is_name(name.trim()) && !value.starts_with('=') => {
            (Some(argument_name(call, name.trim())), value.trim())
        }
        _ => (None, text),
    };
    let is_structure = text.starts_with('{') && (text.contains(['=', ',']) || text.contains("..."));
    if is_structure || text.starts_with(['[', '"']) || text.starts_with("~[") {
        return Value::Memory;
    }
    // The number of a device is written as `makedev(…)`.
    if text == "?" || text.contains("makedev(") {
        return Value::Unknown;
    }
    let parts: Vec<String> = text.split('|').map(|part| bits(part.trim())).collect();
    Value::Register(name, parts.join(" | "))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}

/// strace has names of its own for the arguments of clone(2) (`src/clone.c` of strace 6.1).
fn argument_name(call: &str, name: &str) -> String {
    let name = match (call, name) {
        ("clone", "child_stack") => "newsp",
        ("clone", "parent_tid") => "parent_tidptr",
        _ => name,
    };
    name.to_owned()
}

/// A number or a name of strace in the language.
fn bits(text: &str) -> String {
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if text == "NULL" {
        return "0".to_owned();
    }
    if let Some(number) = text.strip_prefix('-').filter(|number| is_number(number)) {
        // All bits, whether the argument is signed or not.
        return match number.parse::<u64>() {
            Ok(number @ 1..) => format!("!{}", number - 1),
            _ => text.to_owned(),
        };
    }
    // `SIGRT_n` counts the signals from SIGRTMIN on, which is 32 for the kernel (`src/signal.c` of strace 6.1).
    if let Some(number) = text.strip_prefix("SIGRT_").and_then(|number| number.parse::<u8>().ok()) {
        return (32 + u16::from(number)).to_string();
    }
    match text.strip_prefix('0') {
        Some(octal) if is_number(octal) => format!("0o{octal}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(line: &str) -> String {
        let read = call_of_trace(line).expect("a call");
        let memory = if read.memory { " and memory" } else { "" };
        let abi = read.abi.map_or("", Abi::name);
        format!("{}{memory}{abi}", read.text(read.arguments.len()))
    }

    #[test]
    fn lines_of_strace_become_calls() {
        for (line, call) in [
            (
                r#"openat(AT_FDCWD, "/etc/a)b\"c", O_RDONLY|O_CLOEXEC) = 3"#,
                "openat(a0 = AT_FDCWD, a2 = O_RDONLY | O_CLOEXEC) and memory",
            ),
            (
                r#"[pid 12] write(1, "x"..., 5) = -1 EPERM (Operation not permitted)"#,
                "write(a0 = 1, a2 = 5) and memory",
            ),
            ("12:00:01.500000 close(3</tmp/a>) = 0 <0.000010>", "close(a0 = 3)"),
            ("700 getpid() = 700", "getpid()"),
            ("[00007f3a9badaa75] getpid() = 700", "getpid()"),
            (
                "mmap(NULL, 8, PROT_READ, MAP_PRIVATE, -1, 0) = 0x7f",
                "mmap(a0 = 0, a1 = 8, a2 = PROT_READ, a3 = MAP_PRIVATE, a4 = !0, a5 = 0)",
            ),
            (
                "ioctl(0, TCGETS, {c_iflag=ICRNL|IXON, ...}) = 0",
                "ioctl(a0 = 0, a1 = TCGETS) and memory",
            ),
            (
                "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 9",
                "wait4(a0 = !0, a2 = 0, a3 = 0) and memory",
            ),
            (
                "fchmodat(AT_FDCWD</tmp>, \"a\", 0644) = 0",
                "fchmodat(a0 = AT_FDCWD, a2 = 0o644) and memory",
            ),
            (
                "openat(3</dev/pts/1<char 136:1>>, \"\", O_RDONLY) = 4",
                "openat(a0 = 3, a2 = O_RDONLY) and memory",
            ),
            (
                "arch_prctl(0x3001 /* ARCH_??? */, 0x7ffe) = -1 EINVAL (Invalid argument)",
                "arch_prctl(a0 = 0x3001, a1 = 0x7ffe)",
            ),
            (
                "rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [], 8) = 0",
                "rt_sigprocmask(a0 = SIG_BLOCK, a3 = 8) and memory",
            ),
            (
                "mknodat(AT_FDCWD, \"a\", S_IFCHR|0600, makedev(0x1, 0x3)) = 0",
                "mknodat(a0 = AT_FDCWD, a2 = S_IFCHR | 0o600) and memory",
            ),
            (
                "clone(child_stack=NULL, flags=CLONE_VM|SIGCHLD, parent_tid=[0]) = 5",
                "clone(newsp = 0, flags = CLONE_VM | SIGCHLD) and memory",
            ),
            ("prctl(PR_CAPBSET_READ, 1<<3) = 1", "prctl(a0 = PR_CAPBSET_READ, a1 = 1<<3)"),
            ("read(3,  <unfinished ...>", "read(a0 = 3)"),
            ("tgkill(5, 6, SIGRT_1) = 0", "tgkill(a0 = 5, a1 = 6, a2 = 33)"),
            ("exit_group(0) = ?", "exit_group(a0 = 0)"),
            ("syscall_0x1388(0x1, 0x2) = -1 ENOSYS", "syscall(0x1388)(a0 = 0x1, a1 = 0x2)"),
        ] {
            assert_eq!(read(line), call, "{line}");
        }
    }

    #[test]
    fn reports_and_explanations_become_calls() {
        for (line, call) in [
            (
                "seccomp: src/a (b).rs:3 denies dup3(oldfd=5, newfd=-1, flags=O_CLOEXEC) at 0x7f00",
                "dup3(oldfd = 5, newfd = !0, flags = O_CLOEXEC)",
            ),
            (
                "seccomp: a.rs:3 denies call 1073741863(0x1, 0x2) of the ABI x32 at 0x7f",
                "syscall(1073741863)(a0 = 0x1, a1 = 0x2)x32",
            ),
            ("call -1(0x0, ?) on x86_64", "syscall(-1)(a0 = 0x0)x86_64"),
            ("socket(family=?, type=AF_UNIX) on aarch64, at 0x1", "socket(type = AF_UNIX)aarch64"),
        ] {
            assert_eq!(read(line), call, "{line}");
        }
    }

    #[test]
    fn other_texts_are_not_calls_and_nothing_panics() {
        for line in [
            "",
            "read",
            "read; write(1)",
            "syscall(39)",
            "(",
            "()",
            "a b(1)",
            "r(",
            "r(3",
            "r(\"",
            "r(\"\\",
            "r(/*",
            "r(3<",
            "r(3<é<",
            "r(({[",
        ] {
            assert_eq!(call_of_trace(line), None, "{line}");
        }
        for line in [
            "r(é, \"ü\")",
            "r())",
            "r(,,)",
            "r(-0, -)",
            "r(3<é)>, <>)",
            "r(=)",
            "r(==, a==3)",
            "r(|)",
        ] {
            let read = call_of_trace(line).expect(line);
            assert!(read.arguments.len() <= 3, "{read:?}");
        }
    }
}

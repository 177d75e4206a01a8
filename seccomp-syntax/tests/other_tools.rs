//! The forms of other tools, each with what the error says to write. The parser accepts what it says.

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::diagnostic::{Code, ErrorCode};
use seccomp_syntax::{LocatedDiagnostic, compile};

fn errors(policy: &str) -> Vec<LocatedDiagnostic> {
    let tokens: TokenStream = policy.parse().expect("balanced tokens");
    match compile(tokens, Span::call_site(), Abi::X86_64) {
        Ok(_) => panic!("`{policy}` is a policy"),
        Err(errors) => errors.iter().cloned().collect(),
    }
}

/// A policy, and what its only error says to write instead.
const FORMS: &[(&str, &str)] = &[
    ("allow libc::SYS_read; default kill", "write `read`"),
    ("allow libc::SYS_read, write; default kill", "write `read`"),
    ("allow Sysno::read; default kill", "write `read`"),
    ("allow syscalls::Sysno::openat; default kill", "write `openat`"),
    ("allow ScmpSyscall::from_name(\"read\"); default kill", "write `read`"),
    ("allow ScmpSyscall::new(\"read\"); default kill", "write `read`"),
    ("allow SCMP_SYS(read); default kill", "write `read`"),
    ("allow \"read\"; default kill", "write `read`"),
    ("allow 39; default kill", "write `syscall(39)`"),
    (
        "allow my_crate::NET; default kill",
        "write `allow read;`, and for the rules of a fragment `include path::to::FRAGMENT;`",
    ),
    (
        "read: 1; default kill",
        "write `allow read;`, with a condition in parentheses: `allow ioctl(cmd == TCGETS);`",
    ),
    (
        "ioctl: arg1 == TCGETS; default kill",
        "write `allow ioctl;`, with a condition in parentheses: `allow ioctl(cmd == TCGETS);`",
    ),
    (
        "read => allow; default kill",
        "write `allow read;`, with a condition in parentheses: `allow ioctl(cmd == TCGETS);`",
    ),
    (
        "allow read: 1; default kill",
        "write the condition in parentheses: `allow ioctl(cmd == TCGETS);`",
    ),
    (
        "allow read if fd == 0; default kill",
        "write the condition in parentheses: `allow ioctl(cmd == TCGETS);`",
    ),
    (
        "allow @file-system - @mount; default kill",
        "write the exceptions in a rule before: `errno(EPERM) @mount; allow @file-system;`",
    ),
    (
        "allow @system-service, ~@mount; default kill",
        "write the exceptions in a rule before: `errno(EPERM) @mount; allow @system-service;`",
    ),
    (
        "allow @system-service, -@mount; default kill",
        "write the exceptions in a rule before: `errno(EPERM) @mount; allow @system-service;`",
    ),
    (
        "allow !@clock; default kill",
        "write the exceptions in a rule before: `errno(EPERM) @mount; allow @system-service;`",
    ),
    ("allow read; default: kill", "write `default kill;`"),
    ("allow read; default = kill", "write `default kill;`"),
    ("allow read; unknown => errno(ENOSYS); default kill", "write `unknown kill;`"),
    (
        "allow *; default kill",
        "for every call that no rule names write `default kill;`, with any action",
    ),
    ("allow read + write; default kill", "write `,`"),
    ("allow @basic-io | @signal; default kill", "write `,`"),
    ("ctx.allow(read); default kill", "write an action and its calls: `allow read, write;`"),
    (
        "seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(read), 0); default kill",
        "write an action and its calls: `allow read, write;`",
    ),
    ("SCMP_ACT_ALLOW read; default kill", "write `allow`"),
    ("SECCOMP_RET_ERRNO read; default kill", "write `errno(EPERM)`"),
    ("ScmpAction::Allow read; default kill", "write `allow`"),
    ("allow read; default SCMP_ACT_KILL_PROCESS", "write `kill`"),
    ("allow read; default libc::SECCOMP_RET_TRAP", "write `trap`"),
    ("ALLOW read; default kill", "write `allow`"),
    (
        "ALLOW { read, write } DEFAULT KILL",
        "write `allow` and its calls without braces: `allow read, write;`",
    ),
    (
        "POLICY sample { ALLOW { read } } USE sample DEFAULT KILL",
        "write the rules one after another, `allow read, write;`, and `default kill`",
    ),
    (
        "allow { read, write }; default kill",
        "write the calls after their action: `allow read, write;`",
    ),
    (
        "#define STDIN 0\n; default kill",
        "write a constant of your program, `const LIMIT: u32 = 4096;`, and name it `self::LIMIT` or `crate::LIMIT`",
    ),
    ("#include \"other.h\"; default kill", "write `include \"other.policy\";`"),
    (
        "{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [] }; default kill",
        "write an action and its calls, `allow read, write;`, and `default errno(EPERM)`",
    ),
    (
        "SystemCallFilter=@system-service; default kill",
        "write `allow @system-service;` and `default errno(EPERM)`",
    ),
    ("allow socket(AF_INET); default kill", "write `socket(family == AF_INET)`"),
    (
        "allow socket(AF_INET, SOCK_STREAM, 0); default kill",
        "write `socket(family == AF_INET, type == SOCK_STREAM, protocol == 0)`",
    ),
    ("allow ioctl(_, libc::TCGETS); default kill", "write `ioctl(cmd == libc::TCGETS)`"),
    ("allow read(0); default kill", "write `read(fd == 0)`"),
    ("allow read(0 | 1); default kill", "write `read(fd in {0, 1})`"),
    // A constant leads to the argument that it belongs to, wherever it is written.
    ("allow kill(SIGTERM); default kill", "write `kill(sig == SIGTERM)`"),
    ("allow openat(O_RDONLY); default kill", "write `openat(flags == O_RDONLY)`"),
    ("allow mmap(PROT_READ); default kill", "write `mmap(prot == PROT_READ)`"),
    (
        "allow socket(AF_INET | AF_INET6); default kill",
        "write `socket(family in {AF_INET, AF_INET6})`",
    ),
    (
        "allow openat(O_WRONLY | O_CREAT); default kill",
        "write `openat(flags == O_WRONLY | O_CREAT)`",
    ),
    (
        "SystemCallFilter=~@mount; default kill",
        "write `errno(EPERM) @mount;` and `#[allow(seccomp::default_allow)] default allow`",
    ),
];

#[test]
fn each_form_of_another_tool_is_one_error_that_says_what_to_write() {
    for (policy, write) in FORMS {
        let found = errors(policy);
        let [error] = &found[..] else { panic!("`{policy}`: {found:?}") };
        assert_eq!(error.code, Code::Error(ErrorCode::FormOfAnotherTool), "`{policy}`: {error}");
        assert_eq!(error.help.as_deref(), Some(*write), "`{policy}`: {error}");
    }
}

/// Names, arguments and operators that are written as elsewhere.
#[test]
fn each_habit_of_another_language_is_one_error_that_says_what_to_write() {
    for (rule, says) in [
        ("read(arg0 == 1)", "write `a0`"),
        ("read(args[0] == 1)", "or as `a0` to `a5` by its position"),
        ("open(\"/etc/passwd\")", "a filter sees only the address of a text"),
        ("openat(filename == \"/etc\")", "a filter sees the address of a text, and not the text"),
        ("write(not fd == 1)", "`!(fd == 0)`"),
        ("write(fd !in {1, 2})", "`!(fd in …)`"),
        ("write(fd <> 1)", "is written `!=`"),
        ("write(fd eq 1)", "is written `==`"),
        ("write(fd ne 1)", "is written `!=`"),
        ("write(fd == STDOUT)", "did you mean `STDOUT_FILENO`?"),
        ("read write", "expected `,` before another call"),
        ("@rust-net @rust-fs", "expected `,` before another call"),
        ("@network", "did you mean `@network-io`?"),
        ("_exit", "write `exit_group`"),
        ("preadv64", "write `preadv`"),
        ("all", "for every call that no rule names write `default kill;`"),
        ("_", "for every call that no rule names write `default kill;`"),
        ("memset", "a function of C libraries, which makes no call"),
        ("__x64_sys_openat2", "did you mean `openat2`?"),
    ] {
        let found = errors(&format!("allow {rule}; default kill"));
        let [error] = &found[..] else { panic!("`{rule}`: {found:?}") };
        assert!(error.text().contains(says), "`{rule}`: {error}");
    }
}

#[test]
fn a_value_before_its_argument_is_one_error_at_the_value() {
    for (condition, write) in [
        ("AF_INET == family", "`family == AF_INET`"),
        ("AF_INET == family && type == SOCK_STREAM", "`family == AF_INET`"),
        ("family == AF_INET, SOCK_STREAM", "`argument == SOCK_STREAM`"),
    ] {
        let found = errors(&format!("allow socket({condition}); default kill"));
        let [error] = &found[..] else { panic!("`{condition}`: {found:?}") };
        assert_eq!(error.code, Code::Error(ErrorCode::NotAComparison), "`{condition}`: {error}");
        assert!(error.message.ends_with(write), "`{condition}`: {error}");
    }
}

/// The parser accepts the first text in backquotes of each advice in the place of the form, as a target, an action or an
/// item.
#[test]
fn the_parser_accepts_what_the_error_says_to_write() {
    for (_, write) in FORMS {
        let text = write.split('`').nth(1).expect("a text in backquotes");
        let taken = [
            format!("allow {text}; default kill"),
            format!("{text} read; default kill"),
            format!("{text} default kill"),
            format!("allow read {text} write; default kill"),
            format!("allow read; {text}"),
        ];
        let compiles = |policy: &String| {
            let tokens = policy.parse::<TokenStream>();
            tokens.is_ok_and(|tokens| compile(tokens, Span::call_site(), Abi::X86_64).is_ok())
        };
        let outside = ["include", "const", "libc::"].iter().any(|word| text.contains(word));
        assert!(outside || taken.iter().any(compiles), "{text}");
    }
}

#[test]
fn an_item_word_is_never_suggested_for_an_action_after_another() {
    for policy in ["allow read; unknown unknown; default kill", "allow read; default default"] {
        let found = errors(policy);
        let [error] = &found[..] else { panic!("`{policy}`: {found:?}") };
        assert!(error.text().contains("the actions are allow, log"), "{error}");
    }
    assert!(errors("default kil")[0].text().contains("did you mean `kill`?"));
    assert!(errors("defualt kill")[0].text().contains("did you mean `default`?"));
}

//! rustc compiles policies that are large, deep or strange: each gives a filter or an error within limits of processor
//! time and memory, and none overflows a stack.
//!
//! The macros are those of a debug build, as users have them. Each case is a process of rustc under limits
//! of the kernel, which end a case that needs more, whatever else the machine does. All cases together take
//! some 60 s of processor time, more than any other test program.

use std::fmt::Write as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Processor time for one case, in seconds. The longest case takes about three.
const PROCESSOR_S: u32 = 10;

/// Address space for one case, in KiB: what rustc maps without any macro, and 1 GiB.
const MEMORY_KIB: u32 = RUSTC_KIB + (1 << 20);
const RUSTC_KIB: u32 = 768 << 10;

/// After this time, in seconds, a case that waits instead of working is ended.
const WATCHDOG_S: u32 = 900;

/// The output that rustc must give for a case.
enum Expected {
    /// Only warnings: it makes a filter.
    Filter,
    /// An error with these words.
    Error(&'static str),
}

use Expected::{Error, Filter};

/// The message that only some of too many messages are shown.
const MORE: &str = "this policy has more than 256 errors, and the others begin here";

/// The library as `cargo build` makes it for a user, and the folder of its dependencies.
fn runtime() -> (PathBuf, PathBuf) {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--package=seccomp-runtime", "--message-format=json"])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "seccomp-runtime is built");
    let messages = String::from_utf8(built.stdout).expect("JSON is UTF-8");
    let rlib = messages
        .split('"')
        .find(|text| text.ends_with("libseccomp_runtime.rlib"))
        .expect("the library of seccomp-runtime");
    let rlib = PathBuf::from(rlib);
    let dependencies = rlib.parent().expect("a folder").join("deps");
    (rlib, dependencies)
}

struct Rustc {
    /// The folder of sources and included files, for `CARGO_MANIFEST_DIR`.
    folder: PathBuf,
    rlib: PathBuf,
    dependencies: PathBuf,
}

impl Rustc {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder below target");
        let (rlib, dependencies) = runtime();
        Self { folder, rlib, dependencies }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.folder.join(name), content).expect("a file below target");
    }

    /// Compiles a source with rustc.
    fn check(&self, name: &str, source: &str, expected: &Expected) {
        self.write(&format!("{name}.rs"), source);
        // Each limit has a command of its own, because some shells set only one at a time without a
        // message.
        let limits = format!(
            "ulimit -c 0 && ulimit -t {PROCESSOR_S} && ulimit -v {MEMORY_KIB} && ulimit -s 8192 && \
             test \"$(ulimit -t) $(ulimit -v)\" = \"{PROCESSOR_S} {MEMORY_KIB}\" && exec \"$@\""
        );
        let output = Command::new("timeout")
            .arg(WATCHDOG_S.to_string())
            .args(["sh", "-c", &limits, "sh", "rustc", "--edition=2024", "--crate-type=lib"])
            .args(["--emit=metadata", "--out-dir"])
            .arg(&self.folder)
            .arg(self.folder.join(format!("{name}.rs")))
            .arg("--extern")
            .arg(format!("seccomp_runtime={}", self.rlib.display()))
            .arg("-L")
            .arg(format!("dependency={}", self.dependencies.display()))
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("CARGO_PKG_NAME", "large")
            .stdin(Stdio::null())
            .output()
            .expect("rustc runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let start: String = said.chars().take(2000).collect();
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{name}: {}, and not an answer: {start}",
            output.status
        );
        assert!(!said.contains("panicked") && !said.contains("internal error"), "{name}: {start}");
        match expected {
            Filter => assert!(output.status.success(), "{name}: {start}"),
            Error(words) => {
                assert!(!output.status.success(), "{name} is refused");
                assert!(said.contains(words), "{name} says `{words}`: {start}");
            }
        }
    }

    /// Compiles a policy with rustc.
    fn policy(&self, name: &str, policy: &str, expected: &Expected) {
        self.check(name, &program(policy), expected);
    }
}

fn program(policy: &str) -> String {
    format!(
        "pub const X: u32 = 1;\n\
         pub const P: seccomp_runtime::Policy = seccomp_runtime::seccomp_policy! {{\n{policy}\n}};\n"
    )
}

/// The text of each number, with a separator between them.
fn each(count: usize, between: &str, mut one: impl FnMut(usize) -> String) -> String {
    let mut all = String::new();
    for number in 0..count {
        let before = if number == 0 { "" } else { between };
        write!(all, "{before}{}", one(number)).expect("memory");
    }
    all
}

/// A word that no name is close to.
fn nonsense(number: usize) -> String {
    let mut letters = String::new();
    let mut rest = number;
    for _ in 0..9 {
        letters.push(char::from(b'a' + (rest % 26) as u8));
        rest = rest / 26 + 7 * (number % 97) + 3;
    }
    letters
}

#[test]
fn of_thousands_of_errors_as_many_are_reported_as_a_person_reads() {
    let rustc = Rustc::new("mistakes");
    let abis = "arch x86_64, x86, x32, arm, aarch64, mipsel, riscv64, loongarch64;";
    let constants = each(1000, ", ", |number| nonsense(number).to_uppercase());
    let policy = format!("{abis} allow ioctl(cmd in {{{constants}}}); default kill");
    rustc.policy("constants", &policy, &Error(MORE));
    for (name, item) in [
        ("calls", "allow {};"),
        ("groups", "allow @{};"),
        ("arguments", "allow ioctl({} == 0);"),
        ("actions", "{} read;"),
        ("warnings", "#[allow(seccomp::{})] allow read;"),
        ("semicolons", ";"),
        ("defaults", "default kill;"),
    ] {
        // All errors are on one line, which rustc quotes for each.
        let items = each(5000, " ", |number| item.replace("{}", &nonsense(number)));
        rustc.policy(name, &format!("{items} default kill"), &Error(MORE));
    }
    let policy = format!("arch {}; allow read; default kill", each(5000, ", ", nonsense));
    rustc.policy("abis", &policy, &Error(MORE));
    let policy = format!("{} default kill", "allow raed;\n".repeat(4000));
    rustc.policy("the_same", &policy, &Error(MORE));
    let policy = format!("allow read; {} default kill", "errno(1) read;".repeat(5000));
    rustc.policy("unreachable", &policy, &Error(MORE));
    let policy = format!("{} default kill", "allow read;".repeat(5000));
    rustc.policy("redundant", &policy, &Filter);
    let values = each(2000, " ", |number| format!("allow read(fd == {number});"));
    let pairs = each(2000, " ", |number| format!("allow read(fd < 2000, count == {number});"));
    let policy = format!("{values} {pairs} default kill");
    rustc.policy("together", &policy, &Error("the rules above together decide every call"));
}

#[test]
fn of_thousands_of_warnings_as_many_are_reported_as_a_person_reads() {
    let rustc = Rustc::new("warnings");
    let rules = each(3000, " ", |number| format!("errno(EPERM) openat(mode == {number});"));
    let source = program(&format!("{rules} allow open, openat2; default kill"));
    rustc.check("warnings", &source, &Filter);
    let denied = format!("#![deny(deprecated)]\n{source}");
    rustc.check(
        "denied",
        &denied,
        &Error("this policy has more than 256 warnings, and the others begin here"),
    );
}

#[test]
fn thousands_of_values_groups_and_tokens_are_a_filter_or_an_error() {
    let rustc = Rustc::new("values");
    let set = |count| each(count, ", ", |number| (number * 7).to_string());
    let rule = |set: &str| format!("allow ioctl(cmd in {{{set}}}); default kill");
    let too_much = Error("and the kernel takes at most 4096");
    rustc.policy("set", &rule(&set(50_000)), &too_much);
    let eight = "arch x86_64, x86, x32, arm, aarch64, mipsel, riscv64, loongarch64;";
    let limit = Error("this policy has more than 200000 calls and values");
    rustc.policy("set_on_eight_abis", &format!("{eight} {}", rule(&set(50_000))), &limit);
    let groups = each(5000, ", ", |_| "@system-service".to_owned());
    rustc.policy("groups", &format!("allow {groups}; default kill"), &limit);
    let dots = format!("allow read({}); default kill", ". ".repeat(1_000_001));
    rustc.policy("tokens", &dots, &Error("a policy has at most 1000000 tokens"));
}

#[test]
fn thousands_of_operands_and_conditions_are_a_filter_or_an_error() {
    let rustc = Rustc::new("operands");
    let operands = |operand: &str| {
        let value = each(10_000, " | ", |_| operand.to_owned());
        format!("allow ioctl(cmd == {value}); default kill")
    };
    rustc.policy("known", &operands("64"), &Filter);
    rustc.policy("of_rustc", &operands("self::X"), &Filter);
    let too_long = Error("instructions, and the kernel takes at most 4096");
    for (name, sign, operator) in [("or", "||", "=="), ("and", "&&", "!="), ("comma", ",", "!=")] {
        let all =
            each(10_000, &format!(" {sign} "), |number| format!("cmd {operator} {}", number * 3));
        rustc.policy(name, &format!("allow ioctl({all}); default kill"), &too_long);
    }
    let rules = each(10_000, " ", |number| format!("allow ioctl(cmd == {});", number * 3));
    rustc.policy("rules", &format!("{rules} default kill"), &too_long);
}

/// Random numbers of 31 bits, the same in each run.
fn draws(seed: u64) -> impl FnMut() -> u64 {
    let mut random = seed;
    move || {
        // Knuth, The Art of Computer Programming 2, 3.3.4: the multiplier of MMIX.
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random >> 33
    }
}

/// Diagrams of these conditions are too large, so each policy is proven test by test.
#[test]
fn a_condition_with_too_many_combinations_for_a_diagram_is_a_filter() {
    let rustc = Rustc::new("combinations");
    let bits = each(16, " && ", |bit| {
        let is = |argument: &str, operator: &str| format!("{argument} & {} {operator} 0", 1 << bit);
        let both = |operator: &str| format!("{} && {}", is("fd", operator), is("count", operator));
        format!("({} || {})", both("=="), both("!="))
    });
    let policy = format!("allow read({bits}); default kill");
    rustc.policy("equal_arguments", &policy, &Filter);
    let mut draw = draws(1);
    let masks = each(33, " || ", |_| {
        let part = each(3, " && ", |_| {
            let mask = draw() & draw() & 0x7fff_ffff;
            let operator = [">=", "<", "=="][draw() as usize % 3];
            format!("count & {mask} {operator} {}", draw() & mask)
        });
        format!("({part})")
    });
    rustc.policy("masks", &format!("allow read({masks}); default kill"), &Filter);
    // Any random call satisfies some of these conditions, so random calls find none that the policy
    // denies.
    let masks = each(600, " || ", |_| {
        let bits = each(5, " | ", |_| (1_u64 << (draw() % 64)).to_string());
        format!("count & ({bits}) == 0")
    });
    rustc.policy("masks_alone", &format!("allow read({masks}); default kill"), &Filter);
}

/// The same for several rules, and for values of rustc.
#[test]
fn rules_with_too_many_combinations_for_a_diagram_are_a_filter() {
    let rustc = Rustc::new("rules");
    let mut draw = draws(2);
    let rules = each(40, " ", |number| {
        let first = draw();
        let part = each(3, ", ", |part| {
            let argument = (first + 2 * part as u64) % 6;
            let operator = if part == 0 { "==" } else { ["<", ">"][draw() as usize % 2] };
            format!("a{argument} as u32 {operator} {}", 1 + (draw() >> (draw() % 4)))
        });
        let action = if number % 2 == 0 { format!("errno({number})") } else { "allow".to_owned() };
        format!("{action} mmap({part});")
    });
    rustc.policy("rules", &format!("{rules} default kill"), &Filter);
    let symbols = each(100, " ", |number| {
        let operator = if number % 3 == 0 { "<" } else { "==" };
        format!("allow mmap(len {operator} {{ {} }}, prot == {number});", number * 7 + 1)
    });
    rustc.policy("of_rustc", &format!("{symbols} default kill"), &Filter);
    let listed = each(1000, ", ", |number| format!("{{ {} }}", number * 7 + 1));
    rustc.policy("listed", &format!("allow mmap(len in {{{listed}}}); default kill"), &Filter);
    let listed = each(900, ", ", |number| format!("{{ {} }}", number * 7 + 1));
    let policy = format!("allow mmap(!(len in {{{listed}}})); default kill");
    rustc.policy("none_of_listed", &policy, &Filter);
}

/// Because of the masks, the diagrams of the whole call do not hold the single values of 64 bits.
#[test]
fn a_long_list_beside_masks_is_a_filter() {
    let rustc = Rustc::new("list_and_masks");
    let mut draw = draws(3);
    for (name, masks, values) in [("few_masks", 1, 1300), ("many_masks", 200, 600)] {
        let masks = each(masks, " || ", |_| {
            let bits = each(5, " | ", |_| (1_u64 << (draw() % 64)).to_string());
            format!("len & ({bits}) == 0")
        });
        let values = each(values, ", ", |_| (draw() << 31 | draw()).to_string());
        let policy = format!("allow mmap({masks} || len in {{{values}}}); default kill");
        rustc.policy(name, &policy, &Filter);
    }
}

#[test]
fn input_that_is_too_deep_or_too_long_is_refused_and_not_followed() {
    let rustc = Rustc::new("deep");
    let nested = Error("nested deeper than 64 levels");
    let deep = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for (name, condition) in [
        ("parentheses", deep("(", "cmd == 0", ")", 5000)),
        ("not", deep("!(", "cmd == 0", ")", 5000)),
        ("not_a_value", format!("cmd == {}0", "!".repeat(5000))),
        ("braces", format!("cmd == {}", deep("{", "0", "}", 5000))),
    ] {
        rustc.policy(name, &format!("allow ioctl({condition}); default kill"), &nested);
    }
    let attribute = deep("(", "x", ")", 3000);
    rustc.policy("cfg", &format!("#[cfg{attribute}] allow read; default kill"), &nested);
    let fragment = deep("(", "fd == 0", ")", 9000);
    let source =
        format!("seccomp_runtime::seccomp_fragment! {{ F {{ allow read({fragment}); }} }}");
    rustc.check("fragment", &source, &nested);
    let call = deep("(", "0", ")", 5000);
    let source =
        format!("pub const C: seccomp_runtime::Call = seccomp_runtime::call!(read({call}));");
    rustc.check("call", &source, &nested);
    rustc.write("deep.policy", format!("#[cfg{}] allow read;", deep("(", "x", ")", 50_000)));
    rustc.policy("file", "include \"deep.policy\"; default kill", &nested);
    // The compiler looks at each level once, and not once for each level around it.
    let mask = each(20_000, "|", |_| "1".to_owned());
    let subject = deep("(", &format!("cmd & ({mask})"), ")", 60);
    rustc.policy("subject", &format!("allow ioctl({subject} == 1); default kill"), &Filter);
    let condition = deep("(", &format!("cmd & ({mask}) == 1"), ")", 60);
    rustc.policy("condition", &format!("allow ioctl({condition}); default kill"), &Filter);
    for (name, value, words) in [
        ("digits", "1".repeat(1_000_000), "does not fit 64 bits"),
        ("zeros", "0".repeat(1_000_000), "zero is written `0`"),
        ("suffix", format!("1{}", "u".repeat(1_000_000)), "no suffix"),
        ("name", "A".repeat(1_000_000), "unknown constant"),
        ("text", format!("\"{}\"", "x".repeat(1_000_000)), "expected an integer"),
    ] {
        let policy = format!("allow ioctl(cmd == {value}); default kill");
        rustc.policy(name, &policy, &Error(words));
    }
    let conditions =
        each(1000, " ", |number| format!("#[cfg(feature = \"f{number}\")] allow read;"));
    rustc.policy("conditions", &format!("{conditions} allow read; default kill"), &Filter);
    let hot = "#[hot]".repeat(10_000);
    rustc.policy("attributes", &format!("{hot} allow read; default kill"), &Filter);
    let comments = "/// x\n".repeat(10_000);
    let policy = format!("{comments} allow read; default kill");
    rustc.policy("comments", &policy, &Error("unknown attribute `doc`"));
}

#[test]
fn whatever_is_included_ends() {
    let rustc = Rustc::new("included");
    let include = |name: &str| format!("include \"{name}\"; default kill");
    let no_file = "it is not a file but a folder, a device, a pipe or a socket";
    let made = Command::new("mkfifo").arg(rustc.folder.join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    // The address of a socket has 107 bytes at most (unix(7), Linux man-pages 6.9.1).
    let socket = std::env::temp_dir().join(format!("policy-{}", std::process::id()));
    let listener = UnixListener::bind(&socket).expect("a socket");
    std::os::unix::fs::symlink("/dev/zero", rustc.folder.join("link")).expect("a link");
    let socket_name = socket.to_str().expect("a path in UTF-8");
    for name in ["/dev/zero", "/dev/random", "/dev/tty", "pipe", socket_name, ".", "link"] {
        rustc.policy("no_file", &include(name), &Error(no_file));
    }
    drop(listener);
    std::fs::remove_file(&socket).expect("the socket is removed");
    rustc.policy("kernel", &include("/proc/self/status"), &Error("it is empty"));
    rustc.write("empty.policy", "");
    rustc.policy("empty", &include("empty.policy"), &Error("it is empty"));
    rustc.write("bytes.policy", b"allow read;\xff");
    rustc.policy("bytes", &include("bytes.policy"), &Error("not text in UTF-8 from byte 11 on"));
    rustc.write("huge.policy", "allow read;\n".repeat(100_000));
    rustc.policy("huge", &include("huge.policy"), &Error("it has more than 1048576 bytes"));
    rustc.policy("missing", &include("missing.policy"), &Error("No such file or directory"));
    rustc.write("itself.policy", "include \"itself.policy\";");
    rustc.policy("itself", &include("itself.policy"), &Error("includes itself"));
    rustc.write("a.policy", "include \"b.policy\";");
    rustc.write("b.policy", "include \"a.policy\";");
    rustc.policy("each_other", &include("a.policy"), &Error("includes itself"));
    for number in 0..40 {
        let next = number + 1;
        rustc.write(&format!("deep{number}.policy"), format!("include \"deep{next}.policy\";"));
        let twice = format!("include \"twice{next}.policy\"; include \"twice{next}.policy\";");
        rustc.write(&format!("twice{number}.policy"), twice);
    }
    rustc.policy("inside", &include("deep0.policy"), &Error("is nested 32 files deep"));
    let limit = Error("a policy includes at most 1024 files with 1048576 bytes");
    rustc.policy("doubled", &include("twice0.policy"), &limit);
    rustc.write("large.policy", "allow read;\n".repeat(30_000));
    let large = each(3, " ", |_| "include \"large.policy\";".to_owned());
    rustc.policy("large", &format!("{large} default kill"), &limit);
    rustc.write("one.policy", "allow read(fd == 0);\n");
    let one = |count| each(count, " ", |_| "include \"one.policy\";".to_owned());
    rustc.policy("the_same", &format!("{} default kill", one(1000)), &Filter);
    rustc.policy("too_often", &format!("{} default kill", one(2000)), &limit);
    for number in 0..1000 {
        rustc.write(&format!("{number}.policy"), format!("allow ioctl(cmd == {number});"));
    }
    let others = each(1000, " ", |number| format!("include \"{number}.policy\";"));
    rustc.policy("others", &format!("{others} default kill"), &Filter);
    let fragments = each(1000, " ", |_| "include F;".to_owned());
    let source = program(&format!("{fragments} default kill"));
    let fragment = "seccomp_runtime::seccomp_fragment! { F { allow read(fd == 0); } }";
    rustc.check("fragments", &format!("{fragment}\n{source}"), &Filter);
}

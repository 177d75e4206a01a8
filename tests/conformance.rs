//! The conformance corpus (`tests/conformance/`): every policy is compiled for each of its ABIs, and each call is given to the meaning of
//! the policy, to the filter and, on the host's ABI, to the running kernel.

use std::io::Write;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::{check, interpret};
use seccomp_ir::policy::{Symbol, meaning};
use seccomp_ir::prove::prove;
use seccomp_tests::corpus::image::Image;
use seccomp_tests::corpus::{Case, Topic};
use seccomp_tests::freestanding;

/// One test for each file, so that they run side by side.
macro_rules! topics {
    ($($test:ident)*) => {
        $(#[test]
        fn $test() {
            holds(&stringify!($test).replace('_', "-"));
        })*

        #[test]
        fn every_file_of_the_corpus_has_a_test() {
            let mut tests = vec![$(stringify!($test).replace('_', "-"),)*];
            tests.sort();
            assert_eq!(tests, Topic::names());
        }
    };
}

topics! {
    actions
    argument_order
    bad_arch
    casts
    commands
    constants
    default
    errno_names
    groups
    known_attacks
    logic
    long_jumps
    masks
    missing_calls
    multiplexers
    named_arguments
    numbers
    order_of_rules
    pointers
    positional_arguments
    refusals
    register_pairs
    reports
    rules_of_some_abis
    run_time_values
    sets_and_ranges
    several_abis
    signed
    syscall_by_number
    unknown
    used_bits
    whole_policies
    widths_16
    widths_32
    widths_64
    x32
}

/// What was checked.
#[derive(Default)]
struct Count {
    policies: usize,
    refusals: usize,
    calls: usize,
}

fn holds(topic: &str) {
    let topic = Topic::load(topic);
    let mut count = Count::default();
    let mut wrong = Vec::new();
    for case in &topic.cases {
        for &target in &case.targets {
            let mistakes = case_holds(case, target, &mut count);
            wrong.extend(mistakes.into_iter().map(|mistake| {
                format!("{}: {} [{}]: {mistake}", case.place, case.claim, target.name())
            }));
        }
    }
    let Count { policies, refusals, calls } = count;
    say(&format!(
        "{}: {} cases, {policies} programs, {calls} calls, {refusals} refusals",
        topic.name,
        topic.cases.len()
    ));
    assert!(wrong.is_empty(), "{} mistakes:\n{}", wrong.len(), wrong.join("\n"));
}

/// The expectations of a case that fail on one target.
fn case_holds(case: &Case, target: Abi, count: &mut Count) -> Vec<String> {
    let refusal = case.refusal(target);
    let compiled = match (case.compile(target), &refusal[..]) {
        (Ok(compiled), []) => compiled,
        // A wrong value of the running program is refused later.
        (Ok(compiled), _) if !compiled.symbols.is_empty() => compiled,
        (Ok(_), expected) => return vec![format!("compiles, and not: {}", expected.join(" / "))],
        (Err(error), []) => return vec![format!("refused: {error}")],
        (Err(error), expected) => {
            count.refusals += expected.len();
            let missing = expected.iter().filter(|message| !error.contains(**message));
            return missing.map(|message| format!("not `{message}` but: {error}")).collect();
        }
    };
    let (values, filter) = match (case.filled(&compiled), &refusal[..]) {
        (Ok(filled), []) => filled,
        (Ok(_), expected) => {
            return vec![format!("takes the values, and not: {}", expected.join(" / "))];
        }
        (Err(error), []) => return vec![format!("refuses a value: {error}")],
        (Err(error), expected) => {
            count.refusals += expected.len();
            let missing = expected.iter().filter(|message| !error.contains(**message));
            return missing.map(|message| format!("not `{message}` but: {error}")).collect();
        }
    };
    let calls = case.calls(target);
    count.policies += 1;
    count.calls += calls.len();

    let mut wrong = Vec::new();
    if let Err(error) = check(&filter) {
        wrong.push(format!("the kernel would not load it: {error}"));
    }
    if let Err(refusal) = prove(&compiled.policy, &compiled.filter) {
        wrong.push(format!("not proven: {refusal}"));
    }
    for call in &calls {
        let value_of = |symbol: Symbol| values[symbol.0 as usize];
        let means = meaning(&compiled.policy, &call.data, &value_of);
        if means != call.expected {
            wrong.push(format!("line {}: means {means}: {}", call.place.line, call.text));
        }
        let does = interpret(&filter, &call.data, target.endian());
        if does != Ok(call.expected.to_return_value()) {
            let does = does.map(Action::from_return_value);
            wrong.push(format!("line {}: does {does:?}: {}", call.place.line, call.text));
        }
    }
    wrong
}

/// The kernel part runs in a program of its own (`tests/no-std`), which `tests/kernels/run` also
/// starts on kernels of other architectures.
#[test]
fn the_running_kernel_answers_every_call_of_the_corpus() {
    let image = Image::new(&Topic::load_all(), Abi::NATIVE);
    say(&image.summary(Abi::NATIVE));
    let run = freestanding::run(&freestanding::build(), &image.bytes);
    assert_eq!((run.passed, run.failed), (image.calls + image.harmless, 0), "{}", run.output);
}

/// A program cannot tell these apart: both kills end a process of one thread, the kernel makes a
/// logged call like an allowed one, and without a listener `notify` is `ENOSYS`.
const LOOK_ALIKE: &[&[&str]] = &[
    &["allow", "log"],
    &["kill", "kill_thread"],
    &["notify", "errno(38)"],
    &["errno(0)"],
    &["errno(7)"],
    &["trap(0)"],
    &["trap(7)"],
    &["trace(0)"],
    &["trace(7)"],
];

#[test]
fn the_kernel_part_notices_every_wrong_expectation() {
    let mut text = String::new();
    let (mut right, mut wrong) = (0, 0);
    for (i, actions) in LOOK_ALIKE.iter().enumerate() {
        for (j, expectations) in LOOK_ALIKE.iter().enumerate() {
            for (action, expected) in
                actions.iter().flat_map(|a| expectations.iter().map(move |e| (a, e)))
            {
                *(if i == j { &mut right } else { &mut wrong }) += 1;
                text += &format!("== {action}\n{action} openat;\ndefault errno(1)\n--\n");
                text += &format!("openat(0, 0, 0, 0, 0, 0) => {expected}\n");
            }
        }
    }
    let image = Image::new(&[Topic::from_text("wrong", &text)], Abi::NATIVE);
    assert_eq!((image.calls, image.harmless), (right + wrong, 0));
    let run = freestanding::run(&freestanding::build(), &image.bytes);
    assert_eq!((run.passed, run.failed), (right, wrong), "{}", run.output);
}

#[test]
fn a_corpus_that_is_cut_short_is_a_failure() {
    let text = "== one\nallow getpid;\ndefault errno(1)\n--\ngetpid(0, 0, 0, 0, 0, 0) => allow\n";
    let image = Image::new(&[Topic::from_text("short", text)], Abi::NATIVE);
    let filter = freestanding::build();
    let run = freestanding::run(&filter, &image.bytes);
    assert_eq!((run.passed, run.failed), (2, 0), "{}", run.output);
    let run = freestanding::run(&filter, &image.bytes[..image.bytes.len() - 1]);
    assert_eq!((run.passed, run.failed), (0, 1), "{}", run.output);
}

/// Prints a line even if the harness hides the output of passed tests.
fn say(line: &str) {
    // A failed write changes no result.
    let _ = writeln!(std::io::stderr(), "{line}");
}

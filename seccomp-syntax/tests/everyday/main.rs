//! Policies as people write them every day, of one to four rules, beside the straight chain that a person would
//! write for each: none of the filters is longer by more than an instruction, and none is deeper.

mod files_and_signals;
mod ids_and_options;
mod ioctls_and_sockets;
mod memory_and_threads;
mod other_calls;

use fastrand::Rng;
use seccomp_ir::abi::Abi;
use seccomp_ir::prove::{Refusal, prove};
use seccomp_syntax::PolicyText;
use seccomp_test_support::chain::chain;
use seccomp_test_support::distribution::Distribution;

const ABIS: [Abi; 5] = [Abi::X86_64, Abi::X86, Abi::S390x, Abi::Arm, Abi::Aarch64];

/// How many policies are drawn.
const COUNT: u64 = 300;

/// One kind of rules. A policy has at most one kind about the same calls, because the rules would decide each other's calls.
struct Shape {
    about: &'static str,
    rules: fn(&mut Rng, Abi) -> Vec<String>,
}

const SHAPES: &[Shape] = &[
    Shape { about: "ioctl", rules: ioctls_and_sockets::deny_in_a_group },
    Shape { about: "ioctl", rules: ioctls_and_sockets::commands_of_a_driver },
    Shape { about: "ioctl", rules: ioctls_and_sockets::commands_by_direction },
    Shape { about: "ioctl", rules: ioctls_and_sockets::commands_by_size },
    Shape { about: "ioctl", rules: ioctls_and_sockets::listed_commands },
    Shape { about: "socket", rules: ioctls_and_sockets::socket_types },
    Shape { about: "socket", rules: ioctls_and_sockets::packet_sockets },
    Shape { about: "accept4", rules: ioctls_and_sockets::accept_flags },
    Shape { about: "uid", rules: ids_and_options::uid_range },
    Shape { about: "uid", rules: ids_and_options::uid_under_a_mask },
    Shape { about: "chown", rules: ids_and_options::owners },
    Shape { about: "fcntl", rules: ids_and_options::fcntl_commands },
    Shape { about: "fcntl", rules: ids_and_options::fcntl_flags },
    Shape { about: "prctl", rules: ids_and_options::prctl_options },
    Shape { about: "prctl", rules: ids_and_options::prctl_with_arguments },
    Shape { about: "mmap", rules: memory_and_threads::anonymous_memory },
    Shape { about: "mmap", rules: memory_and_threads::never_writable_and_executable },
    Shape { about: "mprotect", rules: memory_and_threads::protection },
    Shape { about: "clone", rules: memory_and_threads::threads },
    Shape { about: "clone", rules: memory_and_threads::no_namespaces },
    Shape { about: "unshare", rules: memory_and_threads::unshare },
    Shape { about: "futex", rules: memory_and_threads::futex_operations },
    Shape { about: "futex", rules: memory_and_threads::futex_by_command },
    Shape { about: "openat", rules: files_and_signals::read_only },
    Shape { about: "openat", rules: files_and_signals::no_creation },
    Shape { about: "fchmodat", rules: files_and_signals::modes },
    Shape { about: "kill", rules: files_and_signals::signals },
    Shape { about: "tgkill", rules: files_and_signals::signals_of_threads },
    Shape { about: "rt_sigaction", rules: files_and_signals::handlers },
    Shape { about: "write", rules: other_calls::short_writes },
    Shape { about: "write", rules: other_calls::standard_output },
    Shape { about: "getrandom", rules: other_calls::random_bytes },
    Shape { about: "ftruncate", rules: other_calls::file_sizes },
    Shape { about: "lseek", rules: other_calls::offsets },
    Shape { about: "madvise", rules: other_calls::advice },
    Shape { about: "setsockopt", rules: other_calls::socket_options },
    Shape { about: "prlimit64", rules: other_calls::limits },
    Shape { about: "clock_gettime", rules: other_calls::clocks },
    Shape { about: "personality", rules: other_calls::personalities },
    Shape { about: "memfd_create", rules: other_calls::memory_files },
    Shape { about: "dup3", rules: other_calls::descriptors },
    Shape { about: "ptrace", rules: other_calls::tracing },
];

/// Some of these, in order.
fn some(rng: &mut Rng, of: &[&str], most: usize) -> Vec<String> {
    let count = rng.usize(1..=most.min(of.len()));
    let mut chosen: Vec<usize> = (0..of.len()).collect();
    rng.shuffle(&mut chosen);
    chosen.truncate(count);
    chosen.sort_unstable();
    chosen.into_iter().map(|index| of[index].to_owned()).collect()
}

fn list(rng: &mut Rng, of: &[&str], most: usize) -> String {
    some(rng, of, most).join(", ")
}

fn flags(rng: &mut Rng, of: &[&str], most: usize) -> String {
    some(rng, of, most).join(" | ")
}

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// An action of a rule above the one that allows.
fn denial(rng: &mut Rng) -> &'static str {
    one(rng, &["errno(EPERM)", "errno(EACCES)", "kill", "log", "trap"])
}

/// The text of the policy of this seed.
fn policy(rng: &mut Rng, abi: Abi) -> String {
    let mut rules = Vec::new();
    let mut about: Vec<&str> = Vec::new();
    for _ in 0..rng.usize(1..=3) {
        let shape = &SHAPES[rng.usize(..SHAPES.len())];
        // On s390x both of these make rules about mprotect.
        let subject = if shape.about == "mmap" && memory_and_threads::mmap(abi).is_none() {
            "mprotect"
        } else {
            shape.about
        };
        if !about.contains(&subject) {
            about.push(subject);
            rules.extend((shape.rules)(rng, abi));
        }
    }
    rules.truncate(4);
    let default = one(rng, &["kill", "kill", "errno(EPERM)", "errno(ENOSYS)", "trap"]);
    format!("{};\ndefault {default}", rules.join(";\n"))
}

#[test]
fn no_everyday_policy_has_a_longer_or_deeper_filter_than_a_person_would_write() {
    let (mut lengths, mut depths) = (Distribution::default(), Distribution::default());
    let mut worse = Vec::new();
    let mut wrong = Vec::new();
    for seed in 0..COUNT {
        let rng = &mut Rng::with_seed(seed);
        let abi = ABIS[seed as usize % ABIS.len()];
        let text = policy(rng, abi);
        let compiled = match PolicyText::new("everyday.policy", &text, abi).compile() {
            Ok(compiled) => compiled.compiled,
            Err(report) => {
                wrong.push(format!("{}: {report}", abi.name()));
                continue;
            }
        };
        let chain = chain(&compiled.policy);
        match prove(&compiled.policy, &chain) {
            // A chain need not let the kernel remember the calls that are always allowed.
            Ok(_) | Err(Refusal::NotConstant { .. }) => {}
            Err(refusal) => panic!("the chain is wrong: {refusal}\n{}: {text}", abi.name()),
        }
        let (length, depth) = (compiled.filter.instructions.len(), compiled.filter.longest_path());
        let (most, deepest) = (chain.instructions.len(), chain.longest_path());
        if length > most + 1 || depth > deepest {
            worse.push(format!(
                "{length} of {most}, path {depth} of {deepest}: {}:\n{text}",
                abi.name()
            ));
        }
        lengths.add(length as f64 / most as f64);
        depths.add(depth as f64 / deepest as f64);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let table = format!("| length | {} |\n| longest path | {} |\n", lengths.row(), depths.row());
    println!("{table}");
    assert!(worse.is_empty(), "{}", worse.join("\n\n"));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.md");
    let page = std::fs::read_to_string(page).expect("the page of figures");
    assert!(page.contains(&table), "docs/figures.md is to have these lines:\n{table}");
}

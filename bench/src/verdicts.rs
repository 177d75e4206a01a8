//! Whether programs of different compilers decide alike.

use seccomp_ir::abi::{Call, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::interpret;
use seccomp_ir::policy::meaning;

use crate::calls;
use crate::compilers::{Compiler, Made, ours};
use crate::workload::Workload;

/// What comparing a program with its policy came to.
#[derive(Debug)]
pub struct Comparison {
    /// How many calls were compared.
    pub calls: usize,
    /// Calls that the program answers otherwise than the policy, at most a few.
    pub differences: Vec<Difference>,
    /// The actions of the filter for x32 calls, each action once: whether a compiler tells them from
    /// x86_64 calls is its own business, so they are not compared.
    pub x32: Vec<Action>,
}

/// A call that a program answers otherwise than its policy.
#[derive(Debug)]
pub struct Difference {
    /// The call.
    pub call: Call,
    /// The policy's answer.
    pub want: Action,
    /// The program's answer.
    pub got: Action,
}

const SHOWN: usize = 5;

/// Compares `made` with the policy of `workload`, on calls that it did not leave out.
///
/// # Panics
///
/// If the program does what the kernel's load rules forbid.
#[must_use]
pub fn compare(workload: &Workload, compiler: Compiler, made: &Made) -> Comparison {
    let policy = ours::policy(workload);
    let action_of = |call: &Call| {
        let value = interpret(&made.filter, call, Endian::Little);
        Action::from_return_value(value.unwrap_or_else(|fault| panic!("{compiler:?}: {fault}")))
    };
    let mut comparison = Comparison { calls: 0, differences: Vec::new(), x32: Vec::new() };
    for call in calls::samples(workload) {
        // A typed policy asks other questions of arguments: only its programs' size is compared.
        if made.left_out.contains(&call.nr) || compiler == Compiler::OursTyped {
            continue;
        }
        comparison.calls += 1;
        let (want, got) = (meaning(&policy, &call, &|_| 0), action_of(&call));
        if want != got && comparison.differences.len() < SHOWN {
            comparison.differences.push(Difference { call, want, got });
        }
    }
    for call in calls::x32() {
        let action = action_of(&call);
        if !comparison.x32.contains(&action) {
            comparison.x32.push(action);
        }
    }
    comparison
}

//! Whether filters of different compilers have the same actions.

use seccomp_ir::abi::{Call, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::interpret;
use seccomp_ir::policy::meaning;

use crate::calls;
use crate::compilers::{Compiler, Made, ours};
use crate::workload::Workload;

/// The result of a comparison of a filter with its policy.
#[derive(Debug)]
pub struct Comparison {
    /// The number of compared calls.
    pub calls: usize,
    /// Calls for which filter and policy have different actions, at most a few.
    pub differences: Vec<Difference>,
    /// The actions of the filter for x32 calls, each action once. Compilers may treat these as
    /// x86_64 calls or not, so they are not compared.
    pub x32: Vec<Action>,
}

/// A call for which filter and policy have different actions.
#[derive(Debug)]
pub struct Difference {
    /// The call.
    pub call: Call,
    /// The policy's action.
    pub want: Action,
    /// The filter's action.
    pub got: Action,
}

const SHOWN: usize = 5;

/// Compares `made` with the policy of `workload`, on calls that it did not leave out.
///
/// # Panics
///
/// If the filter breaks the kernel's load rules.
#[must_use]
pub fn compare(workload: &Workload, compiler: Compiler, made: &Made) -> Comparison {
    let policy = ours::policy(workload);
    let action_of = |call: &Call| {
        let value = interpret(&made.filter, call, Endian::Little);
        Action::from_return_value(value.unwrap_or_else(|fault| panic!("{compiler:?}: {fault}")))
    };
    let mut comparison = Comparison { calls: 0, differences: Vec::new(), x32: Vec::new() };
    for call in calls::samples(workload) {
        // A typed policy compares arguments in other widths, so only the length of its filter is
        // compared.
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

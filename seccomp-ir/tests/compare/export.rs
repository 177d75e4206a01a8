//! Writes pairs and the results of their comparison as JSON for `tests/independent/compare.py`, to the file that
//! `SECCOMP_PAIRS` names.

use std::fs::OpenOptions;
use std::io::Write as _;

use seccomp_ir::abi::Endian;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::compare::PolicyComparison;
use seccomp_ir::policy::Policy;
use seccomp_test_support::policy_json::policy_json;
use serde_json::{Value as Json, json};

/// Adds two filters and the result of their comparison.
pub(crate) fn filters(
    name: &str,
    left: &[SockFilter],
    right: &[SockFilter],
    found: &PolicyComparison,
) {
    let filter = |filter: &[SockFilter]| {
        let instructions = filter.iter().map(|at| json!([at.code, at.jt, at.jf, at.k]));
        json!({ "filter": instructions.collect::<Vec<_>>() })
    };
    add(name, &filter(left), &filter(right), super::ENDIAN, found);
}

/// Adds two policies without symbols and the result of their comparison.
pub(crate) fn policies(name: &str, left: &Policy, right: &Policy, found: &PolicyComparison) {
    let policy = |policy| json!({ "policy": policy_json(policy) });
    add(name, &policy(left), &policy(right), left.endian(), found);
}

fn add(name: &str, left: &Json, right: &Json, endian: Endian, found: &PolicyComparison) {
    let Some(path) = std::env::var_os("SECCOMP_PAIRS") else { return };
    let line = json!({
        "name": name,
        "left": left,
        "right": right,
        "big_endian": endian == Endian::Big,
        "wider": found.wider.is_some(),
        "narrower": found.narrower.is_some(),
        "otherwise": found.otherwise.is_some(),
    });
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("a file");
    writeln!(file, "{line}").expect("a file");
}

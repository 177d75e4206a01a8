//! Writes policies and filters as JSON for `tests/independent/check.py`.

use seccomp_ir::abi::{Endian, Half};
use seccomp_ir::filter::{Filter, SymbolOperand};
use seccomp_ir::policy::Policy;
use seccomp_test_support::policy_json::policy_json;
use serde_json::{Value as Json, json};

/// A policy, its filter, filters that should be equal to it, and some that should differ.
pub(crate) fn line(
    name: &str,
    policy: &Policy,
    compiled: &Filter,
    equal: &[Filter],
    different: &[Filter],
) -> String {
    let big = policy.abis[0].abi.endian() == Endian::Big;
    json!({
        "name": name,
        "big_endian": big,
        "policy": policy_json(policy),
        "program": filter(compiled),
        "equal": equal.iter().map(filter).collect::<Vec<_>>(),
        "different": different.iter().map(filter).collect::<Vec<_>>(),
    })
    .to_string()
}

/// `[code, jt, jf, k, operand]` for each instruction; the operand is null or from a relocation.
fn filter(filter: &Filter) -> Json {
    let instructions = filter.instructions.iter().enumerate().map(|(i, instruction)| {
        let operand = filter.relocations.iter().find(|relocation| relocation.index.0 == i);
        let operand = operand.map(|relocation| match relocation.operand {
            SymbolOperand::Word { symbol, half, keep, flip } => {
                json!({"symbol": symbol.0, "high": half == Half::High, "keep": keep, "flip": flip})
            }
            SymbolOperand::ReturnErrno(symbol) => json!({"errno": symbol.0}),
        });
        json!([instruction.code, instruction.jt, instruction.jf, instruction.k, operand])
    });
    Json::Array(instructions.collect())
}

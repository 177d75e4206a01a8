//! The values of names in other tools' policies.

use seccomp_ir::abi::Abi;
use seccomp_ir::table::{self, ConstantLookup};

use super::problem::Findings;

/// The value of a constant of Linux on an ABI, or the reason why there is none.
pub(super) fn constant(abi: Abi, name: &str) -> Result<u64, String> {
    match table::constant(abi, name) {
        ConstantLookup::Value(constant) => Ok(constant.value),
        _ => {
            let near = table::nearest_constant(name, None);
            let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            Err(format!("the tables have no constant `{name}` on {abi}{help}"))
        }
    }
}

/// The number of an errno by its name, such as `EPERM`.
pub(super) fn errno(abi: Abi, name: &str) -> Result<u16, String> {
    match table::constant(abi, name) {
        ConstantLookup::Value(constant) if name.starts_with('E') && constant.value < 4096 => {
            Ok(constant.value as u16)
        }
        _ => Err(format!("`{name}` is not an errno")),
    }
}

/// An error about a call that no ABI has.
pub(super) fn unknown_call(abi: Abi, name: &str, findings: &Findings) -> String {
    let near = if findings.may_search() { table::nearest_call(abi, name) } else { None };
    let help = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    format!("no kernel of the tables has a system call `{name}`{help}")
}

//! Sets of ABIs: `all`, `64-bit except s390x`, `x86, arm`.

use seccomp_ir::abi::{Abi, Endian};

/// The ABIs that `text` names.
pub(super) fn parse(text: &str) -> Result<Vec<Abi>, String> {
    let (included, excluded) = match text.split_once(" except ") {
        Some((included, excluded)) => (included, list(excluded)?),
        None => (text, Vec::new()),
    };
    let mut abis = list(included)?;
    if let Some(abi) = excluded.iter().find(|abi| !abis.contains(abi)) {
        return Err(format!("`{}` is excepted and was not there", abi.name()));
    }
    abis.retain(|abi| !excluded.contains(abi));
    if abis.is_empty() {
        return Err(format!("`{text}` is not an ABI"));
    }
    Ok(abis)
}

fn list(text: &str) -> Result<Vec<Abi>, String> {
    let mut abis = Vec::new();
    for name in text.split(',') {
        for abi in set(name.trim())? {
            if !abis.contains(&abi) {
                abis.push(abi);
            }
        }
    }
    Ok(abis)
}

fn set(name: &str) -> Result<Vec<Abi>, String> {
    let those =
        |of: &dyn Fn(Abi) -> bool| Abi::ALL.iter().copied().filter(|abi| of(*abi)).collect();
    Ok(match name {
        "all" => Abi::ALL.to_vec(),
        "64-bit" => those(&|abi| abi.long_bits() == 64),
        "32-bit" => those(&|abi| abi.long_bits() == 32),
        "wide" => those(&|abi| abi.register_bits() == 64),
        "narrow" => those(&|abi| abi.register_bits() == 32),
        "little" => those(&|abi| abi.endian() == Endian::Little),
        "big" => those(&|abi| abi.endian() == Endian::Big),
        _ => vec![
            Abi::from_name(name).ok_or_else(|| format!("`{name}` is neither an ABI nor a set"))?,
        ],
    })
}

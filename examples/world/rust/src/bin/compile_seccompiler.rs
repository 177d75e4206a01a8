//! Compiles a filter in seccompiler's JSON to bytes, with seccompiler: for `examples/world/cost.py`.
//!
//! ```text
//! compile_seccompiler JSON OUTPUT
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;

use seccompiler::{BpfProgram, TargetArch, compile_from_json};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(json), Some(output)) = (arguments.next(), arguments.next()) else {
        return Err("compile_seccompiler JSON OUTPUT".into());
    };
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let filters: HashMap<String, BpfProgram> = compile_from_json(File::open(json)?, arch)?;
    let filter = filters.into_values().next().ok_or("the file has no filter")?;
    let mut bytes = Vec::new();
    for instruction in filter {
        bytes.extend_from_slice(&instruction.code.to_ne_bytes());
        bytes.extend_from_slice(&[instruction.jt, instruction.jf]);
        bytes.extend_from_slice(&instruction.k.to_ne_bytes());
    }
    std::fs::write(output, bytes)?;
    Ok(())
}

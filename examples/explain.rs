//! Shows the filter of a policy in readable form, as text or as a graph, and how the compiler made it.
//!
//! ```text
//! cargo run --example explain -- net.policy
//! cargo run --example explain -- --abi aarch64 net.policy
//! cargo run --example explain -- --dot net.policy | dot -Tsvg > net.svg
//! cargo run --example explain -- --stages
//! cargo run --example explain -- --stage choice net.policy
//! echo 'allow read(fd == 0); default kill' | cargo run --example explain
//! ```

use std::io::Read as _;
use std::process::ExitCode;

use proc_macro2::{Span, TokenStream};
use seccomp_ir::abi::Abi;
use seccomp_ir::bpf;
use seccomp_ir::lower::{Budgets, Pass, show};
use seccomp_ir::table::frequency;
use seccomp_syntax::compile;

fn main() -> ExitCode {
    match explain() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn explain() -> Result<String, String> {
    let (mut abi, mut dot, mut pass, mut file) = (Abi::NATIVE, false, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--dot" => dot = true,
            "--abi" => {
                let name = arguments.next().unwrap_or_default();
                abi = name.parse().map_err(|error| format!("`{name}`: {error}"))?;
            }
            "--stages" => return Ok(stages()),
            "--stage" => {
                let name = arguments.next().unwrap_or_default();
                let found: Pass = name.parse().map_err(|error| format!("`{name}`: {error}"))?;
                pass = Some(found);
            }
            option if option.starts_with('-') => return Err(format!("unknown option `{option}`")),
            _ => file = Some(argument),
        }
    }
    let policy = read(file.as_deref())?;
    let compiled = compile(policy, Span::call_site(), abi).map_err(|errors| errors.to_string())?;
    let (filter, names) = (&compiled.filter.instructions, compiled.names());
    if let Some(pass) = pass {
        let shown = show(&compiled.policy, &frequency, Budgets::DEFAULT, pass, &names);
        return shown.map_err(|error| error.to_string());
    }
    let text = if dot {
        bpf::dot(filter, abi.endian(), &names).to_string()
    } else {
        bpf::disassemble(filter, abi.endian(), &names).to_string()
    };
    Ok(text)
}

/// The passes of the lowering, each with its result and the reason for its place.
fn stages() -> String {
    let mut text = String::new();
    for pass in Pass::ALL {
        text += &format!("{pass}: {}\n    {}\n", pass.result(), pass.why());
    }
    text
}

fn read(file: Option<&str>) -> Result<TokenStream, String> {
    let text = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
            text
        }
    };
    text.parse().map_err(|error| format!("this is not text of the policy language: {error}"))
}

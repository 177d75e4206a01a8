//! Writes the filter of every compiler for every workload into a folder, as bytes, and the policy itself: `filters DIR`.

use std::path::Path;
use std::process::ExitCode;

use seccomp_bench::compilers::Compiler;
use seccomp_bench::workload::WORKLOADS;

fn main() -> ExitCode {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("name a folder");
        return ExitCode::FAILURE;
    };
    for workload in WORKLOADS {
        let policy = Path::new(&folder).join(format!("{}.policy", workload.name));
        if let Err(error) = std::fs::write(policy, workload.text) {
            eprintln!("{folder}: {error}");
            return ExitCode::FAILURE;
        }
        for compiler in Compiler::ALL {
            match compiler.compile(workload) {
                Ok(made) => {
                    let bytes: Vec<u8> = made
                        .filter
                        .iter()
                        .flat_map(|of| {
                            let [a, b] = of.code.to_le_bytes();
                            let [c, d, e, f] = of.k.to_le_bytes();
                            [a, b, of.jt, of.jf, c, d, e, f]
                        })
                        .collect();
                    let name = format!("{}, {}.bpf", workload.name, compiler.name());
                    if let Err(error) = std::fs::write(Path::new(&folder).join(name), bytes) {
                        eprintln!("{folder}: {error}");
                        return ExitCode::FAILURE;
                    }
                }
                Err(why) => eprintln!("{}, {}: {why}", workload.name, compiler.name()),
            }
        }
    }
    ExitCode::SUCCESS
}

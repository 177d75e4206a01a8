//! Prints the filter that libseccomp makes of a workload, or the version of libseccomp. The bench runs this
//! program to use another libseccomp than its own.

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match seccomp_bench::compilers::libseccomp::main(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

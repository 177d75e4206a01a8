//! Compiles a policy with the seccompiler crate, then installs it.

use seccomp_bench::compilers::seccompiler;
use seccomp_bench::workload::Workload;

fn main() {
    seccomp_bench::start::main(|name, _| {
        let workload = Workload::named(name).ok_or("no such workload")?;
        let filter = seccompiler::filter(workload).map_err(|error| error.to_string())?;
        ::seccompiler::apply_filter(&filter).map_err(|error| error.to_string())
    });
}

//! Compiles a policy with libseccomp, then installs it. The second argument is the level of
//! optimization: 1 makes a chain, 2 a tree.

use seccomp_bench::compilers::libseccomp::{Setting, context};
use seccomp_bench::workload::Workload;

fn main() {
    seccomp_bench::start::main(|name, level| {
        let workload = Workload::named(name).ok_or("no such workload")?;
        let level = level.parse().map_err(|_| "the second argument is 1 or 2")?;
        let setting = Setting { level, priorities: false };
        let context = context(workload, setting).map_err(|error| error.to_string())?;
        context.load().map_err(|error| error.to_string())
    });
}

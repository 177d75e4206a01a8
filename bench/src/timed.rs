//! The time of a call and of an install on the running kernel, with all filters in turn.

use std::io;

use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;

use crate::calls;
use crate::compilers::Compiler;
use crate::kernel::{self, BATCH, RawCall};
use crate::stats::{Clock, Series, order};
use crate::workload::Workload;

/// One filter and what it costs: nanoseconds for a call, microseconds for an install.
#[derive(Debug)]
pub struct Entrant {
    /// The compiler that made it; `None` for no filter.
    pub compiler: Option<Compiler>,
    filter: Option<Vec<SockFilter>>,
    /// The filter of the same policy, with `errno(EPERM)` as the default action.
    lenient: Option<Vec<SockFilter>>,
    /// A call that is allowed whatever its arguments: write(2) to a closed descriptor.
    pub allowed: Series,
    /// A call whose arguments are checked and allowed: the mean over the calls that satisfy a rule.
    pub checked: Series,
    /// A call that fails with an errno.
    pub denied: Series,
    /// The call of seccomp(2).
    pub install: Series,
}

/// The middle of a range of numbers that no workload names and no kernel serves (nfsservctl): without
/// a filter it fails as soon as with one.
const DENIED: u32 = 180;

/// write(2), to a descriptor that is closed.
const ALLOWED: RawCall = RawCall { number: libc::SYS_write, args: [u64::MAX, 0, 0, 0, 0, 0] };

const ROUNDS: usize = 15;
const INSTALLS: usize = 3;

/// An entrant for each of `filters`, after one without filter.
///
/// # Errors
///
/// If a compiler has a filter for the policy and none for its form with `errno(EPERM)` as the
/// default.
pub fn entrants(
    workload: &Workload,
    filters: Vec<(Compiler, Vec<SockFilter>)>,
) -> Result<Vec<Entrant>, String> {
    let entrant = |compiler, filter, lenient| Entrant {
        compiler,
        filter,
        lenient,
        allowed: Series::default(),
        checked: Series::default(),
        denied: Series::default(),
        install: Series::default(),
    };
    let lenient = workload.with_default(Action::Errno(libc::EPERM as u16));
    let mut entrants = vec![entrant(None, None, None)];
    for (compiler, filter) in filters {
        let lenient = compiler.compile(&lenient)?.filter;
        entrants.push(entrant(Some(compiler), Some(filter), Some(lenient)));
    }
    Ok(entrants)
}

/// Measures all of `entrants` in turn, again and again, each round in another order.
///
/// # Errors
///
/// If a filter cannot be installed, or has a wrong action.
pub fn run(workload: &Workload, clock: Clock, entrants: &mut [Entrant]) -> io::Result<()> {
    let checked = checked_calls(workload);
    for round in 0..ROUNDS {
        for index in order(round, entrants.len()) {
            let entrant = &mut entrants[index];
            entrant.measure(clock, &checked).map_err(|error| {
                let who = entrant.compiler.map_or("no filter", Compiler::name);
                io::Error::other(format!("{}, {who}: {error}", workload.name))
            })?;
        }
    }
    Ok(())
}

/// Calls that satisfy each of the rules of one number, and that do nothing when every descriptor is
/// closed and no address is valid. Empty if the workload checks no arguments.
fn checked_calls(workload: &Workload) -> Vec<RawCall> {
    let harmless = [libc::SYS_ioctl, libc::SYS_personality, libc::SYS_dup2];
    let allowed = calls::allowed(workload);
    let number = harmless
        .into_iter()
        .find(|number| allowed.get(&(*number as u32)).is_some_and(|entry| entry.checked));
    let calls = number.map_or(&[][..], |number| &allowed[&(number as u32)].calls);
    calls
        .iter()
        .map(RawCall::from)
        .map(|mut call| {
            if call.number == libc::SYS_ioctl {
                call.args[0] = u64::MAX;
            }
            call
        })
        .collect()
}

impl Entrant {
    fn measure(&mut self, clock: Clock, checked: &[RawCall]) -> io::Result<()> {
        let filter = self.filter.as_deref();
        let per_call = |batch| clock.nanoseconds(batch) / BATCH as f64;

        let outcome = kernel::measure(filter, &[ALLOWED])?;
        expect(outcome.refused, 0)?;
        self.allowed.push(per_call(outcome.batch));

        if !checked.is_empty() {
            let outcome = kernel::measure(filter, checked)?;
            expect(outcome.refused, 0)?;
            self.checked.push(per_call(outcome.batch));
        }

        let denied = RawCall { number: DENIED.into(), args: [0; 6] };
        let outcome = kernel::measure(self.lenient.as_deref(), &[denied])?;
        expect(outcome.refused, u64::from(filter.is_some()))?;
        self.denied.push(per_call(outcome.batch));

        // The install comes after others of the same filter, so that the caches are equally warm
        // for every filter.
        for _ in 0..if filter.is_some() { INSTALLS } else { 0 } {
            let outcome = kernel::measure(filter, &[])?;
            self.install.push(clock.nanoseconds(outcome.install) / 1000.0);
        }
        Ok(())
    }
}

fn expect(refused: u64, expected: u64) -> io::Result<()> {
    if refused == expected {
        return Ok(());
    }
    Err(io::Error::other(format!("{refused} calls were refused where {expected} must be")))
}

//! Figures of a filter that are counted without a kernel.

use seccomp_ir::abi::{Abi, Call, Endian};
use seccomp_ir::bpf::{self, SockFilter};
use seccomp_test_support::mean::Mean;

use crate::calls;
use crate::workload::Workload;

/// Figures of one filter for one workload. A step is one instruction that is run. A number with
/// several rules counts as the mean over one call for each rule. `None` if the workload has no such
/// call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figures {
    /// The length of the filter.
    pub instructions: usize,
    /// Mean steps over allowed calls, each alike.
    pub mean: f64,
    /// The same, weighted by the frequency of calls.
    pub weighted: f64,
    /// Mean steps over calls whose arguments are checked.
    pub checked: Option<f64>,
    /// The same, weighted by the frequency of calls.
    pub checked_weighted: Option<f64>,
    /// Weighted mean over allowed calls, where calls in the kernel's bitmap cost nothing.
    pub remembered: f64,
    /// Mean steps over calls that no rule names.
    pub unlisted: f64,
    /// The most steps of any call that was tried.
    pub worst: usize,
    /// The share of the allowed calls that the kernel's bitmap answers.
    pub bitmap: f64,
    /// The same, weighted by the frequency of calls.
    pub bitmap_weighted: f64,
    /// The steps of the kernel's own emulation over all numbers, when a filter is installed.
    pub emulation: usize,
}

/// The number of 64-bit calls that the kernel emulates when a filter is installed: `NR_syscalls` of
/// x86_64, Linux 6.18.
const EMULATED: [(Abi, u32); 2] = [(Abi::X86_64, 470), (Abi::X86, 470)];

impl Figures {
    /// Counts the figures of `filter`, which the kernel would load.
    ///
    /// # Panics
    ///
    /// If the filter breaks the kernel's load rules.
    #[must_use]
    pub fn of(workload: &Workload, filter: &[SockFilter]) -> Self {
        let steps = |call: &Call| {
            bpf::run(filter, call, Endian::Little).expect("a filter that the kernel loads").steps
        };
        let mut mean = Mean::default();
        let mut weighted = Mean::default();
        let mut checked = Mean::default();
        let mut checked_weighted = Mean::default();
        let mut remembered = Mean::default();
        let mut bitmap = Mean::default();
        let mut bitmap_weighted = Mean::default();
        for (number, allowed) in calls::allowed(workload) {
            let mut of_number = Mean::default();
            for call in &allowed.calls {
                of_number.add(1.0, steps(call) as f64);
            }
            let of_number = of_number.value().unwrap_or(0.0);
            let hit = bpf::const_allows(filter, Abi::X86_64.audit_arch(), number);
            mean.add(1.0, of_number);
            weighted.add(allowed.frequency, of_number);
            remembered.add(allowed.frequency, if hit { 0.0 } else { of_number });
            bitmap.add(1.0, f64::from(u8::from(hit)));
            bitmap_weighted.add(allowed.frequency, f64::from(u8::from(hit)));
            if allowed.checked {
                checked.add(1.0, of_number);
                checked_weighted.add(allowed.frequency, of_number);
            }
        }
        let mut unlisted = Mean::default();
        for call in calls::unlisted(workload) {
            unlisted.add(1.0, steps(&call) as f64);
        }
        let samples = calls::samples(workload);
        let emulation = |(abi, numbers): (Abi, u32)| -> usize {
            (0..numbers).map(|number| bpf::emulate(filter, abi.audit_arch(), number).steps).sum()
        };
        Self {
            instructions: filter.len(),
            mean: mean.value().unwrap_or(0.0),
            weighted: weighted.value().unwrap_or(0.0),
            checked: checked.value(),
            checked_weighted: checked_weighted.value(),
            remembered: remembered.value().unwrap_or(0.0),
            unlisted: unlisted.value().unwrap_or(0.0),
            worst: samples.iter().map(steps).max().unwrap_or(0),
            bitmap: bitmap.value().unwrap_or(0.0),
            bitmap_weighted: bitmap_weighted.value().unwrap_or(0.0),
            emulation: EMULATED.into_iter().map(emulation).sum(),
        }
    }
}

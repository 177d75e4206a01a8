//! What a filter does with the calls of each ABI: with each number, and with all other calls.

use std::collections::{BTreeMap, HashMap};

use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::explore::{
    Budget, CallFunction, CallFunctions, CallSet, EqualFor, FunctionView, InputBit, Unexplored,
};
use seccomp_ir::table;

use crate::call_rules::{NoRules, actions};
use crate::error::{DecompileError, Unsaid};

/// The most parts of functions for an ABI: they take some 100 MB.
pub(crate) const NODES: usize = 3 << 18;

/// The most numbers without a name that a policy lists.
const MOST_NUMBERS: u64 = 2048;

/// A filter, and the calls for which it is read.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) budget: &'a Budget,
    pub(crate) filter: &'a [SockFilter],
    pub(crate) endian: Endian,
    pub(crate) equal_for: &'a EqualFor,
}

/// What a filter does with the calls of an ABI.
pub(crate) struct AbiActions {
    pub(crate) abi: Abi,
    pub(crate) functions: CallFunctions,
    /// The known numbers, and the unknown numbers that the filter tells from other unknown numbers.
    pub(crate) numbers: BTreeMap<u32, CallFunction>,
    /// The action for all other numbers.
    pub(crate) rest: Action,
}

impl AbiActions {
    /// The action for all calls of the ABI, if they have one. The number -1 does not count: it belongs to whichever ABI with
    /// this value of `arch` a policy lists first.
    pub(crate) fn constant(&self) -> Option<Action> {
        let is_rest = |(number, function): (&u32, &CallFunction)| {
            *number == Abi::SKIPPED
                || self.functions.view(*function) == FunctionView::Action(self.rest)
        };
        self.numbers.iter().all(is_rest).then_some(self.rest)
    }

    /// Whether the number -1 gets `action`.
    pub(crate) fn skipped_is(&self, action: Action) -> bool {
        let skipped = self.numbers.get(&Abi::SKIPPED);
        skipped
            .is_some_and(|function| self.functions.view(*function) == FunctionView::Action(action))
    }
}

impl Source<'_> {
    /// The ABIs that a policy for the filter may serve.
    pub(crate) fn abis(&self) -> Vec<Abi> {
        match self.equal_for {
            EqualFor::Every => {
                Abi::ALL.iter().copied().filter(|abi| abi.endian() == self.endian).collect()
            }
            EqualFor::Abis(abis) => abis.clone(),
        }
    }

    /// The calls of an ABI, before they are narrowed down.
    fn calls(&self, abi: Abi) -> CallSet {
        let narrow = abi.register_bits() == 32 && *self.equal_for != EqualFor::Every;
        CallSet { arch: Some(abi.audit_arch()), narrow, ..CallSet::ALL }
    }

    /// What the filter does with the calls of an ABI.
    pub(crate) fn part(&self, abi: Abi) -> Result<AbiActions, DecompileError> {
        let mut functions = CallFunctions::new(NODES, self.budget);
        let mut known: Vec<u32> = table::calls(abi).map(|(number, _)| number).collect();
        known.push(Abi::SKIPPED);
        known.sort_unstable();
        known.dedup();
        let named = functions.nr_in(&known)?;
        let of_abi = functions.calls_of(abi)?;
        let within = functions.choose(named, CallFunction::NEVER, of_abi)?;
        let others = self.run(&mut functions, CallSet { within, ..self.calls(abi) })?;
        // `NEVER` marks the calls that are not in `within`.
        let others = functions.choose(within, others, CallFunction::NEVER)?;
        let (rest, beside) = rest(&functions, abi, others)?;
        known.extend(beside);
        let mut numbers = BTreeMap::new();
        for nr in known {
            let function = self.run(&mut functions, CallSet { nr: Some(nr), ..self.calls(abi) })?;
            numbers.insert(nr, function);
        }
        Ok(AbiActions { abi, functions, numbers, rest })
    }

    /// The action for all calls whose `arch` is that of none of `abis`, which must be one action.
    pub(crate) fn bad_arch(&self, abis: &[Abi]) -> Result<Action, DecompileError> {
        let mut functions = CallFunctions::new(NODES, self.budget);
        let mut archs: Vec<u32> = abis.iter().map(|abi| abi.audit_arch()).collect();
        archs.sort_unstable();
        archs.dedup();
        let listed = functions.arch_in(&archs)?;
        let within = functions.not(listed)?;
        let others = self.run(&mut functions, CallSet { within, ..CallSet::ALL })?;
        let Some(action) = constant_within(&mut functions, within, others)? else {
            return Err(Unsaid::OtherArchs.into());
        };
        Ok(action)
    }

    /// Checks that numbers of no ABI, with an `arch` that ABIs share, get the action of `bad_arch`.
    pub(crate) fn check_between(
        &self,
        abis: &[Abi],
        bad_arch: Action,
    ) -> Result<(), DecompileError> {
        let mut done = Vec::new();
        for abi in abis {
            let arch = abi.audit_arch();
            if done.contains(&arch) {
                continue;
            }
            done.push(arch);
            let mut functions = CallFunctions::new(NODES, self.budget);
            let mut within = functions.arch_in(&[arch])?;
            for other in Abi::ALL {
                let of_other = functions.calls_of(*other)?;
                within = functions.choose(of_other, CallFunction::NEVER, within)?;
            }
            if within == CallFunction::NEVER {
                continue;
            }
            let between = self.run(&mut functions, CallSet { within, ..self.calls(*abi) })?;
            let action = constant_within(&mut functions, within, between)?;
            if action != Some(bad_arch) {
                return Err(Unsaid::NumbersOfNoAbi { abi: *abi, action, bad_arch }.into());
            }
        }
        Ok(())
    }

    fn run(
        &self,
        functions: &mut CallFunctions,
        calls: CallSet,
    ) -> Result<CallFunction, DecompileError> {
        Ok(functions.run(self.filter, self.endian, &calls)?)
    }
}

/// The one action that a function has for the calls in `within`; `None` if there are several.
fn constant_within(
    functions: &mut CallFunctions,
    within: CallFunction,
    function: CallFunction,
) -> Result<Option<Action>, Unexplored> {
    let mut at = functions.choose(within, function, CallFunction::NEVER)?;
    // Finds one action of the function, and then tries it for all calls.
    let action = loop {
        match functions.view(at) {
            FunctionView::Action(action) => break action,
            FunctionView::Holds(_) => return Ok(None),
            FunctionView::Asks { zero, one, .. } => {
                at = if zero == CallFunction::NEVER { one } else { zero }
            }
        }
    };
    let same = functions.action(action)?;
    let expected = functions.choose(within, same, CallFunction::NEVER)?;
    let found = functions.choose(within, function, CallFunction::NEVER)?;
    Ok((expected == found).then_some(action))
}

/// The action for most numbers, and the numbers that get another one. `others` is `NEVER` for numbers that are not
/// asked about.
fn rest(
    functions: &CallFunctions,
    abi: Abi,
    others: CallFunction,
) -> Result<(Action, Vec<u32>), DecompileError> {
    let mut counter = Counter { functions, counts: HashMap::new() };
    counter.count(others, 32, 1);
    let most =
        counter.counts.iter().max_by_key(|(function, count)| (**count, **function == others));
    let Some((&most, &count)) = most else { return Err(Unexplored::NoCalls.into()) };
    let total: u64 = counter.counts.values().sum();
    let beside = total - count;
    let action = match functions.view(most) {
        FunctionView::Action(action) => action,
        FunctionView::Asks { .. } | FunctionView::Holds(_) => {
            return Err(match actions(functions, most) {
                Err(NoRules::DependsOn(bit)) => Unsaid::DependsOn { abi, nr: None, bit }.into(),
                _ => Unsaid::ArgumentsOfUnknown { abi }.into(),
            });
        }
    };
    if beside > MOST_NUMBERS {
        return Err(Unsaid::ManyNumbers { abi, count: beside, action }.into());
    }
    let mut numbers = Vec::new();
    list(functions, others, 32, 0, most, &mut numbers);
    Ok((action, numbers))
}

/// How many numbers lead to each function of the arguments.
struct Counter<'a> {
    functions: &'a CallFunctions,
    counts: HashMap<CallFunction, u64>,
}

impl Counter<'_> {
    /// Counts the numbers below `function`, with `bits` bits left, for each of `times` values of the bits above.
    /// Diagrams of numbers are narrow, so there are few paths.
    fn count(&mut self, function: CallFunction, bits: u32, times: u64) {
        match self.functions.view(function) {
            FunctionView::Holds(_) => {}
            FunctionView::Asks { bit: InputBit::Arch(_), zero, one } => {
                // Only one value of `arch` has calls.
                self.count(zero, bits, times);
                self.count(one, bits, times);
            }
            FunctionView::Asks { bit: InputBit::Nr(bit), zero, one } => {
                let times = times << (bits - 1 - bit);
                self.count(zero, bit, times);
                self.count(one, bit, times);
            }
            FunctionView::Asks { .. } | FunctionView::Action(_) => {
                *self.counts.entry(function).or_default() += times << bits;
            }
        }
    }
}

/// Adds the numbers that do not lead to `most`.
fn list(
    functions: &CallFunctions,
    function: CallFunction,
    bits: u32,
    prefix: u32,
    most: CallFunction,
    numbers: &mut Vec<u32>,
) {
    if function == most {
        return;
    }
    match functions.view(function) {
        FunctionView::Holds(_) => {}
        FunctionView::Asks { bit: InputBit::Arch(_), zero, one } => {
            list(functions, zero, bits, prefix, most, numbers);
            list(functions, one, bits, prefix, most, numbers);
        }
        _ if bits > 0 => {
            let (bit, asked) = (bits - 1, functions.view(function));
            let (zero, one) = match asked {
                FunctionView::Asks { bit: InputBit::Nr(at), zero, one } if at == bit => (zero, one),
                FunctionView::Asks { .. } | FunctionView::Action(_) | FunctionView::Holds(_) => {
                    (function, function)
                }
            };
            list(functions, zero, bit, prefix, most, numbers);
            list(functions, one, bit, prefix | 1 << bit, most, numbers);
        }
        FunctionView::Asks { .. } | FunctionView::Action(_) => numbers.push(prefix),
    }
}

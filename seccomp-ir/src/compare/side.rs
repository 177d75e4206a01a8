//! The two sides of a comparison. Both number their symbols in the same way.

use super::execute;
use super::{CompareError, Side};
use crate::abi::{Abi, Call, Endian};
use crate::action::Action;
use crate::bpf::{self, SockFilter};
use crate::diagram::input::Atoms;
use crate::diagram::{Diagrams, Ref, TooLarge};
use crate::policy::diagrams::{PolicyDiagrams, Symbols};
use crate::policy::{Condition, Policy, PolicyAction, Symbol, SymbolValues, Value, meaning};

/// What is compared, ready for it.
pub(super) enum Prepared<'a> {
    Policy(Policy),
    Filter { instructions: &'a [SockFilter], endian: Endian },
}

/// Both sides.
pub(super) struct Sides<'a> {
    pub(super) left: Prepared<'a>,
    pub(super) right: Prepared<'a>,
    /// The text of each symbol.
    pub(super) symbols: Vec<String>,
}

impl<'a> Sides<'a> {
    pub(super) fn new(left: Side<'a>, right: Side<'a>) -> Result<Self, CompareError> {
        let mut symbols = Vec::new();
        let left = Prepared::new(left, &mut symbols).map_err(CompareError::LeftFilter)?;
        let right = Prepared::new(right, &mut symbols).map_err(CompareError::RightFilter)?;
        let symbols = symbols.into_iter().map(|(_, text)| text).collect();
        Ok(Self { left, right, symbols })
    }

    /// The actions of both sides for a call, by the reference.
    pub(super) fn actions(&self, call: &Call, symbols: SymbolValues<'_>) -> (Action, Action) {
        (self.left.action(call, symbols), self.right.action(call, symbols))
    }

    /// The ABIs that a side serves, those of the left side first.
    pub(super) fn served(&self) -> Vec<Abi> {
        let mut abis = Vec::new();
        for side in [&self.left, &self.right] {
            match side {
                Prepared::Policy(policy) => abis.extend(policy.abis.iter().map(|part| part.abi)),
                Prepared::Filter { instructions, .. } => {
                    // A filter names the ABIs that it serves.
                    let names =
                        |abi: &&Abi| instructions.iter().any(|one| one.k == abi.audit_arch());
                    abis.extend(FAMILIAR.iter().chain(Abi::ALL).filter(names));
                }
            }
        }
        each_once(abis)
    }

    /// The ABIs that a side serves, and then all others.
    pub(super) fn abis(&self) -> Vec<Abi> {
        let mut abis = self.served();
        abis.extend(FAMILIAR.iter().chain(Abi::ALL));
        each_once(abis)
    }
}

fn each_once(abis: Vec<Abi>) -> Vec<Abi> {
    let mut seen = Vec::new();
    for abi in abis {
        if !seen.contains(&abi) {
            seen.push(abi);
        }
    }
    seen
}

/// The ABIs whose calls most people know.
const FAMILIAR: [Abi; 2] = [Abi::X86_64, Abi::Aarch64];

/// The text of a symbol, and the number of the side and the symbol if it has no text of its own.
pub(super) type NamedSymbol = (Option<(usize, Symbol)>, String);

impl<'a> Prepared<'a> {
    /// The side. Its symbols get the numbers that `known` has for them; new symbols are added to `known`.
    pub(super) fn new(
        side: Side<'a>,
        known: &mut Vec<NamedSymbol>,
    ) -> Result<Self, bpf::LoadError> {
        match side {
            Side::Filter { instructions, endian } => {
                bpf::check(instructions)?;
                Ok(Self::Filter { instructions, endian })
            }
            Side::Policy { policy, symbols } => {
                // Nothing of this side is known yet, so this number is its own.
                let side = known.len();
                let mut number = |symbol: Symbol| {
                    let named = match symbols.get(symbol.0 as usize) {
                        Some(text) => (None, text.clone()),
                        None => (Some((side, symbol)), format!("symbol {}", symbol.0)),
                    };
                    let at = known.iter().position(|other| *other == named);
                    Symbol(at.unwrap_or_else(|| {
                        known.push(named);
                        known.len() - 1
                    }) as u32)
                };
                let mut parts = policy.clone().into_parts();
                renumber_action(&mut parts.bad_arch, &mut number);
                for part in &mut parts.abis {
                    renumber_action(&mut part.default, &mut number);
                    if let Some(unknown) = &mut part.unknown {
                        renumber_action(&mut unknown.action, &mut number);
                    }
                    for rule in &mut part.rules {
                        renumber_action(&mut rule.action, &mut number);
                        renumber(&mut rule.condition, &mut number);
                    }
                }
                // Other numbers for symbols break no rule of a policy.
                Ok(Self::Policy(Policy::new(parts).expect("the same parts were a policy")))
            }
        }
    }

    /// The action for every call in `within`; elsewhere the result means nothing.
    pub(super) fn function(
        &self,
        diagrams: &mut Diagrams,
        atoms: &mut Atoms,
        within: Ref,
    ) -> Result<Ref, TooLarge> {
        match self {
            Self::Policy(policy) => {
                PolicyDiagrams { diagrams, symbols: Symbols::Ordered(atoms) }.function(policy)
            }
            Self::Filter { instructions, endian } => {
                execute::function(diagrams, instructions, *endian, within)
            }
        }
    }

    fn action(&self, call: &Call, symbols: SymbolValues<'_>) -> Action {
        match self {
            Self::Policy(policy) => meaning(policy, call, symbols),
            Self::Filter { instructions, endian } => {
                let value = bpf::interpret(instructions, call, *endian);
                // Load rules were checked, so the interpreter has no fault to report.
                value.map_or(Action::KillProcess, Action::from_return_value)
            }
        }
    }
}

fn renumber_action(action: &mut PolicyAction, number: &mut dyn FnMut(Symbol) -> Symbol) {
    match action {
        PolicyAction::Action(_) => {}
        PolicyAction::ErrnoOf(symbol) => *symbol = number(*symbol),
    }
}

fn renumber(condition: &mut Condition, number: &mut dyn FnMut(Symbol) -> Symbol) {
    match condition {
        Condition::Always => {}
        Condition::Compare(comparison) => {
            for value in [Some(&mut comparison.value), comparison.mask.as_mut()] {
                if let Some(Value::Symbol(symbol)) = value {
                    *symbol = number(*symbol);
                }
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                renumber(part, number);
            }
        }
        Condition::Not(inner) => renumber(inner, number),
    }
}

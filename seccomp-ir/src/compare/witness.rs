//! From a set of calls on which two sides differ to one call that people can read.
//!
//! Calls that the tables know are preferred, on the ABIs that the sides speak of, and then the least values of arguments.

use super::differences::{BothFunctions, some_action};
use super::side::Sides;
use super::{Difference, Witness};
use crate::abi::{Abi, ArgumentIndex, Call, Half};
use crate::action::Action;
use crate::diagram::input::{Atom, InputWord};
use crate::diagram::{Diagrams, Level, Ref, TooLarge, TopNode};
use crate::policy::Symbol;
use crate::policy::diagrams::{PolicyDiagrams, Symbols};
use crate::table;

/// A call of `calls`, which is not empty, with values for the symbols if there are any.
pub(super) fn find(
    functions: &mut BothFunctions,
    sides: &Sides<'_>,
    difference: Difference,
    calls: Ref,
) -> Witness {
    // The diagram of the preferred calls may be too large; then any call will do.
    let preferred = preferred(&mut functions.diagrams, sides, calls).unwrap_or(calls);
    let mut search = PathSearch {
        functions,
        sides,
        difference,
        left: MOST_PATHS,
        ones: Vec::new(),
        assumed: Vec::new(),
        unconfirmed: None,
    };
    let mut confirmed = search.follow(preferred);
    if confirmed.is_none() && preferred != calls {
        search.left = MOST_PATHS;
        confirmed = search.follow(calls);
    }
    let unconfirmed = search.unconfirmed.take();
    let found = confirmed.or(unconfirmed);
    found.expect("a path leads to every part of a set that is not empty")
}

/// How many paths are tried until one is confirmed.
const MOST_PATHS: usize = 4000;

/// The calls of a set that are easiest to read.
fn preferred(diagrams: &mut Diagrams, sides: &Sides<'_>, calls: Ref) -> Result<Ref, TooLarge> {
    let abis = sides.abis();
    for is_known in [true, false] {
        for &abi in &abis {
            let of_abi = calls_of(diagrams, abi, is_known)?;
            let some = diagrams.and(of_abi, calls)?;
            if some != Ref::FALSE {
                return Ok(some);
            }
        }
    }
    Ok(calls)
}

/// The calls through an ABI, as a kernel can make them: all, or those that the tables know.
fn calls_of(diagrams: &mut Diagrams, abi: Abi, is_known: bool) -> Result<Ref, TooLarge> {
    let mut registers = Ref::TRUE;
    if abi.register_bits() == 32 {
        for argument in ArgumentIndex::ALL.into_iter().rev() {
            let word = InputWord::argument(argument, Half::High);
            for bit in 0..32 {
                registers = diagrams.ask(word.level(bit), registers, Ref::FALSE)?;
            }
        }
    }
    let mut functions = PolicyDiagrams { diagrams, symbols: Symbols::Opaque(&mut Vec::new()) };
    let arch = functions.one_of(InputWord::ARCH, &[abi.audit_arch()], 31)?;
    let numbers = if is_known {
        let numbers: Vec<u32> = table::calls(abi).map(|(number, _)| number).collect();
        functions.one_of(InputWord::NR, &numbers, 31)?
    } else {
        Ref::TRUE
    };
    let calls = diagrams.and(arch, numbers)?;
    diagrams.and(calls, registers)
}

/// A walk along the paths of a set of calls.
struct PathSearch<'a, 's> {
    functions: &'a BothFunctions,
    sides: &'a Sides<'s>,
    difference: Difference,
    /// How many paths may still be tried.
    left: usize,
    /// The inputs that are 1 on the present path.
    ones: Vec<Level>,
    /// The comparisons with symbols on the present path, and whether they are true there.
    assumed: Vec<(Atom, bool)>,
    /// A call for which no values of symbols were found.
    unconfirmed: Option<Witness>,
}

impl PathSearch<'_, '_> {
    /// The first path from here on that the reference confirms.
    fn follow(&mut self, calls: Ref) -> Option<Witness> {
        if calls == Ref::FALSE || self.left == 0 {
            return None;
        }
        let (level, low, high) = match self.functions.diagrams.top(calls) {
            TopNode::Ask { level, low, high } => (level, low, high),
            TopNode::Leaf(_) => return self.arrive(),
        };
        let atom = self.functions.atoms.at(level);
        for (next, is_one) in [(low, false), (high, true)] {
            self.ones.extend(is_one.then_some(level));
            self.assumed.extend(atom.map(|atom| (atom, is_one)));
            if let found @ Some(_) = self.follow(next) {
                return found;
            }
            if is_one {
                self.ones.pop();
            }
            if atom.is_some() {
                self.assumed.pop();
            }
        }
        None
    }

    /// The call of the present path, if the two sides differ on it with some values of the symbols.
    fn arrive(&mut self) -> Option<Witness> {
        self.left -= 1;
        let mut call = Call::default();
        for &level in &self.ones {
            if let Some((word, bit)) = InputWord::at(level) {
                word.set(&mut call, bit);
            }
        }
        for variation in 0..VARIATIONS {
            let values = self.values(&call, variation);
            let value_of = |Symbol(symbol): Symbol| values[symbol as usize];
            let (left, right) = self.sides.actions(&call, &value_of);
            if is_errno(left)
                && is_errno(right)
                && Difference::between(left, right) == Some(self.difference)
            {
                return Some(self.witness(call, left, right, values, true));
            }
        }
        if self.unconfirmed.is_none() {
            let input = |level: Level| {
                let atom = self.functions.atoms.at(level);
                match atom {
                    Some(atom) => self.assumed.contains(&(atom, true)),
                    None => self.ones.contains(&level),
                }
            };
            let diagrams = &self.functions.diagrams;
            let left = some_action(diagrams.evaluate(self.functions.left, &input));
            let right = some_action(diagrams.evaluate(self.functions.right, &input));
            self.unconfirmed = Some(self.witness(call, left, right, Vec::new(), false));
        }
        None
    }

    fn witness(
        &self,
        call: Call,
        left: Action,
        right: Action,
        values: Vec<u64>,
        confirmed: bool,
    ) -> Witness {
        let mut symbols = Vec::new();
        for (at, &value) in values.iter().enumerate() {
            if self.matters(&call, &values, Symbol(at as u32)) {
                symbols.push((self.sides.symbols[at].clone(), value));
            }
        }
        Witness { call, left, right, symbols, confirmed }
    }

    /// Whether another value of one symbol changes the actions for `call`. Only a few values are tried.
    fn matters(&self, call: &Call, values: &[u64], changed: Symbol) -> bool {
        let actions = |value: u64| {
            let of = |symbol: Symbol| {
                if symbol == changed { value } else { values[symbol.0 as usize] }
            };
            self.sides.actions(call, &of)
        };
        let value = values[changed.0 as usize];
        let others = [0, 1, 2, u64::MAX, value.wrapping_add(1), value.wrapping_sub(1), !value];
        others.iter().any(|&other| actions(other) != actions(value))
    }

    /// Values for all symbols with which the comparisons on the present path are as assumed, half by half. Where several
    /// values would do, `variation` chooses.
    fn values(&self, call: &Call, variation: usize) -> Vec<u64> {
        let count = self.sides.symbols.len();
        (0..count)
            .map(|symbol| {
                let half =
                    |half| u64::from(self.half(call, Symbol(symbol as u32), half, variation));
                half(Half::High) << 32 | half(Half::Low)
            })
            .collect()
    }

    fn half(&self, call: &Call, symbol: Symbol, half: Half, variation: usize) -> u32 {
        let about = |(atom, _): &&(Atom, bool)| atom.is_about(symbol.0, half);
        let assumed: Vec<_> = self.assumed.iter().filter(about).collect();
        if assumed.is_empty() && half == Half::High {
            return 0;
        }
        let mut candidates = vec![0, 1, 2, 3, 38, 4095, (1 << 31) - 1, 1 << 31, u32::MAX];
        candidates.extend(assumed.iter().flat_map(|(atom, _)| atom.turning_points(call)));
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|&candidate| {
            let both = u64::from(candidate) << 32 | u64::from(candidate);
            assumed.iter().all(|(atom, is_true)| atom.holds(call, &|_| both) == *is_true)
        });
        let at = variation * (symbol.0 as usize + 1);
        candidates.get(at % candidates.len().max(1)).copied().unwrap_or(0)
    }
}

/// How many choices of values are tried on a path.
const VARIATIONS: usize = 4;

/// Whether the kernel returns the number of this action unchanged. The number of a symbol may have any value here.
fn is_errno(action: Action) -> bool {
    // Whatever else an action is, its data stays unchanged: the kernel clamps only an errno.
    !matches!(action, Action::Errno(errno) if errno > Action::MAX_ERRNO)
}

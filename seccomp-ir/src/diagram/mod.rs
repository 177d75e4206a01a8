//! Functions of many boolean inputs, each in one canonical form: two functions are
//! equal exactly if they are the same [`Ref`].
//!
//! These are reduced ordered binary decision diagrams (Bryant, "Graph-Based Algorithms for Boolean
//! Function Manipulation", IEEE Transactions on Computers C-35-8, 1986) with any values at the
//! leaves. A node asks for one input, and inputs are asked in the order of their [`Level`]. No node
//! asks for an input that makes no difference, and no node exists twice. [`input`] defines the inputs;
//! this module knows nothing of policies or filters.
//!
//! The code runs inside a macro, and without optimisation in a user's debug build. It therefore uses a
//! table of plain words instead of a generic map, and no generic code.
//!
//! Roads not taken: complement edges would halve the nodes of negations but need care in every
//! function; garbage collection would help only near the node limit.

pub(crate) mod input;
mod table;

use table::Table;

/// The place of an input in the order in which nodes ask for inputs.
pub(crate) type Level = u32;

/// The level of leaves: after everything.
const LEAF: Level = Level::MAX;

/// A function: a node of [`Diagrams`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
#[cfg_attr(any(feature = "compare", feature = "explore"), derive(Hash))]
pub(crate) struct Ref(u32);

impl Ref {
    /// The condition that never holds.
    pub(crate) const FALSE: Self = Self(0);
    /// The condition that always holds.
    pub(crate) const TRUE: Self = Self(1);

    /// The function that is always `value`.
    pub(crate) const fn constant(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }
}

/// The result at the end of a diagram. Its creator defines its meaning, except for
/// [`Leaf::FALSE`] and [`Leaf::TRUE`], the results of conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub(crate) struct Leaf {
    /// The kind of the value.
    pub(crate) kind: u32,
    /// Any number.
    pub(crate) value: u32,
}

impl Leaf {
    const FALSE: Self = Self { kind: 0, value: 0 };
    const TRUE: Self = Self { kind: 0, value: 1 };
    /// The kind of leaf whose value is what a filter returns.
    pub(crate) const RETURN: u32 = 1;
    /// The kind of leaf for an errno from a symbol; the value is the symbol's number.
    pub(crate) const ERRNO_OF: u32 = 2;
    /// The leaf where the kernel's search for constant actions gives up.
    pub(crate) const GAVE_UP: Self = Self { kind: 3, value: 0 };
    /// The kind of leaf where a filter first looks at arguments; the value is the index of the instruction.
    pub(crate) const ENTERS: u32 = 4;
}

/// The diagram needs more nodes than allowed.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub(crate) struct TooLarge;

/// A node: `low` if its input is 0, `high` if it is 1. In a leaf they are its kind and value.
#[derive(Clone, Copy)]
struct Node {
    level: Level,
    low: u32,
    high: u32,
}

impl Node {
    fn leaf(leaf: Leaf) -> Self {
        Self { level: LEAF, low: leaf.kind, high: leaf.value }
    }
}

/// The top node of a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TopNode {
    /// The function is constant.
    Leaf(Leaf),
    /// The function asks for the input at `level`.
    Ask {
        /// The input.
        level: Level,
        /// The function if this input is 0.
        low: Ref,
        /// The function if this input is 1.
        high: Ref,
    },
}

/// A store of functions.
pub(crate) struct Diagrams {
    nodes: Vec<Node>,
    /// From `(level, low, high)` to the node with these fields.
    unique: Table,
    /// From `(condition, yes, no)` to the result of [`Self::choose`].
    chosen: Table,
    limit: usize,
}

impl Diagrams {
    /// An empty store. It holds at most `limit` nodes and remembers at most four times as many results,
    /// which bounds its memory and its time.
    pub(crate) fn new(limit: usize) -> Self {
        let mut new = Self {
            nodes: Vec::with_capacity(1 << 12),
            unique: Table::new(),
            chosen: Table::new(),
            limit,
        };
        new.push(Node::leaf(Leaf::FALSE));
        new.push(Node::leaf(Leaf::TRUE));
        new
    }

    /// Sets another limit.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A measure of the work so far: the nodes, and the results of [`Self::choose`].
    #[cfg(feature = "explore")]
    pub(crate) fn work(&self) -> usize {
        self.nodes.len() + self.chosen.len()
    }

    /// The function that is always `leaf`.
    pub(crate) fn leaf(&mut self, leaf: Leaf) -> Result<Ref, TooLarge> {
        self.node(Node::leaf(leaf))
    }

    /// The function that is `low` if the input at `level` is 0 and `high` if it is 1. Both must
    /// ask only for inputs after `level`.
    pub(crate) fn ask(&mut self, level: Level, low: Ref, high: Ref) -> Result<Ref, TooLarge> {
        debug_assert!(level < self.level(low) && level < self.level(high));
        if low == high { Ok(low) } else { self.node(Node { level, low: low.0, high: high.0 }) }
    }

    /// `yes` where `condition` holds, else `no`.
    pub(crate) fn choose(&mut self, condition: Ref, yes: Ref, no: Ref) -> Result<Ref, TooLarge> {
        if condition == Ref::TRUE || yes == no {
            return Ok(yes);
        }
        if condition == Ref::FALSE {
            return Ok(no);
        }
        if yes == Ref::TRUE && no == Ref::FALSE {
            return Ok(condition);
        }
        let key = [condition.0, yes.0, no.0];
        if let Some(known) = self.chosen.get(key) {
            return Ok(Ref(known));
        }
        let (c, y, n) = (self.at(condition), self.at(yes), self.at(no));
        let level = c.level.min(y.level).min(n.level);
        let low = self.choose(low(c, condition, level), low(y, yes, level), low(n, no, level))?;
        let high =
            self.choose(high(c, condition, level), high(y, yes, level), high(n, no, level))?;
        let result = self.ask(level, low, high)?;
        if self.chosen.len() >= self.limit.saturating_mul(4) {
            return Err(TooLarge);
        }
        self.chosen.insert(key, result.0);
        Ok(result)
    }

    /// The condition that both hold.
    pub(crate) fn and(&mut self, a: Ref, b: Ref) -> Result<Ref, TooLarge> {
        self.choose(a, b, Ref::FALSE)
    }

    /// The condition that at least one of them holds.
    pub(crate) fn or(&mut self, a: Ref, b: Ref) -> Result<Ref, TooLarge> {
        self.choose(a, Ref::TRUE, b)
    }

    /// The condition that `a` does not hold.
    pub(crate) fn not(&mut self, a: Ref) -> Result<Ref, TooLarge> {
        self.choose(a, Ref::FALSE, Ref::TRUE)
    }

    /// Whether `condition` is `value` wherever `holds` holds. This makes no nodes, and it ends at the first input that
    /// shows the opposite. It looks first where inputs are 1: a chain that tests values in ascending order tests the
    /// greatest value last, so that value shows at once whether values are left.
    pub(crate) fn is_always(
        &self,
        condition: Ref,
        value: bool,
        holds: Ref,
    ) -> Result<bool, TooLarge> {
        self.is_always_from(condition, value, holds, &mut Pairs::new())
    }

    fn is_always_from(
        &self,
        condition: Ref,
        value: bool,
        holds: Ref,
        seen: &mut Pairs,
    ) -> Result<bool, TooLarge> {
        if holds == Ref::FALSE || condition == Ref::constant(value) {
            return Ok(true);
        }
        // A condition that is not constant holds somewhere and fails somewhere.
        if holds == Ref::TRUE || condition == Ref::constant(!value) {
            return Ok(false);
        }
        if !seen.insert(condition, holds) {
            return Ok(true);
        }
        if seen.0.len() > self.limit {
            return Err(TooLarge);
        }
        let level = self.level(condition).min(self.level(holds));
        let (condition_0, condition_1) = self.split(condition, level);
        let (holds_0, holds_1) = self.split(holds, level);
        Ok(self.is_always_from(condition_1, value, holds_1, seen)?
            && self.is_always_from(condition_0, value, holds_0, seen)?)
    }

    /// The top of a function.
    pub(crate) fn top(&self, function: Ref) -> TopNode {
        let node = self.at(function);
        if node.level == LEAF {
            TopNode::Leaf(Leaf { kind: node.low, value: node.high })
        } else {
            TopNode::Ask { level: node.level, low: Ref(node.low), high: Ref(node.high) }
        }
    }

    /// The functions that `function` becomes if the input at `level` is 0 and if it is 1.
    /// `level` must not come after the first input that the function asks for.
    pub(crate) fn split(&self, function: Ref, level: Level) -> (Ref, Ref) {
        let node = self.at(function);
        (low(node, function, level), high(node, function, level))
    }

    /// The level of the first input that the function asks for.
    pub(crate) fn level(&self, function: Ref) -> Level {
        self.at(function).level
    }

    /// The value of the function for the inputs that `input` gives.
    pub(crate) fn evaluate(&self, function: Ref, input: &dyn Fn(Level) -> bool) -> Leaf {
        let mut at = function;
        loop {
            match self.top(at) {
                TopNode::Leaf(leaf) => return leaf,
                TopNode::Ask { level, low, high } => at = if input(level) { high } else { low },
            }
        }
    }

    /// Whether the condition holds for the inputs that `input` gives.
    pub(crate) fn holds(&self, condition: Ref, input: &dyn Fn(Level) -> bool) -> bool {
        self.evaluate(condition, input) == Leaf::TRUE
    }

    fn at(&self, function: Ref) -> Node {
        self.nodes[function.0 as usize]
    }

    fn node(&mut self, node: Node) -> Result<Ref, TooLarge> {
        if let Some(known) = self.unique.get([node.level, node.low, node.high]) {
            return Ok(Ref(known));
        }
        if self.nodes.len() >= self.limit {
            return Err(TooLarge);
        }
        Ok(self.push(node))
    }

    fn push(&mut self, node: Node) -> Ref {
        let at = self.nodes.len() as u32;
        self.nodes.push(node);
        self.unique.insert([node.level, node.low, node.high], at);
        Ref(at)
    }
}

fn low(node: Node, function: Ref, level: Level) -> Ref {
    if node.level == level { Ref(node.low) } else { function }
}

fn high(node: Node, function: Ref, level: Level) -> Ref {
    if node.level == level { Ref(node.high) } else { function }
}

/// A set of pairs of functions.
pub(crate) struct Pairs(Table);

impl Pairs {
    /// The empty set.
    pub(crate) fn new() -> Self {
        Self(Table::small())
    }

    /// Adds a pair. Returns whether it is new.
    pub(crate) fn insert(&mut self, one: Ref, other: Ref) -> bool {
        let key = [one.0, other.0, 0];
        let is_new = self.0.get(key).is_none();
        if is_new {
            self.0.insert(key, 0);
        }
        is_new
    }
}

/// Numbers, each with a place, in the order in which they are first used.
pub(crate) struct Places(Table);

impl Places {
    /// No number has a place yet.
    pub(crate) fn new() -> Self {
        Self(Table::new())
    }

    /// The place of a number. A new number gets the next place.
    pub(crate) fn of(&mut self, number: u32) -> usize {
        let key = [number, 0, 0];
        if let Some(known) = self.0.get(key) {
            return known as usize;
        }
        let place = self.0.len();
        self.0.insert(key, place as u32);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagrams, Leaf, Level, Ref, TooLarge};

    fn input(diagrams: &mut Diagrams, level: Level) -> Ref {
        diagrams.ask(level, Ref::FALSE, Ref::TRUE).unwrap()
    }

    #[test]
    fn equal_functions_are_the_same_whatever_way_they_were_made() {
        let mut d = Diagrams::new(1000);
        let (a, b, c) = (input(&mut d, 0), input(&mut d, 1), input(&mut d, 2));
        let a_or_b = d.or(a, b).unwrap();
        let left = d.and(a_or_b, c).unwrap();
        let (ac, bc) = (d.and(a, c).unwrap(), d.and(b, c).unwrap());
        assert_eq!(d.or(ac, bc), Ok(left));
        let not = d.not(left).unwrap();
        assert_ne!(not, left);
        assert_eq!(d.not(not), Ok(left));
        assert_eq!(d.or(left, not), Ok(Ref::TRUE));
        assert_eq!(d.and(left, not), Ok(Ref::FALSE));
    }

    #[test]
    fn every_row_of_the_truth_table_is_as_computed_by_hand() {
        let mut d = Diagrams::new(1000);
        let (a, b, c) = (input(&mut d, 3), input(&mut d, 5), input(&mut d, 4));
        let (seven, nine) = (Leaf { kind: 1, value: 7 }, Leaf { kind: 2, value: 9 });
        let (yes, no) = (d.leaf(seven).unwrap(), d.leaf(nine).unwrap());
        let b_not_c = d.not(c).and_then(|c| d.and(b, c)).unwrap();
        let f = d.or(a, b_not_c).and_then(|f| d.choose(f, yes, no)).unwrap();
        for row in 0..8_u32 {
            let [a, b, c] = [row & 1 != 0, row & 2 != 0, row & 4 != 0];
            let expected = if a || (b && !c) { seven } else { nine };
            let of = |level| match level {
                3 => a,
                4 => c,
                _ => b,
            };
            assert_eq!(d.evaluate(f, &of), expected, "{row:03b}");
        }
    }

    #[test]
    fn a_condition_is_always_one_value_exactly_if_the_function_of_both_is_constant() {
        let mut d = Diagrams::new(1000);
        let inputs = [input(&mut d, 0), input(&mut d, 1), input(&mut d, 2)];
        let mut functions = vec![Ref::FALSE, Ref::TRUE];
        for &a in &inputs {
            for i in 0..functions.len() {
                let other = functions[functions.len() - 1 - i];
                functions.push(d.choose(a, functions[i], other).unwrap());
            }
        }
        let mut always = 0;
        for &condition in &functions {
            for &holds in &functions {
                let before = d.len();
                let found = [false, true].map(|value| d.is_always(condition, value, holds));
                assert_eq!(d.len(), before, "it makes no nodes");
                let both = d.and(condition, holds).unwrap();
                let rest = d.choose(condition, Ref::FALSE, holds).unwrap();
                assert_eq!(found, [Ok(both == Ref::FALSE), Ok(rest == Ref::FALSE)]);
                always += usize::from(both == Ref::FALSE || rest == Ref::FALSE);
            }
        }
        assert!(always > 20 && always < functions.len().pow(2));
    }

    #[test]
    fn a_store_refuses_what_would_not_fit() {
        // If the inputs of a pair (i, 16 + i) are far apart, every subset of the first needs a node.
        let mut d = Diagrams::new(1000);
        let mut all = Ref::TRUE;
        let outcome = (0..16).try_for_each(|i| {
            let (a, b) = (input(&mut d, i), input(&mut d, 16 + i));
            let not_b = d.not(b)?;
            let same = d.choose(a, b, not_b)?;
            all = d.and(all, same)?;
            Ok(())
        });
        assert_eq!(outcome, Err(TooLarge));
        assert!(d.len() <= 1000);
    }
}

//! A policy as written: names and spans, nothing resolved.
//!
//! Nothing here knows what a source is made of. Who reads one hands out a [`Span`] for each thing that a
//! message may be about, and a [`RustExpression`] for each value that only rustc can tell.

mod print;
#[cfg(feature = "show")]
mod same;

use std::fmt;

pub use print::{WIDTH, integer, print, print_item};

/// Where something stands: a number that means something to who made the tree, and to nobody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span(pub u32);

/// A word and where it stands.
#[derive(Clone, Debug)]
pub struct Name {
    /// The word, without `r#`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An expression that only rustc can evaluate.
#[derive(Clone, Debug)]
pub struct RustExpression {
    /// Which one: a number that means something to who made the tree.
    pub index: u32,
    /// As it is written, in the canonical spacing of its reader.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// The items of a policy, in order.
///
/// Fields are public because any notation of policies can be read into a tree. What no text of the language
/// can say cannot be printed: [`All`](ConditionExpr::All), [`Any`](ConditionExpr::Any) and [`Or`](ValueKind::Or) have
/// two parts or more, a rule has targets, a set has elements, a range has a bound, and an integer has 64 bits.
#[derive(Debug)]
pub struct Tree {
    /// The items.
    pub items: Vec<Item>,
    /// Where to complain of something that is missing.
    pub span: Span,
}

/// One item and its attributes.
#[derive(Debug)]
pub struct Item {
    /// `#[cfg(…)]`: only rustc, or who knows what it would say, can tell whether the item is there. A policy that
    /// is compiled has none.
    pub conditions: Vec<Cfg>,
    /// `#[hot]`: the calls of this rule are frequent.
    pub hot: Option<Span>,
    /// It comes from a fragment or a file: what stands before it may decide all of it.
    pub included: bool,
    /// It comes from a fragment or a file that has been looked at by itself.
    pub looked_at: bool,
    /// The policy is a fragment or a file by itself, to be looked at before it is included.
    pub alone: bool,
    /// `#[allow(seccomp::…)]`: the warnings that it is not to have.
    pub allowed: Vec<Allowed>,
    /// What the item says.
    pub kind: ItemKind,
}

/// `#[cfg(…)]`
#[derive(Debug)]
pub struct Cfg {
    /// What is in the parentheses.
    pub predicate: String,
    /// Where the word `cfg` is.
    pub span: Span,
}

/// `seccomp::name` in an `#[allow(…)]`.
#[derive(Debug)]
pub struct Allowed {
    /// The name of the warning, which need not exist.
    pub name: String,
    /// Where the name is.
    pub span: Span,
}

/// What an item says.
#[derive(Debug)]
pub enum ItemKind {
    /// `action target, target;`
    Rule(RuleItem),
    /// `default action;`
    Default(KeywordItem),
    /// `bad_arch action;`
    BadArch(KeywordItem),
    /// `unknown action;`
    Unknown(KeywordItem),
    /// `arch abi, abi;`
    Arch(Vec<Name>),
    /// `include …;`. A policy that is compiled has the rules in its place.
    Include(Include),
}

/// `include path;` or `include "file";`
#[derive(Debug)]
pub struct Include {
    /// What it includes.
    pub what: Included,
    /// Where the word `include` is.
    pub span: Span,
}

/// What an `include` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Included {
    /// A fragment, by its path.
    Fragment(String),
    /// A file, by its name.
    File(String),
}

/// An item that is a keyword and an action.
#[derive(Debug)]
pub struct KeywordItem {
    /// The keyword.
    pub keyword: Name,
    /// The action.
    pub action: ActionExpr,
}

/// `action target, target;`
#[derive(Debug)]
pub struct RuleItem {
    /// The action.
    pub action: ActionExpr,
    /// The targets, at least one.
    pub targets: Vec<Target>,
}

/// An action as written.
#[derive(Debug)]
pub struct ActionExpr {
    /// Its keyword.
    pub keyword: Name,
    /// Which one.
    pub kind: ActionKind,
}

/// The actions of the language.
#[derive(Debug)]
pub enum ActionKind {
    /// `allow`
    Allow,
    /// `log`
    Log,
    /// `notify`
    Notify,
    /// `errno(value)`
    Errno(ValueExpr),
    /// `trap` or `trap(value)`
    Trap(Option<ValueExpr>),
    /// `trace(value)`
    Trace(ValueExpr),
    /// `kill` or `kill_process`
    KillProcess,
    /// `kill_thread`
    KillThread,
}

/// What a rule speaks for.
#[derive(Debug)]
pub struct Target {
    /// The calls.
    pub calls: Calls,
    /// What must hold of their arguments.
    pub condition: Option<ConditionExpr>,
}

/// The calls of a target.
#[derive(Debug)]
pub enum Calls {
    /// One call by its name.
    Named(Name),
    /// `syscall(number)`
    Numbered(u32, Span),
    /// `@group`, with its `@`.
    Group(String, Span),
}

impl Calls {
    /// Where they are named.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Named(name) => name.span,
            Self::Numbered(_, span) | Self::Group(_, span) => *span,
        }
    }
}

/// A condition on arguments.
#[derive(Debug)]
pub enum ConditionExpr {
    /// One comparison.
    Compare(ComparisonExpr),
    /// `&&` and `,`
    All(Vec<ConditionExpr>),
    /// `||`
    Any(Vec<ConditionExpr>),
    /// `!( … )`
    Not(Box<ConditionExpr>),
}

/// `subject relation`
#[derive(Debug)]
pub struct ComparisonExpr {
    /// The left side.
    pub subject: ArgumentExpr,
    /// The operator and the right side.
    pub relation: Relation,
}

/// `argument [as type] [& mask]`
#[derive(Debug)]
pub struct ArgumentExpr {
    /// The argument's name or position.
    pub argument: Name,
    /// The type that overrides the kernel's.
    pub cast: Option<Cast>,
    /// The bits to keep.
    pub mask: Option<ValueExpr>,
}

/// `as type`
#[derive(Debug)]
pub struct Cast {
    /// The type's name.
    pub name: Name,
    /// Whether its order is signed.
    pub signed: bool,
    /// Its width in bits: 32 or 64.
    pub bits: u32,
}

/// An operator and its right side.
#[derive(Debug)]
pub enum Relation {
    /// `operator value`
    Operator(crate::policy::Operator, ValueExpr),
    /// `in …`
    In(Vec<Element>),
}

/// An element of a set.
#[derive(Debug)]
pub enum Element {
    /// One value.
    Value(ValueExpr),
    /// A range.
    Range(Range),
}

/// `first..end`, `first..=last`, with either bound left out.
#[derive(Debug)]
pub struct Range {
    /// The first value.
    pub first: Option<ValueExpr>,
    /// The bound above.
    pub last: Option<ValueExpr>,
    /// Whether the bound above belongs to the range.
    pub inclusive: bool,
    /// The whole range.
    pub span: Span,
}

/// A number as written.
#[derive(Debug)]
pub struct ValueExpr {
    /// What it is.
    pub kind: ValueKind,
    /// Its tokens' span (the first of them where the compiler cannot join spans).
    pub span: Span,
}

/// The forms of a number.
#[derive(Debug)]
pub enum ValueKind {
    /// An integer, negative if it has a minus sign.
    Integer(Integer),
    /// A constant of the tables, by its bare name.
    Constant(Name),
    /// A path with `::`, or `{ expression }`: left to rustc.
    Expression(RustExpression),
    /// `a | b | c`, two or more
    Or(Vec<ValueExpr>),
    /// `!a`
    Not(Box<ValueExpr>),
}

/// An integer and its base.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Integer {
    /// The number; without its sign it has 64 bits.
    pub number: i128,
    /// The base in which it is written.
    pub radix: Radix,
}

impl Integer {
    /// An integer that is written in base 10.
    #[must_use]
    pub fn decimal(number: i128) -> Self {
        Self { number, radix: Radix::Decimal }
    }

    /// An integer that is written in base 16.
    #[must_use]
    pub fn hexadecimal(number: u64) -> Self {
        Self { number: i128::from(number), radix: Radix::Hexadecimal }
    }
}

/// The bases of numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Radix {
    /// `0b101`
    Binary,
    /// `0o644`
    Octal,
    /// `3`
    Decimal,
    /// `0x5412`
    Hexadecimal,
}

/// A concrete call.
#[derive(Debug)]
pub struct GivenCall {
    /// The call, by its name or number.
    pub calls: Calls,
    /// What its arguments are; the others are 0.
    pub arguments: Vec<Given>,
}

/// An argument of a concrete call.
#[derive(Debug)]
pub struct Given {
    /// Its name; if it is given by its position `a0` to `a5`, or `a6` if there is none.
    pub name: Name,
    /// Its value.
    pub value: ValueExpr,
    /// Where it begins.
    pub span: Span,
}

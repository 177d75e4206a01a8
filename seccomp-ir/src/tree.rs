//! A policy as written: names and spans, nothing resolved.
//!
//! This module does not know the form of a source. A reader of sources hands out a [`Span`] for each
//! thing that a message may be about, and a [`RustExpression`] for each value that this compiler cannot know.

mod print;
mod run_time;
#[cfg(feature = "show")]
mod same_tree;

use std::fmt;

use crate::abi::Abi;

pub use print::{WIDTH, integer, print, print_item};

/// The place of something: a number that has a meaning only for the creator of the tree.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Span(pub u32);

/// A word and its place.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Name {
    /// The word, without `r#`.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An expression that only rustc, or the program that it builds, can evaluate.
#[derive(Clone)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct RustExpression {
    /// Its number, which has a meaning only for the creator of the tree.
    pub index: u32,
    /// The expression as written, in the canonical spacing of its reader: `libc::X`, `{ X }`, `$x` or `$(x)`.
    pub text: String,
    /// `$`: the program evaluates it when it runs. Otherwise rustc does, when it compiles the program.
    pub run_time: bool,
    /// Its place.
    pub span: Span,
}

/// The items of a policy, in order.
///
/// Fields are public because any notation of policies can be read into a tree. A tree that no text of the
/// language describes cannot be printed: [`All`](ConditionExpr::All), [`Any`](ConditionExpr::Any) and
/// [`Or`](ValueKind::Or) have two parts or more, a rule has targets, a set has elements, a range has a bound,
/// and an integer has 64 bits.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Tree {
    /// The items.
    pub items: Vec<Item>,
    /// The place for errors about something that is missing.
    pub span: Span,
}

/// An item of a [`Tree`], by its place in [`Tree::items`].
#[derive(Clone, Copy, PartialEq, PartialOrd)]
#[cfg_attr(feature = "debug", derive(Debug, Eq, Ord))]
pub struct ItemIndex(pub usize);

impl Tree {
    /// The item at that place.
    #[must_use]
    pub fn item(&self, index: ItemIndex) -> &Item {
        &self.items[index.0]
    }
}

/// A target of a rule, by its place in [`RuleItem::targets`].
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct TargetIndex(pub usize);

/// One item and its attributes.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Item {
    /// `#[cfg(…)]`: only rustc, or a caller that knows its result, can tell whether the item is present. A
    /// policy that is compiled has none.
    pub conditions: Vec<Cfg>,
    /// `#[hot]`: the calls of this rule are frequent.
    pub hot: Option<Span>,
    /// `#[arch(…)]`: the ABIs to which this rule applies. Empty if it applies to all that the policy serves.
    pub abis: Vec<Name>,
    /// The item comes from a fragment or a file: earlier items may decide all of its calls.
    pub included: bool,
    /// The item comes from a fragment or a file that has been checked by itself.
    pub already_checked: bool,
    /// The policy is a fragment or a file by itself, which is checked before it is included.
    pub alone: bool,
    /// `#[allow(seccomp::…)]`: the warnings that the item must not cause.
    pub allowed: Vec<Allowed>,
    /// The content of the item.
    pub kind: ItemKind,
}

impl Item {
    /// Whether the item has no `#[arch(…)]`, or one that lists `abi`.
    #[must_use]
    pub fn applies_to(&self, abi: Abi) -> bool {
        self.abis.is_empty() || self.abis.iter().any(|name| name.text == abi.name())
    }
}

/// `#[cfg(…)]`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Cfg {
    /// The text in the parentheses.
    pub predicate: String,
    /// The place of the word `cfg`.
    pub span: Span,
}

/// `seccomp::name` in an `#[allow(…)]`.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Allowed {
    /// The name of the warning. There may be no such warning.
    pub name: String,
    /// The place of the name.
    pub span: Span,
}

/// The content of an item.
#[cfg_attr(feature = "debug", derive(Debug))]
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
    /// `include …;`. A policy that is compiled has the included rules instead.
    Include(Include),
    /// `report;`
    Report(ReportItem),
}

/// `report;`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ReportItem {
    /// The names that the program carries for its reports.
    pub names: ReportNames,
    /// The place of the word `report`.
    pub span: Span,
}

/// The names that a program with `report;` carries.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum ReportNames {
    /// `report`: the names of calls, of their arguments and of constants.
    All,
    /// `report calls`: the names of calls.
    Calls,
    /// `report numbers`: none.
    None,
}

impl ReportNames {
    /// The item in the language.
    #[must_use]
    pub fn item(self) -> &'static str {
        match self {
            Self::All => "report",
            Self::Calls => "report calls",
            Self::None => "report numbers",
        }
    }
}

/// `include path;` or `include "file";`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Include {
    /// The included fragment or file.
    pub what: Included,
    /// The place of the word `include`.
    pub span: Span,
}

/// The target of an `include`.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub enum Included {
    /// A fragment, with its path.
    Fragment(String),
    /// A file, with its name.
    File(String),
}

/// An item that is a keyword and an action.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct KeywordItem {
    /// The keyword.
    pub keyword: Name,
    /// The action.
    pub action: ActionExpr,
}

/// `action target, target;`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct RuleItem {
    /// The action.
    pub action: ActionExpr,
    /// The targets, at least one.
    pub targets: Vec<Target>,
}

/// An action as written.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ActionExpr {
    /// Its keyword.
    pub keyword: Name,
    /// Which action it is.
    pub kind: ActionKind,
}

/// The actions of the language.
#[cfg_attr(feature = "debug", derive(Debug))]
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

/// A target of a rule.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Target {
    /// The calls.
    pub calls: Calls,
    /// `name?`: an ABI that lacks the call has no such rule. Only for a call by its name.
    pub where_known: bool,
    /// The condition on their arguments.
    pub condition: Option<ConditionExpr>,
}

/// The calls of a target.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum Calls {
    /// One call by its name.
    Named(Name),
    /// `syscall(number)`
    Numbered(u32, Span),
    /// `@group`, with its `@`.
    Group(String, Span),
}

impl Calls {
    /// The place where they are named.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Named(name) => name.span,
            Self::Numbered(_, span) | Self::Group(_, span) => *span,
        }
    }
}

/// A condition on arguments.
#[cfg_attr(feature = "debug", derive(Debug))]
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
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ComparisonExpr {
    /// The left side.
    pub subject: ArgumentExpr,
    /// The operator and the right side.
    pub relation: Relation,
}

/// `argument [as type] [& mask]`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ArgumentExpr {
    /// The argument's name or position.
    pub argument: Name,
    /// The type that overrides the kernel's.
    pub cast: Option<Cast>,
    /// The bits to keep.
    pub mask: Option<ValueExpr>,
}

/// `as type`
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Cast {
    /// The type's name.
    pub name: Name,
    /// Whether it compares in signed order.
    pub signed: bool,
    /// Its width in bits: 32 or 64.
    pub bits: u32,
}

/// An operator and its right side.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum Relation {
    /// `operator value`
    Operator(crate::policy::Operator, ValueExpr),
    /// `in …`
    In(Vec<Element>),
}

/// An element of a set.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum Element {
    /// One value.
    Value(ValueExpr),
    /// A range.
    Range(Range),
}

/// `first..end`, `first..=last`. Either bound may be missing.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Range {
    /// The first value.
    pub first: Option<ValueExpr>,
    /// The upper bound.
    pub last: Option<ValueExpr>,
    /// Whether the upper bound belongs to the range.
    pub inclusive: bool,
    /// The place of the whole range.
    pub span: Span,
}

/// A number as written.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ValueExpr {
    /// Its form.
    pub kind: ValueKind,
    /// The place of its tokens (of the first one if the compiler cannot join spans).
    pub span: Span,
}

/// The forms of a number.
#[cfg_attr(feature = "debug", derive(Debug))]
pub enum ValueKind {
    /// An integer, negative if it has a minus sign.
    Integer(Integer),
    /// A constant of the tables, by its plain name.
    Constant(Name),
    /// A path with `::`, or `{ expression }`: a symbol, which rustc evaluates; or `$name` or `$(expression)`: a symbol
    /// that the program evaluates.
    Expression(RustExpression),
    /// `a | b | c`, two or more
    Or(Vec<ValueExpr>),
    /// `!a`
    Not(Box<ValueExpr>),
}

/// An integer and its base.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Integer {
    /// The number. Without its sign it has at most 64 bits.
    pub number: i128,
    /// The base in which it was written.
    pub radix: Radix,
}

impl Integer {
    /// An integer written in base 10.
    #[must_use]
    pub fn decimal(number: i128) -> Self {
        Self { number, radix: Radix::Decimal }
    }

    /// An integer written in base 16.
    #[must_use]
    pub fn hexadecimal(number: u64) -> Self {
        Self { number: i128::from(number), radix: Radix::Hexadecimal }
    }
}

/// The bases of numbers.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
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
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct GivenCall {
    /// The call, by its name or number.
    pub calls: Calls,
    /// The values of its arguments; the others are 0.
    pub arguments: Vec<GivenArgument>,
}

/// An argument of a concrete call.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct GivenArgument {
    /// Its name. A positional argument is named `a0` to `a5` (`a6` if there is no such position).
    pub name: Name,
    /// Its value.
    pub value: ValueExpr,
    /// The place where it begins.
    pub span: Span,
}

//! A policy as written: names and spans, nothing resolved.

use proc_macro2::{Ident, Span, TokenStream};

/// The items of a policy, in order.
pub struct Tree {
    /// The items.
    pub items: Vec<Item>,
    /// Where to complain of something that is missing.
    pub span: Span,
}

/// One item and its attributes.
pub struct Item {
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

/// `seccomp::name` in an `#[allow(…)]`.
pub struct Allowed {
    /// The name of the warning, which need not exist.
    pub name: String,
    /// Where the name is.
    pub span: Span,
}

/// What an item says.
pub enum ItemKind {
    /// `action target, target;`
    Rule(Rule),
    /// `default action;`
    Default(Answer),
    /// `bad_arch action;`
    BadArch(Answer),
    /// `unknown action;`
    Unknown(Answer),
    /// `arch abi, abi;`
    Arch(Vec<Ident>),
}

/// An item that is a keyword and an action.
pub struct Answer {
    /// The keyword.
    pub keyword: Ident,
    /// The action.
    pub action: Action,
}

/// `action target, target;`
pub struct Rule {
    /// The action.
    pub action: Action,
    /// The targets, at least one.
    pub targets: Vec<Target>,
}

/// An action as written.
pub struct Action {
    /// Its keyword.
    pub keyword: Ident,
    /// Which one.
    pub kind: ActionKind,
}

/// The actions of the language.
pub enum ActionKind {
    /// `allow`
    Allow,
    /// `log`
    Log,
    /// `notify`
    Notify,
    /// `errno(value)`
    Errno(Value),
    /// `trap` or `trap(value)`
    Trap(Option<Value>),
    /// `trace(value)`
    Trace(Value),
    /// `kill` or `kill_process`
    KillProcess,
    /// `kill_thread`
    KillThread,
}

/// What a rule speaks for.
pub struct Target {
    /// The calls.
    pub calls: Calls,
    /// What must hold of their arguments.
    pub condition: Option<Condition>,
    /// The target's tokens, for messages that quote it.
    pub text: String,
}

/// The calls of a target.
pub enum Calls {
    /// One call by its name.
    Named(Ident),
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
            Self::Named(name) => name.span(),
            Self::Numbered(_, span) | Self::Group(_, span) => *span,
        }
    }
}

/// A condition on arguments.
pub enum Condition {
    /// One comparison.
    Compare(Comparison),
    /// `&&` and `,`
    All(Vec<Condition>),
    /// `||`
    Any(Vec<Condition>),
    /// `!( … )`
    Not(Box<Condition>),
}

/// `subject relation`
pub struct Comparison {
    /// The left side.
    pub subject: Subject,
    /// The operator and the right side.
    pub relation: Relation,
}

/// `argument [as type] [& mask]`
pub struct Subject {
    /// The argument's name or position.
    pub argument: Ident,
    /// The type that overrides the kernel's.
    pub cast: Option<Cast>,
    /// The bits to keep.
    pub mask: Option<Value>,
}

/// `as type`
pub struct Cast {
    /// The type's name.
    pub name: Ident,
    /// Whether its order is signed.
    pub signed: bool,
    /// Its width in bits: 32 or 64.
    pub bits: u32,
}

/// An operator and its right side.
pub enum Relation {
    /// `operator value`
    Operator(seccomp_ir::policy::Operator, Value),
    /// `in …`
    In(Vec<Element>),
}

/// An element of a set.
pub enum Element {
    /// One value.
    Value(Value),
    /// A range.
    Range(Range),
}

/// `first..end`, `first..=last`, with either bound left out.
pub struct Range {
    /// The first value.
    pub first: Option<Value>,
    /// The bound above.
    pub last: Option<Value>,
    /// Whether the bound above belongs to the range.
    pub inclusive: bool,
    /// The whole range.
    pub span: Span,
}

/// A number as written.
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Its tokens' span (the first of them where the compiler cannot join spans).
    pub span: Span,
}

/// The forms of a number.
pub enum ValueKind {
    /// An integer, negative if it has a minus sign.
    Integer(i128),
    /// A constant of the tables, by its bare name.
    Constant(Ident),
    /// A path with `::`, or `{ expression }`: left to rustc.
    Expression(TokenStream),
    /// `a | b | c`, two or more
    Or(Vec<Value>),
    /// `!a`
    Not(Box<Value>),
}

/// A concrete call.
pub struct GivenCall {
    /// The call, by its name or number.
    pub calls: Calls,
    /// What its arguments are; the others are 0.
    pub arguments: Vec<Given>,
}

/// An argument of a concrete call.
pub struct Given {
    /// Its name; if it is given by its position `a0` to `a5`, or `a6` if there is none.
    pub name: Ident,
    /// Its value.
    pub value: Value,
    /// Where it begins.
    pub span: Span,
}

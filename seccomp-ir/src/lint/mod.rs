//! Warnings: things that are legal in a policy but have caused trouble. Each has a name, with which an item can
//! silence it: `#[allow(seccomp::name)]`.
//!
//! A warning is about the *actions* of the policy for all arguments, as [`PolicyQuery`] finds them, not about
//! the spelling of a rule. `docs/warnings.md` describes each warning.
//!
//! Errors are not here but in [`crate::policy::check`], with one exception: calls that another call
//! multiplexes, because that check asks the same questions.

mod always_true;
mod clone3;
mod conditions;
mod decimal_mode;
mod endings;
mod errno;
mod exact;
mod joined;
mod multiplexed;
mod open_default;
mod powerful;
mod redundant;
mod several_calls;
mod siblings;
mod slips;
mod time64;
mod tioclinux;
mod used_bits;
mod vacuous;
mod value_as_mask;
mod values;
mod without_effect;
mod zero_is_any;

use std::cell::RefCell;
use std::rc::Rc;

use crate::abi::Abi;
use crate::action::Action;
use crate::policy::{AbiPolicy, Condition, Decider, Finding, Origin, PolicyAction, PolicyQuery};
use crate::table;

pub use crate::diagnostic::Lint;
use crate::diagnostic::{Diagnostic, ErrorCode, Label};
use crate::errors::{Errors, MOST};
use crate::lists::{joined, last_of_path, trimmed};
use crate::resolve::{Expression, Resolved, RuleSource};
use crate::tree::{Allowed, ItemIndex, ItemKind, Span, Tree};

/// Reports names in `#[allow(seccomp::…)]` that are not names of warnings.
pub(crate) fn check_names(tree: &Tree, errors: &mut Errors) {
    let mut names = Vec::new();
    for lint in Lint::ALL {
        names.push(lint.name());
    }
    for item in &tree.items {
        for Allowed { name, span } in &item.allowed {
            if names.contains(&name.as_str()) {
                continue;
            }
            if errors.full(*span).is_some() {
                return;
            }
            let unknown = format!("unknown warning `seccomp::{name}`");
            let unknown = Diagnostic::new(ErrorCode::UnknownWarning, *span, unknown);
            errors.add(match table::nearest(name, names.iter().copied()) {
                Some(near) => {
                    unknown.help(format!("did you mean `seccomp::{near}`?")).replace(*span, near)
                }
                None => unknown
                    .help(format!("the warnings are {}", joined(names.iter().copied(), ", "))),
            });
        }
    }
}

/// Reports rules that a program can side-step with a multiplexing call. A fragment or a file by itself is not
/// checked: the policy that includes it may have the missing rules.
pub(crate) fn check_multiplexed(tree: &Tree, resolved: &Resolved, errors: &mut Errors) {
    if !tree.items.iter().any(|item| item.alone) {
        multiplexed::check(&LintContext::new(tree, resolved), errors);
    }
}

/// The advice about a rule that no call matches.
pub(crate) fn help_with_contradiction(tree: &Tree, place: &RuleSource, abi: Abi) -> Option<String> {
    let ItemKind::Rule(rule) = &tree.item(place.item).kind else { return None };
    vacuous::outside_of_mask(rule.targets.get(place.target.0)?.condition.as_ref()?, abi)
}

/// All warnings of a policy; `findings` are those of the check of its rules.
pub(crate) fn warnings(tree: &Tree, resolved: &Resolved, findings: &[Finding]) -> Vec<Diagnostic> {
    let subject = LintContext::new(tree, resolved);
    let mut warnings = Warnings { tree, found: Vec::new(), items: Vec::new() };
    always_true::find(&subject, findings, &mut warnings);
    used_bits::find(&subject, &mut warnings);
    redundant::find(&subject, findings, &mut warnings);
    slips::find(&subject, &mut warnings);
    zero_is_any::find(&subject, &mut warnings);
    errno::find(&subject, &mut warnings);
    several_calls::find(&subject, &mut warnings);
    powerful::find(&subject, &mut warnings);
    if !tree.items.iter().any(|item| item.alone) {
        open_default::find(&subject, &mut warnings);
        endings::find(&subject, &mut warnings);
        siblings::find(&subject, &mut warnings);
        clone3::find(&subject, &mut warnings);
        time64::find(&subject, &mut warnings);
        tioclinux::find(&subject, &mut warnings);
        without_effect::find(&subject, &mut warnings);
    }
    warnings.found
}

/// The most rules that the questions of one kind look at. Each question goes through the rules, and a policy may
/// have thousands of rules, each with a question. A policy that needs more gets no warnings of that kind.
const MOST_VISITS: usize = 200_000;

/// The policy that is checked.
struct LintContext<'a> {
    tree: &'a Tree,
    resolved: &'a Resolved,
    query: PolicyQuery,
    /// The questions so far, sorted by ABI and number.
    known: RefCell<Vec<KnownDeciders>>,
}

/// The deciders of the calls with an ABI and a number that satisfy a condition.
struct KnownDeciders {
    arch: u32,
    number: u32,
    condition: Condition,
    deciders: Rc<[Decider]>,
}

impl<'a> LintContext<'a> {
    fn new(tree: &'a Tree, resolved: &'a Resolved) -> Self {
        Self { tree, resolved, query: PolicyQuery::default(), known: RefCell::default() }
    }

    fn parts(&self) -> &'a [AbiPolicy] {
        &self.resolved.policy.abis
    }

    fn place(&self, rule: Origin) -> &'a RuleSource {
        &self.resolved.origins[rule.0 as usize]
    }

    /// Whether the rule was already checked where it is defined: in a fragment or a file.
    fn already_checked(&self, place: &RuleSource) -> bool {
        self.tree.item(place.item).already_checked
    }

    /// The deciders of a call by its name; none if the ABI does not have the call.
    fn deciders(&self, part: &AbiPolicy, name: &str) -> Rc<[Decider]> {
        self.deciders_where(part, name, &Condition::Always)
    }

    /// The deciders of the calls with that name that satisfy `condition`.
    fn deciders_where(&self, part: &AbiPolicy, name: &str, condition: &Condition) -> Rc<[Decider]> {
        let Some(number) = table::number(part.abi, name) else { return Rc::new([]) };
        let key = (part.abi.audit_arch(), number);
        let known = &mut *self.known.borrow_mut();
        let mut at = known.partition_point(|known| (known.arch, known.number) < key);
        while let Some(before) = known.get(at).filter(|known| (known.arch, known.number) == key) {
            if before.condition == *condition {
                return before.deciders.clone();
            }
            at += 1;
        }
        let deciders: Rc<[Decider]> = self.query.to(part, number, condition).into();
        let (arch, condition) = (key.0, condition.clone());
        known.insert(at, KnownDeciders { arch, number, condition, deciders: deciders.clone() });
        deciders
    }

    /// Whether the action tells programs that the kernel has no such call, so that they use another one.
    /// Only the name of a value of rustc is known here. That is enough for a warning, and for nothing
    /// else.
    fn says_absent(&self, abi: Abi, action: PolicyAction) -> bool {
        match action {
            PolicyAction::Action(Action::Errno(errno)) => {
                constant(abi, "ENOSYS") == Some(u64::from(errno))
            }
            PolicyAction::ErrnoOf(symbol) => {
                match &self.resolved.symbols[symbol.0 as usize].expression {
                    Expression::Rust(expression, _) => is_path_to(&expression.text, "ENOSYS"),
                    _ => false,
                }
            }
            PolicyAction::Action(
                Action::KillProcess
                | Action::KillThread
                | Action::Trap(_)
                | Action::Notify
                | Action::Trace(_)
                | Action::Log
                | Action::Allow,
            ) => false,
        }
    }
}

/// Whether an expression of rustc is `name` or a path that ends in `name`, with or without braces.
fn is_path_to(expression: &str, name: &str) -> bool {
    let path = trimmed(expression, b"{} ");
    let is_path = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte));
    is_path && last_of_path(path) == name
}

/// Whether some of the calls are allowed.
fn sometimes_allowed(deciders: &[Decider]) -> bool {
    deciders.iter().any(|decider| decider.action.permits())
}

/// Whether there are calls and all of them are allowed.
fn always_allowed(deciders: &[Decider]) -> bool {
    !deciders.is_empty() && deciders.iter().all(|decider| decider.action.permits())
}

/// Whether there are calls and all of them are denied.
fn always_denied(deciders: &[Decider]) -> bool {
    !deciders.is_empty() && deciders.iter().all(|decider| decider.action.forbids())
}

/// Whether a rule is one of the deciders, which are in the order of the policy: the order of origins.
fn decides(rule: Origin, deciders: &[Decider]) -> bool {
    let before = |decider: &Decider| decider.rule.is_some_and(|decider| decider.0 < rule.0);
    let at = deciders.partition_point(before);
    deciders.get(at).is_some_and(|decider| decider.rule == Some(rule))
}

/// Labels the first rule that allows some of the calls.
fn allowed_here(subject: &LintContext<'_>, deciders: &[Decider], name: &str) -> Vec<Label> {
    for decider in deciders {
        if let (Some(rule), true) = (decider.rule, decider.action.permits()) {
            let span = subject.place(rule).span;
            return vec![Label { span, text: format!("`{name}` is allowed here") }];
        }
    }
    Vec::new()
}

/// The value of a constant of the tables.
fn constant(abi: Abi, name: &str) -> Option<u64> {
    match table::constant(abi, name) {
        table::ConstantLookup::Value(constant) => Some(constant.value),
        _ => None,
    }
}

/// Collects warnings, except those that their item allows.
struct Warnings<'a> {
    tree: &'a Tree,
    found: Vec<Diagnostic>,
    /// The item of each warning.
    items: Vec<ItemIndex>,
}

impl Warnings<'_> {
    /// The items that have such a warning.
    fn items_with(&self, lint: Lint) -> Vec<ItemIndex> {
        let mut items = Vec::new();
        for (found, item) in self.found.iter().zip(&self.items) {
            if found.code == lint.into() {
                items.push(*item);
            }
        }
        items
    }

    /// Adds a warning about item number `item`, at `span`. The first line of `message` says what is wrong and why,
    /// the second says what to write. The same warning about the same item counts once, because a policy for
    /// several ABIs is checked once for each.
    fn add(&mut self, lint: Lint, item: ItemIndex, span: Span, message: &str) {
        self.labelled(lint, item, span, message, Vec::new());
    }

    /// Like [`Self::add`], with labels at related places.
    fn labelled(
        &mut self,
        lint: Lint,
        item: ItemIndex,
        span: Span,
        message: &str,
        labels: Vec<Label>,
    ) {
        let (message, help) = message.split_once('\n').unwrap_or((message, ""));
        let mut warning = Diagnostic::new(lint, span, message).help(help);
        warning.labels = labels;
        self.found(lint, item, warning);
    }

    fn found(&mut self, lint: Lint, item: ItemIndex, warning: Diagnostic) {
        for allowed in &self.tree.item(item).allowed {
            if allowed.name == lint.name() {
                return;
            }
        }
        if self.found.len() > MOST {
            return;
        }
        for (index, found) in self.found.iter().enumerate() {
            let same = found.code == warning.code && found.message == warning.message;
            if self.items[index] == item && same {
                return;
            }
        }
        self.items.push(item);
        if self.found.len() == MOST {
            let message =
                format!("this policy has more than {MOST} warnings, and the others begin here");
            self.found.push(Diagnostic::new(lint, warning.span, message));
            return;
        }
        self.found.push(warning);
    }

    /// Adds a warning about the target of a rule.
    fn at(&mut self, lint: Lint, place: &RuleSource, message: &str) {
        self.add(lint, place.item, place.span, message);
    }

    /// Like [`Self::at`], with labels at related places.
    fn at_with(&mut self, lint: Lint, place: &RuleSource, message: &str, labels: Vec<Label>) {
        self.labelled(lint, place.item, place.span, message, labels);
    }
}

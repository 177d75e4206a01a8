//! The targets of rules as written: the places to which errors and warnings point, and the texts that they quote.

use crate::diagnostic::{Diagnostic, ErrorCode, Label};
use crate::lists;
use crate::policy::Origin;
use crate::tree::{Calls, Item, ItemIndex, ItemKind, Span, TargetIndex, Tree};

/// A target of a rule, as written.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct RuleSource {
    /// Its place.
    pub span: Span,
    /// Its rule.
    pub item: ItemIndex,
    /// Which target of the rule it is.
    pub target: TargetIndex,
    /// Whether it names a group.
    pub group: bool,
    /// Whether it names several calls, or comes from a fragment. Then it is not an error if earlier rules
    /// decide all of its calls.
    pub may_be_decided: bool,
}

impl RuleSource {
    /// The rule for this target alone, as a policy can have it.
    #[must_use]
    pub fn quote(&self, tree: &Tree) -> String {
        match &tree.item(self.item).kind {
            ItemKind::Rule(rule) => short(rule.quote(self.target)),
            ItemKind::Report(report) => report.names.item().to_owned(),
            _ => String::new(),
        }
    }

    /// The error if no call satisfies the condition of the target.
    #[must_use]
    pub fn contradiction(&self, tree: &Tree) -> Diagnostic {
        let text = self.quote(tree);
        let message = format!("no call matches `{text}`: its conditions contradict each other");
        Diagnostic::new(ErrorCode::Contradiction, self.span, message)
    }
}

/// A text as a message quotes it: a long one is cut.
fn short(mut text: String) -> String {
    const LONGEST: usize = 200;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The most rules that a message quotes or labels.
const QUOTED: usize = 8;

/// The rules, each quoted; only the first ones if there are many.
pub(crate) fn quoted_places(rules: &[Origin], tree: &Tree, origins: &[RuleSource]) -> String {
    if rules.is_empty() {
        return "the rules".to_owned();
    }
    let mut quoted = String::new();
    for rule in rules.iter().take(QUOTED) {
        let rule = origins[rule.0 as usize].quote(tree);
        lists::add(&mut quoted, &format!("`{rule}`"), " and ");
    }
    if rules.len() > QUOTED {
        quoted += &format!(" and {} more rules", rules.len() - QUOTED);
    }
    quoted
}

/// Labels at the rules that decide something; only at the first ones if there are many.
pub(crate) fn decided_here(rules: &[Origin], origins: &[RuleSource]) -> Vec<Label> {
    let mut labels = Vec::new();
    for rule in rules.iter().take(QUOTED) {
        let span = origins[rule.0 as usize].span;
        labels.push(Label { span, text: "decided here".to_owned() });
    }
    labels
}

/// One place for each target of each rule, in order: an [`Origin`] is an index into them.
pub(super) fn places(tree: &Tree) -> Vec<RuleSource> {
    let mut places = Vec::new();
    for (item, Item { kind, included, .. }) in tree.items.iter().enumerate() {
        let ItemKind::Rule(rule) = kind else { continue };
        for (index, target) in rule.targets.iter().enumerate() {
            let group = matches!(target.calls, Calls::Group(..));
            places.push(RuleSource {
                span: target.calls.span(),
                item: ItemIndex(item),
                target: TargetIndex(index),
                group,
                may_be_decided: *included || group,
            });
        }
    }
    places
}

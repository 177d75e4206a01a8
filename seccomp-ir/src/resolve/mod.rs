//! Tree to policy: names become numbers, arguments get the kernel's types, and values are checked
//! against these types, once for each ABI that the policy serves.

mod abis;
mod argument;
mod call;
mod command;
mod condition;
mod group_members;
mod install;
mod misfit_text;
mod nearest_names;
mod remark;
mod report;
mod rule_source;
mod rustc_value;
mod target;
mod value;

pub use call::{ResolvedCall, resolve_call};
pub(crate) use command::fixed;
pub use remark::{ComparedConstant, Remark, RemarkKind};
pub use report::ResolvedReport;
pub use rule_source::RuleSource;
pub(crate) use rule_source::{decided_here, quoted_places};
pub use rustc_value::{Expression, Fit, RangeOfRustc, SymbolSource};

use crate::abi::Abi;
use crate::action::Action;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::{Errors, Reported};
use crate::policy::{
    AbiPolicy, InvalidPolicy, Origin, Policy, PolicyAction, PolicyParts, Rule, Unknown,
};
use crate::table;
use crate::tree::{ActionKind, Item, ItemIndex, ItemKind, KeywordItem, ReportItem, Span, Tree};
use rule_source::places;

/// A policy, and the things that its indices refer to.
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct Resolved {
    /// The policy.
    pub policy: Policy,
    /// The source of each [`Origin`].
    pub origins: Vec<RuleSource>,
    /// The source of each [`Symbol`](crate::policy::Symbol).
    pub symbols: Vec<SymbolSource>,
    /// The ranges with symbols as bounds.
    pub ranges: Vec<RangeOfRustc>,
    /// Every named constant that an argument is compared with.
    pub constants: Vec<ComparedConstant>,
    /// Comparisons whose types the author may not mean.
    pub remarks: Vec<Remark>,
    /// `report`, if the policy has it.
    pub report: Option<ResolvedReport>,
}

/// Resolves `tree` for a program built for `target`. `errors` has the errors found so far.
///
/// # Errors
///
/// Every error, including those found before.
pub fn resolve(tree: &Tree, target: Abi, mut errors: Errors) -> Result<Resolved, Errors> {
    check_decided(tree, &mut errors);
    let resolver = Resolver::new(target, places(tree), &mut errors);
    let resolved = resolver.policy(tree);
    errors.finish(resolved)
}

/// Refuses what only rustc can decide: an item that may not be there, and rules that are elsewhere.
fn check_decided(tree: &Tree, errors: &mut Errors) {
    for Item { conditions, kind, .. } in &tree.items {
        for condition in conditions {
            errors.at(
                ErrorCode::OnlyForRustc,
                condition.span,
                "`#[cfg(…)]` works only in `seccomp_policy!`, because only rustc knows the configuration",
            );
        }
        if let ItemKind::Include(include) = kind {
            errors.at(
                ErrorCode::OnlyForRustc,
                include.span,
                "`include` works only in `seccomp_policy!`: rustc finds fragments, and watches files for changes",
            );
        }
    }
}

/// The most calls and values, on all ABIs together, that are looked up, because the later stages need time and
/// memory for each. A filter of 4096 instructions compares with a fiftieth of that number.
pub const MOST_LOOKED_UP: usize = 200_000;

/// The items that a policy has at most single_items.
struct SingleItems<'a> {
    default: Result<&'a KeywordItem, Reported>,
    bad_arch: Option<&'a KeywordItem>,
    unknown: Option<&'a KeywordItem>,
    report: Option<&'a ReportItem>,
}

struct Resolver<'a> {
    target: Abi,
    abis: Vec<Abi>,
    /// The ABIs to which the current rule applies.
    rule_abis: Vec<Abi>,
    errors: &'a mut Errors,
    origins: Vec<RuleSource>,
    symbols: Vec<SymbolSource>,
    /// How many of the symbols the program evaluates when it runs.
    run_time_values: usize,
    ranges: Vec<RangeOfRustc>,
    constants: Vec<ComparedConstant>,
    near: nearest_names::Near,
    /// The domain of the argument that is compared now.
    domain: Option<table::Domain>,
    /// How many calls and values were looked up.
    looked_up: usize,
    remarks: Vec<Remark>,
    /// The current rule.
    item: ItemIndex,
    /// The commands that the call may have at this point; empty if any.
    commands: Vec<u64>,
    /// Set once it is reported that there are too many.
    too_many: Option<Reported>,
}

impl<'a> Resolver<'a> {
    fn new(target: Abi, origins: Vec<RuleSource>, errors: &'a mut Errors) -> Self {
        Self {
            target,
            abis: Vec::new(),
            rule_abis: Vec::new(),
            errors,
            origins,
            symbols: Vec::new(),
            run_time_values: 0,
            ranges: Vec::new(),
            constants: Vec::new(),
            near: nearest_names::Near::default(),
            domain: None,
            looked_up: 0,
            remarks: Vec::new(),
            item: ItemIndex(0),
            commands: Vec::new(),
            too_many: None,
        }
    }

    /// Counts the calls and values that are looked up, and reports once if there are too many.
    fn look_up(&mut self, count: usize, span: Span) -> Result<(), Reported> {
        if let Some(reported) = self.too_many {
            return Err(reported);
        }
        self.looked_up = self.looked_up.saturating_add(count);
        if self.looked_up <= MOST_LOOKED_UP {
            return Ok(());
        }
        let message = format!(
            "this policy has more than {MOST_LOOKED_UP} calls and values, including those of groups and \
             counted once for each ABI that it serves, and no filter could hold so many"
        );
        let help = "write ranges or masks instead of single values, name each group once, or serve fewer ABIs";
        let error = Diagnostic::new(ErrorCode::TooLarge, span, message).help(help);
        let reported = self.errors.add(error);
        self.too_many = Some(reported);
        Err(reported)
    }

    /// Reports that the result is not a valid policy. If no error was reported before, such as an unknown ABI,
    /// this compiler is at fault.
    fn no_policy(&mut self, invalid: InvalidPolicy, span: Span) -> Reported {
        let message = format!(
            "internal error of the policy compiler, and no filter was made: {invalid}; please report this policy"
        );
        self.errors.unless_any(Diagnostic::new(ErrorCode::Internal, span, message))
    }

    fn policy(mut self, tree: &Tree) -> Result<Resolved, Reported> {
        let single_items = self.single_items(tree);
        let served = self.served_abis(tree);
        self.abis = served.clone();
        self.check_rule_abis(tree);
        let report = self.report(tree, &single_items);
        let (mut abis, mut whole) = (Vec::new(), Ok(()));
        // Every ABI is resolved even if one has errors, so that all errors are reported.
        for abi in &served {
            match self.part(tree, &single_items, *abi) {
                Ok(part) => abis.push(part),
                Err(reported) => whole = Err(reported),
            }
        }
        let bad_arch = match single_items.bad_arch {
            Some(item) => self.action(&item.action.kind, self.target),
            None => Ok(PolicyAction::Action(Action::KillProcess)),
        };
        self.errors.name_abis(&served);
        whole?;
        let policy = match Policy::new(PolicyParts { abis, bad_arch: bad_arch? }) {
            Ok(policy) => policy,
            Err(invalid) => return Err(self.no_policy(invalid, tree.span)),
        };
        let Self { origins, symbols, ranges, constants, remarks, .. } = self;
        Ok(Resolved { policy, origins, symbols, ranges, constants, remarks, report: report? })
    }

    /// Finds the items that a policy has once, and reports those that it has twice or lacks.
    fn single_items<'t>(&mut self, tree: &'t Tree) -> SingleItems<'t> {
        let mut default: Option<&KeywordItem> = None;
        let mut bad_arch = None;
        let mut unknown = None;
        let mut report: Option<&ReportItem> = None;
        for Item { kind, .. } in &tree.items {
            let (slot, item) = match kind {
                ItemKind::Default(item) => (&mut default, item),
                ItemKind::BadArch(item) => (&mut bad_arch, item),
                ItemKind::Unknown(item) => (&mut unknown, item),
                ItemKind::Report(second) => {
                    if let Some(first) = report {
                        let message = "a second `report`: a policy has one";
                        self.errors.add(
                            Diagnostic::new(ErrorCode::Twice, second.span, message)
                                .help("remove this one or the first")
                                .label(first.span, "the first"),
                        );
                    }
                    report = Some(second);
                    continue;
                }
                ItemKind::Rule(_) | ItemKind::Arch(_) | ItemKind::Include(_) => continue,
            };
            if let Some(first) = slot {
                let keyword = &item.keyword;
                let message = format!("a second `{keyword}`: a policy has one");
                self.errors.add(
                    Diagnostic::new(ErrorCode::Twice, keyword.span, message)
                        .help("remove this one or the first")
                        .label(first.keyword.span, "the first"),
                );
            } else {
                *slot = Some(item);
            }
        }
        // Where something could not be read, it may have been the default.
        let default = default.ok_or_else(|| {
            let message = "this policy does not say what happens to all other calls: end it with `default kill;` or, to refuse politely, `default errno(EPERM);`";
            self.errors.unless_any(Diagnostic::new(ErrorCode::NoDefault, tree.span, message))
        });
        SingleItems { default, bad_arch, unknown, report }
    }

    fn part(
        &mut self,
        tree: &Tree,
        single_items: &SingleItems<'_>,
        abi: Abi,
    ) -> Result<AbiPolicy, Reported> {
        let mut rules = Vec::new();
        let mut whole = Ok(());
        let mut origin = 0;
        for item in &tree.items {
            let Item { hot, kind, .. } = item;
            let ItemKind::Rule(rule) = kind else { continue };
            if !item.applies_to(abi) {
                origin += rule.targets.len() as u32;
                continue;
            }
            self.rule_abis = self.abis_of_rule(item);
            let action = self.action(&rule.action.kind, abi);
            for target in &rule.targets {
                self.item = self.origins[origin as usize].item;
                let permits = action.is_ok_and(PolicyAction::permits);
                let members = install::members(target);
                for target in members.as_deref().unwrap_or(core::slice::from_ref(target)) {
                    match (self.target(target, permits, abi), action) {
                        (Ok(calls), Ok(action)) => {
                            for (numbers, condition) in calls {
                                // Another ABI may have the call.
                                if !numbers.is_empty() {
                                    rules.push(Rule {
                                        numbers,
                                        condition,
                                        action,
                                        hot: hot.is_some(),
                                        origin: Origin(origin),
                                    });
                                }
                            }
                        }
                        (Err(reported), _) | (_, Err(reported)) => whole = Err(reported),
                    }
                }
                origin += 1;
            }
        }
        let default = match single_items.default {
            Ok(item) => self.action(&item.action.kind, abi),
            Err(reported) => Err(reported),
        };
        let unknown = match single_items.unknown {
            Some(item) => Some(self.unknown(item, abi)?),
            None => None,
        };
        whole?;
        Ok(AbiPolicy { abi, rules, unknown, default: default? })
    }

    fn unknown(&mut self, item: &KeywordItem, abi: Abi) -> Result<Unknown, Reported> {
        let action = self.action(&item.action.kind, abi)?;
        let mut known = Vec::new();
        for (number, _) in table::calls(abi) {
            known.push(number);
        }
        // If the number of a skipped call is not one of the ABI's numbers, no kernel gives it to a new call.
        if abi.numbers().1 < Abi::SKIPPED {
            known.push(Abi::SKIPPED);
        }
        Ok(Unknown { known, action })
    }

    fn action(&mut self, action: &ActionKind, abi: Abi) -> Result<PolicyAction, Reported> {
        Ok(PolicyAction::Action(match action {
            ActionKind::Allow => Action::Allow,
            ActionKind::Log => Action::Log,
            ActionKind::Notify => Action::Notify,
            ActionKind::KillProcess => Action::KillProcess,
            ActionKind::KillThread => Action::KillThread,
            ActionKind::Trap(None) => Action::Trap(0),
            ActionKind::Trap(Some(value)) => Action::Trap(self.action_data(value, abi, "trap")?),
            ActionKind::Trace(value) => Action::Trace(self.action_data(value, abi, "trace")?),
            ActionKind::Errno(value) => return self.errno(value, abi),
        }))
    }
}

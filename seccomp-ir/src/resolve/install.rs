//! The group `@install`: what an install of a policy calls, and no more of these calls.
//!
//! Other groups take whole calls. Here a call does much else beside: prctl(2) renames a thread, and seccomp(2) enters
//! strict mode. So each member has a condition, in the words in which a user would write it.

use crate::policy::Operator;
use crate::tree::{
    ArgumentExpr, Calls, ComparisonExpr, ConditionExpr, Name, Relation, Span, Target, ValueExpr,
    ValueKind,
};

/// The call, the argument that says what it does, and the values with which an install makes it
/// (`seccomp-install/src/sys/mod.rs`).
const MEMBERS: [(&str, &str, &[&str]); 2] = [
    ("prctl", "option", &["PR_SET_NO_NEW_PRIVS", "PR_GET_NO_NEW_PRIVS"]),
    ("seccomp", "op", &["SECCOMP_SET_MODE_FILTER"]),
];

/// The targets that the group means, if `target` is the group.
pub(super) fn members(target: &Target) -> Option<Vec<Target>> {
    let Calls::Group(name, span) = &target.calls else { return None };
    if name != "@install" {
        return None;
    }
    let mut members = Vec::new();
    for (call, argument, values) in MEMBERS {
        let mut any = Vec::new();
        for value in values {
            any.push(equal(argument, value, *span));
        }
        members.push(Target {
            where_known: false,
            calls: Calls::Named(named(call, *span)),
            condition: Some(ConditionExpr::Any(any)),
        });
    }
    Some(members)
}

fn equal(argument: &str, value: &str, span: Span) -> ConditionExpr {
    let value = ValueExpr { kind: ValueKind::Constant(named(value, span)), span };
    ConditionExpr::Compare(ComparisonExpr {
        subject: ArgumentExpr { argument: named(argument, span), cast: None, mask: None },
        relation: Relation::Operator(Operator::Equal, value),
    })
}

fn named(text: &str, span: Span) -> Name {
    Name { text: text.to_owned(), span }
}

//! Parts of trees that no text has: for importers and decompilers. Their places mean nothing.

use crate::abi::Abi;
use crate::action::Action;
use crate::bpf::Names as _;
use crate::names::TableNames;
use crate::table::{self, ConstantLookup};
use crate::tree::{
    ActionExpr, ActionKind, Integer, Item, ItemKind, Name, Span, ValueExpr, ValueKind,
};

impl Span {
    /// The place of a part that no text has.
    pub const NOWHERE: Self = Self(0);
}

impl Name {
    /// A word that no text has.
    #[must_use]
    pub fn made(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: Span::NOWHERE }
    }
}

impl ValueExpr {
    /// A value that no text has.
    #[must_use]
    pub const fn made(kind: ValueKind) -> Self {
        Self { kind, span: Span::NOWHERE }
    }
}

impl Item {
    /// An item without attributes.
    #[must_use]
    pub const fn made(kind: ItemKind) -> Self {
        Self {
            conditions: Vec::new(),
            hot: None,
            abis: Vec::new(),
            included: false,
            already_checked: false,
            alone: false,
            allowed: Vec::new(),
            kind,
        }
    }
}

impl ActionExpr {
    /// The words for `action` in a policy for `abis`. An errno has its name, if that name has this number on each of them.
    #[must_use]
    pub fn made(action: Action, abis: &[Abi]) -> Self {
        let number =
            |data: u16| ValueExpr::made(ValueKind::Integer(Integer::decimal(i128::from(data))));
        let (keyword, kind) = match action {
            Action::Allow => ("allow", ActionKind::Allow),
            Action::Log => ("log", ActionKind::Log),
            Action::Notify => ("notify", ActionKind::Notify),
            Action::Errno(errno) => {
                let value = match errno_name(errno, abis) {
                    Some(name) => ValueExpr::made(ValueKind::Constant(Name::made(name))),
                    None => number(errno),
                };
                ("errno", ActionKind::Errno(value))
            }
            Action::Trap(0) => ("trap", ActionKind::Trap(None)),
            Action::Trap(data) => ("trap", ActionKind::Trap(Some(number(data)))),
            Action::Trace(data) => ("trace", ActionKind::Trace(number(data))),
            Action::KillProcess => ("kill", ActionKind::KillProcess),
            Action::KillThread => ("kill_thread", ActionKind::KillThread),
        };
        Self { keyword: Name::made(keyword), kind }
    }
}

/// The name of an errno, if it has this number on each of the ABIs.
fn errno_name(errno: u16, abis: &[Abi]) -> Option<String> {
    let first = abis.first()?;
    let names = TableNames::default();
    let name = names.errno(first.audit_arch(), errno)?;
    let is_same = |abi: &Abi| match table::constant(*abi, name) {
        ConstantLookup::Value(constant) => constant.value == u64::from(errno),
        ConstantLookup::NotOnThisAbi(_) | ConstantLookup::Unknown => false,
    };
    abis.iter().all(is_same).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Abi, Action, ActionExpr, Name};
    use crate::tree::KeywordItem;

    #[test]
    fn an_errno_has_a_name_where_the_name_means_it_on_every_abi() {
        let text = |errno, abis: &[Abi]| {
            let action = ActionExpr::made(Action::Errno(errno), abis);
            KeywordItem { keyword: Name::made("default"), action }.quote()
        };
        assert_eq!(text(1, &[Abi::X86_64, Abi::Mips64]), "default errno(EPERM)");
        assert_eq!(text(38, &[Abi::X86_64]), "default errno(ENOSYS)");
        // It is 89 on MIPS.
        assert_eq!(text(38, &[Abi::X86_64, Abi::Mips64]), "default errno(38)");
        assert_eq!(text(4000, &[Abi::X86_64]), "default errno(4000)");
        assert_eq!(text(1, &[]), "default errno(1)");
    }
}

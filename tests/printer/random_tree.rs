//! Random trees.

use seccomp_ir::policy::Operator;
use seccomp_ir::tree::{
    ActionExpr, ActionKind, Allowed, ArgumentExpr, Calls, Cast, Cfg, ComparisonExpr, ConditionExpr,
    Element, Include, Included, Integer, Item, ItemKind, KeywordItem, Name, Radix, Range, Relation,
    ReportItem, ReportNames, RuleItem, RustExpression, Target, Tree, ValueExpr, ValueKind,
};
use seccomp_test_support::seeds::Seeded;

use crate::NOWHERE;

/// Makes trees with everything that a text of the language can have.
pub(crate) struct Random(pub(crate) Seeded);

impl Random {
    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.usize(..of.len())].clone()
    }

    pub(crate) fn chance(&mut self, one_in: u32) -> bool {
        self.0.u32(..one_in) == 0
    }

    fn some<T>(&mut self, least: usize, most: usize, make: fn(&mut Self) -> T) -> Vec<T> {
        (0..self.0.usize(least..=most)).map(|_| make(self)).collect()
    }

    pub(crate) fn tree(&mut self) -> Tree {
        Tree { items: self.some(0, 6, Self::item), span: NOWHERE }
    }

    fn item(&mut self) -> Item {
        let kind = match self.0.u32(..13) {
            0 => ItemKind::Default(self.keyword_item("default")),
            1 => ItemKind::BadArch(self.keyword_item("bad_arch")),
            2 => ItemKind::Unknown(self.keyword_item("unknown")),
            5 => ItemKind::Report(ReportItem {
                names: self.one(&[ReportNames::All, ReportNames::Calls, ReportNames::None]),
                span: NOWHERE,
            }),
            3 => ItemKind::Arch(self.some(1, 30, |random| random.name(&["x86_64", "x86", "x32"]))),
            4 => {
                let what = match self.0.bool() {
                    true => {
                        Included::File(self.one(&["a.policy", "a \"b\"\\c/é.policy"]).to_owned())
                    }
                    false => {
                        Included::Fragment(self.one(&["NET", "crate::a::NET", "::a::B"]).to_owned())
                    }
                };
                ItemKind::Include(Include { what, span: NOWHERE })
            }
            _ => {
                let action = self.action();
                ItemKind::Rule(RuleItem { action, targets: self.some(1, 12, Self::target) })
            }
        };
        let is_rule = matches!(kind, ItemKind::Rule(_));
        Item {
            conditions: self.some(0, 2, |random| {
                let predicates = ["unix", "feature = \"a b\"", "any(a, not(b), all())"];
                Cfg { predicate: random.one(&predicates).to_owned(), span: NOWHERE }
            }),
            hot: (is_rule && self.0.bool()).then_some(NOWHERE),
            abis: match is_rule && self.chance(4) {
                true => self.some(1, 30, |random| random.name(&["x86_64", "x86", "x32"])),
                false => Vec::new(),
            },
            included: false,
            already_checked: false,
            alone: false,
            allowed: self.some(0, 9, |random| Allowed {
                name: random.one(&["no_exit", "default_allow", "frobnicate"]).to_owned(),
                span: NOWHERE,
            }),
            kind,
        }
    }

    fn keyword_item(&mut self, keyword: &str) -> KeywordItem {
        KeywordItem {
            keyword: Name { text: keyword.to_owned(), span: NOWHERE },
            action: self.action(),
        }
    }

    fn action(&mut self) -> ActionExpr {
        let kind = match self.0.u32(..9) {
            0 => ActionKind::Log,
            1 => ActionKind::Notify,
            2 => ActionKind::KillProcess,
            3 => ActionKind::KillThread,
            4 => ActionKind::Errno(self.value(2)),
            5 => ActionKind::Trace(self.value(1)),
            6 => ActionKind::Trap(Some(self.value(1))),
            7 => ActionKind::Trap(None),
            _ => ActionKind::Allow,
        };
        ActionExpr { keyword: Name { text: String::new(), span: NOWHERE }, kind }
    }

    fn name(&mut self, names: &[&str]) -> Name {
        Name { text: self.one(names).to_owned(), span: NOWHERE }
    }

    fn target(&mut self) -> Target {
        let calls = match self.0.u32(..8) {
            0 => Calls::Numbered(self.0.u32(..) >> self.0.u32(..32), NOWHERE),
            1 => {
                let group = self.one(&["@basic-io", "@signal", "@rust-thread-local"]);
                let calls = Calls::Group(group.to_owned(), NOWHERE);
                return Target { calls, where_known: false, condition: None };
            }
            2 => Calls::Named(
                self.name(&["syscall", "break", "default", "allow", "include", "arch"]),
            ),
            _ => Calls::Named(self.name(&["read", "ioctl", "sched_setattr", "a0"])),
        };
        let depth = self.0.u32(..4);
        let condition = self.0.bool().then(|| self.condition(depth));
        let where_known = matches!(calls, Calls::Named(_)) && self.chance(4);
        Target { calls, where_known, condition }
    }

    fn condition(&mut self, depth: u32) -> ConditionExpr {
        let kind = if depth == 0 { 0 } else { self.0.u32(..6) };
        let parts = |random: &mut Self| {
            let count = random.0.usize(2..=3);
            (0..count).map(|_| random.condition(depth - 1)).collect()
        };
        match kind {
            1 | 2 => ConditionExpr::All(parts(self)),
            3 | 4 => ConditionExpr::Any(parts(self)),
            5 => ConditionExpr::Not(Box::new(self.condition(depth - 1))),
            _ => ConditionExpr::Compare(self.comparison()),
        }
    }

    fn comparison(&mut self) -> ComparisonExpr {
        let cast = self.chance(4).then(|| {
            let (name, signed, bits) = self.one(&[
                ("u32", false, 32),
                ("i32", true, 32),
                ("u64", false, 64),
                ("i64", true, 64),
            ]);
            Cast { name: Name { text: name.to_owned(), span: NOWHERE }, signed, bits }
        });
        let subject = ArgumentExpr {
            argument: self.name(&["fd", "type", "a0", "in", "as", "not", "flags"]),
            cast,
            mask: self.chance(3).then(|| self.value(2)),
        };
        let relation = if self.chance(3) {
            Relation::In(self.some(1, 9, Self::element))
        } else {
            let operator = self.one(&Operator::ALL);
            Relation::Operator(operator, self.value(3))
        };
        ComparisonExpr { subject, relation }
    }

    fn element(&mut self) -> Element {
        if self.0.bool() {
            return Element::Value(self.value(2));
        }
        let (first, mut last) = (self.0.bool(), self.0.bool());
        last |= !first;
        Element::Range(Range {
            first: first.then(|| self.value(1)),
            last: last.then(|| self.value(1)),
            inclusive: last && self.0.bool(),
            span: NOWHERE,
        })
    }

    fn value(&mut self, depth: u32) -> ValueExpr {
        let kind = match if depth == 0 { self.0.u32(..3) } else { self.0.u32(..6) } {
            0 => ValueKind::Constant(self.name(&["O_RDONLY", "AF_INET", "SOCK_SEQPACKET", "type"])),
            1 => {
                let texts = [
                    "libc::TIOCSTI",
                    "Self::X",
                    "{ 1 << SHIFT }",
                    "{ a(1, &[2]) }",
                    "::a::B",
                    "$fd",
                    "$(file.as_raw_fd())",
                    "$(-1)",
                ];
                let text = self.one(&texts).to_owned();
                let run_time = text.starts_with('$');
                ValueKind::Expression(RustExpression { index: 0, text, run_time, span: NOWHERE })
            }
            2 => {
                let number = i128::from(self.0.u64(..) >> self.0.u32(..64));
                let radix =
                    self.one(&[Radix::Binary, Radix::Octal, Radix::Decimal, Radix::Hexadecimal]);
                // `-0` is 0.
                let negative = self.chance(4);
                ValueKind::Integer(Integer {
                    number: if negative { -number } else { number },
                    radix,
                })
            }
            3 => ValueKind::Not(Box::new(self.value(depth - 1))),
            _ => {
                let count = self.0.usize(2..=4);
                ValueKind::Or((0..count).map(|_| self.value(depth - 1)).collect())
            }
        };
        ValueExpr { kind, span: NOWHERE }
    }
}

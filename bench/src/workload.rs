//! The policies that every compiler is given, made by `build.rs` of
//! `seccomp-ir/tests/workloads/*.json`.

use seccomp_ir::abi::ArgumentIndex;
use seccomp_ir::action::Action;

/// One policy for x86_64.
#[derive(Debug)]
pub struct Workload {
    /// `W1` to `W7`.
    pub name: &'static str,
    /// The project that the policy comes from.
    pub title: &'static str,
    /// The action for calls that no rule matches.
    pub default: Action,
    /// The action for calls through another ABI.
    pub bad_arch: Action,
    /// The rules, by ascending number. The rules of one number have one action or do not overlap,
    /// so their order does not matter.
    pub rules: &'static [Rule],
    /// The policy in the policy language, where arguments have the widths of [`Test::bits`].
    pub text: &'static str,
    /// The policy as a user would write it: arguments have the kernel's types.
    pub typed: &'static str,
}

/// One rule: a call, tests of its arguments, and an action.
#[derive(Debug)]
pub struct Rule {
    /// The call's name.
    pub call: &'static str,
    /// Its number on x86_64.
    pub number: u32,
    /// How often it is made, among about a hundred calls.
    pub frequency: f64,
    /// The action.
    pub action: Action,
    /// The tests, all of which must hold.
    pub tests: &'static [Test],
}

/// `(argument & mask) operator value`, unsigned.
#[derive(Debug)]
pub struct Test {
    /// The argument.
    pub argument: ArgumentIndex,
    /// The number of low bits of the argument that are compared: 32 or 64.
    pub bits: u32,
    /// The mask.
    pub mask: Option<u64>,
    /// The operator.
    pub operator: Operator,
    /// The value.
    pub value: u64,
}

/// An operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
}

include!(concat!(env!("OUT_DIR"), "/workloads.rs"));

impl Workload {
    /// The workload of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        WORKLOADS.iter().find(|workload| workload.name == name)
    }

    /// The same with another [`Self::default`].
    #[must_use]
    pub fn with_default(&self, default: Action) -> Self {
        Self { default, ..*self }
    }
}

impl Test {
    /// For `arg & mask != 0`, which most compilers cannot express: one test for each bit of the
    /// mask, at least one of which must hold. For any other test, the test itself.
    ///
    /// # Panics
    ///
    /// For `arg & mask != value` with another value, which no workload has.
    #[must_use]
    pub fn alternatives(&self) -> Vec<Self> {
        match (self.operator, self.mask) {
            (Operator::NotEqual, Some(mask)) => {
                assert_eq!(self.value, 0);
                let bits = (0..64).map(|bit| 1 << bit).filter(|bit| mask & bit != 0);
                let test =
                    |bit| Self { mask: Some(bit), operator: Operator::Equal, value: bit, ..*self };
                bits.map(test).collect()
            }
            _ => vec![Self { ..*self }],
        }
    }
}

impl Rule {
    /// [`Self::tests`] for compilers that cannot express `arg & mask != 0`: all tests of one of the
    /// lists must hold.
    #[must_use]
    pub fn alternatives(&self) -> Vec<Vec<Test>> {
        let mut lists = vec![Vec::new()];
        for test in self.tests {
            let each = test.alternatives();
            lists = lists
                .iter()
                .flat_map(|list: &Vec<Test>| {
                    each.iter().map(move |test| {
                        list.iter().chain([test]).map(|test| Test { ..*test }).collect()
                    })
                })
                .collect();
        }
        lists
    }
}

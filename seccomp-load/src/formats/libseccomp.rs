//! How libseccomp joins rules, for the formats that are carried out by libseccomp.
//!
//! A rule is a call, an action, and at most one comparison for each argument. Any rule that matches decides; a rule
//! without comparisons replaces the rules with comparisons for the same call, and none of these replaces it, whatever
//! the actions (`db_rule_add`). If rules with comparisons and different actions match the same call, the library does
//! not say which decides. Comparisons have 64 bits, or 32 bits on ABIs whose `long` has 32 (`_db_rule_gen_32`). On ABIs
//! with `socketcall` and `ipc`, a rule on a call behind these is also a rule on them (`abi_rule_add`).
//!
//! Source: libseccomp at 90d3f7d, `src/db.c`, `src/syscalls.c`, `src/arch-*.c`.

use std::collections::BTreeMap;

use seccomp_ir::abi::ArgumentIndex::A0;
use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::policy::{Condition, Operator, Width};
use seccomp_ir::table;

use super::condition::{compare, masked, never, simplified};
use super::cubes::cubes;
use super::draft::{AbiDraft, Draft, MOST_COMPARISONS, Step};
use super::lost_bits::{outside_of_mask, upper_half};
use super::problem::{Findings, ProblemPlace};

/// A comparison of one argument: `SCMP_CMP_…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Test {
    /// The argument, in order, against a number.
    Is(Operator, u64),
    /// `argument & mask == value & mask`
    MaskedEqual {
        /// The mask.
        mask: u64,
        /// The value; bits outside of the mask do not count.
        value: u64,
    },
}

impl Test {
    /// Whether the library leaves this comparison out, because its mask has no bits (`_db_arg_cmp_need_lo`).
    fn is_nothing(self, abi: Abi) -> bool {
        let ones = if abi.long_bits() == 32 { Width::W32 } else { Width::W64 }.ones();
        matches!(self, Self::MaskedEqual { mask, .. } if mask & ones == 0)
    }

    /// Says what the library does with it otherwise than it looks: on an ABI whose `long` has 32 bits it drops the upper halves
    /// ("implicitly strips off the upper 32 bit"), under a mask the other bits of the value (`_db_node_mask_fixup`), and a
    /// comparison under a mask without bits altogether.
    pub(super) fn say_what_is_dropped(
        self,
        abi: Abi,
        place: &ProblemPlace,
        findings: &mut Findings,
    ) {
        if self.is_nothing(abi) {
            let message = "the mask has no bits, so libseccomp leaves this comparison out, and any value of the argument matches";
            findings.remark(place.clone(), message);
            return;
        }
        let is_narrow = abi.long_bits() == 32;
        let who = format!("on {abi} libseccomp compares");
        let (value, mask) = match self {
            Self::Is(_, value) => (value, None),
            Self::MaskedEqual { mask, value } => (value, Some(mask)),
        };
        if is_narrow {
            upper_half(value, &who, place, findings);
            mask.into_iter().for_each(|mask| upper_half(mask, &who, place, findings));
        }
        if let Some(mask) = mask {
            let ones = if is_narrow { Width::W32 } else { Width::W64 }.ones();
            outside_of_mask(value & ones, mask & ones, "libseccomp", place, findings);
        }
    }

    /// Whether no value of the argument satisfies it on an ABI.
    pub(super) fn never_holds(self, argument: ArgumentIndex, abi: Abi) -> bool {
        !self.is_nothing(abi) && self.on(argument, abi) == never()
    }

    /// The condition that it is on an ABI.
    pub(super) fn on(self, argument: ArgumentIndex, abi: Abi) -> Condition {
        let width = if abi.long_bits() == 32 { Width::W32 } else { Width::W64 };
        let condition = match self {
            Self::Is(operator, value) => compare(argument, width, operator, value & width.ones()),
            Self::MaskedEqual { mask, value } => {
                let mask = mask & width.ones();
                masked(argument, width, Some(mask), Operator::Equal, value & mask)
            }
        };
        simplified(condition, abi)
    }
}

/// The rules on one call of one ABI.
#[derive(Default)]
struct Rules {
    always: Option<(Action, ProblemPlace)>,
    under: Vec<Step>,
}

/// A filter of libseccomp, to which rules are added.
pub(super) struct LibseccompFilter {
    abis: Vec<Abi>,
    default: Action,
    rules: BTreeMap<(usize, u32), Rules>,
}

/// The calls for which libseccomp also adds rules on `socketcall` and `ipc`.
///
/// Source: `abi_syscall_resolve_name_munge`, `src/syscalls.c`.
const MULTIPLEXED: [&str; 32] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
    "semop",
    "semget",
    "semctl",
    "semtimedop",
    "msgsnd",
    "msgrcv",
    "msgget",
    "msgctl",
    "shmat",
    "shmdt",
    "shmget",
    "shmctl",
];

impl LibseccompFilter {
    pub(super) fn new(abis: Vec<Abi>, default: Action) -> Self {
        Self { abis, default, rules: BTreeMap::new() }
    }

    /// Adds a rule: `seccomp_rule_add`. The comparisons are of different arguments.
    ///
    /// Returns whether an ABI has the call.
    pub(super) fn add(
        &mut self,
        call: &str,
        tests: &[(ArgumentIndex, Test)],
        action: Action,
        place: &ProblemPlace,
    ) -> bool {
        let mut any = false;
        for (at, &abi) in self.abis.iter().enumerate() {
            let mut put = |number: u32, tests: &mut dyn Iterator<Item = (ArgumentIndex, Test)>| {
                let mut parts = Vec::new();
                for (argument, test) in tests {
                    if !test.is_nothing(abi) {
                        parts.push(test.on(argument, abi));
                    }
                }
                let rules = self.rules.entry((at, number)).or_default();
                if parts.is_empty() {
                    rules.always.get_or_insert((action, place.clone()));
                } else {
                    let condition = simplified(Condition::All(parts), abi);
                    rules.under.push(Step { condition, action, place: place.clone() });
                }
                any = true;
            };
            if let Some(number) = table::number(abi, call) {
                put(number, &mut tests.iter().copied());
            }
            if let Some((number, selector)) = multiplexer(abi, call) {
                // The first argument selects the call there. The library leaves the other comparisons as they are.
                let others = tests.iter().copied().filter(|(argument, _)| *argument != A0);
                let selects = Test::Is(Operator::Equal, u64::from(selector));
                put(number, &mut std::iter::once((A0, selects)).chain(others));
            }
        }
        any
    }

    /// The meaning of the filter. It is an error if rules leave open which of them decides.
    pub(super) fn draft(self, bad_arch: Action, findings: &mut Findings) -> Draft {
        let Self { abis, default, rules } = self;
        let mut parts: Vec<AbiDraft> =
            abis.iter().map(|abi| AbiDraft::new(*abi, default)).collect();
        for ((at, number), Rules { always, under }) in rules {
            let part = &mut parts[at];
            if let Some((action, place)) = always {
                let others = under.iter().find(|step| step.action != action);
                if let Some(other) = others {
                    findings.remark(
                        other.place.clone(),
                        format!(
                            "this rule for `{}` is without effect: another rule for the call has no comparisons, \
                             and libseccomp then drops rules that have some",
                            table::name(part.abi, number).unwrap_or("a call"),
                        ),
                    );
                }
                part.add(number, Condition::Always, action, place);
                continue;
            }
            // The end of the import refuses more steps, and comparing each with each would take long.
            let compared = if under.len() > MOST_COMPARISONS { &[][..] } else { &under[..] };
            for (index, step) in compared.iter().enumerate() {
                for other in &compared[..index] {
                    if other.action != step.action && overlap(step, other) {
                        findings.error_with_help(
                            step.place.clone(),
                            format!(
                                "two rules for `{}` match the same arguments with different actions, and libseccomp \
                                 does not say which decides",
                                table::name(part.abi, number).unwrap_or("a call"),
                            ),
                            "make their comparisons exclude each other",
                        );
                    }
                }
            }
            part.chains.insert(number, under);
        }
        Draft { parts, bad_arch }
    }
}

/// Whether some arguments satisfy the conditions of both steps. Also true if finding that out takes too much.
fn overlap(one: &Step, other: &Step) -> bool {
    let (Ok(one), Ok(other)) = (cubes(&one.condition), cubes(&other.condition)) else {
        return true;
    };
    one.iter().any(|cube| other.iter().any(|other| cube.and(other).is_some()))
}

/// The number of `socketcall` or `ipc` on an ABI, and the number that selects the call there.
fn multiplexer(abi: Abi, call: &str) -> Option<(u32, u32)> {
    if !MULTIPLEXED.contains(&call) {
        return None;
    }
    // The ABIs whose `rule_add` is `abi_rule_add`; PA-RISC and MIPS n64 have none.
    let rewrites = match abi {
        Abi::X86
        | Abi::S390
        | Abi::S390x
        | Abi::Ppc
        | Abi::Ppc64
        | Abi::Ppc64le
        | Abi::Mips
        | Abi::Mipsel
        | Abi::M68k
        | Abi::Sh
        | Abi::Sheb => true,
        Abi::X86_64
        | Abi::X32
        | Abi::Arm
        | Abi::Aarch64
        | Abi::Loongarch64
        | Abi::Mips64
        | Abi::Mipsel64
        | Abi::Mips64N32
        | Abi::Mipsel64N32
        | Abi::Parisc
        | Abi::Parisc64
        | Abi::Riscv64 => false,
    };
    let way = table::multiplexed(abi, call).into_iter().next().filter(|_| rewrites)?;
    Some((table::number(abi, way.by)?, way.number))
}

//! A constant that rustc evaluates means what the same number means in its place: every policy here is
//! written twice, with numbers and with constants, and both must become the same filter, or be refused
//! for the same reason.

use std::fmt::Write as _;

use proc_macro2::{Span, TokenStream};
use seccomp_ir::Compiled;
use seccomp_ir::abi::Abi;
use seccomp_ir::filter::Filter;
use seccomp_ir::fit::{Bounds, Fulfilled, Misfit, ValuePurpose};
use seccomp_ir::policy::{Comparison, Condition, Operator, Value};
use seccomp_ir::prove::{Refusal, prove};
use seccomp_ir::resolve::{Expression, Fit, RangeOfRustc, SymbolSource};
use seccomp_ir::tree::RustExpression;
use seccomp_runtime::__private::number;
use seccomp_runtime::{Call, Policy, call, seccomp_fragment, seccomp_policy};
use seccomp_tests::values::VALUES;

/// Arguments of every type: a call, one of its arguments, and a cast.
const SUBJECTS: [&str; 11] = [
    "read(fd",
    "kill(sig",
    "fchmod(mode",
    "clone(flags",
    "lseek(offset",
    "syscall(1000)(a0",
    "read(buf",
    "write(a0 as u64",
    "write(a0 as i64",
    "clone(flags as u32",
    "clone(flags as i32",
];

/// The comparisons of an argument, which may be under a mask.
const QUESTIONS: [&str; 26] = [
    "== V",
    "!= V",
    "< V",
    "<= V",
    "> V",
    ">= V",
    "& V == 0",
    "& V != 0",
    "& 0xff == V",
    "& 0xf0 > V",
    "& V >= V",
    "in {V, 9}",
    "in {9, V..}",
    "in V..",
    "in ..V",
    "in 1..=V",
    "in V..100",
    "in V..V",
    "in V..=V",
    "in V | 2..=0x7f",
    "in 3..V | 8",
    "== !V",
    "== V | 4",
    "& V == 6",
    "& V < 1",
    "& !(V | 1) == 0",
];

const ERRNOS: [&str; 9] = [
    "errno(V) reboot; default log",
    "errno(V | 1) reboot; default log",
    "errno(!V) reboot; default log",
    "errno(!(V | 0)) reboot; default log",
    "errno(ENOSYS | !V) reboot; default log",
    "default errno(V)",
    "unknown errno(V); default log",
    "bad_arch errno(!V); default log",
    // No instruction has the value.
    "allow @basic-io; errno(V) @basic-io; default log",
];

/// The compiled policy, or the first of the messages.
fn compile(policy: &str, abi: Abi) -> Result<Compiled, String> {
    let tokens: TokenStream = policy.parse().expect("tokens");
    let first = |message: String| message.lines().next().unwrap_or_default().to_owned();
    seccomp_syntax::compile(tokens, Span::call_site(), abi).map_err(|e| first(e.to_string()))
}

/// The bits of a value, as in the expansion of the macros.
fn bits(expression: &Expression, fit: &Fit, value: i128) -> Result<u64, String> {
    let judged = |number: i128, purpose: ValuePurpose, written: &RustExpression| {
        let [negative, above_signed, outside] = fit.refusals(written, purpose);
        match fit.bounds(purpose).misfit(number) {
            None => Ok(number as u64),
            Some(Misfit::Negative) => Err(negative),
            Some(Misfit::AboveSigned) => Err(above_signed),
            Some(Misfit::Outside) => Err(outside),
        }
    };
    let part =
        |part: &Expression| bits(part, &Fit { purpose: ValuePurpose::Mask, ..fit.clone() }, value);
    let all = match expression {
        Expression::Known(known) => *known,
        Expression::Rust(written, purpose) => return judged(value, *purpose, written),
        Expression::Not(inner) => !part(inner)? & fit.width.ones(),
        Expression::Or(parts) => {
            let mut all = 0;
            for expression in parts {
                all |= part(expression)?;
            }
            all
        }
    };
    if fit.purpose == ValuePurpose::Errno {
        let written = RustExpression {
            index: 0,
            text: String::new(),
            run_time: false,
            span: seccomp_ir::tree::Span(0),
        };
        return judged(i128::from(all), ValuePurpose::Errno, &written);
    }
    Ok(all)
}

/// The filter if every constant has this value, or an error if the value does not fit.
fn linked(compiled: &Compiled, value: i128) -> Result<Filter, String> {
    for RangeOfRustc { first, last, inclusive, fit, .. } in &compiled.ranges {
        let ordered = |bound: &Expression| {
            bits(bound, fit, value).map(|bits| (bits & fit.width.ones()) ^ fit.sign())
        };
        let (first, last) = (ordered(first)?, ordered(last)?);
        if first > last || first == last && !inclusive {
            return Err("the range has nothing in it".to_owned());
        }
    }
    let mut values = Vec::new();
    for SymbolSource { expression, fit } in &compiled.symbols {
        values.push(bits(expression, fit, value)?);
    }
    demanded(compiled, &values)?;
    let instructions = compiled.filter.resolve(&|symbol| values[symbol.0 as usize]);
    Ok(Filter { instructions, relocations: Vec::new() })
}

/// An error unless some call can match each comparison by itself.
fn demanded(compiled: &Compiled, values: &[u64]) -> Result<(), String> {
    let of = |value| match value {
        Value::Known(known) => known,
        Value::Symbol(symbol) => values[symbol.0 as usize],
    };
    for rule in compiled.policy.abis.iter().flat_map(|part| &part.rules) {
        let parts = match &rule.condition {
            Condition::All(parts) => &parts[..],
            condition => std::slice::from_ref(condition),
        };
        for part in parts {
            let (comparison, operator) = match part {
                Condition::Compare(comparison) => (comparison, comparison.operator),
                Condition::Not(inner) => match &**inner {
                    Condition::Compare(comparison) => (comparison, comparison.operator.negated()),
                    _ => continue,
                },
                _ => continue,
            };
            let Comparison { width, signed, mask, value, .. } = *comparison;
            let bounds = Bounds { bits: width.bits(), signed, purpose: ValuePurpose::Order };
            let fulfilled = Fulfilled {
                less: matches!(
                    operator,
                    Operator::Less | Operator::LessOrEqual | Operator::NotEqual
                ),
                equal: matches!(
                    operator,
                    Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual
                ),
                greater: matches!(
                    operator,
                    Operator::Greater | Operator::GreaterOrEqual | Operator::NotEqual
                ),
            };
            if !bounds.some_argument(mask.map_or(u64::MAX, of), of(value), fulfilled) {
                return Err("its conditions contradict each other".to_owned());
            }
        }
    }
    Ok(())
}

/// The reason of a refusal: the part of a message without the number.
fn reason(message: &str) -> &str {
    if message.contains("is a pointer") {
        return "a pointer";
    }
    if message.contains("contradict each other") {
        return "a contradiction";
    }
    if message.contains("this range is") || message.contains("has nothing in it") {
        return "an empty range";
    }
    if let Some((_, reason)) = message.split_once("is above ") {
        return reason;
    }
    let reason = message.split_once("does not fit ").map_or(message, |(_, reason)| reason);
    let sign = reason.contains("no sign") || reason.contains("is unsigned");
    let end = if sign { reason.find(';') } else { None };
    &reason[..end.unwrap_or(reason.len())]
}

/// One of so many values is put into each policy, and others into the next policy, so that each value
/// occurs in each comparison and with each type. With 1 the test takes 17 s of processor time instead of
/// 4, and passes.
const SHARE: usize = 5;

/// The outcome for the two ways to write a policy.
#[derive(Default, Debug)]
struct Seen {
    policies: usize,
    same: usize,
    refused: usize,
}

impl Seen {
    /// Writes `policy`, which has `V` in the place of its value, in both ways.
    fn compare(&mut self, policy: &str, abi: Abi) {
        let symbolic = compile(&policy.replace('V', "{ X }"), abi)
            .unwrap_or_else(|message| panic!("{}: {policy}: {message}", abi.name()));
        assert!(!symbolic.symbols.is_empty(), "{policy}");
        self.policies += 1;
        for value in VALUES.into_iter().skip(self.policies % SHARE).step_by(SHARE) {
            let literal = compile(&policy.replace('V', &value.to_string()), abi);
            let constant = linked(&symbolic, value);
            let place = || format!("{}: {policy} with {value}", abi.name());
            match (literal, constant) {
                (Ok(literal), Ok(program)) => match prove(&literal.policy, &program) {
                    // The kernel would remember more calls for the filter whose values are known.
                    Ok(_) | Err(Refusal::NotConstant { .. }) => self.same += 1,
                    Err(refusal) => panic!("{}: {refusal}", place()),
                },
                (Err(literal), Err(constant)) => {
                    let (one, other) = (reason(&literal), reason(&constant));
                    let written = value <= i128::from(u64::MAX);
                    assert!(!written || one == other, "{}\n{literal}\n{constant}", place());
                    self.refused += 1;
                }
                (literal, constant) => panic!(
                    "{}: number {:?}, constant {:?}",
                    place(),
                    literal.map(|_| ()),
                    constant.map(|_| ())
                ),
            }
        }
    }
}

#[test]
fn a_constant_gives_the_filter_of_its_number_or_is_refused_for_the_same_reason() {
    let mut seen = Seen::default();
    for abi in [Abi::X86_64, Abi::X86, Abi::S390x] {
        for subject in SUBJECTS {
            for question in QUESTIONS {
                // A pointer has only one comparison.
                if subject.ends_with("buf") && !["== V", "!= V"].contains(&question) {
                    continue;
                }
                seen.compare(&format!("errno(EPERM) {subject} {question}); default log"), abi);
            }
        }
        for policy in ERRNOS {
            seen.compare(policy, abi);
        }
    }
    assert!(seen.same > 1000 && seen.refused > 1000, "{seen:?}");
}

/// The value as a constant of each type that can hold it.
macro_rules! numbers_of {
    ($value:expr, $($integer:ty)*) => {
        [$(<$integer>::try_from($value).ok().map(number)),*]
    };
}

#[test]
fn a_number_is_the_same_number_in_every_integer_type_that_has_it() {
    let mut known = 0;
    for value in VALUES {
        let of_types = numbers_of!(value, i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
        for number in of_types.into_iter().flatten() {
            assert_eq!(number, value);
            known += 1;
        }
    }
    assert!(known > 120, "{known}");
    // More than the highest of them is no less than that.
    assert_eq!(number(u128::MAX), i128::MAX);
    assert_eq!(number(1_u128 << 127), i128::MAX);
}

/// A policy with numbers, the same with constants of a type, and calls that they decide
/// differently.
macro_rules! written_twice {
    ($name:ident, $small:literal, $large:literal, [$($integer:ident)*]) => {
        mod $name {
            use super::{Policy, seccomp_policy};

            pub(super) const NUMBERS: Policy = seccomp_policy! {
                errno($large) lseek(offset == $small), read(fd in {$small, $large});
                trap kill(sig in $small | 64..=70), sendto(addr == 0);
                #[allow(seccomp::any_of_bits)]
                allow kill(sig > $small, sig & $large != 0), clone(flags & !($small | $large) == 0);
                #[allow(seccomp::narrow_cast)]
                log fchmod(mode in $small..=$large), write(count as u32 < $large);
                allow exit, rt_sigreturn;
                errno(ENOSYS) clone3;
                unknown errno($small);
                default kill
            };

            $(pub(super) mod $integer {
                use super::super::{Policy, seccomp_fragment, seccomp_policy};

                const SMALL: $integer = $small;
                const LARGE: $integer = $large;
                const NULL: $integer = 0;

                pub(in super::super) const CONSTANTS: Policy = seccomp_policy! {
                    errno(self::LARGE) lseek(offset == { SMALL }), read(fd in {self::SMALL, { LARGE }});
                    trap kill(sig in { SMALL } | 64..=70), sendto(addr == self::NULL);
                    allow kill(sig > self::SMALL, sig & { LARGE } != 0);
                    allow clone(flags & !(self::SMALL | self::LARGE) == 0);
                    #[allow(seccomp::narrow_cast)]
                    log fchmod(mode in { SMALL }..=self::LARGE), write(count as u32 < self::LARGE);
                    allow exit, rt_sigreturn;
                    errno(ENOSYS) clone3;
                    unknown errno({ SMALL });
                    default kill
                };

                seccomp_fragment! {
                    SHARED {
                        errno(self::LARGE) lseek(offset == { SMALL }), read(fd in {self::SMALL, { LARGE }});
                        trap kill(sig in { SMALL } | 64..=70), sendto(addr == self::NULL);
                        allow kill(sig > self::SMALL, sig & { LARGE } != 0);
                        allow clone(flags & !(self::SMALL | self::LARGE) == 0);
                        #[allow(seccomp::narrow_cast)]
                        log fchmod(mode in { SMALL }..=self::LARGE), write(count as u32 < self::LARGE);
                        allow exit, rt_sigreturn;
                        errno(ENOSYS) clone3;
                    }
                }

                pub(in super::super) const INCLUDED: Policy = seccomp_policy! {
                    include SHARED;
                    unknown errno({ SMALL });
                    default kill
                };
            })*

            pub(super) const CONSTANTS: &[Policy] = &[$($integer::CONSTANTS, $integer::INCLUDED),*];
        }
    };
}

written_twice!(of_eight_bits, 3, 0x64, [i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize]);
written_twice!(of_sixteen_bits, 3, 0xfff, [i16 i32 i64 i128 isize u16 u32 u64 u128 usize]);

const NEGATIVE: Policy = seccomp_policy! {
    allow lseek(offset < -5), kill(sig in {-5, 1}), setpriority(niceval in -5..=-1);
    allow openat(dfd == -5), write(count as i64 >= -5), exit, rt_sigreturn;
    default kill
};

macro_rules! negative {
    ($($integer:ident)*) => {
        $(mod $integer {
            use super::{Policy, seccomp_policy};

            const LOW: $integer = -5;
            const HIGH: $integer = -1;

            pub(super) const CONSTANTS: Policy = seccomp_policy! {
                allow lseek(offset < self::LOW), kill(sig in {self::LOW, 1});
                allow setpriority(niceval in { LOW }..=self::HIGH);
                allow openat(dfd == { LOW }), write(count as i64 >= self::LOW), exit, rt_sigreturn;
                default kill
            };
        })*

        const NEGATIVES: &[Policy] = &[$($integer::CONSTANTS),*];
    };
}
negative!(i8 i16 i32 i64 i128 isize);

/// Calls with every argument at and around the values.
fn calls() -> Vec<Call> {
    let mut calls = Vec::new();
    let around = [0_u64, 3, 64, 67, 100, 0xfff, 1 << 32, 1 << 31];
    for first in [call!(read()), call!(lseek()), call!(kill()), call!(clone()), call!(fchmod())]
        .into_iter()
        .chain([call!(write()), call!(sendto()), call!(setpriority()), call!(openat())])
        .chain([Call { nr: 5000, ..call!(read()) }])
    {
        for value in around {
            for value in [value, value + 1, value.wrapping_sub(1), value.wrapping_neg()] {
                for args in
                    [[value; 6], [value, 0, value, 0, value, 0], [0, value, 0, value, 0, value]]
                {
                    calls.push(Call { args, ..first });
                }
            }
        }
    }
    calls
}

#[test]
fn a_policy_with_constants_decides_as_one_with_numbers_whatever_their_type() {
    let mut actions = Vec::new();
    for (numbers, constants) in [
        (of_eight_bits::NUMBERS, of_eight_bits::CONSTANTS),
        (of_sixteen_bits::NUMBERS, of_sixteen_bits::CONSTANTS),
        (NEGATIVE, NEGATIVES),
    ] {
        for call in calls() {
            let action = numbers.decide(&call);
            for policy in constants {
                assert_eq!(policy.decide(&call), action, "{call:x?}");
            }
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
    }
    // Every rule has decided a call.
    let mut seen = String::new();
    for action in &actions {
        write!(seen, "{action} ").expect("a string takes everything");
    }
    assert_eq!(actions.len(), 7, "{seen}");
}

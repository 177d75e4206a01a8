//! The straight chain of a policy, as a person would write it: the rules from first to last, the tests of
//! each rule from left to right, and a load of a word unless the accumulator holds it. This file uses no
//! code of the compiler.

use seccomp_ir::abi::{Abi, ArgumentIndex, Half};
use seccomp_ir::bpf::{Opcode, SockFilter};
use seccomp_ir::filter::Filter;
use seccomp_ir::policy::{
    AbiPolicy, Comparison, Condition, Operator, Policy, PolicyAction, Rule, Value,
};

/// The target of a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    /// Another test, by its position.
    Test(usize),
    Return(PolicyAction),
}

/// The content of the accumulator: the word at an offset under a mask.
type Held = Option<(u32, u32)>;

#[derive(Clone, Copy)]
struct Test {
    offset: u32,
    mask: u32,
    code: u16,
    k: u32,
    yes: Target,
    no: Target,
}

/// A target that is filled in later.
const OPEN: usize = usize::MAX;

struct Chain {
    abi: Abi,
    tests: Vec<Test>,
    /// The number of marks for targets that are filled in later.
    marks: usize,
}

/// The chain of a policy for one ABI without symbols.
///
/// # Panics
///
/// If the policy has several ABIs or symbols, or if a jump is longer than 255 instructions.
#[must_use]
pub fn chain(policy: &Policy) -> Filter {
    let [part] = &policy.abis[..] else { panic!("one ABI") };
    let mut chain = Chain { abi: part.abi, tests: Vec::new(), marks: 0 };
    let (nr, arch) = (0, 4);
    let bad = Target::Return(policy.bad_arch);
    let next = Target::Test(1);
    chain.push(Test {
        offset: arch,
        mask: u32::MAX,
        code: Opcode::JEQ_K,
        k: part.abi.audit_arch(),
        yes: next,
        no: bad,
    });
    let (first, last) = part.abi.numbers();
    if policy.bad_arch != part.default {
        if first > 0 {
            let next = Target::Test(chain.tests.len() + 1);
            chain.push(Test {
                offset: nr,
                mask: u32::MAX,
                code: Opcode::JGE_K,
                k: first,
                yes: next,
                no: bad,
            });
        }
        if last < u32::MAX {
            let here = chain.tests.len();
            let (skipped, next) = (Target::Test(here + 1), Target::Test(here + 2));
            let default = Target::Return(part.default);
            let mut above = |code, k, yes, no| {
                chain.push(Test { offset: nr, mask: u32::MAX, code, k, yes, no });
            };
            above(Opcode::JGT_K, last, skipped, next);
            above(Opcode::JEQ_K, Abi::SKIPPED, default, bad);
        }
    }
    let mut numbers: Vec<u32> = part.rules.iter().flat_map(|rule| rule.numbers.clone()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    for (index, &number) in numbers.iter().enumerate() {
        let test = chain.tests.len();
        let open = Target::Test(OPEN);
        chain.push(Test {
            offset: nr,
            mask: u32::MAX,
            code: Opcode::JEQ_K,
            k: number,
            yes: Target::Test(test + 1),
            no: open,
        });
        chain.call(part, number);
        let next = chain.tests.len();
        let last = index + 1 == numbers.len();
        chain.tests[test].no = if last { Target::Return(part.default) } else { Target::Test(next) };
    }
    chain.lay_out()
}

impl Chain {
    fn push(&mut self, test: Test) {
        self.tests.push(test);
    }

    /// The rules of one call.
    fn call(&mut self, part: &AbiPolicy, number: u32) {
        let mut rules: Vec<&Rule> =
            part.rules.iter().filter(|rule| rule.numbers.contains(&number)).collect();
        let is_always = |rule: &&Rule| matches!(rule.condition, Condition::Always);
        if let Some(always) = rules.iter().position(is_always) {
            rules.truncate(always + 1);
        }
        // The test of the number leads here.
        let first = self.tests.len() - 1;
        for (index, rule) in rules.iter().enumerate() {
            let begin = self.tests.len();
            if matches!(rule.condition, Condition::Always) {
                // A test that fails above leads to the action.
                self.led(first, Target::Test(begin), Target::Return(rule.action));
                continue;
            }
            // A failed test leads to the next rule, whose first test does not exist yet.
            let fails = if index + 1 == rules.len() {
                Target::Return(part.default)
            } else {
                Target::Test(OPEN)
            };
            self.condition(&rule.condition, Target::Return(rule.action), fails);
            let next = self.tests.len();
            self.fill(begin, OPEN, next);
        }
    }

    /// Redirects targets from `before` to `now`, from the test at `begin` on.
    fn led(&mut self, begin: usize, before: Target, now: Target) {
        for test in &mut self.tests[begin..] {
            for target in [&mut test.yes, &mut test.no] {
                if *target == before {
                    *target = now;
                }
            }
        }
    }

    /// Points the open targets with this mark, from `begin` on, to the test at `next`.
    fn fill(&mut self, begin: usize, mark: usize, next: usize) {
        for test in &mut self.tests[begin..] {
            for target in [&mut test.yes, &mut test.no] {
                if *target == Target::Test(mark) {
                    *target = Target::Test(next);
                }
            }
        }
    }

    fn condition(&mut self, condition: &Condition, yes: Target, no: Target) {
        match condition {
            Condition::Always => panic!("no test"),
            Condition::Compare(comparison) => self.compare(comparison, yes, no),
            Condition::All(parts) | Condition::Any(parts) => {
                let all = matches!(condition, Condition::All(_));
                if let (false, Some(set)) = (all, set(parts)) {
                    return self.set(&set, yes, no);
                }
                for (index, part) in parts.iter().enumerate() {
                    self.marks += 1;
                    let (begin, mark) = (self.tests.len(), OPEN - self.marks);
                    let (mut then, mut otherwise) = (yes, no);
                    if index + 1 < parts.len() {
                        *(if all { &mut then } else { &mut otherwise }) = Target::Test(mark);
                    }
                    self.condition(part, then, otherwise);
                    let next = self.tests.len();
                    self.fill(begin, mark, next);
                }
            }
            Condition::Not(inner) => self.condition(inner, no, yes),
        }
    }

    fn one(
        &mut self,
        (argument, half): (ArgumentIndex, Half),
        mask: u32,
        code: u16,
        k: u32,
        yes: Target,
        no: Target,
    ) {
        let offset = self.abi.endian().argument_offset(argument, half);
        self.push(Test { offset, mask, code, k, yes, no });
    }

    fn after(&self, tests: usize) -> Target {
        Target::Test(self.tests.len() + tests)
    }

    /// Values of one argument. One of them must match; the high half is tested once for all.
    fn set(&mut self, values: &[Comparison], yes: Target, no: Target) {
        let argument = values[0].argument;
        if values[0].width.bits() == 64 {
            let next = self.after(1);
            let high = (known(values[0].value) >> 32) as u32;
            self.one((argument, Half::High), u32::MAX, Opcode::JEQ_K, high, next, no);
        }
        for (index, comparison) in values.iter().enumerate() {
            let next = if index + 1 == values.len() { no } else { self.after(1) };
            let low = known(comparison.value) as u32;
            self.one(
                (argument, Half::Low),
                mask_of(comparison) as u32,
                Opcode::JEQ_K,
                low,
                yes,
                next,
            );
        }
    }

    fn compare(&mut self, comparison: &Comparison, yes: Target, no: Target) {
        let ones = comparison.width.ones();
        let (mask, value) = (mask_of(comparison), known(comparison.value) & ones);
        let argument = comparison.argument;
        let (low, high) = ((argument, Half::Low), (argument, Half::High));
        let (mask_low, mask_high) = (mask as u32, (mask >> 32) as u32);
        let (k, k_high) = (value as u32, (value >> 32) as u32);
        let wide = comparison.width.bits() == 64 && mask_high != 0;
        let (yes, no, operator) = match comparison.operator {
            Operator::NotEqual => (no, yes, Operator::Equal),
            Operator::LessOrEqual => (no, yes, Operator::Greater),
            Operator::Less => (no, yes, Operator::GreaterOrEqual),
            operator => (yes, no, operator),
        };
        assert_eq!(value & !mask, 0, "a value under its mask");
        match operator {
            Operator::Equal if value == 0 && mask != ones => {
                if wide {
                    let next = self.after(1);
                    self.one(high, u32::MAX, Opcode::JSET_K, mask_high, no, next);
                }
                self.one(low, u32::MAX, Opcode::JSET_K, mask_low, no, yes);
            }
            Operator::Equal => {
                if wide {
                    let next = self.after(1);
                    self.one(high, mask_high, Opcode::JEQ_K, k_high, next, no);
                }
                self.one(low, mask_low, Opcode::JEQ_K, k, yes, no);
            }
            _ => {
                let code =
                    if operator == Operator::Greater { Opcode::JGT_K } else { Opcode::JGE_K };
                let sign = (ones >> 1) + 1;
                if comparison.signed {
                    // The values are not negative, so the order is that of unsigned numbers.
                    assert!(value < sign && mask == ones, "{comparison:?}");
                    let next = self.after(1);
                    if wide {
                        self.one(high, mask_high, Opcode::JGT_K, i32::MAX as u32, no, next);
                    } else {
                        self.one(low, mask_low, Opcode::JGT_K, sign as u32 - 1, no, next);
                    }
                }
                if wide && k_high == 0 {
                    let next = self.after(1);
                    self.one(high, mask_high, Opcode::JEQ_K, 0, next, yes);
                } else if wide {
                    let next = self.after(1);
                    self.one(high, mask_high, Opcode::JGT_K, k_high, yes, next);
                    let next = self.after(1);
                    self.one(high, mask_high, Opcode::JEQ_K, k_high, next, no);
                }
                self.one(low, mask_low, code, k, yes, no);
            }
        }
    }

    /// The instructions: each test after the loads and masks that it needs, then the returns.
    fn lay_out(&self) -> Filter {
        // The content of the accumulator before each test: none where paths with different contents meet.
        let mut held: Vec<Option<Held>> = vec![None; self.tests.len()];
        held[0] = Some(None);
        let mut starts = Vec::new();
        let mut before: Vec<Vec<SockFilter>> = Vec::new();
        let mut length = 0;
        for (index, test) in self.tests.iter().enumerate() {
            let here = held[index].expect("every test is reached");
            let mut needed = Vec::new();
            let load = SockFilter::statement(Opcode::LD_W_ABS, test.offset);
            let and = SockFilter::statement(Opcode::AND_K, test.mask);
            match here {
                Some((offset, mask)) if offset == test.offset && mask & test.mask == test.mask => {
                    if mask != test.mask {
                        needed.push(and);
                    }
                }
                _ => {
                    needed.push(load);
                    if test.mask != u32::MAX {
                        needed.push(and);
                    }
                }
            }
            let after = Some((test.offset, test.mask));
            for target in [test.yes, test.no] {
                if let Target::Test(next) = target {
                    held[next] = Some(match held[next] {
                        None => after,
                        Some(known) if known == after => after,
                        Some(_) => None,
                    });
                }
            }
            starts.push(length);
            length += needed.len() + 1;
            before.push(needed);
        }
        let mut returns: Vec<PolicyAction> = Vec::new();
        for test in &self.tests {
            for target in [test.yes, test.no] {
                match target {
                    Target::Return(action) if !returns.contains(&action) => returns.push(action),
                    Target::Return(_) | Target::Test(_) => {}
                }
            }
        }
        let mut instructions = Vec::new();
        for (test, needed) in self.tests.iter().zip(before) {
            instructions.extend(needed);
            let here = instructions.len();
            let skip = |target| {
                let to = match target {
                    Target::Test(next) => starts[next],
                    Target::Return(action) => {
                        length + returns.iter().position(|known| *known == action).unwrap()
                    }
                };
                u8::try_from(to - here - 1).expect("a chain that jumps this far is not compared")
            };
            instructions.push(SockFilter::jump(test.code, test.k, skip(test.yes), skip(test.no)));
        }
        for action in returns {
            let PolicyAction::Action(action) = action else { panic!("an errno of rustc") };
            instructions.push(SockFilter::statement(Opcode::RET_K, action.to_return_value()));
        }
        Filter { instructions, relocations: Vec::new() }
    }
}

fn known(value: Value) -> u64 {
    match value {
        Value::Known(value) => value,
        Value::Symbol(_) => panic!("a value of rustc"),
    }
}

fn mask_of(comparison: &Comparison) -> u64 {
    comparison.mask.map_or(u64::MAX, known) & comparison.width.ones()
}

/// The values of one argument in these conditions, if all conditions are such values with the same
/// high half.
fn set(parts: &[Condition]) -> Option<Vec<Comparison>> {
    let mut values: Vec<Comparison> = Vec::new();
    for part in parts {
        let Condition::Compare(comparison) = part else { return None };
        let high = |comparison: &Comparison| known(comparison.value) >> 32;
        let like = |first: &Comparison| {
            let Comparison { argument, width, mask, .. } = *comparison;
            argument == first.argument
                && width == first.width
                && mask == first.mask
                && high(comparison) == high(first)
        };
        let wide_mask = comparison.width.bits() == 64 && comparison.mask.is_some();
        if comparison.operator != Operator::Equal || wide_mask || !values.first().is_none_or(like) {
            return None;
        }
        values.push(*comparison);
    }
    Some(values)
}

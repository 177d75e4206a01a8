//! Boolean expressions of kafel on the arguments of a call.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::policy::{Condition, Operator, Width};
use seccomp_ir::table::{self, ArgumentPlace};

use crate::formats::condition::{compare, masked, never};
use crate::formats::problem::Findings;
use crate::formats::tokens::{Tokens, number};

/// The deepest nesting. kafel itself has a limit too (`MAX_EXPRESSION_DEPTH`).
const MOST_NESTED: usize = 128;

/// The arguments of a call: those that the policy declares, or those of the kernel.
pub(super) struct Arguments<'a> {
    pub(super) abi: Abi,
    /// The name of the call, if it has one.
    pub(super) call: Option<&'a str>,
    /// The names that the policy declares; each declared argument is 64 bits wide.
    pub(super) declared: Option<Vec<&'a str>>,
}

impl Arguments<'_> {
    /// Which argument has that name, and whether it has 64 bits: kafel reads an `int` in its low half.
    fn find(&self, name: &str) -> Option<(ArgumentIndex, bool)> {
        if let Some(declared) = &self.declared {
            let mut declared = ArgumentIndex::ALL.into_iter().zip(declared);
            return Some((declared.find(|(_, it)| **it == name)?.0, true));
        }
        let signature = table::signature(self.abi, self.call?)?;
        let Some(ArgumentPlace::At(index)) = signature.position(name) else { return None };
        Some((index, signature.argument(index)?.ty.declared_bits > 32))
    }

    fn names(&self) -> String {
        let names: Vec<&str> = match (&self.declared, self.call) {
            (Some(declared), _) => declared.clone(),
            (None, Some(call)) => table::signature(self.abi, call)
                .map_or(Vec::new(), |signature| {
                    signature.registers().iter().map(|register| register.name).collect()
                }),
            (None, None) => Vec::new(),
        };
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

/// Reads expressions. Constants that the policy defines come before arguments.
pub(super) struct ExpressionReader<'r, 'a> {
    pub(super) arguments: &'r Arguments<'a>,
    pub(super) constants: &'r dyn Fn(&str) -> Option<u64>,
}

/// A side of a comparison.
#[derive(Clone, Copy)]
enum ComparisonOperand {
    Number(u64),
    /// `(argument & mask) | bits`
    Argument {
        index: ArgumentIndex,
        is_wide: bool,
        mask: u64,
        bits: u64,
    },
}

impl ExpressionReader<'_, '_> {
    /// `expression {"," expression}`: a comma is an "or".
    pub(super) fn expressions(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<Condition> {
        let mut any = vec![self.either(tokens, depth, findings)?];
        while tokens.take(",") {
            any.push(self.either(tokens, depth, findings)?);
        }
        Some(Condition::Any(any))
    }

    fn either(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<Condition> {
        let mut any = Vec::new();
        loop {
            let mut all = vec![self.simple(tokens, depth, findings)?];
            while tokens.take("&&") {
                all.push(self.simple(tokens, depth, findings)?);
            }
            any.push(Condition::All(all));
            if !tokens.take("||") {
                return Some(Condition::Any(any));
            }
        }
    }

    fn simple(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<Condition> {
        if depth > MOST_NESTED {
            let message = format!("the expression is nested more than {MOST_NESTED} deep");
            findings.error(tokens.place(), message);
            return None;
        }
        if tokens.take("!") {
            let inner = self.simple(tokens, depth + 1, findings)?;
            return Some(Condition::Not(Box::new(inner)));
        }
        if tokens.text() == "(" && !tokens.starts_a_side() {
            tokens.next();
            let inner = self.expressions(tokens, depth + 1, findings)?;
            tokens.expect(")", findings)?;
            return Some(inner);
        }
        let place = tokens.place();
        let left = self.side(tokens, depth, findings)?;
        let operator = match tokens.text() {
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return tokens.expected("a comparison (== != < <= > >=)", findings),
        };
        tokens.next();
        let right = self.side(tokens, depth, findings)?;
        match comparison(left, operator, right) {
            Ok(condition) => Some(condition),
            Err(why) => {
                findings.error(place, why);
                None
            }
        }
    }

    /// `both {"|" both}`
    fn side(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<ComparisonOperand> {
        if depth > MOST_NESTED {
            let message = format!("the expression is nested more than {MOST_NESTED} deep");
            findings.error(tokens.place(), message);
            return None;
        }
        let mut left = self.both(tokens, depth, findings)?;
        loop {
            let place = tokens.place();
            if !tokens.take("|") {
                return Some(left);
            }
            let right = self.both(tokens, depth, findings)?;
            left = match (left, right) {
                (ComparisonOperand::Number(one), ComparisonOperand::Number(other)) => {
                    ComparisonOperand::Number(one | other)
                }
                (
                    ComparisonOperand::Argument { index, is_wide, mask, bits },
                    ComparisonOperand::Number(more),
                )
                | (
                    ComparisonOperand::Number(more),
                    ComparisonOperand::Argument { index, is_wide, mask, bits },
                ) => ComparisonOperand::Argument {
                    index,
                    is_wide,
                    mask: mask & !more,
                    bits: bits | more,
                },
                (ComparisonOperand::Argument { .. }, ComparisonOperand::Argument { .. }) => {
                    findings.error(place, TWO_ARGUMENTS);
                    return None;
                }
            };
        }
    }

    /// `operand {"&" operand}`
    fn both(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<ComparisonOperand> {
        let mut left = self.operand(tokens, depth, findings)?;
        loop {
            let place = tokens.place();
            if !tokens.take("&") {
                return Some(left);
            }
            let right = self.operand(tokens, depth, findings)?;
            left = match (left, right) {
                (ComparisonOperand::Number(one), ComparisonOperand::Number(other)) => {
                    ComparisonOperand::Number(one & other)
                }
                (
                    ComparisonOperand::Argument { index, is_wide, mask, bits },
                    ComparisonOperand::Number(kept),
                )
                | (
                    ComparisonOperand::Number(kept),
                    ComparisonOperand::Argument { index, is_wide, mask, bits },
                ) => {
                    // A number with high bits makes kafel look at the high half too. kafel leaves out a mask of all
                    // bits (`expr_simplify`, `src/expression.c`).
                    let is_wide = is_wide || (kept > u64::from(u32::MAX) && kept != u64::MAX);
                    ComparisonOperand::Argument {
                        index,
                        is_wide,
                        mask: mask & kept,
                        bits: bits & kept,
                    }
                }
                (ComparisonOperand::Argument { .. }, ComparisonOperand::Argument { .. }) => {
                    findings.error(place, TWO_ARGUMENTS);
                    return None;
                }
            };
        }
    }

    fn operand(
        &self,
        tokens: &mut Tokens<'_, '_>,
        depth: usize,
        findings: &mut Findings,
    ) -> Option<ComparisonOperand> {
        if tokens.take("(") {
            let inner = self.side(tokens, depth + 1, findings)?;
            tokens.expect(")", findings)?;
            return Some(inner);
        }
        let Some(token) = tokens.peek() else {
            return tokens.expected("an argument or a number", findings);
        };
        if token.is_number() {
            tokens.next();
            let value = number(token.text, true);
            if value.is_none() {
                findings
                    .error(token.place(), format!("`{}` is not a number of 64 bits", token.text));
            }
            return value.map(ComparisonOperand::Number);
        }
        if !token.text.starts_with(|it: char| it.is_ascii_alphabetic()) {
            return tokens.expected("an argument or a number", findings);
        }
        tokens.next();
        if let Some(value) = (self.constants)(token.text) {
            return Some(ComparisonOperand::Number(value));
        }
        match self.arguments.find(token.text) {
            Some((index, is_wide)) => {
                Some(ComparisonOperand::Argument { index, is_wide, mask: u64::MAX, bits: 0 })
            }
            None => {
                let call = self.arguments.call.unwrap_or("this call");
                findings.error_with_help(
                    token.place(),
                    format!("`{}` is neither a constant that is defined above nor an argument of `{call}`", token.text),
                    format!("its arguments are: {}", self.arguments.names()),
                );
                None
            }
        }
    }
}

const TWO_ARGUMENTS: &str = "two arguments are compared with each other, and the language compares an argument with a value";

/// A comparison. kafel compares the low halves, and the high halves too if the argument or a number has more than 32 bits
/// (`is_64bit`, `src/codegen.c`).
fn comparison(
    left: ComparisonOperand,
    operator: Operator,
    right: ComparisonOperand,
) -> Result<Condition, String> {
    let (index, is_wide, mask, bits, operator, value) = match (left, right) {
        (ComparisonOperand::Number(left), ComparisonOperand::Number(right)) => {
            let (less, equal, greater) = operator.outcomes();
            let holds = match left.cmp(&right) {
                std::cmp::Ordering::Less => less,
                std::cmp::Ordering::Equal => equal,
                std::cmp::Ordering::Greater => greater,
            };
            return Ok(if holds { Condition::Always } else { never() });
        }
        (
            ComparisonOperand::Argument { index, is_wide, mask, bits },
            ComparisonOperand::Number(value),
        ) => (index, is_wide, mask, bits, operator, value),
        (
            ComparisonOperand::Number(value),
            ComparisonOperand::Argument { index, is_wide, mask, bits },
        ) => {
            let turned = match operator {
                Operator::Less => Operator::Greater,
                Operator::LessOrEqual => Operator::GreaterOrEqual,
                Operator::Greater => Operator::Less,
                Operator::GreaterOrEqual => Operator::LessOrEqual,
                Operator::Equal | Operator::NotEqual => operator,
            };
            (index, is_wide, mask, bits, turned, value)
        }
        (ComparisonOperand::Argument { .. }, ComparisonOperand::Argument { .. }) => {
            return Err(TWO_ARGUMENTS.to_owned());
        }
    };
    let high = |number: u64| number > u64::from(u32::MAX);
    let is_wide = is_wide || high(value) || high(bits);
    let width = if is_wide { Width::W64 } else { Width::W32 };
    let (mask, bits, value) = (mask & width.ones(), bits & width.ones(), value & width.ones());
    if bits == 0 {
        let mask = (mask != width.ones()).then_some(mask);
        return Ok(match mask {
            None => compare(index, width, operator, value),
            mask => masked(index, width, mask, operator, value),
        });
    }
    if mask == 0 {
        return comparison(
            ComparisonOperand::Number(bits),
            operator,
            ComparisonOperand::Number(value),
        );
    }
    // Some bits are always set: for equality they can be decided here, but an order would need them inside the
    // argument.
    let holds = value & bits == bits;
    match operator {
        Operator::Equal if holds => Ok(masked(index, width, Some(mask), operator, value & !bits)),
        Operator::Equal => Ok(never()),
        Operator::NotEqual if holds => {
            Ok(masked(index, width, Some(mask), operator, value & !bits))
        }
        Operator::NotEqual => Ok(Condition::Always),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            Err("the language has no order of an argument with bits added by `|`".to_owned())
        }
    }
}

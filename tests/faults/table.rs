//! Deliberate bugs of the compiler.

/// A bug: in `file` of `seccomp-ir/src/lower`, the expression `right`, which occurs once there,
/// becomes `wrong`.
pub(crate) struct Fault {
    /// What goes wrong.
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    pub(crate) right: &'static str,
    pub(crate) wrong: &'static str,
}

const fn fault(
    name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
) -> Fault {
    Fault { name, file, right, wrong }
}

/// All bugs.
pub(crate) const FAULTS: &[Fault] = &[
    // Which calls.
    fault(
        "the ABI is not checked",
        "attempt.rs",
        "GraphStep::Branch { relation, operand, yes: next, no: entry }",
        "{ let _ = entry; GraphStep::Branch { relation, operand, yes: next, no: next } }",
    ),
    fault(
        "another ABI gets the default instead of bad_arch",
        "attempt.rs",
        "conditions.action(policy.bad_arch)",
        "conditions.action(policy.abis[0].default)",
    ),
    fault("the number is taken for the ABI", "attempt.rs", "Call::ARCH", "Call::NR"),
    fault(
        "the number is not loaded",
        "attempt.rs",
        "emitter.graph.add(GraphStep::Load { offset: Call::NR, next })",
        "next",
    ),
    fault(
        "numbers beyond those served fall to the last run",
        "attempt.rs",
        "append(&mut runs, unserved(next, run.first - 1))",
        "match runs.last_mut() { \
             Some(last) => last.last = run.first - 1, \
             None => append(&mut runs, unserved(next, run.first - 1)), \
         }",
    ),
    fault("x32 calls pass for x86_64's", "number_runs.rs", "part.abi.numbers()", "(0, u32::MAX)"),
    fault(
        "a run of numbers is one too short",
        "number_runs.rs",
        "next - 1",
        "next.saturating_sub(2)",
    ),
    fault(
        "a call that a tracer skips is one of another ABI",
        "number_runs.rs",
        "starts.push(Abi::SKIPPED)",
        "()",
    ),
    fault(
        "numbers with different checks are one run",
        "number_runs.rs",
        "before.check == run.check",
        "true",
    ),
    fault("the numbers after the known ones count as known", "number_runs.rs", "add(next)", "()"),
    fault("the known numbers after a gap are unknown", "number_runs.rs", "add(known[index])", "()"),
    fault(
        "numbers that are known count as unknown",
        "number_runs.rs",
        "unknown.known.binary_search(&number).is_err()",
        "true",
    ),
    fault(
        "numbers that are unknown count as known",
        "number_runs.rs",
        "unknown.action",
        "part.default",
    ),
    // Which rule.
    fault(
        "rules after one with a condition are lost",
        "number_runs.rs",
        "matches!(part.rule(rule).condition, Condition::Always)",
        "{ let _ = rule; true }",
    ),
    fault(
        "the last rule that matches decides",
        "number_runs.rs",
        "rules.push(RuleIndex(index as u32))",
        "rules.insert(0, RuleIndex(index as u32))",
    ),
    fault(
        "rules with different answers are united",
        "number_runs.rs",
        "part.rule(rules[begin - 1]).action == action",
        "{ let _ = action; true }",
    ),
    fault(
        "numbers with the same rules are taken for alike, known and new",
        "number_runs.rs",
        "words.extend_from_slice(&self.otherwise.words())",
        "()",
    ),
    // Conditions.
    fault(
        "all of them is any of them",
        "condition_functions.rs",
        "alternatives || all.len() == 1",
        "{ let _ = alternatives; true }",
    ),
    fault(
        "a negated list is negated only one by one",
        "condition_functions.rs",
        "matches!(condition, Condition::Any(_)) != negated",
        "matches!(condition, Condition::Any(_))",
    ),
    fault(
        "not is forgotten",
        "condition_functions.rs",
        "self.add(inner, !negated, to)?",
        "self.add(inner, negated, to)?",
    ),
    fault(
        "high words are not compared",
        "value_sets.rs",
        "self.half_set(argument, Half::High, 32, mask, &united(high))?",
        "{ let _ = high; FunctionStore::TRUE }",
    ),
    fault(
        "high and low word are taken for each other",
        "condition_functions.rs",
        "if word.0 < 6 { Half::Low } else { Half::High }",
        "if word.0 < 6 { Half::High } else { Half::Low }",
    ),
    fault(
        "high and low word are one",
        "condition_functions.rs",
        "if half == Half::High { 6 } else { 0 }",
        "{ let _ = half; 0 }",
    ),
    fault(
        "a mask is ignored",
        "value_sets.rs",
        "(argument_word(argument, half), half.of(mask))",
        "{ let _ = mask; (argument_word(argument, half), u32::MAX) }",
    ),
    fault(
        "the last value of a range is not in it",
        "value_sets.rs",
        "ranges[begin].1 < prefix",
        "ranges[begin].1 <= prefix",
    ),
    fault(
        "what is partly in a range is in it",
        "value_sets.rs",
        "*first <= prefix && last <= *end",
        "*first <= prefix || last <= *end",
    ),
    // Comparisons with symbols.
    fault(
        "a symbol's low half is compared alone",
        "symbols.rs",
        "self.functions.or(greater, holds)?",
        "{ let _ = greater; low }",
    ),
    fault(
        "a symbol's halves are taken for each other",
        "symbols.rs",
        "SymbolOperand::Word { symbol, half, keep: ones, flip }",
        "{ let half = if half == Half::Low { Half::High } else { Half::Low }; SymbolOperand::Word { symbol, half, keep: ones, flip } }",
    ),
    fault("a symbol is compared unsigned", "symbols.rs", "half.of(comparison.sign())", "0"),
    fault(
        "greater than a symbol includes equal",
        "symbols.rs",
        "of(Half::Low, relation)",
        "of(Half::Low, match relation { TestRelation::Greater => TestRelation::GreaterOrEqual, other => other })",
    ),
    fault(
        "less than a symbol is at least that",
        "symbols.rs",
        "(Operator::GreaterOrEqual, true)",
        "(Operator::GreaterOrEqual, false)",
    ),
    fault(
        "a known mask of a symbolic comparison is ignored",
        "symbols.rs",
        "half.of(mask) & ones",
        "{ let _ = mask; ones }",
    ),
    fault(
        "tests with different symbols are taken for one",
        "symbols.rs",
        "self.test_numbers.number(&test)",
        "self.tests.iter().position(|other| other.view == test.view && other.relation == test.relation).map_or_else(|| self.test_numbers.number(&test), |number| number as u32)",
    ),
    fault(
        "a test with a symbol leads to the wrong sides",
        "argument_order.rs",
        "First::Test(test, yes, no)",
        "First::Test(test, no, yes)",
    ),
    // Values.
    fault("less includes equal", "intervals.rs", "bound.checked_sub(1)", "Some(bound)"),
    fault(
        "signed order is taken for unsigned",
        "intervals.rs",
        "if comparison.signed { ones ^ (ones >> 1) } else { 0 }",
        "0",
    ),
    fault(
        "a signed range across 0 loses its negative part",
        "intervals.rs",
        "vec![(0, last ^ sign), (first ^ sign, sign | (sign - 1))]",
        "vec![(0, last ^ sign)]",
    ),
    fault("unequal is less", "intervals.rs", "value < ones", "false"),
    fault(
        "ranges with one value between them are united",
        "intervals.rs",
        "end.saturating_add(1)",
        "end.saturating_add(2)",
    ),
    fault(
        "the low half of an upper bound is ignored",
        "intervals.rs",
        "(0, last & LOW)",
        "(0, LOW)",
    ),
    // Functions.
    fault(
        "a choice is taken for the negation of its condition",
        "bdd.rs",
        "self.chosen.get(&key)",
        "self.chosen.get(&key).or_else(|| self.chosen.get(&[condition, Self::FALSE, Self::TRUE]))",
    ),
    fault(
        "a bit that does not matter is taken for the next that does",
        "bdd.rs",
        "first == bit",
        "{ let _ = (first, bit); true }",
    ),
    // Tests of values.
    fault("a run of values ends with its first", "runs.rs", "self.mask & ones", "0 & ones"),
    fault(
        "a comparison has the other end of a run as its bound",
        "search.rs",
        "self.runs[low].last",
        "self.runs[low].first",
    ),
    fault(
        "many runs are cut one value too late",
        "search.rs",
        "low[low.len() - 1].last",
        "high[0].first",
    ),
    fault("a bit is tested that some values lack", "search.rs", "has_bits(run, mask, 0)", "false"),
    fault(
        "of values with common bits the first alone is found",
        "search.rs",
        "(!varying, base & !varying)",
        "(u32::MAX, base)",
    ),
    fault(
        "values outside that share the common bits are found inside",
        "search.rs",
        "!has_bits(&self.runs[member], mask, value)",
        "true",
    ),
    fault(
        "a mask of a test is dropped",
        "masks.rs",
        "self.trees.add(TestTree::Keep { mask, then: tree })",
        "tree",
    ),
    fault(
        "a test of bits is left with what it has excluded",
        "masks.rs",
        "self.tree(set & !holds, after)",
        "self.tree(set & holds, after)",
    ),
    fault(
        "a word that was masked is not loaded again for what is outside of the mask",
        "masks.rs",
        "(mask & !held != 0, mask != u32::MAX, needed)",
        "(false, mask != u32::MAX, needed)",
    ),
    fault(
        "a test of a word is taken for its opposite",
        "cells.rs",
        "equal & !ordered | greater",
        "!(equal & !ordered | greater) & all",
    ),
    // Chains.
    fault(
        "a chain forgets what a rule answers",
        "chain.rs",
        "Link::Action(rule.action)",
        "Link::Action(part.default)",
    ),
    fault(
        "what is left of a chain's conditions is negated",
        "chain.rs",
        "self.any(all, !*negated, next, yes)",
        "self.any(all, *negated, next, yes)",
    ),
    fault("a chain's range begins too late", "chain.rs", "known(first - 1)", "known(first)"),
    fault(
        "a chain takes a high half for granted",
        "chain.rs",
        "complement(&united(&mut highs), mask >> 32).is_empty()",
        "{ let _ = &mut highs; true }",
    ),
    fault(
        "what a mask cut off is still there",
        "accumulator.rs",
        "mask & !held == 0",
        "{ let _ = (mask, held); true }",
    ),
    // Steps.
    fault(
        "words are read in the order of little-endian kernels",
        "graph.rs",
        "endian.argument_offset(argument, half)",
        "{ let _ = endian; Endian::Little.argument_offset(argument, half) }",
    ),
    fault(
        "what the accumulator holds is ignored",
        "emit.rs",
        "self.known.get(&key)",
        "(0..self.known.values().len()).find(|&known| self.known.words(known)[0] == function.0).map(|known| &self.known.values()[known])",
    ),
    fault(
        "a word under one mask is taken for that under another",
        "graph.rs",
        "held == Some(view)",
        "held.is_some_and(|held| held.word == view.word)",
    ),
    fault(
        "a word that was cut down is not read again",
        "emit.rs",
        "held.filter(|view| view.mask.is_none())",
        "held.map(|view| View::whole(view.word))",
    ),
    fault(
        "a mask is not applied",
        "graph.rs",
        "self.add(GraphStep::And { operand, next: step })",
        "{ let _ = operand; step }",
    ),
    fault("a sign is not flipped", "graph.rs", "view.flip != 0", "false"),
    fault(
        "two steps with different sides are taken for one",
        "graph.rs",
        "self.known.number(&step)",
        "match step { \
             GraphStep::Branch { relation, operand, .. } => self.steps.iter().position(|other| \
                 matches!(other, GraphStep::Branch { relation: r, operand: o, .. } \
                     if *r == relation && *o == operand)).map(|id| id as u32), \
             _ => None }.unwrap_or_else(|| self.known.number(&step))",
    ),
    // Instructions.
    fault("a jump reaches one too far", "layout.rs", "jt > REACH", "jt > REACH + 1"),
    fault("the other jump reaches one too far", "layout.rs", "jf > REACH", "jf > REACH + 1"),
    fault(
        "a long jump lands one too early",
        "layout.rs",
        "self.push(Opcode::JA, 0, 0, TestOperand::Known(distance))",
        "self.push(Opcode::JA, 0, 0, TestOperand::Known(distance.saturating_sub(1)))",
    ),
    fault("greater is greater or equal", "layout.rs", "Opcode::JGT_K", "Opcode::JGE_K"),
    fault(
        "both sides of a test are exchanged",
        "layout.rs",
        "self.push(code, jt, jf, operand)",
        "self.push(code, jf, jt, operand)",
    ),
    fault(
        "a load runs into what happens to come next",
        "layout.rs",
        "self.distance(self.place_of(next)) > 0",
        "self.distance(self.place_of(next)) > 3",
    ),
    fault(
        "an operand left to rustc is put one instruction early",
        "layout.rs",
        "Relocation { index, operand }",
        "Relocation { index: InstructionIndex(index.0.saturating_sub(1)), operand }",
    ),
    fault(
        "an operand left to rustc is lost",
        "layout.rs",
        "(0, Some(symbol))",
        "{ let _ = symbol; (0, None) }",
    ),
];

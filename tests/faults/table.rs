//! Deliberate bugs of the compiler.

/// One of them: in `file` of `seccomp-ir/src/lower`, the expression `right`, which is there once,
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

/// All of them.
pub(crate) const FAULTS: &[Fault] = &[
    // Which calls.
    fault(
        "the ABI is not checked",
        "mod.rs",
        "Step::Branch { relation, operand, yes: next, no: entry }",
        "{ let _ = entry; Step::Branch { relation, operand, yes: next, no: next } }",
    ),
    fault(
        "another ABI gets the default instead of bad_arch",
        "mod.rs",
        "verdicts.number(policy.bad_arch)",
        "verdicts.number(policy.abis[0].default)",
    ),
    fault(
        "the number is not loaded",
        "mod.rs",
        "emitter.graph.add(Step::Load { offset: SeccompData::NR, next })",
        "next",
    ),
    fault(
        "numbers beyond those served fall to the last run",
        "mod.rs",
        "push(first, u32::MAX, bad_arch)",
        "if let Some(last) = runs.last_mut() { let _ = (first, bad_arch); last.last = u32::MAX; }",
    ),
    fault("x32 calls pass for x86_64's", "calls.rs", "part.abi.numbers()", "(0, u32::MAX)"),
    fault("a run of numbers is one too short", "calls.rs", "next - 1", "next.saturating_sub(2)"),
    fault(
        "the first new number is not new",
        "calls.rs",
        "number >= new.first",
        "number > new.first",
    ),
    fault(
        "numbers that are known count as new",
        "calls.rs",
        "!new.except.contains(&number)",
        "true",
    ),
    // Which rule.
    fault(
        "rules after one with a condition are lost",
        "calls.rs",
        "rule.condition == Condition::Always",
        "true",
    ),
    fault(
        "the last rule that matches decides",
        "calls.rs",
        "rules_of.entry(number).or_default().push(index as u32)",
        "rules_of.entry(number).or_default().insert(0, index as u32)",
    ),
    fault(
        "rules with different answers are united",
        "calls.rs",
        "rule(a).verdict == rule(b).verdict",
        "{ let _ = (a, b); true }",
    ),
    // Conditions.
    fault(
        "all of them is any of them",
        "condition.rs",
        "self.disjunction(all, true)?",
        "self.disjunction(all, false).and_then(|any| self.functions.not(any))?",
    ),
    fault(
        "not is forgotten",
        "condition.rs",
        "self.build(inner, !negated)",
        "self.build(inner, negated)",
    ),
    fault(
        "high words are not compared",
        "condition.rs",
        "if bit < 32 { Half::Low } else { Half::High }",
        "Half::Low",
    ),
    fault(
        "high and low word are taken for each other",
        "condition.rs",
        "if word.0 % 2 == 0 { Half::High } else { Half::Low }",
        "if word.0 % 2 == 0 { Half::Low } else { Half::High }",
    ),
    fault("a mask is ignored", "condition.rs", "mask & ones", "{ let _ = mask; ones }"),
    fault(
        "a symbol's low half is compared alone",
        "condition.rs",
        "self.functions.or(greater, equal_so_far)?",
        "{ let _ = (greater, equal_so_far); low }",
    ),
    fault(
        "a symbol is compared unsigned",
        "condition.rs",
        "ordered && comparison.signed",
        "ordered && false",
    ),
    fault(
        "greater than a symbol includes equal",
        "condition.rs",
        "test(Half::Low, low_relation)?",
        "test(Half::Low, if low_relation == Relation::Greater { Relation::GreaterOrEqual } else { low_relation })?",
    ),
    fault(
        "a known mask of a symbolic comparison is ignored",
        "condition.rs",
        "half_of(mask, half) & ones",
        "{ let _ = mask; ones }",
    ),
    // Values.
    fault("less includes equal", "condition.rs", "bound.checked_sub(1)", "Some(bound)"),
    fault(
        "signed order is taken for unsigned",
        "condition.rs",
        "if comparison.signed { ones ^ (ones >> 1) } else { 0 }",
        "0",
    ),
    fault(
        "a signed range across 0 loses its negative part",
        "condition.rs",
        "vec![(0, last ^ sign), (first ^ sign, sign | (sign - 1))]",
        "vec![(0, last ^ sign)]",
    ),
    fault("unequal is less", "condition.rs", "(value < ones).then(|| (value + 1, ones))", "None"),
    fault(
        "words are read in the order of little-endian kernels",
        "arguments.rs",
        "self.endian.argument_offset(argument, half)",
        "Endian::Little.argument_offset(argument, half)",
    ),
    // Instructions.
    fault("a jump reaches one too far", "layout.rs", "jt > REACH", "jt > REACH + 1"),
    fault("the other jump reaches one too far", "layout.rs", "jf > REACH", "jf > REACH + 1"),
    fault(
        "a long jump lands one too early",
        "layout.rs",
        "self.push(Opcode::JA, 0, 0, Operand::Known(distance))",
        "self.push(Opcode::JA, 0, 0, Operand::Known(distance.saturating_sub(1)))",
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
        "Relocation { index: index.saturating_sub(1), operand }",
    ),
    fault(
        "two steps with different sides are taken for one",
        "graph.rs",
        "self.known.get(&step)",
        "self.known.get(&step).or_else(|| match step { \
             Step::Branch { relation, operand, .. } => self.known.iter().find(|(other, _)| \
                 matches!(other, Step::Branch { relation: r, operand: o, .. } \
                     if *r == relation && *o == operand)).map(|(_, id)| id), \
             _ => None })",
    ),
];

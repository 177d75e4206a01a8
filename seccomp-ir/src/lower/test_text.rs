//! Tests and their operands as text, in the words of policies where they have some.

use std::fmt::Write as _;

use super::accumulator::{ArgumentWord, TestOperand, TestRelation, View};
use crate::abi::Half;
use crate::filter::SymbolOperand;
use crate::policy::PolicyAction;

/// A range of call numbers or values.
pub(super) fn range(first: u32, last: u32) -> String {
    let number = |number: u32| {
        if number < 1 << 16 { number.to_string() } else { format!("{number:#x}") }
    };
    match (first, last) {
        _ if first == last => number(first),
        (_, u32::MAX) => format!("{}..", number(first)),
        _ => format!("{}..={}", number(first), number(last)),
    }
}

/// An action.
pub(super) fn action_text(action: PolicyAction) -> String {
    match action {
        PolicyAction::Action(action) => action.to_string(),
        PolicyAction::ErrnoOf(symbol) => format!("errno(symbol {})", symbol.0),
    }
}

/// A word of an argument, as policies name arguments.
pub(super) fn word_text(ArgumentWord { argument, half }: ArgumentWord) -> String {
    match half {
        Half::Low => format!("a{argument}"),
        Half::High => format!("a{argument} >> 32"),
    }
}

/// What a test compares with.
pub(super) fn operand_text(operand: TestOperand) -> String {
    match operand {
        TestOperand::Known(value) if value < 1 << 8 => value.to_string(),
        TestOperand::Known(value) => format!("{value:#x}"),
        TestOperand::Symbol(SymbolOperand::ReturnErrno(symbol)) => {
            format!("errno(symbol {})", symbol.0)
        }
        TestOperand::Symbol(SymbolOperand::Word { symbol, half, keep, flip }) => {
            let mut text = format!("symbol {}", symbol.0);
            if half == Half::High {
                text.push_str(" >> 32");
            }
            if keep != u32::MAX {
                let _ = write!(text, " & {keep:#x}");
            }
            if flip != 0 {
                let _ = write!(text, " ^ {flip:#x}");
            }
            text
        }
    }
}

/// What the accumulator holds.
pub(super) fn view_text(View { word, mask, flip }: View) -> String {
    let mut text = word_text(word);
    if let Some(mask) = mask {
        let _ = write!(text, " & {}", operand_text(mask));
    }
    if flip != 0 {
        let _ = write!(text, " ^ {flip:#x}");
    }
    text
}

/// A test of `subject`.
pub(super) fn test_text(subject: &str, relation: TestRelation, operand: TestOperand) -> String {
    let operand = operand_text(operand);
    match relation {
        TestRelation::Equal => format!("{subject} == {operand}"),
        TestRelation::Greater => format!("{subject} > {operand}"),
        TestRelation::GreaterOrEqual => format!("{subject} >= {operand}"),
        TestRelation::AnyBit => format!("{subject} & {operand} != 0"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::accumulator::{ArgumentWord, TestOperand, TestRelation, View};
    use super::{operand_text, range, test_text, view_text};
    use crate::abi::ArgumentIndex;
    use crate::abi::Half;
    use crate::filter::SymbolOperand;
    use crate::policy::Symbol;

    #[test]
    fn ranges_of_one_number_and_to_the_end_are_short() {
        assert_eq!(range(41, 41), "41");
        assert_eq!(range(0, 0x10000), "0..=0x10000");
        assert_eq!(range(462, u32::MAX), "462..");
        assert_eq!(range(u32::MAX, u32::MAX), "0xffffffff");
    }

    #[test]
    fn tests_are_written_as_in_a_policy() {
        let low = ArgumentWord { argument: ArgumentIndex::A2, half: Half::Low };
        let masked = View { mask: Some(TestOperand::Known(0xf0)), ..View::whole(low) };
        let tested = test_text(&view_text(masked), TestRelation::Equal, TestOperand::Known(0x1000));
        assert_eq!(tested, "a2 & 240 == 0x1000");
        let high = ArgumentWord { half: Half::High, ..low };
        let signed = View { flip: 0x8000_0000, ..View::whole(high) };
        assert_eq!(view_text(signed), "a2 >> 32 ^ 0x80000000");
        let bits = test_text("nr", TestRelation::AnyBit, TestOperand::Known(4));
        assert_eq!(bits, "nr & 4 != 0");
        let symbol =
            SymbolOperand::Word { symbol: Symbol(3), half: Half::High, keep: 0xff, flip: 0 };
        assert_eq!(operand_text(TestOperand::Symbol(symbol)), "symbol 3 >> 32 & 0xff");
    }
}

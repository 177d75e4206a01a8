//! What other tools drop of a number without a word. An import drops it too, and says so.

use super::problem::{Findings, ProblemPlace};

/// Says that a tool compares 32 bits and drops the upper half of `number`. A half that only repeats the sign is no loss.
/// `who` names the tool and when it does so.
pub(super) fn upper_half(number: u64, who: &str, place: &ProblemPlace, findings: &mut Findings) {
    let (low, high) = (number as u32, (number >> 32) as u32);
    let repeats_sign = high == u32::MAX && low >> 31 == 1;
    if high != 0 && !repeats_sign {
        findings.remark(
            place.clone(),
            format!("{who} 32 bits, so of {number:#x} only {low:#x} counts"),
        );
    }
}

/// Says that a tool drops the bits of `value` that are not in `mask`, and what that makes of the comparison.
pub(super) fn outside_of_mask(
    value: u64,
    mask: u64,
    who: &str,
    place: &ProblemPlace,
    findings: &mut Findings,
) {
    if value & !mask != 0 {
        let kept = value & mask;
        findings.remark(
            place.clone(),
            format!(
                "the value {value:#x} has bits that are not in the mask {mask:#x}, and {who} drops them: the comparison \
                 is with {kept:#x}, where one with {value:#x} would never hold"
            ),
        );
    }
}

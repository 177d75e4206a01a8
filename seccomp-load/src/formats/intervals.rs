//! Intervals of the values of one argument.

use seccomp_ir::policy::{Comparison, Condition, Operator};

use super::condition::known;

/// The values that a condition leaves for the only argument that it compares, if they are one interval.
pub(super) fn interval(condition: &Condition) -> Option<(Comparison, (u64, u64))> {
    let of = |comparison: &Comparison| {
        let value = known(comparison.value);
        let most = comparison.width.ones();
        if comparison.operator == Operator::Equal {
            return Some((value, value));
        }
        if comparison.mask.is_some() || comparison.signed {
            return None;
        }
        match comparison.operator {
            Operator::Equal => Some((value, value)),
            Operator::NotEqual => None,
            Operator::Less => Some((0, value.checked_sub(1)?)),
            Operator::LessOrEqual => Some((0, value)),
            Operator::Greater => Some((value.checked_add(1)?, most)),
            Operator::GreaterOrEqual => Some((value, most)),
        }
    };
    match condition {
        Condition::Compare(comparison) => Some((*comparison, of(comparison)?)),
        Condition::All(parts) => match &parts[..] {
            [Condition::Compare(one), Condition::Compare(other)]
                if (one.argument, one.width, one.mask)
                    == (other.argument, other.width, other.mask) =>
            {
                let ((first, last), (from, to)) = (of(one)?, of(other)?);
                let both = (first.max(from), last.min(to));
                (both.0 <= both.1).then_some((*one, both))
            }
            _ => None,
        },
        Condition::Always | Condition::Any(_) | Condition::Not(_) => None,
    }
}

/// The same values, as intervals in order that do not touch.
pub(super) fn ordered(mut intervals: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    intervals.sort_unstable();
    let mut ordered: Vec<(u64, u64)> = Vec::new();
    for (first, last) in intervals {
        match ordered.last_mut() {
            // Two neighbouring values stay apart: people write {1, 2}.
            Some((from, to))
                if first <= *to || (first == *to + 1 && (from != to || first != last)) =>
            {
                *to = last.max(*to);
            }
            _ => ordered.push((first, last)),
        }
    }
    let mut long: Vec<(u64, u64)> = Vec::new();
    for interval in ordered {
        // Three values in a row are a range.
        match &mut long[..] {
            [.., (first, last), (next, end)]
                if first == last
                    && next == end
                    && *next == *last + 1
                    && interval == (*end + 1, *end + 1) =>
            {
                *last = interval.1;
                long.pop();
            }
            [.., (first, last)] if first != last && interval.0 == *last + 1 => *last = interval.1,
            _ => long.push(interval),
        }
    }
    long
}

/// The intervals between these.
pub(super) fn between(intervals: &[(u64, u64)], most: u64) -> Vec<(u64, u64)> {
    let (mut others, mut next) = (Vec::new(), Some(0));
    for &(first, last) in intervals {
        if let Some(from) = next.filter(|from| *from < first) {
            others.push((from, first - 1));
        }
        next = last.checked_add(1);
    }
    if let Some(from) = next.filter(|from| *from <= most) {
        others.push((from, most));
    }
    others
}

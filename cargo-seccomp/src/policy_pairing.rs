//! Pairs the policies of one program with those of another, for a comparison.
//!
//! rustc does not tell the name of a policy. Its source file and its place among the policies of that file serve as a
//! name, but both change: a policy is added above another, a file is renamed. So policies are paired by their ABI and
//! file, and within a file by their texts: first those with equal texts, then those with the most lines in common. The
//! remaining policies are paired across files if their texts are equal: such a policy has moved.

use std::collections::HashSet;

/// The facts by which policies are paired.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairingKey<'a> {
    /// The ABI of the program.
    pub(crate) abi: &'a str,
    /// The source file.
    pub(crate) file: &'a str,
    /// The rules.
    pub(crate) text: &'a str,
}

/// A policy of the left side, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LeftIndex(pub(crate) usize);

/// A policy of the right side, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RightIndex(pub(crate) usize);

/// A policy and its partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// Both sides have it.
    Both(LeftIndex, RightIndex),
    /// Only the left side has it.
    Left(LeftIndex),
    /// Only the right side has it.
    Right(RightIndex),
}

/// How similar two policies are; `None` if they cannot be partners.
type Likeness = fn(&PairingKey<'_>, &PairingKey<'_>) -> Option<usize>;

/// Pairs the policies of two sides. Each policy is in one pairing. The policies of the right side keep their order, and
/// policies that only the left side has come last.
pub(crate) fn pair(left: &[PairingKey<'_>], right: &[PairingKey<'_>]) -> Vec<Pairing> {
    let mut partners: Vec<Option<LeftIndex>> = vec![None; right.len()];
    let mut taken = vec![false; left.len()];
    let passes: [Likeness; 3] = [
        |a, b| (is_of_one_file(a, b) && a.text == b.text).then_some(0),
        |a, b| is_of_one_file(a, b).then(|| shared_lines(a.text, b.text)),
        |a, b| (a.abi == b.abi && a.text == b.text).then_some(0),
    ];
    for likeness in passes {
        // The best pairs first, and equally good pairs in their order.
        let mut candidates = Vec::new();
        for (at_right, b) in right.iter().enumerate().filter(|(at, _)| partners[*at].is_none()) {
            for (at_left, a) in left.iter().enumerate().filter(|(at, _)| !taken[*at]) {
                if let Some(likeness) = likeness(a, b) {
                    let (at_left, at_right) = (LeftIndex(at_left), RightIndex(at_right));
                    candidates.push((std::cmp::Reverse(likeness), at_left, at_right));
                }
            }
        }
        candidates.sort_unstable();
        for (_, at_left, at_right) in candidates {
            if !taken[at_left.0] && partners[at_right.0].is_none() {
                taken[at_left.0] = true;
                partners[at_right.0] = Some(at_left);
            }
        }
    }
    let of_right = partners.iter().enumerate().map(|(at_right, partner)| match partner {
        Some(at_left) => Pairing::Both(*at_left, RightIndex(at_right)),
        None => Pairing::Right(RightIndex(at_right)),
    });
    let of_left = (0..left.len()).map(LeftIndex).filter(|at| !taken[at.0]).map(Pairing::Left);
    of_right.chain(of_left).collect()
}

fn is_of_one_file(a: &PairingKey<'_>, b: &PairingKey<'_>) -> bool {
    (a.abi, a.file) == (b.abi, b.file)
}

fn shared_lines(a: &str, b: &str) -> usize {
    let lines: HashSet<&str> = a.lines().collect();
    b.lines().filter(|line| lines.contains(line)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn key<'a>(file: &'a str, text: &'a str) -> PairingKey<'a> {
        PairingKey { abi: "x86_64", file, text }
    }

    const fn both(left: usize, right: usize) -> Pairing {
        Pairing::Both(LeftIndex(left), RightIndex(right))
    }

    const fn only_left(left: usize) -> Pairing {
        Pairing::Left(LeftIndex(left))
    }

    const fn only_right(right: usize) -> Pairing {
        Pairing::Right(RightIndex(right))
    }

    #[test]
    fn a_policy_that_is_added_above_another_is_the_new_one() {
        let before = [key("a.rs", "allow read;\ndefault kill;")];
        let after = [key("a.rs", "allow write;"), key("a.rs", "allow read;\ndefault kill;")];
        assert_eq!(pair(&before, &after), [only_right(0), both(0, 1)]);
    }

    #[test]
    fn of_policies_that_changed_those_with_most_lines_in_common_are_one() {
        let before = [key("a.rs", "allow read;\ndefault kill;"), key("a.rs", "allow write;\nx;")];
        let after = [key("a.rs", "allow write;\ny;"), key("a.rs", "allow read;\ndefault log;")];
        assert_eq!(pair(&before, &after), [both(1, 0), both(0, 1)]);
    }

    #[test]
    fn a_policy_with_the_same_text_in_another_file_has_moved_and_one_for_another_abi_has_not() {
        let before = [key("a.rs", "allow read;"), key("a.rs", "allow write;")];
        let other = PairingKey { abi: "aarch64", ..key("a.rs", "allow write;") };
        let after = [key("b.rs", "allow read;"), other];
        let pairs = pair(&before, &after);
        assert_eq!(pairs, [both(0, 0), only_right(1), only_left(1)]);
    }

    #[test]
    fn equal_policies_are_paired_in_order() {
        let same = [key("a.rs", "allow read;"); 2];
        assert_eq!(pair(&same, &same), [both(0, 0), both(1, 1)]);
        assert_eq!(pair(&same, &same[..1]), [both(0, 0), only_left(1)]);
    }
}

//! "Did you mean": the known name that is closest to one that is not.

use super::{calls, constants, groups, names};
use crate::abi::Abi;

/// What people put before a call's name.
const PREFIXES: [&str; 5] = ["sys_", "__nr_", "nr_", "syscall_", "__"];

/// The candidate that `name` most likely stands for, or `None` if none is close. Close are names that
/// are a few slips of the pen apart, where a slip is a letter too many, too few or wrong or two
/// letters swapped: one in names of up to four letters, two up to eight, three in longer ones. Case
/// and a prefix such as `SYS_` do not count.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut search = Search::new(name);
    for candidate in candidates {
        search.consider(candidate);
    }
    search.best()
}

/// A search for the candidate closest to a name.
pub(super) struct Search<'a> {
    /// The name in lower case.
    wanted: String,
    /// The length of its prefix.
    prefix: usize,
    /// The closest candidate so far.
    best: Option<&'a str>,
    /// As many slips are too many.
    too_many: u32,
}

impl<'a> Search<'a> {
    pub(super) fn new(name: &str) -> Self {
        let wanted = name.to_ascii_lowercase();
        let prefix = PREFIXES.iter().find(|prefix| wanted.starts_with(**prefix));
        let prefix = prefix.map_or(0, |prefix| prefix.len());
        let too_many = match wanted.len() - prefix {
            0..=4 => 2,
            5..=8 => 3,
            _ => 4,
        };
        Self { wanted, prefix, best: None, too_many }
    }

    /// Looks at a candidate; whether it is closer than all before.
    pub(super) fn consider(&mut self, candidate: &'a str) -> bool {
        let lower = candidate.to_ascii_lowercase();
        let mut closer = false;
        for written in &[self.wanted.as_str(), &self.wanted[self.prefix..]] {
            if written.len().abs_diff(lower.len()) as u32 >= self.too_many {
                continue;
            }
            let distance = slips(written.as_bytes(), lower.as_bytes());
            // As many slips as letters would make any word of any other.
            if distance < self.too_many && distance < written.len() as u32 {
                self.best = Some(candidate);
                self.too_many = distance;
                closer = true;
            }
        }
        closer
    }

    /// The closest candidate, if any was close.
    pub(super) fn best(&self) -> Option<&'a str> {
        self.best
    }
}

/// The number of slips between two names: Damerau-Levenshtein distance in its restricted form, where
/// no letter is touched twice.
fn slips(a: &[u8], b: &[u8]) -> u32 {
    // Row `i` of the table holds, for each `j`, the distance of the first `i` letters of `a` to the
    // first `j` of `b`. Three rows are enough: a swap looks two back.
    let mut two_above = vec![0; b.len() + 1];
    let mut above = two_above.clone();
    let mut row = two_above.clone();
    for j in 0..b.len() {
        above[j + 1] = above[j] + 1;
    }
    for i in 0..a.len() {
        row[0] = above[0] + 1;
        for j in 0..b.len() {
            let wrong = u32::from(a[i] != b[j]);
            let mut least = (above[j + 1] + 1).min(row[j] + 1).min(above[j] + wrong);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(two_above[j - 1] + 1);
            }
            row[j + 1] = least;
        }
        std::mem::swap(&mut two_above, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

/// The call whose name is closest, of `abi` if it has one as close as any.
#[must_use]
pub fn nearest_call(abi: Abi, name: &str) -> Option<&'static str> {
    let mut search = Search::new(name);
    for (_, call) in calls(abi) {
        search.consider(call);
    }
    for call in names() {
        search.consider(call);
    }
    search.best()
}

/// The constant whose name is closest.
#[must_use]
pub fn nearest_constant(name: &str) -> Option<&'static str> {
    nearest(name, constants())
}

/// The group whose name is closest; the `@` may be missing.
#[must_use]
pub fn nearest_group(name: &str) -> Option<&'static str> {
    let mut search = Search::new(name.strip_prefix('@').unwrap_or(name));
    let mut found = None;
    for group in groups() {
        if search.consider(group.name.strip_prefix('@').unwrap_or_default()) {
            found = Some(group.name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{nearest, slips};

    #[test]
    fn a_slip_is_a_letter_more_less_other_or_two_swapped() {
        for (a, b, count) in [
            ("", "", 0),
            ("read", "read", 0),
            ("read", "reads", 1),
            ("read", "red", 1),
            ("read", "raed", 1),
            ("read", "reap", 1),
            ("read", "write", 4),
            ("", "abc", 3),
        ] {
            assert_eq!(slips(a.as_bytes(), b.as_bytes()), count, "{a} {b}");
            assert_eq!(slips(b.as_bytes(), a.as_bytes()), count, "{b} {a}");
        }
    }

    #[test]
    fn the_closest_wins_and_the_first_among_equals() {
        assert_eq!(nearest("opent", ["open", "openat", "opener"]), Some("open"));
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(nearest("", ["a", ""]), None);
    }
}

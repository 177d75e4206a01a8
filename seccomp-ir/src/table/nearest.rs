//! "Did you mean": the known name that is closest to an unknown one.

use std::sync::LazyLock;

use super::{Domain, calls, constants, groups, names};
use crate::abi::Abi;

/// The prefixes that people put before the name of a call.
const PREFIXES: [&str; 8] =
    ["sys_", "__nr_", "nr_", "syscall_", "__x64_sys_", "__arm64_sys_", "__se_sys_", "__"];

/// The candidate that `name` most likely means, or `None` if none is close. A candidate is close if it differs by
/// few slips: one in names of up to four letters, two in names of up to eight, three in longer ones. A slip is a
/// letter too many, a missing letter, a wrong letter, or two letters swapped. Case and a prefix such as `SYS_` do
/// not count.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut search = NameSearch::new(name);
    for candidate in candidates {
        search.consider(candidate);
    }
    search.best()
}

/// A search for the candidate closest to a name.
pub(super) struct NameSearch<'a> {
    /// The name in lower case.
    wanted: String,
    /// The length of its prefix.
    prefix: usize,
    /// Its letters, with and without the prefix.
    letters: [u32; 2],
    /// The closest candidate so far.
    best: Option<&'a str>,
    /// Candidates at this distance or more are rejected.
    too_many: u32,
    /// How many distances were computed, for tests.
    distances: u32,
}

impl<'a> NameSearch<'a> {
    pub(super) fn new(name: &str) -> Self {
        let wanted = name.to_ascii_lowercase();
        let prefix = PREFIXES.iter().find(|prefix| wanted.starts_with(**prefix));
        let prefix = prefix.map_or(0, |prefix| prefix.len());
        let too_many = match wanted.len() - prefix {
            0..=4 => 2,
            5..=8 => 3,
            _ => 4,
        };
        let letters = [letters(&wanted), letters(&wanted[prefix..])];
        Self { wanted, prefix, letters, best: None, too_many, distances: 0 }
    }

    /// Looks at a candidate. Returns whether it is closer than all candidates before.
    pub(super) fn consider(&mut self, candidate: &'a str) -> bool {
        self.consider_lettered(candidate, letters(candidate), &|_| true)
    }

    /// Like [`Self::consider`], for a candidate whose letters are known. It counts only if `belongs` is true, which is asked
    /// only about close candidates.
    fn consider_lettered(
        &mut self,
        candidate: &'a str,
        letters: u32,
        belongs: &dyn Fn(&str) -> bool,
    ) -> bool {
        let mut closer = false;
        for without in 0..2 {
            let written = if without == 0 { &*self.wanted } else { &self.wanted[self.prefix..] };
            // A slip changes the length by at most one, and adds and removes at most one letter. This
            // leaves a few candidates of thousands.
            let own = self.letters[without];
            let lost = (own & !letters).count_ones().max((letters & !own).count_ones());
            if lost.max(written.len().abs_diff(candidate.len()) as u32) >= self.too_many {
                continue;
            }
            self.distances += 1;
            let lower = candidate.to_ascii_lowercase();
            let distance = slips(written.as_bytes(), lower.as_bytes(), self.too_many);
            // As many slips as letters would turn any word into any other.
            let close = distance < self.too_many && distance < written.len() as u32;
            if close && belongs(candidate) {
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

/// The letters and digits of a name, without case: one bit for each.
fn letters(name: &str) -> u32 {
    let mut letters = 0;
    for byte in name.bytes() {
        letters |= match byte {
            b'a'..=b'z' => 1 << (byte - b'a'),
            b'A'..=b'Z' => 1 << (byte - b'A'),
            // Digits share the remaining bits.
            b'0'..=b'9' => 1 << (26 + byte % 6),
            _ => 0,
        };
    }
    letters
}

/// The number of slips between two names, or `too_many` if it is not below that: the Damerau-Levenshtein
/// distance in its restricted form, which changes no letter twice.
fn slips(a: &[u8], b: &[u8], too_many: u32) -> u32 {
    // Row `i` of the table holds, for each `j`, the distance of the first `i` letters of `a` to the
    // first `j` of `b`. Three rows are enough: a swap looks two back. If `i` and `j` differ by `too_many`,
    // the distance is at least as large, so only the nearer cells are computed.
    let mut two_above = vec![too_many; b.len() + 1];
    let mut above = two_above.clone();
    let mut row = two_above.clone();
    for (j, distance) in above.iter_mut().enumerate() {
        *distance = too_many.min(j as u32);
    }
    let (width, mut nearest_above) = (too_many as usize, 0);
    for i in 0..a.len() {
        row.fill(too_many);
        row[0] = too_many.min(i as u32 + 1);
        let mut nearest = row[0];
        for j in i.saturating_sub(width)..b.len().min(i + width) {
            let wrong = u32::from(a[i] != b[j]);
            let mut least = (above[j + 1] + 1).min(row[j] + 1).min(above[j] + wrong);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(two_above[j - 1] + 1);
            }
            row[j + 1] = least.min(too_many);
            nearest = nearest.min(least);
        }
        // Every later row depends only on the last two.
        if nearest.min(nearest_above) >= too_many {
            return too_many;
        }
        nearest_above = nearest;
        std::mem::swap(&mut two_above, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

/// The call with the closest name; among equally close names, one of `abi` if it has one.
#[must_use]
pub fn nearest_call(abi: Abi, name: &str) -> Option<&'static str> {
    let mut search = NameSearch::new(name);
    for (_, call) in calls(abi) {
        search.consider(call);
    }
    for call in names() {
        search.consider(call);
    }
    search.best()
}

/// The constant with the closest name. A close constant of `domain` is preferred to all others. First comes a constant of
/// `domain` if only its beginning is missing (`INET` for `AF_INET`), or if it is the only one whose end is missing (`STDOUT`
/// for `STDOUT_FILENO`).
#[must_use]
pub fn nearest_constant(name: &str, domain: Option<Domain>) -> Option<&'static str> {
    if let Some(domain) = domain {
        if let Some(whole) = with_beginning(name, domain).or_else(|| with_end(name, domain)) {
            return Some(whole);
        }
        let mut search = NameSearch::new(name);
        for (constant, letters) in CONSTANTS.iter() {
            search.consider_lettered(constant, *letters, &|constant| domain.has(constant));
        }
        if let Some(best) = search.best() {
            return Some(best);
        }
    }
    let mut search = NameSearch::new(name);
    for (constant, letters) in CONSTANTS.iter() {
        search.consider_lettered(constant, *letters, &|_| true);
    }
    search.best()
}

/// The constant of a domain whose name is a beginning of the domain followed by `name`.
fn with_beginning(name: &str, domain: Domain) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    for (constant, _) in CONSTANTS.iter() {
        let Some(beginning) = constant.strip_suffix(upper.as_str()) else { continue };
        let begins = |pattern: &str| pattern.strip_suffix('*') == Some(beginning);
        if !beginning.is_empty() && domain.patterns().split(' ').any(begins) && domain.has(constant)
        {
            return Some(constant);
        }
    }
    None
}

/// The only constant of a domain whose name is `name` followed by more words.
fn with_end(name: &str, domain: Domain) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let mut found = None;
    for (constant, _) in CONSTANTS.iter() {
        let end = constant.strip_prefix(upper.as_str()).filter(|end| end.starts_with('_'));
        if end.is_some() && domain.has(constant) {
            if found.is_some() {
                return None;
            }
            found = Some(*constant);
        }
    }
    found
}

/// Most names are constants, so their letters are computed once.
static CONSTANTS: LazyLock<Vec<(&'static str, u32)>> = LazyLock::new(|| {
    let mut lettered = Vec::new();
    for constant in constants() {
        lettered.push((constant, letters(constant)));
    }
    lettered
});

/// The group with the closest name; the `@` may be missing. If one group has this name with more words before or after it,
/// as `@network-io` for `@network`, that group is the closest; if several have, none is.
#[must_use]
pub fn nearest_group(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix('@').unwrap_or(name);
    let mut longer = Vec::new();
    for group in groups() {
        let known = group.name.strip_prefix('@').unwrap_or_default();
        let ends = known.strip_prefix(name).is_some_and(|end| end.starts_with('-'));
        if ends || known.strip_suffix(name).is_some_and(|beginning| beginning.ends_with('-')) {
            longer.push(group.name);
        }
    }
    if !longer.is_empty() {
        return longer.pop().filter(|_| longer.is_empty());
    }
    let mut search = NameSearch::new(name);
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
    use super::{CONSTANTS, NameSearch, nearest, nearest_constant, slips};
    use crate::abi::Abi;
    use crate::table::domain;

    /// The distance by the table of all letters, without shortcuts.
    fn all_slips(a: &[u8], b: &[u8]) -> u32 {
        let mut table = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                let mut least = if i == 0 || j == 0 { (i + j) as u32 } else { u32::MAX };
                if i > 0 && j > 0 {
                    let wrong = u32::from(a[i - 1] != b[j - 1]);
                    least = (table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    least = least.min(table[i - 1][j - 1] + wrong);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                }
                table[i][j] = least;
            }
        }
        table[a.len()][b.len()]
    }

    #[test]
    fn cells_that_are_not_computed_change_no_distance() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..20_000 {
            let mut word =
                || -> Vec<u8> { (0..rng.usize(..9)).map(|_| rng.u8(b'a'..=b'c')).collect() };
            let (a, b) = (word(), word());
            for too_many in 1..5 {
                let distance = slips(&a, &b, too_many);
                assert_eq!(distance, all_slips(&a, &b).min(too_many), "{a:?} {b:?}");
            }
        }
    }

    /// The search finds what a full look at every candidate would find.
    #[test]
    fn letters_and_lengths_rule_out_nothing_that_is_close_and_nearly_all_that_is_not() {
        let mut rng = fastrand::Rng::with_seed(6);
        let (names, mut distances) = (10, 0);
        for _ in 0..names {
            let mut name = rng.choice(CONSTANTS.iter()).unwrap().0.as_bytes().to_vec();
            for _ in 0..rng.usize(..5) {
                let at = rng.usize(..name.len());
                match rng.u8(..4) {
                    0 => name[at] = rng.u8(b'A'..=b'Z'),
                    1 => name.insert(at, rng.u8(b'A'..=b'Z')),
                    2 if name.len() > 1 => drop(name.remove(at)),
                    _ => name.swap(at, 0),
                }
            }
            let name = String::from_utf8(name).unwrap();
            let mut search = NameSearch::new(&name);
            let (mut best, mut least) = (None, search.too_many);
            let wanted = search.wanted.clone();
            for (constant, letters) in CONSTANTS.iter() {
                search.consider_lettered(constant, *letters, &|_| true);
                let lower = constant.to_ascii_lowercase();
                for written in [&wanted[..], &wanted[search.prefix..]] {
                    if written.len().abs_diff(lower.len()) < least as usize {
                        let distance = all_slips(written.as_bytes(), lower.as_bytes());
                        if distance < least && distance < written.len() as u32 {
                            (best, least) = (Some(*constant), distance);
                        }
                    }
                }
            }
            assert_eq!(search.best(), best, "{name}");
            distances += search.distances;
        }
        let candidates = CONSTANTS.len() as u32;
        println!("{} distances a name, of {candidates} candidates", distances / names);
        assert!(distances < names * candidates / 20, "{distances}");
    }

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
            assert_eq!(slips(a.as_bytes(), b.as_bytes(), 9), count, "{a} {b}");
            assert_eq!(slips(b.as_bytes(), a.as_bytes(), 9), count, "{b} {a}");
        }
    }

    #[test]
    fn a_constant_of_the_argument_is_preferred_to_a_closer_one_of_another() {
        let of = |call, argument| domain(Abi::X86_64, call, argument);
        for (name, call, argument, near) in [
            ("PROT_EXC", "mmap", "prot", "PROT_EXEC"),
            ("SOCK_DGRM", "socket", "type", "SOCK_DGRAM"),
            ("AF_INTE", "socket", "type", "AF_INET"),
            ("TCGET", "ioctl", "cmd", "TCGETA"),
            ("MAP_SHARD", "mmap", "flags", "MAP_SHARED"),
            ("INET", "socket", "family", "AF_INET"),
            ("Stream", "socket", "type", "SOCK_STREAM"),
            ("EXEC", "mmap", "prot", "PROT_EXEC"),
            ("STDOUT", "write", "fd", "STDOUT_FILENO"),
            ("stdin", "read", "fd", "STDIN_FILENO"),
        ] {
            assert_eq!(nearest_constant(name, of(call, argument)), Some(near), "{name}");
        }
        assert_eq!(nearest_constant("SOCK_RDM_", of("socket", "type")), Some("SOCK_RDM"));
        assert_eq!(nearest_constant("MSG_EXCEP", None), Some("MSG_EXCEPT"));
        // Two slips away, one of them a letter of another family.
        assert_eq!(nearest_constant("MS_RDONLY", None), Some("MS_RDONLY"));
        assert_eq!(nearest_constant("MS_RDONLY", of("open", "flags")), Some("O_RDONLY"));
    }

    #[test]
    fn the_closest_wins_and_the_first_among_equals() {
        assert_eq!(nearest("opent", ["open", "openat", "opener"]), Some("open"));
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(nearest("", ["a", ""]), None);
    }
}

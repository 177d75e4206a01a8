//! The random numbers of tests, and how to repeat a run.
//!
//! `SECCOMP_SEED=17` in the environment makes every random test draw from seed 17, and `SECCOMP_SEED=1000..2000`
//! from each of these seeds, where the test has several. A test that fails says which seed it drew from.

use std::ops::{Deref, DerefMut, Range};

use fastrand::Rng;

/// The environment variable.
const VARIABLE: &str = "SECCOMP_SEED";

/// A generator of random numbers that says on standard error, if the test panics, how to repeat it.
#[derive(Debug)]
pub struct Seeded {
    rng: Rng,
    seed: u64,
}

impl Seeded {
    /// Draws from `seed`.
    #[must_use]
    pub fn with_seed(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), seed }
    }

    /// Draws from the first seed that the environment names, or from a new one in each run.
    #[must_use]
    pub fn new_in_each_run() -> Self {
        Self::with_seed(named().map_or_else(|| fastrand::u64(..), |seeds| seeds.start))
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

impl Deref for Seeded {
    type Target = Rng;

    fn deref(&self) -> &Rng {
        &self.rng
    }
}

impl DerefMut for Seeded {
    fn deref_mut(&mut self) -> &mut Rng {
        &mut self.rng
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("to repeat: {VARIABLE}={}", self.seed);
        }
    }
}

/// The seeds of a test: those that the environment names, or `own`.
#[must_use]
pub fn seeds(own: Range<u64>) -> Range<u64> {
    named().unwrap_or(own)
}

/// Whether the environment names the seeds. With these, a test cannot expect everything that it finds
/// with its own seeds.
#[must_use]
pub fn are_named() -> bool {
    named().is_some()
}

fn named() -> Option<Range<u64>> {
    let text = std::env::var(VARIABLE).ok()?;
    Some(parse(&text).unwrap_or_else(|| panic!("{VARIABLE} is a seed or FIRST..END, not `{text}`")))
}

/// The seeds that `17` or `1000..2000` names; nothing if it names none.
fn parse(text: &str) -> Option<Range<u64>> {
    let seeds = match text.split_once("..") {
        Some((first, end)) => first.parse().ok()?..end.parse().ok()?,
        None => {
            let seed: u64 = text.parse().ok()?;
            seed..seed.checked_add(1)?
        }
    };
    (!seeds.is_empty()).then_some(seeds)
}

#[cfg(test)]
mod tests {
    use super::{Seeded, parse};

    #[test]
    fn a_seed_or_a_range_of_seeds_is_named() {
        assert_eq!(parse("17"), Some(17..18));
        assert_eq!(parse("1000..2000"), Some(1000..2000));
        for wrong in ["", "a", "-1", "2..1", "1..1", "1..", "..", "18446744073709551615"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_seed_gives_the_same_numbers_each_time() {
        assert_eq!(Seeded::with_seed(5).u64(..), Seeded::with_seed(5).u64(..));
        assert_ne!(Seeded::with_seed(5).u64(..), Seeded::with_seed(6).u64(..));
    }
}

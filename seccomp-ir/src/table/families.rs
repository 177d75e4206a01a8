//! Families: calls that do one job, from the kernel's history.

use std::sync::LazyLock;

use super::text::Text;

static FAMILIES: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/families.tsv")));

/// Calls that do one job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its calls do, to be read after "they".
    pub job: &'static str,
    /// The calls, about the oldest first.
    pub members: Vec<Member>,
}

/// A call of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// The call.
    pub name: &'static str,
    /// Which denials of it are denials of the job.
    pub denied: Denied,
}

/// Which denials of a call are denials of its family's job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    /// Any.
    Ever,
    /// Those of the call whatever its arguments.
    Whole,
    /// Those under a condition on these bits of this argument.
    Bits {
        /// The kernel's name of the argument.
        argument: &'static str,
        /// The bits.
        bits: u64,
    },
    /// None: the call does more than the job.
    Never,
}

/// Every family, in alphabetical order.
///
/// Source: drawn up for this table from the man pages and the call tables, as told at the head of
/// `data/families.tsv`.
pub fn families() -> impl Iterator<Item = Family> {
    FAMILIES.rows().map(|row| {
        let mut cells = row.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let (name, job) = (cell(), cell());
        Family { name, job, members: cell().split(' ').map(member).collect() }
    })
}

/// The families that have a call of that name.
pub fn families_of(call: &str) -> impl Iterator<Item = Family> {
    families().filter(move |family| family.members.iter().any(|member| member.name == call))
}

fn member(written: &'static str) -> Member {
    if let Some(name) = written.strip_prefix('>') {
        return Member { name, denied: Denied::Never };
    }
    if let Some(name) = written.strip_suffix('!') {
        return Member { name, denied: Denied::Whole };
    }
    let bits = || {
        let (name, rest) = written.strip_suffix(')')?.split_once('(')?;
        let (argument, bits) = rest.split_once("&0x")?;
        let bits = u64::from_str_radix(bits, 16).ok()?;
        Some(Member { name, denied: Denied::Bits { argument, bits } })
    };
    bits().unwrap_or(Member { name: written, denied: Denied::Ever })
}

#[cfg(test)]
mod tests {
    use super::{Denied, FAMILIES, families, families_of};
    use crate::abi::Abi;
    use crate::table::{Place, is_known, signature};

    #[test]
    fn every_family_has_calls_that_exist_each_once_and_something_to_leave() {
        for family in families() {
            assert!(!family.job.is_empty() && family.members.len() > 1, "{}", family.name);
            let mut names: Vec<_> = family.members.iter().map(|member| member.name).collect();
            assert!(names.iter().all(|name| is_known(name)), "{family:?}");
            assert!(family.members.iter().any(|member| member.denied != Denied::Never));
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{family:?}");
        }
        assert_eq!(families().count(), FAMILIES.rows().count());
    }

    #[test]
    fn the_arguments_that_families_name_exist() {
        let with_bits =
            families().flat_map(|family| family.members).filter_map(|member| match member.denied {
                Denied::Bits { argument, bits } => Some((member.name, argument, bits)),
                _ => None,
            });
        for (call, argument, bits) in with_bits {
            assert_ne!(bits, 0);
            let visible = Abi::ALL.iter().filter_map(|abi| signature(*abi, call));
            let places = visible.map(|signature| signature.position(argument));
            assert!(places.flatten().any(|place| matches!(place, Place::At(_))), "{call}");
        }
    }

    #[test]
    fn opening_a_file_is_one_job_of_six_calls() {
        let names: Vec<_> = families_of("open").map(|family| family.name).collect();
        assert_eq!(names, ["open"]);
        let open = families_of("openat2").next().expect("a family");
        assert_eq!(open.members.len(), 6);
    }
}

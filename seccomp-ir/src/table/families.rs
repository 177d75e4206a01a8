//! Families: calls that do one job, from the kernel's history.

use super::constants::{ConstantLookup, constant};
use super::tsv::{Tsv, cell};
use crate::abi::Abi;

static FAMILIES: Tsv = Tsv::new(include_bytes!("../../data/families.tsv"));

/// Calls that do one job.
#[cfg_attr(feature = "debug", derive(Debug, Clone, PartialEq, Eq))]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What its calls do, to be read after "they".
    pub job: &'static str,
    /// The calls, roughly from the oldest to the newest.
    pub members: Vec<Member>,
}

/// A call of a family.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub struct Member {
    /// The call.
    pub name: &'static str,
    /// Which denials of the call deny the job.
    pub denied: Denied,
    /// The kernel's name of an argument and bits of it, as a number or a constant, if it is enough to deny the
    /// call with those bits.
    pub part: Option<(&'static str, &'static str)>,
}

/// Which denials of a call deny the job of its family.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug, PartialEq, Eq))]
pub enum Denied {
    /// Every denial.
    Ever,
    /// Denials of the call with any arguments.
    Whole,
    /// Denials under a condition on these bits of this argument.
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
/// Source: compiled for this table from the man pages and the call tables, as the head of
/// `data/families.tsv` says.
pub fn families() -> impl Iterator<Item = Family> {
    FAMILIES.rows().map(family)
}

/// The families that have a call of that name.
pub fn families_of(call: &str) -> impl Iterator<Item = Family> {
    let has_it = move |row: &&'static str| {
        let mut members = cell(row, 2).split(' ');
        members.any(|written| member(written).name == call)
    };
    FAMILIES.rows().filter(has_it).map(family)
}

fn family(row: &'static str) -> Family {
    let mut members = Vec::new();
    for written in cell(row, 2).split(' ') {
        members.push(member(written));
    }
    Family { name: cell(row, 0), job: cell(row, 1), members }
}

fn member(written: &'static str) -> Member {
    if let Some(name) = written.strip_suffix('!') {
        return Member { name, denied: Denied::Whole, part: None };
    }
    let more = written.strip_prefix('>');
    let (name, part) = match member_with_bits(more.unwrap_or(written)) {
        Some((name, argument, bits)) => (name, Some((argument, bits))),
        None => (more.unwrap_or(written), None),
    };
    let denied = match part {
        _ if more.is_some() => Denied::Never,
        Some((argument, bits)) => Denied::Bits { argument, bits: number(bits) },
        None => Denied::Ever,
    };
    Member { name, denied, part }
}

/// A call with an argument and bits of it, as `call(argument&0x1)`.
fn member_with_bits(written: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (name, rest) = written.strip_suffix(')')?.split_once('(')?;
    let (argument, bits) = rest.split_once('&')?;
    Some((name, argument, bits))
}

/// The bits that the table writes as `bits`: a number, or a constant that is the same on every ABI.
fn number(bits: &str) -> u64 {
    let digits = bits.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16));
    match (digits, constant(Abi::X86_64, bits)) {
        (Some(Ok(number)), _) => number,
        (_, ConstantLookup::Value(constant)) => constant.value,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{Denied, FAMILIES, families, families_of, number};
    use crate::abi::Abi;
    use crate::table::{ArgumentPlace, ConstantLookup, constant, is_known, signature};

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
        let with_bits = families().flat_map(|family| family.members).filter_map(|member| {
            let (argument, bits) = member.part?;
            Some((member.name, argument, bits))
        });
        for (call, argument, bits) in with_bits {
            assert_ne!(number(bits), 0);
            for abi in Abi::ALL {
                if let ConstantLookup::Value(constant) = constant(*abi, bits) {
                    assert_eq!(constant.value, number(bits), "{bits} on {}", abi.name());
                }
            }
            let visible = Abi::ALL.iter().filter_map(|abi| signature(*abi, call));
            let places = visible.map(|signature| signature.position(argument));
            assert!(places.flatten().any(|place| matches!(place, ArgumentPlace::At(_))), "{call}");
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

//! Values that are not bits and are joined with `|`: `AF_INET | AF_INET6`, `O_WRONLY | O_RDWR`.

use super::values::{named, number};
use crate::abi::Abi;
use crate::lists;
use crate::table::{self, Domain};
use crate::tree::ValueExpr;

/// The bits of flags that are one value, and its values; a `*` stands for the rest of a name.
///
/// Source: `include/uapi/asm-generic/fcntl.h`, `include/uapi/linux/mman.h`, `sched.h`, `stat.h`, `personality.h`, Linux 7.3.
pub(super) const FIELDS: [(&str, &[&str]); 5] = [
    ("O_ACCMODE", &["O_RDONLY", "O_WRONLY", "O_RDWR"]),
    ("MAP_TYPE", &["MAP_SHARED", "MAP_PRIVATE", "MAP_SHARED_VALIDATE"]),
    ("CSIGNAL", &["SIG*"]),
    ("S_IFMT", &["S_IF*"]),
    ("PER_MASK", &["PER_*"]),
];

/// Whether a constant is one of the values of a field.
pub(super) fn is_value(name: &str, field: &str, values: &[&str]) -> bool {
    let is_one = |value: &&str| match value.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *value,
    };
    name != field && values.iter().any(is_one)
}

/// The field of flags that several of these values have, and its bits.
pub(super) fn field(parts: &[ValueExpr], domain: &Domain, abi: Abi) -> Option<(&'static str, u64)> {
    for (field, values) in FIELDS {
        let mut count = 0;
        for part in parts {
            count += u32::from(named(part, abi).is_some_and(|name| is_value(name, field, values)));
        }
        if count > 1 && domain.has(field) {
            return Some((field, super::constant(abi, field)?));
        }
    }
    None
}

/// Whether all values are options of sockets. The table lists these only for a known level.
pub(super) fn are_options(parts: &[ValueExpr], call: &str, abi: Abi) -> bool {
    let is_option = |part: &ValueExpr| {
        let owner = named(part, abi).and_then(|name| table::owner(abi, name));
        owner.is_some_and(|(of, argument)| argument == "optname" && of.ends_with("sockopt"))
    };
    call.ends_with("sockopt") && parts.iter().all(is_option)
}

/// The number of `A | B`, and "A, B", where `A` and `B` are values of their own, with the `ignored` bits that are joined to
/// them. `None` if there are no two values.
pub(super) fn apart(parts: &[ValueExpr], ignored: u64, abi: Abi) -> Option<(u64, String)> {
    // The bits that each of the values gets.
    let mut kept = String::new();
    let (mut values, mut count, mut all) = (String::new(), 0, 0);
    for part in parts {
        let number = number(part, abi)?;
        all |= number;
        if number != 0 && number & !ignored == 0 {
            kept.push_str(" | ");
            kept.push_str(&part.quote());
        }
    }
    for part in parts {
        // A name counts even if it is 0, a 0 does not.
        let number = number(part, abi).unwrap_or_default();
        let named = number == 0 && named(part, abi).is_some();
        if number & !ignored != 0 || named {
            count += 1;
            lists::add(&mut values, &(part.quote() + &kept), ", ");
        }
    }
    (count > 1).then_some((all, values))
}

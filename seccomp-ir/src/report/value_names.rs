//! The constants with which a report names the value of an argument.
//!
//! Several constants often have one value, and a wrong name is worse than a number. So a value has a name only if
//! it is clear which one is meant: the name of a command comes before other names, and a name with fewer parts before
//! a name with more. If many values of an argument have several names, those values have no name here.

use crate::abi::Abi;
use crate::table::{Domain, DomainKind, constants_beginning, is_command, is_ioctl_command};

/// The constants of an argument whose names begin alike.
pub(crate) struct ConstantFamily {
    /// The beginning that all names have.
    pub(crate) beginning: &'static str,
    /// The rest of each name, and its value.
    pub(crate) members: Vec<(&'static str, u64)>,
}

/// Older or less used names of values that have another name.
const ALIASES: [&str; 12] = [
    "AF_LOCAL",
    "AF_ROUTE",
    "MAP_ANON",
    "O_NDELAY",
    "SIGCLD",
    "SIGIOT",
    "SIGPOLL",
    "SIGUNUSED",
    "FAN_NOFD",
    "MSG_PROXY",
    "RLIMIT_OFILE",
    "SCHED_OTHER",
];

/// The ends of names that are not values: masks and limits.
const NO_VALUES: [&str; 5] = ["MASK", "_MAX", "_LAST", "_NUM", "_ALL"];

/// Names of values in spite of such an end.
const VALUES: [&str; 2] = ["P_ALL", "SIG_SETMASK"];

/// The beginnings of the requests of `ioctl` that have names: those of terminals, files and sockets. The requests of
/// a driver are known only together with the file.
const REQUESTS: [&str; 8] = ["TCGET", "TCSET", "TCSBRK", "TCXONC", "TCFLSH", "TIOC", "FIO", "SIOC"];

/// A constant, its value, and the number of names that it was chosen from.
struct NamedValue {
    family: usize,
    name: &'static str,
    value: u64,
    names: u32,
    command: bool,
}

/// The constants that name the values of an argument of `call`.
pub(crate) fn names(abi: Abi, call: &str, domain: &Domain) -> Vec<ConstantFamily> {
    let mut families = Vec::new();
    let mut candidates: Vec<NamedValue> = Vec::new();
    let mut all = domain.members(abi);
    if call == "ioctl" && domain.kind == DomainKind::List {
        for beginning in REQUESTS {
            let mut requests = constants_beginning(abi, beginning);
            // TIOCL_SELCHAR, for one, is not a request: it goes into a structure.
            requests.retain(|(name, _)| is_ioctl_command(name));
            all.push((beginning, requests));
        }
    }
    for (family, (beginning, members)) in all.into_iter().enumerate() {
        families.push(ConstantFamily { beginning, members: Vec::new() });
        for (name, constant) in members {
            if !is_name_of_a_value(name, domain.kind, constant.value as i64) {
                continue;
            }
            let value = constant.value;
            let command = is_command(call, name);
            match candidates.iter_mut().find(|known| known.value == value) {
                // Names of a family further back are for other uses of the same bits.
                Some(known) if known.family != family => {}
                Some(known) if command && !known.command => {
                    known.name = name;
                    known.command = true;
                }
                Some(known) if known.command => {}
                Some(known) => {
                    known.names += 1;
                    if rank(name) < rank(known.name) {
                        known.name = name;
                    }
                }
                None => candidates.push(NamedValue { family, name, value, names: 1, command }),
            }
        }
    }
    let mut ambiguous = 0;
    for candidate in &candidates {
        ambiguous += usize::from(candidate.names > 1 && !candidate.command);
    }
    let is_clear = ambiguous * 5 <= candidates.len();
    for NamedValue { family, name, value, names, command } in candidates {
        if is_clear || command || names == 1 {
            let ConstantFamily { beginning, members } = &mut families[family];
            members.push((&name[beginning.len()..], value));
        }
    }
    families.retain(|family| !family.members.is_empty());
    families
}

/// The constants that name the values of an argument of `call`, by the rule of reports: a value has a name only if it is
/// clear which one is meant. `domain` is the domain of the argument. For tools that write policies.
#[cfg(feature = "show")]
#[must_use]
pub fn names_of_values(abi: Abi, call: &str, domain: &Domain) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for ConstantFamily { beginning, members } in names(abi, call, domain) {
        for (rest, value) in members {
            all.push((format!("{beginning}{rest}"), value));
        }
    }
    all
}

/// The number of parts of a name. A name with fewer parts is more often the name of a value: SOCK_STREAM, not
/// SOCK_SNDBUF_LOCK.
fn parts(name: &str) -> usize {
    name.split('_').count()
}

/// A name with a lower rank is more often the name of a value. Among names with as many parts, this is the name of an
/// operation: PR_SET_DUMPABLE, not PR_CFI_ENABLE. A name that ends with a number is of something newer: FUTEX_FD, not
/// FUTEX_32.
fn rank(name: &str) -> (usize, bool, bool) {
    let is_operation = name.contains("_GET_") || name.contains("_SET_");
    (parts(name), !is_operation, name.ends_with(|last: char| last.is_ascii_digit()))
}

fn is_name_of_a_value(name: &str, kind: DomainKind, value: i64) -> bool {
    for end in NO_VALUES {
        if name.ends_with(end) && !VALUES.contains(&name) {
            return false;
        }
    }
    // A descriptor is its number, except for those that are none.
    !ALIASES.contains(&name) && (kind != DomainKind::Name || value < -1)
}

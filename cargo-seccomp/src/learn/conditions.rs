//! The condition under which a call is allowed, from the calls that were seen.
//!
//! | an argument | may then have |
//! |---|---|
//! | that is one of a list | the values that were seen |
//! | that is made of flags | any of the flags that were seen, and those that C libraries add by themselves |
//! | that is the mode of a file | any permissions, and the other bits that were seen |
//! | that is a descriptor, an address, a size, a count | any value, unless the policy compares this argument already |
//!
//! The meaning of an argument may depend on a command, as the option of a socket depends on its level. If that makes it
//! one of a list, the calls with each command have a condition of their own.
//!
//! A clock whose number is made from an id may be any clock of its kind ([`clocks`]).
//!
//! If a call has several arguments of lists, only the combinations that were seen are allowed. Combinations that differ
//! in only one argument are written as one set. If there are more than [`MOST_COMBINATIONS`], all combinations are
//! allowed.

use std::collections::{BTreeMap, BTreeSet};

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::table::{self, Argument, ArgumentPlace, Domain, DomainKind, Signature};

use super::argument_text::ArgumentNames;
use super::clocks::{self, KIND};

/// The most values of an argument that are listed. If more were seen, it may have any value.
const MOST_VALUES: usize = 24;

/// The most combinations of values of several arguments that are listed.
const MOST_COMBINATIONS: usize = 8;

/// Descriptors from here on are those that a program opens itself.
const FIRST_OWN_DESCRIPTOR: u64 = 3;

/// Source: `include/uapi/asm-generic/mman-common.h`, Linux 6.12; all ABIs have the same values.
const PROT_WRITE: u64 = 0x2;
const PROT_EXEC: u64 = 0x4;

/// The conditions of one call: one of them must hold. Empty if the call is allowed whatever its arguments.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Conditions {
    /// Each as the text in the parentheses of a target.
    pub(super) any: Vec<String>,
    /// Facts that the conditions cannot express, as sentences without a full stop.
    pub(super) remarks: Vec<String>,
}

/// One argument that is constrained.
struct Constrained<'a> {
    index: ArgumentIndex,
    argument: &'a Argument,
    domain: Option<Domain>,
    names: Option<ArgumentNames>,
}

/// A call that was seen, and the ids of its process and thread.
type CallOfThread = (Call, [u32; 2]);

/// The conditions for the call `name`, from the calls that were seen.
/// `compared` are the arguments that the policy compares in its own rules for this call.
pub(super) fn conditions(
    abi: Abi,
    name: &str,
    seen: &[CallOfThread],
    compared: &[ArgumentIndex],
) -> Conditions {
    let mut result = Conditions::default();
    let Some(signature) = table::signature(abi, name) else { return result };
    let mut by_kind: BTreeMap<(Option<u64>, Option<u64>), Vec<CallOfThread>> = BTreeMap::new();
    for one in seen {
        let command = listing_command(abi, name, &signature, &one.0);
        let clock = clock_with_id(abi, name, &signature, &one.0);
        by_kind.entry((command, clock)).or_default().push(*one);
    }
    for ((command, _), seen) in by_kind {
        let of = conditions_under(abi, name, &signature, command, &seen, compared);
        result.remarks.extend(of.remarks);
        if of.any.is_empty() {
            // A call without such a command, and so are all others.
            return Conditions { any: Vec::new(), remarks: result.remarks };
        }
        result.any.extend(of.any);
    }
    result
}

/// The command of a call, if it makes another argument one of a list.
fn listing_command(abi: Abi, name: &str, signature: &Signature, call: &Call) -> Option<u64> {
    for argument in signature.registers() {
        let Some(decider) = table::decided_by(name, argument.name) else { continue };
        let Some(ArgumentPlace::At(index)) = signature.position(decider) else { continue };
        // No command has more bits.
        let command = call.argument(index) & 0xffff_ffff;
        if listed_under(abi, name, argument, command).is_some() {
            return Some(command);
        }
    }
    None
}

/// The kind of the clock in a call, if its number is made from an id.
fn clock_with_id(abi: Abi, name: &str, signature: &Signature, call: &Call) -> Option<u64> {
    signature.registers().iter().zip(call.args).find_map(|(argument, value)| {
        table::domain(abi, name, argument.name).and_then(|domain| clocks::kind(&domain, value))
    })
}

/// The domain of an argument under a command, if that makes it one of a list.
fn listed_under(abi: Abi, name: &str, argument: &Argument, command: u64) -> Option<Domain> {
    let domain = table::domain_under(abi, name, argument.name, command)?;
    (domain.kind == DomainKind::List).then_some(domain)
}

/// The conditions for the calls with one command, or with any other command.
fn conditions_under(
    abi: Abi,
    name: &str,
    signature: &Signature,
    command: Option<u64>,
    seen: &[CallOfThread],
    compared: &[ArgumentIndex],
) -> Conditions {
    let mut result = Conditions::default();
    let with_open_flags = signature.registers().iter().any(|argument| {
        table::domain(abi, name, argument.name).is_some_and(|domain| domain.has("O_CREAT"))
    });
    let (mut lists, mut always) = (Vec::new(), Vec::new());
    for (index, argument) in ArgumentIndex::ALL.into_iter().zip(signature.registers()) {
        if argument.half.is_some() || argument.skipped || argument.name.is_empty() {
            continue;
        }
        let under = command.and_then(|command| listed_under(abi, name, argument, command));
        let domain = under.or_else(|| table::domain(abi, name, argument.name));
        let names = domain.map(|domain| ArgumentNames::new(abi, name, argument, &domain));
        let constrained = Constrained { index, argument, domain, names };
        // Either all of these calls have such a clock of the same kind, or none has.
        let first = seen.first().map_or(0, |(call, _)| call.argument(index));
        if let Some(kind) = domain.and_then(|domain| clocks::kind(&domain, first)) {
            let argument = argument.name;
            always.push(format!("{argument} & {KIND:#x} == {kind:#x}"));
            result.remarks.push(format!(
                "`{argument}` of `{name}` had a clock of a process, a thread or a device, whose number is another one in each run"
            ));
            continue;
        }
        let own = compared.contains(&index);
        match (&constrained.domain, &constrained.names) {
            // The mode of an open is read only if a file is made, and has any bits otherwise.
            (Some(domain), _) if domain.is_file_mode() && with_open_flags => {}
            (Some(domain), Some(names)) if domain.kind == DomainKind::Flags => {
                always.extend(flags(names, argument.name, domain, abi, &constrained.values(seen)));
            }
            (Some(domain), Some(_)) if domain.kind == DomainKind::List => {
                let values = constrained.values(seen).len();
                if values <= MOST_VALUES {
                    lists.push(constrained);
                } else {
                    let remark =
                        format!("`{}` had {values} values, so it may have any", argument.name);
                    result.remarks.push(remark);
                }
            }
            (Some(domain), Some(names)) if own => {
                let values = constrained.values(seen);
                always.push(limited(names, argument.name, domain, &values));
            }
            (None, _) if own && argument.ty.pointer => {
                let zero = seen.iter().map(|(call, _)| call.argument(index) == 0);
                let zero: BTreeSet<bool> = zero.collect();
                match zero.len() {
                    1 if zero.contains(&true) => always.push(format!("{} == 0", argument.name)),
                    1 => always.push(format!("{} != 0", argument.name)),
                    _ => {}
                }
            }
            (Some(domain), Some(names)) => {
                result.remarks.extend(own_id(name, argument.name, domain, names, index, seen));
            }
            (Some(_), None) | (None, _) => {}
        }
    }
    let rows = seen.iter().map(|(call, _)| {
        let row: Vec<u64> = lists.iter().map(|list| list.value(call)).collect();
        row
    });
    for combination in combinations(rows.collect()) {
        let mut all = Vec::new();
        for (list, values) in lists.iter().zip(&combination) {
            all.push(list.among(abi, values));
        }
        all.extend(always.iter().cloned());
        if !all.is_empty() {
            result.any.push(all.join(", "));
        }
    }
    result
}

impl Constrained<'_> {
    /// The value that counts: the bits that the kernel uses, without those that it removes first.
    fn value(&self, call: &Call) -> u64 {
        let register = call.argument(self.index);
        match &self.names {
            Some(names) => names.used(register) & !self.ignored(Abi::of_call(call.arch, call.nr)),
            None => register,
        }
    }

    fn ignored(&self, abi: Option<Abi>) -> u64 {
        match (&self.domain, abi) {
            (Some(domain), Some(abi)) if domain.kind == DomainKind::List => {
                domain.ignored_bits(abi)
            }
            _ => 0,
        }
    }

    fn values(&self, seen: &[CallOfThread]) -> BTreeSet<u64> {
        seen.iter().map(|(call, _)| self.value(call)).collect()
    }

    /// The condition that an argument of a list is one of `values`.
    fn among(&self, abi: Abi, values: &BTreeSet<u64>) -> String {
        let Self { argument, domain, names, .. } = self;
        let mut subject = argument.name.to_owned();
        if let (Some(domain), true) = (domain, self.ignored(Some(abi)) != 0) {
            subject += &format!(" & !{}", domain.ignored());
        }
        let mut texts = Vec::new();
        for value in values {
            texts.extend(names.as_ref().map(|names| names.value(*value)));
        }
        set(&subject, &texts)
    }
}

/// `subject == value` or `subject in {…}`
fn set(subject: &str, values: &[String]) -> String {
    match values {
        [value] => format!("{subject} == {value}"),
        values => format!("{subject} in {{{}}}", values.join(", ")),
    }
}

/// The condition that an argument of flags has no other bits than `values`. `None` if these are all bits.
fn flags(
    names: &ArgumentNames,
    argument: &str,
    domain: &Domain,
    abi: Abi,
    values: &BTreeSet<u64>,
) -> Option<String> {
    let seen = values.iter().fold(0, |all, value| all | value);
    let bits = seen | names.used(domain.added_bits(abi));
    if bits == 0 && !domain.is_file_mode() {
        return Some(format!("{argument} == 0"));
    }
    if names.covers_all(bits) {
        return None;
    }
    let mut text = format!("{argument} & !{} == 0", names.bits(bits));
    // A filter can keep memory that is written apart from memory that is executed.
    const BOTH: u64 = PROT_WRITE | PROT_EXEC;
    if domain.has("PROT_EXEC") && bits & BOTH == BOTH {
        let apart = values.iter().all(|value| value & BOTH != BOTH);
        if apart {
            text += &format!(", {argument} & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC");
        }
    }
    Some(text)
}

/// The condition on an argument that the policy compares in its own rules for the call, and that is neither one of a
/// list nor flags.
fn limited(
    names: &ArgumentNames,
    argument: &str,
    domain: &Domain,
    values: &BTreeSet<u64>,
) -> String {
    let descriptor = domain.has("STDIN_FILENO");
    // A negative value, such as AT_FDCWD, is not a descriptor.
    let is_own = |value: &u64| (FIRST_OWN_DESCRIPTOR..=0x7fff_ffff).contains(value);
    let (own, others): (Vec<u64>, Vec<u64>) = values.iter().partition(|value| is_own(value));
    let mut texts = Vec::new();
    if descriptor {
        for value in &others {
            texts.push(names.value(*value));
        }
        if !own.is_empty() {
            texts.push(format!("{FIRST_OWN_DESCRIPTOR}.."));
        }
        if texts.len() == 1 && !own.is_empty() {
            return format!("{argument} in {FIRST_OWN_DESCRIPTOR}..");
        }
        return set(argument, &texts);
    }
    if values.len() <= MOST_VALUES {
        for value in values {
            texts.push(names.value(*value));
        }
        return set(argument, &texts);
    }
    let (first, last) = (values.first(), values.last());
    let bound = |value: Option<&u64>| value.map_or_else(String::new, |value| names.value(*value));
    format!("{argument} in {}..={}", bound(first), bound(last))
}

/// A remark about an argument that is the id of the process, or of the thread, that made the call.
fn own_id(
    call: &str,
    argument: &str,
    domain: &Domain,
    names: &ArgumentNames,
    index: ArgumentIndex,
    seen: &[CallOfThread],
) -> Option<String> {
    if !domain.process {
        return None;
    }
    let mut of_process = true;
    for (call, [process, thread]) in seen {
        let value = names.used(call.argument(index));
        let is = |id: &u32| *id != 0 && value == u64::from(*id);
        if !is(process) && !is(thread) {
            return None;
        }
        of_process &= is(process);
    }
    if !of_process {
        return Some(format!("`{argument}` of `{call}` was always the program's own"));
    }
    Some(format!(
        "`{argument}` of `{call}` was always the program's own: in a policy in a function, \
         `{argument} == $(std::process::id())` limits it to that"
    ))
}

/// Joins rows of values that differ in one column only, so that few combinations of sets are left.
fn combinations(rows: BTreeSet<Vec<u64>>) -> Vec<Vec<BTreeSet<u64>>> {
    let mut boxes: Vec<Vec<BTreeSet<u64>>> = Vec::new();
    for row in rows {
        boxes.push(row.into_iter().map(|value| BTreeSet::from([value])).collect());
    }
    while let Some((left, right, column)) = joinable(&boxes) {
        let joined = boxes.swap_remove(right);
        boxes[left][column].extend(&joined[column]);
    }
    if boxes.len() > MOST_COMBINATIONS {
        let all = boxes.into_iter().reduce(|mut all, one| {
            for (column, values) in all.iter_mut().zip(one) {
                column.extend(values);
            }
            all
        });
        return all.into_iter().collect();
    }
    boxes.sort();
    boxes
}

/// The indices of two boxes that differ in exactly one column, the smaller one first, and the index of that column.
fn joinable(boxes: &[Vec<BTreeSet<u64>>]) -> Option<(usize, usize, usize)> {
    for (left, one) in boxes.iter().enumerate() {
        for (right, other) in boxes.iter().enumerate().skip(left + 1) {
            let mut different = (0..one.len()).filter(|column| one[*column] != other[*column]);
            if let (Some(column), None) = (different.next(), different.next()) {
                return Some((left, right, column));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, calls: &[[u64; 6]]) -> Vec<String> {
        let number = table::number(Abi::X86_64, name).expect(name);
        let seen: Vec<_> =
            calls.iter().map(|args| (Call::new(Abi::X86_64, number, *args), [7, 8])).collect();
        conditions(Abi::X86_64, name, &seen, &[]).any
    }

    #[test]
    fn lists_and_flags_are_limited_to_what_was_seen_and_descriptors_and_sizes_are_not() {
        assert_eq!(of("read", &[[3, 0x1000, 4096, 0, 0, 0]]), Vec::<String>::new());
        let stream = 0x80801;
        assert_eq!(
            of("socket", &[[2, stream, 0, 0, 0, 0], [10, 1, 0, 0, 0, 0]]),
            [
                "family in {AF_INET, AF_INET6}, type & !(SOCK_CLOEXEC | SOCK_NONBLOCK) == SOCK_STREAM"
            ]
        );
        assert_eq!(
            of("fcntl", &[[3, 1, 0, 0, 0, 0], [3, 2, 1, 0, 0, 0]]),
            ["cmd in {F_GETFD, F_SETFD}"]
        );
        assert_eq!(
            of("openat", &[[0xffff_ff9c, 1, 0o101, 0o644, 0, 0]]),
            ["flags & !(O_CLOEXEC | O_CREAT | O_LARGEFILE | O_WRONLY) == 0"]
        );
        assert_eq!(of("epoll_create1", &[[0; 6]]), ["flags == 0"]);
        assert_eq!(of("ioctl", &[[0, 0x5413, 1, 0, 0, 0]]), ["cmd == TIOCGWINSZ"]);
        assert_eq!(of("ioctl", &[[0, 0x1234_5678, 1, 0, 0, 0]]), ["cmd == 0x1234_5678"]);
        assert_eq!(of("sendto", &[[3, 1, 2, 0x4000, 0, 0]]), ["flags & !MSG_NOSIGNAL == 0"]);
        assert_eq!(of("recvfrom", &[[3, 1, 2, 0, 0, 0]]), ["flags == 0"]);
        assert_eq!(
            of("statx", &[[3, 1, 0x1000, 0xfff, 0, 0]]),
            ["flags & !AT_EMPTY_PATH == 0, mask & !(STATX_BASIC_STATS | STATX_BTIME) == 0"]
        );
        assert_eq!(of("mkdir", &[[1, 0o755, 0, 0, 0, 0]]), ["mode & !0o777 == 0"]);
    }

    #[test]
    fn combinations_that_were_not_seen_stay_denied() {
        let (socket, tcp) = (1, 6);
        assert_eq!(
            of(
                "getsockopt",
                &[[3, socket, 4, 0, 0, 0], [3, socket, 3, 0, 0, 0], [3, tcp, 1, 0, 0, 0]]
            ),
            [
                "level == SOL_SOCKET, optname in {SO_TYPE, SO_ERROR}",
                "level == SOL_TCP, optname == TCP_NODELAY"
            ]
        );
        let (set_name, death_signal, any_level) = (15, 1, 999);
        assert_eq!(
            of(
                "prctl",
                &[
                    [set_name, 1, 0, 0, 0, 0],
                    [death_signal, 9, 0, 0, 0, 0],
                    [death_signal, 15, 0, 0, 0, 0]
                ]
            ),
            ["option == PR_SET_NAME", "option == PR_SET_PDEATHSIG, arg2 in {SIGKILL, SIGTERM}"]
        );
        assert_eq!(
            of("setsockopt", &[[3, any_level, 4, 0, 0, 0], [3, tcp, 1, 0, 0, 0]]),
            ["level == 0x3e7", "level == SOL_TCP, optname == TCP_NODELAY"]
        );
        assert_eq!(of("socket", &[[2, 1, 0, 0, 0, 0], [16, 3, 0, 0, 0, 0]]).len(), 2);
    }

    #[test]
    fn memory_that_was_never_writable_and_executable_at_once_stays_so() {
        let apart = of("mprotect", &[[0, 0, 3, 0, 0, 0], [0, 0, 5, 0, 0, 0]]);
        assert_eq!(
            apart,
            [
                "prot & !(PROT_EXEC | PROT_READ | PROT_WRITE) == 0, prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC"
            ]
        );
        assert_eq!(
            of("mprotect", &[[0, 0, 7, 0, 0, 0]]),
            ["prot & !(PROT_EXEC | PROT_READ | PROT_WRITE) == 0"]
        );
    }

    #[test]
    fn an_argument_that_the_policy_compares_stays_limited() {
        let number = table::number(Abi::X86_64, "write").expect("a call");
        let seen: Vec<_> = [2, 7, 9]
            .map(|fd| (Call::new(Abi::X86_64, number, [fd, 0, 1, 0, 0, 0]), [7, 8]))
            .into();
        assert_eq!(
            conditions(Abi::X86_64, "write", &seen, &[ArgumentIndex::A0]).any,
            ["fd in {2, 3..}"]
        );
        assert_eq!(
            conditions(Abi::X86_64, "write", &seen[1..], &[ArgumentIndex::A0]).any,
            ["fd in 3.."]
        );
        assert_eq!(
            conditions(Abi::X86_64, "write", &seen[1..], &[ArgumentIndex::A2]).any,
            ["count == 1"]
        );
    }

    #[test]
    fn the_own_process_is_named() {
        let number = table::number(Abi::X86_64, "tgkill").expect("a call");
        let seen = [(Call::new(Abi::X86_64, number, [7, 8, 6, 0, 0, 0]), [7, 8])];
        let Conditions { any, remarks } = conditions(Abi::X86_64, "tgkill", &seen, &[]);
        assert_eq!(any, ["sig == SIGABRT"]);
        assert!(remarks[0].contains("`tgid == $(std::process::id())`"), "{remarks:?}");
        assert_eq!(remarks[1], "`pid` of `tgkill` was always the program's own");
    }
}

//! Reduces calls so that a report shows calls as one if they differ only in addresses, sizes and counts.

use std::collections::HashMap;

use seccomp_bpf::abi::{Abi, ArgumentIndex, Call};
use seccomp_ir::table::{self, Argument, ArgumentPlace, DomainKind, Signature};

use crate::trace::FilterId;

/// Reduces calls to the parts that tell them apart for people. It remembers these parts for each kind of call, because
/// a program often makes the same calls, and a search of the tables is slow.
#[derive(Default)]
pub(super) struct CallEssences {
    /// By the ABI and the number of a call: the arguments that decide what another argument means, such as a command.
    deciders: HashMap<(u32, u32), Vec<ArgumentIndex>>,
    /// By the kind of a call: what matters of each argument.
    known: HashMap<CallKind, [Matters; 6]>,
}

/// Calls in which the same arguments matter.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct CallKind {
    /// The filter with whose policy a call is compared.
    filter: Option<FilterId>,
    arch: u32,
    nr: u32,
    /// The arguments that decide what another argument means, and 0 for the others.
    deciding: [u64; 6],
}

/// The most kinds that are remembered: a program can make calls with any number.
const MOST: usize = 4096;

impl CallEssences {
    /// `call` without its address, and without the argument values that do not matter for a rule: a pointer becomes 0
    /// or 1, because rules tell whether there is one, and the others become 0. Learned rules leave these arguments
    /// open. `compared` are the arguments that the policy of `filter` compares in its rules for this call: their values
    /// matter.
    pub(super) fn of(
        &mut self,
        call: &Call,
        filter: Option<FilterId>,
        compared: &[ArgumentIndex],
    ) -> Call {
        if self.deciders.len().max(self.known.len()) > MOST {
            self.deciders.clear();
            self.known.clear();
        }
        let deciders = self.deciders.entry((call.arch, call.nr)).or_insert_with(|| deciders(call));
        let mut deciding = [0; 6];
        for decider in deciders {
            deciding[*decider as usize] = call.argument(*decider);
        }
        let kind = CallKind { filter, arch: call.arch, nr: call.nr, deciding };
        let known = self.known.entry(kind).or_insert_with(|| arguments(call, compared));
        let mut essence = Call { instruction_pointer: 0, ..*call };
        for (register, matters) in essence.args.iter_mut().zip(known) {
            *register = match matters {
                Matters::Whole => *register,
                Matters::WhetherZero => u64::from(*register != 0),
                Matters::Not => 0,
            };
        }
        essence
    }
}

/// The name and the arguments of a call, if the tables have them.
fn known(call: &Call) -> Option<(Abi, &'static str, Signature)> {
    let abi = Abi::of_call(call.arch, call.nr)?;
    let name = table::name(abi, call.nr)?;
    Some((abi, name, table::signature(abi, name).filter(Signature::is_known)?))
}

/// The arguments of a call that decide what another argument means.
fn deciders(call: &Call) -> Vec<ArgumentIndex> {
    let Some((_, name, signature)) = known(call) else { return Vec::new() };
    let mut deciders = Vec::new();
    for argument in signature.registers() {
        let decider = table::decided_by(name, argument.name);
        if let Some(ArgumentPlace::At(index)) =
            decider.and_then(|decider| signature.position(decider))
        {
            deciders.push(index);
        }
    }
    deciders
}

/// What matters of each argument of a call. If the tables do not have the call, everything matters.
fn arguments(call: &Call, compared: &[ArgumentIndex]) -> [Matters; 6] {
    let Some((abi, name, signature)) = known(call) else { return [Matters::Whole; 6] };
    let mut all = [Matters::Not; 6];
    for ((index, matter), argument) in
        ArgumentIndex::ALL.iter().zip(&mut all).zip(signature.registers())
    {
        *matter = matters(abi, name, &signature, argument, call, compared.contains(index));
    }
    all
}

/// The part of an argument that matters for a rule.
#[derive(Clone, Copy)]
enum Matters {
    Whole,
    WhetherZero,
    Not,
}

fn matters(
    abi: Abi,
    name: &str,
    signature: &Signature,
    argument: &Argument,
    call: &Call,
    is_compared: bool,
) -> Matters {
    if argument.ty.pointer {
        return Matters::WhetherZero;
    }
    // Its meaning may depend on a command: `arg2` of prctl(2) is a capability for some options.
    let decider = table::decided_by(name, argument.name);
    let under = match decider.and_then(|decider| signature.position(decider)) {
        Some(ArgumentPlace::At(index)) => {
            let command = call.argument(index) & 0xffff_ffff;
            table::domain_under(abi, name, argument.name, command)
        }
        Some(_) | None => None,
    };
    let Some(domain) = under.or_else(|| table::domain(abi, name, argument.name)) else {
        return if is_compared { Matters::Whole } else { Matters::Not };
    };
    if domain.address {
        return Matters::WhetherZero;
    }
    match domain.kind {
        DomainKind::Flags | DomainKind::List | DomainKind::Name => Matters::Whole,
        DomainKind::Number | DomainKind::Opaque if is_compared => Matters::Whole,
        DomainKind::Number | DomainKind::Opaque => Matters::Not,
    }
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::abi::ArgumentIndex::{A0, A2};

    use super::*;

    fn call_essence(call: &Call, compared: &[ArgumentIndex]) -> Call {
        CallEssences::default().of(call, None, compared)
    }

    fn made(name: &str, args: [u64; 6]) -> Call {
        let nr = table::number(Abi::X86_64, name).unwrap();
        Call { instruction_pointer: 0x1234, ..Call::new(Abi::X86_64, nr, args) }
    }

    #[test]
    fn addresses_and_sizes_do_not_tell_calls_apart_and_flags_and_commands_do() {
        let call_essence = |call: &Call| call_essence(call, &[]);
        let read = |fd, at, size| call_essence(&made("read", [fd, at, size, 7, 7, 7]));
        assert_eq!(read(3, 0x1000, 10), read(3, 0x2000, 20));
        assert_ne!(read(3, 0x1000, 10), read(4, 0x1000, 10));
        let map = |prot| call_essence(&made("mmap", [0, 4096, prot, 0x22, u64::MAX, 0]));
        assert_ne!(map(1), map(3));
        let ioctl = |command| call_essence(&made("ioctl", [1, command, 0x1000, 0, 0, 0]));
        assert_ne!(ioctl(0x5401), ioctl(0x5413));
    }

    #[test]
    fn an_argument_that_a_command_makes_one_of_a_list_tells_calls_apart() {
        // PR_CAPBSET_READ asks for one capability after the other; PR_SET_NAME has an address there.
        let prctl =
            |option, arg2| call_essence(&made("prctl", [option, arg2, 0, 0x7f00, 0, 0]), &[]);
        assert_ne!(prctl(23, 32), prctl(23, 40));
        assert_eq!(prctl(15, 0x1000), prctl(15, 0x2000));
    }

    #[test]
    fn a_pointer_that_is_there_and_one_that_is_not_tell_calls_apart() {
        // prlimit64(2) asks without a new limit, and sets one.
        let limit = |new| call_essence(&made("prlimit64", [0, 2, new, 0x3000, 0, 0]), &[]);
        assert_ne!(limit(0), limit(0x1000));
        assert_eq!(limit(0x1000), limit(0x2000));
    }

    #[test]
    fn arguments_that_the_policy_compares_tell_calls_apart() {
        let read = |size, compared: &[ArgumentIndex]| {
            call_essence(&made("read", [3, 0x1000, size, 0, 0, 0]), compared)
        };
        assert_eq!(read(10, &[A0]), read(20, &[A0]));
        assert_ne!(read(10, &[A2]), read(20, &[A2]));
    }

    #[test]
    fn a_call_that_the_tables_do_not_know_keeps_its_arguments() {
        let call = Call::new(Abi::X86_64, 5000, [1, 2, 3, 4, 5, 6]);
        assert_eq!(call_essence(&call, &[]), call);
    }

    #[test]
    fn facts_remembered_about_one_call_are_not_used_for_another() {
        let mut essences = CallEssences::default();
        let calls = [
            made("prctl", [23, 7, 0, 0, 0, 0]),
            made("prctl", [38, 1, 0, 0, 0, 0]),
            made("ioctl", [1, 0x5401, 0x1000, 0, 0, 0]),
            made("read", [3, 0x1000, 10, 0, 0, 0]),
        ];
        for _ in 0..2 {
            for call in &calls {
                for (filter, compared) in [(FilterId(0), &[A0, A2][..]), (FilterId(1), &[])] {
                    let remembered = essences.of(call, Some(filter), compared);
                    assert_eq!(remembered, call_essence(call, compared));
                }
            }
        }
    }

    #[test]
    fn calls_with_all_numbers_take_no_more_memory_than_those_of_a_kernel() {
        let mut essences = CallEssences::default();
        for nr in 0..3 * MOST as u32 {
            essences.of(&Call::new(Abi::X86_64, nr, [1; 6]), None, &[]);
        }
        assert!(essences.known.len() <= MOST + 1);
    }
}

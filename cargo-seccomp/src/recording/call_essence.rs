//! Which calls are the same for people: those that differ only in addresses, sizes and counts.

use seccomp_bpf::abi::{Abi, Call};
use seccomp_ir::table::{self, Argument, ArgumentPlace, DomainKind, Signature};

/// `call` without its address, and with less of each argument whose value does not matter for a rule: 0 or 1 of a pointer, as rules tell
/// whether there is one, and 0 of the rest. The rules that are learned leave these arguments open. `compared` are the positions that the
/// policy compares in its rules for this call: of these the value matters.
pub(super) fn call_essence(call: &Call, compared: &[u8]) -> Call {
    let mut essence = Call { instruction_pointer: 0, ..*call };
    let Some(abi) = Abi::of_call(call.arch, call.nr) else { return essence };
    let Some(name) = table::name(abi, call.nr) else { return essence };
    let Some(signature) = table::signature(abi, name).filter(table::Signature::is_known) else {
        return essence;
    };
    for (position, register) in (0_u8..).zip(&mut essence.args) {
        let argument = signature.registers().get(usize::from(position));
        let matters = argument.map_or(Matters::Not, |argument| {
            matters(abi, name, &signature, argument, call, compared.contains(&position))
        });
        *register = match matters {
            Matters::Whole => *register,
            Matters::WhetherZero => u64::from(*register != 0),
            Matters::Not => 0,
        };
    }
    essence
}

/// What matters of an argument for a rule.
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
    // What it is may depend on a command: `arg2` of prctl(2) is a capability for some options.
    let decider = table::decided_by(name, argument.name);
    let under = match decider.and_then(|decider| signature.position(decider)) {
        Some(ArgumentPlace::At(position)) => {
            let command = call.args[usize::from(position)] & 0xffff_ffff;
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
    use super::*;

    fn made(name: &str, args: [u64; 6]) -> Call {
        let nr = table::number(Abi::X86_64, name).unwrap();
        Call { instruction_pointer: 0x1234, ..Call::new(Abi::X86_64, nr, args) }
    }

    #[test]
    fn addresses_and_sizes_do_not_tell_calls_apart_and_flags_and_commands_do() {
        let call_essence = |call: &Call| super::call_essence(call, &[]);
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
    fn what_the_policy_compares_tells_calls_apart() {
        let read = |size, compared: &[u8]| {
            call_essence(&made("read", [3, 0x1000, size, 0, 0, 0]), compared)
        };
        assert_eq!(read(10, &[0]), read(20, &[0]));
        assert_ne!(read(10, &[2]), read(20, &[2]));
    }

    #[test]
    fn a_call_that_the_tables_do_not_know_keeps_its_arguments() {
        let call = Call::new(Abi::X86_64, 5000, [1, 2, 3, 4, 5, 6]);
        assert_eq!(call_essence(&call, &[]), call);
    }
}

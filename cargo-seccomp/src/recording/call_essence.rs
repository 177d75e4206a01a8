//! Which calls are the same for people: those that differ only in addresses, sizes and counts.

use seccomp_bpf::abi::{Abi, Call};
use seccomp_ir::table::{self, DomainKind};

/// `call` without its address, and with 0 in the place of each argument whose value does not matter for a rule. The rules that
/// are learned leave these arguments open.
pub(super) fn call_essence(call: &Call) -> Call {
    let mut essence = Call { instruction_pointer: 0, ..*call };
    let Some(abi) = Abi::of_call(call.arch, call.nr) else { return essence };
    let Some(name) = table::name(abi, call.nr) else { return essence };
    let Some(signature) = table::signature(abi, name).filter(table::Signature::is_known) else {
        return essence;
    };
    for (index, register) in essence.args.iter_mut().enumerate() {
        let says_something = signature.registers().get(index).is_some_and(|argument| {
            let domain = table::domain(abi, name, argument.name);
            !argument.ty.pointer
                && domain.is_some_and(|domain| {
                    !domain.address
                        && match domain.kind {
                            DomainKind::Flags | DomainKind::List | DomainKind::Name => true,
                            DomainKind::Number | DomainKind::Opaque => false,
                        }
                })
        });
        if !says_something {
            *register = 0;
        }
    }
    essence
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
        let read = |fd, at, size| call_essence(&made("read", [fd, at, size, 7, 7, 7]));
        assert_eq!(read(3, 0x1000, 10), read(3, 0x2000, 20));
        assert_ne!(read(3, 0x1000, 10), read(4, 0x1000, 10));
        let map = |prot| call_essence(&made("mmap", [0, 4096, prot, 0x22, u64::MAX, 0]));
        assert_ne!(map(1), map(3));
        let ioctl = |command| call_essence(&made("ioctl", [1, command, 0x1000, 0, 0, 0]));
        assert_ne!(ioctl(0x5401), ioctl(0x5413));
    }

    #[test]
    fn a_call_that_the_tables_do_not_know_keeps_its_arguments() {
        let call = Call::new(Abi::X86_64, 5000, [1, 2, 3, 4, 5, 6]);
        assert_eq!(call_essence(&call), call);
    }
}

//! The tables' names for the numbers in a filter, so that people can read it.

use crate::abi::{Abi, ArgumentIndex};
use crate::bpf::{InstructionIndex, Names};
use crate::table::{self, ConstantLookup};

/// Names from the tables. The names of calls distinguish the numbers of x32 from those of x86_64.
#[derive(Clone, Default, Debug)]
pub struct TableNames {
    /// The texts of operands that are symbols, each with its instruction.
    pub operands: Vec<(InstructionIndex, String)>,
    /// The constants that a policy writes. The tables have many names for most values, and only the
    /// policy shows which one is meant.
    pub constants: Vec<ArgumentConstant>,
}

/// A constant with which a policy compares an argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ArgumentConstant {
    /// The ABI.
    pub abi: Abi,
    /// The number of the call, as in `seccomp_data.nr`.
    pub nr: u32,
    /// The argument.
    pub argument: ArgumentIndex,
    /// The value, in as many low bits as are compared.
    pub value: u64,
    /// The name.
    pub name: String,
}

/// The names of error numbers. They distinguish these from other constants that begin with an `E`.
///
/// Source: `include/uapi/asm-generic/errno-base.h` and `errno.h`, Linux 6.12.
const ERRNO_NAMES: &str = "
    EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES
    EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY
    ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK
    ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI
    EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME ENOSR
    ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG
    EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ
    ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
    EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE
    EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN
    ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY
    EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE
    ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL
    EHWPOISON
";

impl Names for TableNames {
    fn abi(&self, arch: u32) -> Option<&str> {
        Abi::of_call(arch, 0).map(Abi::name)
    }

    fn call(&self, arch: u32, nr: u32) -> Option<&str> {
        table::name(Abi::of_call(arch, nr)?, nr)
    }

    fn argument(&self, arch: u32, nr: u32, index: ArgumentIndex) -> Option<&str> {
        let abi = Abi::of_call(arch, nr)?;
        let signature = table::signature(abi, table::name(abi, nr)?)?;
        Some(signature.argument(index)?.name).filter(|name| !name.is_empty())
    }

    fn errno(&self, arch: u32, errno: u16) -> Option<&str> {
        let abi = Abi::of_call(arch, 0)?;
        ERRNO_NAMES.split_ascii_whitespace().find(|name| match table::constant(abi, name) {
            ConstantLookup::Value(constant) => constant.value == u64::from(errno),
            _ => false,
        })
    }

    fn value(&self, arch: u32, nr: u32, index: ArgumentIndex, value: u32) -> Option<&str> {
        let abi = Abi::of_call(arch, nr)?;
        let constant = self.constants.iter().find(|constant| {
            (constant.abi, constant.nr, constant.argument) == (abi, nr, index)
                && constant.value == u64::from(value)
        })?;
        Some(&constant.name)
    }

    fn operand(&self, index: InstructionIndex) -> Option<&str> {
        self.operands.iter().find(|(at, _)| *at == index).map(|(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{ArgumentConstant, ERRNO_NAMES, TableNames};
    use crate::abi::{
        Abi,
        ArgumentIndex::{A1, A2, A3},
    };
    use crate::bpf::Names as _;
    use crate::table::{self, ConstantLookup};

    #[test]
    fn every_name_of_an_errno_is_a_constant_of_every_abi() {
        for name in ERRNO_NAMES.split_ascii_whitespace() {
            for abi in Abi::ALL {
                let found = table::constant(*abi, name);
                assert!(matches!(found, ConstantLookup::Value(_)), "{name} on {abi:?}");
            }
        }
    }

    #[test]
    fn numbers_have_the_names_of_their_abi() {
        let names = TableNames::default();
        let (x86_64, mips) = (Abi::X86_64.audit_arch(), Abi::Mips.audit_arch());
        assert_eq!(names.call(x86_64, 0), Some("read"));
        assert_eq!(names.call(x86_64, Abi::X32_BIT | 1), Some("write"));
        assert_eq!(names.argument(x86_64, 16, A1), Some("cmd"));
        assert_eq!(names.argument(x86_64, 16, A3), None);
        assert_eq!(
            (names.errno(x86_64, 38), names.errno(mips, 89)),
            (Some("ENOSYS"), Some("ENOSYS"))
        );
        assert_eq!(names.abi(x86_64), Some("x86_64"));
    }

    #[test]
    fn a_constant_names_its_value_in_that_argument_of_that_call_alone() {
        let (abi, name) = (Abi::X86_64, "TIOCSTI".to_owned());
        let constant = ArgumentConstant { abi, nr: 16, argument: A1, value: 0x5412, name };
        let names = TableNames { constants: vec![constant], ..TableNames::default() };
        let arch = abi.audit_arch();
        assert_eq!(names.value(arch, 16, A1, 0x5412), Some("TIOCSTI"));
        let others = [(arch, 16, A1, 0x5413), (arch, 16, A2, 0x5412), (arch, 17, A1, 0x5412)];
        let others = others.into_iter().chain([(Abi::X86.audit_arch(), 16, A1, 0x5412)]);
        for (arch, nr, index, value) in others {
            assert_eq!(
                names.value(arch, nr, index, value),
                None,
                "{arch:x} {nr} {index} {value:x}"
            );
        }
    }
}

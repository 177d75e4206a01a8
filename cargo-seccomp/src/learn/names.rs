//! Values of arguments as text of the language.

use seccomp_bpf::abi::Abi;
use seccomp_ir::report::constant_names;
use seccomp_ir::table::{Argument, Domain};
use seccomp_ir::tree::{Integer, Radix, integer};

/// The bits of the exit signal in the flags of clone(2), which `CSIGNAL` names (`include/uapi/linux/sched.h`, Linux 6.12).
const CSIGNAL: u64 = 0xff;

/// The permissions of a file: what a mode may have without the bits that change the user (`S_IRWXUGO`,
/// `include/linux/stat.h`, Linux 6.12).
const PERMISSIONS: u64 = 0o777;

/// The names of the values of one argument.
pub(super) struct ArgumentNames {
    names: Vec<(String, u64)>,
    bits: u32,
    signed: bool,
    mode: bool,
    signals: bool,
}

impl ArgumentNames {
    /// The names for an argument of `call` with that domain.
    pub(super) fn new(abi: Abi, call: &str, argument: &Argument, domain: &Domain) -> Self {
        Self {
            names: constant_names(abi, call, domain),
            bits: argument.ty.bits,
            signed: argument.ty.signed,
            mode: domain.is_file_mode(),
            signals: domain.has("CSIGNAL"),
        }
    }

    /// The bits of a register that the kernel uses of the argument.
    pub(super) fn used(&self, register: u64) -> u64 {
        if self.bits >= 64 { register } else { register & ((1 << self.bits) - 1) }
    }

    /// One value: its constant, or a number.
    pub(super) fn value(&self, value: u64) -> String {
        let named = self.names.iter().find(|(_, known)| self.used(*known) == value);
        match named {
            Some((name, _)) => name.clone(),
            None => self.number(value),
        }
    }

    fn number(&self, value: u64) -> String {
        let sign = 1u64 << (self.bits.clamp(1, 64) - 1);
        if self.signed && value & sign != 0 {
            // Two's complement: the bits above the sign are ones.
            let negative = i128::from(value) - (i128::from(sign) << 1);
            return integer(Integer::decimal(negative));
        }
        if value < 256 {
            return integer(Integer::decimal(value.into()));
        }
        integer(Integer::hexadecimal(value))
    }

    /// Whether [`bits`](Self::bits) of these names every bit of the argument.
    pub(super) fn covers_all(&self, bits: u64) -> bool {
        let also = if self.mode {
            PERMISSIONS
        } else if self.signals && bits & CSIGNAL != 0 {
            CSIGNAL
        } else {
            0
        };
        self.used(!(bits | also)) == 0
    }

    /// Several bits that may be set, as text that can follow a `!`; `bits` is not 0.
    pub(super) fn bits(&self, bits: u64) -> String {
        if self.mode {
            let number = i128::from(bits | PERMISSIONS);
            return integer(Integer { number, radix: Radix::Octal });
        }
        let (mut left, mut words) = (bits, Vec::new());
        if self.signals && left & CSIGNAL != 0 {
            words.push("CSIGNAL".to_owned());
            left &= !CSIGNAL;
        }
        // First constants of one bit, then those of several: O_SYNC has the bit of O_DSYNC and one more.
        for several in [false, true] {
            for (name, value) in &self.names {
                let value = self.used(*value);
                let fits = if several {
                    value & !bits == 0 && value & left != 0
                } else {
                    value.is_power_of_two() && value & left != 0
                };
                if fits {
                    words.push(name.clone());
                    left &= !value;
                }
            }
        }
        if left != 0 {
            words.push(integer(Integer::hexadecimal(left)));
        }
        if words.len() == 1 { words.remove(0) } else { format!("({})", words.join(" | ")) }
    }
}

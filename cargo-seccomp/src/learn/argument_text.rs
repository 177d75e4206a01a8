//! Values of arguments as text of the language.

use seccomp_bpf::abi::Abi;
use seccomp_bpf::fit;
use seccomp_ir::report::constant_names;
use seccomp_ir::table::{Argument, Domain};
use seccomp_ir::tree::{Integer, Radix, integer};

/// The bits of the exit signal in the flags of clone(2), which `CSIGNAL` names (`include/uapi/linux/sched.h`, Linux 6.12).
const CSIGNAL: u64 = 0xff;

/// The permissions of a file: the bits of a mode without those that change the user (`S_IRWXUGO`,
/// `include/linux/stat.h`, Linux 6.12).
const PERMISSIONS: u64 = 0o777;

/// A constant for this many bits is shorter than the names of the bits.
const MANY: u32 = 4;

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
        register & fit::ones(self.bits)
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
        let mut words: Vec<(String, u64)> = Vec::new();
        if self.signals && bits & CSIGNAL != 0 {
            words.push(("CSIGNAL".to_owned(), CSIGNAL));
        }
        let named = |words: &[(String, u64)]| words.iter().fold(0, |all, (_, word)| all | word);
        // First constants with many bits, such as STATX_BASIC_STATS; then those with one bit, and then those with a
        // few: O_SYNC has the bit of O_DSYNC and one more.
        for counts in [MANY..=64, 1..=1, 2..=MANY] {
            for (name, value) in &self.names {
                let (value, left) = (self.used(*value), bits & !named(&words));
                let fits = value & !bits == 0 && counts.contains(&value.count_ones());
                if fits && value & left != 0 {
                    words.push((name.clone(), value));
                }
            }
        }
        // A constant with several bits may have all bits of others.
        for index in (0..words.len()).rev() {
            let others: u64 = words
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .fold(0, |all, (_, (_, word))| all | word);
            if words[index].1 & bits & !others == 0 {
                words.remove(index);
            }
        }
        let left = bits & !named(&words);
        let mut words: Vec<String> = words.into_iter().map(|(name, _)| name).collect();
        if left != 0 {
            words.push(integer(Integer::hexadecimal(left)));
        }
        if words.len() == 1 { words.remove(0) } else { format!("({})", words.join(" | ")) }
    }
}

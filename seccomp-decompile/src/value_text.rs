//! Values of arguments as people write them: constants by name, flags joined by `|`, numbers in a suitable base.

use seccomp_ir::abi::Abi;
use seccomp_ir::report::names_of_values;
use seccomp_ir::table::{self, Argument, ConstantLookup, DomainKind};
use seccomp_ir::tree::{Integer, Radix, ValueExpr};

use crate::tree_parts;
use crate::value_set::IntegerType;

/// A number without a name is decimal below this bound.
const DECIMAL: u64 = 0x1_0000;

/// The longest ranges whose values are listed one by one: for an argument that is one of a list, and for one that is a
/// set of flags.
const MOST_LISTED: u64 = 32;
const MOST_COMBINED: u64 = 8;

/// How the values of one argument of one call are written.
pub(crate) struct Values {
    kind: DomainKind,
    file_mode: bool,
    names: Vec<(String, u64)>,
    /// Masks that have names, such as `O_ACCMODE`, and the bits that the kernel removes from a value.
    masks: Vec<(&'static str, u64)>,
    ignored: u64,
}

impl Values {
    /// The values of an argument about which nothing is known.
    pub(crate) const fn unknown() -> Self {
        Self {
            kind: DomainKind::Number,
            file_mode: false,
            names: Vec::new(),
            masks: Vec::new(),
            ignored: 0,
        }
    }

    pub(crate) fn of(abi: Abi, call: &str, argument: &Argument) -> Self {
        let Some(domain) = table::domain(abi, call, argument.name) else { return Self::unknown() };
        let mut masks = Vec::new();
        for (name, constant) in domain.members(abi).into_iter().flat_map(|(_, members)| members) {
            if name.ends_with("ACCMODE") || name.ends_with("MASK") {
                masks.push((name, constant.value));
            }
        }
        let mut names = names_of_values(abi, call, &domain);
        // The position of a field is not a value of it.
        names.retain(|(name, _)| !name.ends_with("_SHIFT"));
        if call == "ioctl" && domain.kind == DomainKind::List {
            names.retain(|(name, _)| table::is_ioctl_command(name));
            add_commands(abi, &mut names);
        }
        Self {
            kind: domain.kind,
            file_mode: domain.is_file_mode(),
            names,
            masks,
            ignored: domain.ignored_bits(abi),
        }
    }

    /// The values of a range one by one, if each has a name.
    pub(crate) fn one_by_one(
        &self,
        first: u64,
        last: u64,
        ty: IntegerType,
    ) -> Option<Vec<ValueExpr>> {
        let most = match self.kind {
            DomainKind::List => MOST_LISTED,
            DomainKind::Flags => MOST_COMBINED,
            DomainKind::Name | DomainKind::Number | DomainKind::Opaque => return None,
        };
        let length = last.checked_sub(first)?;
        if length >= most {
            return None;
        }
        let mut values = Vec::new();
        for bits in first..=last {
            if self.kind == DomainKind::List {
                values.push(tree_parts::constant(self.name(bits, ty, false)?));
            } else {
                let unnamed = self.names.iter().fold(bits, |rest, (_, value)| rest & !value);
                if unnamed != 0 {
                    return None;
                }
                values.push(self.value(bits, ty, false));
            }
        }
        Some(values)
    }

    /// A value of the bits in `mask`. A name for the whole argument has a meaning only if the mask keeps all bits
    /// except those that the kernel removes, or cuts the argument where the constants are cut.
    pub(crate) fn masked(&self, bits: u64, mask: u64, ty: IntegerType, ordered: bool) -> ValueExpr {
        let is_low = mask & mask.wrapping_add(1) == 0;
        let is_named = self.masks.iter().any(|(_, value)| *value == mask);
        let is_whole = !mask & ty.ones() & !self.ignored == 0;
        if is_low || is_named || is_whole || self.kind == DomainKind::Flags {
            self.value(bits, ty, ordered)
        } else {
            self.number(bits)
        }
    }

    /// A value with which the argument is compared in `ty`; if `ordered`, by `<` or as the bound of a range.
    pub(crate) fn value(&self, bits: u64, ty: IntegerType, ordered: bool) -> ValueExpr {
        if let Some(name) = self.name(bits, ty, ordered) {
            return tree_parts::constant(name);
        }
        let negative = ty.signed && bits >> (ty.bits - 1) & 1 == 1;
        if negative {
            let magnitude = i128::from(bits) - i128::from(ty.ones()) - 1;
            return tree_parts::integer(Integer::decimal(magnitude));
        }
        // A value with most bits set is not flags, but a number such as -1.
        let are_few = bits.count_ones() <= 16;
        if self.kind == DomainKind::Flags && !ordered && bits != 0 && are_few {
            if let Some(flags) = self.flags(bits, ty) {
                return flags;
            }
        }
        self.with_ignored(bits, ty, ordered).unwrap_or_else(|| self.number(bits))
    }

    /// A value of a list with bits that the kernel removes: `SOCK_STREAM | SOCK_CLOEXEC`.
    fn with_ignored(&self, bits: u64, ty: IntegerType, ordered: bool) -> Option<ValueExpr> {
        if self.kind != DomainKind::List || ordered || bits & self.ignored == 0 {
            return None;
        }
        let name = self.name(bits & !self.ignored, ty, false)?.to_owned();
        let flags = self.flags(bits & self.ignored, ty)?;
        Some(tree_parts::either(vec![tree_parts::constant(name), flags]))
    }

    /// The bits that a comparison keeps.
    pub(crate) fn mask(&self, mask: u64, ty: IntegerType) -> ValueExpr {
        if let Some((name, _)) = self.masks.iter().find(|(_, value)| *value == mask) {
            return tree_parts::constant(*name);
        }
        let others = !mask & ty.ones();
        if mask.count_ones() > ty.bits / 2 && others != 0 {
            return tree_parts::not(self.bits(others, ty));
        }
        self.bits(mask, ty)
    }

    fn bits(&self, mask: u64, ty: IntegerType) -> ValueExpr {
        let are_flags = self.kind == DomainKind::Flags || mask & !self.ignored == 0;
        match are_flags.then(|| self.flags(mask, ty)).flatten() {
            Some(flags) => flags,
            None if self.file_mode => tree_parts::integer(octal(mask)),
            None => tree_parts::integer(Integer::hexadecimal(mask)),
        }
    }

    fn number(&self, bits: u64) -> ValueExpr {
        tree_parts::integer(match self.kind {
            _ if self.file_mode => octal(bits),
            DomainKind::Flags if bits > 9 => Integer::hexadecimal(bits),
            DomainKind::List if bits > 0xfff => Integer::hexadecimal(bits),
            DomainKind::Flags
            | DomainKind::List
            | DomainKind::Name
            | DomainKind::Number
            | DomainKind::Opaque => {
                if bits < DECIMAL {
                    Integer::decimal(bits.into())
                } else {
                    Integer::hexadecimal(bits)
                }
            }
        })
    }

    /// The name of a single value. For the bound of a range, only a name that stands for a quantity says something.
    fn name(&self, bits: u64, ty: IntegerType, ordered: bool) -> Option<&str> {
        if self.file_mode || ordered && self.kind != DomainKind::Name {
            return None;
        }
        let (name, _) = self.names.iter().find(|(_, value)| {
            let negative = *value >> 63 == 1;
            let fits = if negative { ty.signed } else { *value <= ty.ones() };
            fits && value & ty.ones() == bits
        })?;
        (bits != 0 || self.kind == DomainKind::List).then_some(name)
    }

    /// Bits as flags by name, and the rest as a number. `None` if there is no name.
    fn flags(&self, bits: u64, ty: IntegerType) -> Option<ValueExpr> {
        if self.file_mode {
            return None;
        }
        let (mut rest, mut parts) = (bits, Vec::new());
        while rest != 0 {
            let fits = |value: u64| value != 0 && value & !rest == 0 && value <= ty.ones();
            let named = self.names.iter().filter(|(_, value)| fits(*value));
            let Some((name, value)) = named.max_by_key(|(_, value)| value.count_ones()) else {
                break;
            };
            parts.push(tree_parts::constant(name.clone()));
            rest &= !value;
        }
        if parts.is_empty() {
            return None;
        }
        if rest != 0 {
            parts.push(tree_parts::integer(Integer::hexadecimal(rest)));
        }
        Some(tree_parts::either(parts))
    }
}

/// Adds the commands of all drivers whose number no other driver uses.
fn add_commands(abi: Abi, names: &mut Vec<(String, u64)>) {
    let mut commands: Vec<(u64, &str)> = Vec::new();
    for name in table::constants().filter(|name| table::is_ioctl_command(name)) {
        if let ConstantLookup::Value(constant) = table::constant(abi, name) {
            commands.push((constant.value, name));
        }
    }
    commands.sort_unstable();
    for same in commands.chunk_by(|(a, _), (b, _)| a == b) {
        if let [(value, name)] = same {
            if !names.iter().any(|(_, known)| known == value) {
                names.push(((*name).to_owned(), *value));
            }
        }
    }
}

fn octal(bits: u64) -> Integer {
    Integer { number: bits.into(), radix: Radix::Octal }
}

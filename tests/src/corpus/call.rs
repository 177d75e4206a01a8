//! A call as a line has it, and the calls that it means on a target.

use seccomp_ir::abi::{Abi, Call};
use seccomp_ir::action::Action;
use seccomp_ir::table::{self, ConstantLookup};

/// The way in which a call enters the kernel.
#[derive(Debug)]
pub(super) enum Entry {
    /// As programs of the target do.
    Own,
    /// Through another ABI of the same kernel.
    Through(Abi),
    /// With a value of `seccomp_data.arch` that no ABI has.
    Arch(u32),
}

#[derive(Debug)]
enum Number {
    Name(String),
    Number(u32),
}

/// A call before its names are looked up.
#[derive(Debug)]
pub(super) struct CallText {
    entry: Entry,
    number: Number,
    /// `None` is open.
    arguments: [Option<String>; 6],
}

/// A call as the input of a filter.
pub(super) struct Made {
    pub(super) abi: Option<Abi>,
    pub(super) data: Call,
    /// How the open arguments are filled, for messages.
    pub(super) filled: &'static str,
}

/// The values of open arguments: no bits, all bits, and some bits in both halves.
const FILLS: [(u64, &str); 3] =
    [(0, ", rest 0"), (u64::MAX, ", rest all ones"), (0xdead_beef_5aa5_a55a, ", rest mixed")];
const NO_FILL: [(u64, &str); 1] = [(0, "")];

impl CallText {
    /// Parses `[via ABI | arch VALUE] name[(arguments)]` or `… syscall(number)[(arguments)]`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (entry, text) = entry(text.trim())?;
        let (name, rest) = match text.find('(') {
            Some(at) => (text[..at].trim(), &text[at..]),
            None => (text.trim(), ""),
        };
        let (number, rest) = if name == "syscall" {
            let (number, rest) = parentheses(rest)?;
            let number = integer(number)?;
            let number = u32::try_from(number).map_err(|_| "a call number has 32 bits")?;
            (Number::Number(number), rest)
        } else {
            (Number::Name(name.to_owned()), rest)
        };
        let arguments = if rest.is_empty() {
            Default::default()
        } else {
            let (list, rest) = parentheses(rest)?;
            if !rest.is_empty() {
                return Err(format!("`{rest}` after the arguments"));
            }
            arguments(list)?
        };
        Ok(Self { entry, number, arguments })
    }

    pub(super) fn name(&self) -> Option<String> {
        match &self.number {
            Number::Name(name) => Some(name.clone()),
            Number::Number(_) => None,
        }
    }

    /// The calls that this means in a program built for `target`: one for each value of open
    /// arguments, or only one of these if the call has a `turn`.
    pub(super) fn resolve(&self, target: Abi, turn: Option<usize>) -> Result<Vec<Made>, String> {
        let (abi, arch, names) = match self.entry {
            Entry::Own => (Some(target), target.audit_arch(), target),
            Entry::Through(abi) => (Some(abi), abi.audit_arch(), abi),
            Entry::Arch(arch) => (None, arch, target),
        };
        let nr = match &self.number {
            Number::Number(number) => *number,
            Number::Name(name) => table::number(names, name)
                .ok_or_else(|| format!("{} has no call `{name}`", names.name()))?,
        };
        let open = self.arguments.iter().any(Option::is_none);
        let fills = match (open, turn) {
            (false, _) => &NO_FILL,
            (true, None) => &FILLS[..],
            (true, Some(turn)) => &FILLS[turn % FILLS.len()..][..1],
        };
        let bits = names.register_bits();
        let register = u64::MAX >> (64 - bits);
        let fill = |&(fill, filled): &(u64, &'static str)| {
            let mut args = [fill & register; 6];
            for (arg, text) in args.iter_mut().zip(&self.arguments) {
                if let Some(text) = text {
                    *arg = value(text, names, bits)?;
                }
            }
            let data = Call { nr, arch, instruction_pointer: 0x1_0000, args };
            Ok(Made { abi, data, filled })
        };
        fills.iter().map(fill).collect()
    }
}

fn entry(text: &str) -> Result<(Entry, &str), String> {
    let word = |text: &str| text.find(' ').ok_or_else(|| format!("`{text}` has no call"));
    if let Some(rest) = text.strip_prefix("via ") {
        let rest = rest.trim_start();
        let (name, rest) = rest.split_at(word(rest)?);
        let abi = Abi::from_name(name).ok_or_else(|| format!("`{name}` is not an ABI"))?;
        return Ok((Entry::Through(abi), rest.trim_start()));
    }
    if let Some(rest) = text.strip_prefix("arch ") {
        let rest = rest.trim_start();
        let (number, rest) = rest.split_at(word(rest)?);
        let arch = u32::try_from(integer(number)?).map_err(|_| "`arch` has 32 bits")?;
        return Ok((Entry::Arch(arch), rest.trim_start()));
    }
    Ok((Entry::Own, text))
}

/// Splits `(inner) rest`.
fn parentheses(text: &str) -> Result<(&str, &str), String> {
    let inner = text.trim_start().strip_prefix('(').ok_or_else(|| format!("no `(` in `{text}`"))?;
    let end = inner.find(')').ok_or_else(|| format!("no `)` in `{text}`"))?;
    Ok((inner[..end].trim(), inner[end + 1..].trim()))
}

/// `3, _, a4 = 7`: by position, open, by number.
fn arguments(list: &str) -> Result<[Option<String>; 6], String> {
    let mut arguments = [const { None }; 6];
    for (position, text) in list.split(',').map(str::trim).enumerate() {
        let (position, text) = match text.split_once('=') {
            None => (position, text),
            Some((name, text)) => {
                let index = table::positional(name.trim());
                let index = index.ok_or_else(|| format!("`{name}` is not a0 to a5"))?;
                (index as usize, text.trim())
            }
        };
        let slot = arguments.get_mut(position).ok_or("more than six arguments")?;
        if slot.is_some() {
            return Err(format!("argument {position} twice"));
        }
        *slot = (text != "_").then(|| text.to_owned());
    }
    Ok(arguments)
}

/// The value that a program on `abi` passes for `text`: `3`, `0x1_0000`, `-1`, `O_CREAT | O_EXCL`.
fn value(text: &str, abi: Abi, bits: u32) -> Result<u64, String> {
    let register = u64::MAX >> (64 - bits);
    let mut all = 0;
    for part in text.split('|').map(str::trim) {
        if part.starts_with(|first: char| first.is_ascii_alphabetic()) {
            // Headers extend the sign of some constants.
            all |= constant(part, abi)? & register;
            continue;
        }
        let number = integer(part)?;
        if number > i128::from(register) || number < -i128::from(register / 2) - 1 {
            return Err(format!("`{part}` does not fit a register of {bits} bits"));
        }
        all |= number as u64 & register;
    }
    Ok(all)
}

fn constant(name: &str, abi: Abi) -> Result<u64, String> {
    match table::constant(abi, name) {
        ConstantLookup::Value(constant) => Ok(constant.value),
        _ => Err(format!("{} has no constant `{name}`", abi.name())),
    }
}

pub(super) fn integer(text: &str) -> Result<i128, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let digits = digits.replace('_', "");
    let number = match (digits.strip_prefix("0x"), digits.strip_prefix("0b")) {
        (Some(digits), _) => i128::from_str_radix(digits, 16),
        (_, Some(digits)) => i128::from_str_radix(digits, 2),
        _ => digits.parse(),
    };
    let number = number.map_err(|_| format!("`{text}` is not a number"))?;
    Ok(if negative { -number } else { number })
}

/// The action that a line expects, in the notation of policies.
pub(super) fn action(text: &str, target: Abi) -> Result<Action, String> {
    let (keyword, data) = match text.split_once('(') {
        None => (text, None),
        Some((keyword, rest)) => {
            let data = rest.strip_suffix(')').ok_or_else(|| format!("no `)` in `{text}`"))?;
            let number = value(data.trim(), target, 64)?;
            let number = u16::try_from(number).map_err(|_| format!("`{data}` has over 16 bits"))?;
            (keyword, Some(number))
        }
    };
    Ok(match (keyword.trim(), data) {
        ("allow", None) => Action::Allow,
        ("log", None) => Action::Log,
        ("notify", None) => Action::Notify,
        ("kill", None) => Action::KillProcess,
        ("kill_thread", None) => Action::KillThread,
        ("trap", data) => Action::Trap(data.unwrap_or(0)),
        ("trace", Some(data)) => Action::Trace(data),
        ("errno", Some(errno)) => Action::Errno(errno),
        _ => return Err(format!("`{text}` is not an action")),
    })
}

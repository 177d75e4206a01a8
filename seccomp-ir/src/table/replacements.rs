//! Which calls replace a call that an ABI lacks, which calls a function of C libraries makes, and which other
//! call multiplexes a call.

use super::number;
use super::tsv::{Tsv, cell};
use crate::abi::Abi;

static INSTEAD: Tsv = Tsv::new(include_bytes!("../../data/replacements.tsv"));

/// Functions of C libraries and the calls that they make.
static FUNCTIONS: Tsv = Tsv::new(include_bytes!("../../data/functions.tsv"));

static MULTIPLEXED: Tsv = Tsv::new(include_bytes!("../../data/multiplexed.tsv"));

/// The replacement for a call of that name on `abi`, which lacks it: one call, or several with ` / ` between
/// them. The ABI has each of them. `None` if no call does the work there.
#[must_use]
pub fn instead(abi: Abi, name: &str) -> Option<&'static str> {
    for row in INSTEAD.rows_of(name) {
        let calls = cell(row, 1);
        if calls.split(' ').all(|call| call == "/" || number(abi, call).is_some()) {
            return Some(calls);
        }
    }
    None
}

/// Calls that C libraries make only if the kernel answers `ENOSYS` to another one, on ABIs that have both: the call, the one
/// that is made before it, and the first versions of the libraries that do so.
pub fn tried_later() -> impl Iterator<Item = [&'static str; 3]> {
    let mut rows = INSTEAD.rows();
    std::iter::from_fn(move || {
        let row = rows.find(|row| !cell(row, 2).is_empty())?;
        Some([cell(row, 0), cell(row, 1), cell(row, 2)])
    })
}

/// The calls of an ABI that a function of C libraries makes, the main one first, for a name that is not a call on
/// any ABI. Empty if it makes none; `None` if the function is unknown.
///
/// Source: the comment of `data/functions.tsv`.
#[must_use]
pub fn calls_of_function(abi: Abi, name: &str) -> Option<Vec<&'static str>> {
    let mut calls = Vec::new();
    let row = FUNCTIONS.row_of(name)?;
    for call in cell(row, 1).split(' ') {
        if number(abi, call).is_some() {
            calls.push(call);
        } else if let Some(others) = instead(abi, call) {
            // The first one that does the work is enough.
            calls.push(others.split(' ').next().unwrap_or_default());
        }
    }
    Some(calls)
}

/// How another call makes a call.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "debug", derive(Debug, Eq))]
pub struct Multiplexed {
    /// The multiplexer: `socketcall` or `ipc`. Its first argument says which call it makes.
    pub by: &'static str,
    /// The number of the call there. `ipc` takes it from the low 16 bits of its argument.
    pub number: u32,
}

/// How the multiplexer makes the call of a row.
fn multiplexed_in(row: &'static str) -> Option<Multiplexed> {
    let number = cell(row, 2).parse::<u32>().ok()?;
    Some(Multiplexed { by: cell(row, 1), number })
}

/// The ways to make the call of that name on `abi` through a multiplexer, the same one for all. If the ABI has
/// another call by its own name for a number, the number belongs to that call alone.
///
/// Source: `include/uapi/linux/net.h`, `include/uapi/linux/ipc.h`, `net/socket.c`, `ipc/syscall.c`,
/// Linux 6.12.
#[must_use]
pub fn multiplexed(abi: Abi, name: &str) -> Vec<Multiplexed> {
    let mut ways = Vec::new();
    for row in MULTIPLEXED.rows_of(name) {
        let Some(how) = multiplexed_in(row) else { continue };
        if number(abi, how.by).is_some() && number(abi, cell(row, 3)).is_none() {
            ways.push(how);
        }
    }
    ways
}

/// The calls that `socketcall` or `ipc` multiplexes: the number and the name of each.
pub fn multiplexed_by(call: &str) -> impl Iterator<Item = (u32, &'static str)> {
    MULTIPLEXED.rows().filter_map(move |row| {
        let how = multiplexed_in(row)?;
        (how.by == call && cell(row, 3).is_empty()).then_some((how.number, cell(row, 0)))
    })
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, calls_of_function, cell, tried_later};
    use crate::abi::Abi;
    use crate::table::{is_known, number};

    #[test]
    fn a_form_with_64_bit_times_is_on_abis_of_32_bits_beside_its_call() {
        for [call, form, _] in tried_later() {
            for abi in Abi::ALL {
                let has_it = number(*abi, form).is_some();
                assert!(!has_it || number(*abi, call).is_some(), "{call} {abi:?}");
                match abi {
                    Abi::X86 | Abi::Arm | Abi::Ppc => assert!(has_it, "{form} {abi:?}"),
                    Abi::X86_64 | Abi::X32 | Abi::Aarch64 | Abi::Riscv64 | Abi::S390x => {
                        assert!(!has_it, "{form} {abi:?}");
                    }
                    // Whatever else has such calls, the lint asks the tables.
                    _ => {}
                }
            }
        }
        assert_eq!(tried_later().count(), 9);
    }

    #[test]
    fn a_function_is_no_call_and_makes_calls_that_exist() {
        for row in FUNCTIONS.rows() {
            assert!(!is_known(cell(row, 0)), "{row}");
            let of = |abi| calls_of_function(abi, cell(row, 0)).expect("a row of the table");
            if cell(row, 1) == "-" {
                assert!(of(Abi::X86_64).is_empty(), "{row}");
                continue;
            }
            assert_eq!(of(Abi::X86_64), cell(row, 1).split(' ').collect::<Vec<_>>(), "{row}");
            for abi in Abi::ALL {
                let calls = of(*abi);
                assert!(!calls.is_empty(), "{abi:?}: {row}");
                assert!(calls.iter().all(|call| number(*abi, call).is_some()), "{abi:?}: {row}");
            }
        }
        assert_eq!(calls_of_function(Abi::Aarch64, "remove"), Some(vec!["unlinkat"]));
        assert_eq!(calls_of_function(Abi::X86, "fstatat"), Some(vec!["fstatat64"]));
        assert_eq!(calls_of_function(Abi::X86_64, "read"), None);
    }
}

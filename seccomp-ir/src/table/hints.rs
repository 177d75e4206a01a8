//! What goes for a call beside its number: what to name in its place, and by what other call it is
//! reached.

use std::sync::LazyLock;

use super::number;
use super::text::Text;
use crate::abi::Abi;

static INSTEAD: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/instead.tsv")));

static MULTIPLEXED: LazyLock<Text> =
    LazyLock::new(|| Text::new(include_str!("../../data/multiplexed.tsv")));

/// What to name on `abi`, which lacks the call of that name: one call, or several with ` / ` between
/// them, each of which the ABI has. `None` if nothing does its work there.
#[must_use]
pub fn instead(abi: Abi, name: &str) -> Option<&'static str> {
    let has_all = |calls: &&str| calls.split(" / ").all(|call| number(abi, call).is_some());
    INSTEAD.rows_of(name).filter_map(|row| row.split('\t').nth(1)).find(has_all)
}

/// How a call is reached through another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Multiplexed {
    /// The call that stands for many: `socketcall` or `ipc`. Its first argument says for which.
    pub by: &'static str,
    /// The number of the call among them. `ipc` takes it from the low 16 bits of its argument.
    pub number: u32,
}

fn multiplexed_in(row: &'static str) -> Option<(&'static str, Multiplexed)> {
    let mut cells = row.split('\t');
    let (call, by) = (cells.next()?, cells.next()?);
    Some((call, Multiplexed { by, number: cells.next()?.parse().ok()? }))
}

/// The call that also, or only, leads to the call of that name on `abi`, and the call's number there.
///
/// Source: `include/uapi/linux/net.h`, `include/uapi/linux/ipc.h`, Linux 6.12.
#[must_use]
pub fn multiplexed(abi: Abi, name: &str) -> Option<Multiplexed> {
    let found = MULTIPLEXED.rows_of(name).find_map(multiplexed_in);
    found.map(|(_, how)| how).filter(|how| number(abi, how.by).is_some())
}

/// The calls that `socketcall` or `ipc` stands for: each one's number there and its name.
pub fn multiplexed_by(call: &str) -> impl Iterator<Item = (u32, &'static str)> {
    let rows = MULTIPLEXED.rows().filter_map(multiplexed_in);
    rows.filter(move |(_, how)| how.by == call).map(|(name, how)| (how.number, name))
}

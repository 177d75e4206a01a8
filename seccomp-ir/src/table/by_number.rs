//! The calls of one ABI by their numbers: an index of a table.

use std::sync::OnceLock;

use super::tsv::Tsv;
use crate::abi::Abi;

/// A call on one ABI: its `seccomp_data.nr`, and what a table says about it.
pub(super) type NumberedCall = (u32, &'static str);

/// The calls of a table by ABI, built at the first use.
pub(super) struct ByNumber {
    table: &'static Tsv,
    /// The call of a line on an ABI, if the line applies there.
    entry: fn(&'static str, Abi) -> Option<NumberedCall>,
    columns: [OnceLock<Vec<NumberedCall>>; Abi::COLUMNS],
}

impl ByNumber {
    pub(super) const fn new(
        table: &'static Tsv,
        entry: fn(&'static str, Abi) -> Option<NumberedCall>,
    ) -> Self {
        Self { table, entry, columns: [const { OnceLock::new() }; Abi::COLUMNS] }
    }

    /// The calls of the ABI, ascending by number.
    pub(super) fn entries(&self, abi: Abi) -> &[NumberedCall] {
        self.columns[abi.column()].get_or_init(|| {
            let mut entries = Vec::new();
            for row in self.table.rows() {
                if let Some(entry) = (self.entry)(row, abi) {
                    entries.insert(first_not_below(&entries, entry.0), entry);
                }
            }
            entries
        })
    }

    /// What the table says about the call with that number.
    pub(super) fn get(&self, abi: Abi, number: u32) -> Option<&'static str> {
        let entries = self.entries(abi);
        match entries.get(first_not_below(entries, number)) {
            Some((found, value)) if *found == number => Some(value),
            _ => None,
        }
    }
}

fn first_not_below(entries: &[NumberedCall], number: u32) -> usize {
    entries.partition_point(|entry| entry.0 < number)
}

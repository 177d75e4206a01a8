//! The form of the tables: a comment, then lines sorted by their first column.

use std::sync::OnceLock;

/// The lines of a table. Columns are separated by tabs and lines sorted by the bytes of their first
/// column, which a test checks for every file. The lines that begin with `#` are the comment at the
/// head; no key begins with `#` or sorts before it.
pub(super) struct Tsv {
    /// As bytes, which rustc includes faster than text.
    file: &'static [u8],
    lines: OnceLock<&'static str>,
}

impl Tsv {
    /// The table in the text of a file.
    pub(super) const fn new(file: &'static [u8]) -> Self {
        Self { file, lines: OnceLock::new() }
    }

    fn lines(&self) -> &'static str {
        self.lines.get_or_init(|| std::str::from_utf8(self.file).unwrap_or_default())
    }

    /// The comment, with its `#`.
    #[cfg(test)]
    pub(super) fn comment(&self) -> &'static str {
        &self.lines()[..self.lines().len() - self.rows().0.len()]
    }

    /// Every line but the comment, in order.
    pub(super) fn rows(&self) -> Rows {
        let mut body = self.lines();
        while body.starts_with('#') {
            (_, body) = split_row(body);
        }
        Rows(body)
    }

    /// The lines whose first column is `key`, in order.
    pub(super) fn rows_of(&self, key: &str) -> Rows {
        let lines = self.lines();
        let rows = lines.get(first_not_below(key, lines)..).unwrap_or_default();
        let mut rest = rows;
        while !rest.is_empty() {
            let (row, after) = split_row(rest);
            if cell(row, 0) != key {
                break;
            }
            rest = after;
        }
        Rows(&rows[..rows.len() - rest.len()])
    }

    /// The lines whose first column begins with `beginning`, in order.
    pub(super) fn rows_beginning(&self, beginning: &str) -> Rows {
        let lines = self.lines();
        let rows = lines.get(first_not_below(beginning, lines)..).unwrap_or_default();
        let mut rest = rows;
        while rest.starts_with(beginning) && !rest.is_empty() {
            (_, rest) = split_row(rest);
        }
        Rows(&rows[..rows.len() - rest.len()])
    }

    /// The line whose first column is `key`: the first one if there are several.
    pub(super) fn row_of(&self, key: &str) -> Option<&'static str> {
        self.rows_of(key).next()
    }
}

/// The offset of the first line whose first column is not below `key`.
fn first_not_below(key: &str, lines: &'static str) -> usize {
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        let mut start = middle;
        while start > low && lines.as_bytes()[start - 1] != b'\n' {
            start -= 1;
        }
        let (row, _) = split_row(lines.get(start..).unwrap_or_default());
        if cell(row, 0) < key {
            low = start + row.len() + 1;
        } else {
            high = start;
        }
    }
    low
}

/// Some lines of a table. A type of its own, because it is quicker to compile than adapters of the
/// standard library's lines, and every user compiles it.
pub(super) struct Rows(&'static str);

impl Iterator for Rows {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        if self.0.is_empty() {
            return None;
        }
        let (row, rest) = split_row(self.0);
        self.0 = rest;
        Some(row)
    }
}

/// The first line, and those after it.
fn split_row(text: &'static str) -> (&'static str, &'static str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The cell of a line in that column; empty if the line ends before it.
pub(super) fn cell(row: &'static str, column: usize) -> &'static str {
    row.split('\t').nth(column).unwrap_or_default()
}

/// Whether a list with commas contains `word`.
pub(super) fn is_listed(list: &str, word: &str) -> bool {
    list.split(',').any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::{Tsv, cell};

    #[test]
    fn a_line_is_found_at_any_place_and_only_by_its_whole_key() {
        let text = Tsv::new(b"# of what\n#\na\t1\nab\t2\nab\t3\nb\nbb\t4\n");
        assert_eq!(text.comment(), "# of what\n#\n");
        let found = |key| text.rows_of(key).collect::<Vec<_>>();
        assert_eq!(found("a"), ["a\t1"]);
        assert_eq!(found("ab"), ["ab\t2", "ab\t3"]);
        assert_eq!(found("b"), ["b"]);
        assert_eq!(found("bb"), ["bb\t4"]);
        let beginning = |start| text.rows_beginning(start).collect::<Vec<_>>();
        assert_eq!(beginning("a"), ["a\t1", "ab\t2", "ab\t3"]);
        assert_eq!(beginning("bb"), ["bb\t4"]);
        assert!(beginning("c").is_empty() && beginning("aa").is_empty());
        for missing in ["", "#", "A", "aa", "abc", "c", "1"] {
            assert!(found(missing).is_empty(), "{missing}");
        }
    }

    #[test]
    fn every_table_is_ascii_sorted_and_says_its_source() {
        let tables = [
            include_str!("../../data/commands.tsv"),
            include_str!("../../data/constants.tsv"),
            include_str!("../../data/domains.tsv"),
            include_str!("../../data/families.tsv"),
            include_str!("../../data/functions.tsv"),
            include_str!("../../data/groups.tsv"),
            include_str!("../../data/replacements.tsv"),
            include_str!("../../data/multiplexed.tsv"),
            include_str!("../../data/numbers.tsv"),
            include_str!("../../data/rust-groups.tsv"),
            include_str!("../../data/signatures.tsv"),
            include_str!("../../data/types.tsv"),
            include_str!("../../data/used.tsv"),
        ];
        for file in tables {
            let text = Tsv::new(file.as_bytes());
            assert!(file.is_ascii() && file.ends_with('\n'));
            assert!(text.comment().contains("Source"), "{}", text.comment());
            let keys = text.rows().map(|row| cell(row, 0)).collect::<Vec<_>>();
            assert!(keys.len() > 20 && keys.is_sorted());
            for key in keys {
                assert!(!key.is_empty() && !key.starts_with('#'), "{key}");
                assert!(text.rows_of(key).count() > 0, "{key}");
            }
        }
    }
}

//! A table as its file has it: a comment, then lines sorted by their first column.

/// The lines of a table. Columns are separated by tabs and lines sorted by the bytes of their first
/// column, which a test checks for every file.
#[derive(Clone, Copy)]
pub(super) struct Text {
    #[cfg(test)]
    comment: &'static str,
    body: &'static str,
}

impl Text {
    /// The table in a file: the lines that begin with `#` are the comment at its head.
    pub(super) fn new(file: &'static str) -> Self {
        let lines = file.split_inclusive('\n').take_while(|line| line.starts_with('#'));
        let (_comment, body) = file.split_at(lines.map(str::len).sum());
        Self {
            #[cfg(test)]
            comment: _comment,
            body,
        }
    }

    /// The comment, with its `#`.
    #[cfg(test)]
    pub(super) fn comment(self) -> &'static str {
        self.comment
    }

    /// Every line, in order.
    pub(super) fn rows(self) -> Rows {
        Rows(self.body)
    }

    /// The lines whose first column is `key`, in order.
    pub(super) fn rows_of(self, key: &str) -> Rows {
        let body = self.body.get(self.first_not_below(key)..).unwrap_or_default();
        let mut rest = body;
        while let Some((row, after)) = first_row(rest) {
            if first_column(row) != key {
                break;
            }
            rest = after;
        }
        Rows(&body[..body.len() - rest.len()])
    }

    /// The offset of the first line whose first column is not below `key`.
    fn first_not_below(self, key: &str) -> usize {
        let (mut low, mut high) = (0, self.body.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            // Tables are ASCII, so any offset may be cut at; should one not be, nothing is found.
            let before = self.body.get(low..middle).unwrap_or_default();
            let start = before.rfind('\n').map_or(low, |at| low + at + 1);
            let rest = self.body.get(start..).unwrap_or_default();
            let row = rest.find('\n').map_or(rest, |end| &rest[..end]);
            if first_column(row) < key {
                low = start + row.len() + 1;
            } else {
                high = start;
            }
        }
        low
    }
}

/// Some lines of a table. A type of its own, because it is quicker to compile than adapters of the
/// standard library's lines, and every user compiles it.
pub(super) struct Rows(&'static str);

impl Iterator for Rows {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let (row, rest) = first_row(self.0)?;
        self.0 = rest;
        Some(row)
    }
}

/// The first line, and those after it.
fn first_row(text: &'static str) -> Option<(&'static str, &'static str)> {
    if text.is_empty() { None } else { Some(text.split_once('\n').unwrap_or((text, ""))) }
}

fn first_column(row: &str) -> &str {
    row.split_once('\t').map_or(row, |(first, _)| first)
}

#[cfg(test)]
mod tests {
    use super::{Text, first_column};

    #[test]
    fn a_line_is_found_wherever_it_stands_and_only_by_its_whole_key() {
        let text = Text::new("# of what\n#\na\t1\nab\t2\nab\t3\nb\nbb\t4\n");
        assert_eq!(text.comment(), "# of what\n#\n");
        let found = |key| text.rows_of(key).collect::<Vec<_>>();
        assert_eq!(found("a"), ["a\t1"]);
        assert_eq!(found("ab"), ["ab\t2", "ab\t3"]);
        assert_eq!(found("b"), ["b"]);
        assert_eq!(found("bb"), ["bb\t4"]);
        for missing in ["", "#", "A", "aa", "abc", "c", "1"] {
            assert!(found(missing).is_empty(), "{missing}");
        }
    }

    #[test]
    fn every_table_is_ascii_sorted_and_says_its_source() {
        let tables = [
            include_str!("../../data/constants.tsv"),
            include_str!("../../data/families.tsv"),
            include_str!("../../data/groups.tsv"),
            include_str!("../../data/instead.tsv"),
            include_str!("../../data/multiplexed.tsv"),
            include_str!("../../data/numbers.tsv"),
            include_str!("../../data/rust-groups.tsv"),
            include_str!("../../data/signatures.tsv"),
            include_str!("../../data/types.tsv"),
        ];
        for file in tables {
            let text = Text::new(file);
            assert!(file.is_ascii() && file.ends_with('\n'));
            assert!(text.comment().contains("Source"), "{}", text.comment());
            let keys = text.rows().map(first_column).collect::<Vec<_>>();
            assert!(keys.len() > 20 && keys.is_sorted());
            for key in keys {
                assert!(!key.is_empty() && !key.starts_with('#'), "{key}");
                assert!(text.rows_of(key).count() > 0, "{key}");
            }
        }
    }
}

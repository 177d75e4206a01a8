//! Words on lines of limited width.

/// The most columns of a line, unless a word is longer.
pub const WIDTH: usize = 100;

/// The indentation of an item's lines after the first, in columns.
const INDENT: usize = 4;

/// Words with a space between each two. A line may break at a space.
pub(super) enum BreakableText {
    Word(String),
    /// Never empty: see [`group`].
    Group(Vec<BreakableText>),
}

impl BreakableText {
    /// The text with `before` directly before its first word and `after` directly after its last.
    pub(super) fn between(mut self, before: &str, after: &str) -> Self {
        self.first().insert_str(0, before);
        self.last().push_str(after);
        self
    }

    pub(super) fn first(&mut self) -> &mut String {
        match self {
            Self::Word(word) => word,
            Self::Group(parts) => parts[0].first(),
        }
    }

    pub(super) fn last(&mut self) -> &mut String {
        match self {
            Self::Word(word) => word,
            Self::Group(parts) => {
                let last = parts.len() - 1;
                parts[last].last()
            }
        }
    }

    /// The text on one line.
    pub(super) fn flat(&self) -> String {
        let mut text = String::new();
        self.add_flat(&mut text);
        text
    }

    fn add_flat(&self, text: &mut String) {
        match self {
            Self::Word(word) => text.push_str(word),
            Self::Group(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    if index > 0 {
                        text.push(' ');
                    }
                    part.add_flat(text);
                }
            }
        }
    }

    /// The number of columns that it takes on one line.
    #[inline]
    fn width(&self) -> usize {
        match self {
            Self::Word(word) => word.chars().count(),
            Self::Group(parts) => {
                let mut width = parts.len() - 1;
                for part in parts {
                    width += part.width();
                }
                width
            }
        }
    }
}

/// Adds words at the beginning of a line of `out`.
#[inline]
pub(super) fn lay_out(text: &BreakableText, out: &mut String) {
    let mut lines = Lines { out, column: 0, empty: true };
    lines.add(text, 0);
}

struct Lines<'a> {
    out: &'a mut String,
    /// The column where the next word would begin, without a space before it.
    column: usize,
    /// Whether the line still has no word.
    empty: bool,
}

impl Lines<'_> {
    /// Adds words to the line. If they are too long for it, they begin a new line after `indent` columns.
    /// If they are too long for any line, they are broken.
    #[inline]
    fn add(&mut self, text: &BreakableText, indent: usize) {
        let width = text.width();
        let space = usize::from(!self.empty);
        if self.column + space + width <= WIDTH {
            return self.word(text, width);
        }
        if !self.empty {
            self.out.push('\n');
            for _ in 0..indent {
                self.out.push(' ');
            }
            self.column = indent;
            self.empty = true;
        }
        match text {
            BreakableText::Group(parts) if self.column + width > WIDTH => {
                let inner = self.column + INDENT;
                for part in parts {
                    self.add(part, inner);
                }
            }
            text => self.word(text, width),
        }
    }

    #[inline]
    fn word(&mut self, text: &BreakableText, width: usize) {
        if !self.empty {
            self.out.push(' ');
            self.column += 1;
        }
        text.add_flat(self.out);
        self.column += width;
        self.empty = false;
    }
}

/// Each text except the last with a comma after it.
pub(super) fn with_commas(mut texts: Vec<BreakableText>) -> Vec<BreakableText> {
    let last = texts.len().saturating_sub(1);
    for text in &mut texts[..last] {
        text.last().push(',');
    }
    texts
}

/// Texts that are broken together. An empty list becomes a word without letters, so that a tree that no
/// parser makes can be printed as well.
pub(super) fn group(texts: Vec<BreakableText>) -> BreakableText {
    if texts.is_empty() { BreakableText::Word(String::new()) } else { BreakableText::Group(texts) }
}

/// Two texts with neither a space nor a possible break between them.
pub(super) fn glued(left: BreakableText, right: BreakableText) -> BreakableText {
    match right {
        BreakableText::Word(word) => left.between("", &word),
        BreakableText::Group(mut parts) => {
            parts[0] =
                glued(left, std::mem::replace(&mut parts[0], BreakableText::Word(String::new())));
            BreakableText::Group(parts)
        }
    }
}

/// Two texts with a space, but no possible break, between them.
pub(super) fn joined_words(left: BreakableText, right: BreakableText) -> BreakableText {
    glued(left.between("", " "), right)
}

//! Policies of kafel, as nsjail takes them: README.md, `src/lexer.l`, `src/parser.y`, `src/codegen.c` and `src/range_rules.c`
//! of google/kafel at 18f2074.

mod call_names;
mod export;
mod expression;
mod import;
mod kafel_words;
mod lexer;

pub(super) use export::{OTHER_ABIS, export};
pub(super) use import::import;

//! The comments of a policy stay when it is formatted.

use proc_macro2::{TokenStream, TokenTree};
use seccomp_ir::abi::Abi;
use seccomp_ir::tree::print;
use seccomp_syntax::PolicyText;
use seccomp_test_support::seeds::{Seeded, seeds};

use crate::random_tree::Random;
use crate::read;

/// The canonical text of a text, with its comments.
fn formatted(text: &str) -> String {
    let format = |text: &str| {
        let formatted = PolicyText::new("a.policy", text, Abi::X86_64).format();
        formatted.unwrap_or_else(|report| panic!("{report}\n{text}"))
    };
    let once = format(text);
    assert_eq!(format(&once), once, "{text}");
    once
}

#[test]
fn comments_stay_where_they_belong_when_a_policy_is_formatted() {
    let text = "\u{feff}// A worker.\r\n\r\n\r\n/* Files:\r\n   read only. */ #[hot]  // often\n allow read ( fd==0 /* stdin */ ),  // and\n \
                write;// one line\n\nallow close; /* a */ // b\n/* /* nested */ \"*/ default /* all else */ kill // end\n // last";
    let expected = "\
// A worker.

/* Files:\r
   read only. */
// often
/* stdin */
// and
#[hot]
allow read(fd == 0), write; // one line

allow close; /* a */ // b
/* /* nested */ \"*/
/* all else */
default kill; // end
// last
";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted("default kill"), "default kill;\n");
    assert_eq!(formatted("// nothing"), "// nothing\n");
    assert_eq!(formatted(""), "");
    let report = PolicyText::new("a.policy", "allow /* x */", Abi::X86_64).format();
    assert!(!report.expect_err("an error").is_right());
}

#[test]
fn no_comment_is_lost_and_no_tree_is_changed_by_formatting() {
    let mut count = 0;
    for seed in seeds(0..100) {
        let mut random = Random(Seeded::with_seed(seed));
        let tree = random.tree();
        let printed = print(&tree);
        let tokens: TokenStream = printed.parse().expect("tokens");
        let (mut text, mut written) = (String::new(), Vec::new());
        spread(tokens, &mut random, &mut text, &mut written);
        let formatted = formatted(&text);
        let mut rest = formatted.as_str();
        for comment in &written {
            let at =
                rest.find(comment.as_str()).unwrap_or_else(|| panic!("{comment} in\n{formatted}"));
            rest = &rest[at + comment.len()..];
        }
        assert_eq!(formatted.matches("no. ").count(), written.len(), "{formatted}");
        let again = read(formatted.parse().expect("tokens")).expect("a policy");
        assert!(again.is_same(&tree), "{text}\n{formatted}");
        count += written.len();
    }
    assert!(count > 400, "only {count} comments");
}

/// Writes the tokens with comments and white space between them, and notes the comments.
fn spread(tokens: TokenStream, random: &mut Random, text: &mut String, written: &mut Vec<String>) {
    for token in tokens {
        let joined = matches!(&token, TokenTree::Punct(sign) if sign.spacing() == proc_macro2::Spacing::Joint);
        let text_of = |token: &TokenTree| token.to_string();
        if let TokenTree::Group(group) = &token {
            let (open, close) = match group.delimiter() {
                proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                proc_macro2::Delimiter::Brace => ("{", "}"),
                proc_macro2::Delimiter::Bracket => ("[", "]"),
                proc_macro2::Delimiter::None => ("", ""),
            };
            *text += open;
            spread(group.stream(), random, text, written);
            *text += close;
        } else {
            *text += &text_of(&token);
        }
        if joined {
            continue;
        }
        text.push(' ');
        if random.chance(6) {
            let number = written.len();
            let (comment, end) = match random.0.u32(..3) {
                0 => (format!("// no. {number}"), "\n"),
                1 => (format!("/* no. {number} /* \"'; */ */"), ""),
                _ => (format!("/* no. {number}\n;*/"), " "),
            };
            *text += &comment;
            *text += end;
            written.push(comment);
        }
        if random.chance(4) {
            *text += random.one(&["\n", "\n\n\n", "  \t", "\r\n"]);
        }
    }
}

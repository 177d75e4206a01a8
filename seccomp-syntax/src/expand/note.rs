//! The ELF note of a policy: what `seccomp_bpf::note` describes, as text for the assembler.
//!
//! It is assembly and not a `static`, because the sections of a `static` are loaded with the program: a note in assembly
//! costs bytes of the file and none of memory. The `note!` of the runtime adds the place in the source, which only rustc
//! knows. It also decides whether there is a note at all. The same holds for `register!` and the registry.

use std::fmt::Write as _;

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use seccomp_ir::Compiled;
use seccomp_ir::abi::Abi;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::filter::Filter;
use seccomp_ir::note;
use seccomp_ir::tree::{Tree, print};

/// Items that leave the note of `compiled` in the program and put it into the registry. `abi` is the ABI of the target.
pub(super) fn note(
    compiled: &Compiled,
    tree: &Tree,
    abi: Abi,
    runtime: &TokenStream,
) -> TokenStream {
    let (name, text) = (abi.name(), print(tree));
    let (instructions, relocations) = (&compiled.filter.instructions, &compiled.filter.relocations);
    let before = format!(
        ".pushsection {section},\"\",%note\n\
         .balign 4\n\
         .4byte {owner}, 3f-2f, {kind}\n\
         .asciz \"{OWNER}\"\n\
         .balign 4\n\
         2:\n\
         .4byte {version}",
        section = note::SECTION,
        owner = note::OWNER.len() + 1,
        kind = note::POLICY,
        OWNER = note::OWNER,
        version = note::VERSION,
    );
    let mut after = format!(
        ".4byte {}, {}, {}, {}\n",
        name.len(),
        text.len(),
        instructions.len(),
        relocations.len()
    );
    ascii(name, &mut after);
    ascii(&text, &mut after);
    for SockFilter { code, jt, jf, k } in instructions {
        let _ = write!(after, ".2byte {code}\n.byte {jt}, {jf}\n.4byte {k}\n");
    }
    for relocation in relocations {
        let _ = writeln!(after, ".4byte {}", relocation.index);
    }
    after += "3:\n.popsection";
    let (before, after) = (Literal::string(&before), Literal::string(&after));
    let filter = registered(&compiled.filter);
    let text = Literal::string(&text);
    quote! {
        #runtime::__private::note! { #before #after }
        #runtime::__private::register! { #text #filter }
    }
}

/// The filter for the registry: each instruction as `code` (2 bytes, the low one first), `jt`, `jf` and `k` (4 bytes).
/// Empty if the filter has relocations: their values may depend on type parameters or on the running program, and a `static`
/// cannot.
fn registered(filter: &Filter) -> Literal {
    let mut bytes = Vec::new();
    if filter.relocations.is_empty() {
        for SockFilter { code, jt, jf, k } in &filter.instructions {
            bytes.extend_from_slice(&code.to_le_bytes());
            bytes.extend_from_slice(&[*jt, *jf]);
            bytes.extend_from_slice(&k.to_le_bytes());
        }
    }
    Literal::byte_string(&bytes)
}

/// Adds a directive for the bytes of `text`, padded to a multiple of four bytes.
///
/// Braces are doubled, as the placeholders of `global_asm!` have them.
fn ascii(text: &str, directives: &mut String) {
    *directives += ".ascii \"";
    for byte in text.bytes() {
        match byte {
            b'{' => *directives += "{{",
            b'}' => *directives += "}}",
            b' '..=b'~' if byte != b'"' && byte != b'\\' => directives.push(char::from(byte)),
            _ => {
                let _ = write!(directives, "\\{byte:03o}");
            }
        }
    }
    *directives += "\"\n.balign 4\n";
}

//! `include "file";`: rules of a file beside Cargo.toml.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Lit;

use super::compile::{expand, failed};
use super::{hash, warn};
use crate::handoff::{Draft, Handoff};
use crate::stage::{Include, allows, with_included};
use crate::text::check_text;

/// The policy with the rules of the file in the place of the `include`, and a trace of the file
/// that makes cargo build again when it changes.
pub(crate) fn include(handoff: &Handoff, include: Include) -> TokenStream {
    let Include { item, what, span, mut within, allowed, .. } = include;
    let site = &handoff.site;
    let error = |message: String| failed(&syn::Error::new(span, message).to_compile_error(), site);
    let (path, text) = match read(&what) {
        Ok(file) => file,
        Err(message) => return error(message),
    };
    let id = identifier(&path);
    if within.contains(&id) {
        return error(format!("{what} includes itself"));
    }
    let path = path.to_string_lossy();
    let track = quote!(
        const _: &[u8] = ::core::include_bytes!(#path);
    );
    let target = match site.target() {
        Ok(target) => target,
        Err(error) => return failed(&error.to_compile_error(), site),
    };
    let warnings = match check_text(&what.to_string().replace("\"", ""), &text, target) {
        Ok(warnings) => warnings,
        Err(mistakes) => {
            let mut errors = TokenStream::new();
            for mistake in &mistakes {
                syn::Error::new(span, mistake.as_str()).to_compile_error().to_tokens(&mut errors);
            }
            track.to_tokens(&mut errors);
            return failed(&errors, site);
        }
    };
    let mut expanded = TokenStream::new();
    for (lint, message) in &warnings {
        if !allows(allowed.clone(), lint.name()) {
            warn::warning(*lint, message, span).to_tokens(&mut expanded);
        }
    }
    let Ok(rules) = TokenStream::from_str(&text) else {
        return error(format!("{what} is not text of the policy language"));
    };
    within.push(id);
    let rules = Draft::included(at(rules, span), &within, &allowed);
    let policy = with_included(handoff.policy.clone(), vec![(item, rules)]);
    let policy = expand(&handoff.with_policy(policy));
    quote!({ #expanded #track #policy })
}

/// The path and the text of the file of that name.
fn read(name: &TokenStream) -> Result<(PathBuf, String), String> {
    const FORM: &str = "the name of a file is a string: `include \"net.policy\";`";
    let Some(TokenTree::Literal(written)) = name.clone().into_iter().next() else {
        return Err(FORM.to_owned());
    };
    let Lit::Str(written) = Lit::new(written) else { return Err(FORM.to_owned()) };
    let Some(root) = std::env::var_os("CARGO_MANIFEST_DIR") else {
        let message = "CARGO_MANIFEST_DIR is not set, and the file is sought beside Cargo.toml: build with cargo";
        return Err(message.to_owned());
    };
    let mut path = PathBuf::from(root);
    path.push(written.value());
    match std::fs::read_to_string(&path) {
        // Columns count from what an editor shows.
        Ok(text) => Ok((path, text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())),
        Err(error) => {
            Err(format!("cannot read {name}, which is sought beside Cargo.toml: {error}"))
        }
    }
}

/// A name for a file that no other file has.
fn identifier(path: &Path) -> Ident {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let number = hash(&absolute.to_string_lossy());
    Ident::new(&format!("__file_{number:016x}"), Span::call_site())
}

/// The tokens as if they stood at `span`, for what only rustc finds out.
fn at(tokens: TokenStream, span: Span) -> TokenStream {
    let mut moved = TokenStream::new();
    for mut token in tokens {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at(group.stream(), span)).into();
        }
        token.set_span(span);
        token.to_tokens(&mut moved);
    }
    moved
}

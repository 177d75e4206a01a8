//! `include "file";`: rules of a file beside Cargo.toml.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::compile::Stage;
use super::warn;
use crate::stage::{Include, allows, mark_included, with_included};
use crate::text::check_text;

/// The policy with the rules of the file in the place of the `include`, and a trace of the file
/// that makes cargo build again when it changes.
pub(crate) fn include(stage: &Stage, include: &Include<Literal>) -> TokenStream {
    let Include { item, what, span, within, allowed } = include;
    let error = |message: String| stage.error(syn::Error::new(*span, message));
    let (path, text) = match read(what) {
        Ok(file) => file,
        Err(message) => return error(message),
    };
    let id = format_ident!("__file_{:016x}", hash(&path));
    if within.contains(&id) {
        return error(format!("{what} includes itself"));
    }
    let path_text = path.to_string_lossy();
    let track = quote!(
        const _: &[u8] = ::core::include_bytes!(#path_text);
    );
    let target = match stage.target() {
        Ok(target) => target,
        Err(error) => return stage.error(error),
    };
    let warnings = match check_text(&what.to_string().replace('"', ""), &text, target) {
        Ok(warnings) => warnings,
        Err(mistakes) => {
            let mut errors: TokenStream = mistakes
                .iter()
                .map(|mistake| syn::Error::new(*span, mistake).to_compile_error())
                .collect();
            errors.extend(track);
            return stage.failed(&errors);
        }
    };
    let warnings = warnings.iter().filter(|(lint, _)| !allows(allowed.clone(), lint.name()));
    let warnings = warnings.map(|(lint, message)| warn::warning(*lint, message, *span));
    let Ok(rules) = TokenStream::from_str(&text) else {
        return error(format!("{what} is not text of the policy language"));
    };
    let within: Vec<_> = within.iter().cloned().chain([id]).collect();
    let rules = mark_included(at(rules, *span), &within, allowed);
    let policy = with_included(stage.policy.clone(), [(*item, rules)]);
    let policy = stage.with_policy(policy).expand();
    quote!({ #(#warnings)* #track #policy })
}

fn read(name: &Literal) -> Result<(PathBuf, String), String> {
    let written: syn::LitStr = syn::parse2(TokenTree::from(name.clone()).into())
        .map_err(|_| "the name of a file is a string: `include \"net.policy\";`".to_owned())?;
    let root = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(
        "CARGO_MANIFEST_DIR is not set, and the file is sought beside Cargo.toml: build with cargo",
    )?;
    let path = Path::new(&root).join(written.value());
    let text = std::fs::read_to_string(&path).map_err(|error| {
        format!("cannot read {name}, which is sought beside Cargo.toml: {error}")
    })?;
    // Columns count from what an editor shows.
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    Ok((path, text))
}

fn hash(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.canonicalize().unwrap_or_else(|_| path.to_owned()).hash(&mut hasher);
    hasher.finish()
}

/// The tokens as if they stood at `span`, for what only rustc finds out.
fn at(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = |token| {
        let mut token = match token {
            TokenTree::Group(group) => {
                Group::new(group.delimiter(), at(group.stream(), span)).into()
            }
            token => token,
        };
        token.set_span(span);
        token
    };
    tokens.into_iter().map(moved).collect()
}

//! `include "file";`: rules of files beside Cargo.toml.
//!
//! All files of a policy are one stage and are read one after the other, whatever their number and however they
//! include each other.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use seccomp_ir::diagnostic::ErrorCode;
use seccomp_ir::errors::MOST;
use seccomp_ir::lint::Lint;
use syn::Lit;

use super::later_stages::{expand, failed};
use super::{hash, warn};
use crate::errors::{LocatedDiagnostic, LocatedErrors};
use crate::extent::{MOST_BYTES, MOST_FILES, MOST_NESTED};
use crate::handoff::{DraftPolicy, Handoff, Site};
use crate::policy_file::check_text;
use crate::stage::{self, Include, allows, with_included};

/// The policy with each `include` replaced by the rules of its file, including those that the file includes.
pub(crate) fn include(handoff: &Handoff, mut includes: Vec<Include>) -> TokenStream {
    let site = &handoff.site;
    let mut policy = handoff.policy.clone();
    let mut files = IncludedFiles::default();
    loop {
        let mut all = Vec::new();
        for include in &includes {
            match files.rules(site, include) {
                Ok(rules) => all.push((include.item, rules)),
                Err(message) => {
                    let error =
                        LocatedDiagnostic::new(ErrorCode::FileNotRead, include.span, message);
                    files.errors.add(error);
                }
            }
            if files.errors.iter().count() >= MOST {
                break;
            }
        }
        let IncludedFiles { before, errors, .. } = &files;
        if !errors.is_empty() {
            let errors = errors.to_compile_errors();
            return failed(&quote!(#before #errors), site);
        }
        policy = with_included(policy, all);
        includes = stage::files(&policy);
        if includes.is_empty() {
            let policy = expand(&handoff.with_policy(policy));
            return quote!({ #before #policy });
        }
    }
}

/// The files of a policy.
#[derive(Default)]
struct IncludedFiles {
    /// Each file that was read.
    read: Vec<IncludedFile>,
    /// How many bytes were included.
    bytes: usize,
    /// How many files were included.
    count: usize,
    /// Tokens that go before the policy: the warnings, and a trace of each file, which makes cargo build again
    /// when the file changes.
    before: TokenStream,
    /// The errors found.
    errors: LocatedErrors,
}

/// A file that was read. If the file has errors, `rules` is empty.
struct IncludedFile {
    id: Ident,
    length: usize,
    rules: TokenStream,
    warnings: Vec<(Lint, String)>,
}

impl IncludedFiles {
    /// The rules of the file that `include` names.
    fn rules(&mut self, site: &Site, include: &Include) -> Result<DraftPolicy, String> {
        let Include { what, span, within, allowed, .. } = include;
        let path = path(what)?;
        let id = identifier(&path);
        if within.contains(&id) {
            return Err(format!("{what} includes itself"));
        }
        if within.len() >= MOST_NESTED {
            return Err(format!(
                "{what} is nested {MOST_NESTED} files deep, and no deeper ones are read: include it \
                 in the policy itself"
            ));
        }
        let at = match self.read.iter().position(|known| known.id == id) {
            Some(at) => {
                self.count_file(what, self.read[at].length)?;
                at
            }
            None => {
                let text = text(what, &path)?;
                self.count_file(what, text.len())?;
                let path = path.to_string_lossy();
                let runtime = &site.runtime;
                let track = quote!(
                    const {
                        #runtime::__private::track(#runtime::__private::core::include_bytes!(#path))
                    };
                );
                track.to_tokens(&mut self.before);
                let (rules, warnings) = self.check(site, include, &text)?;
                self.read.push(IncludedFile {
                    id: id.clone(),
                    length: text.len(),
                    rules,
                    warnings,
                });
                self.read.len() - 1
            }
        };
        let IncludedFile { rules, warnings, .. } = &self.read[at];
        for (lint, message) in warnings {
            if !allows(allowed.clone(), lint.name()) {
                warn::warning(*lint, message, *span).to_tokens(&mut self.before);
            }
        }
        let mut within = within.clone();
        within.push(id);
        Ok(DraftPolicy::included(at_span(rules.clone(), *span), &within, allowed))
    }

    /// Counts a file, each time that it is included.
    fn count_file(&mut self, what: &TokenStream, length: usize) -> Result<(), String> {
        self.bytes += length;
        self.count += 1;
        if self.bytes <= MOST_BYTES && self.count <= MOST_FILES {
            return Ok(());
        }
        Err(format!(
            "a policy includes at most {MOST_FILES} files with {MOST_BYTES} bytes, each counted as often as it is \
             included, and with {what} there are more: include each file once, in the policy itself"
        ))
    }

    /// Checks a file: returns its rules and warnings, and records its errors.
    fn check(
        &mut self,
        site: &Site,
        include: &Include,
        text: &str,
    ) -> Result<(TokenStream, Vec<(Lint, String)>), String> {
        let Include { what, span, .. } = include;
        let target = site.target().map_err(|error| error.to_string())?;
        let mut name = what.to_string();
        name.retain(|character| character != '"');
        match check_text(&name, text, target) {
            Ok(warnings) => match TokenStream::from_str(text) {
                Ok(rules) => Ok((rules, warnings)),
                Err(_) => Err(format!("{what} is not text of the policy language")),
            },
            Err(messages) => {
                for message in &messages {
                    self.errors.add(LocatedDiagnostic::new(ErrorCode::FileNotRead, *span, message));
                }
                Ok((TokenStream::new(), Vec::new()))
            }
        }
    }
}

/// The path of the file `name`.
fn path(name: &TokenStream) -> Result<PathBuf, String> {
    const FORM: &str = "the name of a file is a string: `include \"net.policy\";`";
    let Some(TokenTree::Literal(written)) = name.clone().into_iter().next() else {
        return Err(FORM.to_owned());
    };
    let Lit::Str(written) = Lit::new(written) else { return Err(FORM.to_owned()) };
    let Some(root) = std::env::var_os("CARGO_MANIFEST_DIR") else {
        let message = "CARGO_MANIFEST_DIR is not set, and the file is looked for beside Cargo.toml: build with cargo";
        return Err(message.to_owned());
    };
    let mut path = PathBuf::from(root);
    path.push(written.value());
    Ok(path)
}

/// The text of a file. A device, a pipe or a file of the kernel may have no end, or may block its reader for
/// ever. So only a file with a length is opened, and at most that many bytes are read.
fn text(name: &TokenStream, path: &Path) -> Result<String, String> {
    let cannot = |why: &dyn std::fmt::Display| {
        format!("cannot read {name}, which is looked for beside Cargo.toml: {why}")
    };
    let about = std::fs::metadata(path).map_err(|error| cannot(&error))?;
    if !about.is_file() {
        return Err(cannot(
            &"it is not a file but a folder, a device, a pipe or a socket; name a file of rules",
        ));
    }
    if about.len() == 0 {
        return Err(cannot(&"it is empty; write a rule or a comment, or remove the `include`"));
    }
    if about.len() > MOST_BYTES as u64 {
        let message = format!(
            "it has more than {MOST_BYTES} bytes, which no filter could hold; write ranges or masks instead of \
             single values"
        );
        return Err(cannot(&message));
    }
    let mut file = File::open(path).map_err(|error| cannot(&error))?;
    // No more is read than the length that the file had, even if it grows. A loop does this, because `Read::take` would be
    // instantiated here.
    let mut bytes = vec![0; usize::try_from(about.len()).unwrap_or(MOST_BYTES)];
    let mut read = 0;
    while read < bytes.len() {
        match file.read(&mut bytes[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(&error)),
        }
    }
    bytes.truncate(read);
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        cannot(&format!("it is not text in UTF-8 from byte {at} on; save it as UTF-8"))
    })?;
    // Columns count from the first character that an editor shows.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// A name that is unique to this file.
fn identifier(path: &Path) -> Ident {
    let absolute = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let number = hash(&absolute.to_string_lossy());
    Ident::new(&format!("__file_{number:016x}"), Span::call_site())
}

/// The tokens with their spans replaced by `span`, for errors that only rustc finds.
fn at_span(tokens: TokenStream, span: Span) -> TokenStream {
    let mut moved = TokenStream::new();
    for mut token in tokens {
        if let TokenTree::Group(group) = &token {
            token = Group::new(group.delimiter(), at_span(group.stream(), span)).into();
        }
        token.set_span(span);
        token.to_tokens(&mut moved);
    }
    moved
}

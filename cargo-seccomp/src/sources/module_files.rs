//! The files of the modules of a package, and the attributes around these modules. rustc applies
//! `#![allow(deprecated)]` and `#[cfg(…)] mod net;` of one file to the policies in another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

use super::attributes::{Attributes, attribute};
use super::read_text;

/// The most files of a package that are followed, and the most modules inside of each other.
const MOST_FILES: usize = 10_000;
const MOST_DEPTH: usize = 100;

/// The attributes around the files of a package.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModuleFiles {
    /// For each file, the attributes around it in each place that includes it as a module.
    around: BTreeMap<PathBuf, Vec<Attributes>>,
}

impl ModuleFiles {
    /// Follows the modules of a package from the files in which its crates begin. It leaves out files that cannot be
    /// read or are not Rust, because the build reports them.
    pub(crate) fn of_crates(roots: &[PathBuf]) -> Self {
        let mut files = Self::default();
        let mut left: Vec<(Module, usize)> = Vec::new();
        for root in roots {
            let folder = root.parent().unwrap_or(Path::new("")).to_owned();
            left.push((Module { file: root.clone(), folder, around: Attributes::default() }, 0));
        }
        let mut read = BTreeSet::new();
        while let Some((module, depth)) = left.pop() {
            let Ok(path) = module.file.canonicalize() else { continue };
            let Attributes { conditions, silent } = module.around.clone();
            let is_new = read.insert((path.clone(), module.folder.clone(), conditions, silent));
            if !is_new || depth > MOST_DEPTH || read.len() > MOST_FILES {
                continue;
            }
            let known = files.around.entry(path).or_default();
            if !known.contains(&module.around) {
                known.push(module.around.clone());
            }
            left.extend(module.inner().into_iter().map(|inner| (inner, depth + 1)));
        }
        files
    }

    /// The attributes around a file, for each place that includes it. For a file without a module, one place without
    /// attributes.
    pub(crate) fn around(&self, file: &Path) -> Vec<Attributes> {
        let known = file.canonicalize().ok().and_then(|file| self.around.get(&file).cloned());
        known.unwrap_or_else(|| vec![Attributes::default()])
    }
}

/// A module in a file of its own.
struct Module {
    file: PathBuf,
    /// The folder with the files of its modules.
    folder: PathBuf,
    /// The attributes around it.
    around: Attributes,
}

/// Tokens between the brackets of a module, and the folder of its modules.
struct ModuleLevel {
    tokens: TokenStream,
    folder: PathBuf,
    /// The folder from which `#[path]` leads.
    base: PathBuf,
    around: Attributes,
}

impl Module {
    /// The modules in this one that have a file.
    fn inner(&self) -> Vec<Self> {
        let text = match read_text(&self.file) {
            Ok(text) if text.contains("mod ") => text,
            Ok(_) | Err(_) => return Vec::new(),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let Ok(tokens) = TokenStream::from_str(text) else { return Vec::new() };
        let mut found = Vec::new();
        let base = self.file.parent().unwrap_or(Path::new("")).to_owned();
        let mut left = vec![ModuleLevel {
            tokens,
            folder: self.folder.clone(),
            base,
            around: self.around.clone(),
        }];
        while let Some(level) = left.pop() {
            level.modules(&mut found, &mut left);
        }
        // The tokens are gone, so their text need not stay in memory.
        drop(left);
        proc_macro2::extra::invalidate_current_thread_spans();
        found
    }
}

impl ModuleLevel {
    /// Adds the modules with a file to `found`, and the modules without to `left`.
    fn modules(self, found: &mut Vec<Module>, left: &mut Vec<Self>) {
        let tokens: Vec<TokenTree> = self.tokens.clone().into_iter().collect();
        let (mut of_all, mut of_item) = (self.around.clone(), Attributes::default());
        let mut path = None;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => match (attribute(&tokens[..index]), &tokens[..index]) {
                    (Some(true), _) => of_all.add(group),
                    (Some(false), _) => {
                        of_item.add(group);
                        path = path_of(&group.stream()).or(path);
                    }
                    (None, [.., TokenTree::Ident(word), TokenTree::Ident(name)])
                        if word == "mod" && group.delimiter() == Delimiter::Brace =>
                    {
                        let folder = match path.take() {
                            Some(path) => self.base.join(path),
                            None => self.folder.join(plain(&name.to_string())),
                        };
                        let around = of_all.and(&std::mem::take(&mut of_item));
                        let tokens = group.stream();
                        left.push(Self { tokens, base: folder.clone(), folder, around });
                    }
                    (None, _) => {
                        if group.delimiter() == Delimiter::Brace {
                            (of_item, path) = (Attributes::default(), None);
                        }
                    }
                },
                TokenTree::Punct(sign) if sign.as_char() == ';' => {
                    let (item, path) = (std::mem::take(&mut of_item), path.take());
                    if let [.., TokenTree::Ident(word), TokenTree::Ident(name)] = &tokens[..index]
                        && word == "mod"
                    {
                        let around = of_all.and(&item);
                        found.extend(self.in_files(&plain(&name.to_string()), path, &around));
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) | TokenTree::Ident(_) => {}
            }
        }
    }

    /// The files that `mod name;` may mean (The Rust Reference, "Module source filenames"). Files that do not exist are
    /// skipped later.
    fn in_files(&self, name: &str, path: Option<PathBuf>, around: &Attributes) -> Vec<Module> {
        let module = |file: PathBuf, folder| Module { file, folder, around: around.clone() };
        if let Some(path) = path {
            let file = self.base.join(path);
            let folder = file.parent().unwrap_or(Path::new("")).to_owned();
            return vec![module(file, folder)];
        }
        let folder = self.folder.join(name);
        let beside = self.folder.join(format!("{name}.rs"));
        vec![module(beside, folder.clone()), module(folder.join("mod.rs"), folder)]
    }
}

/// A name without the `r#` that makes a name of a keyword.
fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

/// The path in `path = "…"`.
fn path_of(attribute: &TokenStream) -> Option<PathBuf> {
    let tokens: Vec<TokenTree> = attribute.clone().into_iter().collect();
    let [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Literal(text)] = &tokens[..]
    else {
        return None;
    };
    (word == "path").then(|| unquoted(text).into())
}

/// The text of a string without escapes, which a path does not need.
fn unquoted(literal: &Literal) -> String {
    literal.to_string().trim_start_matches('r').trim_matches('#').trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_around_a_module_are_around_its_file() {
        let folder =
            std::env::temp_dir().join(format!("cargo-seccomp-modules-{}", std::process::id()));
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        put(
            "lib.rs",
            "#![allow(deprecated)]\nmod a;\n#[cfg(x)] mod b { fn f() {} #[cfg(y)] pub mod c; }\n#[path = \"other/d.rs\"] mod r#move;",
        );
        put("main.rs", "pub(crate) mod a; mod none; mod lib;");
        put("a/mod.rs", "#[allow(warnings)] mod e;");
        put("a/e.rs", "mod a_loop { }");
        put("b/c.rs", "");
        put("other/d.rs", "mod f;");
        put("other/f.rs", "#[path = \"d.rs\"] mod again;");
        put("nobody.rs", "");
        let roots = ["lib.rs", "main.rs"].map(|name| folder.join(name));
        let files = ModuleFiles::of_crates(&roots);
        let around = |name: &str| {
            let mut all = files.around(&folder.join(name));
            all.sort_by_key(|one| one.silent);
            all.into_iter().map(|one| (one.conditions.join(" "), one.silent)).collect::<Vec<_>>()
        };
        let one = |conditions: &str, silent| vec![(conditions.to_owned(), silent)];
        let both = vec![(String::new(), false), (String::new(), true)];
        assert_eq!(around("a/mod.rs"), both);
        assert_eq!(around("a/e.rs"), one("", true));
        assert_eq!(around("b/c.rs"), one("x y", true));
        assert_eq!(around("other/d.rs"), one("", true));
        assert_eq!(around("other/f.rs"), one("", true));
        assert_eq!(around("nobody.rs"), one("", false));
        std::fs::remove_dir_all(&folder).expect("it is there");
    }
}

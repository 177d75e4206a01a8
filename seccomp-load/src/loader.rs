//! From a text or a tree to a proven policy.

use std::collections::BTreeMap;

use seccomp_install::Abi;
use seccomp_ir::tree::{self, Tree};
use seccomp_syntax::PolicyText;
use seccomp_syntax::report::Report;

use crate::loaded::LoadedPolicy;
use crate::origin::Origin;

/// Reads the text of a file, given its name as written in an `include`, or returns the reason why it cannot.
type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

/// A policy to load, and what it needs besides its text. See [the crate](crate) for an example.
///
/// The policy is compiled for the ABI of this program, and for those that an `arch` item of it names.
#[derive(Clone)]
#[must_use = "nothing is compiled until `load` is called"]
pub struct Loader<'a> {
    origin: Origin,
    text: String,
    values: BTreeMap<String, i128>,
    cfg: Vec<(String, Option<String>)>,
    files: Option<&'a ReadFile<'a>>,
}

impl<'a> Loader<'a> {
    /// A policy in the language of this project. Messages call it `name`.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Origin::Text { name: name.into() }, text.into())
    }

    /// A policy as a tree, such as the result of an import. Messages show the canonical text of the tree.
    pub fn tree(origin: Origin, tree: &Tree) -> Self {
        Self::new(origin, tree::print(tree))
    }

    fn new(origin: Origin, text: String) -> Self {
        Self { origin, text, values: BTreeMap::new(), cfg: Vec::new(), files: None }
    }

    /// Gives the value for `$name`; `name` is without the `$`. A value that its argument cannot hold is an error of the policy,
    /// at the place of `$name`, just like a number that is written there.
    pub fn value(mut self, name: impl Into<String>, value: impl Into<i128>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// Makes `#[cfg(name)]` true. An option that is not set is false.
    pub fn cfg(mut self, name: impl Into<String>) -> Self {
        self.cfg.push((name.into(), None));
        self
    }

    /// Makes `#[cfg(name = "value")]` true, such as `feature = "net"`.
    pub fn cfg_value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.cfg.push((name.into(), Some(value.into())));
        self
    }

    /// Sets the function that reads the files that the policy includes. Without it, `include` is an error.
    pub fn files(mut self, files: &'a ReadFile<'a>) -> Self {
        self.files = Some(files);
        self
    }

    /// Compiles the policy, and proves that its filter is equal to it.
    ///
    /// # Errors
    ///
    /// All errors of the policy, each with its line and column. A name that only rustc can evaluate, a `$name` without a value,
    /// and `report` are errors too, because there is no program that is compiled with the policy.
    pub fn load(self) -> Result<LoadedPolicy, Report> {
        let mut policy =
            PolicyText::new(self.origin.name(), &self.text, Abi::NATIVE).with_values(self.values);
        for (name, value) in &self.cfg {
            policy = match value {
                Some(value) => policy.cfg_value(name, value),
                None => policy.cfg(name),
            };
        }
        if let Some(files) = self.files {
            policy = policy.files(files);
        }
        let compiled = policy.compile()?;
        Ok(LoadedPolicy::new(self.origin, compiled))
    }
}

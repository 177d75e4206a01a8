//! The ABI and the `cfg` options that policies are checked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::{PolicyText, build_script};
use serde::Deserialize;

use crate::sources::package_root;

/// What policies are checked for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The ABI of the program.
    pub(crate) abi: Abi,
    /// Names, and names with values, that hold.
    cfg: Vec<(String, Option<String>)>,
}

impl Target {
    /// The target of that name, or the host's; `abi` takes the place of its ABI. `options` are as for rustc's `--cfg`.
    ///
    /// # Errors
    ///
    /// rustc cannot be run or does not know the target, no ABI has the name, or an option has another form.
    pub(crate) fn new(triple: Option<&str>, abi: Option<&str>, options: &[String]) -> Result<Self> {
        let mut cfg = Vec::new();
        for line in printed_by_rustc(triple)?.lines() {
            cfg.push(option(line)?);
        }
        for given in options {
            cfg.push(option(given)?);
        }
        let abi = match abi {
            Some(name) => name.parse().map_err(|why| anyhow!("`{name}`: {why}"))?,
            None => abi_of(&cfg)?,
        };
        Ok(Self { abi, cfg })
    }

    /// The same with the features of a package.
    pub(crate) fn with_features(&self, features: &BTreeSet<String>) -> Self {
        let mut all = self.clone();
        for feature in features {
            all.cfg.push(("feature".to_owned(), Some(feature.clone())));
        }
        all
    }

    /// The same where `#[cfg(test)]` holds.
    pub(crate) fn of_tests(&self) -> Self {
        let mut all = self.clone();
        all.cfg.push(("test".to_owned(), None));
        all
    }

    /// The policy with these options.
    pub(crate) fn set<'a>(&self, mut policy: PolicyText<'a>) -> PolicyText<'a> {
        for (name, value) in &self.cfg {
            policy = match value {
                Some(value) => policy.cfg_value(name, value),
                None => policy.cfg(name),
            };
        }
        policy
    }

    /// Whether `#[cfg(predicate)]` holds. One that cannot be read holds: rustc reports it.
    pub(crate) fn holds(&self, predicate: &str) -> bool {
        let text = format!("#[cfg({predicate})] arch {};", self.abi);
        let policy = self.set(PolicyText::new("", &text, self.abi)).rules_alone();
        match policy.compile() {
            Ok(compiled) => compiled.tree.items.len() > 1,
            Err(_) => true,
        }
    }
}

/// `name` or `name="value"`
fn option(text: &str) -> Result<(String, Option<String>)> {
    let (name, value) = match text.split_once('=') {
        None => (text, None),
        Some((name, value)) => {
            let inner = value.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let Some(inner) = inner else {
                bail!(
                    "`{text}` cannot be an option of `cfg`: write `name` or `name=\"value\"`, as for rustc"
                );
            };
            (name, Some(inner.to_owned()))
        }
    };
    let name = name.trim();
    let word = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric());
    ensure!(
        word,
        "`{text}` cannot be an option of `cfg`: write `name` or `name=\"value\"`, as for rustc"
    );
    Ok((name.to_owned(), value))
}

/// The options that rustc sets for a target, in a build without optimisation.
fn printed_by_rustc(triple: Option<&str>) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&rustc);
    command.args(["--print", "cfg"]).stdin(Stdio::null());
    if let Some(triple) = triple {
        command.args(["--target", triple]);
    }
    let done = command.output().with_context(|| {
        format!("`{}` says which cfg options hold, and cannot be run", rustc.display())
    })?;
    let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
    ensure!(done.status.success(), "`rustc --print cfg` failed: {said}");
    Ok(String::from_utf8(done.stdout)?)
}

fn abi_of(cfg: &[(String, Option<String>)]) -> Result<Abi> {
    let value = |wanted: &str| {
        let found = cfg.iter().find(|(name, _)| name == wanted);
        found.and_then(|(_, value)| value.as_deref()).unwrap_or_default()
    };
    build_script::target(
        value("target_arch"),
        value("target_endian"),
        value("target_pointer_width"),
    )
    .map_err(|why| anyhow!(why))
}

/// The features of packages that hold.
#[derive(Debug, Default)]
pub(crate) struct Features {
    of_package: BTreeMap<PathBuf, BTreeSet<String>>,
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    features: BTreeMap<String, Vec<String>>,
}

/// The features that a user asks for, as for cargo.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct FeatureArgs {
    /// Features that hold, besides the default ones: a list with commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Vec<String>,

    /// All features hold.
    #[arg(long)]
    all_features: bool,

    /// The default features do not hold.
    #[arg(long)]
    no_default_features: bool,
}

impl Features {
    /// The features of the packages of the workspace around the current folder. None if there is no workspace, or no cargo.
    pub(crate) fn new(asked: &FeatureArgs) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let done = Command::new(cargo)
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .stdin(Stdio::null())
            .output();
        let metadata = match done {
            Ok(done) if done.status.success() => {
                serde_json::from_slice::<Metadata>(&done.stdout).ok()
            }
            Ok(_) | Err(_) => None,
        };
        let mut of_package = BTreeMap::new();
        for package in metadata.into_iter().flat_map(|metadata| metadata.packages) {
            if let Some(folder) = package.manifest_path.parent() {
                of_package.insert(folder.to_owned(), asked.of(&package.features));
            }
        }
        // Files outside of a package have only what is asked for.
        of_package.insert(PathBuf::new(), asked.features.iter().cloned().collect());
        Self { of_package }
    }

    /// The features that hold for a file.
    pub(crate) fn of(&self, file: &Path) -> BTreeSet<String> {
        let root = package_root(file).unwrap_or_default();
        let known = self.of_package.get(&root).or_else(|| self.of_package.get(Path::new("")));
        known.cloned().unwrap_or_default()
    }
}

impl FeatureArgs {
    /// The features of a package that hold: those that are asked for, and those that they switch on.
    fn of(&self, features: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
        let mut hold = BTreeSet::new();
        let mut left: Vec<String> = self.features.clone();
        if self.all_features {
            left.extend(features.keys().cloned());
        }
        if !self.no_default_features {
            left.push("default".to_owned());
        }
        while let Some(feature) = left.pop() {
            if let Some(others) = features.get(&feature)
                && hold.insert(feature)
            {
                left.extend(others.iter().cloned());
            }
        }
        hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_has_its_abi_and_its_options() {
        let options = ["feature=\"net\"".to_owned(), "fuzzing".to_owned()];
        let target = Target::new(None, None, &options).expect("rustc runs");
        assert_eq!(target.abi, Abi::NATIVE);
        for (predicate, holds) in [
            ("unix", true),
            ("target_os = \"linux\"", true),
            ("all(fuzzing, feature = \"net\")", true),
            ("feature = \"other\"", false),
            ("test", false),
            ("some nonsense", true),
        ] {
            assert_eq!(target.holds(predicate), holds, "{predicate}");
        }
        assert!(target.of_tests().holds("test"));
    }

    #[test]
    fn another_target_has_its_own() {
        let target =
            Target::new(Some("aarch64-unknown-linux-musl"), None, &[]).expect("rustc knows it");
        assert_eq!(target.abi, Abi::Aarch64);
        assert!(target.holds("target_env = \"musl\""));
        for (triple, abi, cfg) in [
            (Some("nonsense"), None, ""),
            (None, Some("x87"), ""),
            (None, None, "a=b"),
            (None, None, "a b"),
        ] {
            let options = if cfg.is_empty() { Vec::new() } else { vec![cfg.to_owned()] };
            assert!(Target::new(triple, abi, &options).is_err(), "{triple:?} {abi:?} {cfg}");
        }
    }

    #[test]
    fn a_feature_switches_on_others() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let features = BTreeMap::from([
            ("default".to_owned(), list(&["std"])),
            ("std".to_owned(), list(&["dep:x", "y/z"])),
            ("net".to_owned(), list(&["std"])),
        ]);
        let of = |asked: FeatureArgs| asked.of(&features).into_iter().collect::<Vec<_>>();
        assert_eq!(of(FeatureArgs::default()), ["default", "std"]);
        let only = FeatureArgs {
            features: list(&["net"]),
            no_default_features: true,
            ..FeatureArgs::default()
        };
        assert_eq!(of(only), ["net", "std"]);
        let all = FeatureArgs { all_features: true, ..FeatureArgs::default() };
        assert_eq!(of(all), ["default", "net", "std"]);
    }
}

//! The packages whose policies are checked: their features, and the modules of their crates.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::target::Target;
use crate::sources::{FileKind, ModuleFiles, SourceFile, package_root};

/// The packages of the workspace, with the facts that matter for `#[cfg(…)]` and `#[allow(…)]`.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    of_folder: BTreeMap<PathBuf, PackageOptions>,
}

/// The facts about a package.
#[derive(Clone, Debug, Default)]
struct PackageOptions {
    /// The features that hold.
    features: BTreeSet<String>,
    /// The files in which its crates begin.
    crates: Vec<PathBuf>,
    /// The attributes around its files, once somebody has asked for them.
    modules: OnceCell<ModuleFiles>,
}

/// The parts of the output of `cargo metadata` that matter here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    features: BTreeMap<String, Vec<String>>,
    targets: Vec<PackageTarget>,
}

#[derive(Deserialize)]
struct PackageTarget {
    src_path: PathBuf,
}

/// The features that a user asks for, as for cargo.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct FeatureArgs {
    /// Switch on these features, besides the default ones: a list with commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Vec<String>,

    /// Switch on all features.
    #[arg(long)]
    all_features: bool,

    /// Switch off the default features.
    #[arg(long)]
    no_default_features: bool,
}

impl Packages {
    /// The packages of the workspace around the current folder. Without a workspace or cargo, there are none.
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
        let mut of_folder = BTreeMap::new();
        for package in metadata.into_iter().flat_map(|metadata| metadata.packages) {
            if let Some(folder) = package.manifest_path.parent() {
                let features = asked.of(&package.features);
                let crates = package.targets.into_iter().map(|target| target.src_path).collect();
                let options = PackageOptions { features, crates, modules: OnceCell::new() };
                of_folder.insert(folder.to_owned(), options);
            }
        }
        // Files outside of a package have only the features that are asked for.
        let features = asked.features.iter().cloned().collect();
        of_folder.insert(PathBuf::new(), PackageOptions { features, ..PackageOptions::default() });
        Self { of_folder }
    }

    /// `target` for a file: with the features of its package, and the attributes around its module.
    pub(crate) fn target_of(&self, file: &SourceFile, target: &Target) -> Target {
        let root = package_root(&file.path).unwrap_or_default();
        let known = self.of_folder.get(&root).or_else(|| self.of_folder.get(Path::new("")));
        let Some(options) = known else { return target.clone() };
        let target = target.with_features(&options.features);
        match file.kind {
            FileKind::Policy => target,
            FileKind::Rust => {
                let modules =
                    options.modules.get_or_init(|| ModuleFiles::of_crates(&options.crates));
                target.with_around(modules.around(&file.path))
            }
        }
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

//! The ABI and the `cfg` options that policies are checked for.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use seccomp_bpf::abi::Abi;
use seccomp_syntax::{PolicyText, build_script};

use crate::sources::Attributes;

/// The target that policies are checked for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The ABI of the program.
    pub(crate) abi: Abi,
    /// The names, and names with values, that hold in `#[cfg(…)]`.
    cfg: Vec<(String, Option<String>)>,
    /// The attributes around the file, for each place that includes it as a module.
    around: Vec<Attributes>,
}

impl Target {
    /// The target of that name, or the host. `abi` replaces its ABI. `options` have the form of rustc's `--cfg`.
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
        Ok(Self { abi, cfg, around: vec![Attributes::default()] })
    }

    /// This target, with the features of a package.
    pub(crate) fn with_features(&self, features: &BTreeSet<String>) -> Self {
        let mut all = self.clone();
        for feature in features {
            all.cfg.push(("feature".to_owned(), Some(feature.clone())));
        }
        all
    }

    /// This target, for a file with these attributes around it, for each place that includes it.
    pub(crate) fn with_around(self, around: Vec<Attributes>) -> Self {
        Self { around, ..self }
    }

    /// Whether rustc sees a policy with these attributes in its own file, and if so, whether it silences the warnings.
    pub(crate) fn sees(&self, attributes: &Attributes) -> Option<bool> {
        let holds = |all: &Attributes| all.conditions.iter().all(|one| self.holds(one));
        if !holds(attributes) {
            return None;
        }
        let mut ways = self.around.iter().filter(|way| holds(way)).peekable();
        ways.peek()?;
        Some(attributes.silent || ways.all(|way| way.silent))
    }

    /// This target, with `#[cfg(test)]`.
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

    /// Whether `#[cfg(predicate)]` holds. A predicate that cannot be read holds, because rustc reports it.
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
}

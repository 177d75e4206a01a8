//! The ABIs of a policy (`arch`) and of a rule (`#[arch(…)]`).

use super::{Resolver, install};
use crate::abi::Abi;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::lists::list_abis;
use crate::table;
use crate::tree::{Item, ItemKind, Name, Tree};

impl Resolver<'_> {
    /// The ABIs of `arch`, or the target's own if there is no `arch`.
    pub(super) fn served_abis(&mut self, tree: &Tree) -> Vec<Abi> {
        let mut listed: Option<&Vec<Name>> = None;
        for item in &tree.items {
            let ItemKind::Arch(names) = &item.kind else { continue };
            if let (Some([first, ..]), [second, ..]) = (listed.map(Vec::as_slice), &names[..]) {
                let message = "a second `arch`: list every ABI in one, `arch x86_64, x86;`";
                let error = Diagnostic::new(ErrorCode::Twice, second.span, message);
                self.errors.add(error.label(first.span, "the first"));
                break;
            }
            listed = Some(names);
        }
        let Some(names) = listed else { return vec![self.target] };
        let Some(first) = names.first() else {
            // No parser makes such a tree.
            self.errors.at(
                ErrorCode::NothingNamed,
                tree.span,
                "`arch` needs ABIs: `arch x86_64, x86;`",
            );
            return Vec::new();
        };
        let mut abis = Vec::new();
        for name in names {
            if self.errors.full(name.span).is_some() {
                break;
            }
            let error = match Abi::from_name(&name.text) {
                None => unknown_abi(name),
                Some(abi) if abis.contains(&abi) => {
                    let message = format!("`{name}` is listed already");
                    Diagnostic::new(ErrorCode::Twice, name.span, message)
                }
                Some(abi) if abi.endian() != self.target.endian() => {
                    let message = format!(
                        "`{name}` has another byte order than {}, for which this program is built: no kernel serves both",
                        self.target.name()
                    );
                    Diagnostic::new(ErrorCode::ForeignByteOrder, name.span, message)
                }
                Some(abi) => {
                    abis.push(abi);
                    continue;
                }
            };
            self.errors.add(error);
        }
        if !abis.contains(&self.target) && abis.len() == names.len() {
            let target = self.target.name();
            let message = format!(
                "this program is built for {target}, which `arch` does not list: all of its calls would get the action of `bad_arch`"
            );
            let error = Diagnostic::new(ErrorCode::OwnAbiNotListed, first.span, message);
            let replacement = format!("{target}, {first}");
            self.errors.add(error.help(format!("add `{target}`")).replace(first.span, replacement));
        }
        abis
    }

    /// The ABIs of the policy to which `item` applies.
    pub(super) fn abis_of_rule(&self, item: &Item) -> Vec<Abi> {
        let mut abis = self.abis.clone();
        abis.retain(|abi| item.applies_to(*abi));
        abis
    }

    /// Checks the names in each `#[arch(…)]`, and the names of calls in rules that apply to no ABI of the policy.
    /// An ABI that the policy does not serve is not an error: a fragment is for policies of every target.
    pub(super) fn check_rule_abis(&mut self, tree: &Tree) {
        for item in &tree.items {
            let ItemKind::Rule(rule) = &item.kind else { continue };
            for (index, name) in item.abis.iter().enumerate() {
                if self.errors.full(name.span).is_some() {
                    return;
                }
                if Abi::from_name(&name.text).is_none() {
                    self.errors.add(unknown_abi(name));
                } else if item.abis[..index].iter().any(|other| other.text == name.text) {
                    let message = format!("`{name}` is listed already");
                    self.errors.at(ErrorCode::Twice, name.span, message);
                }
            }
            if self.abis_of_rule(item).is_empty() {
                for target in &rule.targets {
                    if install::members(target).is_some() {
                        continue;
                    }
                    self.check_calls(&target.calls);
                }
            }
        }
    }
}

fn unknown_abi(name: &Name) -> Diagnostic {
    let Name { text: name, span } = name;
    let near = match name.as_str() {
        "amd64" | "x64" => Some("x86_64"),
        "i386" | "i686" | "x86_32" => Some("x86"),
        "arm64" => Some("aarch64"),
        "powerpc64" => Some("ppc64"),
        "powerpc64le" => Some("ppc64le"),
        "powerpc" => Some("ppc"),
        "loong64" => Some("loongarch64"),
        "mips64el" => Some("mipsel64"),
        "armv7" | "armhf" => Some("arm"),
        _ => table::nearest(name, abi_names(Abi::ALL).iter().copied()),
    };
    let unknown = Diagnostic::new(ErrorCode::UnknownAbi, *span, format!("unknown ABI `{name}`"));
    match near {
        Some(near) => unknown.help(format!("did you mean `{near}`?")).replace(*span, near),
        None => unknown.help(format!("the known ABIs are {}", list_abis(Abi::ALL))),
    }
}

fn abi_names(abis: &[Abi]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for abi in abis {
        names.push(abi.name());
    }
    names
}

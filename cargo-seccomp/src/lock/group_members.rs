//! The members of the groups that a policy names.

use seccomp_bpf::abi::Abi;
use seccomp_ir::table;
use seccomp_ir::tree::{Calls, ItemKind, Tree};

use super::LockedGroup;

/// The groups that the rules of `tree` name, with their members on the ABIs of the policy; `target` is the ABI of the
/// program. Groups whose members the compiler itself makes, such as `@install`, are left out.
pub(crate) fn groups_of(tree: &Tree, target: Abi) -> Vec<LockedGroup> {
    let mut groups = Vec::new();
    for name in group_names(tree) {
        let Some(group) = table::group(&name) else { continue };
        for abi in abis_of(tree, target) {
            let calls = group.calls(abi);
            let members = calls.iter().flat_map(|call| {
                let name = table::name(abi, call.number).unwrap_or_default();
                match &call.conditions[..] {
                    [] => vec![name.to_owned()],
                    conditions => {
                        conditions.iter().map(|condition| format!("{name}({condition})")).collect()
                    }
                }
            });
            let mut members: Vec<String> = members.collect();
            members.sort_unstable();
            groups.push(LockedGroup { name: name.clone(), abi, members });
        }
    }
    groups
}

fn group_names(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    for item in &tree.items {
        match &item.kind {
            ItemKind::Rule(rule) => {
                for target in &rule.targets {
                    match &target.calls {
                        Calls::Group(name, _) => names.push(name.clone()),
                        Calls::Named(_) | Calls::Numbered(..) => {}
                    }
                }
            }
            ItemKind::Default(_)
            | ItemKind::BadArch(_)
            | ItemKind::Unknown(_)
            | ItemKind::Arch(_)
            | ItemKind::Include(_)
            | ItemKind::Report(_) => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// The ABI of the program, and the ABIs of the `arch` items.
fn abis_of(tree: &Tree, target: Abi) -> Vec<Abi> {
    let mut abis = vec![target];
    for item in &tree.items {
        if let ItemKind::Arch(names) = &item.kind {
            abis.extend(names.iter().filter_map(|name| name.text.parse::<Abi>().ok()));
        }
    }
    abis.sort_unstable();
    abis.dedup();
    abis
}

//! Reads unit files of systemd.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::table::{self, ConstantLookup};

use super::layers::{ALL_NAMESPACES, Layer, NAMESPACES};
use super::list::{List, errno};
use super::unit::{Assignment, assignments, boolean};
use crate::formats::draft::Draft;
use crate::formats::import_options::Options;
use crate::formats::problem::{Findings, ProblemPlace};
use crate::formats::several_filters::stacked;

/// The parts of a unit that are about system calls.
#[derive(Default)]
struct Unit {
    filter: List,
    log: List,
    /// `SystemCallErrorNumber=`
    denied: Option<Action>,
    abis: Vec<Abi>,
    families: Option<(Vec<u64>, bool, ProblemPlace)>,
    /// The flags of the namespaces that stay allowed.
    namespaces: Option<(u64, ProblemPlace)>,
    personality: Option<u64>,
    /// The directives with a boolean value, each with its last place.
    switches: BTreeMap<&'static str, ProblemPlace>,
}

/// The directives with a boolean value that make a filter, in the order in which systemd installs the filters.
const SWITCHES: [&str; 11] = [
    "ProtectHostname",
    "MemoryDenyWriteExecute",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectClock",
    "PrivateDevices",
    "LockPersonality",
    "DynamicUser",
];

/// The directives that are lists or values and make a filter.
const LISTS: [&str; 6] = [
    "SystemCallFilter",
    "SystemCallLog",
    "SystemCallErrorNumber",
    "SystemCallArchitectures",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
];

/// Whether a key is a directive about system calls.
fn is_directive(key: &str) -> bool {
    LISTS.contains(&key) || SWITCHES.contains(&key)
}

/// The directive that a key was meant to be: it differs in case, or in up to three letters.
///
/// Of the 441 directives of systemd 252.39 (`systemd --dump-configuration-items`), `ProtectProc` alone is so close to one of these.
fn slip(key: &str) -> Option<&'static str> {
    if key == "ProtectProc" {
        return None;
    }
    table::nearest(key, LISTS.into_iter().chain(SWITCHES))
}

/// The meaning of all filters of the unit together. `None` if it cannot be known.
pub(in crate::formats) fn import(
    text: &str,
    options: &Options<'_>,
    findings: &mut Findings,
) -> Option<Draft> {
    let mut unit = Unit::default();
    let mut any = false;
    for assignment in assignments(text, findings) {
        any |= unit.assign(&assignment, options.target, findings);
    }
    if !any {
        return None;
    }
    let mut abis = local_abis(options.target);
    let is_restricted = !unit.abis.is_empty();
    if is_restricted {
        // "the x32 architecture is treated as including x86-64 system calls": systemd.exec(5).
        abis.retain(|abi| *abi == options.target || unit.abis.contains(abi));
    }
    if let Some(chosen) = &options.abis {
        abis.clone_from(chosen);
    }
    let layers = unit.layers(&abis, findings);
    // A filter for one ABI allows calls through others (`seccomp_init_for_arch`); only `SystemCallArchitectures=` denies them.
    let bad_arch = if is_restricted { Action::KillThread } else { Action::Allow };
    let mut draft = stacked(&layers, bad_arch);
    if unit.filter.denies_unknown(unit.denied()) {
        draft.with_unknown(unit.denied());
    }
    Some(draft)
}

/// The ABIs for which systemd makes filters, that of the program first. An ABI with the other byte order, which systemd
/// lists too, is never in a process.
///
/// Source: `seccomp_local_archs`, `src/shared/seccomp-util.c`, systemd 252.39.
fn local_abis(target: Abi) -> Vec<Abi> {
    match target {
        Abi::X86_64 => vec![Abi::X86_64, Abi::X86, Abi::X32],
        Abi::X32 => vec![Abi::X32, Abi::X86, Abi::X86_64],
        Abi::Aarch64 => vec![Abi::Aarch64, Abi::Arm],
        Abi::Mips64 | Abi::Mips64N32 => {
            let others = [Abi::Mips64, Abi::Mips64N32, Abi::Mips];
            std::iter::once(target).chain(others.into_iter().filter(|abi| *abi != target)).collect()
        }
        Abi::Mipsel64 | Abi::Mipsel64N32 => {
            let others = [Abi::Mipsel64, Abi::Mipsel64N32, Abi::Mipsel];
            std::iter::once(target).chain(others.into_iter().filter(|abi| *abi != target)).collect()
        }
        Abi::Parisc64 => vec![Abi::Parisc64, Abi::Parisc],
        Abi::Ppc64 => vec![Abi::Ppc64, Abi::Ppc],
        Abi::S390x => vec![Abi::S390x, Abi::S390],
        // Whatever else systemd's source does not list has no other ABI.
        other => vec![other],
    }
}

impl Unit {
    /// Takes an assignment. Returns whether it is about system calls.
    fn assign(&mut self, assignment: &Assignment, target: Abi, findings: &mut Findings) -> bool {
        let Assignment { key, value, place, elsewhere } = assignment;
        if let Some(section) = elsewhere {
            if is_directive(key) {
                let message = format!(
                    "`{key}` has no effect in the section `[{section}]`: systemd ignores it there"
                );
                findings.remark(place.clone(), message);
            }
            return false;
        }
        match key.as_str() {
            "SystemCallFilter" => self.filter.line(value, true, place, target, findings),
            "SystemCallLog" => self.log.line(value, false, place, target, findings),
            "SystemCallErrorNumber" => self.error_number(value, place, target, findings),
            "SystemCallArchitectures" => self.architectures(value, place, target, findings),
            "RestrictAddressFamilies" => self.families(value, place, target, findings),
            "RestrictNamespaces" => self.namespaces(value, place, findings),
            "Personality" => {
                self.personality = personality(value);
                return false;
            }
            key => {
                let Some(switch) = SWITCHES.iter().find(|switch| **switch == key) else {
                    if let Some(meant) = slip(key) {
                        let message = format!(
                            "systemd has no directive `{key}` and ignores the line; did you mean `{meant}`?"
                        );
                        findings.remark(place.clone(), message);
                    }
                    return false;
                };
                // `ProtectHostname=private` has no filter.
                match boolean(value) {
                    Some(true) => {
                        self.switches.insert(switch, place.clone());
                    }
                    Some(false) => {
                        self.switches.remove(switch);
                    }
                    None if value.is_empty()
                        || (key == "ProtectHostname" && value.starts_with("private")) =>
                    {
                        self.switches.remove(switch);
                    }
                    None => {
                        findings.error(place.clone(), format!("`{value}` is neither yes nor no"))
                    }
                }
                return *switch != "DynamicUser" || self.switches.contains_key(switch);
            }
        }
        true
    }

    fn error_number(
        &mut self,
        value: &str,
        place: &ProblemPlace,
        target: Abi,
        findings: &mut Findings,
    ) {
        if value.is_empty() || value == "kill" {
            self.denied = None;
            return;
        }
        match errno(value, target) {
            Some(number @ 1..) => self.denied = Some(Action::Errno(number)),
            _ => findings.error(
                place.clone(),
                format!("`{value}` is not an errno, and systemd ignores the line"),
            ),
        }
    }

    fn architectures(
        &mut self,
        value: &str,
        place: &ProblemPlace,
        target: Abi,
        findings: &mut Findings,
    ) {
        if value.is_empty() {
            self.abis.clear();
        }
        for word in value.split_whitespace() {
            match architecture(word, target) {
                Some(abi) => {
                    self.abis.push(abi);
                    if abi == Abi::X32 {
                        self.abis.push(Abi::X86_64);
                    }
                }
                None => {
                    findings.error(place.clone(), format!("systemd knows no architecture `{word}`"))
                }
            }
        }
    }

    fn families(
        &mut self,
        value: &str,
        place: &ProblemPlace,
        target: Abi,
        findings: &mut Findings,
    ) {
        if value.is_empty() {
            self.families = None;
            return;
        }
        if value == "none" {
            self.families = Some((Vec::new(), true, place.clone()));
            return;
        }
        let (inverted, words) = match value.strip_prefix('~') {
            Some(words) => (true, words),
            None => (false, value),
        };
        let (families, is_allow_list, _) =
            self.families.get_or_insert_with(|| (Vec::new(), !inverted, place.clone()));
        for word in words.split_whitespace() {
            let ConstantLookup::Value(family) = table::constant(target, word) else {
                findings.error(
                    place.clone(),
                    format!("`{word}` is not an address family, and systemd ignores it"),
                );
                continue;
            };
            if inverted == *is_allow_list {
                families.retain(|it| *it != family.value);
            } else if !families.contains(&family.value) {
                families.push(family.value);
            }
        }
    }

    fn namespaces(&mut self, value: &str, place: &ProblemPlace, findings: &mut Findings) {
        let retained = match boolean(value) {
            _ if value.is_empty() => {
                self.namespaces = None;
                return;
            }
            Some(true) => 0,
            Some(false) => ALL_NAMESPACES,
            None => {
                let (inverted, words) = match value.strip_prefix('~') {
                    Some(words) => (true, words),
                    None => (false, value),
                };
                let mut flags = 0;
                for word in words.split_whitespace() {
                    match NAMESPACES.iter().find(|(name, _)| *name == word) {
                        Some((_, flag)) => flags |= flag,
                        None => {
                            findings.error(place.clone(), format!("there is no namespace `{word}`"))
                        }
                    }
                }
                match self.namespaces {
                    None if inverted => !flags & ALL_NAMESPACES,
                    None => flags,
                    Some((before, _)) if inverted => before & !flags,
                    Some((before, _)) => before | flags,
                }
            }
        };
        self.namespaces = Some((retained, place.clone()));
    }

    /// The action for calls that `SystemCallFilter=` denies.
    fn denied(&self) -> Action {
        self.denied.unwrap_or(Action::KillProcess)
    }

    /// The filters in the order in which systemd installs them (`exec_invoke`, `src/core/exec-invoke.c`).
    fn layers(&self, abis: &[Abi], findings: &mut Findings) -> Vec<Draft> {
        let nowhere = ProblemPlace::Path(String::new());
        // A filter that allows everything, so that there is one for each ABI.
        let mut layers = vec![Layer::new(abis, &nowhere, findings).draft()];
        let on = |switch: &str| self.switches.get(switch);
        if let Some(place) = on("ProtectHostname") {
            let layer = Layer::new(abis, place, findings);
            layers.push(layer.calls(&["sethostname", "setdomainname"]));
        }
        if let Some((families, is_allow_list, place)) = &self.families {
            if *is_allow_list || !families.is_empty() {
                let layer = Layer::new(abis, place, findings);
                layers.push(layer.address_families(families, *is_allow_list));
            }
        }
        if let Some(place) = on("MemoryDenyWriteExecute") {
            findings.remark(
                place.clone(),
                "systemd 254 and newer use prctl(PR_SET_MDWE) instead of this filter, if the kernel is Linux 6.3 or newer",
            );
            layers.push(Layer::new(abis, place, findings).write_and_execute());
        }
        if let Some(place) = on("RestrictRealtime") {
            layers.push(Layer::new(abis, place, findings).realtime());
        }
        // "DynamicUser= implies … RestrictSUIDSGID=": systemd.exec(5).
        if let Some(place) = on("RestrictSUIDSGID").or(on("DynamicUser")) {
            layers.push(Layer::new(abis, place, findings).set_id_bits());
        }
        if let Some((retained, place)) = &self.namespaces {
            if retained & ALL_NAMESPACES != ALL_NAMESPACES {
                layers.push(Layer::new(abis, place, findings).namespaces(*retained));
            }
        }
        for (switch, group, calls) in [
            ("ProtectKernelTunables", "", &["_sysctl"][..]),
            ("ProtectKernelModules", "@module", &[]),
            ("ProtectKernelLogs", "", &["syslog"]),
            ("ProtectClock", "@clock", &[]),
            ("PrivateDevices", "@raw-io", &[]),
        ] {
            let Some(place) = on(switch) else { continue };
            let mut calls = calls.to_vec();
            calls.extend(table::systemd_group(group).unwrap_or_default());
            layers.push(Layer::new(abis, place, findings).calls(&calls));
        }
        if let Some(place) = on("LockPersonality") {
            let personality = self.personality.unwrap_or(0);
            layers.push(Layer::new(abis, place, findings).personality(personality));
        }
        layers.extend(self.log.draft(abis, Action::Log, Action::Allow, findings));
        layers.extend(self.filter.draft(abis, Action::Allow, self.denied(), findings));
        layers
    }
}

/// The ABI of that name (`seccomp_arch_from_string`).
fn architecture(name: &str, target: Abi) -> Option<Abi> {
    if name == "native" {
        return Some(target);
    }
    Abi::ALL.iter().find(|abi| architecture_name(**abi) == Some(name)).copied()
}

/// The name of an ABI. systemd has none for those on which it does not run.
pub(super) fn architecture_name(abi: Abi) -> Option<&'static str> {
    Some(match abi {
        Abi::X86 => "x86",
        Abi::X86_64 => "x86-64",
        Abi::X32 => "x32",
        Abi::Arm => "arm",
        Abi::Aarch64 => "arm64",
        Abi::Loongarch64 => "loongarch64",
        Abi::Mips => "mips",
        Abi::Mips64 => "mips64",
        Abi::Mips64N32 => "mips64-n32",
        Abi::Mipsel => "mips-le",
        Abi::Mipsel64 => "mips64-le",
        Abi::Mipsel64N32 => "mips64-le-n32",
        Abi::Parisc => "parisc",
        Abi::Parisc64 => "parisc64",
        Abi::Ppc => "ppc",
        Abi::Ppc64 => "ppc64",
        Abi::Ppc64le => "ppc64-le",
        Abi::Riscv64 => "riscv64",
        Abi::S390 => "s390",
        Abi::S390x => "s390x",
        Abi::M68k | Abi::Sh | Abi::Sheb => return None,
    })
}

/// The value of `Personality=` (`personality_from_string`): PER_LINUX, or PER_LINUX32 for the 32-bit ABI of a 64-bit one.
fn personality(name: &str) -> Option<u64> {
    match name {
        "x86" | "s390" | "arm" | "ppc" | "ppc-le" => Some(8),
        "x86-64" | "s390x" | "arm64" | "ppc64" | "ppc64-le" => Some(0),
        _ => None,
    }
}

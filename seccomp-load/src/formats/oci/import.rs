//! Reads OCI profiles.

use seccomp_ir::abi::{Abi, ArgumentIndex};
use seccomp_ir::action::Action;
use seccomp_ir::table;

use super::profile_names::{MASKED_EQ, OPERATORS, abi, architecture, host};
use crate::formats::condition::NEVER_HOLDS;
use crate::formats::constants;
use crate::formats::draft::Draft;
use crate::formats::import_options::Options;
use crate::formats::json::{self, Node};
use crate::formats::libseccomp::{LibseccompFilter, Test};
use crate::formats::problem::Findings;

/// The action for calls through other ABIs: libseccomp's default, which no runtime changes.
///
/// Source: `db_col_reset`, `src/db.c` of libseccomp at 90d3f7d.
pub(super) const BAD_ARCH: Action = Action::KillThread;

/// The errno of an action that does not give one.
///
/// Source: runtime-spec, `config-linux.md`: "The default is `EPERM`."
const EPERM: u64 = 1;

const PROFILE: [&str; 9] = [
    "defaultAction",
    "defaultErrnoRet",
    "defaultErrno",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
];

const SYSCALL: [&str; 9] =
    ["names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes"];

/// The meaning of the profile. `None` if it cannot be known.
pub(in crate::formats) fn import(
    text: &str,
    options: &Options<'_>,
    findings: &mut Findings,
) -> Option<Draft> {
    let value = json::read(text, findings)?;
    let root = Node::root(&value);
    let profile = match root.field("linux").and_then(|linux| linux.field("seccomp")) {
        Some(seccomp) => seccomp,
        None if root.field("ociVersion").is_some() => {
            findings
                .error(root.place(), "this configuration has no seccomp profile (`linux.seccomp`)");
            return None;
        }
        None => root,
    };
    profile.object(&PROFILE, findings)?;
    let default = default_action(&profile, findings)?;
    let abis = abis(&profile, options, findings);
    for (field, what) in [
        ("flags", "flags of the install are not part of a policy: see `Installer`"),
        (
            "listenerPath",
            "who listens is not part of a policy: see the supervisors of `seccomp-install`",
        ),
    ] {
        if let Some(field) = profile.field(field) {
            findings.remark(field.place(), what);
        }
    }
    let mut filter = LibseccompFilter::new(abis.clone(), default);
    let rules = profile.field("syscalls").map(|rules| rules.elements(findings));
    for rule in rules.unwrap_or_default() {
        if rule.object(&SYSCALL, findings).is_some() && applies(&rule, options, findings) {
            add(&rule, &mut filter, default, &abis, findings);
        }
    }
    Some(filter.draft(BAD_ARCH, findings))
}

fn default_action(profile: &Node<'_>, findings: &mut Findings) -> Option<Action> {
    let Some(field) = profile.field("defaultAction") else {
        findings
            .error(profile.place(), "a profile needs a `defaultAction`, such as SCMP_ACT_ERRNO");
        return None;
    };
    action(&field, profile.field("defaultErrnoRet"), profile.field("defaultErrno"), findings)
}

/// An action, with its number or the name of its number.
fn action(
    field: &Node<'_>,
    number: Option<Node<'_>>,
    name: Option<Node<'_>>,
    findings: &mut Findings,
) -> Option<Action> {
    let word = field.text(findings)?;
    let given = number.clone().or(name.clone());
    let data = match (number, name) {
        (Some(number), _) => number.number(findings)?,
        (None, Some(name)) => match constants::errno(Abi::X86_64, name.text(findings)?) {
            Ok(errno) => u64::from(errno),
            Err(why) => {
                findings.error(name.place(), why);
                return None;
            }
        },
        (None, None) => EPERM,
    };
    let data = match (u16::try_from(data), &given) {
        (Ok(data), _) => data,
        (Err(_), given) => {
            let place = given.as_ref().unwrap_or(field).place();
            findings.error(
                place,
                format!("{data} is above 65535, the highest that a filter can return"),
            );
            return None;
        }
    };
    let action = match word {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_ERRNO" => Action::Errno(data),
        "SCMP_ACT_TRACE" => Action::Trace(data),
        "SCMP_ACT_TRAP" => Action::Trap(0),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        "SCMP_ACT_LOG" => Action::Log,
        "SCMP_ACT_NOTIFY" => Action::Notify,
        _ => {
            let message = format!("there is no action `{word}`");
            findings.error_with_help(
                field.place(),
                message,
                "the actions are SCMP_ACT_ALLOW, _ERRNO, _TRACE, _TRAP, _KILL, _KILL_THREAD, _KILL_PROCESS, _LOG, _NOTIFY",
            );
            return None;
        }
    };
    // Whatever else the format has takes no data.
    let takes_data = matches!(action, Action::Errno(_) | Action::Trace(_));
    if let Some(given) = given.filter(|_| !takes_data) {
        findings.error(
            given.place(),
            format!("`{word}` takes no errno, and runtimes refuse such a profile"),
        );
        return None;
    }
    // Whatever else has no errno that the kernel cuts.
    if let Action::Errno(errno) = action {
        if errno > Action::MAX_ERRNO {
            let message = format!(
                "errno {errno} is above 4095, and the kernel returns 4095 instead: write 4095"
            );
            findings.error(field.place(), message);
            return None;
        }
    }
    Some(action)
}

/// The ABIs of the profile: that of the program, which runtimes always add, comes first.
fn abis(profile: &Node<'_>, options: &Options<'_>, findings: &mut Findings) -> Vec<Abi> {
    let mut abis = vec![options.target];
    let mut add = |name: &Node<'_>, findings: &mut Findings| {
        let Some(word) = name.text(findings) else { return };
        match abi(word) {
            Some(abi) if !abis.contains(&abi) => abis.push(abi),
            Some(_) => {}
            None => findings.error(name.place(), format!("there is no architecture `{word}`")),
        }
    };
    let (list, map) = (profile.field("architectures"), profile.field("archMap"));
    if let (Some(_), Some(map)) = (&list, &map) {
        let message = "a profile has `architectures` or `archMap`, not both";
        findings.error(map.place(), message);
    }
    for name in list.map(|list| list.elements(findings)).unwrap_or_default() {
        add(&name, findings);
    }
    for entry in map.map(|map| map.elements(findings)).unwrap_or_default() {
        if entry.object(&["architecture", "subArchitectures"], findings).is_none() {
            continue;
        }
        let Some(of) = entry.field("architecture") else { continue };
        if of.text(findings) != Some(architecture(options.target)) {
            continue;
        }
        let others = entry.field("subArchitectures");
        for name in others.map(|others| others.elements(findings)).unwrap_or_default() {
            add(&name, findings);
        }
    }
    options.abis.clone().unwrap_or(abis)
}

/// Whether `includes` and `excludes` let a rule apply.
fn applies(rule: &Node<'_>, options: &Options<'_>, findings: &mut Findings) -> bool {
    let mut applies = true;
    for (field, wanted) in [("excludes", false), ("includes", true)] {
        let Some(filter) = rule.field(field) else { continue };
        if filter.object(&["arches", "caps", "minKernel"], findings).is_none() {
            continue;
        }
        let words = |name: &str, findings: &mut Findings| {
            let mut words = Vec::new();
            for word in filter.field(name).map(|list| list.elements(findings)).unwrap_or_default() {
                words.extend(word.text(findings));
            }
            words
        };
        let arches = words("arches", findings);
        let on_host = host(options.target).is_some_and(|host| arches.contains(&host));
        let caps = words("caps", findings);
        let has = |cap: &&str| options.capabilities.iter().any(|it| it.eq_ignore_ascii_case(cap));
        // Any of its capabilities excludes a rule, but a rule needs all capabilities that it includes.
        let (by_arch, by_caps) = if wanted {
            (arches.is_empty() || on_host, caps.iter().all(has))
        } else {
            (!on_host, !caps.iter().any(has))
        };
        applies &= by_arch && by_caps;
        if let Some(least) = filter.field("minKernel") {
            match new_enough(&least, options, findings) {
                Some(new_enough) => applies &= new_enough == wanted,
                None => applies = false,
            }
        }
    }
    applies
}

/// Whether the kernel has at least that version, such as "4.8".
fn new_enough(least: &Node<'_>, options: &Options<'_>, findings: &mut Findings) -> Option<bool> {
    let text = least.text(findings)?;
    let version = text
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse::<u64>().ok()?, minor.parse::<u64>().ok()?)));
    let Some(version) = version else {
        findings.error(
            least.place(),
            format!("{text:?} is not a version of the kernel, such as \"4.8\""),
        );
        return None;
    };
    let Some(kernel) = options.kernel else {
        let message = "this rule depends on the version of the kernel";
        findings.error_with_help(least.place(), message, "give it, as `--kernel 6.1`");
        return None;
    };
    Some(kernel >= version)
}

/// Adds a rule for each of its calls.
fn add(
    rule: &Node<'_>,
    filter: &mut LibseccompFilter,
    default: Action,
    abis: &[Abi],
    findings: &mut Findings,
) {
    let Some(word) = rule.field("action") else {
        findings.error(rule.place(), "a rule needs an `action`");
        return;
    };
    let action = action(&word, rule.field("errnoRet"), rule.field("errno"), findings);
    let tests = tests(rule, abis, findings);
    let mut names = Vec::new();
    match (rule.field("name"), rule.field("names")) {
        (Some(name), Some(_)) => {
            findings.error(name.place(), "a rule has `name` or `names`, not both")
        }
        (Some(name), None) => names.push(name),
        (None, Some(list)) => names = list.elements(findings),
        (None, None) => findings.error(rule.place(), "a rule needs `names`"),
    }
    let (Some(action), Some(tests)) = (action, tests) else { return };
    if action == default {
        if !tests.is_empty() || names.len() == 1 {
            let message = "this rule has the action of `defaultAction`, so runtimes skip it";
            findings.remark(rule.place(), message);
        }
        return;
    }
    for name in names {
        let Some(call) = name.text(findings) else { continue };
        let mut known = false;
        for tests in &tests_of_runtimes(&tests) {
            known |= filter.add(call, tests, action, &name.place());
        }
        if !known && !table::is_known(call) {
            findings.remark(
                name.place(),
                format!(
                    "{}, and runtimes skip it",
                    constants::unknown_call(abis[0], call, findings)
                ),
            );
        }
    }
}

/// The rules that runtimes make of one rule. Usually all its comparisons hold together. But if two are of one argument,
/// each comparison is a rule by itself, because libseccomp compares an argument only once in a rule.
///
/// Source: `matchCall`, `libcontainer/seccomp/seccomp_linux.go` of runc; `libcrun_generate_seccomp`, `src/libcrun/seccomp.c`
/// of crun.
fn tests_of_runtimes(tests: &[(ArgumentIndex, Test)]) -> Vec<Vec<(ArgumentIndex, Test)>> {
    let twice = tests
        .iter()
        .enumerate()
        .any(|(at, (argument, _))| tests[..at].iter().any(|(other, _)| other == argument));
    if twice { tests.iter().map(|test| vec![*test]).collect() } else { vec![tests.to_vec()] }
}

/// The comparisons of a rule.
fn tests(
    rule: &Node<'_>,
    abis: &[Abi],
    findings: &mut Findings,
) -> Option<Vec<(ArgumentIndex, Test)>> {
    let Some(list) = rule.field("args") else { return Some(Vec::new()) };
    let mut tests = Vec::new();
    let mut right = true;
    for test in list.elements(findings) {
        if test.object(&["index", "value", "valueTwo", "op", "comment"], findings).is_none() {
            right = false;
            continue;
        }
        match self::test(&test, findings) {
            Some((argument, comparison)) => {
                for &abi in abis {
                    comparison.say_what_is_dropped(abi, &test.place(), findings);
                }
                tests.push((argument, comparison));
            }
            None => right = false,
        }
    }
    let twice = tests_of_runtimes(&tests).len() > 1;
    if twice {
        findings.remark(
            list.place(),
            "two comparisons are of one argument, so runtimes make a rule of each: one of them is enough",
        );
    }
    let holds_nowhere = tests_of_runtimes(&tests).iter().all(|tests| {
        let never_on =
            |abi: &Abi| tests.iter().any(|(argument, test)| test.never_holds(*argument, *abi));
        !tests.is_empty() && abis.iter().all(never_on)
    });
    if holds_nowhere {
        findings.remark(list.place(), NEVER_HOLDS);
    }
    right.then_some(tests)
}

fn test(test: &Node<'_>, findings: &mut Findings) -> Option<(ArgumentIndex, Test)> {
    let index = match test.field("index") {
        Some(index) => index.argument_index(findings),
        None => {
            findings.remark(test.place(), "there is no `index`, and runtimes compare argument 0");
            Some(ArgumentIndex::A0)
        }
    };
    let mut number = |name: &str| {
        let field = test.field(name)?;
        field.number(findings).map(|number| (number, field.place()))
    };
    let (value, two) = (number("value"), number("valueTwo"));
    let index = index?;
    let value = value.map_or_else(
        || {
            findings.remark(test.place(), "there is no `value`, and runtimes take 0");
            0
        },
        |(value, _)| value,
    );
    let Some(operator) = test.field("op") else {
        findings.error(test.place(), "a comparison needs an `op`, such as SCMP_CMP_EQ");
        return None;
    };
    let word = operator.text(findings)?;
    if word == MASKED_EQ {
        let value_two = two.map_or(0, |(two, _)| two);
        return Some((index, Test::MaskedEqual { mask: value, value: value_two }));
    }
    if let Some((_, operator)) = OPERATORS.iter().find(|(name, _)| *name == word) {
        if let Some((1.., place)) = two {
            findings.remark(
                place,
                format!("`{word}` takes no `valueTwo`, and runtimes do not look at it"),
            );
        }
        return Some((index, Test::Is(*operator, value)));
    }
    findings.error_with_help(
        operator.place(),
        format!("there is no operator `{word}`"),
        "the operators are SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT and _MASKED_EQ",
    );
    None
}

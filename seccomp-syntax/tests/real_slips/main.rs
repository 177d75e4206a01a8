//! Slips of the kinds that filters of Docker, systemd, Flatpak, snapd, Nix, OpenSSH, Tor and others had, in policies for several
//! ABIs: each gets a warning or an error. Similar policies that are right get neither.

mod right_rules;
mod wrong_rules;

use seccomp_ir::abi::Abi;
use seccomp_syntax::PolicyText;

use right_rules::RIGHT;
use wrong_rules::SLIPS;

/// The names of the warnings of these rules, or "error". Rules that end in `REST` allow all other calls.
fn reported(abi: Abi, rules: &str) -> Vec<String> {
    let text = match rules.strip_suffix("REST") {
        Some(denials) => format!("{denials} #[allow(seccomp::default_allow)] default allow"),
        None => format!("{rules}; default kill"),
    };
    let text = format!("allow exit, exit_group, rt_sigreturn; {text}");
    match PolicyText::new("slip.policy", &text, abi).compile() {
        Ok(compiled) => {
            let report = compiled.report.to_string();
            let name =
                |line: &str| line.strip_prefix("warning[")?.split(']').next().map(str::to_owned);
            report.lines().filter_map(name).collect()
        }
        Err(errors) => {
            eprintln!("{rules}: {errors}");
            vec!["error".to_owned()]
        }
    }
}

#[test]
fn no_slip_of_real_filters_is_silent() {
    let mut silent = Vec::new();
    for (abi, slip, expected) in SLIPS {
        let found = reported(*abi, slip);
        if !found.iter().any(|one| one == expected) {
            silent.push(format!("{}: {slip}: {found:?}, and not {expected}", abi.name()));
        }
    }
    assert!(silent.is_empty(), "{} of {}:\n{}", silent.len(), SLIPS.len(), silent.join("\n"));
}

#[test]
fn right_policies_that_are_like_them_are_not_reported() {
    let mut loud = Vec::new();
    for (abi, right) in RIGHT {
        let mut found = reported(*abi, right);
        // What is about calls as a whole is not about these slips.
        found.retain(|one| !["redundant_rule", "powerful_call"].contains(&one.as_str()));
        if !found.is_empty() {
            loud.push(format!("{}: {right}: {found:?}", abi.name()));
        }
    }
    assert!(loud.is_empty(), "{} of {}:\n{}", loud.len(), RIGHT.len(), loud.join("\n"));
}

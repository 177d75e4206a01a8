//! seccompiler's JSON means the same for all calls, compiled by the crate itself or imported.

use std::io::Cursor;

use seccomp_bpf::bpf::SockFilter;
use seccomp_ir::abi::Abi;
use seccomp_ir::abi::Endian;
use seccomp_ir::compare::{Side, compare};
use seccomp_load::formats::{Format, Options, import};
use seccomp_test_support::seeds::{Seeded, seeds};
use serde_json::{Value, json};

const CALLS: [&str; 6] = ["read", "write", "ioctl", "kill", "lseek", "setpriority"];
const VALUES: [u64; 9] = [0, 1, 7, 255, 0x7fff_ffff, 0xffff_ffff, 1 << 32, 1 << 63, u64::MAX];

fn file(random: &mut fastrand::Rng) -> Value {
    let mut rules = Vec::new();
    for _ in 0..6 {
        let call = *random.choice(&CALLS).unwrap();
        let mut args = Vec::new();
        for _ in 0..random.usize(..3) {
            let is_wide = random.bool();
            // A value of a dword has to fit (`SeccompCondition::new`).
            let value =
                *random.choice(&VALUES).unwrap() & if is_wide { u64::MAX } else { 0xffff_ffff };
            let operator =
                match *random.choice(&["eq", "ne", "lt", "le", "gt", "ge", "masked"]).unwrap() {
                    "masked" => json!({ "masked_eq": random.choice(&VALUES).unwrap() }),
                    operator => operator.into(),
                };
            let width = if is_wide { "qword" } else { "dword" };
            args.push(
                json!({ "index": random.u8(..2), "type": width, "op": operator, "val": value }),
            );
        }
        let mut rule = json!({ "syscall": call });
        if !args.is_empty() {
            rule["args"] = args.into();
        }
        rules.push(rule);
    }
    json!({ "a": { "mismatch_action": { "errno": 5 }, "match_action": "allow", "filter": rules } })
}

#[test]
fn an_imported_filter_does_what_the_filter_of_the_crate_does() {
    let mut random = Seeded::with_seed(seeds(17..18).start);
    for _ in 0..20 {
        let text = file(&mut random).to_string();
        let arch = seccompiler::TargetArch::x86_64;
        let theirs = seccompiler::compile_from_json(Cursor::new(&text), arch).unwrap();
        let mut instructions = Vec::new();
        for it in &theirs["a"] {
            instructions.push(SockFilter { code: it.code, jt: it.jt, jf: it.jf, k: it.k });
        }
        let ours = import(Format::Seccompiler, "file", &text, &Options::new(Abi::X86_64));
        let ours = ours.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let comparison = compare(
            Side::Policy { policy: &ours.compiled.policy, symbols: &[] },
            Side::Filter { instructions: &instructions, endian: Endian::Little },
        );
        let comparison = comparison.unwrap_or_else(|_| panic!("too large: {text}"));
        // Numbers from 0x8000_0000 on are calls of no ABI: docs/formats.md.
        let differs = comparison.witnesses().find(|(_, witness)| witness.call.nr < 1 << 31);
        assert!(differs.is_none(), "{differs:?}\n{text}");
    }
}

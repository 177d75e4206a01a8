//! A policy from bytes, and changes to its filter: the proof accepts a changed filter only if the change has no effect.
#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use seccomp_ir::bpf::SockFilter;
use seccomp_ir::prove::{Refusal, prove};
use seccomp_test_support::OPCODES;
use seccomp_test_support::compare::{judge, lowered};
use seccomp_test_support::policies::{Shape, policy};

fuzz_target!(|bytes: &[u8]| {
    let _ = run(&mut Unstructured::new(bytes));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let shape = Shape { abis: 2, rules: 4, depth: 2, ..Shape::ANY };
    let edits = u.int_in_range(1..=4)?;
    let seed = u.arbitrary()?;
    // The changes are made from the first bytes, because the policy takes all bytes that are left.
    let edits = (0..edits).map(|_| Edit::draw(u)).collect::<Result<Vec<_>>>()?;
    let policy = policy(u, shape)?;
    let Some(mut filter) = lowered(&policy) else { return Ok(()) };
    if prove(&policy, &filter) == Err(Refusal::TooLarge) {
        return Ok(());
    }
    for edit in edits {
        let at = usize::from(edit.at) % filter.instructions.len();
        edit.apply(&mut filter.instructions[at]);
    }
    judge(&policy, &filter, seed);
    Ok(())
}

struct Edit {
    at: u16,
    part: u8,
    value: u32,
}

impl Edit {
    fn draw(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(Self { at: u.arbitrary()?, part: u.arbitrary()?, value: u.arbitrary()? })
    }

    fn apply(&self, to: &mut SockFilter) {
        match self.part % 8 {
            0 => to.code = OPCODES[self.value as usize % OPCODES.len()],
            1 => to.jt = to.jt.wrapping_add(self.value as u8),
            2 => to.jf = to.jf.wrapping_add(self.value as u8),
            3 => std::mem::swap(&mut to.jt, &mut to.jf),
            4 => to.k = self.value,
            5 => to.k = to.k.wrapping_add(1),
            6 => to.k = to.k.wrapping_sub(1),
            _ => to.k ^= 1 << (self.value % 32),
        }
    }
}

//! Makes every small change to a filter.

use seccomp_ir::abi::Half;
use seccomp_ir::bpf::{InstructionIndex, Opcode, SockFilter};
use seccomp_ir::filter::{Filter, Relocation, SymbolOperand};
use seccomp_ir::policy::Symbol;

use seccomp_test_support::OPCODES;

/// All filters that differ from `filter` in one place: another opcode; a constant with one bit
/// flipped or changed by one; a jump that is one longer or shorter, that goes nowhere, or whose sides
/// are exchanged; another symbol as operand; or an instruction left out (with jumps unchanged or
/// adjusted), doubled, or exchanged with the next.
pub(crate) fn mutants(filter: &Filter) -> Vec<Filter> {
    let mut all = Vec::new();
    for at in (0..filter.instructions.len()).map(InstructionIndex) {
        let old = filter.instructions[at.0];
        for new in changed_instructions(old) {
            let mut mutant = filter.clone();
            mutant.instructions[at.0] = new;
            all.push(mutant);
        }
        all.push(without(filter, at, false));
        all.push(without(filter, at, true));
        all.push(doubled(filter, at));
        if at.next().0 < filter.instructions.len() {
            all.push(exchanged(filter, at));
        }
    }
    for at in 0..filter.relocations.len() {
        let mut gone = filter.clone();
        gone.relocations.remove(at);
        all.push(gone);
        for operand in changed_operands(filter.relocations[at].operand) {
            let mut mutant = filter.clone();
            mutant.relocations[at].operand = operand;
            all.push(mutant);
        }
    }
    all.retain(|mutant| mutant != filter);
    all
}

fn changed_instructions(old: SockFilter) -> Vec<SockFilter> {
    let mut all: Vec<SockFilter> = OPCODES.iter().map(|&code| SockFilter { code, ..old }).collect();
    let mut constants = vec![old.k.wrapping_add(1), old.k.wrapping_sub(1)];
    constants.extend((0..32).map(|bit| old.k ^ (1 << bit)));
    if old.code == Opcode::LD_W_ABS {
        constants.extend([old.k.wrapping_add(4), old.k.wrapping_sub(4)]);
    }
    all.extend(constants.into_iter().map(|k| SockFilter { k, ..old }));
    let jumps = [
        (old.jt.wrapping_add(1), old.jf),
        (old.jt.wrapping_sub(1), old.jf),
        (old.jt, old.jf.wrapping_add(1)),
        (old.jt, old.jf.wrapping_sub(1)),
        (0, old.jf),
        (old.jt, 0),
        (old.jf, old.jt),
    ];
    all.extend(jumps.map(|(jt, jf)| SockFilter { jt, jf, ..old }));
    all
}

fn changed_operands(old: SymbolOperand) -> Vec<SymbolOperand> {
    match old {
        SymbolOperand::Word { symbol, half, keep, flip } => {
            let other = match half {
                Half::High => Half::Low,
                Half::Low => Half::High,
            };
            vec![
                SymbolOperand::Word { symbol: Symbol(symbol.0 + 1), half, keep, flip },
                SymbolOperand::Word { symbol, half: other, keep, flip },
                SymbolOperand::Word { symbol, half, keep: keep >> 1, flip },
                SymbolOperand::Word { symbol, half, keep: keep & !1, flip },
                SymbolOperand::Word { symbol, half, keep, flip: flip ^ 0x8000_0000 },
                SymbolOperand::Word { symbol, half, keep, flip: flip ^ 1 },
                SymbolOperand::ReturnErrno(symbol),
            ]
        }
        SymbolOperand::ReturnErrno(symbol) => vec![
            SymbolOperand::ReturnErrno(Symbol(symbol.0 + 1)),
            SymbolOperand::Word { symbol, half: Half::Low, keep: u32::MAX, flip: 0 },
        ],
    }
}

/// `filter` without the instruction at `at`; jumps over it are one shorter if they `follow`.
fn without(filter: &Filter, at: InstructionIndex, follow: bool) -> Filter {
    let mut mutant = filter.clone();
    if follow {
        for (from, instruction) in mutant.instructions.iter_mut().enumerate().take(at.0) {
            let over = |distance: u32| {
                let leads_over = InstructionIndex(from).after(distance) > at;
                if leads_over { distance - 1 } else { distance }
            };
            match instruction.code {
                Opcode::JA => instruction.k = over(instruction.k),
                Opcode::JEQ_K | Opcode::JGT_K | Opcode::JGE_K | Opcode::JSET_K => {
                    instruction.jt = over(instruction.jt.into()) as u8;
                    instruction.jf = over(instruction.jf.into()) as u8;
                }
                _ => {}
            }
        }
    }
    mutant.instructions.remove(at.0);
    let moved = |relocation: &Relocation| Relocation {
        index: InstructionIndex(relocation.index.0 - usize::from(relocation.index > at)),
        ..*relocation
    };
    let kept = filter.relocations.iter().filter(|relocation| relocation.index != at);
    mutant.relocations = kept.map(moved).collect();
    mutant
}

fn doubled(filter: &Filter, at: InstructionIndex) -> Filter {
    let mut mutant = filter.clone();
    mutant.instructions.insert(at.0, filter.instructions[at.0]);
    mutant.relocations.clear();
    for relocation in &filter.relocations {
        let index = if relocation.index > at { relocation.index.next() } else { relocation.index };
        mutant.relocations.push(Relocation { index, ..*relocation });
        if relocation.index == at {
            mutant.relocations.push(Relocation { index: at.next(), ..*relocation });
        }
    }
    mutant
}

fn exchanged(filter: &Filter, at: InstructionIndex) -> Filter {
    let mut mutant = filter.clone();
    mutant.instructions.swap(at.0, at.next().0);
    for relocation in &mut mutant.relocations {
        relocation.index = match relocation.index {
            index if index == at => at.next(),
            index if index == at.next() => at,
            index => index,
        };
    }
    mutant.relocations.sort_by_key(|relocation| relocation.index);
    mutant
}

//! The bound, compared with the costs of all trees.

use std::collections::HashMap;

use seccomp_ir::lower::NumberRun;

use super::numbers::{Limits, MOST_BITS, Measure, has, least};

const BITS: u32 = 4;

fn random(rng: &mut fastrand::Rng) -> Vec<NumberRun> {
    let mut runs: Vec<NumberRun> = Vec::new();
    let weigh = |rng: &mut fastrand::Rng| 1 + rng.u64(..10) * rng.u64(..10);
    for number in 0..1 << BITS {
        let outcome = rng.u32(..3);
        match runs.last_mut() {
            Some(run) if run.outcome == outcome || rng.u8(..5) < 2 => run.last = number,
            _ => {
                let (first, last) = (number, number);
                runs.push(NumberRun { first, last, outcome, weight: weigh(rng) });
            }
        }
    }
    runs
}

/// The least cost over all trees whose tests cut no run, by brute force: a set is a list of runs.
fn by_trial(runs: &[NumberRun], set: u32, measure: Measure, known: &mut HashMap<u32, u64>) -> u64 {
    let members: Vec<&NumberRun> =
        (0..runs.len()).filter(|run| set >> run & 1 == 1).map(|run| &runs[run]).collect();
    if members.iter().all(|run| run.outcome == members[0].outcome) {
        return 0;
    }
    if let Some(&known) = known.get(&set) {
        return known;
    }
    let weight: u64 = members.iter().map(|run| run.weight).sum();
    let here = measure.instruction + measure.step * weight;
    let mut least = u64::MAX;
    let mut attempt = |test: &dyn Fn(u32) -> bool, more: u64, ends: bool| {
        let mut yes = 0;
        for (place, run) in runs.iter().enumerate() {
            let holding = (run.first..=run.last).filter(|number| test(*number)).count() as u32;
            if set >> place & 1 == 1 && holding > 0 {
                if holding <= run.last - run.first {
                    return;
                }
                yes |= 1 << place;
            }
        }
        if yes == 0 || yes == set {
            return;
        }
        let below =
            by_trial(runs, yes, measure, known) + by_trial(runs, set & !yes, measure, known);
        if !ends || below == 0 {
            least = least.min(here * more + below);
        }
    };
    for value in 0..1 << BITS {
        attempt(&|number| number > value, 1, false);
        attempt(&|number| number == value, 1, false);
        attempt(&|number| number & value != 0, 1, false);
        for mask in 0..1 << BITS {
            attempt(&|number| number & mask == value, 2, true);
        }
    }
    known.insert(set, least);
    least
}

#[test]
fn an_exact_bound_is_the_least_of_all_trees_and_no_bound_is_above_it() {
    let (mut bound, mut best) = (0, 0);
    for seed in 0..60 {
        let runs = random(&mut fastrand::Rng::with_seed(seed));
        for (instruction, step) in [(1, 0), (0, 1), (20, 1)] {
            let measure = Measure { instruction, step };
            let all = (1 << runs.len()) - 1;
            let trial = by_trial(&runs, all, measure, &mut HashMap::new());
            let least = |heavy, small| {
                let limits = Limits { heavy, small, bits: 16.min(small + 4) };
                least(&runs, measure, limits).unwrap().by(measure)
            };
            assert_eq!(least(0, 16), trial, "seed {seed}: {runs:?}, {measure:?}");
            let relaxed = least(1, MOST_BITS);
            assert!(relaxed <= trial, "seed {seed}: {runs:?}, {measure:?}");
            bound += relaxed;
            best += trial;
        }
    }
    assert!(100 * bound >= 97 * best, "{bound} of {best}");
}

#[test]
fn a_run_has_a_value_under_a_mask_exactly_if_one_of_its_numbers_has() {
    for (first, last) in [(0, 0), (3, 9), (8, 15), (5, 5), (0, 15), (11, 12)] {
        let run = NumberRun { first, last, outcome: 0, weight: 0 };
        for mask in 0..16 {
            for value in 0..16 {
                let any = (first..=last).any(|number| number & mask == value & mask);
                assert_eq!(has(run, mask, value), any, "{run:?} {mask} {value}");
            }
        }
    }
    let top = NumberRun { first: u32::MAX - 1, last: u32::MAX, outcome: 0, weight: 0 };
    assert!(has(top, 1, 1) && has(top, u32::MAX, u32::MAX) && !has(top, 2, 0));
}

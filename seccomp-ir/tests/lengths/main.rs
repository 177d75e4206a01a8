//! The length and depth of filters, compared with the straight chain of their policy's tests and with the
//! shortest possible filters.

mod lists;
mod numbers;
mod random;

use seccomp_ir::lower::lower;
use seccomp_ir::policy::Policy;
use seccomp_ir::prove::{Refusal, prove};
use seccomp_ir::table::frequency;
use seccomp_test_support::chain::chain;
use seccomp_test_support::distribution::Distribution;
use seccomp_test_support::least::distance::word_tree;
use seccomp_test_support::least::known::{self, FRAME};
use seccomp_test_support::least::words::Problem;

/// The number of instructions of a filter, and of steps on its longest path.
#[derive(Clone, Copy, Debug)]
struct Size {
    length: usize,
    depth: usize,
}

fn compiled(policy: &Policy) -> Size {
    let filter = lower(policy, &frequency).unwrap();
    prove(policy, &filter).unwrap_or_else(|refusal| panic!("{refusal}\n{policy:#?}"));
    Size { length: filter.instructions.len(), depth: filter.longest_path() }
}

/// The size of the straight chain. If `proven`, the chain is proven to be a chain of that policy.
fn chained(policy: &Policy, proven: bool) -> Size {
    let chain = chain(policy);
    if proven {
        match prove(policy, &chain) {
            // A chain need not let the kernel remember the calls that are always allowed.
            Ok(_) | Err(Refusal::NotConstant { .. }) => {}
            Err(refusal) => panic!("the chain is wrong: {refusal}\n{policy:#?}"),
        }
    }
    Size { length: chain.instructions.len(), depth: chain.longest_path() }
}

/// The number of policies that are compared with their chains: 1000, or the number in the environment.
fn count() -> u64 {
    std::env::var("SECCOMP_CHAINS").map_or(1000, |count| count.parse().unwrap())
}

#[test]
fn no_filter_is_longer_by_more_than_one_or_deeper_than_the_chain_of_its_tests() {
    let mut longer = Vec::new();
    let (mut lengths, mut depths) = (Distribution::default(), Distribution::default());
    for seed in 0..count() {
        let policy = random::policy(seed);
        let (filter, chain) = (compiled(&policy), chained(&policy, seed % 4 == 0));
        if filter.length > chain.length + 1 || filter.depth > chain.depth {
            longer.push((seed, filter, chain));
        }
        lengths.add(filter.length as f64 / chain.length as f64);
        depths.add(filter.depth as f64 / chain.depth as f64);
    }
    let table = format!("| length | {} |\n| longest path | {} |\n", lengths.row(), depths.row());
    println!("{table}");
    assert!(longer.is_empty(), "{longer:#?}");
    if count() == 1000 {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/figures.md");
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains(&table), "docs/figures.md must have these lines:\n{table}");
    }
}

#[test]
fn a_mask_beside_another_test_of_the_same_argument_takes_few_instructions() {
    for (name, policy, most) in known::everyday() {
        let size = compiled(&policy);
        println!("{name}: {size:?}, at most {most}");
        assert!(size.length <= most, "{name}: {size:?}");
    }
}

#[test]
fn conditions_whose_shortest_filters_are_known_are_near_them() {
    let known = known::known();
    let (mut lengths, mut depths) = (0.0, 0.0);
    for (index, one) in known.iter().enumerate() {
        let size = compiled(&known::policy(&one.rules));
        let length = (size.length - FRAME) as f64 / one.length as f64;
        let depth = (size.depth - FRAME) as f64 / one.depth as f64;
        println!("{index}: {size:?}, {length:.2} and {depth:.2} of the least");
        assert!(length <= 1.5 && depth <= 1.5, "{index}: {size:?}");
        lengths += length / known.len() as f64;
        depths += depth / known.len() as f64;
    }
    println!("mean {lengths:.3} and {depths:.3}");
    assert!(lengths <= 1.1 && depths <= 1.1, "{lengths} {depths}");
}

#[test]
fn random_conditions_on_one_word_are_near_the_shortest_filters_there_are() {
    let count = std::env::var("SECCOMP_SEARCHED").map_or(60, |count| count.parse().unwrap());
    let (mut settled, mut sum, mut most, mut of) = (0, 0.0, 0.0_f64, 0);
    let (mut depths, mut deepest) = (0.0, 0.0_f64);
    for seed in 0..count {
        let policy = known::policy(&random::one_word(seed));
        let Some(problem) = Problem::of(&policy) else { continue };
        let size = compiled(&policy);
        // A filter of nothing but a load, a test and returns is trivial.
        if size.length <= FRAME + 1 + problem.returns() {
            continue;
        }
        of += 1;
        let Some((length, depth)) = word_tree(&policy) else { continue };
        let (ratio, depth) = (length.ratio(), depth.ratio());
        if ratio > 1.2 || depth > 1.3 {
            println!("seed {seed}: {length:?}, longest path {depth:.2}");
        }
        settled += 1;
        sum += ratio;
        most = most.max(ratio);
        depths += depth;
        deepest = deepest.max(depth);
    }
    let (mean, mean_depth) = (sum / f64::from(settled), depths / f64::from(settled));
    println!(
        "{settled} of {of} settled; length: mean {mean:.3}, most {most:.2}; longest path: mean \
         {mean_depth:.3}, most {deepest:.2}"
    );
    assert!(settled >= 20, "{settled} settled");
    assert!(mean <= 1.1 && most <= 1.5);
}

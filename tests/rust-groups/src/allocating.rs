//! Memory.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::ExitCode;

use crate::filter::{Filter, done};
use crate::watched::Watched;

/// Blocks of memory, smaller than those that glibc maps one by one (128 KiB, mallopt(3), Linux
/// man-pages 6.03).
fn blocks(count: usize, bytes: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| black_box(vec![1; bytes])).collect()
}

/// Many small blocks: the heap of the main thread grows, and shrinks when they are freed.
pub(crate) fn grow(filter: &Filter) -> ExitCode {
    filter.install();
    let blocks = blocks(2000, 1000);
    let grown = blocks.iter().all(|block| block.len() == 1000);
    drop(blocks);
    done(grown)
}

/// One large block.
pub(crate) fn large(filter: &Filter) -> ExitCode {
    filter.install();
    let block = black_box(vec![1_u8; 1 << 20]);
    let last = block.last().copied();
    drop(block);
    done(last == Some(1))
}

/// A large block that becomes larger, and then small.
pub(crate) fn realloc(filter: &Filter) -> ExitCode {
    filter.install();
    let mut block = vec![1_u8; 1 << 20];
    block.reserve_exact(1 << 22);
    black_box(&mut block).truncate(1 << 19);
    block.shrink_to_fit();
    let last = block.last().copied();
    drop(block);
    done(last == Some(1))
}

/// The first `HashMap` of a thread: its keys are random.
pub(crate) fn hash_map(filter: &Filter) -> ExitCode {
    filter.install();
    let map = HashMap::from([(1, 2), (3, 4)]);
    done(map.get(&3) == Some(&4))
}

/// Runs a function on a second thread, which has a heap of its own. The thread starts before the
/// filter, and the first thread then only waits.
fn in_thread(filter: &Filter, body: fn() -> bool) -> ExitCode {
    let main = Watched::this_thread();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            main.wait_until_asleep();
            filter.install();
            done(body())
        });
    });
    ExitCode::FAILURE
}

/// The heap of a thread grows.
pub(crate) fn grow_in_thread(filter: &Filter) -> ExitCode {
    in_thread(filter, || {
        let blocks = blocks(40, 100_000).leak();
        blocks.iter().all(|block| block.len() == 100_000)
    })
}

/// The heap of a thread grows and shrinks.
pub(crate) fn free_in_thread(filter: &Filter) -> ExitCode {
    in_thread(filter, || {
        drop(blocks(40, 100_000));
        true
    })
}

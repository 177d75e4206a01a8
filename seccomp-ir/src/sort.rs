//! Numbers in order: a sort that is quick to compile.

/// Sorts numbers or pairs of them. The standard library's sort is fourteen hundred lines of LLVM IR for each
/// type, which every user compiles; this one is a tenth.
pub(crate) fn sort<T: Copy + PartialOrd>(values: &mut [T]) {
    if is_sorted(values) {
        return;
    }
    // A heap sort: the values from `start` up to `end` are a heap with the largest first. The heap grows to the
    // front until it holds all values. Then its largest value moves to the back again and again.
    let (mut start, mut end) = (values.len() / 2, values.len());
    while end > 1 {
        if start > 0 {
            start -= 1;
        } else {
            end -= 1;
            values.swap(0, end);
        }
        let mut parent = start;
        while 2 * parent + 1 < end {
            let mut child = 2 * parent + 1;
            if child + 1 < end && values[child] < values[child + 1] {
                child += 1;
            }
            if values[child] <= values[parent] {
                break;
            }
            values.swap(parent, child);
            parent = child;
        }
    }
}

/// Sorts numbers and leaves each once.
pub(crate) fn sort_once(values: &mut Vec<u32>) {
    sort(values);
    let mut kept = 0;
    for index in 0..values.len() {
        if kept == 0 || values[kept - 1] != values[index] {
            values[kept] = values[index];
            kept += 1;
        }
    }
    values.truncate(kept);
}

fn is_sorted<T: Copy + PartialOrd>(values: &[T]) -> bool {
    let mut index = 1;
    while index < values.len() {
        if values[index] < values[index - 1] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{sort, sort_once};

    #[test]
    fn numbers_are_sorted_as_the_standard_library_sorts_them() {
        let mut last: u32 = 1;
        let mut random = |below: u32| {
            last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (last >> 8) % below
        };
        for len in 0..200 {
            let below = 1 + random(1000);
            let numbers: Vec<u32> = (0..len).map(|_| random(below)).collect();
            let (mut ours, mut theirs) = (numbers.clone(), numbers.clone());
            sort_once(&mut ours);
            theirs.sort_unstable();
            theirs.dedup();
            assert_eq!(ours, theirs);

            let mut ours: Vec<(u64, u64)> =
                numbers.iter().map(|&number| (u64::from(number % 7), random(9).into())).collect();
            let mut theirs = ours.clone();
            sort(&mut ours);
            theirs.sort_unstable();
            assert_eq!(ours, theirs);
        }
    }
}

//! Sorting, by insertion what is short, then by merging. For each type the standard sort is eight times
//! as much code, which every user compiles.

/// So few neighbours are sorted by insertion.
const FEW: usize = 16;

/// Sorts `values`, ascending.
pub(super) fn sort<T: Copy + PartialOrd>(values: &mut Vec<T>) {
    insert(values.as_mut_slice());
    let mut ordered = FEW;
    while ordered < values.len() {
        *values = merged(values, ordered);
        ordered *= 2;
    }
}

/// Sorts `values`, ascending, and leaves each once.
pub(super) fn sort_once(values: &mut Vec<u32>) {
    sort(values);
    let all = std::mem::take(values);
    for &value in &all {
        match values.last() {
            Some(&last) if last == value => {}
            _ => values.push(value),
        }
    }
}

/// Sorts each [`FEW`] neighbours.
fn insert<T: Copy + PartialOrd>(values: &mut [T]) {
    let mut next = 1;
    while next < values.len() {
        let value = values[next];
        let mut place = next;
        while place % FEW > 0 && value < values[place - 1] {
            values[place] = values[place - 1];
            place -= 1;
        }
        values[place] = value;
        next += 1;
    }
}

/// `values`, of which so many neighbours were `ordered`, with twice as many in order.
fn merged<T: Copy + PartialOrd>(values: &[T], ordered: usize) -> Vec<T> {
    let mut merged = Vec::with_capacity(values.len());
    let mut begin = 0;
    while begin < values.len() {
        let middle = values.len().min(begin + ordered);
        let end = values.len().min(middle + ordered);
        let (mut low, mut high) = (begin, middle);
        while low < middle || high < end {
            if high == end || low < middle && values[low] <= values[high] {
                merged.push(values[low]);
                low += 1;
            } else {
                merged.push(values[high]);
                high += 1;
            }
        }
        begin = end;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{sort, sort_once};

    #[test]
    fn values_are_sorted() {
        let mut random = 7_u32;
        for count in 0..70 {
            let mut values = Vec::new();
            for _ in 0..count {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                values.push(random >> 26);
            }
            let (mut want, mut have, mut once) = (values.clone(), values.clone(), values);
            want.sort_unstable();
            sort(&mut have);
            assert_eq!(have, want);
            want.dedup();
            sort_once(&mut once);
            assert_eq!(once, want);
        }
    }
}

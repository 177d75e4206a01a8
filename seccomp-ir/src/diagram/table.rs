//! A map from three words to one that only grows: open addressing over one array.

/// Three words of key and one of value. The entry is empty if the value is [`EMPTY`].
type StoredNode = [u32; 4];

/// No value. Node numbers stay far below.
const EMPTY: u32 = u32::MAX;

pub(super) struct Table {
    /// The length is a power of two. At most half of the entries are in use, so every search ends.
    entries: Vec<StoredNode>,
    used: usize,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { entries: vec![[0, 0, 0, EMPTY]; 1 << 13], used: 0 }
    }

    /// For what mostly holds a few keys.
    pub(super) fn small() -> Self {
        Self { entries: vec![[0, 0, 0, EMPTY]; 1 << 6], used: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn get(&self, key: [u32; 3]) -> Option<u32> {
        let entry = self.entries[self.find(key)];
        (entry[3] != EMPTY).then_some(entry[3])
    }

    /// `key` must be new and `value` a node number.
    pub(super) fn insert(&mut self, key: [u32; 3], value: u32) {
        debug_assert!(value != EMPTY);
        if self.used * 2 >= self.entries.len() {
            self.grow();
        }
        let at = self.find(key);
        self.entries[at] = [key[0], key[1], key[2], value];
        self.used += 1;
    }

    /// The place of `key`, or the empty place where it would be added.
    fn find(&self, key: [u32; 3]) -> usize {
        let last = self.entries.len() - 1;
        let mut at = hash(key) & last;
        loop {
            let entry = self.entries[at];
            if entry[3] == EMPTY || (entry[0] == key[0] && entry[1] == key[1] && entry[2] == key[2])
            {
                return at;
            }
            at = (at + 1) & last;
        }
    }

    fn grow(&mut self) {
        let larger = vec![[0, 0, 0, EMPTY]; self.entries.len() * 4];
        let smaller = std::mem::replace(&mut self.entries, larger);
        for entry in &smaller {
            if entry[3] != EMPTY {
                let at = self.find([entry[0], entry[1], entry[2]]);
                self.entries[at] = *entry;
            }
        }
    }
}

/// Multiplication by large odd numbers, then the well-mixed upper half.
fn hash(key: [u32; 3]) -> usize {
    let mixed = (u64::from(key[0]) << 32 | u64::from(key[1]))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        ^ u64::from(key[2]);
    (mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn only_inserted_keys_are_found_even_after_the_table_has_grown() {
        let mut table = Table::new();
        for i in 0..20_000_u32 {
            assert_eq!(table.get([i % 7, i, i / 3]), None);
            table.insert([i % 7, i, i / 3], i);
        }
        assert_eq!(table.len(), 20_000);
        for i in 0..20_000_u32 {
            assert_eq!(table.get([i % 7, i, i / 3]), Some(i));
            assert_eq!(table.get([i % 7, i + 20_000, i / 3]), None);
        }
    }
}

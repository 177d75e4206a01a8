//! A map for small keys that is fast without optimisation.
//!
//! The compiler runs inside a macro, and in a user's debug build a macro is not optimised. There
//! the standard map takes about a microsecond for each look-up, ten times as long as this one,
//! and look-ups are most of what the compiler does.

/// A key: a few integers, mixed into one.
pub(super) trait Key: Copy + Eq {
    /// The key as one number, as different as can be from that of other keys.
    fn mixed(self) -> u64;
}

/// A map that only grows. Open addressing, linear probing, at most half full.
pub(super) struct Map<K, V> {
    /// For each place 0, or one more than the index of an entry.
    places: Vec<u32>,
    entries: Vec<(K, V)>,
}

impl<K: Key, V> Map<K, V> {
    pub(super) fn new() -> Self {
        Self { places: vec![0; 16], entries: Vec::new() }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: K) -> Option<&V> {
        match self.places[self.place(key)] {
            0 => None,
            entry => Some(&self.entries[entry as usize - 1].1),
        }
    }

    /// Adds an entry, or replaces the value of the one there is.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let place = self.place(key);
        match self.places[place] {
            0 => {
                self.entries.push((key, value));
                self.places[place] = self.entries.len() as u32;
                if 2 * self.entries.len() > self.places.len() {
                    self.grow();
                }
            }
            entry => self.entries[entry as usize - 1].1 = value,
        }
    }

    /// Where `key` is, or would be.
    fn place(&self, key: K) -> usize {
        let last = self.places.len() - 1;
        let mut place = (key.mixed() >> 32) as usize & last;
        loop {
            let entry = self.places[place];
            if entry == 0 || self.entries[entry as usize - 1].0 == key {
                return place;
            }
            place = (place + 1) & last;
        }
    }

    fn grow(&mut self) {
        self.places = vec![0; 4 * self.places.len()];
        let mut index = 0;
        while index < self.entries.len() {
            let place = self.place(self.entries[index].0);
            index += 1;
            self.places[place] = index as u32;
        }
    }
}

/// Mixes another word into a key, so that every bit of it reaches the upper half.
pub(super) const fn mix(so_far: u64, word: u64) -> u64 {
    let folded = so_far.rotate_left(23) ^ word;
    (folded ^ (folded >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<K: Key, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

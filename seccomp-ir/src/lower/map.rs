//! A map for small keys that is fast without optimisation, and quick to compile.
//!
//! The compiler runs inside a macro, and in a user's debug build a macro is not optimised. There
//! the standard map takes about a microsecond for each look-up, ten times as long as this one,
//! and look-ups are most of what the compiler does. And every user compiles this compiler: for each
//! type of key and value the standard hash map is four times as much code as this one, and the
//! standard tree map fifteen times.

use std::hash::{Hash, Hasher};

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

    /// All keys and values, in the order in which the keys were first seen.
    pub(super) fn entries(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The same, to keep.
    pub(super) fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }

    /// Changes every value.
    pub(super) fn each(&mut self, mut change: impl FnMut(&mut V)) {
        for (_, value) in &mut self.entries {
            change(value);
        }
    }

    /// Whether there is a value for `key`.
    pub(super) fn contains(&self, key: K) -> bool {
        self.places[self.place(key)] != 0
    }

    /// The value of `key`, which is `new` if there is none yet.
    pub(super) fn value_or(&mut self, key: K, new: V) -> &mut V {
        let place = self.place(key);
        let mut entry = self.places[place] as usize;
        if entry == 0 {
            self.add(place, key, new);
            entry = self.entries.len();
        }
        &mut self.entries[entry - 1].1
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
            0 => self.add(place, key, value),
            entry => self.entries[entry as usize - 1].1 = value,
        }
    }

    /// Adds an entry whose key is new and belongs at `place`.
    fn add(&mut self, place: usize, key: K, value: V) {
        self.entries.push((key, value));
        self.places[place] = self.entries.len() as u32;
        if 2 * self.entries.len() > self.places.len() {
            self.grow();
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

/// What [`Key::mixed`] may be for a key that is seldom looked up: its hash, by [`mix`].
pub(super) fn hashed(key: impl Hash) -> u64 {
    let mut mixer = Mixer(0);
    key.hash(&mut mixer);
    mixer.0
}

struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = mix(self.0, word);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    // Variants of an `enum`.
    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }
}

impl Key for u32 {
    fn mixed(self) -> u64 {
        mix(0, self.into())
    }
}

impl Key for u64 {
    fn mixed(self) -> u64 {
        mix(0, self)
    }
}

impl<K: Key, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

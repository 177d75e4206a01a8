//! A map for small keys that is fast without optimisation, and quick to compile.
//!
//! The compiler runs inside a macro, and in a user's debug build a macro is not optimised. There
//! the standard map takes about a microsecond for each look-up, ten times as long as this one,
//! and look-ups take most of the compiler's time. Every user also builds this compiler. For each
//! type of key and value the standard hash map is six times as much code, and the standard tree map
//! twenty times. Here every key becomes a few words, and the code that finds and stores them exists
//! once.
//!
//! Only [`MapKey::words`] makes words of a key, and each map has one type of key. So keys collide only
//! if `words` gives two values of one type the same words, and a test tries that for all types.

use std::marker::PhantomData;

/// A key of a [`Map`] or of [`Keys`].
pub(super) trait MapKey {
    /// A few words.
    type Words: AsRef<[u32]>;

    /// The words of the key. Keys that differ have words that differ.
    fn words(&self) -> Self::Words;

    /// The number of the key, if it was seen.
    fn find(&self, seen: &WordTable) -> Option<u32> {
        seen.find(self.words().as_ref())
    }

    /// The number of the key, which is added if it is new.
    fn number(&self, seen: &mut WordTable) -> u32 {
        seen.number(self.words().as_ref())
    }
}

/// A call number.
impl MapKey for u32 {
    type Words = [u32; 1];

    fn words(&self) -> [u32; 1] {
        [*self]
    }
}

/// A set of words.
impl MapKey for u64 {
    type Words = [u32; 2];

    fn words(&self) -> [u32; 2] {
        [(*self >> 32) as u32, *self as u32]
    }
}

/// A set of runs or of cells.
impl MapKey for u128 {
    type Words = [u32; 4];

    fn words(&self) -> [u32; 4] {
        let set = *self;
        [set as u32, (set >> 32) as u32, (set >> 64) as u32, (set >> 96) as u32]
    }
}

/// Keys of one type, numbered from 0 in the order in which they were first seen.
pub(super) struct Keys<K> {
    words: WordTable,
    key: PhantomData<K>,
}

impl<K: MapKey> Keys<K> {
    pub(super) const EMPTY: Self = Self { words: WordTable::EMPTY, key: PhantomData };

    /// The number of keys.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The words of the key with this number.
    pub(super) fn words(&self, number: usize) -> &[u32] {
        self.words.key(number)
    }

    /// The number of `key`, if it was seen.
    pub(super) fn find(&self, key: &K) -> Option<u32> {
        key.find(&self.words)
    }

    /// The number of `key`, which is added if it is new.
    pub(super) fn number(&mut self, key: &K) -> u32 {
        key.number(&mut self.words)
    }
}

/// Keys as words. Open addressing, linear probing, at most half full.
pub(super) struct WordTable {
    /// For each place 0, or the number of a key plus one. Nothing if there is no key.
    places: Vec<u32>,
    /// For each key its start in `words`, then the end of the last key. Nothing if there is no key.
    starts: Vec<u32>,
    /// Each key's hash, then the key.
    words: Vec<u32>,
}

impl WordTable {
    const EMPTY: Self = Self { places: Vec::new(), starts: Vec::new(), words: Vec::new() };

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The key with this number.
    fn key(&self, number: usize) -> &[u32] {
        &self.words[self.starts[number] as usize + 1..self.starts[number + 1] as usize]
    }

    /// The number of `key`, if it was seen.
    fn find(&self, key: &[u32]) -> Option<u32> {
        if self.places.is_empty() {
            return None;
        }
        match self.places[self.place(key, hash(key))] {
            0 => None,
            found => Some(found - 1),
        }
    }

    /// The number of `key`, which is added if it is new.
    fn number(&mut self, key: &[u32]) -> u32 {
        if self.places.is_empty() {
            self.places.resize(16, 0);
            self.starts.push(0);
        }
        let hash = hash(key);
        let place = self.place(key, hash);
        let found = self.places[place];
        if found > 0 {
            return found - 1;
        }
        let number = self.len();
        self.words.push(hash);
        self.words.extend_from_slice(key);
        self.starts.push(self.words.len() as u32);
        self.places[place] = number as u32 + 1;
        if 2 * self.len() > self.places.len() {
            self.grow();
        }
        number as u32
    }

    /// The place of `key`, which has this hash, or the place where it would be added.
    fn place(&self, key: &[u32], hash: u32) -> usize {
        // Indexing a slice is not a call, unlike indexing a vector, in a build without optimisation.
        let places = self.places.as_slice();
        let (starts, words) = (self.starts.as_slice(), self.words.as_slice());
        let last = places.len() - 1;
        let mut place = hash as usize & last;
        loop {
            let found = places[place] as usize;
            if found == 0 {
                return place;
            }
            let (start, end) = (starts[found - 1] as usize, starts[found] as usize);
            let mut same = 0;
            if words[start] == hash && end - start == key.len() + 1 {
                while same < key.len() && words[start + 1 + same] == key[same] {
                    same += 1;
                }
                if same == key.len() {
                    return place;
                }
            }
            place = (place + 1) & last;
        }
    }

    fn grow(&mut self) {
        self.places = vec![0; 4 * self.places.len()];
        let places = self.places.as_mut_slice();
        let (starts, words) = (self.starts.as_slice(), self.words.as_slice());
        let last = places.len() - 1;
        let mut number = 1;
        while number < starts.len() {
            let mut place = words[starts[number - 1] as usize] as usize & last;
            while places[place] != 0 {
                place = (place + 1) & last;
            }
            places[place] = number as u32;
            number += 1;
        }
    }
}

/// A number that differs as much as possible from those of other keys.
fn hash(key: &[u32]) -> u32 {
    let mut mixed = 0_u64;
    let mut index = 0;
    while index < key.len() {
        mixed = (mixed ^ (mixed >> 32) ^ key[index] as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        index += 1;
    }
    (mixed >> 32) as u32
}

/// A map that only grows.
pub(super) struct Map<K, V> {
    words: WordTable,
    /// The value of each key, by its number.
    values: Vec<V>,
    key: PhantomData<K>,
}

impl<K: MapKey, V> Map<K, V> {
    // A constant and not a function, which rustc would make once for each type of key and value.
    pub(super) const EMPTY: Self =
        Self { words: WordTable::EMPTY, values: Vec::new(), key: PhantomData };

    /// The words of the key with this number.
    pub(super) fn words(&self, number: usize) -> &[u32] {
        self.words.key(number)
    }

    /// All values, in the order in which their keys were first seen.
    pub(super) fn values(&self) -> &[V] {
        &self.values
    }

    /// All values, mutable.
    pub(super) fn values_mut(&mut self) -> &mut Vec<V> {
        &mut self.values
    }

    /// The value of `key`, set to `new` if there is none yet.
    pub(super) fn value_or(&mut self, key: &K, new: V) -> &mut V {
        let number = key.number(&mut self.words) as usize;
        if number == self.values.len() {
            self.values.push(new);
        }
        &mut self.values[number]
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        match key.find(&self.words) {
            Some(number) => Some(&self.values[number as usize]),
            None => None,
        }
    }

    /// Adds an entry, unless there is one.
    pub(super) fn insert(&mut self, key: &K, value: V) {
        if key.number(&mut self.words) as usize == self.values.len() {
            self.values.push(value);
        }
    }
}

/// Panics unless keys that differ have words that differ.
#[cfg(test)]
pub(super) fn assert_keys_differ<K: MapKey>(keys: &[K], equal: impl Fn(&K, &K) -> bool) {
    let mut seen: std::collections::HashMap<Vec<u32>, &K> = std::collections::HashMap::new();
    for key in keys {
        let words = key.words().as_ref().to_vec();
        if let Some(other) = seen.insert(words.clone(), key) {
            assert!(equal(other, key), "two keys are {words:?}");
        }
    }
    assert!(seen.len() > 1, "nothing is compared");
}

/// Numbers at which a mistake in splitting or joining words would show.
#[cfg(test)]
pub(super) const EDGES: [u64; 7] = [0, 1, 2, 1 << 31, u32::MAX as u64, 1 << 32, u64::MAX];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};
    use std::fs;
    use std::path::Path;

    use super::super::test_support;
    use super::{EDGES, Keys, Map, assert_keys_differ};

    #[test]
    fn a_map_has_the_entries_of_the_standard_one() {
        let mut rng = test_support::rng(1);
        let mut map: Map<u64, u32> = Map::EMPTY;
        let mut model: HashMap<u64, u32> = HashMap::new();
        for value in 0..5000 {
            let key = rng.u64(..1500) << rng.u32(..34);
            assert_eq!(map.get(&key), model.get(&key));
            if rng.bool() {
                map.insert(&key, value);
            } else {
                map.value_or(&key, value);
            }
            model.entry(key).or_insert(value);
        }
        assert_eq!(map.values().len(), model.len());
        for number in 0..map.values().len() {
            let words = map.words(number);
            let key = u64::from(words[0]) << 32 | u64::from(words[1]);
            assert_eq!(map.values()[number], model[&key]);
        }
    }

    #[test]
    fn keys_are_numbered_in_the_order_in_which_they_come() {
        let mut keys: Keys<u32> = Keys::EMPTY;
        assert_eq!((keys.len(), keys.find(&7)), (0, None));
        for key in (0..1000).rev() {
            assert_eq!(keys.number(&key), 999 - key);
        }
        for key in 0..1000 {
            assert_eq!((keys.number(&key), keys.find(&key)), (999 - key, Some(999 - key)));
        }
        assert_eq!((keys.len(), keys.find(&1000)), (1000, None));
    }

    #[test]
    fn numbers_and_sets_do_not_collide_as_keys() {
        assert_keys_differ::<u32>(&EDGES.map(|edge| edge as u32), u32::eq);
        assert_keys_differ::<u64>(&EDGES, u64::eq);
        let wide = |low: u64| EDGES.map(|high| u128::from(high) << 64 | u128::from(low));
        assert_keys_differ::<u128>(EDGES.map(wide).as_flattened(), u128::eq);
    }

    /// A type of key that no test compares could collide unseen. Each call names its type for this test.
    #[test]
    fn every_type_of_key_has_a_test_that_compares_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lower");
        let (mut types, mut compared) = (BTreeSet::new(), BTreeSet::new());
        for entry in fs::read_dir(folder).expect("a folder") {
            let source = fs::read_to_string(entry.expect("an entry").path()).expect("a source");
            for line in source.lines() {
                if let Some(rest) = line.strip_prefix("impl MapKey for ") {
                    types.insert(rest.trim_end_matches(" {").to_owned());
                }
                if let Some(rest) = line.trim_start().strip_prefix("assert_keys_differ::<") {
                    let (ty, _) = rest.split_once(">(").expect("a call");
                    compared.insert(ty.to_owned());
                }
            }
        }
        assert!(types.len() > 10, "{types:?}");
        assert_eq!(types, compared);
    }
}

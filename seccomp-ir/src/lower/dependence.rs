//! What a function depends on, and what it can end in.

use super::bdd::FunctionStore;
use super::function_node::{Function, FunctionNode, FunctionWord, LeafId};
use super::map::Keys;
use crate::sort::{sort, sort_once};

impl FunctionStore {
    /// Whether `function` may depend on `word`; exact for words below 63.
    pub(super) fn may_depend_on(&self, function: Function, word: FunctionWord) -> bool {
        self.flags(function) & word.flag() != 0
    }

    /// The words on which `function` depends ([`Self::flags`]), without `word`.
    pub(super) fn flags_without(&self, function: Function, word: FunctionWord) -> u64 {
        self.flags(function) & !word.flag()
    }

    /// The numbers of the words on which `function` depends, ascending.
    pub(super) fn words(&self, function: Function) -> Vec<u32> {
        let flags = self.flags(function);
        let mut words = Vec::new();
        for word in 0..63 {
            if flags & FunctionWord(word).flag() != 0 {
                words.push(word);
            }
        }
        if flags >> 63 == 1 {
            let mut later = Vec::new();
            for &left in &self.all_left(function) {
                match self.node(left) {
                    FunctionNode::Split { bit, .. } if bit.word().0 >= 63 => {
                        later.push(bit.word().0)
                    }
                    _ => {}
                }
            }
            sort_once(&mut later);
            words.extend_from_slice(&later);
        }
        words
    }

    /// The function that remains of `function` if `word`, its first, has this value.
    pub(super) fn at(&self, mut function: Function, word: FunctionWord, value: u32) -> Function {
        while let FunctionNode::Split { bit, low, high } = self.node(function) {
            if bit.word() != word {
                break;
            }
            function = if value >> bit.place() & 1 == 1 { high } else { low };
        }
        function
    }

    /// The numbers of the leaves of `function`, ascending.
    pub(super) fn leaves_of(&self, function: Function) -> Vec<LeafId> {
        let mut leaves = Vec::new();
        for &left in &self.all_left(function) {
            if let FunctionNode::Leaf(leaf) = self.node(left) {
                leaves.push(leaf);
            }
        }
        sort(&mut leaves);
        leaves
    }

    /// The bits on which `function`, of one word, depends.
    pub(super) fn support(&self, function: Function) -> u32 {
        let mut support = 0;
        for &left in &self.all_left(function) {
            if let FunctionNode::Split { bit, .. } = self.node(left) {
                support |= 1 << bit.place();
            }
        }
        support
    }

    /// The number of nodes of `function`.
    pub(super) fn size(&self, function: Function) -> usize {
        let mut size = 0;
        for &left in &self.all_left(function) {
            if let FunctionNode::Split { .. } = self.node(left) {
                size += 1;
            }
        }
        size
    }

    /// Every function that remains of `function` on some path, each once.
    fn all_left(&self, function: Function) -> Vec<Function> {
        let mut all = vec![function];
        let mut found = Keys::EMPTY;
        found.number(&function);
        let mut next = 0;
        while next < all.len() {
            if let FunctionNode::Split { low, high, .. } = self.node(all[next]) {
                if found.number(&low) as usize == all.len() {
                    all.push(low);
                }
                if found.number(&high) as usize == all.len() {
                    all.push(high);
                }
            }
            next += 1;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::bdd::tests::{BITS, HIGH, LOW, bit};
    use super::FunctionStore;

    #[test]
    fn words_and_bits_of_a_function_are_those_that_change_it() {
        let mut store = FunctionStore::new(1 << 12);
        let (a, b) = (bit(&mut store, BITS[0]), bit(&mut store, BITS[3]));
        let Ok(both) = store.and(a, b) else { panic!("room") };
        assert_eq!(store.words(both), [LOW.0, HIGH.0]);
        assert_eq!((store.words(a), store.support(a)), (vec![LOW.0], 1 << 31));
        assert_eq!((store.words(b), store.support(b)), (vec![HIGH.0], 1 << 4));
        assert_eq!((store.size(both), store.size(FunctionStore::TRUE)), (2, 0));
        assert!(store.may_depend_on(both, LOW) && !store.may_depend_on(b, LOW));
    }
}

//! Names in the short form of `seccomp_bpf::short`.

use seccomp_bpf::short::{FIRST, Pairs};

/// Makes names short with one set of pairs.
pub(super) struct Shortener {
    /// For each two bytes the byte that stands for them, or 0.
    bytes: Vec<u8>,
}

impl Shortener {
    pub(super) fn new(pairs: Pairs) -> Self {
        let mut bytes = vec![0; 1 << 16];
        for byte in FIRST..=u8::MAX {
            if let Some([left, right]) = pairs.pair(byte) {
                bytes[place(left, right)] = byte;
            }
        }
        Self { bytes }
    }

    /// The short form of a name, which is ASCII. Pairs are replaced in their order, as they were found, from left to right.
    pub(super) fn shorten(&self, name: &str) -> Vec<u8> {
        let mut short = name.as_bytes().to_vec();
        loop {
            let mut first = 0;
            for at in 1..short.len() {
                let byte = self.bytes[place(short[at - 1], short[at])];
                if byte != 0 && (first == 0 || byte < first) {
                    first = byte;
                }
            }
            if first == 0 {
                return short;
            }
            let mut at = 1;
            while at < short.len() {
                if self.bytes[place(short[at - 1], short[at])] == first {
                    short[at - 1] = first;
                    short.remove(at);
                }
                at += 1;
            }
        }
    }
}

/// The place of two bytes in the list.
fn place(left: u8, right: u8) -> usize {
    usize::from(left) << 8 | usize::from(right)
}

#[cfg(test)]
mod tests {
    use seccomp_bpf::short::Pairs;

    use super::Shortener;
    use crate::abi::Abi;

    fn read(pairs: Pairs, short: &[u8], name: &mut Vec<u8>) {
        for &byte in short {
            match pairs.pair(byte) {
                None => name.push(byte),
                Some(pair) => read(pairs, &pair, name),
            }
        }
    }

    /// The bytes of all names and of their short forms.
    fn sizes<'a>(pairs: Pairs, names: impl Iterator<Item = &'a str>) -> (usize, usize) {
        let shortener = Shortener::new(pairs);
        let mut sizes = (0, 0);
        for name in names {
            let short = shortener.shorten(name);
            let mut back = Vec::new();
            read(pairs, &short, &mut back);
            assert_eq!(std::str::from_utf8(&back), Ok(name));
            sizes.0 += name.len();
            sizes.1 += short.len();
        }
        sizes
    }

    fn calls() -> Vec<&'static str> {
        crate::table::calls(Abi::X86_64).map(|(_, name)| name).collect()
    }

    #[test]
    fn every_name_is_read_back_as_it_was() {
        let calls = calls();
        for pairs in [Pairs::WORDS, Pairs::CAPITALS] {
            sizes(pairs, calls.iter().copied());
            sizes(pairs, ["", "a", "aaa", "_", "O_", "0x"].into_iter());
        }
    }

    #[test]
    fn the_names_of_calls_take_half_of_their_bytes() {
        let (names, short) = sizes(Pairs::WORDS, calls().into_iter());
        assert!(short * 100 < names * 53, "{short} of {names} bytes");
    }
}

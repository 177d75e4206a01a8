//! Names in a short form, for the reports of programs: bytes from 128 on stand for pairs of bytes.
//!
//! The compiler shortens the names of calls, arguments and constants (`seccomp-ir/src/report/shorten.rs`), and the handler of a
//! program reads them (`seccomp-install/src/report`). The bytes of a pair may stand for pairs again, which come before it. So
//! a name takes half as many bytes as it has letters.

mod pairs;

/// The first byte that stands for a pair.
pub const FIRST: u8 = 128;

/// What the bytes from [`FIRST`] on stand for.
#[derive(Clone, Copy)]
pub struct Pairs(&'static [u8; 256]);

impl Pairs {
    /// The pairs for the names of calls and arguments.
    pub const WORDS: Self = Self(pairs::WORDS);
    /// The pairs for the names of constants.
    pub const CAPITALS: Self = Self(pairs::CAPITALS);

    /// The two bytes that `byte` stands for; `None` if it stands for itself.
    #[inline]
    #[must_use]
    pub const fn pair(self, byte: u8) -> Option<[u8; 2]> {
        if byte < FIRST {
            return None;
        }
        let place = 2 * (byte - FIRST) as usize;
        Some([self.0[place], self.0[place + 1]])
    }
}

/// Each pair comes after those that it consists of, so reading a name ends.
const _: () = {
    let mut byte = FIRST;
    loop {
        let mut set = 0;
        while set < 2 {
            let pairs = if set == 0 { Pairs::WORDS } else { Pairs::CAPITALS };
            if let Some([left, right]) = pairs.pair(byte) {
                assert!(left < byte && right < byte);
            }
            set += 1;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
};

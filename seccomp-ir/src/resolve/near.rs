//! What an unknown name may stand for: looked up once for each name, however often a policy writes it
//! and however many ABIs it serves.

use crate::abi::Abi;
use crate::table;

/// What an unknown name was meant to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Call,
    Constant,
    Group,
}

/// The names looked up so far, sorted. They are as many as mistakes can be told, since no other is looked up.
#[derive(Default)]
pub(super) struct Near {
    known: Vec<(Kind, String, Option<&'static str>)>,
}

impl Near {
    /// The known name that is closest, if any is close; `abi` is the one whose calls are preferred.
    pub(super) fn to(&mut self, kind: Kind, name: &str, abi: Abi) -> Option<&'static str> {
        let (mut low, mut high) = (0, self.known.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let (of, known, near) = &self.known[middle];
            let key = (*of, known.as_str());
            if key == (kind, name) {
                return *near;
            }
            if key < (kind, name) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let near = match kind {
            Kind::Call => table::nearest_call(abi, name),
            Kind::Constant => table::nearest_constant(name),
            Kind::Group => table::nearest_group(name),
        };
        self.known.insert(low, (kind, name.to_owned(), near));
        near
    }
}

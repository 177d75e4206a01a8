//! The known names that are closest to unknown ones. Each name is looked up once, however often a policy has it
//! and however many ABIs it serves.

use crate::abi::Abi;
use crate::table::{self, Domain};

/// The kind of an unknown name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameKind {
    Call,
    Constant,
    Group,
}

/// A name that was looked up, and the closest known one.
struct KnownName {
    kind: NameKind,
    name: String,
    /// The constants that were preferred; empty if none were.
    preferred: &'static str,
    near: Option<&'static str>,
}

/// The names looked up so far, sorted. There are at most as many as errors are reported.
#[derive(Default)]
pub(super) struct Near {
    known: Vec<KnownName>,
}

impl Near {
    /// The closest known name, if any is close. Calls of `abi` and constants of `domain` are preferred.
    pub(super) fn to(
        &mut self,
        kind: NameKind,
        name: &str,
        abi: Abi,
        domain: Option<Domain>,
    ) -> Option<&'static str> {
        let preferred = match domain {
            Some(domain) => domain.patterns(),
            None => "",
        };
        let (mut low, mut high) = (0, self.known.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let known = &self.known[middle];
            let key = (known.kind, known.name.as_str(), known.preferred);
            if key == (kind, name, preferred) {
                return known.near;
            }
            if key < (kind, name, preferred) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let near = match kind {
            NameKind::Call => table::nearest_call(abi, name),
            NameKind::Constant => table::nearest_constant(name, domain),
            NameKind::Group => table::nearest_group(name),
        };
        self.known.insert(low, KnownName { kind, name: name.to_owned(), preferred, near });
        near
    }
}

#[cfg(test)]
mod tests {
    use super::{NameKind, Near};
    use crate::abi::Abi;
    use crate::errors::MOST;
    use crate::resolve::Resolver;
    use crate::tree::{Name, Span};

    #[test]
    fn a_name_is_looked_up_once_whatever_abis_ask_for_it() {
        let mut near = Near::default();
        for abi in Abi::ALL {
            assert_eq!(near.to(NameKind::Call, "raed", *abi, None), Some("read"));
            assert_eq!(near.to(NameKind::Constant, "O_CRAET", *abi, None), Some("O_CREAT"));
            assert_eq!(near.to(NameKind::Group, "@basic_io", *abi, None), Some("@basic-io"));
            assert_eq!(near.to(NameKind::Constant, "raed", *abi, None), None);
        }
        assert_eq!(near.known.len(), 4);
    }

    #[test]
    fn no_more_names_are_looked_up_than_errors_are_reported() {
        let mut errors = crate::errors::Errors::new();
        let mut resolver = Resolver::new(Abi::X86_64, Vec::new(), &mut errors);
        for abi in Abi::ALL {
            for number in 0..2000 {
                let name = Name { text: format!("UNKNOWN_{number}"), span: Span(number) };
                assert!(resolver.constant(&name, *abi).is_err());
            }
        }
        assert_eq!(resolver.near.known.len(), MOST);
    }
}

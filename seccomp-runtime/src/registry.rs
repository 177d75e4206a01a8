//! The registry: the policies in a program, for the program itself.

use linkme::distributed_slice;

use crate::SockFilter;

/// A policy of this program, from [`policies`].
#[derive(Clone, Copy, Debug)]
pub struct RegisteredPolicy {
    place: (&'static str, u32, u32),
    text: &'static str,
    filter: &'static [SockFilter],
}

impl RegisteredPolicy {
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(
        place: (&'static str, u32, u32),
        text: &'static str,
        filter: &'static [SockFilter],
    ) -> Self {
        Self { place, text, filter }
    }

    /// The path of the file with the policy, as rustc knows it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.place.0
    }

    /// The line of the policy in that file, from 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.place.1
    }

    /// The column of the policy in that line, from 1.
    #[must_use]
    pub const fn column(&self) -> u32 {
        self.place.2
    }

    /// The rules in canonical text: files and fragments are in their places and every `#[cfg(…)]` is decided.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// The instructions of the filter. `None` if the policy has values that rustc evaluates: they may depend on type
    /// parameters, so one place in the source may have several filters.
    #[must_use]
    pub const fn filter(&self) -> Option<&'static [SockFilter]> {
        if self.filter.is_empty() { None } else { Some(self.filter) }
    }
}

/// The entries, which the linker puts together.
#[distributed_slice]
pub static POLICIES: [RegisteredPolicy];

/// The policies in this program, in no particular order: each place in its source, and in the source of the libraries
/// that are linked to it, where `seccomp_policy!` is used.
///
/// The list says which policies the program contains, not which are installed, and it decides nothing. Fragments are
/// not in it, because they are parts of policies.
///
/// A library is linked only if the program names it: `use library as _;` is enough.
///
/// ```
/// use seccomp_runtime::{Policy, policies, seccomp_policy};
///
/// const STDIO: Policy = seccomp_policy! {
///     allow read(fd == 0), write(fd == 1), rt_sigreturn, exit_group;
///     default kill
/// };
///
/// # fn main() {
/// let found = policies().iter().find(|policy| policy.filter() == Some(STDIO.filter()));
/// let found = found.expect("the registry has every policy");
/// assert_eq!(
///     found.text(),
///     "allow read(fd == 0), write(fd == 1), rt_sigreturn, exit_group;\ndefault kill;\n"
/// );
/// # }
/// ```
#[must_use]
pub fn policies() -> &'static [RegisteredPolicy] {
    &POLICIES
}

/// How many instructions the bytes that `register!` gets have. It is here because a crate may forbid divisions
/// (`clippy::integer_division`).
#[must_use]
pub const fn length(bytes: &[u8]) -> usize {
    bytes.len() / 8
}

/// The instructions in the bytes that `register!` gets. `LENGTH` is [`length`] of them.
#[must_use]
pub const fn instructions<const LENGTH: usize>(bytes: &[u8]) -> [SockFilter; LENGTH] {
    let mut instructions = [SockFilter::statement(0, 0); LENGTH];
    let mut next = 0;
    while next < LENGTH {
        let at = 8 * next;
        instructions[next] = SockFilter {
            code: u16::from_le_bytes([bytes[at], bytes[at + 1]]),
            jt: bytes[at + 2],
            jf: bytes[at + 3],
            k: u32::from_le_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]),
        };
        next += 1;
    }
    instructions
}

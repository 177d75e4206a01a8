//! The corpus for one target as bytes, for a program that can neither compile nor parse:
//! `tests/no-std` reads the bytes and makes the calls.
//!
//! Numbers are little-endian whatever the target.
//!
//! ```text
//! image  = "corpus 1" policies:u32 { policy }
//! policy = instructions:u32 { code:u16 jt:u8 jf:u8 k:u32 } calls:u32 { call }
//! call   = route:u8 harmless:u8 expected:u32 nr:u32 arch:u32 6*argument:u64 length:u16 text
//! ```
//!
//! `expected` is the value that the filter must return.

use std::collections::BTreeMap;

use seccomp_ir::abi::Abi;
use seccomp_ir::action::Action;
use seccomp_ir::bpf::SockFilter;

use super::Topic;
use super::kernel::{MARK, NotMade, Route};

/// The beginning of an image: the format and its version.
const MAGIC: &[u8; 8] = b"corpus 1";

/// The corpus for a target.
#[derive(Debug)]
pub struct Image {
    /// The bytes for the program.
    pub bytes: Vec<u8>,
    /// The number of calls in it.
    pub calls: usize,
    /// The number of calls that are made twice, the second time so that the kernel really makes
    /// them.
    pub harmless: usize,
    /// The number of calls that the policy logs. A program cannot tell them from allowed calls.
    pub logged: usize,
    /// The number of calls of the corpus that are not in it, for each reason.
    pub not_made: BTreeMap<NotMade, usize>,
}

impl Image {
    /// Compiles the corpus for `target`.
    ///
    /// # Panics
    ///
    /// If a policy does not compile that should, or if a line cannot be read: with the place and
    /// the reason.
    #[must_use]
    pub fn new(topics: &[Topic], target: Abi) -> Self {
        let mut image =
            Self { bytes: Vec::new(), calls: 0, harmless: 0, logged: 0, not_made: BTreeMap::new() };
        let mut policies = 0_u32;
        let mut bytes = Vec::new();
        for case in topics.iter().flat_map(|topic| &topic.cases) {
            if !case.compiles(target) {
                continue;
            }
            let compiled = case
                .compile(target)
                .unwrap_or_else(|error| panic!("{} on {}: {error}", case.place, target.name()));
            let (_, filter) = case
                .filled(&compiled)
                .unwrap_or_else(|error| panic!("{} on {}: {error}", case.place, target.name()));
            policies += 1;
            instructions(&mut bytes, &filter);
            let calls = image.of_case(&case.calls(target), target);
            bytes.extend(calls);
        }
        image.bytes.extend(MAGIC);
        image.bytes.extend(policies.to_le_bytes());
        image.bytes.extend(bytes);
        image
    }

    /// The number of calls in it and of those that are not, in a few words.
    #[must_use]
    pub fn summary(&self, target: Abi) -> String {
        let Self { calls, harmless, logged, not_made, .. } = self;
        let missing: usize = not_made.values().sum();
        let reasons = not_made.iter().map(|(reason, count)| format!("\n  {count} {reason}"));
        format!(
            "{}: {calls} calls for the kernel, {harmless} of them made in earnest too; \
             {logged} are to be logged, which looks like being allowed; {missing} not made:{}",
            target.name(),
            reasons.collect::<String>()
        )
    }

    fn of_case(&mut self, calls: &[super::ExpectedCall], target: Abi) -> Vec<u8> {
        let mut count = 0_u32;
        let mut bytes = Vec::new();
        for call in calls {
            let route = match call.route(target) {
                Ok(route) => route,
                Err(reason) => {
                    *self.not_made.entry(reason).or_default() += 1;
                    continue;
                }
            };
            assert_ne!(call.expected, Action::Trace(MARK), "{}: taken", call.place);
            count += 1;
            self.calls += 1;
            self.harmless += usize::from(call.is_harmless(target));
            self.logged += usize::from(call.expected == Action::Log);
            bytes.extend(one(call, route, target));
        }
        let mut all = count.to_le_bytes().to_vec();
        all.extend(bytes);
        all
    }
}

fn instructions(bytes: &mut Vec<u8>, filter: &[SockFilter]) {
    bytes.extend((filter.len() as u32).to_le_bytes());
    for SockFilter { code, jt, jf, k } in filter {
        bytes.extend(code.to_le_bytes());
        bytes.extend([*jt, *jf]);
        bytes.extend(k.to_le_bytes());
    }
}

fn one(call: &super::ExpectedCall, route: Route, target: Abi) -> Vec<u8> {
    let text = format!("{}: {}", call.place, call.text);
    let mut bytes = vec![route as u8, u8::from(call.is_harmless(target))];
    bytes.extend(call.expected.to_return_value().to_le_bytes());
    bytes.extend(call.data.nr.to_le_bytes());
    bytes.extend(call.data.arch.to_le_bytes());
    for argument in call.data.args {
        bytes.extend(argument.to_le_bytes());
    }
    let length = u16::try_from(text.len()).expect("a line is short");
    bytes.extend(length.to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

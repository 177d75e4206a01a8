//! What the compiler says of a policy with mistakes: one file a mistake, beside it the messages.
//!
//! The messages are written by `TRYBUILD=overwrite cargo test -p seccomp-tests --test ui` and then
//! read by a person. They are for x86_64: a call that this ABI has is another one's mistake.

#![cfg(target_arch = "x86_64")]

#[test]
fn every_mistake_is_reported_at_its_token_with_what_to_write() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

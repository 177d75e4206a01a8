//! A scope in which every lint is forbidden, so that the expansion cannot use `#[allow]`.
#![forbid(
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_idioms,
    unused,
    warnings
)]
#![forbid(
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    dead_code,
    deprecated,
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unstable_features,
    unused_braces,
    unused_extern_crates,
    unused_import_braces,
    unused_imports,
    unused_lifetimes,
    unused_macros,
    unused_macro_rules,
    unused_parens,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![forbid(clippy::all, clippy::cargo, clippy::nursery, clippy::pedantic)]

use ::filter::{Policy as Real, call, sandboxed, seccomp_fragment, seccomp_policy};

::std::include! { "policies.rs" }

/// Passes its tokens on unchanged; rustfmt leaves them on one line.
macro_rules! as_written {
    ($($tokens:tt)*) => { $($tokens)* };
}

as_written! {
    /// A function with its body on one line: rustc has other lints for it than for a longer body.
    #[sandboxed(SEVEN)]
    pub fn on_one_line(probe: fn() -> i64) -> i64 { probe() }
}

/// A function whose attribute has the name of a policy.
#[sandboxed(SEVEN)]
pub fn by_name(probe: fn() -> i64) -> i64 {
    probe()
}

/// A function whose attribute has an installer.
#[sandboxed(SEVEN.installer().this_thread_only())]
pub fn by_installer(probe: fn() -> i64) -> i64 {
    probe()
}

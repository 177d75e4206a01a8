//! A policy that was compiled while the program runs.

use std::io::{self, Write};

use seccomp_install::{Abi, Action, Assembled, Call, InstallError, Installer, SockFilter};
use seccomp_syntax::CompiledText;
use seccomp_syntax::report::Report;

use crate::origin::Origin;

/// A policy that was compiled and proven while the program runs. Only [`Loader::load`](crate::Loader::load) makes one.
///
/// It can do what a [`Policy`](https://docs.rs/seccomp-runtime), which is compiled into the program, can do, except
/// `report`. The same code installs it in the same way, and it cannot be changed.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    origin: Origin,
    text: String,
    abis: Vec<Abi>,
    filter: Box<[SockFilter]>,
    used_values: Vec<String>,
    warnings: Report,
}

impl LoadedPolicy {
    /// The policy of a compiled text without open values.
    pub(crate) fn new(origin: Origin, compiled: CompiledText) -> Self {
        let CompiledText { tree, compiled, report, used_values, .. } = compiled;
        let mut abis = Vec::new();
        for part in &compiled.policy.abis {
            abis.push(part.abi);
        }
        assert!(
            compiled.filter.relocations.is_empty(),
            "every value of the policy is known: `Loader::load` gives the values"
        );
        Self {
            origin,
            text: seccomp_ir::tree::print(&tree),
            abis,
            filter: compiled.filter.instructions.into_boxed_slice(),
            used_values,
            warnings: report,
        }
    }

    /// This policy, which was made from the text of `written`, with the origin, the values and the warnings of
    /// `written`.
    pub(crate) fn in_the_name_of(self, written: &Self) -> Self {
        let Self { text, abis, filter, .. } = self;
        let Self { origin, used_values, warnings, .. } = written.clone();
        Self { origin, text, abis, filter, used_values, warnings }
    }

    /// Where the policy comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The policy in the canonical text of the language, as it was compiled: with the values, with the files that it includes,
    /// and with its `#[cfg(…)]` decided.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The ABIs that it has rules for. The calls of all others get the action of `bad_arch`.
    #[must_use]
    pub fn abis(&self) -> &[Abi] {
        &self.abis
    }

    /// The names of the given values that the policy uses. Any other given name has no effect.
    #[must_use]
    pub fn used_values(&self) -> &[String] {
        &self.used_values
    }

    /// The warnings: parts of the policy that are legal but may not be meant.
    #[must_use]
    pub fn warnings(&self) -> &Report {
        &self.warnings
    }

    /// The instructions that the kernel runs on each call.
    #[must_use]
    pub fn filter(&self) -> &[SockFilter] {
        &self.filter
    }

    /// Installs the policy on every thread of the process. The threads that they start later and the programs that they
    /// execute inherit it.
    ///
    /// Sets `no_new_privs` first, so that it works without privileges. [`Self::installer`] has other ways to install.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then no thread has the filter.
    pub fn install(&self) -> Result<(), InstallError> {
        self.installer().install()
    }

    /// Installs the policy on the calling thread. The threads that it starts later and the programs that it executes inherit
    /// it. Other threads are not changed.
    ///
    /// # Errors
    ///
    /// [`InstallError`] gives the reason; then the thread does not have the filter.
    pub fn install_on_thread(&self) -> Result<(), InstallError> {
        self.installer().this_thread_only().install()
    }

    /// All options for installing the policy: another action instead of `kill` ([`Installer::instead_of_kill`]), a
    /// listener for the calls with the action `notify` ([`Installer::install_with_listener`]), one thread only,
    /// logging.
    pub fn installer(&self) -> Installer<Assembled<'_>> {
        Installer::__of_loaded(&self.filter)
    }

    /// The action for `call`, computed without a kernel, by running the filter.
    #[must_use]
    pub fn decide(&self, call: &Call) -> Action {
        self.installer().decide(call)
    }

    /// Whether the kernel makes this call: [`Action::Allow`] or [`Action::Log`].
    #[must_use]
    pub fn allows(&self, call: &Call) -> bool {
        self.decide(call).permits()
    }

    /// Whether this call is never made: it is killed or trapped, or fails with an errno. Both this and [`Self::allows`] are
    /// false for [`Action::Trace`] and [`Action::Notify`].
    #[must_use]
    pub fn denies(&self, call: &Call) -> bool {
        self.decide(call).forbids()
    }

    /// Writes the filter as bytes, for a program that reads a filter from a descriptor: `bwrap --seccomp`, or any other
    /// reader of what libseccomp's `seccomp_export_bpf` writes. It is an array of `struct sock_filter` in the byte
    /// order of this machine.
    ///
    /// Such a program executes another one with the filter in force, so the policy must allow `execve`.
    ///
    /// # Errors
    ///
    /// The errors of `output`.
    pub fn write_bpf(&self, mut output: impl Write) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(self.filter.len() * size_of::<SockFilter>());
        for SockFilter { code, jt, jf, k } in &self.filter {
            bytes.extend_from_slice(&code.to_ne_bytes());
            bytes.extend_from_slice(&[*jt, *jf]);
            bytes.extend_from_slice(&k.to_ne_bytes());
        }
        output.write_all(&bytes)
    }
}

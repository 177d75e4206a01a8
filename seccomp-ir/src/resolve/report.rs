//! `report`: the program itself says which call was denied.

use super::{Resolver, RuleSource, SingleItems};
use crate::abi::Abi;
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Reported;
use crate::policy::Origin;
use crate::tree::{ItemIndex, ItemKind, ReportItem, ReportNames, Span, TargetIndex, Tree};

/// `report` in a resolved policy.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "debug", derive(Debug))]
pub struct ResolvedReport {
    /// The ABI of the program, which makes the report.
    pub target: Abi,
    /// The names that the program carries.
    pub names: ReportNames,
    /// The source of the rules that `report` adds.
    pub origin: Origin,
    /// The place of the word `report`.
    pub span: Span,
}

impl Resolver<'_> {
    /// `report`, and a place for the rules that it adds.
    pub(super) fn report(
        &mut self,
        tree: &Tree,
        single_items: &SingleItems<'_>,
    ) -> Result<Option<ResolvedReport>, Reported> {
        let Some(&ReportItem { names, span }) = single_items.report else { return Ok(None) };
        if !reports(self.target) {
            let target = self.target.name();
            let message = format!(
                "a program for {target} cannot make reports: its handler for SIGSYS would be code of {target}, and \
                 there is none"
            );
            let error = Diagnostic::new(ErrorCode::NoReport, span, message);
            let help = "remove `report`, or write `#[cfg(target_arch = \"x86_64\")]` above it";
            return Err(self.errors.add(error.help(help)));
        }
        let mut item = ItemIndex(0);
        for (index, other) in tree.items.iter().enumerate() {
            if matches!(other.kind, ItemKind::Report(_)) {
                item = ItemIndex(index);
            }
        }
        let origin = Origin(self.origins.len() as u32);
        self.origins.push(RuleSource {
            span,
            item,
            target: TargetIndex(0),
            group: false,
            may_be_decided: true,
        });
        Ok(Some(ResolvedReport { target: self.target, names, origin, span }))
    }
}

/// Whether a program for `abi` can make reports: `seccomp-install/src/report/context` has its code.
fn reports(abi: Abi) -> bool {
    match abi {
        Abi::X86 | Abi::X86_64 | Abi::Arm | Abi::Aarch64 | Abi::Riscv64 | Abi::S390x => true,
        Abi::X32
        | Abi::Loongarch64
        | Abi::M68k
        | Abi::Mips
        | Abi::Mipsel
        | Abi::Mips64
        | Abi::Mipsel64
        | Abi::Mips64N32
        | Abi::Mipsel64N32
        | Abi::Parisc
        | Abi::Parisc64
        | Abi::Ppc
        | Abi::Ppc64
        | Abi::Ppc64le
        | Abi::S390
        | Abi::Sh
        | Abi::Sheb => false,
    }
}

//! Decompiles seccomp filters, whoever made them, to policies in this language that are proven equal to them.
//!
//! ```
//! use seccomp_bpf::bpf::SockFilter;
//! use seccomp_decompile::{Options, decompile};
//!
//! // if arch != x86_64 kill; if nr == read allow; errno(1)
//! let filter = [
//!     SockFilter { code: 0x20, jt: 0, jf: 0, k: 4 },
//!     SockFilter { code: 0x15, jt: 1, jf: 0, k: 0xc000_003e },
//!     SockFilter { code: 0x06, jt: 0, jf: 0, k: 0x8000_0000 },
//!     SockFilter { code: 0x20, jt: 0, jf: 0, k: 0 },
//!     SockFilter { code: 0x35, jt: 3, jf: 0, k: 0x4000_0000 },
//!     SockFilter { code: 0x15, jt: 0, jf: 1, k: 0 },
//!     SockFilter { code: 0x06, jt: 0, jf: 0, k: 0x7fff_0000 },
//!     SockFilter { code: 0x06, jt: 0, jf: 0, k: 0x0005_0001 },
//!     SockFilter { code: 0x15, jf: 0, jt: 0, k: 0xffff_ffff },
//!     SockFilter { code: 0x06, jt: 0, jf: 0, k: 0x8000_0000 },
//! ];
//! let decompiled = decompile(&filter, &Options::default()).unwrap();
//! assert_eq!(decompiled.text(), "\
//! arch x86_64;
//! kill syscall(-1);
//! allow read;
//! default errno(EPERM);
//! ");
//! ```
//!
//! A layer imports only from those above it in this list:
//!
//! | module | what it knows |
//! |---|---|
//! | `error` | why there is no policy for a filter |
//! | `filter_file` | filters as bytes and as text |
//! | `tree_parts` | parts of trees |
//! | `value_set` | ways to write sets of values of one argument |
//! | `runs` | sets of values of one argument, as ranges |
//! | `set_search` | the shortest of these ways |
//! | `cubes` | conditions on several arguments |
//! | `call_rules` | rules for one call |
//! | `filter_actions` | what a filter does with the calls of each ABI |
//! | `value_text` | the names of values |
//! | `condition` | the names of arguments, and conditions on them |
//! | `compose_tree` | the tree |

mod call_rules;
mod compose_tree;
mod condition;
mod cubes;
mod error;
mod filter_actions;
mod filter_file;
mod runs;
mod set_search;
mod tree_parts;
mod value_set;
mod value_text;

use seccomp_ir::abi::{Abi, Endian};
use seccomp_ir::bpf::{self, Operand, Operation, SockFilter};
use seccomp_ir::errors::Errors;
use seccomp_ir::explore::{Budget, Unequal, prove_equal};
use seccomp_ir::policy::{Finding, Policy, check};
use seccomp_ir::resolve::resolve;
use seccomp_ir::tree::{self, Tree};

pub use error::{DecompileError, Unsaid};
pub use filter_file::{BytesError, from_bytes, to_bytes};
pub use seccomp_ir::explore::EqualFor;

/// How a filter is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// The byte order of the kernel. `None` takes the byte order of the values of `arch` that the filter tests, or
    /// little-endian if it tests none.
    pub endian: Option<Endian>,
    /// The calls for which the policy must be equal to the filter.
    pub equal_for: EqualFor,
}

impl Default for Options {
    fn default() -> Self {
        Self { endian: None, equal_for: EqualFor::Every }
    }
}

impl Options {
    /// Options for the calls that a kernel for this ABI can make, and no others: `arch` has only the values of its
    /// ABIs, and every number belongs to one of them.
    #[must_use]
    pub fn for_kernel(abi: Abi) -> Self {
        Self { endian: Some(abi.endian()), equal_for: EqualFor::Abis(kernel_abis(abi)) }
    }
}

/// The ABIs of a kernel that serves `abi`, which comes first.
///
/// Source: the values of `syscall_get_arch` of each architecture, Linux 6.12. A kernel may be built without the others.
#[must_use]
pub fn kernel_abis(abi: Abi) -> Vec<Abi> {
    use Abi::{
        Aarch64, Arm, Loongarch64, M68k, Mips, Mips64, Mips64N32, Mipsel, Mipsel64, Mipsel64N32,
        Parisc, Parisc64, Ppc, Ppc64, Ppc64le, Riscv64, S390, S390x, Sh, Sheb, X32, X86, X86_64,
    };
    let others: &[Abi] = match abi {
        X86_64 => &[X32, X86],
        X32 => &[X86_64, X86],
        Aarch64 => &[Arm],
        Mips64 => &[Mips64N32, Mips],
        Mips64N32 => &[Mips64, Mips],
        Mipsel64 => &[Mipsel64N32, Mipsel],
        Mipsel64N32 => &[Mipsel64, Mipsel],
        Parisc64 => &[Parisc],
        Ppc64 => &[Ppc],
        S390x => &[S390],
        X86 | Arm | Loongarch64 | M68k | Mips | Mipsel | Parisc | Ppc | Ppc64le | Riscv64
        | S390 | Sh | Sheb => &[],
    };
    let mut abis = vec![abi];
    abis.extend(others);
    abis
}

/// A policy that is proven equal to a filter. Only [`decompile`] makes one.
pub struct Decompiled {
    tree: Tree,
    policy: Policy,
    equal_for: EqualFor,
}

impl Decompiled {
    /// The policy as a tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The policy, resolved.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The calls for which the policy is equal to the filter.
    #[must_use]
    pub fn equal_for(&self) -> &EqualFor {
        &self.equal_for
    }

    /// The policy in the language.
    #[must_use]
    pub fn text(&self) -> String {
        tree::print(&self.tree)
    }

    /// The ABI for which the text is compiled: the first that it serves.
    #[must_use]
    pub fn target(&self) -> Abi {
        self.policy.abis[0].abi
    }
}

/// The policy that is proven to do what `filter` does with every call that `options` names.
///
/// The proof does not compare data that the kernel ignores: the data of an allow, a log or a kill.
///
/// # Errors
///
/// If the kernel does not load the filter; if the language has no words for what it does; or if working that out takes
/// too much. There is no policy without proof.
pub fn decompile(filter: &[SockFilter], options: &Options) -> Result<Decompiled, DecompileError> {
    bpf::check(filter).map_err(DecompileError::Load)?;
    let endian = match options.endian {
        Some(endian) => endian,
        None => tested_byte_order(filter)?,
    };
    let equal_for = &options.equal_for;
    let budget = &Budget::new(Budget::STEPS);
    let source = filter_actions::Source { budget, filter, endian, equal_for };
    let tree = compose_tree::tree(source)?;
    let policy = resolved(&tree)?;
    match prove_equal(&policy, filter, equal_for) {
        Ok(()) => {}
        Err(Unequal::Unexplored(unexplored)) => return Err(unexplored.into()),
        Err(unequal) => return Err(DecompileError::NotProven(unequal)),
    }
    Ok(Decompiled { tree, policy, equal_for: equal_for.clone() })
}

/// Policies that together are proven to do what `filter` does with every call of a kernel for `kernel`: one policy, or
/// one for each ABI if the filter has different actions for the ABIs where a policy can have only one.
///
/// # Errors
///
/// See [`decompile`].
pub fn decompile_for_kernel(
    filter: &[SockFilter],
    kernel: Abi,
) -> Result<Vec<Decompiled>, DecompileError> {
    let options = Options::for_kernel(kernel);
    match decompile(filter, &options) {
        Err(DecompileError::Unsaid(Unsaid::AbisDiffer { .. })) => {
            let mut policies = Vec::new();
            for abi in kernel_abis(kernel) {
                let equal_for = EqualFor::Abis(vec![abi]);
                policies.push(decompile(filter, &Options { equal_for, ..options.clone() })?);
            }
            Ok(policies)
        }
        result => result.map(|decompiled| vec![decompiled]),
    }
}

/// The policy of the tree, whose rules must all decide something.
fn resolved(tree: &Tree) -> Result<Policy, DecompileError> {
    let served = tree.items.iter().find_map(|item| match &item.kind {
        tree::ItemKind::Arch(abis) => Abi::from_name(&abis.first()?.text),
        _ => None,
    });
    let target = served.unwrap_or(Abi::X86_64);
    let resolved = resolve(tree, target, Errors::new()).map_err(|errors| {
        let messages: Vec<String> =
            errors.diagnostics().iter().map(|diagnostic| diagnostic.text()).collect();
        DecompileError::Invalid(messages.join("; "))
    })?;
    for finding in check(&resolved.policy) {
        if !finding.is_warning() {
            let rule = resolved.origins[finding.rule().0 as usize].quote(tree);
            let what = match finding {
                Finding::Contradiction { .. } => "matches no call",
                _ => "never decides",
            };
            return Err(DecompileError::Invalid(format!("`{rule}` {what}")));
        }
    }
    Ok(resolved.policy)
}

/// The byte order of the ABIs whose values of `arch` the filter compares with.
fn tested_byte_order(filter: &[SockFilter]) -> Result<Endian, DecompileError> {
    let (mut little, mut big) = (false, false);
    for instruction in filter {
        let Some(Operation::Branch { operand: Operand::Constant(k), .. }) = instruction.operation()
        else {
            continue;
        };
        for abi in Abi::ALL.iter().filter(|abi| abi.audit_arch() == k) {
            match abi.endian() {
                Endian::Little => little = true,
                // A small number can be the `arch` of an old machine, but also many other things.
                Endian::Big => big |= k > 0xffff,
            }
        }
    }
    match (little, big) {
        (true, true) => Err(DecompileError::ByteOrder),
        (false, true) => Ok(Endian::Big),
        (_, false) => Ok(Endian::Little),
    }
}

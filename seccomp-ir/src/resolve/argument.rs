//! Arguments by name or position, and the types in which they are compared.

use crate::abi::{Abi, ArgumentIndex, Half};
use crate::lists::{list_abis, parts};
use crate::policy::Width;
use crate::table::{self, Argument, ArgumentPlace, Domain, HalfOf, Signature, Type, positional};

use super::{Remark, RemarkKind, Resolver};
use crate::diagnostic::{Diagnostic, ErrorCode};
use crate::errors::Reported;
use crate::tree::{Cast, Name, Span};

/// A call on an ABI, with its arguments.
pub(super) struct Call {
    /// Its name, or `syscall(number)`.
    pub(super) name: String,
    pub(super) abi: Abi,
    pub(super) number: u32,
    signature: Option<Signature>,
}

impl Call {
    pub(super) fn new(abi: Abi, number: u32) -> Self {
        let Some(name) = table::name(abi, number) else {
            return Self { name: format!("syscall({number})"), abi, number, signature: None };
        };
        let signature = match table::signature(abi, name) {
            Some(signature) if signature.is_known() => Some(signature),
            _ => None,
        };
        Self { name: name.to_owned(), abi, number, signature }
    }

    /// Whether it takes an argument of that name in a register that a filter sees.
    pub(super) fn has_argument(&self, name: &str) -> bool {
        let Some(signature) = &self.signature else { return false };
        matches!(signature.position(name), Some(ArgumentPlace::At(_)))
    }

    /// Whether `written` is the argument that the kernel calls `name`.
    pub(super) fn is_argument(&self, written: &str, name: &str) -> bool {
        let Some(signature) = &self.signature else { return false };
        let Some(ArgumentPlace::At(position)) = signature.position(name) else { return false };
        positional(written) == Some(position)
            || signature.position(written) == Some(ArgumentPlace::At(position))
    }

    /// The domain of the argument that the policy writes as `written`, if it is known.
    pub(super) fn domain(&self, written: &str) -> Option<Domain> {
        let signature = self.signature.as_ref()?;
        let position = match (positional(written), signature.position(written)) {
            (Some(position), _) | (None, Some(ArgumentPlace::At(position))) => position,
            _ => return None,
        };
        table::domain(self.abi, &self.name, signature.argument(position)?.name)
    }

    /// "`unsigned int fd` of `read`", with the number of bits that the kernel uses if that is less.
    fn describe(&self, argument: &Argument, cast: &Option<Cast>) -> String {
        let described = format!("`{}` of `{}`", declaration(argument), self.name);
        if argument.ty.bits == argument.ty.declared_bits || cast.is_some() {
            return described;
        }
        format!("{described} (the kernel uses {} bits of it)", argument.ty.bits)
    }
}

/// How an argument is compared.
pub(super) struct Typed {
    pub(super) argument: ArgumentIndex,
    pub(super) width: Width,
    pub(super) signed: bool,
    /// The kernel declares a pointer and the policy does not override it.
    pub(super) pointer: bool,
    /// The argument and its type in C, for messages: "`unsigned int fd` of `read`".
    pub(super) description: String,
}

/// What is known about the use of an argument that depends on a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CommandUse {
    /// The type is known, or no command affects it.
    Known,
    /// The rule leaves open which command is meant.
    Open,
    /// The command is fixed, and the tables do not say what the kernel uses under it.
    NotFollowed,
}

impl Resolver<'_> {
    /// Finds an argument and the type to compare it in.
    pub(super) fn typed(
        &mut self,
        name: &Name,
        cast: &Option<Cast>,
        call: &Call,
    ) -> Result<Typed, Reported> {
        let argument = self.position(name, cast, call)?;
        let register = |signature: &Signature| signature.argument(argument).cloned();
        let mut typed = match (&call.signature, call.signature.as_ref().and_then(register)) {
            (Some(_), Some(mut declared)) => {
                let under = self.under_command(&mut declared, call);
                self.remark(name, cast, call, &declared.ty, under);
                Typed {
                    argument,
                    width: self.width(declared.ty.bits, name.span)?,
                    signed: declared.ty.signed,
                    pointer: declared.ty.pointer,
                    description: call.describe(&declared, cast),
                }
            }
            (signature, _) => {
                if signature.is_some() {
                    self.add_remark(name, cast, call, RemarkKind::Ignored);
                }
                Typed {
                    argument,
                    width: self.width(call.abi.register_bits(), name.span)?,
                    signed: false,
                    pointer: false,
                    description: format!("argument {argument} of `{}`", call.name),
                }
            }
        };
        if let Some(cast) = cast {
            // A register of a 32-bit ABI has no upper half, whatever the cast.
            typed.width = self.width(cast.bits.min(call.abi.register_bits()), name.span)?;
            typed.signed = cast.signed;
            typed.pointer = false;
            typed.description = format!("{} as {}", typed.description, cast.name);
        }
        Ok(typed)
    }

    /// Gives an argument its type under the command that the surrounding conditions fix.
    fn under_command(&self, argument: &mut Argument, call: &Call) -> CommandUse {
        if !table::depends_on_command(&call.name, argument.name) {
            return CommandUse::Known;
        }
        let mut ty = None;
        for command in &self.commands {
            let Some(under) = table::type_under(call.abi, &call.name, argument, *command) else {
                return CommandUse::NotFollowed;
            };
            if ty.is_some_and(|ty| ty != under) {
                return CommandUse::Open;
            }
            ty = Some(under);
        }
        match ty {
            Some(ty) => {
                argument.ty = ty;
                CommandUse::Known
            }
            None => CommandUse::Open,
        }
    }

    /// Records a comparison whose type the author may not mean.
    fn remark(
        &mut self,
        name: &Name,
        cast: &Option<Cast>,
        call: &Call,
        used: &Type,
        under: CommandUse,
    ) {
        let clear = under == CommandUse::Known;
        let selector = || table::selector(&call.name).map_or("", |selector| selector.argument);
        let kind = match cast {
            None if under == CommandUse::Open => RemarkKind::OpenCommand { selector: selector() },
            // A register of a 32-bit ABI has no upper half.
            None if under == CommandUse::NotFollowed && call.abi.register_bits() == 64 => {
                RemarkKind::CommandNotFollowed { selector: selector() }
            }
            _ if used.ignored => RemarkKind::Ignored,
            Some(cast) if clear && cast.bits < used.bits => {
                RemarkKind::NarrowCast { bits: used.bits }
            }
            // The registers of a 32-bit ABI have no upper half that a program could set; a `umode_t` has 16
            // bits on every ABI.
            Some(cast) if clear && cast.bits.min(call.abi.register_bits()) > used.bits => {
                RemarkKind::WideCast { bits: used.bits, spelling: used.spelling }
            }
            _ => return,
        };
        self.add_remark(name, cast, call, kind);
    }

    fn add_remark(&mut self, name: &Name, cast: &Option<Cast>, call: &Call, kind: RemarkKind) {
        let (argument, call) = (name.clone(), call.name.clone());
        let cast = cast.as_ref().map(|cast| cast.name.clone());
        self.remarks.push(Remark { item: self.item, argument, cast, call, kind });
    }

    /// A width that the tables or a cast give.
    fn width(&mut self, bits: u32, span: Span) -> Result<Width, Reported> {
        match Width::from_bits(bits) {
            Some(width) => Ok(width),
            None => {
                let message = format!("internal error: no argument has {bits} bits");
                Err(self.errors.at(ErrorCode::Internal, span, message))
            }
        }
    }

    /// Which register is meant. With a cast, it may be one that the call does not take.
    fn position(
        &mut self,
        argument: &Name,
        cast: &Option<Cast>,
        call: &Call,
    ) -> Result<ArgumentIndex, Reported> {
        let Name { text: name, span } = argument;
        let Some(signature) = &call.signature else {
            if let Some(position) = positional(name) {
                return Ok(position);
            }
            if let Some(reported) = self.errors.full(*span) {
                return Err(reported);
            }
            let message = format!(
                "the arguments of `{}` are not known by name on {}: write `a0` to `a5`",
                call.name,
                call.abi.name()
            );
            return Err(self.errors.at(ErrorCode::ArgumentsWithoutNames, *span, message));
        };
        let message = match (positional(name), signature.position(name)) {
            (Some(position), _) if cast.is_some() || signature.argument(position).is_some() => {
                return Ok(position);
            }
            (None, Some(ArgumentPlace::At(position))) => return Ok(position),
            (None, Some(ArgumentPlace::Halves { low, high })) => format!(
                "on {} `{name}` of `{}` has 64 bits and arrives in two registers, and a comparison sees one: \
                 compare its halves, a{low} (low) and a{high} (high)",
                call.abi.name(),
                call.name,
            ),
            (None, Some(ArgumentPlace::Unseen)) => format!(
                "on {} `{name}` of `{}` is not among the six registers that a filter sees",
                call.abi.name(),
                call.name,
            ),
            _ => {
                if let Some(reported) = self.errors.full(*span) {
                    return Err(reported);
                }
                let error = no_argument(name, *span, call, signature, &self.rule_abis).on(call.abi);
                return Err(self.errors.add(error));
            }
        };
        Err(self.errors.at(ErrorCode::ArgumentInHalves, *span, message))
    }
}

fn no_argument(
    name: &str,
    span: Span,
    call: &Call,
    signature: &Signature,
    abis: &[Abi],
) -> Diagnostic {
    if let Some(error) = in_a_structure(name, span, call, signature, abis) {
        return error;
    }
    let message = format!("`{}` has no argument `{name}`: {}", call.name, takes(signature));
    let error = Diagnostic::new(ErrorCode::UnknownArgument, span, message);
    // Other tools count the arguments so.
    let counted = match name.as_bytes() {
        [b'a', b'r', b'g', digit] => ArgumentIndex::from_digit(*digit),
        _ => None,
    };
    if let Some(index) = counted {
        if signature.argument(index).is_some() {
            let by_position = format!("a{index}");
            let help =
                format!("by its position an argument is `a0` to `a5`: write `{by_position}`");
            return error.help(help).replace(span, by_position);
        }
    }
    match signature.nearest(name) {
        Some(near) if positional(name).is_none() => {
            error.help(format!("did you mean `{near}`?")).replace(span, near)
        }
        _ => error,
    }
}

/// The error for an argument that other ABIs pass in a register, and this one in a structure in memory: `prot` of
/// `mmap` on x86 and s390x. `abis` are those of the rule.
fn in_a_structure(
    name: &str,
    span: Span,
    call: &Call,
    signature: &Signature,
    abis: &[Abi],
) -> Option<Diagnostic> {
    let [only] = signature.registers() else { return None };
    let seen = |abi: Abi, call: &str| {
        table::signature(abi, call).is_some_and(|other| other.position(name).is_some())
    };
    if !only.ty.pointer || !Abi::ALL.iter().any(|abi| seen(*abi, &call.name)) {
        return None;
    }
    let message = format!(
        "`{}` takes its arguments in a structure in memory, which a filter does not see ({})",
        call.name,
        takes(signature)
    );
    let error = Diagnostic::new(ErrorCode::UnknownArgument, span, message);
    let of_abi = format!("#[arch({})]", call.abi.name());
    // The rule is right for some of its ABIs: it may stay, for these.
    let mut right = abis.to_vec();
    right.retain(|abi| seen(*abi, &call.name));
    let right = list_abis(&right);
    let (begin, attribute) = match right.as_str() {
        "" => (String::new(), String::new()),
        right => (format!("write `#[arch({right})]` before this rule; "), format!("{of_abi} ")),
    };
    for other in parts(table::instead(call.abi, &call.name).unwrap_or_default(), " / ") {
        if seen(call.abi, other) {
            return Some(error.help(format!(
                "{begin}compare `{name}` of `{other}`, which does the same, and deny `{}`: \
                 `{attribute}errno(ENOSYS) {};`",
                call.name, call.name
            )));
        }
    }
    let whole = format!("allow or deny `{}` as a whole", call.name);
    Some(error.help(match right.as_str() {
        "" => whole,
        _ => format!("{begin}{whole} after `{of_abi}`"),
    }))
}

/// "it takes (unsigned int fd, …)"
fn takes(signature: &Signature) -> String {
    let mut declarations = String::new();
    for register in signature.registers() {
        if !declarations.is_empty() {
            declarations.push_str(", ");
        }
        declarations.push_str(&declaration(register));
    }
    if declarations.is_empty() {
        "it takes none".to_owned()
    } else {
        format!("it takes ({declarations})")
    }
}

/// "unsigned int fd", as in C.
fn declaration(argument: &Argument) -> String {
    if argument.skipped {
        return "a register that is skipped".to_owned();
    }
    let spelling = argument.ty.spelling;
    let name = argument.name;
    match (argument.half, spelling.strip_suffix('*')) {
        (Some(HalfOf { whole, half: Half::Low }), _) => format!("{spelling} {whole}, low half"),
        (Some(HalfOf { whole, half: Half::High }), _) => format!("{spelling} {whole}, high half"),
        (None, Some(pointed_to)) => format!("{pointed_to}*{name}"),
        (None, None) => format!("{spelling} {name}"),
    }
}

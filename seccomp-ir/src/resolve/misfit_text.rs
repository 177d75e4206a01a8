//! The messages for values that do not fit.

use super::rustc_value::Fit;
use crate::abi::Abi;
use crate::fit::{Misfit, ValuePurpose};
use crate::lists::last_of_path;
use crate::table::{self, ConstantLookup};
use crate::tree::RustExpression;

/// The message for `number`, which is known here and does not fit.
pub(super) fn refusal(number: i128, misfit: Misfit, fit: &Fit) -> String {
    let Fit { width, description, purpose, .. } = fit;
    let bits = width.bits();
    match (purpose, misfit) {
        (ValuePurpose::Null, Misfit::Negative | Misfit::AboveSigned | Misfit::Outside)
        | (ValuePurpose::Errno, Misfit::Negative) => fit.refusal("", *purpose, misfit),
        (ValuePurpose::Errno, Misfit::AboveSigned | Misfit::Outside) => {
            fit.refusal(&format!("errno {number}"), *purpose, misfit)
        }
        (ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask, Misfit::Negative) => {
            let same = (number as u64) & width.ones();
            let why = fit.no_sign(*purpose);
            format!("{number} does not fit {description}: {why}; its {bits} bits are {same:#x}")
        }
        (
            ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask,
            Misfit::AboveSigned | Misfit::Outside,
        ) => {
            let subject = if number < 0 { number.to_string() } else { format!("{number:#x}") };
            fit.refusal(&subject, *purpose, misfit)
        }
    }
}

impl Fit {
    fn no_sign(&self, purpose: ValuePurpose) -> &'static str {
        if purpose == ValuePurpose::Mask { "bits have no sign" } else { "it is unsigned" }
    }

    /// The messages for a value of rustc that does not fit: one for each [`Misfit`], in their order.
    #[must_use]
    pub fn refusals(&self, value: &RustExpression, purpose: ValuePurpose) -> [String; 3] {
        let this = if purpose == ValuePurpose::Errno { "this errno" } else { "this value" };
        let negative = match purpose {
            ValuePurpose::Null | ValuePurpose::Errno => {
                self.refusal(this, purpose, Misfit::Negative)
            }
            ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask
                if self.bounds(purpose).lowest() < 0 =>
            {
                String::new()
            }
            ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask => format!(
                "this value is negative and does not fit {}: {}; {}",
                self.description,
                self.no_sign(purpose),
                without_sign(value)
            ),
        };
        [
            negative,
            self.refusal(this, purpose, Misfit::AboveSigned),
            self.refusal(this, purpose, Misfit::Outside),
        ]
    }

    /// The message for `subject`, the number that does not fit.
    fn refusal(&self, subject: &str, purpose: ValuePurpose, misfit: Misfit) -> String {
        let Self { width, description, .. } = self;
        let bits = width.bits();
        let bounds = self.bounds(purpose);
        match (purpose, misfit) {
            (ValuePurpose::Null, Misfit::Negative | Misfit::AboveSigned | Misfit::Outside) => {
                format!(
                    "{description} is a pointer, and a filter cannot follow it: it can only be compared with 0; \
                 to compare the address itself write `as u64`"
                )
            }
            (ValuePurpose::Errno, Misfit::Negative) => {
                let highest = bounds.highest();
                format!("an errno is written without a minus sign: 0 to {highest}")
            }
            (ValuePurpose::Errno, Misfit::AboveSigned | Misfit::Outside) => {
                let highest = bounds.highest();
                format!(
                    "{subject} is above {highest}, the highest that the kernel passes on: it would arrive as {highest}"
                )
            }
            (
                ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask,
                Misfit::AboveSigned,
            ) => format!(
                "{subject} does not fit {description}, which is signed with {bits} bits: {} to {}; to compare it unsigned write `as u{}`",
                bounds.lowest(),
                bounds.highest(),
                bits.max(32)
            ),
            (
                ValuePurpose::Order | ValuePurpose::Equality | ValuePurpose::Mask,
                Misfit::Negative | Misfit::Outside,
            ) => {
                format!(
                    "{subject} does not fit {description}: it has {bits} bits, and higher bits are never seen"
                )
            }
        }
    }
}

/// The advice for a negative constant of rustc where only the bits count.
fn without_sign(value: &RustExpression) -> String {
    let text = value.text.trim();
    if let Some(value) = text.strip_prefix('$') {
        let cast =
            if text.len() > 60 { "$(… as u32)".to_owned() } else { format!("$({value} as u32)") };
        return format!("write `{cast}` for its 32 bits");
    }
    let name = last_of_path(text);
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let cast = match inner {
        _ if text.len() > 60 => "{ … as u32 }".to_owned(),
        Some(inner) => format!("{{ ({}) as u32 }}", inner.trim()),
        None => format!("{{ {text} as u32 }}"),
    };
    if inner.is_none() && is_constant(name) {
        format!("write `{name}`, which this language knows, or `{cast}` for its 32 bits")
    } else {
        format!("write `{cast}` for its 32 bits")
    }
}

/// Whether the tables have a constant of that name on any ABI.
fn is_constant(name: &str) -> bool {
    !matches!(table::constant(Abi::X86_64, name), ConstantLookup::Unknown)
}

//! JSON with places: every value knows its path, and an unexpected value is an error at its path.

use std::collections::BTreeSet;
use std::fmt;

use seccomp_ir::abi::ArgumentIndex;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::problem::{Findings, ProblemPlace};

/// A value and its path, such as `syscalls[3].args[0]`.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
}

/// Reads a file. Its nesting is limited by serde_json, to 128.
pub(super) fn read(text: &str, findings: &mut Findings) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let unique = serde_json::from_str::<Unique>(text);
    match unique.and_then(|Unique| serde_json::from_str(text)) {
        Ok(value) => Some(value),
        Err(error) => {
            let place =
                ProblemPlace::Line { line: error.line().max(1), column: error.column().max(1) };
            let message = error.to_string();
            // serde_json puts the place after the text of the message.
            let message = message.split(" at line ").next().unwrap_or_default();
            let message = match error.classify() {
                Category::Data => message.to_owned(),
                Category::Io | Category::Syntax | Category::Eof => {
                    format!("this is not JSON: {message}")
                }
            };
            findings.error(place, message);
            None
        }
    }
}

impl<'a> Node<'a> {
    /// The whole file.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    pub(super) fn place(&self) -> ProblemPlace {
        ProblemPlace::Path(self.path.clone())
    }

    /// The field of that name, if the value is an object that has it. `null` counts as absent, as in Go.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        let path =
            if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Some(Self { value, path })
    }

    /// The elements, if the value is an array; otherwise that is an error.
    pub(super) fn elements(&self, findings: &mut Findings) -> Vec<Self> {
        let Value::Array(elements) = self.value else {
            findings.error(self.place(), "a list is expected here");
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for (index, value) in elements.iter().enumerate() {
            nodes.push(Self { value, path: format!("{}[{index}]", self.path) });
        }
        nodes
    }

    /// The text, if the value is a string; otherwise that is an error.
    pub(super) fn text(&self, findings: &mut Findings) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            findings.error(self.place(), "a string is expected here");
        }
        text
    }

    /// The number, if the value is one of 0 to 2^64-1; otherwise that is an error.
    pub(super) fn number(&self, findings: &mut Findings) -> Option<u64> {
        let number = self.value.as_u64();
        if number.is_none() {
            findings
                .error(self.place(), "a number from 0 to 18446744073709551615 is expected here");
        }
        number
    }

    /// The argument of a call, if the value is its number; otherwise that is an error.
    pub(super) fn argument_index(&self, findings: &mut Findings) -> Option<ArgumentIndex> {
        let number = self.number(findings)?;
        let index = u8::try_from(number).ok().and_then(ArgumentIndex::new);
        if index.is_none() {
            findings.error(self.place(), "a call has arguments 0 to 5");
        }
        index
    }

    /// The object, if the value is one that has only these fields; otherwise that is an error.
    pub(super) fn object(
        &self,
        fields: &[&str],
        findings: &mut Findings,
    ) -> Option<&'a Map<String, Value>> {
        let Value::Object(object) = self.value else {
            findings.error(self.place(), "an object is expected here");
            return None;
        };
        for name in object.keys() {
            if !fields.contains(&name.as_str()) {
                let place = self.field(name).map_or(self.place(), |field| field.place());
                findings.error_with_help(
                    place,
                    format!("there is no field `{name}` here, and a reader that skips it may give more rights"),
                    format!("the fields are {}", fields.join(", ")),
                );
            }
        }
        Some(object)
    }
}

/// A value whose objects have each name only once. Of two fields with one name, some readers take the first and others
/// the last, so the policy would depend on the reader.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format!(
                    "there are two fields `{}` in one object, and readers differ in which one counts: remove one",
                    name.escape_debug()
                )));
            }
            names.insert(name);
            fields.next_value::<Self>()?;
        }
        Ok(self)
    }
}

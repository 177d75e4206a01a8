//! A report as JSON. `docs/errors.md` describes the format and its version.

use seccomp_ir::diagnostic::Severity;

use super::{Report, TextDiagnostic, TextRange};

/// The version of the format. A reader for this version can read all later output with the same number,
/// which may have more fields.
pub const JSON_VERSION: u32 = 1;

impl Report {
    /// The report as one JSON object, on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = format!("{{\"version\":{JSON_VERSION},\"diagnostics\":[");
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            self.diagnostic(diagnostic, &mut json);
        }
        json += "]}";
        json
    }

    fn diagnostic(&self, diagnostic: &TextDiagnostic, json: &mut String) {
        let TextDiagnostic { code, place, message, help, labels, replacement } = diagnostic;
        let severity = match code.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        *json += &format!("{{\"code\":\"{code}\",\"severity\":\"{severity}\",\"message\":");
        string(message, json);
        *json += ",\"place\":";
        self.place(place, json);
        *json += ",\"labels\":[";
        for (index, (place, text)) in labels.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            self.text_at("text", place, text, json);
        }
        *json += "],\"help\":";
        match help {
            Some(help) => string(help, json),
            None => *json += "null",
        }
        *json += ",\"replacement\":";
        match replacement {
            Some((place, text)) => self.text_at("text", place, text, json),
            None => *json += "null",
        }
        json.push('}');
    }

    fn text_at(&self, name: &str, place: &TextRange, text: &str, json: &mut String) {
        *json += "{\"place\":";
        self.place(place, json);
        *json += &format!(",\"{name}\":");
        string(text, json);
        json.push('}');
    }

    fn place(&self, place: &TextRange, json: &mut String) {
        *json += "{\"file\":";
        string(self.texts.get(place.text).map_or("", |text| text.name.as_str()), json);
        for (name, byte) in [("start", place.bytes.start), ("end", place.bytes.end)] {
            let (line, column) = match self.texts.get(place.text) {
                Some(_) => self.line_and_column(place.text, byte),
                None => (1, 1),
            };
            *json +=
                &format!(",\"{name}\":{{\"line\":{line},\"column\":{column},\"byte\":{byte}}}");
        }
        json.push('}');
    }
}

/// Adds a string of JSON.
fn string(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => *json += "\\\"",
            '\\' => *json += "\\\\",
            '\n' => *json += "\\n",
            control if u32::from(control) < 0x20 => {
                *json += &format!("\\u{:04x}", u32::from(control))
            }
            other => json.push(other),
        }
    }
    json.push('"');
}

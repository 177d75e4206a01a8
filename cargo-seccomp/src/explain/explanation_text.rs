//! An explanation for people.

use std::fmt;

use super::{Answer, Explanation, Stack};
use crate::decision::{Deciding, Line, Passed};

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.happened)?;
        write!(f, "  {}", self.call.text)?;
        if let Some(abi) = self.call.abi {
            write!(f, " on {abi}")?;
        }
        if let Some(address) = self.address {
            write!(f, ", at {address:#x}")?;
        }
        if let Some(times) = self.times {
            write!(f, ", {times} times")?;
        }
        writeln!(f)?;
        for answer in &self.answers {
            write!(f, "{answer}")?;
        }
        if let Some(rule) = &self.to_allow {
            writeln!(f, "to allow it: {rule}")?;
        }
        for remark in &self.remarks {
            writeln!(f, "note: {remark}")?;
        }
        for stack in &self.stacks {
            write!(f, "{stack}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "policy {}", self.policy)?;
        match &self.deciding[..] {
            [part] => writeln!(f, "  decides: {part}")?,
            parts => {
                writeln!(f, "  decides, as what is not known may be:")?;
                for part in parts {
                    writeln!(f, "    {part}")?;
                }
            }
        }
        for rule in &self.passed {
            writeln!(f, "  does not decide: {rule}")?;
        }
        match &self.to_allow {
            Some(rule) => writeln!(f, "  to allow it: {rule}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Deciding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        said(f, &self.said, self.line.as_ref())
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        said(f, &self.said, self.line.as_ref())?;
        match &self.because[..] {
            [] => Ok(()),
            because => write!(f, ": {}", because.join(", ")),
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, said: &str, line: Option<&Line>) -> fmt::Result {
    write!(f, "`{said}`")?;
    match line {
        Some(Line { file, line }) if file.is_empty() => write!(f, " (line {line} of its rules)"),
        Some(Line { file, line }) => write!(f, " ({file}:{line})"),
        None => f.write_str(" (not written)"),
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "stack of thread {}", self.thread)?;
        for (index, frame) in self.frames.iter().enumerate() {
            writeln!(f, "  {index:>3}  {frame}")?;
        }
        Ok(())
    }
}

//! From addresses to functions and lines, by the debug information and the symbols of files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use addr2line::Loader;

use super::unwinder::FileAddress;

/// A function on a stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize)]
pub(crate) struct Frame {
    /// The name of the function; empty if the file has no name for it.
    pub(crate) function: String,
    /// The source file; empty if the file has no debug information for it.
    pub(crate) file: String,
    /// The line in it, from 1; 0 if it is not known.
    pub(crate) line: u32,
    /// The file that is mapped at the address; empty if none is.
    pub(crate) object: String,
    /// The address within that file.
    pub(crate) address: u64,
    /// Whether the compiler has put the function into its caller, the next frame.
    pub(crate) inlined: bool,
}

/// The files whose debug information was read.
#[derive(Default)]
pub(crate) struct Symbols {
    /// By device and inode, because a path may lead to different files over time. `None` for a file without debug
    /// information.
    files: HashMap<(u64, u64), Option<Loader>>,
}

impl Symbols {
    /// The functions at a place, the innermost first: more than one if the compiler has inlined some. There is always
    /// at least one.
    pub(crate) fn frames(&mut self, place: &FileAddress) -> Vec<Frame> {
        let bare = Frame { object: place.name.clone(), address: place.address, ..Frame::default() };
        let Some(loader) = self.loader(&place.path) else { return vec![bare] };
        let mut frames = Vec::new();
        if let Ok(mut found) = loader.find_frames(place.address) {
            while let Ok(Some(frame)) = found.next() {
                let mut one = bare.clone();
                if let Some(name) = &frame.function {
                    one.function = name.demangle().map(Cow::into_owned).unwrap_or_default();
                }
                if let Some(location) = frame.location {
                    one.file = location.file.unwrap_or_default().to_owned();
                    one.line = location.line.unwrap_or(0);
                }
                frames.push(one);
            }
        }
        if frames.is_empty() {
            frames.push(bare);
        }
        // The symbol belongs to the outermost function.
        if let Some(last) = frames.last_mut()
            && let Some(symbol) = loader.find_symbol(place.address)
        {
            let symbol = addr2line::demangle_auto(Cow::Borrowed(symbol), None);
            if is_better(&symbol, &last.function) {
                last.function = symbol.into_owned();
            }
        }
        let inlined = frames.len() - 1;
        for frame in &mut frames[..inlined] {
            frame.inlined = true;
        }
        frames
    }

    fn loader(&mut self, path: &Path) -> Option<&Loader> {
        let metadata = fs::metadata(path).ok()?;
        let key = (metadata.dev(), metadata.ino());
        self.files.entry(key).or_insert_with(|| Loader::new(path).ok()).as_ref()
    }
}

/// Whether the name in the table of symbols says more than `known`, the name in the debug information. That is empty
/// without debug information, and lacks its module, such as `main<T>`, if the debug information has only lines (`debug
/// = "line-tables-only"`).
fn is_better(symbol: &str, known: &str) -> bool {
    let name = known.split('<').next().unwrap_or_default();
    !known.contains("::") && symbol.contains(name)
}

impl Frame {
    /// The line, as `src/main.rs:12`; `None` if it is not known.
    pub(crate) fn place(&self) -> Option<String> {
        (!self.file.is_empty()).then(|| match self.line {
            0 => self.file.clone(),
            line => format!("{}:{line}", self.file),
        })
    }
}

/// `function at src/main.rs:12`
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.function.as_str(), self.object.as_str()) {
            ("", "") => write!(f, "{:#x}", self.address)?,
            ("", object) => write!(f, "{:#x} in {object}", self.address)?,
            (function, _) => f.write_str(function)?,
        }
        match self.place() {
            Some(place) => write!(f, " at {place}")?,
            None if self.function.is_empty() => {}
            None => write!(f, " in {}", self.object)?,
        }
        if self.inlined { f.write_str(" (inlined)") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::is_better;

    #[test]
    fn a_symbol_gives_a_name_its_module_and_never_takes_one_away() {
        assert!(is_better("traced::main", ""));
        assert!(is_better("traced::main", "main"));
        assert!(is_better("std::sys::backtrace::__rust_begin", "__rust_begin<fn(), ()>"));
        assert!(!is_better("traced::main", "traced::main"));
        // Two functions with the same code may share an address.
        assert!(!is_better("traced::other", "main"));
    }
}

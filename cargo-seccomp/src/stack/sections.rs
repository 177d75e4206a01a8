//! The parts of files that unwinding needs. Each file is read once, however many processes map it and however often
//! their mappings change: the code and the tables of a browser are 250 MB, and while the tool reads them, the thread
//! whose stack it wants is stopped.

use std::collections::HashMap;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use framehop::ExplicitModuleSectionInfo;
use object::read::{ReadCache, ReadRef};
use object::{Object as _, ObjectSection as _, ObjectSegment as _};

/// The most bytes of a section.
const MOST_BYTES: u64 = 256 << 20;

/// The most bytes of all files that are kept. With more, all are dropped and read again.
const MOST_KEPT: usize = 2 << 30;

pub(super) type Bytes = Arc<[u8]>;

/// The addresses of a section, and its bytes.
type Section = Option<(Range<u64>, Option<Bytes>)>;

/// The parts of one ELF file that unwinding needs.
#[derive(Debug)]
pub(super) struct Sections {
    /// The offset in the file and the address of each segment.
    pub(super) segments: Vec<(u64, u64)>,
    text: Section,
    eh_frame: Section,
    eh_frame_hdr: Section,
}

/// A file as it was at one time: device, inode, size, and time of the last change. A path may lead to different files
/// over time.
type FileId = (u64, u64, u64, (i64, i64));

/// The files that were read.
#[derive(Default)]
pub(crate) struct FileSections {
    /// `None` for a file that is not ELF.
    files: HashMap<FileId, Option<Arc<Sections>>>,
    /// The number of bytes in `files`.
    kept: usize,
}

impl FileSections {
    /// The sections of the file at `path`; `None` if it cannot be read, or is not an ELF file.
    pub(super) fn of(&mut self, path: &Path) -> Option<Arc<Sections>> {
        let file = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let key = (file.dev(), file.ino(), file.size(), (file.mtime(), file.mtime_nsec()));
        if let Some(known) = self.files.get(&key) {
            return known.clone();
        }
        let read = Sections::read(path).map(Arc::new);
        let bytes = read.as_ref().map_or(0, |sections| sections.bytes());
        if self.kept + bytes > MOST_KEPT {
            self.files.clear();
            self.kept = 0;
        }
        self.kept += bytes;
        self.files.insert(key, read.clone());
        read
    }
}

impl Sections {
    fn read(path: &Path) -> Option<Self> {
        let cache = ReadCache::new(File::open(path).ok()?);
        let file = object::File::parse(&cache).ok()?;
        let section = |name: &str| {
            let section = file.section_by_name(name)?;
            let range = section.address()..section.address().checked_add(section.size())?;
            Some((range, data(&cache, section.file_range()?)))
        };
        let segments =
            file.segments().map(|segment| (segment.file_range().0, segment.address())).collect();
        let (text, eh_frame) = (section(".text"), section(".eh_frame"));
        Some(Self { segments, text, eh_frame, eh_frame_hdr: section(".eh_frame_hdr") })
    }

    fn bytes(&self) -> usize {
        [&self.text, &self.eh_frame, &self.eh_frame_hdr]
            .into_iter()
            .filter_map(|section| Some(section.as_ref()?.1.as_ref()?.len()))
            .sum()
    }

    /// The sections in the form for framehop.
    pub(super) fn info(&self) -> ExplicitModuleSectionInfo<Bytes> {
        let range = |section: &Section| section.as_ref().map(|(range, _)| range.clone());
        let bytes = |section: &Section| section.as_ref().and_then(|(_, bytes)| bytes.clone());
        ExplicitModuleSectionInfo {
            base_svma: 0,
            text_svma: range(&self.text),
            text: bytes(&self.text),
            eh_frame_svma: range(&self.eh_frame),
            eh_frame: bytes(&self.eh_frame),
            eh_frame_hdr_svma: range(&self.eh_frame_hdr),
            eh_frame_hdr: bytes(&self.eh_frame_hdr),
            ..ExplicitModuleSectionInfo::default()
        }
    }
}

fn data<'a>(file: impl ReadRef<'a>, (offset, size): (u64, u64)) -> Option<Bytes> {
    (size <= MOST_BYTES).then(|| file.read_bytes_at(offset, size).ok()).flatten().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_and_again_only_if_it_has_changed() {
        let copy = std::env::temp_dir().join(format!("sections-{}", std::process::id()));
        fs::copy("/proc/self/exe", &copy).unwrap();
        let mut files = FileSections::default();
        let first = files.of(&copy).unwrap();
        assert!(!first.segments.is_empty() && first.bytes() == files.kept);
        // Another path to the same file.
        let link = copy.with_extension("link");
        fs::hard_link(&copy, &link).unwrap();
        assert!(Arc::ptr_eq(&first, &files.of(&link).unwrap()));
        File::options().write(true).open(&copy).unwrap().set_len(64).unwrap();
        assert!(files.of(&copy).is_none());
        fs::remove_file(&copy).unwrap();
        fs::remove_file(&link).unwrap();
        assert!(files.of(Path::new("/dev/zero")).is_none());
    }
}

//! Archives of object files: static libraries (`.a`) and the libraries of rustc (`.rlib`).

use anyhow::{Context as _, Result, bail};
use object::read::archive::{ArchiveFile, ArchiveKind};
use object::read::{ReadCache, ReadCacheOps, ReadRef as _};

use super::{ProgramPolicy, file_notes};

/// The policies of all members that are ELF files. It skips the metadata of rustc in an archive.
pub(super) fn policies<R: ReadCacheOps>(
    data: &ReadCache<R>,
    name: &str,
    left: &mut u64,
) -> Result<Vec<ProgramPolicy>> {
    let archive = ArchiveFile::parse(data).context("the archive")?;
    if archive.is_thin() {
        bail!("it is a thin archive, which has no files in it, only their names; name these files");
    }
    match archive.kind() {
        ArchiveKind::Unknown
        | ArchiveKind::Gnu
        | ArchiveKind::Gnu64
        | ArchiveKind::Bsd
        | ArchiveKind::Bsd64 => {}
        other => bail!("it is an archive of the kind {other:?}, which no Linux has"),
    }
    let mut policies = Vec::new();
    for member in archive.members() {
        let member = member.context("the archive")?;
        let (offset, size) = member.file_range();
        let range = data.range(offset, size);
        if range.read_bytes_at(0, 4) != Ok(b"\x7fELF") {
            continue;
        }
        let member = format!("{name}({})", String::from_utf8_lossy(member.name()));
        let found = file_notes::policies(range, &member, left).with_context(|| member.clone())?;
        policies.extend(found);
    }
    for (index, policy) in policies.iter_mut().enumerate() {
        policy.number = index + 1;
    }
    Ok(policies)
}

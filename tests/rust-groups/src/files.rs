//! `std::fs`: files and directories, in the directory of the program.

use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::{self, IoSlice, IoSliceMut, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, symlink};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use crate::filter::{Filter, directory, done};

/// Makes a program of a function that may fail.
fn report(filter: &Filter, body: impl FnOnce() -> io::Result<bool>) -> ExitCode {
    filter.install();
    done(body().is_ok_and(|right| right))
}

/// Writes and reads whole files.
pub(crate) fn write_and_read(filter: &Filter) -> ExitCode {
    let path = directory().join("file");
    report(filter, || {
        fs::write(&path, "text")?;
        Ok(fs::read_to_string(&path)? == "text" && fs::read(&path)? == b"text")
    })
}

/// Reads and writes a file in parts, at positions, and with several buffers.
pub(crate) fn parts(filter: &Filter) -> ExitCode {
    let path = directory().join("file");
    report(filter, || {
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        file.write_all(b"0123456789")?;
        let written = file.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"cd")])?;
        file.seek(SeekFrom::Start(2))?;
        let (mut one, mut two) = ([0; 2], [0; 2]);
        let mut buffers = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        let whole = file.read_vectored(&mut buffers)? == written;
        file.write_all_at(b"x", 0)?;
        file.read_exact_at(&mut two[..1], 0)?;
        let mut text = String::new();
        file.rewind()?;
        file.read_to_string(&mut text)?;
        OpenOptions::new().append(true).open(&path)?.write_all(b"!")?;
        Ok(whole && one == *b"23" && two[0] == b'x' && text == "x123456789abcd")
    })
}

/// Asks for the metadata of a file, and whether it exists.
pub(crate) fn metadata(filter: &Filter) -> ExitCode {
    let path = directory().join("file");
    fs::write(&path, "text").expect("the directory can be written");
    report(filter, || {
        let file = File::open(&path)?;
        let same = file.metadata()?.len() == fs::metadata(&path)?.len();
        let missing = path.with_extension("none");
        Ok(same && fs::symlink_metadata(&path)?.is_file() && path.exists() && !missing.exists())
    })
}

/// Changes a file's length, mode and times, writes it to the disk, locks it, and opens it twice.
pub(crate) fn change(filter: &Filter) -> ExitCode {
    let path = directory().join("file");
    report(filter, || {
        let file = File::create_new(&path)?;
        file.set_len(100)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.set_times(
            FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(9)),
        )?;
        file.sync_data()?;
        file.sync_all()?;
        file.lock()?;
        file.unlock()?;
        let again = file.try_clone()?;
        fs::set_permissions(&path, Permissions::from_mode(0o400))?;
        Ok(again.metadata()?.len() == 100)
    })
}

/// Makes, lists and removes directories.
pub(crate) fn directories(filter: &Filter) -> ExitCode {
    let path = directory();
    report(filter, || {
        let deep = path.join("a/b/c");
        fs::create_dir_all(&deep)?;
        fs::create_dir(deep.join("d"))?;
        fs::write(deep.join("file"), "text")?;
        let mut names = Vec::new();
        for entry in fs::read_dir(&deep)? {
            let entry = entry?;
            names.push((
                entry.file_type()?.is_dir(),
                entry.metadata()?.is_dir(),
                entry.file_name(),
            ));
        }
        fs::remove_dir(deep.join("d"))?;
        fs::remove_dir_all(path.join("a"))?;
        Ok(names.len() == 2 && !deep.exists())
    })
}

/// Changes names of files: links, renames, removes, makes paths absolute.
pub(crate) fn names(filter: &Filter) -> ExitCode {
    let path = directory();
    report(filter, || {
        let (old, new, link) = (path.join("old"), path.join("new"), path.join("link"));
        fs::write(&old, "text")?;
        fs::rename(&old, &new)?;
        fs::hard_link(&new, &old)?;
        symlink(&new, &link)?;
        let target = fs::read_link(&link)?;
        let whole = fs::canonicalize(&link)?;
        fs::remove_file(&link)?;
        Ok(target == new && whole.ends_with("new") && std::env::current_dir()?.is_absolute())
    })
}

/// Copies a file by its name, and from one open file to another.
pub(crate) fn copy(filter: &Filter) -> ExitCode {
    let path = directory();
    let (from, to) = (path.join("from"), path.join("to"));
    fs::write(&from, vec![7; 100_000]).expect("the directory can be written");
    report(filter, || {
        let bytes = fs::copy(&from, &to)?;
        let again = io::copy(&mut File::open(&from)?, &mut File::create(&to)?)?;
        Ok(bytes == 100_000 && again == bytes)
    })
}

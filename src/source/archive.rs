//! What becomes of a claimed file: renamed at once so that nobody writes to it under the same
//! name, read, and moved to the archive with its content intact.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::durable;

/// The folder for files that were claimed and are not archived yet, inside the drop folder: only
/// there a rename is sure to be one step.
pub(super) const CLAIMED: &str = ".timbra-claimed";

/// The folder of the archive in that of the store; in it one folder for each reader.
pub const ARCHIVE: &str = "archive";

/// The longest name of a file in bytes, on every usual file system.
const LONGEST_NAME: usize = 255;

/// Claims a file: renames it into the folder for claimed ones. Returns its new path.
pub fn claim(path: &Path) -> io::Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidFilename));
    };
    let claimed = folder.join(CLAIMED);
    fs::create_dir_all(&claimed)?;
    let to = unused(&claimed, OsStr::new(""), name);
    durable::step();
    fs::rename(path, &to)?;
    Ok(to)
}

/// Files that an earlier run claimed and did not archive.
pub fn leftovers(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder.join(CLAIMED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort_unstable();
    Ok(files)
}

/// Moves a claimed file into the archive, which may be on another file system: then it is copied,
/// made durable, and only then removed. `label` comes before the file's own name. Returns its
/// place.
pub fn archive(claimed: &Path, archive: &Path, label: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(archive)?;
    let (label, name) = (OsStr::new(label), claimed.file_name().unwrap_or_default());
    // A run that died in between may have copied it already.
    let first = archive.join(fitting(label, name, ""));
    if is_copy(claimed, &first)? {
        durable::step();
        fs::remove_file(claimed)?;
        return Ok(first);
    }
    let to = unused(archive, label, name);
    durable::step();
    match fs::rename(claimed, &to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_durably(claimed, &to)?;
            durable::step();
            fs::remove_file(claimed)?;
        }
        other => other?,
    }
    File::open(archive)?.sync_all()?;
    Ok(to)
}

/// The files of an archive that were put there before an instant: what is older than that by the time of
/// its last change, which putting it there sets.
pub fn archived_before(archive: &Path, before: SystemTime) -> io::Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    for reader in entries(archive)?.filter(|path| path.is_dir()) {
        for path in entries(&reader)? {
            let facts = path.symlink_metadata()?;
            let put = UNIX_EPOCH + Duration::from_secs(facts.ctime().try_into().unwrap_or_default());
            if facts.is_file() && put < before {
                old.push(path);
            }
        }
    }
    old.sort_unstable();
    Ok(old)
}

/// What a folder holds; nothing where there is no folder.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?,
    };
    Ok(entries.into_iter())
}

/// Removes files of an archive for good. Returns how many, and the first that could not be.
pub fn remove_archived(files: &[PathBuf]) -> (u64, Option<(PathBuf, io::Error)>) {
    let (mut removed, mut kept) = (0, None);
    for path in files {
        durable::step();
        match fs::remove_file(path) {
            Ok(()) => removed += 1,
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => kept = kept.or(Some((path.clone(), error))),
        }
    }
    (removed, kept)
}

fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    // Under the claimed name, so that the next try writes over what a crash left.
    let partial = to.with_file_name(fitting(OsStr::new("."), from.file_name().unwrap_or_default(), ".part"));
    let copied = fs::copy(from, &partial).and_then(|_| File::open(&partial)?.sync_all()).and_then(|()| {
        durable::step();
        fs::rename(&partial, to)
    });
    if copied.is_err() && partial.exists() {
        fs::remove_file(&partial)?;
    }
    copied
}

/// True when both are regular files with the same content.
fn is_copy(one: &Path, other: &Path) -> io::Result<bool> {
    let regular = |path: &Path| path.symlink_metadata().ok().filter(Metadata::is_file);
    let sizes = regular(one).zip(regular(other)).map(|(one, other)| (one.len(), other.len()));
    if sizes.is_none_or(|(one, other)| one != other) {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left.get(..length) != right.get(..length) || (length == 0 && left.len() != right.len()) {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
        one.consume(length);
        other.consume(length);
    }
}

/// The label and the name, with a number behind them where that is taken.
pub(super) fn unused(folder: &Path, label: &OsStr, name: &OsStr) -> PathBuf {
    let mut path = folder.join(fitting(label, name, ""));
    let mut number = 1;
    while path.symlink_metadata().is_ok() {
        number += 1;
        path = folder.join(fitting(label, name, &format!("~{number}")));
    }
    path
}

/// The three in one. Of a name that would be too long for a file system the beginning is left out:
/// its end says what kind of file it is.
fn fitting(label: &OsStr, name: &OsStr, end: &str) -> OsString {
    let room = LONGEST_NAME.saturating_sub(label.len() + end.len());
    let bytes = name.as_bytes();
    let mut fitting = label.to_owned();
    fitting.push(OsStr::from_bytes(bytes.get(bytes.len().saturating_sub(room)..).unwrap_or_default()));
    fitting.push(end);
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_a_crash_left_is_not_archived_twice() {
        let place = tempfile::tempdir().unwrap();
        let archived = place.path().join("archive");
        fs::create_dir(&archived).unwrap();
        fs::write(archived.join("7-a.dat"), "one").unwrap();
        // what the claimed file holds, and how many files are in the archive then
        for (content, count) in [("one", 1), ("two", 2), ("three", 3)] {
            let claimed = place.path().join("a.dat");
            fs::write(&claimed, content).unwrap();
            let kept = archive(&claimed, &archived, "7-").unwrap();
            assert_eq!(fs::read_to_string(kept).unwrap(), content);
            assert!(!claimed.exists());
            assert_eq!(fs::read_dir(&archived).unwrap().count(), count);
        }
    }

    #[test]
    fn the_longest_names_are_kept_too() {
        let place = tempfile::tempdir().unwrap();
        let archived = place.path().join("archive");
        for round in 0..2 {
            let dropped = place.path().join(format!("{}.dat", "x".repeat(251)));
            fs::write(&dropped, format!("{round}")).unwrap();
            let kept = archive(&claim(&dropped).unwrap(), &archived, "7-").unwrap();
            assert_eq!(fs::read_to_string(kept).unwrap(), format!("{round}"));
        }
    }

    #[test]
    fn a_claimed_file_keeps_its_content_and_odd_name() {
        let place = tempfile::tempdir().unwrap();
        let odd = OsStr::new("a b\n\u{e0}.dat");
        let archived = place.path().join("archive");
        for content in ["one", "two"] {
            let dropped = place.path().join(odd);
            fs::write(&dropped, content).unwrap();
            let claimed = claim(&dropped).unwrap();
            assert!(!dropped.exists());
            assert_eq!(leftovers(place.path()).unwrap(), std::slice::from_ref(&claimed));
            let kept = archive(&claimed, &archived, "7-").unwrap();
            assert_eq!(fs::read_to_string(kept).unwrap(), content);
        }
        assert_eq!(fs::read_dir(&archived).unwrap().count(), 2);
        assert!(leftovers(place.path()).unwrap().is_empty());
    }
}

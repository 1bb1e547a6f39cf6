//! What becomes of a claimed file: renamed at once so that nobody writes to it under the same
//! name, read, and moved to the archive with its content intact.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The folder for files that were claimed and are not archived yet, inside the drop folder: only
/// there a rename is sure to be one step.
pub(super) const CLAIMED: &str = ".timbra-claimed";

/// Claims a file: renames it into the folder for claimed ones. Returns its new path.
pub fn claim(path: &Path) -> io::Result<PathBuf> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidFilename));
    };
    let claimed = folder.join(CLAIMED);
    fs::create_dir_all(&claimed)?;
    let to = unused(&claimed, name);
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
    files.sort();
    Ok(files)
}

/// Moves a claimed file into the archive, which may be on another file system: then it is copied,
/// made durable, and only then removed. `label` comes before the file's own name. Returns its
/// place.
pub fn archive(claimed: &Path, archive: &Path, label: &str) -> io::Result<PathBuf> {
    fs::create_dir_all(archive)?;
    let mut name = OsString::from(label);
    name.push(claimed.file_name().unwrap_or_default());
    let to = unused(archive, &name);
    match fs::rename(claimed, &to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_durably(claimed, &to)?;
            fs::remove_file(claimed)?;
        }
        other => other?,
    }
    File::open(archive)?.sync_all()?;
    Ok(to)
}

fn copy_durably(from: &Path, to: &Path) -> io::Result<()> {
    let mut partial = OsString::from(".");
    partial.push(to.file_name().unwrap_or_default());
    let partial = to.with_file_name(partial);
    let copied = fs::copy(from, &partial)
        .and_then(|_| File::open(&partial)?.sync_all())
        .and_then(|()| fs::rename(&partial, to));
    if copied.is_err() && partial.exists() {
        fs::remove_file(&partial)?;
    }
    copied
}

/// The name, or the name with a number behind it where it is taken.
fn unused(folder: &Path, name: &OsStr) -> PathBuf {
    let mut path = folder.join(name);
    let mut number = 1;
    while path.symlink_metadata().is_ok() {
        number += 1;
        let mut other = name.to_owned();
        other.push(format!("~{number}"));
        path = folder.join(other);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

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

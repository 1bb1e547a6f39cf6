//! Files as a package: a folder with the list of their SHA-256 that `sha256sum -c` accepts. For the
//! protocol office, and as the proof of a message. Whoever looks sees a whole package or none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::durable;
use crate::hex;

/// The file with the message as sealed, in a package for the protocol office.
pub const MESSAGE: &str = "messaggio.eml";

/// The list, which is not on the list.
pub const MANIFEST: &str = "manifest.sha256";

/// The owner writes, the group reads.
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// Its place in the package: its name, perhaps in a folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl PackageFile {
    /// SHA-256 of its content, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex::lower(&Sha256::digest(&self.bytes))
    }
}

/// Why a package was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Another one has its name.
    #[error("{0} exists with another message; it was not replaced")]
    Differs(String),
    /// The file system refuses.
    #[error("the package cannot be written to {place}: {error}")]
    Unwritable {
        /// Where to.
        place: String,
        /// Why.
        error: io::Error,
    },
}

/// Writes a package into the folder of the protocol office, once: the same one again finds itself
/// there.
pub fn hand_over(folder: &Path, name: &str, files: &[PackageFile]) -> Result<(), PackageError> {
    let place = folder.join(name);
    let unwritable = |error| PackageError::Unwritable { place: place.display().to_string(), error };
    let message = files.iter().find(|file| file.path == MESSAGE).map(|file| file.bytes.as_slice());
    match fs::read(place.join(MESSAGE)) {
        Ok(there) if Some(there.as_slice()) == message => return Ok(()),
        Ok(_) => return Err(PackageError::Differs(place.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        Err(error) => return Err(unwritable(error)),
    }
    write(&place, files).map_err(unwritable)
}

/// Writes a package and its list: all of it or nothing. A folder that holds something is left alone.
pub fn write(place: &Path, files: &[PackageFile]) -> io::Result<()> {
    let place = std::path::absolute(place)?;
    let nameless = || io::Error::other("this cannot be the name of a folder");
    let (folder, name) = place.parent().zip(place.file_name()).ok_or_else(nameless)?;
    let partial = folder.join(format!(".{}.part", name.to_string_lossy()));
    durable::step();
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let written = lay_out(&partial, files).and_then(|()| {
        durable::step();
        fs::rename(&partial, &place)
    });
    if written.is_err() {
        drop(fs::remove_dir_all(&partial));
    }
    written?;
    File::open(folder)?.sync_all()
}

fn lay_out(folder: &Path, files: &[PackageFile]) -> io::Result<()> {
    let mut make = DirBuilder::new();
    // not what is above it: a share that is not mounted must not be written beside
    make.mode(FOLDER_MODE).create(folder)?;
    make.recursive(true);
    for file in files {
        let path = folder.join(&file.path);
        make.create(path.parent().unwrap_or(folder))?;
        create(&path, &file.bytes)?;
    }
    let line = |file: &PackageFile| format!("{}  {}\n", file.sha256(), file.path);
    create(&folder.join(MANIFEST), files.iter().map(line).collect::<Vec<_>>().concat().as_bytes())?;
    File::open(folder)?.sync_all()
}

fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> PackageFile {
        PackageFile { path: path.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_package_is_written_whole_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file(MESSAGE, b"one\r\n"), file("a.csv", b"1;2\r\n")];
        // left by a crash
        fs::create_dir(folder.path().join(".n1-2026.part")).unwrap();
        fs::write(folder.path().join(".n1-2026.part/half"), b"x").unwrap();
        for _ in 0..2 {
            hand_over(folder.path(), "n1-2026", &files).unwrap();
            let manifest = fs::read_to_string(folder.path().join("n1-2026/manifest.sha256")).unwrap();
            assert_eq!(manifest.lines().count(), 2);
            assert!(manifest.contains(&format!("{}  a.csv\n", files[1].sha256())), "{manifest}");
        }
        assert_eq!(fs::read_dir(folder.path().join("n1-2026")).unwrap().count(), 3);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let other = [file(MESSAGE, b"two\r\n")];
        assert!(matches!(hand_over(folder.path(), "n1-2026", &other), Err(PackageError::Differs(_))));
        let nowhere = folder.path().join("not-mounted");
        assert!(matches!(hand_over(&nowhere, "n1-2026", &files), Err(PackageError::Unwritable { .. })));
    }

    #[test]
    fn a_package_is_written_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("prova");
        write(&place, &[file("a/b.txt", b"x"), file("c.txt", b"y")]).unwrap();
        assert_eq!(fs::read(place.join("a/b.txt")).unwrap(), b"x");
        let listed = fs::read_to_string(place.join(MANIFEST)).unwrap();
        assert!(listed.contains("  a/b.txt\n") && listed.lines().count() == 2, "{listed}");
        assert!(write(&place, &[file("c.txt", b"z")]).is_err(), "it holds something");
        assert_eq!(fs::read(place.join("c.txt")).unwrap(), b"y");
        let empty = root.path().join("vuota");
        fs::create_dir(&empty).unwrap();
        write(&empty, &[file("c.txt", b"y")]).unwrap();
        // the same path twice cannot be written: nothing stays behind
        assert!(write(&root.path().join("altra"), &[file("c.txt", b"1"), file("c.txt", b"2")]).is_err());
        let mut names: Vec<_> =
            fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort_unstable();
        assert_eq!(names, ["prova", "vuota"]);
    }
}

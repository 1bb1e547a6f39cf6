//! A sealed message as a package for the protocol office: the message itself, its files, what is
//! needed to register it, and their SHA-256. Whoever reads the folder sees a whole package or none.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use mail_parser::{MessageParser, MimeHeaders};
use sha2::{Digest, Sha256};

use crate::durable;
use crate::hex;

/// The file with the message as sealed.
pub const MESSAGE: &str = "messaggio.eml";

/// The file that `sha256sum -c` accepts.
const MANIFEST: &str = "manifest.sha256";

/// The owner writes, the group reads.
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl PackageFile {
    /// SHA-256 of its content, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex::lower(&Sha256::digest(&self.bytes))
    }
}

/// The subject of a sealed message, and its attachments with their media types.
pub fn contents(message: &[u8]) -> Option<(String, Vec<(PackageFile, String)>)> {
    let parsed = MessageParser::default().parse(message)?;
    let attachments = parsed.attachments().filter_map(|part| {
        let kind = part.content_type()?;
        let media_type = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
        let file = PackageFile { name: part.attachment_name()?.to_owned(), bytes: part.contents().to_vec() };
        Some((file, media_type))
    });
    Some((parsed.subject().unwrap_or_default().to_owned(), attachments.collect()))
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
    let message = files.iter().find(|file| file.name == MESSAGE).map(|file| file.bytes.as_slice());
    match fs::read(place.join(MESSAGE)) {
        Ok(there) if Some(there.as_slice()) == message => return Ok(()),
        Ok(_) => return Err(PackageError::Differs(place.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        Err(error) => return Err(unwritable(error)),
    }
    write(folder, name, files).map_err(unwritable)
}

fn write(folder: &Path, name: &str, files: &[PackageFile]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.part"));
    durable::step();
    match fs::remove_dir_all(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    DirBuilder::new().mode(FOLDER_MODE).create(&temporary)?;
    let line = |file: &PackageFile| format!("{}  {}\n", file.sha256(), file.name);
    let manifest = files.iter().map(line).collect::<Vec<_>>().concat();
    for file in files {
        create(&temporary.join(&file.name), &file.bytes)?;
    }
    create(&temporary.join(MANIFEST), manifest.as_bytes())?;
    File::open(&temporary)?.sync_all()?;
    durable::step();
    fs::rename(&temporary, folder.join(name))?;
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

    fn file(name: &str, bytes: &[u8]) -> PackageFile {
        PackageFile { name: name.to_owned(), bytes: bytes.to_vec() }
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
}

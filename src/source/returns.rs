//! The folder in which the protocol office gives back what belongs to a document, under the name of its
//! package: `n12-2026-3fa91c07.protocollo` with its registration, a detached signature, receipts. What was
//! taken moves to `presi`, what cannot be used to `rifiutati`, so that people there see what became of it;
//! nothing there is replaced. Files of other kinds are left alone.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::domain::statement::StatementNumber;
use crate::durable;

use super::archive::unused;
use super::file::{self, FileFacts, Refusal};

/// What is given back of one document is small, in bytes.
const LARGEST: u64 = 40 << 20;

/// Where files go that were taken.
const TAKEN: &str = "presi";

/// Where files go that cannot be used.
pub const REFUSED: &str = "rifiutati";

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnKind {
    /// `.protocollo`: the registration.
    Protocol,
    /// `.p7m`, `.p7s`, `.sig`, `.asc`, `.tsr`, `.tsd`: a signature or a time stamp.
    Signature,
    /// `.eml`: a receipt.
    Receipt,
}

/// A file that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedFile {
    /// Where it is, and its name.
    pub entry: ReturnedEntry,
    /// The number of the document it belongs to.
    pub number: StatementNumber,
    /// What it is.
    pub kind: ReturnKind,
}

/// Something in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedEntry {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
}

/// Why something in the folder is not taken, for the people of the protocol office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReturned {
    /// A folder, pipe, socket, device or symbolic link.
    #[error("non è un file ordinario (cartella, collegamento o altro): depositare il file stesso")]
    NotRegular,
    /// Larger than anything that belongs to a document.
    #[error("il file supera {} MB: nulla di quanto torna con un documento è così grande", LARGEST >> 20)]
    TooLarge,
    /// Its name says of no document that it belongs to it.
    #[error("il nome non comincia con quello del pacchetto, come n12-2026-3fa91c07.protocollo")]
    Name,
}

/// What one look found, each in the order of the names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// To be taken.
    pub ready: Vec<ReturnedFile>,
    /// To be moved aside.
    pub refused: Vec<(ReturnedEntry, NotReturned)>,
}

/// The folder.
#[derive(Debug)]
pub struct ReturnFolder {
    path: PathBuf,
    stable: Duration,
    seen: HashMap<PathBuf, (FileFacts, Instant)>,
}

impl ReturnFolder {
    /// Nothing seen yet. A file must have kept its size for `stable`.
    pub fn new(path: &Path, stable: Duration) -> Self {
        Self { path: path.to_owned(), stable, seen: HashMap::new() }
    }

    /// What is complete. `now` is a monotonic instant.
    pub fn scan(&mut self, now: Instant) -> io::Result<Returned> {
        let mut returned = Returned::default();
        let mut present = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let Some((kind, name)) = kind_of(&path).zip(path.file_name()) else { continue };
            let name = name.to_string_lossy().into_owned();
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            let facts = FileFacts::of(&metadata);
            let sight = self.seen.entry(path.clone()).or_insert((facts, now));
            if sight.0 != facts {
                *sight = (facts, now);
            }
            if now.duration_since(sight.1) >= self.stable {
                let number = StatementNumber::at_start_of(&name);
                let entry = ReturnedEntry { path: path.clone(), name };
                match (file::check(&metadata, LARGEST), number) {
                    (Ok(()), Some(number)) => returned.ready.push(ReturnedFile { entry, number, kind }),
                    (Ok(()), None) => returned.refused.push((entry, NotReturned::Name)),
                    (Err(Refusal::TooLarge { .. }), _) => {
                        returned.refused.push((entry, NotReturned::TooLarge));
                    }
                    (Err(_), _) => returned.refused.push((entry, NotReturned::NotRegular)),
                }
            }
            present.push(path);
        }
        self.seen.retain(|path, _| present.contains(path));
        returned.ready.sort_unstable_by(|one, other| one.entry.name.cmp(&other.entry.name));
        returned.refused.sort_unstable_by(|one, other| one.0.name.cmp(&other.0.name));
        Ok(returned)
    }

    /// Moves a file aside that was taken.
    pub fn taken(&self, file: &ReturnedEntry) -> io::Result<()> {
        self.aside(TAKEN, file).map(drop)
    }

    /// Moves aside what cannot be used, and writes beside it why.
    pub fn refused(&self, file: &ReturnedEntry, why: &str) -> io::Result<()> {
        let mut reason = OsString::from(self.aside(REFUSED, file)?);
        reason.push(".motivo.txt");
        // others write here too: a link of that name must not lead what is written elsewhere
        match fs::remove_file(&reason) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => (),
        }
        fs::File::create_new(reason)?.write_all(format!("{why}\n").as_bytes())
    }

    /// Where it is afterwards: under its name, or that with a number where another one has it.
    fn aside(&self, room: &str, file: &ReturnedEntry) -> io::Result<PathBuf> {
        let room = self.path.join(room);
        match fs::create_dir(&room) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => (),
        }
        let place = unused(&room, OsStr::new(""), OsStr::new(&file.name));
        durable::step();
        fs::rename(&file.path, &place)?;
        Ok(place)
    }
}

/// The content of a file.
pub fn read(file: &ReturnedFile) -> Result<Vec<u8>, Refusal> {
    let (mut open, _) = file::open_regular(&file.entry.path, LARGEST)?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).map_err(Refusal::Unreadable)?;
    Ok(bytes)
}

fn kind_of(path: &Path) -> Option<ReturnKind> {
    Some(match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
        "protocollo" => ReturnKind::Protocol,
        "p7m" | "p7s" | "sig" | "asc" | "tsr" | "tsd" => ReturnKind::Signature,
        "eml" => ReturnKind::Receipt,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_files_that_belong_to_a_document_are_taken() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = ReturnFolder::new(place.path(), Duration::from_secs(2));
        for name in [
            "n12-2026.protocollo",
            "n12-2026.pdf.P7M",
            "n7-2026-consegna.eml",
            "note.txt",
            "x.eml",
            "n12-2026.pdf",
        ] {
            fs::write(place.path().join(name), "1").unwrap();
        }
        fs::create_dir(place.path().join("n3-2026.eml")).unwrap();
        let start = Instant::now();
        std::os::unix::fs::symlink("note.txt", place.path().join("n4-2026.p7m")).unwrap();
        fs::File::create(place.path().join("n5-2026.eml")).unwrap().set_len(LARGEST + 1).unwrap();
        assert_eq!(folder.scan(start).unwrap(), Returned::default());
        let Returned { ready, refused } = folder.scan(start + Duration::from_secs(2)).unwrap();
        let shown: Vec<(u32, ReturnKind)> =
            ready.iter().map(|file| (file.number.number, file.kind)).collect();
        assert_eq!(
            shown,
            [(12, ReturnKind::Signature), (12, ReturnKind::Protocol), (7, ReturnKind::Receipt)]
        );
        assert_eq!(read(&ready[0]).unwrap(), b"1");
        let reasons: Vec<(&str, NotReturned)> =
            refused.iter().map(|(entry, why)| (entry.name.as_str(), *why)).collect();
        assert_eq!(
            reasons,
            [
                ("n3-2026.eml", NotReturned::NotRegular),
                ("n4-2026.p7m", NotReturned::NotRegular),
                ("n5-2026.eml", NotReturned::TooLarge),
                ("x.eml", NotReturned::Name),
            ]
        );
        for (entry, why) in &refused {
            folder.refused(entry, &why.to_string()).unwrap();
            assert!(place.path().join("rifiutati").join(&entry.name).symlink_metadata().is_ok(), "{entry:?}");
        }
        folder.taken(&ready[0].entry).unwrap();
        folder.refused(&ready[1].entry, "manca il numero").unwrap();
        assert!(place.path().join("presi/n12-2026.pdf.P7M").is_file());
        let why = fs::read_to_string(place.path().join("rifiutati/n12-2026.protocollo.motivo.txt")).unwrap();
        assert_eq!(why, "manca il numero\n");
        fs::write(&ready[0].entry.path, "2").unwrap();
        fs::write(&ready[1].entry.path, "2").unwrap();
        folder.taken(&ready[0].entry).unwrap();
        folder.refused(&ready[1].entry, "non va").unwrap();
        for (name, content) in [
            ("presi/n12-2026.pdf.P7M", "1"),
            ("presi/n12-2026.pdf.P7M~2", "2"),
            ("rifiutati/n12-2026.protocollo", "1"),
            ("rifiutati/n12-2026.protocollo~2", "2"),
            ("rifiutati/n12-2026.protocollo.motivo.txt", "manca il numero\n"),
            ("rifiutati/n12-2026.protocollo~2.motivo.txt", "non va\n"),
        ] {
            assert_eq!(fs::read_to_string(place.path().join(name)).unwrap(), content, "{name}");
        }
        let left = folder.scan(start + Duration::from_secs(9)).unwrap();
        assert_eq!((left.ready.len(), left.refused.len()), (1, 0));
    }
}

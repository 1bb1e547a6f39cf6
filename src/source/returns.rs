//! The folder in which the protocol office gives back what belongs to a document: `n12-2026.protocollo`
//! with its registration, a detached signature, receipts. What was taken moves to `presi`, what cannot
//! be used to `rifiutati`, so that people there see what became of it. Other files are left alone.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::domain::statement::StatementNumber;
use crate::durable;

use super::file::{self, FileFacts, Refusal};

/// What is given back of one document is small, in bytes.
const LARGEST: u64 = 40 << 20;

/// Where files go that were taken.
const TAKEN: &str = "presi";

/// Where files go that cannot be used.
const REFUSED: &str = "rifiutati";

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
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// The document it belongs to.
    pub number: StatementNumber,
    /// What it is.
    pub kind: ReturnKind,
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

    /// The files that are complete, in the order of their names. `now` is a monotonic instant.
    pub fn scan(&mut self, now: Instant) -> io::Result<Vec<ReturnedFile>> {
        let mut ready = Vec::new();
        let mut present = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let Some((name, number, kind)) = named(&path) else { continue };
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if file::check(&metadata, LARGEST).is_err() {
                continue;
            }
            let facts = FileFacts::of(&metadata);
            let sight = self.seen.entry(path.clone()).or_insert((facts, now));
            if sight.0 != facts {
                *sight = (facts, now);
            }
            if now.duration_since(sight.1) >= self.stable {
                ready.push(ReturnedFile { path: path.clone(), name, number, kind });
            }
            present.push(path);
        }
        self.seen.retain(|path, _| present.contains(path));
        ready.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(ready)
    }

    /// Moves a file aside that was taken.
    pub fn taken(&self, file: &ReturnedFile) -> io::Result<()> {
        self.aside(TAKEN, file)
    }

    /// Moves a file aside that cannot be used, and writes beside it why.
    pub fn refused(&self, file: &ReturnedFile, why: &str) -> io::Result<()> {
        self.aside(REFUSED, file)?;
        fs::write(self.path.join(REFUSED).join(format!("{}.motivo.txt", file.name)), format!("{why}\n"))
    }

    fn aside(&self, room: &str, file: &ReturnedFile) -> io::Result<()> {
        let room = self.path.join(room);
        match fs::create_dir(&room) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => (),
        }
        durable::step();
        fs::rename(&file.path, room.join(&file.name))
    }
}

/// The content of a file.
pub fn read(file: &ReturnedFile) -> Result<Vec<u8>, Refusal> {
    let (mut open, _) = file::open_regular(&file.path, LARGEST)?;
    let mut bytes = Vec::new();
    open.read_to_end(&mut bytes).map_err(Refusal::Unreadable)?;
    Ok(bytes)
}

fn named(path: &Path) -> Option<(String, StatementNumber, ReturnKind)> {
    let name = path.file_name().and_then(OsStr::to_str)?;
    let kind = match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
        "protocollo" => ReturnKind::Protocol,
        "p7m" | "p7s" | "sig" | "asc" | "tsr" | "tsd" => ReturnKind::Signature,
        "eml" => ReturnKind::Receipt,
        _ => return None,
    };
    Some((name.to_owned(), StatementNumber::at_start_of(name)?, kind))
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
        assert_eq!(folder.scan(start).unwrap(), []);
        let ready = folder.scan(start + Duration::from_secs(2)).unwrap();
        let shown: Vec<(u32, ReturnKind)> =
            ready.iter().map(|file| (file.number.number, file.kind)).collect();
        assert_eq!(
            shown,
            [(12, ReturnKind::Signature), (12, ReturnKind::Protocol), (7, ReturnKind::Receipt)]
        );
        assert_eq!(read(&ready[0]).unwrap(), b"1");
        folder.taken(&ready[0]).unwrap();
        folder.refused(&ready[1], "manca il numero").unwrap();
        assert!(place.path().join("presi/n12-2026.pdf.P7M").is_file());
        let why = fs::read_to_string(place.path().join("rifiutati/n12-2026.protocollo.motivo.txt")).unwrap();
        assert_eq!(why, "manca il numero\n");
        assert_eq!(folder.scan(start + Duration::from_secs(9)).unwrap().len(), 1);
    }
}

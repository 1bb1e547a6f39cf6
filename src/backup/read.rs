//! A backup that was written at some time, by somebody: every byte is checked before one is used.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sha2::{Digest, Sha256};

use super::header::{BLOCK, FILE, Header, recorded_name};
use super::{MANIFEST, PIECE, Tick, manifest, name, shown};

/// The longest record of a name.
const LONGEST_RECORD: u64 = 2048;

/// More members than ever lie in an archive.
const MOST: usize = 1_000_000;

/// What is read into memory at once: descriptions, not contents.
const LONGEST_TEXT: u64 = 256 << 20;

/// Why a file is no backup that can be used.
#[derive(Debug, thiserror::Error)]
pub enum BadBackup {
    /// It cannot be read.
    #[error("{} cannot be read: {error}", place.display())]
    Unreadable {
        /// The file.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What is in it cannot be written to its place.
    #[error("{} cannot be written: {error}", place.display())]
    Unwritable {
        /// The place.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is none, or not whole.
    #[error("{} is not used: {reason}", place.display())]
    Refused {
        /// The file.
        place: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: Vec<u8>,
    /// Its path inside of a folder.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    offset: u64,
    sha256: [u8; 32],
}

impl Member {
    /// SHA-256 of its bytes.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

/// A backup whose members are all there and as they were written.
#[derive(Debug)]
pub struct Backup {
    place: PathBuf,
    file: File,
    members: Vec<Member>,
}

/// What stands at a place of the file.
enum Found {
    Member(Member),
    End,
}

impl Backup {
    /// Opens a backup and checks every member against the list at its end.
    pub fn open(place: &Path, tick: &mut Tick<'_>) -> Result<Self, BadBackup> {
        let unreadable = |error| BadBackup::Unreadable { place: place.to_owned(), error };
        let refused = |reason: String| BadBackup::Refused { place: place.to_owned(), reason };
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(place).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        if !found.is_file() {
            return Err(refused("it is no regular file".to_owned()));
        }
        let mut walk = Walk { file: BufReader::with_capacity(PIECE, file), at: 0, size: found.len() };
        let (mut members, mut names) = (Vec::<Member>::new(), HashSet::new());
        while let Found::Member(member) = walk.next(tick).map_err(|stop| stop.at(place))? {
            if members.last().is_some_and(|last| last.name == MANIFEST.as_bytes()) {
                return Err(refused(format!("{} stands behind its list", shown(&member.name))));
            }
            if !names.insert(member.name.clone()) {
                return Err(refused(format!("it holds {} twice", shown(&member.name))));
            }
            if members.len() >= MOST {
                return Err(refused("it has more members than any backup".to_owned()));
            }
            members.push(member);
        }
        let file = walk.file.into_inner();
        let list = members.pop().filter(|last| last.name == MANIFEST.as_bytes());
        let Some(list) = list else {
            return Err(refused(format!("its last member is not {MANIFEST}: timbra did not write it")));
        };
        let mut backup = Self { place: place.to_owned(), file, members };
        let text = backup.read(&list)?;
        let written: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        if written.len() != backup.members.len() {
            let (listed, there) = (written.len(), backup.members.len());
            return Err(refused(format!("its list has {listed} members, and {there} are there")));
        }
        for (line, member) in written.into_iter().zip(&backup.members) {
            if line != manifest::line(&member.name, &member.sha256) {
                return Err(refused(format!("{} is not what its list says", shown(&member.name))));
            }
        }
        Ok(backup)
    }

    /// Its members, without the list.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member of a name.
    pub fn member(&self, name: &str) -> Result<Member, BadBackup> {
        let found = self.members.iter().find(|member| member.name == name.as_bytes());
        found.cloned().ok_or_else(|| self.refused(format!("it holds no {name}")))
    }

    /// The bytes of a small member.
    pub fn read(&mut self, member: &Member) -> Result<Vec<u8>, BadBackup> {
        if member.size > LONGEST_TEXT {
            return Err(self.refused(format!("{} is too long", shown(&member.name))));
        }
        let mut bytes = Vec::new();
        self.copy(member, (&mut bytes, Path::new("")), &mut |_| ())?;
        Ok(bytes)
    }

    /// Writes a member to a new file that only its owner can read, and makes it durable.
    pub fn extract(
        &mut self,
        member: &Member,
        to: &Path,
        tick: &mut dyn FnMut(u64),
    ) -> Result<(), BadBackup> {
        let unwritable = |error| BadBackup::Unwritable { place: to.to_owned(), error };
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
        let mut file = created.map_err(unwritable)?;
        self.copy(member, (&mut file, to), tick)?;
        file.sync_all().map_err(unwritable)
    }

    /// Copies a member, and sees that it is still the one that was checked.
    fn copy(
        &mut self,
        member: &Member,
        (to, place): (&mut dyn Write, &Path),
        tick: &mut dyn FnMut(u64),
    ) -> Result<(), BadBackup> {
        let unwritable = |error| BadBackup::Unwritable { place: place.to_owned(), error };
        let unreadable = |error| BadBackup::Unreadable { place: self.place.clone(), error };
        self.file.seek(SeekFrom::Start(member.offset)).map_err(unreadable)?;
        let (mut hash, mut left) = (Sha256::new(), member.size);
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let bytes = piece.get_mut(..wanted).unwrap_or_default();
            self.file.read_exact(bytes).map_err(unreadable)?;
            hash.update(&*bytes);
            to.write_all(bytes).map_err(unwritable)?;
            left -= wanted as u64;
            tick(member.size - left);
        }
        if <[u8; 32]>::from(hash.finalize()) == member.sha256 {
            return Ok(());
        }
        Err(self.refused(format!("{} was changed meanwhile", shown(&member.name))))
    }

    /// Says that something in it makes no sense.
    pub fn refused(&self, reason: String) -> BadBackup {
        BadBackup::Refused { place: self.place.clone(), reason }
    }
}

/// Why a walk ended early.
enum Stop {
    Io(io::Error),
    Refused(String),
}

impl Stop {
    fn at(self, place: &Path) -> BadBackup {
        let place = place.to_owned();
        match self {
            Self::Io(error) => BadBackup::Unreadable { place, error },
            Self::Refused(reason) => BadBackup::Refused { place, reason },
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Refused("it was cut: its end is missing".to_owned());
        }
        Self::Io(error)
    }
}

impl From<&str> for Stop {
    fn from(reason: &str) -> Self {
        Self::Refused(reason.to_owned())
    }
}

/// From one member to the next.
struct Walk {
    file: BufReader<File>,
    at: u64,
    size: u64,
}

impl Walk {
    fn next(&mut self, tick: &mut Tick<'_>) -> Result<Found, Stop> {
        let mut long = None;
        loop {
            let block = self.block()?;
            if block.iter().all(|byte| *byte == 0) {
                if long.is_some() || self.block()?.iter().any(|byte| *byte != 0) || self.at != self.size {
                    return Err(Stop::from("something stands where it should end"));
                }
                return Ok(Found::End);
            }
            let Header { name, size, kind } = Header::read(&block)?;
            if size > self.size - self.at {
                return Err(Stop::Refused(format!("it was cut, or the size of {} is wrong", shown(&name))));
            }
            if kind != FILE {
                if long.is_some() || size > LONGEST_RECORD {
                    return Err(Stop::from("the record of a long name makes no sense"));
                }
                let mut record = vec![0; usize::try_from(size).unwrap_or_default()];
                self.read(&mut record)?;
                self.pad(size)?;
                let name = recorded_name(&record).ok_or("the record of a long name makes no sense")?;
                long = Some(name.to_vec());
                continue;
            }
            let name = long.take().unwrap_or(name);
            let Some(path) = name::path(&name) else {
                return Err(Stop::Refused(format!("the name {} leads out of it", shown(&name))));
            };
            let offset = self.at;
            let sha256 = self.hash(size, tick)?;
            self.pad(size)?;
            return Ok(Found::Member(Member { name, path, size, offset, sha256 }));
        }
    }

    fn hash(&mut self, size: u64, tick: &mut Tick<'_>) -> Result<[u8; 32], Stop> {
        let (mut hash, mut left) = (Sha256::new(), size);
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let bytes = piece.get_mut(..wanted).unwrap_or_default();
            self.read(bytes)?;
            hash.update(&*bytes);
            left -= wanted as u64;
            tick("checking the backup", self.at, self.size);
        }
        Ok(hash.finalize().into())
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Stop> {
        let mut block = [0; BLOCK];
        self.read(&mut block)?;
        Ok(block)
    }

    /// What fills the last block of a member is zero: nothing hides there.
    fn pad(&mut self, size: u64) -> Result<(), Stop> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
        let mut rest = [0; BLOCK];
        let rest = rest.get_mut(..(BLOCK - over) % BLOCK).unwrap_or_default();
        self.read(rest)?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(Stop::from("something stands behind a member"));
        }
        Ok(())
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), Stop> {
        self.file.read_exact(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

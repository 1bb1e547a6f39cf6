//! A backup being written: under a name beside its own, and renamed when it is whole and on disk. Whatever
//! happens before leaves what was there.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, OFlags, RenameFlags, StatxAttributes, StatxFlags, renameat_with, statx};
use sha2::{Digest, Sha256};

use crate::durable;

use super::header::{BLOCK, FILE, Header, RECORDS, name_record};
use super::{MANIFEST, PIECE, Tick, manifest, name, shown};

/// Why a backup was not written.
#[derive(Debug, thiserror::Error)]
pub enum CannotWrite {
    /// Something has its name.
    #[error("{} exists: name another file, or add --force to replace it", .0.display())]
    Exists(PathBuf),
    /// It is no file.
    #[error("{} is no regular file", .0.display())]
    NoFile(PathBuf),
    /// Another backup is being written there.
    #[error("another backup is being written to {}", .0.display())]
    Busy(PathBuf),
    /// The file system refuses.
    #[error("{} cannot be written: {error}; nothing was left behind", place.display())]
    Unwritable {
        /// The backup.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file that belongs into it cannot be read.
    #[error("{} cannot be read: {error}; nothing was left behind", place.display())]
    Unreadable {
        /// The file.
        place: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A member that the format cannot hold.
    #[error("{} cannot stand in a backup: its name or its size is too long", shown(.0))]
    Unfit(Vec<u8>),
}

/// A backup being written.
#[derive(Debug)]
pub struct BackupWriter {
    target: PathBuf,
    partial: PathBuf,
    force: bool,
    file: BufWriter<File>,
    manifest: Vec<u8>,
    modified: u64,
    members: u64,
    /// Files beside the backup that go with it when it does not come about.
    others: Vec<PathBuf>,
    whole: bool,
}

/// How the names of files end that are no backup yet.
const PARTIAL: &str = ".timbra-part";

/// What a backup makes beside itself has its name and more.
const COPY: &str = ".sqlite";

/// Removes what killed runs left in a folder, under whatever names of backups: it holds personal data. What
/// another run holds stays, and so does what cannot be removed: no reason to make no backup.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with('.')) else { continue };
        let Some((stem, rest)) = name.rsplit_once(PARTIAL) else { continue };
        if !rest.is_empty() && !rest.starts_with(COPY) {
            continue;
        }
        let partial = folder.join(format!("{stem}{PARTIAL}"));
        // whoever began it holds it as long as there is something beside it
        let left = match OpenOptions::new().read(true).custom_flags(no_traps()).open(&partial) {
            Ok(file) => file.try_lock().is_ok().then_some(Some(file)),
            Err(error) => (error.kind() == io::ErrorKind::NotFound).then_some(None),
        };
        if let Some(_held) = left {
            drop(fs::remove_file(entry.path()));
        }
    }
}

impl BackupWriter {
    /// Begins a backup. `modified` is the time of its members, in Unix seconds.
    pub fn begin(target: &Path, force: bool, modified: u64) -> Result<Self, CannotWrite> {
        let unwritable = |error| CannotWrite::Unwritable { place: target.to_owned(), error };
        let target = std::path::absolute(target).map_err(unwritable)?;
        let (Some(folder), Some(file_name)) = (target.parent(), target.file_name()) else {
            return Err(CannotWrite::NoFile(target));
        };
        match target.symlink_metadata() {
            Ok(found) if !found.is_file() => return Err(CannotWrite::NoFile(target)),
            Ok(_) if !force => return Err(CannotWrite::Exists(target)),
            Ok(_) => (),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => return Err(unwritable(error)),
        }
        let partial = folder.join(format!(".{}{PARTIAL}", file_name.to_string_lossy()));
        let file = claim(&partial, &target)?;
        sweep(folder);
        Ok(Self {
            file: BufWriter::with_capacity(PIECE, file),
            manifest: Vec::new(),
            members: 0,
            others: Vec::new(),
            whole: false,
            target,
            partial,
            force,
            modified,
        })
    }

    /// An empty file beside the backup, for a copy of the database, that only its owner can read; gone with
    /// the writer. Each call makes another.
    pub fn beside(&mut self) -> Result<PathBuf, CannotWrite> {
        let mut path = self.partial.clone().into_os_string();
        path.push(COPY.repeat(self.others.len() + 1));
        let path = PathBuf::from(path);
        let unwritable = |error| CannotWrite::Unwritable { place: self.target.clone(), error };
        for path in with_company(&path) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(error)),
                _ => (),
            }
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(unwritable)?;
        self.others.push(path.clone());
        Ok(path)
    }

    /// Adds a member of these bytes.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), CannotWrite> {
        self.head(name.as_bytes(), bytes.len() as u64)?;
        self.put(bytes)?;
        self.foot(name.as_bytes(), bytes.len() as u64, Sha256::digest(bytes).into())
    }

    /// Adds a file under a name. It must keep its size meanwhile. `tick` hears how many bytes of it.
    pub fn add_file(
        &mut self,
        name: &[u8],
        path: &Path,
        tick: &mut dyn FnMut(u64),
    ) -> Result<(), CannotWrite> {
        let unreadable = |error| CannotWrite::Unreadable { place: path.to_owned(), error };
        // not behind a link, nor a pipe that nobody writes to
        let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits().cast_signed();
        let mut file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(unreadable)?;
        let found = file.metadata().map_err(unreadable)?;
        if !found.is_file() {
            return Err(unreadable(io::Error::other("it is no regular file")));
        }
        let size = found.len();
        self.head(name, size)?;
        let (mut hash, mut left) = (Sha256::new(), size);
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let read = file.read(piece.get_mut(..wanted).unwrap_or_default()).map_err(unreadable)?;
            if read == 0 {
                return Err(unreadable(io::Error::other("it became shorter meanwhile")));
            }
            let read = piece.get(..read).unwrap_or_default();
            hash.update(read);
            self.put(read)?;
            left -= read.len() as u64;
            tick(size - left);
        }
        self.foot(name, size, hash.finalize().into())
    }

    /// Writes the list of all members, makes everything durable and gives the backup its name. Returns how
    /// many members it has and how many bytes.
    pub fn finish(mut self, tick: &mut Tick<'_>) -> Result<(u64, u64), CannotWrite> {
        let list = std::mem::take(&mut self.manifest);
        self.add(MANIFEST, &list)?;
        self.put(&[0; 2 * BLOCK])?;
        tick("writing to disk", 0, 0);
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        let size = written.and_then(|()| Ok(self.file.get_ref().metadata()?.len()));
        let size = size.map_err(|error| self.unwritable(error))?;
        durable::step();
        self.rename()?;
        self.whole = true;
        let folder = self.target.parent().unwrap_or(Path::new("/"));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| self.unwritable(error))?;
        Ok((self.members, size))
    }

    fn rename(&self) -> Result<(), CannotWrite> {
        if self.force {
            return fs::rename(&self.partial, &self.target).map_err(|error| self.unwritable(error));
        }
        match renameat_with(CWD, &self.partial, CWD, &self.target, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::EXIST) => Err(CannotWrite::Exists(self.target.clone())),
            // a file system that cannot do that in one step
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                match self.target.symlink_metadata() {
                    Ok(_) => Err(CannotWrite::Exists(self.target.clone())),
                    Err(_) => fs::rename(&self.partial, &self.target).map_err(|error| self.unwritable(error)),
                }
            }
            Err(error) => Err(self.unwritable(error.into())),
        }
    }

    fn head(&mut self, name: &[u8], size: u64) -> Result<(), CannotWrite> {
        let unfit = || CannotWrite::Unfit(name.to_vec());
        name::path(name).ok_or_else(unfit)?;
        let modified = self.modified;
        let header = |name: &[u8], size, kind| Header { name: name.to_vec(), size, kind }.block(modified);
        let block = if let Some(block) = header(name, size, FILE) {
            block
        } else {
            let record = name_record(name);
            let before = header(b"long-name", record.len() as u64, RECORDS).ok_or_else(unfit)?;
            self.put(&before)?;
            self.put(&record)?;
            self.pad(record.len() as u64)?;
            header(b"long-name", size, FILE).ok_or_else(unfit)?
        };
        self.put(&block)
    }

    fn foot(&mut self, name: &[u8], size: u64, sha256: [u8; 32]) -> Result<(), CannotWrite> {
        self.members += 1;
        self.manifest.extend(manifest::line(name, &sha256));
        self.pad(size)
    }

    fn pad(&mut self, size: u64) -> Result<(), CannotWrite> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or_default();
        self.put([0; BLOCK].get(..(BLOCK - over) % BLOCK).unwrap_or_default())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CannotWrite> {
        self.file.write_all(bytes).map_err(|error| self.unwritable(error))
    }

    fn unwritable(&self, error: io::Error) -> CannotWrite {
        CannotWrite::Unwritable { place: self.target.clone(), error }
    }
}

/// Lets two folders change places in one step, where the file system can do that; else in two.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            let mut between = one.as_os_str().to_owned();
            between.push("~");
            fs::rename(other, &between)?;
            if let Err(error) = fs::rename(one, other) {
                drop(fs::rename(&between, other));
                return Err(error);
            }
            fs::rename(&between, one)
        }
        done => Ok(done?),
    }
}

/// True when a file system, or a part of one, is mounted at a folder.
pub fn is_mount_point(folder: &Path) -> bool {
    let found = statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS);
    found.is_ok_and(|facts| facts.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// A file, and those that a database makes beside itself.
fn with_company(path: &Path) -> [PathBuf; 4] {
    ["", "-journal", "-wal", "-shm"].map(|end| {
        let mut path = path.as_os_str().to_owned();
        path.push(end);
        PathBuf::from(path)
    })
}

/// What did not become whole is gone.
impl Drop for BackupWriter {
    fn drop(&mut self) {
        if !self.whole {
            drop(fs::remove_file(&self.partial));
        }
        for path in self.others.iter().flat_map(|path| with_company(path)) {
            drop(fs::remove_file(path));
        }
    }
}

/// Makes the file under which a backup is written. One that a killed run left is made anew; one that another
/// run holds is not touched.
fn claim(partial: &Path, target: &Path) -> Result<File, CannotWrite> {
    let unwritable = |error| CannotWrite::Unwritable { place: target.to_owned(), error };
    let busy = || CannotWrite::Busy(target.to_owned());
    let lock = |file: &File| {
        // on a file system without locks it goes on
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !is_at(file, partial) {
            return Err(busy());
        }
        Ok(())
    };
    let create = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(partial);
    durable::step();
    // held until the new one is: nobody else removes that meanwhile
    let mut left = None;
    let file = match create() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = OpenOptions::new().write(true).custom_flags(no_traps()).open(partial);
            lock(left.insert(found.map_err(unwritable)?))?;
            fs::remove_file(partial).map_err(unwritable)?;
            create().map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => busy(),
                _ => unwritable(error),
            })?
        }
        other => other.map_err(unwritable)?,
    };
    lock(&file)?;
    drop(left);
    Ok(file)
}

/// How to open what others may have laid there: no link is followed, and nobody waits at a pipe.
fn no_traps() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Whether a file still is the one at this place.
fn is_at(file: &File, place: &Path) -> bool {
    let facts = file.metadata().and_then(|own| Ok((own, fs::symlink_metadata(place)?)));
    facts.is_ok_and(|(own, there)| (own.dev(), own.ino()) == (there.dev(), there.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_another_run_made_anew_is_not_the_one_that_was_opened() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("part");
        let opened = File::create(&place).unwrap();
        assert!(is_at(&opened, &place));
        fs::remove_file(&place).unwrap();
        assert!(!is_at(&opened, &place));
        File::create(&place).unwrap();
        assert!(!is_at(&opened, &place));
    }
}

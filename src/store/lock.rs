//! One daemon a store: the second exits with a clear message.

use std::fs::{File, OpenOptions, TryLockError, symlink_metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::OFlags;

use super::place::Place;
use super::{Store, StoreError, existing, make_folder, no_locks, unusable};

/// Held as long as the daemon lives; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct StoreLock {
    folder: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    file: File,
    place: Place,
    /// It was taken anew, and nobody was told yet.
    anew: bool,
}

/// How long to wait after each vain try: whoever held it may be about to end, or a program that it has
/// just started may still hold it for a moment.
const ENDING: [Duration; 5] = [MOMENT, MOMENT, MOMENT, MOMENT, Duration::ZERO];
const MOMENT: Duration = Duration::from_millis(100);

impl StoreLock {
    /// The file that is locked, in the store's folder.
    pub const FILE: &str = "timbra.lock";

    /// Takes the lock of a store's folder; makes both when they are not there.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        make_folder(folder).map_err(|error| unusable(folder, &error))?;
        let held = Mutex::new(Held::take(&folder.join(Self::FILE))?);
        Ok(Self { folder: folder.to_owned(), held })
    }

    /// True while a daemon runs on the store of a folder. Asks for a moment, in which none can start; whoever
    /// starts tries again.
    pub fn is_held(folder: &Path) -> Result<bool, StoreError> {
        let path = folder.join(Self::FILE);
        let file = match open_regular(&path, OpenOptions::new().read(true)) {
            Ok(file) => file.ok_or_else(|| StoreError::NoLock(path))?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unusable(&path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(no_locks(folder, &error)),
        }
    }

    /// Gives the file to another user, who is to take the lock later. It is the file that is held: somebody else
    /// may put another one in its place.
    pub fn give_to(&self, user: u32, group: u32) -> io::Result<()> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.file.metadata()?;
        if (found.uid(), found.gid()) == (user, group) {
            return Ok(());
        }
        if found.nlink() > 1 {
            return Err(io::Error::other("it has a second name, and may be another file: remove it"));
        }
        fchown(&held.file, Some(user), Some(group))
    }

    /// Opens the store, as [`Store::open_existing`] does. Where its folder was replaced the lock of the
    /// new one is taken first: another daemon could have it already.
    pub fn open(&self) -> Result<Store, StoreError> {
        existing(&self.folder)?;
        self.keep()?;
        Store::open_existing(&self.folder)
    }

    /// Sees that the lock is the one that others find: where somebody removed its file another daemon could start.
    /// Then it is taken anew; or another one was quicker: [`StoreError::Lost`].
    pub fn keep(&self) -> Result<(), StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.place.is_kept() {
            return Ok(());
        }
        *held = Held::take(&self.folder.join(Self::FILE)).map_err(|error| match error {
            StoreError::Taken(path) => StoreError::Lost(path),
            other => other,
        })?;
        held.anew = true;
        Ok(())
    }

    /// True once after the lock was taken anew.
    pub fn was_taken_anew(&self) -> bool {
        std::mem::take(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner).anew)
    }
}

impl Held {
    fn take(path: &Path) -> Result<Self, StoreError> {
        let unusable = |error| unusable(path, &error);
        for pause in ENDING {
            let opened = open_regular(path, OpenOptions::new().create(true).truncate(false).write(true));
            let file = opened.map_err(unusable)?.ok_or_else(|| StoreError::NoLock(path.to_owned()))?;
            match file.try_lock() {
                Ok(()) => {
                    let place = Place::new(path, &file.metadata().map_err(unusable)?);
                    // it may have been removed since it was opened
                    if place.is_kept() {
                        return Ok(Self { file, place, anew: false });
                    }
                }
                Err(TryLockError::WouldBlock) => sleep(pause),
                Err(TryLockError::Error(error)) => return Err(no_locks(path, &error)),
            }
        }
        Err(StoreError::Taken(path.to_owned()))
    }
}

/// Opens a file in a folder to which somebody else may write: no link is followed, and nobody waits at a pipe.
/// None where there is something else than a file.
fn open_regular(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    match options.custom_flags(flags).open(path) {
        Ok(file) => Ok(file.metadata()?.is_file().then_some(file)),
        Err(_) if symlink_metadata(path).is_ok_and(|found| !found.is_file()) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_store_that_was_replaced_is_opened_under_its_own_lock() {
        let home = tempfile::tempdir().unwrap();
        let (folder, away) = (home.path().join("store"), home.path().join("away"));
        assert!(!StoreLock::is_held(&folder).unwrap());
        let lock = StoreLock::take(&folder).unwrap();
        assert!(StoreLock::is_held(&folder).unwrap());
        assert!(matches!(lock.open(), Err(StoreError::Missing(_))), "a lock makes no store");
        let store = Store::open(&folder).unwrap();
        assert!(store.is_in_place());
        fs::rename(&folder, &away).unwrap();
        assert!(!store.is_in_place());
        assert!(matches!(lock.open(), Err(StoreError::Missing(_))));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("timbra.sqlite"), "").unwrap();
        assert!(matches!(lock.open(), Err(StoreError::Missing(_))), "an empty file is no store");
        for file in ["timbra.sqlite", "timbra.sqlite-wal"] {
            fs::copy(away.join(file), folder.join(file)).unwrap();
        }
        let copy = lock.open().unwrap();
        assert!(copy.is_in_place() && !store.is_in_place());
        assert!(matches!(StoreLock::take(&folder), Err(StoreError::Taken(_))));
        fs::remove_dir_all(&folder).unwrap();
        drop((store, copy));
        fs::rename(&away, &folder).unwrap();
        let _other = StoreLock::take(&folder).unwrap();
        assert!(matches!(lock.open(), Err(StoreError::Lost(_))), "another daemon was quicker");
    }

    #[test]
    fn a_lock_whose_file_was_removed_is_taken_anew_or_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(StoreLock::FILE);
        let lock = StoreLock::take(folder.path()).unwrap();
        lock.keep().unwrap();
        assert!(!lock.was_taken_anew());
        fs::remove_file(&file).unwrap();
        assert!(!StoreLock::is_held(folder.path()).unwrap());
        lock.keep().unwrap();
        assert!(lock.was_taken_anew() && !lock.was_taken_anew());
        assert!(matches!(StoreLock::take(folder.path()), Err(StoreError::Taken(_))));
        fs::remove_file(&file).unwrap();
        let other = StoreLock::take(folder.path()).unwrap();
        assert!(matches!(lock.keep(), Err(StoreError::Lost(_))));
        other.keep().unwrap();
        assert!(!other.was_taken_anew());
    }
}

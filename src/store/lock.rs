//! One daemon a store: the second exits with a clear message.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

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
    _file: File,
    place: Place,
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
        match File::open(&path).map(|file| file.try_lock_shared()) {
            Ok(Ok(())) => Ok(false),
            Ok(Err(TryLockError::WouldBlock)) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Ok(Err(TryLockError::Error(error))) => Err(no_locks(folder, &error)),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Opens the store, as [`Store::open_existing`] does. Where its folder was replaced the lock of the
    /// new one is taken first: another daemon could have it already.
    pub fn open(&self) -> Result<Store, StoreError> {
        existing(&self.folder)?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.place.is_kept() {
            *held = Held::take(&self.folder.join(Self::FILE))?;
        }
        drop(held);
        Store::open_existing(&self.folder)
    }
}

impl Held {
    fn take(path: &Path) -> Result<Self, StoreError> {
        let unusable = |error| unusable(path, &error);
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(unusable)?;
        for pause in ENDING {
            match file.try_lock() {
                Ok(()) => return Ok(Self { place: Place::of(path).map_err(unusable)?, _file: file }),
                Err(TryLockError::WouldBlock) => sleep(pause),
                Err(TryLockError::Error(error)) => return Err(no_locks(path, &error)),
            }
        }
        Err(StoreError::Taken(path.to_owned()))
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
        assert!(matches!(lock.open(), Err(StoreError::Taken(_))), "another daemon was quicker");
    }
}

//! Nobody has the database open while another takes its place: `SQLite` writes its log by the name of the
//! database, so whoever still had the old one open would write into the new one.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::sleep;
use std::time::Duration;

use super::place::Place;
use super::{PATIENCE, StoreError, no_locks, unusable};

/// A lock on a store's folder. Whoever opens the database holds it with others as long as it is open; whoever
/// replaces it holds it alone. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug, Clone)]
pub struct Hold {
    folder: Arc<File>,
}

/// The folder that this process holds alone to read what is in it: it does not wait for itself.
static QUIET: Mutex<(Option<Place>, Weak<File>)> = Mutex::new((None, Weak::new()));

/// How long who replaces the database waits for somebody who has it open.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Between two tries.
const MOMENT: Duration = Duration::from_millis(20);

impl Hold {
    /// Held with others who have the database open. Waits a while for who replaces it.
    pub(super) fn shared(folder: &Path) -> Result<Self, StoreError> {
        match Self::own(folder) {
            Some(own) => Ok(own),
            None => Self::take(folder, PATIENCE, File::try_lock_shared),
        }
    }

    /// Held alone, so that nobody writes what is read. Other connections of this process share it.
    pub(super) fn quiet(folder: &Path) -> Result<Self, StoreError> {
        if let Some(own) = Self::own(folder) {
            return Ok(own);
        }
        let hold = Self::alone(folder)?;
        let place = Place::of(folder).map_err(|error| unusable(folder, &error))?;
        let mut quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = (Some(place), Arc::downgrade(&hold.folder));
        Ok(hold)
    }

    fn own(folder: &Path) -> Option<Self> {
        let quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
        let held = quiet.1.upgrade()?;
        (quiet.0 == Place::of(folder).ok()).then_some(Self { folder: held })
    }

    /// Held alone, to replace the database. Busy while somebody has it open.
    pub fn alone(folder: &Path) -> Result<Self, StoreError> {
        Self::take(folder, LOOK, File::try_lock)
    }

    fn take(
        folder: &Path,
        mut patience: Duration,
        lock: fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, StoreError> {
        let file = File::open(folder).map_err(|error| unusable(folder, &error))?;
        loop {
            match lock(&file) {
                Ok(()) => return Ok(Self { folder: Arc::new(file) }),
                Err(TryLockError::Error(error)) => return Err(no_locks(folder, &error)),
                Err(TryLockError::WouldBlock) if patience.is_zero() => return Err(StoreError::Busy),
                Err(TryLockError::WouldBlock) => sleep(MOMENT),
            }
            patience = patience.saturating_sub(MOMENT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{DATABASE, STILL, Store};

    #[test]
    fn a_file_system_without_locks_is_named_as_the_cause() {
        let folder = tempfile::tempdir().unwrap();
        // as NFS without its lock daemon answers
        let refused = |_: &File| Err(TryLockError::Error(std::io::Error::from_raw_os_error(37)));
        let error = Hold::take(folder.path(), PATIENCE, refused).unwrap_err().to_string();
        assert!(error.contains("No locks available") && error.contains("on a local disk"), "{error}");
        assert!(!error.contains("belong"), "{error}");
    }

    #[test]
    fn what_reads_alone_does_not_wait_for_itself() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [folder, other] = [folders[0].path(), folders[1].path()];
        let first = Hold::quiet(folder).unwrap();
        let second = Hold::shared(folder).unwrap();
        let _elsewhere = Hold::alone(other).unwrap();
        drop(first);
        assert!(matches!(Hold::alone(folder), Err(StoreError::Busy)), "the second still reads");
        drop(second);
        drop(Hold::alone(folder).unwrap());
    }

    #[test]
    fn two_read_a_store_that_nobody_else_may_open() {
        let folder = tempfile::tempdir().unwrap();
        drop(Store::open(folder.path()).unwrap());
        let hold = Hold::quiet(folder.path()).unwrap();
        let store = Store::read_only(&folder.path().join(DATABASE), Some(hold), false, STILL).unwrap();
        let beside = store.beside().unwrap();
        assert_eq!((beside.how, beside.count_punches().unwrap()), (STILL, 0));
        drop(store);
        assert!(matches!(Hold::alone(folder.path()), Err(StoreError::Busy)), "one still reads");
    }
}

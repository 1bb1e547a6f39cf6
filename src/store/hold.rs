//! Nobody has the database open while another takes its place: `SQLite` writes its log by the name of the
//! database, so whoever still had the old one open would write into the new one.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::{PATIENCE, StoreError, unusable};

/// A lock on a store's folder. Whoever opens the database holds it with others as long as it is open; whoever
/// replaces it holds it alone. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Hold {
    _folder: File,
}

/// How long who replaces the database waits for somebody who has it open.
pub(super) const LOOK: Duration = Duration::from_secs(1);

/// Between two tries.
const MOMENT: Duration = Duration::from_millis(20);

impl Hold {
    /// Held with others who have the database open. Waits a while for who replaces it.
    pub(super) fn shared(folder: &Path) -> Result<Self, StoreError> {
        Self::take(folder, PATIENCE, File::try_lock_shared)
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
                Ok(()) => return Ok(Self { _folder: file }),
                Err(TryLockError::Error(error)) => return Err(unusable(folder, &error)),
                Err(TryLockError::WouldBlock) if patience.is_zero() => return Err(StoreError::Busy),
                Err(TryLockError::WouldBlock) => sleep(MOMENT),
            }
            patience = patience.saturating_sub(MOMENT);
        }
    }
}

//! One daemon a store: the second exits with a clear message.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::StoreError;

/// Held as long as the daemon lives; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

/// How long to wait after each vain try: whoever held it may be about to end, or a program that it has
/// just started may still hold it for a moment.
const ENDING: [Duration; 5] = [MOMENT, MOMENT, MOMENT, MOMENT, Duration::ZERO];
const MOMENT: Duration = Duration::from_millis(100);

impl StoreLock {
    /// Takes the lock of a store's folder.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("timbra.lock");
        let unusable =
            |error: std::io::Error| StoreError::Unusable { path: path.clone(), reason: error.to_string() };
        super::make_folder(folder).map_err(unusable)?;
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        for pause in ENDING {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => sleep(pause),
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
            }
        }
        Err(StoreError::Taken(path))
    }
}

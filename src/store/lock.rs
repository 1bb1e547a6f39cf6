//! One daemon a store: the second exits with a clear message.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::StoreError;

/// Held as long as the daemon lives; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Takes the lock of a store's folder.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("timbra.lock");
        let unusable =
            |error: std::io::Error| StoreError::Unusable { path: path.clone(), reason: error.to_string() };
        super::make_folder(folder).map_err(unusable)?;
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Taken(path)),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

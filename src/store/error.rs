//! What can go wrong with the store, each with what to do.

use std::path::PathBuf;

use rusqlite::types::FromSqlError;
use rusqlite::{Error, ErrorCode};

/// SQLite's `SQLITE_IOERR_SHMSIZE`: the file that all users of a database share cannot grow.
const NO_ROOM_BESIDE: i32 = 4874;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none where the configuration says.
    #[error(
        "there is no store at {0}; if there was one, put it back or restore the last backup, else start `timbra run` or `timbra import` once to make it"
    )]
    Missing(PathBuf),
    /// Written by an older version, and not brought up to date yet.
    #[error(
        "the store at {0} is of an older version: back it up (`timbra backup FILE`), then restart the service, \
         which brings it up to date (without one: `timbra run`, or `timbra import`, once)"
    )]
    Older(PathBuf),
    /// Written by an older version, and somebody has it open, who may be of that version.
    #[error(
        "the store at {0} is of an older version, and another timbra has it open: nothing was changed; restart \
         the service, which brings it up to date, and try again"
    )]
    InUse(PathBuf),
    /// Written by a newer version.
    #[error(
        "the store at {path} has schema {found}, this timbra knows up to {known}: install the newer version again"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Another process holds it for longer than is reasonable.
    #[error("the store is locked by another process; try again when its work is done")]
    Busy,
    /// Its files belong to somebody else.
    #[error(
        "this user may not write to the store; nothing was entered: whoever writes needs the right to write to its folder and files"
    )]
    ReadOnly,
    /// The disk is full.
    #[error(
        "the disk of the store is full: nothing was taken; free some space (the daemon tries again by itself, a command must be given again)"
    )]
    Full,
    /// The files cannot be read or written.
    #[error(
        "the store at {path} cannot be opened: {reason}; its folder must exist, and whoever runs timbra must \
         have the right to read it, and to write there to enter something"
    )]
    Unusable {
        /// The database or its folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file system has no locks.
    #[error(
        "{path} cannot be locked: {reason}; a store must lie on a local disk, or where the file system has locks: \
         move its folder, and name the new one in `[store] folder`"
    )]
    NoLocks {
        /// What was to be locked.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It cannot be read where nothing may be written beside it.
    #[error(
        "the store at {0} cannot be read without writing beside it, since what was written last is only in its \
         log (-wal, -journal): run this as the user who runs timbra, or copy the whole folder to where you may write and \
         name that in `[store] folder`"
    )]
    OnlyInLog(PathBuf),
    /// The content makes no sense.
    #[error("the store is damaged ({0}): stop timbra and restore the last backup")]
    Damaged(String),
    /// Another daemon runs on it.
    #[error("another timbra runs on this store (lock {0}); stop it first")]
    Taken(PathBuf),
    /// The file of the lock was removed under a daemon, and another one runs now.
    #[error(
        "the lock {0} was removed or replaced while this timbra ran, and another one runs on the store now: this one \
         ends and sends nothing more; leave that file where it is, and see that only one is started"
    )]
    Lost(PathBuf),
    /// Something else lies where the lock belongs.
    #[error(
        "{0} must be a regular file, and is none: stop timbra, remove it (nothing is kept in it) and try again"
    )]
    NoLock(PathBuf),
    /// Something else.
    #[error("the store failed: {0}")]
    Other(rusqlite::Error),
}

impl StoreError {
    /// True when the content is damaged; false when something hinders the look at it.
    pub fn is_damage(&self) -> bool {
        let hindered = |error: &rusqlite::Error| {
            use ErrorCode as Code;
            let code = error.sqlite_error_code();
            matches!(
                code,
                Some(
                    Code::CannotOpen
                        | Code::PermissionDenied
                        | Code::OutOfMemory
                        | Code::OperationInterrupted
                )
            )
        };
        match self {
            Self::Damaged(_) => true,
            Self::Other(error) => !hindered(error),
            _ => false,
        }
    }

    /// True when whoever reads cannot make files beside the database, which `SQLite` does.
    pub(super) fn is_about_its_folder(&self) -> bool {
        match self {
            // a file beside it needs room
            Self::ReadOnly | Self::Full => true,
            Self::Other(error) => error.sqlite_error_code() == Some(ErrorCode::CannotOpen),
            _ => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // whoever reads needs room too, for what SQLite keeps beside the database
        if error.sqlite_error().is_some_and(|found| found.extended_code == NO_ROOM_BESIDE) {
            return Self::Full;
        }
        let is_misfit = match &error {
            Error::InvalidColumnType(..)
            | Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..) => true,
            Error::UserFunctionError(inner) => inner.is::<FromSqlError>(),
            _ => false,
        };
        match error.sqlite_error_code() {
            _ if is_misfit => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Other(error),
        }
    }
}

//! FLOOR 2. The store: the only room that speaks SQL. Synchronous; knows the domain and nothing
//! else. Punches are insert-only under what the device wrote; what was sent never changes.

mod alarms;
mod amendments;
mod arrivals;
mod attempts;
mod batches;
mod chain;
mod clock_look;
mod clock_steps;
mod configurations;
mod content;
mod copy;
mod digested;
mod error;
mod evidence;
mod facts;
mod fingerprints;
mod gathering;
mod hold;
mod live;
mod lock;
mod mail_sources;
mod malfunction_content;
mod malfunction_notices;
mod malfunctions;
mod migration;
mod misdirections;
mod moment;
mod new_message;
mod outbox;
mod outbox_events;
mod overview;
mod piece;
mod place;
mod portion;
mod ports;
mod progress;
mod punches;
mod purge;
mod quarantine;
mod range;
mod readdressed;
mod readers;
mod received;
mod received_about;
mod received_list;
mod register;
mod reminded;
mod restored;
mod retention;
mod stamps;
mod statements;
mod tally;
mod uptime;
mod verify;
mod verify_contents;
mod verify_readers;

use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::durable;

use gathering::Gathering;
use place::Place;

pub use alarms::RaisedAlarm;
pub use amendments::{Drifted, Look, Marks};
pub use arrivals::{Acceptance, EarlyRow};
pub use attempts::Attempt;
pub use batches::{BatchEnd, BatchOrigin, BatchStart, Counts, FileIdentity, TakenBatch};
pub use clock_steps::ClockStep;
pub use digested::DigestItem;
pub use error::StoreError;
pub use evidence::{Evidence, Kept};
pub use hold::Hold;
pub use live::{LiveContent, LiveEntry, LiveFrame, Stored};
pub use lock::StoreLock;
pub use mail_sources::MailSource;
pub use malfunction_notices::{MalfunctionNotice, NewNotice};
pub use misdirections::{Misdirection, NoMisdirection};
pub use new_message::NewMessage;
pub use outbox::{AttemptEnd, OutboxMessage, OutboxRow};
pub use outbox_events::OutboxEvent;
pub use overview::MessageCount;
pub use piece::{NewPunch, Piece};
pub use portion::Portion;
pub use ports::{Gap, PortCounts, PortNews, PortNote, PortState};
pub use progress::Unsettled;
pub use purge::{Contents, Purge};
pub use quarantine::{HeldFate, HeldRow, NewReject};
pub use range::{PunchRange, Saying};
pub use readdressed::{NotReaddressed, Readdressed};
pub use readers::ReaderState;
pub use received::{Fate, NewReceived, Reception};
pub use received_list::{ReceiptEvidence, Received};
pub use register::Registers;
pub use reminded::Reminded;
pub use restored::{Restored, holds_database, put_aside};
pub use statements::{ByHand, Closed, NewStatement, Origin, SentStatement, StatementKey};
pub use uptime::Uptime;
pub use verify::{Checked, Tick};

/// The name of the database in the store's folder.
pub const DATABASE: &str = "timbra.sqlite";

/// How `SQLite` is told that nobody writes.
const STILL: &str = "?immutable=1";

/// How long a writer waits for another before it says that the store is locked.
const PATIENCE: Duration = Duration::from_secs(5);

/// An open store.
#[derive(Debug)]
pub struct Store {
    // closed before it is let go
    connection: Connection,
    place: Place,
    gathering: OnceCell<Gathering>,
    /// More about how it was opened, as its name in `SQLite` says it.
    how: &'static str,
    hold: Option<Hold>,
}

impl Store {
    /// Opens the store in a folder for reading and writing; makes both when they are not there.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        make_folder(folder).map_err(|error| unusable(folder, &error))?;
        Self::open_with_others(folder, true)
    }

    /// Opens the store as [`Store::open`] does, but only where there is one: what a person decides about
    /// statements and letters makes no sense in a new one, which would count them from 1 again. Nor does
    /// what a daemon does whose store was moved away.
    pub fn open_existing(folder: &Path) -> Result<Self, StoreError> {
        existing(folder)?;
        Self::open_with_others(folder, false)
    }

    /// Opens a store that others may have open. One of an older schema is brought up to date first, while
    /// nobody has it open: a program of that version would write into what it does not know.
    fn open_with_others(folder: &Path, new: bool) -> Result<Self, StoreError> {
        let path = folder.join(DATABASE);
        match Self::open_to_write(&path, new, Some(Hold::shared(folder)?), false) {
            Err(StoreError::Older(_)) => {
                let alone = Hold::alone(folder).map_err(|error| match error {
                    StoreError::Busy => StoreError::InUse(path.clone()),
                    other => other,
                })?;
                drop(Self::open_to_write(&path, false, Some(alone), true)?);
                Self::open_to_write(&path, false, Some(Hold::shared(folder)?), false)
            }
            other => other,
        }
    }

    fn open_to_write(path: &Path, new: bool, hold: Option<Hold>, is_alone: bool) -> Result<Self, StoreError> {
        let create = if new { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let mut connection = Connection::open_with_flags(path, flags).map_err(|e| opening(path, e))?;
        let place = Place::of(path).map_err(|error| unusable(path, &error))?;
        connection.busy_timeout(PATIENCE)?;
        match migration::check(&connection, path).map_err(|error| unopened(path, error))? {
            0 if !new => return Err(migration::older(&connection, 0, path)?),
            found if found > 0 && found < migration::known() && !is_alone => {
                return Err(StoreError::Older(path.to_owned()));
            }
            _ => (),
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        settings(&connection)?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        migration::migrate(&mut connection, path)?;
        Ok(Self { connection, place, gathering: OnceCell::new(), how: "", hold })
    }

    /// Opens the store for reading only, also while a daemon writes to it.
    pub fn open_read_only(folder: &Path) -> Result<Self, StoreError> {
        Self::open_to_read(folder, false)
    }

    /// Opens a store of whatever schema up to the newest, only to copy it.
    pub fn open_as_it_is(folder: &Path) -> Result<Self, StoreError> {
        Self::open_to_read(folder, true)
    }

    fn open_to_read(folder: &Path, older: bool) -> Result<Self, StoreError> {
        let path = existing(folder)?;
        let (hold, refused) = match Hold::shared(folder) {
            // who may not list the folder writes nothing into it either
            Err(error @ (StoreError::Unusable { .. } | StoreError::NoLocks { .. })) => (None, Some(error)),
            other => (Some(other?), None),
        };
        let first = match (Self::read_only(&path, hold, older, ""), refused) {
            // to SQLite it is all the same whether somebody has a lock or there are none
            (Err(StoreError::Busy), Some(no_locks @ StoreError::NoLocks { .. })) => return Err(no_locks),
            (Err(error), _) if error.is_about_its_folder() => error,
            (other, _) => return other,
        };
        // SQLite writes beside what it reads; it need not where nobody else has it open, and all is in its
        // one file
        let hold = match Hold::quiet(folder) {
            Err(StoreError::Busy) => {
                return Err(restored::unreadable_beside(folder).unwrap_or(StoreError::Busy));
            }
            other => other?,
        };
        match restored::has_log(folder) {
            true if matches!(first, StoreError::Full) => Err(first),
            true => Err(StoreError::OnlyInLog(path)),
            false => Self::read_only(&path, Some(hold), older, STILL),
        }
    }

    /// Opens a copy of a store for reading only.
    pub fn open_copy(path: &Path) -> Result<Self, StoreError> {
        Self::read_only(path, None, false, "")
    }

    fn read_only(
        path: &Path,
        hold: Option<Hold>,
        older: bool,
        how: &'static str,
    ) -> Result<Self, StoreError> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let name = uri(path, how).map_err(|error| unusable(path, &error))?;
        let connection = Connection::open_with_flags(name, flags).map_err(|e| opening(path, e))?;
        let place = Place::of(path).map_err(|error| unusable(path, &error))?;
        connection.busy_timeout(PATIENCE)?;
        match migration::check(&connection, path)? {
            found if found == 0 || found < migration::known() && !older => {
                return Err(migration::older(&connection, found, path)?);
            }
            _ => (),
        }
        settings(&connection)?;
        Ok(Self { connection, place, gathering: OnceCell::new(), how, hold })
    }

    /// Opens a database that stands for itself, such as the copy in a backup, and brings it to the newest
    /// schema. Nobody else may have it open.
    pub fn open_file(path: &Path) -> Result<Self, StoreError> {
        Self::open_to_write(path, false, None, true)
    }

    /// Another connection to the same database, for a thread that reads beside this one. It may see
    /// what is written in the meantime. Fails when another file has taken the place of the database.
    pub fn beside(&self) -> Result<Self, StoreError> {
        let other = Self::read_only(self.place.path(), self.hold.clone(), false, self.how)?;
        if other.place != self.place {
            return Err(StoreError::Missing(self.place.path().to_owned()));
        }
        // it passes over everything once: the pages it takes are to stay near the processor
        other.connection.pragma_update(None, "cache_size", -256)?;
        Ok(other)
    }

    /// True while the database that is open is the one at its path: what is written into one that was
    /// moved away, removed or replaced is seen by nobody.
    pub fn is_in_place(&self) -> bool {
        self.place.is_kept()
    }

    /// Sets how long to wait for another writer before saying that the store is locked.
    pub fn set_patience(&self, patience: Duration) -> Result<(), StoreError> {
        Ok(self.connection.busy_timeout(patience)?)
    }

    /// A transaction that holds the right to write from its first statement.
    fn write(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// The path of a database that is there. What cannot be looked at is not taken for absent, and nobody waits at
/// a pipe that lies in its place.
fn existing(folder: &Path) -> Result<PathBuf, StoreError> {
    let path = folder.join(DATABASE);
    match std::fs::metadata(&path) {
        Ok(found) if found.is_file() => Ok(path),
        Ok(_) => Err(unusable(&path, &std::io::Error::other("it is no regular file"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Missing(path)),
        Err(error) => Err(unusable(&path, &error)),
    }
}

/// The name by which `SQLite` opens a database, with more about how: whatever is in its path.
fn uri(path: &Path, how: &str) -> std::io::Result<PathBuf> {
    let mut name = b"file://".to_vec();
    for byte in std::path::absolute(path)?.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => name.extend(format!("%{byte:02x}").bytes()),
            _ => name.push(*byte),
        }
    }
    name.extend(how.bytes());
    Ok(PathBuf::from(OsString::from_vec(name)))
}

/// Makes the folder of a store where there is none. What is in it is nobody else's business.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)
}

/// The one place where a transaction becomes durable.
fn commit(transaction: Transaction<'_>) -> Result<(), StoreError> {
    durable::step();
    Ok(transaction.commit()?)
}

/// Full durability, and a small cache: in time order more gains nothing.
fn settings(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -1024)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unusable { path: path.to_owned(), reason: error.to_string() }
}

/// A lock that the file system refuses, whoever asks.
fn no_locks(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::NoLocks { path: path.to_owned(), reason: error.to_string() }
}

/// Where something fails that cannot be opened it is said which.
fn unopened(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Other(error) => opening(path, error),
        known => known,
    }
}

fn opening(path: &Path, error: rusqlite::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Other(error) => StoreError::Unusable { path: path.to_owned(), reason: error.to_string() },
        known => known,
    }
}

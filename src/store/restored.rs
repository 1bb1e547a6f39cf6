//! A store that comes out of a backup: letters that waited in it may have left since, and others may have
//! been sent of which it knows nothing. So nothing leaves until a person says so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::domain::delivery::State;
use crate::durable;

use super::copy::one_file;
use super::hold::LOOK;
use super::outbox::{Again, Step, step};
use super::{DATABASE, Store, StoreError, commit, unusable};

/// The fact that holds all letters: when the backup was made and when it was restored.
const HELD: &str = "restored";

/// When a store came out of a backup whose letters are still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made: what was sent since is not known.
    pub made_at: DateTime<Utc>,
    /// When it was restored.
    pub restored_at: DateTime<Utc>,
}

impl Store {
    /// Holds all letters of a store that came out of a backup. What was on its way becomes uncertain, and is
    /// not sent again by itself; what waits for an approval leaves only with it. Returns how many became
    /// uncertain.
    pub fn hold_letters(&mut self, restored: Restored) -> Result<usize, StoreError> {
        let transaction = self.write()?;
        let ids: Vec<i64> = transaction
            .prepare("SELECT id FROM outbox WHERE state IN (?1, ?2, ?3) ORDER BY id")?
            .query_map([State::Due, State::Claimed, State::HandingOver].map(State::code), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let detail = format!("it may have left since the backup of {}", restored.made_at.to_rfc3339());
        let held = Step { to: State::Uncertain, detail: &detail, evidence: None, again: Again::Unchanged };
        for id in &ids {
            step(&transaction, *id, &held, restored.restored_at)?;
        }
        transaction.execute("UPDATE outbox SET resent = 2 WHERE resent = 0", [])?;
        transaction
            .execute("UPDATE outbox SET release_at = NULL WHERE state = ?1", [State::Sealed.code()])?;
        transaction.execute(
            "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (HELD, format!("{} {}", restored.made_at.to_rfc3339(), restored.restored_at.to_rfc3339())),
        )?;
        commit(transaction)?;
        Ok(ids.len())
    }

    /// Whether the letters are held, since this store came out of a backup.
    pub fn letters_held(&self) -> Result<Option<Restored>, StoreError> {
        let Some(text) = self.fact(HELD)? else { return Ok(None) };
        let mut times = text.split(' ').map(|time| time.parse().unwrap_or_default());
        let (made_at, restored_at) = (times.next().unwrap_or_default(), times.next().unwrap_or_default());
        Ok(Some(Restored { made_at, restored_at }))
    }

    /// Lets the letters go again.
    pub fn let_letters_go(&mut self) -> Result<(), StoreError> {
        self.keep_fact(HELD, None)
    }
}

/// What a database writes beside itself before it is in it.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// What can lie beside a database.
const COMPANY: [&str; 3] = [LOGS[0], LOGS[1], "-shm"];

fn beside(place: &Path, end: &str) -> PathBuf {
    place.join(format!("{DATABASE}{end}"))
}

/// Whether a database lies in a store's folder, or what one left that was moved away.
pub fn holds_database(folder: &Path) -> bool {
    ["", COMPANY[0], COMPANY[1], COMPANY[2]].iter().any(|end| beside(folder, end).symlink_metadata().is_ok())
}

/// Whether something is in a log beside the database, or may be: it is not in the database itself.
pub(super) fn has_log(folder: &Path) -> bool {
    LOGS.iter().any(|end| match fs::metadata(beside(folder, end)) {
        Ok(found) => found.len() > 0,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    })
}

/// What lies beside the database and may not be read by this user, although whoever reads the one needs the
/// other.
pub(super) fn unreadable_beside(folder: &Path) -> Option<StoreError> {
    COMPANY.iter().map(|end| beside(folder, end)).find_map(|path| {
        let refused = access(&path, Access::READ_OK).err().filter(|error| *error == Errno::ACCESS)?;
        Some(unusable(&path, &refused.into()))
    })
}

/// Puts what lies in a store's folder aside, so that another database can take its place in one step: the
/// old one is in both places afterwards, whole in its one file. Busy while somebody has it open; one that
/// cannot be read is put aside as it is.
pub fn put_aside(folder: &Path, aside: &Path) -> Result<(), StoreError> {
    let path = folder.join(DATABASE);
    if path.symlink_metadata().is_err() {
        // somebody moved the database away, and not its log: SQLite would replay that over the next one
        for end in COMPANY {
            durable::step();
            settle(&beside(aside, end), fs::rename(beside(folder, end), beside(aside, end)))?;
        }
        return Ok(());
    }
    // SQLite removes the log of a database that it takes for empty
    for end in LOGS {
        link(&beside(folder, end), &beside(aside, end))?;
    }
    let opened = Connection::open(&path).map_err(StoreError::from).and_then(|connection| {
        connection.busy_timeout(LOOK)?;
        one_file(&connection)
    });
    let settled = match opened {
        Err(error @ (StoreError::Busy | StoreError::ReadOnly | StoreError::Full)) => Some(Err(error)),
        Ok(()) => Some(Ok(())),
        // what is damaged is kept as it is
        Err(_) => None,
    };
    if let Some(settled) = settled {
        for end in LOGS {
            remove(&beside(aside, end))?;
        }
        settled?;
    } else {
        durable::step();
        for end in COMPANY {
            remove(&beside(folder, end))?;
        }
    }
    durable::step();
    link(&path, &aside.join(DATABASE))
}

/// Gives a file a second name, where there is one.
fn link(from: &Path, to: &Path) -> Result<(), StoreError> {
    settle(to, fs::hard_link(from, to))
}

fn remove(path: &Path) -> Result<(), StoreError> {
    settle(path, fs::remove_file(path))
}

/// That a file is not there is no failure.
fn settle(path: &Path, done: io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unusable(path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waited_is_uncertain_and_what_is_settled_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let states = [
            (State::Sealed, State::Sealed),
            (State::Due, State::Uncertain),
            (State::Claimed, State::Uncertain),
            (State::HandingOver, State::Uncertain),
            (State::SmtpAccepted, State::SmtpAccepted),
            (State::Delivered, State::Delivered),
            (State::Blocked, State::Blocked),
            (State::Cancelled, State::Cancelled),
        ];
        for (id, (state, _)) in (1..).zip(states) {
            let sql =
                "INSERT INTO outbox (id, kind, agreement, period, revision, recipient, sender, message_id,
                         sha256, state, not_before, deadline, release_at)
                       VALUES (?1, 'statement', 'a', ?1, 1, 'a', 'b', ?1, x'', ?2, 0, 0, 1)";
            store.connection.execute(sql, (id, state.code())).unwrap();
        }
        assert_eq!(store.letters_held().unwrap(), None);
        let restored =
            Restored { made_at: at("2026-11-01T02:00:00Z"), restored_at: at("2026-11-03T08:00:00Z") };
        assert_eq!(store.hold_letters(restored).unwrap(), 3);
        assert_eq!(store.letters_held().unwrap(), Some(restored));
        let rows = store.outbox().unwrap();
        let found: Vec<State> = rows.iter().map(|row| row.state).collect();
        assert_eq!(found, states.map(|(_, after)| after));
        assert!(rows.iter().all(|row| row.resent && row.restored), "none is sent again by itself");
        assert_eq!(rows[0].release_at, None);
        assert!(rows[1].detail.contains("since the backup of 2026-11-01T02:00:00+00:00"), "{rows:?}");
        store.let_letters_go().unwrap();
        assert_eq!(store.letters_held().unwrap(), None);
    }

    #[test]
    fn what_is_put_aside_is_whole_there_and_still_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let aside = tempfile::tempdir_in(folder.path()).unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        store.keep_fact("a", Some("1")).unwrap();
        assert!(matches!(put_aside(folder.path(), aside.path()), Err(StoreError::Busy)));
        assert_eq!(fs::read_dir(aside.path()).unwrap().count(), 0);
        drop(store);
        put_aside(folder.path(), aside.path()).unwrap();
        for place in [folder.path(), aside.path()] {
            assert_eq!(
                Store::open_file(&place.join(DATABASE)).unwrap().fact("a").unwrap().as_deref(),
                Some("1")
            );
        }
        let other = tempfile::tempdir().unwrap();
        let aside = tempfile::tempdir_in(other.path()).unwrap();
        let logs = [("timbra.sqlite-wal", "more"), ("timbra.sqlite-journal", "less")];
        for (name, content) in logs.into_iter().chain([(DATABASE, "nonsense")]) {
            fs::write(other.path().join(name), content).unwrap();
        }
        put_aside(other.path(), aside.path()).unwrap();
        assert_eq!(fs::read(aside.path().join("timbra.sqlite")).unwrap(), b"nonsense");
        for (name, content) in logs {
            assert_eq!(fs::read_to_string(aside.path().join(name)).unwrap(), content);
            assert!(!other.path().join(name).exists());
        }
    }
}

//! Whether the daemon was meant to run: noted when it starts, and when it is stopped. One that died could
//! not note it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::store::{Store, StoreError, StoreLock};

use super::clock;

/// The fact of the store.
const FACT: &str = "daemon";

/// How long the note of the end may take.
const LAST_WORD: Duration = Duration::from_millis(300);

/// What was noted last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It started, and was not stopped.
    Runs {
        /// Then.
        since: DateTime<Utc>,
    },
    /// It was stopped.
    Stopped {
        /// Then.
        at: DateTime<Utc>,
    },
}

/// What was noted last; none where no daemon ever ran.
pub fn last(store: &Store) -> Result<Option<Life>, StoreError> {
    Ok(store.fact(FACT)?.and_then(|text| {
        let (word, at) = text.split_once(' ')?;
        let at = at.parse().ok()?;
        match word {
            "runs" => Some(Life::Runs { since: at }),
            "stopped" => Some(Life::Stopped { at }),
            _ => None,
        }
    }))
}

/// Notes it.
pub(super) fn note(store: &mut Store, life: Life) -> Result<(), StoreError> {
    let text = match life {
        Life::Runs { since } => format!("runs {}", since.to_rfc3339()),
        Life::Stopped { at } => format!("stopped {}", at.to_rfc3339()),
    };
    store.keep_fact(FACT, Some(&text))
}

/// Forgets it: on the machine where a backup was restored no daemon ran yet.
pub(super) fn forget(store: &mut Store) -> Result<(), StoreError> {
    store.keep_fact(FACT, None)
}

/// Notes that it was told to stop. A store that takes nothing now must not hold up the end: then
/// `timbra status` says that the daemon died, and somebody looks.
pub(super) fn stopped(lock: &StoreLock) {
    let noted = lock.open().and_then(|mut store| {
        store.set_patience(LAST_WORD)?;
        note(&mut store, Life::Stopped { at: clock::now() })
    });
    if let Err(error) = noted {
        warn!(%error, "the store takes nothing: that timbra was stopped is not noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(last(&store).unwrap(), None);
        let at = "2026-11-02T07:00:00Z".parse().unwrap();
        for life in [Life::Runs { since: at }, Life::Stopped { at }] {
            note(&mut store, life).unwrap();
            assert_eq!(last(&store).unwrap(), Some(life));
        }
    }
}

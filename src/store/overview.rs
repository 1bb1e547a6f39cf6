//! The store at a glance: how much of what there is, for those who watch it by figures.

use std::fs;

use chrono::{DateTime, Utc};

use crate::domain::delivery::State;

use super::{Store, StoreError};

/// How many messages of a kind stand in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageCount {
    /// `statement`, `reminder`, `notice`, ..
    pub kind: String,
    /// The state.
    pub state: State,
    /// How many.
    pub count: i64,
}

impl Store {
    /// The messages of the outbox, counted.
    pub fn message_counts(&self) -> Result<Vec<MessageCount>, StoreError> {
        let sql = "SELECT kind, state, count(*) FROM outbox GROUP BY kind, state ORDER BY kind, state";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))?;
        let mut counts = Vec::new();
        for row in rows {
            let (kind, code, count) = row?;
            counts.extend(State::parse(&code).map(|state| MessageCount { kind, state, count }));
        }
        Ok(counts)
    }

    /// How many punches each reader ever brought, by its name; those forgotten since count too.
    pub fn punches_brought(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT name, sum(new_count) FROM batch JOIN reader ON reader.id = batch.reader
                   WHERE taken = 1 GROUP BY name ORDER BY name";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When a message was last handed over with success.
    pub fn last_sent(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT max(at) FROM outbox_event WHERE state = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let at: Option<i64> = statement.query_row([State::SmtpAccepted.code()], |row| row.get(0))?;
        Ok(at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
    }

    /// The bytes that the database takes on its disk, and when it was last written.
    pub fn files(&self) -> Result<(u64, Option<DateTime<Utc>>), StoreError> {
        let path = self.connection.path().unwrap_or_default();
        let (mut size, mut written) = (0, None);
        for file in [path.to_owned(), format!("{path}-wal")] {
            let Ok(found) = fs::metadata(file) else { continue };
            size += found.len();
            written = written.max(found.modified().ok());
        }
        Ok((size, written.map(Into::into)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_store_has_a_size_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!((store.message_counts().unwrap(), store.last_sent().unwrap()), (vec![], None));
        assert!(store.punches_brought().unwrap().is_empty());
        let (size, written) = store.files().unwrap();
        assert!(size > 4096 && written.is_some());
    }
}

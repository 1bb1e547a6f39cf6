//! Readers as the store knows them: a small number for each name, and until when each is covered.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::ReaderId;

use super::fingerprints::{self, Kind};
use super::{Store, StoreError, commit};

/// What is known of one reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderState {
    /// Its name.
    pub name: String,
    /// Nothing older is still expected from it: the newest punch or file that it delivered.
    pub covered_until: Option<DateTime<Utc>>,
    /// Its last delivery.
    pub last_seen: Option<DateTime<Utc>>,
}

/// The store's number of a reader; a name seen for the first time gets one.
pub(super) fn number(transaction: &Transaction<'_>, reader: &ReaderId) -> Result<i64, StoreError> {
    if let Some(number) = known(transaction, reader)? {
        return Ok(number);
    }
    transaction.execute("INSERT INTO reader (name) VALUES (?1)", [reader.as_str()])?;
    let number = transaction.last_insert_rowid();
    fingerprints::note(transaction, Kind::Reader, number, true)?;
    Ok(number)
}

fn known(connection: &Connection, reader: &ReaderId) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM reader WHERE name = ?1")?;
    Ok(statement.query_row([reader.as_str()], |row| row.get(0)).optional()?)
}

impl Store {
    /// The store's number of a reader; a name seen for the first time gets one.
    pub fn reader_number(&mut self, reader: &ReaderId) -> Result<i64, StoreError> {
        if let Some(number) = known(&self.connection, reader)? {
            return Ok(number);
        }
        let transaction = self.write()?;
        let number = number(&transaction, reader)?;
        commit(transaction)?;
        Ok(number)
    }

    /// All readers that ever delivered, by name.
    pub fn readers(&self) -> Result<Vec<ReaderState>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, covered_until, last_seen FROM reader ORDER BY name")?;
        let instant = |seconds: Option<i64>| seconds.and_then(|s| DateTime::from_timestamp(s, 0));
        let rows = statement.query_map([], |row| {
            Ok(ReaderState {
                name: row.get(0)?,
                covered_until: instant(row.get(1)?),
                last_seen: instant(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

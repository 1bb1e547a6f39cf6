//! Readers as the store knows them: a small number for each name, and until when each is covered.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::domain::ids::ReaderId;

use super::chain::Link;
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

/// A reader's number, and the last link of its chain.
pub(super) struct Head {
    pub(super) reader: i64,
    links: i64,
    chain: Vec<u8>,
}

/// Both in one look; a name seen for the first time gets a number.
pub(super) fn head(transaction: &Transaction<'_>, reader: &ReaderId) -> Result<Head, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT id, links, chain FROM reader WHERE name = ?1")?;
    let known = statement.query_row([reader.as_str()], |row| {
        Ok(Head {
            reader: row.get(0)?,
            links: row.get(1)?,
            chain: row.get::<_, Option<_>>(2)?.unwrap_or_default(),
        })
    });
    match known.optional()? {
        Some(head) => Ok(head),
        None => Ok(Head { reader: number(transaction, reader)?, links: 0, chain: Vec::new() }),
    }
}

impl Head {
    /// Adds a link to the chain, and covers the reader up to then: it was seen.
    pub(super) fn append(
        &self,
        transaction: &Transaction<'_>,
        seen: DateTime<Utc>,
        fields: &[&[u8]],
    ) -> Result<Link, StoreError> {
        let link = Link::after(self.links, &self.chain, fields);
        let sql = "UPDATE reader SET links = ?2, chain = ?3, last_seen = ?4,
                   covered_until = max(ifnull(covered_until, ?4), ?4) WHERE id = ?1";
        let values = (self.reader, link.number, link.chain.as_slice(), seen.timestamp());
        transaction.prepare_cached(sql)?.execute(values)?;
        Ok(link)
    }
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

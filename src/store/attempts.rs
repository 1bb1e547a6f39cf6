//! What was said in each attempt to hand a message over.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use super::outbox::AttemptEnd;
use super::{Store, StoreError};

/// One attempt that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// 1, 2, ...
    pub number: u32,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// What was said, without secrets and without the message.
    pub dialogue: String,
}

/// Keeps the dialogue of an attempt. Returns its SHA-256.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    end: &AttemptEnd<'_>,
    now: DateTime<Utc>,
) -> Result<[u8; 32], StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO attempt (outbox, number, began_at, ended_at, dialogue) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute((end.id, end.number, end.began_at.timestamp(), now.timestamp(), end.dialogue))?;
    Ok(Sha256::digest(end.dialogue).into())
}

impl Store {
    /// The attempts at one message, in order.
    pub fn attempts(&self, id: i64) -> Result<Vec<Attempt>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, began_at, ended_at, dialogue FROM attempt WHERE outbox = ?1 ORDER BY number",
        )?;
        let rows = statement.query_map([id], |row| {
            Ok(Attempt {
                number: row.get(0)?,
                began_at: DateTime::from_timestamp(row.get(1)?, 0).unwrap_or_default(),
                ended_at: DateTime::from_timestamp(row.get(2)?, 0).unwrap_or_default(),
                dialogue: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

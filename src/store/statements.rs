//! Statements that left the house. A statement is closed and its letter queued in one transaction.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;

use super::outbox::{self, NewMessage};
use super::{Store, StoreError, commit};

/// A statement about to be closed.
#[derive(Debug, Clone)]
pub struct NewStatement {
    /// The JSON attachment: all its numbers.
    pub data: Vec<u8>,
    /// SHA-256 of `data`.
    pub sha256: [u8; 32],
    /// Days that it leaves to regularise.
    pub open_days: u32,
    /// Its letter.
    pub message: NewMessage,
}

/// A statement that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentStatement {
    /// The agreement.
    pub agreement: String,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// 1, or more for amendments.
    pub revision: u32,
    /// Its number.
    pub number: StatementNumber,
    /// Days that it left to regularise.
    pub open_days: u32,
}

/// Which statement to close.
#[derive(Debug, Clone, Copy)]
pub struct StatementKey<'a> {
    /// The agreement.
    pub agreement: &'a AgreementId,
    /// The month.
    pub month: Month,
    /// 1, or more for amendments.
    pub revision: u32,
    /// The year of issue, in which numbers are counted.
    pub year: i32,
}

/// How closing a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed<E> {
    /// It was closed, under this number.
    Now(StatementNumber),
    /// It had been closed before: nothing was done.
    Before,
    /// It could not be made.
    Failed(E),
}

impl Store {
    /// Closes a statement and queues its letter, both or neither. `make` gets the number that the
    /// statement will bear.
    pub fn close_statement<E>(
        &mut self,
        key: &StatementKey<'_>,
        now: DateTime<Utc>,
        make: impl FnOnce(StatementNumber) -> Result<NewStatement, E>,
    ) -> Result<Closed<E>, StoreError> {
        let transaction = self.write()?;
        let month = key.month.to_string();
        let exists = transaction
            .query_row(
                "SELECT 1 FROM statement WHERE agreement = ?1 AND month = ?2 AND revision = ?3",
                (key.agreement.as_str(), &month, key.revision),
                |_| Ok(()),
            )
            .optional()?;
        if exists.is_some() {
            return Ok(Closed::Before);
        }
        let number = transaction.query_row(
            "SELECT ifnull(max(number), 0) + 1 FROM statement WHERE year = ?1",
            [key.year],
            |row| row.get(0),
        )?;
        let number = StatementNumber { number, year: key.year };
        let new = match make(number) {
            Ok(new) => new,
            Err(error) => return Ok(Closed::Failed(error)),
        };
        transaction.execute(
            "INSERT INTO statement (agreement, month, revision, number, year, generated_at, open_days, data, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                key.agreement.as_str(),
                &month,
                key.revision,
                number.number,
                number.year,
                now.timestamp(),
                new.open_days,
                &new.data,
                new.sha256.as_slice(),
            ),
        )?;
        let statement = transaction.last_insert_rowid();
        outbox::enqueue(&transaction, Some(statement), key, &new.message, now)?;
        commit(transaction)?;
        Ok(Closed::Now(number))
    }

    /// All statements that were closed, oldest month first.
    pub fn statements(&self) -> Result<Vec<SentStatement>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT agreement, month, revision, number, year, open_days FROM statement
             ORDER BY month, agreement, revision",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(SentStatement {
                agreement: row.get(0)?,
                month: row.get(1)?,
                revision: row.get(2)?,
                number: StatementNumber { number: row.get(3)?, year: row.get(4)? },
                open_days: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

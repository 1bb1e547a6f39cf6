//! Statements that left the house. A statement is closed and its letter queued in one transaction.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row};

use crate::domain::delivery::State;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;

use super::fingerprints::{self, Kind};
use super::new_message::{self, NewMessage};
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
    /// With what, and by whom it was made.
    pub origin: Origin,
    /// Its letter.
    pub message: NewMessage,
}

/// With what, and by whom a statement was made.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Fingerprint of the configuration and the program.
    pub basis: [u8; 32],
    /// Readers had not delivered past the end of the month.
    pub awaited: bool,
    /// Who sent it by hand; none when it left by itself.
    pub by_hand: Option<ByHand>,
}

/// Who sent a statement by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByHand {
    /// The system user.
    pub author: String,
    /// What they said. It stays here: the statement does not tell it.
    pub why: Option<String>,
}

/// A statement that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentStatement {
    /// The store's number of it.
    pub id: i64,
    /// The agreement.
    pub agreement: String,
    /// The month, `YYYY-MM`.
    pub month: String,
    /// 1, or more for later ones.
    pub revision: u32,
    /// Its number.
    pub number: StatementNumber,
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// Days that it left to regularise.
    pub open_days: u32,
    /// Fingerprint of the configuration and the program that made it; none of older versions.
    pub basis: Option<Vec<u8>>,
    /// Readers had not delivered past the end of the month, as far as is known.
    pub awaited: bool,
    /// Who sent it by hand; none when it left by itself.
    pub by_hand: Option<ByHand>,
    /// Its messages: number, Message-ID, where it stands. More than one when it was sent to another
    /// address too.
    pub messages: Vec<(i64, String, State)>,
}

impl SentStatement {
    /// True when it was taken back before anything left: for the home office it never existed.
    pub fn is_withdrawn(&self) -> bool {
        let mut states = self.messages.iter().map(|(_, _, state)| *state);
        !self.messages.is_empty() && states.all(|state| state == State::Cancelled)
    }

    /// The message that has not left the house yet, if any.
    pub fn waiting(&self) -> Option<i64> {
        self.messages.iter().find(|(_, _, state)| state.is_inside()).map(|(id, _, _)| *id)
    }
}

/// Which statement to close.
#[derive(Debug, Clone, Copy)]
pub struct StatementKey<'a> {
    /// The agreement.
    pub agreement: &'a AgreementId,
    /// The month.
    pub month: Month,
    /// 1, or more for later ones.
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

const COLUMNS: &str = "SELECT statement.id, statement.agreement, month, statement.revision, number, year,
        generated_at, open_days, basis, ifnull(awaited, 1), outbox.id, message_id, state,
        author, why
    FROM statement LEFT JOIN origin ON origin.statement = statement.id
        LEFT JOIN outbox ON outbox.statement = statement.id";

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
        let Origin { basis, awaited, by_hand } = &new.origin;
        let author = by_hand.as_ref().map(|by| &by.author);
        let why = by_hand.as_ref().and_then(|by| by.why.as_ref());
        transaction.execute(
            "INSERT INTO origin (statement, basis, awaited, author, why) VALUES (?1, ?2, ?3, ?4, ?5)",
            (statement, basis.as_slice(), awaited, author, why),
        )?;
        fingerprints::note(&transaction, Kind::Statement, statement, true)?;
        new_message::enqueue(&transaction, Some(statement), key, &new.message, now)?;
        commit(transaction)?;
        Ok(Closed::Now(number))
    }

    /// All statements that were closed, oldest month first, and in the order of their revisions.
    pub fn statements(&self) -> Result<Vec<SentStatement>, StoreError> {
        self.statements_since("")
    }

    /// The same, of a month (`YYYY-MM`) and later ones.
    pub fn statements_since(&self, month: &str) -> Result<Vec<SentStatement>, StoreError> {
        let sql = format!(
            "{COLUMNS} WHERE month >= ?1 ORDER BY month, statement.agreement, statement.revision, outbox.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([month])?;
        let mut statements: Vec<SentStatement> = Vec::new();
        while let Some(row) = rows.next()? {
            let message = message(row)?;
            match statements.last_mut().filter(|last| row.get(0) == Ok(last.id)) {
                Some(same) => same.messages.extend(message),
                None => statements.push(SentStatement {
                    id: row.get(0)?,
                    agreement: row.get(1)?,
                    month: row.get(2)?,
                    revision: row.get(3)?,
                    number: StatementNumber { number: row.get(4)?, year: row.get(5)? },
                    generated_at: DateTime::from_timestamp(row.get(6)?, 0).unwrap_or_default(),
                    open_days: row.get(7)?,
                    basis: row.get(8)?,
                    awaited: row.get(9)?,
                    by_hand: match row.get(13)? {
                        Some(author) => Some(ByHand { author, why: row.get(14)? }),
                        None => None,
                    },
                    messages: message.into_iter().collect(),
                }),
            }
        }
        Ok(statements)
    }

    /// The data file of a statement, as it left.
    pub fn statement_data(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT data FROM statement WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }
}

fn message(row: &Row<'_>) -> Result<Option<(i64, String, State)>, StoreError> {
    let Some(id) = row.get(10)? else { return Ok(None) };
    let code: String = row.get(12)?;
    let state = State::parse(&code).ok_or_else(|| StoreError::Damaged(format!("outbox state {code}")))?;
    Ok(Some((id, row.get(11)?, state)))
}

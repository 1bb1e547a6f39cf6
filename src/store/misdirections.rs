//! Documents that went to somebody who should not have them: a record for the data protection
//! officer, append-only and chained, open until it is settled.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::delivery::State;

use super::outbox::{Again, Step, step};
use super::outbox_events::record;
use super::readdressed::settle_alarms;
use super::{Store, StoreError, chain, commit};

/// One step of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misdirection {
    /// When.
    pub at: DateTime<Utc>,
    /// The message.
    pub outbox: i64,
    /// False when it opens the record, true when it settles it.
    pub settled: bool,
    /// The system user.
    pub author: String,
    /// What happened, or what was decided.
    pub why: String,
}

/// Why a record was not opened or settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMisdirection {
    /// There is no such message.
    #[error("there is no message {0}")]
    Unknown(i64),
    /// Nothing has left the house.
    #[error("message {0} is {1}: nothing of it has left, so it went to nobody")]
    NotLeft(i64, &'static str),
    /// There is an open record already.
    #[error("message {0} has an open record already")]
    Open(i64),
    /// There is none to settle.
    #[error("message {0} has no open record")]
    None(i64),
}

impl Store {
    /// Closes a message that went to the wrong place and opens its record, both or neither.
    pub fn open_misdirection(
        &mut self,
        (id, author, why): (i64, &str, &str),
        now: DateTime<Utc>,
    ) -> Result<Result<(), NoMisdirection>, StoreError> {
        let transaction = self.write()?;
        let code: Option<String> = transaction
            .query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0))
            .optional()?;
        let Some(state) = code.as_deref().and_then(State::parse) else {
            return Ok(Err(NoMisdirection::Unknown(id)));
        };
        let inside = [
            State::Planned,
            State::Sealed,
            State::Due,
            State::Claimed,
            State::HandingOver,
            State::Blocked,
            State::Refused,
            State::Cancelled,
        ];
        if inside.contains(&state) {
            return Ok(Err(NoMisdirection::NotLeft(id, state.word())));
        }
        if is_open(&transaction, id)? {
            return Ok(Err(NoMisdirection::Open(id)));
        }
        append(&transaction, id, ("opened", author, why), now)?;
        let detail = format!("went to somebody who should not have it: {why}");
        let closed =
            Step { to: State::ClosedByHand, detail: &detail, evidence: None, again: Again::Unchanged };
        if !step(&transaction, id, &closed, now)? {
            record(&transaction, id, state, &detail, None, now)?;
        }
        settle_alarms(&transaction, id, now)?;
        commit(transaction)?;
        Ok(Ok(()))
    }

    /// The officer has decided: the record is settled.
    pub fn settle_misdirection(
        &mut self,
        (id, author, why): (i64, &str, &str),
        now: DateTime<Utc>,
    ) -> Result<Result<(), NoMisdirection>, StoreError> {
        let transaction = self.write()?;
        if !is_open(&transaction, id)? {
            return Ok(Err(NoMisdirection::None(id)));
        }
        append(&transaction, id, ("settled", author, why), now)?;
        commit(transaction)?;
        Ok(Ok(()))
    }

    /// Every step of every record, the oldest first.
    pub fn misdirections(&self) -> Result<Vec<Misdirection>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT at, outbox, step = 'settled', author, why FROM misdirection ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(Misdirection {
                at: DateTime::from_timestamp(row.get(0)?, 0).unwrap_or_default(),
                outbox: row.get(1)?,
                settled: row.get(2)?,
                author: row.get(3)?,
                why: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The messages whose record is open.
    pub fn open_misdirections(&self) -> Result<Vec<i64>, StoreError> {
        let mut open = Vec::new();
        for step in self.misdirections()? {
            open.retain(|id| *id != step.outbox);
            if !step.settled {
                open.push(step.outbox);
            }
        }
        Ok(open)
    }

    /// Checks the chain. Gives the number of the first step that is not as it was written.
    pub fn verify_misdirections(&self) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, outbox, at, step, author, why, chain FROM misdirection ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            let texts: (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, texts, row.get::<_, Vec<u8>>(6)?))
        })?;
        let mut previous = Vec::new();
        for row in rows {
            let (id, outbox, at, (step, author, why), chain) = row?;
            if link(&previous, outbox, at, (&step, &author, &why)).as_slice() != chain {
                return Ok(Some(id));
            }
            previous = chain;
        }
        Ok(None)
    }
}

fn is_open(transaction: &Transaction<'_>, outbox: i64) -> Result<bool, StoreError> {
    let last: Option<String> = transaction
        .query_row(
            "SELECT step FROM misdirection WHERE outbox = ?1 ORDER BY id DESC LIMIT 1",
            [outbox],
            |row| row.get(0),
        )
        .optional()?;
    Ok(last.as_deref() == Some("opened"))
}

fn link(previous: &[u8], outbox: i64, at: i64, (step, author, why): (&str, &str, &str)) -> [u8; 32] {
    let (outbox, at) = (outbox.to_be_bytes(), at.to_be_bytes());
    chain::link(previous, &[&outbox, &at, step.as_bytes(), author.as_bytes(), why.as_bytes()])
}

fn append(
    transaction: &Transaction<'_>,
    outbox: i64,
    said: (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let previous: Option<Vec<u8>> = transaction
        .query_row("SELECT chain FROM misdirection ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let chain = link(&previous.unwrap_or_default(), outbox, now.timestamp(), said);
    let (step, author, why) = said;
    transaction.execute(
        "INSERT INTO misdirection (at, outbox, step, author, why, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (now.timestamp(), outbox, step, author, why, chain.as_slice()),
    )?;
    Ok(())
}

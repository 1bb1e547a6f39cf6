//! The outbox: one message to one recipient, its bytes rendered once, every transition on record.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::domain::delivery::{self, State};

use super::chain;
use super::statements::StatementKey;
use super::{Store, StoreError, commit};

/// A sealed message about to be queued.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What it is: `statement`.
    pub kind: &'static str,
    /// The one recipient.
    pub recipient: String,
    /// The sender, who is the envelope's sender too.
    pub sender: String,
    /// Its Message-ID, with brackets.
    pub message_id: String,
    /// Its bytes. They never change.
    pub bytes: Vec<u8>,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// When it must have arrived.
    pub deadline: DateTime<Utc>,
}

/// A message of the outbox, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// The agreement.
    pub agreement: String,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// The revision.
    pub revision: u32,
    /// The recipient.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it stands.
    pub state: State,
    /// Attempts so far.
    pub attempts: u32,
    /// The earliest instant of the next attempt.
    pub not_before: DateTime<Utc>,
    /// When it must have arrived.
    pub deadline: DateTime<Utc>,
    /// What the last transition said.
    pub detail: String,
}

/// A message to hand over.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    /// The row.
    pub row: OutboxRow,
    /// The sender.
    pub sender: String,
    /// The bytes as sealed.
    pub bytes: Vec<u8>,
}

/// One transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// The state it led to.
    pub state: State,
    /// What happened.
    pub detail: String,
}

const ROW: &str = "SELECT id, agreement, period, revision, recipient, message_id, state, attempts, not_before,
    deadline, (SELECT detail FROM outbox_event WHERE outbox = outbox.id ORDER BY id DESC LIMIT 1), sender, message
    FROM outbox";

fn row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let instant =
        |index| row.get::<_, i64>(index).map(|s| DateTime::from_timestamp(s, 0).unwrap_or_default());
    let code: String = row.get(6)?;
    let state = State::parse(&code).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, code.into())
    })?;
    Ok(OutboxRow {
        id: row.get(0)?,
        agreement: row.get(1)?,
        period: row.get(2)?,
        revision: row.get(3)?,
        recipient: row.get(4)?,
        message_id: row.get(5)?,
        state,
        attempts: row.get(7)?,
        not_before: instant(8)?,
        deadline: instant(9)?,
        detail: row.get::<_, Option<String>>(10)?.unwrap_or_default(),
    })
}

/// Queues a sealed message as due.
pub(super) fn enqueue(
    transaction: &Transaction<'_>,
    statement: Option<i64>,
    key: &StatementKey<'_>,
    message: &NewMessage,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    transaction.execute(
        "INSERT INTO outbox (statement, kind, agreement, period, revision, recipient, sender, message_id, message,
         sha256, state, not_before, deadline) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        (
            statement,
            message.kind,
            key.agreement.as_str(),
            key.month.to_string(),
            key.revision,
            &message.recipient,
            &message.sender,
            &message.message_id,
            &message.bytes,
            message.sha256.as_slice(),
            State::Due.code(),
            now.timestamp(),
            message.deadline.timestamp(),
        ),
    )?;
    let id = transaction.last_insert_rowid();
    record(transaction, id, State::Sealed, "rendered and stored", now)?;
    record(transaction, id, State::Due, "queued", now)?;
    Ok(id)
}

fn record(
    transaction: &Transaction<'_>,
    id: i64,
    state: State,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let previous: Option<Vec<u8>> = transaction
        .query_row("SELECT chain FROM outbox_event ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let (number, at) = (id.to_be_bytes(), now.timestamp().to_be_bytes());
    let fields = [number.as_slice(), at.as_slice(), state.code().as_bytes(), detail.as_bytes()];
    let chain = chain::link(&previous.unwrap_or_default(), &fields);
    transaction.execute(
        "INSERT INTO outbox_event (outbox, at, state, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5)",
        (id, now.timestamp(), state.code(), detail, chain.as_slice()),
    )?;
    Ok(())
}

impl Store {
    /// All messages, the oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{ROW} ORDER BY id"))?;
        Ok(statement.query_map([], row)?.collect::<Result<_, _>>()?)
    }

    /// The transitions of one message, in order.
    pub fn outbox_events(&self, id: i64) -> Result<Vec<OutboxEvent>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT at, state, detail FROM outbox_event WHERE outbox = ?1 ORDER BY id")?;
        let rows = statement.query_map([id], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let mut events = Vec::new();
        for (at, code, detail) in rows.collect::<Result<Vec<_>, _>>()? {
            let state =
                State::parse(&code).ok_or_else(|| StoreError::Damaged(format!("outbox state {code}")))?;
            events.push(OutboxEvent {
                at: DateTime::from_timestamp(at, 0).unwrap_or_default(),
                state,
                detail,
            });
        }
        Ok(events)
    }

    /// The bytes of one message, as sealed.
    pub fn outbox_message(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT message FROM outbox WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    /// The instant at which the next message is due.
    pub fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let seconds: Option<i64> = self.connection.query_row(
            "SELECT min(not_before) FROM outbox WHERE state = ?1",
            [State::Due.code()],
            |row| row.get(0),
        )?;
        Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
    }

    /// Claims the message that has been due longest, for one attempt by this run of the daemon.
    pub fn claim_due(&mut self, boot: &str, now: DateTime<Utc>) -> Result<Option<OutboxMessage>, StoreError> {
        let transaction = self.write()?;
        let found = transaction
            .query_row(
                &format!("{ROW} WHERE state = ?1 AND not_before <= ?2 ORDER BY not_before, id LIMIT 1"),
                (State::Due.code(), now.timestamp()),
                |found| Ok(OutboxMessage { row: row(found)?, sender: found.get(11)?, bytes: found.get(12)? }),
            )
            .optional()?;
        let Some(mut message) = found else { return Ok(None) };
        message.row.attempts += 1;
        message.row.state = State::Claimed;
        transaction.execute(
            "UPDATE outbox SET state = ?2, attempts = ?3, boot = ?4 WHERE id = ?1",
            (message.row.id, State::Claimed.code(), message.row.attempts, boot),
        )?;
        let detail = format!("attempt {}", message.row.attempts);
        record(&transaction, message.row.id, State::Claimed, &detail, now)?;
        commit(transaction)?;
        Ok(Some(message))
    }

    /// Moves a message to another state, if the step is allowed from where it stands. False when
    /// it is not: then nothing was done.
    pub fn move_message(
        &mut self,
        id: i64,
        to: State,
        not_before: Option<DateTime<Utc>>,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let moved = step(&transaction, id, to, not_before, detail, now)?;
        if moved {
            commit(transaction)?;
        }
        Ok(moved)
    }

    /// What a start finds of an earlier run: claims that handed nothing over are due again, and a
    /// message that was being handed over is uncertain; due again where the transport is `sure`,
    /// because trying again finds out whether the message is there.
    pub fn recover_outbox(
        &mut self,
        boot: &str,
        sure: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<(i64, State)>, StoreError> {
        let found: Vec<(i64, String, Option<String>)> = {
            let mut statement = self
                .connection
                .prepare_cached("SELECT id, state, boot FROM outbox WHERE state IN (?1, ?2)")?;
            let codes = [State::Claimed.code(), State::HandingOver.code()];
            let rows = statement.query_map(codes, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut recovered = Vec::new();
        let transaction = self.write()?;
        for (id, code, owner) in found {
            let Some(state) = State::parse(&code) else { continue };
            let mut next = delivery::recover(state, owner.as_deref() == Some(boot));
            if next == state || !step(&transaction, id, next, Some(now), "found after a restart", now)? {
                continue;
            }
            if sure && next == State::Uncertain {
                let detail = "trying again will show whether it is there";
                step(&transaction, id, State::Due, Some(now), detail, now)?;
                next = State::Due;
            }
            recovered.push((id, next));
        }
        if !recovered.is_empty() {
            commit(transaction)?;
        }
        Ok(recovered)
    }
}

/// Moves a message to another state, if the step is allowed from where it stands.
fn step(
    transaction: &Transaction<'_>,
    id: i64,
    to: State,
    not_before: Option<DateTime<Utc>>,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let code: Option<String> =
        transaction.query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0)).optional()?;
    let from = code.as_deref().and_then(State::parse);
    if !from.is_some_and(|from| from.may_become(to)) {
        return Ok(false);
    }
    // The boot stays while the message is in the hands of that run.
    let released = to != State::HandingOver;
    transaction.execute(
        "UPDATE outbox SET state = ?2, not_before = ifnull(?3, not_before),
         boot = CASE ?4 WHEN 1 THEN NULL ELSE boot END WHERE id = ?1",
        (id, to.code(), not_before.map(|at| at.timestamp()), released),
    )?;
    record(transaction, id, to, detail, now)?;
    Ok(true)
}

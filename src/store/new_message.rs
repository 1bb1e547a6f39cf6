//! A sealed message enters the outbox.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::State;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::domain::release::Release;

use super::fingerprints::{self, Kind};
use super::outbox_events::record;
use super::statements::StatementKey;
use super::{Store, StoreError, commit};

/// A sealed message about to be queued.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// What it is: `statement`, `reminder`, `notice`, `digest`, `specimen`, `copy` or `report`.
    pub kind: &'static str,
    /// How it travels: certified mail brings receipts, other mail does not.
    pub channel: ChannelKind,
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
    /// How it leaves.
    pub release: Release,
    /// When it leaves although nobody approved it; none: never.
    pub release_at: Option<DateTime<Utc>>,
}

/// Queues a sealed message: due when it leaves by itself.
pub(super) fn enqueue(
    transaction: &Transaction<'_>,
    statement: Option<i64>,
    key: &StatementKey<'_>,
    message: &NewMessage,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let released = message.release == Release::Auto;
    transaction.execute(
        "INSERT INTO outbox (statement, kind, agreement, period, revision, recipient, sender, message_id, channel,
         sha256, state, not_before, deadline, release, release_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        (
            statement,
            message.kind,
            key.agreement.as_str(),
            key.month.to_string(),
            key.revision,
            &message.recipient,
            &message.sender,
            &message.message_id,
            message.channel.code(),
            message.sha256.as_slice(),
            (if released { State::Due } else { State::Sealed }).code(),
            now.timestamp(),
            message.deadline.timestamp(),
            message.release.code(),
            message.release_at.map(|at| at.timestamp()),
        ),
    )?;
    let id = transaction.last_insert_rowid();
    transaction.execute("INSERT INTO sealed (outbox, message) VALUES (?1, ?2)", (id, &message.bytes))?;
    fingerprints::note(transaction, Kind::Message, id, true)?;
    record(transaction, id, State::Sealed, "rendered and stored", Some(&message.sha256), now)?;
    if released {
        record(transaction, id, State::Due, "queued", None, now)?;
    }
    Ok(id)
}

/// Queues the next message of a kind about an agreement and a month: it belongs to no statement, and
/// counts as none. `make` gets its number among them: 1, 2, ...
pub(super) fn enqueue_next<E>(
    transaction: &Transaction<'_>,
    (kind, agreement, month): (&str, &AgreementId, Month),
    now: DateTime<Utc>,
    make: impl FnOnce(u32) -> Result<NewMessage, E>,
) -> Result<Result<i64, E>, StoreError> {
    let revision = transaction.query_row(
        "SELECT ifnull(max(revision), 0) + 1 FROM outbox WHERE kind = ?1 AND agreement = ?2 AND period = ?3",
        (kind, agreement.as_str(), month.to_string()),
        |row| row.get(0),
    )?;
    let message = match make(revision) {
        Ok(message) => message,
        Err(error) => return Ok(Err(error)),
    };
    let key = StatementKey { agreement, month, revision, year: month.year() };
    Ok(Ok(enqueue(transaction, None, &key, &message, now)?))
}

impl Store {
    /// True when the copy of a statement for the employee was queued.
    pub fn has_copy(&self, key: &StatementKey<'_>) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox
                   WHERE kind = 'copy' AND agreement = ?1 AND period = ?2 AND revision = ?3)";
        let mut statement = self.connection.prepare_cached(sql)?;
        let of = (key.agreement.as_str(), key.month.to_string(), key.revision);
        Ok(statement.query_row(of, |row| row.get(0))?)
    }

    /// Queues the copy of a statement for the employee: the number of its message. It counts as no
    /// statement.
    pub fn queue_copy(
        &mut self,
        key: &StatementKey<'_>,
        message: &NewMessage,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let transaction = self.write()?;
        let id = enqueue(&transaction, None, key, message, now)?;
        commit(transaction)?;
        Ok(id)
    }

    /// Queues a specimen for an agreement: the number of its message. `make` gets how many there are
    /// of the month with this one. It belongs to no statement, and counts as none.
    pub fn queue_specimen<E>(
        &mut self,
        agreement: &AgreementId,
        month: Month,
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<i64, E>, StoreError> {
        self.queue_apart(("specimen", agreement, month), None, now, make)
    }

    /// Queues a final report (art. 5 c. 1) of the month in which its term ended: the number of its
    /// message. `make` gets its revision: 1, 2, ... `note` says who sends it, and why.
    pub fn queue_report<E>(
        &mut self,
        agreement: &AgreementId,
        month: Month,
        note: &str,
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<i64, E>, StoreError> {
        self.queue_apart(("report", agreement, month), Some(note), now, make)
    }

    fn queue_apart<E>(
        &mut self,
        about: (&str, &AgreementId, Month),
        note: Option<&str>,
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<i64, E>, StoreError> {
        let transaction = self.write()?;
        let id = match enqueue_next(&transaction, about, now, make)? {
            Ok(id) => id,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(note) = note {
            record(&transaction, id, State::Due, note, None, now)?;
        }
        commit(transaction)?;
        Ok(Ok(id))
    }
}

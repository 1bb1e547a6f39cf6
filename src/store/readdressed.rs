//! The same document to a corrected address: a new message beside the old one, which is closed.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::State;
use crate::domain::release::Release;

use super::fingerprints::{self, Kind};
use super::outbox::{Again, Step, step};
use super::outbox_events::record;
use super::{Store, StoreError, alarms, commit};

/// A document about to go to another address.
#[derive(Debug, Clone)]
pub struct Readdressed<'a> {
    /// The message that went to the wrong one.
    pub from: i64,
    /// The corrected address.
    pub to: &'a str,
    /// The new Message-ID, with brackets.
    pub message_id: &'a str,
    /// The new bytes.
    pub bytes: &'a [u8],
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// Who corrects it.
    pub author: &'a str,
    /// When it leaves although nobody approved it, where an officer must.
    pub release_at: Option<DateTime<Utc>>,
}

/// Why a document is not sent to another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReaddressed {
    /// There is none.
    #[error("there is no message {0}")]
    Unknown(i64),
    /// It has not left yet, or is leaving.
    #[error("message {0} is {1}: it has not gone to any address yet, or is on its way just now")]
    State(i64, &'static str),
    /// It was withdrawn: its recipient was not to have it.
    #[error("message {0} was withdrawn, or closed for another address")]
    Withdrawn(i64),
    /// The protocol office sends it, not this program.
    #[error("message {0} leaves by the protocol office, which sends its package to the corrected address")]
    External(i64),
    /// The document goes there already.
    #[error("the same document went to that address already, as message {0}")]
    There(i64, State),
}

/// All alarms about a message that no longer matters.
const ALL_KINDS: [AlarmKind; 6] = [
    AlarmKind::Delivery,
    AlarmKind::Doubt,
    AlarmKind::Blocked,
    AlarmKind::Policy,
    AlarmKind::External,
    AlarmKind::Exception,
];

/// The alarms about a message are over, for it is settled.
pub(super) fn settle_alarms(
    transaction: &Transaction<'_>,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    alarms::clear_of_message(transaction, id, &ALL_KINDS, now)
}

impl Store {
    /// Queues the document for the corrected address and closes the old message, both or neither. What
    /// an officer had to let go waits for one again: the address is part of what they approve. Returns
    /// the number of the new message.
    pub fn readdress(
        &mut self,
        new: &Readdressed<'_>,
        now: DateTime<Utc>,
    ) -> Result<Result<i64, NotReaddressed>, StoreError> {
        let transaction = self.write()?;
        let found: Option<(String, u32, String)> = transaction
            .query_row("SELECT state, attempts, release FROM outbox WHERE id = ?1", [new.from], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((code, attempts, release)) = found else {
            return Ok(Err(NotReaddressed::Unknown(new.from)));
        };
        let approval = Release::parse(&release) == Some(Release::Approve);
        if Release::parse(&release) == Some(Release::External) {
            return Ok(Err(NotReaddressed::External(new.from)));
        }
        let state = State::parse(&code).ok_or_else(|| StoreError::Damaged(format!("outbox state {code}")))?;
        if matches!(state, State::Planned | State::Sealed | State::Claimed | State::HandingOver) {
            return Ok(Err(NotReaddressed::State(new.from, state.word())));
        }
        if state == State::Cancelled {
            return Ok(Err(NotReaddressed::Withdrawn(new.from)));
        }
        let there: Option<(i64, String)> = transaction
            .query_row(
                "SELECT other.id, other.state FROM outbox AS old JOIN outbox AS other USING (kind, agreement, period, revision)
                 WHERE old.id = ?1 AND other.recipient = ?2 COLLATE NOCASE LIMIT 1",
                (new.from, new.to),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        if let Some((there, code)) = there {
            let state =
                State::parse(&code).ok_or_else(|| StoreError::Damaged(format!("outbox state {code}")))?;
            return Ok(Err(NotReaddressed::There(there, state)));
        }
        transaction.execute(
            "INSERT INTO outbox (statement, kind, agreement, period, revision, recipient, sender, message_id, channel,
             sha256, state, not_before, deadline, release, release_at, readdressed_from)
             SELECT statement, kind, agreement, period, revision, ?2, sender, ?3, channel, ?4, ?5, ?6, deadline, release,
                 ?7, id
             FROM outbox WHERE id = ?1",
            (
                new.from,
                new.to,
                new.message_id,
                new.sha256.as_slice(),
                if approval { State::Sealed } else { State::Due }.code(),
                now.timestamp(),
                new.release_at.filter(|_| approval).map(|at| at.timestamp()),
            ),
        )?;
        let id = transaction.last_insert_rowid();
        transaction.execute("INSERT INTO sealed (outbox, message) VALUES (?1, ?2)", (id, new.bytes))?;
        fingerprints::note(&transaction, Kind::Message, id, true)?;
        let detail =
            format!("the document of message {} to a corrected address, by {}", new.from, new.author);
        record(&transaction, id, State::Sealed, &detail, Some(&new.sha256), now)?;
        if !approval {
            record(&transaction, id, State::Due, "queued", None, now)?;
        }
        let never_left = attempts == 0 && matches!(state, State::Due | State::Blocked);
        let to = if never_left { State::Cancelled } else { State::ClosedByHand };
        let detail = format!("sent to a corrected address as message {id}, by {}", new.author);
        let closed = Step { to, detail: &detail, evidence: None, again: Again::Unchanged };
        // what was delivered stays delivered: to whom is another question
        if state == State::Delivered || !step(&transaction, new.from, &closed, now)? {
            record(&transaction, new.from, state, &detail, None, now)?;
        }
        settle_alarms(&transaction, new.from, now)?;
        commit(transaction)?;
        Ok(Ok(id))
    }
}

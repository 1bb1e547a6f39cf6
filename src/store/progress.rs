//! How far each message is that is not settled.

use chrono::{DateTime, Utc};
use rusqlite::Row;

use crate::domain::delivery::State;

use super::outbox::{COLUMNS, COUNT, OutboxRow, row};
use super::{Store, StoreError};

/// A message that is not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The message.
    pub row: OutboxRow,
    /// When it was first to leave; none while it is not.
    pub due_since: Option<DateTime<Utc>>,
    /// Since when it stands where it stands.
    pub since: DateTime<Utc>,
}

impl Store {
    /// The messages that are not settled, the oldest first. Ordinary mail is settled when the server
    /// has taken it; reminders, digests and specimens bind nobody to a date.
    pub fn unsettled(&self) -> Result<Vec<Unsettled>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS},
             (SELECT min(at) FROM outbox_event WHERE outbox = outbox.id AND state = 'due'),
             (SELECT max(at) FROM outbox_event WHERE outbox = outbox.id AND state = outbox.state)
             FROM outbox WHERE kind NOT IN ('reminder', 'digest', 'specimen', 'copy') AND state NOT IN (?1, ?2, ?3)
             AND NOT (state = ?4 AND channel <> 'pec') ORDER BY id"
        ))?;
        let settled =
            [State::Delivered, State::Cancelled, State::ClosedByHand, State::SmtpAccepted].map(State::code);
        let rows = statement.query_map(settled, unsettled)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Since when the youngest doubt lasts; none when no message is doubtful.
    pub fn doubtful_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT max(at) FROM outbox_event JOIN outbox ON outbox.id = outbox_event.outbox
             WHERE outbox.state = ?1 AND outbox_event.state = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let seconds: Option<i64> = statement.query_row([State::Uncertain.code()], |row| row.get(0))?;
        Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
    }

    /// True when some receipt was ever taken and believed.
    pub fn has_receipts(&self) -> Result<bool, StoreError> {
        let receipt = "SELECT 1 FROM received WHERE trusted = 1 AND effect IS NOT NULL";
        Ok(self.connection.prepare_cached(receipt)?.exists([])?)
    }
}

fn unsettled(found: &Row<'_>) -> rusqlite::Result<Unsettled> {
    let instant = |index| {
        let seconds: Option<i64> = found.get(index)?;
        Ok::<_, rusqlite::Error>(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
    };
    Ok(Unsettled {
        row: row(found)?,
        due_since: instant(COUNT)?,
        since: instant(COUNT + 1)?.unwrap_or_default(),
    })
}

//! When readers delivered something new.

use chrono::{DateTime, Utc};

use super::{Store, StoreError};

/// A row that waits in quarantine because its time has not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyRow {
    /// The name of the reader.
    pub reader: String,
    /// When it was delivered.
    pub received_at: DateTime<Utc>,
    /// The device's civil time, as seconds since 1970-01-01T00:00:00.
    pub local: i64,
}

/// The acceptance of a message, by two clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// When it was handed over, by the clock of this machine.
    pub handed_over: DateTime<Utc>,
    /// When it was accepted, by that of the provider: RFC 3339.
    pub accepted: String,
    /// When the receipt was read.
    pub seen_at: DateTime<Utc>,
}

impl Store {
    /// When a reader delivered something new, the latest first, back to an instant.
    pub fn arrivals(&self, reader: &str, since: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, StoreError> {
        // backwards, and not farther than asked: the table is as long as the life of the store
        let mut statement = self.connection.prepare_cached(
            "SELECT received_at, name = ?1 FROM batch JOIN reader ON reader.id = batch.reader
             WHERE new_count > 0 ORDER BY batch.id DESC",
        )?;
        let mut rows = statement.query([reader])?;
        let mut arrivals = Vec::new();
        while let Some(row) = rows.next()? {
            let at = DateTime::from_timestamp(row.get(0)?, 0).unwrap_or_default();
            if at < since {
                break;
            }
            if row.get(1)? {
                arrivals.push(at);
            }
        }
        Ok(arrivals)
    }

    /// The rows that wait for their time.
    pub fn early_rows(&self) -> Result<Vec<EarlyRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, received_at, local FROM quarantine JOIN reader ON reader.id = quarantine.reader
             JOIN batch ON batch.id = quarantine.batch WHERE released = 0 AND early = 1 AND local IS NOT NULL",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(EarlyRow {
                reader: row.get(0)?,
                received_at: DateTime::from_timestamp(row.get(1)?, 0).unwrap_or_default(),
                local: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last message that a PEC provider accepted.
    pub fn last_accepted(&self) -> Result<Option<Acceptance>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT (SELECT max(at) FROM outbox_event
                     WHERE outbox_event.outbox = received.outbox AND state = 'handing_over'),
                    received.at, seen_at
             FROM received WHERE trusted = 1 AND kind = 'accettazione' AND outbox IS NOT NULL
             AND received.at IS NOT NULL ORDER BY id DESC LIMIT 1",
        )?;
        let instant = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let Some(handed) = row.get::<_, Option<i64>>(0)? else { return Ok(None) };
        Ok(Some(Acceptance {
            handed_over: instant(handed),
            accepted: row.get(1)?,
            seen_at: instant(row.get(2)?),
        }))
    }
}

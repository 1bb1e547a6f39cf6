//! The ports of serial readers: whether somebody listens to them, since when, and when nobody did.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::ids::ReaderId;

use super::{Store, StoreError, readers};

/// Something to be noted of the port of a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortNote {
    /// The reader.
    pub reader: ReaderId,
    /// Its port.
    pub path: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub news: PortNews,
    /// What was counted since the last note.
    pub counts: PortCounts,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortNews {
    /// It is open now.
    Opened,
    /// It was open up to now, and everything that came is stored.
    Heard,
    /// It is open, and this is wrong with the reader; nothing when empty.
    Condition(String),
    /// It is gone, and why.
    Lost(String),
    /// It cannot be opened, and why.
    Unavailable(String),
    /// Nobody listens from now on: timbra stops.
    Stopped,
}

/// What a port brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortCounts {
    /// Badges read, stored or known before.
    pub reads: u64,
    /// The same card still there: counted, not stored.
    pub repeats: u64,
    /// Frames that cannot be used.
    pub rejected: u64,
    /// Of these, how many were too many for quarantine.
    pub unkept: u64,
    /// Reads that found no place to wait for the store.
    pub lost: u64,
}

/// What is known of the port of a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortState {
    /// The name of the reader.
    pub reader: String,
    /// Its port.
    pub path: String,
    /// open, gone or stopped.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Why it is gone; while it is open, what is wrong with the reader.
    pub detail: String,
    /// What it brought, ever.
    pub counts: PortCounts,
}

/// A time in which nobody listened to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The name of the reader.
    pub reader: String,
    /// From.
    pub begun: DateTime<Utc>,
    /// To; none while it lasts.
    pub ended: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
}

/// Seconds without a listener that are no gap: the very moment of a commit.
const NO_GAP: i64 = 1;

/// Notes the news of a port, its counts, how far its reader is covered, and when nobody listened.
pub(super) fn note(transaction: &Transaction<'_>, note: &PortNote) -> Result<(), StoreError> {
    let reader = readers::number(transaction, &note.reader)?;
    let at = note.at.timestamp();
    let covered: Option<i64> = transaction
        .prepare_cached("SELECT covered_until FROM reader WHERE id = ?1")?
        .query_row([reader], |row| row.get(0))?;
    let gap: Option<i64> = transaction
        .prepare_cached("SELECT id FROM gap WHERE reader = ?1 AND ended IS NULL")?
        .query_row([reader], |row| row.get(0))
        .optional()?;
    match (&note.news, gap) {
        (PortNews::Opened, Some(gap)) => {
            transaction.execute("UPDATE gap SET ended = ?2 WHERE id = ?1", (gap, at))?;
        }
        (PortNews::Opened, None) => {
            if let Some(begun) = covered.filter(|covered| covered + NO_GAP < at) {
                let gap = (reader, begun, at, "timbra did not run");
                transaction
                    .execute("INSERT INTO gap (reader, begun, ended, reason) VALUES (?1, ?2, ?3, ?4)", gap)?;
            }
        }
        (PortNews::Lost(reason), None) => begin_gap(transaction, reader, at, reason)?,
        (PortNews::Unavailable(reason), None) => {
            begin_gap(transaction, reader, covered.unwrap_or(at), reason)?;
        }
        _ => (),
    }
    let listened = gap.is_none() && !matches!(note.news, PortNews::Unavailable(_));
    if listened || note.news == PortNews::Opened {
        transaction
            .prepare_cached(
                "UPDATE reader SET covered_until = max(ifnull(covered_until, ?2), ?2) WHERE id = ?1",
            )?
            .execute((reader, at))?;
    }
    let (state, detail) = match &note.news {
        PortNews::Opened | PortNews::Heard => ("open", ""),
        PortNews::Condition(wrong) => ("open", wrong.as_str()),
        PortNews::Lost(reason) | PortNews::Unavailable(reason) => ("gone", reason.as_str()),
        PortNews::Stopped => ("stopped", ""),
    };
    let counts = &note.counts;
    transaction
        .prepare_cached(
            "INSERT INTO port (reader, path, state, since, detail, reads, repeats, rejected, unkept, lost)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (reader) DO UPDATE SET path = excluded.path,
                 detail = CASE WHEN ?11 THEN detail ELSE excluded.detail END,
                 since = CASE WHEN state = excluded.state AND path = excluded.path THEN since ELSE excluded.since END,
                 state = excluded.state, reads = reads + excluded.reads, repeats = repeats + excluded.repeats,
                 rejected = rejected + excluded.rejected, unkept = unkept + excluded.unkept, lost = lost + excluded.lost",
        )?
        .execute((
            reader,
            &note.path,
            state,
            at,
            detail,
            counts.reads.cast_signed(),
            counts.repeats.cast_signed(),
            counts.rejected.cast_signed(),
            counts.unkept.cast_signed(),
            counts.lost.cast_signed(),
            // what was wrong with it still is
            note.news == PortNews::Heard,
        ))?;
    Ok(())
}

fn begin_gap(transaction: &Transaction<'_>, reader: i64, begun: i64, reason: &str) -> Result<(), StoreError> {
    transaction
        .execute("INSERT INTO gap (reader, begun, reason) VALUES (?1, ?2, ?3)", (reader, begun, reason))?;
    Ok(())
}

impl Store {
    /// The ports of all readers that ever had one, by the reader's name.
    pub fn ports(&self) -> Result<Vec<PortState>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, path, state, since, detail, reads, repeats, rejected, unkept, lost
             FROM port JOIN reader ON reader.id = port.reader ORDER BY name",
        )?;
        let rows = statement.query_map([], |row| {
            let count = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
            Ok(PortState {
                reader: row.get(0)?,
                path: row.get(1)?,
                state: row.get(2)?,
                since: DateTime::from_timestamp(row.get(3)?, 0).unwrap_or_default(),
                detail: row.get(4)?,
                counts: PortCounts {
                    reads: count(5)?,
                    repeats: count(6)?,
                    rejected: count(7)?,
                    unkept: count(8)?,
                    lost: count(9)?,
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When nobody listened to some reader, from an instant on, in the order in which it began.
    pub fn gaps_since(&self, since: DateTime<Utc>) -> Result<Vec<Gap>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name, begun, ended, reason FROM gap JOIN reader ON reader.id = gap.reader
             WHERE ifnull(ended, ?1) >= ?1 ORDER BY begun, gap.id",
        )?;
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let rows = statement.query_map([since.timestamp()], |row| {
            Ok(Gap {
                reader: row.get(0)?,
                begun: at(row.get(1)?),
                ended: row.get::<_, Option<i64>>(2)?.map(at),
                reason: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

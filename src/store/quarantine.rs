//! What could not be read, or not believed: kept with its raw bytes, its place and the reason.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::piece::Piece;
use super::punches;
use super::tally::{self, Tally};
use super::{Store, StoreError, commit};

/// A row that cannot become a punch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReject {
    /// The line, counted from 1.
    pub line: u64,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// When its first byte came, of a frame. Rows of a file have none: the same row in another file is
    /// the same row.
    pub seen: Option<DateTime<Utc>>,
    /// Why.
    pub reason: String,
    /// The device's civil time that it claims, when that could be read.
    pub local: Option<i64>,
    /// It only came too early: it will be taken when its time has come.
    pub early: bool,
}

/// A row that waits in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Its number.
    pub id: i64,
    /// The batch it came in.
    pub batch: i64,
    /// The line in it.
    pub line: u64,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// When its first byte came, of a frame.
    pub seen: Option<DateTime<Utc>>,
    /// The header line of its file, for formats that have one.
    pub header: Option<Vec<u8>>,
}

/// What became of a row that was tried again.
#[derive(Debug)]
pub enum HeldFate {
    /// It is this punch.
    Punch(Piece),
    /// It is refused by the present rules too.
    Reject(NewReject),
}

/// Holds rows, each once: what a re-export brings again is known already. What is new is to be noted in
/// its batch.
pub(super) fn hold(
    transaction: &Transaction<'_>,
    (batch, reader): (i64, i64),
    decoder: &[u8; 32],
    rejects: &[NewReject],
) -> Result<Tally, StoreError> {
    let mut held = Tally::default();
    let mut statement = transaction.prepare_cached(
        "INSERT INTO quarantine (reader, batch, line, raw, seen, reason, local, early, decoder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (reader, raw, seen) DO UPDATE SET reason = excluded.reason, local = excluded.local,
             early = excluded.early, decoder = excluded.decoder WHERE released = 0
         RETURNING batch = ?2 AND line = ?3",
    )?;
    for reject in rejects {
        let seen = reject.seen.map_or(0, |seen| seen.timestamp_millis());
        let mut rows = statement.query((
            reader,
            batch,
            reject.line.cast_signed(),
            reject.raw.as_slice(),
            seen,
            &reject.reason,
            reject.local,
            reject.early,
            decoder.as_slice(),
        ))?;
        // not one that was known
        if rows.next()?.is_some_and(|row| row.get(0) == Ok(true)) {
            held.add(tally::of_held((batch, reader), (seen, reject.line), &reject.raw));
        }
    }
    Ok(held)
}

impl Store {
    /// The rows of a reader worth another try: refused by other rules than these, or too early
    /// then; some of them, until they are settled. `now` is the device's civil time up to which a punch is believed.
    pub fn held_rows(&self, reader: i64, decoder: &[u8; 32], now: i64) -> Result<Vec<HeldRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT quarantine.id, batch, line, raw, seen, header FROM quarantine
             JOIN batch ON batch.id = quarantine.batch
             WHERE released = 0 AND quarantine.reader = ?1
               AND (quarantine.decoder <> ?2 OR (early = 1 AND local <= ?3))
             ORDER BY quarantine.id LIMIT 500",
        )?;
        let rows = statement.query_map((reader, decoder.as_slice(), now), |row| {
            Ok(HeldRow {
                id: row.get(0)?,
                batch: row.get(1)?,
                line: row.get::<_, i64>(2)?.cast_unsigned(),
                raw: row.get(3)?,
                seen: Some(row.get(4)?).filter(|seen| *seen != 0).and_then(DateTime::from_timestamp_millis),
                header: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes what became of rows that were tried again: those that are punches now are stored under
    /// the place they came from, the others wait on under the present rules. All or none.
    pub fn settle_held(
        &mut self,
        reader: i64,
        decoder: &[u8; 32],
        rows: &mut [(HeldRow, HeldFate)],
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for (row, fate) in rows {
            match fate {
                HeldFate::Punch(piece) => {
                    punches::append(&transaction, row.batch, reader, piece, &mut |_| ())?
                        .note(&transaction, row.batch)?;
                    transaction
                        .prepare_cached("UPDATE quarantine SET released = 1 WHERE id = ?1")?
                        .execute([row.id])?;
                }
                HeldFate::Reject(reject) => {
                    transaction
                        .prepare_cached(
                            "UPDATE quarantine SET decoder = ?2, reason = ?3, local = ?4, early = ?5 WHERE id = ?1",
                        )?
                        .execute((row.id, decoder.as_slice(), &reject.reason, reject.local, reject.early))?;
                }
            }
        }
        commit(transaction)
    }

    /// The civil time of the next row that waits only for its time, of those after `after`.
    pub fn next_early(&self, after: i64) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT min(local) FROM quarantine WHERE released = 0 AND early = 1 AND local > ?1",
        )?;
        Ok(statement.query_row([after], |row| row.get(0))?)
    }

    /// How many rows wait, for each reader by name.
    pub fn held_counts(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT reader.name, count(*) FROM quarantine JOIN reader ON reader.id = quarantine.reader
             WHERE released = 0 GROUP BY reader.name ORDER BY reader.name",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

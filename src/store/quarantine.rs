//! What could not be read, or not believed: kept with its raw bytes, its place and the reason.

use rusqlite::Transaction;

use super::batches::BatchStart;
use super::{Store, StoreError};

/// A row that cannot become a punch now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReject {
    /// The line, counted from 1.
    pub line: u64,
    /// Its bytes.
    pub raw: Vec<u8>,
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
    /// The header line of its file, for formats that have one.
    pub header: Option<Vec<u8>>,
}

/// Holds rows, each once: what a re-export brings again is known already.
pub(super) fn hold(
    transaction: &Transaction<'_>,
    batch: i64,
    start: &BatchStart<'_>,
    rejects: &[NewReject],
) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO quarantine (reader, batch, line, raw, reason, local, early, decoder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (reader, raw) DO UPDATE SET reason = excluded.reason, local = excluded.local,
             early = excluded.early, decoder = excluded.decoder WHERE released = 0",
    )?;
    for reject in rejects {
        statement.execute((
            start.reader,
            batch,
            reject.line.cast_signed(),
            reject.raw.as_slice(),
            &reject.reason,
            reject.local,
            reject.early,
            start.decoder.as_slice(),
        ))?;
    }
    Ok(())
}

impl Store {
    /// The rows of a reader worth another try: refused by other rules than these, or too early
    /// then. `now` is the device's civil time up to which a punch is believed.
    pub fn held_rows(&self, reader: i64, decoder: &[u8; 32], now: i64) -> Result<Vec<HeldRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT quarantine.id, batch, line, raw, header FROM quarantine
             JOIN batch ON batch.id = quarantine.batch
             WHERE released = 0 AND quarantine.reader = ?1
               AND (quarantine.decoder <> ?2 OR (early = 1 AND local <= ?3))
             ORDER BY quarantine.id LIMIT 10000",
        )?;
        let rows = statement.query_map((reader, decoder.as_slice(), now), |row| {
            Ok(HeldRow {
                id: row.get(0)?,
                batch: row.get(1)?,
                line: row.get::<_, i64>(2)?.cast_unsigned(),
                raw: row.get(3)?,
                header: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Moves a row out of quarantine: its punch is stored under the place it came from.
    pub fn release(
        &mut self,
        reader: i64,
        row: &HeldRow,
        piece: &mut super::piece::Piece,
    ) -> Result<u64, StoreError> {
        let transaction = self.write()?;
        let written = super::punches::append(&transaction, row.batch, reader, piece, &mut |_| ())?;
        transaction.execute("UPDATE quarantine SET released = 1 WHERE id = ?1", [row.id])?;
        transaction.commit()?;
        Ok(written)
    }

    /// Notes that a row was tried again by other rules, and why they refuse it too.
    pub fn keep_held(
        &mut self,
        row: &HeldRow,
        decoder: &[u8; 32],
        reject: &NewReject,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "UPDATE quarantine SET decoder = ?2, reason = ?3, local = ?4, early = ?5 WHERE id = ?1",
            )?
            .execute((row.id, decoder.as_slice(), &reject.reason, reject.local, reject.early))?;
        Ok(())
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

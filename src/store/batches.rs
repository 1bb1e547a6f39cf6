//! Batches: what arrived together. A file is committed in pieces; its batch counts as taken only
//! with the last one, and a crash in between is healed by reading the file again.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::durable;

use super::chain::Link;
use super::piece::NewPunch;
use super::portion::Portion;
use super::punches;
use super::quarantine;
use super::{Store, StoreError, commit};

/// A reader that was seen so shortly before needs no new note for a delivery that brings nothing.
const SAME_DELIVERY: TimeDelta = TimeDelta::hours(1);

/// What the file system says of a file: enough to know it again without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileIdentity {
    /// Device.
    pub device: u64,
    /// Inode.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// Last change, nanoseconds since 1970.
    pub modified: i64,
}

/// A batch that begins.
#[derive(Debug, Clone, Copy)]
pub struct BatchStart<'a> {
    /// The store's number of the reader.
    pub reader: i64,
    /// The file's name as found.
    pub origin: &'a str,
    /// The file.
    pub file: FileIdentity,
    /// Fingerprint of the rules that read it.
    pub decoder: &'a [u8; 32],
    /// Now.
    pub received_at: DateTime<Utc>,
}

/// What was in a batch. `read` = `new` + `known` + `rejected`; `skipped` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Punches and rejects.
    pub read: u64,
    /// Punches that were not known before.
    pub new: u64,
    /// Rows that could not be read or believed.
    pub rejected: u64,
    /// Headers and rows that are no punches.
    pub skipped: u64,
    /// Punches past their retention: counted among the known, not stored.
    pub expired: u64,
}

impl Counts {
    /// True when it had rows and none of them could be used.
    pub fn all_rejected(&self) -> bool {
        self.read > 0 && self.rejected == self.read
    }

    /// Punches that were known before, or are past their retention.
    pub fn known(&self) -> u64 {
        self.read - self.new - self.rejected
    }
}

/// How a batch ends.
#[derive(Debug, Clone)]
pub struct BatchEnd {
    /// SHA-256 of the file.
    pub content: [u8; 32],
    /// Number of lines when the last one is complete: a longer version of the file can be taken up
    /// behind them.
    pub lines: Option<u64>,
    /// The header line, for formats that have one: rows in quarantine need it.
    pub header: Option<Vec<u8>>,
    /// Its reader is covered until then; absent when nothing in it can be believed.
    pub covered_until: Option<DateTime<Utc>>,
}

/// A batch that was taken whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBatch {
    /// Its number.
    pub id: i64,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub content: Vec<u8>,
    /// Number of lines, when the last one is complete.
    pub lines: Option<u64>,
    /// What was in it.
    pub counts: Counts,
}

/// Where a batch came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchOrigin {
    /// The name of the file as it was found, or the port.
    pub origin: String,
    /// It came over a port.
    pub live: bool,
    /// When it was taken.
    pub received_at: DateTime<Utc>,
}

/// Batches whose rows may be gone again are no proof that a file is known: their files are read anew.
const STILL_WHOLE: &str =
    "id > ifnull((SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'forgotten_up_to_batch'), 0)";

const TAKEN: &str = "SELECT id, size, content, lines, read_count, new_count, rejected, skipped, expired
                     FROM batch WHERE taken = 1";

fn taken(row: &Row<'_>) -> rusqlite::Result<TakenBatch> {
    let count = |index| row.get::<_, i64>(index).map(i64::cast_unsigned);
    Ok(TakenBatch {
        id: row.get(0)?,
        size: count(1)?,
        content: row.get(2)?,
        lines: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
        counts: Counts {
            read: count(4)?,
            new: count(5)?,
            rejected: count(6)?,
            skipped: count(7)?,
            expired: count(8)?,
        },
    })
}

impl Store {
    /// The batch of this very file, read by the same rules.
    pub fn batch_of_file(
        &self,
        reader: i64,
        file: &FileIdentity,
        decoder: &[u8; 32],
    ) -> Result<Option<TakenBatch>, StoreError> {
        let sql = format!(
            "{TAKEN} AND reader = ?1 AND inode = ?2 AND size = ?3 AND device = ?4 AND modified = ?5
             AND decoder = ?6 AND {STILL_WHOLE} ORDER BY id DESC LIMIT 1"
        );
        let key = (
            reader,
            file.inode.cast_signed(),
            file.size.cast_signed(),
            file.device.cast_signed(),
            file.modified,
            decoder.as_slice(),
        );
        Ok(self.connection.prepare_cached(&sql)?.query_row(key, taken).optional()?)
    }

    /// Earlier batches of a reader that a file of `size` bytes may begin with, the longest first.
    pub fn batches_up_to(
        &self,
        reader: i64,
        size: u64,
        decoder: &[u8; 32],
    ) -> Result<Vec<TakenBatch>, StoreError> {
        let sql = format!(
            "{TAKEN} AND inode IS NOT NULL AND reader = ?1 AND size <= ?2 AND size > 0 AND lines IS NOT NULL AND decoder = ?3
             AND {STILL_WHOLE} ORDER BY size DESC, id DESC LIMIT 2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map((reader, size.cast_signed(), decoder.as_slice()), taken)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where a batch came from, for the person who asks where a number comes from.
    pub fn batch_origin(&self, batch: i64) -> Result<Option<BatchOrigin>, StoreError> {
        let sql = "SELECT origin, received_at, inode IS NULL FROM batch WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found =
            statement.query_row([batch], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let origin = found.map(|(origin, seconds, live): (String, i64, bool)| BatchOrigin {
            origin,
            live,
            received_at: DateTime::from_timestamp(seconds, 0).unwrap_or_default(),
        });
        Ok(origin)
    }

    /// Opens a batch: from now on its pieces can be committed.
    pub fn start_batch(&mut self, start: &BatchStart<'_>) -> Result<i64, StoreError> {
        let sql = "INSERT INTO batch (reader, origin, device, inode, size, modified, decoder, received_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        durable::step();
        self.connection.prepare_cached(sql)?.execute((
            start.reader,
            start.origin,
            start.file.device.cast_signed(),
            start.file.inode.cast_signed(),
            start.file.size.cast_signed(),
            start.file.modified,
            start.decoder.as_slice(),
            start.received_at.timestamp(),
        ))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Commits a portion: its punches that are new, and its rejects. Says how many were new.
    pub fn commit_portion(
        &mut self,
        batch: i64,
        start: &BatchStart<'_>,
        portion: &mut Portion,
        on_new: &mut dyn FnMut(&NewPunch<'_>),
    ) -> Result<u64, StoreError> {
        let transaction = self.write()?;
        let written = keep(&transaction, batch, start, portion, on_new)?;
        commit(transaction)?;
        Ok(written)
    }

    /// Commits the last piece and closes the batch in one transaction: now it counts as taken.
    pub fn finish_batch(
        &mut self,
        batch: i64,
        start: &BatchStart<'_>,
        portion: &mut Portion,
        counts: &mut Counts,
        end: &BatchEnd,
        on_new: &mut dyn FnMut(&NewPunch<'_>),
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        counts.new += keep(&transaction, batch, start, portion, on_new)?;
        let link = next_link(&transaction, batch, start, counts, end)?;
        transaction
            .prepare_cached(
                "UPDATE batch SET taken = 1, content = ?2, lines = ?3, header = ?4, read_count = ?5,
             new_count = ?6, rejected = ?7, skipped = ?8, expired = ?9, link = ?10, chain = ?11 WHERE id = ?1",
            )?
            .execute((
                batch,
                end.content.as_slice(),
                end.lines.map(u64::cast_signed),
                end.header.as_deref(),
                counts.read.cast_signed(),
                counts.new.cast_signed(),
                counts.rejected.cast_signed(),
                counts.skipped.cast_signed(),
                counts.expired.cast_signed(),
                link.number,
                link.chain.as_slice(),
            ))?;
        cover(&transaction, start.reader, end.covered_until, start.received_at)?;
        commit(transaction)
    }

    /// Notes that a reader delivered something known already: it was seen, and is covered so far.
    /// Nothing is written when that says nothing new, the time to the hour: a folder of old files
    /// would cost one fsync for each.
    pub fn note_delivery(
        &mut self,
        reader: i64,
        covered_until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let noted: bool = self
            .connection
            .prepare_cached(
                "SELECT ifnull(covered_until >= ifnull(?2, covered_until) AND last_seen > ?3, 0) FROM reader WHERE id = ?1",
            )?
            .query_row((reader, covered_until.map(|until| until.timestamp()), (now - SAME_DELIVERY).timestamp()), |row| {
                row.get(0)
            })?;
        if noted {
            return Ok(());
        }
        let transaction = self.write()?;
        cover(&transaction, reader, covered_until, now)?;
        commit(transaction)
    }
}

/// Keeps the rows of a portion, and notes them in their batch. Says how many punches were new.
fn keep(
    transaction: &Transaction<'_>,
    batch: i64,
    start: &BatchStart<'_>,
    portion: &mut Portion,
    on_new: &mut dyn FnMut(&NewPunch<'_>),
) -> Result<u64, StoreError> {
    let written = punches::append(transaction, batch, start.reader, &mut portion.piece, on_new)?;
    written.note(transaction, batch)?;
    quarantine::hold(transaction, (batch, start.reader), start.decoder, &portion.rejects)?
        .note(transaction, batch)?;
    Ok(written.rows.cast_unsigned())
}

/// The number of the last batch; 0 where there is none.
pub(super) fn last(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT ifnull(max(id), 0) FROM batch")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Moves the cover of a reader forward, never back.
pub(super) fn cover(
    transaction: &Transaction<'_>,
    reader: i64,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE reader SET last_seen = ?3,
             covered_until = ifnull(max(ifnull(covered_until, ?2), ?2), covered_until) WHERE id = ?1",
        )?
        .execute((reader, until.map(|until| until.timestamp()), now.timestamp()))?;
    Ok(())
}

fn next_link(
    transaction: &Transaction<'_>,
    batch: i64,
    start: &BatchStart<'_>,
    counts: &Counts,
    end: &BatchEnd,
) -> Result<Link, StoreError> {
    let numbers = [
        batch.cast_unsigned(),
        start.reader.cast_unsigned(),
        start.file.size,
        start.received_at.timestamp().cast_unsigned(),
        counts.read,
        counts.new,
        counts.rejected,
        counts.skipped,
    ]
    .map(u64::to_be_bytes);
    let fields = [start.origin.as_bytes(), start.decoder, &end.content, numbers.as_flattened()];
    Link::append(transaction, start.reader, &fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ReaderId;

    #[test]
    fn a_delivery_that_brings_nothing_is_noted_to_the_hour_and_moves_the_cover_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let reader = store.reader_number(&ReaderId::new("ingresso").unwrap()).unwrap();
        let at = |minutes| DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes);
        // (minute, covered until) -> (seen, covered until)
        let rows = [
            ((0, -10), (0, -10)),
            ((20, -10), (0, -10)),
            ((40, -20), (0, -10)),
            ((50, 5), (50, 5)),
            ((109, 5), (50, 5)),
            ((110, 5), (110, 5)),
        ];
        for ((now, until), (seen, covered)) in rows {
            store.note_delivery(reader, Some(at(until)), at(now)).unwrap();
            let state = store.readers().unwrap().pop().unwrap();
            assert_eq!((state.last_seen, state.covered_until), (Some(at(seen)), Some(at(covered))), "{now}");
        }
    }
}

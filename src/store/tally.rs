//! How many rows of a batch are kept, and the sum of their checksums, so that a punch that was changed or
//! removed is missed. A sum and not a chain: retention forgets rows from the middle. A checksum and not a
//! cryptographic one: whoever can write the one can write the other, and it costs each imported row little.

use std::collections::HashMap;

use rusqlite::{Connection, Row, Transaction};

use super::StoreError;
use super::piece::NewPunch;

/// Rows of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// How many; negative when they are taken off.
    pub(super) rows: i64,
    sum: u64,
}

/// Sums stay below 2^62: `SQLite` can add two of them.
const BELOW: u64 = (1 << 62) - 1;

impl Tally {
    /// What is noted of a batch.
    pub(super) fn noted(rows: i64, sum: i64) -> Self {
        Self { rows, sum: sum.cast_unsigned() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, checksum: u64) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(checksum) & BELOW;
    }

    /// Takes a row off.
    pub(super) fn take_off(&mut self, checksum: u64) {
        self.rows -= 1;
        self.sum = self.sum.wrapping_sub(checksum) & BELOW;
    }

    /// What a new batch begins with: how many rows, and the sum.
    pub(super) fn columns(self) -> (i64, i64) {
        (self.rows, self.sum.cast_signed())
    }

    /// Notes it in its batch.
    pub(super) fn note(self, transaction: &Transaction<'_>, batch: i64) -> Result<(), StoreError> {
        if self != Self::default() {
            let sql =
                "UPDATE batch SET kept = kept + ?2, tally = (tally + ?3) & 4611686018427387903 WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute((batch, self.rows, self.sum.cast_signed()))?;
        }
        Ok(())
    }
}

/// Rows of several batches.
#[derive(Debug, Default)]
pub(super) struct Tallies(pub(super) HashMap<i64, Tally>);

impl Tallies {
    /// The one of a batch.
    pub(super) fn of(&mut self, batch: i64) -> &mut Tally {
        self.0.entry(batch).or_default()
    }

    /// Notes each in its batch.
    pub(super) fn note(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|(batch, tally)| tally.note(transaction, *batch))
    }
}

/// The columns of a row that its checksum covers, and how many of them are numbers: these come first.
pub(super) type Covered = (&'static str, usize);

/// Those of a punch.
pub(super) const PUNCH: Covered =
    ("batch, reader, local, line, zone_minutes, badge, direction, reason, raw", 5);

/// Those of a row in quarantine.
pub(super) const HELD: Covered = ("batch, reader, seen, line, raw", 4);

/// A checksum while it is made.
#[derive(Debug, Clone, Copy)]
struct Checksum(u64);

impl Checksum {
    /// Two words for one multiplication.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn words(&mut self, one: u64, other: u64) {
        let one = self.0 ^ one ^ 0x9E37_79B9_7F4A_7C15;
        let product = u128::from(one) * u128::from(other ^ 0xE703_7ED1_A0B4_28DB);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    fn pair(&mut self, bytes: &[u8; 16]) {
        let both = u128::from_le_bytes(*bytes);
        self.words(both as u64, (both >> 64) as u64);
    }

    /// In pairs of words, the last of which may overlap the one before.
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let long = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let short = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        self.0 ^= bytes.len() as u64;
        if let Some(last) = bytes.last_chunk::<16>() {
            for pair in bytes.as_chunks::<16>().0 {
                self.pair(pair);
            }
            self.pair(last);
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            self.words(long(first), long(last));
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            self.words(short(first), short(last));
        } else {
            self.words(bytes.iter().fold(0, |few, byte| few << 8 | u64::from(*byte)), 0);
        }
    }

    #[inline]
    fn optional(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => self.words(u64::MAX, u64::MAX),
        }
    }
}

/// The checksum of a punch on its way into the store.
#[inline]
pub(super) fn of_punch((batch, reader): (i64, i64), punch: &NewPunch<'_>) -> u64 {
    let mut sum = Checksum(batch.cast_unsigned());
    let offset = punch.offset_minutes.map_or(u64::MAX, |minutes| i64::from(minutes).cast_unsigned());
    sum.words(reader.cast_unsigned(), punch.local.cast_unsigned());
    sum.words(punch.line, offset);
    sum.bytes(punch.badge.as_bytes());
    sum.bytes(punch.direction.as_bytes());
    sum.optional(punch.reason.map(str::as_bytes));
    sum.bytes(punch.raw);
    sum.0
}

/// The checksum of a row that waits in quarantine.
pub(super) fn of_held((batch, reader): (i64, i64), (seen, line): (i64, u64), raw: &[u8]) -> u64 {
    let mut sum = Checksum(batch.cast_unsigned());
    sum.words(reader.cast_unsigned(), seen.cast_unsigned());
    sum.words(line, u64::MAX);
    sum.bytes(raw);
    sum.0
}

/// The batch and the checksum of a stored row, of whose columns so many are numbers. Whatever stands there:
/// what is damaged is not what was written, and no failure.
fn of_row(row: &Row<'_>, numbers: usize) -> rusqlite::Result<(i64, u64)> {
    let number = |index| row.get_ref(index).map(|value| value.as_i64_or_null().ok().flatten());
    let batch = number(0)?.unwrap_or(-1);
    let mut sum = Checksum(batch.cast_unsigned());
    let word = |index| number(index).map(|number| number.map_or(u64::MAX, i64::cast_unsigned));
    sum.words(word(1)?, word(2)?);
    sum.words(word(3)?, if numbers > 4 { word(4)? } else { u64::MAX });
    for index in numbers..row.as_ref().column_count() {
        sum.optional(row.get_ref(index)?.as_bytes_or_null().unwrap_or(Some(b"?")));
    }
    Ok((batch, sum.0))
}

/// Everything that is kept, by batch. `look` gets each row, with true when it is a [`PUNCH`].
pub(super) fn stored(
    connection: &Connection,
    look: &mut dyn FnMut(&Row<'_>, bool) -> rusqlite::Result<()>,
) -> Result<Tallies, StoreError> {
    let mut tallies = Tallies::default();
    for (table, (columns, numbers)) in [("punch", PUNCH), ("quarantine", HELD)] {
        let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            look(row, table == "punch")?;
            let (batch, checksum) = of_row(row, numbers)?;
            tallies.of(batch).add(checksum);
        }
    }
    Ok(tallies)
}

/// A `DELETE` that returns what the checksums of its rows cover.
pub(super) fn returning(delete: &str, (columns, numbers): Covered) -> (String, usize) {
    (format!("{delete} RETURNING {columns}"), numbers)
}

/// Takes the rows off that such a `DELETE` forgets, and gives how many they are.
pub(super) fn forget<P: rusqlite::Params>(
    transaction: &Transaction<'_>,
    (delete, numbers): &(String, usize),
    params: P,
    tallies: &mut Tallies,
) -> Result<u64, StoreError> {
    let mut statement = transaction.prepare_cached(delete)?;
    let mut rows = statement.query(params)?;
    let mut forgotten = 0;
    while let Some(row) = rows.next()? {
        let (batch, checksum) = of_row(row, *numbers)?;
        tallies.of(batch).take_off(checksum);
        forgotten += 1;
    }
    Ok(forgotten)
}

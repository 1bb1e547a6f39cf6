//! The punches: appended under what the device wrote, read back by time and badge.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};
use rusqlite::{CachedStatement, Transaction};

use crate::domain::ids::ReaderId;
use crate::domain::punch::{Provenance, Punch};

use super::piece::{NewPunch, Piece};
use super::tally::{self, Tally};
use super::{Store, StoreError, amendments};

/// Rows of one INSERT: the cost of a statement is shared among them. With more, their texts would not
/// fit any more into the memory that `SQLite` keeps ready for each connection.
const ROWS: usize = 24;

/// How many values each row binds. Most devices write neither an offset nor a reason: then nothing
/// is bound for them.
const PLAIN: usize = 5;
const FULL: usize = 7;

static MANY_PLAIN: LazyLock<String> = LazyLock::new(|| insert(ROWS, PLAIN));
static MANY: LazyLock<String> = LazyLock::new(|| insert(ROWS, FULL));
static ONE: LazyLock<String> = LazyLock::new(|| insert(1, FULL));

/// Appends the rows of a piece that are not known yet, and tells each of them; what was written is to be
/// noted in its batch.
pub(super) fn append(
    transaction: &Transaction<'_>,
    batch: i64,
    reader: i64,
    piece: &mut Piece,
    on_new: &mut dyn FnMut(&NewPunch<'_>),
) -> Result<Tally, StoreError> {
    let mut earliest = None;
    let written = append_only(transaction, (batch, reader), piece, &mut earliest, on_new)?;
    amendments::note_late(transaction, earliest)?;
    Ok(written)
}

/// The same for who tells himself that something came late: `earliest` becomes the civil time of the earliest
/// punch that was not known, if that is earlier. Sorted by the key, so that the table grows at its end.
pub(super) fn append_only(
    transaction: &Transaction<'_>,
    (batch, reader): (i64, i64),
    piece: &mut Piece,
    earliest: &mut Option<i64>,
    on_new: &mut dyn FnMut(&NewPunch<'_>),
) -> Result<Tally, StoreError> {
    piece.sort();
    let mut written = Tally::default();
    let on_new: &mut dyn FnMut(&NewPunch<'_>) = &mut |punch| {
        *earliest = Some(earliest.map_or(punch.local, |earliest| earliest.min(punch.local)));
        written.add(tally::of_punch((batch, reader), punch));
        on_new(punch);
    };
    let whole = piece.len() - piece.len() % ROWS;
    if whole > 0 {
        let (many, values) = if piece.is_plain() { (&MANY_PLAIN, PLAIN) } else { (&MANY, FULL) };
        let mut many = (transaction.prepare_cached(many)?, values);
        for start in (0..whole).step_by(ROWS) {
            insert_rows(transaction, &mut many, (batch, reader), piece, start..start + ROWS, on_new)?;
        }
    }
    let mut one = (transaction.prepare_cached(&ONE)?, FULL);
    for start in whole..piece.len() {
        insert_rows(transaction, &mut one, (batch, reader), piece, start..start + 1, on_new)?;
    }
    Ok(written)
}

/// `?1` is the batch and `?2` the reader of every row. All columns in the order of the table, which
/// saves `SQLite` a copy of each. OR IGNORE and not ON CONFLICT: a statement that cannot fail half-way
/// needs no journal of its own. It would ignore a NULL too, but none is bound where the table wants
/// a value.
fn insert(rows: usize, values: usize) -> String {
    let mut sql = String::from(
        "INSERT OR IGNORE INTO punch
         (local, badge, direction, reader, zone_minutes, reason, batch, line, raw) VALUES ",
    );
    for row in 0..rows {
        let place = |value: usize| 3 + row * values + value;
        let [local, badge, direction, line, raw, zone, reason] = std::array::from_fn(place);
        let comma = if row == 0 { "" } else { "," };
        sql += &format!("{comma}(?{local},?{badge},?{direction},?2,");
        sql += &if values == FULL { format!("?{zone},?{reason},") } else { "NULL,NULL,".to_owned() };
        sql += &format!("?1,?{line},?{raw})");
    }
    sql
}

fn insert_rows(
    transaction: &Transaction<'_>,
    (statement, values): &mut (CachedStatement<'_>, usize),
    (batch, reader): (i64, i64),
    piece: &Piece,
    range: std::ops::Range<usize>,
    on_new: &mut dyn FnMut(&NewPunch<'_>),
) -> Result<(), StoreError> {
    statement.raw_bind_parameter(1, batch)?;
    statement.raw_bind_parameter(2, reader)?;
    let mut parameter = 3;
    for row in range.clone().filter_map(|index| piece.get(index)) {
        statement.raw_bind_parameter(parameter, row.local)?;
        statement.raw_bind_parameter(parameter + 1, row.badge)?;
        statement.raw_bind_parameter(parameter + 2, row.direction)?;
        statement.raw_bind_parameter(parameter + 3, row.line.cast_signed())?;
        statement.raw_bind_parameter(parameter + 4, row.raw)?;
        if *values == FULL {
            statement.raw_bind_parameter(parameter + 5, row.offset_minutes)?;
            statement.raw_bind_parameter(parameter + 6, row.reason)?;
        }
        parameter += *values;
    }
    let written = statement.raw_execute()?;
    let rows = range.clone().filter_map(|index| piece.get(index));
    if written == range.len() {
        rows.for_each(|row| on_new(&row));
    } else if written > 0 {
        for row in rows {
            if is_ours(transaction, (batch, reader), &row)? {
                on_new(&row);
            }
        }
    }
    Ok(())
}

/// True when the stored row of that key came from this line of this batch.
fn is_ours(
    transaction: &Transaction<'_>,
    (batch, reader): (i64, i64),
    row: &NewPunch<'_>,
) -> Result<bool, StoreError> {
    let sql = "SELECT batch = ?5 AND line = ?6 FROM punch
               WHERE local = ?1 AND badge = ?2 AND direction = ?3 AND reader = ?4";
    let key = (row.local, row.badge, row.direction, reader, batch, row.line.cast_signed());
    Ok(transaction.prepare_cached(sql)?.query_row(key, |found| found.get(0))?)
}

/// Seconds of a civil midnight, as the table counts them.
pub(super) fn midnight(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// An offset from UTC, as the table counts it; none when there is no such offset.
pub(super) fn offset(minutes: i64) -> Option<FixedOffset> {
    let seconds = i32::try_from(minutes).ok().and_then(|minutes| minutes.checked_mul(60));
    seconds.and_then(FixedOffset::east_opt)
}

impl Store {
    /// The punches of some badges whose device dates lie in `from..=to`, in the order of time.
    /// One pass over the range, whatever the number of badges.
    pub fn punches_of(
        &self,
        badges: &HashSet<&str>,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<Punch>, StoreError> {
        let names = self.reader_names()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT local, badge, direction, reader, zone_minutes, reason, batch, line FROM punch
             WHERE local >= ?1 AND local < ?2",
        )?;
        let end = to.succ_opt().unwrap_or(to);
        let mut rows = statement.query((midnight(from), midnight(end)))?;
        let mut punches = Vec::new();
        while let Some(row) = rows.next()? {
            let badge = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            if !badges.contains(badge) {
                continue;
            }
            let at = DateTime::from_timestamp(row.get(0)?, 0);
            let minutes: Option<i64> = row.get(4)?;
            let offset = minutes.and_then(offset);
            let (Some(at), Some(reader), true) =
                (at, names.get(&row.get::<_, i64>(3)?), offset.is_some() == minutes.is_some())
            else {
                return Err(StoreError::Damaged("a punch without a time, a reader or an offset".to_owned()));
            };
            punches.push(Punch {
                local: at.naive_utc(),
                badge: badge.to_owned(),
                direction_raw: row.get(2)?,
                reader: reader.clone(),
                offset,
                reason_raw: row.get(5)?,
                provenance: Provenance { batch: row.get(6)?, line: row.get::<_, i64>(7)?.cast_unsigned() },
            });
        }
        Ok(punches)
    }

    /// The raw line of a punch, for the person who asks where a number comes from.
    pub fn raw_line(&self, punch: &Punch) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT raw FROM punch JOIN reader ON reader.id = punch.reader
             WHERE local = ?1 AND badge = ?2 AND direction = ?3 AND reader.name = ?4",
        )?;
        let key =
            (punch.local.and_utc().timestamp(), &punch.badge, &punch.direction_raw, punch.reader.as_str());
        let mut rows = statement.query(key)?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// How many punches are stored.
    pub fn count_punches(&self) -> Result<u64, StoreError> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM punch", [], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    pub(super) fn reader_names(&self) -> Result<HashMap<i64, ReaderId>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id, name FROM reader")?;
        let mut rows = statement.query([])?;
        let mut names = HashMap::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(1)?;
            let reader =
                ReaderId::new(&name).map_err(|bad| StoreError::Damaged(format!("reader {name}: {bad}")))?;
            names.insert(row.get(0)?, reader);
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{BatchStart, FileIdentity, Portion};

    /// Commits rows of (local, badge, reason); gives the badges that were told as new.
    fn committed(store: &mut Store, rows: &[(i64, &str, Option<&str>)]) -> Vec<String> {
        let reader = store.reader_number(&ReaderId::new("ingresso").unwrap()).unwrap();
        let start = BatchStart {
            reader,
            origin: "export",
            file: FileIdentity { device: 1, inode: 1, size: 1, modified: 1 },
            decoder: &[0; 32],
            received_at: DateTime::UNIX_EPOCH,
        };
        let mut portion = Portion::default();
        for (line, (local, badge, reason)) in (1..).zip(rows) {
            let (local, badge, reason) = (*local, *badge, *reason);
            let raw = badge.as_bytes();
            portion.piece.push(&NewPunch {
                local,
                badge,
                direction: "0",
                offset_minutes: None,
                reason,
                line,
                raw,
            });
        }
        let batch = store.start_batch(&start).unwrap();
        let mut new = Vec::new();
        let count = store
            .commit_portion(batch, &start, &mut portion, &mut |punch| new.push(punch.badge.to_owned()))
            .unwrap();
        assert_eq!(count, new.len() as u64);
        new
    }

    #[test]
    fn an_offset_that_is_none_is_a_damage() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        committed(&mut store, &[(1, "5", None), (2, "6", None)]);
        let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for (minutes, is_sound) in [("840", true), ("1440", false), ("99999", false), ("36000000", false)] {
            let damage = format!("UPDATE punch SET zone_minutes = {minutes} WHERE badge = '5'");
            store.connection.execute(&damage, []).unwrap();
            match store.punches_of(&HashSet::from(["5"]), day, day) {
                Ok(found) => assert!(is_sound && found[0].offset.is_some(), "{minutes}: {found:?}"),
                Err(error) => assert!(!is_sound && error.to_string().contains("an offset"), "{error}"),
            }
            assert_eq!(store.punches_of(&HashSet::from(["6"]), day, day).unwrap().len(), 1, "{minutes}");
        }
    }

    #[test]
    fn each_punch_is_stored_and_told_once_whatever_its_neighbours() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let names: Vec<String> = (0..3 * ROWS + 5).map(|number| format!("{number:04}")).collect();
        let rows: Vec<_> = (0..).zip(&names).map(|(at, name)| (at, name.as_str(), None)).collect();
        let (first, all) = (rows.get(..ROWS + 3).unwrap(), rows.as_slice());
        assert_eq!(committed(&mut store, first).len(), ROWS + 3);
        assert_eq!(committed(&mut store, all), names.get(ROWS + 3..).unwrap(), "the known ones again");
        assert_eq!(committed(&mut store, all), [""; 0]);
        assert_eq!(committed(&mut store, &[(1, "new", None), (1, "new", Some("17"))]), ["new"]);
        let reasons: Vec<_> =
            all.iter().map(|(at, badge, _)| (at + 1000, *badge, (at % 7 == 0).then_some("17"))).collect();
        assert_eq!(committed(&mut store, &reasons).len(), all.len());
        assert_eq!(store.count_punches().unwrap(), 2 * all.len() as u64 + 1);
        let badges = names.iter().map(String::as_str).collect();
        let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let stored = store.punches_of(&badges, day, day).unwrap();
        let with_reason = stored.iter().filter(|punch| punch.reason_raw.as_deref() == Some("17"));
        assert_eq!(with_reason.count(), reasons.iter().filter(|row| row.2.is_some()).count());
        for punch in stored {
            assert_eq!(store.raw_line(&punch).unwrap().unwrap(), punch.badge.as_bytes());
        }
    }
}

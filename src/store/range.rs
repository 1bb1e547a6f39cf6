//! The punches of a stretch of time, by badge: one pass over the table, whatever the number of
//! badges, eight bytes each, so that the month of thousands fits in little memory.

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use rusqlite::Row;

use crate::domain::ids::ReaderId;

use super::punches::midnight;
use super::{Store, StoreError};

/// What a punch says besides when it was and whose: most punches share a few of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// The device's own word for the direction.
    pub direction_raw: String,
    /// The reader that saw it.
    pub reader: ReaderId,
    /// The offset from UTC, when the device wrote one or the host stamped the time.
    pub offset: Option<FixedOffset>,
    /// The device's own code of a reason.
    pub reason_raw: Option<String>,
}

/// A punch, in numbers: when (in seconds from the start of the range), and what it says.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    second: u32,
    saying: u32,
}

/// The punches of some badges between two dates.
#[derive(Debug)]
pub struct PunchRange {
    start: i64,
    /// Of each badge in the order of time.
    badges: HashMap<String, Vec<Stamp>>,
    sayings: Vec<Saying>,
}

impl PunchRange {
    /// The punches of one badge, in the order of time: the device's civil time, and the rest.
    pub fn of(&self, badge: &str) -> impl Iterator<Item = (NaiveDateTime, usize)> + '_ {
        let own = self.badges.get(badge).into_iter().flatten();
        own.filter_map(|stamp| {
            let local = DateTime::from_timestamp(self.start + i64::from(stamp.second), 0)?;
            Some((local.naive_utc(), stamp.saying as usize))
        })
    }

    /// All that the punches say, in the order of the numbers that [`of`](Self::of) gives.
    pub fn sayings(&self) -> &[Saying] {
        &self.sayings
    }
}

/// The sayings met so far.
#[derive(Debug, Default)]
struct Sayings {
    all: Vec<Saying>,
    /// By the columns of the row, one after the other.
    numbers: HashMap<Vec<u8>, u32>,
    /// Of the row before: most rows say the same again.
    last: Option<(Vec<u8>, u32)>,
    columns: Vec<u8>,
}

impl Sayings {
    /// The number of the saying of a row, whose columns from the third on are the direction, the
    /// reader, its offset and its reason.
    fn number(&mut self, row: &Row<'_>, readers: &HashMap<i64, ReaderId>) -> Result<u32, StoreError> {
        let direction = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
        let reader: i64 = row.get(3)?;
        let minutes: Option<i16> = row.get(4)?;
        let reason = row.get_ref(5)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
        self.columns.clear();
        self.columns.extend_from_slice(&reader.to_le_bytes());
        self.columns.extend_from_slice(&minutes.unwrap_or(i16::MAX).to_le_bytes());
        self.columns.extend_from_slice(direction);
        if let Some(reason) = reason {
            self.columns.push(u8::MAX); // in no text
            self.columns.extend_from_slice(reason);
        }
        match &self.last {
            Some((columns, number)) if *columns == self.columns => return Ok(*number),
            _ => (),
        }
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(self.columns.clone()).or_insert(next);
        if number == next {
            let reader = readers.get(&reader).cloned();
            self.all.push(Saying {
                direction_raw: row.get(2)?,
                reader: reader.ok_or_else(|| StoreError::Damaged("a punch without a reader".to_owned()))?,
                offset: minutes.and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60)),
                reason_raw: row.get(5)?,
            });
        }
        self.last = Some((self.columns.clone(), number));
        Ok(number)
    }
}

impl Store {
    /// The punches of some badges whose device dates lie in `from..=to`.
    pub fn punch_range<'b>(
        &self,
        of: impl IntoIterator<Item = &'b str>,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<PunchRange, StoreError> {
        let mut badges: HashMap<String, Vec<Stamp>> =
            of.into_iter().map(|badge| (badge.to_owned(), Vec::new())).collect();
        let readers = self.reader_names()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT local, badge, direction, reader, zone_minutes, reason FROM punch
             WHERE local >= ?1 AND local < ?2 ORDER BY local",
        )?;
        let (start, end) = (midnight(from), midnight(to.succ_opt().unwrap_or(to)));
        // four on each of five days of a week: the list of a month seldom has to grow
        let usual = usize::try_from((to - from).num_days() + 1).unwrap_or_default() * 3;
        let mut sayings = Sayings::default();
        let mut rows = statement.query((start, end))?;
        while let Some(row) = rows.next()? {
            let badge = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            let Some(stamps) = badges.get_mut(badge) else { continue };
            let second = row.get::<_, i64>(0)? - start;
            let second = u32::try_from(second).unwrap_or(u32::MAX);
            if stamps.is_empty() {
                stamps.reserve(usual);
            }
            stamps.push(Stamp { second, saying: sayings.number(row, &readers)? });
        }
        Ok(PunchRange { start, badges, sayings: sayings.all })
    }

    /// Another connection to the same database, for a thread that reads beside this one. It may see
    /// what is written in the meantime.
    pub fn beside(&self) -> Result<Self, StoreError> {
        let path = self.connection.path().map(Path::new).and_then(Path::parent);
        Self::open_read_only(path.unwrap_or(Path::new("")))
    }
}

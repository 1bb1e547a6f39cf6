//! The punches of a stretch of time, by badge: one pass over the table, whatever the number of
//! badges, eight bytes each, so that the month of thousands fits in little memory.

use std::collections::HashMap;
use std::path::Path;

use chrono::{Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use foldhash::fast::RandomState;
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

/// Seconds.
const DAY: u32 = 86_400;

/// A punch, in numbers: when (in seconds from the start of the range), and what it says.
#[derive(Debug, Clone, Copy)]
struct Stamp {
    second: u32,
    saying: u32,
}

/// The punches of some badges between two dates.
#[derive(Debug)]
pub struct PunchRange {
    first: NaiveDate,
    /// Of each badge in the order of time. Every punch is looked up, and the keys are the office's own.
    badges: HashMap<String, Vec<Stamp>, RandomState>,
    sayings: Vec<Saying>,
}

impl PunchRange {
    /// The punches of one badge, in the order of time: the device's civil time, and the rest.
    pub fn of(&self, badge: &str) -> impl Iterator<Item = (NaiveDateTime, usize)> + '_ {
        let own = self.badges.get(badge).into_iter().flatten();
        // several of them are of one day
        let mut today = (u32::MAX, NaiveDate::MIN);
        own.filter_map(move |stamp| {
            let (day, second) = (stamp.second / DAY, stamp.second % DAY);
            if today.0 != day {
                today = (day, self.first.checked_add_days(Days::new(day.into()))?);
            }
            let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?;
            Some((today.1.and_time(time), stamp.saying as usize))
        })
    }

    /// All that the punches say, in the order of the numbers that [`of`](Self::of) gives.
    pub fn sayings(&self) -> &[Saying] {
        &self.sayings
    }
}

/// The sayings met so far, each as the columns of its row wrote it: a handful for each reader.
#[derive(Debug, Default)]
struct Sayings {
    all: Vec<Saying>,
    written: Vec<Written>,
    /// Of the row before: most rows say the same again.
    last: usize,
}

/// What a row says, in its columns.
#[derive(Debug)]
struct Written {
    direction: Vec<u8>,
    reader: i64,
    minutes: Option<i16>,
    reason: Option<Vec<u8>>,
}

impl Sayings {
    /// The number of the saying of a row, whose columns from the third on are the direction, the
    /// reader, its offset and its reason.
    fn number(&mut self, row: &Row<'_>, readers: &HashMap<i64, ReaderId>) -> Result<u32, StoreError> {
        let direction = row.get_ref(2)?.as_bytes().map_err(rusqlite::Error::from)?;
        let reader: i64 = row.get(3)?;
        let minutes: Option<i16> = row.get(4)?;
        let reason = row.get_ref(5)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
        let is_same = |written: &Written| {
            written.direction == direction
                && written.reader == reader
                && written.minutes == minutes
                && written.reason.as_deref() == reason
        };
        if !self.written.get(self.last).is_some_and(is_same) {
            self.last = if let Some(known) = self.written.iter().position(is_same) {
                known
            } else {
                let (direction, reason) = (direction.to_vec(), reason.map(<[u8]>::to_vec));
                self.written.push(Written { direction, reader, minutes, reason });
                let reader = readers.get(&reader).cloned();
                self.all.push(Saying {
                    direction_raw: row.get(2)?,
                    reader: reader
                        .ok_or_else(|| StoreError::Damaged("a punch without a reader".to_owned()))?,
                    offset: minutes.and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60)),
                    reason_raw: row.get(5)?,
                });
                self.written.len() - 1
            };
        }
        Ok(u32::try_from(self.last).unwrap_or(u32::MAX))
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
        let mut badges: HashMap<String, Vec<Stamp>, RandomState> =
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
        Ok(PunchRange { first: from, badges, sayings: sayings.all })
    }

    /// Another connection to the same database, for a thread that reads beside this one. It may see
    /// what is written in the meantime.
    pub fn beside(&self) -> Result<Self, StoreError> {
        let path = self.connection.path().map(Path::new).and_then(Path::parent);
        Self::open_read_only(path.unwrap_or(Path::new("")))
    }
}

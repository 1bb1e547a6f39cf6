//! The punches of a stretch of time, by badge: one pass over the table, whatever the number of
//! badges, held as numbers, so that the month of thousands fits in little memory.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, FixedOffset, NaiveDate};
use rusqlite::types::ValueRef;

use crate::domain::ids::ReaderId;
use crate::domain::punch::{Provenance, Punch};

use super::punches::midnight;
use super::{Store, StoreError};

/// A row of the table; texts by their number.
#[derive(Debug, Clone, Copy)]
struct Row {
    badge: u32,
    direction: u32,
    reason: Option<u32>,
    reader: u32,
    local: i64,
    batch: i64,
    line: u64,
    offset_minutes: Option<i16>,
}

/// The punches of some badges between two dates.
#[derive(Debug, Default)]
pub struct PunchRange {
    /// By badge, then in the order of time.
    rows: Vec<Row>,
    badges: Words,
    words: Words,
    readers: Vec<ReaderId>,
}

impl PunchRange {
    /// The punches of one badge, in the order of time.
    pub fn of(&self, badge: &str) -> impl Iterator<Item = Punch> + '_ {
        let badge = self.badges.numbers.get(badge).copied();
        let own = badge.map_or(&[][..], |badge| {
            let from = self.rows.partition_point(|row| row.badge < badge);
            let to = self.rows.partition_point(|row| row.badge <= badge);
            self.rows.get(from..to).unwrap_or_default()
        });
        own.iter().filter_map(|row| self.punch(row))
    }

    fn punch(&self, row: &Row) -> Option<Punch> {
        Some(Punch {
            local: DateTime::from_timestamp(row.local, 0)?.naive_utc(),
            badge: self.badges.text(row.badge)?.to_owned(),
            direction_raw: self.words.text(row.direction)?.to_owned(),
            reader: self.readers.get(row.reader as usize)?.clone(),
            offset: row.offset_minutes.and_then(|minutes| FixedOffset::east_opt(i32::from(minutes) * 60)),
            reason_raw: row.reason.and_then(|reason| self.words.text(reason)).map(str::to_owned),
            provenance: Provenance { batch: row.batch, line: row.line },
        })
    }
}

/// Texts that come again and again, each kept once.
#[derive(Debug, Default)]
struct Words {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Words {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        number
    }

    fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(String::as_str)
    }
}

impl Store {
    /// The punches of some badges whose device dates lie in `from..=to`.
    pub fn punch_range(
        &self,
        badges: &HashSet<&str>,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<PunchRange, StoreError> {
        let mut range = PunchRange::default();
        let mut readers: HashMap<i64, u32> = HashMap::new();
        for (number, reader) in self.reader_names()? {
            readers.insert(number, u32::try_from(range.readers.len()).unwrap_or(u32::MAX));
            range.readers.push(reader);
        }
        let mut statement = self.connection.prepare_cached(
            "SELECT local, badge, direction, reader, zone_minutes, reason, batch, line FROM punch
             WHERE local >= ?1 AND local < ?2",
        )?;
        let end = to.succ_opt().unwrap_or(to);
        let mut rows = statement.query((midnight(from), midnight(end)))?;
        while let Some(row) = rows.next()? {
            let badge = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            if !badges.contains(badge) {
                continue;
            }
            let local: i64 = row.get(0)?;
            let reader = readers.get(&row.get::<_, i64>(3)?);
            let (Some(reader), Some(_)) = (reader, DateTime::from_timestamp(local, 0)) else {
                return Err(StoreError::Damaged("a punch without a time or a reader".to_owned()));
            };
            let reason = match row.get_ref(5)? {
                ValueRef::Null => None,
                text => Some(range.words.number(text.as_str().map_err(rusqlite::Error::from)?)),
            };
            range.rows.push(Row {
                badge: range.badges.number(badge),
                direction: range.words.number(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?),
                reason,
                reader: *reader,
                local,
                batch: row.get(6)?,
                line: row.get::<_, i64>(7)?.cast_unsigned(),
                offset_minutes: row.get(4)?,
            });
        }
        range.rows.sort_by_key(|row| row.badge);
        Ok(range)
    }
}

//! Steps of the host's clock. The times that it gave around one may be wrong; what it gave is never
//! changed, so that the step itself is kept.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Transaction;

use super::{Store, StoreError, commit};

/// A step of the host's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// The last look at the clock before it.
    pub before: DateTime<Utc>,
    /// The first look at the clock after it.
    pub after: DateTime<Utc>,
    /// How far it went; negative: back.
    pub by: TimeDelta,
}

impl ClockStep {
    /// A punch within this time of a step may owe its time to the wrong clock.
    pub const AROUND: TimeDelta = TimeDelta::hours(1);

    /// True for a time that the clock gave around the step, on either side of it.
    pub fn is_around(&self, at: DateTime<Utc>) -> bool {
        let sides = [self.before, self.after - self.by, self.after];
        let first = sides.iter().min().is_some_and(|first| *first - Self::AROUND <= at);
        let last = sides.iter().max().is_some_and(|last| at <= *last + Self::AROUND);
        first && last
    }
}

/// Notes a step. When the clock went back, readers are covered up to its present time only.
pub(super) fn note(transaction: &Transaction<'_>, step: &ClockStep) -> Result<(), StoreError> {
    let after = step.after.timestamp();
    transaction.execute(
        "INSERT INTO clock_step (before, after, milliseconds) VALUES (?1, ?2, ?3)",
        (step.before.timestamp(), after, step.by.num_milliseconds()),
    )?;
    cover_no_further(transaction, after)
}

/// Readers are covered up to this time at most: nobody can have listened to one later.
fn cover_no_further(transaction: &Transaction<'_>, than: i64) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE reader SET covered_until = ?1 WHERE covered_until > ?1 AND id IN (SELECT reader FROM port)",
        [than],
    )?;
    Ok(())
}

impl Store {
    /// What a clock that was ahead when the program started has covered is not covered: readers are up to now
    /// only.
    pub fn cover_until_now(&mut self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        cover_no_further(&transaction, now.timestamp())?;
        commit(transaction)
    }

    /// The steps of the host's clock between two times, by the clock after the step, in the order in
    /// which they were noted.
    pub fn clock_steps(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<ClockStep>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT before, after, milliseconds FROM clock_step WHERE max(before, after) >= ?1 AND min(before, after) <= ?2
             ORDER BY id",
        )?;
        let rows = statement.query_map((from.timestamp(), to.timestamp()), |row| {
            let at = |index| {
                Ok::<_, rusqlite::Error>(DateTime::from_timestamp(row.get(index)?, 0).unwrap_or_default())
            };
            Ok(ClockStep { before: at(0)?, after: at(1)?, by: TimeDelta::milliseconds(row.get(2)?) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_on_both_sides_are_around_a_step() {
        let at = |minutes: i64| DateTime::from_timestamp(1_800_000_000 + minutes * 60, 0).unwrap();
        // a look at minute 0; ten minutes later the clock goes two hours ahead
        let ahead = ClockStep { before: at(0), after: at(130), by: TimeDelta::minutes(120) };
        for (minute, around) in [(-61, false), (-60, true), (9, true), (131, true), (190, true), (191, false)]
        {
            assert_eq!(ahead.is_around(at(minute)), around, "{minute}");
        }
        let back = ClockStep { before: at(0), after: at(-110), by: TimeDelta::minutes(-120) };
        for (minute, around) in [(-171, false), (-109, true), (5, true), (70, true), (71, false)] {
            assert_eq!(back.is_around(at(minute)), around, "{minute}");
        }
    }
}

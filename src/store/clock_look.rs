//! The last time the wall clock could be believed, and the latest time it ever showed.

use chrono::{DateTime, TimeDelta, Utc};

use rusqlite::OptionalExtension;

use crate::domain::clock_guard::Look;

use super::fingerprints::{self, Kind};
use super::uptime::Uptime;
use super::{Store, StoreError, commit};

/// The facts of the store.
const LAST: &str = "clock_look";
const LATEST: &str = "max_seen_wall";

impl Look {
    /// Both clocks at this moment; `wall` is what the wall clock shows.
    pub fn at(wall: DateTime<Utc>) -> Self {
        let Uptime { machine, milliseconds } = Uptime::now();
        Self { wall, machine: machine.to_owned(), uptime: TimeDelta::milliseconds(milliseconds) }
    }
}

impl Store {
    /// The last sound look at the clock, and the latest time that a sound look ever showed.
    pub fn clock_looks(&self) -> Result<(Option<Look>, Option<DateTime<Utc>>), StoreError> {
        let last = self.fact(LAST)?.as_deref().and_then(look);
        let latest = self.fact(LATEST)?.and_then(|text| text.parse().ok());
        Ok((last, latest))
    }

    /// Keeps a sound look. With the name of a system user who says that the clock is right, what was seen
    /// before is forgotten, and that they said so is kept.
    pub fn keep_clock_look(&mut self, look: &Look, confirmed_by: Option<&str>) -> Result<(), StoreError> {
        let earlier = self.clock_looks()?.1.filter(|_| confirmed_by.is_none());
        let latest = earlier.map_or(look.wall, |earlier| earlier.max(look.wall));
        let text = format!("{} {} {}", look.wall.to_rfc3339(), look.machine, look.uptime.num_milliseconds());
        let transaction = self.write()?;
        for (name, value) in [(LAST, text), (LATEST, latest.to_rfc3339())] {
            transaction
                .prepare_cached(
                    "INSERT INTO fact (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )?
                .execute((name, value))?;
        }
        if let Some(author) = confirmed_by {
            transaction.execute(
                "INSERT INTO clock_confirmation (at, author) VALUES (?1, ?2)",
                (look.wall.timestamp(), author),
            )?;
            fingerprints::note(&transaction, Kind::Confirmation, transaction.last_insert_rowid(), true)?;
        }
        commit(transaction)
    }

    /// Who said last that the clock is right, and when.
    pub fn clock_confirmation(&self) -> Result<Option<(DateTime<Utc>, String)>, StoreError> {
        let sql = "SELECT at, author FROM clock_confirmation ORDER BY id DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let last = statement.query_row([], |row| {
            Ok((DateTime::from_timestamp(row.get(0)?, 0).unwrap_or_default(), row.get(1)?))
        });
        Ok(last.optional()?)
    }
}

fn look(text: &str) -> Option<Look> {
    let [wall, machine, uptime] = text.split(' ').collect::<Vec<_>>().try_into().ok()?;
    Some(Look {
        wall: wall.parse().ok()?,
        machine: machine.to_owned(),
        uptime: TimeDelta::milliseconds(uptime.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_time_is_kept_until_a_person_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.clock_looks().unwrap(), (None, None));
        let at = |hour: u32| format!("2026-11-02T{hour:02}:00:00Z").parse::<DateTime<Utc>>().unwrap();
        for (hour, confirmed_by, latest) in
            [(8, None, 8), (10, None, 10), (9, None, 10), (7, Some("anna"), 7)]
        {
            let look = Look::at(at(hour));
            store.keep_clock_look(&look, confirmed_by).unwrap();
            assert_eq!(store.clock_looks().unwrap(), (Some(look), Some(at(latest))), "{hour}");
            let by = confirmed_by.map(|author| (at(hour), author.to_owned()));
            assert_eq!(store.clock_confirmation().unwrap(), by, "{hour}");
        }
    }
}

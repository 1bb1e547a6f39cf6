//! Alarms that stand, and by which ways each has been told.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};

use crate::domain::alarm::{Alarm, AlarmKind, Level};

use super::{Store, StoreError, commit};

/// An alarm of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaisedAlarm {
    /// Its number.
    pub id: i64,
    /// When it was raised.
    pub at: DateTime<Utc>,
    /// What it says.
    pub alarm: Alarm,
}

const COLUMNS: &str = "id, at, kind, level, subject, occasion, text, outbox";

fn raised(row: &Row<'_>) -> rusqlite::Result<Option<RaisedAlarm>> {
    let (kind, level): (String, String) = (row.get(2)?, row.get(3)?);
    let Some((kind, level)) = AlarmKind::parse(&kind).zip(Level::parse(&level)) else { return Ok(None) };
    let alarm = Alarm {
        kind,
        level,
        subject: row.get(4)?,
        occasion: row.get(5)?,
        text: row.get(6)?,
        message: row.get(7)?,
    };
    Ok(Some(RaisedAlarm {
        id: row.get(0)?,
        at: DateTime::from_timestamp(row.get(1)?, 0).unwrap_or_default(),
        alarm,
    }))
}

/// Raises an alarm inside of a transaction. False when it stands already.
pub(super) fn raise(connection: &Connection, alarm: &Alarm, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let new = connection
        .prepare_cached(
            "INSERT INTO alarm (at, kind, level, subject, occasion, text, outbox) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            now.timestamp(),
            alarm.kind.code(),
            alarm.level.code(),
            &alarm.subject,
            &alarm.occasion,
            &alarm.text,
            alarm.message,
        ))?;
    Ok(new > 0)
}

/// Alarms of these kinds about a message are over, inside of a transaction.
pub(super) fn clear_of_message(
    connection: &Connection,
    message: i64,
    kinds: &[AlarmKind],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for kind in kinds {
        connection
            .prepare_cached(
                "UPDATE alarm SET cleared_at = ?3 WHERE outbox = ?1 AND kind = ?2 AND cleared_at IS NULL",
            )?
            .execute((message, kind.code(), now.timestamp()))?;
    }
    Ok(())
}

/// All alarms about a subject are over, inside of a transaction.
pub(super) fn clear(connection: &Connection, subject: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE alarm SET cleared_at = ?2 WHERE subject = ?1 AND cleared_at IS NULL")?
        .execute((subject, now.timestamp()))?;
    Ok(())
}

impl Store {
    /// Raises an alarm. False when it stands already: then nothing was done.
    pub fn raise_alarm(&mut self, alarm: &Alarm, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let new = raise(&transaction, alarm, now)?;
        if new {
            commit(transaction)?;
        }
        Ok(new)
    }

    /// What it was about is over: the alarms of that kind and subject no longer stand. Returns how
    /// many there were.
    pub fn clear_alarms(
        &mut self,
        kind: AlarmKind,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let standing = "SELECT 1 FROM alarm WHERE kind = ?1 AND subject = ?2 AND cleared_at IS NULL";
        if !self.connection.prepare_cached(standing)?.exists((kind.code(), subject))? {
            return Ok(0); // asked often, and mostly for nothing: no reason to hold the store
        }
        let transaction = self.write()?;
        let cleared = transaction.execute(
            "UPDATE alarm SET cleared_at = ?3 WHERE kind = ?1 AND subject = ?2 AND cleared_at IS NULL",
            (kind.code(), subject, now.timestamp()),
        )?;
        commit(transaction)?;
        Ok(cleared)
    }

    /// One alarm is over.
    pub fn end_alarm(&mut self, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        transaction.execute(
            "UPDATE alarm SET cleared_at = ?2 WHERE id = ?1 AND cleared_at IS NULL",
            (id, now.timestamp()),
        )?;
        commit(transaction)
    }

    /// The alarms that stand, the oldest first.
    pub fn alarms(&self) -> Result<Vec<RaisedAlarm>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM alarm WHERE cleared_at IS NULL ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], raised)?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// The alarms that stand and have not been told by this way, the oldest first.
    pub fn untold_alarms(&self, way: &str) -> Result<Vec<RaisedAlarm>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM alarm WHERE cleared_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM alarm_told WHERE alarm = alarm.id AND way = ?1) ORDER BY id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([way], raised)?;
        Ok(rows.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    /// Remembers that an alarm was told by this way.
    pub fn alarm_told(&mut self, id: i64, way: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO alarm_told (alarm, way, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (id, way, now.timestamp()),
        )?;
        commit(transaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_raised_once_told_once_and_may_come_again_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
        let alarm = Alarm::of(AlarmKind::Login, Level::Orange, "mailbox", "accesso rifiutato");
        assert!(store.raise_alarm(&alarm, now).unwrap());
        assert!(!store.raise_alarm(&alarm, now).unwrap());
        // another level, another occasion, another subject: each is one of its own
        for other in [
            Alarm { level: Level::Red, ..alarm.clone() },
            alarm.clone().on("2026-11-02 09"),
            Alarm { subject: "alerts".to_owned(), ..alarm.clone() },
        ] {
            assert!(store.raise_alarm(&other, now).unwrap(), "{other:?}");
        }
        assert_eq!(store.alarms().unwrap().len(), 4);
        assert_eq!(store.alarms().unwrap()[0].alarm, alarm);

        for raised in store.untold_alarms("log").unwrap() {
            store.alarm_told(raised.id, "log", now).unwrap();
        }
        assert!(store.untold_alarms("log").unwrap().is_empty());
        assert_eq!(store.untold_alarms("folder").unwrap().len(), 4);

        assert_eq!(store.clear_alarms(AlarmKind::Login, "mailbox", now).unwrap(), 3);
        assert_eq!(store.clear_alarms(AlarmKind::Login, "mailbox", now).unwrap(), 0);
        assert_eq!(store.alarms().unwrap().len(), 1);
        assert!(store.raise_alarm(&alarm, now).unwrap());
        assert_eq!(store.untold_alarms("log").unwrap().len(), 1);
    }
}

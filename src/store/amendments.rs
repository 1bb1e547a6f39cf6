//! Comparisons of what was sent with what it computes to now: what may have changed since the last
//! one, and what it found.

use std::collections::HashMap;

use chrono::DateTime;
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::drift::Drift;
use crate::domain::month::Month;
use crate::domain::month_days::dates_needed;

use super::punches::midnight;
use super::{Store, StoreError, commit};

/// What a comparison knew: while none of it changes, another one would find the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// How often punches came that may belong to a sent month.
    pub late: i64,
    /// The last entry of the register.
    pub register: i64,
    /// The last event of a malfunction.
    pub malfunction: i64,
}

/// The last comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Fingerprint of the configuration and the program.
    pub basis: [u8; 32],
    /// What it knew.
    pub marks: Marks,
    /// The last statement that it compared.
    pub statement: i64,
    /// Fingerprint of what the readers had covered; of no account where no sent month awaits data.
    pub covers: [u8; 32],
}

/// A statement that no longer says what its month computes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drifted {
    /// Since when, and whether a person must decide.
    pub drift: Drift,
    /// How many cells differ.
    pub cells: u32,
}

/// Notes that punches came which may belong to a month that was sent: of the earliest of them, if any came.
pub(super) fn note_late(transaction: &Transaction<'_>, earliest: Option<i64>) -> Result<(), StoreError> {
    let Some(earliest) = earliest else { return Ok(()) };
    transaction
        .prepare_cached("UPDATE look SET late = late + 1 WHERE ?1 < sent_until")?
        .execute([earliest])?;
    Ok(())
}

fn fingerprint(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or_default()
}

impl Store {
    /// From now on, punches that come for a month are late. To be called before the month is computed
    /// for its statement: what comes in between is in the one or counts as the other.
    pub fn expect_late(&mut self, month: Month) -> Result<(), StoreError> {
        let (_, last) = dates_needed(month);
        let until = midnight(last.succ_opt().unwrap_or(last));
        let transaction = self.write()?;
        let changed = transaction
            .prepare_cached("UPDATE look SET sent_until = ?1 WHERE sent_until < ?1")?
            .execute([until])?;
        if changed > 0 {
            commit(transaction)?;
        }
        Ok(())
    }

    /// What a comparison would know now.
    pub fn marks(&self) -> Result<Marks, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT late, ifnull((SELECT max(id) FROM register), 0),
             ifnull((SELECT max(id) FROM malfunction), 0) FROM look",
        )?;
        let marks = statement.query_row([], |row| {
            Ok(Marks { late: row.get(0)?, register: row.get(1)?, malfunction: row.get(2)? })
        })?;
        Ok(marks)
    }

    /// True when another connection has written since the last call. Costs no access to the disk.
    pub fn has_changed(&self, version: &mut i64) -> Result<bool, StoreError> {
        let now: i64 = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(std::mem::replace(version, now) != now)
    }

    /// The last comparison; none before the first.
    pub fn last_look(&self) -> Result<Option<Look>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT basis, statement, seen_late, register, covers, malfunction FROM look WHERE basis IS NOT NULL",
        )?;
        let look = statement.query_row([], |row| {
            Ok(Look {
                basis: fingerprint(row.get_ref(0)?.as_blob()?),
                marks: Marks { late: row.get(2)?, register: row.get(3)?, malfunction: row.get(5)? },
                statement: row.get(1)?,
                covers: fingerprint(row.get_ref(4)?.as_blob()?),
            })
        });
        Ok(look.optional()?)
    }

    /// What the last comparison found, by statement.
    pub fn drifted(&self) -> Result<HashMap<i64, Drifted>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT statement, fingerprint, cells, since, held FROM drift")?;
        let rows = statement.query_map([], |row| {
            let drift = Drift {
                fingerprint: fingerprint(row.get_ref(1)?.as_blob()?),
                since: DateTime::from_timestamp(row.get(3)?, 0).unwrap_or_default(),
                held: row.get(4)?,
            };
            Ok((row.get(0)?, Drifted { drift, cells: row.get(2)? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a comparison in the place of the one before.
    pub fn keep_look(&mut self, look: &Look, found: &[(i64, Drifted)]) -> Result<(), StoreError> {
        let transaction = self.write()?;
        transaction.execute(
            "UPDATE look SET basis = ?1, statement = ?2, seen_late = ?3, register = ?4, covers = ?5,
             malfunction = ?6",
            (
                look.basis.as_slice(),
                look.statement,
                look.marks.late,
                look.marks.register,
                look.covers.as_slice(),
                look.marks.malfunction,
            ),
        )?;
        transaction.execute("DELETE FROM drift", [])?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO drift (statement, fingerprint, cells, since, held) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (statement, Drifted { drift, cells }) in found {
            let since = drift.since.timestamp();
            insert.execute((statement, drift.fingerprint.as_slice(), cells, since, drift.held))?;
        }
        drop(insert);
        commit(transaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_kept_until_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!((store.last_look().unwrap(), store.marks().unwrap()), (None, Marks::default()));
        let statement = "INSERT INTO statement VALUES (?1, 'a', '2026-10', ?1, ?1, 2026, 0, 0, x'', x'')";
        for id in [1, 2] {
            store.connection.execute(statement, [id]).unwrap();
        }
        let marks = store.marks().unwrap();
        let look = Look { basis: [1; 32], marks, statement: 2, covers: [2; 32] };
        let since = DateTime::from_timestamp(1_793_865_600, 0).unwrap();
        let drift = Drift { fingerprint: [3; 32], since, held: true };
        for found in [vec![(2, Drifted { drift, cells: 7 })], Vec::new()] {
            store.keep_look(&look, &found).unwrap();
            assert_eq!(store.last_look().unwrap(), Some(look.clone()));
            assert_eq!(store.drifted().unwrap(), found.into_iter().collect());
        }
    }

    #[test]
    fn only_punches_of_sent_months_are_late() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let mut late = |time: &str| {
            let at: chrono::NaiveDateTime = time.parse().unwrap();
            let transaction = store.write().unwrap();
            note_late(&transaction, Some(at.and_utc().timestamp())).unwrap();
            let late =
                transaction.query_row("SELECT late FROM look", [], |row| row.get::<_, i64>(0)).unwrap();
            transaction.commit().unwrap();
            late
        };
        assert_eq!(late("2026-10-05T08:00:00"), 0);
        let mut other = Store::open(folder.path()).unwrap();
        for month in ["2026-10", "2026-09"] {
            other.expect_late(Month::parse(month).unwrap()).unwrap();
        }
        assert_eq!(late("2026-11-02T00:00:00"), 0);
        assert_eq!(late("2026-11-01T23:59:59"), 1); // the exit of a night
        assert_eq!(late("2026-10-05T08:00:00"), 2);
    }
}

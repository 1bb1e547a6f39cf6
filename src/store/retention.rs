//! Retention: punches of badges that nobody holds are forgotten some days after the punch.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};

use crate::domain::ids::ReaderId;

use super::punches::midnight;
use super::tally::{self, Tallies};
use super::{Store, StoreError, commit};

/// Rows looked at in one transaction, so that nobody waits long for the right to write.
const STRETCH: u32 = 10_000;

const DELETE: &str = "DELETE FROM punch WHERE local = ?1 AND badge = ?2 AND direction = ?3 AND reader = ?4";

impl Store {
    /// How many punches of a span of days have a badge that nobody holds; without an end, of all later or
    /// earlier ones.
    pub fn count_unmatched(
        &self,
        (since, before): (Option<NaiveDate>, Option<NaiveDate>),
        is_held: impl Fn(&str, &ReaderId, NaiveDate) -> bool,
    ) -> Result<u64, StoreError> {
        let names = self.reader_names()?;
        let sql = "SELECT local, badge, reader FROM punch WHERE local >= ?1 AND local < ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let span = (since.map_or(i64::MIN, midnight), before.map_or(i64::MAX, midnight));
        let mut rows = statement.query(span)?;
        let mut unmatched = 0;
        while let Some(row) = rows.next()? {
            // whose a damaged one is nobody knows, and `verify` names it
            if let (Ok(local), Ok(badge), Ok(reader)) = (row.get(0), row.get_ref(1)?.as_str(), row.get(2)) {
                unmatched += u64::from(!may_be_held(&names, &is_held, (local, badge, reader)));
            }
        }
        Ok(unmatched)
    }

    /// Forgets the punches before a date whose badge nobody holds. Returns how many. Files that brought
    /// them are no longer known: when somebody holds the badge again, they can be read anew.
    pub fn forget_unmatched(
        &mut self,
        before: NaiveDate,
        is_held: impl Fn(&str, &ReaderId, NaiveDate) -> bool,
    ) -> Result<u64, StoreError> {
        let names = self.reader_names()?;
        let (delete, mut forgotten) = (tally::returning(DELETE, tally::PUNCH), 0);
        let mut from = (i64::MIN, String::new(), String::new(), i64::MIN);
        loop {
            let transaction = self.write()?;
            let mut select = transaction.prepare_cached(
                "SELECT local, badge, direction, reader FROM punch
                 WHERE (local, badge, direction, reader) > (?1, ?2, ?3, ?4) AND local < ?5 LIMIT ?6",
            )?;
            let key = (from.0, &from.1, &from.2, from.3, midnight(before), STRETCH);
            let (before_stretch, mut tallies) = (forgotten, Tallies::default());
            // what is damaged stays: it may be somebody's
            let keys = select
                .query_map(key, |row| Ok(<(i64, String, String, i64)>::try_from(row).ok()))?
                .filter_map(Result::transpose)
                .collect::<Result<Vec<_>, _>>()?;
            for key in &keys {
                if !may_be_held(&names, &is_held, (key.0, &key.1, key.3)) {
                    let params = (key.0, &key.1, &key.2, key.3);
                    forgotten += tally::forget(&transaction, &delete, params, &mut tallies)?;
                }
            }
            drop(select);
            if forgotten > before_stretch {
                tallies.note(&transaction)?;
                transaction.execute(
                    "INSERT INTO fact (name, value) SELECT 'forgotten_up_to_batch', max(id) FROM batch WHERE true
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    [],
                )?;
            }
            commit(transaction)?;
            match keys.into_iter().next_back() {
                Some(last) => from = last,
                None => return Ok(forgotten),
            }
        }
    }
}

/// True when somebody holds the badge of a punch, or nobody can say, since its reader or its time is none.
fn may_be_held(
    names: &HashMap<i64, ReaderId>,
    is_held: impl Fn(&str, &ReaderId, NaiveDate) -> bool,
    (local, badge, reader): (i64, &str, i64),
) -> bool {
    let date = DateTime::from_timestamp(local, 0).map(|at| at.date_naive());
    date.zip(names.get(&reader)).is_none_or(|(date, reader)| is_held(badge, reader, date))
}

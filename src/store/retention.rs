//! Retention: punches of badges that nobody holds are forgotten some days after the punch.

use chrono::{DateTime, NaiveDate};

use crate::domain::ids::ReaderId;

use super::punches::midnight;
use super::{Store, StoreError, commit};

/// Rows looked at in one transaction, so that nobody waits long for the right to write.
const STRETCH: u32 = 10_000;

impl Store {
    /// Forgets the punches before a date whose badge nobody holds. Returns how many. Files that brought
    /// them are no longer known: when somebody holds the badge again, they can be read anew.
    pub fn forget_unmatched(
        &mut self,
        before: NaiveDate,
        is_held: impl Fn(&str, &ReaderId, NaiveDate) -> bool,
    ) -> Result<u64, StoreError> {
        let names = self.reader_names()?;
        let mut forgotten = 0;
        let mut from = (i64::MIN, String::new(), String::new(), i64::MIN);
        loop {
            let transaction = self.write()?;
            let mut select = transaction.prepare_cached(
                "SELECT local, badge, direction, reader FROM punch
                 WHERE (local, badge, direction, reader) > (?1, ?2, ?3, ?4) AND local < ?5 LIMIT ?6",
            )?;
            let mut delete = transaction.prepare_cached(
                "DELETE FROM punch WHERE local = ?1 AND badge = ?2 AND direction = ?3 AND reader = ?4",
            )?;
            let key = (from.0, &from.1, &from.2, from.3, midnight(before), STRETCH);
            let before_stretch = forgotten;
            let keys: Vec<(i64, String, String, i64)> = select
                .query_map(key, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
                .collect::<Result<_, _>>()?;
            for key in &keys {
                let date = DateTime::from_timestamp(key.0, 0).map(|at| at.date_naive());
                let held =
                    date.zip(names.get(&key.3)).is_some_and(|(date, reader)| is_held(&key.1, reader, date));
                if !held {
                    forgotten += delete.execute((key.0, &key.1, &key.2, key.3))? as u64;
                }
            }
            drop((select, delete));
            if forgotten > before_stretch {
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

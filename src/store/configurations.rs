//! Small facts of the store itself, and the configurations that were in force.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::{Store, StoreError, commit};

impl Store {
    /// A small fact by its name.
    pub fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Sets a small fact.
    pub fn set_fact(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.connection.prepare_cached(sql)?.execute([name, value])?;
        Ok(())
    }

    /// Keeps the configuration in force, when it is another than the last one kept. True when it is.
    pub fn keep_configuration(
        &mut self,
        hash: &[u8; 32],
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let last: Option<Vec<u8>> = transaction
            .query_row("SELECT hash FROM configuration ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
            .optional()?;
        let changed = last.as_deref() != Some(hash.as_slice());
        if changed {
            transaction.execute(
                "INSERT INTO configuration (hash, since, text) VALUES (?1, ?2, ?3)",
                (hash.as_slice(), now.timestamp(), text),
            )?;
        }
        commit(transaction)?;
        Ok(changed)
    }
}

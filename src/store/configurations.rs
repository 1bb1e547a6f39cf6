//! The configurations that were in force.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::fingerprints::{self, Kind};
use super::{Store, StoreError, commit};

impl Store {
    /// Keeps the configuration in force, when it is another than the last one kept.
    pub fn keep_configuration(
        &mut self,
        hash: &[u8; 32],
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let last: Option<Vec<u8>> = transaction
            .query_row("SELECT hash FROM configuration ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
            .optional()?;
        if last.as_deref() != Some(hash.as_slice()) {
            transaction.execute(
                "INSERT INTO configuration (hash, since, text) VALUES (?1, ?2, ?3)",
                (hash.as_slice(), now.timestamp(), text),
            )?;
            fingerprints::note(&transaction, Kind::Configuration, transaction.last_insert_rowid(), true)?;
        }
        commit(transaction)
    }
}

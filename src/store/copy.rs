//! Copies of the whole store: one for a backup while a daemon writes, and one file in the place of three.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::{Store, StoreError, batches, migration, verify};

impl Store {
    /// Copies the store as it is at this moment into an empty file. Writers go on meanwhile; only content
    /// that is still in force is copied, so nothing that was forgotten survives in it. A damaged page ends
    /// the copy. The copy is whole in its one file, but not yet durable.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_string_lossy();
        self.connection.execute("VACUUM INTO ?1", [&*path])?;
        Ok(())
    }

    /// The number of this store's schema.
    pub fn schema(&self) -> Result<i64, StoreError> {
        migration::version(&self.connection)
    }

    /// The link of a chain at one of its numbers; none where it has no such number, or no such chain is
    /// counted over the whole store.
    pub fn chain_at(&self, key: &str, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = verify::table(key) else { return Ok(None) };
        let sql = format!("SELECT chain FROM {table} WHERE id = ?1");
        let mut statement = self.connection.prepare(&sql)?;
        Ok(statement.query_row([number.cast_signed()], |row| row.get(0)).optional()?)
    }

    /// The chains of readers, by name: how many links, and the last one.
    pub fn reader_chains(&self) -> Result<Vec<(String, u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT name, links, ifnull(chain, x'') FROM reader ORDER BY name";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok(<(String, i64, Vec<u8>)>::try_from(row).ok()))?;
        // what is damaged has no chain to go by, and `verify` names it
        let rows = rows.filter_map(Result::transpose);
        Ok(rows
            .map(|row| row.map(|(name, links, chain)| (name, links.cast_unsigned(), chain)))
            .collect::<Result<_, _>>()?)
    }

    /// The link of a reader's chain at one of its numbers.
    pub fn reader_chain_at(&self, reader: &str, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql =
            "SELECT batch.chain FROM batch JOIN reader ON reader.id = reader WHERE name = ?1 AND link = ?2";
        let mut statement = self.connection.prepare(sql)?;
        Ok(statement.query_row((reader, number.cast_signed()), |row| row.get(0)).optional()?.flatten())
    }

    /// The last batch; 0 where there is none.
    pub fn last_batch(&self) -> Result<i64, StoreError> {
        batches::last(&self.connection)
    }

    /// Whether a batch is there, but not taken whole.
    pub fn batch_is_open(&self, batch: i64) -> Result<bool, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM batch WHERE id = ?1 AND taken = 0")?;
        Ok(statement.exists([batch])?)
    }

    /// The content of a batch: the SHA-256 of its file. None where there is no such batch, or it was not
    /// taken whole.
    pub fn batch_content(&self, batch: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT content FROM batch WHERE id = ?1 AND taken = 1")?;
        Ok(statement.query_row([batch], |row| row.get(0)).optional()?.flatten())
    }

    /// Closes the store so that its file stands for itself, without a log beside it. Busy while somebody
    /// else has it open.
    pub fn close_as_one_file(self) -> Result<(), StoreError> {
        one_file(&self.connection)
    }
}

/// Folds the log into the database and leaves the mode that has one.
pub(super) fn one_file(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DATABASE;

    #[test]
    fn a_copy_holds_what_is_in_force_while_somebody_writes() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        store.keep_fact("kept", Some("yes")).unwrap();
        store.keep_fact("gone", Some("a word that was forgotten")).unwrap();
        store.keep_fact("gone", None).unwrap();
        let reader = Store::open_read_only(folder.path()).unwrap();
        let transaction = store.write().unwrap();
        let copy = folder.path().join("copy");
        std::fs::write(&copy, "").unwrap();
        reader.copy_to(&copy).unwrap();
        drop(transaction);
        let bytes = std::fs::read(&copy).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"a word"));
        let copy = Store::open_file(&copy).unwrap();
        assert_eq!(copy.fact("kept").unwrap().as_deref(), Some("yes"));
        assert!(copy.verify(&mut |_, _, _| ()).unwrap().iter().all(super::super::Checked::is_whole));
        copy.close_as_one_file().unwrap();
        assert!(!folder.path().join("copy-wal").exists());
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        store.set_patience(std::time::Duration::ZERO).unwrap();
        assert!(matches!(store.close_as_one_file(), Err(StoreError::Busy)), "somebody reads it");
        drop(reader);
        Store::open(folder.path()).unwrap().close_as_one_file().unwrap();
        assert!(!folder.path().join(format!("{DATABASE}-wal")).exists());
    }
}

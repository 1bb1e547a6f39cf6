//! Small facts of the store itself, by name; and the room that its disk has left.

use rusqlite::OptionalExtension;

use super::{Store, StoreError, commit};

impl Store {
    /// A fact.
    pub fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Keeps a fact, instead of what was kept under that name; none forgets it. Nothing is written
    /// when nothing changes.
    pub fn keep_fact(&mut self, name: &str, value: Option<&str>) -> Result<(), StoreError> {
        if self.fact(name)?.as_deref() == value {
            return Ok(());
        }
        let transaction = self.write()?;
        match value {
            Some(value) => transaction.execute(
                "INSERT INTO fact (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )?,
            None => transaction.execute("DELETE FROM fact WHERE name = ?1", [name])?,
        };
        commit(transaction)
    }

    /// Bytes that are free on the disk of the store for whoever runs this.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        let path = self.connection.path().unwrap_or_default();
        let room = rustix::fs::statvfs(path)
            .map_err(|error| StoreError::Unusable { path: path.into(), reason: error.to_string() })?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_kept_replaced_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!(store.fact("a").unwrap(), None);
        for value in [Some("1"), Some("2"), Some("2"), None, None] {
            store.keep_fact("a", value).unwrap();
            assert_eq!(store.fact("a").unwrap().as_deref(), value);
        }
        assert!(store.free_bytes().unwrap() > 0);
    }
}

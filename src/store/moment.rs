//! Two connections that see the store at one and the same moment: threads that share a reading must not find a
//! batch half there.

use super::{Store, StoreError};

/// How often a commit may come between the beginnings of the two.
const TRIES: u32 = 8;

impl Store {
    /// Two more connections to the same database, for threads that read beside this one. Both see it as it is at
    /// one moment, whatever is written meanwhile. None where somebody writes without a pause.
    pub fn at_one_moment(&self) -> Result<Option<[Self; 2]>, StoreError> {
        let two = [self.beside()?, self.beside()?];
        for _ in 0..TRIES {
            let before = self.version()?;
            for store in &two {
                store.connection.execute_batch("BEGIN")?;
                // the moment is that of the first look
                store.connection.query_row("SELECT 1 FROM sqlite_schema", [], |_| Ok(()))?;
            }
            if self.version()? == before {
                return Ok(Some(two));
            }
            for store in &two {
                store.connection.execute_batch("ROLLBACK")?;
            }
        }
        Ok(None)
    }

    /// Another number after each commit of anybody else (sqlite.org/pragma.html, `data_version`).
    fn version(&self) -> Result<i64, StoreError> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    fn readers(store: &Store) -> i64 {
        store.connection.query_row("SELECT count(*) FROM reader", [], |row| row.get(0)).unwrap()
    }

    fn add(store: &Store, number: usize) {
        let sql = "INSERT INTO reader (name) VALUES (?1)";
        store.connection.execute(sql, [format!("porta-{number}")]).unwrap();
    }

    #[test]
    fn what_is_written_later_is_not_seen() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        add(&store, 0);
        let [one, other] = store.at_one_moment().unwrap().unwrap();
        add(&store, 1);
        assert_eq!((readers(&one), readers(&other), readers(&store)), (1, 1, 2));
        let [one, other] = store.at_one_moment().unwrap().unwrap();
        assert_eq!((readers(&one), readers(&other)), (2, 2));
    }

    #[test]
    fn both_see_the_same_while_somebody_writes() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Store::open(folder.path()).unwrap();
        let store = writer.beside().unwrap();
        let (is_over, mut pairs) = (&AtomicBool::new(false), 0);
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    add(&writer, number);
                    number += 1;
                }
            });
            for _ in 0..300 {
                if let Some([one, other]) = store.at_one_moment().unwrap() {
                    assert_eq!(readers(&one), readers(&other));
                    pairs += 1;
                }
            }
            is_over.store(true, Ordering::Relaxed);
        });
        assert!(pairs > 0);
    }
}

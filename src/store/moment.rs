//! Two connections that see the store at one and the same moment: threads that share a reading must not find a
//! commit half there.

use std::time::Duration;

use super::{Store, StoreError};

/// How often the two are begun before that is given up.
const TRIES: u32 = 8;

impl Store {
    /// Two more connections to the same database, for threads that read beside this one. Both see it as it is at
    /// one moment, whatever is written meanwhile. None where that cannot be had: somebody writes without a pause,
    /// or this one is in a transaction.
    pub fn at_one_moment(&self) -> Result<Option<[Self; 2]>, StoreError> {
        // in which it would not see that others write
        if !self.connection.is_autocommit() {
            return Ok(None);
        }
        let two = [self.beside()?, self.beside()?];
        for _ in 0..TRIES {
            let before = self.version()?;
            match two.iter().try_for_each(Self::begin_to_read) {
                Ok(()) if self.version()? == before => return Ok(Some(two)),
                // who waits for the first of them is not waited for by the second
                Ok(()) | Err(StoreError::Busy) => (),
                Err(error) => return Err(error),
            }
            for store in two.iter().filter(|store| !store.connection.is_autocommit()) {
                store.connection.execute_batch("ROLLBACK")?;
            }
        }
        Ok(None)
    }

    fn begin_to_read(&self) -> Result<(), StoreError> {
        self.set_patience(Duration::ZERO)?;
        self.connection.execute_batch("BEGIN")?;
        // the moment is that of the first look
        Ok(self.connection.query_row("SELECT 1 FROM sqlite_schema", [], |_| Ok(()))?)
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
        let (is_over, mut seen) = (&AtomicBool::new(false), Vec::new());
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut number = 0;
                while !is_over.load(Ordering::Relaxed) {
                    add(&writer, number);
                    number += 1;
                }
            });
            for _ in 0..300 {
                let two = store.at_one_moment();
                seen.extend(two.map(|two| two.map(|two| two.map(|one| readers(&one)))).transpose());
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let seen: Vec<[i64; 2]> = seen.into_iter().collect::<Result<_, _>>().unwrap();
        assert!(seen.iter().all(|[one, other]| one == other));
        assert!(seen.first().is_some_and(|first| first != seen.last().unwrap()));
    }

    #[test]
    fn who_would_not_see_that_others_write_does_not_say_that_nobody_did() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let moment = store.connection.unchecked_transaction().unwrap();
        assert!(store.at_one_moment().unwrap().is_none());
        drop(moment);
        assert!(store.at_one_moment().unwrap().is_some());
    }
}

//! Malfunctions: their events, appended one at a time and chained as the register is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::domain::malfunction::{Event, Malfunction, fold};

use super::{Store, StoreError, chain, commit, malfunction_content as content};

const COLUMNS: &str = "SELECT id, number, at, author, for_person, reference, step, content FROM malfunction";

impl Store {
    /// Says something of a malfunction in one transaction; of a new one, which gets the next number,
    /// when none is named. `make` gets the number and what was said of it before, and gives the event
    /// or refuses it; its `id` and `number` are set here.
    pub fn enter_malfunction<E>(
        &mut self,
        number: Option<u32>,
        make: impl FnOnce(u32, &[Event]) -> Result<Event, E>,
    ) -> Result<Result<Event, E>, StoreError> {
        let transaction = self.write()?;
        let last: Option<(i64, Vec<u8>)> = transaction
            .query_row("SELECT id, chain FROM malfunction ORDER BY id DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let (last, previous) = last.unwrap_or_default();
        let number = match number {
            Some(number) => number,
            None => {
                transaction
                    .query_row("SELECT ifnull(max(number), 0) + 1 FROM malfunction", [], |row| row.get(0))?
            }
        };
        let event = match make(number, &of_number(&transaction, number)?) {
            Ok(event) => Event { id: last.cast_unsigned() + 1, number, ..event },
            Err(refusal) => return Ok(Err(refusal)),
        };
        append(&transaction, &event, &previous)?;
        commit(transaction)?;
        Ok(Ok(event))
    }

    /// All events, in the order of entering.
    pub fn malfunction_events(&self) -> Result<Vec<Event>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{COLUMNS} ORDER BY id"))?;
        let mut rows = statement.query([])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(event(row)?);
        }
        Ok(events)
    }

    /// The events of one malfunction, in the order of entering.
    pub fn events_of_malfunction(&self, number: u32) -> Result<Vec<Event>, StoreError> {
        of_number(&self.connection, number)
    }

    /// What holds of every malfunction, by number.
    pub fn malfunctions(&self) -> Result<BTreeMap<u32, Malfunction>, StoreError> {
        Ok(fold(&self.malfunction_events()?))
    }

    /// Checks the chain. Gives the number of the first event that is not as it was entered, or after
    /// which one is missing.
    pub fn verify_malfunctions(&self) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT id, number, at, author, for_person, reference, step, content, digest, chain
                   FROM malfunction ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let (mut previous, mut expected) = (Vec::new(), 1);
        while let Some(row) = rows.next()? {
            let optional = |index| row.get::<_, Option<String>>(index);
            let id: i64 = row.get(0)?;
            let digest = digest(&Written {
                id,
                number: row.get(1)?,
                at: row.get(2)?,
                author: &row.get::<_, String>(3)?,
                for_person: optional(4)?.as_deref(),
                reference: optional(5)?.as_deref(),
                step: &row.get::<_, String>(6)?,
                content: &row.get::<_, String>(7)?,
            });
            let (kept, link): (Vec<u8>, Vec<u8>) = (row.get(8)?, row.get(9)?);
            if id != expected || kept != digest || link != chain::link(&previous, &[&kept]) {
                return Ok(Some(id.cast_unsigned()));
            }
            (previous, expected) = (link, id + 1);
        }
        Ok(None)
    }
}

/// The columns that the digest covers, as they are written.
struct Written<'a> {
    id: i64,
    number: u32,
    at: i64,
    author: &'a str,
    for_person: Option<&'a str>,
    reference: Option<&'a str>,
    step: &'a str,
    content: &'a str,
}

fn digest(written: &Written<'_>) -> [u8; 32] {
    // an absent text is another thing than an empty one
    let optional = |text: Option<&str>| text.map_or_else(Vec::new, |text| [b"=", text.as_bytes()].concat());
    let (for_person, reference) = (optional(written.for_person), optional(written.reference));
    let fields: [&[u8]; 8] = [
        &written.id.to_be_bytes(),
        &written.number.to_be_bytes(),
        &written.at.to_be_bytes(),
        written.author.as_bytes(),
        &for_person,
        &reference,
        written.step.as_bytes(),
        written.content.as_bytes(),
    ];
    chain::link(&[], &fields)
}

fn append(transaction: &Transaction<'_>, event: &Event, previous: &[u8]) -> Result<(), StoreError> {
    let text = content::encode(&event.step);
    let written = Written {
        id: event.id.cast_signed(),
        number: event.number,
        at: event.at.timestamp(),
        author: &event.author,
        for_person: event.for_person.as_deref(),
        reference: event.reference.as_deref(),
        step: event.step.word(),
        content: &text,
    };
    let digest = digest(&written);
    let sql = "INSERT INTO malfunction
               (id, number, at, author, for_person, reference, step, content, digest, chain)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    transaction.prepare_cached(sql)?.execute((
        written.id,
        written.number,
        written.at,
        written.author,
        written.for_person,
        written.reference,
        written.step,
        written.content,
        digest.as_slice(),
        chain::link(previous, &[&digest]).as_slice(),
    ))?;
    Ok(())
}

fn of_number(connection: &Connection, number: u32) -> Result<Vec<Event>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE number = ?1 ORDER BY id"))?;
    let mut rows = statement.query([number])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(event(row)?);
    }
    Ok(events)
}

fn event(row: &Row<'_>) -> Result<Event, StoreError> {
    let id = row.get::<_, i64>(0)?.cast_unsigned();
    let damaged = || StoreError::Damaged(format!("event {id} of the malfunctions cannot be read"));
    let at: Option<DateTime<Utc>> = DateTime::from_timestamp(row.get(2)?, 0);
    let (step, text): (String, String) = (row.get(6)?, row.get(7)?);
    Ok(Event {
        id,
        number: row.get(1)?,
        at: at.ok_or_else(damaged)?,
        author: row.get(3)?,
        for_person: row.get(4)?,
        reference: row.get(5)?,
        step: content::decode(&step, &text).ok_or_else(damaged)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::malfunction::{MalfunctionKind, Opening, Step};

    fn said(store: &mut Store, number: Option<u32>, step: Step) -> Event {
        let at = DateTime::from_timestamp(1_793_865_600, 0).unwrap();
        let entered = store.enter_malfunction(number, |number, _| {
            let reference = Some("PEC 7".to_owned());
            Ok::<_, ()>(Event {
                id: 0,
                number,
                at,
                author: "anna".to_owned(),
                for_person: None,
                reference,
                step,
            })
        });
        entered.unwrap().unwrap()
    }

    fn opened(store: &mut Store) -> Event {
        let opening = Opening {
            kind: MalfunctionKind::Network,
            systems: "rete".to_owned(),
            expected: None,
            from: DateTime::from_timestamp(1_793_865_000, 0).unwrap(),
            agreements: Vec::new(),
            cause: None,
            detected: false,
        };
        said(store, None, Step::Opened(opening))
    }

    #[test]
    fn r_2_6_2_one_fault_has_one_number() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let first = opened(&mut store);
        let second = opened(&mut store);
        let restored = said(&mut store, Some(1), Step::Restored { at: first.at, detected: false });
        assert_eq!([(first.id, first.number), (second.id, second.number)], [(1, 1), (2, 2)]);
        assert_eq!((restored.id, restored.number), (3, 1));
        assert_eq!(store.events_of_malfunction(1).unwrap(), [first, restored]);
        let all = store.malfunctions().unwrap();
        assert_eq!((all[&1].is_open(), all[&2].is_open()), (false, true));
        let refused = store.enter_malfunction(Some(9), |_, events| Err::<Event, _>(events.len())).unwrap();
        assert_eq!(refused, Err(0));
    }

    #[test]
    fn tampering_is_seen() {
        for (change, seen) in [
            ("UPDATE malfunction SET author = 'else' WHERE id = 2", Some(2)),
            ("UPDATE malfunction SET number = 1 WHERE id = 3", Some(3)),
            ("UPDATE malfunction SET content = '' WHERE id = 1", Some(1)),
            ("DELETE FROM malfunction WHERE id = 2", Some(3)),
            ("SELECT 1", None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(folder.path()).unwrap();
            (0..3).for_each(|_| drop(opened(&mut store)));
            store.connection.execute_batch(change).unwrap();
            assert_eq!(store.verify_malfunctions().unwrap(), seen, "{change}");
        }
    }
}

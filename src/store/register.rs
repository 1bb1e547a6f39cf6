//! The register: appended one entry at a time, chained, read back by agreement.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use foldhash::fast::RandomState;
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::domain::ids::AgreementId;
use crate::domain::register::{Entry, EntryId};

use super::{Store, StoreError, chain, commit, content};

/// Up to so many agreements are looked up one by one; for more, one pass over the register is cheaper.
const FEW: usize = 16;

/// Entries by agreement, in the order of entering.
pub type Registers = HashMap<AgreementId, Vec<Entry>>;

const COLUMNS: &str =
    "SELECT id, at, author, for_person, reference, agreement, late, kind, content, sender FROM register";

impl Store {
    /// Enters something in one transaction. `make` gets the number that the entry will have and what
    /// the register says of the agreement so far, and gives the entry or refuses it; its `id` is set
    /// here.
    pub fn enter<E>(
        &mut self,
        agreement: &AgreementId,
        make: impl FnOnce(EntryId, &[Entry]) -> Result<Entry, E>,
    ) -> Result<Result<Entry, E>, StoreError> {
        self.enter_beside(agreement, |id, entries, _| make(id, entries))
    }

    /// The same for an entry that must fit to other agreements: `make` also gets the registers that
    /// change badges, term or profile, as they are in that very transaction.
    pub fn enter_beside<E>(
        &mut self,
        agreement: &AgreementId,
        make: impl FnOnce(EntryId, &[Entry], &Registers) -> Result<Entry, E>,
    ) -> Result<Result<Entry, E>, StoreError> {
        let transaction = self.write()?;
        let last: Option<(i64, Vec<u8>)> = transaction
            .query_row("SELECT id, chain FROM register ORDER BY id DESC LIMIT 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let (last, previous) = last.unwrap_or_default();
        let id = EntryId(last.cast_unsigned() + 1);
        let beside = changed_registers(&transaction)?;
        let entry = match make(id, &of_agreement(&transaction, agreement)?, &beside) {
            Ok(entry) => Entry { id, ..entry },
            Err(refusal) => return Ok(Err(refusal)),
        };
        append(&transaction, &entry, &previous)?;
        commit(transaction)?;
        Ok(Ok(entry))
    }

    /// The entries of an agreement, in the order of entering; without what was forgotten.
    pub fn register_of(&self, agreement: &AgreementId) -> Result<Vec<Entry>, StoreError> {
        of_agreement(&self.connection, agreement)
    }

    /// The entries of some agreements, each in the order of entering; agreements without any are absent.
    pub fn registers_of(
        &self,
        agreements: &[&AgreementId],
    ) -> Result<HashMap<AgreementId, Vec<Entry>>, StoreError> {
        let mut registers: HashMap<AgreementId, Vec<Entry>> = HashMap::new();
        if agreements.len() <= FEW {
            for agreement in agreements {
                let entries = self.register_of(agreement)?;
                if !entries.is_empty() {
                    registers.insert((*agreement).clone(), entries);
                }
            }
            return Ok(registers);
        }
        // made with the first row: many a store has no entry at all
        let mut wanted: HashSet<&str, RandomState> = HashSet::default();
        let mut statement =
            self.connection.prepare_cached(&format!("{COLUMNS} WHERE purge IS NULL ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if wanted.is_empty() {
                wanted.extend(agreements.iter().map(|agreement| agreement.as_str()));
            }
            if wanted.contains(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?) {
                let entry = entry(row)?;
                registers.entry(entry.agreement.clone()).or_default().push(entry);
            }
        }
        Ok(registers)
    }

    /// The registers of the agreements whose badges, term or profile an entry changes.
    pub fn changed_registers(&self) -> Result<Registers, StoreError> {
        changed_registers(&self.connection)
    }

    /// The agreement of an entry, when there is such an entry.
    pub fn agreement_of(&self, entry: EntryId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT agreement FROM register WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([entry.0.cast_signed()], |row| row.get(0)).optional()?)
    }

    /// Checks the chain of the register. Gives the first entry that is not as it was entered, or
    /// after which one is missing. Of a forgotten one the digest is all that is left.
    pub fn verify_register(&self) -> Result<Option<EntryId>, StoreError> {
        let sql =
            "SELECT id, at, author, for_person, reference, agreement, late, kind, content, digest, chain, sender, purge
                   FROM register ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let (mut previous, mut expected) = (Vec::new(), 1);
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let (text, late): (String, bool) = (row.get(8)?, row.get(6)?);
            let optional = |index| row.get::<_, Option<String>>(index);
            let digest = digest(&Written {
                id,
                at: row.get(1)?,
                author: &row.get::<_, String>(2)?,
                for_person: optional(3)?.as_deref(),
                reference: optional(4)?.as_deref(),
                agreement: &row.get::<_, String>(5)?,
                late,
                kind: &row.get::<_, String>(7)?,
                content: &text,
                sender: optional(11)?.as_deref(),
            });
            let (kept, link): (Vec<u8>, Vec<u8>) = (row.get(9)?, row.get(10)?);
            let forgotten = row.get::<_, Option<i64>>(12)?.is_some() && text.is_empty();
            if id != expected || (kept != digest && !forgotten) || link != chain::link(&previous, &[&kept]) {
                return Ok(Some(EntryId(id.cast_unsigned())));
            }
            (previous, expected) = (link, id + 1);
        }
        Ok(None)
    }
}

/// The columns that the digest covers, as they are written.
struct Written<'a> {
    id: i64,
    at: i64,
    author: &'a str,
    for_person: Option<&'a str>,
    reference: Option<&'a str>,
    agreement: &'a str,
    late: bool,
    kind: &'a str,
    content: &'a str,
    sender: Option<&'a str>,
}

fn digest(written: &Written<'_>) -> [u8; 32] {
    // an absent text is another thing than an empty one
    let optional = |text: Option<&str>| text.map_or_else(Vec::new, |text| [b"=", text.as_bytes()].concat());
    let (for_person, reference) = (optional(written.for_person), optional(written.reference));
    let (id, at, late) = (written.id.to_be_bytes(), written.at.to_be_bytes(), [u8::from(written.late)]);
    let mut fields: Vec<&[u8]> = vec![
        &id,
        &at,
        written.author.as_bytes(),
        &for_person,
        &reference,
        written.agreement.as_bytes(),
        &late,
        written.kind.as_bytes(),
        written.content.as_bytes(),
    ];
    // entries of earlier versions have none, and their digests stay what they were
    fields.extend(written.sender.map(str::as_bytes));
    chain::link(&[], &fields)
}

fn append(transaction: &Transaction<'_>, entry: &Entry, previous: &[u8]) -> Result<(), StoreError> {
    let text = content::encode(&entry.kind);
    let written = Written {
        id: entry.id.0.cast_signed(),
        at: entry.at.timestamp(),
        author: &entry.author,
        for_person: entry.for_person.as_deref(),
        reference: entry.reference.as_deref(),
        agreement: entry.agreement.as_str(),
        late: entry.late,
        kind: entry.kind.word(),
        content: &text,
        sender: entry.sender.as_deref(),
    };
    let digest = digest(&written);
    let sql = "INSERT INTO register
               (id, at, author, for_person, reference, agreement, late, kind, content, digest, chain, sender)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    transaction.prepare_cached(sql)?.execute((
        written.id,
        written.at,
        written.author,
        written.for_person,
        written.reference,
        written.agreement,
        written.late,
        written.kind,
        written.content,
        digest.as_slice(),
        chain::link(previous, &[&digest]).as_slice(),
        written.sender,
    ))?;
    Ok(())
}

fn changed_registers(connection: &rusqlite::Connection) -> Result<Registers, StoreError> {
    // the words of the index `register_changes`
    let sql = format!(
        "{COLUMNS} WHERE purge IS NULL AND agreement IN (SELECT agreement FROM register
         WHERE kind IN ('badge_issued', 'badge_returned', 'badge_lost', 'badge_replaced', 'withdrawn', 'profile_changed'))
         ORDER BY id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut registers = Registers::new();
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        registers.entry(entry.agreement.clone()).or_default().push(entry);
    }
    Ok(registers)
}

fn of_agreement(
    connection: &rusqlite::Connection,
    agreement: &AgreementId,
) -> Result<Vec<Entry>, StoreError> {
    let mut statement = connection
        .prepare_cached(&format!("{COLUMNS} WHERE agreement = ?1 AND purge IS NULL ORDER BY id"))?;
    let mut rows = statement.query([agreement.as_str()])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(entry(row)?);
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let id = EntryId(row.get::<_, i64>(0)?.cast_unsigned());
    let damaged = || StoreError::Damaged(format!("entry {id} of the register cannot be read"));
    let (agreement, kind, text): (String, String, String) = (row.get(5)?, row.get(7)?, row.get(8)?);
    let at: Option<DateTime<Utc>> = DateTime::from_timestamp(row.get(1)?, 0);
    Ok(Entry {
        id,
        at: at.ok_or_else(damaged)?,
        author: row.get(2)?,
        for_person: row.get(3)?,
        reference: row.get(4)?,
        sender: row.get(9)?,
        agreement: AgreementId::new(&agreement).map_err(|_| damaged())?,
        late: row.get(6)?,
        kind: content::decode(&kind, &text).ok_or_else(damaged)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::register::Kind;

    fn undone(agreement: &str, of: u64) -> Entry {
        Entry {
            id: EntryId(0),
            at: DateTime::from_timestamp(1_793_865_600, 0).unwrap(),
            author: "anna".to_owned(),
            for_person: None,
            reference: Some("PEC 7".to_owned()),
            sender: None,
            agreement: AgreementId::new(agreement).unwrap(),
            late: false,
            kind: Kind::Undone { of: EntryId(of) },
        }
    }

    fn enter(store: &mut Store, entry: &Entry) -> Entry {
        store.enter(&entry.agreement, |_, _| Ok::<_, ()>(entry.clone())).unwrap().unwrap()
    }

    #[test]
    fn entries_are_numbered_and_read_back_by_agreement() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let written: Vec<Entry> =
            ["a", "b", "a"].iter().map(|agreement| enter(&mut store, &undone(agreement, 9))).collect();
        assert_eq!(written.iter().map(|entry| entry.id.0).collect::<Vec<_>>(), [1, 2, 3]);
        let (a, b) = (AgreementId::new("a").unwrap(), AgreementId::new("b").unwrap());
        assert_eq!(store.register_of(&a).unwrap(), [written[0].clone(), written[2].clone()]);
        assert_eq!(store.agreement_of(EntryId(2)).unwrap().as_deref(), Some("b"));
        let many: Vec<AgreementId> =
            (0..FEW).map(|number| AgreementId::new(&format!("n{number}")).unwrap()).collect();
        for wanted in [vec![&a, &b], many.iter().chain([&a, &b]).collect()] {
            let registers = store.registers_of(&wanted).unwrap();
            assert_eq!((registers.len(), registers[&a].len(), registers[&b].len()), (2, 2, 1));
        }
    }

    #[test]
    fn a_refused_entry_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let a = AgreementId::new("a").unwrap();
        assert_eq!(store.enter(&a, |_, _| Err::<Entry, _>("no")).unwrap(), Err("no"));
        assert_eq!(enter(&mut store, &undone("a", 9)).id, EntryId(1));
    }

    #[test]
    fn tampering_is_seen() {
        for (change, seen) in [
            ("UPDATE register SET author = 'else' WHERE id = 2", Some(2)),
            ("UPDATE register SET reference = NULL WHERE id = 1", Some(1)),
            ("UPDATE register SET content = 'of=3\n' WHERE id = 3", Some(3)),
            ("UPDATE register SET late = 1 WHERE id = 3", Some(3)),
            ("UPDATE register SET sender = 'dott. Altro' WHERE id = 2", Some(2)),
            ("DELETE FROM register WHERE id = 2", Some(3)),
            ("DELETE FROM register WHERE id = 1", Some(2)),
            ("SELECT 1", None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(folder.path()).unwrap();
            (0..3).for_each(|_| drop(enter(&mut store, &undone("a", 9))));
            store.connection.execute_batch(change).unwrap();
            assert_eq!(store.verify_register().unwrap(), seen.map(EntryId), "{change}");
        }
    }
}

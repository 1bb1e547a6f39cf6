//! Whether the store still is what was written into it: its structure, its chains, and every byte that
//! has a fingerprint. Only reads, in one transaction, also while a daemon writes.

use rusqlite::Connection;

use super::{Store, StoreError, fingerprints, migration, verify_contents, verify_readers};

/// So many damages of one kind are named one by one.
const NAMED: usize = 20;

/// What was checked of one kind of thing, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The word for scripts.
    pub key: &'static str,
    /// What, for people.
    pub what: &'static str,
    /// How many.
    pub count: u64,
    /// How many of them retention has forgotten: only their fingerprints are left.
    pub forgotten: u64,
    /// The last link of its chain, where it has one.
    pub head: Option<Vec<u8>>,
    /// What is wrong, each with its place; the first twenty.
    pub damages: Vec<String>,
    /// How many are not named.
    pub more: u64,
}

impl Checked {
    /// Nothing of a kind was checked yet.
    pub fn new(key: &'static str, what: &'static str) -> Self {
        Self { key, what, count: 0, forgotten: 0, head: None, damages: Vec::new(), more: 0 }
    }

    /// Notes a damage.
    pub fn damage(&mut self, text: String) {
        if self.damages.len() < NAMED {
            self.damages.push(text);
        } else {
            self.more += 1;
        }
    }

    /// True when nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.damages.is_empty()
    }
}

/// The chains that are counted over the whole store: key, what, table.
const CHAINS: [(&str, &str, &str); 6] = [
    ("register", "entries of the register", "register"),
    ("malfunctions", "events of malfunctions", "malfunction"),
    ("outbox_events", "steps of messages", "outbox_event"),
    ("misdirections", "steps of misdirected messages", "misdirection"),
    ("purges", "records of what was forgotten", "purge"),
    ("fingerprints", "fingerprints of rows", "fingerprint"),
];

/// The table of such a chain.
pub(super) fn table(key: &str) -> Option<&'static str> {
    CHAINS.into_iter().find(|(known, _, _)| *known == key).map(|(_, _, table)| table)
}

/// Called now and then with what is checked, how much of it was, and how much there is.
pub type Tick<'a> = dyn FnMut(&'static str, u64, u64) + 'a;

impl Store {
    /// Checks everything that the store can say of itself.
    pub fn verify(&self, tick: &mut Tick<'_>) -> Result<Vec<Checked>, StoreError> {
        self.connection.execute_batch("BEGIN")?;
        let checked = self.verify_all(tick);
        self.connection.execute_batch("COMMIT")?;
        checked
    }

    fn verify_all(&self, tick: &mut Tick<'_>) -> Result<Vec<Checked>, StoreError> {
        let connection = &self.connection;
        tick("structure", 0, 0);
        let structure = readable("structure", "tables and indexes", structure(connection))?;
        let sound = structure.is_whole();
        let mut all = vec![structure];
        if !sound {
            // what cannot be read cannot be compared either
            return Ok(all);
        }
        tick("chains", 0, 0);
        all.push(readable("batches", "deliveries of readers", verify_readers::batches(connection))?);
        let broken = [
            self.verify_register().map(|entry| entry.map(|entry| entry.0.cast_signed())),
            self.verify_malfunctions().map(|event| event.map(u64::cast_signed)),
            self.verify_outbox(),
            self.verify_misdirections(),
            self.verify_purges(),
            fingerprints::broken(connection),
        ];
        for (chain, broken) in CHAINS.into_iter().zip(broken) {
            let checked = broken.and_then(|broken| chained(connection, chain, broken));
            all.push(readable(chain.0, chain.1, checked)?);
        }
        all.push(readable("rows", "rows with a fingerprint", fingerprints::compare(connection))?);
        all.push(readable("punches", "punches", verify_readers::punches(connection, tick))?);
        verify_contents::contents(connection, tick, &mut all)?;
        Ok(all)
    }
}

/// What cannot be read for its damage is a damage; what hinders the look itself is not.
pub(super) fn readable(
    key: &'static str,
    what: &'static str,
    checked: Result<Checked, StoreError>,
) -> Result<Checked, StoreError> {
    match checked {
        Err(error) if error.is_damage() => {
            let mut checked = Checked::new(key, what);
            checked.damage(format!("{what}: they cannot be read to their end: {error}"));
            Ok(checked)
        }
        other => other,
    }
}

/// Pages, indexes, references, and that the tables are those that this program makes.
fn structure(connection: &Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("structure", "tables and indexes");
    let mut rows = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        if said != "ok" {
            checked.damage(format!("the database: {said}"));
        }
    }
    let mut rows = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (table, number, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        checked.damage(format!(
            "table {table}, row {}: it rests on a row of {parent} that is not there",
            number.map_or_else(|| "?".to_owned(), |number| number.to_string())
        ));
    }
    let (expected, found) = (migration::shape(migration::known())?, shape(connection)?);
    checked.count = found.len() as u64;
    for (name, text) in &found {
        match expected.iter().find(|(other, _)| other == name) {
            None => checked.damage(format!("{name} is nothing that timbra makes")),
            Some((_, other)) if other != text => checked.damage(format!("{name} is made otherwise")),
            Some(_) => (),
        }
    }
    for (name, _) in expected.iter().filter(|(name, _)| !found.iter().any(|(other, _)| other == name)) {
        checked.damage(format!("{name} is missing"));
    }
    Ok(checked)
}

/// What a database is made of: the name and the text of each table, index, trigger and view.
pub(super) fn shape(connection: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT type || ' ' || name, ifnull(sql, '') FROM sqlite_schema
               WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY 1";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How a chain was found: how many links, the last one, and the first that does not hold.
fn chained(
    connection: &Connection,
    (key, what, table): (&'static str, &'static str, &str),
    broken: Option<i64>,
) -> Result<Checked, StoreError> {
    let mut checked = Checked::new(key, what);
    let sql = format!(
        "SELECT count(*), ifnull(max(id), 0), (SELECT chain FROM {table} ORDER BY id DESC LIMIT 1),
             (SELECT links FROM head WHERE name = ?1), (SELECT chain FROM head WHERE name = ?1) FROM {table}"
    );
    let (count, last, links, head) = connection.query_row(&sql, [table], |row| {
        checked.head = row.get(2)?;
        let (count, last): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((count, last, row.get::<_, Option<i64>>(3)?, row.get::<_, Option<Vec<u8>>>(4)?))
    })?;
    checked.count = count.cast_unsigned();
    if table == "register" {
        let sql = "SELECT count(*) FROM register WHERE purge IS NOT NULL";
        checked.forgotten = connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.cast_unsigned();
        let sql = "SELECT register.id FROM register JOIN purge ON purge.id = purge
                   WHERE what <> 'agreement ' || agreement ORDER BY 1";
        let mut statement = connection.prepare(sql)?;
        for number in statement.query_map([], |row| row.get::<_, i64>(0))? {
            checked.damage(format!("{what}: number {} was emptied, and nobody forgot it", number?));
        }
    }
    if let Some(number) = broken {
        checked.damage(format!(
            "{what}: number {number} is not as it was written, or one before it is missing; those after it prove nothing"
        ));
    } else if count != last {
        checked.damage(format!("{what}: there are {count}, and the last is number {last}: some are missing"));
    } else if links != Some(count) {
        let found = match links {
            Some(links) if links > count => {
                format!("{links} were written, and there are {count}: the last ones were removed")
            }
            Some(links) => format!("there are {count}, and {links} were counted: that number was changed"),
            None => format!("there are {count}, and how many were written is not noted any more"),
        };
        checked.damage(format!("{what}: {found}"));
    } else if head.unwrap_or_default() != checked.head.clone().unwrap_or_default() {
        checked.damage(format!("{what}: the last, number {last}, is not the one that was written"));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of what is damaged after a change.
    fn damaged(changes: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.connection.pragma_update(None, "foreign_keys", "OFF").unwrap();
        for change in changes {
            store.connection.execute_batch(change).unwrap();
        }
        let checked = store.verify(&mut |_, _, _| ()).unwrap();
        checked.into_iter().filter(|one| !one.is_whole()).map(|one| format!("{one:?}")).collect()
    }

    #[test]
    fn a_new_store_is_whole() {
        assert_eq!(damaged(&[]), [""; 0]);
    }

    #[test]
    fn what_timbra_does_not_make_or_count_is_seen() {
        for (change, seen) in [
            ("CREATE TRIGGER t AFTER INSERT ON punch BEGIN DELETE FROM punch; END", "trigger t is nothing"),
            ("DROP INDEX outbox_due", "index outbox_due is missing"),
            ("ALTER TABLE fact ADD COLUMN more TEXT", "table fact is made otherwise"),
            (
                "INSERT INTO outbox_event (outbox, at, state, detail, chain) VALUES (9, 0, 'due', '', x'')",
                "table outbox_event, row 1: it rests on a row of outbox",
            ),
            (
                "UPDATE head SET links = 1 WHERE name = 'register'",
                "1 were written, and there are 0: the last ones were removed",
            ),
            (
                "UPDATE head SET links = -1 WHERE name = 'register'",
                "there are 0, and -1 were counted: that number was changed",
            ),
            (
                "DELETE FROM head WHERE name = 'register'",
                "there are 0, and how many were written is not noted any more",
            ),
        ] {
            let found = damaged(&[change]);
            assert!(found.len() == 1 && found[0].contains(seen), "{change}: {found:?}");
        }
    }

    #[test]
    fn only_some_damages_are_named_and_all_are_counted() {
        let mut checked = Checked::new("x", "x");
        for number in 0..25 {
            checked.damage(number.to_string());
        }
        assert_eq!((checked.damages.len(), checked.more), (20, 5));
    }
}

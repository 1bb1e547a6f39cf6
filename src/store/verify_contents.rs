//! Every stored byte that has a fingerprint, and the numbers of what was sent. What retention forgot must
//! be on record as forgotten.

use std::collections::HashSet;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::StoreError;
use super::verify::{Checked, Tick, readable};

/// Bytes with a fingerprint: `key`, `what`, and a query for number, agreement, bytes (NULL or empty when
/// they are gone) and SHA-256.
const KINDS: [(&str, &str, &str); 4] = [
    ("statements", "data of statements", "SELECT id, agreement, data, sha256 FROM statement ORDER BY id"),
    (
        "messages",
        "sealed messages",
        "SELECT id, agreement, message, sha256 FROM outbox LEFT JOIN sealed ON sealed.outbox = outbox.id ORDER BY id",
    ),
    (
        "receipts",
        "receipts",
        "SELECT received.id, ifnull(agreement, ''), message, received.sha256
         FROM received LEFT JOIN received_message ON received_message.received = received.id
         LEFT JOIN outbox ON outbox.id = received.outbox
         WHERE message IS NOT NULL OR received.outbox IS NOT NULL ORDER BY received.id",
    ),
    (
        "evidence",
        "files of the protocol office",
        "SELECT evidence.id, agreement, content, evidence.sha256 FROM evidence
         JOIN outbox ON outbox.id = evidence.outbox ORDER BY evidence.id",
    ),
];

/// Adds what was found of everything that has a fingerprint or a number.
pub(super) fn contents(
    connection: &Connection,
    tick: &mut Tick<'_>,
    all: &mut Vec<Checked>,
) -> Result<(), StoreError> {
    let forgotten = match forgotten(connection) {
        // its own chain says so
        Err(error) if error.is_damage() => HashSet::new(),
        other => other?,
    };
    for (key, what, sql) in KINDS {
        all.push(readable(key, what, bytes(connection, (key, what, sql), &forgotten, tick))?);
    }
    all.push(readable("dialogues", "dialogues with mail servers", dialogues(connection, &forgotten))?);
    all.push(readable("states", "states of messages", states(connection))?);
    all.push(readable("numbers", "numbers of documents", numbers(connection))?);
    Ok(())
}

/// The agreements whose contents were forgotten at some time.
fn forgotten(connection: &Connection) -> Result<HashSet<String>, StoreError> {
    let sql = "SELECT DISTINCT substr(what, 11) FROM purge WHERE what LIKE 'agreement %'";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn bytes(
    connection: &Connection,
    (key, what, sql): (&'static str, &'static str, &str),
    forgotten: &HashSet<String>,
    tick: &mut Tick<'_>,
) -> Result<Checked, StoreError> {
    let mut checked = Checked::new(key, what);
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if checked.count.is_multiple_of(64) {
            tick(what, checked.count, 0);
        }
        checked.count += 1;
        let (number, agreement): (i64, String) = (row.get(0)?, row.get(1)?);
        let kept: Vec<u8> = row.get(3)?;
        let bytes = row.get_ref(2)?.as_bytes_or_null().map_err(rusqlite::Error::from)?.unwrap_or_default();
        if bytes.is_empty() {
            checked.forgotten += 1;
            if !forgotten.contains(&agreement) {
                checked
                    .damage(format!("{what}: the bytes of number {number} are gone, and nobody forgot them"));
            }
        } else if Sha256::digest(bytes).as_slice() != kept {
            checked.damage(format!("{what}: the bytes of number {number} are not those that were stored"));
        }
    }
    Ok(checked)
}

/// The dialogue of each attempt stands with its fingerprint in the chain of the steps.
fn dialogues(connection: &Connection, forgotten: &HashSet<String>) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("dialogues", "dialogues with mail servers");
    let mut known =
        connection.prepare("SELECT 1 FROM outbox_event WHERE outbox = ?1 AND evidence = ?2 LIMIT 1")?;
    let sql =
        "SELECT outbox, number, dialogue, agreement FROM attempt JOIN outbox ON outbox.id = attempt.outbox
               ORDER BY outbox, number";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        checked.count += 1;
        let (message, number, dialogue): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if known.exists((message, Sha256::digest(&dialogue).as_slice()))? {
            continue;
        }
        if dialogue.is_empty() && forgotten.contains(&row.get::<_, String>(3)?) {
            checked.forgotten += 1;
        } else {
            checked.damage(format!(
                "the dialogue of attempt {number} at message {message} is not as it was kept"
            ));
        }
    }
    let count = "SELECT ifnull(max(links), 0) FROM head WHERE name = 'attempt'";
    let kept = connection.query_row(count, [], |row| row.get::<_, i64>(0))?.cast_unsigned();
    if kept != checked.count {
        checked.damage(format!(
            "dialogues with mail servers: {kept} were kept, and there are {}",
            checked.count
        ));
    }
    Ok(checked)
}

/// Each message stands where its last step says.
fn states(connection: &Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("states", "states of messages");
    let sql =
        "SELECT id, state, (SELECT state FROM outbox_event WHERE outbox = outbox.id ORDER BY id DESC LIMIT 1)
               FROM outbox ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        checked.count += 1;
        let (message, state, last): (i64, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if last.as_deref() != Some(&state) {
            let last = last.as_deref().unwrap_or("missing");
            checked.damage(format!("message {message} is {state}, and its last step is {last}"));
        }
    }
    Ok(checked)
}

/// The numbers of a year's documents, and the revisions of a month, have no gap.
fn numbers(connection: &Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("numbers", "numbers of documents");
    let count = "SELECT count(*) FROM statement";
    checked.count = connection.query_row(count, [], |row| row.get::<_, i64>(0))?.cast_unsigned();
    let years = "SELECT 'documents of ' || year, count(*), max(number) FROM statement GROUP BY year
                 UNION ALL SELECT 'revisions of ' || agreement || ' ' || month, count(*), max(revision)
                 FROM statement GROUP BY agreement, month";
    let mut statement = connection.prepare(years)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (what, count, last): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if count != last {
            checked.damage(format!("{what}: there are {count}, and the last is number {last}"));
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// Two statements with their messages, and one attempt.
    const STATEMENTS: &str = "
        INSERT INTO statement VALUES (1, 'a', '2026-10', 1, 1, 2026, 0, 0, x'61', sha('a'));
        INSERT INTO statement VALUES (2, 'b', '2026-10', 1, 2, 2026, 0, 0, x'62', sha('b'));";

    fn hash(text: &str) -> Vec<u8> {
        Sha256::digest(text).to_vec()
    }

    fn store(folder: &std::path::Path) -> Store {
        let store = Store::open(folder).unwrap();
        let hex = |text: &str| format!("x'{}'", crate::hex::lower(&hash(text)));
        let sql = STATEMENTS.replace("sha('a')", &hex("a")).replace("sha('b')", &hex("b"));
        store.connection.execute_batch(&sql).unwrap();
        let message = "INSERT INTO outbox (id, statement, kind, agreement, period, revision, recipient, sender,
                         message_id, sha256, state, not_before, deadline)
                       VALUES (?1, ?1, 'statement', ?2, '2026-10', 1, 'a@b.example', 'c@d.example', ?1, ?3, 'due', 0, 0)";
        for (id, agreement) in [(1, "a"), (2, "b")] {
            let text = format!("message {id}");
            store.connection.execute(message, (id, agreement, hash(&text))).unwrap();
            store.connection.execute("INSERT INTO sealed VALUES (?1, ?2)", (id, text.as_bytes())).unwrap();
            let event = "INSERT INTO outbox_event (outbox, at, state, detail, chain, evidence) VALUES (?1, 0, 'due', '', x'', ?2)";
            store.connection.execute(event, (id, hash("dialogue"))).unwrap();
        }
        store.connection.execute_batch("INSERT INTO attempt VALUES (1, 1, 0, 0, 'dialogue')").unwrap();
        store
    }

    #[test]
    fn every_changed_byte_and_every_missing_number_is_seen() {
        for (change, seen) in [
            ("SELECT 1", ""),
            ("UPDATE statement SET data = x'63' WHERE id = 2", "data of statements: the bytes of number 2 are not"),
            ("UPDATE statement SET data = x'' WHERE id = 1", "number 1 are gone, and nobody forgot them"),
            ("UPDATE sealed SET message = x'63' WHERE outbox = 1", "sealed messages: the bytes of number 1 are not"),
            ("DELETE FROM sealed WHERE outbox = 2", "sealed messages: the bytes of number 2 are gone"),
            ("UPDATE attempt SET dialogue = 'other'", "the dialogue of attempt 1 at message 1"),
            ("UPDATE attempt SET dialogue = ''", "the dialogue of attempt 1 at message 1"),
            ("DELETE FROM attempt", "dialogues with mail servers: 1 were kept, and there are 0"),
            ("UPDATE outbox SET state = 'delivered' WHERE id = 2", "message 2 is delivered, and its last step is due"),
            ("UPDATE statement SET number = 3 WHERE id = 2", "documents of 2026: there are 2, and the last is number 3"),
            ("UPDATE statement SET revision = 2 WHERE id = 1", "revisions of a 2026-10: there are 1"),
            (
                "INSERT INTO evidence VALUES (1, 1, 0, 'x.p7m', x'00', x'61')",
                "files of the protocol office: the bytes of number 1",
            ),
            (
                "INSERT INTO purge (at, author, what, before, counts, chain) VALUES (0, 'a', 'agreement b', '', '', x'');
                 UPDATE statement SET data = x'' WHERE agreement = 'b'; DELETE FROM sealed WHERE outbox = 2",
                "",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let store = store(folder.path());
            store.connection.execute_batch(change).unwrap();
            let mut all = Vec::new();
            contents(&store.connection, &mut |_, _, _| (), &mut all).unwrap();
            let damages: Vec<String> = all.into_iter().flat_map(|one| one.damages).collect();
            match seen {
                "" => assert!(damages.is_empty(), "{change}: {damages:?}"),
                seen => assert!(damages.len() == 1 && damages[0].contains(seen), "{change}: {damages:?}"),
            }
        }
    }
}

//! The fingerprints of rows that stay as they are written, chained: a column that was changed and a row that
//! was removed are missed.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::verify::Checked;
use super::{StoreError, chain};

/// A table whose rows stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Statement,
    Message,
    Configuration,
    Receipt,
    Registration,
    Evidence,
    Notice,
    Confirmation,
    Reader,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Statement,
        Self::Message,
        Self::Configuration,
        Self::Receipt,
        Self::Registration,
        Self::Evidence,
        Self::Notice,
        Self::Confirmation,
        Self::Reader,
    ];

    /// The table, what its rows are, and a query for their numbers and the columns that stay.
    fn table(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Statement => (
                "statement",
                "statement",
                "SELECT statement.id, agreement, month, revision, number, year, generated_at, open_days, sha256, basis,
                     awaited, author, why FROM statement LEFT JOIN origin ON origin.statement = statement.id",
            ),
            Self::Message => (
                "outbox",
                "message",
                "SELECT id, statement, kind, agreement, period, revision, recipient, sender, message_id, sha256, channel,
                     deadline, release, readdressed_from FROM outbox",
            ),
            Self::Configuration => ("configuration", "configuration", "SELECT id, hash, since, text FROM configuration"),
            Self::Receipt => (
                "received",
                "receipt",
                "SELECT id, identity, sha256, source, seen_at, sent_at, kind, sender, subject, message_id, identifier,
                     recipients, error, detail, at, signature, certificate, trusted, effect, why, outbox
                 FROM received",
            ),
            Self::Registration => (
                "protocol",
                "registration of message",
                "SELECT outbox, number, date, register, at FROM protocol",
            ),
            Self::Evidence => {
                ("evidence", "file of the protocol office", "SELECT id, outbox, at, name, sha256 FROM evidence")
            }
            Self::Notice => (
                "malfunction_notice",
                "notice of a malfunction, message",
                "SELECT outbox, number, recipient, at, matter, facts FROM malfunction_notice",
            ),
            Self::Confirmation => {
                ("clock_confirmation", "confirmation of the clock", "SELECT id, at, author FROM clock_confirmation")
            }
            Self::Reader => ("reader", "reader", "SELECT id, name FROM reader"),
        }
    }

    /// Which of its rows.
    fn which(self) -> &'static str {
        match self {
            // other mail is only listed
            Self::Receipt => "outbox IS NOT NULL",
            _ => "TRUE",
        }
    }

    /// The query for all of them, in their order.
    fn all(self) -> String {
        format!("{} WHERE {} ORDER BY 1", self.table().2, self.which())
    }
}

/// Notes the fingerprint of a row: of a new one, or of one that timbra itself changed.
pub(super) fn note(
    transaction: &Transaction<'_>,
    kind: Kind,
    row: i64,
    is_new: bool,
) -> Result<(), StoreError> {
    let ((table, _, sql), which) = (kind.table(), kind.which());
    let found = transaction
        .prepare_cached(&format!("{sql} WHERE {which} AND {table}.rowid = ?1"))?
        .query_row([row], digest)
        .optional()?;
    match found {
        Some((_, digest)) => append(transaction, kind, row, is_new, &digest),
        None => Ok(()),
    }
}

/// Notes the fingerprints of all that is there: of a store from before they were kept.
pub(super) fn note_all(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    for kind in Kind::ALL {
        let mut statement = transaction.prepare(&kind.all())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, digest) = digest(row)?;
            append(transaction, kind, number, true, &digest)?;
        }
    }
    Ok(())
}

fn append(
    transaction: &Transaction<'_>,
    kind: Kind,
    row: i64,
    is_new: bool,
    digest: &[u8; 32],
) -> Result<(), StoreError> {
    let previous: Vec<u8> = transaction
        .prepare_cached("SELECT chain FROM head WHERE name = 'fingerprint'")?
        .query_row([], |head| head.get(0))?;
    let table = kind.table().0;
    transaction
        .prepare_cached(
            "INSERT INTO fingerprint (kind, row, first, digest, chain) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            table,
            row,
            is_new,
            digest.as_slice(),
            link(&previous, table, row, is_new, digest).as_slice(),
        ))?;
    Ok(())
}

fn link(previous: &[u8], table: &str, row: i64, is_new: bool, digest: &[u8]) -> [u8; 32] {
    chain::link(previous, &[table.as_bytes(), &row.to_be_bytes(), &[u8::from(is_new)], digest])
}

/// The number of a row, and SHA-256 over its columns, whatever stands in them.
fn digest(row: &Row<'_>) -> rusqlite::Result<(i64, [u8; 32])> {
    use rusqlite::types::ValueRef;
    let mut columns: Vec<Vec<u8>> = Vec::new();
    let mut index = 1;
    while let Ok(value) = row.get_ref(index) {
        columns.push(match value {
            ValueRef::Null => Vec::new(),
            ValueRef::Integer(number) => [&b"1"[..], &number.to_be_bytes()].concat(),
            ValueRef::Real(number) => [&b"2"[..], &number.to_be_bytes()].concat(),
            ValueRef::Text(text) => [b"3", text].concat(),
            ValueRef::Blob(bytes) => [b"4", bytes].concat(),
        });
        index += 1;
    }
    let columns: Vec<&[u8]> = columns.iter().map(Vec::as_slice).collect();
    Ok((row.get(0)?, chain::link(&[], &columns)))
}

/// The first fingerprint that is not as it was written.
pub(super) fn broken(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let mut statement =
        connection.prepare("SELECT id, kind, row, first, digest, chain FROM fingerprint ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut previous = Vec::new();
    while let Some(row) = rows.next()? {
        let (kind, digest, kept): (String, Vec<u8>, Vec<u8>) = (row.get(1)?, row.get(4)?, row.get(5)?);
        if link(&previous, &kind, row.get(2)?, row.get(3)?, &digest).as_slice() != kept {
            return Ok(Some(row.get(0)?));
        }
        previous = kept;
    }
    Ok(None)
}

/// Compares every row with its fingerprint.
pub(super) fn compare(connection: &Connection) -> Result<Checked, StoreError> {
    let mut checked = Checked::new("rows", "rows with a fingerprint");
    for kind in Kind::ALL {
        let (table, what, _) = kind.table();
        let mut noted: HashMap<i64, Vec<u8>> = HashMap::new();
        let mut statement = connection
            .prepare_cached("SELECT row, first, digest FROM fingerprint WHERE kind = ?1 ORDER BY id")?;
        let mut rows = statement.query([table])?;
        while let Some(row) = rows.next()? {
            let (number, is_new): (i64, bool) = (row.get(0)?, row.get(1)?);
            if noted.insert(number, row.get(2)?).is_some() && is_new {
                checked.damage(format!("{what} {number}: it was removed, and another took its number"));
            }
        }
        let mut statement = connection.prepare(&kind.all())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, digest) = digest(row)?;
            checked.count += 1;
            match noted.remove(&number) {
                Some(known) if known == digest => (),
                Some(_) => checked.damage(format!("{what} {number} is not as it was written")),
                None => checked.damage(format!("{what} {number}: timbra did not write it")),
            }
        }
        let mut gone: Vec<i64> = noted.into_keys().collect();
        gone.sort_unstable();
        for number in gone {
            checked.damage(format!("{what} {number} was removed"));
        }
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_changed_a_removed_and_a_replaced_row_are_seen_and_one_that_timbra_changed_is_not() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let purge = crate::store::Purge { author: "anna", at: at(9), before: at(9).date_naive() };
        for (change, seen) in [
            ("SELECT 1", ""),
            ("UPDATE configuration SET since = 8 WHERE id = 1", "configuration 1 is not as it was written"),
            ("UPDATE configuration SET text = '' WHERE id = 2", "configuration 2 is not as it was written"),
            ("DELETE FROM configuration WHERE id = 2", "configuration 2 was removed"),
            (
                "INSERT INTO clock_confirmation VALUES (4, 5, 'x')",
                "confirmation of the clock 4: timbra did not",
            ),
            ("DELETE FROM fingerprint WHERE id = 2", "configuration 2: timbra did not write it"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(folder.path()).unwrap();
            store.keep_configuration(&[1; 32], "one", at(1)).unwrap();
            store.keep_configuration(&[2; 32], "two", at(2)).unwrap();
            assert_eq!(store.forget_configurations(&purge, at(3)).unwrap(), 1);
            store.connection.execute_batch(change).unwrap();
            let damages = compare(&store.connection).unwrap().damages;
            match seen {
                "" => assert!(damages.is_empty(), "{damages:?}"),
                seen => assert!(damages.len() == 1 && damages[0].contains(seen), "{change}: {damages:?}"),
            }
            if change.starts_with("DELETE FROM configuration") {
                // the next one takes its number, and hides nothing
                store.keep_configuration(&[3; 32], "three", at(4)).unwrap();
                let damages = compare(&store.connection).unwrap().damages;
                assert!(damages[0].contains("another took its number"), "{damages:?}");
            }
            let first = change.contains("fingerprint").then_some(3);
            assert_eq!(broken(&store.connection).unwrap(), first, "{change}");
        }
    }
}

//! The schema, step by step: numbered SQL files that are never edited after a release.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, commit, fingerprints, tally, verify};

/// Each step, in order; `PRAGMA user_version` says how many a store has.
const STEPS: &[&str] = &[
    include_str!("schema/0001_initial.sql"),
    include_str!("schema/0002_register.sql"),
    include_str!("schema/0003_delivery.sql"),
    include_str!("schema/0004_serial.sql"),
    include_str!("schema/0005_receipts.sql"),
    include_str!("schema/0006_amendments.sql"),
    include_str!("schema/0007_release.sql"),
    include_str!("schema/0008_protocol.sql"),
    include_str!("schema/0009_accounts.sql"),
    include_str!("schema/0010_changed_agreements.sql"),
    include_str!("schema/0011_malfunctions.sql"),
    include_str!("schema/0012_digest.sql"),
    include_str!("schema/0013_fingerprints.sql"),
];

/// Since this one there are fingerprints of rows; those of what was there before are made with it.
const RECORDED: usize = 13;

/// Brings a store to the newest schema; a newer one is refused.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if version(connection)? == known() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = check(&transaction, path)?;
    for (number, step) in STEPS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step).map_err(|error| misfit(number, error))?;
        if number + 1 == RECORDED {
            fingerprints::note_all(&transaction)?;
            tally::stored(&transaction, &mut |_, _| Ok(()))?.note(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", i64::try_from(number + 1).unwrap_or(i64::MAX))?;
    }
    commit(transaction)
}

/// A store that is not of the schema that it names. `SQLite` would show the whole step.
fn misfit(schema: usize, error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => {
            StoreError::Damaged(format!("it is not of schema {schema}, as it says: {msg}"))
        }
        other => other.into(),
    }
}

/// Refuses a store of a newer version, and gives the version of any other.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found = version(connection)?;
    if found > known() {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: known() });
    }
    Ok(found)
}

/// The newest schema.
pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// What a store of a schema is made of.
pub(super) fn shape(schema: i64) -> Result<Vec<(String, String)>, StoreError> {
    let fresh = Connection::open_in_memory()?;
    let steps = STEPS.iter().take(usize::try_from(schema).unwrap_or(0));
    steps.into_iter().try_for_each(|step| fresh.execute_batch(step))?;
    verify::shape(&fresh)
}

/// Why a store is not opened that says it is of an older schema, or of none: it is, or somebody wrote that
/// into it.
pub(super) fn older(connection: &Connection, schema: i64, path: &Path) -> Result<StoreError, StoreError> {
    if verify::shape(connection)? == shape(schema)? {
        if schema == 0 {
            return Ok(StoreError::Missing(path.to_owned()));
        }
        return Ok(StoreError::Older(path.to_owned()));
    }
    Ok(StoreError::Damaged(format!("it is not of schema {schema}, as it says")))
}

/// The schema of a store; 0 where there is nothing in it.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

#[cfg(test)]
mod tests;

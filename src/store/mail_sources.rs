//! What of the mail in each folder and mailbox was read already, and how each of them is.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::delivery::State;

use super::{Store, StoreError, commit};

/// How often something unreadable is tried before it is left alone.
const TRIES: u32 = 3;

/// A folder or mailbox that mail comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailSource {
    /// Its name.
    pub source: String,
    /// The numbering of its messages and the last number read, of a mailbox.
    pub cursor: Option<(u32, u32)>,
    /// When it was last read to its end.
    pub good_at: Option<DateTime<Utc>>,
    /// Why it could not be read since.
    pub trouble: Option<String>,
    /// Percent of its quota, where the server tells.
    pub fullness: Option<u8>,
}

/// Remembers that something was read, inside of a transaction.
pub(super) fn done(transaction: &Transaction<'_>, source: &str, name: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO mail_seen (source, name, tries, done) VALUES (?1, ?2, 0, 1)
             ON CONFLICT (source, name) DO UPDATE SET done = 1",
        )?
        .execute((source, name))?;
    Ok(())
}

impl Store {
    /// Those of the names that were not read yet.
    pub fn unseen_mail(&self, source: &str, names: Vec<String>) -> Result<Vec<String>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT name FROM mail_seen WHERE source = ?1 AND done = 1")?;
        let seen = statement.query_map([source], |row| row.get(0))?;
        let seen: HashSet<String> = seen.collect::<Result<_, _>>()?;
        Ok(names.into_iter().filter(|name| !seen.contains(name)).collect())
    }

    /// Remembers that these need not be read.
    pub fn pass_over_mail(&mut self, source: &str, names: &[String]) -> Result<(), StoreError> {
        let transaction = self.write()?;
        for name in names {
            done(&transaction, source, name)?;
        }
        commit(transaction)
    }

    /// Counts a try in vain. True when it was the last one: it is left alone from now on.
    pub fn mail_failed(&mut self, source: &str, name: &str) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let tries: u32 = transaction
            .prepare_cached(
                "INSERT INTO mail_seen (source, name, tries, done) VALUES (?1, ?2, 1, 0)
                 ON CONFLICT (source, name) DO UPDATE SET tries = tries + 1 RETURNING tries",
            )?
            .query_row((source, name), |row| row.get(0))?;
        if tries >= TRIES {
            done(&transaction, source, name)?;
        }
        commit(transaction)?;
        Ok(tries >= TRIES)
    }

    /// Forgets what was remembered of names that are gone.
    pub fn forget_mail_names(&mut self, source: &str, present: &[String]) -> Result<(), StoreError> {
        let present: HashSet<&String> = present.iter().collect();
        let transaction = self.write()?;
        let names: Vec<String> = {
            let mut statement = transaction.prepare_cached("SELECT name FROM mail_seen WHERE source = ?1")?;
            let names = statement.query_map([source], |row| row.get(0))?;
            names.collect::<Result<_, _>>()?
        };
        let gone: Vec<&String> = names.iter().filter(|name| !present.contains(name)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        for name in gone {
            transaction
                .prepare_cached("DELETE FROM mail_seen WHERE source = ?1 AND name = ?2")?
                .execute((source, name))?;
        }
        commit(transaction)
    }

    /// What is known of a source; nothing yet, of a new one.
    pub fn mail_source(&self, source: &str) -> Result<MailSource, StoreError> {
        let found = self.mail_sources()?.into_iter().find(|found| found.source == source);
        Ok(found.unwrap_or_else(|| MailSource { source: source.to_owned(), ..MailSource::default() }))
    }

    /// All sources that were ever read.
    pub fn mail_sources(&self) -> Result<Vec<MailSource>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT source, uid_validity, last_uid, good_at, trouble, fullness FROM mail_source ORDER BY source",
        )?;
        let rows = statement.query_map([], |row| {
            let (validity, last): (Option<u32>, Option<u32>) = (row.get(1)?, row.get(2)?);
            let good_at: Option<i64> = row.get(3)?;
            Ok(MailSource {
                source: row.get(0)?,
                cursor: validity.zip(last),
                good_at: good_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
                trouble: row.get(4)?,
                fullness: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes down how far a source was read, and how it is.
    pub fn keep_mail_source(&mut self, state: &MailSource) -> Result<(), StoreError> {
        if self.mail_source(&state.source)? == *state {
            return Ok(());
        }
        let transaction = self.write()?;
        transaction.execute(
            "INSERT OR REPLACE INTO mail_source (source, uid_validity, last_uid, good_at, trouble, fullness)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                &state.source,
                state.cursor.map(|(validity, _)| validity),
                state.cursor.map(|(_, last)| last),
                state.good_at.map(|at| at.timestamp()),
                &state.trouble,
                state.fullness,
            ),
        )?;
        commit(transaction)
    }

    /// True when a receipt is still expected for some message that left since `since`.
    pub fn awaits_receipts(&self, since: DateTime<Utc>) -> Result<bool, StoreError> {
        let codes = [
            State::HandingOver,
            State::SmtpAccepted,
            State::Uncertain,
            State::PecAccepted,
            State::Undelivered,
            State::Expired,
        ];
        let codes = codes.map(|state| format!("'{}'", state.code())).join(", ");
        let sql = format!(
            "SELECT 1 FROM outbox WHERE state IN ({codes}) AND EXISTS
             (SELECT 1 FROM outbox_event WHERE outbox = outbox.id AND at >= ?1) LIMIT 1"
        );
        let found =
            self.connection.prepare_cached(&sql)?.query_row([since.timestamp()], |_| Ok(())).optional()?;
        Ok(found.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_not_read_again_and_what_cannot_be_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(store.unseen_mail("a", names(&["1", "2"])).unwrap(), ["1", "2"]);
        store.pass_over_mail("a", &names(&["1"])).unwrap();
        assert_eq!(store.unseen_mail("a", names(&["1", "2"])).unwrap(), ["2"]);
        assert_eq!(store.unseen_mail("b", names(&["1"])).unwrap(), ["1"]);
        for last in [false, false, true] {
            assert!(!store.unseen_mail("a", names(&["2"])).unwrap().is_empty());
            assert_eq!(store.mail_failed("a", "2").unwrap(), last);
        }
        assert!(store.unseen_mail("a", names(&["1", "2"])).unwrap().is_empty());
        store.forget_mail_names("a", &names(&["2"])).unwrap();
        assert_eq!(store.unseen_mail("a", names(&["1", "2"])).unwrap(), ["1"]);
    }

    #[test]
    fn a_source_remembers_how_far_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let mut state = store.mail_source("a").unwrap();
        assert_eq!((state.cursor, state.good_at), (None, None));
        state.cursor = Some((7, 12));
        state.good_at = DateTime::from_timestamp(1_000_000, 0);
        state.fullness = Some(81);
        store.keep_mail_source(&state).unwrap();
        assert_eq!(store.mail_source("a").unwrap(), state);
        assert_eq!(store.mail_sources().unwrap(), [state]);
    }
}

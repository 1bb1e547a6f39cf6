//! What was said in each attempt to hand a message over.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use sha2::{Digest, Sha256};

use crate::domain::delivery::State;

use super::outbox::{Again, AttemptEnd, Step, step};
use super::{Store, StoreError, commit};

/// One attempt that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// 1, 2, ...
    pub number: u32,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// What was said, without secrets and without the message.
    pub dialogue: String,
}

/// Keeps the dialogue of an attempt. Returns its SHA-256.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    end: &AttemptEnd<'_>,
    now: DateTime<Utc>,
) -> Result<[u8; 32], StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO attempt (outbox, number, began_at, ended_at, dialogue) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute((end.id, end.number, end.began_at.timestamp(), now.timestamp(), end.dialogue))?;
    Ok(Sha256::digest(end.dialogue).into())
}

/// True while nobody has claimed the message since that attempt.
pub(super) fn is_latest(transaction: &Transaction<'_>, id: i64, number: u32) -> Result<bool, StoreError> {
    let mut statement = transaction.prepare_cached("SELECT 1 FROM outbox WHERE id = ?1 AND attempts = ?2")?;
    Ok(statement.exists((id, number))?)
}

impl Store {
    /// Notes that the text of a claimed message leaves now. False when it must not: somebody has moved the
    /// message, or claimed it for another attempt.
    pub fn hand_over(&mut self, id: i64, number: u32, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let leaves = Step {
            to: State::HandingOver,
            detail: "the text leaves now",
            evidence: None,
            again: Again::Unchanged,
        };
        let transaction = self.write()?;
        let moved = is_latest(&transaction, id, number)? && step(&transaction, id, &leaves, now)?;
        if moved {
            commit(transaction)?;
        }
        Ok(moved)
    }

    /// The attempts at one message, in order.
    pub fn attempts(&self, id: i64) -> Result<Vec<Attempt>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, began_at, ended_at, dialogue FROM attempt WHERE outbox = ?1 ORDER BY number",
        )?;
        let rows = statement.query_map([id], |row| {
            Ok(Attempt {
                number: row.get(0)?,
                began_at: DateTime::from_timestamp(row.get(1)?, 0).unwrap_or_default(),
                ended_at: DateTime::from_timestamp(row.get(2)?, 0).unwrap_or_default(),
                dialogue: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_claimed_since_is_neither_handed_over_nor_settled_by_whoever_had_it_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let now = "2026-11-02T07:00:00Z".parse().unwrap();
        let sql = "INSERT INTO outbox (id, kind, agreement, period, revision, recipient, sender, message_id,
                   sha256, state, not_before, deadline)
                   VALUES (1, 'statement', 'a', 1, 1, 'a', 'b', 1, x'', 'due', 0, 0)";
        store.connection.execute(sql, ()).unwrap();
        store.connection.execute("INSERT INTO sealed (outbox, message) VALUES (1, x'')", ()).unwrap();
        let state = |store: &Store| store.outbox_row(1).unwrap().unwrap().state;
        let number =
            |store: &mut Store, boot| store.claim_due(boot, now).unwrap().map(|claimed| claimed.row.attempts);
        let first = number(&mut store, "first").unwrap();
        store.recover_outbox("second", false, now).unwrap();
        let second = number(&mut store, "second").unwrap();
        assert!(!store.hand_over(1, first, now).unwrap());
        assert!(store.hand_over(1, second, now).unwrap());
        let mut end = AttemptEnd {
            id: 1,
            number: first,
            began_at: now,
            dialogue: "-",
            to: State::Due,
            pause: None,
            detail: "not handed over",
        };
        store.end_attempt(&end, None, now).unwrap();
        assert_eq!(state(&store), State::HandingOver, "it would be sent again");
        (end.number, end.to) = (second, State::SmtpAccepted);
        store.end_attempt(&end, None, now).unwrap();
        assert_eq!(state(&store), State::SmtpAccepted);
        assert_eq!(store.attempts(1).unwrap().len(), 2);
    }
}

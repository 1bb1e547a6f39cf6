//! Mail that came in, as it is shown and as it is proof.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row};

use crate::domain::delivery::{Concern, Effect, received_subject};

use super::{Store, StoreError, alarms, commit};

/// A message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its number.
    pub id: i64,
    /// Where it was found.
    pub source: String,
    /// When it was read.
    pub seen_at: DateTime<Utc>,
    /// Its `Date`.
    pub sent_at: Option<DateTime<Utc>>,
    /// The value of `X-Ricevuta`, `dsn`, `envelope`, `none`.
    pub kind: String,
    /// Its `From`.
    pub from: Option<String>,
    /// The subject of other mail.
    pub subject: Option<String>,
    /// The message it is about, without brackets.
    pub message_id: Option<String>,
    /// `errore`
    pub error: Option<String>,
    /// The words of the provider.
    pub detail: Option<String>,
    /// The legal time of what it reports, RFC 3339.
    pub at: Option<String>,
    /// `valid`, `broken`, `missing`, `unchecked`
    pub signature: String,
    /// True when it is believed.
    pub trusted: bool,
    /// What it means, if it is believed.
    pub effect: Option<Effect>,
    /// Why, in a sentence.
    pub why: String,
    /// What a person must hear.
    pub concern: Option<Concern>,
    /// The message of the outbox it is about.
    pub outbox: Option<i64>,
    /// When a person settled it.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A receipt as proof of what became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptEvidence {
    /// What it says.
    pub received: Received,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// Its bytes.
    pub message: Vec<u8>,
    /// The certificate of its signer, DER.
    pub certificate: Option<Vec<u8>>,
}

const COLUMNS: &str =
    "id, source, seen_at, sent_at, kind, sender, subject, message_id, error, detail, at, signature,
    trusted, effect, why, concern, outbox, settled_at";

fn received(row: &Row<'_>) -> rusqlite::Result<Received> {
    let instant = |seconds: Option<i64>| seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let (effect, concern): (Option<String>, Option<String>) = (row.get(13)?, row.get(15)?);
    Ok(Received {
        id: row.get(0)?,
        source: row.get(1)?,
        seen_at: instant(row.get(2)?).unwrap_or_default(),
        sent_at: instant(row.get(3)?),
        kind: row.get(4)?,
        from: row.get(5)?,
        subject: row.get(6)?,
        message_id: row.get(7)?,
        error: row.get(8)?,
        detail: row.get(9)?,
        at: row.get(10)?,
        signature: row.get(11)?,
        trusted: row.get(12)?,
        effect: effect.as_deref().and_then(Effect::parse),
        why: row.get(14)?,
        concern: concern.as_deref().and_then(Concern::parse),
        outbox: row.get(16)?,
        settled_at: instant(row.get(17)?),
    })
}

impl Store {
    /// All mail that came in, the oldest first.
    pub fn received(&self) -> Result<Vec<Received>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM received ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_map([], received)?.collect::<Result<_, _>>()?)
    }

    /// The bytes of one of them, of those that are kept.
    pub fn received_message(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT message FROM received_message WHERE received = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
    }

    /// What came back for a message of the outbox, in the order of arrival, with its bytes. Also what
    /// is not believed: look at [`Received::trusted`].
    pub fn receipts_of(&self, outbox: i64) -> Result<Vec<ReceiptEvidence>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, sha256, certificate, message FROM received JOIN received_message ON received = id
             WHERE outbox = ?1 ORDER BY id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([outbox], |row| {
            Ok(ReceiptEvidence {
                received: received(row)?,
                sha256: row.get(18)?,
                certificate: row.get(19)?,
                message: row.get(20)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Receipts that are not believed and that nobody has settled, with where they came from: another
    /// configuration may believe them.
    pub fn doubted_receipts(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT source, message FROM received JOIN received_message ON received = id
             WHERE trusted = 0 AND settled_at IS NULL AND concern = 'signature' ORDER BY id LIMIT 200",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A person has looked at it: its alarms are over. False when there is none to settle.
    pub fn settle_received(
        &mut self,
        id: i64,
        (author, why): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let settled = transaction.execute(
            "UPDATE received SET settled_at = ?2, settled_by = ?3, settled_why = ?4
             WHERE id = ?1 AND concern IS NOT NULL AND settled_at IS NULL",
            (id, now.timestamp(), author, why),
        )?;
        if settled == 0 {
            return Ok(false);
        }
        alarms::clear(&transaction, &received_subject(id), now)?;
        commit(transaction)?;
        Ok(true)
    }

    /// Forgets other mail than ours that was read before an instant.
    pub fn forget_other_mail(&mut self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        let transaction = self.write()?;
        let gone = transaction.execute(
            "DELETE FROM received WHERE seen_at < ?1 AND outbox IS NULL AND concern IS NULL
             AND NOT EXISTS (SELECT 1 FROM received_message WHERE received = received.id)",
            [before.timestamp()],
        )?;
        if gone > 0 {
            commit(transaction)?;
        }
        Ok(gone)
    }
}

//! What the protocol office gave back about a message: its registration, and files such as a detached
//! signature. Both stay as they came, and stand in the chain of the message's events.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::State;
use crate::domain::protocol::Protocol;
use crate::domain::statement::StatementNumber;

use super::fingerprints::{self, Kind};
use super::outbox::{Again, Step, step};
use super::{Store, StoreError, commit, outbox_events};

/// How keeping something ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Now,
    /// It was kept before.
    Before,
    /// The message was registered otherwise.
    Differs(Protocol),
    /// That number is the registration of another document: that of this message.
    Used(i64),
}

/// A file that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// SHA-256 of its content.
    pub sha256: Vec<u8>,
    /// Its content.
    pub content: Vec<u8>,
}

impl Store {
    /// The message of a numbered document; the last one where it was sent to several addresses.
    pub fn message_of(&self, number: StatementNumber) -> Result<Option<(i64, String)>, StoreError> {
        let sql = "SELECT outbox.id, message_id FROM outbox JOIN statement ON statement.id = outbox.statement
                   WHERE number = ?1 AND year = ?2 ORDER BY outbox.id DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_row((number.number, number.year), |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?)
    }

    /// Keeps how a message was registered, once, and a number for one document only. Ordinary mail that the
    /// protocol office has is on its way with it: nothing else will be heard of it.
    pub fn keep_protocol(
        &mut self,
        id: i64,
        (protocol, by): (&Protocol, &str),
        now: DateTime<Utc>,
    ) -> Result<Option<Kept>, StoreError> {
        let transaction = self.write()?;
        if let Some(known) = protocols(&transaction)?.remove(&id) {
            return Ok(Some(if known == *protocol { Kept::Before } else { Kept::Differs(known) }));
        }
        let found: Option<(String, String)> = transaction
            .query_row("SELECT state, channel FROM outbox WHERE id = ?1", [id], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((state, channel)) = found else { return Ok(None) };
        let mut state =
            State::parse(&state).ok_or_else(|| StoreError::Damaged(format!("outbox state {state}")))?;
        let certified = ChannelKind::parse(&channel).is_some_and(ChannelKind::is_certified);
        let date = protocol.date.map(|date| date.to_string());
        if let Some(other) = used(&transaction, id, protocol, now)? {
            return Ok(Some(Kept::Used(other)));
        }
        transaction.execute(
            "INSERT INTO protocol (outbox, number, date, register, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (id, protocol.number(), date, &protocol.register, now.timestamp()),
        )?;
        fingerprints::note(&transaction, Kind::Registration, id, true)?;
        let detail = format!("registered as {protocol}, {by}");
        if state == State::Sealed {
            // whoever registered it has it: handed over after the backup that this store comes from
            let theirs =
                Step { to: State::HandedOut, detail: &detail, evidence: None, again: Again::Unchanged };
            if step(&transaction, id, &theirs, now)? {
                state = State::HandedOut;
            }
        }
        let done = Step { to: State::SmtpAccepted, detail: &detail, evidence: None, again: Again::Unchanged };
        if state != State::HandedOut || certified || !step(&transaction, id, &done, now)? {
            outbox_events::record(&transaction, id, state, &detail, None, now)?;
        }
        commit(transaction)?;
        Ok(Some(Kept::Now))
    }

    /// How messages were registered, by message.
    pub fn protocols(&self) -> Result<HashMap<i64, Protocol>, StoreError> {
        protocols(&self.connection)
    }

    /// Keeps a file that was given back, once.
    pub fn keep_evidence(
        &mut self,
        id: i64,
        name: &str,
        content: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Kept, StoreError> {
        let sha256: [u8; 32] = Sha256::digest(content).into();
        let transaction = self.write()?;
        let added = transaction.execute(
            "INSERT INTO evidence (outbox, at, name, sha256, content) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            (id, now.timestamp(), name, sha256.as_slice(), content),
        )?;
        if added == 0 {
            return Ok(Kept::Before);
        }
        fingerprints::note(&transaction, Kind::Evidence, transaction.last_insert_rowid(), true)?;
        // where it stands now: somebody else may have moved it since it was looked at
        let state: String =
            transaction.query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0))?;
        let state =
            State::parse(&state).ok_or_else(|| StoreError::Damaged(format!("outbox state {state}")))?;
        outbox_events::record(
            &transaction,
            id,
            state,
            &format!("{name} was given back"),
            Some(&sha256),
            now,
        )?;
        commit(transaction)?;
        Ok(Kept::Now)
    }

    /// The files that were given back for a message, in the order of arrival.
    pub fn evidence_of(&self, id: i64) -> Result<Vec<Evidence>, StoreError> {
        let sql = "SELECT name, sha256, content FROM evidence WHERE outbox = ?1 ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([id], |row| {
            Ok(Evidence { name: row.get(0)?, sha256: row.get(1)?, content: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The message of another document that has this registration: numbers begin anew with each year and
/// each register.
fn used(
    connection: &Connection,
    id: i64,
    protocol: &Protocol,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT outbox FROM protocol JOIN outbox ON outbox.id = protocol.outbox
               WHERE number = ?2 AND register IS ?3 AND outbox.id <> ?1
                   AND ifnull(substr(date, 1, 4), strftime('%Y', at, 'unixepoch')) = ?4
                   AND outbox.statement IS NOT (SELECT statement FROM outbox WHERE id = ?1) LIMIT 1";
    let year = protocol.date.unwrap_or_else(|| now.date_naive()).format("%Y").to_string();
    let found = connection
        .prepare_cached(sql)?
        .query_row((id, protocol.number(), &protocol.register, year), |row| row.get(0));
    Ok(found.optional()?)
}

fn protocols(connection: &Connection) -> Result<HashMap<i64, Protocol>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT outbox, number, date, register FROM protocol")?;
    let mut rows = statement.query([])?;
    let mut protocols = HashMap::new();
    while let Some(row) = rows.next()? {
        let (number, date): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let date: Option<NaiveDate> = date.and_then(|date| date.parse().ok());
        let register: Option<String> = row.get(3)?;
        if let Some(protocol) = Protocol::new(&number, date, register.as_deref()) {
            protocols.insert(row.get(0)?, protocol);
        }
    }
    Ok(protocols)
}

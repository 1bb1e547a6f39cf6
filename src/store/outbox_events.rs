//! Every transition of the outbox: when by the wall clock and by the machine's own, what it rests
//! on, and a link to the one before, so that a later change shows.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::domain::delivery::State;

use super::uptime::Uptime;
use super::{Store, StoreError, chain};

/// One transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// Its number, counted over all messages: 1, 2, ...
    pub id: i64,
    /// When, by the wall clock.
    pub at: DateTime<Utc>,
    /// The machine's boot and the milliseconds since; absent in events of older versions.
    pub uptime: Option<(String, i64)>,
    /// The state it led to.
    pub state: State,
    /// What happened.
    pub detail: String,
    /// SHA-256 of what it rests on: the sealed bytes, the dialogue, a receipt.
    pub evidence: Option<Vec<u8>>,
    /// The link before this one, of whatever message; empty for the first of all.
    pub previous: Vec<u8>,
    /// Its own link.
    pub chain: Vec<u8>,
}

const COLUMNS: &str = "id, outbox, at, machine, uptime, state, detail, evidence, chain,
    (SELECT chain FROM outbox_event AS earlier WHERE earlier.id = outbox_event.id - 1)";

/// A row as it is stored.
struct Stored {
    outbox: i64,
    code: String,
    event: OutboxEvent,
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let code: String = row.get(5)?;
    let machine: Option<String> = row.get(3)?;
    let uptime: Option<i64> = row.get(4)?;
    let event = OutboxEvent {
        id: row.get(0)?,
        at: DateTime::from_timestamp(row.get(2)?, 0).unwrap_or_default(),
        uptime: machine.zip(uptime),
        state: State::parse(&code).unwrap_or(State::Planned),
        detail: row.get(6)?,
        evidence: row.get(7)?,
        previous: row.get::<_, Option<Vec<u8>>>(9)?.unwrap_or_default(),
        chain: row.get(8)?,
    };
    Ok(Stored { outbox: row.get(1)?, code, event })
}

impl Stored {
    /// The link that these columns make.
    fn link(&self) -> [u8; 32] {
        let event = &self.event;
        let uptime = event.uptime.as_ref().map(|(machine, uptime)| (machine.as_str(), *uptime));
        link(
            &event.previous,
            self.outbox,
            event.at,
            uptime,
            (&self.code, &event.detail),
            event.evidence.as_deref(),
        )
    }
}

/// SHA-256 over the link before and all that an event says.
fn link(
    previous: &[u8],
    outbox: i64,
    at: DateTime<Utc>,
    uptime: Option<(&str, i64)>,
    (code, detail): (&str, &str),
    evidence: Option<&[u8]>,
) -> [u8; 32] {
    let (outbox, at) = (outbox.to_be_bytes(), at.timestamp().to_be_bytes());
    match uptime {
        Some((machine, uptime)) => {
            let uptime = uptime.to_be_bytes();
            let evidence = evidence.unwrap_or_default();
            let fields: [&[u8]; 7] =
                [&outbox, &at, machine.as_bytes(), &uptime, code.as_bytes(), detail.as_bytes(), evidence];
            chain::link(previous, &fields)
        }
        None => chain::link(previous, &[&outbox, &at, code.as_bytes(), detail.as_bytes()]),
    }
}

/// Appends an event.
pub(super) fn record(
    transaction: &Transaction<'_>,
    outbox: i64,
    state: State,
    detail: &str,
    evidence: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let previous: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT chain FROM outbox_event ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Uptime { machine, milliseconds } = Uptime::now();
    let said = (state.code(), detail);
    let previous = previous.unwrap_or_default();
    let link = link(&previous, outbox, now, Some((machine, milliseconds)), said, evidence);
    transaction
        .prepare_cached(
            "INSERT INTO outbox_event (outbox, at, machine, uptime, state, detail, evidence, chain)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            outbox,
            now.timestamp(),
            machine,
            milliseconds,
            state.code(),
            detail,
            evidence,
            link.as_slice(),
        ))?;
    Ok(())
}

impl Store {
    /// The transitions of one message, in order.
    pub fn outbox_events(&self, id: i64) -> Result<Vec<OutboxEvent>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox_event WHERE outbox = ?1 ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut events = Vec::new();
        for found in statement.query_map([id], stored)? {
            let Stored { code, event, .. } = found?;
            if event.state.code() != code {
                return Err(StoreError::Damaged(format!("outbox state {code}")));
            }
            events.push(event);
        }
        Ok(events)
    }

    /// Checks the chain over the events of all messages. Gives the first event that is not as it was
    /// written, or before which one is missing.
    pub fn verify_outbox(&self) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox_event ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        for (found, expected) in statement.query_map([], stored)?.zip(1..) {
            let found = found?;
            if found.event.id != expected || found.event.chain != found.link() {
                return Ok(Some(found.event.id));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migration;

    #[test]
    fn a_changed_event_shows_and_so_does_a_missing_one() {
        let changes = [
            ("", None),
            ("UPDATE outbox_event SET detail = 'another' WHERE id = 2", Some(2)),
            ("UPDATE outbox_event SET at = at + 1 WHERE id = 3", Some(3)),
            ("UPDATE outbox_event SET uptime = uptime + 1 WHERE id = 1", Some(1)),
            ("UPDATE outbox_event SET evidence = NULL WHERE id = 1", Some(1)),
            ("UPDATE outbox_event SET state = 'delivered' WHERE id = 3", Some(3)),
            ("DELETE FROM outbox_event WHERE id = 2", Some(3)),
        ];
        for (change, seen) in changes {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(folder.path()).unwrap();
            let now = "2026-11-02T08:00:00Z".parse().unwrap();
            store.connection.pragma_update(None, "foreign_keys", "OFF").unwrap();
            let transaction = store.write().unwrap();
            record(&transaction, 1, State::Sealed, "rendered", Some(b"hash"), now).unwrap();
            record(&transaction, 2, State::Due, "queued", None, now).unwrap();
            record(&transaction, 1, State::Due, "queued", None, now).unwrap();
            transaction.commit().unwrap();
            store.connection.execute_batch(change).unwrap();
            assert_eq!(store.verify_outbox().unwrap(), seen, "{change}");
        }
    }

    #[test]
    fn events_of_an_older_version_keep_their_links() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert!(migration::known() >= 3);
        let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
        store.connection.pragma_update(None, "foreign_keys", "OFF").unwrap();
        let old = link(&[], 1, now, None, ("due", "queued"), None);
        store
            .connection
            .execute(
                "INSERT INTO outbox_event (outbox, at, state, detail, chain) VALUES (1, ?1, 'due', 'queued', ?2)",
                (now.timestamp(), old.as_slice()),
            )
            .unwrap();
        let transaction = store.write().unwrap();
        record(&transaction, 1, State::Claimed, "attempt 1", None, now).unwrap();
        transaction.commit().unwrap();
        assert_eq!(store.verify_outbox().unwrap(), None);
        let events = store.outbox_events(1).unwrap();
        assert_eq!(events[0].uptime, None);
        assert!(events[1].uptime.is_some());
        assert_eq!(events[1].previous, events[0].chain);
    }
}

//! Which messages told which home office of a malfunction, and what they said.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use crate::domain::delivery::State;
use crate::domain::ids::AgreementId;
use crate::domain::malfunction::{Earlier, Matter, Sent};
use crate::domain::month::Month;

use super::fingerprints::{self, Kind};
use super::new_message::{self, NewMessage};
use super::outbox::{Again, Step, step};
use super::{Store, StoreError, commit};

/// A notice that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalfunctionNotice {
    /// Its message in the outbox.
    pub outbox: i64,
    /// The malfunction.
    pub number: u32,
    /// The address, in small letters.
    pub recipient: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it stands.
    pub state: State,
    /// What it tells, with its facts and what became of it.
    pub earlier: Earlier,
}

/// A notice about to be queued.
#[derive(Debug, Clone, Copy)]
pub struct NewNotice<'a> {
    /// The malfunction.
    pub number: u32,
    /// The address, in small letters.
    pub recipient: &'a str,
    /// What it tells.
    pub matter: Matter,
    /// Its facts.
    pub facts: &'a str,
    /// A message that it takes the place of.
    pub instead_of: Option<i64>,
    /// How many notices of this malfunction were made for this address, as its maker saw it.
    pub seen: usize,
    /// The agreement and the month under which it stands in the outbox.
    pub key: (&'a AgreementId, Month),
}

fn sent(state: State, outbox: i64) -> Sent {
    match state {
        State::Cancelled => Sent::Cancelled,
        State::Refused => Sent::Refused,
        State::Claimed | State::HandingOver => Sent::UnderWay,
        state if state.is_inside() => Sent::Waiting(outbox),
        _ => Sent::Left,
    }
}

impl Store {
    /// Every notice, the oldest first.
    pub fn malfunction_notices(&self) -> Result<Vec<MalfunctionNotice>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT outbox, number, malfunction_notice.recipient, at, message_id, state, matter, facts
             FROM malfunction_notice JOIN outbox ON outbox.id = outbox ORDER BY outbox",
        )?;
        let mut rows = statement.query([])?;
        let mut notices = Vec::new();
        while let Some(row) = rows.next()? {
            let (code, matter): (String, String) = (row.get(5)?, row.get(6)?);
            let outbox = row.get(0)?;
            let known = State::parse(&code).zip(Matter::parse(&matter));
            let (state, matter) = known.ok_or_else(|| {
                StoreError::Damaged(format!("the notice of message {outbox} cannot be read"))
            })?;
            notices.push(MalfunctionNotice {
                outbox,
                number: row.get(1)?,
                recipient: row.get(2)?,
                at: DateTime::from_timestamp(row.get(3)?, 0).unwrap_or_default(),
                message_id: row.get(4)?,
                state,
                earlier: Earlier { matter, facts: row.get(7)?, sent: sent(state, outbox) },
            });
        }
        Ok(notices)
    }

    /// Queues a notice and notes what it tells; the message in whose place it comes is taken back in
    /// the same transaction. None when somebody else was faster, or that message has left. `make` gets
    /// the number of the notice within its agreement and month.
    pub fn queue_malfunction_notice<E>(
        &mut self,
        notice: &NewNotice<'_>,
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<Option<i64>, E>, StoreError> {
        let transaction = self.write()?;
        let so_many: usize = transaction.query_row(
            "SELECT count(*) FROM malfunction_notice WHERE number = ?1 AND recipient = ?2",
            (notice.number, notice.recipient),
            |row| row.get::<_, u32>(0).map(|count| count as usize),
        )?;
        let instead = |message| retract(&transaction, message, now);
        if so_many != notice.seen || !notice.instead_of.map_or(Ok(true), instead)? {
            return Ok(Ok(None));
        }
        let (agreement, month) = notice.key;
        let about = ("notice", agreement, month);
        let id = match new_message::enqueue_next(&transaction, about, now, make)? {
            Ok(id) => id,
            Err(error) => return Ok(Err(error)),
        };
        transaction.execute(
            "INSERT INTO malfunction_notice (outbox, number, recipient, at, matter, facts)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (id, notice.number, notice.recipient, now.timestamp(), notice.matter.code(), notice.facts),
        )?;
        fingerprints::note(&transaction, Kind::Notice, id, true)?;
        commit(transaction)?;
        Ok(Ok(Some(id)))
    }

    /// Takes a notice back that has not left. False when it has.
    pub fn retract_notice(&mut self, message: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let retracted = retract(&transaction, message, now)?;
        if retracted {
            commit(transaction)?;
        }
        Ok(retracted)
    }

    /// Takes back the notices whose time is over: what they say is told anew, as it stands then.
    /// Returns how many.
    pub fn expire_notices(&mut self, now: DateTime<Utc>) -> Result<usize, StoreError> {
        let stale: Vec<i64> = {
            let mut statement = self.connection.prepare_cached(
                "SELECT id FROM outbox WHERE state IN ('due', 'sealed') AND kind IN ('notice', 'digest')
                 AND deadline <= ?1",
            )?;
            statement.query_map([now.timestamp()], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        let detail = "it could not leave in time; what holds then is told anew";
        let mut expired = 0;
        for message in stale {
            expired += usize::from(self.move_message(message, State::Cancelled, None, detail, now)?);
        }
        Ok(expired)
    }

    /// Notes that something was written to be printed. False when it was before.
    pub fn note_print(
        &mut self,
        (number, recipient, said): (u32, &str, &str),
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let new = transaction.execute(
            "INSERT INTO malfunction_print (number, recipient, said, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
            (number, recipient, said, now.timestamp()),
        )?;
        if new > 0 {
            commit(transaction)?;
        }
        Ok(new > 0)
    }

    /// What was written to be printed of a malfunction for a home office.
    pub fn prints(&self, number: u32, recipient: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT said FROM malfunction_print WHERE number = ?1 AND recipient = ?2 ORDER BY at";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_map((number, recipient), |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// True while a message is tried in vain.
    pub fn has_untransmitted(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM outbox WHERE state IN ('due', 'claimed') AND attempts > 0";
        Ok(self.connection.prepare_cached(sql)?.exists([])?)
    }
}

fn retract(transaction: &Transaction<'_>, message: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let detail = "taken back: what it says has changed before it left";
    let cancelled = Step { to: State::Cancelled, detail, evidence: None, again: Again::Unchanged };
    step(transaction, message, &cancelled, now)
}

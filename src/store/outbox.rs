//! The outbox: one message to one recipient, its bytes rendered once, every transition on record.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::{self, State};
use crate::domain::release::Release;

use super::outbox_events::record;
use super::uptime::Uptime;
use super::{Store, StoreError, attempts, commit};

/// A message of the outbox, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number.
    pub id: i64,
    /// What it is: `statement`, `reminder`, `notice`, `digest`, `specimen`, `copy`, `report`.
    pub kind: String,
    /// The agreement.
    pub agreement: String,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// The revision.
    pub revision: u32,
    /// How it travels.
    pub channel: ChannelKind,
    /// The recipient.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Where it stands.
    pub state: State,
    /// Attempts so far.
    pub attempts: u32,
    /// The earliest instant of the next attempt.
    pub not_before: DateTime<Utc>,
    /// When it must have arrived.
    pub deadline: DateTime<Utc>,
    /// How it leaves.
    pub release: Release,
    /// When it leaves although nobody approved it.
    pub release_at: Option<DateTime<Utc>>,
    /// True after the one automatic second sending of a doubtful message.
    pub resent: bool,
    /// It came out of a backup, and is not sent again by itself for that.
    pub restored: bool,
    /// What the last transition said; empty in a claimed message.
    pub detail: String,
}

/// A message to hand over.
#[derive(Debug, Clone)]
pub struct OutboxMessage {
    /// The row.
    pub row: OutboxRow,
    /// The sender.
    pub sender: String,
    /// The bytes as sealed.
    pub bytes: Vec<u8>,
}

/// How an attempt ended, to be written down.
#[derive(Debug, Clone)]
pub struct AttemptEnd<'a> {
    /// The message.
    pub id: i64,
    /// Which attempt: 1, 2, ...
    pub number: u32,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// What was said, without secrets and without the message.
    pub dialogue: &'a str,
    /// The state it led to.
    pub to: State,
    /// How long to wait before the next attempt.
    pub pause: Option<TimeDelta>,
    /// What happened, in one line.
    pub detail: &'a str,
}

/// When a message may be tried again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Again {
    /// As before.
    Unchanged,
    /// From that instant of the wall clock.
    At(DateTime<Utc>),
    /// After a while on the machine's own clock: no setting of the time makes it shorter or longer.
    After(TimeDelta),
}

/// One transition to make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) to: State,
    pub(super) detail: &'a str,
    /// SHA-256 of what it rests on.
    pub(super) evidence: Option<&'a [u8]>,
    pub(super) again: Again,
}

pub(super) const COLUMNS: &str =
    "id, agreement, period, revision, recipient, message_id, state, attempts, not_before, deadline,
    channel, resent, release, release_at, kind";

/// How many they are: what a query asks besides stands after them.
pub(super) const COUNT: usize = 15;

/// A pause counts on the clock of the machine's boot in which it began; in another boot the wall
/// clock decides, unless that was set back so far that no pause reaches there.
const MAY_GO: &str = "state = 'due' AND CASE
    WHEN machine IS NULL THEN not_before <= ?1
    WHEN machine = ?2 THEN resume <= ?3
    ELSE not_before <= ?1 OR not_before > ?1 + ?4 END";

pub(super) fn row(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let instant =
        |index| row.get::<_, i64>(index).map(|s| DateTime::from_timestamp(s, 0).unwrap_or_default());
    let unknown = |index, code: String| {
        rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, code.into())
    };
    let (code, channel, release): (String, String, String) = (row.get(6)?, row.get(10)?, row.get(12)?);
    Ok(OutboxRow {
        id: row.get(0)?,
        kind: row.get(14)?,
        agreement: row.get(1)?,
        period: row.get(2)?,
        revision: row.get(3)?,
        recipient: row.get(4)?,
        message_id: row.get(5)?,
        state: State::parse(&code).ok_or_else(|| unknown(6, code))?,
        attempts: row.get(7)?,
        not_before: instant(8)?,
        deadline: instant(9)?,
        channel: ChannelKind::parse(&channel).ok_or_else(|| unknown(10, channel))?,
        resent: row.get(11)?,
        restored: row.get::<_, i64>(11)? == 2,
        release: Release::parse(&release).ok_or_else(|| unknown(12, release))?,
        release_at: row.get::<_, Option<i64>>(13)?.and_then(|s| DateTime::from_timestamp(s, 0)),
        detail: String::new(),
    })
}

impl Store {
    /// All messages, the oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, (SELECT detail FROM outbox_event WHERE outbox = outbox.id ORDER BY id DESC LIMIT 1)
             FROM outbox ORDER BY id"
        ))?;
        let rows = statement.query_map([], |found| {
            Ok(OutboxRow {
                detail: found.get::<_, Option<String>>(COUNT)?.unwrap_or_default(),
                ..row(found)?
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The agreements whose final report was sent, or is on its way.
    pub fn reported(&self) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT DISTINCT agreement FROM outbox WHERE kind = 'report' AND state <> ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([State::Cancelled.code()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The messages that wait to be let go, the oldest first; without their last transition.
    pub fn outbox_sealed(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = 'sealed' ORDER BY id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_map([], row)?.collect::<Result<_, _>>()?)
    }

    /// One message; without its last transition.
    pub fn outbox_row(&self, id: i64) -> Result<Option<OutboxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id], row).optional()?)
    }

    /// The bytes of one message, as sealed.
    pub fn outbox_message(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT message FROM sealed WHERE outbox = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0)).optional()?)
    }

    /// How long until a message is due; none when none waits.
    pub fn next_due(&self, now: DateTime<Utc>) -> Result<Option<TimeDelta>, StoreError> {
        let uptime = Uptime::now();
        let milliseconds: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT min(CASE WHEN machine = ?1 THEN resume - ?2 ELSE (not_before - ?3) * 1000 END)
                 FROM outbox WHERE state = 'due'",
            )?
            .query_row((uptime.machine, uptime.milliseconds, now.timestamp()), |row| row.get(0))?;
        Ok(milliseconds.map(|milliseconds| TimeDelta::milliseconds(milliseconds.max(0))))
    }

    /// Claims the message that has been due longest, for one attempt by this run of the daemon.
    pub fn claim_due(&mut self, boot: &str, now: DateTime<Utc>) -> Result<Option<OutboxMessage>, StoreError> {
        let transaction = self.write()?;
        let claimed = claim(&transaction, boot, now)?;
        if claimed.is_some() {
            commit(transaction)?;
        }
        Ok(claimed)
    }

    /// Writes down how an attempt ended and, in the same transaction, claims the next message when
    /// `then` names this run of the daemon. An attempt that somebody else has settled in the
    /// meantime changes nothing but the record of its dialogue.
    pub fn end_attempt(
        &mut self,
        end: &AttemptEnd<'_>,
        then: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<OutboxMessage>, StoreError> {
        let transaction = self.write()?;
        let evidence = attempts::keep(&transaction, end, now)?;
        let again = end.pause.map_or(Again::Unchanged, Again::After);
        let moved = Step { to: end.to, detail: end.detail, evidence: Some(&evidence), again };
        if attempts::is_latest(&transaction, end.id, end.number)? {
            step(&transaction, end.id, &moved, now)?;
        }
        let claimed = match then {
            Some(boot) => claim(&transaction, boot, now)?,
            None => None,
        };
        commit(transaction)?;
        Ok(claimed)
    }

    /// Moves a message to another state, if the step is allowed from where it stands. False when
    /// it is not: then nothing was done.
    pub fn move_message(
        &mut self,
        id: i64,
        to: State,
        not_before: Option<DateTime<Utc>>,
        detail: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let again = not_before.map_or(Again::Unchanged, Again::At);
        let moved = step(&transaction, id, &Step { to, detail, evidence: None, again }, now)?;
        if moved {
            commit(transaction)?;
        }
        Ok(moved)
    }

    /// Sends a doubtful message again, the one time that this is done without a person: the same
    /// bytes, the same Message-ID. False when it is not doubtful, or was sent again before.
    pub fn resend_doubtful(&mut self, id: i64, detail: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let transaction = self.write()?;
        let first = transaction.execute(
            "UPDATE outbox SET resent = 1 WHERE id = ?1 AND resent = 0 AND state = ?2",
            (id, State::Uncertain.code()),
        )?;
        let again = Step { to: State::Due, detail, evidence: None, again: Again::At(now) };
        if first == 0 || !step(&transaction, id, &again, now)? {
            return Ok(false);
        }
        commit(transaction)?;
        Ok(true)
    }

    /// What a start finds of an earlier run: claims that handed nothing over are due again, and a
    /// message that was being handed over is uncertain; due again where the transport is `sure`,
    /// because trying again finds out whether the message is there.
    pub fn recover_outbox(
        &mut self,
        boot: &str,
        sure: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<(i64, State)>, StoreError> {
        let found: Vec<(i64, String, Option<String>)> = {
            let mut statement = self
                .connection
                .prepare_cached("SELECT id, state, boot FROM outbox WHERE state IN (?1, ?2)")?;
            let codes = [State::Claimed.code(), State::HandingOver.code()];
            let rows = statement.query_map(codes, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut recovered = Vec::new();
        let transaction = self.write()?;
        let again = |to, detail| Step { to, detail, evidence: None, again: Again::At(now) };
        for (id, code, owner) in found {
            let Some(state) = State::parse(&code) else { continue };
            let mut next = delivery::recover(state, owner.as_deref() == Some(boot));
            if next == state || !step(&transaction, id, &again(next, "found after a restart"), now)? {
                continue;
            }
            if sure && next == State::Uncertain {
                let detail = "trying again will show whether it is there";
                step(&transaction, id, &again(State::Due, detail), now)?;
                next = State::Due;
            }
            recovered.push((id, next));
        }
        if !recovered.is_empty() {
            commit(transaction)?;
        }
        Ok(recovered)
    }
}

/// Claims the message that has been due longest, notices last.
fn claim(
    transaction: &Transaction<'_>,
    boot: &str,
    now: DateTime<Utc>,
) -> Result<Option<OutboxMessage>, StoreError> {
    // a statement has an agreed day, a notice does not
    let found = match longest_due(transaction, "AND kind NOT IN ('notice', 'digest')", now)? {
        Some(found) => Some(found),
        None => longest_due(transaction, "", now)?,
    };
    let Some((mut row, sender)) = found else { return Ok(None) };
    let bytes = transaction
        .prepare_cached("SELECT message FROM sealed WHERE outbox = ?1")?
        .query_row([row.id], |sealed| sealed.get(0))?;
    row.attempts += 1;
    row.state = State::Claimed;
    transaction
        .prepare_cached("UPDATE outbox SET state = ?2, attempts = ?3, boot = ?4 WHERE id = ?1")?
        .execute((row.id, State::Claimed.code(), row.attempts, boot))?;
    record(transaction, row.id, State::Claimed, &format!("attempt {}", row.attempts), None, now)?;
    Ok(Some(OutboxMessage { row, sender, bytes }))
}

/// The message that has been due longest, among some, and its sender.
fn longest_due(
    transaction: &Transaction<'_>,
    among: &str,
    now: DateTime<Utc>,
) -> Result<Option<(OutboxRow, String)>, StoreError> {
    let uptime = Uptime::now();
    let mut statement = transaction.prepare_cached(&format!(
        "SELECT {COLUMNS}, sender FROM outbox WHERE {MAY_GO} {among} ORDER BY not_before, id LIMIT 1"
    ))?;
    let found = statement.query_row(
        (now.timestamp(), uptime.machine, uptime.milliseconds, delivery::LONGEST_PAUSE.num_seconds()),
        |found| Ok((row(found)?, found.get(COUNT)?)),
    );
    Ok(found.optional()?)
}

/// Moves a message to another state, if the step is allowed from where it stands.
pub(super) fn step(
    transaction: &Transaction<'_>,
    id: i64,
    step: &Step<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let code: Option<String> = transaction
        .prepare_cached("SELECT state FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let from = code.as_deref().and_then(State::parse);
    if !from.is_some_and(|from| from.may_become(step.to)) {
        return Ok(false);
    }
    let uptime = Uptime::now();
    let (not_before, machine, resume) = match step.again {
        Again::Unchanged => (None, None, None),
        Again::At(instant) => (Some(instant.timestamp()), None, None),
        Again::After(pause) => (
            Some((now + pause).timestamp()),
            Some(uptime.machine),
            Some(uptime.milliseconds + pause.num_milliseconds()),
        ),
    };
    // The boot stays while the message is in the hands of that run.
    let released = step.to != State::HandingOver;
    transaction
        .prepare_cached(
            "UPDATE outbox SET state = ?2, not_before = ifnull(?3, not_before), machine = ?4, resume = ?5,
             boot = CASE ?6 WHEN 1 THEN NULL ELSE boot END WHERE id = ?1",
        )?
        .execute((id, step.to.code(), not_before, machine, resume, released))?;
    record(transaction, id, step.to, step.detail, step.evidence, now)?;
    Ok(true)
}

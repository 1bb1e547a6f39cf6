//! Mail that came in: taken once, applied to the message it is about in the same transaction.

use chrono::{DateTime, FixedOffset, Utc};
use rusqlite::Transaction;

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::{Answer, Concern, Effect, State, received_subject};
use crate::hex;

use super::fingerprints::{self, Kind};
use super::outbox::{Again, Step, step};
use super::received_about::{
    About, about_id, doubt, find, is, is_from_a_recipient, is_last_warning, is_nameless,
};
use super::{Store, StoreError, alarms, commit, mail_sources, outbox_events};

/// A message that was read, and what was made of it.
#[derive(Debug, Clone)]
pub struct NewReceived<'a> {
    /// Where it was found: the folder, the mailbox.
    pub source: &'a str,
    /// Under which name; none when it is not read there, but looked at again.
    pub name: Option<&'a str>,
    /// Its own Message-ID, without brackets.
    pub own_id: Option<&'a str>,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its `Date`.
    pub sent_at: Option<DateTime<Utc>>,
    /// The value of `X-Ricevuta`, `dsn`, `envelope`, `none`.
    pub kind: &'a str,
    /// Its `From`.
    pub from: Option<&'a str>,
    /// The subject of other mail.
    pub subject: Option<&'a str>,
    /// The message it is about, without brackets.
    pub message_id: Option<&'a str>,
    /// True when that id has the shape of ours.
    pub is_ours: bool,
    /// What the provider calls that message.
    pub identifier: Option<&'a str>,
    /// Who sent that message, as far as it says; of an envelope, its author.
    pub sender: Option<&'a str>,
    /// The recipients it is about, and whether each has PEC.
    pub recipients: Vec<(&'a str, bool)>,
    /// `errore`
    pub error: Option<&'a str>,
    /// The words of the provider.
    pub detail: Option<&'a str>,
    /// The legal time of what it reports.
    pub at: Option<DateTime<FixedOffset>>,
    /// `valid`, `broken`, `missing`, `unchecked`
    pub signature: &'a str,
    /// The certificate of the signer, DER.
    pub certificate: Option<&'a [u8]>,
    /// True when it is believed.
    pub trusted: bool,
    /// What it means, if it is believed.
    pub effect: Option<Effect>,
    /// True for a warning whose text does not say whether it is the first or the last.
    pub unclear: bool,
    /// What a person must hear.
    pub concern: Option<Concern>,
    /// Why, in a sentence.
    pub why: &'a str,
    /// Message ids under which the message it is about may be known, besides `message_id`.
    pub references: Vec<&'a str>,
    /// The bytes, for receipts: evidence.
    pub raw: &'a [u8],
}

/// What became of a message that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// Its number.
    pub id: i64,
    /// The message it is about.
    pub outbox: Option<i64>,
    /// What happened.
    pub fate: Fate,
    /// What a person must hear.
    pub concern: Option<Concern>,
}

/// What a message that came in did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It had been taken before.
    Known,
    /// Kept, and nothing followed.
    Kept,
    /// It is about nothing of ours: listed.
    Listed,
    /// It waits until an attempt has ended.
    Waits,
    /// The message moved.
    Moved {
        /// From there.
        from: State,
        /// To there.
        to: State,
    },
}

impl Store {
    /// Takes a message that came in: keeps or lists it, once, and applies it to the message that it
    /// is about. All or nothing.
    pub fn receive(&mut self, new: &NewReceived<'_>, now: DateTime<Utc>) -> Result<Reception, StoreError> {
        let transaction = self.write()?;
        let reception = receive(&transaction, new, now)?;
        if let Some(name) = new.name {
            mail_sources::done(&transaction, new.source, name)?;
        }
        commit(transaction)?;
        Ok(reception)
    }

    /// Applies what waited for an attempt to end.
    pub fn apply_waiting(&mut self, now: DateTime<Utc>) -> Result<Vec<Reception>, StoreError> {
        let waiting: Vec<(i64, i64, String, String, Vec<u8>)> = {
            let mut statement = self.connection.prepare_cached(
                "SELECT id, outbox, effect, why, sha256 FROM received WHERE waits = 1 ORDER BY id",
            )?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut receptions = Vec::new();
        for (id, outbox, effect, why, sha256) in waiting {
            let Some(effect) = Effect::parse(&effect) else { continue };
            let transaction = self.write()?;
            let Some(about) = about_id(&transaction, outbox)? else { continue };
            let (fate, concern) = apply(&transaction, &about, effect, (&why, &sha256), now)?;
            if fate == Fate::Waits {
                continue;
            }
            if let Some(concern) = concern {
                alarms::raise(&transaction, &concern.alarm(id, Some(outbox)), now)?;
            }
            transaction.execute("UPDATE received SET waits = 0 WHERE id = ?1", [id])?;
            commit(transaction)?;
            receptions.push(Reception { id, outbox: Some(outbox), fate, concern });
        }
        Ok(receptions)
    }
}

fn receive(
    transaction: &Transaction<'_>,
    new: &NewReceived<'_>,
    now: DateTime<Utc>,
) -> Result<Reception, StoreError> {
    let identity = new.own_id.map_or_else(|| hex::lower(&new.sha256), str::to_owned);
    let known = known(transaction, &identity, new)?;
    if let Known::Settled(id) = known {
        return Ok(Reception { id, outbox: None, fate: Fate::Known, concern: None });
    }
    let about = find(transaction, new)?;
    let doubt = about.as_ref().and_then(|about| doubt(new, about));
    let mut effect = new.effect.filter(|_| doubt.is_none());
    if let (Some(about), true) = (&about, new.unclear)
        && effect == Some(Effect::Warning)
        && is_last_warning(transaction, about.id, new.at)?
    {
        effect = Some(Effect::Expired);
    }
    let ours = about.is_some() || new.is_ours || is_from_a_recipient(transaction, new)?;
    let mut concern = new.concern.filter(|_| ours || is_grave(new));
    if effect != new.effect {
        concern = Some(Concern::Failed);
    }
    if let (Some(about), Some(Concern::External)) = (&about, concern)
        && new.recipients.iter().any(|(address, certified)| *certified && is(address, &about.recipient))
    {
        concern = None;
    }
    let mut why = new.why.to_owned();
    if let Some(doubt) = doubt {
        concern = Some(Concern::Review);
        why = format!("not believed: {doubt}");
    }
    let nameless = about.is_none() && is_nameless(transaction, new)?;
    if about.is_none() && new.trusted && (new.is_ours || nameless) {
        concern = Some(Concern::Unmatched);
    }
    let kept = ours || nameless || is_grave(new);
    let row = Row { identity: &identity, about: about.as_ref().map(|about| about.id), effect, why: &why };
    let id = match known {
        Known::Doubted(id) => row.write_over(transaction, id, new, kept, now)?,
        _ => row.write(transaction, new, kept, now)?,
    };
    let fate = match (&about, effect) {
        (Some(about), Some(effect)) => {
            let (fate, contradiction) = apply(transaction, about, effect, (&why, &new.sha256), now)?;
            let over = fate == Fate::Kept && is_over(about.state);
            concern = contradiction.or(concern.filter(|concern| !(over && concern.is_of_message())));
            fate
        }
        _ if ours || concern.is_some() => Fate::Kept,
        _ => Fate::Listed,
    };
    if let Some(concern) = concern {
        alarms::raise(transaction, &concern.alarm(id, row.about), now)?;
    }
    let (code, waits) = (concern.map(Concern::code), fate == Fate::Waits);
    transaction.execute("UPDATE received SET concern = ?2, waits = ?3 WHERE id = ?1", (id, code, waits))?;
    Ok(Reception { id, outbox: row.about, fate, concern })
}

/// Whether it was taken before.
enum Known {
    /// Never.
    No,
    /// And nothing is to be added.
    Settled(i64),
    /// But it was not believed, and is now.
    Doubted(i64),
}

fn known(transaction: &Transaction<'_>, identity: &str, new: &NewReceived<'_>) -> Result<Known, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT id, trusted, sha256 = ?2 FROM received WHERE identity = ?1 OR sha256 = ?2 ORDER BY trusted DESC, id",
    )?;
    let rows = statement.query_map((identity, new.sha256.as_slice()), |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
    })?;
    for row in rows {
        match row? {
            (id, true, _) => return Ok(Known::Settled(id)),
            (id, false, true) if !new.trusted => return Ok(Known::Settled(id)),
            (id, false, true) => return Ok(Known::Doubted(id)),
            // another message under the same id: a forgery must not keep the true one away
            (_, false, false) => (),
        }
    }
    Ok(Known::No)
}

/// Applies a believed receipt to its message. A contradiction is a concern.
fn apply(
    transaction: &Transaction<'_>,
    about: &About,
    effect: Effect,
    (why, sha256): (&str, &[u8]),
    now: DateTime<Utc>,
) -> Result<(Fate, Option<Concern>), StoreError> {
    match effect.on(about.state) {
        Answer::Move(to) => {
            let moved = Step { to, detail: why, evidence: Some(sha256), again: Again::Unchanged };
            if !step(transaction, about.id, &moved, now)? {
                return Ok((Fate::Kept, Some(Concern::Review)));
            }
            let answered = [AlarmKind::Doubt, AlarmKind::Blocked];
            let arrived = [AlarmKind::Doubt, AlarmKind::Blocked, AlarmKind::External, AlarmKind::Delivery];
            let over: &[AlarmKind] = if to == State::Delivered { &arrived } else { &answered };
            alarms::clear_of_message(transaction, about.id, over, now)?;
            Ok((Fate::Moved { from: about.state, to }, None))
        }
        Answer::Nothing => {
            // what changes no state is on record all the same
            outbox_events::record(transaction, about.id, about.state, why, Some(sha256), now)?;
            Ok((Fate::Kept, None))
        }
        Answer::Later => Ok((Fate::Waits, None)),
        Answer::Contradiction => Ok((Fate::Kept, Some(Concern::Review))),
    }
}

/// True when bad news of a message needs nobody any more.
fn is_over(state: State) -> bool {
    matches!(state, State::Delivered | State::ClosedByHand | State::Cancelled | State::Contested)
}

/// True for what must be told though it names no message of ours: it may be about one.
fn is_grave(new: &NewReceived<'_>) -> bool {
    new.message_id.is_none()
        && matches!(new.concern, Some(Concern::Unreadable | Concern::Signature))
        && !matches!(new.kind, "envelope" | "none")
}

/// Keeps the bytes, once.
fn keep(transaction: &Transaction<'_>, id: i64, raw: &[u8]) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO received_message (received, message) VALUES (?1, ?2)")?
        .execute((id, raw))?;
    Ok(())
}

/// What a row has besides the message itself.
struct Row<'a> {
    identity: &'a str,
    about: Option<i64>,
    effect: Option<Effect>,
    why: &'a str,
}

impl Row<'_> {
    /// Writes it. The bytes are kept of what concerns us.
    fn write(
        &self,
        transaction: &Transaction<'_>,
        new: &NewReceived<'_>,
        kept: bool,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let recipients = new.recipients.iter().fold(String::new(), |text, (address, certified)| {
            text + if *certified { "certificato " } else { "esterno " } + address + "\n"
        });
        transaction
            .prepare_cached(
                "INSERT INTO received (identity, sha256, source, seen_at, sent_at, kind, sender, subject, message_id,
                 identifier, recipients, error, detail, at, signature, certificate, trusted, effect, why, outbox)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            )?
            .execute(rusqlite::params![
                self.identity,
                new.sha256.as_slice(),
                new.source,
                now.timestamp(),
                new.sent_at.map(|at| at.timestamp()),
                new.kind,
                new.from,
                new.subject,
                new.message_id,
                new.identifier,
                recipients,
                new.error,
                new.detail,
                new.at.map(|at| at.to_rfc3339()),
                new.signature,
                new.certificate,
                new.trusted,
                self.effect.map(Effect::code),
                self.why,
                self.about,
            ])?;
        let id = transaction.last_insert_rowid();
        if kept {
            keep(transaction, id, new.raw)?;
        }
        fingerprints::note(transaction, Kind::Receipt, id, true)?;
        Ok(id)
    }

    /// Writes that an earlier row is believed now, and that nobody need look at it any more.
    fn write_over(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
        new: &NewReceived<'_>,
        kept: bool,
        now: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        if kept {
            // it may have been listed only, before it was known to be about a message
            keep(transaction, id, new.raw)?;
        }
        transaction.execute(
            "UPDATE received SET signature = ?2, certificate = ?3, trusted = 1, effect = ?4, why = ?5, outbox = ?6
             WHERE id = ?1",
            (id, new.signature, new.certificate, self.effect.map(Effect::code), self.why, self.about),
        )?;
        fingerprints::note(transaction, Kind::Receipt, id, false)?;
        alarms::clear(transaction, &received_subject(id), now)?;
        Ok(id)
    }
}

#[cfg(test)]
mod tests;

//! Which message of the outbox a receipt is about, and whether it can be.

use chrono::{DateTime, FixedOffset, TimeDelta};
use rusqlite::{OptionalExtension, Transaction};

use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::{Concern, Effect, State};

use super::StoreError;
use super::received::NewReceived;

/// The message of the outbox that a receipt is about.
pub(super) struct About {
    pub(super) id: i64,
    pub(super) state: State,
    sender: String,
    pub(super) recipient: String,
    channel: ChannelKind,
}

/// The second warning comes between the hours 22 and 24, the first one after 12 (RFC 6109, 3.1.6).
const BETWEEN_WARNINGS: TimeDelta = TimeDelta::hours(17);

/// The message it is about: by our Message-ID, else by what the provider called it in an earlier
/// receipt.
pub(super) fn find(
    transaction: &Transaction<'_>,
    new: &NewReceived<'_>,
) -> Result<Option<About>, StoreError> {
    for id in new.message_id.iter().chain(&new.references) {
        let found: Option<i64> = transaction
            .prepare_cached("SELECT id FROM outbox WHERE message_id = '<' || ?1 || '>'")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(found) = found {
            return about_id(transaction, found);
        }
    }
    for id in new.identifier.iter().filter(|_| new.message_id.is_none()).chain(&new.references) {
        let found: Option<i64> = transaction
            .prepare_cached("SELECT outbox FROM received WHERE identifier = ?1 AND trusted = 1 AND outbox IS NOT NULL LIMIT 1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        if let Some(found) = found {
            return about_id(transaction, found);
        }
    }
    Ok(None)
}

pub(super) fn about_id(transaction: &Transaction<'_>, id: i64) -> Result<Option<About>, StoreError> {
    let found = transaction
        .prepare_cached("SELECT state, sender, recipient, channel FROM outbox WHERE id = ?1")?
        .query_row([id], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    Ok(found.and_then(|(state, sender, recipient, channel)| {
        let (state, channel) = (State::parse(&state)?, ChannelKind::parse(&channel)?);
        Some(About { id, state, sender, recipient, channel })
    }))
}

/// Why a receipt that is believed in itself is not believed of this message.
pub(super) fn doubt(new: &NewReceived<'_>, about: &About) -> Option<&'static str> {
    let effect = new.effect?;
    let to_recipient = new.recipients.iter().any(|(address, _)| is(address, &about.recipient));
    if effect == Effect::Contested {
        let author = new.sender.is_some_and(|sender| is(sender, &about.recipient));
        return (!author).then_some("the refusal does not come from the recipient of the message");
    }
    if new.kind == "dsn" {
        return if about.channel.is_certified() {
            Some("a bounce of ordinary mail says nothing of certified mail")
        } else {
            (!to_recipient).then_some("it is about a recipient to whom the message did not go")
        };
    }
    if new.sender.is_some_and(|sender| !is(sender, &about.sender)) {
        return Some("it is about a message of another sender");
    }
    // a refusal names no recipient where the message could not be read
    let names_nobody = new.recipients.is_empty() && matches!(effect, Effect::Refused | Effect::Accepted);
    (!to_recipient && !names_nobody).then_some("it is about a recipient to whom the message did not go")
}

/// True when a warning that does not say so is the second one: by the time since the acceptance, or
/// because there was one before.
pub(super) fn is_last_warning(
    transaction: &Transaction<'_>,
    outbox: i64,
    at: Option<DateTime<FixedOffset>>,
) -> Result<bool, StoreError> {
    let earlier: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM received WHERE outbox = ?1 AND trusted = 1 AND effect = 'warning')",
        [outbox],
        |row| row.get(0),
    )?;
    let accepted: Option<String> = transaction
        .query_row(
            "SELECT at FROM received WHERE outbox = ?1 AND trusted = 1 AND effect = 'accepted' AND at IS NOT NULL LIMIT 1",
            [outbox],
            |row| row.get(0),
        )
        .optional()?;
    let accepted = accepted.and_then(|at| DateTime::parse_from_rfc3339(&at).ok());
    Ok(earlier || at.zip(accepted).is_some_and(|(at, accepted)| at - accepted > BETWEEN_WARNINGS))
}

pub(super) fn is(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

/// A protocol desk may refuse a message without naming it in a way that is understood.
pub(super) fn is_from_a_recipient(
    transaction: &Transaction<'_>,
    new: &NewReceived<'_>,
) -> Result<bool, StoreError> {
    let (Some(Concern::Contested), Some(sender)) = (new.concern, new.sender) else { return Ok(false) };
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE recipient = ?1 COLLATE NOCASE)";
    Ok(transaction.query_row(sql, [sender], |row| row.get(0))?)
}

/// A receipt for our mailbox that names no message at all may be about one of ours.
pub(super) fn is_nameless(transaction: &Transaction<'_>, new: &NewReceived<'_>) -> Result<bool, StoreError> {
    let (None, Some(_), Some(sender)) = (new.message_id, new.effect, new.sender) else { return Ok(false) };
    let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE sender = ?1 COLLATE NOCASE)";
    Ok(transaction.query_row(sql, [sender], |row| row.get(0))?)
}

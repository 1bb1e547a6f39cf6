//! What differs from what was sent becomes an amendment, by itself after a quiet time or by hand. No
//! amendment is made while the document that it would replace has not left: what changes until then
//! is in one amendment, and the two leave in their order.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::amendment::{Amendment, Replaced};
use crate::domain::civil;
use crate::domain::month::Month;
use crate::store::{ByHand, Closed, SentStatement, Store, StoreError};

use super::comparison::{Changed, as_statement, changed, computed_if_sound, differences, watched};
use super::post;
use super::seal::{self, Document};
use super::sent::{self, SentMonth};

/// Makes the amendments whose time has come. Returns how many letters were queued, and when the next
/// one is due.
pub fn amend_due(
    store: &mut Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<(u32, Option<DateTime<Utc>>), StoreError> {
    let drifted = store.drifted()?;
    if drifted.is_empty() {
        return Ok((0, None));
    }
    let statements = watched(store, config, now)?;
    let (mut queued, mut next) = (0, None::<DateTime<Utc>>);
    for ((agreement, month), sent) in sent::by_key(&statements) {
        let drift =
            drifted.get(&sent.last.id).and_then(|found| found.drift.leaves_at(&config.statement.amend));
        let agreement = config.agreements.iter().find(|other| other.id.as_str() == agreement);
        let (Some(at), Some(agreement)) = (drift, agreement) else { continue };
        if at > now {
            next = Some(next.map_or(at, |next| next.min(at)));
        } else if sent.last.waiting().is_none() {
            let made = replace(store, config, agreement, month, &sent, None, now)?;
            queued += u32::from(matches!(made, Replacement::Closed(Closed::Now(_))));
        }
    }
    Ok((queued, next))
}

/// True when an amendment should have been made by now, and nothing holds it up.
pub fn is_due(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let found = changed(store, config, now)?;
    let due = |changed: &Changed| changed.leaves_at.is_some_and(|at| at <= now);
    Ok(found.changed.iter().any(|changed| due(changed) && changed.waits_for.is_none()))
}

/// What became of a month that was sent, when it should be sent anew.
#[derive(Debug)]
pub(super) enum Replacement {
    /// Nothing differs.
    Same,
    /// The data of what was sent cannot be read.
    Unreadable,
    /// A punch of the month is damaged.
    Damaged,
    /// It was closed, or could not be made.
    Closed(Closed<String>),
}

/// Sends a month anew: as an amendment of what holds for the home office, or plainly where all
/// earlier documents were withdrawn.
pub(super) fn replace(
    store: &mut Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
    sent: &SentMonth<'_>,
    by_hand: Option<ByHand>,
    now: DateTime<Utc>,
) -> Result<Replacement, StoreError> {
    store.expect_late(month)?;
    let Some((days, complete)) = computed_if_sound(store, config, agreement, month)? else {
        return Ok(Replacement::Damaged);
    };
    let amendment = match sent.living {
        None => None,
        Some(living) => {
            let faults = store.malfunctions()?;
            let days = (days.clone(), complete);
            let now_seen = as_statement(config, (agreement, month), days, &faults, now);
            match differences(store, living, &now_seen)? {
                None => return Ok(Replacement::Unreadable),
                Some(none) if none.is_empty() => return Ok(Replacement::Same),
                Some(differences) => {
                    Some(Amendment { ordinal: sent.count, replaces: replaced(config, living), differences })
                }
            }
        }
    };
    let issued = civil::local_time(&now, config.host.zone).date();
    let deadline = match amendment {
        // as soon as possible, whatever the month's own date
        Some(_) => config.host.office_days().after(issued, config.statement.working_days_before),
        None => post::schedule(config, agreement, month).deadline,
    };
    let document = Document {
        agreement,
        month,
        revision: sent.next_revision(),
        days,
        complete,
        amendment,
        deadline,
        by_hand,
    };
    Ok(Replacement::Closed(seal::close(store, config, document, now)?))
}

fn replaced(config: &Config, sent: &SentStatement) -> Replaced {
    let message_id = sent.messages.last().map_or("", |(_, message_id, _)| message_id);
    Replaced {
        number: sent.number,
        revision: sent.revision,
        issued: civil::local_time(&sent.generated_at, config.host.zone).date(),
        message_id: message_id.trim_matches(['<', '>']).to_owned(),
    }
}

//! Days that need the home office before the month is over (art. 2 c. 4, "con tempestività"): at most
//! one message a day to each home contact, each day once, none without reason.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use tracing::{error, info};

use crate::config::Config;
use crate::domain::agreement::{Agreement, Contact};
use crate::domain::anomaly::Anomaly;
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::month::Month;
use crate::render::{DigestPart, digest_letter};
use crate::store::{DigestItem, Store, StoreError};

use super::sealing::{Sealing, seal_letter};
use super::{compute, sent};

/// The document's part of the Message-ID.
const DOCUMENT: &str = "segnalazione";

/// Older days are left to the statement.
const DAYS: u64 = 7;

/// A digest that cannot leave for so long is made anew.
const TIME_TO_LIVE: TimeDelta = TimeDelta::hours(24);

/// What the home office should hear of without waiting.
const TOLD: [Anomaly; 7] = [
    Anomaly::NoShow,
    Anomaly::UnpairedIn,
    Anomaly::UnpairedOut,
    Anomaly::NotInCalendar,
    Anomaly::NonWorkingDay,
    Anomaly::HolidayWork,
    Anomaly::OutOfTerm,
];

/// Where the contact of a home office is written to.
#[derive(Debug)]
struct Recipient<'a> {
    address: &'a str,
    channel: ChannelKind,
    parts: Vec<DigestPart<'a>>,
}

/// Tells what is new of the last days: to be called once a day. Returns how many letters were queued.
pub fn tell(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    if !config.digest.enabled {
        return Ok(0);
    }
    let day = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone).date();
    let today = day(now);
    let mut queued = 0;
    for (key, recipient) in recipients(store, config, today)? {
        if store.last_digest(&key)?.is_some_and(|at| day(at) == today) {
            continue;
        }
        queued += u32::from(queue(store, config, (&key, &recipient), today, now)?);
    }
    Ok(queued)
}

/// What is to be told, by address in small letters.
fn recipients<'a>(
    store: &Store,
    config: &'a Config,
    today: NaiveDate,
) -> Result<BTreeMap<String, Recipient<'a>>, StoreError> {
    let first = today - Days::new(DAYS);
    let told = store.digested_since(first)?;
    let statements = store.statements_since(&Month::of(first).to_string())?;
    let sent = sent::by_key(&statements);
    let mut months = vec![Month::of(first), Month::of(today)];
    months.dedup();
    let mut recipients: BTreeMap<String, Recipient<'a>> = BTreeMap::new();
    for month in months {
        let waits = |agreement: &&Agreement| {
            let left = sent.get(&(agreement.id.as_str(), month)).is_some_and(|sent| sent.living.is_some());
            let in_term = agreement.term.months().any(|other| other == month);
            in_term && !left && month >= agreement.statement.first_month
        };
        let agreements: Vec<&Agreement> = config.agreements.iter().filter(waits).collect();
        let computed = compute::months(store, config, &agreements, month)?;
        for (agreement, days) in agreements.into_iter().zip(computed) {
            let Some(days) = days else { continue }; // damaged, which an alarm says
            let days = days.into_iter().filter(|day| day.covered && (first..today).contains(&day.date));
            let new = days.filter_map(|day| {
                let is_new = |anomaly: &Anomaly| {
                    day.day.anomalies.contains(anomaly)
                        && !told.contains(&(agreement.id.clone(), day.date, *anomaly))
                };
                let found: Vec<Anomaly> = TOLD.into_iter().filter(is_new).collect();
                (!found.is_empty()).then_some((day.date, found))
            });
            let days: Vec<_> = new.collect();
            if days.is_empty() {
                continue;
            }
            let (address, channel) = contact(agreement, today);
            let recipient = Recipient { address, channel, parts: Vec::new() };
            let parts = &mut recipients.entry(address.to_lowercase()).or_insert(recipient).parts;
            match parts.iter_mut().find(|part| part.agreement.id == agreement.id) {
                Some(part) => part.days.extend(days),
                None => parts.push(DigestPart { agreement, days }),
            }
        }
    }
    Ok(recipients)
}

/// The home contact; else where malfunctions, else where statements go.
fn contact(agreement: &Agreement, today: NaiveDate) -> (&str, ChannelKind) {
    let contact = Contact::on(&agreement.home_contacts, today);
    if let Some(email) = contact.and_then(|contact| contact.email.as_deref()) {
        return (email, ChannelKind::Email);
    }
    let channels = &agreement.clauses.channels;
    let agreed = channels.malfunction.as_ref().and_then(|way| Some((way.address.as_deref()?, way.kind)));
    agreed.unwrap_or_else(|| {
        let kind = channels.statement.as_ref().map_or(ChannelKind::Email, |way| way.kind);
        (agreement.statement.to.as_str(), kind)
    })
}

/// Queues one letter. False when it cannot be made.
fn queue(
    store: &mut Store,
    config: &Config,
    (key, recipient): (&str, &Recipient<'_>),
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(agreement) = recipient.parts.first().map(|part| part.agreement) else { return Ok(false) };
    let month = Month::of(today);
    let items: Vec<DigestItem> = recipient
        .parts
        .iter()
        .flat_map(|part| part.days.iter().map(|(date, found)| (&part.agreement.id, *date, found)))
        .flat_map(|(id, date, found)| found.iter().map(move |anomaly| (id.clone(), date, *anomaly)))
        .collect();
    let queued = store.queue_digest((&agreement.id, month), (key, &items), now, |revision| {
        let sealing = Sealing {
            kind: "digest",
            about: (&agreement.id, month),
            document: DOCUMENT,
            revision,
            channel: recipient.channel,
            recipient: recipient.address,
            deadline: now + TIME_TO_LIVE,
        };
        seal_letter(config, &digest_letter(&config.host, &recipient.parts, today), &sealing, now)
    })?;
    let agreement = &agreement.id;
    match &queued {
        Ok(message) => {
            info!(%agreement, days = items.len(), message, "the home contact is told of single days");
        }
        Err(reason) => error!(%agreement, reason, "a digest could not be made into a message"),
    }
    Ok(queued.is_ok())
}

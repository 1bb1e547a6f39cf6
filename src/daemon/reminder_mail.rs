//! Mail to the host's personnel office before a statement leaves: days to regularise while there is
//! time, and statements that wait for their approval; and once a term is over, its final report. Each
//! is told once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::agreement::{Agreement, Contact};
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::release::Release;
use crate::render::{Matter, Reminder, reminder_letter};
use crate::store::{NewMessage, Store, StoreError};

use super::sealing::{Sealing, seal_letter};
use super::{compute, final_report, post, sent};

/// The document's part of the Message-ID.
const DOCUMENT: &str = "promemoria";

/// Reminds of days to regularise, of months whose latest day is near: to be called once a day. New days
/// bring a new reminder; the same ones never do. Returns how many letters were queued.
pub fn remind(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let mut queued = 0;
    for (month, agreements) in near(store, config, today)? {
        let months = compute::months(store, config, &agreements, month)?;
        for (agreement, days) in agreements.into_iter().zip(months) {
            let Some(days) = days else { continue }; // damaged, which an alarm says
            let over = post::has_ended(config, month, now);
            let open = open_days(days, today, over);
            let items: BTreeSet<String> = open.iter().map(|day| day.date.to_string()).collect();
            let told = store.reminded(&agreement.id, month)?;
            let told_today =
                told.last.is_some_and(|at| civil::local_time(&at, config.host.zone).date() == today);
            if told_today || items.is_subset(&told.items) {
                continue;
            }
            let schedule = post::schedule(config, agreement, month);
            let leaves = civil::local_time(&post::latest(config, schedule), config.host.zone);
            let matter = Matter::OpenDays { days: &open, leaves, deadline: schedule.deadline };
            let reminder = Reminder { agreement, host: &config.host, month, matter };
            queued += u32::from(queue(store, config, &reminder, &items, now)?);
        }
    }
    Ok(queued)
}

/// Tells of every statement that waits for its approval, once. Returns how many letters were queued.
pub fn ask_for_approval(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let mut sealed = store.outbox_sealed()?;
    sealed.retain(|row| row.release == Release::Approve);
    if sealed.is_empty() {
        return Ok(0);
    }
    let statements = store.statements()?;
    let mut queued = 0;
    for row in sealed {
        let agreement = config.agreements.iter().find(|agreement| agreement.id.as_str() == row.agreement);
        let statement =
            statements.iter().find(|sent| sent.messages.iter().any(|message| message.0 == row.id));
        let (Some(agreement), Some(statement), Some(month)) =
            (agreement, statement, Month::parse(&row.period))
        else {
            continue;
        };
        let items = BTreeSet::from([format!("message {}", row.id)]);
        if items.is_subset(&store.reminded(&agreement.id, month)?.items) {
            continue;
        }
        let leaves = row.release_at.map(|at| civil::local_time(&at, config.host.zone));
        let matter = Matter::Approval { number: statement.number, message: row.id, leaves };
        let reminder = Reminder { agreement, host: &config.host, month, matter };
        queued += u32::from(queue(store, config, &reminder, &items, now)?);
    }
    Ok(queued)
}

/// Tells of every term that is over and whose final report has not been sent, once. Returns how many
/// letters were queued.
pub fn ask_for_reports(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let items = BTreeSet::from(["final report".to_owned()]);
    let mut queued = 0;
    for agreement in final_report::awaited(store, config, today)? {
        let ended = agreement.term.end;
        let month = Month::of(ended);
        if items.is_subset(&store.reminded(&agreement.id, month)?.items) {
            continue;
        }
        let reminder =
            Reminder { agreement, host: &config.host, month, matter: Matter::FinalReport { ended } };
        queued += u32::from(queue(store, config, &reminder, &items, now)?);
    }
    Ok(queued)
}

/// The months whose latest day is near and whose statement has not left, with their agreements.
fn near<'a>(
    store: &Store,
    config: &'a Config,
    today: NaiveDate,
) -> Result<BTreeMap<Month, Vec<&'a Agreement>>, StoreError> {
    let mut near: BTreeMap<Month, Vec<&Agreement>> = BTreeMap::new();
    let before = config.statement.remind_days_before;
    if before == 0 {
        return Ok(near);
    }
    let statements = store.statements()?;
    let sent = sent::by_key(&statements);
    let this_month = Month::of(today);
    for agreement in &config.agreements {
        for month in agreement.term.months() {
            let left = sent.get(&(agreement.id.as_str(), month)).is_some_and(|sent| sent.living.is_some());
            if left || month > this_month || month < agreement.statement.first_month {
                continue;
            }
            let latest = post::schedule(config, agreement, month).latest;
            if config.host.office_days().before(latest, before) <= today {
                near.entry(month).or_default().push(agreement);
            }
        }
    }
    Ok(near)
}

/// The days that somebody can do something about: those that are over, and of which something is
/// missing. Data that have not arrived are told only once the month is over.
fn open_days(days: Vec<MonthDay>, today: NaiveDate, over: bool) -> Vec<MonthDay> {
    let is_told = |day: &MonthDay| day.date < today && day.is_open() && (day.covered || over);
    days.into_iter().filter(is_told).collect()
}

/// Queues one letter. False when there is nobody to write to, or it cannot be made.
fn queue(
    store: &mut Store,
    config: &Config,
    reminder: &Reminder<'_>,
    items: &BTreeSet<String>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (agreement, month) = (reminder.agreement, reminder.month);
    let today = civil::local_time(&now, config.host.zone).date();
    let own = Contact::on(&agreement.clauses.host_contacts, today).and_then(|contact| contact.email.as_ref());
    let Some(recipient) = own.or(config.host.contact_on(today).email.as_ref()) else {
        let agreement = &agreement.id;
        warn!(%agreement, %month, "nobody can be reminded by mail: [host.contact] has no address");
        return Ok(false);
    };
    let queued = store.queue_reminder((&agreement.id, month), items, now, |revision| {
        seal(config, reminder, recipient, revision, now)
    })?;
    let agreement = &agreement.id;
    match &queued {
        Ok(message) => info!(%agreement, %month, message, "the personnel office is reminded by mail"),
        Err(reason) => error!(%agreement, %month, reason, "a reminder could not be made into a message"),
    }
    Ok(queued.is_ok())
}

fn seal(
    config: &Config,
    reminder: &Reminder<'_>,
    recipient: &str,
    revision: u32,
    now: DateTime<Utc>,
) -> Result<NewMessage, String> {
    let (agreement, month) = (reminder.agreement, reminder.month);
    let sealing = Sealing {
        kind: "reminder",
        about: (&agreement.id, month),
        document: DOCUMENT,
        revision,
        channel: ChannelKind::Email,
        recipient,
        deadline: post::latest(config, post::schedule(config, agreement, month)),
    };
    seal_letter(config, &reminder_letter(reminder), &sealing, now)
}

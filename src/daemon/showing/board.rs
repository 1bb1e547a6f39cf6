//! What the page of the personnel office shows, out of store and configuration. Reads only.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::render::board::{Board, Due, Fault, Known, Present, Waiting};
use crate::store::{Store, StoreError};

use super::super::presence::presence;
use super::super::reminders::{Reminder, reminders};
use super::super::{comparison, compute, in_force, post, sent, vigil};

/// The page as it stands now, with the time of its writing; `version` is the same page without, to tell
/// whether it has changed.
pub(super) struct Written {
    pub(super) page: String,
    pub(super) version: String,
}

/// Writes the page.
pub(super) fn write(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Written, StoreError> {
    let config = in_force::config(store, config)?;
    let board = board(store, &config, now)?;
    let at = civil::local_time(&now, config.host.zone);
    Ok(Written { page: board.html(at), version: board.html(at.date().into()) })
}

fn board<'a>(store: &Store, config: &'a Config, now: DateTime<Utc>) -> Result<Board<'a>, StoreError> {
    let local = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone);
    let today = local(now).date();
    let raised = store.alarms()?;
    let mut alarms = Vec::new();
    for alarm in vigil::standing(store, config, now)? {
        let at = raised.iter().find(|raised| raised.alarm == alarm).map(|raised| local(raised.at));
        alarms.push((at, alarm));
    }
    let messages = store.unsettled()?.into_iter().map(|one| Waiting {
        id: one.row.id,
        kind: one.row.kind,
        agreement: one.row.agreement,
        period: one.row.period,
        state: one.row.state,
        release: one.row.release,
        // the end of the agreed day is the beginning of the next
        deadline: local(one.row.deadline - TimeDelta::seconds(1)).date(),
    });
    let (due, open_days) = due(store, config, now)?;
    Ok(Board {
        host: &config.host,
        today,
        names: config.page.names,
        held: store.letters_held()?.is_some(),
        alarms,
        present: present(store, config, now)?,
        open_days,
        due,
        messages: messages.collect(),
        malfunctions: malfunctions(store, config, now)?,
    })
}

fn present<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<Vec<Present<'a>>, StoreError> {
    let mut live = store.ports()?;
    live.retain(|port| port.state == "open");
    let is_live = |reader: &str| live.iter().any(|port| port.reader == reader);
    let covers = compute::covers(store)?;
    let known = |agreement: &Agreement| {
        let slow = compute::readers_of(config, agreement).filter(|reader| !is_live(reader.as_str()));
        let slow: Vec<Option<DateTime<Utc>>> =
            slow.map(|reader| covers.get(reader.as_str()).copied()).collect();
        match slow.into_iter().min() {
            None => Known::Now,
            Some(None) => Known::Never,
            Some(Some(until)) => Known::Until(civil::local_time(&until, config.host.zone)),
        }
    };
    let present = presence(store, config, now)?.into_iter().map(|one| Present {
        agreement: one.agreement,
        whereabouts: one.whereabouts,
        since: one.since,
        known: known(one.agreement),
    });
    Ok(present.collect())
}

/// Days that are open, by their agreement.
type Open<'a> = Vec<(&'a Agreement, Vec<MonthDay>)>;

/// What falls due, and the days that are open in the months whose statement has not left.
fn due<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<(Vec<Due>, Open<'a>), StoreError> {
    let local = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone);
    let (mut due, mut open_days) = (Vec::new(), Vec::new());
    for (month, agreements) in unsent(store, config, now)? {
        let over = post::has_ended(config, month, now);
        let months = compute::months(store, config, &agreements, month)?;
        for (agreement, days) in agreements.into_iter().zip(months) {
            let damaged = days.is_none();
            let mut days = days.unwrap_or_default();
            if over && !damaged && days.is_empty() && !agreement.statement.nil {
                continue; // no statement was agreed for a month without days
            }
            // before the month is over data that have not come are no news
            days.retain(|day| day.date < local(now).date() && day.is_open() && (day.covered || over));
            let schedule = post::schedule(config, agreement, month);
            let latest = post::latest(config, schedule);
            due.push(Due::Statement {
                agreement: agreement.id.clone(),
                month,
                open_days: (!damaged).then_some(days.len()),
                leaves: local(latest),
                deadline: schedule.deadline,
                late: now >= latest,
            });
            if !days.is_empty() {
                open_days.push((agreement, days));
            }
        }
    }
    for changed in comparison::changed(store, config, now)?.changed {
        due.push(Due::Amendment {
            agreement: changed.agreement,
            month: changed.month,
            number: changed.number,
            leaves: changed.leaves_at.map(local),
            needs_reason: changed.drifted.drift.held && changed.withdrawn.is_none(),
        });
    }
    due.extend(reminders(store, config, now)?.into_iter().map(reminded));
    Ok((due, open_days))
}

/// The months up to this one whose statement has not left, with their agreements.
fn unsent<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Month, Vec<&'a Agreement>>, StoreError> {
    let mut unsent: BTreeMap<Month, Vec<&Agreement>> = BTreeMap::new();
    for pending in post::pending(store, config, now)? {
        unsent.entry(pending.month).or_default().push(pending.agreement);
    }
    let today = civil::local_time(&now, config.host.zone).date();
    let month = Month::of(today);
    let statements = store.statements_since(&month.to_string())?;
    let sent = sent::by_key(&statements);
    for agreement in &config.agreements {
        let left = sent.get(&(agreement.id.as_str(), month)).is_some_and(|sent| sent.living.is_some());
        let runs = agreement.term.months().any(|other| other == month) && today >= agreement.term.start;
        if runs && !left && month >= agreement.statement.first_month {
            unsent.entry(month).or_default().push(agreement);
        }
    }
    Ok(unsent)
}

fn reminded(reminder: Reminder) -> Due {
    let civil = |at: chrono::DateTime<chrono::FixedOffset>| -> NaiveDateTime { at.naive_local() };
    match reminder {
        Reminder::NoPlan(agreement, month) => Due::Plan(agreement, month),
        Reminder::Unconfirmed(agreement, entry) => Due::Confirmation(agreement, entry.0),
        Reminder::NoProfile(agreement, _, profile) => Due::Profile(agreement, profile),
        Reminder::Unapproved(message, about, until) => Due::Approval(message, about, until.map(civil)),
        Reminder::NotHandedOver(message, about) => Due::HandOver(message, about),
        Reminder::Unregistered(message, about) => Due::Registration(message, about),
        Reminder::NoReport(agreement, ended) => Due::Report(agreement, ended),
    }
}

fn malfunctions(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Fault>, StoreError> {
    let local = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone);
    let needs_leave = config.malfunction.needs_leave;
    let mut faults = Vec::new();
    for malfunction in store.malfunctions()?.into_values() {
        let waits = !malfunction.may_be_told(needs_leave);
        if malfunction.withdrawn || !(malfunction.is_open() || waits) {
            continue;
        }
        let overdue = malfunction.expected.is_some_and(|expected| expected.has_passed(local(now)));
        faults.push(Fault { from: local(malfunction.from), waits, overdue, malfunction });
    }
    Ok(faults)
}

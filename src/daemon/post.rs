//! Month end: a month that has ended becomes a statement, once, and never late.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::deadline::Schedule;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::store::{Closed, Store, StoreError};

use super::compute::{self, Gathered};
use super::damaged;
use super::seal::{self, Document};
use super::sent::{self, SentMonth};

/// So many agreements are computed before their letters are made: the days of thousands are never
/// held at once.
const AT_ONCE: usize = 256;

/// A month that has ended and whose statement has not left.
#[derive(Debug, Clone, Copy)]
pub struct Pending<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The month.
    pub month: Month,
    /// Its dates.
    pub schedule: Schedule,
    /// From this instant it leaves whatever is open.
    pub latest: DateTime<Utc>,
    /// The revision that its statement will have; more than 1 when earlier ones were withdrawn.
    pub revision: u32,
}

/// The dates that bind one month of an agreement.
pub fn schedule(config: &Config, agreement: &Agreement, month: Month) -> Schedule {
    let office = config.host.office_days();
    Schedule::of(month, agreement.statement.deadline_day, config.statement.working_days_before, office)
}

/// From when on a month leaves whatever is open.
pub fn latest(config: &Config, schedule: Schedule) -> DateTime<Utc> {
    civil::device_instant(config.statement.send_at.on(schedule.latest), None, config.host.zone).to_utc()
}

/// True when a month is over.
pub fn has_ended(config: &Config, month: Month, now: DateTime<Utc>) -> bool {
    month < Month::of(civil::local_time(&now, config.host.zone).date())
}

/// All months that ended before `now` and have no statement, the oldest first.
pub fn pending<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<Vec<Pending<'a>>, StoreError> {
    let statements = store.statements()?;
    let sent = sent::by_key(&statements);
    let mut pending = Vec::new();
    for agreement in &config.agreements {
        for month in agreement.term.months() {
            let earlier = sent.get(&(agreement.id.as_str(), month));
            let living = earlier.is_some_and(|earlier| earlier.living.is_some());
            if month < agreement.statement.first_month || !has_ended(config, month, now) || living {
                continue;
            }
            let schedule = schedule(config, agreement, month);
            let revision = earlier.map_or(1, SentMonth::next_revision);
            let latest = latest(config, schedule);
            pending.push(Pending { agreement, month, schedule, latest, revision });
        }
    }
    pending.sort_by_key(|pending| pending.month);
    Ok(pending)
}

/// Closes every pending month that is complete, or that can wait no longer, and tells of those that are damaged.
/// Returns how many letters were queued.
pub fn close_due(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let pending = pending(store, config, now)?;
    let (mut queued, mut damaged) = (0, Vec::new());
    let mut waiting = pending.as_slice();
    while let Some(first) = waiting.first() {
        let same_month = waiting.iter().take_while(|other| other.month == first.month).count();
        let (group, rest) = waiting.split_at(same_month);
        waiting = rest;
        store.expect_late(first.month)?;
        let covers = compute::covers(store)?;
        let agreements: Vec<&Agreement> = group.iter().map(|pending| pending.agreement).collect();
        let gathered = Gathered::of(store, config, &agreements, first.month)?;
        for (group, agreements) in group.chunks(AT_ONCE).zip(agreements.chunks(AT_ONCE)) {
            for (pending, days) in group.iter().zip(gathered.months(agreements)) {
                let Some(days) = days else {
                    damaged.push(format!("{} {}", pending.agreement.id, pending.month));
                    continue;
                };
                let complete = compute::is_covered(config, pending.agreement, pending.month, &covers);
                // what was withdrawn waits for a change, which `amendments` sees
                let settled = pending.revision == 1 && complete && !days.iter().any(MonthDay::is_open);
                if settled || now >= pending.latest {
                    queued += u32::from(close(store, config, pending, (days, complete), now)?);
                }
            }
        }
    }
    damaged::tell(store, (damaged::WAITING, &damaged), now)?;
    Ok(queued)
}

/// Closes one month. True when a letter was queued.
fn close(
    store: &mut Store,
    config: &Config,
    pending: &Pending<'_>,
    (days, complete): (Vec<MonthDay>, bool),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let agreement = pending.agreement;
    if days.is_empty() && !agreement.statement.nil {
        return Ok(false);
    }
    let document = Document {
        agreement,
        month: pending.month,
        revision: pending.revision,
        days,
        complete,
        amendment: None,
        deadline: pending.schedule.deadline,
        by_hand: None,
    };
    Ok(matches!(seal::close(store, config, document, now)?, Closed::Now(_)))
}

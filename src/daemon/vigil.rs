//! The vigil over what has not arrived: compares the outbox with the calendar, raises the alarms that
//! ought to stand and ends those that ought not to, and does the little that may be done about a
//! doubtful message without a person.
//!
//! [`survey`] only reads, so that `timbra status` tells the same when the daemon is dead.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tracing::{info, warn};

use crate::config::Config;
use crate::domain::alarm::{Alarm, AlarmKind};
use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::delivery::doubt::{Counsel, Doubt, Source, counsel, is_silent};
use crate::domain::delivery::ladder::{self, Calendar, Cause, Progress, Rung};
use crate::domain::delivery::words::{self, Ending};
use crate::domain::expiry;
use crate::store::{RaisedAlarm, Store, StoreError, Unsettled};

use super::{certificates, clock_watch, compute, courier, post};

/// Since when receipts have been read without fault.
const HEALTHY_SINCE: &str = "receipts_healthy_since";

/// A source that was read to its end within so many of its pauses is healthy.
const PAUSES: i32 = 3;

/// The alarms that ought to stand now, by what the store and the configuration say.
pub fn survey(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Alarm>, StoreError> {
    let calendar = Calendar { office: config.host.office_days(), zone: config.host.zone };
    let source = source(store, config, now)?;
    let mut alarms: Vec<Alarm> =
        words::clock_not_sound(clock_watch::trust(store, config, now)?).into_iter().collect();
    for message in store.unsettled()? {
        let row = &message.row;
        let what = format!("{} {}", row.agreement, row.period);
        // a notice is made anew before it is late: only what failed needs a person
        let failed = matches!(row.state, State::Refused | State::Undelivered | State::Expired);
        let binds = row.kind != "notice" || failed;
        if let Some(rung) = rung(&message, source, now, calendar).filter(|_| binds) {
            alarms.push(of_rung(&rung, Some(row.id), &what));
        }
        if row.state == State::Uncertain && counsel(&doubt(&message), source, now) == Counsel::Ask {
            alarms.push(words::doubtful(row.id, &what, row.resent, row.restored));
        }
    }
    for pending in post::pending(store, config, now)? {
        let deadline = civil::end_of_day(pending.schedule.deadline, config.host.zone).to_utc();
        let Some(rung) = ladder::unsent(pending.latest, deadline, now, calendar) else { continue };
        let (agreement, month) = (pending.agreement, pending.month);
        // no statement was agreed for a month without days
        if !agreement.statement.nil
            && compute::month_if_sound(store, config, agreement, month)?.is_some_and(|days| days.is_empty())
        {
            continue;
        }
        alarms.push(of_rung(&rung, None, &format!("{} {month}", agreement.id)));
    }
    alarms.extend(endings(store, config, now)?);
    alarms.extend(store.letters_held()?.map(|_| words::letters_held()));
    let free = store.free_bytes()?;
    if free < courier::RESERVE {
        alarms.push(words::disk_full(free));
    }
    Ok(alarms)
}

/// The alarms that stand: those that ought to, and those that were raised for other reasons and are
/// not over.
pub fn standing(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Alarm>, StoreError> {
    let due = survey(store, config, now)?;
    let (raised, blocked) = (store.alarms()?, blocked(store)?);
    let mut all: Vec<Alarm> =
        due.iter().filter(|alarm| !is_told_otherwise(alarm, &raised)).cloned().collect();
    for alarm in raised.into_iter().map(|raised| raised.alarm) {
        if !is_over(&alarm, &due, &blocked) && !due.iter().any(|other| same(other, &alarm)) {
            all.push(alarm);
        }
    }
    Ok(all)
}

fn blocked(store: &Store) -> Result<Vec<i64>, StoreError> {
    let unsettled = store.unsettled()?;
    Ok(unsettled.iter().filter(|one| one.row.state == State::Blocked).map(|one| one.row.id).collect())
}

/// What a look has found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Round {
    /// An alarm was raised.
    pub(super) alarmed: bool,
    /// A message is due that was not.
    pub(super) queued: bool,
    /// Something is under way: look again soon.
    pub(super) busy: bool,
}

/// One look: doubtful messages are seen to, alarms are raised and ended.
///
/// `settled` is false in the first moments of a run, in which months that waited are still closed.
pub(super) fn look(
    store: &mut Store,
    config: &Config,
    settled: bool,
    now: DateTime<Utc>,
) -> Result<Round, StoreError> {
    let health = source(store, config, now)?;
    note_health(store, health, now)?;
    let mut round = Round::default();
    for message in store.unsettled()? {
        round.busy = true;
        round.queued |= see_to(store, &message, health, now)?;
    }
    let due = survey(store, config, now)?;
    let standing = store.alarms()?;
    let blocked = blocked(store)?;
    for raised in standing.iter().filter(|raised| is_over(&raised.alarm, &due, &blocked)) {
        store.end_alarm(raised.id, now)?;
    }
    for alarm in due.iter().filter(|alarm| !is_told_otherwise(alarm, &standing)) {
        let early = !settled && alarm.kind == AlarmKind::Delivery && alarm.message.is_none();
        round.alarmed |= !early && store.raise_alarm(alarm, now)?;
    }
    round.busy |= !due.is_empty();
    Ok(round)
}

/// Does what may be done about a message without a person. True when it is due again.
fn see_to(
    store: &mut Store,
    message: &Unsettled,
    source: Source,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = &message.row;
    let (agreement, month, id) = (&row.agreement, &row.period, row.id);
    if row.state == State::SmtpAccepted && is_silent(message.since, row.channel.is_certified(), source, now) {
        let detail = "silence: the server took it, but no receipt came within 30 minutes";
        if store.move_message(id, State::Uncertain, None, detail, now)? {
            warn!(agreement, month, id, "no receipt came for a message; it is looked for");
        }
    }
    let asked = row.state == State::Uncertain && counsel(&doubt(message), source, now) == Counsel::Resend;
    if !asked {
        return Ok(false);
    }
    let detail = "sent again once without a person: the same bytes, the same Message-ID";
    let again = store.resend_doubtful(id, detail, now)?;
    if again {
        warn!(agreement, month, id, "no trace of a doubtful message was found; it is sent again, once");
    }
    Ok(again)
}

fn doubt(message: &Unsettled) -> Doubt {
    let row = &message.row;
    Doubt { since: message.since, deadline: row.deadline, resent: row.resent }
}

fn rung(message: &Unsettled, source: Source, now: DateTime<Utc>, calendar: Calendar) -> Option<Rung> {
    let row = &message.row;
    // what waits for a person's leave climbs by its agreed day only
    let due_since = message.due_since.unwrap_or(row.deadline - TimeDelta::days(1));
    let progress = Progress {
        state: row.state,
        certified: row.channel.is_certified(),
        due_since,
        deadline: row.deadline,
        watched: source != Source::Absent,
    };
    ladder::rung(&progress, now, calendar)
}

fn of_rung(rung: &Rung, message: Option<i64>, what: &str) -> Alarm {
    let text = format!("{what}: {}", rung.cause.italian(message));
    let alarm = match message {
        Some(id) => Alarm::of_message(AlarmKind::Delivery, rung.level, id, text),
        None => Alarm::of(AlarmKind::Delivery, rung.level, words::statement_subject(what), text),
    };
    alarm.on(rung.occasion.as_str())
}

/// Certificates and passwords that end.
fn endings(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Alarm>, StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let local = |end: DateTime<Utc>| civil::local_time(&end, config.host.zone).date();
    let ends = certificates::ends(store)?;
    let ends: [(Ending, Option<NaiveDate>); 3] = [
        (Ending::Server, ends.server.map(local)),
        (Ending::Authority, ends.authority.map(local)),
        (Ending::Password, config.mail.password_expires),
    ];
    let told = |(what, end): (Ending, Option<NaiveDate>)| {
        let end = end?;
        Some(words::ending(what, end, expiry::notice(end, today)?))
    };
    Ok(ends.into_iter().filter_map(told).collect())
}

/// Whether receipts would be seen if they came.
fn source(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Source, StoreError> {
    let part = &config.receipts;
    if !part.has_source() {
        return Ok(Source::Absent);
    }
    let recent = TimeDelta::seconds(i64::from(part.poll_seconds)) * PAUSES + TimeDelta::minutes(1);
    let good = |source: &crate::store::MailSource| {
        source.trouble.is_none() && source.good_at.is_some_and(|at| now - at <= recent)
    };
    let configured = usize::from(part.folder.is_some()) + usize::from(part.imap.is_some());
    let fresh = store.mail_sources()?.iter().filter(|source| good(source)).count();
    // one that never brought a receipt may be the wrong one: its silence says nothing
    if fresh < configured || !store.has_receipts()? {
        return Ok(Source::Unhealthy);
    }
    let since = store.fact(HEALTHY_SINCE)?.and_then(|text| text.parse().ok()).unwrap_or(now);
    Ok(Source::Healthy { since })
}

fn note_health(store: &mut Store, source: Source, now: DateTime<Utc>) -> Result<(), StoreError> {
    match source {
        Source::Healthy { .. } if store.fact(HEALTHY_SINCE)?.is_some() => Ok(()),
        Source::Healthy { .. } => {
            info!("receipts are read without fault");
            store.keep_fact(HEALTHY_SINCE, Some(&now.to_rfc3339()))
        }
        Source::Absent | Source::Unhealthy => store.keep_fact(HEALTHY_SINCE, None),
    }
}

/// True when an alarm that stands ought not to any more. Those of other kinds are ended by whoever
/// raised them.
fn is_over(alarm: &Alarm, due: &[Alarm], blocked: &[i64]) -> bool {
    let ought_to = || due.iter().any(|other| same(other, alarm));
    match alarm.kind {
        AlarmKind::Delivery => is_of_ladder(alarm) && !ought_to(),
        AlarmKind::Doubt
        | AlarmKind::Certificate
        | AlarmKind::Password
        | AlarmKind::Clock
        | AlarmKind::Held
        | AlarmKind::Disk => !ought_to(),
        AlarmKind::Blocked => alarm.message.is_some_and(|id| !blocked.contains(&id)),
        _ => false,
    }
}

fn is_of_ladder(alarm: &Alarm) -> bool {
    Cause::ALL.iter().any(|cause| cause.is_of(&alarm.occasion))
}

/// True when both say the same of the same.
pub(super) fn same(one: &Alarm, other: &Alarm) -> bool {
    (one.kind, one.level, &one.subject, &one.occasion)
        == (other.kind, other.level, &other.subject, &other.occasion)
}

/// True when a person has been told of a message's failure for its own reason already: then the
/// ladder need not say once more that it failed.
fn is_told_otherwise(alarm: &Alarm, standing: &[RaisedAlarm]) -> bool {
    alarm.message.is_some()
        && alarm.kind == AlarmKind::Delivery
        && Cause::Refused.is_of(&alarm.occasion)
        && standing.iter().any(|other| {
            let other = &other.alarm;
            other.message == alarm.message && other.level >= alarm.level && !is_of_ladder(other)
        })
}

//! Month end: a month that has ended becomes a statement, and the statement a sealed letter in the
//! outbox, both in one transaction. Once, and never late.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::alarm::AlarmKind;
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::deadline::Schedule;
use crate::domain::delivery::words;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::statement::{Identity, Statement, StatementNumber};
use crate::mail::{Address, Envelope, MessageId, compose};
use crate::render;
use crate::store::{Closed, NewMessage, NewStatement, StatementKey, Store, StoreError};

use super::compute;

/// The software as documents name it.
pub const SOFTWARE: &str = concat!("timbra ", env!("CARGO_PKG_VERSION"));

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
}

/// The dates that bind one month of an agreement.
pub fn schedule(config: &Config, agreement: &Agreement, month: Month) -> Schedule {
    let office = config.host.office_days();
    Schedule::of(month, agreement.statement.deadline_day, config.statement.working_days_before, office)
}

/// All months that ended before `now` and have no statement, the oldest first.
pub fn pending<'a>(
    store: &Store,
    config: &'a Config,
    now: DateTime<Utc>,
) -> Result<Vec<Pending<'a>>, StoreError> {
    let closed: Vec<(String, String)> =
        store.statements()?.into_iter().map(|sent| (sent.agreement, sent.month)).collect();
    let this_month = Month::of(civil::local_time(&now, config.host.zone).date());
    let mut pending = Vec::new();
    for agreement in &config.agreements {
        for month in agreement.term.months() {
            let key = (agreement.id.to_string(), month.to_string());
            if month < agreement.statement.first_month || month >= this_month || closed.contains(&key) {
                continue;
            }
            let schedule = schedule(config, agreement, month);
            let moment = config.statement.send_at.on(schedule.latest);
            let latest = civil::device_instant(moment, None, config.host.zone).to_utc();
            pending.push(Pending { agreement, month, schedule, latest });
        }
    }
    pending.sort_by_key(|pending| pending.month);
    Ok(pending)
}

/// Closes every pending month that is complete, or that can wait no longer. Returns how many
/// letters were queued.
pub fn close_due(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let pending = pending(store, config, now)?;
    let covers = compute::covers(store)?;
    let mut queued = 0;
    let mut waiting = pending.as_slice();
    while let Some(first) = waiting.first() {
        let same_month = waiting.iter().take_while(|other| other.month == first.month).count();
        let (group, rest) = waiting.split_at(same_month);
        waiting = rest;
        let agreements: Vec<&Agreement> = group.iter().map(|pending| pending.agreement).collect();
        let months = compute::months(store, config, &agreements, first.month)?;
        for (pending, days) in group.iter().zip(months) {
            let complete = compute::is_covered(config, pending.agreement, pending.month, &covers);
            let settled = complete && !days.iter().any(MonthDay::is_open);
            if settled || now >= pending.latest {
                queued += u32::from(close(store, config, pending, (days, complete), now)?);
            }
        }
    }
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
    let open = u32::try_from(days.iter().filter(|day| day.is_open()).count()).unwrap_or(u32::MAX);
    let issued = civil::local_time(&now, config.host.zone).date();
    let year = Month::of(issued).year();
    let key = StatementKey { agreement: &agreement.id, month: pending.month, revision: 1, year };
    let closed =
        store.close_statement(&key, now, |number| seal(config, pending, (days, complete), number, now))?;
    match closed {
        Closed::Now(number) => {
            let (agreement, month) = (&agreement.id, pending.month);
            let number = format!("{}/{}", number.number, number.year);
            store.clear_alarms(
                AlarmKind::Policy,
                &words::statement_subject(&format!("{agreement} {month}")),
                now,
            )?;
            info!(%agreement, %month, number, open_days = open, deadline = %pending.schedule.deadline, "statement closed and queued");
            if issued > pending.schedule.deadline {
                warn!(%agreement, %month, deadline = %pending.schedule.deadline, "the statement leaves after its deadline");
            }
            Ok(true)
        }
        Closed::Before => Ok(false),
        Closed::Failed(reason) => {
            let (agreement, month) = (&agreement.id, pending.month);
            error!(%agreement, %month, reason, "the statement could not be made into a message; mend the configuration");
            store.raise_alarm(&words::not_sealed(&format!("{agreement} {month}"), &reason), now)?;
            Ok(false)
        }
    }
}

/// The statement as data and as a sealed message.
fn seal(
    config: &Config,
    pending: &Pending<'_>,
    (days, complete): (Vec<MonthDay>, bool),
    number: StatementNumber,
    now: DateTime<Utc>,
) -> Result<NewStatement, String> {
    let agreement = pending.agreement;
    let generated_at = now.with_timezone(&config.host.zone).fixed_offset();
    let identity = Identity { number: Some(number), revision: 1, generated_at };
    let statement = Statement::new(agreement, &config.host, pending.month, identity, days, complete);
    let sealed = render::statement_letter(&statement, SOFTWARE).map_err(|error| error.to_string())?;
    let render::StatementLetter { letter, data } = sealed;
    let document = format!("n{}-{}", number.number, number.year);
    let mail = config.mail.settings();
    let channel = agreement.clauses.channels.statement.as_ref().map_or(ChannelKind::Email, |way| way.kind);
    let message_id = MessageId::new(pending.month, &agreement.id, &document, 1, &mail.message_id_domain)
        .map_err(|error| error.to_string())?;
    let envelope = Envelope {
        from: mail.from.clone(),
        to: Address::parse(&agreement.statement.to).map_err(|error| error.to_string())?,
        reply_to: mail.reply_to.clone(),
        date: now,
        message_id,
        certified: channel.is_certified(),
    };
    let sealed = compose(&letter, &envelope, mail.largest_message).map_err(|error| error.to_string())?;
    let end_of_deadline = civil::start_of_day(
        pending.schedule.deadline.succ_opt().unwrap_or(pending.schedule.deadline),
        config.host.zone,
    );
    Ok(NewStatement {
        sha256: Sha256::digest(&data).into(),
        data,
        open_days: statement.totals.open,
        message: NewMessage {
            kind: "statement",
            channel,
            recipient: agreement.statement.to.clone(),
            sender: mail.from.as_str().to_owned(),
            message_id: envelope.message_id.to_string(),
            sha256: sealed.sha256,
            bytes: sealed.bytes,
            deadline: end_of_deadline.to_utc(),
        },
    })
}

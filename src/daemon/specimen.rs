//! A specimen ("fac-simile"): an invented month in the agreement's own form, to try its channel. It goes
//! the way of every statement and counts as none; no real person is in it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::agreement::{Agreement, Contact, Employee, Title};
use crate::domain::civil::{Clocks, device_instant};
use crate::domain::clauses::ChannelKind;
use crate::domain::day::{self, PunchSource};
use crate::domain::host::Host;
use crate::domain::month::Month;
use crate::domain::month_days::{MonthDay, MonthInput, OwnPunch, dates_needed, days_of_month};
use crate::domain::punch::Direction;
use crate::domain::register::Facts;
use crate::domain::statement::{Identity, Statement};
use crate::render;
use crate::store::{NewMessage, Store, StoreError};

use super::seal::SOFTWARE;
use super::sealing::{Sealing, seal_letter};

/// How long a specimen is of interest.
const DAYS: i64 = 3;

/// The invented punches: of an ordinary day, and of one on which the exit is missing.
const ORDINARY: [(&str, Direction); 4] = [
    ("08:00", Direction::In),
    ("13:00", Direction::Out),
    ("13:30", Direction::In),
    ("15:42", Direction::Out),
];

/// Queues a specimen of `month`: the number of its message and its Message-ID, or why there is none.
pub fn queue(
    store: &mut Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
    now: DateTime<Utc>,
) -> Result<Result<(i64, String), String>, StoreError> {
    let mut message_id = String::new();
    let queued = store.queue_specimen(&agreement.id, month, now, |revision| {
        let message = seal(config, agreement, month, revision, now)?;
        message_id.clone_from(&message.message_id);
        Ok(message)
    })?;
    Ok(queued.map(|id| (id, message_id)))
}

fn seal(
    config: &Config,
    agreement: &Agreement,
    month: Month,
    revision: u32,
    now: DateTime<Utc>,
) -> Result<NewMessage, String> {
    let (host, invented) = (invented_host(&config.host), invented(agreement, month, &config.host));
    let generated_at = now.with_timezone(&host.zone).fixed_offset();
    let identity = Identity { number: None, revision, generated_at };
    let days = days(&invented, &host, month);
    let statement = Statement::new(&invented, &host, month, identity, days, true).as_specimen();
    let sealed = render::statement_letter(&statement, SOFTWARE).map_err(|error| error.to_string())?;
    let channel = agreement.clauses.channels.statement.as_ref().map_or(ChannelKind::Email, |way| way.kind);
    let sealing = Sealing {
        kind: "specimen",
        about: (&agreement.id, month),
        document: "fac-simile",
        revision,
        channel,
        recipient: &agreement.statement.to,
        deadline: now + TimeDelta::days(DAYS),
    };
    seal_letter(config, &sealed.letter, &sealing, now)
}

/// The host without its people.
fn invented_host(host: &Host) -> Host {
    let nobody = Contact {
        name: "referente inventato".to_owned(),
        role: None,
        email: None,
        phone: None,
        valid_from: None,
        valid_to: None,
    };
    Host {
        responsible: "responsabile inventato".to_owned(),
        contact: nobody,
        other_contacts: Vec::new(),
        ..host.clone()
    }
}

/// The agreement without its people and its days; its offices, profile and form are the real ones.
fn invented(agreement: &Agreement, month: Month, host: &Host) -> Agreement {
    let working = |date: &NaiveDate| {
        let owed = agreement.profile_on(*date).is_some_and(|profile| profile.due_on(*date, false).0 > 0);
        host.office_days().is_working(*date) && owed
    };
    let days = month.first().iter_days().take_while(|date| month.contains(*date)).filter(working);
    let employee = Employee {
        title: Title::Sig,
        given_name: "DATI INVENTATI".to_owned(),
        family_name: "FAC-SIMILE".to_owned(),
        home_id: Some("000000".to_owned()),
        email: None,
        copy: false,
    };
    let mut invented = agreement.clone();
    invented.signed = None;
    invented.employee = employee;
    invented.planned_days = days.take(usize::from(agreement.days_per_month.min(3))).collect();
    (invented.term.start, invented.term.end) = (month.first(), month.last());
    (invented.home_contacts, invented.badges) = (Vec::new(), Vec::new());
    invented.clauses = crate::domain::clauses::Clauses::default();
    invented
}

/// Ordinary days, and a last one without its last exit.
fn days(agreement: &Agreement, host: &Host, month: Month) -> Vec<MonthDay> {
    let mut punches = Vec::new();
    for (index, date) in agreement.planned_days.iter().enumerate() {
        let is_last = index > 0 && index + 1 == agreement.planned_days.len();
        for (time, direction) in ORDINARY.into_iter().take(if is_last { 3 } else { 4 }) {
            let Ok(time) = chrono::NaiveTime::parse_from_str(time, "%H:%M") else { continue };
            punches.push(OwnPunch {
                at: device_instant(date.and_time(time), None, host.zone),
                date: *date,
                direction: Some(direction),
                toggle: false,
                reason: None,
                source: PunchSource::Reader,
                voided: None,
            });
        }
    }
    let (first, last) = dates_needed(month);
    let end = last + TimeDelta::days(1);
    let input = MonthInput {
        agreement,
        host,
        facts: &Facts::of(agreement, &[]),
        month,
        clocks: &Clocks::over(first, last, host.zone),
        punches: &punches,
        covered_until: Some(device_instant(end.and_time(chrono::NaiveTime::MIN), None, host.zone)),
    };
    days_of_month(&input, day::compute_untold)
}

//! The signs of a fault that the daemon can see: ports, folders, silence, clocks, mail. What they are
//! called and who is told is not decided here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::alarm::AlarmKind;
use crate::domain::civil;
use crate::domain::clock_guard::Trust;
use crate::domain::ids::ReaderId;
use crate::domain::malfunction::{Cause, MalfunctionKind};
use crate::domain::register::Facts;
use crate::domain::silence::{DAYS_BACK, silent_since};
use crate::store::{PortState, Store, StoreError};

use super::{clock_watch, compute, folders, mail_down};

/// What can be said of a cause now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sign {
    /// Something is wrong.
    Fault {
        /// What kind of fault it is.
        kind: MalfunctionKind,
        /// The systems involved, in Italian.
        systems: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// All is well, since then where that is known.
    Well(Option<DateTime<Utc>>),
    /// Nobody can say.
    Unknown,
}

/// The signs of every cause, in a fixed order.
pub(super) fn signs(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Vec<(Cause, Sign)>, StoreError> {
    let clock = clock(store, config, now)?;
    // by a clock that cannot be believed nothing else is judged
    if matches!(clock, Sign::Fault { .. }) {
        return Ok(vec![(Cause::Clock, clock)]);
    }
    let mut signs = vec![(Cause::Clock, clock), (Cause::Mail, mail(store)?)];
    let ports = store.ports()?;
    let early = early(store, config, now)?;
    for reader in config.readers().map(|reader| &reader.id) {
        let delivery = delivery(store, reader, &ports)?;
        let heard = matches!(delivery, Sign::Well(_));
        signs.push((Cause::Reader(reader.clone()), delivery));
        // of one that cannot be reached silence is no news
        let silence = if heard { silence(store, config, reader, now)? } else { Sign::Unknown };
        signs.push((Cause::Silence(reader.clone()), silence));
        let clock = early.get(reader.as_str()).map_or(Sign::Well(None), |since| Sign::Fault {
            kind: MalfunctionKind::Clock,
            systems: format!("orologio del lettore «{reader}»"),
            since: *since,
        });
        signs.push((Cause::ReaderClock(reader.clone()), clock));
    }
    Ok(signs)
}

/// The machine's clock: against what it showed before, and against the provider of certified mail.
fn clock(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Sign, StoreError> {
    let fault = |since| Sign::Fault {
        kind: MalfunctionKind::Clock,
        systems: "orologio del sistema di rilevazione delle presenze".to_owned(),
        since,
    };
    // a clock that no time server keeps may be right
    if !matches!(clock_watch::trust(store, config, now)?, Trust::Sound | Trust::Unkept) {
        let raised = store.alarms()?.into_iter().find(|raised| raised.alarm.kind == AlarmKind::Clock);
        return Ok(fault(raised.map_or(now, |raised| raised.at)));
    }
    let apart = store.last_accepted()?.and_then(|last| {
        let accepted = DateTime::parse_from_rfc3339(&last.accepted).ok()?.to_utc();
        ((accepted - last.handed_over).abs() > config.malfunction.clock).then_some(last.seen_at)
    });
    Ok(apart.map_or(Sign::Well(None), fault))
}

fn mail(store: &Store) -> Result<Sign, StoreError> {
    Ok(mail_down::since(store)?.map_or(Sign::Well(None), |since| Sign::Fault {
        kind: MalfunctionKind::Mail,
        systems: "posta elettronica in uscita".to_owned(),
        since,
    }))
}

/// Whether what a reader delivers can be reached.
fn delivery(store: &Store, reader: &ReaderId, ports: &[PortState]) -> Result<Sign, StoreError> {
    if let Some(since) = store.fact(&folders::gone(reader))? {
        return Ok(since.parse().map_or(Sign::Unknown, |since| Sign::Fault {
            kind: MalfunctionKind::Folder,
            systems: format!(
                "sistema di rilevazione delle presenze, cartella dei dati del lettore «{reader}»"
            ),
            since,
        }));
    }
    let Some(port) = ports.iter().find(|port| port.reader == reader.as_str()) else {
        return Ok(Sign::Well(None));
    };
    Ok(match port.state.as_str() {
        "gone" => Sign::Fault {
            kind: MalfunctionKind::Reader,
            systems: format!("sistema di rilevazione delle presenze, lettore «{reader}»"),
            since: port.since,
        },
        "open" => Sign::Well(Some(port.since)),
        _ => Sign::Unknown,
    })
}

/// Whether a reader brings nothing on a day on which somebody is expected.
fn silence(
    store: &Store,
    config: &Config,
    reader: &ReaderId,
    now: DateTime<Utc>,
) -> Result<Sign, StoreError> {
    let Some(margin) = config.malfunction.silence else { return Ok(Sign::Unknown) };
    let local = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone);
    let today = local(now).date();
    let midnight = civil::start_of_day(today, config.host.zone).to_utc();
    if let Some(latest) = store.arrivals(reader.as_str(), midnight)?.first() {
        return Ok(Sign::Well(Some(*latest)));
    }
    if !is_expected(store, config, reader, today)? {
        return Ok(Sign::Unknown);
    }
    let back = midnight - TimeDelta::days(DAYS_BACK);
    let mut first: BTreeMap<NaiveDate, NaiveTime> = BTreeMap::new();
    for at in store.arrivals(reader.as_str(), back)? {
        // the latest come first, so that the first of each day stays
        first.insert(local(at).date(), local(at).time());
    }
    let office = config.host.office_days();
    let since = silent_since(&first, |date| office.is_working(date), local(now), margin);
    Ok(since.map_or(Sign::Unknown, |since| Sign::Fault {
        kind: MalfunctionKind::Reader,
        systems: format!("sistema di rilevazione delle presenze, lettore «{reader}» (nessuna timbratura)"),
        since: civil::device_instant(since, None, config.host.zone).to_utc(),
    }))
}

/// True when the day is agreed for somebody who uses the reader.
fn is_expected(
    store: &Store,
    config: &Config,
    reader: &ReaderId,
    date: NaiveDate,
) -> Result<bool, StoreError> {
    let users = users(config, reader);
    let registers = store.registers_of(&users.iter().map(|agreement| &agreement.id).collect::<Vec<_>>())?;
    Ok(users.into_iter().any(|agreement| {
        let entries = registers.get(&agreement.id).map_or(&[][..], Vec::as_slice);
        agreement.term.contains(date) && Facts::of(agreement, entries).is_planned(date)
    }))
}

/// The agreements whose coworker uses a reader.
pub(super) fn users<'a>(config: &'a Config, reader: &ReaderId) -> Vec<&'a Agreement> {
    let uses = |agreement: &&Agreement| compute::readers_of(config, agreement).any(|other| other == reader);
    config.agreements.iter().filter(uses).collect()
}

/// Since when readers write times that have not come, by name.
fn early(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
    let local = civil::local_time(&now, config.host.zone).and_utc().timestamp();
    let far = local + config.malfunction.clock.num_seconds();
    let mut since: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    for row in store.early_rows()?.into_iter().filter(|row| row.local > far) {
        let known = since.entry(row.reader).or_insert(row.received_at);
        *known = row.received_at.min(*known);
    }
    Ok(since)
}

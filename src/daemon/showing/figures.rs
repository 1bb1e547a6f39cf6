//! The figures that monitoring reads, out of store and configuration. Reads only. Labels name readers and
//! agreements, never a person.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::alarm::Level;
use crate::domain::civil;
use crate::domain::clock_guard::Trust;
use crate::domain::delivery::State;
use crate::domain::holders::Holders;
use crate::domain::ids::ReaderId;
use crate::domain::month::Month;
use crate::render::metrics::{Family, Kind, Sample};
use crate::store::{Store, StoreError};

use super::super::{clock_watch, compute, folders, in_force, mail_down, post, receipts, vigil};

/// The figures, as they stand now. `started`: since when the daemon runs.
pub(super) fn figures(
    store: &Store,
    config: &Config,
    started: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Family>, StoreError> {
    let config = in_force::config(store, config)?;
    let version = Sample { labels: vec![("version", env!("CARGO_PKG_VERSION").to_owned())], value: 1 };
    let mut all = vec![
        Family {
            name: "timbra_build",
            kind: Kind::Info,
            help: "The program that runs.",
            samples: vec![version],
        },
        moment("timbra_start_timestamp_seconds", "Since when the daemon runs.", Some(started)),
    ];
    of_readers(store, &config, &mut all)?;
    of_punches(store, &config, now, &mut all)?;
    of_statements(store, &config, now, &mut all)?;
    of_mail(store, &config, &mut all)?;
    of_trouble(store, &config, now, &mut all)?;
    Ok(all)
}

/// What changes without anything being written into the store: room, the clock, and that the daemon lives.
pub(super) fn passing(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Family>, StoreError> {
    let (size, written) = store.files()?;
    let bytes = |bytes: u64| Some(i64::try_from(bytes).unwrap_or(i64::MAX));
    let believed = clock_watch::trust(store, config, now)? == Trust::Sound;
    Ok(vec![
        moment(
            "timbra_written_timestamp_seconds",
            "When these figures were written; an old one tells of a dead daemon.",
            Some(now),
        ),
        moment("timbra_store_commit_timestamp_seconds", "When the database was last written to.", written),
        gauge("timbra_store_size_bytes", "The size of the database.", bytes(size)),
        gauge(
            "timbra_store_free_bytes",
            "Room that is left on the disk of the database.",
            bytes(store.free_bytes()?),
        ),
        gauge(
            "timbra_clock_believed",
            "1 while the clock of the machine can be believed.",
            Some(believed.into()),
        ),
    ])
}

fn gauge(name: &'static str, help: &'static str, value: Option<i64>) -> Family {
    Family::of(name, Kind::Gauge, help, value)
}

fn moment(name: &'static str, help: &'static str, at: Option<DateTime<Utc>>) -> Family {
    gauge(name, help, at.map(|at| at.timestamp()))
}

fn by(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    values: impl IntoIterator<Item = (String, i64)>,
) -> Family {
    Family::by(name, Kind::Gauge, help, label, values)
}

fn of_readers(store: &Store, config: &Config, all: &mut Vec<Family>) -> Result<(), StoreError> {
    let (states, ports) = (store.readers()?, store.ports()?);
    let mut held: BTreeMap<String, u64> = store.held_counts()?.into_iter().collect();
    let (mut seen, mut covered, mut up, mut quarantine) = (vec![], vec![], vec![], vec![]);
    for reader in config.readers() {
        let id = reader.id.as_str();
        let name = || id.to_owned();
        if let Some(state) = states.iter().find(|state| state.name == id) {
            seen.extend(state.last_seen.map(|at| (name(), at.timestamp())));
            covered.extend(state.covered_until.map(|at| (name(), at.timestamp())));
        }
        let is_up = if config.folders.iter().any(|folder| *folder.id() == reader.id) {
            store.fact(&folders::gone(&reader.id))?.is_none()
        } else {
            ports.iter().any(|port| port.reader == id && port.state == "open")
        };
        up.push((name(), i64::from(is_up)));
        quarantine.push((name(), held.remove(id).unwrap_or_default().cast_signed()));
    }
    let known = "timbra_reader_last_seen_timestamp_seconds";
    all.push(by(known, "When a reader last delivered something.", "reader", seen));
    let name = "timbra_reader_covered_until_timestamp_seconds";
    all.push(by(name, "Up to when nothing more is expected of a reader.", "reader", covered));
    all.push(by("timbra_reader_up", "1 while a port is open or a folder can be reached.", "reader", up));
    all.push(by(
        "timbra_quarantine_rows",
        "Rows and frames that cannot be used, and are kept.",
        "reader",
        quarantine,
    ));
    Ok(())
}

fn of_punches(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
    all: &mut Vec<Family>,
) -> Result<(), StoreError> {
    all.push(Family::by(
        "timbra_punches_stored",
        Kind::Counter,
        "Punches that a reader brought and that were new.",
        "reader",
        store.punches_brought()?,
    ));
    let holders = Holders::new(&config.agreements);
    let today = civil::local_time(&now, config.host.zone).date();
    let since = today - Days::new(u64::from(config.retention.unmatched_days));
    let is_held = |badge: &str, reader: &ReaderId, date| holders.is_held(badge, reader, date);
    let unmatched = store.count_unmatched((Some(since), None), is_held)?;
    let help = "Stored punches of badges that nobody holds.";
    all.push(gauge("timbra_unmatched_punches", help, Some(unmatched.cast_signed())));
    Ok(())
}

fn of_statements(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
    all: &mut Vec<Family>,
) -> Result<(), StoreError> {
    let end = |date| civil::end_of_day(date, config.host.zone).timestamp();
    let mut months: BTreeMap<Month, Vec<post::Pending<'_>>> = BTreeMap::new();
    for pending in post::pending(store, config, now)? {
        months.entry(pending.month).or_default().push(pending);
    }
    let (mut waiting, mut late) = (0, 0);
    let mut deadlines: BTreeMap<String, i64> = BTreeMap::new();
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for (month, pending) in months {
        let agreements: Vec<&Agreement> = pending.iter().map(|pending| pending.agreement).collect();
        for (pending, days) in pending.iter().zip(compute::months(store, config, &agreements, month)?) {
            let agreement = pending.agreement;
            // of one that is damaged nobody knows how many days are open
            let open_days = days.as_ref().map(|days| days.iter().filter(|day| day.is_open()).count());
            if days.is_some_and(|days| days.is_empty()) && !agreement.statement.nil {
                continue; // no statement was agreed for a month without days
            }
            waiting += 1;
            late += i64::from(now >= pending.latest);
            let deadline = end(pending.schedule.deadline);
            let first = deadlines.entry(agreement.id.to_string()).or_insert(deadline);
            *first = deadline.min(*first);
            if let Some(count) = open_days {
                *open.entry(agreement.id.to_string()).or_default() +=
                    i64::try_from(count).unwrap_or(i64::MAX);
            }
        }
    }
    let unsettled = store.unsettled()?;
    // where nobody proves that it arrived, what was handed over is done
    let proven = config.receipts.has_source() || store.has_receipts()?;
    let is_open = |state| proven || !matches!(state, State::SmtpAccepted | State::HandedOut);
    let sent = unsettled.iter().filter(|one| one.row.kind == "statement" && is_open(one.row.state));
    let next = sent.map(|one| one.row.deadline.timestamp()).chain(deadlines.values().copied()).min();
    all.push(gauge(
        "timbra_statements_pending",
        "Months that have ended and whose statement has not been made.",
        Some(waiting),
    ));
    all.push(gauge("timbra_statements_late", "Of these, those whose latest moment has passed.", Some(late)));
    let name = "timbra_next_deadline_timestamp_seconds";
    let help = "The next agreed day of a statement that was not handed over or, where receipts come, is not proven delivered.";
    all.push(gauge(name, help, next));
    let name = "timbra_statement_deadline_timestamp_seconds";
    let help = "The agreed day of the oldest statement that has not been made.";
    all.push(by(name, help, "agreement", deadlines));
    all.push(by(
        "timbra_open_days",
        "Days to regularise in months that have ended and were not sent.",
        "agreement",
        open,
    ));
    let oldest = unsettled.iter().filter(|one| one.row.state.is_inside()).map(|one| one.since).min();
    let name = "timbra_outbox_oldest_timestamp_seconds";
    all.push(moment(name, "Since when the oldest message waits that has not left the house.", oldest));
    let mut statements: BTreeMap<&str, i64> = State::ALL.iter().map(|state| (state.code(), 0)).collect();
    let mut messages = statements.clone();
    for counted in store.message_counts()? {
        *messages.entry(counted.state.code()).or_default() += counted.count;
        if counted.kind == "statement" {
            *statements.entry(counted.state.code()).or_default() += counted.count;
        }
    }
    let named = |counts: BTreeMap<&str, i64>| -> Vec<(String, i64)> {
        counts.into_iter().map(|(state, count)| (state.to_owned(), count)).collect()
    };
    let help = "Statements and amendments that were made, by the state of their message.";
    all.push(by("timbra_statements", help, "state", named(statements)));
    let help = "Messages of all kinds, by state.";
    all.push(by("timbra_outbox_messages", help, "state", named(messages)));
    Ok(())
}

fn of_mail(store: &Store, config: &Config, all: &mut Vec<Family>) -> Result<(), StoreError> {
    let name = "timbra_mail_last_success_timestamp_seconds";
    all.push(moment(name, "When a message was last handed over.", store.last_sent()?));
    let down = mail_down::since(store)?.is_some();
    all.push(gauge("timbra_mail_up", "0 while mail waits because it cannot leave.", Some((!down).into())));
    let mut read = Vec::new();
    for source in receipts::sources(&config.receipts) {
        read.push(store.mail_source(&source)?.good_at);
    }
    let read = read.into_iter().min().flatten();
    let name = "timbra_receipts_last_read_timestamp_seconds";
    all.push(moment(name, "When all places that receipts come from had been read to their end.", read));
    Ok(())
}

fn of_trouble(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
    all: &mut Vec<Family>,
) -> Result<(), StoreError> {
    let alarms = vigil::standing(store, config, now)?;
    let count = |level| alarms.iter().filter(|alarm| alarm.level == level).count();
    let counts =
        Level::ALL.map(|level| (level.code().to_owned(), i64::try_from(count(level)).unwrap_or(i64::MAX)));
    all.push(by("timbra_alarms", "Alarms that stand.", "level", counts));
    let malfunctions = store.malfunctions()?;
    let needs_leave = config.malfunction.needs_leave;
    let open = malfunctions.values().filter(|one| one.is_open()).count();
    let unconfirmed = malfunctions.values().filter(|one| !one.withdrawn && !one.may_be_told(needs_leave));
    let number = |count: usize| Some(i64::try_from(count).unwrap_or(i64::MAX));
    all.push(gauge("timbra_malfunctions_open", "Malfunctions that last.", number(open)));
    let help = "Malfunctions of which nobody is told before a person confirms them.";
    all.push(gauge("timbra_malfunctions_unconfirmed", help, number(unconfirmed.count())));
    Ok(())
}

//! The daemon seen from outside: `timbra status --alarm`, which a timer of its own runs, tells people by the
//! ways of `[alert]` when no daemon holds the store, or when the one that does has stopped working. It needs
//! neither the daemon nor a store that can be read; what it told is remembered in a memory of its own.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::Config;
use crate::domain::alarm::{Alarm, AlarmKind, Level};
use crate::domain::civil;
use crate::domain::delivery::words::without_addresses;
use crate::store::{RaisedAlarm, Store, StoreError, StoreLock};

use super::clock::Clock;
use super::outside_memory::Memory;
use super::{alerts, in_force, secret, vigil};

/// A daemon that works looks at the clock far more often.
const SILENT: TimeDelta = TimeDelta::minutes(45);

/// Held by a look, beside its memory. Not the folder: that may be the store's, whose lock is for others.
const LOCK: &str = "watch.lock";

/// The daemon, as the subject of an alarm.
const DAEMON: &str = "daemon";

/// What a look from outside has found.
#[derive(Debug)]
pub struct Finding {
    /// Since when it has been seen that the daemon does not work, and in which way; none when it works.
    pub fault: Option<(DateTime<Utc>, String)>,
    /// What was told now and was not before, for the journal.
    pub told: Vec<String>,
    /// The ways that have failed, each with its reason: tried again at the next look.
    pub failed: Vec<String>,
    /// Why what was told could not be remembered: it is told again at the next look.
    pub unremembered: Option<String>,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The lock cannot be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refuses something basic.
    #[error("nobody can be told: {0}")]
    System(#[from] io::Error),
}

/// Looks, and tells what is to be told: a fault once it has lasted for `grace`, again each day, and its end.
/// Where nothing can be remembered a fault is told at each look, whatever its age: better twice than never.
/// Of several looks at once only the first tells.
pub fn watch(config: &Config, place: &Path, grace: TimeDelta, clock: Clock) -> Result<Finding, OutsideError> {
    let now = clock();
    let fault = fault(config, now)?;
    // empty, so that a full disk has room for it; without one nobody waits for anybody
    let alone = File::options().create(true).append(true).open(place.join(LOCK));
    let busy = alone.as_ref().is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    let mut memory = Memory::read(place);
    let since = fault.as_ref().map(|_| memory.since.map_or(now, |since| since.min(now)));
    memory.since = since;
    let mut finding =
        Finding { fault: since.zip(fault), told: Vec::new(), failed: Vec::new(), unremembered: None };
    if busy {
        return Ok(finding);
    }
    // before anybody is told: a crash then tells nobody twice
    remember(&memory, place, &mut finding);
    let alarms = match &finding.fault {
        None => Vec::new(),
        Some((since, _)) if now - *since < grace && finding.unremembered.is_none() => return Ok(finding),
        Some((since, fault)) => {
            let day = (now - *since).num_days();
            let mut alarms = vec![stopped(fault, *since, config).on(day.to_string())];
            alarms.extend(due(config, now));
            alarms
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ways = ways(config);
    if alarms.is_empty() {
        // a way that is no longer there has nothing to be ended by
        memory.told.retain(|(way, _)| ways.contains(way));
    }
    for way in ways {
        let untold = if alarms.is_empty() {
            if memory.told.iter().any(|(other, _)| *other == way) { vec![works_again()] } else { Vec::new() }
        } else {
            alarms.iter().filter(|alarm| !memory.has_told(&way, alarm)).cloned().collect()
        };
        if untold.is_empty() {
            continue;
        }
        match runtime.block_on(tell(config, &way, &untold, now)) {
            Ok(()) if alarms.is_empty() => memory.told.retain(|(other, _)| *other != way),
            Ok(()) => memory.note(&way, &untold),
            Err(reason) => {
                let kind = way.split(' ').next().unwrap_or_default();
                finding.failed.push(format!("{kind}: {}", without_addresses(&reason)));
                continue;
            }
        }
        if way == alerts::JOURNAL {
            finding.told = untold.iter().map(|alarm| without_addresses(&alarm.to_string())).collect();
        }
        remember(&memory, place, &mut finding);
    }
    remember(&memory, place, &mut finding);
    Ok(finding)
}

fn remember(memory: &Memory, place: &Path, finding: &mut Finding) {
    finding.unremembered = memory.write(place).err().map(|error| error.to_string());
}

/// In which way the daemon does not work.
fn fault(config: &Config, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    if !StoreLock::is_held(&config.store_folder)? {
        return Ok(Some("Il servizio timbra non è in funzione".to_owned()));
    }
    let unreadable =
        |error| format!("Il servizio timbra è in funzione, ma il suo archivio non si legge ({error})");
    match Store::open_read_only(&config.store_folder).and_then(|store| is_silent(&store, now)) {
        Ok(true) => Ok(Some("Il servizio timbra non dà segni di vita".to_owned())),
        // busy with its work, or about to bring the store up to date
        Ok(false) | Err(StoreError::Busy | StoreError::Older(_)) => Ok(None),
        Err(error) => Ok(Some(unreadable(error))),
    }
}

/// True when the daemon has not looked at the clock for long. Where the clock cannot be believed it does not
/// say so, and has raised an alarm.
fn is_silent(store: &Store, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let Some(last) = store.clock_looks()?.0 else { return Ok(false) };
    let doubted = store.alarms()?.iter().any(|raised| raised.alarm.kind == AlarmKind::Clock);
    Ok(!doubted && now - last.wall > SILENT)
}

fn stopped(fault: &str, since: DateTime<Utc>, config: &Config) -> Alarm {
    let when = civil::local_time(&since, config.host.zone).format("%H:%M del %d/%m/%Y");
    let text = format!(
        "{fault} (visto per la prima volta alle {when}). Le timbrature dei lettori su porta seriale possono andare perse, \
         i file dei lettori attendono, nessun prospetto parte. Sul server: systemctl status timbra, poi journalctl -u timbra \
         e timbra check."
    );
    Alarm::of(AlarmKind::Service, Level::Red, DAEMON, text)
}

fn works_again() -> Alarm {
    let text = "Il servizio timbra è di nuovo in funzione.";
    Alarm::of(AlarmKind::ServiceBack, Level::Yellow, DAEMON, text)
}

/// What the daemon would call somebody for, and has not: as far as the store says.
fn due(config: &Config, now: DateTime<Utc>) -> Vec<Alarm> {
    let found = Store::open_read_only(&config.store_folder).and_then(|store| {
        let config = in_force::config(&store, config)?;
        Ok((vigil::survey(&store, &config, now)?, store.alarms()?))
    });
    let Ok((mut due, raised)) = found else { return Vec::new() };
    due.retain(|alarm| {
        alarm.level >= Level::Orange && !raised.iter().any(|other| vigil::same(&other.alarm, alarm))
    });
    due
}

/// The names of all ways, as the daemon calls them.
fn ways(config: &Config) -> Vec<String> {
    let mut ways = vec![alerts::JOURNAL.to_owned()];
    ways.extend(config.alert.folder.as_ref().map(|_| alerts::FOLDER.to_owned()));
    ways.extend(config.alert.command.as_ref().map(|_| alerts::PROGRAM.to_owned()));
    let addresses = config.alert.mail.iter().flat_map(|mail| &mail.to);
    ways.extend(addresses.map(|to| format!("{}{to}", alerts::LETTER)));
    ways
}

/// Tells some alarms by one way.
async fn tell(config: &Config, way: &str, alarms: &[Alarm], now: DateTime<Utc>) -> Result<(), String> {
    let numbered = alarms.iter().zip(1..);
    let raised: Vec<RaisedAlarm> =
        numbered.map(|(alarm, id)| RaisedAlarm { id, at: now, alarm: alarm.clone() }).collect();
    match way {
        alerts::JOURNAL => Ok(()),
        alerts::FOLDER => {
            let Some(folder) = &config.alert.folder else { return Ok(()) };
            raised.iter().try_for_each(|one| {
                alerts::write(folder, one, config).map_err(|error| format!("{}: {error}", folder.display()))
            })
        }
        alerts::PROGRAM => {
            alerts::run(config.alert.command.as_deref().unwrap_or_default(), &raised, config).await
        }
        _ => {
            let Some(mail) = &config.alert.mail else { return Ok(()) };
            let to = mail.to.iter().enumerate().find(|(_, to)| way == format!("{}{to}", alerts::LETTER));
            let Some((place, to)) = to else { return Ok(()) };
            let settings = secret::with_alert_password(&mail.mail)?;
            alerts::send_within(&settings, config, (to, place), &raised, now).await
        }
    }
}

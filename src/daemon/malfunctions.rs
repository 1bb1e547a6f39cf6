//! Faults that the daemon finds itself become malfunctions, once they have lasted; one that ends and
//! begins again is the same. A person's word stands above what the daemon sees.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, Utc};
use chrono_tz::Tz;
use tracing::{info, warn};

use crate::config::Config;
use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::words;
use crate::domain::ids::AgreementId;
use crate::domain::malfunction::{
    Cause, Event, Malfunction, MalfunctionKind, Opening, Refusal, Step, check, fold,
};
use crate::store::{Store, StoreError};

use super::in_force;
use super::signs::{self, Sign};

/// Who says what the daemon finds.
const AUTHOR: &str = "timbra";

/// One look. True while something is wrong: look again soon.
pub fn watch(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let config = &*in_force::config(store, config)?;
    let now = now.trunc_subsecs(0);
    let known = store.malfunctions()?;
    let mut busy = false;
    for (cause, sign) in signs::signs(store, config, now)? {
        let last = known.values().rfind(|malfunction| malfunction.cause.as_ref() == Some(&cause));
        match sign {
            Sign::Fault { kind, systems, since } => {
                busy = true;
                let fault = Fault { cause, kind, systems, since };
                appeared(store, config, &fault, (&known, last), now)?;
            }
            Sign::Well(since) => disappeared(store, config, last, since, now)?,
            Sign::Unknown => (),
        }
    }
    for malfunction in known.values().filter(|malfunction| malfunction.detected && !malfunction.is_open()) {
        store.clear_alarms(AlarmKind::Malfunction, &words::malfunction_subject(malfunction.number), now)?;
    }
    Ok(busy)
}

/// A fault that is seen now.
struct Fault {
    cause: Cause,
    kind: MalfunctionKind,
    systems: String,
    since: DateTime<Utc>,
}

fn appeared(
    store: &mut Store,
    config: &Config,
    fault: &Fault,
    (known, last): (&BTreeMap<u32, Malfunction>, Option<&Malfunction>),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    match last {
        Some(open) if open.is_open() => return Ok(()),
        // it is none, or it is over, says a person who knows of this fault
        Some(other) if other.withdrawn && fault.since <= other.changed_at => return Ok(()),
        Some(Malfunction { number, to: Some(to), withdrawn: false, .. }) => {
            if fault.since <= *to {
                return Ok(());
            }
            if fault.since - *to <= config.malfunction.flapping {
                let reopened =
                    say((store, config.host.zone), Some(*number), Step::Reopened { at: fault.since }, now)?;
                if reopened.is_some() {
                    warn!(malfunction = number, cause = %fault.cause, "a malfunction is back");
                }
                return Ok(());
            }
        }
        _ => (),
    }
    let same_reader = |other: &&Malfunction| {
        let reader = other.cause.as_ref().and_then(Cause::reader);
        other.is_open() && reader.is_some() && reader == fault.cause.reader()
    };
    if now - fault.since < config.malfunction.after || known.values().any(|other| same_reader(&other)) {
        return Ok(());
    }
    let Some(agreements) = concerned(config, &fault.cause) else { return Ok(()) };
    let opening = Opening {
        kind: fault.kind,
        systems: fault.systems.clone(),
        expected: None,
        from: fault.since,
        agreements,
        cause: Some(fault.cause.clone()),
        detected: true,
    };
    if let Some(event) = say((store, config.host.zone), None, Step::Opened(opening), now)? {
        let number = event.number;
        warn!(malfunction = number, cause = %fault.cause, "a fault has lasted: it is a malfunction");
        let systems = (fault.kind.italian(), fault.systems.as_str());
        store.raise_alarm(&words::malfunction(number, systems, config.malfunction.needs_leave), now)?;
    }
    Ok(())
}

/// The agreements that a cause concerns, empty for all; none when it concerns nobody.
fn concerned(config: &Config, cause: &Cause) -> Option<Vec<AgreementId>> {
    let Some(reader) = cause.reader() else { return Some(Vec::new()) };
    let users: Vec<AgreementId> =
        signs::users(config, reader).into_iter().map(|agreement| agreement.id.clone()).collect();
    (!users.is_empty()).then_some(users)
}

fn disappeared(
    store: &mut Store,
    config: &Config,
    last: Option<&Malfunction>,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // what a person declared a person ends
    let Some(open) = last.filter(|last| last.is_open() && last.detected) else { return Ok(()) };
    let at = since.filter(|since| *since >= open.from && *since <= now).unwrap_or(now);
    if say((store, config.host.zone), Some(open.number), Step::Restored { at, detected: true }, now)?
        .is_some()
    {
        info!(malfunction = open.number, "a malfunction is over");
    }
    Ok(())
}

/// Enters a step; none when somebody else has made it impossible.
fn say(
    (store, zone): (&mut Store, Tz),
    number: Option<u32>,
    step: Step,
    now: DateTime<Utc>,
) -> Result<Option<Event>, StoreError> {
    let entered = store.enter_malfunction(number, |number, before| {
        check(number, fold(before).get(&number), &step, now, zone)?;
        let author = AUTHOR.to_owned();
        Ok::<_, Refusal>(Event { id: 0, number, at: now, author, for_person: None, reference: None, step })
    })?;
    Ok(entered.ok())
}

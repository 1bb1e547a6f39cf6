//! Punches of the store into days of a month: whose they are, which way they went, and whether the
//! readers have delivered so far. The rules themselves are the domain's.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::config::{Config, FolderReader};
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::ids::ReaderId;
use crate::domain::month::Month;
use crate::domain::month_days::{self, MonthDay, OwnPunch};
use crate::domain::punch::{Direction, Punch};
use crate::domain::register::Facts;
use crate::store::{Store, StoreError};

/// Computes a month of some agreements in one pass over its punches. The result has one entry for
/// each agreement, in their order.
pub fn months(
    store: &Store,
    config: &Config,
    agreements: &[&Agreement],
    month: Month,
) -> Result<Vec<Vec<MonthDay>>, StoreError> {
    let badges: HashSet<&str> =
        agreements.iter().flat_map(|agreement| &agreement.badges).map(|held| held.number.as_str()).collect();
    let (first, last) = month_days::dates_needed(month);
    let punches = store.punches_of(&badges, first, last)?;
    let readers: HashMap<&ReaderId, &FolderReader> =
        config.folders.iter().map(|reader| (&reader.folder.reader, reader)).collect();
    let covers = covers(store)?;
    let registers = store.registers_of(&agreements.iter().map(|agreement| &agreement.id).collect())?;
    let month_of = |agreement: &&Agreement| {
        let facts = Facts::of(agreement, registers.get(&agreement.id).map_or(&[], Vec::as_slice));
        let own: Vec<OwnPunch> = punches
            .iter()
            .filter(|punch| agreement.holds(&punch.badge, &punch.reader, punch.local.date()))
            .map(|punch| OwnPunch {
                voided: facts.voiding(punch).map(|entry| entry.id),
                ..interpret(punch, readers.get(&punch.reader).copied(), config)
            })
            .collect();
        let covered = covered_until(config, agreement, &covers)
            .map(|until| until.with_timezone(&config.host.zone).fixed_offset());
        month_days::days_of_month(agreement, &config.host, &facts, month, &own, covered)
    };
    Ok(agreements.iter().map(month_of).collect())
}

/// Until when each reader is covered, by name.
pub fn covers(store: &Store) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
    let readers = store.readers()?.into_iter();
    Ok(readers.filter_map(|reader| Some((reader.name, reader.covered_until?))).collect())
}

/// The instant up to which every reader that an agreement's coworker may use has delivered; none
/// when one of them never did.
pub fn covered_until(
    config: &Config,
    agreement: &Agreement,
    covers: &BTreeMap<String, DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let concerned = |reader: &&FolderReader| {
        agreement.readers.is_empty() || agreement.readers.contains(&reader.folder.reader)
    };
    let mut until =
        config.folders.iter().filter(concerned).map(|reader| covers.get(reader.folder.reader.as_str()));
    let first = until.next()?.copied();
    until.fold(first, |earliest, next| earliest.zip(next.copied()).map(|(one, other)| one.min(other)))
}

/// Entry or exit as the site's configuration reads a punch, where it says so.
pub fn direction(punch: &Punch, config: &Config) -> Option<Direction> {
    let mut readers = config.folders.iter();
    directed(punch, readers.find(|reader| reader.folder.reader == punch.reader)?)
}

fn directed(punch: &Punch, reader: &FolderReader) -> Option<Direction> {
    reader.direction.direction(&punch.direction_raw, reader.format.direction(&punch.direction_raw))
}

/// A punch as the site's configuration reads it. Of a reader that is configured no more only the
/// times are left.
fn interpret(punch: &Punch, reader: Option<&FolderReader>, config: &Config) -> OwnPunch {
    let direction = reader.and_then(|reader| directed(punch, reader));
    let reason = punch
        .reason_raw
        .as_deref()
        .map(|raw| reader.map_or(raw, |reader| reader.format.reason(raw)).to_owned());
    OwnPunch {
        at: civil::device_instant(punch.local, punch.offset, config.host.zone),
        date: punch.local.date(),
        direction,
        toggle: reader.is_some_and(|reader| reader.direction.toggles()),
        reason,
        voided: None,
        provenance: punch.provenance,
    }
}

//! Punches of the store into days of a month: whose they are, which way they went, and whether the
//! readers have delivered so far. The rules themselves are the domain's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::{Config, Reader};
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::ids::ReaderId;
use crate::domain::month::Month;
use crate::domain::month_days::{self, MonthDay, OwnPunch};
use crate::domain::punch::Punch;
use crate::domain::register::Facts;
use crate::store::{PunchRange, Store, StoreError};

/// Computes a month of some agreements in one pass over its punches. The result has one entry for
/// each agreement, in their order.
pub fn months(
    store: &Store,
    config: &Config,
    agreements: &[&Agreement],
    month: Month,
) -> Result<Vec<Vec<MonthDay>>, StoreError> {
    let mut all = Vec::with_capacity(agreements.len());
    each_month(store, config, agreements, month, |_, days| all.push(days))?;
    Ok(all)
}

/// The same, handing over each agreement's month as soon as it is computed, in their order, so that
/// the days of thousands need not be held at once.
pub fn each_month(
    store: &Store,
    config: &Config,
    agreements: &[&Agreement],
    month: Month,
    mut take: impl FnMut(&Agreement, Vec<MonthDay>),
) -> Result<(), StoreError> {
    let badges: HashSet<&str> =
        agreements.iter().flat_map(|agreement| &agreement.badges).map(|held| held.number.as_str()).collect();
    let (first, last) = month_days::dates_needed(month);
    let range = store.punch_range(&badges, first, last)?;
    let readers: HashMap<&ReaderId, &Reader> = config.readers().map(|reader| (&reader.id, reader)).collect();
    let covers = covers(store)?;
    let registers = store.registers_of(&agreements.iter().map(|agreement| &agreement.id).collect())?;
    let month_of = |agreement: &&Agreement| {
        let facts = Facts::of(agreement, registers.get(&agreement.id).map_or(&[], Vec::as_slice));
        let own: Vec<OwnPunch> = own(agreement, &range)
            .map(|punch| OwnPunch {
                voided: facts.voiding(&punch).map(|entry| entry.id),
                ..interpret(&punch, readers.get(&punch.reader).copied(), config)
            })
            .collect();
        let covered = covered_until(config, agreement, &covers)
            .map(|until| until.with_timezone(&config.host.zone).fixed_offset());
        month_days::days_of_month(agreement, &config.host, &facts, month, &own, covered)
    };
    for agreement in agreements {
        take(agreement, month_of(agreement));
    }
    Ok(())
}

/// The punches of one agreement on some dates, as the device wrote them and as they are read.
pub fn punches(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<(Punch, OwnPunch)>, StoreError> {
    let badges: HashSet<&str> = agreement.badges.iter().map(|held| held.number.as_str()).collect();
    let all = store.punches_of(&badges, from, to)?.into_iter();
    let own = all.filter(|punch| agreement.holds(&punch.badge, &punch.reader, punch.local.date()));
    let with_meaning = own.map(|punch| {
        let reader = config.readers().find(|reader| reader.id == punch.reader);
        let read = interpret(&punch, reader, config);
        (punch, read)
    });
    Ok(with_meaning.collect())
}

/// The punches of an agreement; of a badge that it holds twice, each once.
fn own<'a>(agreement: &'a Agreement, range: &'a PunchRange) -> impl Iterator<Item = Punch> + 'a {
    let badges: BTreeSet<&str> = agreement.badges.iter().map(|held| held.number.as_str()).collect();
    let all = badges.into_iter().flat_map(|badge| range.of(badge));
    all.filter(|punch| agreement.holds(&punch.badge, &punch.reader, punch.local.date()))
}

/// Until when each reader is covered, by name.
pub fn covers(store: &Store) -> Result<BTreeMap<String, DateTime<Utc>>, StoreError> {
    let readers = store.readers()?.into_iter();
    Ok(readers.filter_map(|reader| Some((reader.name, reader.covered_until?))).collect())
}

/// The readers that an agreement's coworker may use, also those left out for their errors.
pub fn readers_of<'a>(config: &'a Config, agreement: &'a Agreement) -> impl Iterator<Item = &'a ReaderId> {
    let all = config.declared_readers.iter();
    all.filter(|reader| agreement.readers.is_empty() || agreement.readers.contains(reader))
}

/// The instant up to which every reader that an agreement's coworker may use has delivered; none
/// when one of them never did.
pub fn covered_until(
    config: &Config,
    agreement: &Agreement,
    covers: &BTreeMap<String, DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let mut until = readers_of(config, agreement).map(|reader| covers.get(reader.as_str()));
    let first = until.next()?.copied();
    until.fold(first, |earliest, next| earliest.zip(next.copied()).map(|(one, other)| one.min(other)))
}

/// True when every reader concerned has delivered past the end of a month.
pub fn is_covered(
    config: &Config,
    agreement: &Agreement,
    month: Month,
    covers: &BTreeMap<String, DateTime<Utc>>,
) -> bool {
    let end = civil::start_of_day(month.next().first(), config.host.zone);
    covered_until(config, agreement, covers).is_some_and(|until| until >= end)
}

/// A punch as the site's configuration reads it. Of a reader that is configured no more only the
/// times are left.
fn interpret(punch: &Punch, reader: Option<&Reader>, config: &Config) -> OwnPunch {
    let word = &punch.direction_raw;
    let direction = reader.and_then(|reader| reader.direction_of(word));
    let reason =
        punch.reason_raw.as_deref().map(|raw| reader.map_or(raw, |reader| reader.reason_of(raw)).to_owned());
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

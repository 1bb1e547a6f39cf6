//! Punches of the store into days of a month: whose they are, which way they went, and whether the
//! readers have delivered so far. The rules themselves are the domain's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::iter;
use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveDateTime, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil::{self, Clocks};
use crate::domain::day::{self, PunchSource};
use crate::domain::ids::{AgreementId, ReaderId};
use crate::domain::malfunction::{self, Malfunction, MonthMalfunction};
use crate::domain::month::Month;
use crate::domain::month_days::{self, DayRule, MonthDay, MonthInput, OwnPunch};
use crate::domain::punch::{Direction, Punch, PunchIdentity};
use crate::domain::register::{Entry, Facts};
use crate::store::{PunchRange, Saying, Store, StoreError};

use super::in_force;

/// Agreements whose months one thread computes at least: a thread costs something too.
const PORTION: usize = 32;

/// The days of a month of one agreement, without their trail.
pub fn month(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
) -> Result<Vec<MonthDay>, StoreError> {
    month_if_sound(store, config, agreement, month)?.ok_or_else(|| damaged(agreement, month))
}

/// The same for those who have other agreements to go on with: none when a punch of this one is damaged.
pub fn month_if_sound(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
) -> Result<Option<Vec<MonthDay>>, StoreError> {
    Ok(Gathered::of(store, config, &[agreement], month)?.days(agreement, day::compute_untold))
}

/// Why there is no month of an agreement.
pub(super) fn damaged(agreement: &Agreement, month: Month) -> StoreError {
    StoreError::Damaged(format!("{} {month}: a punch cannot be read", agreement.id))
}

/// The same with the trail of each day, for those who ask how it came about.
pub fn month_told(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
) -> Result<Vec<MonthDay>, StoreError> {
    let gathered = Gathered::of(store, config, &[agreement], month)?;
    gathered.days(agreement, day::compute).ok_or_else(|| damaged(agreement, month))
}

/// The days of a month of some agreements, without their trail, in one pass over the punches: one
/// entry for each agreement, in their order; none of one that has a damaged punch. Of thousands take
/// [`Gathered`] and some at a time.
pub fn months(
    store: &Store,
    config: &Config,
    agreements: &[&Agreement],
    month: Month,
) -> Result<Vec<Option<Vec<MonthDay>>>, StoreError> {
    Ok(Gathered::of(store, config, agreements, month)?.months(agreements))
}

/// A month of one agreement, without its trail, as it would be with some entries of the register only; none
/// when a punch of it is damaged.
pub fn month_with(
    store: &Store,
    config: &Config,
    agreement: &Agreement,
    month: Month,
    counts: impl Fn(&Entry) -> bool,
) -> Result<Option<Vec<MonthDay>>, StoreError> {
    let mut entries = store.register_of(&agreement.id)?;
    entries.retain(&counts);
    let then = in_force::agreement_of(config, agreement, &entries);
    let agreement = then.as_ref().unwrap_or(agreement);
    let mut gathered = Gathered::of(store, config, &[agreement], month)?;
    gathered.registers.insert(agreement.id.clone(), entries);
    Ok(gathered.days(agreement, day::compute_untold))
}

/// How many threads it is worth to use for so many agreements.
fn threads(agreements: &[&Agreement]) -> usize {
    let most = agreements.len().div_ceil(PORTION);
    thread::available_parallelism().map_or(1, NonZero::get).min(most)
}

/// Of a day: what a thread takes at once where two share.
const QUARTER: Duration = Duration::hours(6);

/// Room for the punches of a month: most days have four.
const ROOM: usize = 4 * 31;

/// All that the months of some agreements need of store and configuration: read once, after which
/// the store is free for what is made of them.
pub struct Gathered<'a> {
    config: &'a Config,
    month: Month,
    clocks: Clocks,
    /// The punches, in one part, or in two of about a half.
    parts: Vec<Part>,
    covers: BTreeMap<String, DateTime<Utc>>,
    registers: HashMap<AgreementId, Vec<Entry>>,
}

/// Some of the punches.
struct Part {
    range: PunchRange,
    /// What each saying of the range means.
    meanings: Vec<Meaning>,
}

impl<'a> Gathered<'a> {
    /// Reads what these agreements need; the punches as they are at one moment.
    pub fn of(
        store: &Store,
        config: &'a Config,
        agreements: &[&Agreement],
        month: Month,
    ) -> Result<Self, StoreError> {
        Self::by(threads(agreements) > 1, store, config, (agreements, month))
    }

    /// The same; the punches by two threads where that can be, or all by this one.
    fn by(
        by_halves: bool,
        store: &Store,
        config: &'a Config,
        (agreements, month): (&[&Agreement], Month),
    ) -> Result<Self, StoreError> {
        let (first, last) = month_days::dates_needed(month);
        // before the punches: what comes meanwhile is not said to be there
        let covers = covers(store)?;
        let badges = agreements.iter().flat_map(|agreement| &agreement.badges);
        let badges: Vec<&str> = badges.map(|held| held.number.as_str()).collect();
        let part = |range: PunchRange| {
            let meaning = |saying: &Saying| {
                Meaning::of(config, &saying.reader, &saying.direction_raw, saying.reason_raw.as_deref())
            };
            Part { meanings: range.sayings().iter().map(meaning).collect(), range }
        };
        let two = if by_halves { store.at_one_moment()? } else { None };
        let ranges = match two {
            Some(two) => halves(two, &badges, month)?,
            None => vec![store.punch_range(badges.iter().copied(), first, last)?],
        };
        let ids: Vec<&AgreementId> = agreements.iter().map(|agreement| &agreement.id).collect();
        Ok(Self {
            config,
            month,
            clocks: Clocks::over(first, last, config.host.zone),
            parts: ranges.into_iter().map(part).collect(),
            covers,
            registers: store.registers_of(&ids)?,
        })
    }

    /// The days of some of the agreements, without their trail, in their order; on several threads
    /// where that is worth it. None of one that has a damaged punch.
    pub fn months(&self, agreements: &[&Agreement]) -> Vec<Option<Vec<MonthDay>>> {
        let days_of = |agreement: &&Agreement| self.days(agreement, day::compute_untold);
        let threads = threads(agreements);
        if threads < 2 {
            return agreements.iter().map(days_of).collect();
        }
        let parts = agreements.chunks(agreements.len().div_ceil(threads));
        thread::scope(|scope| {
            let running = parts.map(|part| scope.spawn(move || part.iter().map(days_of).collect::<Vec<_>>()));
            let running: Vec<_> = running.collect();
            let months =
                running.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
            months.flatten().collect()
        })
    }

    /// True when a punch cannot be read that may be one of the agreement's: of which reader it is can be as
    /// damaged as the rest.
    pub(super) fn is_damaged(&self, agreement: &Agreement) -> bool {
        agreement.badges.iter().any(|held| {
            let is_held = |date: NaiveDate| (held.valid_from..=held.valid_to).contains(&date);
            self.parts.iter().any(|part| part.range.is_damaged(&held.number, is_held))
        })
    }

    /// The days of one of the agreements by [`day::compute`], or by [`day::compute_untold`]. None when one of its
    /// punches is damaged: without it the days would be others.
    pub fn days(&self, agreement: &Agreement, rule: DayRule) -> Option<Vec<MonthDay>> {
        if self.is_damaged(agreement) {
            return None;
        }
        let host = &self.config.host;
        let entries = self.registers.get(&agreement.id).map_or(&[][..], Vec::as_slice);
        let facts = Facts::of(agreement, entries);
        let covered_until = covered_until(self.config, agreement, &self.covers)
            .map(|until| until.with_timezone(&host.zone).fixed_offset());
        let punches = self.punches(agreement, &facts);
        let input = MonthInput {
            agreement,
            host,
            facts: &facts,
            month: self.month,
            clocks: &self.clocks,
            punches: &punches,
            covered_until,
        };
        Some(month_days::days_of_month(&input, rule))
    }

    /// The punches of an agreement; of a badge that it holds twice, each once.
    fn punches(&self, agreement: &Agreement, facts: &Facts<'_>) -> Vec<OwnPunch> {
        let badges: BTreeSet<&str> = agreement.badges.iter().map(|held| held.number.as_str()).collect();
        let mut own = Vec::with_capacity(ROOM);
        let mut clock = self.clocks.on(self.month.first());
        for badge in badges {
            let held: Vec<_> = agreement.badges.iter().filter(|held| held.number == badge).collect();
            for Part { range, meanings } in &self.parts {
                for (local, number) in range.of(badge) {
                    let (saying, date) = (&range.sayings()[number], local.date());
                    let Saying { direction_raw, reader, offset, .. } = saying;
                    if !held.iter().any(|held| held.covers_at(reader, date)) {
                        continue;
                    }
                    if clock.date() != date {
                        clock = self.clocks.on(date);
                    }
                    let at = match offset {
                        None => clock.instant(local),
                        Some(_) => civil::device_instant(local, *offset, self.config.host.zone),
                    };
                    let identity = PunchIdentity { local, badge, direction_raw, reader };
                    let voided = facts.voiding(identity).map(|entry| entry.id);
                    own.push(OwnPunch { voided, ..meanings[number].clone().of_punch(at, date) });
                }
            }
        }
        own
    }
}

/// The punches of a month, about one half by each of two threads: of the six days in the middle, of which most are
/// working days, whichever is free takes the next hours.
fn halves([one, other]: [Store; 2], badges: &[&str], month: Month) -> Result<Vec<PunchRange>, StoreError> {
    let (first, last) = month_days::dates_needed(month);
    let (early, late) = (NaiveDateTime::from(month.day_or_last(13)), month.day_or_last(19).into());
    let quarters = iter::successors(Some(early), |start| Some(*start + QUARTER));
    let quarters = &Mutex::new(quarters.take_while(|start| *start < late));
    let next = || {
        let start = quarters.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        Some(start..start + QUARTER)
    };
    let half = |store: &Store, own: Range<NaiveDateTime>| {
        store.punches_in(badges.iter().copied(), first, iter::once(own).chain(iter::from_fn(next)))
    };
    thread::scope(|scope| {
        let later = scope.spawn(move || half(&other, late..(last + Duration::days(1)).into()));
        let earlier = half(&one, first.into()..early)?;
        let later = later.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(vec![earlier, later])
    })
}

/// What a punch means as the site's configuration reads it. Of a reader that is configured no more
/// only the times are left.
#[derive(Debug, Clone)]
struct Meaning {
    direction: Option<Direction>,
    toggle: bool,
    reason: Option<String>,
}

impl Meaning {
    fn of(config: &Config, reader: &ReaderId, word: &str, reason: Option<&str>) -> Self {
        let reader = config.readers().find(|known| known.id == *reader);
        let direction = reader.and_then(|reader| reader.direction_of(word));
        let reason = reason.map(|raw| reader.map_or(raw, |reader| reader.reason_of(raw)).to_owned());
        Self { direction, toggle: reader.is_some_and(|reader| reader.direction.toggles()), reason }
    }

    /// The punch that was seen then, on that day of the device's clock.
    fn of_punch(self, at: DateTime<FixedOffset>, date: NaiveDate) -> OwnPunch {
        let Self { direction, toggle, reason } = self;
        OwnPunch { at, date, direction, toggle, reason, source: PunchSource::Reader, voided: None }
    }
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
        let meaning = Meaning::of(config, &punch.reader, &punch.direction_raw, punch.reason_raw.as_deref());
        let at = civil::device_instant(punch.local, punch.offset, config.host.zone);
        let read = meaning.of_punch(at, punch.local.date());
        (punch, read)
    });
    Ok(with_meaning.collect())
}

/// The malfunctions of a month as its statement shows them.
pub fn malfunctions(
    config: &Config,
    agreement: &Agreement,
    month: Month,
    all: &BTreeMap<u32, Malfunction>,
) -> Vec<MonthMalfunction> {
    malfunction::of_month(all, agreement, month, config.malfunction.needs_leave, config.host.zone)
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

#[cfg(test)]
mod tests;

//! The entries of an agreement, folded into what they mean together, day by day.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;

use crate::domain::agreement::Agreement;
use crate::domain::civil::{self, TimeOfDay};
use crate::domain::day::Leave;
use crate::domain::month::Month;
use crate::domain::punch::{Direction, PunchIdentity};

use super::{Entry, EntryId, Fate, Kind, VoidedPunch, leave};

/// What agreement and register say together. A pure function of both: the same entries give the
/// same facts, in whatever order they are handed over.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    planned: BTreeMap<NaiveDate, Option<&'a Entry>>,
    plans: BTreeMap<Month, &'a Entry>,
    recalls: BTreeMap<NaiveDate, Recalled<'a>>,
    moves: BTreeMap<NaiveDate, (&'a Entry, NaiveDate)>,
    leaves: BTreeMap<NaiveDate, Vec<(&'a Entry, Leave)>>,
    services: BTreeMap<NaiveDate, Option<TimeOfDay>>,
    holiday_work: BTreeMap<NaiveDate, EntryId>,
    early_entries: BTreeMap<NaiveDate, TimeOfDay>,
    overtime: BTreeMap<NaiveDate, i32>,
    punches: Vec<EnteredPunch<'a>>,
    voided: Vec<(&'a VoidedPunch, &'a Entry)>,
    fates: HashMap<EntryId, Fate>,
}

/// A recalled day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recalled<'a> {
    /// Its entry.
    pub entry: &'a Entry,
    /// The day of the notice, as the home states it.
    pub notice_date: NaiveDate,
    /// The day given instead, while it is still agreed.
    pub new_date: Option<NaiveDate>,
}

/// A punch entered by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnteredPunch<'a> {
    /// Its entry.
    pub entry: &'a Entry,
    /// When.
    pub at: DateTime<FixedOffset>,
    /// Entry or exit.
    pub direction: Direction,
    /// A reason ("causale").
    pub reason: Option<&'a str>,
    /// The malfunction that made it necessary.
    pub malfunction: Option<u32>,
    /// The entry by which another person confirmed it.
    pub confirmed: Option<&'a Entry>,
}

impl EnteredPunch<'_> {
    /// Its day by the clocks of a zone.
    pub fn date(&self, zone: Tz) -> NaiveDate {
        civil::local_time(&self.at, zone).date()
    }
}

impl<'a> Facts<'a> {
    /// Folds the entries of one agreement over its own calendar, in the order of their numbers.
    pub fn of(agreement: &Agreement, entries: &'a [Entry]) -> Self {
        let mut facts = Self {
            planned: agreement.planned_days.iter().map(|date| (*date, None)).collect(),
            plans: BTreeMap::new(),
            recalls: BTreeMap::new(),
            moves: BTreeMap::new(),
            leaves: BTreeMap::new(),
            services: BTreeMap::new(),
            holiday_work: BTreeMap::new(),
            early_entries: BTreeMap::new(),
            overtime: BTreeMap::new(),
            punches: Vec::new(),
            voided: Vec::new(),
            fates: HashMap::new(),
        };
        let mut own: Vec<&Entry> = entries.iter().filter(|entry| entry.agreement == agreement.id).collect();
        own.sort_by_key(|entry| entry.id);
        facts.cancel(&own);
        for entry in own {
            if !facts.fates.contains_key(&entry.id) {
                facts.apply(entry);
            }
        }
        for recalled in facts.recalls.values_mut() {
            recalled.new_date = recalled.new_date.filter(|date| facts.planned.contains_key(date));
        }
        facts
    }

    /// Notes what later entries take back. From the last one on, so that an undoing that was itself
    /// undone takes nothing back.
    fn cancel(&mut self, own: &[&Entry]) {
        for entry in own.iter().rev().filter(|entry| entry.kind.target().is_some_and(|of| of < entry.id)) {
            if self.fates.contains_key(&entry.id) {
                continue;
            }
            let target = entry.kind.target().and_then(|of| own.iter().find(|other| other.id == of));
            let Some(target) = target else { continue };
            let fate = match (&entry.kind, &target.kind) {
                (Kind::Undone { .. }, _) => Fate::Undone(entry.id),
                (Kind::AbsenceRevoked { .. }, Kind::Absence { .. }) => Fate::Revoked(entry.id),
                (Kind::PunchVoided { .. }, Kind::ManualPunch { .. }) => Fate::Voided(entry.id),
                _ => continue,
            };
            self.fates.entry(target.id).or_insert(fate);
        }
    }

    fn apply(&mut self, entry: &'a Entry) {
        match &entry.kind {
            Kind::Plan { month, dates } => self.replace_plan(*month, dates, entry),
            Kind::Absence { date, hours, credited } => {
                let leave = leave(*hours, *credited);
                self.leaves.entry(*date).or_default().push((entry, leave));
            }
            Kind::Recall { date, notice_date, new_date } => {
                let (notice_date, new_date) = (*notice_date, *new_date);
                if self.take_out(*date, entry) {
                    self.recalls.insert(*date, Recalled { entry, notice_date, new_date });
                    if let Some(date) = new_date {
                        self.put_in(date, entry);
                    }
                }
            }
            Kind::Move { from, to } => {
                if self.take_out(*from, entry) {
                    self.moves.insert(*from, (entry, *to));
                    self.put_in(*to, entry);
                }
            }
            Kind::ServiceAuthorized { date, end } => {
                self.services.insert(*date, *end);
            }
            Kind::HolidayWorkAuthorized { date } => {
                self.holiday_work.insert(*date, entry.id);
            }
            Kind::EarlyEntryAuthorized { date, from } => {
                self.early_entries.insert(*date, *from);
            }
            Kind::OvertimeAuthorized { date, minutes } => {
                self.overtime.insert(*date, minutes.0);
            }
            Kind::ManualPunch { at, direction, reason, malfunction } => {
                self.fates.insert(entry.id, Fate::Pending);
                self.punches.push(EnteredPunch {
                    entry,
                    at: *at,
                    direction: *direction,
                    reason: reason.as_deref(),
                    malfunction: *malfunction,
                    confirmed: None,
                });
            }
            Kind::PunchConfirmed { of } => self.confirm(*of, entry),
            Kind::PunchVoided { punch, .. } => self.voided.push((punch, entry)),
            Kind::AbsenceRevoked { .. } | Kind::Undone { .. } => (),
        }
    }

    fn replace_plan(&mut self, month: Month, dates: &[NaiveDate], entry: &'a Entry) {
        if let Some(earlier) = self.plans.insert(month, entry) {
            self.fates.insert(earlier.id, Fate::Replaced(entry.id));
        }
        for date in month.days() {
            if let Some((change, _)) = self.moves.remove(&date) {
                self.fates.insert(change.id, Fate::Replaced(entry.id));
            }
            self.planned.remove(&date);
        }
        for date in dates {
            self.put_in(*date, entry);
        }
    }

    /// Takes an agreed day out; notes that the entry changes nothing when it was not agreed.
    fn take_out(&mut self, date: NaiveDate, entry: &Entry) -> bool {
        let was_agreed = self.planned.remove(&date).is_some();
        if !was_agreed {
            self.fates.insert(entry.id, Fate::WithoutEffect);
        }
        was_agreed
    }

    /// Agrees a day; one that was recalled or moved before is now agreed again.
    fn put_in(&mut self, date: NaiveDate, entry: &'a Entry) {
        self.planned.insert(date, Some(entry));
        if let Some(recalled) = self.recalls.remove(&date) {
            self.fates.insert(recalled.entry.id, Fate::Replaced(entry.id));
        }
        self.moves.remove(&date);
    }

    /// Whoever entered a punch cannot confirm it.
    fn confirm(&mut self, of: EntryId, entry: &'a Entry) {
        let pending = self.punches.iter_mut().find(|punch| punch.entry.id == of && punch.confirmed.is_none());
        match pending.filter(|punch| punch.entry.author != entry.author) {
            Some(punch) => {
                punch.confirmed = Some(entry);
                self.fates.insert(of, Fate::Confirmed(entry.id));
            }
            None => {
                self.fates.insert(entry.id, Fate::WithoutEffect);
            }
        }
    }
}

impl<'a> Facts<'a> {
    /// True when the day is agreed now.
    pub fn is_planned(&self, date: NaiveDate) -> bool {
        self.planned.contains_key(&date)
    }

    /// The entry by which a day is agreed; none when that is the agreement itself.
    pub fn planned_by(&self, date: NaiveDate) -> Option<&'a Entry> {
        self.planned.get(&date).copied().flatten()
    }

    /// The agreed days, in order.
    pub fn planned_days(&self) -> impl Iterator<Item = NaiveDate> {
        self.planned.keys().copied()
    }

    /// The agreed days of a month, in order.
    pub fn planned_in(&self, month: Month) -> impl Iterator<Item = NaiveDate> {
        self.planned.range(month.first()..=month.last()).map(|(date, _)| *date)
    }

    /// True when somebody said what the days of a month are, be it none.
    pub fn has_plan(&self, month: Month) -> bool {
        self.plans.contains_key(&month) || self.planned_in(month).next().is_some()
    }

    /// The recall of a day.
    pub fn recalled(&self, date: NaiveDate) -> Option<&Recalled<'a>> {
        self.recalls.get(&date)
    }

    /// The entry that moved a day away, and where to.
    pub fn moved(&self, date: NaiveDate) -> Option<(&'a Entry, NaiveDate)> {
        self.moves.get(&date).copied()
    }

    /// The absences of a day with their entries, in the order of entering.
    pub fn leaves(&self, date: NaiveDate) -> &[(&'a Entry, Leave)] {
        self.leaves.get(&date).map_or(&[], Vec::as_slice)
    }

    /// The authorisation of the service exits of a day, with the end of the last one when declared.
    pub fn service(&self, date: NaiveDate) -> Option<Option<TimeOfDay>> {
        self.services.get(&date).copied()
    }

    /// True when work on that holiday was authorised.
    pub fn holiday_work(&self, date: NaiveDate) -> bool {
        self.holiday_work.contains_key(&date)
    }

    /// The authorised time of an early entry.
    pub fn early_entry(&self, date: NaiveDate) -> Option<TimeOfDay> {
        self.early_entries.get(&date).copied()
    }

    /// Authorised overtime in minutes.
    pub fn overtime(&self, date: NaiveDate) -> i32 {
        self.overtime.get(&date).copied().unwrap_or_default()
    }

    /// The punches entered by hand that were not voided, in the order of entering.
    pub fn entered_punches(&self) -> &[EnteredPunch<'a>] {
        &self.punches
    }

    /// The entry that voided a stored punch.
    pub fn voiding(&self, punch: PunchIdentity<'_>) -> Option<&'a Entry> {
        self.voided.iter().find(|(voided, _)| voided.is(punch)).map(|(_, entry)| *entry)
    }

    /// What became of an entry.
    pub fn fate(&self, entry: EntryId) -> Fate {
        self.fates.get(&entry).copied().unwrap_or(Fate::InForce)
    }
}

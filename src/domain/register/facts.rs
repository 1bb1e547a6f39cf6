//! The entries of an agreement, folded into what they mean together, day by day.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, FixedOffset, NaiveDate};
use chrono_tz::Tz;

use crate::domain::agreement::{Agreement, Term};
use crate::domain::checklist::Item;
use crate::domain::civil::{self, TimeOfDay};
use crate::domain::day::Leave;
use crate::domain::month::Month;
use crate::domain::punch::Direction;

use super::held::Badges;
use super::{Entry, EntryId, Fate, Kind, VoidedPunch, leave};

/// What agreement and register say together. A pure function of both: the same entries give the
/// same facts, in whatever order they are handed over.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    pub(super) planned: BTreeMap<NaiveDate, Option<&'a Entry>>,
    pub(super) plans: BTreeMap<Month, &'a Entry>,
    pub(super) recalls: BTreeMap<NaiveDate, Recalled<'a>>,
    pub(super) moves: BTreeMap<NaiveDate, (&'a Entry, NaiveDate)>,
    pub(super) leaves: BTreeMap<NaiveDate, Vec<(&'a Entry, Leave)>>,
    pub(super) services: BTreeMap<NaiveDate, Option<TimeOfDay>>,
    pub(super) holiday_work: BTreeMap<NaiveDate, EntryId>,
    pub(super) early_entries: BTreeMap<NaiveDate, TimeOfDay>,
    pub(super) overtime: BTreeMap<NaiveDate, i32>,
    pub(super) punches: Vec<EnteredPunch<'a>>,
    pub(super) voided: Vec<(&'a VoidedPunch, &'a Entry)>,
    pub(super) signed: Term,
    pub(super) withdrawal: Option<(NaiveDate, &'a Entry)>,
    pub(super) badges: Badges<'a>,
    pub(super) profiles: Vec<(NaiveDate, &'a str, &'a Entry)>,
    pub(super) contests: BTreeMap<NaiveDate, &'a Entry>,
    pub(super) provided: BTreeMap<Item, (NaiveDate, &'a Entry)>,
    pub(super) fates: HashMap<EntryId, Fate>,
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
        let signed = agreement.as_signed();
        let mut facts = Self {
            planned: signed.planned_days.iter().map(|date| (*date, None)).collect(),
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
            signed: signed.term,
            withdrawal: None,
            badges: Badges::of(&signed.badges),
            profiles: Vec::new(),
            contests: BTreeMap::new(),
            provided: BTreeMap::new(),
            fates: HashMap::new(),
        };
        let mut own: Vec<&Entry> = entries.iter().filter(|entry| entry.agreement == agreement.id).collect();
        own.sort_unstable_by_key(|entry| entry.id);
        facts.cancel(&own);
        for entry in own {
            if !facts.fates.contains_key(&entry.id) {
                facts.apply(entry);
            }
        }
        if let Some((last_day, entry)) = facts.withdrawal {
            facts.cut(last_day, entry);
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
        if !self.apply_kind(entry) {
            self.fates.insert(entry.id, Fate::WithoutEffect);
        }
    }

    /// False for an entry that changes nothing: what it speaks of is not so.
    fn apply_kind(&mut self, entry: &'a Entry) -> bool {
        match &entry.kind {
            Kind::BadgeIssued { badge, from } => self.badges.issue(badge, *from, self.signed, entry),
            Kind::BadgeEnded { number, on, .. } => return self.badges.end(number, *on, entry),
            Kind::BadgeReplaced { old, new, on } => {
                let was_held = self.badges.end(old, *on, entry);
                self.badges.issue(new, *on, self.signed, entry);
                return was_held;
            }
            Kind::Withdrawn { last_day } => {
                if let Some((_, earlier)) = self.withdrawal.replace((*last_day, entry)) {
                    self.fates.insert(earlier.id, Fate::Replaced(entry.id));
                }
            }
            Kind::ProfileChanged { profile, from } => {
                let same_day = self.profiles.iter().position(|(day, _, _)| day == from);
                if let Some((_, _, earlier)) = same_day.map(|index| self.profiles.remove(index)) {
                    self.fates.insert(earlier.id, Fate::Replaced(entry.id));
                }
                self.profiles.push((*from, profile, entry));
            }
            Kind::ContestOpened { date } => {
                self.contests.insert(*date, entry);
            }
            Kind::ContestClosed { date } => match self.contests.remove(date) {
                Some(opened) => {
                    self.fates.insert(opened.id, Fate::Closed(entry.id));
                }
                None => return false,
            },
            Kind::ItemProvided { item, on } => {
                if let Some((_, earlier)) = self.provided.insert(*item, (*on, entry)) {
                    self.fates.insert(earlier.id, Fate::Replaced(entry.id));
                }
            }
            Kind::ItemCleared { item } => match self.provided.remove(item) {
                Some((_, earlier)) => {
                    self.fates.insert(earlier.id, Fate::Replaced(entry.id));
                }
                None => return false,
            },
            Kind::Plan { month, dates } => self.replace_plan(*month, dates, entry),
            Kind::Absence { date, hours, credited } => {
                let leave = leave(*hours, *credited);
                self.leaves.entry(*date).or_default().push((entry, leave));
            }
            Kind::Recall { date, notice_date, new_date } => {
                let (notice_date, new_date) = (*notice_date, *new_date);
                if self.planned.remove(date).is_none() {
                    return false;
                }
                self.recalls.insert(*date, Recalled { entry, notice_date, new_date });
                if let Some(date) = new_date {
                    self.put_in(date, entry);
                }
            }
            Kind::Move { from, to } => {
                if self.planned.remove(from).is_none() {
                    return false;
                }
                self.moves.insert(*from, (entry, *to));
                self.put_in(*to, entry);
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
            Kind::PunchConfirmed { of } => return self.confirm(*of, entry),
            Kind::PunchVoided { punch, .. } => self.voided.push((punch, entry)),
            Kind::AbsenceRevoked { .. } | Kind::Undone { .. } => (),
        }
        true
    }

    /// Nothing is agreed after the last day, and no badge is held.
    fn cut(&mut self, last_day: NaiveDate, entry: &'a Entry) {
        self.planned.retain(|date, _| *date <= last_day);
        self.recalls.retain(|date, _| *date <= last_day);
        self.badges.cut(last_day, entry);
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

    /// Agrees a day; one that was recalled or moved before is now agreed again.
    fn put_in(&mut self, date: NaiveDate, entry: &'a Entry) {
        self.planned.insert(date, Some(entry));
        if let Some(recalled) = self.recalls.remove(&date) {
            self.fates.insert(recalled.entry.id, Fate::Replaced(entry.id));
        }
        self.moves.remove(&date);
    }

    /// Whoever entered a punch cannot confirm it: false.
    fn confirm(&mut self, of: EntryId, entry: &'a Entry) -> bool {
        let pending = self.punches.iter_mut().find(|punch| punch.entry.id == of && punch.confirmed.is_none());
        let Some(punch) = pending.filter(|punch| punch.entry.author != entry.author) else { return false };
        punch.confirmed = Some(entry);
        self.fates.insert(of, Fate::Confirmed(entry.id));
        true
    }
}

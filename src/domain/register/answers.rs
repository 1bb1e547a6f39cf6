//! What the facts of an agreement say, asked one by one.

use chrono::NaiveDate;

use crate::domain::agreement::Term;
use crate::domain::checklist::Item;
use crate::domain::civil::TimeOfDay;
use crate::domain::day::Leave;
use crate::domain::month::Month;
use crate::domain::punch::PunchIdentity;

use super::{EnteredPunch, Entry, EntryId, Facts, Fate, Held, Recalled};

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

    /// The term: what was signed, or until the withdrawal. One that ends before it begins has no day.
    pub fn term(&self) -> Term {
        let last = self.withdrawal.map_or(self.signed.end, |(last_day, _)| last_day.min(self.signed.end));
        Term { end: last, ..self.signed }
    }

    /// The withdrawal.
    pub fn withdrawal(&self) -> Option<&'a Entry> {
        self.withdrawal.map(|(_, entry)| entry)
    }

    /// The badges, in the order in which they were named.
    pub fn badges(&self) -> &[Held<'a>] {
        self.badges.all()
    }

    /// From when on which profile holds, in the order of entering.
    pub fn profile_changes(&self) -> impl Iterator<Item = (NaiveDate, &'a str, &'a Entry)> {
        self.profiles.iter().copied()
    }

    /// The entry by which the employee contests a day.
    pub fn contested(&self, date: NaiveDate) -> Option<&'a Entry> {
        self.contests.get(&date).copied()
    }

    /// The days that the employee contests.
    pub fn contests(&self) -> impl Iterator<Item = NaiveDate> {
        self.contests.keys().copied()
    }

    /// Since when something is provided, and the entry that says so.
    pub fn provided(&self, item: Item) -> Option<(NaiveDate, &'a Entry)> {
        self.provided.get(&item).copied()
    }
}

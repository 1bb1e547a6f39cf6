//! What is checked when something is entered: refused at once with the reason, instead of a day
//! that makes no sense at the end of the month.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::domain::agreement::Agreement;
use crate::domain::badge::BadgeHolding;
use crate::domain::civil::{self, Meaning};
use crate::domain::day::Leave;
use crate::domain::host::Host;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;

use super::{DayRules, Entry, EntryId, Facts, Fate, Kind, Refusal, VoidedPunch, leave};

/// A year before the term nobody has anything to say of its days.
pub(super) const LONG_BEFORE: Days = Days::new(366);

/// Something about to be entered.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The agreement that it concerns, as the register left it.
    pub agreement: &'a Agreement,
    /// The host.
    pub host: &'a Host,
    /// What was entered before for that agreement.
    pub entries: &'a [Entry],
    /// What it would be.
    pub entry: &'a Entry,
    /// The badges of the other agreements, as the register left them.
    pub others: &'a [(AgreementId, BadgeHolding)],
    /// Days that have begun may be agreed, marked as late.
    pub accept_late: bool,
}

/// Refuses an entry that cannot stand, and says of any other whether it is late ("tardiva"): after
/// the beginning of a day that it decides on.
pub fn check(proposal: &Proposal<'_>) -> Result<bool, Refusal> {
    let Proposal { agreement, entry, entries, .. } = *proposal;
    let before = Facts::of(agreement, entries);
    proposal.check_kind(&before)?;
    let with: Vec<Entry> = entries.iter().chain([entry]).cloned().collect();
    let after = Facts::of(agreement, &with);
    proposal.check_badges(&before, &after)?;
    proposal.check_days(&before, &after)
}

impl Proposal<'_> {
    pub(super) fn today(&self) -> NaiveDate {
        civil::local_time(&self.entry.at, self.host.zone).date()
    }

    fn has_begun(&self, date: NaiveDate) -> bool {
        has_begun(date, self.host, self.entry.at)
    }

    /// The agreed days that the entry adds or takes out, whatever kind it is.
    fn check_days(&self, before: &Facts<'_>, after: &Facts<'_>) -> Result<bool, Refusal> {
        let days = |facts: &Facts<'_>| facts.planned_days().collect::<BTreeSet<_>>();
        let rules = DayRules { term: Some(after.term()), ..DayRules::of(self.agreement, self.host) };
        let (before, after) = (days(before), days(after));
        for date in after.difference(&before) {
            if let Some(why) = rules.refuse(*date) {
                return Err(Refusal::Impossible(*date, why));
            }
            let month = Month::of(*date);
            let days = after.iter().filter(|other| month.contains(**other)).count();
            if days > usize::from(self.agreement.days_per_month) {
                return Err(Refusal::OverCap { month, days, cap: self.agreement.days_per_month });
            }
        }
        let mut late = match &self.entry.kind {
            Kind::Absence { date, .. } | Kind::Recall { date, .. } => self.has_begun(*date),
            Kind::Withdrawn { last_day } => *last_day < self.today(),
            Kind::ProfileChanged { from, .. } => self.has_begun(*from),
            _ => false,
        };
        for date in after.symmetric_difference(&before).filter(|date| self.has_begun(**date)) {
            // a recall or an absence may reach the host after the day: only what is agreed must not
            let told_afterwards = match &self.entry.kind {
                Kind::Recall { date: recalled, .. } => recalled == date,
                Kind::Withdrawn { .. } | Kind::Undone { .. } => true,
                _ => false,
            };
            if !told_afterwards && !self.accept_late {
                return Err(Refusal::Begun(*date));
            }
            late = true;
        }
        Ok(late)
    }

    fn check_kind(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        match &self.entry.kind {
            Kind::Plan { month, dates } => self.check_plan(facts, *month, dates),
            Kind::Absence { date, hours, credited } => check_absence(facts, *date, leave(*hours, *credited)),
            Kind::Recall { date, notice_date, new_date } => {
                if *notice_date > *date {
                    return Err(Refusal::NoticeAfterDay { notice: *notice_date, date: *date });
                }
                if *notice_date > self.today() {
                    return Err(Refusal::NoticeToCome(*notice_date));
                }
                if *notice_date < facts.term().start - LONG_BEFORE {
                    return Err(Refusal::NoticeLongBefore(*notice_date));
                }
                check_exchange(facts, *date, *new_date)
            }
            Kind::Move { from, to } => check_exchange(facts, *from, Some(*to)),
            Kind::ServiceAuthorized { date, end } => {
                let end = end.map(|end| end.on(*date));
                let never_or_twice = |end| !matches!(civil::meaning(end, self.host.zone), Meaning::Once(_));
                match end.filter(|end| never_or_twice(*end)) {
                    Some(end) => Err(Refusal::NotOnce(end)),
                    None => within_term(facts, *date),
                }
            }
            Kind::HolidayWorkAuthorized { date }
            | Kind::EarlyEntryAuthorized { date, .. }
            | Kind::OvertimeAuthorized { date, .. } => within_term(facts, *date),
            Kind::ManualPunch { at, direction, malfunction, .. } => {
                self.grounds(*malfunction)?;
                if at.to_utc() > self.entry.at {
                    return Err(Refusal::PunchToCome);
                }
                within_term(facts, civil::local_time(at, self.host.zone).date())?;
                let mut punches = facts.entered_punches().iter();
                let same = punches.find(|punch| punch.at == *at && punch.direction == *direction);
                same.map_or(Ok(()), |punch| Err(Refusal::PunchEntered(punch.entry.id)))
            }
            Kind::AbsenceRevoked { of } => {
                self.target(facts, *of, "absence", |kind| matches!(kind, Kind::Absence { .. })).map(|_| ())
            }
            Kind::PunchConfirmed { of } => {
                let is_punch = |kind: &Kind| matches!(kind, Kind::ManualPunch { .. });
                let target = self.target(facts, *of, "punch entered by hand", is_punch)?;
                if target.author == self.entry.author {
                    return Err(Refusal::OwnPunch(*of, target.author.clone()));
                }
                match facts.fate(*of) {
                    Fate::Confirmed(by) => Err(Refusal::HoldsNoMore(*of, format!("confirmed by {by}"))),
                    _ => Ok(()),
                }
            }
            Kind::PunchVoided { punch, malfunction } => {
                self.grounds(*malfunction)?;
                let is_punch = |kind: &Kind| matches!(kind, Kind::ManualPunch { .. });
                match punch {
                    VoidedPunch::Entered(of) => {
                        self.target(facts, *of, "punch entered by hand", is_punch).map(|_| ())
                    }
                    VoidedPunch::Read { .. } => {
                        let same = |earlier: &&Entry| matches!(&earlier.kind, Kind::PunchVoided { punch: voided, .. } if voided == punch);
                        let in_force = |earlier: &&Entry| facts.fate(earlier.id) == Fate::InForce;
                        let earlier = self.entries.iter().filter(same).find(in_force);
                        earlier.map_or(Ok(()), |earlier| Err(Refusal::PunchVoided(earlier.id)))
                    }
                }
            }
            Kind::Undone { of } => self.target(facts, *of, "entry", |_| true).map(|_| ()),
            _ => self.check_change(facts),
        }
    }

    fn check_plan(&self, facts: &Facts<'_>, month: Month, dates: &[NaiveDate]) -> Result<(), Refusal> {
        let term = facts.term();
        if !term.months().any(|other| other == month) {
            return Err(Refusal::MonthOutOfTerm(month, term.start, term.end));
        }
        let mut seen = BTreeSet::new();
        for date in dates {
            if !month.contains(*date) {
                return Err(Refusal::OtherMonth(*date, month));
            }
            if !seen.insert(*date) {
                return Err(Refusal::Twice(*date));
            }
            // a withdrawal may have ended the term inside of the month
            within_term(facts, *date)?;
        }
        let same = |entry: &&Entry| matches!(&entry.kind, Kind::Plan { month: of, dates: same } if *of == month && same == dates);
        let in_force = self.entries.iter().filter(same).find(|entry| facts.fate(entry.id) == Fate::InForce);
        // moved since, it is another one
        match in_force.filter(|_| facts.planned_in(month).eq(dates.iter().copied())) {
            Some(entry) => Err(Refusal::SamePlan(month, entry.id)),
            None => Ok(()),
        }
    }

    fn grounds(&self, malfunction: Option<u32>) -> Result<(), Refusal> {
        if malfunction.is_some() || self.entry.reference.is_some() { Ok(()) } else { Err(Refusal::NoGrounds) }
    }

    /// The earlier entry that this one speaks of: of the right kind, and still holding.
    fn target(
        &self,
        facts: &Facts<'_>,
        of: EntryId,
        what: &'static str,
        right: impl Fn(&Kind) -> bool,
    ) -> Result<&Entry, Refusal> {
        let found = self.entries.iter().find(|entry| entry.id == of && right(&entry.kind));
        let target = found.ok_or_else(|| Refusal::NotOne(of, self.agreement.id.clone(), what))?;
        match facts.fate(of) {
            Fate::Undone(by) => Err(Refusal::HoldsNoMore(of, format!("undone by {by}"))),
            Fate::Revoked(by) => Err(Refusal::HoldsNoMore(of, format!("revoked by {by}"))),
            Fate::Voided(by) => Err(Refusal::HoldsNoMore(of, format!("voided by {by}"))),
            _ => Ok(target),
        }
    }
}

pub(super) fn within_term(facts: &Facts<'_>, date: NaiveDate) -> Result<(), Refusal> {
    let term = facts.term();
    if term.contains(date) { Ok(()) } else { Err(Refusal::OutOfTerm(date, term.start, term.end)) }
}

fn check_absence(facts: &Facts<'_>, date: NaiveDate, leave: Leave) -> Result<(), Refusal> {
    if let Leave::Hourly { from, to, .. } = leave
        && from >= to
    {
        return Err(Refusal::EmptyHours(from, to));
    }
    if !facts.is_planned(date) {
        return Err(Refusal::NotPlanned(date));
    }
    let overlaps = |other: &Leave| match (leave, *other) {
        (Leave::Hourly { from, to, .. }, Leave::Hourly { from: other_from, to: other_to, .. }) => {
            from < other_to && other_from < to
        }
        _ => true,
    };
    let earlier = facts.leaves(date).iter().find(|(_, other)| overlaps(other));
    earlier.map_or(Ok(()), |(entry, _)| Err(Refusal::AbsentAlready(date, entry.id)))
}

/// A day goes, another of the same month may come.
fn check_exchange(facts: &Facts<'_>, from: NaiveDate, to: Option<NaiveDate>) -> Result<(), Refusal> {
    if !facts.is_planned(from) {
        return Err(Refusal::NotPlanned(from));
    }
    let Some(to) = to else { return Ok(()) };
    if facts.is_planned(to) {
        return Err(Refusal::AlreadyPlanned(to));
    }
    if Month::of(from) != Month::of(to) {
        return Err(Refusal::AcrossMonths(from, to));
    }
    within_term(facts, to)
}

/// True once a civil day has begun at the host.
fn has_begun(date: NaiveDate, host: &Host, now: DateTime<Utc>) -> bool {
    civil::start_of_day(date, host.zone).to_utc() <= now
}

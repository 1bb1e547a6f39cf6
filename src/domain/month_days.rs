//! The days of one coworker's month: which days there are, which punches belong to each, and what
//! the day computation says of them.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate};

use super::agreement::Agreement;
use super::civil;
use super::day::{self, Context, Day, DayInput, DayPunch, PunchSource, PunchTime};
use super::host::Host;
use super::month::Month;
use super::profile::Profile;
use super::punch::{Direction, Provenance};
use super::register::{EnteredPunch, EntryId, Facts};
use super::standing::{self, CalendarSide};

/// A punch of this coworker, with the direction as the site's configuration reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPunch {
    /// The instant, with the offset at which it was seen.
    pub at: DateTime<FixedOffset>,
    /// Its civil day by the device's clock.
    pub date: NaiveDate,
    /// Entry or exit, where the reader or the site says.
    pub direction: Option<Direction>,
    /// The reader gives no direction that can be trusted: the punches of the day alternate.
    pub toggle: bool,
    /// A reason, when there is one.
    pub reason: Option<String>,
    /// The entry of the register by which it does not count.
    pub voided: Option<EntryId>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// A punch that a day is computed from.
#[derive(Debug)]
struct Candidate {
    at: DateTime<FixedOffset>,
    toggle: bool,
    punch: DayPunch,
}

impl Candidate {
    fn read(own: &OwnPunch) -> Self {
        let punch = DayPunch {
            at: PunchTime::Instant(own.at),
            direction: own.direction,
            reason: own.reason.clone(),
            source: PunchSource::Reader,
        };
        Self { at: own.at, toggle: own.toggle, punch }
    }

    fn entered(entered: &EnteredPunch<'_>) -> Self {
        let punch = DayPunch {
            at: PunchTime::Instant(entered.at),
            direction: Some(entered.direction),
            reason: entered.reason.map(str::to_owned),
            source: PunchSource::Manual { confirmed: entered.confirmed.is_some() },
        };
        Self { at: entered.at, toggle: false, punch }
    }

    /// True when it counts: a manual one does so once confirmed.
    fn stands(&self) -> bool {
        self.punch.source != PunchSource::Manual { confirmed: false }
    }
}

/// One day of the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthDay {
    /// The civil day.
    pub date: NaiveDate,
    /// It was agreed; a recalled day was.
    pub planned: bool,
    /// The readers have delivered past the end of this day: nothing more is expected. Before that,
    /// a missing punch means nothing.
    pub covered: bool,
    /// What the rules say of the punches known so far.
    pub day: Day,
    /// What it is for agreement, register and calendar, and who decided.
    pub calendar: CalendarSide,
}

impl MonthDay {
    /// True when the day cannot be final yet: data are awaited, or somebody must act on it.
    pub fn is_open(&self) -> bool {
        !self.covered || self.day.anomalies.iter().any(|anomaly| anomaly.is_open())
    }

    /// True when its numbers enter the totals.
    pub fn counts(&self) -> bool {
        self.covered && self.day.included_in_totals
    }
}

/// The dates whose punches a month needs: from the day before it (an entry before midnight) to the
/// day after it (the exit of a last night).
pub fn dates_needed(month: Month) -> (NaiveDate, NaiveDate) {
    (month.first() - Duration::days(1), month.last() + Duration::days(1))
}

/// Computes the planned days of a month and every other day with punches. `punches` are this
/// coworker's on [`dates_needed`], in any order, those of the register aside; `covered_until` is the
/// instant up to which all the readers concerned have delivered.
pub fn days_of_month(
    agreement: &Agreement,
    host: &Host,
    facts: &Facts<'_>,
    month: Month,
    punches: &[OwnPunch],
    covered_until: Option<DateTime<FixedOffset>>,
) -> Vec<MonthDay> {
    let (first, last) = dates_needed(month);
    let mut by_day: Vec<(NaiveDate, Vec<Candidate>)> = first
        .iter_days()
        .take_while(|date| *date <= last)
        .map(|date| (date, candidates(host, facts, punches, date)))
        .collect();
    let mut days = Vec::new();
    let mut used = 0;
    let mut previous_exit = None;
    for index in 0..by_day.len() - 1 {
        let date = by_day[index].0;
        let mut context = standing::context(agreement, host, facts, date);
        context.previous_exit = previous_exit;
        // a day without punches uses none of the agreed number
        context.day_number_in_month = by_day[index].1.iter().any(Candidate::stands).then_some(used + 1);
        let Some(day) = compute(agreement, &mut context, &mut by_day, index) else { continue };
        let exit = day.punches.iter().rfind(|punch| punch.direction == Direction::Out);
        previous_exit = exit.map(|punch| punch.counted).or(previous_exit);
        if !month.contains(date) {
            continue;
        }
        used += u32::from(day.coworking_day_used);
        let end = civil::start_of_day(date + Duration::days(1), host.zone);
        let covered = covered_until.is_some_and(|until| until >= end);
        let mut calendar = CalendarSide::of(facts, &context, &day);
        let voided = punches.iter().filter(|punch| punch.date == date && punch.voided.is_some());
        calendar.voided = voided.map(|punch| punch.at).collect();
        calendar.voided.sort_unstable();
        let malfunctions = entered_on(host, facts, date).filter_map(|punch| punch.malfunction);
        calendar.malfunctions = malfunctions.collect();
        calendar.malfunctions.sort_unstable();
        calendar.malfunctions.dedup();
        days.push(MonthDay { date, planned: context.in_calendar, covered, day, calendar });
    }
    days
}

/// The punches of a date in the order of time: those of readers that were not voided, and those
/// entered by hand.
fn candidates(host: &Host, facts: &Facts<'_>, punches: &[OwnPunch], date: NaiveDate) -> Vec<Candidate> {
    let read = punches.iter().filter(|punch| punch.date == date && punch.voided.is_none());
    let entered = entered_on(host, facts, date).map(Candidate::entered);
    let mut candidates: Vec<Candidate> = read.map(Candidate::read).chain(entered).collect();
    // the order of arrival plays no part: in one instant an exit comes first
    candidates.sort_by(|one, other| {
        let is_no_exit = |candidate: &Candidate| candidate.punch.direction != Some(Direction::Out);
        let by_time = one.at.cmp(&other.at).then_with(|| is_no_exit(one).cmp(&is_no_exit(other)));
        by_time.then_with(|| one.punch.reason.cmp(&other.punch.reason))
    });
    candidates
}

fn entered_on<'f>(
    host: &Host,
    facts: &'f Facts<'_>,
    date: NaiveDate,
) -> impl Iterator<Item = &'f EnteredPunch<'f>> {
    let zone = host.zone;
    let on_date = move |punch: &&EnteredPunch<'_>| civil::local_time(&punch.at, zone).date() == date;
    facts.entered_punches().iter().filter(on_date)
}

/// The day at `index`, unless nothing happened on it and nothing was agreed. When its last entry is
/// still open, the next date's leading exit within the profile's span is taken over from that date.
fn compute(
    agreement: &Agreement,
    context: &mut Context,
    by_day: &mut [(NaiveDate, Vec<Candidate>)],
    index: usize,
) -> Option<Day> {
    let profile = agreement.profile_on(context.date)?;
    let own = &by_day[index].1;
    // a punch that waits for its confirmation does not make a day of an unplanned one
    if !context.in_calendar && !own.iter().any(Candidate::stands) {
        return None;
    }
    context.toggle = own.iter().any(|candidate| candidate.toggle);
    let mut punches: Vec<DayPunch> = own.iter().map(|candidate| candidate.punch.clone()).collect();
    let day = day::compute(&DayInput { profile, punches: &punches, context });
    let open = day.punches.last().filter(|last| last.direction == Direction::In && last.unpaired);
    let Some(open) = open else { return Some(day) };
    let taken = exits_of_the_day_before(&by_day[index + 1].1, open.counted, profile);
    if taken.is_empty() {
        return Some(day);
    }
    for position in taken.into_iter().rev() {
        punches.push(by_day[index + 1].1.remove(position).punch);
    }
    Some(day::compute(&DayInput { profile, punches: &punches, context }))
}

/// The positions of a date's leading exit and of its repeats, when an entry of the day before is
/// open: in its first minute an exit closes that pair first. `next` is in the order of time.
fn exits_of_the_day_before(next: &[Candidate], open: DateTime<FixedOffset>, profile: &Profile) -> Vec<usize> {
    let standing: Vec<(usize, &Candidate)> =
        next.iter().enumerate().filter(|(_, candidate)| candidate.stands()).collect();
    let minute = |candidate: &Candidate| candidate.at.timestamp().div_euclid(60);
    let is_exit =
        |candidate: &Candidate| candidate.punch.direction == Some(Direction::Out) && !candidate.toggle;
    let Some(first) = standing.first().map(|(_, first)| minute(first)) else { return Vec::new() };
    let within = |candidate: &Candidate| (candidate.at - open).num_minutes() <= i64::from(profile.max_span.0);
    let leads = |candidate: &Candidate| minute(candidate) == first && is_exit(candidate) && within(candidate);
    let Some(start) = standing.iter().position(|(_, candidate)| leads(candidate)) else { return Vec::new() };
    let exit = standing[start].1.at;
    let soon =
        |candidate: &Candidate| (candidate.at - exit).num_seconds() <= i64::from(profile.dedupe_seconds);
    let repeats = standing[start..].iter().take_while(|(_, other)| is_exit(other) && soon(other));
    repeats.map(|(position, _)| *position).collect()
}

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
    /// Where it came from.
    pub provenance: Provenance,
}

impl OwnPunch {
    fn for_day(&self) -> DayPunch {
        DayPunch {
            at: PunchTime::Instant(self.at),
            direction: self.direction,
            reason: self.reason.clone(),
            source: PunchSource::Reader,
        }
    }
}

/// One day of the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthDay {
    /// The civil day.
    pub date: NaiveDate,
    /// It was agreed.
    pub planned: bool,
    /// The readers have delivered past the end of this day: nothing more is expected. Before that,
    /// a missing punch means nothing.
    pub covered: bool,
    /// What the rules say of the punches known so far.
    pub day: Day,
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
/// coworker's on [`dates_needed`], in any order; `covered_until` is the instant up to which all
/// the readers concerned have delivered.
pub fn days_of_month(
    agreement: &Agreement,
    host: &Host,
    month: Month,
    punches: &[OwnPunch],
    covered_until: Option<DateTime<FixedOffset>>,
) -> Vec<MonthDay> {
    let (first, last) = dates_needed(month);
    let mut by_day: Vec<(NaiveDate, Vec<&OwnPunch>)> = first
        .iter_days()
        .take_while(|date| *date <= last)
        .map(|date| (date, punches.iter().filter(|punch| punch.date == date).collect()))
        .collect();
    for (_, own) in &mut by_day {
        own.sort_by_key(|punch| (punch.at, punch.direction != Some(Direction::Out), punch.provenance));
    }
    let mut days = Vec::new();
    let mut used = 0;
    let mut previous_exit = None;
    for index in 0..by_day.len() - 1 {
        let date = by_day[index].0;
        let mut context = context(agreement, host, date);
        context.previous_exit = previous_exit;
        context.day_number_in_month = Some(used + 1);
        let Some(day) = compute(agreement, &mut context, &mut by_day, index) else { continue };
        let exit = day.punches.iter().rfind(|punch| punch.direction == Direction::Out);
        previous_exit = exit.map(|punch| punch.counted).or(previous_exit);
        if !month.contains(date) {
            continue;
        }
        used += u32::from(day.coworking_day_used);
        let end = civil::start_of_day(date + Duration::days(1), host.zone);
        let covered = covered_until.is_some_and(|until| until >= end);
        days.push(MonthDay { date, planned: context.in_calendar, covered, day });
    }
    days
}

/// The day at `index`, unless nothing happened on it and nothing was agreed. When its last entry is
/// still open, the next date's leading exit within the profile's span is taken over from that date.
fn compute(
    agreement: &Agreement,
    context: &mut Context,
    by_day: &mut [(NaiveDate, Vec<&OwnPunch>)],
    index: usize,
) -> Option<Day> {
    let profile = agreement.profile_on(context.date)?;
    let own = &by_day[index].1;
    if own.is_empty() && !context.in_calendar {
        return None;
    }
    context.toggle = own.iter().any(|punch| punch.toggle);
    // a day without punches uses none of the month's days: it cannot be one too many
    context.day_number_in_month = context.day_number_in_month.filter(|_| !own.is_empty());
    let mut punches: Vec<DayPunch> = own.iter().map(|punch| punch.for_day()).collect();
    let day = day::compute(&DayInput { profile, punches: &punches, context });
    let open = day.punches.last().filter(|last| last.direction == Direction::In && last.unpaired);
    let Some(open) = open else { return Some(day) };
    let taken = exits_of_the_day_before(&by_day[index + 1].1, open.counted, profile);
    if taken.is_empty() {
        return Some(day);
    }
    for position in taken.into_iter().rev() {
        punches.push(by_day[index + 1].1.remove(position).for_day());
    }
    Some(day::compute(&DayInput { profile, punches: &punches, context }))
}

/// The positions of a date's leading exit and of its repeats, when an entry of the day before is
/// open: in its first minute an exit closes that pair first. `next` is in the order of time.
fn exits_of_the_day_before(next: &[&OwnPunch], open: DateTime<FixedOffset>, profile: &Profile) -> Vec<usize> {
    let minute = |punch: &OwnPunch| punch.at.timestamp().div_euclid(60);
    let Some(first) = next.first().map(|first| minute(first)) else { return Vec::new() };
    let leads = |punch: &&OwnPunch| {
        let within = (punch.at - open).num_minutes() <= i64::from(profile.max_span.0);
        minute(punch) == first && punch.direction == Some(Direction::Out) && !punch.toggle && within
    };
    let Some(position) = next.iter().position(leads) else { return Vec::new() };
    let soon =
        |punch: &OwnPunch| (punch.at - next[position].at).num_seconds() <= i64::from(profile.dedupe_seconds);
    let repeats = next[position..].iter().take_while(|p| p.direction == Some(Direction::Out) && soon(p));
    (position..position + repeats.count()).collect()
}

/// What the agreement and the calendars say of a date.
fn context(agreement: &Agreement, host: &Host, date: NaiveDate) -> Context {
    let patron = |office: &super::agreement::Office| office.patron.is_some_and(|patron| patron.is_on(date));
    Context {
        in_calendar: agreement.is_planned(date),
        within_term: agreement.term.contains(date),
        monthly_cap: Some(u32::from(agreement.days_per_month)),
        home_patron_day: patron(&agreement.home),
        host_patron_day: patron(&host.office),
        ..Context::new(date, host.zone)
    }
}

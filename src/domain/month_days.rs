//! The days of one coworker's month: which days there are, which punches belong to each, and what
//! the day computation says of them.

use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::agreement::Agreement;
use super::civil::Clocks;
use super::day::{Context, Day, DayInput, DayPunch, PunchSource, PunchTime};
use super::host::Host;
use super::month::Month;
use super::profile::Profile;
use super::punch::Direction;
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
    /// A reader or a person.
    pub source: PunchSource,
    /// The entry of the register by which it does not count.
    pub voided: Option<EntryId>,
}

impl OwnPunch {
    /// One that was entered by hand.
    fn entered(entered: &EnteredPunch<'_>, zone: Tz) -> Self {
        Self {
            at: entered.at,
            date: entered.date(zone),
            direction: Some(entered.direction),
            toggle: false,
            reason: entered.reason.map(str::to_owned),
            source: PunchSource::Manual { confirmed: entered.confirmed.is_some() },
            voided: None,
        }
    }

    /// True when it counts: a manual one does so once confirmed.
    fn stands(&self) -> bool {
        self.source != PunchSource::Manual { confirmed: false }
    }

    fn for_day(&self) -> DayPunch {
        let Self { at, direction, source, ref reason, .. } = *self;
        DayPunch { at: PunchTime::Instant(at), direction, reason: reason.clone(), source }
    }
}

/// A punch that a day is computed from.
#[derive(Debug, Clone, Copy)]
struct Candidate<'a> {
    own: &'a OwnPunch,
    /// The day before took it over.
    taken: bool,
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

/// What the days of one coworker's month are a function of.
#[derive(Debug, Clone, Copy)]
pub struct MonthInput<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The host.
    pub host: &'a Host,
    /// What the register says of the agreement.
    pub facts: &'a Facts<'a>,
    /// The month.
    pub month: Month,
    /// The host's clocks on [`dates_needed`].
    pub clocks: &'a Clocks,
    /// This coworker's punches on [`dates_needed`], in any order, those of the register aside.
    pub punches: &'a [OwnPunch],
    /// The instant up to which all the readers concerned have delivered.
    pub covered_until: Option<DateTime<FixedOffset>>,
}

/// How a day is computed: [`compute`](super::day::compute), or
/// [`compute_untold`](super::day::compute_untold) where nobody asks for the trail.
pub type DayRule = fn(&DayInput<'_>) -> Day;

/// Computes the planned days of a month and every other day with punches, or that is contested.
pub fn days_of_month(input: &MonthInput<'_>, rule: DayRule) -> Vec<MonthDay> {
    let MonthInput { agreement, host, facts, month, clocks, .. } = *input;
    let voided: Vec<&OwnPunch> = input.punches.iter().filter(|punch| punch.voided.is_some()).collect();
    let entered: Vec<OwnPunch> =
        facts.entered_punches().iter().map(|punch| OwnPunch::entered(punch, host.zone)).collect();
    let mut candidates = candidates(input, &entered);
    let mut left = candidates.as_mut_slice();
    let mut punches = Vec::new();
    // most days have four punches
    let mut days = Vec::with_capacity(left.len().div_ceil(4));
    let mut used = 0;
    let mut previous_exit = None;
    for (today, tomorrow) in clocks.days().iter().zip(clocks.days().iter().skip(1)) {
        let date = today.date();
        let (own, later) = split_after(left, date);
        left = later;
        let own = || own.iter().filter(|candidate| !candidate.taken);
        let mut context = standing::context(agreement, host, facts, *today);
        context.previous_exit = previous_exit;
        // a day without punches uses none of the agreed number
        context.day_number_in_month = own().any(|candidate| candidate.own.stands()).then_some(used + 1);
        context.toggle = own().any(|candidate| candidate.own.toggle);
        punches.clear();
        punches.extend(own().map(|candidate| candidate.own.for_day()));
        // a punch that waits for its confirmation does not make a day of an unplanned one; who contests
        // that nothing was recorded does
        let is_a_day = context.in_calendar || context.day_number_in_month.is_some();
        if !is_a_day && facts.contested(date).is_none() {
            continue;
        }
        let (next, _) = split_after(left, tomorrow.date());
        let Some(profile) = agreement.profile_on(date) else { continue };
        let day = compute(profile, &context, &mut punches, next, rule);
        let exit = day.punches.iter().rfind(|punch| punch.direction == Direction::Out);
        previous_exit = exit.map(|punch| punch.counted).or(previous_exit);
        if !month.contains(date) {
            continue;
        }
        used += u32::from(day.coworking_day_used);
        let end = tomorrow.instant(tomorrow.date().and_time(NaiveTime::MIN));
        let covered = input.covered_until.is_some_and(|until| until >= end);
        let mut calendar = CalendarSide::of(facts, &context, &day);
        calendar.voided = voided.iter().filter(|punch| punch.date == date).map(|punch| punch.at).collect();
        calendar.voided.sort_unstable();
        let entered = facts.entered_punches().iter().filter(|punch| punch.date(host.zone) == date);
        calendar.malfunctions = entered.filter_map(|punch| punch.malfunction).collect();
        calendar.malfunctions.sort_unstable();
        calendar.malfunctions.dedup();
        days.push(MonthDay { date, planned: context.in_calendar, covered, day, calendar });
    }
    days
}

/// The punches that count on the dates of the input, by date and in the order of time: those of
/// readers that were not voided, and those entered by hand.
fn candidates<'a>(input: &MonthInput<'a>, entered: &'a [OwnPunch]) -> Vec<Candidate<'a>> {
    let (first, last) = dates_needed(input.month);
    let counts = |punch: &&OwnPunch| punch.voided.is_none() && (first..=last).contains(&punch.date);
    let mut candidates = Vec::with_capacity(input.punches.len() + entered.len());
    let counted = input.punches.iter().chain(entered).filter(counts);
    candidates.extend(counted.map(|own| Candidate { own, taken: false }));
    // the order of arrival plays no part: in one instant an exit comes first
    candidates.sort_by(|one, other| {
        let is_no_exit = |candidate: &Candidate<'_>| candidate.own.direction != Some(Direction::Out);
        let by_time = (one.own.date, one.own.at).cmp(&(other.own.date, other.own.at));
        let by_direction = || is_no_exit(one).cmp(&is_no_exit(other));
        by_time.then_with(by_direction).then_with(|| one.own.reason.cmp(&other.own.reason))
    });
    candidates
}

/// Those up to a date, and those after it.
fn split_after<'c, 'a>(
    candidates: &'c mut [Candidate<'a>],
    date: NaiveDate,
) -> (&'c mut [Candidate<'a>], &'c mut [Candidate<'a>]) {
    let count = candidates.iter().take_while(|candidate| candidate.own.date <= date).count();
    candidates.split_at_mut(count)
}

/// The day of the context. When its last entry is still open, the next date's leading exit within
/// the profile's span is taken over from `next`.
fn compute(
    profile: &Profile,
    context: &Context,
    punches: &mut Vec<DayPunch>,
    next: &mut [Candidate<'_>],
    rule: DayRule,
) -> Day {
    let mut day = rule(&DayInput { profile, punches, context });
    let open = day.punches.last().filter(|last| last.direction == Direction::In && last.unpaired);
    let taken = open.map(|open| exits_of_the_day_before(next, open.counted, profile));
    if let Some(taken) = taken.filter(|taken| !taken.is_empty()) {
        for position in taken {
            next[position].taken = true;
            punches.push(next[position].own.for_day());
        }
        day = rule(&DayInput { profile, punches, context });
    }
    day
}

/// The positions of a date's leading exit and of its repeats, when an entry of the day before is
/// open: in its first minute an exit closes that pair first. `next` is in the order of time.
fn exits_of_the_day_before(
    next: &[Candidate<'_>],
    open: DateTime<FixedOffset>,
    profile: &Profile,
) -> Vec<usize> {
    let standing: Vec<(usize, &Candidate<'_>)> =
        next.iter().enumerate().filter(|(_, candidate)| candidate.own.stands()).collect();
    let minute = |candidate: &Candidate<'_>| candidate.own.at.timestamp().div_euclid(60);
    let is_exit =
        |candidate: &Candidate<'_>| candidate.own.direction == Some(Direction::Out) && !candidate.own.toggle;
    let Some(first) = standing.first().map(|(_, first)| minute(first)) else { return Vec::new() };
    let within =
        |candidate: &Candidate<'_>| (candidate.own.at - open).num_minutes() <= i64::from(profile.max_span.0);
    let leads =
        |candidate: &Candidate<'_>| minute(candidate) == first && is_exit(candidate) && within(candidate);
    let Some(start) = standing.iter().position(|(_, candidate)| leads(candidate)) else { return Vec::new() };
    let exit = standing[start].1.own.at;
    let soon = |candidate: &Candidate<'_>| {
        (candidate.own.at - exit).num_seconds() <= i64::from(profile.dedupe_seconds)
    };
    let repeats = standing[start..].iter().take_while(|(_, other)| is_exit(other) && soon(other));
    repeats.map(|(position, _)| *position).collect()
}

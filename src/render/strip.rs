//! The day as a bar, once, for every form that can draw it: hours from left to right, what they were,
//! and what the profile expected.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, FixedOffset, NaiveTime};

use crate::domain::civil::{self, Band};
use crate::domain::day::Pair;
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::profile::Profile;
use crate::domain::statement::Statement;

use super::italian;

/// What a part of a bar was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shade {
    /// Between an entry and its exit.
    Presence,
    /// Out between two stretches of presence.
    Break,
    /// Service outside.
    Service,
    /// Taken off for a missing break; where it stands is only a picture.
    Deducted,
    /// Presence that the profile does not count.
    NotCounted,
}

/// What the key explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Shade(Shade),
    /// The band in which presence is expected.
    Expected,
    /// The compulsory part of it.
    Core,
    /// A punch without its other half.
    Unpaired,
}

impl Sign {
    /// The words of the key.
    pub(super) fn italian(self) -> &'static str {
        match self {
            Self::Shade(Shade::Presence) => "presenza",
            Self::Shade(Shade::Break) => "pausa o uscita",
            Self::Shade(Shade::Service) => "servizio esterno",
            Self::Shade(Shade::Deducted) => "pausa decurtata (posizione indicativa)",
            Self::Shade(Shade::NotCounted) => "tempo non conteggiato",
            Self::Expected => "fascia prevista dal profilo",
            Self::Core => "compresenza obbligatoria",
            Self::Unpaired => "timbratura senza la corrispondente",
        }
    }
}

/// A part of a bar. Minutes after the local midnight with which its day begins; past 1440 on the
/// next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) shade: Shade,
    pub(super) from: i32,
    pub(super) to: i32,
}

/// A stretch of minutes.
pub(super) type Stretch = (i32, i32);

/// One day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strip {
    /// `lun 05/10`
    pub(super) label: String,
    /// The hours worked, `7:12`, where they are known.
    pub(super) value: Option<String>,
    /// Its parts in the order of time; where two overlap, the later of the list lies above.
    pub(super) segments: Vec<Segment>,
    /// When presence was expected.
    pub(super) expected: Option<Stretch>,
    /// When it was compulsory.
    pub(super) core: Vec<Stretch>,
    /// Punches without their other half.
    pub(super) unpaired: Vec<i32>,
    /// All of it in words.
    pub(super) told: String,
}

/// The days of a month on one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strips {
    /// The first hour of the axis.
    pub(super) first_hour: i32,
    /// Its last hour.
    pub(super) last_hour: i32,
    /// The days.
    pub(super) days: Vec<Strip>,
    /// What the key explains, in its order.
    pub(super) key: Vec<Sign>,
}

impl Strips {
    /// The strips of a statement's days, those agreed first, as in the table.
    pub(super) fn of(statement: &Statement<'_>) -> Self {
        let (planned, other): (Vec<_>, Vec<_>) = statement.days.iter().partition(|day| day.planned);
        let days: Vec<Strip> = planned.into_iter().chain(other).map(|day| strip(statement, day)).collect();
        let (mut first, mut last) = (8 * 60, 18 * 60);
        let mut key = BTreeSet::new();
        for day in &days {
            for segment in &day.segments {
                key.insert(Sign::Shade(segment.shade));
            }
            let unpaired = day.unpaired.iter().map(|at| (*at, *at));
            let parts = day.segments.iter().map(|segment| (segment.from, segment.to));
            for (from, to) in parts.chain(unpaired).chain(day.expected).chain(day.core.iter().copied()) {
                (first, last) = (first.min(from), last.max(to));
            }
            key.extend(day.expected.map(|_| Sign::Expected));
            key.extend(day.core.first().map(|_| Sign::Core));
            key.extend(day.unpaired.first().map(|_| Sign::Unpaired));
        }
        let last_hour = last.div_euclid(60) + i32::from(last.rem_euclid(60) > 0);
        Self { first_hour: first.div_euclid(60), last_hour, days, key: key.into_iter().collect() }
    }
}

impl Strip {
    /// The bar between two instants as stretches side by side, each with what lies on top there: what
    /// a row of cells can show.
    pub(super) fn cells(&self, first: i32, last: i32) -> Vec<(Option<Sign>, Stretch)> {
        let mut layers: Vec<(Sign, Stretch)> = Vec::new();
        layers.extend(self.expected.map(|band| (Sign::Expected, band)));
        layers.extend(self.core.iter().map(|band| (Sign::Core, *band)));
        layers.extend(self.segments.iter().map(|part| (Sign::Shade(part.shade), (part.from, part.to))));
        layers.extend(self.unpaired.iter().map(|at| (Sign::Unpaired, (at - 4, at + 4))));
        let ends = layers.iter().flat_map(|(_, (from, to))| [*from, *to]);
        let ends: BTreeSet<i32> = ends.chain([first, last]).map(|end| end.clamp(first, last)).collect();
        let mut cells: Vec<(Option<Sign>, Stretch)> = Vec::new();
        for (from, to) in ends.iter().copied().zip(ends.iter().copied().skip(1)) {
            let covers = |(_, (start, end)): &&(Sign, Stretch)| *start <= from && to <= *end;
            let top = layers.iter().rev().find(covers).map(|(sign, _)| *sign);
            match cells.last_mut() {
                Some((sign, (_, end))) if *sign == top => *end = to,
                _ => cells.push((top, (from, to))),
            }
        }
        cells
    }
}

/// The clock of one day.
struct Clock<'a> {
    day: &'a MonthDay,
    host: &'a Host,
}

impl Clock<'_> {
    fn minute(&self, at: &DateTime<FixedOffset>) -> i32 {
        let midnight = self.day.date.and_time(NaiveTime::MIN);
        let minutes = (civil::local_time(at, self.host.zone) - midnight).num_seconds().div_euclid(60);
        i32::try_from(minutes).unwrap_or_default()
    }
}

fn strip(statement: &Statement<'_>, month_day: &MonthDay) -> Strip {
    let clock = Clock { day: month_day, host: statement.host };
    let day = &month_day.day;
    let patron = statement.agreement.home.patron.is_some_and(|patron| patron.is_on(month_day.date));
    let profile = statement.agreement.profile_on(month_day.date);
    let profile = profile.map(|profile| profile.on(month_day.date, patron));
    let owed = month_day.planned && day.due.is_some_and(|due| due > Minutes::ZERO);
    let expected = profile.as_ref().filter(|_| owed).and_then(|profile| expected(profile, month_day));
    let core = profile.as_ref().filter(|_| owed).map_or(&[][..], |p| p.core_on(month_day.date.weekday()));
    // before the data are complete, the other half of a pair may still come
    let alone = day.punches.iter().filter(|punch| punch.unpaired && month_day.covered);
    let mut strip = Strip {
        label: format!("{} {}", italian::short_weekday(month_day.date), month_day.date.format("%d/%m")),
        value: day.worked.filter(|_| month_day.covered).map(|worked| worked.to_string()),
        segments: segments(&clock, profile.as_deref()),
        expected,
        core: core.iter().copied().map(stretch).collect(),
        unpaired: alone.map(|punch| clock.minute(&punch.counted)).collect(),
        told: String::new(),
    };
    strip.told = told(&strip, month_day);
    strip
}

/// The earliest entry to the latest exit that the profile allows; without such bands the nominal
/// hours, or those of the office.
fn expected(profile: &Profile, month_day: &MonthDay) -> Option<Stretch> {
    let free = profile.entry_band.zip(profile.exit_band);
    let free = free.map(|(entry, exit)| (i32::from(entry.from.minutes()), i32::from(exit.to.minutes())));
    let nominal = profile.nominal.on(month_day.date.weekday());
    free.or_else(|| nominal.or(profile.service_hours).map(stretch))
}

fn stretch(band: Band) -> Stretch {
    (i32::from(band.from.minutes()), i32::from(band.to.minutes()))
}

fn segments(clock: &Clock<'_>, profile: Option<&Profile>) -> Vec<Segment> {
    let day = &clock.day.day;
    let mut segments = Vec::new();
    let ends = |pair: &Pair| (clock.minute(&pair.from), clock.minute(&pair.to));
    let mut pairs = day.pairs().peekable();
    while let Some(pair) = pairs.next() {
        let (from, to) = ends(&pair);
        segments.push(Segment { shade: Shade::Presence, from, to });
        if let Some(next) = pairs.peek() {
            let shade = if is_service(clock, &pair, next) { Shade::Service } else { Shade::Break };
            segments.push(Segment { shade, from: to, to: ends(next).0 });
        }
    }
    segments.extend(service_to_end(&segments, day.service));
    segments.extend(not_counted(&segments, profile, day.not_counted));
    if let Some(deducted) = day.break_deducted.filter(|minutes| minutes.0 > 0 && clock.day.covered)
        && let Some(from) = place_of_break(&segments, profile, deducted.0)
    {
        segments.push(Segment { shade: Shade::Deducted, from, to: from + deducted.0 });
    }
    segments.retain(|segment| segment.from < segment.to);
    segments
}

/// Service that ended the day, by its declared end: what no pair encloses.
fn service_to_end(segments: &[Segment], service: Option<Minutes>) -> Option<Segment> {
    let enclosed = segments.iter().filter(|segment| segment.shade == Shade::Service);
    let enclosed: i32 = enclosed.map(|segment| segment.to - segment.from).sum();
    let from = segments.last()?.to;
    let rest = service?.0 - enclosed;
    (rest > 0).then_some(Segment { shade: Shade::Service, from, to: from + rest })
}

/// Presence after the office closed, and what else was cut off: that lies at the beginning.
fn not_counted(segments: &[Segment], profile: Option<&Profile>, minutes: Option<Minutes>) -> Vec<Segment> {
    let mut left = minutes.map_or(0, |minutes| minutes.0);
    let mut cut = Vec::new();
    let presence = || segments.iter().filter(|segment| segment.shade == Shade::Presence);
    if let Some(hours) = profile.and_then(|profile| profile.service_hours) {
        let closing = stretch(hours).1;
        for late in presence().filter(|segment| segment.to > closing) {
            let from = late.from.max(closing).max(late.to - left);
            cut.push(Segment { shade: Shade::NotCounted, from, to: late.to });
            left -= late.to - from;
        }
    }
    for early in presence() {
        let to = early.to.min(early.from + left);
        cut.push(Segment { shade: Shade::NotCounted, from: early.from, to });
        left -= to - early.from;
    }
    cut
}

/// True when the time between two pairs was authorised service.
fn is_service(clock: &Clock<'_>, before: &Pair, after: &Pair) -> bool {
    let day = &clock.day.day;
    let at = |instant: &DateTime<FixedOffset>| {
        day.punches.iter().any(|punch| punch.counted == *instant && punch.is_service())
    };
    day.service.is_some_and(|service| service.0 > 0) && at(&before.to) && at(&after.from)
}

/// Where minutes taken off for a break are drawn: right after a break that was too short, else in
/// the window for it, else in the middle of the longest presence.
fn place_of_break(segments: &[Segment], profile: Option<&Profile>, minutes: i32) -> Option<i32> {
    if let Some(short) = segments.iter().find(|segment| segment.shade == Shade::Break) {
        return Some(short.to);
    }
    let presence = segments.iter().filter(|segment| segment.shade == Shade::Presence);
    let longest = presence.max_by_key(|segment| segment.to - segment.from)?;
    let middle = (longest.from + longest.to - minutes) / 2;
    let window = profile.and_then(|profile| profile.break_rule.window).map(stretch);
    let wished = window.map_or(middle, |(from, to)| (from + to - minutes) / 2);
    Some(wished.clamp(longest.from, (longest.to - minutes).max(longest.from)))
}

/// `lunedì 05/10/2026: presenza 08:00-13:00 e 13:30-15:42; ...`
fn told(strip: &Strip, month_day: &MonthDay) -> String {
    let mut words = Vec::new();
    let all = [Shade::Presence, Shade::Break, Shade::Service, Shade::Deducted, Shade::NotCounted];
    for shade in all {
        let parts = strip.segments.iter().filter(|segment| segment.shade == shade);
        let parts: Vec<String> = parts.map(|segment| range((segment.from, segment.to))).collect();
        match (shade, strip.segments.iter().find(|segment| segment.shade == shade)) {
            (_, None) => {}
            (Shade::Deducted, Some(part)) => {
                words.push(format!("pausa decurtata {}", Minutes(part.to - part.from)));
            }
            _ => words.push(format!("{} {}", Sign::Shade(shade).italian(), parts.join(" e "))),
        }
    }
    let alone: Vec<String> = strip.unpaired.iter().map(|at| time(*at)).collect();
    if !alone.is_empty() {
        words.push(format!("{} {}", Sign::Unpaired.italian(), alone.join(" e ")));
    }
    if words.is_empty() {
        words.push("nessuna presenza".to_owned());
    }
    words.extend(strip.expected.map(|band| format!("{} {}", Sign::Expected.italian(), range(band))));
    let core: Vec<String> = strip.core.iter().map(|band| range(*band)).collect();
    if !core.is_empty() {
        words.push(format!("{} {}", Sign::Core.italian(), core.join(" e ")));
    }
    let day = format!("{} {}", italian::weekday(month_day.date), italian::date(month_day.date));
    format!("{day}: {}", words.join("; "))
}

fn range((from, to): Stretch) -> String {
    format!("{}-{}", time(from), time(to))
}

/// `08:05`; past midnight with `+1`.
fn time(minutes: i32) -> String {
    let (days, minutes) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let later = if days > 0 { format!("+{days}") } else { String::new() };
    format!("{:02}:{:02}{later}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_cells_shows_what_lies_on_top_and_covers_the_axis() {
        let presence = |from, to| Segment { shade: Shade::Presence, from, to };
        let strip = Strip {
            label: String::new(),
            value: None,
            segments: vec![
                presence(480, 780),
                Segment { shade: Shade::Break, from: 780, to: 800 },
                presence(800, 900),
                Segment { shade: Shade::Deducted, from: 800, to: 810 },
            ],
            expected: Some((450, 1140)),
            core: vec![(540, 780)],
            unpaired: vec![1500],
            told: String::new(),
        };
        let on = |shade| Some(Sign::Shade(shade));
        let expected = vec![
            (None, (420, 450)),
            (Some(Sign::Expected), (450, 480)),
            (on(Shade::Presence), (480, 780)),
            (on(Shade::Break), (780, 800)),
            (on(Shade::Deducted), (800, 810)),
            (on(Shade::Presence), (810, 900)),
            (Some(Sign::Expected), (900, 1140)),
            (None, (1140, 1440)),
        ];
        assert_eq!(strip.cells(420, 1440), expected);
        assert_eq!(strip.cells(420, 1560).last(), Some(&(None, (1504, 1560))));
    }

    #[test]
    fn minutes_past_midnight_are_told_with_their_day() {
        assert_eq!(range((1080, 1470)), "18:00-00:30+1");
        assert_eq!(range((-30, 0)), "23:30-00:00");
    }
}

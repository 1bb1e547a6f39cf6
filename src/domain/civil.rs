//! The only file that knows summer time: civil times of a place and the instants they mean.

use std::fmt;

use chrono::{
    DateTime, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone,
    Timelike, Utc,
};
use chrono_tz::Tz;

/// A time of day in whole minutes after midnight, `00:00..=24:00`; a bound of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The end of the day, `24:00`.
    pub const END: Self = Self(1440);

    /// From whole minutes after midnight, 0 to 1440.
    pub fn from_minutes(minutes: u16) -> Option<Self> {
        (minutes <= 1440).then_some(Self(minutes))
    }

    /// From `HH:MM`, `00:00` to `24:00`; nothing else, so that a typo is never a time.
    pub fn parse(text: &str) -> Option<Self> {
        let [a, b, b':', c, d] = text.as_bytes() else { return None };
        let digit = |byte: &u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
        let (hour, minute) = (digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?);
        if minute > 59 { None } else { Self::from_minutes(hour * 60 + minute) }
    }

    /// Whole minutes after midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// This time on that civil day; `24:00` is midnight of the next.
    pub fn on(self, date: NaiveDate) -> NaiveDateTime {
        date.and_time(NaiveTime::MIN) + Duration::minutes(i64::from(self.0))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

/// A stretch of the day, from its first minute up to (not including) its last; `from <= to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// First minute.
    pub from: TimeOfDay,
    /// End, not included.
    pub to: TimeOfDay,
}

/// What a civil time means in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// It happens once.
    Once(DateTime<FixedOffset>),
    /// It happens twice, at the end of summer time: the earlier instant, then the later.
    Twice(DateTime<FixedOffset>, DateTime<FixedOffset>),
    /// It never happens: the clock skips it at the start of summer time.
    Never,
}

/// The instants at which the clocks of `zone` show `local`.
pub fn meaning(local: NaiveDateTime, zone: Tz) -> Meaning {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Meaning::Once(at.fixed_offset()),
        LocalResult::Ambiguous(first, second) => Meaning::Twice(first.fixed_offset(), second.fixed_offset()),
        LocalResult::None => Meaning::Never,
    }
}

/// The instant of a time written by a device, which must be believed in some way: its own offset
/// when it wrote one; the earlier of two instants; and for a time that never happens, the instant
/// by the offset in force just before the gap (a clock that was not put forward).
pub fn device_instant(local: NaiveDateTime, offset: Option<FixedOffset>, zone: Tz) -> DateTime<FixedOffset> {
    let known = offset.and_then(|own| own.from_local_datetime(&local).single());
    known.unwrap_or_else(|| match meaning(local, zone) {
        Meaning::Once(at) | Meaning::Twice(at, _) => at,
        Meaning::Never => {
            let before = zone.offset_from_utc_datetime(&(local - Duration::hours(3))).fix();
            let utc = local - Duration::seconds(i64::from(before.local_minus_utc()));
            zone.from_utc_datetime(&utc).fixed_offset()
        }
    })
}

/// The first instant of a civil day: the day has 23 or 25 hours when summer time starts or ends.
pub fn start_of_day(date: NaiveDate, zone: Tz) -> DateTime<FixedOffset> {
    device_instant(date.and_time(NaiveTime::MIN), None, zone)
}

/// The last instant of a civil day, which is the first of the next.
pub fn end_of_day(date: NaiveDate, zone: Tz) -> DateTime<FixedOffset> {
    start_of_day(date.succ_opt().unwrap_or(date), zone)
}

/// The civil time that the clocks of `zone` show at an instant.
pub fn local_time<Z: TimeZone>(at: &DateTime<Z>, zone: Tz) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// The date that clocks of that offset show at an instant, and the second of that day (0 to 86,399), of which
/// fractions are dropped.
pub fn date_and_second(at: &DateTime<FixedOffset>, offset: FixedOffset) -> (NaiveDate, u32) {
    let utc = at.naive_utc();
    let second = utc.time().num_seconds_from_midnight().checked_add_signed(offset.local_minus_utc());
    // most times are on the same date by UTC
    if let Some(second) = second.filter(|second| *second < 86_400) {
        return (utc.date(), second);
    }
    let there = at.with_timezone(&offset);
    (there.date_naive(), there.time().num_seconds_from_midnight())
}

/// The civil time of an instant as punches carry it: in seconds since 1970-01-01T00:00:00, and its
/// offset from UTC in minutes.
pub fn stamp(at: &DateTime<Utc>, zone: Tz) -> (i64, i16) {
    let local = at.with_timezone(&zone);
    let minutes = local.offset().fix().local_minus_utc() / 60;
    (local.naive_local().and_utc().timestamp(), i16::try_from(minutes).unwrap_or_default())
}

/// The clock of a place through one civil day. On most days one offset holds from midnight to
/// midnight, and need not be looked up for each time again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayClock {
    date: NaiveDate,
    zone: Tz,
    steady: Option<FixedOffset>,
    /// Whole minutes from 1970 to midnight, where the day is steady.
    midnight: Option<i64>,
}

impl DayClock {
    /// The clock of `zone` on a day.
    pub fn new(date: NaiveDate, zone: Tz) -> Self {
        let at_midnight = |day: NaiveDate| match meaning(day.and_time(NaiveTime::MIN), zone) {
            Meaning::Once(at) => Some(at),
            Meaning::Twice(..) | Meaning::Never => None,
        };
        let next = date.succ_opt().and_then(at_midnight);
        let start =
            at_midnight(date).filter(|start| next.is_some_and(|next| next.offset() == start.offset()));
        let midnight = start.map(|start| start.timestamp()).filter(|seconds| seconds % 60 == 0);
        Self { date, zone, steady: start.map(|start| *start.offset()), midnight: midnight.map(|of| of / 60) }
    }

    /// The day.
    pub fn date(self) -> NaiveDate {
        self.date
    }

    /// The zone.
    pub fn zone(self) -> Tz {
        self.zone
    }

    /// What a civil time means: as [`meaning`], of any day.
    pub fn meaning(self, local: NaiveDateTime) -> Meaning {
        self.steady_instant(local).map_or_else(|| meaning(local, self.zone), Meaning::Once)
    }

    /// The instant of a time that must be believed: as [`device_instant`] without an offset.
    pub fn instant(self, local: NaiveDateTime) -> DateTime<FixedOffset> {
        self.steady_instant(local).unwrap_or_else(|| device_instant(local, None, self.zone))
    }

    /// The instant of a time of the day, in whole minutes from 1970; seconds are dropped.
    pub fn minute(self, time: TimeOfDay) -> i64 {
        match self.midnight {
            Some(midnight) => midnight + i64::from(time.minutes()),
            None => self.instant(time.on(self.date)).timestamp().div_euclid(60),
        }
    }

    /// An instant with the offset that the place has then.
    pub fn shown(self, at: &DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        match self.steady.filter(|offset| date_and_second(at, *offset).0 == self.date) {
            Some(offset) => at.with_timezone(&offset),
            None => at.with_timezone(&self.zone).fixed_offset(),
        }
    }

    fn steady_instant(self, local: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
        let offset = self.steady.filter(|_| local.date() == self.date)?;
        let (second, below) = (local.time().num_seconds_from_midnight(), local.time().nanosecond());
        // most times are on the same date by UTC
        let second = second.checked_add_signed(-offset.local_minus_utc());
        let time = second.and_then(|second| NaiveTime::from_num_seconds_from_midnight_opt(second, below));
        let utc =
            time.map_or_else(|| local.checked_sub_offset(offset), |time| Some(local.date().and_time(time)))?;
        Some(DateTime::from_naive_utc_and_offset(utc, offset))
    }
}

/// The clocks of some days in a row, looked up once for all who need them.
#[derive(Debug, Clone)]
pub struct Clocks {
    days: Vec<DayClock>,
    zone: Tz,
}

impl Clocks {
    /// The clocks of `zone` from a day to another, both included.
    pub fn over(from: NaiveDate, to: NaiveDate, zone: Tz) -> Self {
        let dates = from.iter_days().take_while(|date| *date <= to);
        Self { days: dates.map(|date| DayClock::new(date, zone)).collect(), zone }
    }

    /// The clock of a day; of any other day it is looked up.
    pub fn on(&self, date: NaiveDate) -> DayClock {
        let days = self.days.first().map(|first| (date - first.date).num_days());
        let found = days.and_then(|days| self.days.get(usize::try_from(days).ok()?));
        found.copied().unwrap_or_else(|| DayClock::new(date, self.zone))
    }

    /// The days themselves, in order.
    pub fn days(&self) -> &[DayClock] {
        &self.days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    #[test]
    fn times_of_day_are_strict() {
        for (text, minutes) in [("00:00", Some(0)), ("07:30", Some(450)), ("24:00", Some(1440))] {
            assert_eq!(TimeOfDay::parse(text).map(TimeOfDay::minutes), minutes);
        }
        for bad in ["7:30", "24:01", "12:60", "12.30", "ab:cd", "", "12:300"] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn devices_are_believed_on_both_sides_of_summer_time() {
        let rome = chrono_tz::Europe::Rome;
        let rows = [
            ("2026-05-12T08:00", "2026-05-12T08:00:00+02:00"),
            ("2026-03-29T02:30", "2026-03-29T03:30:00+02:00"), // never happens: a clock not put forward
            ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"), // twice: the earlier
        ];
        for (text, expected) in rows {
            assert_eq!(device_instant(local(text), None, rome).to_rfc3339(), expected);
        }
        let own = FixedOffset::east_opt(3600).unwrap();
        assert_eq!(
            device_instant(local("2026-10-25T02:30"), Some(own), rome).to_rfc3339(),
            "2026-10-25T02:30:00+01:00"
        );
    }

    #[test]
    fn the_clock_of_a_day_says_what_looking_it_up_says() {
        let zones = [
            "Europe/Rome",
            "Europe/Moscow",    // by an hour for good, in 2011
            "Europe/Istanbul",  // the same in 2016
            "Europe/Amsterdam", // by odd seconds, before 1937
            "Europe/Dublin",    // west of UTC, by odd seconds, before 1916
        ];
        for (zone, year) in zones.iter().flat_map(|zone| [1910, 1930, 2011, 2016].map(|year| (zone, year))) {
            let zone: Tz = zone.parse().unwrap();
            let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            let clocks = Clocks::over(first, first + Duration::days(300), zone);
            for day in first.iter_days().take(365) {
                let clock = clocks.on(day);
                assert_eq!((clock, clock.date(), clock.zone()), (DayClock::new(day, zone), day, zone));
                for time in (0..=1440).step_by(45).filter_map(TimeOfDay::from_minutes) {
                    let local = time.on(day);
                    let at = device_instant(local, None, zone);
                    assert_eq!(clock.meaning(local), meaning(local, zone), "{local} {zone}");
                    assert_eq!(clock.instant(local), at, "{local} {zone}");
                    assert_eq!(clock.instant(local).offset(), at.offset(), "{local} {zone}");
                    assert_eq!(clock.minute(time), at.timestamp().div_euclid(60), "{local} {zone}");
                    let utc = at.to_utc().fixed_offset();
                    let expected = at.with_timezone(&zone).fixed_offset();
                    // also the clock of the eve knows what the place shows
                    for clock in [clock, clocks.on(day.pred_opt().unwrap())] {
                        assert_eq!(
                            (clock.shown(&utc), clock.shown(&utc).offset()),
                            (expected, expected.offset())
                        );
                    }
                    let shown = date_and_second(&utc, *at.offset());
                    assert_eq!(shown, (at.date_naive(), at.time().num_seconds_from_midnight()));
                }
            }
        }
    }

    #[test]
    fn a_civil_day_has_23_24_or_25_hours() {
        let rome = chrono_tz::Europe::Rome;
        let hours = |date: NaiveDate| {
            (start_of_day(date.succ_opt().unwrap(), rome) - start_of_day(date, rome)).num_hours()
        };
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        assert_eq!([hours(day(3, 29)), hours(day(5, 12)), hours(day(10, 25))], [23, 24, 25]);
    }

    #[test]
    fn a_stamp_is_the_civil_time_with_its_offset() {
        for (zone, at, seconds, minutes) in [
            (chrono_tz::Europe::Rome, "2026-05-12T06:00:00Z", "2026-05-12T08:00", 120),
            (chrono_tz::Europe::Rome, "2026-11-12T07:00:00Z", "2026-11-12T08:00", 60),
            (chrono_tz::UTC, "1970-01-01T00:01:00Z", "1970-01-01T00:01", 0),
        ] {
            let at: DateTime<Utc> = at.parse().unwrap();
            assert_eq!(stamp(&at, zone), (local(seconds).and_utc().timestamp(), minutes));
        }
    }
}

//! A date and a time as read from a row, before the calendar has its say.

use chrono::NaiveDate;

use super::fault::Fault;

/// The part of a date or time that a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// What was read so far; absent parts are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) year: u16,
    pub(super) month: u16,
    pub(super) day: u16,
    pub(super) hour: u16,
    pub(super) minute: u16,
    pub(super) second: u16,
    pub(super) offset_minutes: Option<i16>,
}

/// The years in which a device can have been switched on or left unset; others are garbage.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=2199;

impl Moment {
    #[inline]
    pub(super) fn set(&mut self, part: Part, value: u16) {
        *match part {
            Part::Year => &mut self.year,
            Part::Month => &mut self.month,
            Part::Day => &mut self.day,
            Part::Hour => &mut self.hour,
            Part::Minute => &mut self.minute,
            Part::Second => &mut self.second,
        } = value;
    }

    /// The civil day, if the calendar has it.
    #[inline]
    pub(super) fn date(&self) -> Result<NaiveDate, Fault<'static>> {
        let date = NaiveDate::from_ymd_opt(self.year.into(), self.month.into(), self.day.into());
        date.filter(|_| YEARS.contains(&self.year)).ok_or(Fault::ImpossibleDate(*self))
    }

    /// Seconds since 1970-01-01T00:00:00 of the device's own clock.
    #[inline]
    pub(super) fn local(&self) -> Result<i64, Fault<'static>> {
        if !YEARS.contains(&self.year) || !(1..=days_of_month(self.year, self.month)).contains(&self.day) {
            return Err(Fault::ImpossibleDate(*self));
        }
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return Err(Fault::ImpossibleTime(*self));
        }
        let seconds = (u32::from(self.hour) * 60 + u32::from(self.minute)) * 60 + u32::from(self.second);
        Ok(i64::from(self.days()) * 86_400 + i64::from(seconds))
    }

    /// Days since 1970-01-01, of a year that starts in March, so that the leap day is its last.
    #[inline]
    fn days(&self) -> u32 {
        let month = (u32::from(self.month) + 9) % 12;
        let year = u32::from(self.year) - month / 10;
        let leap_days = year / 4 - year / 100 + year / 400;
        year * 365 + leap_days + (month * 306 + 5) / 10 + u32::from(self.day) - 719_469
    }
}

#[inline]
fn days_of_month(year: u16, month: u16) -> u16 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for year in YEARS {
            for (month, day) in (0..14).flat_map(|month| (0..33).map(move |day| (month, day))) {
                let moment = Moment { year, month, day, hour: 1, minute: 1, second: 1, offset_minutes: None };
                let expected = moment.date().ok().and_then(|date| date.and_hms_opt(1, 1, 1));
                assert_eq!(moment.local().ok(), expected.map(|at| at.and_utc().timestamp()), "{moment:?}");
            }
        }
    }
}

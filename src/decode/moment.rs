//! A date and a time as read from a row, before the calendar has its say.

use chrono::{Datelike, NaiveDate};

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
        let date = self.date()?;
        if self.hour > 23 || self.minute > 59 || self.second > 59 {
            return Err(Fault::ImpossibleTime(*self));
        }
        let days = i64::from(date.num_days_from_ce() - 719_163);
        let seconds = (i64::from(self.hour) * 60 + i64::from(self.minute)) * 60 + i64::from(self.second);
        Ok(days * 86_400 + seconds)
    }
}

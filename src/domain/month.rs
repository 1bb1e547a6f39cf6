//! A calendar month, the period of a statement.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};

/// One calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month that holds a date.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.with_day(1).unwrap_or(date))
    }

    /// From `YYYY-MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1).map(Self)
    }

    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        self.next().0.pred_opt().unwrap_or(self.0)
    }

    /// The month after.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// Every day of it, in order.
    pub fn days(self) -> impl Iterator<Item = NaiveDate> {
        let next = self.next();
        self.0.iter_days().take_while(move |day| *day < next.0)
    }

    /// True when the date lies in it.
    pub fn contains(self, date: NaiveDate) -> bool {
        Self::of(date) == self
    }

    /// Day `day` of it, or its last day where it is shorter.
    pub fn day_or_last(self, day: u8) -> NaiveDate {
        self.0.with_day(u32::from(day.max(1))).unwrap_or_else(|| self.last())
    }

    /// Calendar year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Month of the year, 1 to 12.
    pub fn number(self) -> u32 {
        self.0.month()
    }
}

/// `YYYY-MM`
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_know_their_days() {
        let february = Month::parse("2028-02").unwrap();
        assert_eq!(february.last(), NaiveDate::from_ymd_opt(2028, 2, 29).unwrap());
        assert_eq!(february.days().count(), 29);
        assert_eq!(february.day_or_last(31), february.last());
        assert_eq!(Month::parse("2026-12").unwrap().next().to_string(), "2027-01");
        for bad in ["2026", "2026-13", "2026-1", "26-01", "2026-01-01", "+026-01"] {
            assert_eq!(Month::parse(bad), None, "{bad}");
        }
    }
}

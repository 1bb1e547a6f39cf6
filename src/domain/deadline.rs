//! When the statement of a month must leave (art. 2 c. 4).

use chrono::NaiveDate;

use super::calendar::OfficeDays;
use super::month::Month;

/// The dates that bind the statement of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The agreed day of the following month; its last day where the month is shorter; the working
    /// day before when the office is closed on it.
    pub deadline: NaiveDate,
    /// The last day on which to send without being in a hurry: some working days before the
    /// deadline, but never before the first working day after the month.
    pub latest: NaiveDate,
}

impl Schedule {
    /// Counts for one month. `deadline_day` is 1 to 31.
    pub fn of(month: Month, deadline_day: u8, working_days_before: u8, office: OfficeDays) -> Self {
        let following = month.next();
        let deadline = office.on_or_before(following.day_or_last(deadline_day));
        let first_possible = office.on_or_after(following.first());
        let latest = office.before(deadline, working_days_before).max(first_possible);
        Self { deadline, latest }
    }

    /// False when the deadline comes before the first working day after the month, so that no
    /// statement can meet it.
    pub fn can_be_met(self) -> bool {
        self.latest <= self.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::PatronDay;

    fn check(month: &str, day: u8, deadline: &str, latest: &str) {
        let turin = OfficeDays { patron: Some(PatronDay::Fixed { month: 6, day: 24 }) };
        let schedule = Schedule::of(Month::parse(month).unwrap(), day, 3, turin);
        let expected = (deadline.parse().unwrap(), latest.parse().unwrap());
        assert_eq!((schedule.deadline, schedule.latest), expected, "{month} by day {day}");
    }

    //
    #[test]
    fn the_statement_leaves_three_working_days_before_the_agreed_day() {
        check("2026-10", 10, "2026-11-10", "2026-11-05");
        check("2026-01", 31, "2026-02-27", "2026-02-24"); // short month: 28 February is a Saturday
        check("2026-05", 24, "2026-06-23", "2026-06-18"); // the patron day of Turin
        check("2026-04", 3, "2026-04-30", "2026-05-04"); // 3 May is a Sunday, 1 May a holiday
        check("2026-11", 8, "2026-12-07", "2026-12-02"); // Immacolata
        check("2026-12", 2, "2026-12-31", "2027-01-04"); // cannot be met: Saturday after New Year
        check("2026-06", 2, "2026-07-02", "2026-07-01"); // too early: the first working day
    }

    #[test]
    fn an_impossible_deadline_is_known() {
        let office = OfficeDays { patron: None };
        assert!(!Schedule::of(Month::parse("2026-12").unwrap(), 1, 3, office).can_be_met());
        assert!(Schedule::of(Month::parse("2026-12").unwrap(), 10, 3, office).can_be_met());
    }
}

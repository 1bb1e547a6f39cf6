//! Rule 1: what is owed on the day.

use chrono::{Datelike, Weekday};

use crate::domain::calendar::national_holiday;
use crate::domain::minutes::Minutes;

use super::findings::Findings;
use super::ground::{Fact, Ground};
use super::input::DayInput;
use super::trail::Rule;

/// What kind of day it is and what is owed on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    /// Minutes owed.
    pub(super) minutes: Minutes,
    /// A national holiday or the home's patron day, unless the profile owes minutes on holidays; a
    /// Sunday on which it owes nothing.
    pub(super) holiday: bool,
}

/// What the profile owes on the day.
pub(super) fn due(input: &DayInput<'_>, findings: &mut Findings) -> Due {
    let (date, weekday) = (input.context.date(), input.context.date().weekday());
    let owed = input.profile.due.on(weekday);
    let patron = input.context.home_patron_day;
    let owed_by = Ground::Due(input.profile.due_key(date, patron), owed);
    let (rule, because) = if input.profile.holiday_model(date, patron).is_some() {
        (Rule::Due, owed_by)
    } else if let Some(name) = national_holiday(date) {
        (Rule::NationalHoliday, Ground::Holiday(name))
    } else if patron {
        (Rule::HomePatronDay, Ground::Fact(Fact::HomePatronDay))
    } else if weekday == Weekday::Sun && owed <= Minutes::ZERO {
        (Rule::Sunday, owed_by)
    } else {
        (Rule::Due, owed_by)
    };
    let holiday = rule != Rule::Due;
    let minutes = if holiday { Minutes::ZERO } else { owed };
    findings.step(rule, because, (Minutes::ZERO, minutes), []);
    Due { minutes, holiday }
}

//! Rule 1: what is owed on the day.

use chrono::{Datelike, Weekday};

use crate::domain::calendar::national_holiday;
use crate::domain::minutes::Minutes;

use super::findings::Findings;
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
    let (date, weekday) = (input.context.date, input.context.date.weekday());
    let owed = input.profile.due.on(weekday);
    let patron = input.context.home_patron_day;
    let key = format!("{} = {}", input.profile.due_key(date, patron), owed.0);
    let (rule, because) = if input.profile.holiday_model(date, patron).is_some() {
        (Rule::Due, key)
    } else if let Some(name) = national_holiday(date) {
        (Rule::NationalHoliday, name.to_owned())
    } else if patron {
        (Rule::HomePatronDay, "home_patron_day = true".to_owned())
    } else if weekday == Weekday::Sun && owed <= Minutes::ZERO {
        (Rule::Sunday, key)
    } else {
        (Rule::Due, key)
    };
    let holiday = rule != Rule::Due;
    let minutes = if holiday { Minutes::ZERO } else { owed };
    findings.step(rule, &because, (Minutes::ZERO, minutes), &[]);
    Due { minutes, holiday }
}

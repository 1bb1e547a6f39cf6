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
    let (date, weekday) = (input.context.date(), input.context.date().weekday());
    let owed = input.profile.due.on(weekday);
    let patron = input.context.home_patron_day;
    let rule = if input.profile.holiday_model(date, patron).is_some() {
        Rule::Due
    } else if national_holiday(date).is_some() {
        Rule::NationalHoliday
    } else if patron {
        Rule::HomePatronDay
    } else if weekday == Weekday::Sun && owed <= Minutes::ZERO {
        Rule::Sunday
    } else {
        Rule::Due
    };
    let holiday = rule != Rule::Due;
    let minutes = if holiday { Minutes::ZERO } else { owed };
    let range = (Minutes::ZERO, minutes);
    match rule {
        Rule::NationalHoliday => {
            findings.step(rule, national_holiday(date).unwrap_or_default(), range, []);
        }
        Rule::HomePatronDay => findings.step(rule, "home_patron_day = true", range, []),
        _ => {
            let key = input.profile.due_key(date, patron);
            findings.step(rule, format_args!("{key} = {}", owed.0), range, []);
        }
    }
    Due { minutes, holiday }
}

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
    /// A national holiday, a Sunday on which the profile owes nothing, or the home's patron day.
    pub(super) holiday: bool,
}

/// What the profile owes on the day.
pub(super) fn due(input: &DayInput<'_>, findings: &mut Findings) -> Due {
    let (date, weekday) = (input.context.date, input.context.date.weekday());
    let owed = input.profile.due.on(weekday);
    let key = format!("due_minutes.{} = {}", weekday.to_string().to_lowercase(), owed.0);
    let (rule, because) = if let Some(name) = national_holiday(date) {
        (Rule::NationalHoliday, name.to_owned())
    } else if input.context.home_patron_day {
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

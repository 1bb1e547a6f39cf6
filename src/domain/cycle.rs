//! Profiles whose days are not the same every week: cycles of two or more weeks, and what holds on a
//! holiday for those who work on it. Resolved before the day rule, which knows weekdays only.

use std::borrow::Cow;
use std::fmt;

use chrono::{Datelike, NaiveDate, Weekday};

use super::calendar::national_holiday;
use super::civil::Band;
use super::minutes::Minutes;
use super::profile::{Profile, Week};

/// What is owed on a holiday by those who work on it ("turnisti").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayModel {
    /// Minutes owed; zero makes it a holiday like any other.
    pub due: Minutes,
    /// Nominal entry and exit.
    pub nominal: Option<Band>,
    /// When entry is free.
    pub entry_band: Option<Band>,
    /// When exit is free.
    pub exit_band: Option<Band>,
    /// Compulsory presence.
    pub core: Vec<Band>,
}

/// One week of a cycle: what differs from week to week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleWeek {
    /// Minutes owed on each weekday.
    pub due: Week<Minutes>,
    /// Nominal entry and exit of each weekday.
    pub nominal: Week<Option<Band>>,
    /// When entry is free.
    pub entry_band: Option<Band>,
    /// When exit is free.
    pub exit_band: Option<Band>,
    /// Compulsory presence.
    pub core: Vec<Band>,
    /// Compulsory presence on long days.
    pub core_long_days: Vec<Band>,
    /// The weekdays with an afternoon return.
    pub long_days: Week<bool>,
}

/// Weeks that follow each other and begin again ("turnazione"), before the anchor as after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// A Monday on which the first week begins.
    pub anchor: NaiveDate,
    /// The weeks, two or more.
    pub weeks: Vec<CycleWeek>,
}

impl Cycle {
    /// Which week of the cycle holds the date, counted from 1.
    pub fn week_number(&self, date: NaiveDate) -> usize {
        let length = i64::try_from(self.weeks.len()).unwrap_or(1).max(1);
        let weeks = (date - self.anchor).num_days().div_euclid(7);
        usize::try_from(weeks.rem_euclid(length)).unwrap_or_default() + 1
    }

    /// The week that holds the date.
    pub fn week_of(&self, date: NaiveDate) -> Option<&CycleWeek> {
        self.weeks.get(self.week_number(date) - 1)
    }
}

impl Profile {
    /// Puts a week of the cycle in the place of what the profile says of every week.
    pub fn put_week(&mut self, week: &CycleWeek) {
        (self.due, self.nominal, self.long_days) = (week.due, week.nominal, week.long_days);
        (self.entry_band, self.exit_band) = (week.entry_band, week.exit_band);
        self.core.clone_from(&week.core);
        self.core_long_days.clone_from(&week.core_long_days);
    }

    /// The profile as it stands on one day: the week of the cycle, or the holiday's model, in the
    /// place of the week's. `home_patron_day`: it is the patron day of the home workplace.
    pub fn on(&self, date: NaiveDate, home_patron_day: bool) -> Cow<'_, Self> {
        let week = self.cycle.as_ref().and_then(|cycle| cycle.week_of(date));
        let model = self.holiday_model(date, home_patron_day);
        if week.is_none() && model.is_none() {
            return Cow::Borrowed(self);
        }
        let mut changed = self.clone();
        if let Some(week) = week {
            changed.put_week(week);
        }
        if let Some(model) = model {
            changed.due.set(date.weekday(), model.due);
            changed.nominal.set(date.weekday(), model.nominal);
            (changed.entry_band, changed.exit_band) = (model.entry_band, model.exit_band);
            changed.core.clone_from(&model.core);
            changed.long_days.set(date.weekday(), false);
        }
        Cow::Owned(changed)
    }

    /// What holds on the date because it is a holiday on which something is owed: a national holiday
    /// or the home's patron day. Sundays have their own place in the week.
    pub fn holiday_model(&self, date: NaiveDate, home_patron_day: bool) -> Option<&HolidayModel> {
        let model = self.holiday.as_ref().filter(|model| model.due > Minutes::ZERO)?;
        (home_patron_day || national_holiday(date).is_some()).then_some(model)
    }

    /// What is owed on a day, holidays and cycles considered.
    pub fn due_on(&self, date: NaiveDate, home_patron_day: bool) -> Minutes {
        let free = national_holiday(date).is_some() || home_patron_day;
        if free && self.holiday_model(date, home_patron_day).is_none() {
            return Minutes::ZERO;
        }
        self.on(date, home_patron_day).due.on(date.weekday())
    }

    /// The key under which the profile says what is owed on a day, as `due_minutes.mon`.
    pub fn due_key(&self, date: NaiveDate, home_patron_day: bool) -> DueKey {
        let weekday = date.weekday();
        match &self.cycle {
            _ if self.holiday_model(date, home_patron_day).is_some() => DueKey::Holiday,
            Some(cycle) => DueKey::OfCycle(cycle.week_number(date), weekday),
            None => DueKey::Of(weekday),
        }
    }
}

/// The key of a profile under which minutes are owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueKey {
    /// Those of a holiday.
    Holiday,
    /// Those of a weekday in one week of the cycle, counted from 1.
    OfCycle(usize, Weekday),
    /// Those of a weekday.
    Of(Weekday),
}

/// As it is written in the file.
impl fmt::Display for DueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |weekday: Weekday| weekday.to_string().to_lowercase();
        match *self {
            Self::Holiday => f.write_str("holiday.due_minutes"),
            Self::OfCycle(week, weekday) => write!(f, "week[{week}].due_minutes.{}", key(weekday)),
            Self::Of(weekday) => write!(f, "due_minutes.{}", key(weekday)),
        }
    }
}

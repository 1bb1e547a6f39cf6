//! Which days can be agreed at all (art. 2 c. 1).

use chrono::{Datelike, NaiveDate, Weekday};

use crate::domain::agreement::{Agreement, ProfileVersion, Term};
use crate::domain::calendar::{PatronDay, national_holiday};
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;

/// What decides on a day. What is absent decides nothing.
#[derive(Debug, Clone, Copy)]
pub struct DayRules<'a> {
    /// The term of the agreement.
    pub term: Option<Term>,
    /// The patron day of the host's city.
    pub host_patron: Option<PatronDay>,
    /// The patron day of the home's city.
    pub home_patron: Option<PatronDay>,
    /// The versions of the profile, sorted by date.
    pub profiles: &'a [ProfileVersion],
}

/// Why a day cannot be a coworking day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// Outside the term.
    #[error("it lies outside the term ({0} to {1})")]
    OutOfTerm(NaiveDate, NaiveDate),
    /// A national holiday.
    #[error("it is a national holiday ({0})")]
    NationalHoliday(&'static str),
    /// A Sunday.
    #[error("it is a Sunday")]
    Sunday,
    /// The host's patron day.
    #[error("the host is closed on its patron day")]
    HostPatron,
    /// The home's patron day.
    #[error("it is the patron day of the home office")]
    HomePatron,
    /// The profile owes nothing.
    #[error("the profile \"{0}\" owes no hours on that day")]
    NonWorkingDay(String),
}

impl<'a> DayRules<'a> {
    /// What an agreement and its host say.
    pub fn of(agreement: &'a Agreement, host: &Host) -> Self {
        Self {
            term: Some(agreement.term),
            host_patron: host.office.patron,
            home_patron: agreement.home.patron,
            profiles: &agreement.profiles,
        }
    }

    /// Why a day cannot be a coworking day; none when it can.
    pub fn refuse(&self, day: NaiveDate) -> Option<Impossible> {
        if let Some(term) = self.term.filter(|term| !term.contains(day)) {
            return Some(Impossible::OutOfTerm(term.start, term.end));
        }
        let profile = ProfileVersion::on(self.profiles, day).map(|version| &version.profile);
        let home_patron = self.home_patron.is_some_and(|patron| patron.is_on(day));
        // A shift worker may owe hours on a holiday too: then it can be agreed.
        let owed = profile.map_or(Minutes::ZERO, |profile| profile.due_on(day, home_patron));
        let free = owed == Minutes::ZERO;
        if let Some(name) = national_holiday(day).filter(|_| free) {
            return Some(Impossible::NationalHoliday(name));
        }
        if day.weekday() == Weekday::Sun && free {
            return Some(Impossible::Sunday);
        }
        if self.host_patron.is_some_and(|patron| patron.is_on(day)) {
            return Some(Impossible::HostPatron);
        }
        if home_patron && free {
            return Some(Impossible::HomePatron);
        }
        profile.filter(|_| free).map(|profile| Impossible::NonWorkingDay(profile.name.clone()))
    }
}

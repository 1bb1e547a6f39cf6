//! What a day is computed from. The words are those of the `timbra day` contract.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use crate::domain::civil::{DayClock, TimeOfDay};
use crate::domain::profile::Profile;
use crate::domain::punch::Direction;

/// When a punch happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PunchTime {
    /// An instant, with the offset at which it was seen.
    Instant(DateTime<FixedOffset>),
    /// A civil time in the zone of the day, which may not exist or exist twice.
    Local(NaiveDateTime),
}

/// Who says that a punch happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PunchSource {
    /// A reader.
    Reader,
    /// A person; it counts once another person has confirmed it.
    Manual {
        /// True once confirmed.
        confirmed: bool,
    },
}

/// One punch of the day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayPunch {
    /// When.
    pub at: PunchTime,
    /// Entry or exit; absent where the reader gives none.
    pub direction: Option<Direction>,
    /// A reason ("causale"); `servizio` is the service exit.
    pub reason: Option<String>,
    /// A reader or a person.
    pub source: PunchSource,
}

/// A leave that the home communicated (art. 2 c. 3). Never its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// The whole day ("giornaliera").
    FullDay {
        /// The hours due count as done.
        credited: bool,
    },
    /// Some hours ("oraria").
    Hourly {
        /// From.
        from: TimeOfDay,
        /// To.
        to: TimeOfDay,
        /// These minutes count as done.
        credited: bool,
    },
}

/// A recall by the home manager (art. 2 c. 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recall {
    /// The day on which notice was given, as the home states it.
    pub notice_date: Option<NaiveDate>,
}

/// All that is known of the day besides punches and profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The civil day, and the clock of its civil times.
    pub clock: DayClock,
    /// It was agreed.
    pub in_calendar: bool,
    /// It lies in the term of the agreement.
    pub within_term: bool,
    /// It is the n-th coworking day used this month.
    pub day_number_in_month: Option<u32>,
    /// At most so many a month.
    pub monthly_cap: Option<u32>,
    /// The reader gives no direction: punches alternate.
    pub toggle: bool,
    /// Leaves of the day.
    pub leaves: Vec<Leave>,
    /// Entry allowed from this time.
    pub authorized_from: Option<TimeOfDay>,
    /// Overtime authorised for the day, in minutes.
    pub authorized_overtime: i32,
    /// Work on a holiday was authorised.
    pub authorized_holiday_work: bool,
    /// Service exits of the day were authorised.
    pub service_authorized: bool,
    /// The declared end of a service exit without return.
    pub service_end_declared: Option<PunchTime>,
    /// The home manager called the coworker back.
    pub recall: Option<Recall>,
    /// Days of notice that a recall needs (art. 2 c. 7: 3).
    pub recall_min_notice_days: u32,
    /// Patron day of the home's city.
    pub home_patron_day: bool,
    /// Patron day of the host's city.
    pub host_patron_day: bool,
    /// The last exit before this day.
    pub previous_exit: Option<DateTime<FixedOffset>>,
}

impl Context {
    /// A day of which nothing is known but its date and zone.
    pub fn new(date: NaiveDate, zone: Tz) -> Self {
        Self::on(DayClock::new(date, zone))
    }

    /// The same, with the clock of the day.
    pub fn on(clock: DayClock) -> Self {
        Self {
            clock,
            in_calendar: false,
            within_term: false,
            day_number_in_month: None,
            monthly_cap: None,
            toggle: false,
            leaves: Vec::new(),
            authorized_from: None,
            authorized_overtime: 0,
            authorized_holiday_work: false,
            service_authorized: false,
            service_end_declared: None,
            recall: None,
            recall_min_notice_days: 3,
            home_patron_day: false,
            host_patron_day: false,
            previous_exit: None,
        }
    }

    /// The civil day.
    pub fn date(&self) -> NaiveDate {
        self.clock.date()
    }
}

/// Everything a day is a function of.
#[derive(Debug, Clone, Copy)]
pub struct DayInput<'a> {
    /// The version of the profile that holds on the day.
    pub profile: &'a Profile,
    /// The punches, in any order.
    pub punches: &'a [DayPunch],
    /// The rest.
    pub context: &'a Context,
}

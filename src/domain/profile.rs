//! The hour profile ("profilo orario"): what is owed on each weekday and how minutes are judged.
//! Every number here is configuration; `domain` gives none of them by itself.

use chrono::Weekday;

use super::civil::Band;
use super::cycle::{Cycle, HolidayModel};
use super::minutes::Minutes;

/// One value for each day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Week<T>([T; 7]);

impl<T: Copy> Week<T> {
    /// From Monday to Sunday.
    pub fn new(monday_to_sunday: [T; 7]) -> Self {
        Self(monday_to_sunday)
    }

    /// The value of one weekday.
    pub fn on(&self, weekday: Weekday) -> T {
        self.0[weekday.num_days_from_monday() as usize]
    }

    /// Sets the value of one weekday.
    pub fn set(&mut self, weekday: Weekday, value: T) {
        self.0[weekday.num_days_from_monday() as usize] = value;
    }
}

/// How a missing or short break is taken off ([`day`](super::day) rule 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeductionMode {
    /// The shortfall, but never below the threshold: staying longer never lowers the hours.
    #[default]
    Graduated,
    /// The whole shortfall.
    Full,
    /// The whole shortfall when what remains still exceeds the voucher's minimum, else nothing.
    VoucherThreshold,
    /// The shortfall of a break that was stamped; nothing when none was.
    IfStamped,
    /// Nothing.
    None,
}

/// Which gaps count as the break taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CreditMode {
    /// All of them together.
    #[default]
    Sum,
    /// The longest.
    Longest,
    /// The first that touches the window.
    First,
}

/// The break ("pausa").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakRule {
    /// False for shift workers and profiles without a break.
    pub applies: bool,
    /// Presence above which a break is due.
    pub threshold: Minutes,
    /// The shortest break that is enough.
    pub minimum: Minutes,
    /// A longer one is reported.
    pub maximum: Option<Minutes>,
    /// Only what lies inside counts as break; absent, the whole gap.
    pub window: Option<Band>,
    /// What is taken off when it is missing.
    pub deduction: DeductionMode,
    /// What counts as taken.
    pub credit: CreditMode,
}

/// What proves the break for the meal voucher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BreakEvidence {
    /// A stamped break, or minutes taken off for it.
    #[default]
    TakenOrDeducted,
    /// A stamped break only.
    Stamped,
}

/// The hours' side of the meal voucher ("buono pasto"). Whether it is owed is the home's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoucherRule {
    /// False: never.
    pub enabled: bool,
    /// Worked minutes must exceed this.
    pub minimum_worked_exclusive: Minutes,
    /// What proves the break.
    pub evidence: BreakEvidence,
    /// Authorised overtime that a short day needs.
    pub short_day_overtime: Minutes,
}

/// An hour profile. One version of it: agreements say from which date each version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The name shown on the statement.
    pub name: String,
    /// Minutes owed on each weekday.
    pub due: Week<Minutes>,
    /// When entry is free ("flessibilità in entrata").
    pub entry_band: Option<Band>,
    /// When exit is free.
    pub exit_band: Option<Band>,
    /// Compulsory presence ("compresenza").
    pub core: Vec<Band>,
    /// Compulsory presence on long days.
    pub core_long_days: Vec<Band>,
    /// The weekdays with an afternoon return.
    pub long_days: Week<bool>,
    /// Opening and closing of the office; minutes outside are not counted.
    pub service_hours: Option<Band>,
    /// The break.
    pub break_rule: BreakRule,
    /// The meal voucher.
    pub voucher: VoucherRule,
    /// A punch at most so long after the one before it, of the same direction, repeats it.
    pub dedupe_seconds: u32,
    /// Nominal entry and exit of each weekday, for tolerance and rounding.
    pub nominal: Week<Option<Band>>,
    /// Lateness within which the nominal entry counts.
    pub tolerance_in: Minutes,
    /// Earliness within which the nominal exit counts.
    pub tolerance_out: Minutes,
    /// Grid of a late entry: positive goes up (against the employee), negative down; a divisor of 60.
    pub round_late_in: Option<i32>,
    /// Grid of an early exit: positive goes down (against the employee), negative up; a divisor of 60.
    pub round_early_out: Option<i32>,
    /// The longest believable stretch between an entry and its exit.
    pub max_span: Minutes,
    /// A shift worker ("turnista"); changes no number by itself.
    pub shift_worker: bool,
    /// What holds on a holiday when something is owed on it; absent: nothing is.
    pub holiday: Option<HolidayModel>,
    /// Weeks that differ. Then `due`, `nominal` and the bands above are those of the first week:
    /// [`Profile::on`] gives those of a day.
    pub cycle: Option<Cycle>,
}

impl Profile {
    /// The compulsory bands of that weekday.
    pub fn core_on(&self, weekday: Weekday) -> &[Band] {
        if self.long_days.on(weekday) { &self.core_long_days } else { &self.core }
    }
}

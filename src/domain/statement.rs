//! The monthly statement ("prospetto mensile"): days, totals, and what is still to be regularised.

use std::fmt;

use chrono::{DateTime, FixedOffset};

use super::agreement::Agreement;
use super::amendment::Amendment;
use super::day::Status;
use super::host::Host;
use super::malfunction::MonthMalfunction;
use super::minutes::Minutes;
use super::month::Month;
use super::month_days::MonthDay;

/// The progressive number of a statement of this host in a year: `k/year`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementNumber {
    /// 1, 2, 3, ... within the year.
    pub number: u32,
    /// The year in which it is issued.
    pub year: i32,
}

impl StatementNumber {
    /// `n12-2026`: in message ids and names of files.
    pub fn name(self) -> String {
        format!("n{}-{}", self.number, self.year)
    }

    /// The number at the beginning of a name, as `n12-2026` or `n12-2026.protocollo`.
    pub fn at_start_of(name: &str) -> Option<Self> {
        let (number, rest) = name.strip_prefix('n')?.split_once('-')?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (year, rest) = rest.split_at_checked(end)?;
        let found = Self { number: number.parse().ok()?, year: year.parse().ok()? };
        let separated = rest.is_empty() || rest.starts_with(['.', '-', '_', ' ']);
        // no other way of writing it
        (separated && format!("n{number}-{year}") == found.name()).then_some(found)
    }
}

/// `12/2026`
impl fmt::Display for StatementNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.year)
    }
}

/// Which document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number; a preview has none.
    pub number: Option<StatementNumber>,
    /// 1 for the first statement made for the month, then counted up.
    pub revision: u32,
    /// When it was made, with the host's offset. An input: the same data give the same bytes.
    pub generated_at: DateTime<FixedOffset>,
}

/// The statement of one agreement for one month.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The host office.
    pub host: &'a Host,
    /// The month.
    pub month: Month,
    /// Which document it is.
    pub identity: Identity,
    /// Planned days and every other day with punches, in order.
    pub days: Vec<MonthDay>,
    /// The readers have delivered past the end of the month: no other day can come up.
    pub complete: bool,
    /// Sums of the days that count.
    pub totals: Totals,
    /// Malfunctions that touch the month (art. 2 c. 6).
    pub malfunctions: Vec<MonthMalfunction>,
    /// What it replaces and where it differs, when it is an amendment.
    pub amendment: Option<Amendment>,
    /// It only tries the channel: all in it is invented.
    pub specimen: bool,
}

/// The sums of a month. Minutes are those of the days that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// "giorni concordati"
    pub planned: u32,
    /// "fruiti": planned days with punches
    pub used: u32,
    /// "non fruiti": planned, covered, without punches and not recalled
    pub unused: u32,
    /// "revocati"
    pub recalled: u32,
    /// Days with punches that were not planned
    pub unplanned: u32,
    /// "da regolarizzare"
    pub open: u32,
    /// "ore lavorate"
    pub worked: Minutes,
    /// "ore giustificate"
    pub justified: Minutes,
    /// "ore dovute"
    pub due: Minutes,
    /// "saldo"
    pub balance: Minutes,
    /// "buoni pasto (condizioni orarie)"
    pub meal_vouchers: u32,
}

impl Totals {
    /// Sums the days.
    pub fn of(days: &[MonthDay]) -> Self {
        let mut totals = Self::default();
        for month_day in days {
            let day = &month_day.day;
            let recalled = day.status == Status::Recalled;
            totals.planned += u32::from(month_day.planned);
            totals.used += u32::from(month_day.planned && day.coworking_day_used);
            totals.recalled += u32::from(recalled);
            totals.unplanned += u32::from(!month_day.planned && day.coworking_day_used);
            totals.unused +=
                u32::from(month_day.planned && month_day.covered && !day.coworking_day_used && !recalled);
            totals.open += u32::from(month_day.is_open());
            if month_day.counts() {
                totals.worked += day.worked.unwrap_or_default();
                totals.justified += day.justified.unwrap_or_default();
                totals.due += day.due.unwrap_or_default();
                totals.balance += day.balance.unwrap_or_default();
                totals.meal_vouchers += u32::from(day.meal_voucher == Some(true));
            }
        }
        totals
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            planned: self.planned + other.planned,
            used: self.used + other.used,
            unused: self.unused + other.unused,
            recalled: self.recalled + other.recalled,
            unplanned: self.unplanned + other.unplanned,
            open: self.open + other.open,
            worked: self.worked + other.worked,
            justified: self.justified + other.justified,
            due: self.due + other.due,
            balance: self.balance + other.balance,
            meal_vouchers: self.meal_vouchers + other.meal_vouchers,
        }
    }
}

impl<'a> Statement<'a> {
    /// Puts the days of a month together. `complete`: the readers have delivered past its end.
    pub fn new(
        agreement: &'a Agreement,
        host: &'a Host,
        month: Month,
        identity: Identity,
        days: Vec<MonthDay>,
        complete: bool,
    ) -> Self {
        let totals = Totals::of(&days);
        Self {
            agreement,
            host,
            month,
            identity,
            days,
            complete,
            totals,
            malfunctions: Vec::new(),
            amendment: None,
            specimen: false,
        }
    }

    /// The same with the malfunctions of the month.
    #[must_use]
    pub fn with_malfunctions(self, malfunctions: Vec<MonthMalfunction>) -> Self {
        Self { malfunctions, ..self }
    }

    /// The same as a specimen ("fac-simile").
    #[must_use]
    pub fn as_specimen(self) -> Self {
        Self { specimen: true, ..self }
    }

    /// The same as an amendment.
    #[must_use]
    pub fn amending(self, amendment: Amendment) -> Self {
        Self { amendment: Some(amendment), ..self }
    }

    /// The days that somebody must act on, or whose data have not arrived.
    pub fn open_days(&self) -> impl Iterator<Item = &MonthDay> {
        self.days.iter().filter(|day| day.is_open())
    }

    /// True when no coworking day was planned or used in the month.
    pub fn is_nil(&self) -> bool {
        self.days.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_at_the_start_of_a_name() {
        let twelve = Some(StatementNumber { number: 12, year: 2026 });
        for name in ["n12-2026", "n12-2026.protocollo", "n12-2026-3fa91c07.eml", "n12-2026_r1.pdf.p7m"] {
            assert_eq!(StatementNumber::at_start_of(name), twelve, "{name}");
        }
        for other in
            ["", "n", "12-2026", "n012-2026", "n+12-2026", "n12", "n12-2026x", "N12-2026", "n12-+2026"]
        {
            assert_eq!(StatementNumber::at_start_of(other), None, "{other}");
        }
    }

    #[test]
    fn two_months_together_are_the_sum_of_each_figure() {
        let one = Totals {
            planned: 1,
            used: 2,
            unused: 3,
            recalled: 4,
            unplanned: 5,
            open: 6,
            worked: Minutes(7),
            justified: Minutes(8),
            due: Minutes(9),
            balance: Minutes(-10),
            meal_vouchers: 11,
        };
        let three = Totals {
            planned: 3,
            used: 6,
            unused: 9,
            recalled: 12,
            unplanned: 15,
            open: 18,
            worked: Minutes(21),
            justified: Minutes(24),
            due: Minutes(27),
            balance: Minutes(-30),
            meal_vouchers: 33,
        };
        assert_eq!(one.plus(&one).plus(&one), three);
        assert_eq!(one.plus(&Totals::default()), one);
    }
}

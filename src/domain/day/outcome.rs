//! What a day computation says.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use smallvec::SmallVec;

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;
use crate::domain::punch::Direction;

use super::trail::Step;

macro_rules! statuses {
    ($($variant:ident $code:literal $italian:literal,)*) => {
        /// How a day ended.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Status { $(#[doc = $italian] $variant,)* }

        impl Status {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code used in JSON, CSV and fixtures.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The word on the statement.
            pub fn italian(self) -> &'static str {
                match self { $(Self::$variant => $italian,)* }
            }
        }
    };
}

statuses! {
    Ok "ok" "regolare",
    Incomplete "incomplete" "incompleta",
    Absent "absent" "assenza comunicata",
    NoShow "no_show" "nessuna timbratura",
    Recalled "recalled" "revocata",
    Holiday "holiday" "festivo",
    HostClosed "host_closed" "sede ospitante chiusa",
    NonWorkingDay "non_working_day" "non lavorativo",
    OutOfCalendar "out_of_calendar" "fuori calendario",
    OverCap "over_cap" "oltre il numero mensile",
    OutOfTerm "out_of_term" "fuori periodo",
    Conflict "conflict" "in conflitto",
    InputError "input_error" "dato errato",
}

/// The reason ("causale") of a service exit.
const SERVICE: &str = "servizio";

/// A punch that survived the repeats, with the time and direction that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPunch {
    /// The instant as it was seen, seconds included, with the offset of the place.
    pub seen: DateTime<FixedOffset>,
    /// The minute that counts, after tolerance and rounding, with the offset of the place.
    pub counted: DateTime<FixedOffset>,
    /// The direction that counts.
    pub direction: Direction,
    /// True when the reader gave none and it was inferred by alternation.
    pub guessed: bool,
    /// The reason, when there is one.
    pub reason: Option<String>,
    /// Entered by a person and confirmed.
    pub manual: bool,
    /// Belongs to no pair.
    pub unpaired: bool,
}

impl KeptPunch {
    /// True when it begins or ends service outside.
    pub fn is_service(&self) -> bool {
        self.reason.as_deref() == Some(SERVICE)
    }
}

/// The punches of a day, up to four without the heap.
pub type KeptPunches = SmallVec<[KeptPunch; 4]>;

/// An entry with its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The entry, to the minute.
    pub from: DateTime<FixedOffset>,
    /// The exit, to the minute.
    pub to: DateTime<FixedOffset>,
}

/// A day, computed. Numbers that cannot be known are absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// How it ended.
    pub status: Status,
    /// Time between entries and exits, clipped, service exits included.
    pub presence: Option<Minutes>,
    /// Break taken.
    pub break_taken: Option<Minutes>,
    /// Minutes taken off for a missing break.
    pub break_deducted: Option<Minutes>,
    /// Presence less the deduction.
    pub worked: Option<Minutes>,
    /// Credited leave.
    pub justified: Option<Minutes>,
    /// What was owed.
    pub due: Option<Minutes>,
    /// Worked and justified less due.
    pub balance: Option<Minutes>,
    /// Minutes outside the office's hours.
    pub not_counted: Option<Minutes>,
    /// Minutes of authorised service outside.
    pub service: Option<Minutes>,
    /// The hours' conditions of the meal voucher.
    pub meal_voucher: Option<bool>,
    /// What a person should know.
    pub anomalies: BTreeSet<Anomaly>,
    /// One whole day of the agreement is used.
    pub coworking_day_used: bool,
    /// Its numbers enter the month's totals.
    pub included_in_totals: bool,
    /// The punches that counted, in time order.
    pub punches: KeptPunches,
    /// Punches left out as repeats, in time order, with the offset of the place.
    pub repeated: Vec<DateTime<FixedOffset>>,
    /// How each number came about, in order.
    pub trail: Vec<Step>,
}

impl Day {
    /// Entries with their exits, before clipping. Nothing lies between the two of a pair.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> {
        let neighbours = self.punches.iter().zip(self.punches.iter().skip(1));
        neighbours.filter_map(|(entry, exit)| {
            let is_pair = [entry.direction, exit.direction] == [Direction::In, Direction::Out];
            let pair = Pair { from: entry.counted, to: exit.counted };
            (is_pair && !entry.unpaired && !exit.unpaired).then_some(pair)
        })
    }
}

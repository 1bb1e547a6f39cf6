//! The register: what the home office communicates and the host enters after the agreement was
//! signed. Append-only; a correction is a new entry. What the entries mean together is [`Facts`].

mod checks;
mod facts;
mod fate;
mod possible;
mod refusal;

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

use super::civil::{Band, TimeOfDay};
use super::day::Leave;
use super::ids::{AgreementId, ReaderId};
use super::minutes::Minutes;
use super::month::Month;
use super::punch::{Direction, PunchIdentity};

pub use checks::{Proposal, check};
pub use facts::{EnteredPunch, Facts, Recalled};
pub use fate::Fate;
pub use possible::{DayRules, Impossible};
pub use refusal::Refusal;

/// The number of an entry: 1, 2, 3, ... in the order of entering, over all agreements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

/// `#7`
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: EntryId,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// The system user who entered it.
    pub author: String,
    /// The person for whom the author entered it, as they named them.
    pub for_person: Option<String>,
    /// The message on which it rests, as the office registers it.
    pub reference: Option<String>,
    /// The agreement that it concerns.
    pub agreement: AgreementId,
    /// Entered after a day that it decides on had begun ("tardiva").
    pub late: bool,
    /// What it says.
    pub kind: Kind,
}

/// What an entry says. Never a reason of absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The agreed days of a month; replaces all that was agreed for it before (art. 2 c. 1).
    Plan {
        /// The month.
        month: Month,
        /// Its days, sorted, each once; none: no coworking day in that month.
        dates: Vec<NaiveDate>,
    },
    /// An absence that the home manager authorised (art. 2 c. 3).
    Absence {
        /// The day.
        date: NaiveDate,
        /// From when to when; absent, the whole day.
        hours: Option<Band>,
        /// The hours count as done; otherwise they are to be made up.
        credited: bool,
    },
    /// An absence is revoked.
    AbsenceRevoked {
        /// The entry of the absence.
        of: EntryId,
    },
    /// The home manager requires presence at home (art. 2 c. 7).
    Recall {
        /// The agreed day.
        date: NaiveDate,
        /// The day on which the employee was told, as the home states it.
        notice_date: NaiveDate,
        /// The day given instead, in the same month.
        new_date: Option<NaiveDate>,
    },
    /// An agreed day is moved inside its month.
    Move {
        /// The agreed day.
        from: NaiveDate,
        /// The new one.
        to: NaiveDate,
    },
    /// Service exits of a day are authorised.
    ServiceAuthorized {
        /// The day.
        date: NaiveDate,
        /// When the last one ended, for an exit without return.
        end: Option<TimeOfDay>,
    },
    /// Work on a holiday is authorised.
    HolidayWorkAuthorized {
        /// The day.
        date: NaiveDate,
    },
    /// Entry before the band is authorised.
    EarlyEntryAuthorized {
        /// The day.
        date: NaiveDate,
        /// From this time.
        from: TimeOfDay,
    },
    /// Overtime is authorised.
    OvertimeAuthorized {
        /// The day.
        date: NaiveDate,
        /// So many minutes.
        minutes: Minutes,
    },
    /// A punch that no reader saw; it counts once another system user has confirmed it.
    ManualPunch {
        /// When, with the offset of the site at that instant.
        at: DateTime<FixedOffset>,
        /// Entry or exit.
        direction: Direction,
        /// A reason ("causale"), as `servizio`.
        reason: Option<String>,
        /// The number of the malfunction that made it necessary.
        malfunction: Option<u32>,
    },
    /// A manual punch is confirmed.
    PunchConfirmed {
        /// Its entry.
        of: EntryId,
    },
    /// A punch does not count. It is kept.
    PunchVoided {
        /// Which one.
        punch: VoidedPunch,
        /// The number of the malfunction that explains it.
        malfunction: Option<u32>,
    },
    /// An entry was a mistake and has no effect.
    Undone {
        /// The entry.
        of: EntryId,
    },
}

/// An absence as the day computation takes it.
fn leave(hours: Option<Band>, credited: bool) -> Leave {
    match hours {
        None => Leave::FullDay { credited },
        Some(Band { from, to }) => Leave::Hourly { from, to, credited },
    }
}

/// A punch that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoidedPunch {
    /// One of a reader, by what makes it one punch.
    Read {
        /// The device's civil time.
        local: NaiveDateTime,
        /// The badge.
        badge: String,
        /// The device's word for the direction.
        direction_raw: String,
        /// The reader.
        reader: ReaderId,
    },
    /// One entered by hand.
    Entered(EntryId),
}

impl VoidedPunch {
    /// The identity of a stored punch.
    pub fn of(punch: PunchIdentity<'_>) -> Self {
        Self::Read {
            local: punch.local,
            badge: punch.badge.to_owned(),
            direction_raw: punch.direction_raw.to_owned(),
            reader: punch.reader.clone(),
        }
    }

    /// True for this stored punch.
    pub fn is(&self, punch: PunchIdentity<'_>) -> bool {
        match self {
            Self::Entered(_) => false,
            Self::Read { local, badge, direction_raw, reader } => {
                punch == PunchIdentity { local: *local, badge, direction_raw, reader }
            }
        }
    }
}

impl Kind {
    /// The word for it in commands, JSON and the store.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Plan { .. } => "plan",
            Self::Absence { .. } => "absence",
            Self::AbsenceRevoked { .. } => "absence_revoked",
            Self::Recall { .. } => "recall",
            Self::Move { .. } => "move",
            Self::ServiceAuthorized { .. } => "service",
            Self::HolidayWorkAuthorized { .. } => "holiday_work",
            Self::EarlyEntryAuthorized { .. } => "early_entry",
            Self::OvertimeAuthorized { .. } => "overtime",
            Self::ManualPunch { .. } => "punch",
            Self::PunchConfirmed { .. } => "punch_confirmed",
            Self::PunchVoided { .. } => "punch_voided",
            Self::Undone { .. } => "undone",
        }
    }

    /// The entry that it speaks of, when it speaks of one.
    pub fn target(&self) -> Option<EntryId> {
        match self {
            Self::AbsenceRevoked { of }
            | Self::PunchConfirmed { of }
            | Self::PunchVoided { punch: VoidedPunch::Entered(of), .. }
            | Self::Undone { of } => Some(*of),
            _ => None,
        }
    }

    /// The months whose days it can change, in order; for an entry that speaks of another one, those
    /// of the other one, looked up in `entries`.
    pub fn months(&self, entries: &[Entry]) -> Vec<Month> {
        let dates = match self {
            Self::Plan { month, .. } => vec![month.first()],
            Self::Recall { date, new_date, .. } => std::iter::once(*date).chain(*new_date).collect(),
            Self::Move { from, to } => vec![*from, *to],
            Self::Absence { date, .. }
            | Self::ServiceAuthorized { date, .. }
            | Self::HolidayWorkAuthorized { date }
            | Self::EarlyEntryAuthorized { date, .. }
            | Self::OvertimeAuthorized { date, .. } => vec![*date],
            Self::ManualPunch { at, .. } => vec![at.date_naive()],
            Self::PunchVoided { punch: VoidedPunch::Read { local, .. }, .. } => vec![local.date()],
            Self::AbsenceRevoked { .. }
            | Self::PunchConfirmed { .. }
            | Self::Undone { .. }
            | Self::PunchVoided { .. } => {
                // an entry speaks of earlier ones only: the search ends
                let target = self.target().and_then(|of| entries.iter().position(|entry| entry.id == of));
                let found = target.and_then(|index| Some((entries.get(index)?, entries.get(..index)?)));
                return found.map_or_else(Vec::new, |(entry, earlier)| entry.kind.months(earlier));
            }
        };
        let mut months: Vec<Month> = dates.into_iter().map(Month::of).collect();
        months.sort_unstable();
        months.dedup();
        months
    }
}

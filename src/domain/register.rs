//! The register: what the home office communicates and the host enters after the agreement was
//! signed. Append-only; a correction is a new entry. What the entries mean together is [`Facts`].

mod answers;
mod changes;
mod checks;
mod facts;
mod fate;
mod held;
mod in_force;
mod possible;
mod refusal;

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};

use super::checklist::Item;
use super::civil::{Band, TimeOfDay};
use super::day::Leave;
use super::ids::{AgreementId, ReaderId};
use super::minutes::Minutes;
use super::month::Month;
use super::punch::{Direction, PunchIdentity};

pub use checks::{Proposal, check};
pub use facts::{EnteredPunch, Facts, Recalled};
pub use fate::Fate;
pub use held::{BadgeEnd, Held};
pub use in_force::in_force;
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
    /// The person who sent that message, as the author named them.
    pub sender: Option<String>,
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
    /// A badge is given to the employee (art. 2 c. 5).
    BadgeIssued {
        /// Which one.
        badge: Badge,
        /// The first day on which its punches are theirs.
        from: NaiveDate,
    },
    /// A badge is given back, or lost.
    BadgeEnded {
        /// Its number.
        number: String,
        /// How it ended.
        how: BadgeEnd,
        /// The last day on which its punches are the employee's.
        on: NaiveDate,
    },
    /// A badge takes the place of another one; on that day both are the employee's.
    BadgeReplaced {
        /// The number of the old one.
        old: String,
        /// The new one.
        new: Badge,
        /// The last day of the old one, the first of the new one.
        on: NaiveDate,
    },
    /// The home manager told of the withdrawal (art. 4).
    Withdrawn {
        /// The last day of the term.
        last_day: NaiveDate,
    },
    /// Another profile holds from a day on (art. 2 c. 2).
    ProfileChanged {
        /// Its name in the configuration.
        profile: String,
        /// Its first day.
        from: NaiveDate,
    },
    /// The employee contests what was recorded of a day.
    ContestOpened {
        /// The day.
        date: NaiveDate,
    },
    /// The contest of a day is settled.
    ContestClosed {
        /// The day.
        date: NaiveDate,
    },
    /// Something that the host provides is there (art. 3).
    ItemProvided {
        /// What.
        item: Item,
        /// Since when.
        on: NaiveDate,
    },
    /// Something that was there is there no more.
    ItemCleared {
        /// What.
        item: Item,
    },
    /// An entry was a mistake and has no effect.
    Undone {
        /// The entry.
        of: EntryId,
    },
}

/// A badge as a reader knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// The number as the reader writes it.
    pub number: String,
    /// Only at this reader; absent: at every reader.
    pub reader: Option<ReaderId>,
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
            Self::BadgeIssued { .. } => "badge_issued",
            Self::BadgeEnded { how, .. } => how.word(),
            Self::BadgeReplaced { .. } => "badge_replaced",
            Self::Withdrawn { .. } => "withdrawn",
            Self::ProfileChanged { .. } => "profile_changed",
            Self::ContestOpened { .. } => "contest_opened",
            Self::ContestClosed { .. } => "contest_closed",
            Self::ItemProvided { .. } => "item_provided",
            Self::ItemCleared { .. } => "item_cleared",
            Self::Undone { .. } => "undone",
        }
    }

    /// True when it changes what the agreement itself says: its badges, its term, its profile.
    pub fn changes_agreement(&self) -> bool {
        matches!(
            self,
            Self::BadgeIssued { .. }
                | Self::BadgeEnded { .. }
                | Self::BadgeReplaced { .. }
                | Self::Withdrawn { .. }
                | Self::ProfileChanged { .. }
        )
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

    /// True when it can change a day of a month; an entry that speaks of another one, when the other
    /// one can, looked up in `entries`.
    pub fn touches(&self, month: Month, entries: &[Entry]) -> bool {
        match self {
            Self::BadgeIssued { from: since, .. }
            | Self::BadgeEnded { on: since, .. }
            | Self::BadgeReplaced { on: since, .. }
            | Self::Withdrawn { last_day: since }
            | Self::ProfileChanged { from: since, .. } => Month::of(*since) <= month,
            Self::Undone { of } => {
                earlier(entries, *of).is_some_and(|(entry, before)| entry.kind.touches(month, before))
            }
            _ => self.months(entries).contains(&month),
        }
    }

    /// The months whose days it can change, in order, where these are some; for an entry that speaks
    /// of another one, those of the other one, looked up in `entries`.
    fn months(&self, entries: &[Entry]) -> Vec<Month> {
        let dates = match self {
            Self::Plan { month, .. } => vec![month.first()],
            Self::Recall { date, new_date, .. } => std::iter::once(*date).chain(*new_date).collect(),
            Self::Move { from, to } => vec![*from, *to],
            Self::Absence { date, .. }
            | Self::ServiceAuthorized { date, .. }
            | Self::HolidayWorkAuthorized { date }
            | Self::EarlyEntryAuthorized { date, .. }
            | Self::OvertimeAuthorized { date, .. }
            | Self::ContestOpened { date }
            | Self::ContestClosed { date } => vec![*date],
            Self::BadgeIssued { .. }
            | Self::BadgeEnded { .. }
            | Self::BadgeReplaced { .. }
            | Self::Withdrawn { .. }
            | Self::ProfileChanged { .. }
            | Self::ItemProvided { .. }
            | Self::ItemCleared { .. } => Vec::new(),
            Self::ManualPunch { at, .. } => vec![at.date_naive()],
            Self::PunchVoided { punch: VoidedPunch::Read { local, .. }, .. } => vec![local.date()],
            Self::AbsenceRevoked { .. }
            | Self::PunchConfirmed { .. }
            | Self::Undone { .. }
            | Self::PunchVoided { .. } => {
                let found = self.target().and_then(|of| earlier(entries, of));
                return found.map_or_else(Vec::new, |(entry, before)| entry.kind.months(before));
            }
        };
        let mut months: Vec<Month> = dates.into_iter().map(Month::of).collect();
        months.sort_unstable();
        months.dedup();
        months
    }
}

/// An entry, and those before it. An entry speaks of earlier ones only: a search among them ends.
fn earlier(entries: &[Entry], of: EntryId) -> Option<(&Entry, &[Entry])> {
    let index = entries.iter().position(|entry| entry.id == of)?;
    Some((entries.get(index)?, entries.get(..index)?))
}

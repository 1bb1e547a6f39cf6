//! What may be said of a malfunction as it stands, and why something may not.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::super::civil;
use super::{Change, Event, Expected, Malfunction, Step};

/// Clocks of two machines differ a little: so much later than now is still now.
const NOW: TimeDelta = TimeDelta::minutes(1);

/// An expected end is less than so many years after the beginning: what lies later is a typing error.
const LONGEST: u32 = 10;

/// Why something was not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such malfunction.
    #[error("there is no malfunction {0}")]
    Unknown(u32),
    /// It was taken back as a mistake.
    #[error("malfunction {0} was entered by mistake and taken back: it is none")]
    Withdrawn(u32),
    /// It is over already.
    #[error("malfunction {0} is over already")]
    Closed(u32),
    /// It has not happened yet.
    #[error("that time has not come yet")]
    Future,
    /// It cannot end before it began.
    #[error("malfunction {0} began later than that")]
    BeforeItBegan(u32),
    /// Nobody expects an end before the beginning.
    #[error("a malfunction cannot be expected to be over before it begins")]
    ExpectedBefore,
    /// No fault of an office lasts so long.
    #[error("a malfunction cannot be expected to last more than {LONGEST} years")]
    ExpectedLate,
    /// Nothing of it would change.
    #[error("nothing about malfunction {0} would change")]
    Nothing(u32),
    /// Nobody is asked.
    #[error("malfunction {0} needs no confirmation: {1}")]
    NoLeave(u32, &'static str),
    /// Nothing is left to take back.
    #[error("nothing of malfunction {0} is left to take back")]
    NothingToUndo(u32),
}

impl Refusal {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Unknown(_) | Self::Withdrawn(_) => "`timbra malfunction list` shows them",
            Self::Closed(_) => {
                "`timbra malfunction undo N` takes the end back; a new fault gets a new number"
            }
            Self::Future => "write a time that has passed, as \"2026-11-03 08:10\"",
            Self::BeforeItBegan(_) => "`timbra malfunction show N` says since when",
            Self::ExpectedBefore | Self::ExpectedLate => {
                "--expected is when it should be over, as 2026-11-03 or \"2026-11-03 14:00\""
            }
            Self::Nothing(_) => "say what is new: --kind, --systems, --expected or --reported-at",
            Self::NoLeave(..) => "`timbra malfunction show N` says who was told, and when",
            Self::NothingToUndo(_) => "`timbra malfunction show N` shows what was entered",
        }
    }
}

/// The last event of a malfunction that has not been taken back, out of all of its events.
pub fn last_standing(events: &[Event]) -> Option<&Event> {
    let undone = super::undone(events);
    let stands = |event: &&Event| !matches!(event.step, Step::Undone { .. }) && !undone.contains(&event.id);
    events.iter().rfind(stands)
}

/// Refuses a step that makes no sense for a malfunction as it stands; an opening has none yet. `zone` is
/// that of the host, by whose clocks an end is expected.
pub fn check(
    number: u32,
    known: Option<&Malfunction>,
    step: &Step,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<(), Refusal> {
    let past = |at: DateTime<Utc>| if at > now + NOW { Err(Refusal::Future) } else { Ok(()) };
    if let Step::Opened(opening) = step {
        past(opening.from)?;
        return opening.expected.map_or(Ok(()), |expected| expect(expected, opening.from, zone));
    }
    let known = known.ok_or(Refusal::Unknown(number))?;
    if known.withdrawn {
        return Err(Refusal::Withdrawn(number));
    }
    match step {
        Step::Updated(change) if !changes(known, change) => Err(Refusal::Nothing(number)),
        Step::Updated(Change { expected: Some(Some(expected)), .. }) => expect(*expected, known.from, zone),
        Step::Restored { .. } if known.to.is_some() => Err(Refusal::Closed(number)),
        Step::Restored { at, .. } if *at < known.from => Err(Refusal::BeforeItBegan(number)),
        Step::Restored { at, .. } | Step::Reported { at } | Step::Reopened { at } => past(*at),
        Step::Confirmed if !known.detected => Err(Refusal::NoLeave(number, "a person declared it")),
        Step::Confirmed if known.confirmed => Err(Refusal::NoLeave(number, "it has one")),
        Step::Opened(_) | Step::Updated(_) | Step::Confirmed | Step::Undone { .. } => Ok(()),
    }
}

/// Refuses an expected end that makes no sense for a fault since `from`.
fn expect(expected: Expected, from: DateTime<Utc>, zone: Tz) -> Result<(), Refusal> {
    let begun = civil::local_time(&from, zone);
    let is_before = match expected.time {
        Some(time) => time.on(expected.date) < begun,
        None => expected.date < begun.date(),
    };
    if is_before {
        return Err(Refusal::ExpectedBefore);
    }
    let years = expected.date.years_since(begun.date()).unwrap_or(0);
    if years < LONGEST { Ok(()) } else { Err(Refusal::ExpectedLate) }
}

fn changes(known: &Malfunction, change: &Change) -> bool {
    change.kind.is_some_and(|kind| kind != known.kind)
        || change.systems.as_ref().is_some_and(|systems| *systems != known.systems)
        || change.expected.is_some_and(|expected| expected != known.expected)
}

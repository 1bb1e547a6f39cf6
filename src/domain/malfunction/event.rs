//! What was said of a malfunction, one event after the other. Append-only.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::super::civil::TimeOfDay;
use super::super::ids::{AgreementId, ReaderId};
use super::MalfunctionKind;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3, ... over all malfunctions.
    pub id: u64,
    /// The malfunction.
    pub number: u32,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// The system user, or the program.
    pub author: String,
    /// The person for whom it was entered.
    pub for_person: Option<String>,
    /// The message on which it rests.
    pub reference: Option<String>,
    /// What it says.
    pub step: Step,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There is a fault.
    Opened(Opening),
    /// Something is known better.
    Updated(Change),
    /// It is over.
    Restored {
        /// Since then.
        at: DateTime<Utc>,
        /// The daemon saw it; else a person says it.
        detected: bool,
    },
    /// It began again so soon that it is the same.
    Reopened {
        /// Then.
        at: DateTime<Utc>,
    },
    /// The employee told the home manager (art. 2 c. 6, first sentence).
    Reported {
        /// Then.
        at: DateTime<Utc>,
    },
    /// The home offices may be told of what the daemon found.
    Confirmed,
    /// An earlier event was a mistake.
    Undone {
        /// That one.
        of: u64,
    },
}

impl Step {
    /// The word of the store and of JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened(_) => "opened",
            Self::Updated(_) => "updated",
            Self::Restored { .. } => "restored",
            Self::Reopened { .. } => "reopened",
            Self::Reported { .. } => "reported",
            Self::Confirmed => "confirmed",
            Self::Undone { .. } => "undone",
        }
    }
}

/// The facts with which a malfunction begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// "tipologia"
    pub kind: MalfunctionKind,
    /// "sistemi informatici coinvolti"
    pub systems: String,
    /// "tempi previsti"; none: not known.
    pub expected: Option<Expected>,
    /// When it began.
    pub from: DateTime<Utc>,
    /// The agreements concerned; empty: all whose term it touches.
    pub agreements: Vec<AgreementId>,
    /// What the daemon watches to know whether it lasts.
    pub cause: Option<Cause>,
    /// The daemon found it.
    pub detected: bool,
}

/// What is known better. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// Another kind.
    pub kind: Option<MalfunctionKind>,
    /// Other systems.
    pub systems: Option<String>,
    /// Another expected resolution; none inside: it is not known any more.
    pub expected: Option<Option<Expected>>,
}

/// When a malfunction should be over: a day, and perhaps an hour of it, by the clocks of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// The day.
    pub date: NaiveDate,
    /// The hour; none: in the course of the day.
    pub time: Option<TimeOfDay>,
}

impl Expected {
    /// True when it should have been over by a time of the host's clocks.
    pub fn has_passed(self, now: NaiveDateTime) -> bool {
        match self.time {
            Some(time) => now > time.on(self.date),
            None => now.date() > self.date,
        }
    }
}

/// `2026-11-05`, `2026-11-05 12:00`
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date)?;
        self.time.iter().try_for_each(|time| write!(f, " {time}"))
    }
}

impl FromStr for Expected {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "write a day like 2026-11-05, or with its hour \"2026-11-05 12:00\"";
        let (date, time) = match text.split_once([' ', 'T']) {
            Some((date, time)) => (date, Some(TimeOfDay::parse(time).ok_or(wrong)?)),
            None => (text, None),
        };
        let date = date.parse().ok().filter(|_| date.len() == 10);
        Ok(Self { date: date.ok_or(wrong)?, time })
    }
}

/// What the daemon watches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A reader: its port, or its folder.
    Reader(ReaderId),
    /// A reader that brings nothing.
    Silence(ReaderId),
    /// The time that a reader writes.
    ReaderClock(ReaderId),
    /// The time of the machine.
    Clock,
    /// The way out of mail.
    Mail,
}

impl Cause {
    /// The reader it is about.
    pub fn reader(&self) -> Option<&ReaderId> {
        match self {
            Self::Reader(reader) | Self::Silence(reader) | Self::ReaderClock(reader) => Some(reader),
            Self::Clock | Self::Mail => None,
        }
    }
}

/// `reader ingresso`, `silence of ingresso`, `clock of ingresso`, `clock`, `mail`
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reader(reader) => write!(f, "reader {reader}"),
            Self::Silence(reader) => write!(f, "silence of {reader}"),
            Self::ReaderClock(reader) => write!(f, "clock of {reader}"),
            Self::Clock => f.write_str("clock"),
            Self::Mail => f.write_str("mail"),
        }
    }
}

impl FromStr for Cause {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let of = |start: &str| text.strip_prefix(start).and_then(|name| ReaderId::new(name).ok());
        match text {
            "clock" => Some(Self::Clock),
            "mail" => Some(Self::Mail),
            _ => of("reader ")
                .map(Self::Reader)
                .or_else(|| of("silence of ").map(Self::Silence))
                .or_else(|| of("clock of ").map(Self::ReaderClock)),
        }
        .ok_or(())
    }
}

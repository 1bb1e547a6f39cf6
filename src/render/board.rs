//! The notice board ("bacheca") of the personnel office: one page that says who is in today, what is to be
//! done and by when, and what has gone wrong. The same facts give the same page; it tells no reason of an
//! absence, and names of people only where the office wants them.

mod due;
mod html;
mod message;
mod sections;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

use crate::domain::agreement::Agreement;
use crate::domain::alarm::Alarm;
use crate::domain::delivery::State;
use crate::domain::host::Host;
use crate::domain::malfunction::Malfunction;
use crate::domain::month_days::MonthDay;
use crate::domain::release::Release;
use crate::domain::whereabouts::Whereabouts;

pub use due::Due;

/// What the page shows. All civil times are by the clocks of the host.
#[derive(Debug)]
pub struct Board<'a> {
    /// The office.
    pub host: &'a Host,
    /// The day of which it speaks.
    pub today: NaiveDate,
    /// Coworkers appear by their names; else by the names of their agreements alone.
    pub names: bool,
    /// No letter leaves before a person says so: the store came out of a backup.
    pub held: bool,
    /// The alarms that stand, each with the time at which it was raised, if it was.
    pub alarms: Vec<(Option<NaiveDateTime>, Alarm)>,
    /// Those whose term holds today, in the order of their agreements.
    pub present: Vec<Present<'a>>,
    /// Days that somebody can do something about.
    pub open_days: Vec<(&'a Agreement, Vec<MonthDay>)>,
    /// What falls due.
    pub due: Vec<Due>,
    /// The messages that are not settled.
    pub messages: Vec<Waiting>,
    /// The malfunctions that last, or wait for a person.
    pub malfunctions: Vec<Fault>,
}

/// One coworker today.
#[derive(Debug)]
pub struct Present<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// Where they are.
    pub whereabouts: Whereabouts,
    /// The punch that says so.
    pub since: Option<DateTime<FixedOffset>>,
    /// How far the readers are known.
    pub known: Known,
}

/// How far the readers of an agreement have told what they saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// One of them has delivered nothing yet.
    Never,
    /// Up to then.
    Until(NaiveDateTime),
    /// All of them are read as they see.
    Now,
}

/// A message that is not settled.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its number.
    pub id: i64,
    /// What it is, as the store says: `statement`, `notice`, `report`, ..
    pub kind: String,
    /// The agreement.
    pub agreement: String,
    /// The month, `YYYY-MM`.
    pub period: String,
    /// Where it stands.
    pub state: State,
    /// How it leaves.
    pub release: Release,
    /// The agreed day.
    pub deadline: NaiveDate,
}

/// A malfunction as the office should see it.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What is known of it.
    pub malfunction: Malfunction,
    /// When it began.
    pub from: NaiveDateTime,
    /// It waits for a person's leave before the home offices hear of it.
    pub waits: bool,
    /// It was expected to be over by now.
    pub overdue: bool,
}

impl Board<'_> {
    /// The page; `at` is when it was written, and the one thing on it that changes by itself.
    pub fn html(&self, at: NaiveDateTime) -> String {
        html::page(self, at)
    }

    /// How an agreement is called.
    fn label(&self, agreement: &Agreement) -> String {
        if self.names {
            format!("{} - {}", agreement.id, super::page::name(agreement))
        } else {
            agreement.id.to_string()
        }
    }
}

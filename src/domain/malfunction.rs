//! Malfunctions ("malfunzionamenti", art. 2 c. 6): one fault, one number. What was said of each stands
//! in its events, in order; what holds now is their fold.

mod event;
mod kind;
mod month;
mod notice;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::agreement::Agreement;
use super::ids::AgreementId;

pub use event::{Cause, Change, Event, Expected, Opening, Step};
pub use kind::MalfunctionKind;
pub use month::{MonthMalfunction, of_month};
pub use notice::{Earlier, Matter, Next, Sent, next};
pub use refusal::{Refusal, check, last_standing};

/// A malfunction as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malfunction {
    /// 1, 2, 3, ... of this host.
    pub number: u32,
    /// "tipologia"
    pub kind: MalfunctionKind,
    /// "sistemi informatici coinvolti", in a few words.
    pub systems: String,
    /// "tempi previsti"; none: nobody knows yet.
    pub expected: Option<Expected>,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When it was restored; none while it lasts.
    pub to: Option<DateTime<Utc>>,
    /// The agreements concerned; empty: all whose term it touches.
    pub agreements: Vec<AgreementId>,
    /// What the daemon watches to know whether it lasts.
    pub cause: Option<Cause>,
    /// The daemon found it; else a person declared it.
    pub detected: bool,
    /// A person has said that the home offices may be told of what the daemon found.
    pub confirmed: bool,
    /// When the employee told the home manager, as far as is known.
    pub reported_at: Option<DateTime<Utc>>,
    /// How often it began: more than once when it flaps.
    pub outages: u32,
    /// It was entered by mistake: there was none.
    pub withdrawn: bool,
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// Who entered it.
    pub author: String,
    /// It was restored by a person's word, whatever the daemon sees of it.
    pub closed_by_hand: bool,
    /// When something was last said of it.
    pub changed_at: DateTime<Utc>,
}

impl Malfunction {
    /// True while it lasts.
    pub fn is_open(&self) -> bool {
        self.to.is_none() && !self.withdrawn
    }

    /// True when it concerns an agreement: it was named, or nobody was and the fault touches its term.
    /// `day` gives the civil day of an instant.
    pub fn concerns(&self, agreement: &Agreement, day: impl Fn(DateTime<Utc>) -> chrono::NaiveDate) -> bool {
        let named = self.agreements.is_empty() || self.agreements.contains(&agreement.id);
        let over = self.to.is_some_and(|to| day(to) < agreement.term.start);
        named && !over && day(self.from) <= agreement.term.end
    }

    /// True when the home offices may be told of it. `needs_leave`: of what the daemon found, only
    /// once a person has confirmed it.
    pub fn may_be_told(&self, needs_leave: bool) -> bool {
        !needs_leave || !self.detected || self.confirmed
    }

    fn opened(event: &Event, opening: &Opening) -> Self {
        Self {
            number: event.number,
            kind: opening.kind,
            systems: opening.systems.clone(),
            expected: opening.expected,
            from: opening.from,
            to: None,
            agreements: opening.agreements.clone(),
            cause: opening.cause.clone(),
            detected: opening.detected,
            confirmed: false,
            reported_at: None,
            outages: 1,
            withdrawn: false,
            entered_at: event.at,
            author: event.author.clone(),
            closed_by_hand: false,
            changed_at: event.at,
        }
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Opened(_) | Step::Undone { .. } => (),
            Step::Updated(change) => {
                self.kind = change.kind.unwrap_or(self.kind);
                if let Some(systems) = &change.systems {
                    systems.clone_into(&mut self.systems);
                }
                self.expected = change.expected.unwrap_or(self.expected);
            }
            Step::Restored { at, detected } => {
                self.to = Some(*at);
                self.closed_by_hand = !detected;
            }
            Step::Reopened { .. } => {
                self.to = None;
                self.closed_by_hand = false;
                self.outages += 1;
            }
            Step::Reported { at } => self.reported_at = Some(*at),
            Step::Confirmed => self.confirmed = true,
        }
    }
}

/// The events that later ones take back.
fn undone<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeSet<u64> {
    let taken_back = |event: &Event| match event.step {
        Step::Undone { of } => Some(of),
        _ => None,
    };
    events.into_iter().filter_map(taken_back).collect()
}

/// What holds of each malfunction, by number. Events in the order of entering.
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeMap<u32, Malfunction> {
    let events: Vec<&Event> = events.into_iter().collect();
    let undone = undone(events.iter().copied());
    let mut all: BTreeMap<u32, Malfunction> = BTreeMap::new();
    for event in events {
        let stands = !undone.contains(&event.id);
        if let Step::Opened(opening) = &event.step {
            let malfunction = Malfunction { withdrawn: !stands, ..Malfunction::opened(event, opening) };
            all.entry(event.number).or_insert(malfunction);
        } else if let Some(malfunction) = all.get_mut(&event.number) {
            malfunction.changed_at = event.at;
            if stands {
                malfunction.apply(&event.step);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;

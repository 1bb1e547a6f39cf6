//! Who held which badge: the badges of the agreement, and what the register says of them.

use chrono::NaiveDate;

use crate::domain::agreement::Term;
use crate::domain::badge::BadgeHolding;

use super::{Badge, Entry};

/// How a badge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeEnd {
    /// It was given back.
    Returned,
    /// It was lost.
    Lost,
}

impl BadgeEnd {
    /// The word of the kind of entry.
    pub fn word(self) -> &'static str {
        match self {
            Self::Returned => "badge_returned",
            Self::Lost => "badge_lost",
        }
    }
}

/// A badge in the employee's hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<'a> {
    /// Which one, from when to when.
    pub holding: BadgeHolding,
    /// The entry by which it was issued; none when the agreement names it.
    pub issued: Option<&'a Entry>,
    /// The entry by which it ended; none when it ends with the agreement.
    pub ended: Option<&'a Entry>,
}

/// The badges of one agreement, in the order in which they were named.
#[derive(Debug, Clone, Default)]
pub(super) struct Badges<'a>(Vec<Held<'a>>);

impl<'a> Badges<'a> {
    pub(super) fn of(holdings: &[BadgeHolding]) -> Self {
        let named = |holding: &BadgeHolding| Held { holding: holding.clone(), issued: None, ended: None };
        Self(holdings.iter().map(named).collect())
    }

    pub(super) fn all(&self) -> &[Held<'a>] {
        &self.0
    }

    /// The number is theirs from a day to the end of the term.
    pub(super) fn issue(&mut self, badge: &Badge, from: NaiveDate, term: Term, entry: &'a Entry) {
        let Badge { number, reader } = badge.clone();
        let holding = BadgeHolding { number, reader, valid_from: from, valid_to: term.end };
        self.0.push(Held { holding, issued: Some(entry), ended: None });
    }

    /// The number is theirs for the last time. False when it was not on that day.
    pub(super) fn end(&mut self, number: &str, on: NaiveDate, entry: &'a Entry) -> bool {
        let mut found = false;
        for held in self.0.iter_mut().filter(|held| is_held(&held.holding, number, on)) {
            held.holding.valid_to = on;
            held.ended = Some(entry);
            found = true;
        }
        found
    }

    /// No badge outlives the term; one that would begin after it never was theirs.
    pub(super) fn cut(&mut self, last_day: NaiveDate, by: &'a Entry) {
        for held in self.0.iter_mut().filter(|held| held.holding.valid_to > last_day) {
            held.holding.valid_to = last_day;
            held.ended = Some(by);
        }
        self.0.retain(|held| held.holding.valid_from <= held.holding.valid_to);
    }
}

/// True when a number is held on a day, at whatever reader.
pub(super) fn is_held(holding: &BadgeHolding, number: &str, on: NaiveDate) -> bool {
    holding.number == number && (holding.valid_from..=holding.valid_to).contains(&on)
}

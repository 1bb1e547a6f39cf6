//! What is checked when the agreement itself is to change: its badges, its term, its profile; and what
//! is noted beside the days: contests, the checklist.

use chrono::NaiveDate;

use crate::domain::badge::BadgeHolding;

use super::checks::{LONG_BEFORE, Proposal, within_term};
use super::held::is_held;
use super::{Badge, Facts, Kind, Refusal};

impl Proposal<'_> {
    pub(super) fn check_change(&self, facts: &Facts<'_>) -> Result<(), Refusal> {
        match &self.entry.kind {
            Kind::BadgeIssued { badge, from } => check_issue(facts, badge, *from),
            Kind::BadgeEnded { number, on, .. } => self.check_end(facts, number, *on),
            Kind::BadgeReplaced { old, new, on } => {
                self.check_end(facts, old, *on)?;
                check_issue(facts, new, *on)
            }
            Kind::Withdrawn { last_day } => {
                if let Some(entry) = facts.withdrawal() {
                    return Err(Refusal::WithdrawnAlready(entry.id));
                }
                let start = facts.term().start;
                if *last_day < start {
                    return Err(Refusal::WithdrawnBeforeStart(*last_day, start));
                }
                within_term(facts, *last_day)
            }
            Kind::ProfileChanged { profile, from } => {
                within_term(facts, *from)?;
                let same = facts.profile_changes().find(|(day, name, _)| day == from && name == profile);
                same.map_or(Ok(()), |(_, _, entry)| Err(Refusal::SameProfile(profile.clone(), entry.id)))
            }
            Kind::ContestOpened { date } => {
                within_term(facts, *date)?;
                if *date > self.today() {
                    return Err(Refusal::DayToCome(*date));
                }
                facts.contested(*date).map_or(Ok(()), |entry| Err(Refusal::ContestedAlready(*date, entry.id)))
            }
            Kind::ContestClosed { date } => {
                facts.contested(*date).map(|_| ()).ok_or(Refusal::NotContested(*date))
            }
            Kind::ItemProvided { on, .. } => {
                let term = facts.term();
                let plausible = (term.start - LONG_BEFORE..=term.end).contains(on);
                if plausible { Ok(()) } else { Err(Refusal::OutOfTerm(*on, term.start, term.end)) }
            }
            Kind::ItemCleared { item } => {
                facts.provided(*item).map(|_| ()).ok_or(Refusal::NotProvided(*item))
            }
            _ => Ok(()),
        }
    }

    fn check_end(&self, facts: &Facts<'_>, number: &str, on: NaiveDate) -> Result<(), Refusal> {
        let mut own = facts.badges().iter().map(|held| &held.holding).filter(|held| held.number == number);
        let Some(first) = own.next() else {
            return Err(Refusal::BadgeUnknown(number.to_owned(), self.agreement.id.clone()));
        };
        if is_held(first, number, on) || own.any(|held| is_held(held, number, on)) {
            return Ok(());
        }
        Err(Refusal::BadgeNotHeld(number.to_owned(), on))
    }

    /// Every badge that is held on more days than before must be nobody else's on them.
    pub(super) fn check_badges(&self, before: &Facts<'_>, after: &Facts<'_>) -> Result<(), Refusal> {
        let was = |holding: &BadgeHolding| before.badges().iter().any(|held| held.holding == *holding);
        for held in after.badges().iter().filter(|held| !was(&held.holding)) {
            if let Some((agreement, other)) = self
                .others
                .iter()
                .find(|(_, other)| other.clashes(&held.holding) && is_news(before, &held.holding, other))
            {
                return Err(Refusal::BadgeHeld { badge: other.clone(), by: agreement.clone() });
            }
        }
        Ok(())
    }
}

/// False where the two clashed before already: what ends now must not wait for that.
fn is_news(before: &Facts<'_>, holding: &BadgeHolding, other: &BadgeHolding) -> bool {
    let mut own = before.badges().iter().map(|held| &held.holding);
    !own.any(|held| held.number == holding.number && held.clashes(other))
}

fn check_issue(facts: &Facts<'_>, badge: &Badge, from: NaiveDate) -> Result<(), Refusal> {
    within_term(facts, from)?;
    let Badge { number, reader } = badge.clone();
    let new = BadgeHolding { number, reader, valid_from: from, valid_to: facts.term().end };
    let own = facts.badges().iter().find(|held| held.holding.clashes(&new));
    own.map_or(Ok(()), |held| Err(Refusal::BadgeHeldAlready(held.holding.clone())))
}

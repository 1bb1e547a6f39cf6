//! What `timbra status` says of the agreements beside their months: notes, and badges in two hands.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::badge::BadgeHolding;
use crate::domain::checklist::Item;
use crate::domain::register::Facts;
use crate::store::{Store, StoreError};

/// Nothing to act on at once: what is missing of the checklist once the term has begun, contested days.
pub(super) fn notes(store: &Store, config: &Config, today: NaiveDate) -> Result<Vec<String>, StoreError> {
    let current: Vec<&Agreement> =
        config.agreements.iter().filter(|agreement| agreement.term.contains(today)).collect();
    let registers =
        store.registers_of(&config.agreements.iter().map(|agreement| &agreement.id).collect::<Vec<_>>())?;
    let facts =
        |agreement: &Agreement| Facts::of(agreement, registers.get(&agreement.id).map_or(&[], Vec::as_slice));
    let mut notes = Vec::new();
    for agreement in current {
        let facts = facts(agreement);
        let missing = Item::ALL.into_iter().filter(|item| facts.provided(*item).is_none()).map(Item::code);
        let missing: Vec<&str> = missing.collect();
        if !missing.is_empty() {
            let id = &agreement.id;
            notes.push(format!("{id}: not noted as there: {} (`timbra checklist {id}`)", missing.join(", ")));
        }
    }
    for agreement in &config.agreements {
        let days: Vec<String> = facts(agreement).contests().map(|day| day.to_string()).collect();
        if !days.is_empty() {
            notes.push(format!("{}: contested by the employee: {}", agreement.id, days.join(", ")));
        }
    }
    Ok(notes)
}

/// Badges that two agreements hold on the same days: a file was changed after the register.
pub(super) fn clashes(config: &Config) -> Vec<String> {
    let mut by_number: HashMap<&str, Vec<(&Agreement, &BadgeHolding)>> = HashMap::new();
    let mut clashes = Vec::new();
    for agreement in &config.agreements {
        for badge in &agreement.badges {
            let known = by_number.entry(&badge.number).or_default();
            for (other, held) in
                known.iter().filter(|(other, held)| other.id != agreement.id && held.clashes(badge))
            {
                clashes.push(format!(
                    "badge {} is held in `{}` and in `{}` on the same days: `timbra badge show` tells since when",
                    held.number, other.id, agreement.id
                ));
            }
            known.push((agreement, badge));
        }
    }
    clashes
}

//! The agreements as the register has changed them: a badge issued by it counts as one of the file does.

use std::borrow::Cow;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::ids::AgreementId;
use crate::domain::register::{self, Entry};
use crate::store::{Registers, Store, StoreError};

/// A configuration with the terms, badges and profiles that hold now. Where the register changes none
/// it is the configuration itself.
pub fn config<'a>(store: &Store, config: &'a Config) -> Result<Cow<'a, Config>, StoreError> {
    let mut current = with(config, &store.changed_registers()?);
    if let Some(forgotten) = forgotten(store, config)? {
        current.to_mut().agreements.retain(|agreement| !forgotten.contains(&agreement.id));
    }
    Ok(current)
}

/// The agreements whose file is still there though all their contents were forgotten: nothing is due for
/// them any more. A later term under the same name is another one. None when there are none.
pub fn forgotten(store: &Store, config: &Config) -> Result<Option<Vec<AgreementId>>, StoreError> {
    let purged = store.purged()?;
    let is_over = |agreement: &&Agreement| {
        purged.get(agreement.id.as_str()).is_some_and(|before| agreement.term.end < *before)
    };
    let forgotten: Vec<AgreementId> =
        config.agreements.iter().filter(is_over).map(|agreement| agreement.id.clone()).collect();
    Ok((!forgotten.is_empty()).then_some(forgotten))
}

/// The same with the registers that change something.
pub fn with<'a>(config: &'a Config, registers: &Registers) -> Cow<'a, Config> {
    if !config.agreements.iter().any(|agreement| registers.contains_key(&agreement.id)) {
        return Cow::Borrowed(config);
    }
    let mut current = config.clone();
    for agreement in &mut current.agreements {
        let entries = registers.get(&agreement.id).map_or(&[][..], Vec::as_slice);
        if let Some(changed) = agreement_of(config, agreement, entries) {
            *agreement = changed;
        }
    }
    Cow::Owned(current)
}

/// One agreement with some entries of its register; none when they leave it as it is.
pub fn agreement_of(config: &Config, agreement: &Agreement, entries: &[Entry]) -> Option<Agreement> {
    register::in_force(agreement, entries, |name| config.profile(name).map(|profile| (*profile).clone()))
}

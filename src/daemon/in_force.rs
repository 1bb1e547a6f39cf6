//! The agreements as the register has changed them: a badge issued by it counts as one of the file does.

use std::borrow::Cow;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::register::{self, Entry};
use crate::store::{Registers, Store, StoreError};

/// A configuration with the terms, badges and profiles that hold now. Where the register changes none
/// it is the configuration itself.
pub fn config<'a>(store: &Store, config: &'a Config) -> Result<Cow<'a, Config>, StoreError> {
    Ok(with(config, &store.changed_registers()?))
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

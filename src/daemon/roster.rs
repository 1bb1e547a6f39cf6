//! Who holds which badge now, for all tasks of a daemon: badges are issued while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::Config;
use crate::domain::holders::Holders;
use crate::store::{Store, StoreError};

use super::in_force;

/// The badges that are held, by configuration and register.
#[derive(Debug)]
pub struct Roster {
    config: Arc<Config>,
    /// The last entry of the register that is in it, and the badges.
    known: RwLock<(i64, Arc<Holders>)>,
}

impl Roster {
    /// The badges that the agreements name; those of the register once it is refreshed.
    pub fn of(config: &Arc<Config>) -> Self {
        let holders = Arc::new(Holders::new(&config.agreements));
        Self { config: Arc::clone(config), known: RwLock::new((0, holders)) }
    }

    /// Takes in what was entered since. Cheap when nothing was.
    pub fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        let last = store.marks()?.register;
        if self.known.read().unwrap_or_else(PoisonError::into_inner).0 == last {
            return Ok(());
        }
        let holders = Holders::new(&in_force::config(store, &self.config)?.agreements);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = (last, Arc::new(holders));
        Ok(())
    }

    /// The badges.
    pub fn holders(&self) -> Arc<Holders> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner).1)
    }
}

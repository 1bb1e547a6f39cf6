//! What `timbra status` says of the daemon: whether it runs, since when, and when it last gave a sign.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::life::{self, Life};
use crate::store::{Store, StoreError, StoreLock};

use super::status_readers::shown;

/// The daemon, as far as can be seen from here.
pub(super) struct DaemonLine {
    zone: Tz,
    /// None: nobody can say, for want of permission.
    runs: Option<bool>,
    /// Why nobody can say, where a person can change that.
    hindrance: Option<String>,
    life: Option<Life>,
    last_sign: Option<DateTime<Utc>>,
}

impl DaemonLine {
    pub(super) fn of(store: &Store, config: &Config) -> Result<Self, StoreError> {
        let held = StoreLock::is_held(&config.store_folder);
        Ok(Self {
            zone: config.host.zone,
            hindrance: match &held {
                Err(error @ StoreError::NoLock(_)) => Some(error.to_string()),
                _ => None,
            },
            runs: held.ok(),
            life: life::last(store)?,
            last_sign: store.clock_looks()?.0.map(|look| look.wall),
        })
    }

    /// What needs a person: one that was not stopped ought to run.
    pub(super) fn attention(&self) -> Option<String> {
        if self.hindrance.is_some() {
            return self.hindrance.clone();
        }
        let Some(Life::Runs { since }) = self.life.filter(|_| self.runs == Some(false)) else { return None };
        let (since, sign) = (shown(self.zone, Some(since)), shown(self.zone, self.last_sign));
        Some(format!(
            "the daemon is dead: it ran since {since}, and nobody stopped it; its last sign: {sign}. `systemctl status \
             timbra` tells more, `systemctl start timbra` starts it"
        ))
    }

    pub(super) fn text(&self) -> String {
        let sign = shown(self.zone, self.last_sign);
        let at = |at| shown(self.zone, Some(at));
        let said = match (self.runs, self.life) {
            (Some(true), Some(Life::Runs { since })) => {
                format!("runs since {}, last sign {sign}", at(since))
            }
            (Some(true), _) => format!("runs, last sign {sign}"),
            (Some(false), Some(Life::Runs { since })) => {
                format!("DEAD: it ran since {}, last sign {sign}", at(since))
            }
            (Some(false), Some(Life::Stopped { at: since })) => {
                format!("does not run: it was stopped on {}", at(since))
            }
            (Some(false), None) => "has never run on this store".to_owned(),
            (None, _) if self.hindrance.is_some() => format!("cannot be seen; last sign {sign}"),
            (None, _) => format!("cannot be seen by this user; last sign {sign}"),
        };
        format!("DAEMON\n  {said}\n")
    }

    pub(super) fn json(&self) -> Value {
        let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&self.zone).to_rfc3339());
        let (since, stopped) = match self.life {
            Some(Life::Runs { since }) => (Some(since), None),
            Some(Life::Stopped { at }) => (None, Some(at)),
            None => (None, None),
        };
        json!({
            "running": self.runs, "since": instant(since), "stopped_at": instant(stopped),
            "last_sign": instant(self.last_sign),
        })
    }
}

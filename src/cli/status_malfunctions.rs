//! The malfunctions part of `timbra status`: those that last, and those that wait for a person.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::config::Config;
use crate::domain::civil;
use crate::domain::malfunction::Malfunction;
use crate::store::{Store, StoreError};

use super::malfunction_output as output;

/// What there is to show.
pub(super) struct Malfunctions {
    shown: Vec<Malfunction>,
    text: String,
    objects: Vec<Value>,
    now: chrono::NaiveDateTime,
    needs_leave: bool,
}

impl Malfunctions {
    pub(super) fn of(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let needs_leave = config.malfunction.needs_leave;
        let mut shown: Vec<Malfunction> = store.malfunctions()?.into_values().collect();
        shown.retain(|one| !one.withdrawn && (one.is_open() || !one.may_be_told(needs_leave)));
        Ok(Self {
            text: output::list(&shown, config, false),
            objects: shown.iter().map(|one| output::object(one, config)).collect(),
            shown,
            now: civil::local_time(&now, config.host.zone),
            needs_leave,
        })
    }

    /// What needs a person.
    pub(super) fn attention(&self) -> Vec<String> {
        let mut needs = Vec::new();
        for one in &self.shown {
            let number = one.number;
            if !one.may_be_told(self.needs_leave) {
                needs.push(format!(
                    "malfunction {number} waits for a person: `timbra malfunction confirm {number}`, or `undo {number}`"
                ));
                continue;
            }
            needs.push(match one.expected {
                Some(expected) if expected.has_passed(self.now) => format!(
                    "malfunction {number} was expected to be over by {expected}: `timbra malfunction close {number}`, or \
                     `update {number} --expected ..`"
                ),
                _ => format!("malfunction {number} lasts: {}, {}", one.kind.code(), one.systems),
            });
        }
        needs
    }

    pub(super) fn text(&self) -> String {
        let lines = if self.shown.is_empty() { "  none\n" } else { &self.text };
        format!("MALFUNCTIONS\n{lines}")
    }

    pub(super) fn json(&self) -> &[Value] {
        &self.objects
    }
}

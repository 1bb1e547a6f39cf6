//! The alarms part of `timbra status`: what stands in the store, and what ought to stand now by the
//! calendar, so that a dead daemon shows too.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::config::Config;
use crate::daemon::vigil;
use crate::domain::alarm::{Alarm, Level};
use crate::store::{Store, StoreError};

/// The alarms that stand or ought to, the gravest first.
pub(super) fn alarms(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Vec<Alarm>, StoreError> {
    let mut alarms = vigil::standing(store, config, now)?;
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.level));
    Ok(alarms)
}

/// Those that need a person, as lines.
pub(super) fn attention(alarms: &[Alarm]) -> impl Iterator<Item = String> {
    alarms
        .iter()
        .filter(|alarm| alarm.level >= Level::Orange)
        .map(|alarm| format!("{} alarm: {}", alarm.level.code(), alarm.text))
}

pub(super) fn text(alarms: &[Alarm]) -> String {
    let mut text = String::from("ALARMS\n");
    for alarm in alarms {
        text += &format!("  {:<8} {:<12} {}\n", alarm.level.code(), alarm.kind.code(), alarm.subject);
    }
    if alarms.is_empty() {
        text += "  none\n";
    }
    text
}

pub(super) fn json(alarms: &[Alarm]) -> Vec<Value> {
    let object = |alarm: &Alarm| {
        json!({
            "level": alarm.level.code(), "kind": alarm.kind.code(), "subject": alarm.subject,
            "message": alarm.message, "text": alarm.text,
        })
    };
    alarms.iter().map(object).collect()
}

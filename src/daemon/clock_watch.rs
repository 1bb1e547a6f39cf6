//! The wall clock, watched: a month is closed only while it can be believed.

use chrono::{DateTime, Utc};
use tracing::{error, info};

use crate::config::Config;
use crate::domain::alarm::AlarmKind;
use crate::domain::clock_guard::{Look, Trust, judge};
use crate::domain::delivery::words;
use crate::store::{Store, StoreError};

use super::time_server;

/// What can be said of the wall clock now. Once a person has said that the clock is right, only a jump
/// speaks against it.
pub fn trust(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Trust, StoreError> {
    let (last, latest) = store.clock_looks()?;
    let trust = judge(last.as_ref(), latest, &Look::at(now));
    let is_doubtful =
        trust == Trust::Sound && store.clock_confirmation()?.is_none() && !time_server::may_keep(config);
    Ok(if is_doubtful { Trust::Unkept } else { trust })
}

/// The same; a sound look is remembered, any other raises an alarm.
pub(super) fn watch(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<Trust, StoreError> {
    let trust = trust(store, config, now)?;
    if let Some(alarm) = words::clock_not_sound(trust) {
        if store.raise_alarm(&alarm, now)? {
            error!(?trust, "the clock of this machine makes no sense; no month is closed until it does");
        }
    } else {
        store.keep_clock_look(&Look::at(now), None)?;
        if store.clear_alarms(AlarmKind::Clock, words::CLOCK, now)? > 0 {
            store.cover_until_now(now)?;
            info!("the clock of this machine is right again");
        }
    }
    Ok(trust)
}

/// A person, the system user `author`, says that the clock is right now, whatever it showed before.
pub fn confirm(store: &mut Store, author: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    store.keep_clock_look(&Look::at(now), Some(author))?;
    store.clear_alarms(AlarmKind::Clock, words::CLOCK, now)?;
    store.cover_until_now(now)
}

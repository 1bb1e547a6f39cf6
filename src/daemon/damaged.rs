//! Months that cannot be computed because a punch of theirs is damaged: told until they can be. All other
//! agreements go on without them.

use chrono::{DateTime, Utc};
use tracing::error;

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::alarm::AlarmKind;
use crate::domain::civil;
use crate::domain::delivery::words;
use crate::domain::month::Month;
use crate::store::{Store, StoreError};

use super::compute::Gathered;

/// Months that go on.
const RUNNING: &str = "damaged before its end";

/// Months whose statement has not been made.
pub(super) const WAITING: &str = "damaged";

/// Months that were sent, and may have changed.
pub(super) const SENT: &str = "damaged since it was sent";

/// Looks for damage in the months that go on, for once a day: before their end there is time to restore.
pub(super) fn look(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<(), StoreError> {
    let today = civil::local_time(&now, config.host.zone).date();
    let agreements: Vec<&Agreement> =
        config.agreements.iter().filter(|agreement| agreement.term.contains(today)).collect();
    let gathered = Gathered::of(store, config, &agreements, Month::of(today))?;
    let damaged = agreements.into_iter().filter(|agreement| gathered.is_damaged(agreement));
    let found: Vec<String> =
        damaged.map(|agreement| format!("{} {}", agreement.id, Month::of(today))).collect();
    tell(store, (RUNNING, &found), now)
}

/// Tells of each such month, as `roma-01 2026-10`, once while it lasts; those of the same kind that are not among
/// them any more are over.
pub(super) fn tell(
    store: &mut Store,
    (kind, found): (&str, &[String]),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for raised in store.alarms()? {
        let alarm = &raised.alarm;
        let stands = || found.iter().any(|what| words::statement_subject(what) == alarm.subject);
        if alarm.kind == AlarmKind::Policy && alarm.occasion == kind && !stands() {
            store.end_alarm(raised.id, now)?;
        }
    }
    for what in found {
        if store.raise_alarm(&words::damaged_punch(what, kind), now)? {
            error!(
                "{what}: a punch cannot be read, and the month is not computed; the others are. `timbra verify` names it: \
                 stop timbra and restore the last backup"
            );
        }
    }
    Ok(())
}

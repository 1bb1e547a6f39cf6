//! Whether mail can leave at all, as the courier last found it.

use chrono::{DateTime, Utc};

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::words::MAILBOX;
use crate::store::{Store, StoreError};

/// Since when nobody answers on the way out.
const FACT: &str = "mail_down_since";

/// Nobody answers.
pub(super) fn note(store: &mut Store, now: DateTime<Utc>) -> Result<(), StoreError> {
    if store.fact(FACT)?.is_none() {
        store.keep_fact(FACT, Some(&now.to_rfc3339()))?;
    }
    Ok(())
}

/// A message has left.
pub(super) fn over(store: &mut Store) -> Result<(), StoreError> {
    store.keep_fact(FACT, None)
}

/// Since when no mail leaves; none when it does, as far as anybody tried.
pub(super) fn since(store: &Store) -> Result<Option<DateTime<Utc>>, StoreError> {
    if !store.has_untransmitted()? {
        return Ok(None);
    }
    let noted = store.fact(FACT)?.and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let refused = store.alarms()?.into_iter().filter(|raised| {
        matches!(raised.alarm.kind, AlarmKind::Login | AlarmKind::Tls) && raised.alarm.subject == MAILBOX
    });
    Ok(refused.map(|raised| raised.at).chain(noted).min())
}

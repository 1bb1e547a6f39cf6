//! Whether a registration can be that of a document: only what the protocol office sends is registered
//! by it, and not before it was sealed. A registration is final, so that an error in it would stay.

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::Config;
use crate::domain::civil;
use crate::domain::protocol::Protocol;
use crate::domain::release::Release;
use crate::store::{Store, StoreError};

/// Why a registration is not that of a message. Told after the number of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRegistered {
    /// It leaves by this program.
    #[error("never went through the protocol office: it leaves as `release = \"{0}\"` says")]
    Release(&'static str),
    /// There was nothing to register yet.
    #[error("was sealed on {sealed}: it cannot have been registered on {date}, before that")]
    Early {
        /// The day of the registration.
        date: NaiveDate,
        /// The day on which it was sealed.
        sealed: NaiveDate,
    },
    /// That day has not come.
    #[error("cannot have been registered on {0}: that day is still to come")]
    Future(NaiveDate),
}

impl NotRegistered {
    /// The same for the people of the protocol office.
    pub fn italian(&self) -> String {
        let day = |date: &NaiveDate| date.format("%d/%m/%Y");
        match self {
            Self::Release(_) => "il documento non passa per l'ufficio protocollo".to_owned(),
            Self::Early { date, sealed } => format!(
                "la data {} è anteriore al documento, che è del {}: correggere la data",
                day(date),
                day(sealed)
            ),
            Self::Future(date) => format!("la data {} è nel futuro: correggere la data", day(date)),
        }
    }
}

/// Why a registration cannot be that of a message; none when it can, or when there is no such message.
pub fn refusal(
    store: &Store,
    config: &Config,
    id: i64,
    protocol: &Protocol,
    now: DateTime<Utc>,
) -> Result<Option<NotRegistered>, StoreError> {
    let Some(row) = store.outbox_row(id)? else { return Ok(None) };
    if row.release != Release::External {
        return Ok(Some(NotRegistered::Release(row.release.code())));
    }
    let Some(date) = protocol.date else { return Ok(None) };
    let local = |at: &DateTime<Utc>| civil::local_time(at, config.host.zone).date();
    if date > local(&now) {
        return Ok(Some(NotRegistered::Future(date)));
    }
    let sealed = store.outbox_events(id)?.first().map(|event| local(&event.at));
    Ok(sealed.filter(|sealed| date < *sealed).map(|sealed| NotRegistered::Early { date, sealed }))
}

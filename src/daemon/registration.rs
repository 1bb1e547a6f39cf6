//! Whether what the protocol office gives back is of a document: only what it sends is registered by it,
//! not before it was sealed, and under the name of the very package that it was handed. A registration is
//! final, so that an error in it would stay.

use chrono::{DateTime, NaiveDate, Utc};

use crate::config::Config;
use crate::domain::civil;
use crate::domain::delivery::State;
use crate::domain::protocol::Protocol;
use crate::domain::release::Release;
use crate::domain::statement::StatementNumber;
use crate::hex;
use crate::store::{OutboxRow, SentStatement, Store, StoreError};

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

/// What the transition to the protocol office says before the name of the package.
pub(super) const HANDED: &str = "handed to the protocol office as ";

/// How much of a message's SHA-256 stands in the name of its package, in bytes.
const MARK: usize = 4;

/// The name of a document's package, `n12-2026-3fa91c07`. A number alone is not enough: a store that comes
/// out of a backup gives the numbers of documents that left since then to others.
pub(super) fn package_name(number: StatementNumber, sha256: &[u8]) -> String {
    format!("{}-{}", number.name(), hex::lower(sha256.get(..MARK).unwrap_or(sha256)))
}

/// The name under which a message was handed over, or will be: older versions named packages by the
/// number alone.
pub(super) fn package_of(store: &Store, id: i64, number: StatementNumber) -> Result<String, StoreError> {
    let events = store.outbox_events(id)?;
    let mut handed = events.iter().rev().filter(|event| event.state == State::HandedOut);
    if let Some(name) = handed.find_map(|event| event.detail.strip_prefix(HANDED)) {
        return Ok(name.to_owned());
    }
    let sealed = events.iter().find(|event| event.state == State::Sealed);
    Ok(package_name(number, sealed.and_then(|event| event.evidence.as_deref()).unwrap_or_default()))
}

/// The messages that wait to be handed to the protocol office, each with its package.
pub fn waiting(store: &Store) -> Result<Vec<(OutboxRow, String)>, StoreError> {
    let statements = store.statements()?;
    let mut waiting = Vec::new();
    for row in store.outbox_sealed()?.into_iter().filter(|row| row.release == Release::External) {
        let of_row = |sent: &&SentStatement| sent.messages.iter().any(|message| message.0 == row.id);
        if let Some(statement) = statements.iter().find(of_row) {
            let package = package_of(store, row.id, statement.number)?;
            waiting.push((row, package));
        }
    }
    Ok(waiting)
}

/// True when a file is named as what belongs to a package: `n12-2026-3fa91c07.protocollo`.
pub(super) fn is_of_package(file: &str, package: &str) -> bool {
    let rest = file.split_at_checked(package.len()).filter(|(start, _)| start.eq_ignore_ascii_case(package));
    rest.is_some_and(|(_, rest)| rest.starts_with(['.', '-', '_', ' ']))
}

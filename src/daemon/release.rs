//! Sealed documents that somebody must let go: an officer's approval, and what happens without it.

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::config::Config;
use crate::domain::delivery::State;
use crate::domain::release::Release;
use crate::store::{Store, StoreError};

/// Why a message was not approved or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReleased {
    /// There is none.
    #[error("there is no message {0}")]
    Unknown(i64),
    /// Not everybody may.
    #[error("{0} may not approve statements")]
    NoOfficer(String),
    /// It leaves in another way.
    #[error("message {0} needs no approval: it leaves as `release = \"{1}\"` says")]
    Other(i64, &'static str),
    /// It does not wait any more.
    #[error("message {0} is {1}: it waits for nothing")]
    State(i64, &'static str),
}

/// An officer lets a sealed message go.
pub fn approve(
    store: &mut Store,
    config: &Config,
    (id, author): (i64, &str),
    now: DateTime<Utc>,
) -> Result<Result<(), NotReleased>, StoreError> {
    if !config.release.officers.iter().any(|officer| officer == author) {
        return Ok(Err(NotReleased::NoOfficer(author.to_owned())));
    }
    let Some(row) = store.outbox_row(id)? else { return Ok(Err(NotReleased::Unknown(id))) };
    if row.release != Release::Approve {
        return Ok(Err(NotReleased::Other(id, row.release.code())));
    }
    let moved = row.state == State::Sealed
        && store.move_message(id, State::Due, Some(now), &format!("approved by {author}"), now)?;
    if moved {
        return Ok(Ok(()));
    }
    // somebody else was faster: where it stands now says what became of it
    let state = store.outbox_row(id)?.map_or(row.state, |row| row.state);
    Ok(Err(NotReleased::State(id, state.word())))
}

/// Takes back a message that has not left. For its recipient it never existed.
pub fn withdraw(
    store: &mut Store,
    (id, author, why): (i64, &str, &str),
    now: DateTime<Utc>,
) -> Result<Result<(), NotReleased>, StoreError> {
    let Some(row) = store.outbox_row(id)? else { return Ok(Err(NotReleased::Unknown(id))) };
    let detail = format!("withdrawn by {author}: {why}");
    let moved = store.move_message(id, State::Cancelled, None, &detail, now)?;
    Ok(if moved { Ok(()) } else { Err(NotReleased::State(id, row.state.word())) })
}

/// Lets go what nobody approved in time, where that was configured when it was sealed. Returns how
/// many messages, and when the next one's time comes.
pub fn fall_back(store: &mut Store, now: DateTime<Utc>) -> Result<(u32, Option<DateTime<Utc>>), StoreError> {
    let (mut released, mut next) = (0, None::<DateTime<Utc>>);
    for row in store.outbox_sealed()? {
        let Some(at) = row.release_at.filter(|_| row.release == Release::Approve) else { continue };
        if at > now {
            next = Some(next.map_or(at, |next| next.min(at)));
        } else if store.move_message(
            row.id,
            State::Due,
            Some(now),
            "nobody approved it in time: it leaves at the last safe moment",
            now,
        )? {
            let (id, agreement, month) = (row.id, &row.agreement, &row.period);
            warn!(id, agreement, month, "nobody approved this message in time; it leaves now, as configured");
            released += 1;
        }
    }
    Ok((released, next))
}

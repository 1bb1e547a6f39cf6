//! A statement or an amendment that somebody sends now.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;
use crate::store::{ByHand, Closed, Store, StoreError};

use super::amendments::{Replacement, replace};
use super::comparison::examine;
use super::compute;
use super::post;
use super::seal::{self, Document};
use super::sent::{self, SentMonth};

/// Why it was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The month goes on.
    #[error("{0} is not over yet")]
    NotOver(Month),
    /// Nothing of the kind is to be sent.
    #[error("{0} is none of the months that this agreement reports")]
    NotReported(Month),
    /// No statement was agreed for such a month.
    #[error("{0} has no coworking day, and the agreement asks for no statement of such a month (`nil`)")]
    Empty(Month),
    /// It left, and nothing has changed.
    #[error("nothing has changed since statement n. {0} was made: there is nothing to send")]
    Same(StatementNumber),
    /// What it would replace is still here.
    #[error("statement n. {number} has not left yet: message {message} of the outbox")]
    Waiting {
        /// Its number.
        number: StatementNumber,
        /// Its message.
        message: i64,
    },
    /// The change did not come with data.
    #[error(
        "{cells} cells of statement n. {number} differ since the configuration or the program changed, not only \
         by punches or entries"
    )]
    NeedsReason {
        /// Its number.
        number: StatementNumber,
        /// How much differs.
        cells: u32,
    },
    /// There is nothing to compare with.
    #[error("the data file of statement n. {0} cannot be read")]
    Unreadable(StatementNumber),
    /// Somebody else was faster.
    #[error("it was sent at this very moment by somebody else")]
    Before,
    /// It could not be made.
    #[error("the statement could not be made into a message: {0}")]
    Failed(String),
}

impl NotSent {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotOver(_) => Some("`timbra statement` shows it as it stands"),
            Self::NotReported(_) => Some("the term and `first_month` of the agreement say which are"),
            Self::Waiting { .. } => {
                Some("what changes until then is in one amendment; `timbra outbox withdraw ID` takes it back")
            }
            Self::NeedsReason { .. } => {
                Some("put the configuration back, or say why it should be sent: --why \"...\"")
            }
            Self::Failed(_) => Some("mend the configuration"),
            Self::Empty(_) | Self::Same(_) | Self::Unreadable(_) | Self::Before => None,
        }
    }
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentByHand {
    /// Its number.
    pub number: StatementNumber,
    /// The number of what it replaces.
    pub replaces: Option<StatementNumber>,
}

/// Sends a month now: its first statement, whatever is open, or what has changed since the last one.
pub fn send(
    store: &mut Store,
    config: &Config,
    (agreement, month): (&Agreement, Month),
    by: ByHand,
    now: DateTime<Utc>,
) -> Result<Result<SentByHand, NotSent>, StoreError> {
    let statements = store.statements_since(&month.to_string())?;
    let sent = sent::by_key(&statements);
    let sent = sent.get(&(agreement.id.as_str(), month));
    // what left before a withdrawal cut the term short is amended all the same
    let in_term = sent.is_some() || agreement.term.months().any(|other| other == month);
    if !in_term || month < agreement.statement.first_month {
        return Ok(Err(NotSent::NotReported(month)));
    }
    if !post::has_ended(config, month, now) {
        return Ok(Err(NotSent::NotOver(month)));
    }
    match sent {
        Some(sent) => again(store, config, (agreement, month), sent, by, now),
        None => first(store, config, (agreement, month), by, now),
    }
}

fn first(
    store: &mut Store,
    config: &Config,
    (agreement, month): (&Agreement, Month),
    by: ByHand,
    now: DateTime<Utc>,
) -> Result<Result<SentByHand, NotSent>, StoreError> {
    store.expect_late(month)?;
    let (days, complete) = super::comparison::computed(store, config, agreement, month)?;
    if days.is_empty() && !agreement.statement.nil {
        return Ok(Err(NotSent::Empty(month)));
    }
    let document = Document {
        agreement,
        month,
        revision: 1,
        days,
        complete,
        amendment: None,
        deadline: post::schedule(config, agreement, month).deadline,
        by_hand: Some(by),
    };
    Ok(ended(seal::close(store, config, document, now)?, None))
}

fn again(
    store: &mut Store,
    config: &Config,
    (agreement, month): (&Agreement, Month),
    sent: &SentMonth<'_>,
    by: ByHand,
    now: DateTime<Utc>,
) -> Result<Result<SentByHand, NotSent>, StoreError> {
    let number = sent.last.number;
    if let Some(message) = sent.last.waiting() {
        return Ok(Err(NotSent::Waiting { number, message }));
    }
    let changed = examine(store, config, agreement, (month, sent), now)?;
    if let Some(changed) = changed.filter(|changed| changed.drift.held && by.why.is_none()) {
        return Ok(Err(NotSent::NeedsReason { number, cells: changed.cells }));
    }
    Ok(match replace(store, config, agreement, month, sent, Some(by), now)? {
        Replacement::Damaged => return Err(compute::damaged(agreement, month)),
        Replacement::Same => Err(NotSent::Same(number)),
        Replacement::Unreadable => Err(NotSent::Unreadable(number)),
        Replacement::Closed(closed) => ended(closed, sent.living.map(|living| living.number)),
    })
}

fn ended(closed: Closed<String>, replaces: Option<StatementNumber>) -> Result<SentByHand, NotSent> {
    match closed {
        Closed::Now(number) => Ok(SentByHand { number, replaces }),
        Closed::Before => Err(NotSent::Before),
        Closed::Failed(reason) => Err(NotSent::Failed(reason)),
    }
}

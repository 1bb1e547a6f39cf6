//! Months that were sent and have changed since.

use chrono::{DateTime, Utc};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::month::Month;
use crate::domain::statement::StatementNumber;
use crate::store::Drifted;

use super::sent::SentMonth;

/// A month that no longer computes to what was sent.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The agreement.
    pub agreement: String,
    /// The month.
    pub month: Month,
    /// The number of what was sent.
    pub number: StatementNumber,
    /// The store's number of it.
    pub statement: i64,
    /// What differs, and since when.
    pub drifted: Drifted,
    /// When the amendment leaves by itself; none when a person must send it.
    pub leaves_at: Option<DateTime<Utc>>,
    /// The message that must leave first.
    pub waits_for: Option<i64>,
    /// Who took its amendment back, and why: the next one leaves when more changes, or by hand.
    pub withdrawn: Option<String>,
}

/// What a comparison finds.
#[derive(Debug, Default)]
pub struct Compared {
    /// The months that no longer compute to what was sent.
    pub changed: Vec<Changed>,
    /// Those that cannot be computed since a punch of theirs is damaged, as `roma-01 2026-10`.
    pub damaged: Vec<String>,
}

impl Changed {
    pub(super) fn new(
        config: &Config,
        (agreement, month): (&str, Month),
        sent: &SentMonth<'_>,
        drifted: Drifted,
    ) -> Self {
        Self {
            agreement: agreement.to_owned(),
            month,
            number: sent.last.number,
            statement: sent.last.id,
            drifted,
            leaves_at: drifted.drift.leaves_at(&config.statement.amend),
            waits_for: sent.last.waiting(),
            withdrawn: None,
        }
    }
}

/// Tells the journal of a month that has changed.
pub(super) fn tell(config: &Config, changed: &Changed) {
    let Changed { agreement, month, number, drifted, leaves_at, .. } = changed;
    let cells = drifted.cells;
    match leaves_at {
        Some(at) => {
            let leaves_at = at.with_timezone(&config.host.zone).to_rfc3339();
            info!(agreement, %month, %number, cells, leaves_at, "the month has changed since it was sent; an amendment leaves unless it changes back");
        }
        None if drifted.drift.held => {
            error!(agreement, %month, %number, cells, "the configuration or the program has changed, and with it a month that was sent; put it back, or send an amendment: `timbra send {agreement} {month} --why ..`");
        }
        None => {
            warn!(agreement, %month, %number, cells, "the month has changed since it was sent; send an amendment: `timbra send {agreement} {month}`");
        }
    }
}

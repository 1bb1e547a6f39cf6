//! What the personnel office was reminded of by mail.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::domain::ids::AgreementId;
use crate::domain::month::Month;

use super::new_message::{self, NewMessage};
use super::{Store, StoreError, commit};

/// What was told of one month of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reminded {
    /// Each item.
    pub items: BTreeSet<String>,
    /// When the last of them was told.
    pub last: Option<DateTime<Utc>>,
}

impl Store {
    /// What was told of a month.
    pub fn reminded(&self, agreement: &AgreementId, month: Month) -> Result<Reminded, StoreError> {
        let sql = "SELECT item, at FROM reminded WHERE agreement = ?1 AND month = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query((agreement.as_str(), month.to_string()))?;
        let mut reminded = Reminded::default();
        while let Some(row) = rows.next()? {
            reminded.items.insert(row.get(0)?);
            reminded.last = reminded.last.max(DateTime::from_timestamp(row.get(1)?, 0));
        }
        Ok(reminded)
    }

    /// Queues a reminder and notes what it tells, both or neither. `make` gets the number of the
    /// reminder within its month: 1, 2, ...
    pub fn queue_reminder<E>(
        &mut self,
        (agreement, month): (&AgreementId, Month),
        items: &BTreeSet<String>,
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<i64, E>, StoreError> {
        let transaction = self.write()?;
        let about = ("reminder", agreement, month);
        let id = match new_message::enqueue_next(&transaction, about, now, make)? {
            Ok(id) => id,
            Err(error) => return Ok(Err(error)),
        };
        for item in items {
            transaction.execute(
                "INSERT INTO reminded (agreement, month, item, outbox, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING",
                (agreement.as_str(), month.to_string(), item, id, now.timestamp()),
            )?;
        }
        commit(transaction)?;
        Ok(Ok(id))
    }
}

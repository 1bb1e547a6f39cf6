//! What the home contacts were told of single days.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::anomaly::Anomaly;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;

use super::new_message::{self, NewMessage};
use super::{Store, StoreError, commit};

/// Something that is told once: the agreement, the day, what is wrong with it.
pub type DigestItem = (AgreementId, NaiveDate, Anomaly);

impl Store {
    /// What was told of days from a date on. What could not leave was not told.
    pub fn digested_since(&self, date: NaiveDate) -> Result<BTreeSet<DigestItem>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT digested.agreement, date, anomaly FROM digested JOIN outbox ON outbox.id = outbox
             WHERE date >= ?1 AND state <> 'cancelled'",
        )?;
        let mut rows = statement.query([date.to_string()])?;
        let mut told = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let (agreement, date, code): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let anomaly = Anomaly::ALL.iter().copied().find(|anomaly| anomaly.code() == code);
            let known = AgreementId::new(&agreement).ok().zip(date.parse().ok()).zip(anomaly);
            told.extend(known.map(|((agreement, date), anomaly)| (agreement, date, anomaly)));
        }
        Ok(told)
    }

    /// When a recipient was last told something.
    pub fn last_digest(&self, recipient: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(at) FROM digested JOIN outbox ON outbox.id = outbox
             WHERE digested.recipient = ?1 AND state <> 'cancelled'",
        )?;
        let seconds: Option<i64> = statement.query_row([recipient], |row| row.get(0))?;
        Ok(seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
    }

    /// Queues a digest under an agreement and a month, and notes what it tells, both or neither. `make`
    /// gets its number within them: 1, 2, ...
    pub fn queue_digest<E>(
        &mut self,
        (agreement, month): (&AgreementId, Month),
        (recipient, items): (&str, &[DigestItem]),
        now: DateTime<Utc>,
        make: impl FnOnce(u32) -> Result<NewMessage, E>,
    ) -> Result<Result<i64, E>, StoreError> {
        let transaction = self.write()?;
        let about = ("digest", agreement, month);
        let id = match new_message::enqueue_next(&transaction, about, now, make)? {
            Ok(id) => id,
            Err(error) => return Ok(Err(error)),
        };
        for (agreement, date, anomaly) in items {
            transaction.execute(
                "INSERT INTO digested (outbox, agreement, date, anomaly, recipient, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (id, agreement.as_str(), date.to_string(), anomaly.code(), recipient, now.timestamp()),
            )?;
        }
        commit(transaction)?;
        Ok(Ok(id))
    }
}

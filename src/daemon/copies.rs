//! A copy of each statement for the coworker who wants one: an ordinary letter, made once the statement
//! has left. Nothing of the statement waits for it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tracing::{error, info};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::State;
use crate::domain::month::Month;
use crate::mail::{NamedPart, named_parts};
use crate::render::{Attachment, copy_letter};
use crate::store::{NewMessage, SentStatement, StatementKey, Store, StoreError};

use super::sealing::{Sealing, seal_letter};

/// Who asks for copies from now on gets none of statements that are older than that.
const RECENT: TimeDelta = TimeDelta::days(35);

/// A statement has left when somebody else has taken it on.
const LEFT: [State; 3] = [State::SmtpAccepted, State::PecAccepted, State::Delivered];

/// A statement whose copy is to be made.
struct Owed<'a> {
    agreement: &'a Agreement,
    month: Month,
    sent: SentStatement,
    /// Its message that has left.
    message: i64,
}

impl Owed<'_> {
    fn key(&self) -> StatementKey<'_> {
        let (revision, year) = (self.sent.revision, self.sent.number.year);
        StatementKey { agreement: &self.agreement.id, month: self.month, revision, year }
    }
}

/// True when a copy is to be made.
pub fn are_owed(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    Ok(!owed(store, config, now)?.is_empty())
}

fn owed<'a>(store: &Store, config: &'a Config, now: DateTime<Utc>) -> Result<Vec<Owed<'a>>, StoreError> {
    let wanting: Vec<&Agreement> =
        config.agreements.iter().filter(|agreement| agreement.employee.copy).collect();
    let mut owed = Vec::new();
    // most offices send none: then nothing is asked of the store
    let statements = if wanting.is_empty() { Vec::new() } else { store.statements()? };
    for sent in statements.into_iter().filter(|sent| now - sent.generated_at < RECENT) {
        let agreement = wanting.iter().find(|agreement| agreement.id.as_str() == sent.agreement);
        let left = sent.messages.iter().find(|(_, _, state)| LEFT.contains(state)).map(|(id, _, _)| *id);
        let (Some(agreement), Some(month), Some(message)) = (agreement, Month::parse(&sent.month), left)
        else {
            continue;
        };
        let copy = Owed { agreement, month, sent, message };
        if !store.has_copy(&copy.key())? {
            owed.push(copy);
        }
    }
    Ok(owed)
}

/// Queues the copies of statements that have left. Returns how many.
pub fn send_copies(store: &mut Store, config: &Config, now: DateTime<Utc>) -> Result<u32, StoreError> {
    let mut queued = 0;
    for copy in owed(store, config, now)? {
        let files = store.outbox_message(copy.message)?.map(|bytes| named_parts(&bytes));
        let (agreement, month) = (&copy.agreement.id, copy.month);
        let data = store.statement_data(copy.sent.id)?.unwrap_or_default();
        match seal(config, &copy, ordinal(&data), files.unwrap_or_default(), now) {
            Ok(message) => {
                let message = store.queue_copy(&copy.key(), &message, now)?;
                info!(%agreement, %month, message, "a copy of the statement is queued for the employee");
                queued += 1;
            }
            Err(reason) => error!(%agreement, %month, reason, "the copy could not be made into a message"),
        }
    }
    Ok(queued)
}

/// Which amendment of its month a statement is, by its data; none of one that amends nothing.
fn ordinal(data: &[u8]) -> Option<u64> {
    let statement: Value = serde_json::from_slice(data).ok()?;
    statement["amendment"]["ordinal"].as_u64()
}

fn seal(
    config: &Config,
    copy: &Owed<'_>,
    amendment: Option<u64>,
    files: Vec<NamedPart>,
    now: DateTime<Utc>,
) -> Result<NewMessage, String> {
    let Owed { agreement, month, ref sent, .. } = *copy;
    let recipient = agreement.employee.email.as_deref().ok_or("employee.email is missing")?;
    let pages = files.into_iter().filter(|file| file.media_type == "application/pdf");
    let pages =
        pages.map(|file| Attachment { name: file.name, media_type: "application/pdf", bytes: file.bytes });
    let today = civil::local_time(&now, config.host.zone).date();
    let letter =
        copy_letter(agreement, &config.host, (month, sent.number, today), amendment, pages.collect());
    let document = format!("copia-{}", sent.number.name());
    let sealing = Sealing {
        kind: "copy",
        about: (&agreement.id, month),
        document: &document,
        revision: sent.revision,
        channel: ChannelKind::Email,
        recipient,
        deadline: now + RECENT,
    };
    seal_letter(config, &letter, &sealing, now)
}

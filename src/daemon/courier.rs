//! The outbox on its way: claims what is due, hands it over, writes down what happened. The policy
//! (when to try again) is the domain's; the dialogue is the mail room's.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::time::{Duration, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::{self, Next, Outcome, State};
use crate::mail::{Address, MailSettings, MessageId, Outgoing};
use crate::store::{AttemptEnd, OutboxMessage, OutboxRow, Store, StoreError};

use super::clock::Clock;

/// How long the courier's store waits for other writers: it shares its thread with the signals.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// How long the courier rests after the store failed.
const REST: Duration = Duration::from_secs(5);

/// Longest sleep: a clock that was set back must not put a message off for years.
const LONGEST: Duration = Duration::from_mins(15);

/// What the courier needs.
#[derive(Debug, Clone)]
pub struct Courier {
    /// The way out, password included.
    pub mail: MailSettings,
    /// This run of the daemon.
    pub boot: String,
    /// Rung when a letter was queued.
    pub queued: Arc<Notify>,
    /// Set when the daemon stops.
    pub stop: CancellationToken,
    /// The time.
    pub clock: Clock,
}

impl Courier {
    /// Carries messages until told to stop.
    pub async fn run(self, mut store: Store) {
        let mut suspended = false;
        let mut told = String::new();
        loop {
            let pause = match self.carry_due(&mut store, &mut suspended).await {
                Ok(next) => {
                    told.clear();
                    pause_until(next, suspended)
                }
                Err(error) => {
                    tell_once(&mut told, &error, "the outbox cannot be read or written; trying again");
                    REST
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.queued.notified() => (),
                () = sleep(pause) => (),
            }
        }
    }

    /// Hands over all that is due. Returns how long until something is due next.
    async fn carry_due(
        &self,
        store: &mut Store,
        suspended: &mut bool,
    ) -> Result<Option<TimeDelta>, StoreError> {
        while !*suspended && !self.stop.is_cancelled() {
            let Some(message) = store.claim_due(&self.boot, (self.clock)())? else { break };
            let alarm = self.carry(store, &message).await?;
            *suspended = alarm == Some(AlarmKind::Login);
        }
        store.next_due((self.clock)())
    }

    /// One attempt at one claimed message.
    async fn carry(
        &self,
        store: &mut Store,
        message: &OutboxMessage,
    ) -> Result<Option<AlarmKind>, StoreError> {
        let (id, clock) = (message.row.id, self.clock);
        let addresses = (Address::parse(&message.sender), Address::parse(&message.row.recipient));
        let message_id = MessageId::parse(&message.row.message_id);
        let (Ok(from), Ok(to), Ok(message_id)) = (&addresses.0, &addresses.1, &message_id) else {
            store.move_message(id, State::Blocked, None, "its stored addresses make no sense", clock())?;
            error!(id, "a message in the outbox has addresses that make no sense; it is blocked");
            return Ok(Some(AlarmKind::Blocked));
        };
        let outgoing = Outgoing { from, to, message_id, bytes: &message.bytes };
        let began_at = clock();
        let mut before_payload = || {
            let moved = store.move_message(id, State::HandingOver, None, "the text leaves now", clock());
            match moved {
                Ok(true) => Ok(()),
                Ok(false) => Err("the message was moved by somebody else".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        };
        let outcome = self.mail.transport.attempt(&outgoing, &mut before_payload).await;
        // Nobody but us knows how it ended: without this line a restart would have to doubt it.
        let mut told = String::new();
        loop {
            match self.settle(store, message, &outcome, began_at) {
                Ok(alarm) => return Ok(alarm),
                Err(error) => {
                    let what =
                        "a message was tried, but how it ended cannot be written down yet; trying again";
                    tell_once(&mut told, &error, what);
                    sleep(REST).await;
                }
            }
        }
    }

    /// Writes down how an attempt ended, and tells the journal.
    fn settle(
        &self,
        store: &mut Store,
        message: &OutboxMessage,
        outcome: &Outcome,
        began_at: DateTime<Utc>,
    ) -> Result<Option<AlarmKind>, StoreError> {
        let next = delivery::next(outcome, message.row.attempts, fastrand::f64());
        let detail = match outcome {
            Outcome::Accepted { reply } => reply.clone(),
            Outcome::NotSent(failure) => failure.to_string(),
            Outcome::Uncertain { why } => why.clone(),
        };
        let end = AttemptEnd {
            id: message.row.id,
            number: message.row.attempts,
            began_at,
            dialogue: "",
            to: next.state,
            pause: next.pause,
            detail: &detail,
        };
        store.end_attempt(&end, None, (self.clock)())?;
        tell(&message.row, &next, &detail);
        Ok(next.alarm)
    }
}

fn pause_until(next: Option<TimeDelta>, suspended: bool) -> Duration {
    let wait = next.filter(|_| !suspended).map(|wait| wait.to_std().unwrap_or_default());
    // One second at least: the store counts in seconds.
    wait.unwrap_or(LONGEST).clamp(Duration::from_secs(1), LONGEST)
}

/// Tells an error to the journal, unless it is the one told last.
fn tell_once(told: &mut String, error: &StoreError, what: &str) {
    let text = error.to_string();
    if *told != text {
        error!(%error, "{what}");
        *told = text;
    }
}

/// Tells the journal how an attempt ended.
fn tell(row: &OutboxRow, next: &Next, reason: &str) {
    let (agreement, month, attempt) = (&row.agreement, &row.period, row.attempts);
    match (next.state, next.alarm) {
        (State::SmtpAccepted, _) => {
            info!(agreement, month, message_id = row.message_id, "statement handed over");
        }
        (State::Due, None) => {
            let minutes = next.pause.map(|pause| pause.num_minutes());
            warn!(agreement, month, attempt, reason, minutes, "not handed over yet; it will be tried again");
        }
        (state, alarm) => {
            let what = match alarm {
                Some(AlarmKind::Login) => {
                    "the mail server refused the login; no mail leaves until the configuration is read anew"
                }
                Some(AlarmKind::Tls) => "the mail server cannot be trusted; nothing was sent",
                Some(AlarmKind::Doubt) => {
                    "it is not known whether the message arrived; ask the recipient, then settle it with `timbra outbox`"
                }
                _ => "the message was refused; it waits for a person",
            };
            error!(agreement, month, attempt, state = state.code(), reason, "{what}");
        }
    }
}

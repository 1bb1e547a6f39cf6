//! The outbox on its way: claims what is due, hands it over, writes down what happened. The policy
//! (when to try again) is the domain's; the dialogue is the mail room's.
//!
//! A burst goes over one connection. What is written down for one message and the claim of the next
//! are one transaction; that a text leaves is always a transaction of its own, before its first byte.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::{self, FailureClass, Next, Outcome, Phase, State, words};
use crate::mail::{Address, Attempt, Carrier, CertificateEnds, MailSettings, MessageId, Outgoing};
use crate::store::{AttemptEnd, OutboxMessage, OutboxRow, Store, StoreError, StoreLock};

use super::clock::Clock;
use super::mailbox::Account;
use super::pulse::{Pulse, Worker};
use super::{certificates, mail_down};

/// How long the courier's store waits for other writers: it shares its thread with the signals.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// How long the courier rests after the store failed.
const REST: Duration = Duration::from_secs(5);

/// Longest sleep: a clock that was set back must not put a message off for years.
const LONGEST: Duration = Duration::from_mins(15);

/// With fewer bytes free than these nothing is claimed: what room is left belongs to the badges.
pub(super) const RESERVE: u64 = 50_000_000;

/// What the courier needs.
#[derive(Debug, Clone)]
pub struct Courier {
    /// The way out, password included.
    pub mail: MailSettings,
    /// Opens the store again when it is not where it was.
    pub lock: Arc<StoreLock>,
    /// Tells when it hangs.
    pub pulse: Arc<Pulse>,
    /// This run of the daemon.
    pub boot: String,
    /// Rung when a letter was queued.
    pub queued: Arc<Notify>,
    /// Rings when an alarm was raised.
    pub alarmed: Arc<Notify>,
    /// Set when the daemon stops.
    pub stop: CancellationToken,
    /// The time.
    pub clock: Clock,
    /// True when the login was refused in an earlier run.
    pub suspended: bool,
}

/// How the way out stands.
struct Way {
    carrier: Carrier,
    /// The login was refused.
    suspended: bool,
    /// Until then nobody answers there.
    closed_until: Option<Instant>,
    /// There may be alarms about the way out that stand.
    troubled: bool,
    /// The certificates that were last noted.
    ends: CertificateEnds,
}

impl Courier {
    /// Carries messages until told to stop.
    pub async fn run(self, mut store: Store) {
        let carrier = Carrier::new(self.mail.transport.clone());
        let suspended = self.suspended;
        let ends = CertificateEnds::default();
        let mut way = Way { carrier, suspended, closed_until: None, troubled: true, ends };
        let mut told = String::new();
        loop {
            let ended = self.carry_due(&mut store, &mut way).await;
            way.carrier.close().await;
            let pause = match ended {
                Ok(next) => {
                    told.clear();
                    way.pause(next)
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
    async fn carry_due(&self, store: &mut Store, way: &mut Way) -> Result<Option<TimeDelta>, StoreError> {
        if !store.is_in_place() {
            *store = self.lock.open()?;
            store.set_patience(PATIENCE)?;
        }
        if store.letters_held()?.is_some() {
            // whoever lets them go writes into the store, which rings
            return Ok(None);
        }
        let mut claimed = None;
        while claimed.is_some() || self.may_claim(store, way)? {
            let next = match claimed.take() {
                Some(message) => Some(message),
                None => store.claim_due(&self.boot, (self.clock)())?,
            };
            let Some(message) = next else { break };
            claimed = self.carry(store, way, &message).await?;
        }
        store.next_due((self.clock)())
    }

    /// False while nothing can leave, or nothing more should.
    fn may_claim(&self, store: &mut Store, way: &Way) -> Result<bool, StoreError> {
        // where another daemon runs on the store it is that one's turn
        if way.suspended || way.is_closed() || self.stop.is_cancelled() || self.lock.keep().is_err() {
            return Ok(false);
        }
        let free = store.free_bytes()?;
        if free < RESERVE {
            store.raise_alarm(&words::disk_full(free), (self.clock)())?;
        }
        Ok(free >= RESERVE)
    }

    /// One attempt at one claimed message. Returns the next one, claimed.
    async fn carry(
        &self,
        store: &mut Store,
        way: &mut Way,
        message: &OutboxMessage,
    ) -> Result<Option<OutboxMessage>, StoreError> {
        let work = self.pulse.begin(Worker::Courier);
        let (id, clock) = (message.row.id, self.clock);
        let addresses = (Address::parse(&message.sender), Address::parse(&message.row.recipient));
        let message_id = MessageId::parse(&message.row.message_id);
        let (Ok(from), Ok(to), Ok(message_id)) = (&addresses.0, &addresses.1, &message_id) else {
            store.move_message(id, State::Blocked, None, "its stored addresses make no sense", clock())?;
            error!(id, "a message in the outbox has addresses that make no sense; it is blocked");
            return Ok(None);
        };
        let outgoing = Outgoing { from, to, message_id, bytes: &message.bytes };
        let began_at = clock();
        let mut before_payload = || {
            if !store.is_in_place() {
                return Err("the store was removed, moved or replaced".to_owned());
            }
            self.lock.keep().map_err(|error| error.to_string())?;
            match store.hand_over(id, message.row.attempts, clock()) {
                Ok(true) => Ok(()),
                Ok(false) => Err("the message was moved by somebody else".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        };
        let attempt = way.carrier.attempt(&outgoing, &mut before_payload).await;
        // Nobody but us knows how it ended: without this line a restart would have to doubt it.
        let mut told = String::new();
        loop {
            match self.settle(store, way, message, &attempt, began_at) {
                Ok(next) => return Ok(next),
                Err(error) => {
                    let what =
                        "a message was tried, but how it ended cannot be written down yet; trying again";
                    tell_once(&mut told, &error, what);
                    sleep(REST).await;
                    work.goes_on();
                }
            }
        }
    }

    /// Writes down how an attempt ended, claims the next message, tells whom it concerns.
    fn settle(
        &self,
        store: &mut Store,
        way: &mut Way,
        message: &OutboxMessage,
        attempt: &Attempt,
        began_at: DateTime<Utc>,
    ) -> Result<Option<OutboxMessage>, StoreError> {
        let row = &message.row;
        let next = delivery::next(&attempt.outcome, row.attempts, fastrand::f64());
        let detail = match &attempt.outcome {
            Outcome::Accepted { reply } => reply.clone(),
            Outcome::NotSent(failure) => failure.to_string(),
            Outcome::Uncertain { why } => why.clone(),
        };
        let brief = match &attempt.outcome {
            Outcome::NotSent(failure) => failure.without_words(),
            _ => delivery::codes(&detail),
        };
        let end = AttemptEnd {
            id: row.id,
            number: row.attempts,
            began_at,
            dialogue: &attempt.dialogue,
            to: next.state,
            pause: next.pause,
            detail: &detail,
        };
        way.note(&attempt.outcome, &next);
        let goes_on = self.may_claim(store, way)?;
        let claimed = store.end_attempt(&end, goes_on.then_some(self.boot.as_str()), (self.clock)())?;
        tell(row, &next, &words::without_addresses(&brief));
        if let Err(error) = self.alarm(store, way, row, &next, attempt, &brief) {
            warn!(%error, "an alarm cannot be written down");
        }
        Ok(claimed)
    }

    /// Raises the alarms that an attempt calls for, and ends those that it answers.
    fn alarm(
        &self,
        store: &mut Store,
        way: &mut Way,
        row: &OutboxRow,
        next: &Next,
        attempt: &Attempt,
        brief: &str,
    ) -> Result<(), StoreError> {
        let now = (self.clock)();
        if way.ends != attempt.ends {
            certificates::note(store, attempt.ends)?;
            way.ends = attempt.ends;
        }
        let what = || format!("{} {}", row.agreement, row.period);
        let alarm = match next.alarm {
            Some(AlarmKind::Login) => {
                Account::sending(&self.mail).suspend(store)?;
                words::login_refused(brief)
            }
            Some(AlarmKind::Tls) => words::not_trusted(brief),
            Some(AlarmKind::Blocked) => words::blocked(row.id, &what(), brief),
            _ => {
                if way.is_closed() {
                    way.troubled = true;
                    mail_down::note(store, now)?;
                }
                if way.troubled && next.state == State::SmtpAccepted {
                    mail_down::over(store)?;
                    for kind in [AlarmKind::Login, AlarmKind::Tls] {
                        store.clear_alarms(kind, words::MAILBOX, now)?;
                    }
                    store.clear_alarms(AlarmKind::Disk, words::DISK, now)?;
                    way.troubled = false;
                }
                return Ok(());
            }
        };
        way.troubled = true;
        if store.raise_alarm(&alarm, now)? {
            self.alarmed.notify_one();
        }
        Ok(())
    }
}

impl Way {
    /// True while nobody answers there.
    fn is_closed(&self) -> bool {
        self.closed_until.is_some_and(|until| Instant::now() < until)
    }

    /// What an attempt says of the way out itself: a server that does not answer, or cannot be
    /// trusted, fails every message alike, and one attempt is enough to know.
    fn note(&mut self, outcome: &Outcome, next: &Next) {
        self.suspended |= next.alarm == Some(AlarmKind::Login);
        let Outcome::NotSent(failure) = outcome else { return };
        let unreachable = failure.class == FailureClass::Tls
            || (failure.class == FailureClass::Transient && failure.phase <= Phase::Auth);
        if let (true, Some(Ok(pause))) = (unreachable, next.pause.map(|pause| pause.to_std())) {
            self.closed_until = Some(Instant::now() + pause);
        }
    }

    /// How long to sleep when the next message is due after `next`.
    fn pause(&self, next: Option<TimeDelta>) -> Duration {
        if self.suspended {
            return LONGEST;
        }
        let closed = self.closed_until.map(|until| until.saturating_duration_since(Instant::now()));
        let due = next.map_or(LONGEST, |wait| wait.to_std().unwrap_or_default());
        // One second at least: the store counts in seconds.
        due.max(closed.unwrap_or_default()).clamp(Duration::from_secs(1), LONGEST)
    }
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
            info!(agreement, month, message_id = row.message_id, "{} handed over", row.kind);
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
                    "it is not known whether the message arrived; it is not sent again blindly"
                }
                _ => "the message was refused; it waits for a person",
            };
            error!(agreement, month, attempt, state = state.code(), reason, "{what}");
        }
    }
}

//! What comes back: a message out of a folder or a mailbox is read, judged, kept, and applied to the
//! message of the outbox that it is about, in one transaction of the store.

mod folder;
mod imap;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};

use crate::config::{Config, ReceiptsPart};
use crate::domain::alarm::{Alarm, AlarmKind, Level};
use crate::domain::delivery::{Concern, Effect, codes, doubt, words};
use crate::mail::MessageId;
use crate::mail::receipt::{self, Anchors, Kind, Place, Receipt};
use crate::store::{Fate, MailSource, NewReceived, Reception, Store, StoreError};

use super::clock::Clock;
use super::mailbox::Account;
use super::secret;

/// Older mail is not looked at when a source is read for the first time, or anew.
const FIRST_LOOK: TimeDelta = TimeDelta::days(40);

/// For so long after the last step of a message a receipt is awaited.
const AWAITED: TimeDelta = TimeDelta::days(5);

/// The subject of a message that is no receipt is cut to so many characters.
const SUBJECT: usize = 100;

/// What the tasks that collect receipts share.
#[derive(Debug)]
pub(super) struct Receiving {
    config: Arc<Config>,
    anchors: Option<Anchors>,
    stop: CancellationToken,
    clock: Clock,
}

/// The names of the sources of the configuration in the store.
pub(super) fn sources(part: &ReceiptsPart) -> Vec<String> {
    let folder = part.folder.as_deref().map(folder::name);
    folder.into_iter().chain(part.imap.as_ref().map(|imap| imap::name(&imap.settings))).collect()
}

/// Starts a task for each source of the configuration.
pub(super) fn spawn(
    config: &Arc<Config>,
    store: &mut Store,
    tasks: &TaskTracker,
    (stop, clock): (CancellationToken, Clock),
    reloaded: bool,
) -> Result<(), StoreError> {
    let part = &config.receipts;
    if !part.has_source() {
        return Ok(());
    }
    let anchors = match part.ca_file.as_deref().map(authorities).transpose() {
        Ok(anchors) => anchors,
        Err(reason) => {
            // without them everything would look forged, or nothing
            let text =
                format!("le ricevute non vengono lette: receipts.ca_file non è utilizzabile ({reason})");
            error!(reason, "no receipts are fetched: receipts.ca_file cannot be used");
            store.raise_alarm(&Alarm::of(AlarmKind::Receipts, Level::Orange, "ca_file", text), clock())?;
            return Ok(());
        }
    };
    store.clear_alarms(AlarmKind::Receipts, "ca_file", clock())?;
    let receiving = Arc::new(Receiving { config: Arc::clone(config), anchors, stop, clock });
    if let Some(path) = &part.folder {
        tasks.spawn(folder::watch(Arc::clone(&receiving), path.clone()));
    }
    if let Some(imap) = &part.imap {
        match secret::with_imap_password(imap) {
            Ok(settings) => {
                let suspended = Account::receiving(&settings).is_suspended(store, reloaded, clock)?;
                let place = if imap.require_signature { Place::File } else { Place::Mailbox };
                tasks.spawn(imap::poll(receiving, settings, place, suspended));
            }
            Err(reason) => {
                error!(reason, "no receipts are fetched from the mailbox");
                let text = format!("nessuna ricevuta viene letta dalla casella: {reason}");
                let alarm = Alarm::of(AlarmKind::Receipts, Level::Orange, "password", text);
                store.raise_alarm(&alarm, clock())?;
                return Ok(());
            }
        }
    }
    store.clear_alarms(AlarmKind::Receipts, "password", clock())?;
    Ok(())
}

/// The authorities in a file.
pub fn authorities(path: &Path) -> Result<Anchors, String> {
    let pem = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Anchors::from_pem(&pem).map_err(|reason| format!("{}: {reason}", path.display()))
}

/// Takes one message: reads it, judges it by where it was found, keeps it and applies it.
pub fn take(
    store: &mut Store,
    anchors: Option<&Anchors>,
    place: Place,
    found: (&str, Option<&str>),
    raw: &[u8],
    now: DateTime<Utc>,
) -> Result<Reception, StoreError> {
    let receipt = receipt::read(raw, anchors);
    keep(store, (&receipt, place), found, (raw, None), now)
}

/// True for what can say something of a message that was sent: a receipt, a bounce, a refusal by a protocol
/// desk, or what claims to be one of them.
pub(super) fn tells_of_a_message(raw: &[u8]) -> bool {
    let receipt = receipt::read(raw, None);
    let is_mail = matches!(receipt.kind, Kind::Envelope(_) | Kind::None);
    !is_mail || receipt.exception.is_some() || !receipt.claims.is_empty()
}

/// The same for one that the protocol office gives back for a message: it sent that message from its own
/// mailbox under an id of its own, so that only the recipient tells whether it can be about it.
pub(super) fn take_about(
    store: &mut Store,
    (anchors, place): (Option<&Anchors>, Place),
    found: (&str, Option<&str>),
    (raw, about): (&[u8], &str),
    now: DateTime<Utc>,
) -> Result<Reception, StoreError> {
    let mut receipt = receipt::read(raw, anchors);
    if receipt.effect.is_some_and(|effect| effect != Effect::Contested) {
        receipt.sender = None;
    }
    keep(store, (&receipt, place), found, (raw, Some(about)), now)
}

fn keep(
    store: &mut Store,
    (receipt, place): (&Receipt, Place),
    (source, name): (&str, Option<&str>),
    (raw, about): (&[u8], Option<&str>),
    now: DateTime<Utc>,
) -> Result<Reception, StoreError> {
    let judged = receipt.judge(place);
    let mut references = references(receipt);
    references.extend(about);
    let is_ours = |id: &str| MessageId::parse(id).is_ok();
    let is_mail = matches!(receipt.kind, Kind::Envelope(_) | Kind::None);
    let subject: Option<String> =
        receipt.subject.as_ref().filter(|_| is_mail).map(|subject| subject.chars().take(SUBJECT).collect());
    let new = NewReceived {
        source,
        name,
        own_id: receipt.own_id.as_deref(),
        sha256: Sha256::digest(raw).into(),
        sent_at: receipt.date.map(|date| date.to_utc()),
        kind: receipt.kind.code(),
        from: receipt.from.as_deref(),
        subject: subject.as_deref(),
        message_id: receipt.message_id.as_deref(),
        is_ours: receipt.message_id.as_deref().into_iter().chain(references.iter().copied()).any(is_ours),
        identifier: receipt.identifier.as_deref(),
        sender: receipt.sender.as_deref(),
        recipients: receipt.recipients.iter().map(|to| (to.address.as_str(), to.certified)).collect(),
        error: receipt.error.as_deref(),
        detail: receipt.detail.as_deref(),
        at: receipt.at,
        signature: receipt.signature.verdict.code(),
        certificate: receipt.signature.certificate.as_deref(),
        trusted: judged.trusted,
        effect: judged.effect,
        unclear: receipt.notice == Some(receipt::Notice::Unclear),
        concern: judged.concern,
        why: &judged.why,
        references,
        raw,
    };
    let reception = store.receive(&new, now)?;
    tell(&reception, receipt);
    Ok(reception)
}

/// The ids under which the message may be known that a message without a receipt is about.
fn references(receipt: &Receipt) -> Vec<&str> {
    let claimed = receipt.claims.iter().filter_map(|claim| claim.message_id.as_deref());
    let refused = receipt.exception.iter().flat_map(|exception| &exception.references);
    claimed.chain(refused.map(String::as_str)).collect()
}

/// Tells the journal, without what a provider says: that stays in the store.
fn tell(reception: &Reception, receipt: &Receipt) {
    let (received, kind) = (reception.id, receipt.kind.code());
    let message = reception.outbox.unwrap_or_default();
    if let Fate::Moved { from, to } = reception.fate {
        info!(received, message, kind, from = from.code(), to = to.code(), "a receipt was taken");
    }
    match reception.concern {
        Some(Concern::Warning) => {
            warn!(received, message, kind, "the provider has not delivered a message yet");
        }
        Some(concern) => {
            error!(
                received,
                message,
                kind,
                concern = concern.code(),
                "a message that came in needs a person: `timbra inbox show {received}`"
            );
        }
        None => debug!(received, message, kind, fate = ?reception.fate, "mail was read"),
    }
}

/// Applies what waited for the end of an attempt, and judges anew what was not believed.
fn catch_up(store: &mut Store, receiving: &Receiving, source: &str, place: Place) -> Result<(), StoreError> {
    let now = (receiving.clock)();
    for (from, raw) in store.doubted_receipts()? {
        if from == source {
            take(store, receiving.anchors.as_ref(), place, (source, None), &raw, now)?;
        }
    }
    apply_waiting(store, receiving)
}

fn apply_waiting(store: &mut Store, receiving: &Receiving) -> Result<(), StoreError> {
    for reception in store.apply_waiting((receiving.clock)())? {
        if let Fate::Moved { from, to } = reception.fate {
            let (received, message) = (reception.id, reception.outbox);
            info!(received, message, from = from.code(), to = to.code(), "a receipt that waited was applied");
        }
    }
    Ok(())
}

/// How long until a source is looked at again.
fn pause(store: &Store, receiving: &Receiving) -> Result<Duration, StoreError> {
    let part = &receiving.config.receipts;
    let awaited = store.awaits_receipts((receiving.clock)() - AWAITED)?;
    let seconds = if awaited { part.poll_seconds } else { part.idle_poll_seconds };
    let usual = TimeDelta::seconds(i64::from(seconds));
    let pause = doubt::look_again(usual, store.doubtful_since()?, (receiving.clock)());
    Ok(pause.to_std().unwrap_or_default())
}

/// A message was tried in vain once more; after the last time a person is told.
fn failed(store: &mut Store, source: &str, name: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    if store.mail_failed(source, name)? {
        error!("a message that came in cannot be read and is left alone from now on");
        let text = "un messaggio in arrivo non si legge dopo tre tentativi e viene saltato: se è una ricevuta, \
                    scaricarla a mano e darla a `timbra inbox take`";
        let alarm = Alarm::of(AlarmKind::Unreadable, Level::Orange, format!("mail {name}"), text);
        store.raise_alarm(&alarm, now)?;
    }
    Ok(())
}

/// Writes down that a source was read to its end, or why it could not be; raises or clears its alarm.
fn note(
    store: &mut Store,
    state: &mut MailSource,
    trouble: Option<String>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let subject = "receipts source";
    match &trouble {
        None => {
            state.good_at = Some(now);
            store.clear_alarms(AlarmKind::Receipts, subject, now)?;
        }
        Some(reason) => {
            let reason = words::without_addresses(&codes(reason));
            let text = format!("le ricevute non possono essere lette ({reason}); si ritenta");
            store.raise_alarm(&Alarm::of(AlarmKind::Receipts, Level::Orange, subject, text), now)?;
        }
    }
    state.trouble = trouble;
    store.keep_mail_source(state)
}

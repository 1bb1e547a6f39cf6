//! Receipts out of the office's own mailbox, read only.

use std::sync::Arc;

use chrono::Days;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant, sleep};
use tracing::{error, info, warn};

use crate::domain::alarm::{Alarm, AlarmKind, Level};
use crate::domain::delivery::{codes, words};
use crate::mail::imap::{Head, ImapError, ImapSettings, LARGEST, Mailbox};
use crate::mail::receipt::{self, Kind, Place};
use crate::store::{MailSource, Store, StoreError};

use super::super::mailbox::{Account, RECEIPTS};
use super::{FIRST_LOOK, Receiving, apply_waiting, catch_up, failed, note, pause, take};

/// Each look goes back so many days, whatever was read: a server may show a message late.
const LOOK_BACK: Days = Days::new(2);

/// How long to wait after the store failed.
const REST: Duration = Duration::from_secs(5);

/// Incoming mail above this size, in bytes, is no answer of a protocol desk: it is only listed.
const LARGEST_ENVELOPE: u32 = 2_000_000;

/// From that percentage of its quota on a mailbox is nearly full.
const NEARLY_FULL: u8 = 80;

/// After so long it is asked anew how long to wait: a doubt shortens it.
const SOON: Duration = Duration::from_secs(20);

/// How often in a row it must fail before a person is told.
const PATIENCE: u32 = 3;

/// The name of the mailbox in the store.
pub(super) fn name(settings: &ImapSettings) -> String {
    format!("imap {} {}", settings.host, settings.folder)
}

/// Looks into the mailbox until told to stop.
pub(super) async fn poll(receiving: Arc<Receiving>, settings: ImapSettings, place: Place, suspended: bool) {
    if suspended {
        return;
    }
    let source = name(&settings);
    let mut poller = Poller { receiving, settings, place, source, failures: 0, started: false };
    let stop = poller.receiving.stop.clone();
    let mut last = None;
    let mut told = String::new();
    loop {
        let due = poller.pause().await.unwrap_or(REST);
        let waited = last.map(|at: Instant| at.elapsed());
        if waited.is_none_or(|waited| waited >= due) {
            let looked = tokio::select! {
                () = stop.cancelled() => return,
                looked = poller.look() => looked,
            };
            last = Some(Instant::now());
            match looked {
                Ok(true) => told.clear(),
                Ok(false) => return,
                Err(error) => {
                    let text = error.to_string();
                    if told != text {
                        error!(%error, "receipts wait in the mailbox; trying again");
                        told = text;
                    }
                }
            }
        }
        // what is awaited may change meanwhile: a message that left must not wait for the long pause
        let usual = Duration::from_secs(u64::from(poller.receiving.config.receipts.poll_seconds));
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(usual.min(SOON)) => (),
        }
    }
}

struct Poller {
    receiving: Arc<Receiving>,
    settings: ImapSettings,
    place: Place,
    source: String,
    failures: u32,
    started: bool,
}

/// Why a look ended before its end.
enum Stopped {
    Mailbox(ImapError),
    Store(StoreError),
}

impl From<ImapError> for Stopped {
    fn from(error: ImapError) -> Self {
        Self::Mailbox(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Poller {
    /// Does something with the store, off the thread of the signals.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store, &Receiving, &str) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (receiving, source) = (Arc::clone(&self.receiving), self.source.clone());
        let done = spawn_blocking(move || {
            let mut store = Store::open_existing(&receiving.config.store_folder)?;
            work(&mut store, &receiving, &source)
        });
        // the runtime is going down
        done.await.unwrap_or(Err(StoreError::Busy))
    }

    async fn pause(&self) -> Result<Duration, StoreError> {
        self.with_store(|store, receiving, _| pause(store, receiving)).await
    }

    /// One look. False when no other may follow before the configuration is read anew.
    async fn look(&mut self) -> Result<bool, StoreError> {
        let place = self.place;
        if !self.started {
            self.with_store(move |store, receiving, source| catch_up(store, receiving, source, place))
                .await?;
            self.started = true;
        }
        let state = self
            .with_store(|store, receiving, source| {
                apply_waiting(store, receiving)?;
                store.mail_source(source)
            })
            .await?;
        let mut reached = state.clone();
        let error = match self.read(&mut reached).await {
            Ok(()) => {
                if self.failures >= PATIENCE {
                    info!("the mailbox with the receipts can be read again");
                }
                self.failures = 0;
                let keep = move |store: &mut Store, receiving: &Receiving, _: &str| {
                    let now = (receiving.clock)();
                    store.clear_alarms(AlarmKind::Tls, RECEIPTS, now)?;
                    note(store, &mut reached, None, now)
                };
                self.with_store(keep).await?;
                return Ok(true);
            }
            Err(Stopped::Store(error)) => return Err(error),
            Err(Stopped::Mailbox(error)) => error,
        };
        self.failures += 1;
        self.tell(state, error).await
    }

    /// Tells why the mailbox cannot be read. False when nothing may be tried again.
    async fn tell(&self, mut state: MailSource, error: ImapError) -> Result<bool, StoreError> {
        let said = error.to_string();
        // what the server said stays in the store
        let reason = words::without_addresses(&codes(&said));
        let (failures, settings) = (self.failures, self.settings.clone());
        let refused = matches!(error, ImapError::Refused(_));
        if refused {
            error!(
                reason,
                "the mailbox with the receipts refused the login; nothing more is tried until the configuration is read anew"
            );
        } else if failures == 1 {
            warn!(reason, "the mailbox with the receipts cannot be read now; trying again");
        } else if failures == PATIENCE {
            error!(reason, "the mailbox with the receipts still cannot be read; trying again");
        }
        let untrusted = matches!(error, ImapError::Untrusted(_));
        let keep = move |store: &mut Store, receiving: &Receiving, _: &str| {
            let now = (receiving.clock)();
            if refused {
                Account::receiving(&settings).suspend(store)?;
                let text = format!(
                    "il server ha rifiutato l'accesso alla casella delle ricevute ({reason}); altri tentativi la \
                     bloccherebbero: correggere utente o password, poi systemctl reload timbra"
                );
                store.raise_alarm(&Alarm::of(AlarmKind::Login, Level::Orange, RECEIPTS, text), now)?;
            } else if untrusted {
                let text = format!("il server delle ricevute non è attendibile ({reason}); si ritenta");
                store.raise_alarm(&Alarm::of(AlarmKind::Tls, Level::Orange, RECEIPTS, text), now)?;
            }
            if failures >= PATIENCE || refused || untrusted {
                return note(store, &mut state, Some(said), now);
            }
            state.trouble = Some(said);
            store.keep_mail_source(&state)
        };
        self.with_store(keep).await?;
        Ok(!refused)
    }

    /// Reads what is new. `state` follows as far as it was read.
    async fn read(&self, state: &mut MailSource) -> Result<(), Stopped> {
        let mut mailbox = Mailbox::open(&self.settings).await?;
        let validity = mailbox.uid_validity;
        let last = state.cursor.filter(|(known, _)| *known == validity).map(|(_, last)| last);
        if let (Some((known, _)), None) = (state.cursor, last) {
            warn!(
                known,
                validity, "the mailbox with the receipts was numbered anew; its last 40 days are read again"
            );
        }
        let today = (self.receiving.clock)().date_naive();
        let first_look = Days::new(u64::try_from(FIRST_LOOK.num_days()).unwrap_or(0));
        let since = today - if last.is_some() { LOOK_BACK } else { first_look };
        let uids = mailbox.search(since, last.map(|last| last.saturating_add(1))).await?;
        let name = move |uid: u32| format!("{validity}/{uid}");
        let names: Vec<String> = uids.iter().map(|uid| name(*uid)).collect();
        let unseen = self
            .with_store(move |store, _, source| {
                store.forget_mail_names(source, &names)?;
                store.unseen_mail(source, names)
            })
            .await?;
        let new: Vec<u32> = uids.iter().copied().filter(|uid| unseen.contains(&name(*uid))).collect();
        for head in mailbox.heads(&new).await? {
            self.take(&mut mailbox, &head, name(head.uid)).await?;
        }
        let highest = uids.last().copied().max(last).unwrap_or(0);
        state.cursor = Some((validity, highest));
        state.fullness = mailbox.fullness().await?;
        self.tell_fullness(state.fullness).await?;
        mailbox.close().await;
        Ok(())
    }

    /// Takes one message: whole, when it is a receipt or may be an answer; else only its headers.
    async fn take(&self, mailbox: &mut Mailbox, head: &Head, name: String) -> Result<(), Stopped> {
        let largest = match receipt::read(&head.headers, None).kind {
            Kind::Receipt(_) | Kind::Dsn => LARGEST,
            Kind::Envelope(_) => LARGEST_ENVELOPE,
            Kind::None if is_report(&head.headers) => LARGEST,
            Kind::None => 0,
        };
        let raw = if head.size > largest {
            if largest == LARGEST {
                error!(size = head.size, "a receipt is larger than any receipt may be; it is left alone");
                self.with_store(move |store, receiving, source| {
                    failed_for_good(store, receiving, source, &name)
                })
                .await?;
                return Ok(());
            }
            head.headers.clone()
        } else {
            match mailbox.message(head.uid).await {
                Ok(Some(raw)) => raw,
                // somebody has deleted it since
                Ok(None) => return Ok(()),
                Err(error) => {
                    let count = move |store: &mut Store, receiving: &Receiving, source: &str| {
                        failed(store, source, &name, (receiving.clock)())
                    };
                    self.with_store(count).await?;
                    return Err(error.into());
                }
            }
        };
        let place = self.place;
        let kept = move |store: &mut Store, receiving: &Receiving, source: &str| {
            let now = (receiving.clock)();
            take(store, receiving.anchors.as_ref(), place, (source, Some(&name)), &raw, now)
        };
        self.with_store(kept).await?;
        Ok(())
    }

    async fn tell_fullness(&self, fullness: Option<u8>) -> Result<(), StoreError> {
        let keep = move |store: &mut Store, receiving: &Receiving, _: &str| {
            let (subject, now) = ("receipts quota", (receiving.clock)());
            match fullness.filter(|percent| *percent >= NEARLY_FULL) {
                None => store.clear_alarms(AlarmKind::Receipts, subject, now).map(|_| ()),
                Some(percent) => {
                    let text = format!(
                        "la casella delle ricevute occupa {percent} parti su 100 del suo spazio: svuotarla dopo aver verificato che le ricevute \
                         siano in `timbra inbox`, o ampliarla"
                    );
                    let alarm = Alarm::of(AlarmKind::Receipts, Level::Orange, subject, text);
                    if store.raise_alarm(&alarm, now)? {
                        warn!(percent, "the mailbox with the receipts is nearly full");
                    }
                    Ok(())
                }
            }
        };
        self.with_store(keep).await
    }
}

/// A bounce says so in its headers; that it is one shows only in the whole.
fn is_report(headers: &[u8]) -> bool {
    String::from_utf8_lossy(headers).to_ascii_lowercase().contains("multipart/report")
}

fn failed_for_good(
    store: &mut Store,
    receiving: &Receiving,
    source: &str,
    name: &str,
) -> Result<(), StoreError> {
    for _ in 0..3 {
        failed(store, source, name, (receiving.clock)())?;
    }
    Ok(())
}

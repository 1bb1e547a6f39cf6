//! Receipts out of a folder: `.eml` files or a Maildir of somebody else, in which nothing is changed.

use std::collections::HashSet;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep};
use tracing::{error, info};

use crate::domain::delivery::words::without_addresses;
use crate::mail::imap::LARGEST;
use crate::mail::receipt::Place;
use crate::source::{self, MailFile, MailFolder, Refusal, Wakes};
use crate::store::{MailSource, Store, StoreError};

use super::super::folders::shown;
use super::{FIRST_LOOK, Receiving, apply_waiting, catch_up, failed, note, pause, take};

/// Events come in bursts: wait a moment and look once.
const COALESCE: Duration = Duration::from_millis(200);

/// How long to wait after the store failed.
const REST: Duration = Duration::from_secs(5);

/// The name of the folder in the store.
pub(super) fn name(path: &Path) -> String {
    format!("folder {}", path.display())
}

/// Watches the folder until told to stop.
pub(super) async fn watch(receiving: Arc<Receiving>, path: PathBuf) {
    let stable = Duration::from_secs(u64::from(receiving.config.intake.stable_seconds));
    let mut pass = Some(Pass::new(&path, stable));
    let mut wakes = Wakes::new();
    let mut watched = HashSet::new();
    loop {
        let Some(mut current) = pass.take() else { return };
        for place in current.folder.places() {
            if !watched.contains(&place) && wakes.watch(&place) {
                watched.insert(place);
            }
        }
        let shared = Arc::clone(&receiving);
        let done = spawn_blocking(move || {
            let again = current.run(&shared);
            (current, again)
        });
        let Ok((current, again)) = done.await else { return };
        let settle = stable.max(COALESCE);
        let pause = match again {
            Again::Soon => settle,
            Again::AfterRest => REST,
            Again::In(pause) => pause,
        };
        pass = Some(current);
        tokio::select! {
            () = receiving.stop.cancelled() => return,
            () = wakes.changed() => sleep(COALESCE).await,
            () = sleep(pause) => (),
        }
    }
}

/// When to look again.
enum Again {
    Soon,
    AfterRest,
    In(Duration),
}

/// One look after the other.
struct Pass {
    folder: MailFolder,
    source: String,
    /// Names that need not be asked of the store again.
    done: HashSet<String>,
    available: bool,
    started: bool,
    told: String,
}

impl Pass {
    fn new(path: &Path, stable: Duration) -> Self {
        Self {
            folder: MailFolder::new(path, stable, u64::from(LARGEST)),
            source: name(path),
            done: HashSet::new(),
            available: true,
            started: false,
            told: String::new(),
        }
    }

    fn run(&mut self, receiving: &Receiving) -> Again {
        match self.look(receiving) {
            Ok(again) => {
                self.told.clear();
                again
            }
            Err(error) => {
                let text = error.to_string();
                if self.told != text {
                    error!(%error, "receipts wait in their folder; trying again");
                    self.told = text;
                }
                Again::AfterRest
            }
        }
    }

    fn look(&mut self, receiving: &Receiving) -> Result<Again, StoreError> {
        let mut store = Store::open_existing(&receiving.config.store_folder)?;
        if !self.started {
            catch_up(&mut store, receiving, &self.source, Place::File)?;
            self.started = true;
        }
        apply_waiting(&mut store, receiving)?;
        let now = (receiving.clock)();
        let mut state = store.mail_source(&self.source)?;
        let found = match self.folder.scan(Instant::now()) {
            Ok(found) => found,
            Err(reason) => {
                if self.available {
                    error!(%reason, "the folder with the receipts is not available; trying again");
                    self.available = false;
                }
                note(&mut store, &mut state, Some(reason.to_string()), now)?;
                return Ok(Again::In(pause(&store, receiving)?));
            }
        };
        if !self.available {
            info!("the folder with the receipts is available again");
            self.available = true;
        }
        for (path, reason) in &found.refused {
            error!(file = without_addresses(&shown(path)), %reason, "a file in the folder with the receipts is left alone");
        }
        let present: Vec<String> = found.ready.iter().map(|file| file.name.clone()).collect();
        self.done.retain(|name| present.contains(name));
        let asked: Vec<String> = present.iter().filter(|name| !self.done.contains(*name)).cloned().collect();
        if !asked.is_empty() {
            store.forget_mail_names(&self.source, &present)?;
            self.take_new(&mut store, receiving, &found.ready, asked)?;
        }
        let pause = pause(&store, receiving)?;
        keep_good(&mut store, &mut state, pause, now)?;
        Ok(if found.unsettled { Again::Soon } else { Again::In(pause) })
    }

    fn take_new(
        &mut self,
        store: &mut Store,
        receiving: &Receiving,
        ready: &[MailFile],
        asked: Vec<String>,
    ) -> Result<(), StoreError> {
        let now = (receiving.clock)();
        let unseen: HashSet<String> = store.unseen_mail(&self.source, asked.clone())?.into_iter().collect();
        let oldest = (now - FIRST_LOOK).timestamp_nanos_opt().unwrap_or(i64::MIN);
        let (new, old): (Vec<&MailFile>, Vec<&MailFile>) =
            ready.iter().filter(|file| unseen.contains(&file.name)).partition(|file| file.modified >= oldest);
        let old: Vec<String> = old.iter().map(|file| file.name.clone()).collect();
        if !old.is_empty() {
            store.pass_over_mail(&self.source, &old)?;
        }
        self.done.extend(asked.into_iter().filter(|name| !unseen.contains(name) || old.contains(name)));
        for file in new {
            if receiving.stop.is_cancelled() {
                return Ok(());
            }
            match bytes(&file.path) {
                Ok(raw) => {
                    let found = (self.source.as_str(), Some(file.name.as_str()));
                    take(store, receiving.anchors.as_ref(), Place::File, found, &raw, now)?;
                    self.done.insert(file.name.clone());
                }
                // whoever owns the Maildir moved it: it is found under its new path
                Err(Refusal::Unreadable(error)) if error.kind() == ErrorKind::NotFound => (),
                Err(reason) => {
                    error!(file = without_addresses(&shown(&file.path)), %reason, "a file in the folder with the receipts cannot be read");
                    failed(store, &self.source, &file.name, now)?;
                }
            }
        }
        Ok(())
    }
}

/// That all is well is written down as often as it matters, not at every look.
fn keep_good(
    store: &mut Store,
    state: &mut MailSource,
    pause: Duration,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let fresh = state.good_at.is_some_and(|at| (now - at).to_std().is_ok_and(|age| age < pause));
    if fresh && state.trouble.is_none() {
        return Ok(());
    }
    note(store, state, None, now)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Refusal> {
    let (mut file, _) = source::open_regular(path, u64::from(LARGEST))?;
    let mut raw = Vec::new();
    file.read_to_end(&mut raw).map_err(Refusal::Unreadable)?;
    Ok(raw)
}

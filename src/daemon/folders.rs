//! Drop folders into the store: one task for each folder, so that a stuck share holds up nobody
//! else. Whatever wakes it, the scan decides.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{Config, FolderReader};
use crate::domain::ids::ReaderId;
use crate::source::{self, FileFacts, FolderMode, FolderScan, Refusal, Wakes};
use crate::store::{Store, StoreError};

use super::clock::Clock;
use super::ingest::{IngestError, Ingested, ingest};
use super::intake_rules::IntakeRules;
use super::roster::Roster;

/// Events come in bursts: wait a moment and look once.
const COALESCE: Duration = Duration::from_millis(200);

/// A folder hangs when a look into it, or the reading of one file, takes longer than so many pauses.
const HANGS: u32 = 10;

/// What the tasks of a configuration share: those of the folders, and housekeeping.
#[derive(Debug)]
pub struct Intake {
    /// The configuration.
    pub config: Arc<Config>,
    /// Who holds which badge.
    pub roster: Arc<Roster>,
    /// Rung when something new came in.
    pub arrived: Arc<Notify>,
    /// One permit for each folder whose first look is over: what lay there when the daemon started
    /// is in the store, or cannot be had now.
    pub looked: Semaphore,
    /// Set when the daemon stops; a file under way is left and read again later.
    pub stopping: AtomicBool,
    /// The same for tasks that sleep.
    pub stop: CancellationToken,
    /// Rung when the lock of the store was lost.
    pub lost: Notify,
    /// The time.
    pub clock: Clock,
}

/// Watches one folder until told to stop.
pub async fn watch(intake: Arc<Intake>, index: usize) {
    let Some(reader) = intake.config.folders.get(index) else { return };
    let poll = Duration::from_secs(u64::from(reader.folder.poll_seconds));
    let stable = Duration::from_secs(u64::from(reader.folder.stable_seconds)).max(COALESCE);
    let mut wakes = Wakes::new();
    let mut watched = false;
    let mut looked = false;
    let mut pass = Some(Pass {
        scan: FolderScan::new(reader.folder.clone()),
        available: true,
        noted: None,
        told: HashMap::new(),
        steps: Arc::default(),
    });
    loop {
        if !watched {
            watched = wakes.watch(&reader.folder.path);
        }
        let Some(mut current) = pass.take() else { return };
        let (shared, steps) = (Arc::clone(&intake), Arc::clone(&current.steps));
        let done = spawn_blocking(move || {
            let unsettled = current.run(&shared, index);
            (current, unsettled)
        });
        let (done, hung) = unless_it_hangs(done, &intake, index, (poll * HANGS, &steps)).await;
        let Ok((mut current, unsettled)) = done else { return };
        if hung {
            current.noted = None;
        }
        watched &= current.available;
        pass = Some(current);
        if !unsettled && !looked {
            looked = true;
            intake.looked.add_permits(1);
        }
        let pause = if unsettled { stable } else { poll };
        tokio::select! {
            () = intake.stop.cancelled() => return,
            () = wakes.changed() => sleep(COALESCE).await,
            () = sleep(pause) => (),
        }
    }
}

/// Waits for a look. While it hangs in a share that does not answer, that is told, and noted in the store as
/// of a folder that cannot be reached; true when it did. Nobody else waits for it.
async fn unless_it_hangs<T>(
    mut look: JoinHandle<T>,
    intake: &Arc<Intake>,
    index: usize,
    (patience, steps): (Duration, &AtomicU64),
) -> (Result<T, JoinError>, bool) {
    let mut hung = false;
    loop {
        let before = steps.load(Ordering::Relaxed);
        match timeout(patience, &mut look).await {
            Ok(done) => return (done, hung),
            Err(_) if hung || steps.load(Ordering::Relaxed) != before => (),
            Err(_) => {
                let Some(reader) = intake.config.folders.get(index) else { continue };
                error!(reader = %reader.id(), "the reader's folder hangs: nothing of it is read until it answers");
                let (shared, id) = (Arc::clone(intake), reader.id().clone());
                hung = matches!(spawn_blocking(move || note(&shared, &id, false)).await, Ok(true));
            }
        }
    }
}

/// Notes in the store since when a reader's folder cannot be reached, or that it can. False when the store
/// is busy.
fn note(intake: &Intake, reader: &ReaderId, available: bool) -> bool {
    let fact = gone(reader);
    let noted = Store::open_existing(&intake.config.store_folder).and_then(|mut store| {
        let known = store.fact(&fact)?;
        let since = known.unwrap_or_else(|| (intake.clock)().to_rfc3339());
        store.keep_fact(&fact, (!available).then_some(since.as_str()))
    });
    noted.is_ok()
}

/// One look at a folder after the other.
#[derive(Debug)]
struct Pass {
    scan: FolderScan,
    available: bool,
    /// Whether it is, as the store knows it.
    noted: Option<bool>,
    /// What was said of files that wait, by name: once is enough.
    told: HashMap<OsString, String>,
    /// How many looks and files are over: it does not hang while this moves.
    steps: Arc<AtomicU64>,
}

impl Pass {
    /// Looks, and takes what is ready. True when it should look again soon.
    fn run(&mut self, intake: &Intake, index: usize) -> bool {
        let Some(reader) = intake.config.folders.get(index) else { return false };
        let found = match self.scan.scan(Instant::now()) {
            Ok(found) => found,
            Err(reason) => {
                if self.available {
                    error!(reader = %reader.id(), %reason, "the reader's folder is not available; trying again");
                }
                self.available = false;
                self.note(intake, reader);
                return false;
            }
        };
        if !self.available {
            info!(reader = %reader.id(), "the reader's folder is available again");
            self.available = true;
        }
        self.note(intake, reader);
        for (path, reason) in &found.refused {
            error!(reader = %reader.id(), file = %shown(path), %reason, "file refused and left in place");
        }
        let claimed = match reader.folder.mode {
            FolderMode::Claim => source::leftovers(&reader.folder.path).unwrap_or_default(),
            FolderMode::Follow => Vec::new(),
        };
        if claimed.is_empty() && found.ready.is_empty() {
            return found.unsettled;
        }
        let again = match Store::open_existing(&intake.config.store_folder) {
            Ok(mut store) => self.take_all(&mut store, intake, reader, claimed, found.ready),
            Err(error) => {
                error!(reader = %reader.id(), %error, "files wait: the store cannot be opened");
                matches!(error, StoreError::Busy)
            }
        };
        found.unsettled || again
    }

    /// Notes in the store since when the folder cannot be reached.
    fn note(&mut self, intake: &Intake, reader: &FolderReader) {
        if self.noted == Some(self.available) {
            return;
        }
        // a store that is busy is told at the next look
        self.noted = note(intake, reader.id(), self.available).then_some(self.available);
    }

    /// Takes what waits. True when it should look again soon.
    fn take_all(
        &mut self,
        store: &mut Store,
        intake: &Intake,
        reader: &FolderReader,
        claimed: Vec<PathBuf>,
        ready: Vec<PathBuf>,
    ) -> bool {
        let waiting: Vec<(PathBuf, bool)> = claimed
            .into_iter()
            .map(|path| (path, true))
            .chain(ready.into_iter().map(|path| (path, false)))
            .collect();
        self.told.retain(|name, _| waiting.iter().any(|(path, _)| path.file_name() == Some(name)));
        for (path, is_claimed) in waiting {
            self.steps.fetch_add(1, Ordering::Relaxed);
            let taken = match reader.folder.mode {
                FolderMode::Follow => {
                    take_followed(store, intake, reader, &path).inspect(|()| self.scan.taken(&path))
                }
                FolderMode::Claim if is_claimed => take_claimed(store, intake, reader, &path),
                FolderMode::Claim => {
                    claim(reader, &path).and_then(|claimed| take_claimed(store, intake, reader, &claimed))
                }
            };
            match taken {
                Ok(()) => intake.arrived.notify_one(),
                Err(NotTaken::Ingest(IngestError::Stopped)) => return false,
                // A file that is gone again is no news.
                Err(NotTaken::Refused(Refusal::Unreadable(error))) if error.kind() == ErrorKind::NotFound => {
                }
                Err(reason) => {
                    let text = reason.to_string();
                    let name = path.file_name().unwrap_or_default();
                    if self.told.get(name) != Some(&text) {
                        error!(reader = %reader.id(), file = %shown(&path), %reason, "file not taken; it will be tried again");
                        self.told.insert(name.to_owned(), text);
                    }
                    // The other files would meet the same store.
                    match reason {
                        NotTaken::Ingest(IngestError::Store(StoreError::Busy)) => return true,
                        NotTaken::Ingest(IngestError::Store(StoreError::Full)) => return false,
                        _ => {}
                    }
                }
            }
        }
        false
    }
}

/// The fact of the store that says since when the folder of a reader cannot be reached.
pub(super) fn gone(reader: &ReaderId) -> String {
    format!("folder gone: {reader}")
}

/// Why a file was not taken. It stays where it is.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error("it cannot be renamed ({0}): timbra needs write access to the folder, or mode = \"follow\"")]
    Claim(std::io::Error),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error("its punches are stored, but it cannot be moved to the archive {0}: {1}")]
    Archive(PathBuf, std::io::Error),
}

/// Claims a file that can be read; one that cannot stays where its owner will look for it.
fn claim(reader: &FolderReader, path: &Path) -> Result<PathBuf, NotTaken> {
    source::open_regular(path, reader.folder.max_file_size)?;
    source::claim(path).map_err(NotTaken::Claim)
}

fn take_followed(
    store: &mut Store,
    intake: &Intake,
    reader: &FolderReader,
    path: &Path,
) -> Result<(), NotTaken> {
    let (mut file, facts) = source::open_regular(path, reader.folder.max_file_size)?;
    let ingested = take(store, intake, reader, (&mut file, &facts), path)?;
    report(reader, path, &ingested);
    Ok(())
}

/// Reads a claimed file, again as long as somebody who has it open still writes, and archives it.
fn take_claimed(
    store: &mut Store,
    intake: &Intake,
    reader: &FolderReader,
    path: &Path,
) -> Result<(), NotTaken> {
    let (mut file, mut facts) = source::open_regular(path, reader.folder.max_file_size)?;
    let ingested = loop {
        let ingested = take(store, intake, reader, (&mut file, &facts), path)?;
        let after = file.metadata().map_err(IngestError::File)?;
        let now = FileFacts::of(&after);
        if now == facts {
            break ingested;
        }
        facts = now;
    };
    report(reader, path, &ingested);
    let archive = archive_folder(&intake.config.store_folder, reader);
    source::archive(path, &archive, &format!("{}-", ingested.batch))
        .map_err(|error| NotTaken::Archive(archive, error))?;
    Ok(())
}

/// Where the files of a reader are kept.
fn archive_folder(store_folder: &Path, reader: &FolderReader) -> PathBuf {
    store_folder.join(source::ARCHIVE).join(reader.id().as_str())
}

fn take(
    store: &mut Store,
    intake: &Intake,
    reader: &FolderReader,
    (file, facts): (&mut fs::File, &FileFacts),
    path: &Path,
) -> Result<Ingested, IngestError> {
    intake.roster.refresh(store)?;
    let holders = intake.roster.holders();
    let mut rules = IntakeRules::new(&intake.config, &reader.reader, &holders, (intake.clock)());
    rules.stop = Some(&intake.stopping);
    rules.growing = reader.folder.mode == FolderMode::Follow;
    ingest(store, reader, &rules, (file, facts), &shown(path))
}

fn report(reader: &FolderReader, path: &Path, ingested: &Ingested) {
    let counts = &ingested.counts;
    let content = ingested.content.as_deref().unwrap_or("unchanged");
    info!(
        reader = %reader.id(), file = %shown(path), batch = ingested.batch, read = counts.read, new = counts.new,
        known = counts.known(), rejected = counts.rejected, skipped = counts.skipped, sha256 = content,
        "file taken"
    );
    if counts.rejected > 0 {
        let rejected = counts.rejected;
        warn!(reader = %reader.id(), file = %shown(path), rejected, "rows that cannot be used are in quarantine");
    }
}

/// The file's name for a person: odd characters escaped, never a second line in the journal.
pub fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    name.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

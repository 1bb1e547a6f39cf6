//! The keeper: the one thread that writes what comes over ports. Whatever waits when it is free goes
//! into one commit, and everybody is answered after it. What the store cannot take waits in memory,
//! is told loudly, and is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::store::{LiveEntry, Store, StoreError, StoreLock, Stored};

use super::pulse::{Pulse, Worker};

/// Entries of one commit.
const GROUP: usize = 1_000;

/// How many entries of one reader may wait: some ten minutes of a door that is never still.
const PLACES: usize = 4_096;

/// How long a commit waits for another writer before that is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// Pause before the next try of a store that failed.
const PAUSE: Duration = Duration::from_millis(500);

/// The thread, from outside.
#[derive(Debug)]
pub struct Keeper {
    requests: mpsc::UnboundedSender<Request>,
    ending: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
}

/// Where one reader hands in what it has.
#[derive(Debug, Clone)]
pub struct Inbox {
    requests: mpsc::UnboundedSender<Request>,
    places: Arc<Semaphore>,
}

/// An entry that waits, with its place.
#[derive(Debug)]
struct Request {
    entry: LiveEntry,
    waiting: Waiting,
}

#[derive(Debug)]
struct Waiting {
    answer: oneshot::Sender<Stored>,
    _place: OwnedSemaphorePermit,
}

impl Keeper {
    /// Starts the thread. The store is opened when something is to be written; `pulse` tells when it hangs.
    pub fn start(lock: Arc<StoreLock>, pulse: Arc<Pulse>) -> std::io::Result<Self> {
        let (requests, received) = mpsc::unbounded_channel();
        let (done, ended) = oneshot::channel();
        let ending = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            lock,
            pulse,
            store: None,
            received,
            entries: Vec::new(),
            waiting: Vec::new(),
            ending: Arc::clone(&ending),
            told: None,
        };
        thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            desk.run();
            // Nobody may be waiting any more.
            let _ended = done.send(());
        })?;
        Ok(Self { requests, ending, ended })
    }

    /// A place to hand things in, for one reader.
    pub fn inbox(&self) -> Inbox {
        Inbox { requests: self.requests.clone(), places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// Lets it write what waits, and waits for that. Every inbox must be gone.
    pub async fn end(self, patience: Duration) {
        self.ending.store(true, Ordering::Relaxed);
        drop(self.requests);
        if timeout(patience, self.ended).await.is_err() {
            error!("the store hangs: what came over the ports last may not be stored");
        }
    }
}

impl Inbox {
    /// Hands in an entry; the answer comes when it is durable. None when too many wait already: then
    /// the entry is not taken.
    pub fn put(&self, entry: LiveEntry) -> Option<oneshot::Receiver<Stored>> {
        let (answer, answered) = oneshot::channel();
        self.put_and_answer(entry, answer).then_some(answered)
    }

    /// True when an entry would be taken now.
    pub fn has_room(&self) -> bool {
        self.places.available_permits() > 0
    }

    /// The same for whoever has somebody to answer to. False when it is not taken.
    pub fn put_and_answer(&self, entry: LiveEntry, answer: oneshot::Sender<Stored>) -> bool {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return false };
        let waiting = Waiting { answer, _place: place };
        self.requests.send(Request { entry, waiting }).is_ok()
    }
}

/// The thread, from inside.
struct Desk {
    lock: Arc<StoreLock>,
    pulse: Arc<Pulse>,
    store: Option<Store>,
    received: mpsc::UnboundedReceiver<Request>,
    entries: Vec<LiveEntry>,
    waiting: Vec<Waiting>,
    ending: Arc<AtomicBool>,
    /// What was said of a store that fails: once is enough.
    told: Option<String>,
}

impl Desk {
    fn run(mut self) {
        while let Some(first) = self.received.blocking_recv() {
            let work = self.pulse.begin(Worker::Keeper);
            self.take(first);
            loop {
                while self.entries.len() < GROUP
                    && let Ok(more) = self.received.try_recv()
                {
                    self.take(more);
                }
                match self.commit() {
                    Ok(stored) => {
                        self.answer(&stored);
                        break;
                    }
                    Err(error) => {
                        self.tell(&error);
                        if self.ending.load(Ordering::Relaxed) {
                            let entries = self.entries.len() + self.received.len();
                            error!(entries, "timbra ends and the store takes nothing: this is lost");
                            return;
                        }
                        thread::sleep(PAUSE);
                        work.goes_on();
                    }
                }
            }
        }
    }

    fn take(&mut self, request: Request) {
        self.entries.push(request.entry);
        self.waiting.push(request.waiting);
    }

    fn commit(&mut self) -> Result<Vec<Stored>, StoreError> {
        if self.store.take_if(|store| !store.is_in_place()).is_some() {
            warn!("the store was removed, moved or replaced while timbra runs; it is opened again");
        }
        let store = match &mut self.store {
            Some(store) => store,
            empty => {
                let store = self.lock.open()?;
                store.set_for_live(PATIENCE)?;
                empty.insert(store)
            }
        };
        let stored = store.append_live(&self.entries);
        if !matches!(stored, Ok(_) | Err(StoreError::Busy | StoreError::Full)) {
            self.store = None;
        }
        stored
    }

    fn answer(&mut self, stored: &[Stored]) {
        if self.told.take().is_some() {
            info!(entries = self.entries.len(), "the store takes what came over the ports again");
        }
        self.entries.clear();
        for (waiting, stored) in self.waiting.drain(..).zip(stored) {
            // Most readers need no answer.
            let _answered = waiting.answer.send(*stored);
        }
    }

    fn tell(&mut self, error: &StoreError) {
        let text = error.to_string();
        if self.told.as_ref() == Some(&text) {
            return;
        }
        let entries = self.entries.len() + self.received.len();
        // An import that takes its time is no reason to call anybody.
        if matches!(error, StoreError::Busy) && self.told.is_none() {
            warn!(%error, entries, "what came over the ports waits in memory; trying again");
            self.told = Some(String::new());
            return;
        }
        error!(%error, entries, "what came over the ports waits in memory; trying again");
        self.told = Some(text);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::DateTime;

    use super::*;
    use crate::domain::ids::ReaderId;
    use crate::store::{LiveContent, LiveFrame};

    fn punch(second: i64) -> LiveEntry {
        LiveEntry::Frame(LiveFrame {
            reader: ReaderId::new("porta").unwrap(),
            port: "/dev/porta".to_owned(),
            received_at: DateTime::from_timestamp(second, 0).unwrap(),
            decoder: [0; 32],
            raw: b"raw".to_vec(),
            content: LiveContent::Punch {
                local: second,
                offset_minutes: Some(0),
                badge: "12".to_owned(),
                direction: String::new(),
                reason: None,
            },
        })
    }

    /// On a new store.
    fn start(folder: &Path) -> Keeper {
        let lock = StoreLock::take(folder).unwrap();
        drop(Store::open(folder).unwrap());
        Keeper::start(Arc::new(lock), Arc::default()).unwrap()
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn who_waits_is_answered_after_the_commit() {
        run(async {
            let folder = tempfile::tempdir().unwrap();
            let keeper = start(folder.path());
            let inbox = keeper.inbox();
            let answers: Vec<_> = (0..3000).map(|second| inbox.put(punch(second)).unwrap()).collect();
            let reader = Store::open(folder.path()).unwrap();
            for (number, answer) in (1..).zip(answers) {
                assert_eq!(answer.await.unwrap(), Stored::New);
                assert!(reader.count_punches().unwrap() >= number);
            }
            assert_eq!(inbox.put(punch(0)).unwrap().await.unwrap(), Stored::Known);
            drop(inbox);
            keeper.end(Duration::from_secs(20)).await;
        });
    }

    #[test]
    fn a_store_that_is_locked_is_waited_for_in_bounded_memory() {
        run(async {
            let folder = tempfile::tempdir().unwrap();
            let keeper = start(folder.path());
            let other = rusqlite::Connection::open(folder.path().join("timbra.sqlite")).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let (flooding, quiet) = (keeper.inbox(), keeper.inbox());
            let mut answers: Vec<_> = (0..).map_while(|second| flooding.put(punch(second))).collect();
            assert_eq!(answers.len(), PLACES);
            assert!(!flooding.has_room() && quiet.has_room());
            answers.push(quiet.put(punch(99_999)).expect("each reader has its own places"));
            assert!(timeout(Duration::from_millis(1_500), answers.pop().unwrap()).await.is_err());
            other.execute_batch("COMMIT").unwrap();
            for answer in answers {
                assert_eq!(answer.await.unwrap(), Stored::New);
            }
            assert!(flooding.put(punch(-1)).is_some());
            drop((flooding, quiet));
            keeper.end(Duration::from_secs(20)).await;
            assert_eq!(Store::open(folder.path()).unwrap().count_punches().unwrap(), PLACES as u64 + 2);
        });
    }

    #[test]
    fn what_comes_while_the_store_is_away_waits_for_it() {
        run(async {
            let home = tempfile::tempdir().unwrap();
            let (folder, away) = (home.path().join("store"), home.path().join("away"));
            let keeper = start(&folder);
            let inbox = keeper.inbox();
            assert_eq!(inbox.put(punch(1)).unwrap().await.unwrap(), Stored::New);
            std::fs::rename(&folder, &away).unwrap();
            let mut answer = inbox.put(punch(2)).unwrap();
            assert!(timeout(Duration::from_millis(700), &mut answer).await.is_err());
            assert!(!folder.exists(), "no new store is made");
            assert_eq!(Store::open(&away).unwrap().count_punches().unwrap(), 1);
            std::fs::rename(&away, &folder).unwrap();
            assert_eq!(answer.await.unwrap(), Stored::New);
            assert_eq!(Store::open(&folder).unwrap().count_punches().unwrap(), 2);
            drop(inbox);
            keeper.end(Duration::from_secs(20)).await;
        });
    }
}

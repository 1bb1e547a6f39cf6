//! What happens by the calendar or because something was entered: months are closed and amended, rows
//! in quarantine tried again, punches of badges that nobody holds forgotten.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant, sleep};
use tracing::{error, warn};

use crate::domain::civil;
use crate::domain::clock_guard::Trust;
use crate::source::Wakes;
use crate::store::{Store, StoreError, StoreLock};

use super::folders::Intake;
use super::ports::Bell;
use super::pulse::{Pulse, Worker};
use super::reminders::reminders;
use super::{
    alerts, amendments, clock_watch, comparison, copies, damaged, digest, in_force, post, quarantine,
    release, reminder_mail, retention,
};

/// How long months wait at a start for what lies in the folders. A share may hang for ever.
const FIRST_LOOK: Duration = Duration::from_mins(10);

/// Longest sleep: the wall clock may step, and a machine may sleep.
const LONGEST: Duration = Duration::from_hours(1);

/// How often it is seen whether a command has written into the store, while somebody writes. Costs no
/// access to the disk.
const GLANCE: Duration = Duration::from_secs(5);

/// Sent months are compared at most so often, whatever comes in: several thousand take a while.
const LOOK: Duration = Duration::from_mins(5);

/// The list of mail that is none of ours is kept so long: it tells who writes to whom.
const OTHER_MAIL: TimeDelta = TimeDelta::days(21);

/// What housekeeping needs.
#[derive(Debug, Clone)]
pub(super) struct Housekeeping {
    /// What it shares with the folders, whose first look comes first.
    pub(super) shared: Arc<Intake>,
    /// Opens the store.
    pub(super) lock: Arc<StoreLock>,
    /// Tells when it hangs.
    pub(super) pulse: Arc<Pulse>,
    /// Rings the courier.
    pub(super) queued: Arc<Notify>,
    /// Rings who tells alarms.
    pub(super) alarmed: Arc<Notify>,
    /// The clock is watched.
    pub(super) watched: bool,
    /// Has the readers on ports covered up to now before months are closed.
    pub(super) bell: Bell,
}

impl Housekeeping {
    /// Keeps house until told to stop.
    pub(super) async fn run(self) {
        // Before anything new comes in: what differs now differs by the configuration.
        let (task, work) = (self.clone(), self.pulse.begin(Worker::Housekeeping));
        let compared = spawn_blocking(move || task.compare((task.shared.clock)())).await;
        if let Ok(Err(error)) = compared {
            error!(%error, "what was sent cannot be compared now; trying again");
        }
        drop(work);
        // What waits in the folders belongs to the months that are about to be closed.
        let folders = u32::try_from(self.shared.config.folders.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = self.shared.stop.cancelled() => return,
            _looked = self.shared.looked.acquire_many(folders) => (),
            () = sleep(FIRST_LOOK) => warn!("a folder hangs; months are closed without it"),
        }
        let mut past = Past::default();
        loop {
            let (task, work) = (self.clone(), self.pulse.begin(Worker::Housekeeping));
            self.bell.ring().await;
            let done = spawn_blocking(move || task.once(past, (task.shared.clock)())).await;
            drop(work);
            let pause = match done {
                Ok(Ok(round)) => {
                    past = round.past;
                    if round.queued > 0 {
                        self.queued.notify_one();
                    }
                    (round.next - (self.shared.clock)()).to_std().unwrap_or_default()
                }
                Ok(Err(error)) => {
                    error!(%error, "months cannot be closed now; trying again");
                    Duration::from_secs(if matches!(error, StoreError::Busy) { 5 } else { 60 })
                }
                Err(_stopped) => return,
            };
            let until = Instant::now() + pause.clamp(Duration::from_secs(1), LONGEST);
            if !self.rest(until, past).await {
                return;
            }
        }
    }

    fn compare(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let config = &self.shared.config;
        let mut store = self.lock.open()?;
        let config = in_force::config(&store, config)?;
        comparison::look(&mut store, &config, now)
    }

    /// True when sent months may be compared again: with a short quiet time they are more frequently.
    fn may_look(&self, past: Past) -> bool {
        let quiet = self.shared.config.statement.amend.quiet.to_std().unwrap_or_default();
        past.looked.is_none_or(|at| at.elapsed() >= LOOK.min(quiet / 4))
    }

    /// Waits until something is to be done: a file came, a time has come, a command has entered
    /// something. False when told to stop. Where nothing is written nothing wakes up.
    async fn rest(&self, until: Instant, past: Past) -> bool {
        let folder = &self.shared.config.store_folder;
        let store = Store::open_read_only(folder);
        let mut version = 0;
        if let Ok(store) = &store {
            drop(store.has_changed(&mut version));
        }
        let mut calm: Option<Wakes> = None;
        loop {
            if let Err(StoreError::Lost(_)) = self.lock.keep() {
                self.shared.lost.notify_one();
                return false;
            }
            if self.lock.was_taken_anew() {
                warn!("the lock of the store was removed or replaced; it was taken anew");
            }
            let pause = until.saturating_duration_since(Instant::now());
            let pause = if calm.is_some() { pause } else { GLANCE.min(pause) };
            tokio::select! {
                () = self.shared.stop.cancelled() => return false,
                () = self.shared.arrived.notified() => return true,
                () = written(calm.as_ref()) => {
                    // it is looked at in a moment, when it is committed
                    calm = None;
                    continue;
                }
                () = sleep(pause) => (),
            }
            if Instant::now() >= until {
                return true;
            }
            let Ok(store) = &store else { continue };
            if !store.is_in_place() {
                return true;
            }
            let is_due = comparison::is_due(store, &self.shared.config);
            let has_news = self.has_news(store, &mut version);
            if self.may_look(past) && matches!(is_due, Ok(true)) {
                return true;
            }
            if has_news
                && copies::are_owed(store, &self.shared.config, (self.shared.clock)()).unwrap_or_default()
            {
                return true;
            }
            calm = (!has_news && matches!(is_due, Ok(false))).then(|| watch(folder)).flatten();
            // what was entered before the watch began
            if calm.is_some() && self.has_news(store, &mut version) {
                calm = None;
            }
        }
    }

    /// True when somebody has written into the store; a person may have let a letter go, a receipt may
    /// have raised an alarm.
    fn has_news(&self, store: &Store, version: &mut i64) -> bool {
        let changed = store.has_changed(version);
        if let Ok(true) = changed {
            self.queued.notify_one();
            if let Err(error) = self.shared.roster.refresh(store) {
                warn!(%error, "who holds which badge cannot be read now");
            }
            if alerts::has_untold(store).unwrap_or_default() {
                self.alarmed.notify_one();
            }
        }
        changed.unwrap_or(true)
    }

    /// One round.
    fn once(&self, mut past: Past, now: DateTime<Utc>) -> Result<Round, StoreError> {
        let mut store = self.lock.open()?;
        self.shared.roster.refresh(&store)?;
        let (config, holders) =
            (in_force::config(&store, &self.shared.config)?, self.shared.roster.holders());
        let (config, holders) = (&*config, &*holders);
        let today = civil::local_time(&now, config.host.zone).date();
        quarantine::retry(&mut store, config, holders, now)?;
        if self.watched && clock_watch::watch(&mut store, config, now)? != Trust::Sound {
            // nothing that a date decides is done by a clock that cannot be believed
            let next = now + TimeDelta::minutes(1);
            return Ok(Round { queued: 0, next, past });
        }
        if store.letters_held()?.is_some() {
            // what was sent since the backup is not known here: a month closed now could be a second one
            return Ok(Round { queued: 0, next: now + TimeDelta::minutes(1), past });
        }
        let mut queued = post::close_due(&mut store, config, now)?;
        if self.may_look(past) && comparison::look(&mut store, config, now)? {
            past.looked = Some(Instant::now());
        }
        if past.swept != Some(today)
            && let Err(error) = damaged::look(&mut store, config, now)
        {
            error!(%error, "the month that goes on cannot be looked at");
        }
        if alerts::has_untold(&store)? {
            self.alarmed.notify_one();
        }
        let (amended, next_amendment) = amendments::amend_due(&mut store, config, now)?;
        let (released, next_release) = release::fall_back(&mut store, now)?;
        queued += amended + released + reminder_mail::ask_for_approval(&mut store, config, now)?;
        queued += copies::send_copies(&mut store, config, now)?;
        // at the hour at which statements leave: people are there to read it
        let send_at =
            civil::device_instant(config.statement.send_at.on(today), None, config.host.zone).to_utc();
        if past.reminded != Some(today) && now >= send_at {
            queued += reminder_mail::remind(&mut store, config, now)?;
            queued += reminder_mail::ask_for_reports(&mut store, config, now)?;
            past.reminded = Some(today);
        }
        let digest_at = civil::device_instant(config.digest.at.on(today), None, config.host.zone).to_utc();
        if past.digested != Some(today) && now >= digest_at {
            queued += digest::tell(&mut store, config, now)?;
            past.digested = Some(today);
        }
        // Where something is left out for its errors, or all is gone, nobody knows whose a badge is.
        if past.swept != Some(today) && config.whole {
            retention::sweep(&mut store, config, holders, now)?;
        }
        if past.swept != Some(today) {
            store.forget_other_mail(now - OTHER_MAIL)?;
            for reminder in reminders(&store, config, now)? {
                warn!("{reminder}");
            }
        }
        past.swept = Some(today);
        let tomorrow = civil::start_of_day(today + Days::new(1), config.host.zone).to_utc();
        let waiting = post::pending(&store, config, now)?.into_iter().map(|pending| pending.latest);
        let early = quarantine::next_early(&store, config, now)?;
        let waiting = waiting.filter(|latest| *latest > now);
        let next = waiting.chain(early).chain(next_amendment).chain(next_release);
        let hours = [send_at, digest_at].into_iter().filter(|at| *at > now);
        let next = next.chain(hours).fold(tomorrow, DateTime::min);
        Ok(Round { queued, next, past })
    }
}

/// A watch on the files of the store; none where the system has no watcher.
fn watch(folder: &Path) -> Option<Wakes> {
    let mut wakes = Wakes::new();
    wakes.watch(folder).then_some(wakes)
}

/// Waits until something is written; for ever where nobody watches.
async fn written(wakes: Option<&Wakes>) {
    match wakes {
        Some(wakes) => wakes.changed().await,
        None => std::future::pending().await,
    }
}

/// What a round did.
struct Round {
    /// Letters queued.
    queued: u32,
    /// When something falls due next.
    next: DateTime<Utc>,
    /// What need not be done again soon.
    past: Past,
}

/// When things were done that are not done in every round.
#[derive(Debug, Clone, Copy, Default)]
struct Past {
    /// The day on which the house was swept.
    swept: Option<NaiveDate>,
    /// The day on which the personnel office was reminded of what it was to be reminded of.
    reminded: Option<NaiveDate>,
    /// The day on which the home contacts were told of single days.
    digested: Option<NaiveDate>,
    /// When sent months were compared.
    looked: Option<Instant>,
}

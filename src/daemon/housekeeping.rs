//! What happens by the calendar: months are closed, rows in quarantine tried again, punches of
//! badges that nobody holds forgotten.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, sleep};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::civil;
use crate::domain::holders::Holders;
use crate::store::{Store, StoreError};

use super::folders::Intake;
use super::reminders::reminders;
use super::{post, quarantine};

/// How long months wait at a start for what lies in the folders. A share may hang for ever.
const FIRST_LOOK: Duration = Duration::from_mins(10);

/// Longest sleep: the wall clock may step, and a machine may sleep.
const LONGEST: Duration = Duration::from_hours(1);

/// What housekeeping needs.
#[derive(Debug, Clone)]
pub(super) struct Housekeeping {
    /// What it shares with the folders, whose first look comes first.
    pub(super) shared: Arc<Intake>,
    /// Rings the courier.
    pub(super) queued: Arc<Notify>,
}

impl Housekeeping {
    /// Keeps house until told to stop.
    pub(super) async fn run(self) {
        // What waits in the folders belongs to the months that are about to be closed.
        let folders = u32::try_from(self.shared.config.folders.len()).unwrap_or(u32::MAX);
        tokio::select! {
            () = self.shared.stop.cancelled() => return,
            _looked = self.shared.looked.acquire_many(folders) => (),
            () = sleep(FIRST_LOOK) => warn!("a folder hangs; months are closed without it"),
        }
        let mut swept = None;
        loop {
            let task = self.clone();
            let done = spawn_blocking(move || task.once(swept, (task.shared.clock)())).await;
            let pause = match done {
                Ok(Ok((queued, day, next))) => {
                    swept = Some(day);
                    if queued > 0 {
                        self.queued.notify_one();
                    }
                    (next - (self.shared.clock)()).to_std().unwrap_or_default()
                }
                Ok(Err(error)) => {
                    error!(%error, "months cannot be closed now; trying again");
                    Duration::from_secs(if matches!(error, StoreError::Busy) { 5 } else { 60 })
                }
                Err(_stopped) => return,
            };
            tokio::select! {
                () = self.shared.stop.cancelled() => return,
                () = self.shared.arrived.notified() => (),
                () = sleep(pause.clamp(Duration::from_secs(1), LONGEST)) => (),
            }
        }
    }

    /// One round. Returns the letters queued, the present day, and when something falls due next.
    fn once(
        &self,
        swept: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> Result<(u32, NaiveDate, DateTime<Utc>), StoreError> {
        let (config, holders) = (&self.shared.config, &self.shared.holders);
        let mut store = Store::open(&config.store_folder)?;
        let today = civil::local_time(&now, config.host.zone).date();
        quarantine::retry(&mut store, config, holders, now)?;
        let queued = post::close_due(&mut store, config, now)?;
        // Where something is left out for its errors, or all is gone, nobody knows whose a badge is.
        if swept != Some(today) && config.whole {
            forget(&mut store, config, holders, today)?;
        }
        if swept != Some(today) {
            for reminder in reminders(&store, config, now)? {
                warn!("{reminder}");
            }
        }
        let tomorrow = civil::start_of_day(today + Days::new(1), config.host.zone).to_utc();
        let waiting = post::pending(&store, config, now)?.into_iter().map(|pending| pending.latest);
        let early = quarantine::next_early(&store, config, now)?;
        let next = waiting.filter(|latest| *latest > now).chain(early).fold(tomorrow, DateTime::min);
        Ok((queued, today, next))
    }
}

/// Forgets what nobody's badge left behind, once a day.
fn forget(store: &mut Store, config: &Config, holders: &Holders, today: NaiveDate) -> Result<(), StoreError> {
    let days = config.retention.unmatched_days;
    let before = today - Days::new(u64::from(days));
    let forgotten =
        store.forget_unmatched(before, |badge, reader, date| holders.is_held(badge, reader, date))?;
    if forgotten > 0 {
        info!(
            punches = forgotten,
            older_than_days = days,
            "punches of badges that nobody holds were forgotten"
        );
    }
    Ok(())
}

//! The daemon for as long as something is awaited: the demonstration, and whoever tries it out.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::time::{Duration, sleep, timeout};

use crate::config::Config;
use crate::domain::delivery::State;
use crate::store::{Store, StoreError, StoreLock};

use super::clock::Clock;
use super::ports::Ports;
use super::pulse::Pulse;
use super::{Run, RunError, Session, amendments, boot, comparison, post};

/// Runs the daemon on a configuration until every month that has ended is closed, every amendment whose
/// time has come is made, and every letter handed over, or the patience ends. True when all was done.
pub fn run_until_idle(config: Config, clock: Clock, patience: Duration) -> Result<bool, RunError> {
    run_until(config, clock, patience, |store, config| is_idle(store, config, clock()))
}

/// Runs the daemon on a configuration until its store shows what was waited for, or the patience ends.
/// True when it did.
pub fn run_until(
    config: Config,
    clock: Clock,
    patience: Duration,
    done: impl Fn(&Store, &Config) -> Result<bool, StoreError>,
) -> Result<bool, RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let config = Arc::new(config);
        let lock = Arc::new(StoreLock::take(&config.store_folder)?);
        let pulse = Arc::<Pulse>::default();
        let mut ports = Ports::new(Arc::clone(&lock), Arc::clone(&pulse), clock);
        // a clock that stands still, or that a test moves, is not compared with the machine's own
        let run = Run { lock, pulse, boot: boot(clock), started: clock(), clock, watched: false };
        let session = Session::start(&config, &run, false, &mut ports).await?;
        let shown = async {
            while !done(&Store::open_read_only(&config.store_folder)?, &config)? {
                sleep(Duration::from_millis(20)).await;
            }
            Ok::<(), StoreError>(())
        };
        let shown = timeout(patience, shown).await;
        tokio::join!(session.end(), ports.end());
        shown.map_or(Ok(false), |shown| Ok(shown.map(|()| true)?))
    });
    runtime.shutdown_background();
    ended
}

fn is_idle(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let closed = post::pending(store, config, now)?.is_empty();
    let amended = !comparison::is_due(store, config)? && !amendments::is_due(store, config, now)?;
    // asked last: what is made while the others are asked is in the outbox
    Ok(closed && amended && store.outbox()?.iter().all(|row| row.state == State::SmtpAccepted))
}

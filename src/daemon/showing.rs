//! What those see who watch without a terminal: the page of the personnel office and the figures for
//! monitoring. Looked at anew when something was written into the store, and now and then because time
//! passes; a daemon without them does not wake up for it.

mod board;
mod figures;
mod file;
mod port;

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::config::Config;
use crate::domain::civil;
use crate::render::metrics::{Dialect, Family, metrics_text};
use crate::source::Wakes;
use crate::store::{Store, StoreError};

use super::clock::Clock;

use file::Access;

/// Figures are written so often even when nothing happens: an old file tells of a dead daemon.
const MINUTE: Duration = Duration::from_mins(1);

/// The page is looked at so often even when nothing is written: some of what it says passes by itself.
const SELDOM: Duration = Duration::from_mins(10);

/// Changes come together: at least so long between two looks, and ten times as long as a look takes.
const PAUSE: Duration = Duration::from_secs(1);

/// What is shown, and to whom.
#[derive(Debug)]
pub(super) struct Showing {
    view: View,
    stop: CancellationToken,
    page: watch::Sender<Arc<str>>,
    file: watch::Sender<Arc<str>>,
    figures: watch::Sender<Arc<[Family]>>,
}

/// Starts what the configuration asks for; nothing where it asks for nothing. `started`: since when the
/// daemon runs.
pub(super) fn spawn(
    config: &Arc<Config>,
    tasks: &TaskTracker,
    (stop, clock): (CancellationToken, Clock),
    started: DateTime<Utc>,
) {
    if config.page.folder.is_none() && !config.metrics.is_wanted() {
        return;
    }
    let (page, written) = watch::channel(Arc::from(""));
    if let Some(folder) = &config.page.folder {
        let path = folder.join("index.html");
        tasks.spawn(file::keep(path, Access::Group, written, stop.clone()));
    }
    let (file, written) = watch::channel(Arc::from(""));
    if let Some(path) = &config.metrics.file {
        tasks.spawn(file::keep(path.clone(), Access::All, written, stop.clone()));
    }
    let (figures, read) = watch::channel(Arc::from([]));
    if let Some(address) = config.metrics.listen {
        tasks.spawn(port::serve(address, read, stop.clone()));
    }
    let view = View { config: Arc::clone(config), clock, started, store: None, last: None };
    tasks.spawn(Showing { view, stop, page, file, figures }.run());
}

impl Showing {
    async fn run(self) {
        let Self { mut view, stop, page, file, figures } = self;
        let (folder, metrics) = (view.config.store_folder.clone(), view.config.metrics.clone());
        let (mut wakes, mut watched, mut told) = (Wakes::new(), false, String::new());
        loop {
            watched = watched || wakes.watch(&folder);
            let began = Instant::now();
            let done = spawn_blocking(move || {
                let looked = view.look();
                (view, looked)
            });
            let looked;
            (view, looked) = match done.await {
                Ok(done) => done,
                Err(_stopped) => return,
            };
            match looked {
                Ok(shown) => {
                    told.clear();
                    if let Some(shown) = shown.page {
                        page.send_replace(shown.into());
                    }
                    if metrics.file.is_some() {
                        file.send_replace(metrics_text(&shown.figures, Dialect::Prometheus).into());
                    }
                    figures.send_replace(shown.figures.into());
                }
                Err(problem) => {
                    view.store = None;
                    watched = false;
                    let text = problem.to_string();
                    if told != text {
                        error!(error = text, "what is to be shown cannot be read now; trying again");
                        told = text;
                    }
                }
            }
            let rest = began.elapsed().saturating_mul(10).clamp(PAUSE, MINUTE);
            let until = began + if metrics.is_wanted() || !told.is_empty() { MINUTE } else { SELDOM };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(rest) => (),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = wakes.changed() => (),
                () = tokio::time::sleep_until(until) => (),
            }
        }
    }
}

/// What a look has found.
struct Shown {
    /// The page, when it has changed.
    page: Option<String>,
    figures: Vec<Family>,
}

/// The store as it is shown.
#[derive(Debug)]
struct View {
    config: Arc<Config>,
    clock: Clock,
    started: DateTime<Utc>,
    /// Kept open: opening it is itself a change to its folder.
    store: Option<(Store, i64)>,
    last: Option<Last>,
}

/// The last whole look.
#[derive(Debug)]
struct Last {
    at: Instant,
    day: NaiveDate,
    page: String,
    figures: Vec<Family>,
}

impl View {
    fn look(&mut self) -> Result<Shown, StoreError> {
        let (config, now) = (&*self.config, (self.clock)());
        let day = civil::local_time(&now, config.host.zone).date();
        if !self.store.as_ref().is_some_and(|(store, _)| store.is_in_place()) {
            self.store = Some((Store::open_read_only(&config.store_folder)?, 0));
        }
        let Some((store, version)) = &mut self.store else {
            return Ok(Shown { page: None, figures: vec![] });
        };
        let has_changed = store.has_changed(version)?;
        let is_old = self.last.as_ref().is_none_or(|last| last.day != day || last.at.elapsed() >= SELDOM);
        let mut page = None;
        if has_changed || is_old {
            let before = self.last.take().map(|last| last.page);
            let mut last = Last { at: Instant::now(), day, page: String::new(), figures: vec![] };
            if config.page.folder.is_some() {
                let written = board::write(store, config, now)?;
                page = (before.as_ref() != Some(&written.version)).then_some(written.page);
                last.page = written.version;
            }
            if config.metrics.is_wanted() {
                last.figures = figures::figures(store, config, self.started, now)?;
            }
            self.last = Some(last);
        }
        let mut figures = self.last.as_ref().map(|last| last.figures.clone()).unwrap_or_default();
        if config.metrics.is_wanted() {
            figures.extend(figures::passing(store, config, now)?);
        }
        Ok(Shown { page, figures })
    }
}

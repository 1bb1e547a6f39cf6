//! FLOOR 3. Wiring: the only room with tasks, channels and the clock. Each file is one stretch of
//! the way between two tables of the store: folders -> punches, months -> letters, letters -> mail.

mod alerts;
mod allowance;
pub mod amendments;
pub mod archive_check;
pub mod backup;
pub mod bundle;
pub mod buses;
pub mod by_hand;
mod certificates;
mod changed;
pub mod clock;
pub mod clock_watch;
pub mod comparison;
pub mod compute;
pub mod configuration_files;
pub mod copies;
pub mod courier;
mod damaged;
pub mod digest;
pub mod final_report;
pub mod folders;
mod former_badges;
mod handover;
pub mod host_time;
mod housekeeping;
pub mod in_force;
pub mod ingest;
pub mod intake_rules;
pub mod journal;
pub mod keeper;
mod laid_out;
pub mod life;
pub mod listen;
pub mod live_reader;
mod mail_down;
mod mailbox;
pub mod malfunction_mail;
pub mod malfunctions;
pub mod outside;
mod outside_memory;
mod ports;
pub mod post;
pub mod presence;
pub mod protocol;
pub mod pulse;
pub mod quarantine;
pub mod receipts;
pub mod registration;
pub mod release;
pub mod reminder_mail;
pub mod reminders;
pub mod restore;
pub mod retention;
pub mod roster;
pub mod seal;
mod sealing;
pub mod secret;
pub mod sent;
mod serial;
mod showing;
mod signal;
mod signs;
pub mod specimen;
pub mod subject;
mod systemd;
mod time_server;
mod until;
pub mod vigil;
mod whole_file;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::config::problem::{Problem, Severity};
use crate::config::{self, Config};
use crate::domain::delivery::words;
use crate::mail::Transport;
use crate::store::{Store, StoreError, StoreLock};

use alerts::Herald;
use clock::Clock;
use courier::Courier;
use folders::Intake;
use housekeeping::Housekeeping;
use life::Life;
use mailbox::Account;
use ports::Ports;
use pulse::Pulse;
use roster::Roster;
use signal::{Request, Signals};

pub use until::{run_until, run_until_idle};

/// How long tasks get to finish what they do: a stop takes less than five seconds.
const GRACE: Duration = Duration::from_secs(4);

/// Pause between two tries to go on after a reload.
const REST: Duration = Duration::from_secs(5);

/// Why the daemon could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration cannot be used at all.
    #[error("the configuration cannot be used: {0} problem(s); run `timbra check`")]
    Configuration(usize),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refuses something basic.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

/// Runs the daemon on a configuration folder until it is told to stop.
pub fn run(folder: &Path) -> Result<(), RunError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(serve(folder));
    // A thread that hangs in a dead share must not keep the process alive.
    runtime.shutdown_background();
    ended
}

async fn serve(folder: &Path) -> Result<(), RunError> {
    let mut signals = Signals::catch()?;
    let mut config = Arc::new(load(folder)?);
    let lock = Arc::new(StoreLock::take(&config.store_folder)?);
    let pulse = Arc::<Pulse>::default();
    let mut ports = Ports::new(Arc::clone(&lock), Arc::clone(&pulse), clock::now);
    let run =
        Run { lock, pulse, boot: boot(clock::now), started: clock::now(), clock: clock::now, watched: true };
    let mut session = Session::start(&config, &run, false, &mut ports).await?;
    loop {
        let Some(other) = session.attend(&mut signals, folder).await else {
            tokio::join!(session.end(), ports.end());
            return run.ended();
        };
        session.end().await;
        if other.store_folder == config.store_folder {
            config = Arc::new(other);
        } else {
            error!(folder = %other.store_folder.display(), "another store needs a restart; going on with the old configuration");
        }
        // A store that is busy at this moment must not end a daemon that runs.
        session = loop {
            match Session::start(&config, &run, true, &mut ports).await {
                Ok(session) => break session,
                Err(RunError::Store(StoreError::Lost(_))) => {
                    ports.end().await;
                    return run.ended();
                }
                Err(error) => error!(%error, "cannot go on with the new configuration yet; trying again"),
            }
            tokio::select! {
                request = signals.next() => if request == Request::Stop {
                    ports.end().await;
                    return run.ended();
                },
                // it tries: nothing hangs
                () = sleep(REST) => systemd::watchdog(),
            }
        };
    }
}

/// A name for this run of the daemon. A container gives every run the same process id, so the
/// time counts too.
fn boot(clock: Clock) -> String {
    format!("{}-{}", std::process::id(), clock().timestamp_micros())
}

/// Reads the configuration and tells every problem. What is valid is used: one bad agreement never
/// stops the others.
fn load(folder: &Path) -> Result<Config, RunError> {
    let loaded = config::load(folder);
    tell(&loaded.problems);
    loaded.config.ok_or(RunError::Configuration(loaded.problems.len()))
}

fn tell(problems: &[Problem]) {
    for problem in problems {
        let place = problem.place.as_ref().map(|place| format!(":{}:{}", place.line, place.column));
        let place = format!("{}{}", problem.path.display(), place.unwrap_or_default());
        let hint = problem.hint.as_deref().map(journal::without_values);
        // `timbra check` shows the line and what is written there
        let message = journal::without_values(&problem.message);
        match problem.severity {
            Severity::Error => error!(place, hint, "{message}"),
            Severity::Warning => warn!(place, hint, "{message}"),
        }
    }
}

/// All the files of a configuration, one after the other, with a blank line above each.
fn snapshot(config: &Config) -> String {
    let end = |text: &str| if text.ends_with('\n') { "\n" } else { "\n\n" };
    config
        .snapshot
        .iter()
        .fold(String::new(), |all, (name, text)| all + "# " + name + "\n" + text + end(text))
}

/// What is the same for all sessions of a run.
struct Run {
    /// No other timbra runs on the store meanwhile.
    lock: Arc<StoreLock>,
    /// Who is at work.
    pulse: Arc<Pulse>,
    /// Its name: a message that an earlier session still has in its hands is left to it.
    boot: String,
    /// Since when it runs.
    started: DateTime<Utc>,
    clock: Clock,
    /// The clock is the machine's, and watched.
    watched: bool,
}

impl Run {
    /// Notes that it ended, unless another daemon runs on the store: then that is why.
    fn ended(&self) -> Result<(), RunError> {
        if let Err(error @ StoreError::Lost(_)) = self.lock.keep() {
            error!(%error, "timbra ends");
            return Err(error.into());
        }
        life::stopped(&self.lock);
        Ok(())
    }
}

/// The tasks of one configuration.
struct Session {
    intake: Arc<Intake>,
    tasks: TaskTracker,
    status: String,
    pulse: Arc<Pulse>,
}

impl Session {
    /// `reloaded`: somebody has asked to read the configuration anew.
    async fn start(
        config: &Arc<Config>,
        run: &Run,
        reloaded: bool,
        ports: &mut Ports,
    ) -> Result<Self, RunError> {
        let Run { lock, pulse, boot, started, clock, watched } = run;
        let (clock, watched) = (*clock, *watched);
        let now = clock();
        // Only a first start makes a store: a daemon whose store was moved away would send all months again.
        let mut store = if reloaded { lock.open()? } else { Store::open(&config.store_folder)? };
        if watched && !reloaded {
            life::note(&mut store, Life::Runs { since: *started })?;
        }
        store.keep_configuration(&config.hash, &snapshot(config), now)?;
        // In a folder the message is there or it is not: trying again finds out.
        let sure = matches!(config.mail.settings().transport, Transport::Directory(_));
        for (id, state) in store.recover_outbox(boot, sure, now)? {
            warn!(id, state = state.code(), "a message was under way when the last run ended");
        }
        if let Some(restored) = store.letters_held()? {
            let backup = restored.made_at.to_rfc3339();
            warn!(backup, "this store was restored: no letter leaves until `timbra outbox resume`");
        }
        store.set_patience(courier::PATIENCE)?;
        let roster = Arc::new(Roster::of(config));
        roster.refresh(&store)?;
        ports.apply(config, &roster).await?;
        let queued = Arc::new(Notify::new());
        let intake = Arc::new(Intake {
            config: Arc::clone(config),
            roster,
            arrived: ports.arrived(),
            looked: Semaphore::new(0),
            stopping: AtomicBool::new(false),
            stop: CancellationToken::new(),
            lost: Notify::new(),
            clock,
        });
        let stop = intake.stop.clone();
        let herald = Herald {
            config: Arc::clone(config),
            alarmed: Arc::new(Notify::new()),
            queued: Arc::clone(&queued),
            stop: stop.clone(),
            clock,
            watched,
            hangs: Arc::default(),
        };
        let alarmed = Arc::clone(&herald.alarmed);
        let housekeeping = Housekeeping {
            shared: Arc::clone(&intake),
            lock: Arc::clone(lock),
            pulse: Arc::clone(pulse),
            queued: Arc::clone(&queued),
            alarmed: Arc::clone(&alarmed),
            watched,
            bell: ports.bell(),
        };
        let mut courier = None;
        match secret::with_password(&config.mail) {
            Ok(mail) => {
                let suspended = Account::sending(&mail).is_suspended(&mut store, reloaded, clock)?;
                let (lock, pulse, boot) = (Arc::clone(lock), Arc::clone(pulse), boot.clone());
                courier = Some(Courier { mail, lock, pulse, boot, queued, alarmed, stop, clock, suspended });
            }
            Err(reason) => {
                error!(reason, "letters wait in the outbox: no mail can leave");
                store.raise_alarm(&words::no_password(&reason), now)?;
            }
        }
        let tasks = TaskTracker::new();
        receipts::spawn(config, &mut store, &tasks, (intake.stop.clone(), clock), reloaded)?;
        for index in 0..config.folders.len() {
            tasks.spawn(folders::watch(Arc::clone(&intake), index));
        }
        tasks.spawn(housekeeping.run());
        tasks.spawn(herald.run());
        tasks.spawn(protocol::serve(Arc::clone(&intake), Arc::clone(pulse)));
        showing::spawn(config, &tasks, (intake.stop.clone(), clock), *started);
        if let Some(courier) = courier {
            tasks.spawn(courier.run(store));
        }
        tasks.close();
        let (readers, agreements) = (config.readers().count(), config.agreements.len());
        let status = format!("{readers} readers, {agreements} agreements");
        systemd::ready(&status);
        info!(version = env!("CARGO_PKG_VERSION"), readers, agreements, "timbra runs");
        Ok(Self { intake, tasks, status, pulse: Arc::clone(pulse) })
    }

    /// Waits until a usable new configuration is there, or for the end.
    async fn attend(&self, signals: &mut Signals, folder: &Path) -> Option<Config> {
        let beat = systemd::watchdog_interval();
        let mut told = None;
        loop {
            let pause = async {
                match beat {
                    Some(interval) => sleep(interval).await,
                    None => std::future::pending().await,
                }
            };
            let request = tokio::select! {
                request = signals.next() => request,
                () = self.intake.lost.notified() => return None,
                () = pause => {
                    let stuck = beat.and_then(|interval| self.pulse.stuck(interval * 2));
                    match stuck {
                        None => systemd::watchdog(),
                        Some(worker) if told != stuck => {
                            error!("{} hangs: systemd is told no more that all is well", worker.what());
                        }
                        Some(_) => (),
                    }
                    told = stuck;
                    continue;
                }
            };
            if request == Request::Stop {
                info!("asked to stop");
                systemd::stopping();
                return None;
            }
            systemd::reloading();
            let loaded = config::load(folder);
            tell(&loaded.problems);
            let errors = loaded.problems.iter().any(|problem| problem.severity == Severity::Error);
            match loaded.config {
                Some(config) if !errors => return Some(config),
                _ => error!("the new configuration has errors; the old one goes on"),
            }
            systemd::ready(&format!(
                "{}; the new configuration has errors, the old one goes on",
                self.status
            ));
        }
    }

    /// Tells the tasks to stop, waits, and names the late.
    async fn end(self) {
        self.intake.stopping.store(true, Ordering::Relaxed);
        self.intake.stop.cancel();
        if timeout(GRACE, self.tasks.wait()).await.is_err() {
            warn!(
                tasks = self.tasks.len(),
                "some tasks did not stop in time; what they did is healed at the next start"
            );
        }
    }
}

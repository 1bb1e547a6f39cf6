//! The ports of a daemon. They outlive a reload: what the kernel holds of a port is lost when it is
//! closed, so a port stays open for as long as its own settings are the same.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, timeout, timeout_at};
use tracing::warn;

use crate::config::{Config, OsdpBus, Reader, SerialReader};
use crate::source::PortSettings;
use crate::store::{StoreLock, Stored};

use super::buses::{self, Wiring};
use super::clock::Clock;
use super::host_time::HostTime;
use super::keeper::Keeper;
use super::live_reader::{LiveReader, Site};
use super::pulse::Pulse;
use super::roster::Roster;
use super::serial;

/// How long the task of a port gets to end. A driver may hang.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the keeper gets to write what waits.
const LAST_COMMIT: Duration = Duration::from_secs(2);

/// What the task of a port is asked. When nobody can ask any more, it ends.
#[derive(Debug)]
pub(super) enum Order {
    /// Note that everything up to now was heard.
    Note(oneshot::Sender<Stored>),
    /// Go on under another configuration; what is on the port is the same.
    Change(Arc<Site>),
}

/// All ports.
#[derive(Debug)]
pub(super) struct Ports {
    lock: Arc<StoreLock>,
    pulse: Arc<Pulse>,
    host: Arc<HostTime>,
    arrived: Arc<Notify>,
    keeper: Option<Keeper>,
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    on: OnPort,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

/// What must be the same for a port to stay open.
#[derive(Debug, Clone, PartialEq)]
enum OnPort {
    /// A reader that speaks by itself.
    Serial(PortSettings),
    /// Readers that are polled: what they are shown meanwhile, they keep.
    Bus(PortSettings, Wiring),
}

/// What a configuration wants on a port.
enum Wanted<'a> {
    Serial(&'a SerialReader),
    Bus(&'a OsdpBus, Wiring),
}

/// Asks all ports to note how far their readers are covered.
#[derive(Debug, Clone, Default)]
pub(super) struct Bell(Vec<mpsc::WeakSender<Order>>);

impl Ports {
    /// None yet.
    pub(super) fn new(lock: Arc<StoreLock>, pulse: Arc<Pulse>, clock: Clock) -> Self {
        let (host, arrived) = (Arc::new(HostTime::new(clock)), Arc::new(Notify::new()));
        Self { lock, pulse, host, arrived, keeper: None, running: Vec::new() }
    }

    /// Makes the ports those of a configuration. One that stays the same stays open.
    pub(super) async fn apply(&mut self, config: &Arc<Config>, roster: &Arc<Roster>) -> std::io::Result<()> {
        let site = Arc::new(Site { config: Arc::clone(config), roster: Arc::clone(roster) });
        let buses = config.buses.iter().map(|bus| Wanted::Bus(bus, Wiring::of(bus)));
        let mut wanted: Vec<Wanted<'_>> = config.serials.iter().map(Wanted::Serial).chain(buses).collect();
        let (mut stay, mut leave) = (Vec::new(), Vec::new());
        for running in std::mem::take(&mut self.running) {
            match wanted.iter().position(|wanted| wanted.on_port() == running.on) {
                Some(same) if running.orders.send(Order::Change(Arc::clone(&site))).await.is_ok() => {
                    wanted.remove(same);
                    stay.push(running);
                }
                _ => leave.push(running),
            }
        }
        end(leave).await;
        self.running = stay;
        for wanted in wanted {
            let running = self.listen(&site, wanted)?;
            self.running.push(running);
        }
        Ok(())
    }

    fn listen(&mut self, site: &Arc<Site>, wanted: Wanted<'_>) -> std::io::Result<Running> {
        let on = wanted.on_port();
        let keeper = match &mut self.keeper {
            Some(keeper) => keeper,
            none => none.insert(Keeper::start(Arc::clone(&self.lock), Arc::clone(&self.pulse))?),
        };
        let (orders, received) = mpsc::channel(4);
        let host = Arc::clone(&self.host);
        let live = |reader: &Reader, presence_seconds: u32| {
            LiveReader::new(
                Arc::clone(site),
                reader.clone(),
                (on.path(), presence_seconds),
                Arc::clone(&host),
                keeper.inbox(),
                Arc::clone(&self.arrived),
            )
        };
        let task = match wanted {
            Wanted::Serial(reader) => {
                let live = live(&reader.reader, reader.presence_seconds);
                tokio::spawn(serial::listen(reader.clone(), live, host, received))
            }
            Wanted::Bus(bus, wiring) => {
                let lives = bus.readers.iter().map(|one| live(&one.reader, one.presence_seconds)).collect();
                tokio::spawn(buses::poll(bus.clone(), wiring, lives, host, received))
            }
        };
        Ok(Running { on, orders, task })
    }

    /// Rung when a port opens: a month may be complete then.
    pub(super) fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    /// For whoever needs the covers of all readers up to date.
    pub(super) fn bell(&self) -> Bell {
        Bell(self.running.iter().map(|running| running.orders.downgrade()).collect())
    }

    /// Closes all ports, and has everything written that came over them.
    pub(super) async fn end(self) {
        end(self.running).await;
        if let Some(keeper) = self.keeper {
            keeper.end(LAST_COMMIT).await;
        }
    }
}

/// Tells tasks to end, and waits for all of them together.
async fn end(running: Vec<Running>) {
    let deadline = Instant::now() + PATIENCE;
    let tasks: Vec<_> = running.into_iter().map(|running| (running.on, running.task)).collect();
    for (on, mut task) in tasks {
        if timeout_at(deadline, &mut task).await.is_err() {
            warn!(port = %on.path().display(), "the port hangs; it is left");
            task.abort();
        }
    }
}

impl Wanted<'_> {
    fn on_port(&self) -> OnPort {
        match self {
            Self::Serial(reader) => OnPort::Serial(reader.port.clone()),
            Self::Bus(bus, wiring) => OnPort::Bus(bus.port.clone(), wiring.clone()),
        }
    }
}

impl OnPort {
    fn path(&self) -> &Path {
        match self {
            Self::Serial(port) | Self::Bus(port, _) => &port.path,
        }
    }
}

impl Bell {
    /// Has every reader whose port is open covered up to now, and waits until that is durable. One
    /// that cannot say so in time is covered less far.
    pub(super) async fn ring(&self) {
        let mut answers = Vec::new();
        for orders in &self.0 {
            let (answer, answered) = oneshot::channel();
            if orders.upgrade().is_some_and(|orders| orders.try_send(Order::Note(answer)).is_ok()) {
                answers.push(answered);
            }
        }
        let all = async {
            for answered in answers {
                // A port that is not open drops its answer.
                drop(answered.await);
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            warn!("the store is busy: how far readers are covered is noted later");
        }
    }
}

#[cfg(test)]
mod tests;

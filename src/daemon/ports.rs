//! The ports of a daemon. They outlive a reload: what the kernel holds of a port is lost when it is
//! closed, so a port stays open for as long as its own settings are the same.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, timeout, timeout_at};
use tracing::warn;

use crate::config::{Config, SerialReader};
use crate::domain::holders::Holders;
use crate::source::PortSettings;
use crate::store::Stored;

use super::clock::Clock;
use super::host_time::HostTime;
use super::keeper::Keeper;
use super::live_reader::{LiveReader, Site};
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
    /// Go on under another configuration; the port's own settings are the same.
    Change(Arc<Site>, Box<SerialReader>),
}

/// All ports.
#[derive(Debug)]
pub(super) struct Ports {
    store_folder: PathBuf,
    host: Arc<HostTime>,
    arrived: Arc<Notify>,
    keeper: Option<Keeper>,
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    port: PortSettings,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

/// Asks all ports to note how far their readers are covered.
#[derive(Debug, Clone, Default)]
pub(super) struct Bell(Vec<mpsc::WeakSender<Order>>);

impl Ports {
    /// None yet.
    pub(super) fn new(store_folder: PathBuf, clock: Clock) -> Self {
        let (host, arrived) = (Arc::new(HostTime::new(clock)), Arc::new(Notify::new()));
        Self { store_folder, host, arrived, keeper: None, running: Vec::new() }
    }

    /// Makes the ports those of a configuration. One that stays the same stays open.
    pub(super) async fn apply(&mut self, config: &Arc<Config>) -> std::io::Result<()> {
        let site = Arc::new(Site { config: Arc::clone(config), holders: Holders::new(&config.agreements) });
        let (mut stay, mut leave) = (Vec::new(), Vec::new());
        for running in std::mem::take(&mut self.running) {
            match config.serials.iter().find(|reader| reader.port == running.port) {
                Some(reader) => {
                    let change = Order::Change(Arc::clone(&site), Box::new(reader.clone()));
                    if running.orders.send(change).await.is_ok() {
                        stay.push(running);
                    }
                }
                None => leave.push(running),
            }
        }
        end(leave).await;
        self.running = stay;
        for reader in &config.serials {
            if self.running.iter().all(|running| running.port != reader.port) {
                let running = self.listen(&site, reader)?;
                self.running.push(running);
            }
        }
        Ok(())
    }

    fn listen(&mut self, site: &Arc<Site>, reader: &SerialReader) -> std::io::Result<Running> {
        let keeper = match &mut self.keeper {
            Some(keeper) => keeper,
            none => none.insert(Keeper::start(&self.store_folder)?),
        };
        let (orders, received) = mpsc::channel(4);
        let host = Arc::clone(&self.host);
        let port = (reader.port.path.as_path(), reader.presence_seconds);
        let live = LiveReader::new(
            Arc::clone(site),
            reader.reader.clone(),
            port,
            Arc::clone(&host),
            keeper.inbox(),
            Arc::clone(&self.arrived),
        );
        let task = tokio::spawn(serial::listen(reader.clone(), live, host, received));
        Ok(Running { port: reader.port.clone(), orders, task })
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
    let tasks: Vec<_> = running.into_iter().map(|running| (running.port, running.task)).collect();
    for (port, mut task) in tasks {
        if timeout_at(deadline, &mut task).await.is_err() {
            warn!(port = %port.path.display(), "the port hangs; it is left");
            task.abort();
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

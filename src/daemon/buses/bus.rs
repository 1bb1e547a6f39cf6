//! A control panel with its port: sends what the panel says when it says it, and hands it what comes.

use std::sync::Arc;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::task::yield_now;
use tokio::time::sleep_until;

use crate::daemon::host_time::HostTime;
use crate::decode::osdp::{Action, BusSettings, Counts, Event, Panel, Signal};
use crate::decode::wire::Moment;
use crate::source::{LineEvent, Loss, NoTransceiver, PortError, PortSettings, SerialLine};

/// Nothing is due: the port is not open.
const NEVER: Moment = Moment(u64::MAX);

/// A bus of readers.
pub struct Bus {
    line: SerialLine,
    panel: Panel,
    host: Arc<HostTime>,
    /// Nothing is due before.
    until: Moment,
}

/// What happened on a bus.
#[derive(Debug)]
pub enum BusEvent {
    /// At a reader.
    Reader(Event),
    /// The port is open now.
    Opened {
        /// RS-485 was asked for and the driver does not know it.
        unsupported: Option<NoTransceiver>,
    },
    /// The port is gone, and is being opened again. No reader can be used.
    Lost(Loss),
    /// The port could not be opened. It is tried again.
    Unavailable(PortError),
}

impl Bus {
    /// A bus on a port that is about to be opened. An error when the system has no random numbers.
    pub fn new(port: PortSettings, settings: BusSettings, host: Arc<HostTime>) -> std::io::Result<Self> {
        let mut seed = [0; 16];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| std::io::Error::other("the system gives no random numbers"))?;
        let now = host.moment();
        let panel = Panel::new(settings, seed, now);
        Ok(Self { line: SerialLine::new(port), panel, host, until: now })
    }

    /// Until when everything that a reader saw is known; `None` while it cannot be used.
    pub fn covered(&self, reader: usize) -> Option<Moment> {
        self.panel.covered(reader)
    }

    /// What became of a card; its reader shows it.
    pub fn signal(&mut self, reader: usize, head: u8, signal: Signal) {
        let now = self.host.moment();
        self.panel.signal(reader, head, signal, now);
        self.until = now;
    }

    /// What happened on the bus so far.
    pub fn counts(&self) -> Counts {
        self.panel.counts()
    }

    /// Waits for what happens next, and polls meanwhile. May be dropped while it waits: a packet that
    /// was not sent whole is sent again.
    pub async fn next(&mut self) -> BusEvent {
        loop {
            // a reply that came while nobody looked is no silence
            if self.until <= self.host.moment()
                && let Some(event) = self.hear(yield_now()).await
            {
                return event;
            }
            if let Some(event) = self.panel.event() {
                return BusEvent::Reader(event);
            }
            self.until = if self.line.is_open() {
                match self.panel.next(self.host.moment()) {
                    Action::Tell(event) => return BusEvent::Reader(event),
                    Action::Send(bytes) => {
                        // a port that takes nothing is a line without answers; one that is gone is told soon
                        drop(self.line.write(&bytes).await);
                        continue;
                    }
                    Action::Wait(until) => until,
                }
            } else {
                NEVER
            };
            let (host, until) = (Arc::clone(&self.host), self.until);
            let pause = async {
                if until < NEVER {
                    sleep_until(host.wake_at(until)).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            if let Some(event) = self.hear(pause).await {
                return event;
            }
        }
    }

    /// Takes what comes from the port within a pause.
    async fn hear(&mut self, pause: impl Future<Output = ()>) -> Option<BusEvent> {
        let heard = tokio::select! {
            biased;
            heard = self.line.next() => heard,
            () = pause => return None,
        };
        let now = self.host.moment();
        match heard {
            LineEvent::Bytes(bytes) => {
                self.panel.received(bytes, now);
                None
            }
            LineEvent::Opened { unsupported } => {
                self.panel.reopened(now);
                Some(BusEvent::Opened { unsupported })
            }
            LineEvent::Lost(loss) => Some(BusEvent::Lost(loss)),
            LineEvent::Unavailable(error) => Some(BusEvent::Unavailable(error)),
        }
    }
}

//! OSDP buses into the store: polled -> cards -> keeper, and only then the light.

mod bus;
mod reader;

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Duration, MissedTickBehavior, interval};
use tracing::{error, info, warn};

use crate::config::OsdpBus;
use crate::decode::osdp::{BusSettings, Event, PeerSettings, Signal};
use crate::domain::ids::ReaderId;
use crate::store::Stored;

use super::host_time::HostTime;
use super::live_reader::LiveReader;
use super::ports::Order;
use super::secret;

pub use bus::{Bus, BusEvent};
use reader::{Answered, PolledReader, Shown};

/// How often somebody looks whether the wall clock stepped: a bus has no long silences to wait for.
const LOOK: Duration = Duration::from_secs(1);

/// What the panel of a bus must know, with the keys of its readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wiring {
    settings: BusSettings,
    /// Each reader of the configuration, and why it is left out: its key cannot be had, and it must
    /// not be used in clear.
    readers: Vec<(ReaderId, Option<String>)>,
}

impl Wiring {
    /// Reads the keys of a bus.
    pub(super) fn of(bus: &OsdpBus) -> Self {
        let mut peers = Vec::new();
        let mut readers = Vec::new();
        for reader in &bus.readers {
            let key = reader.key.as_ref().map(secret::site_key).transpose();
            readers.push((reader.id().clone(), key.as_ref().err().cloned()));
            if let Ok(key) = key {
                peers.push(PeerSettings { address: reader.address, key, install: reader.install });
            }
        }
        let settings = BusSettings { baud: bus.port.baud, poll: bus.poll_ms.into(), readers: peers };
        Self { settings, readers }
    }
}

/// Polls the readers of a bus until told to stop.
pub(super) async fn poll(
    bus: OsdpBus,
    wiring: Wiring,
    lives: Vec<LiveReader>,
    host: Arc<HostTime>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut readers = Vec::new();
    for ((reader, live), (_, left_out)) in bus.readers.iter().zip(lives).zip(&wiring.readers) {
        let mut polled = PolledReader::new(reader.clone(), live);
        match left_out {
            None => readers.push(polled),
            Some(reason) => polled.live.unavailable(reason),
        }
    }
    let port = bus.port.path.display().to_string();
    let line = match Bus::new(bus.port.clone(), wiring.settings, Arc::clone(&host)) {
        Ok(line) => line,
        Err(error) => return error!(port, %error, "the bus cannot be polled"),
    };
    let mut desk = Desk { port, line, readers, answers: JoinSet::new() };
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Order::Note(answer)) => desk.note(answer),
                Some(Order::Change(site)) => {
                    let bus = site.config.buses.iter().find(|other| other.port == bus.port);
                    for polled in &mut desk.readers {
                        let id = polled.live.reader().id.clone();
                        let changed = bus.and_then(|bus| bus.readers.iter().find(|other| *other.id() == id));
                        if let Some(changed) = changed {
                            polled.change(Arc::clone(&site), changed.clone());
                        }
                    }
                }
                None => break,
            },
            Some(answered) = desk.answers.join_next() => {
                if let Ok(answered) = answered {
                    desk.answer(answered);
                }
            }
            event = desk.line.next() => desk.take(event),
            _ = look.tick() => {
                if let Some(polled) = desk.readers.first() {
                    polled.live.look();
                }
            }
        }
    }
    for (number, polled) in desk.readers.iter_mut().enumerate() {
        polled.live.stopped(desk.line.covered(number).unwrap_or_else(|| polled.live.look()));
    }
}

/// One bus with its readers.
struct Desk {
    port: String,
    line: Bus,
    /// In the order of the panel.
    readers: Vec<PolledReader>,
    /// The cards that are on their way into the store.
    answers: JoinSet<Answered>,
}

impl Desk {
    fn take(&mut self, event: BusEvent) {
        match event {
            BusEvent::Reader(event) => self.at_reader(event),
            BusEvent::Opened { unsupported } => {
                if let Some(reason) = unsupported {
                    warn!(port = self.port, %reason, "RS-485");
                }
                info!(port = self.port, "the port of the bus is open");
            }
            BusEvent::Lost(reason) => {
                error!(port = self.port, %reason, "the port of the bus is gone; it is tried again");
                for (number, polled) in self.readers.iter_mut().enumerate() {
                    if let Some(since) = self.line.covered(number) {
                        polled.live.away(&reason.to_string(), since);
                    }
                }
            }
            BusEvent::Unavailable(reason) => {
                for polled in &mut self.readers {
                    polled.live.unavailable(&reason.to_string());
                }
            }
        }
    }

    fn at_reader(&mut self, event: Event) {
        let number = event.reader();
        let Some(polled) = self.readers.get_mut(number) else { return };
        let id = &polled.live.reader().id;
        match event {
            Event::Online { identity, secure, .. } => {
                let what = identity.map_or("it does not say what it is".to_owned(), |it| it.to_string());
                info!(reader = %id, port = self.port, what, secure, "the reader answers");
                polled.live.present();
            }
            Event::Offline { since, trouble, .. } => {
                let reason = trouble.map_or("it does not answer".to_owned(), |trouble| trouble.to_string());
                error!(
                    reader = %id, port = self.port, reason,
                    "the reader cannot be used; it is tried again, and what was shown to it may be lost"
                );
                polled.live.away(&reason, since);
            }
            Event::Trouble { trouble, .. } => {
                error!(reader = %id, port = self.port, reason = %trouble, "the reader cannot be used");
            }
            Event::KeyInstalled { .. } => {
                info!(reader = %id, "the reader has taken the site key: take `install` out of its configuration");
            }
            Event::Status { tamper, power, .. } => polled.condition(tamper, power),
            Event::Card { head, at, card, raw, .. } => match polled.card(&card, &raw, at) {
                Shown::Now(signal) => self.line.signal(number, head, signal),
                Shown::Stored(badge, held, stored) => {
                    self.answers.spawn(async move {
                        let stored = stored.await.ok();
                        Answered { number, head, badge, held, stored }
                    });
                }
                Shown::Never => {}
            },
            Event::Unreadable { head, at, reason, raw, .. } => {
                polled.live.reject(&raw, &reason.to_string(), at);
                self.line.signal(number, head, Signal::Refused);
            }
        }
    }

    /// A card is in the store, or could not get there: now its reader may show that.
    fn answer(&mut self, answered: Answered) {
        let Answered { number, head, .. } = answered;
        if let Some(polled) = self.readers.get_mut(number) {
            let signal = polled.answered(answered);
            self.line.signal(number, head, signal);
        }
    }

    /// Notes how far all readers are covered that can be used; answers when that is durable.
    fn note(&mut self, answer: oneshot::Sender<Stored>) {
        let mut waiting = Vec::new();
        for (number, polled) in self.readers.iter_mut().enumerate() {
            if let Some(covered) = self.line.covered(number) {
                let (noted, wait) = oneshot::channel();
                polled.live.heard(covered, noted);
                waiting.push(wait);
            }
        }
        tokio::spawn(async move {
            for wait in waiting {
                if wait.await.is_err() {
                    return;
                }
            }
            // whoever asked may not wait any more
            let _noted = answer.send(Stored::Noted);
        });
    }
}

//! One reader on a bus: what its cards become, and what it shows for them.

use std::sync::Arc;

use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::config::OsdpReader;
use crate::daemon::live_reader::{LiveReader, Site, Taken};
use crate::decode::card::Card;
use crate::decode::osdp::Signal;
use crate::decode::wire::{Moment, WireRead};
use crate::store::Stored;

/// One reader.
pub(super) struct PolledReader {
    settings: OsdpReader,
    pub(super) live: LiveReader,
    /// The last card that was answered, and how: it may be shown again at once.
    last: Option<(String, Signal)>,
    condition: (bool, bool),
}

/// When a card gets its light.
pub(super) enum Shown {
    /// At once.
    Now(Signal),
    /// When it is durable: the badge, whether somebody holds it, and the answer of the keeper.
    Stored(String, bool, oneshot::Receiver<Stored>),
    /// It has it already, or is about to.
    Never,
}

/// A card that the keeper has answered.
pub(super) struct Answered {
    pub(super) number: usize,
    pub(super) head: u8,
    pub(super) badge: String,
    pub(super) held: bool,
    pub(super) stored: Option<Stored>,
}

impl PolledReader {
    pub(super) fn new(settings: OsdpReader, live: LiveReader) -> Self {
        Self { settings, live, last: None, condition: (false, false) }
    }

    /// Goes on under another configuration.
    pub(super) fn change(&mut self, site: Arc<Site>, settings: OsdpReader) {
        self.live.change(site, settings.reader.clone(), settings.presence_seconds);
        self.settings = settings;
        self.last = None;
    }

    /// Takes a card; `raw` is the reply that held it.
    pub(super) fn card(&mut self, card: &Card, raw: &[u8], at: Moment) -> Shown {
        let badge = match card.badge(self.settings.badge) {
            Ok(badge) => badge,
            Err(none) => return self.refuse(raw, &none.to_string(), at),
        };
        let read = WireRead { badge: &badge, card, local: None, direction: "", reason: None };
        match self.live.read(&read, raw, at) {
            Taken::Waits(stored) => {
                self.last = None;
                let held = self.live.is_held(&badge, at);
                Shown::Stored(badge, held, stored)
            }
            Taken::Repeat => match &self.last {
                Some((last, signal)) if *last == badge => Shown::Now(*signal),
                _ => Shown::Never,
            },
            Taken::Expired | Taken::Lost => Shown::Now(Signal::Refused),
        }
    }

    fn refuse(&mut self, raw: &[u8], reason: &str, at: Moment) -> Shown {
        self.live.reject(raw, reason, at);
        Shown::Now(Signal::Refused)
    }

    /// What a card that the keeper has answered gets: green only when it is on disk, and somebody's.
    pub(super) fn answered(&mut self, answered: Answered) -> Signal {
        let durable = matches!(answered.stored, Some(Stored::New | Stored::Known));
        let signal = if durable && answered.held { Signal::Accepted } else { Signal::Refused };
        self.last = Some((answered.badge, signal));
        signal
    }

    /// Its housing is open, or its power fails; or no more.
    pub(super) fn condition(&mut self, tamper: bool, power: bool) {
        let before = std::mem::replace(&mut self.condition, (tamper, power));
        let id = &self.live.reader().id;
        match (before.0, tamper) {
            (false, true) => warn!(reader = %id, "the housing of the reader is open: somebody should look"),
            (true, false) => info!(reader = %id, "the housing of the reader is closed again"),
            _ => {}
        }
        match (before.1, power) {
            (false, true) => warn!(reader = %id, "the power of the reader fails"),
            (true, false) => info!(reader = %id, "the reader has its power again"),
            _ => {}
        }
        let words: Vec<&str> = [(tamper, "its housing is open"), (power, "its power fails")]
            .into_iter()
            .filter_map(|(holds, words)| holds.then_some(words))
            .collect();
        self.live.condition(&words.join(", "));
    }
}

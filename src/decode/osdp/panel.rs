//! The bus: one packet at a time, to the reader whose turn it is.

use osdp::secure::crypto::aes128_encrypt;
use osdp::{MAX_BUS_PACKET, ParsedPacket, REPLY_DELAY_MS};

use super::Moment;
use super::framer::{Found, Framer, MARK};
use super::peer::{Outbox, Peer};
use super::report::{Counts, Event, Signal};
use super::settings::BusSettings;

/// A packet whose next byte does not come for so many milliseconds is cut. The standard says 20; USB
/// adapters hand bytes on in portions.
const GAP: u64 = 100;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes, now.
    Send(Vec<u8>),
    /// Something happened.
    Tell(Event),
    /// Nothing until then, unless bytes come or a card is judged.
    Wait(Moment),
}

/// The control panel of one bus.
pub struct Panel {
    baud: u32,
    peers: Vec<Peer>,
    framer: Framer,
    asked: Option<Asked>,
    /// The line rests until then.
    quiet: Moment,
    out: Outbox,
    seed: [u8; 16],
    challenges: u128,
}

/// A packet is out, and its reply is waited for.
struct Asked {
    peer: usize,
    packet: Vec<u8>,
    until: Moment,
    /// Not longer than this, whatever noise comes.
    latest: Moment,
}

impl Panel {
    /// A panel for a bus. `seed` are 16 bytes of the system's random generator: the challenges of the
    /// secure channels come from them.
    pub fn new(bus: BusSettings, seed: [u8; 16], now: Moment) -> Self {
        let poll = bus.poll;
        let peer = |(number, settings)| Peer::new(number, settings, poll, now);
        Self {
            baud: bus.baud.max(1),
            peers: bus.readers.into_iter().enumerate().map(peer).collect(),
            framer: Framer::default(),
            asked: None,
            quiet: now,
            out: Outbox::default(),
            seed,
            challenges: 0,
        }
    }

    /// The port of the bus was opened anew: every reader is looked for from the start, and told online
    /// or offline again.
    pub fn reopened(&mut self, now: Moment) {
        self.sort(true, now);
        self.asked = None;
        self.quiet = now;
        for peer in &mut self.peers {
            peer.reopened(now);
        }
    }

    /// Takes bytes from the bus. Hand over what is there before asking for the [next](Self::next)
    /// action, so that a reply that waits is not taken for silence.
    pub fn received(&mut self, bytes: &[u8], now: Moment) {
        if self.framer.newest().is_some_and(|newest| now.since(newest) > GAP) {
            self.sort(true, now);
        }
        self.framer.push(bytes, now);
        self.sort(false, now);
        let partial = self.framer.newest().is_some();
        if let Some(asked) = self.asked.as_mut().filter(|_| partial) {
            asked.until = asked.until.max(now.after(GAP)).min(asked.latest);
        }
    }

    /// What became of a card: the reader shows it. `reader` and `head` are those of the
    /// [event](Event::Card).
    pub fn signal(&mut self, reader: usize, head: u8, signal: Signal, now: Moment) {
        if let Some(peer) = self.peers.get_mut(reader) {
            peer.signal(head, signal, now, &mut self.out.counts);
        }
    }

    /// What is to be done now. Ask until it says [`Action::Wait`].
    pub fn next(&mut self, now: Moment) -> Action {
        if let Some(event) = self.event() {
            return Action::Tell(event);
        }
        if let Some(asked) = &self.asked {
            if now < asked.until {
                return Action::Wait(asked.until);
            }
            // a reply may stand behind a start that was none
            self.sort(true, now);
            if let Some(asked) = self.asked.take() {
                if let Some(peer) = self.peers.get_mut(asked.peer) {
                    peer.silent(now);
                }
                self.rest(now);
            }
            if let Some(event) = self.event() {
                return Action::Tell(event);
            }
        }
        let ready = |peer: &Peer| peer.due().1 <= now;
        let numbered = self.peers.iter().enumerate();
        let next =
            numbered.filter(|(_, peer)| ready(peer)).min_by_key(|(_, peer)| peer.due()).map(|(n, _)| n);
        let Some(peer) = next.filter(|_| self.quiet <= now) else {
            let due = self.peers.iter().map(|peer| peer.due().1).min();
            return Action::Wait(due.unwrap_or(Moment(u64::MAX)).max(self.quiet));
        };
        self.ask(peer, now)
    }

    /// Until when everything that a reader saw is known; `None` while it cannot be used.
    pub fn covered(&self, reader: usize) -> Option<Moment> {
        self.peers.get(reader)?.covered()
    }

    /// What happened and was not told yet: for a port that is gone, to which nothing can be sent.
    pub fn event(&mut self) -> Option<Event> {
        self.out.events.pop_front()
    }

    /// What happened on the bus so far.
    pub fn counts(&self) -> Counts {
        self.out.counts
    }

    /// How many bytes are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.framer.held().len()
    }

    fn ask(&mut self, number: usize, now: Moment) -> Action {
        // what is still held belongs to the past
        self.sort(true, now);
        self.challenges += 1;
        let [challenge @ .., _, _, _, _, _, _, _, _] =
            aes128_encrypt(&self.seed, &self.challenges.to_be_bytes());
        let Some(peer) = self.peers.get_mut(number) else { return Action::Wait(now) };
        let packet = peer.ask(now, challenge, &mut self.out);
        // it gives the drivers of the line time to turn around
        let mut bytes = vec![MARK];
        bytes.extend_from_slice(&packet);
        self.out.counts.sent += 1;
        let until = now.after(self.duration(bytes.len()) + u64::from(REPLY_DELAY_MS));
        let latest = until.after(self.duration(MAX_BUS_PACKET));
        self.asked = Some(Asked { peer: number, packet, until, latest });
        Action::Send(bytes)
    }

    /// Goes through the packets that are complete.
    fn sort(&mut self, ended: bool, now: Moment) {
        while let Some(found) = self.framer.next(ended) {
            self.heard(&found, now);
        }
        self.out.counts.noise += self.framer.take_noise();
    }

    fn heard(&mut self, found: &Found, now: Moment) {
        let Ok((packet, _)) = ParsedPacket::parse(&found.bytes) else {
            self.out.counts.broken += 1;
            return;
        };
        let counts = &mut self.out.counts;
        if !packet.addr.is_reply() {
            let own = self.asked.as_ref().is_some_and(|asked| asked.packet == found.bytes);
            let counted = if own { &mut counts.echoes } else { &mut counts.foreign };
            *counted += 1;
            return;
        }
        let address = packet.addr.pd_addr();
        let asked = self.asked.as_ref().and_then(|asked| self.peers.get_mut(asked.peer));
        if let Some(peer) = asked.filter(|peer| peer.address() == address) {
            if peer.heard(&packet, &found.bytes, found.first, now, &mut self.out) {
                self.asked = None;
                self.rest(now);
            } else {
                self.out.counts.late += 1;
            }
            return;
        }
        let known = self.peers.iter().any(|peer| peer.address() == address);
        let counted = if known { &mut self.out.counts.late } else { &mut self.out.counts.foreign };
        *counted += 1;
    }

    /// The line rests for two bytes before the next packet.
    fn rest(&mut self, now: Moment) {
        self.quiet = now.after(self.duration(2));
    }

    /// Milliseconds that so many bytes of ten bits take, rounded up.
    fn duration(&self, bytes: usize) -> u64 {
        (bytes as u64 * 10_000).div_ceil(u64::from(self.baud))
    }
}

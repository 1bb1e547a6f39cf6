//! Bytes of a bus to packets, whatever the chunks they come in: finds the start, checks length and
//! trailer, and begins again one byte further when something does not fit.

use osdp::{MAX_BUS_PACKET, ParsedPacket, SOM};

use super::Moment;

/// Start, address, length, control; then at least a code and a checksum.
const HEADER: usize = 5;
const SHORTEST: usize = HEADER + 2;

/// The mark before a packet, and what an idle line reads as: no noise.
pub(in super::super) const MARK: u8 = 0xFF;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its bytes from the start byte on.
    pub(super) bytes: Vec<u8>,
    /// Their place in the stream.
    pub(super) offset: u64,
    /// When the first of them came.
    pub(super) first: Moment,
    /// Why it is no packet.
    pub(super) fault: Option<osdp::Error>,
}

/// Collects bytes until a packet is complete. Never holds more than one chunk and one packet.
#[derive(Debug, Default)]
pub(super) struct Framer {
    bytes: Vec<u8>,
    moments: Vec<Moment>,
    /// How many of the bytes are done with.
    done: usize,
    /// The place of the first byte in the stream.
    offset: u64,
    /// Bytes that belong to no packet.
    noise: u64,
}

impl Framer {
    /// Takes bytes that came at a moment.
    pub(super) fn push(&mut self, bytes: &[u8], now: Moment) {
        self.bytes.extend_from_slice(bytes);
        self.moments.resize(self.bytes.len(), now);
    }

    /// When the newest byte came of what may still become a packet.
    pub(super) fn newest(&self) -> Option<Moment> {
        self.moments.last().copied()
    }

    /// Bytes that belonged to no packet since the last call.
    pub(super) fn take_noise(&mut self) -> u64 {
        std::mem::take(&mut self.noise)
    }

    /// The next packet, whole or broken. With `ended`, nothing more comes of what is held: a start
    /// without its rest is broken, and what stands behind it is looked at.
    pub(super) fn next(&mut self, ended: bool) -> Option<Found> {
        loop {
            let start = self.held().iter().position(|byte| *byte == SOM).unwrap_or(self.held().len());
            self.skip(start);
            let length = match length(self.held()) {
                Length::Of(length) => length,
                Length::Unknown if !ended || self.held().is_empty() => {
                    self.forget();
                    return None;
                }
                Length::None | Length::Unknown => {
                    self.skip(1);
                    continue;
                }
            };
            let Some(packet) = self.held().get(..length) else {
                if !ended {
                    self.forget();
                    return None;
                }
                let have = self.held().len();
                return Some(self.broken(have, osdp::Error::Truncated { have, need: length }));
            };
            return Some(match ParsedPacket::parse(packet) {
                Ok(_) => {
                    let found = self.found(length, None);
                    self.done += length;
                    found
                }
                Err(fault) => self.broken(length, fault),
            });
        }
    }

    /// The bytes that may still become a packet.
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }

    fn found(&self, length: usize, fault: Option<osdp::Error>) -> Found {
        Found {
            bytes: self.held().get(..length).unwrap_or_default().to_vec(),
            offset: self.offset + self.done as u64,
            first: self.moments.get(self.done).copied().unwrap_or_default(),
            fault,
        }
    }

    /// A start that led to no packet: only its first byte is given up, a packet may begin behind it.
    fn broken(&mut self, length: usize, fault: osdp::Error) -> Found {
        let found = self.found(length, Some(fault));
        self.done += 1;
        found
    }

    /// Gives up bytes that belong to no packet.
    fn skip(&mut self, count: usize) {
        self.noise += self.held().iter().take(count).filter(|byte| **byte != MARK).count() as u64;
        self.done += count;
    }

    /// Lets go of what is done with.
    fn forget(&mut self) {
        self.bytes.drain(..self.done);
        self.moments.drain(..self.done);
        self.offset += self.done as u64;
        self.done = 0;
    }
}

/// The length that a start tells, once enough of it is there and it makes sense.
pub(in super::super) fn length(held: &[u8]) -> Length {
    let [_, _, low, high, rest @ ..] = held else { return Length::Unknown };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    match rest.first() {
        _ if !(SHORTEST..=MAX_BUS_PACKET).contains(&length) => Length::None,
        None => Length::Unknown,
        // the upper half of the control byte is always zero
        Some(control) if control & 0xF0 != 0 => Length::None,
        Some(_) => Length::Of(length),
    }
}

/// What a start says of the length of its packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Length {
    /// So many bytes in all.
    Of(usize),
    /// This is no start of a packet.
    None,
    /// Too few bytes to tell.
    Unknown,
}

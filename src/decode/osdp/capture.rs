//! Listening on a bus: what a recording of both sides says of cards. Unlike the panel it asks
//! nothing and believes every packet; only an answer that a reader had to send twice is one card.

use osdp::ParsedPacket;

use crate::decode::card::{self, Rendering};
use crate::decode::wiegand;
use crate::decode::wire::decoder::Sink;
use crate::decode::wire::{Frame, Moment, WireOutcome, WireRead};

use super::framer::{Found, Framer};
use super::read::{self, Card};

/// What is kept of bytes that are in no packet.
const KEPT: usize = 256;

/// Reads a recording.
#[derive(Debug)]
pub struct Capture {
    badge: Rendering,
    framer: Framer,
    /// Bytes that are in no packet so far, and those that may still become one.
    recent: Vec<u8>,
    /// The offset of the first of them.
    offset: u64,
    /// When the last bytes came.
    now: Moment,
    /// What was wrong with the first packet that was none.
    fault: Option<String>,
    /// The last answer of each reader that gave one.
    answers: Vec<(u8, Vec<u8>)>,
}

impl Capture {
    /// Starts a recording; `badge` is the number of the card that is told.
    pub fn new(badge: Rendering) -> Self {
        Self {
            badge,
            framer: Framer::default(),
            recent: Vec::new(),
            offset: 0,
            now: Moment::default(),
            fault: None,
            answers: Vec::new(),
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8], now: Moment, sink: Sink<'_>) {
        self.now = now;
        self.recent.extend_from_slice(bytes);
        self.framer.push(bytes, now);
        self.sort(false, sink);
        let pending = self.framer.held().len();
        if self.recent.len() > pending + KEPT {
            self.noise(self.recent.len() - pending, sink);
        }
    }

    /// Ends the recording.
    pub fn finish(&mut self, sink: Sink<'_>) {
        self.sort(true, sink);
        self.noise(self.recent.len(), sink);
        *self = Self::new(self.badge);
    }

    fn sort(&mut self, ended: bool, sink: Sink<'_>) {
        while let Some(found) = self.framer.next(ended) {
            if let Some(fault) = &found.fault {
                self.fault.get_or_insert_with(|| fault.to_string());
                continue;
            }
            let before = found.offset.saturating_sub(self.offset);
            self.noise(usize::try_from(before).unwrap_or_default(), sink);
            self.packet(&found, sink);
            self.forget(found.bytes.len());
        }
    }

    /// The first bytes of the recent ones are in no packet.
    fn noise(&mut self, count: usize, sink: Sink<'_>) {
        let bytes = self.recent.get(..count).unwrap_or_default();
        // the mark before a packet, and what an idle line reads as
        let marks = bytes.iter().take_while(|byte| **byte == 0xFF).count();
        let noise = bytes.get(marks..).unwrap_or_default();
        if !noise.is_empty() {
            let reason = self.fault.as_ref().map_or_else(
                || "noise: these bytes are in no packet".to_owned(),
                |fault| format!("this is no packet: {fault}"),
            );
            let outcome = WireOutcome::Reject(&reason);
            let raw = noise.get(..KEPT).unwrap_or(noise);
            sink(Frame { offset: self.offset + marks as u64, begun: self.now, raw, outcome });
        }
        self.fault = None;
        self.forget(count);
    }

    fn packet(&mut self, found: &Found, sink: Sink<'_>) {
        let Ok((packet, _)) = ParsedPacket::parse(&found.bytes) else { return };
        let mut tell = |outcome: WireOutcome<'_>| {
            sink(Frame { offset: found.offset, begun: found.first, raw: &found.bytes, outcome });
        };
        if !packet.addr.is_reply() || self.is_repeated(packet.addr.pd_addr(), &found.bytes) {
            return tell(WireOutcome::Skipped);
        }
        let card = match packet.code {
            read::RAW | read::FMT if packet.scb.is_some_and(|block| block.ty.is_encrypted()) => {
                return tell(WireOutcome::Reject(
                    "the card is encrypted: only a panel with the site key reads it",
                ));
            }
            read::RAW => read::raw(packet.data),
            read::FMT => read::formatted(packet.data),
            _ => return tell(WireOutcome::Skipped),
        };
        let card = card.map_err(|unreadable| unreadable.to_string());
        let card = card.and_then(|card| card.number().map_err(|unfit| unfit.to_string()));
        match card.map(|card| (card.rendering(self.badge), card)) {
            Ok((Some(badge), card)) => {
                let read = WireRead { badge: &badge, card: &card, local: None, direction: "", reason: None };
                tell(WireOutcome::Read(read));
            }
            Ok((None, _)) => {
                let name = self.badge.name();
                let reason = format!("this card has no number `{name}`, which the badge should be");
                tell(WireOutcome::Reject(&reason));
            }
            Err(reason) => tell(WireOutcome::Reject(&reason)),
        }
    }

    /// True for the answer that a reader gave last, with the same sequence number: it was asked again.
    fn is_repeated(&mut self, address: u8, bytes: &[u8]) -> bool {
        match self.answers.iter_mut().find(|(other, _)| *other == address) {
            Some((_, last)) if last == bytes => true,
            Some((_, last)) => {
                bytes.clone_into(last);
                false
            }
            None => {
                self.answers.push((address, bytes.to_vec()));
                false
            }
        }
    }

    fn forget(&mut self, count: usize) {
        let count = count.min(self.recent.len());
        self.recent.drain(..count);
        self.offset += count as u64;
    }
}

impl Card {
    /// The card as a number.
    pub fn number(&self) -> Result<card::Card, wiegand::Unfit> {
        match self {
            Self::Bits { count, bytes } => wiegand::card(bytes, *count),
            Self::Text(text) => Ok(card::Card::decimal(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(text: &str) -> Vec<u8> {
        text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    fn frames(bytes: &[u8], chunk: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut sink = |frame: Frame<'_>| {
            found.push(match frame.outcome {
                WireOutcome::Read(read) => format!("{} read {}", frame.offset, read.badge),
                WireOutcome::Reject(reason) => {
                    format!("{} reject {reason} {}", frame.offset, frame.raw.len())
                }
                WireOutcome::Skipped => format!("{} skipped", frame.offset),
            });
        };
        let mut capture = Capture::new(Rendering::Decimal10);
        for chunk in bytes.chunks(chunk) {
            capture.push(chunk, Moment(0), &mut sink);
        }
        capture.finish(&mut sink);
        found
    }

    const POLL: &str = "53 05 08 00 04 60 BC 89";
    const ACK: &str = "53 80 08 00 05 40 68 9F";
    const CARD: &str = "53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 25";
    const OTHER: &str = "53 85 10 00 06 50 00 01 1A 00 09 49 EC 40 F0 FE";

    #[test]
    fn cards_are_heard_on_the_bus() {
        let rows: &[(String, &[&str])] = &[
            (format!("{POLL} {CARD}"), &["0 skipped", "8 read 0008065495"]),
            (format!("FF {POLL} FF {ACK} {OTHER}"), &["1 skipped", "10 skipped", "18 read 0001217496"]),
            // asked again, answered again
            (
                format!("{CARD} {POLL} {CARD} {OTHER}"),
                &["0 read 0008065495", "16 skipped", "24 skipped", "40 read 0001217496"],
            ),
            (
                format!("{CARD} 11 22 {OTHER}"),
                &[
                    "0 read 0008065495",
                    "16 reject noise: these bytes are in no packet 2",
                    "18 read 0001217496",
                ],
            ),
            (
                format!("53 85 10 00 05 50 00 01 1A 00 BD 88 EB 80 03 26 {OTHER}"),
                &["0 reject this is no packet: bad CRC: got 0x2603, want 0x2503 16", "16 read 0001217496"],
            ),
            (
                "53 85 10 00 05 50 00".to_owned(),
                &["0 reject this is no packet: truncated: have 7 bytes, need 16 7"],
            ),
        ];
        for (bytes, expected) in rows {
            for chunk in [1, 2, 5, 7, 1000] {
                assert_eq!(frames(&vector(bytes), chunk), *expected, "{bytes} in {chunk}");
            }
        }
    }

    #[test]
    fn a_recording_of_noise_costs_bounded_memory() {
        let mut capture = Capture::new(Rendering::Decimal10);
        for round in 0..200_u8 {
            let chunk: Vec<u8> = (0..200_u8).map(|at| at.wrapping_mul(round)).collect();
            capture.push(&chunk, Moment(0), &mut |_| {});
            assert!(capture.recent.len() < 4096);
        }
    }
}

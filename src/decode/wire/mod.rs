//! Bytes of a serial port to reads of a badge: one state machine a protocol, the same frames for any
//! chunking, bounded memory under any noise. Pure: the time of arrival is an argument.
//!
//! [`WireDecoder`](decoder::WireDecoder) owns the bytes that are no whole frame yet; each protocol is a
//! grammar that only looks at them, so nothing can be left over from an earlier frame.

pub mod anviz;
pub mod badge_pattern;
pub mod bank_card;
pub mod barcode;
pub mod decoder;
pub mod giga_tms;
pub mod kaba_b91;
pub mod line;
pub mod osdp;
pub mod presence;
pub mod rdm6300;
pub mod record;
pub mod settings;
pub mod track2;
pub mod wiegand;

mod grammar;
mod noise;
#[cfg(test)]
mod tests;

use super::Reading;
use super::card::Card;

/// Milliseconds of a clock that never steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// So many milliseconds later.
    pub fn after(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds since an earlier moment; none for a later one.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// One frame of the stream, borrowed from the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The place of its first byte in the stream, from 0.
    pub offset: u64,
    /// When its first byte arrived.
    pub begun: Moment,
    /// Its bytes; empty where they must not be kept (bank cards). Of noise the first 256 bytes, without
    /// the line ends and keys in it.
    pub raw: &'a [u8],
    /// What it is.
    pub outcome: WireOutcome<'a>,
}

/// What a frame turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireOutcome<'a> {
    /// A badge at the reader.
    Read(WireRead<'a>),
    /// It cannot be read, and why, for a person. A run of noise is one reject.
    Reject(&'a str),
    /// It belongs to the protocol and is no read: an answer, a key press.
    Skipped,
}

/// A badge at the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireRead<'a> {
    /// Its number in the rendering that the settings name: one word of at most 64 bytes.
    pub badge: &'a str,
    /// All of the card, for its other renderings.
    pub card: &'a Card,
    /// The device's own civil time in seconds since 1970-01-01T00:00:00 of its own clock, when it
    /// sends one; otherwise the time of the read is [`Frame::begun`].
    pub local: Option<i64>,
    /// The device's own word for the direction; empty when it sends none.
    pub direction: &'a str,
    /// The device's own reason ("causale"), when there is one.
    pub reason: Option<&'a str>,
}

impl<'a> WireRead<'a> {
    /// The read as a punch at a civil time, with its offset from UTC in minutes where it is known.
    pub fn reading(&self, local: i64, offset_minutes: Option<i16>) -> Reading<'a> {
        let Self { badge, direction, reason, .. } = *self;
        Reading { badge, local, offset_minutes, direction, reason }
    }
}

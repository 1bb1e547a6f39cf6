//! What a port gave, and when.

use super::super::wire::Moment;
use super::super::wire::decoder::{Sink, WireDecoder};

/// Bytes with the time of their arrival, not more than can be looked at in a moment.
#[derive(Debug, Default)]
pub struct Recording {
    bytes: Vec<u8>,
    /// Where each chunk ends, and when it came.
    chunks: Vec<(usize, Moment)>,
}

impl Recording {
    /// The most bytes that are kept.
    pub const MOST: usize = 64 * 1024;

    /// Takes bytes that arrived at a moment; what is too much is not kept.
    pub fn push(&mut self, bytes: &[u8], now: Moment) {
        let room = Self::MOST.saturating_sub(self.bytes.len()).min(bytes.len());
        if room > 0 {
            self.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
            self.chunks.push((self.bytes.len(), now));
        }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same without the eighth bit of each byte.
    pub fn without_eighth_bit(&self) -> Self {
        Self { bytes: self.bytes.iter().map(|byte| byte & 0x7F).collect(), chunks: self.chunks.clone() }
    }

    /// Plays it to a decoder.
    pub fn play(&self, decoder: &mut WireDecoder, sink: Sink<'_>) {
        let mut start = 0;
        for (end, now) in &self.chunks {
            decoder.push(self.bytes.get(start..*end).unwrap_or_default(), *now, sink);
            start = *end;
        }
        decoder.finish(sink);
    }
}

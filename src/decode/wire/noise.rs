//! Bytes that belong to no frame. A run of them, however long, is one reject with its first bytes.

use super::Moment;

/// How much of a run is kept.
pub(super) const KEPT: usize = 256;

/// One run: from a byte that is in no frame to the next frame, silence, or the end.
#[derive(Debug, Default)]
pub(super) struct Noise {
    pub(super) offset: u64,
    pub(super) begun: Moment,
    pub(super) kept: Vec<u8>,
    /// The first thing that went wrong in it.
    pub(super) cause: Option<&'static str>,
    /// It was told already: it had grown longer than what is kept.
    pub(super) told: bool,
}

impl Noise {
    /// True while a run goes on that nobody was told of.
    pub(super) fn is_open(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Adds a byte. True when the run has just become too long to wait for its end.
    pub(super) fn add(&mut self, byte: u8, offset: u64, begun: Moment) -> bool {
        if self.told {
            return false;
        }
        if self.kept.is_empty() {
            (self.offset, self.begun) = (offset, begun);
        }
        self.kept.push(byte);
        self.kept.len() >= KEPT
    }

    /// What of it may be told: where the rest is not kept, a number is not told in part, since nobody
    /// can see of what.
    pub(super) fn told_bytes(&self, ended: bool) -> &[u8] {
        let part = |byte: &&u8| (**byte & 0x7F).is_ascii_digit();
        let cut = if ended { 0 } else { self.kept.iter().rev().take_while(part).count() };
        self.kept.get(..self.kept.len() - cut).unwrap_or_default()
    }

    /// The reason of its reject.
    pub(super) fn reason(&self, ended: bool) -> String {
        let bytes = match (self.kept.len(), ended) {
            (1, _) => "1 byte that is".to_owned(),
            (count, true) => format!("{count} bytes that are"),
            (count, false) => format!("{count} bytes and more that are"),
        };
        match self.cause {
            Some(cause) => format!("{cause} ({bytes} in no frame)"),
            None => format!("noise: {bytes} in no frame"),
        }
    }

    /// Ends the run.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.cause = None;
        self.told = false;
    }
}

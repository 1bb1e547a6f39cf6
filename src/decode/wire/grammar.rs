//! What a protocol must say of itself. A grammar has no memory: it is shown the bytes of the frame
//! that has begun and says what the next byte does to it.

use super::super::card::Card;

/// What a byte does to the frame that has begun (or to none, when no frame has).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Only when no frame has begun: it means nothing between two of them. A line end, a key.
    Between,
    /// Only when no frame has begun: it should not be there.
    Noise,
    /// The first byte of a frame. What had begun is cut short.
    Start,
    /// The next byte of the frame.
    Inside,
    /// The last byte of the frame.
    End,
    /// The frame was whole before this byte, which is looked at again without it.
    EndBefore,
    /// What had begun is no frame, and why. Its other bytes are looked at again.
    Broken(&'static str),
    /// What had begun is no frame, and why; no byte is believed before the next [`Resync`].
    Lost(&'static str),
}

/// What a frame says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// A badge at the reader.
    Read(Found),
    /// A frame that cannot be read, and why.
    Reject(String),
    /// The same; its bytes must not be kept.
    Secret(String),
    /// The first so many bytes are such a frame; behind them another may have begun.
    RejectFirst(String, usize),
    /// A frame that is no read.
    Skipped,
}

/// A badge at the reader, before its rendering is chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) card: Card,
    pub(super) local: Option<i64>,
    pub(super) direction: String,
    pub(super) reason: Option<String>,
}

impl Found {
    /// A card and nothing else.
    pub(super) fn card(card: Card) -> Self {
        Self { card, local: None, direction: String::new(), reason: None }
    }
}

/// What silence does to the frame that has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// It ends it after so many milliseconds.
    Ends(u64),
    /// It shows after half a second that the rest will not come.
    Drops(&'static str),
}

impl Silence {
    /// What silence does to most protocols.
    pub(super) const CUT: Self = Self::Drops("the frame is cut off: no more bytes came for half a second");
}

/// Where bytes are believed again after a frame was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resync {
    /// Not yet.
    Later,
    /// Behind this byte.
    Behind,
    /// At this byte.
    Here,
}

/// A protocol.
pub(super) trait Grammar {
    /// The most bytes of a frame.
    fn longest(&self) -> usize;

    /// What the next byte does. `frame` is shorter than [`Self::longest`]; empty between frames, and
    /// then so many bytes of noise come directly before.
    fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step;

    /// What a whole frame says.
    fn read(&self, frame: &[u8]) -> Verdict;

    /// What silence does to a frame that has begun.
    fn silence(&self, _frame: &[u8]) -> Silence {
        Silence::CUT
    }

    /// Where bytes are believed again.
    fn resync(&self, _byte: u8) -> Resync {
        Resync::Here
    }

    /// False where bytes that are no frame must not be kept either.
    fn may_keep(&self, _noise: &[u8]) -> bool {
        true
    }
}

//! One protocol, tried on a recording.

use super::super::card::{Card, Rendering};
use super::super::wire::decoder::WireDecoder;
use super::super::wire::settings::{Protocol, WireSettings};
use super::super::wire::{Frame, WireOutcome};
use super::printed::{self, Likeness};
use super::recording::Recording;

/// The most different cards, and reasons of rejects, that are remembered.
const MOST: usize = 16;

/// A card in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Where it was first.
    pub offset: u64,
    /// The bytes of its frame.
    pub raw: Vec<u8>,
    /// The card.
    pub card: Card,
    /// How often it was read.
    pub times: usize,
}

/// What a protocol makes of a recording.
#[derive(Debug)]
pub struct Trial {
    /// The protocol with its options.
    pub settings: WireSettings,
    /// How many reads.
    pub reads: usize,
    /// How many rejects.
    pub rejected: usize,
    /// The different reasons of rejects.
    pub rejects: Vec<String>,
    /// How many frames that are no reads.
    pub skipped: usize,
    /// The different cards.
    pub cards: Vec<Seen>,
    /// Which number of one of the cards is the printed one.
    pub(super) printed: Option<(Rendering, Likeness)>,
}

impl Trial {
    /// Plays a recording to a protocol.
    pub fn run(settings: WireSettings, recording: &Recording, printed: Option<&str>) -> Self {
        let mut decoder = WireDecoder::new(&settings);
        let mut trial = Self {
            settings,
            reads: 0,
            rejected: 0,
            rejects: Vec::new(),
            skipped: 0,
            cards: Vec::new(),
            printed: None,
        };
        recording.play(&mut decoder, &mut |frame| trial.take(&frame));
        let found =
            trial.cards.iter().filter_map(|seen| printed::find(&seen.card, printed?, &trial.settings));
        trial.printed = found.max_by_key(|(_, likeness)| *likeness);
        trial
    }

    fn take(&mut self, frame: &Frame<'_>) {
        match frame.outcome {
            WireOutcome::Skipped => self.skipped += 1,
            WireOutcome::Reject(reason) => {
                self.rejected += 1;
                if self.rejects.len() < MOST && !self.rejects.iter().any(|known| known == reason) {
                    self.rejects.push(reason.to_owned());
                }
            }
            WireOutcome::Read(read) => {
                self.reads += 1;
                if let Some(seen) = self.cards.iter_mut().find(|seen| seen.card == *read.card) {
                    seen.times += 1;
                } else if self.cards.len() < MOST {
                    let (raw, card) = (frame.raw.to_vec(), read.card.clone());
                    self.cards.push(Seen { offset: frame.offset, raw, card, times: 1 });
                }
            }
        }
    }

    /// True when it explains more than it cannot; of frames that nothing else looks like one is enough.
    pub(super) fn reads_something(&self) -> bool {
        self.reads > if self.is_framed() { 0 } else { self.rejected }
    }

    /// True when it explains every byte, or has found frames that nothing else looks like.
    pub fn is_sure(&self) -> bool {
        self.fits() || (self.is_framed() && self.reads > 0)
    }

    /// True when only a pause ends its records: half of anything else looks the same.
    pub fn ends_by_pause(&self) -> bool {
        match &self.settings.protocol {
            Protocol::Wiegand(options) => options.record.idle_ms.is_some(),
            Protocol::Line(options) => options.record.idle_ms.is_some(),
            Protocol::Barcode(options) => options.record.idle_ms.is_some(),
            _ => false,
        }
    }

    fn is_framed(&self) -> bool {
        match &self.settings.protocol {
            Protocol::Track2(options) => options.sentinels,
            Protocol::Wiegand(_) | Protocol::Line(_) | Protocol::Barcode(_) => false,
            _ => true,
        }
    }

    /// True when it explains every byte.
    fn fits(&self) -> bool {
        self.reads > 0 && self.rejected == 0
    }

    /// The greater, the better it explains the recording.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let likeness = self.printed.map(|(_, likeness)| likeness);
        (likeness, self.fits(), self.reads, usize::MAX - self.rejected)
    }

    /// The greater, the more the recording looks like this protocol and not like any text: 2 for
    /// frames with a shape of their own, 1 for plain lines.
    pub(super) fn shape(&self, recording: &Recording) -> u8 {
        match &self.settings.protocol {
            Protocol::Wiegand(_) => {
                let all = |is: fn(&str) -> bool| {
                    let sent = self.cards.iter().map(|seen| seen.card.rendering(Rendering::AsSent));
                    sent.into_iter().all(|text| text.is_some_and(|text| is(&text)))
                };
                let typical = |text: &str| text.len() == 6 || text.len() > 25 || text.contains([',', ':']);
                if all(typical) { 2 } else { 0 }
            }
            Protocol::Barcode(_) => {
                let aim = |bytes: &[u8]| matches!(bytes, [b']', letter, _] if letter.is_ascii_alphabetic());
                if recording.bytes().windows(3).any(aim) { 2 } else { 0 }
            }
            Protocol::Track2(options) if !options.sentinels => {
                if recording.bytes().contains(&b'=') {
                    2
                } else {
                    0
                }
            }
            Protocol::Line(_) => 1,
            _ => 2,
        }
    }
}

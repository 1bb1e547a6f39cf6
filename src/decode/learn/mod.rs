//! Which reader is this? A recording of its port is tried with every protocol, and the numbers of its
//! cards are compared with the one that is printed on the card.

mod printed;
mod recording;
mod trial;
mod variants;

use super::card::Rendering;
use super::wire::rdm6300::Checksum;
use super::wire::settings::{Protocol, WireSettings};
use super::wire::wiegand::Transform;

pub use printed::Likeness;
pub use recording::Recording;
pub use trial::{Seen, Trial};

/// What the trials showed.
#[derive(Debug)]
pub struct Learned {
    /// The best trial of each protocol, in the order of their names in the documentation.
    pub trials: Vec<Trial>,
    /// The one that explains the recording best.
    pub best: Option<usize>,
    /// Which number of a card is the printed one, in the best trial.
    pub printed: Option<(Rendering, Likeness)>,
    /// The bytes were looked at without their eighth bit, since nothing fitted with it.
    pub parity: Option<SevenBits>,
}

/// What the eighth bit of all bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SevenBits {
    /// It makes the number of ones even.
    Even,
    /// It makes the number of ones odd.
    Odd,
    /// Neither: it is always set.
    Mark,
}

/// Tries every protocol on a recording.
pub fn learn(recording: &Recording, printed: Option<&str>) -> Learned {
    let variants = variants::of_each_protocol(recording, printed.is_some());
    let learned = with(variants, recording, printed);
    if learned.best.is_none()
        && let Some(parity) = seven_bits(recording)
    {
        let recording = recording.without_eighth_bit();
        let variants = variants::of_each_protocol(&recording, printed.is_some());
        let stripped = with(variants, &recording, printed);
        if stripped.best.is_some() {
            return Learned { parity: Some(parity), ..stripped };
        }
    }
    learned
}

/// Tries one protocol: as it was configured, or in all its variants.
pub fn learn_one(
    settings: &WireSettings,
    is_configured: bool,
    recording: &Recording,
    printed: Option<&str>,
) -> Learned {
    let mut variants = vec![settings.clone()];
    if !is_configured {
        let name = settings.protocol.name();
        let all = variants::of_each_protocol(recording, printed.is_some()).into_iter().flatten();
        variants.extend(all.filter(|variant| variant.protocol.name() == name));
    }
    with(vec![variants], recording, printed)
}

fn with(all: Vec<Vec<WireSettings>>, recording: &Recording, printed: Option<&str>) -> Learned {
    let mut trials = Vec::new();
    for variants in all {
        let tried = variants.into_iter().map(|settings| Trial::run(settings, recording, printed));
        // the first of equals is the simplest
        trials.extend(tried.first_max_by_key(Trial::rank));
    }
    let best = (0..trials.len())
        .filter(|at| trials.get(*at).is_some_and(Trial::reads_something))
        .first_max_by_key(|at| {
            trials.get(*at).map(|trial| {
                (trial.printed.map(|(_, likeness)| likeness), trial.shape(recording), trial.rank())
            })
        });
    let printed = best.and_then(|best| trials.get(best)?.printed);
    Learned { trials, best, printed, parity: None }
}

/// The first of the greatest, where the library gives the last.
trait FirstMax: Iterator + Sized {
    fn first_max_by_key<K: Ord>(self, key: impl Fn(&Self::Item) -> K) -> Option<Self::Item> {
        self.reduce(|best, next| if key(&next) > key(&best) { next } else { best })
    }
}

impl<I: Iterator> FirstMax for I {}

fn seven_bits(recording: &Recording) -> Option<SevenBits> {
    let bytes = recording.bytes();
    let ones = |parity: u32| bytes.iter().all(|byte| byte.count_ones() % 2 == parity);
    match () {
        () if bytes.iter().all(u8::is_ascii) => None,
        () if ones(0) => Some(SevenBits::Even),
        () if ones(1) => Some(SevenBits::Odd),
        () if bytes.iter().all(|byte| *byte >= 0x80) => Some(SevenBits::Mark),
        () => None,
    }
}

impl Learned {
    /// The best trial.
    pub fn best(&self) -> Option<&Trial> {
        self.trials.get(self.best?)
    }

    /// The badge to configure: the printed number, or else the usual one.
    pub fn badge(&self) -> Option<Rendering> {
        let best = self.best()?;
        Some(self.printed.map_or(best.settings.badge, |(rendering, _)| rendering))
    }

    /// What a person should know about the cables or the settings, in sentences.
    pub fn hints(&self) -> Vec<&'static str> {
        let seven_bits = match self.parity {
            Some(SevenBits::Mark) => Some("the eighth bit of each byte is always set: it sends 7 bits"),
            Some(_) => Some("the eighth bit of each byte is parity: it sends 7 bits"),
            None => None,
        };
        let swapped = |trial: &Trial| trial.rejects.iter().any(|reason| reason.contains("D0 and D1"));
        let swapped = self.trials.iter().any(swapped).then_some(
            "a card has the right parity with every bit turned round: D0 and D1 are swapped at the converter",
        );
        let settings = self.best().and_then(|trial| about(&trial.settings.protocol));
        [seven_bits, swapped, settings].into_iter().flatten().collect()
    }
}

/// What settings like these say about the reader.
fn about(protocol: &Protocol) -> Option<&'static str> {
    match protocol {
        Protocol::Wiegand(options) => match options.transform {
            Transform::None => None,
            Transform::Complement => Some(
                "the complement fits: D0 and D1 are swapped. Swap the two wires, or let `transform` put it right",
            ),
            Transform::ByteReverse => Some("the reader sends the bytes of the number in reverse order"),
            Transform::BitReverseEachByte => Some("the reader sends the bits of each byte in reverse order"),
            Transform::Low32 => Some("only the right 8 hexadecimal digits are the number of the card"),
            Transform::Low24 => Some("only the right 6 hexadecimal digits are the number of the card"),
        },
        Protocol::Rdm6300(options) => match options.checksum {
            Checksum::Xor => None,
            Checksum::Sum => Some("the firmware of this reader adds up its checksum"),
            Checksum::None => {
                Some("the checksum fits no known way, and without it a misread card is not noticed")
            }
        },
        Protocol::Line(options) if options.record.idle_ms.is_some() => Some(
            "the reader sends no line end, so that a pause ends its records: better switch the line end on",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

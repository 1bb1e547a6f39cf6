//! Records of printable text, as most readers send them: `[prefix] token [suffix]`, ended by CR, LF,
//! CRLF, by STX and ETX around it, or, on some, by nothing but a pause. The protocols that send such
//! records differ only in what they make of the token.
//!
//! A byte that is no text spoils its record up to the next line end: what is left of a number when a
//! byte of it was hit is the number of somebody else's card. Only a short glitch directly before a
//! record (a plug, a reader that wakes up) does not.

use super::bank_card::may_hold_one;
use super::grammar::{Resync, Silence, Step, Verdict};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// The longest record.
pub(super) const LONGEST: usize = 256;

/// So many bytes of noise directly before a record do not spoil it.
const GLITCH: usize = 32;

/// What stands around a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// What stands before it, if anything.
    pub prefix: Vec<u8>,
    /// What stands behind it before the line end, if anything. One with a control byte in it ends the
    /// record also where no line end follows.
    pub suffix: Vec<u8>,
    /// The pause that ends a record, in milliseconds, where the reader sends no line end.
    pub idle_ms: Option<u16>,
}

impl Record {
    pub(super) fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step {
        let first = self.prefix.first().copied().filter(u8::is_ascii_control);
        match byte {
            STX => Step::Start,
            _ if first == Some(byte) && frame != [STX] => Step::Start,
            _ if self.ends(frame, byte) => Step::End,
            b'\r' | b'\n' | ETX if frame.is_empty() => Step::Between,
            b'\r' | b'\n' | ETX => Step::EndBefore,
            _ if !is_text(byte) && !self.has(byte) && frame.is_empty() => Step::Noise,
            _ if !is_text(byte) && !self.has(byte) => Step::Lost("a byte of the record is no text"),
            _ if frame.is_empty() && (noise > GLITCH || first.is_some()) => Step::Noise,
            _ if frame.is_empty() => Step::Start,
            _ => Step::Inside,
        }
    }

    pub(super) fn resync(&self, byte: u8) -> Resync {
        match byte {
            b'\r' | b'\n' | ETX => Resync::Behind,
            STX => Resync::Here,
            _ if self.prefix.first() == Some(&byte) && byte.is_ascii_control() => Resync::Here,
            _ => Resync::Later,
        }
    }

    pub(super) fn silence(&self) -> Silence {
        match self.idle_ms {
            Some(wait) => Silence::Ends(wait.into()),
            None => {
                Silence::Drops("no line end came for half a second (`idle_ms` is for readers that send none)")
            }
        }
    }

    /// The token of a record, without the spaces around it; or why there is none.
    pub(super) fn token<'a>(&self, frame: &'a [u8]) -> Result<&'a str, String> {
        let frame = match self.prefix.first() {
            Some(&STX) => frame,
            _ => frame.strip_prefix(&[STX]).unwrap_or(frame),
        };
        let Some(rest) = frame.strip_prefix(self.prefix.as_slice()) else {
            return Err(format!(
                "the record does not begin with the prefix \"{}\"",
                self.prefix.escape_ascii()
            ));
        };
        let Some(token) = rest.strip_suffix(self.suffix.as_slice()) else {
            return Err(format!(
                "the record does not end with the suffix \"{}\"",
                self.suffix.escape_ascii()
            ));
        };
        match std::str::from_utf8(token).map(str::trim) {
            Ok("") => Err("the record is empty".to_owned()),
            Ok(token) => Ok(token),
            Err(_) => Err("the record is no text".to_owned()),
        }
    }

    /// True when a suffix with a control byte is complete with this byte.
    fn ends(&self, frame: &[u8], byte: u8) -> bool {
        let [before @ .., last] = self.suffix.as_slice() else { return false };
        if frame.is_empty() {
            return false;
        }
        *last == byte && frame.ends_with(before) && self.suffix.iter().any(u8::is_ascii_control)
    }

    /// True for a control byte that the configuration speaks of.
    fn has(&self, byte: u8) -> bool {
        self.prefix.contains(&byte) || self.suffix.contains(&byte)
    }
}

/// A reject of a record; not kept when it may be a bank card.
pub(super) fn reject(frame: &[u8], reason: String) -> Verdict {
    if may_hold_one(frame) {
        Verdict::Secret(format!("{reason} (not kept: it may hold the number of a bank card)"))
    } else {
        Verdict::Reject(reason)
    }
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

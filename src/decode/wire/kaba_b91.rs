//! Kaba (dormakaba) B-Net 91 04: a sub-terminal with a badge reader and a keypad.
//!
//! | bytes | what |
//! |---|---|
//! | `1B 5B 3F 31 31 20 4F` | `ESC [ ? 1 1 SP O`: a badge follows |
//! | `1B 50` | `ESC P` |
//! | data | the badge: digits; the values 10 to 15 are `:;<=>?`, or `A` to `F` where so set |
//! | `1B 5C` | `ESC \` |
//!
//! Keys come as plain bytes, Enter as CR, Clear as `ESC [ 2 N`; they are no reads. No time is sent.
//! Source: the manual of December 2008, section 8.7.5.

use super::super::card::Card;
use super::grammar::{Found, Grammar, Step, Verdict};

const ESC: u8 = 0x1B;
const HEAD: &[u8] = b"\x1b[?11 O\x1bP";
const CLEAR: &[u8] = b"\x1b[2N";

/// How the values 10 to 15 are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alphabet {
    /// In either way.
    #[default]
    Both,
    /// `:;<=>?`
    Punctuation,
    /// `A` to `F`
    Letters,
}

/// The options of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KabaB91 {
    /// How the values 10 to 15 are written.
    pub alphabet: Alphabet,
}

impl Grammar for KabaB91 {
    fn longest(&self) -> usize {
        HEAD.len() + 64
    }

    fn step(&self, frame: &[u8], byte: u8, _noise: usize) -> Step {
        match frame {
            [] if byte == ESC => Step::Start,
            [] if matches!(byte, b' '..=b'~' | b'\r' | b'\n') => Step::Between,
            [] => Step::Noise,
            _ if [frame, &[byte]].concat() == CLEAR => Step::End,
            _ if frame.len() < HEAD.len() => {
                let is_like =
                    |known: &[u8]| known.starts_with(frame) && known.get(frame.len()) == Some(&byte);
                if is_like(HEAD) || is_like(CLEAR) {
                    Step::Inside
                } else {
                    Step::Broken("this control sequence is neither a badge nor a key")
                }
            }
            [.., ESC] if byte == b'\\' => Step::End,
            [.., ESC] => Step::Broken("the badge does not end with ESC \\"),
            _ if matches!(byte, ESC | b' '..=b'~') => Step::Inside,
            _ => Step::Broken("a byte of the badge is no digit"),
        }
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        if frame == CLEAR {
            return Verdict::Skipped;
        }
        let data = frame.strip_prefix(HEAD).and_then(|rest| rest.strip_suffix(&[ESC, b'\\']));
        let data = data.unwrap_or_default();
        let digits: Option<String> = data.iter().map(|byte| self.digit(*byte)).collect();
        match digits {
            Some(digits) if !digits.is_empty() => Verdict::Read(Found::card(Card::guess(&digits))),
            Some(_) => Verdict::Reject("the badge is empty".to_owned()),
            None => Verdict::Reject("a byte of the badge is no digit of the configured alphabet".to_owned()),
        }
    }
}

impl KabaB91 {
    fn digit(self, byte: u8) -> Option<char> {
        match byte {
            b'0'..=b'9' => Some(char::from(byte)),
            b':'..=b'?' if self.alphabet != Alphabet::Letters => Some(char::from(byte - b':' + b'A')),
            b'A'..=b'F' if self.alphabet != Alphabet::Punctuation => Some(char::from(byte)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::{frames, vector};
    use super::*;

    fn settings(alphabet: Alphabet) -> WireSettings {
        WireSettings::new(Protocol::KabaB91(KabaB91 { alphabet }))
    }

    #[test]
    fn vectors() {
        use Alphabet::{Both, Letters, Punctuation};
        let badge = |data: &str| format!("\x1b[?11 O\x1bP{data}\x1b\\");
        let wrong = "0 reject a byte of the badge is no digit of the configured alphabet";
        let rows = [
            (Both, badge("0012345"), "0 read 0012345"),
            (Both, badge("01:;<=>?"), "0 read 01ABCDEF"),
            (Both, badge("01ABCDEF"), "0 read 01ABCDEF"),
            (Punctuation, badge("01:;<=>?"), "0 read 01ABCDEF"),
            (Punctuation, badge("01AB"), wrong),
            (Letters, badge("01AB"), "0 read 01AB"),
            (Letters, badge("01:;"), wrong),
            (Both, badge("01x"), wrong),
            (Both, badge(""), "0 reject the badge is empty"),
            // keys, Enter, Clear
            (Both, format!("12\r\x1b[2N{}3", badge("7")), "3 skipped; 7 read 7"),
            (
                Both,
                format!("\x1b[?11 O\x1bP0012{}", badge("0012345")),
                "0 reject the badge does not end with ESC \\ (2 bytes that are in no frame); 13 read 0012345",
            ),
        ];
        for (alphabet, bytes, expected) in rows {
            assert_eq!(frames(&settings(alphabet), bytes.as_bytes()), expected, "{bytes:?}");
        }
        assert_eq!(
            vector("1B 5B 3F 31 31 20 4F 1B 50 30 30 31 32 33 34 35 1B 5C"),
            badge("0012345").as_bytes()
        );
    }
}

//! Magnetic stripe, track 2 (ABA), by RS-232.
//!
//! | bytes | what |
//! |---|---|
//! | `02` | STX, if the reader is set to send it |
//! | `;` | start sentinel |
//! | `0` to `9` | the number |
//! | `=` and digits | more data, if there is any |
//! | `?` | end sentinel |
//! | `0` to `?` | LRC, if the reader is set to send it; it may look like a sentinel |
//! | `0D` `0A` `03` | CR, LF, ETX, each if the reader is set to send it |
//!
//! 9600 8N1. The characters `0` to `?` are the values 0 to 15; the LRC is the XOR of all of them from
//! `;` to `?`. A reader can also be set to strip both sentinels; then CR, LF or ETX ends the digits.
//! Sources: the manuals of `MagTek` MT-211232 (page 22) and ID TECH Omni (appendix B).
//!
//! Numbers of bank cards are refused, and so that no digit of one is kept either, what cannot be read
//! is kept only when it is too short to be most of one.

use super::super::card::Card;
use super::bank_card::{REFUSED, is_bank_card};
use super::grammar::{Found, Grammar, Resync, Silence, Step, Verdict};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const START: u8 = b';';
const END: u8 = b'?';

/// How long an LRC or a line end can be late, in milliseconds.
const LATE: u64 = 100;

/// How many digits of what cannot be read are kept: no more than a bank card shows of its issuer.
const KEPT_DIGITS: usize = 6;

/// Whether an LRC follows the end sentinel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lrc {
    /// It may; when one is there, it must be right.
    #[default]
    Auto,
    /// It must.
    Always,
    /// The reader sends none.
    Never,
}

/// The options of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Track2 {
    /// Whether an LRC is sent.
    pub lrc: Lrc,
    /// False for a reader that strips `;` and `?`.
    pub sentinels: bool,
}

impl Default for Track2 {
    fn default() -> Self {
        Self { lrc: Lrc::Auto, sentinels: true }
    }
}

impl Grammar for Track2 {
    fn longest(&self) -> usize {
        64
    }

    fn step(&self, frame: &[u8], byte: u8, _noise: usize) -> Step {
        match (frame, byte) {
            ([.., END], _) => behind_end(frame, byte),
            (_, STX) => Step::Start,
            ([], b'\r' | b'\n' | ETX) => Step::Between,
            ([STX], START) if self.sentinels => Step::Inside,
            (_, START) if self.sentinels => Step::Start,
            ([], b'0'..=b'9') if !self.sentinels => Step::Start,
            ([], _) => Step::Noise,
            ([STX], _) if self.sentinels => Step::Broken("a start sentinel `;` should follow STX"),
            (_, END) if self.sentinels && self.lrc == Lrc::Never => Step::End,
            (_, END) if self.sentinels => Step::Inside,
            (_, b'\r' | b'\n' | ETX) if self.sentinels => Step::Lost("the end sentinel `?` is missing"),
            (_, b'\r' | b'\n' | ETX) => Step::EndBefore,
            (_, b'0'..=b'>') => Step::Inside,
            _ => Step::Lost("a byte of the frame is none of `0` to `?`"),
        }
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let body = without_stx(frame);
        let end = body.iter().position(|byte| *byte == END).unwrap_or(body.len());
        let (data, trailer) = body.split_at(end);
        let data = data.strip_prefix(&[START]).unwrap_or(data);
        let mut fields = data.splitn(2, |byte| *byte == b'=');
        let number = fields.next().unwrap_or_default();
        let extra = fields.next().unwrap_or_default();
        if is_bank_card(number) {
            return Verdict::Secret(REFUSED.to_owned());
        }
        match trailer {
            [END, told] if *told != lrc(&body[..=end]) => {
                let (told, made) = (char::from(*told), char::from(lrc(&body[..=end])));
                return refuse(data, format!("wrong LRC: the frame says `{told}`, its bytes make `{made}`"));
            }
            [END] if self.lrc == Lrc::Always => return refuse(data, "the LRC is missing".to_owned()),
            _ => {}
        }
        if number.is_empty() {
            return refuse(data, "there is no number between the sentinels".to_owned());
        }
        let is_data = |byte: &u8| byte.is_ascii_digit() || *byte == b'=';
        if !data.iter().all(is_data) {
            return refuse(data, "a byte of the number is no digit".to_owned());
        }
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Verdict::Read(Found::card(Card::magnetic(&text(number), &text(extra))))
    }

    fn silence(&self, frame: &[u8]) -> Silence {
        match frame {
            [.., END] => Silence::Ends(LATE),
            _ => Silence::CUT,
        }
    }

    fn resync(&self, byte: u8) -> Resync {
        match byte {
            b'\r' | b'\n' | ETX => Resync::Behind,
            STX => Resync::Here,
            START if self.sentinels => Resync::Here,
            _ => Resync::Later,
        }
    }

    fn may_keep(&self, noise: &[u8]) -> bool {
        // with a wrong parity setting digits come with their eighth bit set
        noise.iter().filter(|byte| (**byte & 0x7F).is_ascii_digit()).count() <= KEPT_DIGITS
    }
}

/// The byte behind the end sentinel: an LRC, or the next frame.
fn behind_end(frame: &[u8], byte: u8) -> Step {
    match byte {
        _ if byte == lrc(without_stx(frame)) => Step::End,
        START => Step::EndBefore,
        b'0'..=b'?' => Step::End,
        _ => Step::EndBefore,
    }
}

fn without_stx(frame: &[u8]) -> &[u8] {
    frame.strip_prefix(&[STX]).unwrap_or(frame)
}

/// The LRC of all characters from `;` to `?`.
fn lrc(characters: &[u8]) -> u8 {
    b'0' | characters.iter().fold(0, |sum, character| sum ^ (character & 0xF))
}

/// A reject that is kept unless it could be most of a bank card.
fn refuse(data: &[u8], reason: String) -> Verdict {
    let mut runs = data.split(|byte| !byte.is_ascii_digit());
    if runs.any(|run| run.len() > 12) { Verdict::Secret(reason) } else { Verdict::Reject(reason) }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::{frames, raws};
    use super::*;

    fn settings(lrc: Lrc, sentinels: bool) -> WireSettings {
        WireSettings::new(Protocol::Track2(Track2 { lrc, sentinels }))
    }

    #[test]
    fn vectors() {
        let rows = [
            (";1234567890?5\r", "0 read 1234567890"),
            (";000012345678=0001?0\r", "0 read 000012345678"),
            // this LRC looks like a start sentinel
            (";6009990000000012=49120000?;\r", "0 read 6009990000000012"),
            (";00123456?3", "0 read 00123456"),
            // each switch of the reader
            ("\x02;1234567890?\r\x03", "0 read 1234567890"),
            ("\x02;1234567890?5\r\n\x03", "0 read 1234567890"),
            (";1234567890?\x03", "0 read 1234567890"),
            (";1234567890?", "0 read 1234567890"),
            (
                ";1234567890?;1234567890?5;00123456?3",
                "0 read 1234567890; 12 read 1234567890; 25 read 00123456",
            ),
            ("\x02;1234567890?\x02;00123456?", "0 read 1234567890; 13 read 00123456"),
            // what is no frame
            (";00123456?4\r", "0 reject wrong LRC: the frame says `4`, its bytes make `3`"),
            (";?4\r", "0 reject there is no number between the sentinels"),
            (";12:4?", "0 reject a byte of the number is no digit"),
            (
                ";1234;00123456?3\r",
                "0 reject the frame is cut short by the next one (5 bytes that are in no frame); \
                 5 read 00123456",
            ),
            (
                ";1234\r;00123456?3\r",
                "0 reject the end sentinel `?` is missing (5 bytes that are in no frame); 6 read 00123456",
            ),
            (
                "X1234567890?5\r;00123456?3\r",
                "0 reject noise: 13 bytes that are in no frame; 14 read 00123456",
            ),
            (
                ";12\u{1}4567890?5\r;00123456?3\r",
                "0 reject a byte of the frame is none of `0` to `?` (13 bytes that are in no frame); \
                 14 read 00123456",
            ),
        ];
        for (bytes, expected) in rows {
            assert_eq!(frames(&settings(Lrc::Auto, true), bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn the_switches_of_the_reader_can_be_fixed() {
        let rows = [
            (Lrc::Always, true, ";1234567890?\r", "0 reject the LRC is missing"),
            (Lrc::Always, true, ";1234567890?5\r", "0 read 1234567890"),
            (Lrc::Never, true, ";1234567890?;1234567890?", "0 read 1234567890; 12 read 1234567890"),
            (Lrc::Auto, false, "000012345678=0001\r\n00123456\r", "0 read 000012345678; 19 read 00123456"),
            (Lrc::Auto, false, "\x021234567890\r\x03", "0 read 1234567890"),
            (Lrc::Auto, false, "4111111111111111=2512\r", &format!("0 reject {REFUSED}")),
        ];
        for (lrc, sentinels, bytes, expected) in rows {
            assert_eq!(frames(&settings(lrc, sentinels), bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn no_digit_of_a_bank_card_gets_out() {
        let refused = format!("0 reject {REFUSED}");
        let whole = [
            ";4111111111111111=25121010000012300000?",
            ";4111111111111111?",
            "\x02;5555555555554444=2512?\r\x03",
            ";378282246310005=2512?",
        ];
        for bytes in whole {
            let settings = settings(Lrc::Auto, true);
            assert_eq!(frames(&settings, bytes.as_bytes()), refused, "{bytes:?}");
        }
        // misread, cut, turned round, with a wrong parity setting, without its start, all three tracks
        let damaged = [
            ";4111111111111112=2512?7\r",
            ";41111111111111",
            ";4111;1111;1111",
            "4111111111111111=2512?",
            ";4111111\x01111111111=2512?",
            ";\u{b4}\u{b1}\u{b1}\u{b1}\u{b1}\u{b1}\u{b1}\u{b1}",
            "%B4111111111111111^PROVA/A^2512?;4111111111111111=2512?+4111111111111111?\r",
            ";=4111111111111111?",
            &";4111111111111111=".repeat(40),
        ];
        for settings in [settings(Lrc::Auto, true), settings(Lrc::Auto, false)] {
            for bytes in whole.iter().chain(&damaged) {
                let kept = raws(&settings, bytes.as_bytes());
                let digits = kept.iter().filter(|byte| (**byte & 0x7F).is_ascii_digit()).count();
                assert!(digits <= KEPT_DIGITS, "{bytes:?}: {}", String::from_utf8_lossy(&kept));
            }
        }
    }
}

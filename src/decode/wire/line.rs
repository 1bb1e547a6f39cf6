//! Plain line readers: the serial form of a keyboard wedge, most HF and NFC desktop readers.
//!
//! | bytes | what |
//! |---|---|
//! | prefix | as configured, or STX |
//! | token | decimal with 8, 10 or 14 digits; hexadecimal with 8, 14 or 20 (a UID of 4, 7, 10 bytes) |
//! | suffix | as configured |
//! | `0D`, `0A`, `0D 0A`, ETX, or a pause | |
//!
//! 9600 8N1. The order of the bytes of a UID differs from maker to maker, so a reader's badge can be
//! the number with its bytes reversed. Other tokens are taken too, if they are words of 4 to 64
//! characters, or what the pattern says.

use super::super::card::Card;
use super::badge_pattern::BadgePattern;
use super::bank_card::{REFUSED, is_stripe, may_hold_one};
use super::grammar::{Found, Grammar, Resync, Silence, Step, Verdict};
use super::record::{self, Record};

/// What the digits of a token are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineBase {
    /// Not known: the token is the badge, and nobody should reckon with it.
    #[default]
    Unknown,
    /// Hexadecimal.
    Hex,
    /// Decimal.
    Decimal,
}

/// The options of this protocol.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// What stands around the token.
    pub record: Record,
    /// What its digits are.
    pub base: LineBase,
    /// What a badge looks like, where that is known.
    pub pattern: Option<BadgePattern>,
}

impl Grammar for Line {
    fn longest(&self) -> usize {
        record::LONGEST
    }

    fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step {
        self.record.step(frame, byte, noise)
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let token = match self.record.token(frame) {
            Ok(token) => token,
            Err(reason) => return record::reject(frame, reason),
        };
        // a magnetic stripe reader that strips the sentinels
        // and no card of another kind has so many digits, but for those of 14
        let is_number = token.len() != 14 && token.bytes().all(|byte| byte.is_ascii_digit());
        if is_stripe(token) || (self.pattern.is_none() && is_number && may_hold_one(token.as_bytes())) {
            return Verdict::Secret(REFUSED.to_owned());
        }
        let badge = match &self.pattern {
            Some(pattern) => pattern.badge(token),
            None => Some(token).filter(|token| is_word(token)),
        };
        let Some(badge) = badge else {
            let reason = match &self.pattern {
                Some(_) => "does not match the pattern of this reader",
                None => "is no word of 4 to 64 letters, digits, and - . : / _ (`pattern` allows others)",
            };
            return record::reject(frame, format!("the record {reason}"));
        };
        let card = match self.base {
            LineBase::Unknown => Card::guess(badge),
            LineBase::Hex => Card::hex(badge),
            LineBase::Decimal => Card::decimal(badge),
        };
        Verdict::Read(Found::card(card))
    }

    fn silence(&self, _frame: &[u8]) -> Silence {
        self.record.silence()
    }

    fn resync(&self, byte: u8) -> Resync {
        self.record.resync(byte)
    }
}

fn is_word(token: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'/' | b'_');
    (4..=64).contains(&token.len()) && token.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::frames;
    use super::*;
    use crate::decode::card::Rendering;

    fn settings(options: Line, badge: Rendering) -> WireSettings {
        WireSettings { protocol: Protocol::Line(options), badge }
    }

    fn record(prefix: &[u8], suffix: &[u8], idle_ms: Option<u16>) -> Line {
        let record = Record { prefix: prefix.to_vec(), suffix: suffix.to_vec(), idle_ms };
        Line { record, ..Line::default() }
    }

    #[test]
    fn vectors() {
        use Rendering::{AsSent, ByteReversed, ByteReversedDecimal, Decimal, Decimal10};
        let hex = || Line { base: LineBase::Hex, ..Line::default() };
        let rows: &[(Line, Rendering, &[u8], &str)] = &[
            (Line::default(), AsSent, b"0001217496\r\n", "0 read 0001217496"),
            (Line::default(), AsSent, b"04A23B1C\r", "0 read 04A23B1C"),
            (hex(), Decimal, b"04A23B1C\r", "0 read 77740828"),
            (hex(), ByteReversed, b"04A23B1C\r", "0 read 1C3BA204"),
            (hex(), ByteReversedDecimal, b"04A23B1C\r", "0 read 473670148"),
            (
                Line { base: LineBase::Decimal, ..Line::default() },
                Decimal10,
                b"1217496\n",
                "0 read 0001217496",
            ),
            (
                Line::default(),
                Decimal10,
                b"E-1217496\n",
                "0 reject this card has no number `decimal10`, which the badge should be",
            ),
            // what can stand around a token
            (Line::default(), AsSent, b"\x020001217496\r\n\x03", "0 read 0001217496"),
            (Line::default(), AsSent, b"\x020001217496\x03", "0 read 0001217496"),
            (Line::default(), AsSent, b" 0001217496\t\r", "0 read 0001217496"),
            (record(b"P:", b"#", None), AsSent, b"P:0001217496#\r", "0 read 0001217496"),
            (record(b"P:", b"", None), AsSent, b"P:0001P217496\r", "0 read 0001P217496"),
            (
                record(b"\x02", b"\x03", None),
                AsSent,
                b"\x020001\x020001217496\x03",
                "0 reject the frame is cut short by the next one (5 bytes that are in no frame); \
                 5 read 0001217496",
            ),
            (
                record(b"", b"\t", None),
                AsSent,
                b"0001217496\t04A23B1C\t",
                "0 read 0001217496; 11 read 04A23B1C",
            ),
            (
                record(b"P:", b"", None),
                AsSent,
                b"0001217496\r",
                "0 reject the record does not begin with the prefix \"P:\"",
            ),
            (
                record(b"", b"#", None),
                AsSent,
                b"0001217496\r",
                "0 reject the record does not end with the suffix \"#\"",
            ),
            (record(b"", b"", Some(50)), AsSent, b"0001217496", "0 read 0001217496"),
            (
                Line::default(),
                AsSent,
                b"0001217496",
                "0 reject the bytes end in the middle of a frame (10 bytes that are in no frame)",
            ),
            // noise: a glitch before a record does not spoil it, a byte in it does
            (
                Line::default(),
                AsSent,
                b"\xFF\x000001217496\r04A23B1C\r",
                "0 reject noise: 2 bytes that are in no frame; 2 read 0001217496; 13 read 04A23B1C",
            ),
            (
                Line::default(),
                AsSent,
                b"0001\x80217496\r04A23B1C\r",
                "0 reject a byte of the record is no text (11 bytes that are in no frame); 12 read 04A23B1C",
            ),
            (
                Line::default(),
                AsSent,
                b"12\r0001217496 x\r",
                "0 reject the record is no word of 4 to 64 letters, digits, and - . : / _ (`pattern` allows \
                 others); 3 reject the record is no word of 4 to 64 letters, digits, and - . : / _ \
                 (`pattern` allows others)",
            ),
            (Line::default(), AsSent, b"\x02\r", "0 reject the record is empty"),
            // magnetic stripes without sentinels
            (Line::default(), AsSent, b"4111111111111111=2512\r", &format!("0 reject {REFUSED}")),
            (Line::default(), AsSent, b"4111111111111111\r", &format!("0 reject {REFUSED}")),
            (Line::default(), AsSent, b"30569309025904\r", "0 read 30569309025904"),
            (
                Line::default(),
                AsSent,
                b"%B4111111111111111^PROVA\r",
                "0 reject the record is no word of 4 to 64 letters, digits, and - . : / _ (`pattern` allows \
                 others) (not kept: it may hold the number of a bank card)",
            ),
        ];
        for (options, badge, bytes, expected) in rows {
            let shown = bytes.escape_ascii();
            assert_eq!(&frames(&settings(options.clone(), *badge), bytes), expected, "{shown}");
        }
        let long = [b"7".repeat(300).as_slice(), b"\r0001217496\r"].concat();
        let told = frames(&settings(Line::default(), Rendering::AsSent), &long);
        assert_eq!(
            told,
            "0 reject longer than any frame of this protocol (256 bytes and more that are in no frame); \
             301 read 0001217496"
        );
    }

    #[test]
    fn a_pattern_says_what_a_badge_is() {
        let pattern =
            |text: &str| Line { pattern: Some(BadgePattern::new(text).unwrap()), ..Line::default() };
        let no_match = "0 reject the record does not match the pattern of this reader";
        let rows = [
            ("[0-9]{3}|x", "123\r", "0 read 123"),
            ("[0-9]{3}|x", "1234\r", no_match),
            ("UID (?<badge>[0-9A-F]{8}) OK", "UID 04A23B1C OK\r", "0 read 04A23B1C"),
            ("UID (?<badge>[0-9A-F]{8}) OK", "04A23B1C\r", no_match),
        ];
        for (written, bytes, expected) in rows {
            let settings = settings(pattern(written), Rendering::AsSent);
            assert_eq!(frames(&settings, bytes.as_bytes()), expected, "{written} {bytes:?}");
        }
        for bad in ["(", "a)(b", "a{"] {
            assert!(BadgePattern::new(bad).is_err() || bad == "a{", "{bad}");
        }
    }
}

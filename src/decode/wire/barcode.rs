//! Barcode and QR readers.
//!
//! | bytes | what |
//! |---|---|
//! | `]` letter digit | AIM identifier (`]Q1`, `]C0`, `]E0`), if the reader is set to send it |
//! | content | whatever somebody printed |
//! | `0D`, `0A`, `0D 0A`, or a pause | |
//!
//! 9600 8N1, some modules 115200 8N1; a USB-CDC port takes any. Anybody can print a code, so only
//! what matches the configured pattern is a badge, and nothing longer than the configured length is
//! looked at.

use super::super::card::Card;
use super::badge_pattern::BadgePattern;
use super::bank_card::{REFUSED, is_stripe, may_hold_one};
use super::grammar::{Found, Grammar, Resync, Silence, Step, Verdict};
use super::record::{self, Record};

/// The options of this protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Barcode {
    /// What stands around the content.
    pub record: Record,
    /// What a badge looks like. None takes every word: for trying out a reader.
    pub pattern: Option<BadgePattern>,
    /// The longest content in bytes, at most 256.
    pub max_length: u16,
}

impl Default for Barcode {
    fn default() -> Self {
        Self { record: Record::default(), pattern: None, max_length: 64 }
    }
}

impl Grammar for Barcode {
    fn longest(&self) -> usize {
        record::LONGEST
    }

    fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step {
        self.record.step(frame, byte, noise)
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let token = match self.record.token(frame) {
            Ok(token) => without_aim(token),
            Err(reason) => return record::reject(frame, reason),
        };
        if token.len() > usize::from(self.max_length) {
            let reason =
                format!("the code has {} characters, at most {} are read", token.len(), self.max_length);
            return record::reject(frame, reason);
        }
        // a reader of stripes that is tried as one of codes
        if is_stripe(token) || (self.pattern.is_none() && may_hold_one(token.as_bytes())) {
            return Verdict::Secret(REFUSED.to_owned());
        }
        let badge = match &self.pattern {
            Some(pattern) => pattern.badge(token),
            None => Some(token).filter(|token| !token.contains(char::is_whitespace)),
        };
        match badge {
            Some(badge) => Verdict::Read(Found::card(Card::text(badge))),
            None => record::reject(frame, "the code does not match the pattern of this reader".to_owned()),
        }
    }

    fn silence(&self, _frame: &[u8]) -> Silence {
        self.record.silence()
    }

    fn resync(&self, byte: u8) -> Resync {
        self.record.resync(byte)
    }
}

fn without_aim(token: &str) -> &str {
    match token.as_bytes() {
        [b']', letter, modifier, ..] if letter.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
            token.get(3..).unwrap_or_default().trim_start()
        }
        _ => token,
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::frames;
    use super::*;

    #[test]
    fn vectors() {
        let settings = |pattern: Option<&str>, max_length| {
            let pattern = pattern.map(|pattern| BadgePattern::new(pattern).unwrap());
            WireSettings::new(Protocol::Barcode(Barcode { pattern, max_length, ..Barcode::default() }))
        };
        let refused = format!("0 reject {REFUSED}");
        let no_match = "0 reject the code does not match the pattern of this reader";
        let rows: &[(Option<&str>, u16, &str, &str)] = &[
            (None, 64, "]Q1E-000123\r", "0 read E-000123"),
            (None, 64, "E-000123\r\n", "0 read E-000123"),
            (Some("E-[0-9]{6}"), 64, "]C0E-000123\r]E0E-000124\r", "0 read E-000123; 12 read E-000124"),
            (None, 64, ";4111111111111111=2512?\r", &refused),
            (Some(".*"), 64, ";4111111111111111=2512?\r", &refused),
            (Some("E-[0-9]{6}"), 64, "E-0001234\r", no_match),
            (Some("E-[0-9]{6}"), 64, "xE-000123\r", no_match),
            (Some("https://badge\\.example/(?<badge>[0-9]+)"), 64, "https://badge.example/42\r", "0 read 42"),
            (None, 64, "two words\r", no_match),
            (None, 6, "]Q1E-0001\r", "0 read E-0001"),
            (None, 6, "E-00012\r", "0 reject the code has 7 characters, at most 6 are read"),
            (
                Some(".*"),
                256,
                &format!("{}\r", "x".repeat(65)),
                "0 reject its number is not one word of at most 64 bytes",
            ),
        ];
        for (pattern, max_length, bytes, expected) in rows {
            assert_eq!(&frames(&settings(*pattern, *max_length), bytes.as_bytes()), expected, "{bytes:?}");
        }
    }
}

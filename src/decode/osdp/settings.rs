//! What the panel must know of a bus and its readers.

use std::fmt;

use osdp::secure::SCBK_D;

/// A bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusSettings {
    /// Bits a second, for the time that packets take on the wire.
    pub baud: u32,
    /// Milliseconds between two polls of a reader.
    pub poll: u64,
    /// Its readers; events name them by their place in this list.
    pub readers: Vec<PeerSettings>,
}

/// A reader on a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// 0 to 126, set at the reader.
    pub address: u8,
    /// The key of its secure channel. With a key nothing but its number and its capabilities is ever
    /// taken from it in clear.
    pub key: Option<SiteKey>,
    /// True while a new reader still has the public default key: the panel then opens the channel with
    /// that one, hands over the site key, and does nothing else with it.
    pub install: bool,
}

/// The key of a secure channel (SCBK): AES-128.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteKey([u8; 16]);

/// Why a text is no usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Not 32 hexadecimal digits.
    #[error("a key is 32 hexadecimal digits, as `openssl rand -hex 16` prints them")]
    Form,
    /// The default key of the standard.
    #[error("this is the default key that everybody knows; make one with `openssl rand -hex 16`")]
    Public,
}

impl SiteKey {
    /// Reads 32 hexadecimal digits; space around them is no part of the key.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let digits: Option<Vec<u32>> = text.trim().chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 32).ok_or(BadKey::Form)?;
        let mut key = [0; 16];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let value = pair.iter().fold(0, |value, digit| value << 4 | digit);
            *byte = u8::try_from(value).map_err(|_| BadKey::Form)?;
        }
        if key == SCBK_D { Err(BadKey::Public) } else { Ok(Self(key)) }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> [u8; 16] {
        self.0
    }
}

/// Never the key itself: settings end up in logs.
impl fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_digits_and_not_the_public_one() {
        let key = SiteKey::parse(" 000102030405060708090A0b0c0d0e0f\n").unwrap();
        assert_eq!(key.bytes(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(format!("{key:?}"), "SiteKey(***)");
        for bad in ["", "00", "000102030405060708090A0b0c0d0e0", "000102030405060708090A0b0c0d0e0g"] {
            assert_eq!(SiteKey::parse(bad), Err(BadKey::Form), "{bad}");
        }
        assert_eq!(SiteKey::parse("303132333435363738393a3b3c3d3e3f"), Err(BadKey::Public));
    }
}

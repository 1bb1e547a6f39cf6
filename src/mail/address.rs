//! One mail address: parsed once, safe in a header and on the command line of SMTP.

use std::fmt;

/// A mail address in ASCII, without a display name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(lettre::Address);

/// Why a text is not a usable address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not one mail address in ASCII, as presenze@ufficio.example")]
pub struct BadAddress {
    /// The text.
    pub text: String,
}

impl Address {
    /// Reads exactly one address. Refused: names in front, lists, quoted local parts, characters
    /// outside ASCII, more than 254 characters.
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress { text: text.to_owned() };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"@.!#$%&'*+-/=?^_`{|}~".contains(&b);
        if text.len() > 254 || !text.bytes().all(plain) {
            return Err(bad());
        }
        text.parse().map(Self).map_err(|_| bad())
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// As a header wants it.
    pub(super) fn mailbox(&self) -> lettre::message::Mailbox {
        lettre::message::Mailbox::new(None, self.0.clone())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_plain_address() {
        for good in ["a@b.example", "protocollo.prova+x@pec.esempio.it", "a@localhost"] {
            assert_eq!(Address::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c.it",
            "a@b.it,c@d.it",
            "A <a@b.it>",
            "<a@b.it>",
            "à@b.it",
            "a@è.it",
            "\"a\"@b.it",
            "a@b.it\r\nRCPT TO:<c@d.it>",
            "a@b.it ",
            ".a@b.it",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
        assert!(Address::parse(&format!("{}@b.it", "x".repeat(250))).is_err());
    }
}

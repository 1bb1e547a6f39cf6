//! The registration of a document by the protocol office ("protocollo", D.P.R. 445/2000 art. 53 and
//! 55): its number, its date, its register.

use std::fmt;

use chrono::NaiveDate;

/// The longest number or name of a register, in characters.
const LONGEST: usize = 64;

/// How a document was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// The number, as the office writes it.
    number: String,
    /// The day of the registration.
    pub date: Option<NaiveDate>,
    /// The register.
    pub register: Option<String>,
}

impl Protocol {
    /// Checks the number and the name of the register: 1 to 64 printable characters each.
    pub fn new(number: &str, date: Option<NaiveDate>, register: Option<&str>) -> Option<Self> {
        let text = |text: &str| {
            let text = text.trim();
            let fits = (1..=LONGEST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            fits.then(|| text.to_owned())
        };
        let register = match register {
            None => None,
            Some(name) => Some(text(name)?),
        };
        Some(Self { number: text(number)?, date, register })
    }

    /// The number.
    pub fn number(&self) -> &str {
        &self.number
    }
}

/// `0012345 of 2026-11-06`
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.number)?;
        match self.date {
            Some(date) => write!(f, " of {date}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_short_and_printable() {
        let date = "2026-11-06".parse().ok();
        let protocol = Protocol::new(" 0012345 ", date, Some("AOO-1")).unwrap();
        assert_eq!((protocol.number(), protocol.to_string().as_str()), ("0012345", "0012345 of 2026-11-06"));
        for bad in ["", "  ", "1\n2", &"9".repeat(65)] {
            assert_eq!(Protocol::new(bad, None, None), None, "{bad:?}");
            assert_eq!(Protocol::new("1", None, Some(bad)), None, "{bad:?}");
        }
    }
}

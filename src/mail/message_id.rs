//! The Message-ID: out of what the document is, never out of time or chance, so that a second
//! hand-over is recognised and a receipt finds its document even when the store is lost.

use std::fmt;

use crate::domain::ids::AgreementId;
use crate::domain::month::Month;

/// `<pres.{yyyy-mm}.{agreement}.{document}.r{revision}@{domain}>`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The month the document is about.
    pub month: Month,
    /// The agreement it is about.
    pub agreement: AgreementId,
    /// Its number or kind: 1 to 64 characters of `a-z 0-9 - _`.
    document: String,
    /// Its revision, from 1.
    revision: u32,
    domain: String,
}

/// Why there is no Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMessageId {
    /// The document's part.
    #[error("\"{0}\" cannot be part of a Message-ID: write 1 to 64 characters of a-z, 0-9, '-' and '_'")]
    Document(String),
    /// The revision.
    #[error("revisions count from 1")]
    Revision,
    /// The right side.
    #[error("\"{0}\" cannot be the domain of a Message-ID: write a host name like mail.ufficio.example")]
    Domain(String),
    /// A text that does not have our shape.
    #[error("\"{0}\" is not a Message-ID of this daemon")]
    Foreign(String),
}

impl MessageId {
    /// Checks the parts.
    pub fn new(
        month: Month,
        agreement: &AgreementId,
        document: &str,
        revision: u32,
        domain: &str,
    ) -> Result<Self, BadMessageId> {
        // the rule for names is the same, and none of them holds the dot that separates the parts
        if AgreementId::new(document).is_err() {
            return Err(BadMessageId::Document(document.to_owned()));
        }
        if revision == 0 {
            return Err(BadMessageId::Revision);
        }
        if !is_host_name(domain) {
            return Err(BadMessageId::Domain(domain.to_owned()));
        }
        Ok(Self {
            month,
            agreement: agreement.clone(),
            document: document.to_owned(),
            revision,
            domain: domain.to_owned(),
        })
    }

    /// Reads one back, with or without its angle brackets.
    pub fn parse(text: &str) -> Result<Self, BadMessageId> {
        let foreign = || BadMessageId::Foreign(text.to_owned());
        let bare = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
        let (left, domain) = bare.split_once('@').ok_or_else(foreign)?;
        let parts: Vec<&str> = left.split('.').collect();
        let ["pres", month, agreement, document, revision] = parts.as_slice() else { return Err(foreign()) };
        let month = Month::parse(month).ok_or_else(foreign)?;
        let agreement = AgreementId::new(agreement).map_err(|_| foreign())?;
        let number = revision.strip_prefix('r').and_then(|n| n.parse().ok()).ok_or_else(foreign)?;
        let id = Self::new(month, &agreement, document, number, domain)?;
        if id.bare() == bare { Ok(id) } else { Err(foreign()) }
    }

    /// The same document to its second, third ... address.
    pub fn to_address(&self, number: u32) -> Result<Self, BadMessageId> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let before = self.document.rsplit_once("-a").filter(|(_, number)| is_number(number));
        let document = format!("{}-a{number}", before.map_or(self.document.as_str(), |(before, _)| before));
        Self::new(self.month, &self.agreement, &document, self.revision, &self.domain)
    }

    /// The document's number or kind.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// Its revision, from 1.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Without the angle brackets: safe as a file name, and unique.
    pub fn bare(&self) -> String {
        let Self { month, agreement, document, revision, domain } = self;
        format!("pres.{month}.{agreement}.{document}.r{revision}@{domain}")
    }
}

/// With its angle brackets, as the header has it.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.bare())
    }
}

/// True for labels of `a-z A-Z 0-9 -` joined by dots, at most 100 characters.
pub fn is_host_name(text: &str) -> bool {
    let label = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 100 && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_fixed_and_reads_back() {
        let month = Month::parse("2026-10").unwrap();
        let agreement = AgreementId::new("prova-como").unwrap();
        let id = MessageId::new(month, &agreement, "prospetto", 2, "timbra.ufficio.example").unwrap();
        assert_eq!(id.to_string(), "<pres.2026-10.prova-como.prospetto.r2@timbra.ufficio.example>");
        assert_eq!(MessageId::parse(&id.to_string()).unwrap(), id);
        assert_eq!(MessageId::parse(&id.bare()).unwrap(), id);
        // document, revision, domain
        for (document, revision, domain) in [
            ("", 1, "a.example"),
            ("a.b", 1, "a.example"),
            ("a/b", 1, "a.example"),
            ("a@b", 1, "a.example"),
            ("a", 0, "a.example"),
            ("a", 1, ""),
            ("a", 1, "a..b"),
            ("a", 1, "-a"),
            ("a", 1, "a/b"),
            ("a", 1, "a>b"),
            ("a", 1, "è.example"),
        ] {
            assert!(MessageId::new(month, &agreement, document, revision, domain).is_err(), "{document}");
        }
        for foreign in [
            "",
            "a@b",
            "<a@b>",
            "pres.2026-10.a.b.r1",
            "pres.2026-13.a.b.r1@c",
            "pres.2026-10.a.b.r01@c",
            "pres.2026-10.a.b.1@c",
            "pres.2026-10.a.b.r+1@c",
            "pres.2026-10.a.b.c.r1@d",
            "<pres.2026-10.a.b.r1@c",
        ] {
            assert!(MessageId::parse(foreign).is_err(), "{foreign}");
        }
    }
}

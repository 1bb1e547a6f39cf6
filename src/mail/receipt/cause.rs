//! Why a message was not delivered. The enhanced status code in the long text comes first: providers
//! report a mailbox that does not exist as `altro`.

/// What a person should know of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// There is no such mailbox.
    NoMailbox,
    /// There is no such domain.
    NoDomain,
    /// The mailbox is full: a telephone call helps.
    MailboxFull,
    /// A virus was seen in it.
    Virus,
    /// The other side will not take it.
    Refused,
    /// Something else.
    Other,
}

impl Cause {
    /// Out of `errore` and the long text. None when neither says anything.
    pub fn of(error: Option<&str>, detail: Option<&str>) -> Option<Self> {
        let code = detail.and_then(enhanced_code).or_else(|| error.and_then(enhanced_code));
        let by_code = code.and_then(|(subject, detail)| match (subject, detail) {
            (1, 2 | 10) | (4, 4) => Some(Self::NoDomain),
            (1, _) | (2, 1) => Some(Self::NoMailbox),
            (2, 2) => Some(Self::MailboxFull),
            (7, _) => Some(Self::Refused),
            _ => None,
        });
        by_code.or_else(|| {
            Some(match error? {
                "no-dest" => Self::NoMailbox,
                "no-dominio" => Self::NoDomain,
                "virus" => Self::Virus,
                _ => Self::Other,
            })
        })
    }

    /// For a person, in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::NoMailbox => "there is no such mailbox: correct the address",
            Self::NoDomain => "there is no such domain: correct the address",
            Self::MailboxFull => "the mailbox is full: telephone the office",
            Self::Virus => "a virus was seen in it",
            Self::Refused => "the other side will not take it",
            Self::Other => "for another reason",
        }
    }

    /// For a person, in Italian.
    pub fn italian(self) -> &'static str {
        match self {
            Self::NoMailbox => "la casella non esiste: correggere l'indirizzo",
            Self::NoDomain => "il dominio non esiste: correggere l'indirizzo",
            Self::MailboxFull => "la casella è piena: telefonare all'ufficio",
            Self::Virus => "è stato rilevato un virus",
            Self::Refused => "il destinatario non lo accetta",
            Self::Other => "per altro motivo",
        }
    }
}

/// Subject and detail of the first enhanced status code (RFC 3463) of a failure in a text.
fn enhanced_code(text: &str) -> Option<(u16, u16)> {
    let words = text.split(|c: char| c.is_whitespace() || "()[],;:#".contains(c));
    words.into_iter().find_map(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        let ["4" | "5", subject, detail] = parts.as_slice() else { return None };
        let number = |text: &str| text.parse().ok().filter(|number: &u16| *number < 1000);
        Some((number(subject)?, number(detail)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_comes_before_the_word() {
        let rows = [
            (Some("altro"), Some("5.1.1 - Gestore S.p.A. - indirizzo non valido"), Some(Cause::NoMailbox)),
            (Some("no-dest"), Some("5.1.1 - Gestore S.p.A. - indirizzo non valido"), Some(Cause::NoMailbox)),
            (Some("altro"), Some("550 5.2.2 mailbox full"), Some(Cause::MailboxFull)),
            (Some("altro"), Some("(5.1.2) dominio"), Some(Cause::NoDomain)),
            (Some("altro"), Some("il server 10.5.1.1 non risponde"), Some(Cause::Other)),
            (Some("virus"), Some("5.6.0 - virus"), Some(Cause::Virus)),
            (Some("no-dominio"), None, Some(Cause::NoDomain)),
            (Some("5.7.1"), Some("smtp; denied"), Some(Cause::Refused)),
            (None, Some("nessun codice"), None),
            (None, None, None),
        ];
        for (error, detail, expected) in rows {
            assert_eq!(Cause::of(error, detail), expected, "{error:?} {detail:?}");
        }
    }
}

//! The blanks of the intesa that no computation needs: who may authorise, by which channel things
//! are told, what it rests on. Quoted in notices, statements and reports.

use chrono::NaiveDate;

use super::agreement::Contact;

/// How something is told to the other office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// Certified mail ("posta elettronica certificata").
    Pec,
    /// Ordinary mail.
    Email,
    /// Through the office that registers correspondence.
    Protocollo,
    /// Another way: its text says which.
    Altro,
}

impl ChannelKind {
    /// The word of the configuration, the store and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pec => "pec",
            Self::Email => "email",
            Self::Protocollo => "protocollo",
            Self::Altro => "altro",
        }
    }

    /// The kind of a stored word.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Pec, Self::Email, Self::Protocollo, Self::Altro].into_iter().find(|kind| kind.code() == code)
    }

    /// True for certified mail, which brings receipts: without "avvenuta consegna" nothing is proved.
    pub fn is_certified(self) -> bool {
        self == Self::Pec
    }
}

/// A way that the agreement fixes for one kind of communication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its kind.
    pub kind: ChannelKind,
    /// The mail address, where there is one.
    pub address: Option<String>,
    /// The words of the agreement.
    pub text: Option<String>,
}

/// The channels of art. 2.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Channels {
    /// The monthly statement, host to home (c. 4).
    pub statement: Option<Channel>,
    /// Authorised absences, home to host (c. 3).
    pub absence: Option<Channel>,
    /// Malfunctions, host to home (c. 6).
    pub malfunction: Option<Channel>,
    /// Recalls and moved days, home to host (c. 7).
    pub date_change: Option<Channel>,
}

/// The regulation under which the agreement was made (art. 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regulation {
    /// Its title.
    pub title: String,
    /// Its date.
    pub date: Option<NaiveDate>,
    /// Its article on withdrawal, as "12".
    pub withdrawal_article: Option<String>,
}

/// The individual agreement that this one is attached to (art. 5 c. 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndividualAgreement {
    /// Its date.
    pub date: Option<NaiveDate>,
    /// Its number.
    pub reference: Option<String>,
    /// SHA-256 of its scan, in small hexadecimal digits: the file itself is kept elsewhere.
    pub file_sha256: Option<String>,
}

/// Place, date and signatories (at the end of the text).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Where.
    pub place: Option<String>,
    /// When.
    pub date: Option<NaiveDate>,
    /// Who signed for the home office.
    pub home: Option<String>,
    /// Who signed for the host.
    pub host: Option<String>,
    /// SHA-256 of the scan of the signed text, in small hexadecimal digits.
    pub file_sha256: Option<String>,
}

/// Who agreed the calendar, and when (art. 2 c. 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarAgreed {
    /// The home manager or a substitute.
    pub by: String,
    /// The day of their message.
    pub on: NaiveDate,
    /// 1 for the first calendar, then counted up.
    pub version: u32,
}

/// The Department and its office that receive withdrawals and final reports (art. 4, art. 5 c. 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Its name.
    pub name: String,
    /// The office that receives the report.
    pub report_office: Option<String>,
    /// How the report gets there.
    pub channel: Option<Channel>,
}

/// The clauses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clauses {
    /// The name of the term, as "I turno 2026".
    pub term_label: Option<String>,
    /// Who agreed the calendar.
    pub calendar_agreed: Option<CalendarAgreed>,
    /// The home managers, who authorise absences and recalls (art. 2 c. 3 and 7).
    pub home_managers: Vec<Contact>,
    /// Their substitutes.
    pub home_manager_substitutes: Vec<Contact>,
    /// How things are told.
    pub channels: Channels,
    /// Days of notice of a recall (art. 2 c. 7); 3 in the intesa of 2024.
    pub recall_notice_days: u8,
    /// The host's contacts for this agreement only, instead of the host's usual one (art. 5 c. 2).
    pub host_contacts: Vec<Contact>,
    /// The regulation.
    pub regulation: Option<Regulation>,
    /// The Department.
    pub department: Option<Department>,
    /// The individual agreement.
    pub individual_agreement: Option<IndividualAgreement>,
    /// Signatures.
    pub signature: Option<Signature>,
}

/// Nothing filled in; 3 days of notice.
impl Default for Clauses {
    fn default() -> Self {
        Self {
            term_label: None,
            calendar_agreed: None,
            home_managers: Vec::new(),
            home_manager_substitutes: Vec::new(),
            channels: Channels::default(),
            recall_notice_days: 3,
            host_contacts: Vec::new(),
            regulation: None,
            department: None,
            individual_agreement: None,
            signature: None,
        }
    }
}

impl Clauses {
    /// How and where the final report is mailed; none when it goes by other ways (art. 5 c. 1).
    pub fn report_mail(&self) -> Option<(ChannelKind, &str)> {
        let channel = self.department.as_ref()?.channel.as_ref()?;
        Some((channel.kind, channel.address.as_deref()?))
    }

    /// True when a person is home manager or substitute on a day, by name and without regard to titles;
    /// none when nobody is named at all.
    pub fn authorises(&self, person: &str, date: NaiveDate) -> Option<bool> {
        let mut named = self.home_managers.iter().chain(&self.home_manager_substitutes).peekable();
        named.peek()?;
        let person = bare_name(person);
        Some(named.any(|one| one.holds_on(date) && bare_name(&one.name) == person))
    }
}

/// The words of a name in small letters, without titles: those are shortened with a point.
fn bare_name(name: &str) -> Vec<String> {
    let words = name.split_whitespace().filter(|word| !word.contains('.'));
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_2_3_1_who_may_authorise_is_known_by_date() {
        let person = |name: &str, from: Option<&str>, to: Option<&str>| Contact {
            name: name.to_owned(),
            role: None,
            email: None,
            phone: None,
            valid_from: from.map(|day| day.parse().unwrap()),
            valid_to: to.map(|day| day.parse().unwrap()),
        };
        let clauses = Clauses {
            home_managers: vec![
                person("dott. Marco Prova", None, Some("2026-10-31")),
                person("dott.ssa Rita Campione", Some("2026-11-01"), None),
            ],
            home_manager_substitutes: vec![person("dott.ssa Livia Finta", None, None)],
            ..Clauses::default()
        };
        for (name, date, expected) in [
            ("dott. Marco Prova", "2026-10-31", true),
            ("marco  PROVA", "2026-10-31", true),
            ("Marco Prova", "2026-11-01", false),
            ("Rita Campione", "2026-10-31", false),
            ("Rita Campione", "2026-11-01", true),
            ("Livia Finta", "2030-01-01", true),
            ("Prova", "2026-10-31", false),
            ("", "2026-10-31", false),
        ] {
            assert_eq!(clauses.authorises(name, date.parse().unwrap()), Some(expected), "{name} {date}");
        }
        assert_eq!(Clauses::default().authorises("Marco Prova", "2026-10-31".parse().unwrap()), None);
    }
}

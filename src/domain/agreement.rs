//! The agreement ("intesa") between a home office and the host, as far as the hours and the
//! statement need it. Its keys are the blanks of the text; article numbers are those of the intesa.

use chrono::NaiveDate;

use super::badge::BadgeHolding;
use super::calendar::PatronDay;
use super::clauses::Clauses;
use super::ids::{AgreementId, ReaderId};
use super::month::Month;
use super::profile::Profile;
use super::release::Release;
use super::subject::SubjectTemplate;
use super::table::TableLayout;

/// What kind of office it is: the words on the statement follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfficeKind {
    /// "Prefettura - Ufficio territoriale del Governo"
    Prefettura,
    /// "Commissariato del Governo"
    CommissariatoGoverno,
    /// "Questura"
    Questura,
    /// Another one: its name says all.
    Altro,
}

impl OfficeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Prefettura, Self::CommissariatoGoverno, Self::Questura, Self::Altro];

    /// The word of the configuration and of JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Prefettura => "prefettura",
            Self::CommissariatoGoverno => "commissariato_governo",
            Self::Questura => "questura",
            Self::Altro => "altro",
        }
    }
}

/// A home or host office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Its full name.
    pub name: String,
    /// Its kind.
    pub kind: OfficeKind,
    /// Its city.
    pub city: String,
    /// The city's patron day.
    pub patron: Option<PatronDay>,
}

/// The title before a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    /// sig.
    Sig,
    /// sig.ra
    SigRa,
    /// dott.
    Dott,
    /// dott.ssa
    DottSsa,
}

impl Title {
    /// As written before the name.
    pub fn italian(self) -> &'static str {
        match self {
            Self::Sig => "sig.",
            Self::SigRa => "sig.ra",
            Self::Dott => "dott.",
            Self::DottSsa => "dott.ssa",
        }
    }
}

/// The coworker ("lavoratore", art. 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// sig., sig.ra, dott., dott.ssa
    pub title: Title,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// The home's own number ("matricola"), when it gave one.
    pub home_id: Option<String>,
    /// Where they read mail.
    pub email: Option<String>,
    /// They get a copy of each statement, once it has left.
    pub copy: bool,
}

/// From the first to the last day, both included ("turno di coworking", art. 1 c. 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

/// How a term stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermState {
    /// It has not begun.
    ToCome,
    /// It is one of its days.
    Running,
    /// It is over.
    Ended,
}

impl TermState {
    /// The word of JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::ToCome => "to_come",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::ToCome => "to come",
            Self::Running => "running",
            Self::Ended => "ended",
        }
    }
}

impl Term {
    /// True from the first day to the last.
    pub fn contains(self, date: NaiveDate) -> bool {
        (self.start..=self.end).contains(&date)
    }

    /// How it stands on a day.
    pub fn state(self, today: NaiveDate) -> TermState {
        if today < self.start {
            TermState::ToCome
        } else if today <= self.end {
            TermState::Running
        } else {
            TermState::Ended
        }
    }

    /// The calendar months that it touches, in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        let last = Month::of(self.end);
        std::iter::successors(Some(Month::of(self.start)), |month| Some(month.next()))
            .take_while(move |month| *month <= last)
    }
}

/// A profile and the day from which it holds (art. 2 c. 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileVersion {
    /// First day.
    pub from: NaiveDate,
    /// The profile.
    pub profile: Profile,
}

impl ProfileVersion {
    /// The version that holds on a day; the earliest one also before its own date. `versions` are
    /// sorted by date.
    pub fn on(versions: &[Self], date: NaiveDate) -> Option<&Self> {
        versions.iter().rev().find(|version| version.from <= date).or(versions.first())
    }
}

/// A person named in the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name with title.
    pub name: String,
    /// What they are, as "dirigente dell'Ufficio del personale".
    pub role: Option<String>,
    /// Where they read mail.
    pub email: Option<String>,
    /// Their telephone number, as written.
    pub phone: Option<String>,
    /// The first day on which they are it; absent: from the beginning.
    pub valid_from: Option<NaiveDate>,
    /// The last one; absent: to the end.
    pub valid_to: Option<NaiveDate>,
}

impl Contact {
    /// True when they are it on a day.
    pub fn holds_on(&self, date: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date <= to)
    }

    /// The first of several who is it on a day.
    pub fn on(people: &[Self], date: NaiveDate) -> Option<&Self> {
        people.iter().find(|person| person.holds_on(date))
    }
}

/// A file that goes with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementFile {
    /// The page.
    Pdf,
    /// The table, in the layout of the agreement.
    Csv,
    /// The data file.
    Json,
}

impl StatementFile {
    /// All of them, in the order in which they are attached.
    pub const ALL: &[Self] = &[Self::Pdf, Self::Csv, Self::Json];

    /// The word of the configuration, and the end of the file's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// The form in which the home office wants the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementForm {
    /// What goes along, in the order of [`StatementFile::ALL`].
    pub files: Vec<StatementFile>,
    /// The subject of the message.
    pub subject: SubjectTemplate,
    /// The layout of the table.
    pub table: TableLayout,
}

/// All files, and the subject and the table as they come.
impl Default for StatementForm {
    fn default() -> Self {
        let (subject, table) = (SubjectTemplate::default(), TableLayout::default());
        Self { files: StatementFile::ALL.to_vec(), subject, table }
    }
}

/// What art. 2 c. 4 says of the monthly statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTerms {
    /// The agreed day of the following month, 1 to 31.
    pub deadline_day: u8,
    /// The address of the home office.
    pub to: String,
    /// Send one also for a month without coworking days.
    pub nil: bool,
    /// The first month to send; earlier ones were reported by other means.
    pub first_month: Month,
    /// What is sent, and how it looks.
    pub form: StatementForm,
    /// How it leaves once it is sealed.
    pub release: Release,
}

/// One agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The name of its file.
    pub id: AgreementId,
    /// The intesa's own date or protocol number, quoted on the statement.
    pub reference: String,
    /// The home office ("sede di lavoro").
    pub home: Office,
    /// The coworker.
    pub employee: Employee,
    /// First and last day.
    pub term: Term,
    /// At most so many days a month (art. 2 c. 1).
    pub days_per_month: u8,
    /// The agreed days, sorted, each once.
    pub planned_days: Vec<NaiveDate>,
    /// The versions of the profile, sorted by date; never empty.
    pub profiles: Vec<ProfileVersion>,
    /// The badges held.
    pub badges: Vec<BadgeHolding>,
    /// The monthly statement.
    pub statement: StatementTerms,
    /// Contacts at the home office (art. 5 c. 2), one at a time.
    pub home_contacts: Vec<Contact>,
    /// Readers at which the coworker may punch; empty: all of them.
    pub readers: Vec<ReaderId>,
    /// The blanks that no computation needs.
    pub clauses: Clauses,
    /// What was signed, where the register has changed term, badges or profile since.
    pub signed: Option<Box<Self>>,
}

impl Agreement {
    /// What was signed, whatever the register has changed since.
    pub fn as_signed(&self) -> &Self {
        self.signed.as_deref().unwrap_or(self)
    }

    /// The profile that holds on a day.
    pub fn profile_on(&self, date: NaiveDate) -> Option<&Profile> {
        ProfileVersion::on(&self.profiles, date).map(|version| &version.profile)
    }

    /// True when the day was agreed.
    pub fn is_planned(&self, date: NaiveDate) -> bool {
        self.planned_days.binary_search(&date).is_ok()
    }

    /// True when a punch is this coworker's.
    pub fn holds(&self, badge: &str, reader: &ReaderId, date: NaiveDate) -> bool {
        self.badges.iter().any(|holding| holding.covers(badge, reader, date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_runs_from_its_first_day_to_its_last() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        let term = Term { start: day(10), end: day(20) };
        for (today, state) in [
            (9, TermState::ToCome),
            (10, TermState::Running),
            (20, TermState::Running),
            (21, TermState::Ended),
        ] {
            assert_eq!(term.state(day(today)), state, "{today}");
            assert_eq!(term.contains(day(today)), state == TermState::Running, "{today}");
        }
    }
}

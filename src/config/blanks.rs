//! The blanks of the intesa as a person is asked for them, table by table, in the order of the file.
//! What an answer may be is not said here: the reader of agreement files decides.

use chrono::NaiveDate;

use super::node::{Key, Node, Value};

/// The blanks that stand in one table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The table, as `channel.statement`; empty for the keys before the first one.
    pub table: &'static str,
    /// Its article, and what it is about.
    pub about: &'static str,
    /// Its blanks.
    pub blanks: &'static [Blank],
}

/// One blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blank {
    /// Its key.
    pub key: &'static str,
    /// What is asked.
    pub asks: &'static str,
    /// An answer, as it is typed.
    pub example: &'static str,
    /// What an answer becomes.
    pub answer: Answer,
    /// Whether it may be left empty.
    pub need: Need,
}

/// What an answer becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A text.
    Line,
    /// A whole number.
    Number,
    /// A date, `2026-09-01` or `1/9/2026`.
    Date,
    /// Dates with spaces or commas between them.
    Dates,
    /// Names, each with its mail address in `<>`, with `;` between them.
    People,
}

/// Whether a blank may be left empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It may not.
    Needed,
    /// It may.
    Optional,
    /// It may; then its table is left out.
    Opens,
}

use Answer::{Date, Dates, Line, Number, People};
use Need::{Needed, Opens, Optional};

const fn blank(
    key: &'static str,
    asks: &'static str,
    example: &'static str,
    answer: Answer,
    need: Need,
) -> Blank {
    Blank { key, asks, example, answer, need }
}

const fn part(table: &'static str, about: &'static str, blanks: &'static [Blank]) -> Part {
    Part { table, about, blanks }
}

const KINDS: &str = "prefettura, commissariato_governo, questura, altro";
const WAY: Blank = blank("kind", "how: pec, email, protocollo, altro", "email", Line, Opens);
const ADDRESS: Blank = blank("address", "to which mail address", "ufficio@example.it", Line, Optional);
const WORDS: Blank = blank("text", "in the words of the intesa", "posta elettronica", Line, Optional);
const NAME: Blank = blank("name", "name with title", "dott. Marco Prova", Line, Opens);
const ROLE: Blank = blank("role", "role", "dirigente dell'Area II", Line, Optional);
const EMAIL: Blank = blank("email", "mail address", "area2@example.it", Line, Optional);
const PHONE: Blank = blank("phone", "telephone number", "06 000000", Line, Optional);
const SHA256: Blank =
    blank("file_sha256", "SHA-256 of its scan, by `sha256sum FILE`", "e3b0c442...", Line, Optional);

/// Every blank.
pub const PARTS: &[Part] = &[
    part(
        "",
        "one intesa: its keys are the blanks of the text, with their article",
        &[
            blank(
                "reference",
                "number and date of the intesa, quoted on each statement",
                "prot. 12345 del 20 luglio 2026",
                Line,
                Needed,
            ),
            blank("days_per_month", "art. 2 c. 1: at most so many days a month", "5", Number, Needed),
            blank(
                "profile",
                "art. 2 c. 2: the hour profile, the same as at the home office",
                "5x7h12",
                Line,
                Needed,
            ),
            blank(
                "calendar",
                "art. 2 c. 1: the days agreed with the home manager",
                "2026-09-08 2026-09-09",
                Dates,
                Optional,
            ),
        ],
    ),
    part(
        "calendar_agreed",
        "art. 2 c. 1: who agreed these days, and when",
        &[
            blank("by", "who agreed the calendar", "dott. Marco Prova", Line, Opens),
            blank("on", "the day of their message", "2026-08-24", Date, Needed),
            blank("version", "1 for the first calendar", "1", Number, Optional),
        ],
    ),
    part(
        "home",
        "art. 1 c. 1: the home office (\"sede di lavoro\")",
        &[
            blank(
                "name",
                "its full name",
                "Prefettura - Ufficio territoriale del Governo di Roma",
                Line,
                Needed,
            ),
            blank("kind", KINDS, "prefettura", Line, Needed),
            blank("city", "its city", "Roma", Line, Needed),
            blank("province", "the two letters of the province", "RM", Line, Optional),
            blank(
                "patron",
                "the city's patron day, on which nothing is owed: MM-DD, or none",
                "06-29",
                Line,
                Optional,
            ),
        ],
    ),
    part(
        "home.manager",
        "art. 2 c. 3, 6, 7: who authorises absences and recalls",
        &[NAME, ROLE, EMAIL, PHONE],
    ),
    part(
        "home",
        "art. 2 c. 3, 6, 7: or a substitute",
        &[blank(
            "manager_substitutes",
            "the substitutes",
            "dott.ssa Livia Finta <livia@example.it>; ...",
            People,
            Optional,
        )],
    ),
    part(
        "employee",
        "art. 1 c. 1: the coworker",
        &[
            blank("title", "sig., sig.ra, dott., dott.ssa", "dott.ssa", Line, Needed),
            blank("given_name", "given name", "Anna", Line, Needed),
            blank("family_name", "family name", "Esempio", Line, Needed),
            blank("home_id", "\"matricola\", if the home office gave one", "M000001", Line, Optional),
        ],
    ),
    part(
        "term",
        "art. 1 c. 2: \"a decorrere dal .. e fino al ..\"",
        &[
            blank("start", "first day", "2026-09-01", Date, Needed),
            blank("end", "last day", "2027-01-31", Date, Needed),
            blank("label", "its name", "I turno", Line, Optional),
        ],
    ),
    part(
        "badge",
        "art. 2 c. 5: the badge held",
        &[
            blank(
                "number",
                "as the reader writes it, with its leading zeros; empty when none was given yet",
                "0001234567",
                Line,
                Opens,
            ),
            blank("valid_from", "first day; else the term's", "2026-09-01", Date, Optional),
            blank("valid_to", "last day; else the term's", "2027-01-31", Date, Optional),
        ],
    ),
    part(
        "statement",
        "art. 2 c. 4: \"entro il .. di ciascun mese\"",
        &[blank("deadline_day", "the day of the following month", "12", Number, Needed)],
    ),
    part(
        "channel.statement",
        "art. 2 c. 4: how the monthly statement goes to the home office",
        &[
            blank("kind", "how: pec, email, protocollo, altro", "pec", Line, Needed),
            blank("address", "to which mail address", "presenze@pec.example.it", Line, Needed),
            WORDS,
        ],
    ),
    part("channel.absence", "art. 2 c. 3: how absences are told to the host", &[WAY, ADDRESS, WORDS]),
    part(
        "channel.malfunction",
        "art. 2 c. 6: how malfunctions are told to the home office",
        &[WAY, ADDRESS, WORDS],
    ),
    part("channel.date_change", "art. 2 c. 7: how recalls are told to the host", &[WAY, ADDRESS, WORDS]),
    part(
        "recall",
        "art. 2 c. 7: the notice of a recall",
        &[blank("min_notice_days", "days before; else 3", "3", Number, Optional)],
    ),
    part(
        "regulation",
        "art. 4 c. 1: the regulation of coworking",
        &[
            blank("title", "its title", "Regolamento in materia di lavoro agile e coworking", Line, Opens),
            blank("date", "its date", "2025-10-17", Date, Optional),
            blank("withdrawal_article", "its article on withdrawal", "12", Line, Optional),
        ],
    ),
    part(
        "department",
        "art. 4 c. 1, art. 5 c. 1: who is told of a withdrawal and gets the final report",
        &[
            blank("name", "the Department", "Dipartimento per l'Amministrazione generale", Line, Opens),
            blank(
                "report_office",
                "its office for the reports",
                "Ufficio I - Pianificazione e politiche del personale",
                Line,
                Optional,
            ),
            blank("kind", "how the report gets there: pec, email, protocollo, altro", "pec", Line, Optional),
            ADDRESS,
        ],
    ),
    part("contacts.home", "art. 5 c. 2: the contact at the home office", &[NAME, ROLE, EMAIL, PHONE]),
    part(
        "contacts.host",
        "art. 5 c. 2: the host's contact, where it is not that of timbra.toml",
        &[NAME, ROLE, EMAIL, PHONE],
    ),
    part(
        "individual_agreement",
        "art. 5 c. 3: the individual agreement to which the intesa is attached",
        &[
            blank("date", "its date", "2026-07-15", Date, Optional),
            blank("reference", "its number", "prot. 12300", Line, Optional),
            SHA256,
        ],
    ),
    part(
        "signature",
        "at the end of the text",
        &[
            blank("place", "where it was signed", "Torino", Line, Optional),
            blank("date", "when", "2026-07-20", Date, Optional),
            blank("home", "by whom for the home office", "dott. Marco Prova", Line, Optional),
            blank("host", "by whom for the host", "dott.ssa Carla Modello", Line, Optional),
            SHA256,
        ],
    ),
];

impl Answer {
    /// What was typed, as a value of the file. What does not look like one stays a text, of which the
    /// reader complains.
    pub fn value(self, typed: &str) -> Value {
        match self {
            Self::Line => Value::Text(typed.to_owned()),
            Self::Number => typed.parse().map_or_else(|_| Value::Text(typed.to_owned()), Value::Integer),
            Self::Date => date(typed),
            Self::Dates => {
                let items = typed.split([',', ' ']).filter(|item| !item.is_empty());
                Value::List(items.map(|item| node(date(item))).collect())
            }
            Self::People => {
                let items = typed.split(';').map(str::trim).filter(|item| !item.is_empty());
                Value::List(items.map(|item| node(person(item))).collect())
            }
        }
    }
}

fn date(typed: &str) -> Value {
    let italian = || NaiveDate::parse_from_str(typed, "%d/%m/%Y");
    match typed.parse::<NaiveDate>().or_else(|_| italian()) {
        Ok(date) => Value::Date(date.to_string()),
        Err(_) => Value::Text(typed.to_owned()),
    }
}

fn person(typed: &str) -> Value {
    let written = typed.strip_suffix('>').and_then(|whole| whole.split_once('<'));
    let (name, email) = written.map_or((typed, None), |(name, email)| (name.trim(), Some(email.trim())));
    let entry = |key: &str, text: &str| (named(key), node(Value::Text(text.to_owned())));
    let email = email.map(|email| entry("email", email));
    Value::Table(std::iter::once(entry("name", name)).chain(email).collect())
}

/// A key that stands nowhere yet.
pub(super) fn named(key: &str) -> Key {
    Key { name: key.to_owned(), span: 0..0 }
}

/// A value that stands nowhere yet.
pub(super) fn node(value: Value) -> Node {
    Node { value, span: 0..0 }
}

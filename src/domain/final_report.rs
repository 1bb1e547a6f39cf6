//! The figures of the host's final report ("relazione", art. 5 c. 1): what a whole term came to, month
//! by month. They are computed from what is known when they are asked for.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::agreement::{Agreement, Contact, Term};
use super::anomaly::Anomaly;
use super::civil;
use super::day::Status;
use super::host::Host;
use super::month::Month;
use super::month_days::MonthDay;
use super::statement::{StatementNumber, Totals};

/// The report of one agreement.
#[derive(Debug, Clone)]
pub struct FinalReport<'a> {
    /// The agreement.
    pub agreement: &'a Agreement,
    /// The host.
    pub host: &'a Host,
    /// From the first day to the last on which the agreement held.
    pub term: Term,
    /// Each month of the term.
    pub months: Vec<MonthFigures>,
    /// The recalled days, in order.
    pub recalls: Vec<RecalledDay>,
    /// How often each anomaly stands in the days.
    pub anomalies: BTreeMap<Anomaly, u32>,
    /// The statements and amendments that left, in order.
    pub statements: Vec<SentDocument>,
    /// The malfunctions of the term, in the order of their numbers.
    pub malfunctions: Vec<ReportedMalfunction>,
    /// When the figures were computed, with the host's offset.
    pub at: DateTime<FixedOffset>,
}

impl FinalReport<'_> {
    /// The host's contact when the figures were computed (art. 5 c. 2).
    pub fn contact(&self) -> &Contact {
        let today = civil::local_time(&self.at, self.host.zone).date();
        Contact::on(&self.agreement.clauses.host_contacts, today)
            .unwrap_or_else(|| self.host.contact_on(today))
    }
}

/// What a month came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthFigures {
    /// The month.
    pub month: Month,
    /// The sums of the statement.
    pub totals: Totals,
    /// Agreed days on which the employee was absent, as was communicated.
    pub absent: u32,
    /// Punches that count.
    pub punches: u32,
    /// Those of them that were entered by hand.
    pub manual: u32,
    /// The readers have delivered past its end.
    pub complete: bool,
}

impl MonthFigures {
    /// The figures of a month's days.
    pub fn of(month: Month, days: &[MonthDay], complete: bool) -> Self {
        let punches = || days.iter().flat_map(|day| &day.day.punches);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let absent = days.iter().filter(|day| day.planned && day.covered && day.day.status == Status::Absent);
        Self {
            month,
            totals: Totals::of(days),
            absent: count(absent.count()),
            punches: count(punches().count()),
            manual: count(punches().filter(|punch| punch.manual).count()),
            complete,
        }
    }

    /// Agreed days that were neither used nor recalled, without an absence that was communicated
    /// ("non compensabili", art. 2 c. 1: they are lost).
    pub fn lost(&self) -> u32 {
        self.totals.unused.saturating_sub(self.absent)
    }

    /// The sum of several months.
    pub fn sum(months: &[Self], month: Month) -> Self {
        let nothing = Self {
            month,
            totals: Totals::default(),
            absent: 0,
            punches: 0,
            manual: 0,
            complete: months.iter().all(|month| month.complete),
        };
        months.iter().fold(nothing, |sum, other| Self {
            totals: sum.totals.plus(&other.totals),
            absent: sum.absent + other.absent,
            punches: sum.punches + other.punches,
            manual: sum.manual + other.manual,
            ..sum
        })
    }
}

/// A recalled day (art. 2 c. 7). The notice is told, not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecalledDay {
    /// The day.
    pub date: NaiveDate,
    /// The day of the notice, as the home office states it.
    pub notice: NaiveDate,
    /// The day given instead.
    pub new_date: Option<NaiveDate>,
}

impl RecalledDay {
    /// The recalled days among some days.
    pub fn among(days: &[MonthDay]) -> impl Iterator<Item = Self> {
        days.iter().filter(|day| day.day.status == Status::Recalled).filter_map(|day| {
            let recall = day.calendar.recall?;
            Some(Self { date: day.date, notice: recall.notice, new_date: recall.new_date })
        })
    }
}

/// A statement that left, or an amendment of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentDocument {
    /// Its month.
    pub month: Month,
    /// Its number.
    pub number: StatementNumber,
    /// True for an amendment, to which the agreed day does not apply.
    pub amendment: bool,
    /// The agreed day (art. 2 c. 4).
    pub deadline: NaiveDate,
    /// When it left the house.
    pub sent: Option<DateTime<FixedOffset>>,
    /// When it lay in the mailbox of the home office, as far as a receipt proves it.
    pub delivered: Option<DateTime<FixedOffset>>,
}

impl SentDocument {
    /// Whether a statement came by the agreed day: by its delivery where that is proved, else by its
    /// sending. None for what has not left, and for amendments.
    pub fn in_time(&self, host: &Host) -> Option<bool> {
        let at = self.delivered.or(self.sent).filter(|_| !self.amendment)?;
        Some(civil::local_time(&at, host.zone).date() <= self.deadline)
    }
}

/// A malfunction (art. 2 c. 6) as the report tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedMalfunction {
    /// Its number.
    pub number: u32,
    /// Its kind ("tipologia").
    pub kind: String,
    /// The systems affected.
    pub systems: String,
    /// When it began.
    pub from: DateTime<FixedOffset>,
    /// When it was over; none: it is not.
    pub to: Option<DateTime<FixedOffset>>,
}

/// What a person adds to the figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportText {
    /// How it went ("andamento").
    pub course: String,
    /// The problems found ("criticità").
    pub problems: String,
    /// What is proposed ("proposte"); may be empty.
    pub proposals: String,
    /// Who signs, with title.
    pub signatory: String,
    /// What they are.
    pub role: String,
}

/// What a text says until a person has written it.
pub const PLACEHOLDER: &str = "DA COMPLETARE";

impl ReportText {
    /// The keys of texts that nobody has written yet.
    pub fn unwritten(&self) -> Vec<&'static str> {
        let texts =
            [("andamento", &self.course), ("criticita", &self.problems), ("firmatario", &self.signatory)];
        let open = |text: &str| text.trim().is_empty() || is_placeholder(text);
        let mut unwritten: Vec<&str> =
            texts.into_iter().filter(|(_, text)| open(text)).map(|(key, _)| key).collect();
        // these two may be empty, but not a placeholder
        let more = [("proposte", &self.proposals), ("qualifica", &self.role)];
        unwritten.extend(more.into_iter().filter(|(_, text)| is_placeholder(text)).map(|(key, _)| key));
        unwritten
    }
}

/// True where the placeholder still stands: as it was written, or alone on a line in any letters. Inside
/// of a sentence, in small letters, the words are a person's own.
fn is_placeholder(text: &str) -> bool {
    let alone = |line: &str| {
        line.trim_matches(|letter: char| !letter.is_alphabetic()).eq_ignore_ascii_case(PLACEHOLDER)
    };
    text.contains(PLACEHOLDER) || text.lines().any(alone)
}

//! The calendar side of a day: what it is for agreement, register and calendar, and who decided.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::agreement::Agreement;
use super::calendar;
use super::civil::{DayClock, TimeOfDay};
use super::day::{Context, Day, Leave, PunchTime, Recall, Status};
use super::host::Host;
use super::register::{Entry, EntryId, Facts};

/// What a day is, whatever its punches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Agreed.
    Planned,
    /// Over the number of days that the agreement grants for the month.
    OverCap,
    /// The home manager required presence at home.
    Recalled,
    /// It was agreed, and moved to another day.
    Moved,
    /// An absence of the whole day was communicated.
    Absent,
    /// A Sunday, a national holiday, or the home's patron day.
    Holiday,
    /// The host's patron day.
    HostClosed,
    /// Outside the term.
    OutOfTerm,
    /// Nobody agreed it.
    #[default]
    NotPlanned,
}

impl Standing {
    /// The code used in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::OverCap => "over_cap",
            Self::Recalled => "recalled",
            Self::Moved => "moved",
            Self::Absent => "absent",
            Self::Holiday => "holiday",
            Self::HostClosed => "host_closed",
            Self::OutOfTerm => "out_of_term",
            Self::NotPlanned => "not_planned",
        }
    }
}

/// An entry of the register that decided on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its number.
    pub entry: EntryId,
    /// When it was entered.
    pub at: DateTime<Utc>,
    /// The system user who entered it.
    pub author: String,
    /// The person for whom it was entered.
    pub for_person: Option<String>,
    /// The message on which it rests.
    pub reference: Option<String>,
    /// It was entered after the day had begun.
    pub late: bool,
}

/// Who decided what a day is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DecidedBy {
    /// Nobody.
    #[default]
    Nobody,
    /// The agreement as it was signed.
    Agreement,
    /// The calendar of holidays and patron days.
    Calendar,
    /// An entry of the register.
    Register(Decision),
}

/// The calendar side of a day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CalendarSide {
    /// What it is.
    pub standing: Standing,
    /// Who decided.
    pub decided_by: DecidedBy,
    /// The recall.
    pub recall: Option<RecallDates>,
    /// The day to which it was moved.
    pub moved_to: Option<NaiveDate>,
    /// Absences.
    pub leaves: Vec<Leave>,
    /// The times of punches that were voided.
    pub voided: Vec<DateTime<FixedOffset>>,
    /// The malfunctions on which its manual punches rest.
    pub malfunctions: Vec<u32>,
    /// The employee contests what was recorded of it ("contestata").
    pub contested: bool,
}

/// The two dates of a recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecallDates {
    /// When the employee was told, as the home states it.
    pub notice: NaiveDate,
    /// The day given instead.
    pub new_date: Option<NaiveDate>,
}

impl DecidedBy {
    /// The word used in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Agreement => "agreement",
            Self::Calendar => "calendar",
            Self::Register(_) => "register",
        }
    }

    /// The entry of the register, when it was one.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Register(decision) => Some(decision),
            Self::Nobody | Self::Agreement | Self::Calendar => None,
        }
    }
}

impl From<&Entry> for Decision {
    fn from(entry: &Entry) -> Self {
        Self {
            entry: entry.id,
            at: entry.at,
            author: entry.author.clone(),
            for_person: entry.for_person.clone(),
            reference: entry.reference.clone(),
            late: entry.late,
        }
    }
}

/// What agreement, register and calendars say of a date, for the day computation. A recalled day
/// counts as agreed: its punches are those of a recalled day, not of a day that nobody agreed.
pub fn context(agreement: &Agreement, host: &Host, facts: &Facts<'_>, clock: DayClock) -> Context {
    let date = clock.date();
    let patron = |office: &super::agreement::Office| office.patron.is_some_and(|patron| patron.is_on(date));
    let recall = facts.recalled(date).map(|recalled| Recall { notice_date: Some(recalled.notice_date) });
    let service = facts.service(date);
    let end = service.flatten().map(|end: TimeOfDay| PunchTime::Local(end.on(date)));
    Context {
        in_calendar: facts.is_planned(date) || recall.is_some(),
        within_term: facts.term().contains(date),
        monthly_cap: Some(u32::from(agreement.days_per_month)),
        leaves: facts.leaves(date).iter().map(|(_, leave)| *leave).collect(),
        authorized_from: facts.early_entry(date),
        authorized_overtime: facts.overtime(date),
        authorized_holiday_work: facts.holiday_work(date),
        service_authorized: service.is_some(),
        service_end_declared: end,
        recall,
        recall_min_notice_days: u32::from(agreement.clauses.recall_notice_days),
        home_patron_day: patron(&agreement.home),
        host_patron_day: patron(&host.office),
        ..Context::on(clock)
    }
}

impl CalendarSide {
    /// The calendar side of a computed day.
    pub fn of(facts: &Facts<'_>, context: &Context, day: &Day) -> Self {
        let date = context.date();
        let (standing, decided_by) = standing(facts, context, day);
        let recalled = facts.recalled(date);
        Self {
            standing,
            decided_by,
            recall: recalled.map(|of| RecallDates { notice: of.notice_date, new_date: of.new_date }),
            moved_to: facts.moved(date).map(|(_, to)| to),
            leaves: context.leaves.clone(),
            voided: Vec::new(),
            malfunctions: Vec::new(),
            contested: facts.contested(date).is_some(),
        }
    }
}

/// In the order in which the rules of the day ask.
fn standing(facts: &Facts<'_>, context: &Context, day: &Day) -> (Standing, DecidedBy) {
    let date = context.date();
    let entered = |entry: &Entry| DecidedBy::Register(Decision::from(entry));
    if !context.within_term {
        let withdrawn = facts.withdrawal().filter(|_| date > facts.term().end);
        return (Standing::OutOfTerm, withdrawn.map_or(DecidedBy::Agreement, entered));
    }
    if day.status == Status::OverCap {
        return (Standing::OverCap, DecidedBy::Agreement);
    }
    let whole_day = |(_, leave): &&(&Entry, Leave)| matches!(leave, Leave::FullDay { .. });
    if let Some((entry, _)) = facts.leaves(date).iter().find(whole_day) {
        return (Standing::Absent, entered(entry));
    }
    if let Some(recalled) = facts.recalled(date) {
        return (Standing::Recalled, entered(recalled.entry));
    }
    if calendar::is_festive(date) || context.home_patron_day {
        return (Standing::Holiday, DecidedBy::Calendar);
    }
    if context.host_patron_day {
        return (Standing::HostClosed, DecidedBy::Calendar);
    }
    if facts.is_planned(date) {
        return (Standing::Planned, facts.planned_by(date).map_or(DecidedBy::Agreement, entered));
    }
    match facts.moved(date) {
        Some((entry, _)) => (Standing::Moved, entered(entry)),
        None => (Standing::NotPlanned, DecidedBy::Nobody),
    }
}

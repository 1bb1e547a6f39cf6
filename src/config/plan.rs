//! The agreed calendar, checked day by day, and the deadline of the statement.

use std::ops::Range;

use chrono::{Datelike, NaiveDate, Weekday};

use crate::domain::agreement::{ProfileVersion, Term};
use crate::domain::calendar::{OfficeDays, PatronDay, national_holiday};
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month::Month;

use super::node::Value;
use super::section::{Section, date};
use super::settings::StatementPolicy;

/// The days as written.
#[derive(Debug, Default)]
pub(super) struct Written {
    days: Vec<(NaiveDate, Range<usize>)>,
    /// How many items were no date: each has its complaint.
    pub(super) wrong: usize,
}

/// What decides on a day. What could not be read is absent and decides nothing.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) term: Option<Term>,
    pub(super) host: Option<&'a Host>,
    pub(super) home_patron: Option<PatronDay>,
    pub(super) profiles: &'a [ProfileVersion],
    pub(super) days_per_month: Option<u8>,
}

/// Reads `calendar`.
pub(super) fn written(root: &Section<'_>) -> Written {
    let Some(node) = root.node("calendar") else { return Written::default() };
    let read = root.list("calendar", "a date like 2026-09-15", date);
    let Value::List(items) = &node.value else { return Written::default() };
    let days: Vec<_> =
        items.iter().filter_map(|item| date(&item.value).map(|day| (day, item.span.clone()))).collect();
    Written { wrong: items.len() - read.map_or(0, |read| read.len()), days }
}

/// The days that can be, sorted; each of the others gets a complaint with the reason.
pub(super) fn allowed(root: &Section<'_>, written: Written, rules: &Rules<'_>) -> Vec<NaiveDate> {
    let mut days = written.days;
    days.sort_by_key(|(day, span)| (*day, span.start));
    let mut allowed: Vec<NaiveDate> = Vec::new();
    for (day, span) in days {
        if allowed.contains(&day) {
            root.complain(&span, &format!("{day} is in the calendar twice"), "take one of the two out");
            continue;
        }
        let month = Month::of(day);
        let used = allowed.iter().filter(|other| month.contains(**other)).count();
        let refused = refusal(day, rules).or_else(|| {
            let most = usize::from(rules.days_per_month?);
            (used >= most).then(|| format!("{month} has more than the {most} agreed days of a month"))
        });
        match refused {
            Some(reason) => {
                let hint = "the day is left out of the calendar; agree another one (art. 2 c. 1)";
                root.complain(&span, &format!("{day} cannot be a coworking day: {reason}"), hint);
            }
            None => allowed.push(day),
        }
    }
    allowed
}

/// Why a day cannot be a coworking day.
fn refusal(day: NaiveDate, rules: &Rules<'_>) -> Option<String> {
    if let Some(term) = rules.term.filter(|term| !term.contains(day)) {
        return Some(format!("it lies outside the term ({} to {})", term.start, term.end));
    }
    let version = rules.profiles.iter().rev().find(|version| version.from <= day).or(rules.profiles.first());
    let patron = rules.home_patron.is_some_and(|patron| patron.is_on(day));
    let owed = version.map_or(Minutes::ZERO, |version| version.profile.due_on(day, patron));
    if owed == Minutes::ZERO {
        if let Some(name) = national_holiday(day) {
            return Some(format!("it is a national holiday ({name})"));
        }
        if day.weekday() == Weekday::Sun {
            return Some("it is a Sunday".to_owned());
        }
    }
    if rules.host.and_then(|host| host.office.patron).is_some_and(|patron| patron.is_on(day)) {
        return Some("the host is closed on its patron day".to_owned());
    }
    if patron && owed == Minutes::ZERO {
        return Some("it is the patron day of the home office".to_owned());
    }
    let owes_nothing = version.filter(|_| owed == Minutes::ZERO);
    owes_nothing.map(|version| format!("the profile \"{}\" owes no hours on that day", version.profile.name))
}

/// Warns when a statement would have to leave before its month is over, or on its first days.
pub(super) fn check_deadline(
    section: &Section<'_>,
    deadline_day: u8,
    term: Term,
    host: &Host,
    policy: StatementPolicy,
) {
    let office = OfficeDays { patron: host.office.patron };
    let margin = policy.working_days_before;
    let mut late = term.months().filter_map(|month| {
        let due = month.next();
        let first = office.on_or_after(due.first());
        let deadline = office.on_or_before(due.day_or_last(deadline_day));
        let leave = office.before(deadline, margin);
        (leave < first).then_some((month, deadline, leave, first))
    });
    let Some((month, deadline, leave, first)) = late.next() else { return };
    let others = late.count();
    let span = section.span_of("deadline_day");
    let also = if others == 0 { String::new() } else { format!(" (and {others} more)") };
    let message = if deadline < first {
        format!("the statement of {month}{also} is due on {deadline}, before the first working day after it")
    } else {
        format!(
            "the statement of {month}{also} should leave on {leave}, {margin} working days before {deadline}, \
             but the first working day after the month is {first}"
        )
    };
    let hint = "agree a later day with the home office, or lower working_days_before in timbra.toml";
    section.warn(&span, &message, hint);
}

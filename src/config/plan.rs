//! The agreed calendar, checked day by day, and the deadline of the statement.

use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::agreement::{ProfileVersion, Term};
use crate::domain::calendar::PatronDay;
use crate::domain::deadline::Schedule;
use crate::domain::host::Host;
use crate::domain::month::Month;
use crate::domain::register::DayRules;

use super::node::Value;
use super::section::{Section, date};
use super::statement::StatementPolicy;

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
    let possible = DayRules {
        term: rules.term,
        host_patron: rules.host.and_then(|host| host.office.patron),
        home_patron: rules.home_patron,
        profiles: rules.profiles,
    };
    let mut days = written.days;
    days.sort_unstable_by_key(|(day, span)| (*day, span.start));
    let mut allowed: Vec<NaiveDate> = Vec::new();
    for (day, span) in days {
        if allowed.contains(&day) {
            root.complain(&span, &format!("{day} is in the calendar twice"), "take one of the two out");
            continue;
        }
        let month = Month::of(day);
        let used = allowed.iter().filter(|other| month.contains(**other)).count();
        let refused = possible.refuse(day).map(|why| why.to_string()).or_else(|| {
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

/// Warns when a statement would have to leave before its month is over, or on its first days.
pub(super) fn check_deadline(
    section: &Section<'_>,
    deadline_day: u8,
    term: Term,
    host: &Host,
    policy: StatementPolicy,
) {
    let office = host.office_days();
    let margin = policy.working_days_before;
    let mut late = term.months().filter_map(|month| {
        let schedule = Schedule::of(month, deadline_day, margin, office);
        let leave = office.before(schedule.deadline, margin);
        (leave < schedule.latest).then_some((month, schedule, leave))
    });
    let Some((month, schedule, leave)) = late.next() else { return };
    // the wished-for day comes too early: `latest` is the first working day after the month
    let Schedule { deadline, latest: first } = schedule;
    let others = late.count();
    let span = section.span_of("deadline_day");
    let also = if others == 0 { String::new() } else { format!(" (and {others} more)") };
    let message = if schedule.can_be_met() {
        format!(
            "the statement of {month}{also} should leave on {leave}, {margin} working days before {deadline}, \
             but the first working day after the month is {first}"
        )
    } else {
        format!("the statement of {month}{also} is due on {deadline}, before the first working day after it")
    };
    let hint = "agree a later day with the home office, or lower working_days_before in timbra.toml";
    section.warn(&span, &message, hint);
}

//! The statement as data, with the punches it rests on: `config/schema/statement.json` says what
//! each key means. Never a badge number, never a reason of absence.

use serde_json::{Value, json};

use crate::domain::agreement::{Office, OfficeKind};
use crate::domain::amendment::{Amendment, Place};
use crate::domain::day::{KeptPunch, Leave};
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::standing::CalendarSide;
use crate::domain::statement::Statement;
use crate::domain::table::AWAITED;

use super::csv;
use super::letter::RULES_VERSION;
use super::row;

/// Counts the changes of the schema that a reader must know of.
const SCHEMA_VERSION: u32 = 1;

/// The whole file, indented, keys in alphabetical order, with a final newline.
pub(super) fn data(statement: &Statement<'_>, software: &str) -> String {
    let (agreement, employee) = (statement.agreement, &statement.agreement.employee);
    let totals = &statement.totals;
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "document": document(statement, software),
        "amendment": statement.amendment.as_ref().map(|amendment| self::amendment(statement, amendment)),
        "agreement": {
            "id": agreement.id.as_str(),
            "reference": agreement.reference,
            "term_start": agreement.term.start.to_string(),
            "term_end": agreement.term.end.to_string(),
            "days_per_month": agreement.days_per_month,
        },
        "employee": {
            "title": employee.title.italian(),
            "given_name": employee.given_name,
            "family_name": employee.family_name,
            "home_id": employee.home_id,
        },
        "home": office(&agreement.home),
        "host": office(&statement.host.office),
        "month": statement.month.to_string(),
        "nil": statement.is_nil(),
        "complete": statement.complete,
        "days": statement.days.iter().map(|month_day| day(statement, month_day)).collect::<Vec<_>>(),
        "totals": {
            "planned": totals.planned,
            "used": totals.used,
            "unused": totals.unused,
            "recalled": totals.recalled,
            "unplanned": totals.unplanned,
            "to_regularise": totals.open,
            "worked_minutes": totals.worked.0,
            "justified_minutes": totals.justified.0,
            "due_minutes": totals.due.0,
            "balance_minutes": totals.balance.0,
            "meal_voucher_conditions": totals.meal_vouchers,
        },
    });
    format!("{value:#}\n")
}

fn document(statement: &Statement<'_>, software: &str) -> Value {
    let identity = &statement.identity;
    json!({
        "number": identity.number.map(|number| number.number),
        "year": identity.number.map(|number| number.year),
        "revision": identity.revision,
        "preview": identity.number.is_none(),
        "generated_at": identity.generated_at.to_rfc3339(),
        "software": software,
        "rules_version": RULES_VERSION,
        "responsible": statement.host.responsible,
    })
}

/// What it replaces and where it differs; the words are those of the page.
fn amendment(statement: &Statement<'_>, amendment: &Amendment) -> Value {
    let replaced = &amendment.replaces;
    let differences = amendment.differences.iter().map(|difference| {
        let (place, date) = match difference.place {
            Place::Heading => ("heading", None),
            Place::Day(date) => ("day", Some(date)),
            Place::Totals => ("totals", None),
        };
        json!({
            "place": place,
            "row_id": date.map(|date| csv::row_id(statement, date)),
            "column": difference.column.code(),
            "before": difference.before,
            "after": difference.after,
        })
    });
    json!({
        "ordinal": amendment.ordinal,
        "replaces": {
            "number": replaced.number.number,
            "year": replaced.number.year,
            "revision": replaced.revision,
            "issued": replaced.issued.to_string(),
            "message_id": replaced.message_id,
        },
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn office(office: &Office) -> Value {
    let kind = match office.kind {
        OfficeKind::Prefettura => "prefettura",
        OfficeKind::CommissariatoGoverno => "commissariato_governo",
        OfficeKind::Questura => "questura",
        OfficeKind::Altro => "altro",
    };
    json!({ "name": office.name, "kind": kind, "city": office.city })
}

fn day(statement: &Statement<'_>, month_day: &MonthDay) -> Value {
    let day = &month_day.day;
    let known = |minutes: Option<Minutes>| minutes.filter(|_| month_day.covered).map(|minutes| minutes.0);
    let anomalies: Vec<&str> = row::told(month_day).map(crate::domain::anomaly::Anomaly::code).collect();
    let zone = statement.host.zone;
    let voided = month_day.calendar.voided.iter().map(|at| at.with_timezone(&zone).to_rfc3339());
    let voided: Vec<String> = voided.collect();
    let profile = statement.agreement.profile_on(month_day.date);
    json!({
        "row_id": csv::row_id(statement, month_day.date),
        "date": month_day.date.to_string(),
        "profile": profile.map(|profile| profile.name.as_str()),
        "planned": month_day.planned,
        "covered": month_day.covered,
        "to_regularise": month_day.is_open(),
        "included_in_totals": month_day.counts(),
        "coworking_day_used": day.coworking_day_used,
        "status": if month_day.covered { day.status.code() } else { AWAITED },
        "presence_minutes": known(day.presence),
        "break_taken_minutes": known(day.break_taken),
        "break_deducted_minutes": known(day.break_deducted),
        "worked_minutes": known(day.worked),
        "justified_minutes": known(day.justified),
        "due_minutes": known(day.due),
        "balance_minutes": known(day.balance),
        "not_counted_minutes": known(day.not_counted),
        "service_minutes": known(day.service),
        "meal_voucher_conditions": day.meal_voucher.filter(|_| month_day.covered),
        "anomalies": anomalies,
        "basis": basis(&month_day.calendar),
        "recall": month_day.calendar.recall.map(|recall| json!({
            "notice_date": recall.notice.to_string(),
            "new_date": recall.new_date.map(|date| date.to_string()),
        })),
        "moved_to": month_day.calendar.moved_to.map(|date| date.to_string()),
        "leaves": month_day.calendar.leaves.iter().copied().map(leave).collect::<Vec<_>>(),
        "malfunctions": month_day.calendar.malfunctions,
        "voided_punches": voided,
        "repeated_punches": day.repeated.iter().map(|at| at.with_timezone(&zone).to_rfc3339()).collect::<Vec<_>>(),
        "punches": day.punches.iter().map(|kept| punch(kept, month_day, statement.host)).collect::<Vec<_>>(),
    })
}

/// What the day is and who decided. The message is named; the persons who entered it are not.
fn basis(calendar: &CalendarSide) -> Value {
    let decision = calendar.decided_by.decision();
    json!({
        "standing": calendar.standing.code(),
        "decided_by": calendar.decided_by.code(),
        "entry": decision.map(|decision| decision.entry.0),
        "entered_at": decision.map(|decision| decision.at.to_rfc3339()),
        "reference": decision.and_then(|decision| decision.reference.as_deref()),
        "late": decision.is_some_and(|decision| decision.late),
    })
}

/// An absence; a whole day has neither `from` nor `to`.
fn leave(leave: Leave) -> Value {
    let (from, to, credited) = match leave {
        Leave::FullDay { credited } => (None, None, credited),
        Leave::Hourly { from, to, credited } => (Some(from.to_string()), Some(to.to_string()), credited),
    };
    json!({ "from": from, "to": to, "credited": credited })
}

/// A punch, with the offset of the host's zone at that instant.
fn punch(punch: &KeptPunch, month_day: &MonthDay, host: &Host) -> Value {
    json!({
        "seen_at": punch.seen.with_timezone(&host.zone).to_rfc3339(),
        "counted_at": punch.counted.with_timezone(&host.zone).to_rfc3339(),
        "direction": punch.direction.to_string(),
        "guessed": punch.guessed,
        "manual": punch.manual,
        "reason": punch.reason,
        // before the data are complete, the other half of the pair may still come
        "unpaired": punch.unpaired && month_day.covered,
    })
}

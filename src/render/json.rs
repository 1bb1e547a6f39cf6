//! The statement as data, with the punches it rests on: `config/schema/statement.json` says what
//! each key means. Never a badge number, never a reason of absence.

use chrono::NaiveDate;

use crate::domain::agreement::Office;
use crate::domain::amendment::{Amendment, Difference, Place};
use crate::domain::anomaly::Anomaly;
use crate::domain::day::{KeptPunch, Leave};
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::standing::CalendarSide;
use crate::domain::statement::Statement;
use crate::domain::table::AWAITED;

use super::csv;
use super::letter::RULES_VERSION;
use super::object::{Json, Object, object, written_date};
use super::row;

/// Counts the changes of the schema that a reader must know of.
const SCHEMA_VERSION: u32 = 1;

/// What a day takes, roughly, in bytes: so that the file rarely has to grow.
const DAY: usize = 1600;

/// The whole file: one line, keys in alphabetical order.
pub(super) fn data(statement: &Statement<'_>, software: &str) -> Vec<u8> {
    let (agreement, employee) = (statement.agreement, &statement.agreement.employee);
    let totals = &statement.totals;
    let mut out = Vec::with_capacity(DAY * (statement.days.len() + 1));
    object(&mut out, |file| {
        file.object("agreement", |part| {
            part.put("days_per_month", agreement.days_per_month);
            part.put("id", agreement.id.as_str());
            part.put("reference", agreement.reference.as_str());
            part.put("term_end", agreement.term.end);
            part.put("term_start", agreement.term.start);
        });
        file.object_of("amendment", statement.amendment.as_ref(), |part, amendment| {
            self::amendment(part, statement, amendment);
        });
        file.put("complete", statement.complete);
        file.objects("days", &statement.days, |part, month_day| day(part, statement, month_day));
        file.object("document", |part| document(part, statement, software));
        file.object("employee", |part| {
            part.put("family_name", employee.family_name.as_str());
            part.put("given_name", employee.given_name.as_str());
            part.put("home_id", employee.home_id.as_deref());
            part.put("title", employee.title.italian());
        });
        file.object("home", |part| office(part, &agreement.home));
        file.object("host", |part| office(part, &statement.host.office));
        file.objects("malfunctions", &statement.malfunctions, |part, malfunction| {
            part.put("from", malfunction.from);
            part.put("kind", malfunction.kind.code());
            part.put("number", malfunction.number);
            part.put("systems", malfunction.systems.as_str());
            part.put("to", malfunction.to);
        });
        file.put("month", statement.month.to_string().as_str());
        file.put("nil", statement.is_nil());
        file.put("schema_version", SCHEMA_VERSION);
        file.object("totals", |part| {
            part.put("balance_minutes", totals.balance);
            part.put("due_minutes", totals.due);
            part.put("justified_minutes", totals.justified);
            part.put("meal_voucher_conditions", totals.meal_vouchers);
            part.put("planned", totals.planned);
            part.put("recalled", totals.recalled);
            part.put("to_regularise", totals.open);
            part.put("unplanned", totals.unplanned);
            part.put("unused", totals.unused);
            part.put("used", totals.used);
            part.put("worked_minutes", totals.worked);
        });
    });
    out.push(b'\n');
    out
}

fn document(part: &mut Object<'_>, statement: &Statement<'_>, software: &str) {
    let identity = &statement.identity;
    part.put("generated_at", identity.generated_at);
    part.put("number", identity.number.map(|number| number.number));
    part.put("preview", identity.number.is_none());
    part.put("responsible", statement.host.responsible.as_str());
    part.put("revision", identity.revision);
    part.put("rules_version", RULES_VERSION);
    part.put("software", software);
    part.put("year", identity.number.map(|number| number.year));
}

/// What it replaces and where it differs; the words are those of the page.
fn amendment(part: &mut Object<'_>, statement: &Statement<'_>, amendment: &Amendment) {
    part.objects("differences", &amendment.differences, |part, difference| {
        let Difference { place, column, before, after } = difference;
        let (place, date) = match place {
            Place::Heading => ("heading", None),
            Place::Day(date) => ("day", Some(*date)),
            Place::Totals => ("totals", None),
        };
        part.put("after", after.as_deref());
        part.put("before", before.as_deref());
        part.put("column", column.code());
        part.put("place", place);
        part.put("row_id", date.map(|date| RowId { statement, date }));
    });
    part.put("ordinal", amendment.ordinal);
    let replaced = &amendment.replaces;
    part.object("replaces", |part| {
        part.put("issued", replaced.issued);
        part.put("message_id", replaced.message_id.as_str());
        part.put("number", replaced.number.number);
        part.put("revision", replaced.revision);
        part.put("year", replaced.number.year);
    });
}

fn office(part: &mut Object<'_>, office: &Office) {
    part.put("city", office.city.as_str());
    part.put("kind", office.kind.code());
    part.put("name", office.name.as_str());
}

/// As [`csv::row_id`]; neither part of it needs an escape.
struct RowId<'a> {
    statement: &'a Statement<'a>,
    date: NaiveDate,
}

impl Json for RowId<'_> {
    fn write(self, out: &mut Vec<u8>) {
        let Some(date) = written_date(self.date) else {
            return csv::row_id(self.statement, self.date).as_str().write(out);
        };
        out.push(b'"');
        out.extend_from_slice(self.statement.agreement.id.as_str().as_bytes());
        out.push(b'/');
        out.extend_from_slice(&date);
        out.push(b'"');
    }
}

fn day(part: &mut Object<'_>, statement: &Statement<'_>, month_day: &MonthDay) {
    let MonthDay { date, planned, covered, ref day, ref calendar } = *month_day;
    let known = |minutes: Option<Minutes>| minutes.filter(|_| covered);
    let profile = statement.agreement.profile_on(date);
    let zone = statement.host.zone;
    part.list("anomalies", row::told(month_day).map(Anomaly::code));
    part.put("balance_minutes", known(day.balance));
    part.object("basis", |part| basis(part, calendar));
    part.put("break_deducted_minutes", known(day.break_deducted));
    part.put("break_taken_minutes", known(day.break_taken));
    part.put("contested", calendar.contested);
    part.put("covered", covered);
    part.put("coworking_day_used", day.coworking_day_used);
    part.put("date", date);
    part.put("due_minutes", known(day.due));
    part.put("included_in_totals", month_day.counts());
    part.put("justified_minutes", known(day.justified));
    part.objects("leaves", calendar.leaves.iter().copied(), leave);
    part.list("malfunctions", calendar.malfunctions.iter().copied());
    part.put("meal_voucher_conditions", day.meal_voucher.filter(|_| covered));
    part.put("moved_to", calendar.moved_to);
    part.put("not_counted_minutes", known(day.not_counted));
    part.put("planned", planned);
    part.put("presence_minutes", known(day.presence));
    part.put("profile", profile.map(|profile| profile.name.as_str()));
    part.objects("punches", &day.punches, |part, kept| punch(part, kept, covered));
    part.object_of("recall", calendar.recall, |part, recall| {
        part.put("new_date", recall.new_date);
        part.put("notice_date", recall.notice);
    });
    part.list("repeated_punches", day.repeated.iter().copied());
    part.put("row_id", RowId { statement, date });
    part.put("service_minutes", known(day.service));
    part.put("status", if covered { day.status.code() } else { AWAITED });
    part.put("to_regularise", month_day.is_open());
    part.list("voided_punches", calendar.voided.iter().map(|at| at.with_timezone(&zone).fixed_offset()));
    part.put("worked_minutes", known(day.worked));
}

/// What the day is and who decided. The message is named; the persons who entered it are not.
fn basis(part: &mut Object<'_>, calendar: &CalendarSide) {
    let decision = calendar.decided_by.decision();
    part.put("decided_by", calendar.decided_by.code());
    part.put("entered_at", decision.map(|decision| decision.at.fixed_offset()));
    part.put("entry", decision.map(|decision| decision.entry.0.cast_signed()));
    part.put("late", decision.is_some_and(|decision| decision.late));
    part.put("reference", decision.and_then(|decision| decision.reference.as_deref()));
    part.put("standing", calendar.standing.code());
}

/// An absence; a whole day has neither `from` nor `to`.
fn leave(part: &mut Object<'_>, leave: Leave) {
    let (from, to, credited) = match leave {
        Leave::FullDay { credited } => (None, None, credited),
        Leave::Hourly { from, to, credited } => (Some(from), Some(to), credited),
    };
    part.put("credited", credited);
    part.put("from", from);
    part.put("to", to);
}

/// A punch, with the offset of the host's zone at that instant.
fn punch(part: &mut Object<'_>, punch: &KeptPunch, covered: bool) {
    part.put("counted_at", punch.counted);
    part.put("direction", punch.direction.code());
    part.put("guessed", punch.guessed);
    part.put("manual", punch.manual);
    part.put("reason", punch.reason.as_deref());
    part.put("seen_at", punch.seen);
    // before the data are complete, the other half of the pair may still come
    part.put("unpaired", punch.unpaired && covered);
}

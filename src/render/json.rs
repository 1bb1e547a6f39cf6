//! The statement as data, with the punches it rests on: `config/schema/statement.json` says what
//! each key means. Never a badge number, never a reason of absence.

use chrono::NaiveDate;

use crate::domain::agreement::Office;
use crate::domain::amendment::{Amendment, Difference, Place};
use crate::domain::day::{KeptPunch, Leave};
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::standing::CalendarSide;
use crate::domain::statement::Statement;
use crate::domain::table::AWAITED;

use super::csv;
use super::json_text::{Code, Json, Text};
use super::letter::RULES_VERSION;
use super::object::{Object, key, line, put};
use super::row;

/// Counts the changes of the schema that a reader must know of.
const SCHEMA_VERSION: u32 = 1;

/// What a day takes, roughly, in bytes: so that the file rarely has to grow.
const DAY: usize = 1600;

/// The whole file: one line, keys in alphabetical order.
pub(super) fn data(statement: &Statement<'_>, software: &str) -> Vec<u8> {
    let mut out = Vec::new();
    append_data(&mut out, statement, software);
    out
}

/// The data file of a statement, appended to those before it: thousands of them need the memory of a few.
/// Public for `benches/month.rs`; what is sent is one statement alone.
pub fn append_data(out: &mut Vec<u8>, statement: &Statement<'_>, software: &str) {
    let (agreement, employee) = (statement.agreement, &statement.agreement.employee);
    let totals = &statement.totals;
    out.reserve(DAY * (statement.days.len() + 1));
    line(out, |file| {
        file.object(key!("agreement"), |part| {
            put!(part, "days_per_month", agreement.days_per_month);
            put!(part, "id", agreement.id.as_str());
            put!(part, "reference", agreement.reference.as_str());
            put!(part, "term_end", agreement.term.end);
            put!(part, "term_start", agreement.term.start);
        });
        file.object_of(key!("amendment"), statement.amendment.as_ref(), |part, amendment| {
            self::amendment(part, statement, amendment);
        });
        put!(file, "complete", statement.complete);
        file.objects(key!("days"), &statement.days, |part, month_day| day(part, statement, month_day));
        file.object(key!("document"), |part| document(part, statement, software));
        file.object(key!("employee"), |part| {
            put!(part, "family_name", employee.family_name.as_str());
            put!(part, "given_name", employee.given_name.as_str());
            put!(part, "home_id", employee.home_id.as_deref());
            put!(part, "title", employee.title.italian());
        });
        file.object(key!("home"), |part| office(part, &agreement.home));
        file.object(key!("host"), |part| office(part, &statement.host.office));
        file.objects(key!("malfunctions"), &statement.malfunctions, |part, malfunction| {
            put!(part, "from", malfunction.from);
            put!(part, "kind", Code(malfunction.kind.code()));
            put!(part, "number", malfunction.number);
            put!(part, "systems", malfunction.systems.as_str());
            put!(part, "to", malfunction.to);
        });
        put!(file, "month", statement.month.to_string().as_str());
        put!(file, "nil", statement.is_nil());
        put!(file, "schema_version", SCHEMA_VERSION);
        file.object(key!("totals"), |part| {
            put!(part, "balance_minutes", totals.balance);
            put!(part, "due_minutes", totals.due);
            put!(part, "justified_minutes", totals.justified);
            put!(part, "meal_voucher_conditions", totals.meal_vouchers);
            put!(part, "planned", totals.planned);
            put!(part, "recalled", totals.recalled);
            put!(part, "to_regularise", totals.open);
            put!(part, "unplanned", totals.unplanned);
            put!(part, "unused", totals.unused);
            put!(part, "used", totals.used);
            put!(part, "worked_minutes", totals.worked);
        });
    });
}

fn document(part: &mut Object<'_>, statement: &Statement<'_>, software: &str) {
    let identity = &statement.identity;
    put!(part, "generated_at", identity.generated_at);
    put!(part, "number", identity.number.map(|number| number.number));
    put!(part, "preview", identity.number.is_none());
    put!(part, "responsible", statement.host.responsible.as_str());
    put!(part, "revision", identity.revision);
    put!(part, "rules_version", RULES_VERSION);
    put!(part, "software", software);
    put!(part, "year", identity.number.map(|number| number.year));
}

/// What it replaces and where it differs; the words are those of the page.
fn amendment(part: &mut Object<'_>, statement: &Statement<'_>, amendment: &Amendment) {
    part.objects(key!("differences"), &amendment.differences, |part, difference| {
        let Difference { place, column, before, after } = difference;
        let (place, date) = match place {
            Place::Heading => ("heading", None),
            Place::Day(date) => ("day", Some(*date)),
            Place::Totals => ("totals", None),
        };
        put!(part, "after", after.as_deref());
        put!(part, "before", before.as_deref());
        put!(part, "column", Code(column.code()));
        put!(part, "place", Code(place));
        put!(part, "row_id", date.map(|date| RowId { statement, date }));
    });
    put!(part, "ordinal", amendment.ordinal);
    let replaced = &amendment.replaces;
    part.object(key!("replaces"), |part| {
        put!(part, "issued", replaced.issued);
        put!(part, "message_id", replaced.message_id.as_str());
        put!(part, "number", replaced.number.number);
        put!(part, "revision", replaced.revision);
        put!(part, "year", replaced.number.year);
    });
}

fn office(part: &mut Object<'_>, office: &Office) {
    put!(part, "city", office.city.as_str());
    put!(part, "kind", Code(office.kind.code()));
    put!(part, "name", office.name.as_str());
}

/// As [`csv::row_id`]; neither part of it needs an escape.
struct RowId<'a> {
    statement: &'a Statement<'a>,
    date: NaiveDate,
}

impl Json for RowId<'_> {
    fn write(self, out: &mut Text) {
        let Some(date) = out.date(self.date) else {
            return csv::row_id(self.statement, self.date).as_str().write(out);
        };
        out.push(b'"');
        out.extend(self.statement.agreement.id.as_str().as_bytes());
        out.push(b'/');
        out.extend(&date);
        out.push(b'"');
    }
}

fn day(part: &mut Object<'_>, statement: &Statement<'_>, month_day: &MonthDay) {
    let MonthDay { date, planned, covered, ref day, ref calendar } = *month_day;
    let known = |minutes: Option<Minutes>| minutes.filter(|_| covered);
    let profile = statement.agreement.profile_on(date);
    let zone = statement.host.zone;
    part.list(key!("anomalies"), row::told(month_day).map(|anomaly| Code(anomaly.code())));
    put!(part, "balance_minutes", known(day.balance));
    part.object(key!("basis"), |part| basis(part, calendar));
    put!(part, "break_deducted_minutes", known(day.break_deducted));
    put!(part, "break_taken_minutes", known(day.break_taken));
    put!(part, "contested", calendar.contested);
    put!(part, "covered", covered);
    put!(part, "coworking_day_used", day.coworking_day_used);
    put!(part, "date", date);
    put!(part, "due_minutes", known(day.due));
    put!(part, "included_in_totals", month_day.counts());
    put!(part, "justified_minutes", known(day.justified));
    part.objects(key!("leaves"), calendar.leaves.iter().copied(), leave);
    part.list(key!("malfunctions"), calendar.malfunctions.iter().copied());
    put!(part, "meal_voucher_conditions", day.meal_voucher.filter(|_| covered));
    put!(part, "moved_to", calendar.moved_to);
    put!(part, "not_counted_minutes", known(day.not_counted));
    put!(part, "planned", planned);
    put!(part, "presence_minutes", known(day.presence));
    put!(part, "profile", profile.map(|profile| profile.name.as_str()));
    part.objects(key!("punches"), &day.punches, |part, kept| punch(part, kept, covered));
    part.object_of(key!("recall"), calendar.recall, |part, recall| {
        put!(part, "new_date", recall.new_date);
        put!(part, "notice_date", recall.notice);
    });
    part.list(key!("repeated_punches"), day.repeated.iter().copied());
    put!(part, "row_id", RowId { statement, date });
    put!(part, "service_minutes", known(day.service));
    put!(part, "status", Code(if covered { day.status.code() } else { AWAITED }));
    put!(part, "to_regularise", month_day.is_open());
    part.list(
        key!("voided_punches"),
        calendar.voided.iter().map(|at| at.with_timezone(&zone).fixed_offset()),
    );
    put!(part, "worked_minutes", known(day.worked));
}

/// What the day is and who decided. The message is named; the persons who entered it are not.
fn basis(part: &mut Object<'_>, calendar: &CalendarSide) {
    let decision = calendar.decided_by.decision();
    put!(part, "decided_by", Code(calendar.decided_by.code()));
    put!(part, "entered_at", decision.map(|decision| decision.at.fixed_offset()));
    put!(part, "entry", decision.map(|decision| decision.entry.0.cast_signed()));
    put!(part, "late", decision.is_some_and(|decision| decision.late));
    put!(part, "reference", decision.and_then(|decision| decision.reference.as_deref()));
    put!(part, "standing", Code(calendar.standing.code()));
}

/// An absence; a whole day has neither `from` nor `to`.
fn leave(part: &mut Object<'_>, leave: Leave) {
    let (from, to, credited) = match leave {
        Leave::FullDay { credited } => (None, None, credited),
        Leave::Hourly { from, to, credited } => (Some(from), Some(to), credited),
    };
    put!(part, "credited", credited);
    put!(part, "from", from);
    put!(part, "to", to);
}

/// What is said of a punch that a reader saw, which gave a direction and no reason.
macro_rules! plain {
    ($direction:literal) => {
        concat!(
            key!("direction"),
            "\"",
            $direction,
            "\"",
            key!("guessed"),
            "false",
            key!("manual"),
            "false",
            key!("reason"),
            "null"
        )
    };
}

/// A punch, with the offset of the host's zone at that instant.
fn punch(part: &mut Object<'_>, punch: &KeptPunch, covered: bool) {
    put!(part, "counted_at", punch.counted);
    if punch.guessed || punch.manual || punch.reason.is_some() {
        put!(part, "direction", punch.direction);
        put!(part, "guessed", punch.guessed);
        put!(part, "manual", punch.manual);
        put!(part, "reason", punch.reason.as_deref());
    } else {
        // thousands of punches are one of these two
        part.known(match punch.direction {
            Direction::In => plain!("in"),
            Direction::Out => plain!("out"),
        });
    }
    put!(part, "seen_at", punch.seen);
    // before the data are complete, the other half of the pair may still come
    put!(part, "unpaired", punch.unpaired && covered);
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn what_most_punches_say_is_written_as_all_others_are() {
        let at = DateTime::parse_from_rfc3339("2026-10-05T08:00:59+02:00").unwrap();
        for direction in [Direction::In, Direction::Out] {
            let kept = KeptPunch {
                seen: at,
                counted: at,
                direction,
                guessed: false,
                reason: None,
                manual: false,
                unpaired: true,
            };
            let (mut quick, mut plain) = (Vec::new(), Vec::new());
            line(&mut quick, |part| punch(part, &kept, true));
            line(&mut plain, |part| {
                put!(part, "counted_at", kept.counted);
                put!(part, "direction", kept.direction);
                put!(part, "guessed", kept.guessed);
                put!(part, "manual", kept.manual);
                put!(part, "reason", kept.reason.as_deref());
                put!(part, "seen_at", kept.seen);
                put!(part, "unpaired", kept.unpaired);
            });
            assert_eq!(String::from_utf8(quick), String::from_utf8(plain));
        }
    }
}

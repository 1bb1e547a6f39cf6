//! The statement as a table for spreadsheets and imports: one line a day, UTF-8, `;`, CRLF.

use chrono::NaiveDate;

use crate::domain::civil;
use crate::domain::day::KeptPunch;
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::statement::Statement;

use super::row;

/// The columns. `_minutes` are whole minutes, empty where not known; times are those of the host's
/// clocks.
const HEADER: [&str; 27] = [
    "row_id",
    "agreement",
    "number",
    "year",
    "revision",
    "home_id",
    "family_name",
    "given_name",
    "date",
    "planned",
    "covered",
    "to_regularise",
    "included_in_totals",
    "coworking_day_used",
    "status",
    "presence_minutes",
    "break_taken_minutes",
    "break_deducted_minutes",
    "worked_minutes",
    "justified_minutes",
    "due_minutes",
    "balance_minutes",
    "not_counted_minutes",
    "service_minutes",
    "meal_voucher_conditions",
    "anomalies",
    "punches",
];

/// The status of a day whose data are not complete: no other one is known yet.
pub(super) const AWAITED: &str = "awaited";

/// The whole file.
pub(super) fn table(statement: &Statement<'_>) -> String {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // writing into memory cannot fail, and every line has the length of the header
    let mut whole = writer.write_record(HEADER).is_ok();
    for day in &statement.days {
        whole &= writer.write_record(line(statement, day)).is_ok();
    }
    debug_assert!(whole, "a line of the table has another length than its header");
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The name of a day that stays the same in every amendment.
pub(super) fn row_id(statement: &Statement<'_>, date: NaiveDate) -> String {
    format!("{}/{date}", statement.agreement.id)
}

fn line(statement: &Statement<'_>, month_day: &MonthDay) -> [String; 27] {
    let (day, employee) = (&month_day.day, &statement.agreement.employee);
    let number = statement.identity.number;
    let known = |minutes: Option<Minutes>| {
        minutes.filter(|_| month_day.covered).map_or_else(String::new, |minutes| minutes.0.to_string())
    };
    let voucher = day.meal_voucher.filter(|_| month_day.covered);
    let anomalies: Vec<&str> = row::told(month_day).map(crate::domain::anomaly::Anomaly::code).collect();
    let punches: Vec<String> = day.punches.iter().map(|punch| show(punch, statement.host)).collect();
    [
        row_id(statement, month_day.date),
        statement.agreement.id.to_string(),
        number.map_or_else(String::new, |number| number.number.to_string()),
        number.map_or_else(String::new, |number| number.year.to_string()),
        statement.identity.revision.to_string(),
        free_text(employee.home_id.as_deref().unwrap_or_default()),
        free_text(&employee.family_name),
        free_text(&employee.given_name),
        month_day.date.to_string(),
        month_day.planned.to_string(),
        month_day.covered.to_string(),
        month_day.is_open().to_string(),
        month_day.counts().to_string(),
        day.coworking_day_used.to_string(),
        (if month_day.covered { day.status.code() } else { AWAITED }).to_owned(),
        known(day.presence),
        known(day.break_taken),
        known(day.break_deducted),
        known(day.worked),
        known(day.justified),
        known(day.due),
        known(day.balance),
        known(day.not_counted),
        known(day.service),
        voucher.map_or_else(String::new, |voucher| voucher.to_string()),
        anomalies.join(" "),
        punches.join(" "),
    ]
}

/// `08:00E`, `13:00U`; a direction that was inferred has `?`, a manual punch `M`, as on the page.
fn show(punch: &KeptPunch, host: &Host) -> String {
    let seen = civil::local_time(&punch.seen, host.zone).format("%H:%M");
    let direction = match punch.direction {
        Direction::In => "E",
        Direction::Out => "U",
    };
    let guessed = if punch.guessed { "?" } else { "" };
    let manual = if punch.manual { "M" } else { "" };
    format!("{seen}{direction}{guessed}{manual}")
}

/// Text that somebody typed: a spreadsheet must not take it for a formula. Numbers and codes of
/// ours, negative balances too, need no guard and stay what they are.
fn free_text(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_is_no_formula() {
        for formula in ["=1+1", "+39", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1"] {
            assert_eq!(free_text(formula), format!("'{formula}"));
        }
        for plain in ["", "Anna", "D'Esempio", "12345", "a=b"] {
            assert_eq!(free_text(plain), plain);
        }
    }
}

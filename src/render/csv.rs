//! The statement as a table for spreadsheets and imports: one line a day, CRLF, in the layout of the
//! agreement; without one, all columns, `;`, UTF-8.

use chrono::NaiveDate;
use yore::code_pages::CP1252;

use crate::domain::civil;
use crate::domain::day::KeptPunch;
use crate::domain::host::Host;
use crate::domain::minutes::Minutes;
use crate::domain::month_days::MonthDay;
use crate::domain::punch::Direction;
use crate::domain::statement::Statement;
use crate::domain::table::{AWAITED, Dates, Durations, Field, TableEncoding, TableLayout};

use super::row;

/// The whole file.
pub(super) fn table(statement: &Statement<'_>) -> Vec<u8> {
    let layout = &statement.agreement.statement.form.table;
    let mut writer = csv::WriterBuilder::new()
        .delimiter(layout.separator)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // writing into memory cannot fail, and every line has the length of the header
    let mut whole = true;
    if layout.header {
        whole &= writer.write_record(layout.columns.iter().map(|column| free_text(&column.heading))).is_ok();
    }
    for day in &statement.days {
        let line = Line { statement, day, layout };
        whole &= writer.write_record(layout.columns.iter().map(|column| line.cell(column.field))).is_ok();
    }
    debug_assert!(whole, "a line of the table has another length than its header");
    let text = String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default();
    encoded(&text, layout.encoding)
}

/// The media type of the table.
pub(super) fn media_type(layout: &TableLayout) -> &'static str {
    match layout.encoding {
        TableEncoding::Utf8 | TableEncoding::Utf8Bom => "text/csv; charset=utf-8",
        TableEncoding::Windows1252 => "text/csv; charset=windows-1252",
    }
}

fn encoded(text: &str, encoding: TableEncoding) -> Vec<u8> {
    match encoding {
        TableEncoding::Utf8 => text.as_bytes().to_vec(),
        TableEncoding::Utf8Bom => ["\u{feff}", text].concat().into_bytes(),
        TableEncoding::Windows1252 => CP1252.encode_lossy(text, b'?').into_owned(),
    }
}

/// The name of a day that stays the same in every amendment.
pub(super) fn row_id(statement: &Statement<'_>, date: NaiveDate) -> String {
    format!("{}/{date}", statement.agreement.id)
}

/// One day as a line.
struct Line<'a> {
    statement: &'a Statement<'a>,
    day: &'a MonthDay,
    layout: &'a TableLayout,
}

impl Line<'_> {
    fn cell(&self, field: Field) -> String {
        let (statement, month_day, day) = (self.statement, self.day, &self.day.day);
        let employee = &statement.agreement.employee;
        let number = statement.identity.number;
        let optional = |number: Option<String>| number.unwrap_or_default();
        match field {
            Field::RowId => row_id(statement, month_day.date),
            Field::Agreement => statement.agreement.id.to_string(),
            Field::Number => optional(number.map(|number| number.number.to_string())),
            Field::Year => optional(number.map(|number| number.year.to_string())),
            Field::Revision => statement.identity.revision.to_string(),
            Field::HomeId => free_text(employee.home_id.as_deref().unwrap_or_default()),
            Field::FamilyName => free_text(&employee.family_name),
            Field::GivenName => free_text(&employee.given_name),
            Field::Date => self.date(),
            Field::Planned => self.yes_no(month_day.planned),
            Field::Covered => self.yes_no(month_day.covered),
            Field::ToRegularise => self.yes_no(month_day.is_open()),
            Field::IncludedInTotals => self.yes_no(month_day.counts()),
            Field::CoworkingDayUsed => self.yes_no(day.coworking_day_used),
            Field::Status => self.status(),
            Field::Presence => self.minutes(day.presence),
            Field::BreakTaken => self.minutes(day.break_taken),
            Field::BreakDeducted => self.minutes(day.break_deducted),
            Field::Worked => self.minutes(day.worked),
            Field::Justified => self.minutes(day.justified),
            Field::Due => self.minutes(day.due),
            Field::Balance => self.minutes(day.balance),
            Field::NotCounted => self.minutes(day.not_counted),
            Field::Service => self.minutes(day.service),
            Field::MealVoucher => {
                let voucher = day.meal_voucher.filter(|_| month_day.covered);
                optional(voucher.map(|voucher| self.yes_no(voucher)))
            }
            Field::Anomalies => self.anomalies(),
            Field::Contested => self.yes_no(month_day.calendar.contested),
            Field::Punches => {
                let punches = day.punches.iter().map(|punch| show(punch, statement.host));
                punches.collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn date(&self) -> String {
        let date = self.day.date;
        match self.layout.dates {
            Dates::Iso => date.to_string(),
            Dates::Italian => date.format("%d/%m/%Y").to_string(),
            Dates::Compact => date.format("%Y%m%d").to_string(),
        }
    }

    fn yes_no(&self, yes: bool) -> String {
        let [yes_word, no_word] = &self.layout.yes_no;
        free_text(if yes { yes_word } else { no_word })
    }

    /// Empty where the number is not known.
    fn minutes(&self, minutes: Option<Minutes>) -> String {
        let known = minutes.filter(|_| self.day.covered);
        known.map_or_else(String::new, |minutes| match self.layout.durations {
            Durations::Minutes => minutes.0.to_string(),
            Durations::HoursMinutes => minutes.to_string(),
        })
    }

    fn status(&self) -> String {
        let ours = if self.day.covered { self.day.day.status.code() } else { AWAITED };
        self.layout.status_codes.get(ours).map_or_else(|| ours.to_owned(), |theirs| free_text(theirs))
    }

    fn anomalies(&self) -> String {
        let theirs = &self.layout.anomaly_codes;
        let words = row::told(self.day).map(|anomaly| {
            let ours = anomaly.code();
            theirs.get(ours).map_or(ours, String::as_str)
        });
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        free_text(&words.join(" "))
    }
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

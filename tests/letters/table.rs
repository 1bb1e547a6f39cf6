//! The table in the layout that a home office wants.

use timbra::domain::minutes::Minutes;
use timbra::domain::table::{Dates, Durations, Field, TableColumn, TableEncoding};
use timbra::render::{Format, preview};

use super::sample::Sample;
use super::{SOFTWARE, eventful, letter};

fn table(sample: &Sample) -> Vec<u8> {
    preview(&sample.statement(), SOFTWARE, Format::Csv).unwrap()
}

/// As a home office might have it: its own columns and codes, fields by `|`.
fn theirs() -> Sample {
    let mut sample = eventful();
    sample.days[2].day.balance = Some(Minutes(-30));
    let layout = &mut sample.agreement.statement.form.table;
    let column = |field, heading: &str| TableColumn { field, heading: heading.to_owned() };
    layout.columns = vec![
        column(Field::HomeId, "MATRICOLA"),
        column(Field::Date, "=DATA"),
        column(Field::Worked, "ORE"),
        column(Field::Balance, "SALDO"),
        column(Field::MealVoucher, "BUONO"),
        column(Field::Status, "STATO"),
        column(Field::Anomalies, "ANOMALIE"),
    ];
    layout.separator = b'|';
    layout.durations = Durations::HoursMinutes;
    layout.dates = Dates::Italian;
    layout.yes_no = ["SI", "NO"].map(str::to_owned);
    for (ours, word) in [("ok", "PRES"), ("no_show", "+A"), ("awaited", "ATT")] {
        layout.status_codes.insert(ours.to_owned(), word.to_owned());
    }
    for (ours, word) in [("unpaired_in", "E50"), ("break_missing", "")] {
        layout.anomaly_codes.insert(ours.to_owned(), word.to_owned());
    }
    sample
}

#[test]
fn a_home_office_gets_its_own_columns_forms_and_codes() {
    let text = String::from_utf8(table(&theirs())).unwrap();
    insta::assert_snapshot!(text.replace("\r\n", "\n"), @r"
    MATRICOLA|'=DATA|ORE|SALDO|BUONO|STATO|ANOMALIE
    004217|07/10/2026||||incomplete|E50
    004217|08/10/2026||||'+A|no_show
    004217|14/10/2026|6:42|-0:30|SI|PRES|
    004217|15/10/2026|7:12|0:00|SI|PRES|manual_punch
    004217|16/10/2026|7:00|-0:12|SI|PRES|early_entry_not_counted
    004217|20/10/2026||||recalled|
    004217|22/10/2026||||out_of_calendar|not_in_calendar
    004217|30/10/2026||||ATT|
    ");
    assert_eq!(text.matches("\r\n").count(), text.matches('\n').count());
}

#[test]
fn a_table_without_a_header_begins_with_the_first_day() {
    let mut sample = theirs();
    sample.agreement.statement.form.table.header = false;
    let text = String::from_utf8(table(&sample)).unwrap();
    assert!(text.starts_with("004217|07/10/2026|"), "{text}");
}

#[test]
fn letters_become_bytes_as_the_home_office_reads_them() {
    let mut sample = theirs();
    sample.agreement.employee.home_id = Some("Nicolò–Ș€".to_owned());
    for (encoding, start, media_type) in [
        (TableEncoding::Utf8, "Nicolò–Ș€|".as_bytes().to_vec(), "text/csv; charset=utf-8"),
        (TableEncoding::Utf8Bom, "\u{feff}Nicolò–Ș€|".as_bytes().to_vec(), "text/csv; charset=utf-8"),
        (TableEncoding::Windows1252, b"Nicol\xf2\x96?\x80|".to_vec(), "text/csv; charset=windows-1252"),
    ] {
        let layout = &mut sample.agreement.statement.form.table;
        (layout.encoding, layout.header) = (encoding, false);
        assert!(table(&sample).starts_with(&start), "{encoding:?}");
        let letter = letter(&sample);
        assert!(letter.attachments.iter().any(|file| file.media_type == media_type), "{encoding:?}");
    }
}

#[test]
fn compact_dates_have_no_signs() {
    let mut sample = theirs();
    sample.agreement.statement.form.table.dates = Dates::Compact;
    assert!(String::from_utf8(table(&sample)).unwrap().contains("|20261007|"));
}

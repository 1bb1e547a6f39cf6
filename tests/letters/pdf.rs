//! The PDF: what it says, what it is, and that nothing of it lies outside the page.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use timbra::domain::anomaly::Anomaly;
use timbra::domain::day::Status;
use timbra::render::{Format, preview};

use super::sample::{Sample, open, regular_days, worked};
use super::{SOFTWARE, amendment, compare, eventful, nil};

/// The PDF of a statement; kept under `target/letters`, to be looked at.
fn pdf(name: &str, sample: &Sample) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("letters");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.pdf"));
    fs::write(&path, preview(&sample.statement(), SOFTWARE, Format::Pdf).unwrap()).unwrap();
    path
}

/// A long term with many days that nobody had agreed, and a name of 60 characters.
fn crowded() -> Sample {
    let mut days = regular_days();
    for day in 1..=31 {
        let date = format!("2026-10-{day:02}");
        if days.iter().any(|other| other.date.to_string() == date) {
            continue;
        }
        let mut other = worked(&date, "07:58E 12:31U 13:04E 15:45U", 430);
        other.planned = false;
        other.day.anomalies.insert(Anomaly::NotInCalendar);
        other.day.included_in_totals = false;
        days.push(other);
    }
    days.sort_by_key(|day| day.date);
    let mut sample = Sample::new(days);
    sample.agreement.employee.given_name = "Massimiliano Bartolomeo".to_owned();
    sample.agreement.employee.family_name = "Esempio Degli Esempi Della Valle Lun".to_owned();
    sample
}

fn samples() -> Vec<(&'static str, Sample)> {
    let one = Sample::new(vec![worked("2026-10-05", "08:00E 13:00U 13:30E 15:42U", 432)]);
    let open_days = Sample::new(vec![
        open("2026-10-07", "08:00E*", Status::Incomplete, &[Anomaly::UnpairedIn]),
        open("2026-10-08", "", Status::NoShow, &[Anomaly::NoShow]),
    ]);
    vec![
        ("un-giorno", one),
        ("regolare", Sample::new(regular_days())),
        ("negativo", nil()),
        ("giornate-aperte", open_days),
        ("da-regolarizzare", eventful()),
        ("rettifica", amendment()),
        ("affollato", crowded()),
    ]
}

#[test]
fn look() {
    for (name, sample) in samples() {
        pdf(name, &sample);
    }
}

//! The agreed days (art. 2 c. 1): what is checked when they are entered, and shown when it is broken.

use chrono::NaiveDate;
use timbra::domain::anomaly::Anomaly;
use timbra::domain::day::Status;
use timbra::domain::month::Month;
use timbra::domain::month_days::{MonthDay, OwnPunch};
use timbra::domain::punch::Direction;
use timbra::domain::register::{Kind, Refusal};
use timbra::domain::standing::Standing;

use crate::register::{absence, date, days, entries, october, plan, read, refused, shift};

/// A regular day.
fn worked(day: u32) -> Vec<OwnPunch> {
    let at = |time: &str| format!("2026-10-{day:02}T{time}:00+02:00");
    vec![
        read(&at("08:00"), Direction::In),
        read(&at("13:00"), Direction::Out),
        read(&at("13:30"), Direction::In),
        read(&at("15:42"), Direction::Out),
    ]
}

fn on(days: &[MonthDay], day: u32) -> &MonthDay {
    days.iter().find(|found| found.date == october(day)).unwrap()
}

fn november(days: &[&str]) -> Kind {
    let dates: Vec<NaiveDate> = days.iter().map(|day| date(day)).collect();
    Kind::Plan { month: Month::parse("2026-11").unwrap(), dates }
}

const BEFORE: &str = "2026-09-20T10:00:00+02:00";

#[test]
fn r_2_1_1_more_days_than_granted_are_refused_and_shown_when_used() {
    let refusal = refused(&[], plan(&[5, 6, 7, 8]), BEFORE, true).unwrap_err();
    assert!(matches!(refusal, Refusal::OverCap { days: 4, cap: 3, .. }), "{refusal}");
    // a fourth day with punches, whoever let it happen
    let entries = entries(&[plan(&[5, 6, 7, 8])]);
    let punches: Vec<OwnPunch> = [5, 6, 7, 8].into_iter().flat_map(worked).collect();
    let found = days(&entries, &punches);
    let over: Vec<bool> =
        [5, 6, 7, 8].map(|day| on(&found, day).day.anomalies.contains(&Anomaly::MonthlyCapExceeded)).to_vec();
    assert_eq!(over, [false, false, false, true]);
    assert_eq!(on(&found, 8).calendar.standing, Standing::OverCap);
    assert!(on(&found, 8).is_open() && !on(&found, 8).counts());
}

#[test]
fn r_2_1_2_days_in_a_row_count_for_the_month_in_which_they_lie() {
    assert_eq!(
        refused(&[plan(&[28, 29, 30])], november(&["2026-11-02", "2026-11-03", "2026-11-04"]), BEFORE, false),
        Ok(false)
    );
}

#[test]
fn r_2_1_3_one_punch_uses_a_whole_day() {
    let one = [read("2026-10-05T08:00:00+02:00", Direction::In)];
    let hours = entries(&[absence(6, Some(("08:00", "12:00")))]);
    let afternoon =
        [read("2026-10-06T12:00:00+02:00", Direction::In), read("2026-10-06T15:12:00+02:00", Direction::Out)];
    for (found, day) in [(days(&[], &one), 5), (days(&hours, &afternoon), 6)] {
        assert!(on(&found, day).day.coworking_day_used, "{day}");
    }
    // three single punches use the three days of the month; the fourth day is over
    let three: Vec<OwnPunch> = [5, 6, 14]
        .iter()
        .map(|day| read(&format!("2026-10-{day:02}T08:00:00+02:00"), Direction::In))
        .chain(worked(15))
        .collect();
    assert!(on(&days(&[], &three), 15).day.anomalies.contains(&Anomaly::MonthlyCapExceeded));
}

#[test]
fn r_2_1_4_days_that_were_not_used_are_lost() {
    let across = Kind::Move { from: october(14), to: date("2026-11-04") };
    assert!(matches!(refused(&[], across, BEFORE, false), Err(Refusal::AcrossMonths(..))));
    // a month without any day gives nothing to the next one
    let four = november(&["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"]);
    assert!(matches!(refused(&[plan(&[])], four, BEFORE, false), Err(Refusal::OverCap { cap: 3, .. })));
    assert_eq!(refused(&[], shift(14, 21), BEFORE, false), Ok(false)); // inside the month it moves
}

#[test]
fn r_2_1_5_days_are_agreed_in_advance_and_others_are_shown() {
    let during = "2026-10-07T10:00:00+02:00";
    assert!(matches!(refused(&[], plan(&[5, 6, 7]), during, false), Err(Refusal::Begun(_))));
    assert_eq!(refused(&[], plan(&[5, 6, 7]), during, true), Ok(true)); // accepted, and marked
    let found = days(&[], &worked(7));
    let day = on(&found, 7);
    assert!(day.day.anomalies.contains(&Anomaly::NotInCalendar) && day.is_open() && !day.planned);
    assert_eq!(day.calendar.standing, Standing::NotPlanned);
    assert_eq!(on(&days(&[], &[]), 5).day.status, Status::NoShow);
}

//! The agreed days (art. 2 c. 1): what is checked when they are entered, and shown when it is broken.

use chrono::NaiveDate;
use timbra::domain::anomaly::Anomaly;
use timbra::domain::civil::TimeOfDay;
use timbra::domain::day::Status;
use timbra::domain::ids::ReaderId;
use timbra::domain::minutes::Minutes;
use timbra::domain::month::Month;
use timbra::domain::month_days::{MonthDay, OwnPunch};
use timbra::domain::punch::{Direction, PunchIdentity};
use timbra::domain::register::{EntryId, Facts, Kind, Refusal, VoidedPunch};
use timbra::domain::standing::Standing;

use crate::register::{absence, date, days, entries, october, office, plan, read, refused, shift};

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

//
#[test]
fn what_was_authorised_holds_on_its_day_only() {
    let time = |text: &str| TimeOfDay::parse(text).unwrap();
    let entries = entries(&[
        Kind::ServiceAuthorized { date: october(5), end: Some(time("15:00")) },
        Kind::ServiceAuthorized { date: october(6), end: None },
        Kind::EarlyEntryAuthorized { date: october(7), from: time("07:00") },
        Kind::OvertimeAuthorized { date: october(8), minutes: Minutes(90) },
        Kind::HolidayWorkAuthorized { date: october(11) },
        Kind::ContestOpened { date: october(14) },
    ]);
    let office = office();
    let facts = Facts::of(&office.agreement, &entries);
    for (day, service, early, overtime, holiday) in [
        (4, None, None, 0, false),
        (5, Some(Some(time("15:00"))), None, 0, false),
        (6, Some(None), None, 0, false),
        (7, None, Some(time("07:00")), 0, false),
        (8, None, None, 90, false),
        (11, None, None, 0, true),
    ] {
        let day = october(day);
        let found =
            (facts.service(day), facts.early_entry(day), facts.overtime(day), facts.holiday_work(day));
        assert_eq!(found, (service, early, overtime, holiday), "{day}");
    }
    assert_eq!(facts.contests().collect::<Vec<_>>(), [october(14)]);
    let month = |text| Month::parse(text).unwrap();
    assert_eq!(["2026-10", "2026-11"].map(|text| facts.has_plan(month(text))), [true, false]);
    let empty = crate::register::entries(&[Kind::Plan { month: month("2026-11"), dates: Vec::new() }]);
    let facts = Facts::of(&office.agreement, &empty);
    assert!(facts.has_plan(month("2026-11")), "a month without days was said to have none");
}

#[test]
fn only_the_very_punch_is_voided() {
    let readers = ["ingresso", "retro"].map(|name| ReaderId::new(name).unwrap());
    let local = |minute| october(5).and_hms_opt(8, minute, 0).unwrap();
    let of = |minute, badge: &'static str, word: &'static str, reader: usize| PunchIdentity {
        local: local(minute),
        badge,
        direction_raw: word,
        reader: &readers[reader],
    };
    let punch = VoidedPunch::of(of(0, "5", "0", 0));
    let entries = entries(&[Kind::PunchVoided { punch, malfunction: None }]);
    let office = office();
    let facts = Facts::of(&office.agreement, &entries);
    for (minute, badge, word, reader, voided) in [
        (0, "5", "0", 0, Some(EntryId(1))),
        (1, "5", "0", 0, None),
        (0, "6", "0", 0, None),
        (0, "5", "1", 0, None),
        (0, "5", "0", 1, None),
    ] {
        let found = facts.voiding(of(minute, badge, word, reader)).map(|entry| entry.id);
        assert_eq!(found, voided, "{minute} {badge} {word} {reader}");
    }
}

// what lies just inside of a limit is taken, what lies just outside is not
#[test]
fn each_limit_of_an_entry_is_where_it_is_said_to_be() {
    let now = "2026-10-05T10:00:00+02:00";
    let notice = |notice: &str| Kind::Recall { date: october(6), notice_date: date(notice), new_date: None };
    let manual = |at: &str, direction| Kind::ManualPunch {
        at: chrono::DateTime::parse_from_rfc3339(at).unwrap(),
        direction,
        reason: None,
        malfunction: Some(3),
    };
    let entry = |time: &str| manual(&format!("2026-10-05T{time}+02:00"), Direction::In);
    let morning = || absence(6, Some(("09:00", "11:00")));
    for (before, kind, taken) in [
        (vec![morning()], absence(6, Some(("11:00", "12:00"))), true), // one after the other
        (vec![morning()], absence(6, Some(("08:00", "09:00"))), true),
        (vec![morning()], absence(6, Some(("10:59", "12:00"))), false),
        (vec![morning()], absence(6, Some(("08:00", "09:01"))), false),
        (vec![morning()], absence(6, None), false),
        (vec![], notice("2026-10-05"), true), // told today
        (vec![], notice("2026-10-06"), false),
        (vec![], entry("10:00:00"), true), // this very second
        (vec![], entry("10:00:01"), false),
        (vec![entry("08:00:00")], entry("08:00:00"), false), // entered already
        (vec![entry("08:00:00")], entry("08:00:01"), true),
        (vec![entry("08:00:00")], manual("2026-10-05T08:00:00+02:00", Direction::Out), true),
    ] {
        let result = refused(&before, kind.clone(), now, true);
        assert_eq!(result.is_ok(), taken, "{kind:?} after {before:?}: {result:?}");
    }
}

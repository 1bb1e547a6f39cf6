//! The days of a month out of the punches of a store: whose day a punch is, what is counted once,
//! and what the order of arrival must not change.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use proptest::prelude::*;
use timbra::domain::agreement::{
    Agreement, Employee, Office, OfficeKind, ProfileVersion, StatementForm, StatementTerms, Term, Title,
};
use timbra::domain::calendar::PatronDay;
use timbra::domain::civil::{Clocks, device_instant};
use timbra::domain::clauses::Clauses;
use timbra::domain::day::{self, PunchSource};
use timbra::domain::host::Host;
use timbra::domain::ids::AgreementId;
use timbra::domain::minutes::Minutes;
use timbra::domain::month::Month;
use timbra::domain::month_days::{MonthDay, MonthInput, OwnPunch, dates_needed, days_of_month};
use timbra::domain::punch::Direction;
use timbra::domain::register::Facts;
use timbra::domain::release::Release;
use timbra::domain::statement::Totals;

use crate::day_rules;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn office(patron: &str) -> Office {
    let day = date(patron);
    let patron = PatronDay::Fixed { month: chrono::Datelike::month(&day), day: chrono::Datelike::day(&day) };
    Office {
        name: "Prefettura di Esempio".to_owned(),
        kind: OfficeKind::Prefettura,
        city: "Esempio".to_owned(),
        patron: Some(patron),
    }
}

fn host() -> Host {
    Host {
        office: office("2026-06-24"),
        zone: chrono_tz::Europe::Rome,
        responsible: String::new(),
        contact: timbra::domain::agreement::Contact {
            name: "dott.ssa Prova".to_owned(),
            role: None,
            email: None,
            phone: None,
            valid_from: None,
            valid_to: None,
        },
        other_contacts: Vec::new(),
        it_office: None,
        max_days_per_month: 5,
    }
}

/// Agreed on some days, three a month, in 2026.
fn agreement(planned: &[&str]) -> Agreement {
    let mut profile = day_rules::profile();
    (profile.service_hours, profile.entry_band) = (None, None);
    (profile.core, profile.break_rule.applies) = (Vec::new(), false);
    Agreement {
        id: AgreementId::new("esempio").unwrap(),
        reference: "prot. 1".to_owned(),
        home: office("2026-06-29"),
        employee: Employee {
            title: Title::Sig,
            given_name: "Aldo".to_owned(),
            family_name: "Esempio".to_owned(),
            home_id: None,
            email: None,
            copy: false,
        },
        term: Term { start: date("2026-02-02"), end: date("2026-12-31") },
        days_per_month: 3,
        planned_days: planned.iter().map(|day| date(day)).collect(),
        profiles: vec![ProfileVersion { from: date("2026-02-02"), profile }],
        badges: Vec::new(),
        statement: StatementTerms {
            deadline_day: 10,
            to: "a@esempio.invalid".to_owned(),
            nil: true,
            first_month: Month::parse("2026-02").unwrap(),
            form: StatementForm::default(),
            release: Release::Auto,
        },
        home_contacts: Vec::new(),
        readers: Vec::new(),
        clauses: Clauses::default(),
        signed: None,
    }
}

/// `2026-05-12 08:00 in; 2026-05-12 15:42:30 out`; without a word no direction, `toggle` the reader
/// that knows none.
fn punches(text: &str) -> Vec<OwnPunch> {
    let read = |punch: &str| {
        let words: Vec<&str> = punch.split_whitespace().collect();
        let time = if words[1].len() == 5 { format!("{}:00", words[1]) } else { words[1].to_owned() };
        let local: NaiveDateTime = date(words[0]).and_time(time.parse().unwrap());
        OwnPunch {
            at: device_instant(local, None, chrono_tz::Europe::Rome),
            date: local.date(),
            direction: match words.get(2) {
                Some(&"in") => Some(Direction::In),
                Some(&"out") => Some(Direction::Out),
                _ => None,
            },
            toggle: words.get(2) == Some(&"toggle"),
            reason: None,
            source: PunchSource::Reader,
            voided: None,
        }
    };
    text.split("; ").filter(|punch| !punch.is_empty()).map(read).collect()
}

fn month(agreement: &Agreement, month: &str, punches: &[OwnPunch], covered: Option<&str>) -> Vec<MonthDay> {
    let month = Month::parse(month).unwrap();
    let (first, last) = dates_needed(month);
    let input = MonthInput {
        agreement,
        host: &host(),
        facts: &Facts::of(agreement, &[]),
        month,
        clocks: &Clocks::over(first, last, chrono_tz::Europe::Rome),
        punches,
        covered_until: covered.map(|at| DateTime::<FixedOffset>::parse_from_rfc3339(at).unwrap()),
    };
    let days = days_of_month(&input, day::compute);
    let mut untold = days.clone();
    for day in &mut untold {
        day.day.trail.clear();
    }
    assert_eq!(days_of_month(&input, day::compute_untold), untold, "without the trail");
    days
}

/// One word for each day: date, status, worked minutes, anomalies.
fn told(days: &[MonthDay]) -> String {
    let day = |day: &MonthDay| {
        let codes: Vec<&str> = day.day.anomalies.iter().map(|anomaly| anomaly.code()).collect();
        let worked = day.day.worked.map_or(-1, |minutes| minutes.0);
        format!("{} {} {worked} {}", day.date.format("%m-%d"), day.day.status.code(), codes.join(" "))
            .trim_end()
            .to_owned()
    };
    days.iter().map(day).collect::<Vec<_>>().join(", ")
}

const COVERED: Option<&str> = Some("2027-01-10T00:00:00+01:00");

#[test]
fn a_punch_belongs_to_one_day() {
    let night = agreement(&["2026-05-12", "2026-05-13", "2026-05-29", "2026-06-30"]);
    for (wanted, text, expected) in [
        // Ties, repeats and guesses inside a day.
        (
            "2026-05",
            "2026-05-12 08:00 in; 2026-05-12 15:42:40 in; 2026-05-12 15:42:10 out; 2026-05-12 16:00 out",
            "05-12 ok 480, 05-13 no_show 0 no_show, 05-29 no_show 0 no_show",
        ),
        (
            "2026-05",
            "2026-05-12 08:00 toggle; 2026-05-12 08:00:30 toggle; 2026-05-12 15:12 toggle; 2026-05-13 06:00 toggle",
            "05-12 ok 432 duplicate_punch, 05-13 incomplete 0 unpaired_in, 05-29 no_show 0 no_show",
        ),
        // The exit after midnight closes the entry before it, and counts once.
        (
            "2026-05",
            "2026-05-12 20:00 in; 2026-05-13 03:12 out; 2026-05-13 20:00 in; 2026-05-14 03:12 out",
            "05-12 ok 432 midnight_crossing, 05-13 ok 432 midnight_crossing, 05-29 no_show 0 no_show",
        ),
        // With its repeat, and before an entry of the same minute.
        (
            "2026-05",
            "2026-05-12 20:00 in; 2026-05-13 03:12:05 out; 2026-05-13 03:12:40 out",
            "05-12 ok 432 duplicate_punch midnight_crossing, 05-13 no_show 0 no_show, 05-29 no_show 0 no_show",
        ),
        (
            "2026-05",
            "2026-05-12 20:00 in; 2026-05-13 03:12:05 in; 2026-05-13 03:12:40 out; 2026-05-13 04:12 out",
            "05-12 ok 432 midnight_crossing, 05-13 ok 60 daily_rest_short, 05-29 no_show 0 no_show",
        ),
        (
            "2026-05",
            "2026-05-12 20:00 in; 2026-05-13 03:12:05 out; 2026-05-13 03:13:06 out",
            "05-12 ok 432 midnight_crossing, 05-13 incomplete 0 unpaired_out daily_rest_short, 05-29 no_show 0 no_show",
        ),
        // Not past the longest span; its seconds do not count.
        (
            "2026-05",
            "2026-05-12 08:00 in; 2026-05-13 00:00:59 out",
            "05-12 ok 960 midnight_crossing, 05-13 no_show 0 no_show, 05-29 no_show 0 no_show",
        ),
        (
            "2026-05",
            "2026-05-12 08:00 in; 2026-05-13 00:01 out",
            "05-12 incomplete 0 unpaired_in, 05-13 incomplete 0 unpaired_out, 05-29 no_show 0 no_show",
        ),
        // Not when the date begins with an entry, with no direction, or where readers know none.
        (
            "2026-05",
            "2026-05-12 20:00 in; 2026-05-13 03:00 in; 2026-05-13 03:12 out",
            "05-12 incomplete 0 unpaired_in, 05-13 ok 12, 05-29 no_show 0 no_show",
        ),
        (
            "2026-05",
            "2026-05-12 20:00 toggle; 2026-05-13 03:12 toggle",
            "05-12 incomplete 0 unpaired_in, 05-13 incomplete 0 unpaired_in, 05-29 no_show 0 no_show",
        ),
        // A closed pair takes nothing over.
        (
            "2026-05",
            "2026-05-12 08:00 in; 2026-05-12 15:12 out; 2026-05-13 03:12 out",
            "05-12 ok 432, 05-13 incomplete 0 unpaired_out, 05-29 no_show 0 no_show",
        ),
        // Over the end of the month; the next month does not see that exit.
        ("2026-06", "2026-06-30 20:00 in; 2026-07-01 03:12 out", "06-30 ok 432 midnight_crossing"),
        ("2026-07", "2026-06-30 20:00 in; 2026-07-01 03:12 out", ""),
        // Summer time ends: eight hours by the clock are nine.
        (
            "2026-10",
            "2026-10-24 22:00 in; 2026-10-25 06:00 out",
            "10-24 non_working_day 540 not_in_calendar non_working_day midnight_crossing dst_transition",
        ),
    ] {
        let found = told(&month(&night, wanted, &punches(text), COVERED));
        assert_eq!(found, expected, "{text}");
    }
}

//
#[test]
fn the_monthly_number_and_the_rest_go_from_day_to_day() {
    let planned = ["2026-05-04", "2026-05-05", "2026-05-06", "2026-05-07"];
    let days = |text: &str| told(&month(&agreement(&planned), "2026-05", &punches(text), COVERED));
    let all = "2026-05-04 08:00 in; 2026-05-04 15:12 out; 2026-05-05 08:00 in; 2026-05-05 15:12 out; \
               2026-05-06 08:00 in; 2026-05-06 15:12 out; 2026-05-07 08:00 in; 2026-05-07 15:12 out";
    assert_eq!(
        days(all),
        "05-04 ok 432, 05-05 ok 432, 05-06 ok 432, 05-07 over_cap 432 monthly_cap_exceeded"
    );
    // A day without punches uses none, and what happened on 30 April belongs to April.
    let later = all.replace("2026-05-05", "2026-04-30");
    let expected = "05-04 ok 432, 05-05 no_show 0 no_show, 05-06 ok 432, 05-07 ok 432";
    assert_eq!(days(&later), expected);
    let unplanned = all.replace("2026-05-04", "2026-05-03").replace("2026-05-06", "2026-05-08");
    assert!(days(&unplanned).contains("05-06 no_show 0 no_show"));
    let before = all.replace("2026-05-07", "2026-05-03");
    assert!(days(&before).ends_with("05-06 over_cap 432 monthly_cap_exceeded, 05-07 no_show 0 no_show"));
    // The rest is counted from the last exit, of the month before too, over days without punches.
    let short = "2026-05-04 15:00 in; 2026-05-04 22:00 out; 2026-05-05 08:59 in; 2026-05-05 15:00 out";
    assert!(days(short).contains("05-05 ok 361 daily_rest_short"));
    assert!(!days(&short.replace("08:59", "09:00")).contains("daily_rest_short"));
    let first = agreement(&["2026-07-01"]);
    let night =
        punches("2026-06-30 15:00 in; 2026-06-30 23:00 out; 2026-07-01 08:00 in; 2026-07-01 15:12 out");
    assert_eq!(told(&month(&first, "2026-07", &night, COVERED)), "07-01 ok 432 daily_rest_short");
}

#[test]
fn a_leap_day_is_a_day() {
    let mut leap = agreement(&["2028-02-28", "2028-02-29"]);
    leap.term.end = date("2028-12-31");
    let night =
        punches("2028-02-28 20:00 in; 2028-02-29 03:12 out; 2028-02-29 20:00 in; 2028-03-01 03:12 out");
    let expected = "02-28 ok 432 midnight_crossing, 02-29 ok 432 midnight_crossing";
    assert_eq!(told(&month(&leap, "2028-02", &night, COVERED)), expected);
    assert_eq!(told(&month(&leap, "2028-03", &night, COVERED)), "");
}

#[test]
fn holidays_and_patron_days_are_of_home_and_host() {
    // The host is closed on 24 June, the coworker is free on 29 June, both may be agreed by mistake.
    let planned = agreement(&["2026-06-02", "2026-06-24", "2026-06-29"]);
    let empty = told(&month(&planned, "2026-06", &[], COVERED));
    let expected = "06-02 holiday 0 calendar_conflict, 06-24 host_closed 0 host_closed, \
                    06-29 holiday 0 calendar_conflict";
    assert_eq!(empty, expected);
    // 4 October 2027 is a Monday and a holiday; in 2024 it was a Friday like any other.
    for (year, expected) in [("2027", "holiday 0 calendar_conflict"), ("2024", "no_show 0 no_show")] {
        let day = format!("{year}-10-04");
        let mut agreement = agreement(&[&day]);
        agreement.term = Term { start: date("2024-01-01"), end: date("2027-12-31") };
        let found = told(&month(&agreement, day.get(..7).unwrap(), &[], COVERED));
        assert_eq!(found, format!("10-04 {expected}"));
    }
}

//
#[test]
fn each_day_has_the_version_of_its_profile() {
    let mut agreement = agreement(&["2026-05-12", "2026-05-13", "2026-05-14"]);
    let mut later = agreement.profiles[0].clone();
    (later.from, later.profile.due) =
        (date("2026-05-13"), timbra::domain::profile::Week::new([Minutes(360); 7]));
    agreement.profiles.push(later);
    let due: Vec<i32> =
        month(&agreement, "2026-05", &[], COVERED).iter().map(|day| day.day.due.unwrap().0).collect();
    assert_eq!(due, [432, 360, 360]);
    // Before the first version the first holds.
    assert_eq!(agreement.profile_on(date("2026-01-01")), Some(&agreement.profiles[0].profile));
    let outside =
        punches("2026-01-30 08:00 in; 2026-01-30 15:12 out; 2026-12-31 08:00 in; 2026-12-31 15:12 out");
    let expected = "01-30 out_of_term 432 not_in_calendar out_of_term";
    assert_eq!(told(&month(&agreement, "2026-01", &outside, COVERED)), expected);
    let expected = "12-31 out_of_calendar 432 not_in_calendar";
    assert_eq!(told(&month(&agreement, "2026-12", &outside, COVERED)), expected);
    let months: Vec<String> = agreement.term.months().map(|month| month.to_string()).collect();
    assert_eq!((months.len(), months[0].as_str(), months[10].as_str()), (11, "2026-02", "2026-12"));
}

#[test]
fn days_wait_until_their_end_is_covered() {
    let work = punches("2026-05-12 08:00 in; 2026-05-12 15:12 out");
    for (covered, expected) in [
        (None, (true, false, 0)),
        (Some("2026-05-12T23:59:59+02:00"), (true, false, 0)),
        (Some("2026-05-12T22:00:00+00:00"), (false, true, 432)),
    ] {
        let days = month(&agreement(&["2026-05-12"]), "2026-05", &work, covered);
        let worked = Totals::of(&days).worked.0;
        assert_eq!((days[0].is_open(), days[0].counts(), worked), expected, "{covered:?}");
        assert!(days[0].planned);
    }
}

#[test]
fn a_month_is_summed_up() {
    let planned = ["2026-05-04", "2026-05-05", "2026-05-06"];
    let work = "2026-05-04 08:00 in; 2026-05-04 15:42 out; 2026-05-05 08:00 in; 2026-05-08 08:00 in; 2026-05-08 15:42 out";
    let totals = |covered| Totals::of(&month(&agreement(&planned), "2026-05", &punches(work), covered));
    let all = totals(COVERED);
    assert_eq!((all.planned, all.used, all.unused, all.unplanned, all.recalled), (3, 2, 1, 1, 0));
    assert_eq!((all.open, all.worked.0, all.due.0, all.balance.0, all.justified.0), (3, 462, 432, 30, 0));
    let some = totals(Some("2026-05-05T12:00:00+02:00"));
    assert_eq!((some.planned, some.used, some.unused, some.open, some.worked.0), (3, 2, 0, 3, 462));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_order_of_arrival_changes_nothing_and_no_punch_counts_twice(
        rows in prop::collection::vec((0..6i64, 0..1440i64, 0..60i64, 0..4u8), 0..24),
        shuffle: u64,
    ) {
        let agreement = agreement(&["2026-05-11", "2026-05-12", "2026-05-13"]);
        let mut all = Vec::new();
        for (day, minute, second, kind) in rows {
            // often near midnight, where punches change their day
            let minute = if kind % 2 == 0 { minute % 240 } else { 1439 - minute % 400 };
            let local = date("2026-05-10").and_hms_opt(0, 0, 0).unwrap()
                + chrono::Duration::seconds(day * 86_400 + minute * 60 + second);
            all.push(OwnPunch {
                at: device_instant(local, None, chrono_tz::Europe::Rome),
                date: local.date(),
                direction: [Some(Direction::Out), Some(Direction::In), Some(Direction::Out), None][kind as usize],
                toggle: false,
                reason: None,
                source: PunchSource::Reader,
                voided: None,
            });
        }
        let one = month(&agreement, "2026-05", &all, COVERED);
        let mut other = all.clone();
        fastrand::Rng::with_seed(shuffle).shuffle(&mut other);
        prop_assert_eq!(&one, &month(&agreement, "2026-05", &other, COVERED));
        let kept: usize = one.iter().map(|day| day.day.punches.len()).sum();
        prop_assert!(kept <= all.len());
        for pairs in one.windows(2) {
            let (left, right) = (&pairs[0].day.punches, &pairs[1].day.punches);
            if let (Some(last), Some(first)) = (left.last(), right.first()) {
                prop_assert!(last.seen.timestamp() / 60 <= first.seen.timestamp() / 60);
            }
        }
        let used: Vec<u32> = one.iter().map(|day| u32::from(day.day.coworking_day_used)).collect();
        let over = one.iter().filter(|day| day.day.status.code() == "over_cap").count();
        prop_assert_eq!(over, (used.iter().sum::<u32>() as usize).saturating_sub(3));
    }
}

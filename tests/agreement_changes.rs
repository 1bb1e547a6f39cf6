//! What the register changes of an agreement: badges, term, profile; what it notes beside the days.

use chrono::{DateTime, NaiveDate};
use timbra::domain::agreement::Agreement;
use timbra::domain::badge::BadgeHolding;
use timbra::domain::checklist::Item;
use timbra::domain::ids::{AgreementId, ReaderId};
use timbra::domain::minutes::Minutes;
use timbra::domain::month::Month;
use timbra::domain::register::{
    Badge, BadgeEnd, DayRules, Entry, Facts, Fate, Impossible, Kind, Proposal, Refusal, check, in_force,
};

use crate::register::{date, entries, entry, october, office, plan, undone};

/// The badge of the sample agreement.
const FIRST: &str = "0009918273";

fn badge(number: &str) -> Badge {
    Badge { number: number.to_owned(), reader: None }
}

fn issued(number: &str, from: &str) -> Kind {
    Kind::BadgeIssued { badge: badge(number), from: date(from) }
}

fn ended(number: &str, how: BadgeEnd, on: &str) -> Kind {
    Kind::BadgeEnded { number: number.to_owned(), how, on: date(on) }
}

fn replaced(old: &str, new: &str, on: &str) -> Kind {
    Kind::BadgeReplaced { old: old.to_owned(), new: badge(new), on: date(on) }
}

fn withdrawn(last_day: &str) -> Kind {
    Kind::Withdrawn { last_day: date(last_day) }
}

fn profile(name: &str, from: &str) -> Kind {
    Kind::ProfileChanged { profile: name.to_owned(), from: date(from) }
}

fn changed(entries: &[Entry]) -> Agreement {
    let signed = office().agreement;
    let known = |name: &str| {
        let mut profile = signed.profiles[0].profile.clone();
        name.clone_into(&mut profile.name);
        (name != "sparito").then_some(profile)
    };
    let changed = in_force(&signed, entries, known).unwrap_or_else(|| signed.clone());
    // whatever it is made of again, it is the same
    assert_eq!(in_force(&changed, entries, known).unwrap_or_else(|| changed.clone()), changed);
    changed
}

#[test]
fn r_2_5_1_a_badge_is_held_from_its_first_day_to_its_last() {
    let (lost, back) = (BadgeEnd::Lost, BadgeEnd::Returned);
    let whole = "0009918273 2026-09-01 2027-01-31";
    let rows: [(&[Kind], &[&str]); 12] = [
        (&[], &[whole]),
        (&[issued("7", "2026-10-12")], &[whole, "7 2026-10-12 2027-01-31"]),
        (&[ended(FIRST, lost, "2026-10-12")], &["0009918273 2026-09-01 2026-10-12"]),
        (&[ended(FIRST, back, "2026-10-12"), undone(1)], &[whole]),
        (&[ended("8", back, "2026-10-12")], &[whole]),
        (
            &[replaced(FIRST, "7", "2026-10-12")],
            &["0009918273 2026-09-01 2026-10-12", "7 2026-10-12 2027-01-31"],
        ),
        (&[replaced(FIRST, "7", "2026-10-12"), undone(1)], &[whole]),
        (
            &[issued("7", "2026-10-12"), ended("7", lost, "2026-10-20"), issued("7", "2026-11-02")],
            &[whole, "7 2026-10-12 2026-10-20", "7 2026-11-02 2027-01-31"],
        ),
        (&[issued("7", "2026-10-12"), ended("7", lost, "2026-10-20"), undone(1)], &[whole]),
        (&[withdrawn("2026-10-20")], &["0009918273 2026-09-01 2026-10-20"]),
        (&[issued("7", "2026-11-02"), withdrawn("2026-10-20")], &["0009918273 2026-09-01 2026-10-20"]),
        (&[withdrawn("2026-10-20"), undone(1)], &[whole]),
    ];
    for (kinds, expected) in rows {
        let changed = changed(&entries(kinds));
        let badges = changed.badges.iter();
        let badges: Vec<String> =
            badges.map(|held| format!("{} {} {}", held.number, held.valid_from, held.valid_to)).collect();
        assert_eq!(badges, expected, "{kinds:?}");
    }
}

#[test]
fn r_2_5_1_both_badges_are_theirs_on_the_day_of_a_replacement() {
    let changed = changed(&entries(&[replaced(FIRST, "7", "2026-10-12")]));
    let reader = ReaderId::new("ingresso").unwrap();
    for (day, expected) in [(11, [true, false]), (12, [true, true]), (13, [false, true])] {
        let held = [FIRST, "7"].map(|number| changed.holds(number, &reader, october(day)));
        assert_eq!(held, expected, "{day}");
    }
}

#[test]
fn r_4_1_1_a_withdrawal_ends_the_term_and_all_that_would_come() {
    let november = Kind::Plan { month: Month::parse("2026-11").unwrap(), dates: vec![date("2026-11-04")] };
    let recall =
        Kind::Recall { date: october(14), notice_date: date("2026-10-01"), new_date: Some(october(15)) };
    let rows: [(&[Kind], &str, &[&str]); 6] = [
        (&[withdrawn("2026-10-06")], "2026-10-06", &["2026-10-05", "2026-10-06"]),
        (&[withdrawn("2026-10-05")], "2026-10-05", &["2026-10-05"]),
        (&[withdrawn("2026-09-30")], "2026-09-30", &[]),
        (
            &[november.clone(), withdrawn("2026-10-31")],
            "2026-10-31",
            &["2026-10-05", "2026-10-06", "2026-10-14"],
        ),
        (
            &[november, withdrawn("2026-10-31"), undone(2)],
            "2027-01-31",
            &["2026-10-05", "2026-10-06", "2026-10-14", "2026-11-04"],
        ),
        (&[recall, withdrawn("2026-10-13")], "2026-10-13", &["2026-10-05", "2026-10-06"]),
    ];
    let office = office();
    for (kinds, end, planned) in rows {
        let entries = entries(kinds);
        let facts = Facts::of(&office.agreement, &entries);
        let days: Vec<String> = facts.planned_days().map(|day| day.to_string()).collect();
        assert_eq!(days, planned, "{kinds:?}");
        assert_eq!((facts.term().end, changed(&entries).term.end), (date(end), date(end)), "{kinds:?}");
        assert!(facts.recalled(october(14)).is_none());
    }
    let months = |kinds: &[Kind]| {
        changed(&entries(kinds)).term.months().map(|month| month.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(months(&[withdrawn("2026-11-03")]), ["2026-10", "2026-11"]);
    assert_eq!(months(&[withdrawn("2026-09-30")]), Vec::<String>::new());
}

#[test]
fn r_2_2_1_a_changed_profile_holds_from_its_day_and_old_days_keep_theirs() {
    let name =
        |kinds: &[Kind], day: NaiveDate| changed(&entries(kinds)).profile_on(day).unwrap().name.clone();
    let signed = office().agreement.profiles[0].profile.name.clone();
    let both = [profile("uno", "2026-10-12"), profile("due", "2026-11-02")];
    let same_day = [profile("uno", "2026-10-12"), profile("due", "2026-10-12")];
    let rows: [(&[Kind], NaiveDate, &str); 8] = [
        (&both, october(11), &signed),
        (&both, october(12), "uno"),
        (&both, date("2026-11-01"), "uno"),
        (&both, date("2026-11-02"), "due"),
        (&same_day, october(12), "due"),
        (&[same_day[0].clone(), same_day[1].clone(), undone(2)], october(12), "uno"),
        (&[profile("uno", "2026-10-12"), undone(1)], october(12), &signed),
        (&[profile("sparito", "2026-10-12")], october(12), &signed),
    ];
    for (kinds, day, expected) in rows {
        assert_eq!(name(kinds, day), expected, "{kinds:?} on {day}");
    }
}

/// What is entered on 20 October, after which entries.
fn refused(before: &[Kind], kind: Kind) -> Result<bool, Refusal> {
    let office = office();
    let entries = entries(before);
    let agreement = changed(&entries);
    let mut entry = entry(entries.len() as u64 + 1, "anna", kind);
    entry.at = DateTime::parse_from_rfc3339("2026-10-20T10:00:00+02:00").unwrap().to_utc();
    let other = |number: &str, from: &str, to: &str| {
        let holding = BadgeHolding {
            number: number.to_owned(),
            reader: None,
            valid_from: date(from),
            valid_to: date(to),
        };
        (AgreementId::new("torino-02").unwrap(), holding)
    };
    let others = [other("70", "2026-09-01", "2026-11-30"), other("71", "2027-01-01", "2027-01-05")];
    let proposal = Proposal {
        agreement: &agreement,
        host: &office.host,
        entries: &entries,
        entry: &entry,
        others: &others,
        accept_late: false,
    };
    check(&proposal)
}

/// Each entry after those before it: accepted, late or not, or refused with that reason.
fn all_end(rows: Vec<(Vec<Kind>, Kind, Result<bool, &str>)>) {
    for (before, kind, expected) in rows {
        match (refused(&before, kind.clone()), expected) {
            (Ok(late), Ok(expected)) => assert_eq!(late, expected, "{kind:?}"),
            (Err(refusal), Err(reason)) => {
                assert!(refusal.to_string().contains(reason), "{kind:?}: {refusal}");
                assert!(!refusal.hint().is_empty());
            }
            (result, _) => panic!("{kind:?} after {before:?}: {result:?}"),
        }
    }
}

#[test]
fn changes_that_cannot_stand_are_refused_with_the_reason() {
    let contest = |day| Kind::ContestOpened { date: october(day) };
    let settled = |day| Kind::ContestClosed { date: october(day) };
    let there = |on: &str| Kind::ItemProvided { item: Item::Pc, on: date(on) };
    let notice = |notice| Kind::Recall { date: october(14), notice_date: date(notice), new_date: None };
    let moved = Kind::Move { from: october(27), to: october(28) };
    let again = plan(&[26, 27]);
    let rows: Vec<(Vec<Kind>, Kind, Result<bool, &str>)> = vec![
        // years that cannot be meant, and what is there already
        (vec![], notice("0206-09-30"), Err("is more than a year before the term")),
        (vec![], Kind::HolidayWorkAuthorized { date: date("2062-10-05") }, Err("outside the term")),
        (
            vec![],
            Kind::OvertimeAuthorized { date: date("0206-10-05"), minutes: Minutes(60) },
            Err("outside the term"),
        ),
        (vec![], Kind::ServiceAuthorized { date: date("9999-12-31"), end: None }, Err("outside the term")),
        (vec![again.clone()], again.clone(), Err("these days of 2026-10 are entered already (#1)")),
        (vec![again.clone(), moved], again, Ok(false)),
        //
        (vec![], issued("7", "2026-10-12"), Ok(false)),
        (vec![], issued("7", "2026-09-30"), Err("2026-09-30 lies outside the term")),
        (vec![], issued("7", "2027-02-01"), Err("lies outside the term")),
        (
            vec![],
            issued("70", "2026-11-30"),
            Err("badge 70 is held in `torino-02` from 2026-09-01 to 2026-11-30"),
        ),
        (vec![], issued("70", "2026-12-01"), Ok(false)),
        (vec![], issued("71", "2026-12-01"), Err("badge 71 is held in `torino-02`")),
        (
            vec![issued("71", "2026-12-01"), ended("71", BadgeEnd::Returned, "2026-12-24")],
            undone(2),
            Err("badge 71 is held in"),
        ),
        (vec![], issued(FIRST, "2026-10-12"), Err("badge 0009918273 is held already")),
        (vec![ended(FIRST, BadgeEnd::Lost, "2026-10-11")], issued(FIRST, "2026-10-12"), Ok(false)),
        (vec![], ended("8", BadgeEnd::Lost, "2026-10-12"), Err("badge 8 is none of")),
        (
            vec![],
            ended(FIRST, BadgeEnd::Lost, "2027-02-01"),
            Err("badge 0009918273 is not held on 2027-02-01"),
        ),
        (vec![], replaced("8", "7", "2026-10-12"), Err("badge 8 is none of")),
        (vec![], replaced(FIRST, FIRST, "2026-10-12"), Err("is held already")),
        (vec![], replaced(FIRST, "70", "2026-10-12"), Err("is held in `torino-02`")),
        //
        (vec![], profile("uno", "2026-11-02"), Ok(false)),
        (vec![], profile("uno", "2026-10-12"), Ok(true)),
        (vec![], profile("uno", "2026-09-12"), Err("lies outside the term")),
        (
            vec![profile("uno", "2026-11-02")],
            profile("uno", "2026-11-02"),
            Err("holds from that day already (#1)"),
        ),
        // contests
        (vec![], contest(14), Ok(false)),
        (vec![], contest(20), Ok(false)),
        (vec![], contest(21), Err("2026-10-21 has not come yet")),
        (vec![contest(14)], contest(14), Err("2026-10-14 is contested already (#1)")),
        (vec![contest(14)], settled(14), Ok(false)),
        (vec![], settled(14), Err("2026-10-14 is not contested")),
        (vec![contest(14), settled(14)], settled(14), Err("is not contested")),
        (vec![contest(14), settled(14)], contest(14), Ok(false)),
        //
        (vec![], there("2026-08-31"), Ok(false)),
        (vec![], there("0206-08-31"), Err("lies outside the term")),
        (vec![], Kind::ItemCleared { item: Item::Pc }, Err("`pc` is not noted as there")),
        (vec![there("2026-08-31")], Kind::ItemCleared { item: Item::Pc }, Ok(false)),
    ];
    all_end(rows);
}

#[test]
fn a_withdrawal_outside_the_term_is_refused_and_so_is_what_would_come_after_one() {
    all_end(vec![
        (vec![], withdrawn("2026-11-20"), Ok(false)),
        (vec![], withdrawn("2026-10-20"), Ok(false)),
        (vec![], withdrawn("2026-10-05"), Ok(true)), // what it cancels has begun
        (vec![], withdrawn("2027-02-01"), Err("lies outside the term")),
        (vec![], withdrawn("2026-10-01"), Ok(true)),
        (vec![], withdrawn("2026-09-30"), Err("lies before the term, which begins on 2026-10-01")),
        (vec![], withdrawn("0206-10-05"), Err("lies before the term")),
        (
            vec![withdrawn("2026-11-20")],
            withdrawn("2026-11-21"),
            Err("the withdrawal is entered already (#1)"),
        ),
        (
            vec![withdrawn("2026-10-31")],
            issued("7", "2026-11-01"),
            Err("lies outside the term (2026-10-01 to 2026-10-31)"),
        ),
        (vec![withdrawn("2026-10-31")], plan(&[26, 27]), Err("has already begun")),
        (
            vec![withdrawn("2026-10-26")],
            plan(&[5, 6, 27]),
            Err("2026-10-27 lies outside the term (2026-10-01 to 2026-10-26)"),
        ),
        (
            vec![plan(&[26]), withdrawn("2026-10-26")],
            Kind::Move { from: october(26), to: october(27) },
            Err("2026-10-27 lies outside the term"),
        ),
        (
            vec![withdrawn("2026-10-31")],
            Kind::Plan { month: Month::parse("2026-11").unwrap(), dates: vec![] },
            Err("2026-11 lies outside the term (2026-10-01 to 2026-10-31)"),
        ),
        (vec![plan(&[26, 27]), withdrawn("2026-10-25")], undone(2), Ok(false)),
    ]);
}

#[test]
fn r_3_1_1_and_r_3_2_1_the_checklist_says_what_is_there_and_since_when() {
    let there = |item, on: &str| Kind::ItemProvided { item, on: date(on) };
    let rows: [(&[Kind], Option<&str>); 5] = [
        (&[], None),
        (&[there(Item::Security, "2026-09-28")], Some("2026-09-28")),
        (&[there(Item::Security, "2026-09-28"), there(Item::Security, "2026-10-02")], Some("2026-10-02")),
        (&[there(Item::Security, "2026-09-28"), Kind::ItemCleared { item: Item::Security }], None),
        (
            &[there(Item::Security, "2026-09-28"), Kind::ItemCleared { item: Item::Security }, undone(2)],
            Some("2026-09-28"),
        ),
    ];
    let office = office();
    for (kinds, since) in rows {
        let entries = entries(kinds);
        let facts = Facts::of(&office.agreement, &entries);
        assert_eq!(facts.provided(Item::Security).map(|(on, _)| on), since.map(date), "{kinds:?}");
        assert_eq!(facts.provided(Item::Pc), None);
    }
}

#[test]
fn a_contest_is_open_until_it_is_settled() {
    let (open, close) =
        (Kind::ContestOpened { date: october(14) }, Kind::ContestClosed { date: october(14) });
    let office = office();
    for (kinds, contested, fate) in [
        (vec![open.clone()], true, "in_force"),
        (vec![open.clone(), close.clone()], false, "closed"),
        (vec![open.clone(), close.clone(), undone(2)], true, "in_force"),
        (vec![open.clone(), undone(1)], false, "undone"),
        (vec![open, close.clone(), close], false, "closed"),
    ] {
        let entries = entries(&kinds);
        let facts = Facts::of(&office.agreement, &entries);
        assert_eq!(facts.contested(october(14)).is_some(), contested, "{kinds:?}");
        assert_eq!(facts.fate(entries[0].id).word(), fate, "{kinds:?}");
        if kinds.len() == 3 && !contested {
            assert_eq!(facts.fate(entries[2].id), Fate::WithoutEffect);
        }
    }
}

#[test]
fn a_changed_term_decides_which_days_can_be_agreed() {
    let changed = changed(&entries(&[withdrawn("2026-10-15")]));
    let host = office().host;
    let rules = DayRules::of(&changed, &host);
    assert_eq!(rules.refuse(october(15)), None);
    assert_eq!(rules.refuse(october(16)), Some(Impossible::OutOfTerm(october(1), october(15))));
}

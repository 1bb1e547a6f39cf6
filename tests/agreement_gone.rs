//! An agreement that is over, or whose file is gone: what is said of it.

use std::fs;

use chrono::Days;

use crate::office::{Office, eve, month_ago, regular_days, working_days};

#[test]
fn what_happened_is_shown_without_the_file_too() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), month_ago(0).first()));
    office.run_until_sent(1);
    let date = days[0].to_string();
    let entered =
        office.timbra(&["absence", "add", "roma-01", &date, "--ref", "PEC 9", "--for", "dott. Uno"]);
    assert_eq!(entered.code, Some(0), "{entered:?}");
    let before = office.timbra(&["log", "roma-01"]);
    assert!(before.out.contains("PEC 9") && before.out.contains("statement n. 1/"), "{before:?}");
    let file = office.path("etc/agreements/roma-01.toml");
    for broken in ["reference = \n", ""] {
        fs::write(&file, broken).unwrap();
        if broken.is_empty() {
            fs::remove_file(&file).unwrap();
        }
        let said = office.timbra(&["log", "roma-01"]);
        assert_eq!((said.code, &said.out), (Some(0), &before.out), "{said:?}");
        assert!(said.err.contains("agreements/roma-01.toml is gone or cannot be used"), "{said:?}");
    }
    let said = office.timbra(&["log", "milano-09"]);
    assert!(said.code == Some(2) && said.err.contains("there is no agreement `milano-09`"), "{said:?}");
}

#[test]
fn a_day_outside_of_the_term_awaits_no_data() {
    let office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), month_ago(0).first()));
    let (first, after) = (month_ago(1).first(), month_ago(0).first() + Days::new(2));
    for date in [eve(first), after] {
        let said = office.timbra(&["explain", "roma-01", &date.to_string(), "--lang", "en"]);
        assert!(
            said.code == Some(0) && said.out.contains("Outside of the term of the agreement: "),
            "{said:?}"
        );
        assert!(!said.out.contains("awaited"), "{said:?}");
        let told = office.timbra(&["explain", "roma-01", &date.to_string(), "--json"]).json();
        assert_eq!((&told["in_term"], told["awaited"].as_array().unwrap().len()), (&false.into(), 0));
    }
    let said = office.timbra(&["explain", "roma-01", &days[0].to_string(), "--lang", "en"]);
    assert!(!said.out.contains("Outside of the term"), "{said:?}");
}

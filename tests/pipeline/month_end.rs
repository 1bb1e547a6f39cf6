//! When a month is closed, and what is said of days whose data are not there.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use timbra::config::{self, Config};
use timbra::daemon::post;
use timbra::domain::month::Month;
use timbra::store::Store;

use crate::office::{Office, eve, line, regular_days, working_days};

fn october() -> Vec<NaiveDate> {
    working_days(Month::parse("2025-10").unwrap(), 5)
}

fn parts(office: &Office) -> (Config, Store) {
    let loaded = config::load(&office.path("etc"));
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let config = loaded.config.unwrap();
    let store = Store::open(&config.store_folder).unwrap();
    (config, store)
}

/// Closes what is due at an instant, and says how many letters were queued.
fn close(office: &Office, now: &str) -> u32 {
    let (config, mut store) = parts(office);
    post::close_due(&mut store, &config, now.parse::<DateTime<Utc>>().unwrap()).unwrap()
}

/// Status and anomalies of each day of October, as a preview shows them.
fn days(office: &Office) -> Vec<String> {
    let said = office.timbra(&["statement", "roma-01", "2025-10", "--format", "json"]);
    let shown = |day: &Value| {
        let anomalies: Vec<&str> =
            day["anomalies"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
        format!("{} {}", day["status"].as_str().unwrap(), anomalies.join("+")).trim_end().to_owned()
    };
    said.json()["days"].as_array().unwrap().iter().map(shown).collect()
}

#[test]
fn days_after_the_last_delivery_are_awaited_and_never_an_absence() {
    let office = Office::new();
    let planned = october();
    office.agreement("roma-01", "5", &planned, "");
    drop(parts(&office));
    let awaited = |days: &[&str]| -> Vec<String> { days.iter().map(|day| (*day).to_owned()).collect() };
    assert_eq!(days(&office), awaited(&["awaited"; 5]));
    // an entry on the second day, and the file written at that noon
    let half = regular_days("5", &planned[..1]) + &line("5", planned[1], "08:00:00", 0);
    office.import(&office.export("a.dat", &half, planned[1]));
    assert_eq!(days(&office), awaited(&["ok", "awaited", "awaited", "awaited", "awaited"]));
    // nothing leaves before the latest day
    assert_eq!(close(&office, "2025-11-02T08:00:00Z"), 0);
    // a later file: nobody came on the fourth day, and an exit is missing on the third
    let later = regular_days("5", &planned[..2]) + &line("5", planned[2], "08:00:00", 0);
    office.import(&office.export("b.dat", &later, "2025-10-20".parse().unwrap()));
    let expected = ["ok", "ok", "incomplete unpaired_in", "no_show no_show", "no_show no_show"];
    assert_eq!(days(&office), awaited(&expected));
    let third = line("5", planned[2], "15:42:00", 1);
    let complete = later + &third + &regular_days("5", &planned[3..]);
    office.import(&office.export("c.dat", &complete, "2025-10-30".parse().unwrap()));
    assert_eq!(days(&office)[3..], awaited(&["ok", "ok"]));
    // the reader is not covered to the end of the month yet
    assert_eq!(close(&office, "2025-11-02T08:00:00Z"), 0);
    office.import(&office.export("d.dat", &complete, "2025-11-02".parse().unwrap()));
    assert_eq!(close(&office, "2025-11-02T12:30:00Z"), 1, "early, for nothing is open");
    assert_eq!(close(&office, "2025-11-02T12:31:00Z"), 0);
    assert_eq!(close(&office, "2025-12-31T12:31:00Z"), 0);
}

//
#[test]
fn an_open_month_leaves_on_its_latest_day_and_says_so() {
    // punches until, file written on, whether the day before the latest and on it something leaves
    let planned = october();
    let table = [
        ("nothing came at all", None, "2025-10-02", 0, 5),
        ("one exit is missing", Some(4), "2025-11-02", 0, 1),
        ("the last days are awaited", Some(3), "2025-10-06", 0, 2),
        ("all is there", Some(5), "2025-11-02", 1, 0),
    ];
    for (what, count, written, early, open) in table {
        let office = Office::new();
        office.agreement("roma-01", "5", &planned, "");
        if let Some(count) = count {
            let last = planned.get(count).filter(|_| written > "2025-10-31");
            let mut text = regular_days("5", &planned[..count]);
            text.extend(last.map(|day| line("5", *day, "08:00:00", 0)));
            office.import(&office.export("a.dat", &text, written.parse().unwrap()));
        }
        // 10 November less three working days, 08:00 in Rome
        assert_eq!(close(&office, "2025-10-31T22:59:59Z"), 0, "{what}: the month goes on");
        assert_eq!(close(&office, "2025-11-05T06:59:59Z"), early, "{what}");
        assert_eq!(close(&office, "2025-11-05T07:00:00Z"), 1 - early, "{what}");
        assert_eq!(office.number("SELECT open_days FROM statement"), Some(open), "{what}");
        office.run_until_sent(1);
        let letter = &office.letters()[0];
        assert_eq!(letter.contains("DATI NON ANCORA PERVENUTI"), what.contains("awaited") || count.is_none());
        assert_eq!(letter.contains("DA REGOLARIZZARE **"), what.contains("missing"), "{what}: {letter}");
    }
}

#[test]
fn an_empty_month_is_sent_only_where_that_was_agreed() {
    for (nil, letters) in [("nil = true", 1), ("nil = false", 0)] {
        let office = Office::new();
        let planned = october();
        office.agreement("roma-01", "5", &planned, nil);
        let agreement = office.path("etc/agreements/roma-01.toml");
        // the term goes on for a month without a planned day
        let text =
            std::fs::read_to_string(&agreement).unwrap().replace("end = 2025-10-31", "end = 2025-11-30");
        std::fs::write(&agreement, text).unwrap();
        let all = regular_days("5", &planned);
        office.import(&office.export("a.dat", &all, "2025-12-01".parse().unwrap()));
        assert_eq!(close(&office, "2025-12-01T12:00:00Z"), 1 + letters, "{nil}");
        assert_eq!(close(&office, "2025-12-20T12:00:00Z"), 0, "{nil}");
    }
}

#[test]
fn what_waits_in_the_folder_belongs_to_the_month_about_to_leave() {
    // long past its latest day, while the file must still be seen to stand still
    let mut office = Office::new();
    office.intake = "stable_seconds = 1\npoll_seconds = 1\n".to_owned();
    office.write();
    let planned = working_days(crate::office::month_ago(3), 5);
    office.agreement("roma-01", "5", &planned, "").drop("a.dat", regular_days("5", &planned));
    office.run_until_sent(1);
    assert_eq!(office.number("SELECT open_days FROM statement"), Some(0));
}

#[test]
fn a_month_without_a_statement_is_no_reason_for_alarm() {
    let office = Office::new();
    let month = crate::office::month_ago(2);
    office.agreement("roma-01", "5", &working_days(month, 1), "nil = false");
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&agreement).unwrap();
    let calendar = format!("calendar = [{}]", working_days(month, 1)[0]);
    std::fs::write(&agreement, text.replace(&calendar, "calendar = []")).unwrap();
    office.import(&office.export("a.dat", "", eve(timbra::daemon::clock::now().date_naive())));
    let status = office.timbra(&["status", "--json"]);
    assert_eq!((status.code, &status.json()["statements"]), (Some(0), &serde_json::json!([])), "{status:?}");
}

#[test]
fn a_reader_left_out_for_its_errors_is_still_awaited() {
    let mut office = Office::new();
    office.agreement("roma-01", "5", &october(), "");
    office.import(&office.export("a.dat", regular_days("5", &october()[..1]), "2025-11-02".parse().unwrap()));
    assert!(days(&office)[1].starts_with("no_show"));
    office.readers.push_str("[[folder]]\nid = \"mensa\"\npath = \"../mensa\"\nformat = \"unknown\"\n");
    office.write();
    assert_eq!(days(&office)[1], "awaited");
}

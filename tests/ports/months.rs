//! A reader on a port covers its days while somebody listens, and a month waits for it.

use crate::office::{Office, clock_mover, month_ago, skipped, working_days};

use super::reader::{Reader, office, status, table, until_open};

#[test]
fn days_are_covered_once_the_port_was_open_past_their_end() {
    let office = office();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "0000000005", &days, "");
    let explained = || office.timbra(&["explain", "roma-01", &days[0].to_string(), "--json"]).json();
    let daemon = office.run_ready();
    office.until("that it is gone is noted", || status(&office, "porta")["port"]["state"] == "gone");
    let said = explained();
    assert_eq!((&said["covered"], &said["awaited"][0]["reader"]), (&false.into(), &"porta".into()), "{said}");
    let _reader = Reader::plug_in(&office, "porta");
    office.until("that it is open is noted", || status(&office, "porta")["port"]["state"] == "open");
    let said = explained();
    assert_eq!((&said["covered"], &said["awaited"][0]), (&true.into(), &serde_json::Value::Null), "{said}");
    let said = status(&office, "porta");
    assert!(said["covered_until"].is_string(), "{said}");
    assert!(said["port"]["path"].as_str().unwrap().ends_with("/porta"), "{said}");
    office.until("the month is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn a_pair_of_readers_is_one_in_and_one_out() {
    let mut office = office();
    office.readers = table("entrata", "entrata").replace("toggle", "in");
    office.readers += &table("uscita", "uscita").replace("toggle", "out");
    office.write();
    let month = timbra::domain::month::Month::of(timbra::daemon::clock::now().date_naive());
    office.agreement("roma-01", "0000000005", &working_days(month, 2), "");
    let mut entry = Reader::plug_in(&office, "entrata");
    let mut exit = Reader::plug_in(&office, "uscita");
    let daemon = office.run_ready();
    until_open(&office, "entrata", 1);
    until_open(&office, "uscita", 1);
    entry.show([5, 6]);
    office.until("two came in", || office.punches() == 2);
    exit.show([5]);
    office.until("one left", || office.punches() == 3);
    assert_eq!(daemon.stop().0.code(), Some(0));
    let second = office.number("SELECT max(local - zone_minutes * 60) FROM punch").unwrap();
    let at = chrono::DateTime::from_timestamp(second, 0).unwrap().with_timezone(&chrono_tz::Europe::Rome);
    let date = at.date_naive().to_string();
    let said = office.timbra(&["explain", "roma-01", &date, "--json"]);
    let punches = said.json()["punches"].clone();
    let mut seen: Vec<(String, String, String)> = Vec::new();
    for punch in punches.as_array().unwrap() {
        let source = &punch["source"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        seen.push((text(&punch["direction"]), text(&source["reader"]), text(&source["raw"])));
        assert!(text(&source["port"]).ends_with(source["reader"].as_str().unwrap()), "{source}");
    }
    let raw = "02 30 31 30 30 30 30 30 30 30 35 30 34 03";
    let line = |direction: &str, reader: &str| (direction.to_owned(), reader.to_owned(), raw.to_owned());
    assert_eq!(seen, [line("in", "entrata"), line("out", "uscita")]);
    assert_eq!(punches[0]["source"]["clock_step"], serde_json::Value::Null);
    // the clock was an hour behind until a moment before
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    let step = (second - 3660, second - 30, 3_600_000);
    store.execute("INSERT INTO clock_step (before, after, milliseconds) VALUES (?1, ?2, ?3)", step).unwrap();
    drop(store);
    let marked = office.timbra(&["explain", "roma-01", &date, "--json"]).json();
    assert_eq!(marked["punches"][0]["source"]["clock_step"]["seconds"], 3600, "{marked}");
    let told = office.timbra(&["explain", "roma-01", &date, "--lang", "en"]).out;
    assert!(told.contains("this time may be wrong: the clock of the computer was set around it, by +3600 s"));
    assert!(told.contains(", frame 1, ") && told.contains(raw), "{told}");
}

#[test]
fn what_a_clock_that_was_ahead_covered_is_not_covered_once_it_is_right() {
    let Some(library) = clock_mover() else {
        return skipped("faketime is not installed: a clock that is ahead was not tried");
    };
    let mut office = office();
    let _reader = Reader::plug_in(&office, "porta");
    let run = |office: &Office, what: &str, shown: &str| {
        let daemon = office.run_ready();
        office.until(what, || office.number(shown) == Some(1));
        assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
    };
    run(&office, "the clock is known", "SELECT count(*) FROM fact WHERE name = 'clock_look'");
    let ahead =
        "covered_until > CAST(strftime('%s', 'now') AS INTEGER) + 3600 FROM reader WHERE name = 'porta'";
    let doubted = "(SELECT count(*) FROM alarm WHERE kind = 'clock' AND cleared_at IS NULL)";
    office.environment = vec![("LD_PRELOAD", library), ("FAKETIME", "+100d".to_owned())];
    run(&office, "a clock that is ahead covers in advance", &format!("SELECT {doubted} = 1 AND {ahead}"));
    office.environment.clear();
    run(&office, "it covers until now", &format!("SELECT {doubted} = 0 AND NOT {ahead}"));
}

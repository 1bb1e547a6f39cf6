//! What cannot be read or believed is kept, with its place and the reason, and tried again.

use std::fs;

use chrono::{Duration, NaiveDate, Timelike};
use timbra::domain::civil;

use crate::office::{Office, line, month_ago, regular_days, working_days};

const FORMAT: &str = "layout = \"delimited\"\nseparator = \";\"\nmin_fields = 3\nmax_fields = 3\n\
    datetime_patterns = [\"PATTERN\"]\n[fields]\nbadge = 1\ndatetime = 2\ndirection = 3\n\
    [directions]\nin = [\"0\"]\nout = [\"1\"]\n";

/// A reader whose format expects the date in this order.
fn format(office: &Office, pattern: &str) {
    fs::write(office.path("etc/formats/mio.toml"), FORMAT.replace("PATTERN", pattern)).unwrap();
}

#[test]
fn rows_are_kept_as_they_came_and_released_by_a_better_format() {
    let mut office = Office::new();
    office.readers = office.readers.replace("zk-attlog", "mio");
    office.write();
    let days = working_days(month_ago(1), 1);
    let day = days[0].format("%d/%m/%Y");
    format(&office, "YYYY-MM-DD hh:mm");
    office.agreement("roma-01", "5", &days, "");
    let times = [("08:00", 0), ("13:00", 1), ("13:30", 0), ("15:42", 1)];
    let rows: Vec<String> =
        times.iter().map(|(time, direction)| format!("5;{day} {time};{direction}\n")).collect();
    // 700 more of them, to see more than one round
    let more: Vec<String> = (0..700).map(|n| format!("77;{day} {:02}:{:02};0\n", n / 60, n % 60)).collect();
    let garbage = b"\x01\xff;garbage\n";
    let content = [rows.concat().as_bytes(), garbage, more.concat().as_bytes()].concat();
    let said = {
        let path = office.export("a.dat", &content, days[0]);
        office.timbra(&["import", path.to_str().unwrap(), "--reader", "ingresso", "--json"])
    };
    assert_eq!((said.code, said.json()["rejected"].as_u64()), (Some(3), Some(705)));
    let kept = |what: &str| {
        let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
        let sql = format!("SELECT {what} FROM quarantine WHERE line = 5");
        store.query_row(&sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap()
    };
    assert_eq!(kept("raw"), rusqlite::types::Value::Blob(b"\x01\xff;garbage".to_vec()));
    assert!(matches!(kept("reason"), rusqlite::types::Value::Text(reason) if !reason.is_empty()));
    // a file of which nothing can be used says nothing of the days
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(status["readers"][0]["covered_until"], serde_json::Value::Null, "{status}");

    let daemon = office.run();
    office.until_told("timbra runs");
    format(&office, "DD/MM/YYYY hh:mm");
    daemon.signal("HUP");
    office.until_told("rows left quarantine");
    daemon.stop();
    assert_eq!(office.punches(), 704);
    let provenance =
        office.number("SELECT line FROM punch WHERE badge = '5' AND direction = '1' ORDER BY local DESC");
    assert_eq!(provenance, Some(4));
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(status["readers"][0]["quarantine"], 1);
    // the file itself, again, by the rules of now: known, and the reader is covered
    assert_eq!(office.import(&office.path("a.dat")), "0/704/1/0 0 0");
}

#[test]
fn what_is_only_early_is_taken_when_its_time_has_come() {
    let mut office = Office::new();
    office.intake.push_str("future_tolerance_minutes = 0\nnot_before = 2024-01-01\n");
    office.write();
    let zone = chrono_tz::Europe::Rome;
    let local =
        |seconds| civil::local_time(&(timbra::daemon::clock::now() + Duration::seconds(seconds)), zone);
    let (soon, later) = (local(4), local(7200));
    let row = |badge: &str, at: chrono::NaiveDateTime| {
        line(badge, at.date(), &at.format("%H:%M:%S").to_string(), 0)
    };
    let lost = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
    let content = row("5", local(-60)) + &row("5", soon) + &row("5", later) + &line("5", lost, "00:00:20", 0);
    office.drop("a.dat", content);
    let _daemon = office.run();
    office.until("the file is taken", || office.number("SELECT count(*) FROM quarantine") == Some(3));
    let reason =
        "SELECT count(*) FROM quarantine WHERE reason LIKE '%clock had lost the time; the row before says%'";
    assert_eq!(office.number(reason), Some(1));
    office.until("the early one is a punch", || office.punches() == 2);
    let written = soon.with_nanosecond(0).unwrap();
    assert!(local(0) >= written, "it was taken too early");
    assert_eq!(office.number("SELECT count(*) FROM quarantine WHERE released = 0"), Some(2));
}

#[test]
fn one_bad_line_stops_nothing() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    let noise: Vec<u8> = (0..20_000_u32).map(|n| u8::try_from(n * 7919 % 251).unwrap()).collect();
    let (first, last) = (regular_days("5", &days[..1]), regular_days("5", &days[1..]));
    let content = [first.as_bytes(), &noise, b"\n", last.as_bytes()].concat();
    office.drop("a.dat", &content);
    office.run_until_sent(1);
    assert_eq!(office.number("SELECT count(*) FROM punch WHERE badge = '5'"), Some(8));
    let archived = office.files("store/archive/ingresso");
    assert_eq!(archived[0].1, content);
}

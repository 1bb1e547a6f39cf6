//! Failure row 13: the clock of the machine jumps a month forwards and a day back while the daemon runs.
//! The hour that the end of summer time repeats is no jump: the clock counts in UTC.

use std::fs;
use std::path::PathBuf;

use crate::office::{Office, clock_mover, month_ago, regular_days, skipped, working_days};

const DAY: i64 = 24 * 3600;

/// Moves the clock of every program of the office from now on, by seconds.
struct Mover(PathBuf);

impl Mover {
    fn set(&self, seconds: i64) {
        let partial = self.0.with_extension("part");
        fs::write(&partial, format!("{seconds:+}\n")).unwrap();
        fs::rename(partial, &self.0).unwrap();
    }
}

fn alarms(office: &Office) -> i64 {
    office.number("SELECT count(*) FROM alarm WHERE kind = 'clock' AND cleared_at IS NULL").unwrap_or(-1)
}

/// `timbra clock`: its exit code and what it thinks.
fn trust(office: &Office) -> (Option<i32>, String) {
    let said = office.timbra(&["clock", "--json"]);
    (said.code, said.json()["trust"].as_str().unwrap().to_owned())
}

#[test]
fn a_clock_that_no_time_server_keeps_closes_a_month_only_when_a_person_says_that_it_is_right() {
    use std::os::unix::fs::PermissionsExt;
    let mut office = Office::new();
    office.statement = office.statement.replace("false", "true");
    office.write();
    let (folder, program) = (office.path("bin"), office.path("bin/timedatectl"));
    fs::create_dir(&folder).unwrap();
    let says = |word: &str| {
        fs::write(&program, format!("#!/bin/sh\necho {word}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    };
    office.environment = vec![("PATH", format!("{}:/usr/bin:/bin", folder.display()))];
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    says("no");
    run(&office, "a person is told", || alarms(&office) == 1);
    assert_eq!(trust(&office), (Some(3), "unkept".to_owned()));
    assert!(office.outbox().is_empty(), "nothing is closed");
    // one who cannot say is no reason to wait, nor is a server
    for word in ["yes", "n/a"] {
        says(word);
        assert_eq!(trust(&office), (Some(0), "sound".to_owned()), "{word}");
    }
    says("no");
    assert_eq!(office.timbra(&["clock", "confirm"]).code, Some(0));
    assert_eq!(trust(&office), (Some(0), "sound".to_owned()));
    office.run_until_sent(1);
    let confirmed = &office.timbra(&["clock", "--json"]).json()["confirmed"];
    assert!(confirmed["author"].is_string() && confirmed["at"].is_string(), "{confirmed}");
}

/// A run of the daemon that comes to the moment at which months are closed.
fn run(office: &Office, what: &str, shown: impl Fn() -> bool) {
    let daemon = office.run_ready();
    office.until(what, shown);
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
}

#[test]
fn row_13_a_clock_that_jumps_sends_nothing_early_and_nothing_twice() {
    let Some(library) = clock_mover() else {
        return skipped("faketime is not installed: a clock that jumps was not tried");
    };
    let mut office = Office::new();
    let mover = Mover(office.path("clock"));
    let file = mover.0.to_str().unwrap().to_owned();
    office.environment = vec![
        ("LD_PRELOAD", library),
        ("FAKETIME_TIMESTAMP_FILE", file),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    // the 20th of last month, whose statement leaves in this month
    let base = (month_ago(1).first().and_hms_opt(12, 0, 0).unwrap().and_utc() - timbra::daemon::clock::now())
        .num_seconds()
        + 19 * DAY;
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    mover.set(base);
    office.drop("a.dat", regular_days("5", &days));
    let daemon = office.run_ready();
    office.until("the badges are kept", || office.punches() == 4);
    // what it has not seen is no jump
    let looked = || office.number("SELECT count(*) FROM fact WHERE name = 'clock_look'") == Some(1);
    office.until("it has looked at the clock", looked);
    assert_eq!((trust(&office), alarms(&office)), ((Some(0), "sound".to_owned()), 0));

    // forwards, while it runs
    mover.set(base + 30 * DAY);
    daemon.signal("HUP");
    office.until("a person is told", || alarms(&office) == 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    run(&office, "it starts with that clock", || alarms(&office) == 1);
    assert_eq!(trust(&office), (Some(3), "jumped".to_owned()));
    assert!(office.outbox().is_empty(), "nothing is sent early");
    assert_eq!(office.timbra(&["status"]).code, Some(3));

    // right again by itself; then a day back
    mover.set(base);
    run(&office, "the alarm is over", || alarms(&office) == 0);
    mover.set(base - DAY);
    run(&office, "a person is told", || alarms(&office) == 1);
    assert_eq!(trust(&office).0, Some(3));

    // forwards once more, and a person says that it is right
    mover.set(base + 30 * DAY);
    assert_eq!(office.timbra(&["clock", "confirm"]).code, Some(0));
    assert_eq!(trust(&office), (Some(0), "sound".to_owned()));
    office.run_until_sent(1);
    for offset in [base, base + 30 * DAY, base - DAY] {
        mover.set(offset);
        run(&office, "it has looked at the clock", || (alarms(&office) == 0) == (offset == base + 30 * DAY));
    }
    assert_eq!(office.letters().len(), 1, "nothing is sent twice");
    assert_eq!(office.number("SELECT count(*) FROM statement"), Some(1));
}

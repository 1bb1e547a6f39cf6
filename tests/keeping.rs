//! How long things are kept, and who may see them: `purge` and `subject`.

use std::fs;
use std::process::Command;

use chrono::NaiveDate;
use serde_json::Value;
use timbra::store::Store;

use crate::office::{Office, clock_mover, eve, line, month_ago, regular_days, working_days};

const RETENTION: &str = "[retention]\nunmatched_days = 30\narchive_days = 1\nquarantine_days = 1\n";

fn site(months: u32, retention: &str) -> (Office, Vec<NaiveDate>) {
    let mut office = Office::new();
    retention.clone_into(&mut office.more);
    office.statement.push_str("amend_months = 1\n");
    office.write();
    let days = working_days(month_ago(months), 3);
    office.agreement("roma-01", "7", &days, "");
    (office, days)
}

/// A purge some days later, of which a person says that the clock is right.
fn purge_later(office: &Office, library: &str, days: &str) {
    for words in [["clock", "confirm"], ["purge", "--yes"]] {
        let mut later = Command::new(crate::office::TIMBRA);
        later.args(words).arg("--config").arg(office.path("etc"));
        let output = later.env("LD_PRELOAD", library).env("FAKETIME", days).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

fn count(office: &Office, sql: &str) -> i64 {
    office.number(sql).unwrap()
}

#[test]
fn a_purge_says_first_what_it_would_forget() {
    let (mut office, days) = site(2, "[retention]\nunmatched_days = 366\n");
    let export = regular_days("7", &days) + &line("99", days[0], "09:00:00", 0) + "half a li\r\n";
    let path = office.export("export.dat", export, eve(month_ago(1).first()));
    assert_eq!(office.import(&path), "13/0/1/0 1 0");
    RETENTION.clone_into(&mut office.more);
    office.write();
    let archive = office.path("store/archive/ingresso");
    fs::create_dir_all(&archive).unwrap();
    fs::write(archive.join("1-export.dat"), "x").unwrap();
    // what came today is not old: neither the file nor the row
    let said = office.timbra(&["purge", "--json"]);
    let (due, punches) = (said.json(), || office.punches());
    let counted = |key: &str| due[key]["count"].as_u64().unwrap();
    assert_eq!([counted("unmatched"), counted("quarantine"), counted("archive")], [1, 0, 0], "{due}");
    assert_eq!((said.code, punches()), (Some(0), 13));
    assert!(said.err.contains("nothing was forgotten; `timbra purge --yes` does it"));
    let said = office.timbra(&["purge", "--yes"]);
    assert_eq!((said.code, punches()), (Some(0), 12), "{said:?}");
    assert!(said.out.contains("kept: [retention] agreement_months is not set"), "{said:?}");
    assert!(office.timbra(&["purge"]).err.contains("there is nothing to forget"));
    assert!(archive.join("1-export.dat").exists());
    fs::remove_file(office.path("etc/agreements/roma-01.toml")).unwrap();
    let said = office.timbra(&["purge", "--yes"]);
    assert_eq!((said.code, office.punches()), (Some(1), 12), "{said:?}");
    assert!(said.err.contains("there is no agreement: nobody knows whose a badge is"), "{said:?}");
}

#[test]
fn old_rows_and_files_go_and_leave_a_record() {
    let (office, days) = site(2, RETENTION);
    let path = office.export("export.dat", "half a li\r\n", days[2]);
    assert_eq!(office.import(&path), "0/0/1/0 0 0");
    let archive = office.path("store/archive/ingresso");
    fs::create_dir_all(&archive).unwrap();
    fs::write(archive.join("1-export.dat"), "x").unwrap();
    let Some(library) = clock_mover() else {
        return crate::office::skipped("faketime is not installed");
    };
    let mut later = Command::new(crate::office::TIMBRA);
    later.args(["purge", "--yes", "--config"]).arg(office.path("etc"));
    later.env("LD_PRELOAD", library).env("FAKETIME", "+3d");
    let output = later.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!archive.join("1-export.dat").exists());
    assert_eq!(count(&office, "SELECT count(*) FROM quarantine"), 0);
    assert_eq!(count(&office, "SELECT count(*) FROM purge WHERE what IN ('archive', 'quarantine')"), 2);
    let store = Store::open_read_only(&office.path("store")).unwrap();
    assert_eq!(store.verify_purges().unwrap(), None);
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_clock_that_the_daemon_does_not_believe_forgets_nothing() {
    let Some(library) = clock_mover() else {
        return crate::office::skipped("faketime is not installed");
    };
    let (office, _) = site(1, RETENTION);
    let day = timbra::daemon::clock::now().date_naive() - chrono::TimeDelta::days(2);
    office.drop("a.dat", line("99", day, "09:00:00", 0));
    let daemon = office.run_ready();
    let looked = || office.number("SELECT count(*) FROM fact WHERE name = 'clock_look'") == Some(1);
    office.until("the clock was looked at", || looked() && office.punches() == 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    let later = |arguments: &[&str]| {
        let mut command = office.command(arguments);
        command.env("LD_PRELOAD", &library).env("FAKETIME", "+3650d");
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, told) = later(&["purge"]);
    assert!(code == Some(0) && told.contains("while the clock of this machine is not believed"), "{told}");
    let (code, told) = later(&["purge", "--yes"]);
    let is_refused = code == Some(1) && told.contains("not believed: nothing was forgotten");
    assert!(is_refused && told.contains("timbra clock confirm"), "{told}");
    assert_eq!((office.punches(), count(&office, "SELECT count(*) FROM purge")), (1, 0));
    // once somebody has said that it is right
    assert_eq!(later(&["clock", "confirm"]).0, Some(0));
    let (code, told) = later(&["purge", "--yes"]);
    assert!(code == Some(0) && !told.contains("believed"), "{told}");
    assert_eq!(office.punches(), 0);
}

#[test]
fn a_damaged_row_hinders_no_sweep_and_is_not_swept() {
    let (office, days) = site(3, RETENTION);
    office.import(&office.export("export.dat", regular_days("7", &days[1..2]), days[2]));
    let local = days[0].and_hms_opt(8, 0, 0).unwrap().and_utc().timestamp();
    let recent = (timbra::daemon::clock::now() - chrono::TimeDelta::days(2)).timestamp();
    let row = |local: i64, badge: &str, reader: &str| {
        format!("INSERT INTO punch VALUES ({local}, {badge}, '0', {reader}, NULL, NULL, 1, 900, x'00');")
    };
    let damage = row(local, "'99'", "1")
        + &row(local, "'98'", "'x'")
        + &row(local, "'7'", "77")
        + &row(local, "CAST(x'ff' AS TEXT)", "1")
        + &row(recent, "'98'", "'x'");
    rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap().execute_batch(&damage).unwrap();
    let before = office.punches();
    let said = office.timbra(&["purge", "--yes", "--json"]);
    assert_eq!((said.code, said.json()["unmatched"]["count"].as_u64()), (Some(0), Some(1)), "{said:?}");
    // nobody can say whose the damaged ones are
    assert_eq!((before, office.punches()), (9, 8));
    let said = office.timbra(&["verify"]);
    assert!(said.code == Some(3) && said.out.contains("reader number 77, local "), "{said:?}");
    let said = office.timbra(&["subject", "roma-01", "--out", office.path("about").to_str().unwrap()]);
    assert!(said.code == Some(1) && said.err.contains("the store is damaged ("), "{said:?}");
    // the months of all wait for what could be anybody's, and the text says so
    let said = office.timbra(&["status"]);
    assert!(said.code == Some(1) && said.err.contains("which could be anybody's"), "{said:?}");
    let connection = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    connection.execute("DELETE FROM punch WHERE badge = CAST(x'ff' AS TEXT)", []).unwrap();
    let said = office.timbra(&["status"]);
    assert!(said.code == Some(3) && said.out.contains("0 punches of badges that nobody holds"), "{said:?}");
}

#[test]
fn an_agreement_is_forgotten_as_a_whole_and_its_chains_hold() {
    let (office, days) = site(15, "[retention]\nagreement_months = 12\nunmatched_days = 366\n");
    let path = office.export("export.dat", regular_days("7", &days[..2]), eve(month_ago(14).first()));
    assert_eq!(office.import(&path), "8/0/0/0 0 0");
    let date = days[2].to_string();
    let said = office.timbra(&["absence", "add", "roma-01", &date, "--ref", "PEC 46 di Anna"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    // its statement is still to be made
    let due = office.timbra(&["purge", "--yes", "--json"]).json();
    assert_eq!((due["agreements"].as_array().unwrap().len(), office.punches()), (0, 8), "{due}");
    let month = month_ago(15).to_string();
    assert_eq!(office.timbra(&["send", "roma-01", &month]).code, Some(0));
    // it has not left yet
    let said = office.timbra(&["purge", "--yes"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("roma-01 was left as it is"), "{said:?}");
    assert_eq!(office.punches(), 8);
    office.run_until_sent(1);
    let due = office.timbra(&["purge", "--json"]).json();
    let agreement = &due["agreements"][0];
    assert_eq!(
        ["entries", "punches", "statements", "messages"].map(|key| agreement[key].as_u64().unwrap()),
        [1, 8, 1, 1],
        "{due}"
    );
    let said = office.timbra(&["purge", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("agreements/roma-01.toml names the person still"), "{said:?}");
    assert_eq!(office.punches(), 0);
    for (sql, left) in [
        ("SELECT count(*) FROM register WHERE content <> '' OR reference IS NOT NULL", 0),
        ("SELECT count(*) FROM statement WHERE length(data) > 0", 0),
        ("SELECT count(*) FROM sealed", 0),
        ("SELECT count(*) FROM outbox", 1),
        ("SELECT count(*) FROM purge WHERE what = 'agreement roma-01'", 1),
    ] {
        assert_eq!(count(&office, sql), left, "{sql}");
    }
    // nothing of it is left in the files of the store
    for (path, bytes) in office.files("store") {
        let found = bytes.windows(14).any(|window| window == b"PEC 46 di Anna");
        assert!(!found, "{}", path.display());
    }
    let store = Store::open_read_only(&office.path("store")).unwrap();
    assert_eq!((store.verify_register().unwrap(), store.verify_purges().unwrap()), (None, None));
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(office.timbra(&["log", "roma-01"]).out.contains("forgotten"), "the log says so");
    assert_eq!(office.timbra(&["purge", "--json"]).json()["agreements"].as_array().unwrap().len(), 0);
    // whoever asks for it now is told, and nothing more is entered or reminded of
    for words in
        [&["explain", "roma-01", &date][..], &["statement", "roma-01", &month], &["outbox", "show", "1"]]
    {
        let said = office.timbra(words);
        assert!(said.err.contains("were forgotten"), "{words:?} {said:?}");
    }
    let said = office.timbra(&["punch", "add", "roma-01", &date, "08:00", "in", "--ref", "a"]);
    assert!(said.code == Some(1) && said.err.contains("nothing is entered any more"), "{said:?}");
}

#[test]
fn a_file_that_is_away_for_a_while_makes_nobody_a_stranger() {
    let (office, days) = site(2, "[retention]\nunmatched_days = 366\n");
    office.agreement("milano-01", "8", &days, "");
    office.import(&office.export("export.dat", regular_days("7", &days), eve(month_ago(1).first())));
    office.run_until_sent(2);
    let mut office = office;
    RETENTION.clone_into(&mut office.more);
    office.write();
    let (file, aside) = (office.path("etc/agreements/roma-01.toml"), office.path("aside.toml"));
    fs::rename(&file, &aside).unwrap();
    assert_eq!((office.timbra(&["purge", "--yes"]).code, office.punches()), (Some(0), 12));
    let Some(library) = clock_mover() else {
        return crate::office::skipped("faketime is not installed");
    };
    let later = |days: &str| purge_later(&office, &library, days);
    later("+20d");
    assert_eq!(office.punches(), 12);
    // back, and away again: counted anew
    fs::rename(&aside, &file).unwrap();
    later("+25d");
    fs::rename(&file, &aside).unwrap();
    later("+40d");
    assert_eq!(office.punches(), 12);
    later("+80d");
    assert_eq!(office.punches(), 0);
}

/// One wrong number in an agreement, and the daemon looks on the same day.
#[test]
fn a_mistyped_badge_can_be_mended_before_its_punches_are_forgotten() {
    let (mut office, days) = site(2, "[retention]\nunmatched_days = 366\n");
    let export = regular_days("7", &days) + &line("99", days[0], "09:00:00", 0);
    office.import(&office.export("export.dat", export, eve(month_ago(1).first())));
    RETENTION.clone_into(&mut office.more);
    office.write();
    let daemon = office.run_ready();
    office.until("the stranger's is forgotten in its time", || office.punches() == 12);
    let path = office.path("etc/agreements/roma-01.toml");
    let right = fs::read_to_string(&path).unwrap();
    let wrong = right.replace("number = \"7\"", "number = \"70\"");
    assert_ne!(right, wrong);
    fs::write(&path, &wrong).unwrap();
    daemon.signal("HUP");
    office.until_told("badges that were somebody's are nobody's now");
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 12, "{}", office.journal());
    assert!(office.journal().contains("badges=1 days=30"), "{}", office.journal());
    let Some(library) = clock_mover() else {
        return crate::office::skipped("faketime is not installed");
    };
    let sweep = |days: &str| {
        purge_later(&office, &library, days);
        office.punches()
    };
    assert_eq!(sweep("+29d"), 12);
    fs::write(&path, &right).unwrap();
    assert_eq!(sweep("+35d"), 12, "mended");
    // the days are counted anew, and it is nobody's after all
    fs::write(&path, &wrong).unwrap();
    assert_eq!([sweep("+40d"), sweep("+69d"), sweep("+70d")], [12, 12, 0]);
}

#[test]
fn all_data_about_a_person_are_handed_out_whatever_names_them() {
    let (office, days) = site(2, RETENTION);
    office.agreement("milano-01", "8", &days, "");
    let other = fs::read_to_string(office.path("etc/agreements/milano-01.toml")).unwrap();
    fs::write(office.path("etc/agreements/milano-01.toml"), other.replace("Anna", "Bruno")).unwrap();
    let export = regular_days("7", &days) + &regular_days("8", &days);
    office.import(&office.export("export.dat", export, eve(month_ago(1).first())));
    office.run_until_sent(2);
    for who in ["roma-01", "M7", "m7", "Anna Esempio", "anna  ESEMPIO"] {
        let said = office.timbra(&["subject", who]);
        let data = said.json();
        let agreements = data["agreements"].as_array().unwrap();
        assert_eq!((said.code, agreements.len()), (Some(0), 1), "{who}: {said:?}");
        assert_eq!(agreements[0]["agreement"], "roma-01");
        assert_eq!(agreements[0]["punches"].as_array().unwrap().len(), 12);
        assert!(agreements[0]["punches"][0]["raw"].as_str().unwrap().contains("08:00:00"));
    }
    assert_eq!(office.timbra(&["subject", "Carla Nessuna"]).code, Some(2));
    // of two people of one name nobody gets the data of the other
    fs::write(office.path("etc/agreements/milano-01.toml"), &other).unwrap();
    let said = office.timbra(&["subject", "anna esempio"]);
    let choices = said.err.contains("milano-01 (M8), roma-01 (M7)");
    assert!(said.code == Some(2) && said.out.is_empty() && choices, "{said:?}");
    let one = office.timbra(&["subject", "M8"]).json();
    assert_eq!(one["agreements"].as_array().unwrap().len(), 1, "{one}");
    fs::write(office.path("etc/agreements/milano-01.toml"), other.replace("Anna", "Bruno")).unwrap();
    let out = office.path("dati");
    let said = office.timbra(&["subject", "M7", "--out", out.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let checked =
        Command::new("sha256sum").args(["-c", "--quiet", "manifest.sha256"]).current_dir(&out).status();
    assert!(checked.unwrap().success());
    let data: Value = serde_json::from_slice(&fs::read(out.join("dati.json")).unwrap()).unwrap();
    assert_eq!(data["agreements"][0]["employee"]["given_name"], "Anna");
    assert_eq!(fs::read_dir(out.join("prospetti")).unwrap().count(), 1);
    assert_eq!(fs::read_dir(out.join("messaggi")).unwrap().count(), 1);
    let text = fs::read_to_string(out.join("LEGGIMI.txt")).unwrap();
    assert!(text.contains("dott.ssa Carla Modello") && !text.contains("Bruno"), "{text}");
    assert_eq!(office.timbra(&["subject", "M7", "--out", out.to_str().unwrap()]).code, Some(1));
}

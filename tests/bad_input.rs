//! Whatever lies in a folder or stands in a file: a clear word, once, and no harm to anything else.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::office::{Office, month_ago, regular_days, skipped, working_days};

/// A user without rights, for what root may do anyway.
const NOBODY: u32 = 65534;

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Lets a test meet permissions; false, with a word, where that cannot be.
fn meets_permissions(office: &mut Office) -> bool {
    if office.is_root() {
        office.give_to(NOBODY);
    }
    let runs = office.command(&["--help"]).output().is_ok_and(|output| output.status.success());
    if !runs {
        skipped("the program cannot be run by another user here: permissions were not tried");
    }
    runs
}

fn forbid(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_with_its_place() {
    // what is done to timbra.toml, what every command says of it
    type Deed = fn(&Path);
    let table: [(&str, Deed, &str); 5] = [
        ("no permission", |path| forbid(path, 0), "timbra.toml"),
        (
            "a folder",
            |path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            },
            "timbra.toml",
        ),
        ("not UTF-8", |path| fs::write(path, b"[host]\nname = \"\xff\"\n").unwrap(), "timbra.toml:2"),
        ("gone", |path| fs::remove_file(path).unwrap(), "timbra.toml"),
        (
            "a pipe",
            |path| {
                fs::remove_file(path).unwrap();
                pipe(path);
            },
            "timbra.toml",
        ),
    ];
    for (what, deed, place) in table {
        let mut office = Office::new();
        if !meets_permissions(&mut office) {
            continue;
        }
        deed(&office.path("etc/timbra.toml"));
        for arguments in [&["check"][..], &["run"], &["status"]] {
            let said = office.timbra(arguments);
            assert_eq!(said.code, Some(1), "{what} {said:?}");
            let all = said.out + &said.err;
            assert!(all.contains(place), "{what}: {all}");
        }
        assert!(!office.path("store").exists(), "{what}");
    }
}

#[test]
fn odd_things_in_a_folder_are_refused_once_and_left_in_place() {
    let mut office = Office::new();
    office.intake.push_str("max_file_size = \"100 KiB\"\n");
    office.write();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    fs::create_dir(office.path("drop/folder")).unwrap();
    pipe(&office.path("drop/pipe"));
    symlink("/etc/passwd", office.path("drop/link")).unwrap();
    symlink("/nowhere", office.path("drop/broken")).unwrap();
    std::os::unix::net::UnixListener::bind(office.path("drop/socket")).unwrap();
    office.drop("large", "x".repeat(200_000)).drop("good", regular_days("5", &days));
    let daemon = office.run();
    office.until("the good one is sent", || office.states() == ["smtp_accepted"]);
    office.drop("later", regular_days("6", &days));
    office.until("another look is over", || office.punches() == 8);
    daemon.stop();
    let journal = office.journal();
    for (name, why) in [
        ("folder", "it is a folder"),
        ("pipe", "it is a pipe"),
        ("link", "it is a symbolic link"),
        ("broken", "it is a symbolic link"),
        ("socket", "it is a socket"),
        ("large", "it has 200000 bytes, more than max_file_size (102400)"),
    ] {
        let told: Vec<&str> =
            journal.lines().filter(|line| line.contains(&format!("file={name} "))).collect();
        assert_eq!(told.len(), 1, "{name}: {journal}");
        assert!(told[0].contains(why) && told[0].contains("left in place"), "{}", told[0]);
        assert!(office.path("drop").join(name).symlink_metadata().is_ok(), "{name}");
    }
}

#[test]
fn a_file_that_cannot_be_read_stays_and_is_taken_when_it_can() {
    let mut office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    if !meets_permissions(&mut office) {
        return;
    }
    forbid(&office.path("drop/a.dat"), 0);
    let _daemon = office.run();
    office.until_told("it cannot be opened: Permission denied");
    office.drop("b.dat", regular_days("6", &days));
    office.until("another look is over", || office.punches() == 4);
    assert_eq!(office.journal().matches("it cannot be opened").count(), 1);
    assert!(office.path("drop/a.dat").exists());
    forbid(&office.path("drop/a.dat"), 0o600);
    office.until("it is taken", || office.punches() == 8);
}

#[test]
fn a_folder_that_cannot_be_written_keeps_its_files() {
    let mut office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    if !meets_permissions(&mut office) {
        return;
    }
    forbid(&office.path("drop"), 0o500);
    let _daemon = office.run();
    office.until_told("timbra needs write access to the folder");
    assert_eq!(office.punches(), 0);
    forbid(&office.path("drop"), 0);
    office.until_told("cannot be read: Permission denied");
    forbid(&office.path("drop"), 0o700);
    office.until("it is taken", || office.punches() == 4);
}

#[test]
fn an_archive_that_cannot_be_written_loses_nothing() {
    let mut office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    fs::create_dir_all(office.path("store/archive/ingresso")).unwrap();
    if !meets_permissions(&mut office) {
        return;
    }
    forbid(&office.path("store/archive/ingresso"), 0o500);
    let _daemon = office.run();
    office.until_told("cannot be moved to the archive");
    assert_eq!(office.punches(), 4);
    office.drop("b.dat", regular_days("6", &days));
    office.until("another look is over", || {
        office.journal().matches("cannot be moved to the archive").count() == 2
    });
    assert_eq!(office.files("drop/.timbra-claimed").len(), 2, "each is told once");
    assert_eq!(office.punches(), 8);
    forbid(&office.path("store/archive/ingresso"), 0o700);
    office.until("it is archived", || office.files("store/archive/ingresso").len() == 2);
    office.until("the letter is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(office.punches(), 8);
}

#[test]
fn a_folder_may_be_missing_vanish_and_come_back() {
    let mut office = Office::new();
    office.readers.push_str("[[folder]]\nid = \"mensa\"\npath = \"../mensa\"\nformat = \"zk-attlog\"\n");
    office.write();
    let days = working_days(month_ago(1), 3);
    office.agreement("roma-01", "5", &days, "");
    let _daemon = office.run();
    let told = |count: usize, text: &str| {
        office.until(text, || office.journal().matches(text).count() == count);
    };
    told(1, "the reader's folder is not available");
    // the other folder is served meanwhile
    office.drop("a.dat", regular_days("5", &days[..1]));
    office.until("the first is read", || office.punches() == 4);
    fs::create_dir(office.path("mensa")).unwrap();
    told(1, "the reader's folder is available again");
    fs::write(office.path("mensa/b.dat"), regular_days("5", &days[1..2])).unwrap();
    office.until("the second is read", || office.punches() == 8);
    fs::remove_dir_all(office.path("mensa")).unwrap();
    told(2, "the reader's folder is not available");
    fs::create_dir(office.path("mensa")).unwrap();
    told(2, "the reader's folder is available again");
    fs::write(office.path("mensa/c.dat"), regular_days("5", &days[2..])).unwrap();
    office.until("the third is read", || office.punches() == 12);
}

#[test]
fn a_broken_agreement_or_reader_stops_no_other() {
    let mut office = Office::new();
    office.readers.push_str("[[folder]]\nid = \"mensa\"\npath = \"../mensa\"\nformat = \"none-such\"\n");
    office.write();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").agreement("roma-02", "6", &days, "deadline_day = 99");
    fs::write(office.path("etc/agreements/roma-03.toml"), b"\xff\xfe\0").unwrap();
    fs::write(office.path("etc/agreements/roma-04.toml"), "term = [[[[").unwrap();
    fs::create_dir(office.path("etc/agreements/roma-05.toml")).unwrap();
    office.drop("a.dat", regular_days("5", &days));
    let check = office.timbra(&["check"]);
    assert_eq!(check.code, Some(1));
    for file in ["timbra.toml:", "roma-02.toml:", "roma-03.toml", "roma-04.toml:", "roma-05.toml"] {
        assert!(check.out.contains(file), "{file}: {}", check.out);
    }
    let daemon = office.run();
    office.until("the good one is sent", || office.states() == ["smtp_accepted"]);
    // a reload with errors keeps what runs
    office.agreement("roma-06", "7", &days, "");
    daemon.signal("HUP");
    office.until_told("the new configuration has errors; the old one goes on");
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.states().len(), 1);
}

#[test]
fn a_journal_that_goes_away_does_not_take_the_daemon_with_it() {
    let office = Office::new();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    let mut child = office.command(&["run"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    office.drop("a.dat", regular_days("5", &days));
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(child.try_wait().unwrap(), None);
    drop(crate::office::Daemon { child });
}

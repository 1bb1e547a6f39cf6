//! What the user of the service may lay into the store's folder, before root looks in there: it leads nobody
//! elsewhere, and holds up nobody.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{backed_up, sent};
use crate::office::{Office, PATIENCE, skipped};

/// Runs a command that must not wait for anybody: how it ended, and what it said.
fn at_once(office: &Office, arguments: &[&str]) -> (Option<i32>, String) {
    let (out, err) = (office.path("said"), office.path("told"));
    let mut command = office.command(arguments);
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let ended = loop {
        match child.try_wait().unwrap() {
            None if start.elapsed() < PATIENCE => sleep(Duration::from_millis(20)),
            ended => break ended,
        }
    };
    drop((child.kill(), child.wait()));
    let said = fs::read_to_string(out).unwrap() + &fs::read_to_string(err).unwrap();
    (ended.unwrap_or_else(|| panic!("{arguments:?} waits: {said}")).code(), said)
}

fn pipe(place: &Path) {
    assert!(Command::new("mkfifo").arg(place).status().unwrap().success());
}

#[test]
fn what_is_no_file_in_the_place_of_the_lock_is_named_and_nobody_waits_at_it() {
    let office = sent();
    let (file, lock) = (backed_up(&office), office.path("store/timbra.lock"));
    fs::remove_file(&lock).unwrap();
    pipe(&lock);
    let text = "timbra.lock must be a regular file, and is none: stop timbra, remove it";
    for (arguments, code) in [(["restore", &file, "--force"].as_slice(), 1), (&["run"], 1), (&["status"], 3)]
    {
        let (ended, said) = at_once(&office, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(text), "{arguments:?}: {said}");
    }
    fs::remove_file(&lock).unwrap();
    assert_eq!(office.timbra(&["restore", &file, "--force"]).code, Some(0));
    let database = office.path("store/timbra.sqlite");
    fs::remove_file(&database).unwrap();
    pipe(&database);
    let (ended, said) = at_once(&office, &["log", "roma-01"]);
    assert!(ended == Some(1) && said.contains("it is no regular file"), "{said}");
}

#[test]
fn a_restore_by_root_gives_away_nothing_behind_a_link() {
    let mut office = sent();
    if !office.is_root() {
        return skipped("not root: nothing could be given away");
    }
    let (file, lock) = (backed_up(&office), office.path("store/timbra.lock"));
    office.give_to(65_534);
    office.user = None;
    let place = tempfile::tempdir().unwrap();
    let (victim, absent) = (place.path().join("victim"), place.path().join("absent"));
    fs::write(&victim, "of root").unwrap();
    let restore = || office.timbra(&["restore", &file, "--force"]);
    for target in [&victim, &absent] {
        fs::remove_file(&lock).unwrap();
        symlink(target, &lock).unwrap();
        let said = restore();
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("must be a regular file"), "{said:?}");
    }
    fs::remove_file(&lock).unwrap();
    fs::hard_link(&victim, &lock).unwrap();
    let said = restore();
    assert!(said.code == Some(1) && said.err.contains("second name"), "{said:?}");
    assert_eq!(fs::metadata(&victim).unwrap().uid(), 0);
    assert!(!absent.exists());
    fs::remove_file(&lock).unwrap();
    assert_eq!(restore().code, Some(0));
    for entry in fs::read_dir(office.path("store")).unwrap().map(|entry| entry.unwrap()) {
        assert_eq!(entry.metadata().unwrap().uid(), 65_534, "{}", entry.path().display());
    }
}

//! A backup or a restore that is killed at any step leaves the old state whole.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use super::{backed_up, sent, tamper};
use crate::office::Office;

/// Runs a command that dies right before its n-th durable step. True when it died.
fn dies(office: &Office, arguments: &[&str], step: u32) -> bool {
    let output = office.command(arguments).env("TIMBRA_CRASH_AT", step.to_string()).output().unwrap();
    match output.status.signal() {
        Some(signal) => assert_eq!(signal, 6, "{output:?}"),
        None => assert_eq!(output.status.code(), Some(0), "step {step}: {output:?}"),
    }
    output.status.signal().is_some()
}

#[test]
fn a_killed_backup_leaves_the_last_one_and_the_next_cleans_up() {
    let office = sent();
    let file = backed_up(&office);
    let before = fs::read(&file).unwrap();
    tamper(&office, "INSERT INTO fact VALUES ('later', 'yes')");
    let mut step = 1;
    while dies(&office, &["backup", &file, "--force"], step) {
        assert_eq!(fs::read(&file).unwrap(), before, "step {step}");
        assert_eq!(office.timbra(&["verify"]).code, Some(0), "step {step}");
        step += 1;
    }
    assert!(step > 2, "it has steps: {step}");
    assert_ne!(fs::read(&file).unwrap(), before);
    // one that was killed under another name
    let other = office.path("other.tar").to_str().unwrap().to_owned();
    assert!(dies(&office, &["backup", &other], 2));
    let left = || fs::read_dir(office.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left().any(|name| name.to_string_lossy().ends_with(".timbra-part.sqlite")));
    assert_eq!(office.timbra(&["backup", &file, "--force"]).code, Some(0));
    let left: Vec<_> =
        fs::read_dir(office.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".timbra-part")), "{left:?}");
    assert_eq!(office.timbra(&["verify", "--backup", &file]).code, Some(0));
}

#[test]
fn a_killed_restore_leaves_the_old_store_or_the_new_one_and_the_next_completes_it() {
    let office = sent();
    let file = backed_up(&office);
    tamper(&office, "INSERT INTO fact VALUES ('later', 'yes')");
    let later = |office: &Office| office.number("SELECT count(*) FROM fact WHERE name = 'later'");
    let held = |office: &Office| office.number("SELECT count(*) FROM fact WHERE name = 'restored'");
    let mut step = 1;
    let mut seen = [false; 2];
    while dies(&office, &["restore", &file, "--force"], step) {
        let old = later(&office) == Some(1);
        assert_eq!(held(&office), Some(i64::from(!old)), "step {step}");
        seen[usize::from(old)] = true;
        assert_eq!(office.punches(), 8, "step {step}");
        if old {
            // in place and whole, its archive too
            assert_eq!(office.timbra(&["verify"]).code, Some(0), "step {step}");
            assert_eq!(office.files("store/archive/ingresso").len(), 1, "step {step}");
        } else {
            // what is not in place yet is completed by the same command, and the old one is aside
            let kept = fs::read_dir(office.path("store")).unwrap().map(|entry| entry.unwrap().path());
            let kept = kept.filter(|path| path.join("timbra.sqlite").exists()).collect::<Vec<_>>();
            let has_later = kept.iter().any(|folder| {
                let store = rusqlite::Connection::open(folder.join("timbra.sqlite")).unwrap();
                store
                    .query_row("SELECT count(*) FROM fact WHERE name = 'later'", [], |row| {
                        row.get::<_, i64>(0)
                    })
                    .unwrap()
                    == 1
            });
            assert!(has_later, "step {step}: {kept:?}");
            let said = office.timbra(&["restore", &file, "--force"]);
            assert_eq!(said.code, Some(0), "step {step}: {said:?}");
            assert_eq!(office.timbra(&["verify"]).code, Some(0), "step {step}");
            assert_eq!(office.files("store/archive/ingresso").len(), 1, "step {step}");
            // and the old state again, for the next kill
            tamper(
                &office,
                "DELETE FROM fact WHERE name = 'restored'; INSERT INTO fact VALUES ('later', 'yes')",
            );
        }
        assert!(!office.path("store/.restore").exists() || old, "step {step}");
        step += 1;
    }
    assert_eq!(seen, [true, true], "both sides of the switch were tried, {step} steps");
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
    assert!(!office.path("store/.restore").exists());
}

#[test]
fn a_killed_restore_where_nothing_was_is_completed_by_the_same_command() {
    let office = sent();
    let file = backed_up(&office);
    let mut step = 1;
    loop {
        fs::remove_dir_all(office.path("store")).unwrap();
        fs::create_dir(office.path("store")).unwrap();
        if !dies(&office, &["restore", &file], step) {
            break;
        }
        let said = office.timbra(&["restore", &file]);
        assert_eq!(said.code, Some(0), "step {step}: {said:?}");
        assert_eq!(office.timbra(&["verify"]).code, Some(0), "step {step}");
        assert_eq!(office.files("store/archive/ingresso").len(), 1, "step {step}");
        step += 1;
    }
    assert!(step > 2, "it has steps: {step}");
}

#[test]
fn a_killed_restore_of_a_configuration_leaves_one_in_place_and_loses_none() {
    let office = sent();
    let file = backed_up(&office);
    let other = tempfile::tempdir().unwrap();
    let etc = other.path().join("etc");
    let place = etc.join("timbra.toml");
    let mut step = 1;
    let arguments = ["restore", &file, "--force", "--with-configuration", etc.to_str().unwrap()];
    let mut seen = [false; 2];
    loop {
        // another one for each step: what an earlier step put aside is not taken for it
        let old = format!("old {step}");
        drop(fs::remove_dir_all(&etc));
        fs::create_dir(&etc).unwrap();
        fs::write(&place, &old).unwrap();
        let is_old = |path: &Path| fs::read_to_string(path).is_ok_and(|text| text == old);
        let is_aside = || {
            let mut entries = fs::read_dir(other.path()).unwrap().map(|entry| entry.unwrap());
            entries.any(|entry| {
                entry.file_name().to_string_lossy().starts_with("etc.replaced-")
                    && is_old(&entry.path().join("timbra.toml"))
            })
        };
        let died = dies(&office, &arguments, step);
        seen[usize::from(is_old(&place))] = true;
        if is_old(&place) {
            assert_eq!(fs::read_dir(&etc).unwrap().count(), 1, "step {step}");
        } else {
            assert!(etc.join("agreements/roma-01.toml").exists() && is_aside(), "step {step}");
        }
        if !died {
            break;
        }
        let said = office.timbra(&arguments);
        assert_eq!(said.code, Some(0), "step {step}: {said:?}");
        assert!(etc.join("agreements/roma-01.toml").exists() && is_aside(), "step {step}");
        assert!(!other.path().join(".etc.part").exists(), "step {step}");
        step += 1;
    }
    assert_eq!(seen, [true, true], "both sides of the change were tried, {step} steps");
}

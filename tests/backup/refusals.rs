use std::fs;

use super::{backed_up, sent, tamper};
use crate::office::Office;

/// What stands in the store's folder.
fn names(office: &Office) -> Vec<String> {
    let entries = fs::read_dir(office.path("store")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

#[test]
fn a_backup_is_not_written_over_what_it_is_a_backup_of() {
    let office = sent();
    for inside in ["store/timbra.sqlite", "store/new.tar", "etc/timbra.toml", "etc/agreements/new.tar"] {
        let before = fs::read(office.path(inside)).ok();
        let said = office.timbra(&["backup", office.path(inside).to_str().unwrap(), "--force"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.err.contains("does not belong into the folder"), "{said:?}");
        assert_eq!(fs::read(office.path(inside)).ok(), before);
    }
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn a_configuration_is_not_put_aside_with_a_store_inside_or_by_two_at_once() {
    let office = sent();
    let (etc, file) = (office.path("etc"), backed_up(&office));
    let restore = |file: &str| {
        office.timbra(&["restore", file, "--force", "--with-configuration", etc.to_str().unwrap()])
    };
    // another one is at it
    fs::create_dir(office.path(".etc.part")).unwrap();
    let other = fs::File::open(office.path(".etc.part")).unwrap();
    other.lock().unwrap();
    let said = restore(&file);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("another restore is under way"), "{said:?}");
    assert!(office.path(".etc.part").exists());
    drop(other);
    // the store moves into the folder of the configuration
    let settings = office.path("etc/timbra.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("folder = \"../store\"", "folder = \"store\"")).unwrap();
    fs::rename(office.path("store"), office.path("etc/store")).unwrap();
    let file = office.path("inside.tar").to_str().unwrap().to_owned();
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = restore(&file);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("lies inside of"), "{said:?}");
    assert!(office.path("etc/store/timbra.sqlite").exists() && !office.path(".etc.part").exists());
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn nothing_is_restored_over_a_store_without_being_asked_and_nothing_under_a_daemon() {
    let office = sent();
    let file = backed_up(&office);
    let before = names(&office);
    let said = office.timbra(&["restore", &file]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("there is a store in") && said.err.contains("add --force"), "{said:?}");
    let daemon = office.run_ready();
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("another timbra runs on this store"), "{said:?}");
    drop(daemon);
    // somebody looks at it by other means
    let reader = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    reader.query_row("SELECT count(*) FROM punch", [], |_| Ok(())).unwrap();
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("locked by another process"), "{said:?}");
    drop(reader);
    let said = office.timbra(&["restore", &file, "--check"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out.starts_with("CONSEGNA DI TIMBRA") && said.err.contains("nothing was changed"),
        "{said:?}"
    );
    assert_eq!(names(&office), before);
    assert_eq!(office.punches(), 8);
}

#[test]
fn what_was_there_is_put_aside_whole() {
    let office = sent();
    let file = backed_up(&office);
    tamper(&office, "INSERT INTO fact VALUES ('later', 'yes')");
    let archived = office.files("store/archive/ingresso");
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let aside = names(&office).into_iter().find(|name| name.starts_with("replaced-")).unwrap();
    assert!(said.err.contains(&aside), "{said:?}");
    let old = rusqlite::Connection::open(office.path("store").join(&aside).join("timbra.sqlite")).unwrap();
    let later = |store: &rusqlite::Connection| {
        store
            .query_row("SELECT count(*) FROM fact WHERE name = 'later'", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(later(&old), 1);
    assert_eq!(office.number("SELECT count(*) FROM fact WHERE name = 'later'"), Some(0));
    let inside = format!("store/{aside}/archive/ingresso");
    assert_eq!(office.files(&inside).len(), archived.len());
    assert_eq!(office.files("store/archive/ingresso"), archived);
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn the_log_of_a_database_that_was_moved_away_is_not_replayed_over_the_new_one() {
    let office = sent();
    let file = backed_up(&office);
    let database = office.path("store/timbra.sqlite");
    let log = office.path("store/timbra.sqlite-wal");
    let writer = rusqlite::Connection::open(&database).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; INSERT INTO fact VALUES ('later', 'yes')").unwrap();
    let left = fs::read(&log).unwrap();
    assert!(!left.is_empty());
    drop(writer);
    fs::remove_file(&database).unwrap();
    fs::write(&log, &left).unwrap();
    let said = office.timbra(&["restore", &file]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let count = |name: &str| office.number(&format!("SELECT count(*) FROM fact WHERE name = '{name}'"));
    assert_eq!([count("later"), count("restored")], [Some(0), Some(1)]);
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
    let aside = names(&office).into_iter().find(|name| name.starts_with("replaced-")).unwrap();
    let kept = office.path("store").join(aside).join("timbra.sqlite-wal");
    assert_eq!(fs::read(kept).unwrap(), left);
}

#[test]
fn a_file_that_is_no_whole_backup_changes_nothing() {
    let office = sent();
    let file = backed_up(&office);
    let bytes = fs::read(&file).unwrap();
    let before = names(&office);
    let other = office.path("other.tar");
    let path = other.to_str().unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    for (content, seen) in [
        (&bytes[..bytes.len() / 2], "it was cut"),
        (&bytes[..bytes.len() - 512], "it was cut"),
        (&changed, "is not what its list says"),
        (&b"not a backup at all"[..], "is not used"),
        (&[], "it was cut"),
    ] {
        fs::write(&other, content).unwrap();
        for arguments in
            [&["restore", path, "--force"][..], &["restore", path, "--check"], &["verify", "--backup", path]]
        {
            let said = office.timbra(arguments);
            assert_eq!(said.code, Some(1), "{said:?}");
            assert!(said.err.contains(seen) && said.err.contains("nothing was changed"), "{seen}: {said:?}");
        }
    }
    let said = office.timbra(&["restore", "/nowhere.tar"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(names(&office), before);
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn a_backup_of_a_newer_program_is_refused_and_one_of_an_older_is_brought_up_to_date() {
    let office = sent();
    let folder = tempfile::tempdir().unwrap();
    super::unpack(&backed_up(&office), folder.path());
    let repacked = |change: &str, about: &str| {
        let place = folder.path().join("timbra.sqlite");
        rusqlite::Connection::open(place).unwrap().execute_batch(change).unwrap();
        let text = fs::read_to_string(folder.path().join("backup.json")).unwrap();
        fs::write(folder.path().join("backup.json"), text.replace("\"form\": 1", about)).unwrap();
        let to = office.path("repacked.tar");
        super::repack(folder.path(), to.to_str().unwrap());
        office.timbra(&["restore", to.to_str().unwrap(), "--force"])
    };
    let said = repacked("PRAGMA user_version = 99", "\"form\": 1");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("has schema 99") && said.err.contains("install the newer version"), "{said:?}");
    let said = repacked("PRAGMA user_version = 12", "\"form\": 2");
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("a newer timbra made it"), "{said:?}");
    assert!(!office.path("store/.restore").exists());
    assert_eq!(office.punches(), 8);
}

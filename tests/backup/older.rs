//! A store that an older program left, and perhaps still has open.

use std::fs;

use super::{sent, unpack};
use crate::office::Office;

const OPEN: [&str; 6] = ["malfunction", "open", "--kind", "network", "--systems", "rete"];

/// Puts a store of the schema before the newest into the place of an office's: the number of that schema.
fn made_older(office: &Office) -> i64 {
    let database = office.path("store/timbra.sqlite");
    fs::remove_dir_all(office.path("store")).unwrap();
    fs::create_dir(office.path("store")).unwrap();
    let store = rusqlite::Connection::open(database).unwrap();
    store.pragma_update(None, "journal_mode", "WAL").unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/schema");
    let mut steps: Vec<_> = fs::read_dir(folder).unwrap().map(|step| step.unwrap().path()).collect();
    steps.sort();
    steps.pop();
    for step in &steps {
        store.execute_batch(&fs::read_to_string(step).unwrap()).unwrap();
    }
    store
        .execute_batch("INSERT INTO fact VALUES ('kept', 'yes'); INSERT INTO reader (name) VALUES ('porta')")
        .unwrap();
    let schema = i64::try_from(steps.len()).unwrap();
    store.pragma_update(None, "user_version", schema).unwrap();
    schema
}

fn schema(office: &Office) -> i64 {
    office.number("SELECT user_version FROM pragma_user_version").unwrap()
}

#[test]
fn a_store_is_brought_up_to_date_only_while_nobody_else_has_it_open() {
    let office = sent();
    let older = made_older(&office);
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("of an older version: back it up (`timbra backup FILE`), then restart"),
        "{said:?}"
    );
    // the older daemon
    let daemon = fs::File::open(office.path("store")).unwrap();
    daemon.lock_shared().unwrap();
    let said = office.timbra(&OPEN);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("another timbra has it open") && said.err.contains("restart the service"),
        "{said:?}"
    );
    assert_eq!((schema(&office), said.out.as_str()), (older, ""));
    drop(daemon);
    let said = office.timbra(&OPEN);
    assert!(matches!(said.code, Some(0 | 3)), "{said:?}");
    assert_eq!(schema(&office), older + 1);
    assert_eq!(office.number("SELECT count(*) FROM fact WHERE name = 'kept'"), Some(1));
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn an_older_store_is_backed_up_as_it_is() {
    let office = sent();
    let older = made_older(&office);
    let file = super::backed_up(&office);
    assert_eq!(schema(&office), older);
    let place = tempfile::tempdir().unwrap();
    unpack(&file, place.path());
    let copy = rusqlite::Connection::open(place.path().join("timbra.sqlite")).unwrap();
    let copied: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(copied, older, "its own program can go on with it");
    let about = fs::read_to_string(place.path().join("backup.json")).unwrap();
    assert!(about.contains(&format!("\"schema\": {older}")), "{about}");
    let left: Vec<_> =
        fs::read_dir(office.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("timbra-part")), "{left:?}");
    // what came before it was brought up to date does not make it another store
    rusqlite::Connection::open(office.path("store/timbra.sqlite"))
        .unwrap()
        .execute_batch(
            "INSERT INTO clock_confirmation VALUES (1, 2, 'anna'); INSERT INTO reader (name) VALUES ('p2')",
        )
        .unwrap();
    assert!(matches!(office.timbra(&OPEN).code, Some(0 | 3)));
    let said = office.timbra(&["verify", "--since", &file]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(schema(&office), older + 1);
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

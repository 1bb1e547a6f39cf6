//! Commands that open the store while a restore replaces its database: each works on one of the two, and
//! neither is damaged. Real processes.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{backed_up, sent};

const OPEN: [&str; 5] = ["malfunction", "open", "--kind", "network", "--systems"];

#[test]
fn a_command_waits_for_the_new_database_and_a_restore_for_the_command() {
    let office = sent();
    let file = backed_up(&office);
    let (store, aside) = (office.path("store"), office.path("aside"));
    let holder = fs::File::open(&store).unwrap();
    // a command has it open
    holder.lock_shared().unwrap();
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("locked by another process"), "{said:?}");
    let replaced = |name: fs::DirEntry| name.file_name().to_string_lossy().starts_with("replaced-");
    assert!(!fs::read_dir(&store).unwrap().any(|entry| replaced(entry.unwrap())));
    assert_eq!(office.number("SELECT count(*) FROM fact WHERE name = 'restored'"), Some(0));
    // a restore is about to replace it
    holder.lock().unwrap();
    let mut command = office.command(&[&OPEN[..], &["rete"]].concat());
    let mut command = command.spawn().unwrap();
    let opened = format!("/proc/{}/fd", command.id());
    let has_open = |name: &std::path::Path| {
        let mut entries = fs::read_dir(&opened).into_iter().flatten().flatten();
        entries.any(|entry| fs::read_link(entry.path()).is_ok_and(|place| place == name))
    };
    while !has_open(&store) {
        assert!(command.try_wait().unwrap().is_none(), "it did not ask whether it may open the store");
    }
    let database = store.join("timbra.sqlite");
    assert!(!has_open(&database), "it has the old database open");
    let copy = store.join("copy");
    fs::copy(&database, &copy).unwrap();
    fs::rename(&database, &aside).unwrap();
    fs::rename(&copy, &database).unwrap();
    drop(holder);
    let ended = command.wait().unwrap();
    assert!(matches!(ended.code(), Some(0 | 3)), "{ended}");
    assert_eq!(office.number("SELECT count(*) FROM malfunction"), Some(1));
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
    let old = rusqlite::Connection::open(&aside).unwrap();
    let count = old.query_row("SELECT count(*) FROM malfunction", [], |row| row.get::<_, i64>(0));
    assert_eq!(count.unwrap(), 0);
}

#[test]
fn commands_and_restores_at_the_same_time_damage_nothing() {
    let office = sent();
    let file = backed_up(&office);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for name in ["rete", "mail"] {
            let (office, over) = (&office, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let said = office.timbra(&[&OPEN[..], &[name]].concat());
                    let busy = said.err.contains("locked by another process");
                    assert!(matches!(said.code, Some(0 | 3)) || busy, "{said:?}");
                }
            });
        }
        let mut restored = 0;
        for _ in 0..12 {
            let said = office.timbra(&["restore", &file, "--force"]);
            restored += u32::from(said.code == Some(0));
            assert!(said.code == Some(0) || said.err.contains("locked by another process"), "{said:?}");
        }
        over.store(true, Ordering::Relaxed);
        assert!(restored > 0, "not one had its turn");
    });
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for entry in fs::read_dir(office.path("store")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.join("timbra.sqlite").exists() {
            let old = rusqlite::Connection::open(entry.join("timbra.sqlite")).unwrap();
            let found = old.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
            assert_eq!(found.unwrap(), "ok", "{}", entry.display());
        }
    }
}

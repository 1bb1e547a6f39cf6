//! The file of the lock is removed under a running daemon: it takes the lock anew before another one starts, or
//! ends before it sends anything more.

use std::fs;

use crate::office::{Office, month_ago, regular_days, working_days};

#[test]
fn a_lock_that_was_removed_is_taken_anew_and_keeps_a_second_daemon_out() {
    let office = Office::new();
    let lock = office.path("store/timbra.lock");
    let daemon = office.run_ready();
    fs::remove_file(&lock).unwrap();
    office.until_told("the lock of the store was removed or replaced; it was taken anew");
    assert!(lock.exists());
    let second = office.timbra(&["run"]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.err.contains("another timbra runs on this store"), "{second:?}");
    let status = office.timbra(&["status"]);
    assert!(status.out.contains("runs since"), "{status:?}");
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
}

#[test]
fn a_daemon_whose_lock_another_one_has_ends_and_says_why() {
    let office = Office::new();
    let mut daemon = office.run_ready();
    let (lock, new) = (office.path("store/timbra.lock"), office.path("store/other"));
    let other = fs::File::create(&new).unwrap();
    other.lock().unwrap();
    fs::rename(&new, &lock).unwrap();
    office.until_told("another one runs on the store now: this one ends and sends nothing more");
    assert_eq!(daemon.child.wait().unwrap().code(), Some(1));
    let noted = "SELECT count(*) FROM fact WHERE name = 'daemon' AND value LIKE 'runs %'";
    assert_eq!(office.number(noted), Some(1), "the other one was not stopped");
    drop(other);
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").drop("export.dat", regular_days("5", &days));
    office.run_until_sent(1);
}

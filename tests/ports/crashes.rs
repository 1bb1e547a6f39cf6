//! `kill -9` at every durable step: what was committed is there once, and the daemon goes on.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use crate::office::{Office, PATIENCE};

use super::reader::{Reader, office, until_open};

/// Shows cards to a daemon that dies right before its n-th durable step. False when it did not die.
fn dies_at(step: u32, office: &mut Office, reader: &mut Reader) -> bool {
    office.environment = vec![("TIMBRA_CRASH_AT", step.to_string())];
    let mut daemon = office.run();
    office.environment.clear();
    let started = Instant::now();
    let opened = office.journal().matches("the port is open").count();
    let mut shown = false;
    loop {
        if let Some(ended) = daemon.child.try_wait().unwrap() {
            assert_eq!(ended.signal(), Some(6), "{ended} at step {step}: {}", office.journal());
            return true;
        }
        if !shown && office.journal().matches("the port is open").count() > opened {
            reader.show([1_000 + step]);
            shown = true;
        }
        let stored = format!("SELECT count(*) FROM punch WHERE badge = '{:010}'", 1_000 + step);
        if shown && office.number(&stored) == Some(1) {
            return daemon.stop().0.signal() == Some(6);
        }
        assert!(started.elapsed() < PATIENCE, "step {step}: {}", office.journal());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn killed_at_any_step_it_goes_on_with_what_was_stored() {
    let mut office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let mut step = 1;
    while dies_at(step, &mut office, &mut reader) {
        step += 1;
    }
    assert!(step > 4, "{step}");
    let daemon = office.run_ready();
    let before = office.punches();
    reader.show([1]);
    office.until("it goes on", || office.punches() == before + 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    let whole = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'";
    assert_eq!(office.number(whole), Some(1));
    // the chain of the reader has no link missing, and each punch its batch
    let links = "SELECT count(*) - max(link) FROM batch";
    assert_eq!(office.number(links), Some(0));
    let strays = "SELECT count(*) FROM punch LEFT JOIN batch ON batch.id = batch WHERE batch.id IS NULL";
    assert_eq!(office.number(strays), Some(0));
    until_open(&office, "porta", 2);
}

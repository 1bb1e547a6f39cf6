//! Floods, locks, full memory: nobody else notices, and nothing that was taken is lost.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::reader::{Reader, office, status, table, until_open};

/// Kilobytes of memory that a process had at most.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_flood_of_noise_costs_bounded_memory_and_leaves_the_others_alone() {
    let mut office = office();
    office.readers += &table("rumore", "rumore");
    office.write();
    let mut quiet = Reader::plug_in(&office, "porta");
    let mut noisy = Reader::plug_in(&office, "rumore");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    until_open(&office, "rumore", 1);
    let before = peak(daemon.child.id());
    let enough = Arc::new(AtomicBool::new(false));
    let flood = {
        let enough = Arc::clone(&enough);
        std::thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(4);
            let mut sent = 0_u64;
            while !enough.load(Ordering::Relaxed) || sent < 4_000_000 {
                // noise, and frames whose checksum is wrong
                let bytes: Vec<u8> = (0..1000).map(|_| random.u8(..)).collect();
                noisy.send(&bytes);
                (0..20)
                    .for_each(|_| noisy.send(format!("\x02{:012X}\x03", random.u64(..1 << 48)).as_bytes()));
                sent += 1280;
            }
            noisy
        })
    };
    // one wrong checksum in 256 is right by chance: only the quiet reader's are counted
    let own = "SELECT count(*) FROM punch JOIN reader ON reader.id = reader WHERE name = 'porta'";
    for card in 1..=50 {
        quiet.show([card]);
        office.until("a card at the quiet reader", || office.number(own) == Some(i64::from(card)));
    }
    enough.store(true, Ordering::Relaxed);
    let noisy = flood.join().unwrap();
    let grown = peak(daemon.child.id()) - before;
    assert!(grown < 8_000, "{grown} KB more");
    assert_eq!(daemon.stop().0.code(), Some(0));
    drop(noisy);
    let said = status(&office, "rumore");
    assert!(said["quarantine"].as_u64().unwrap() <= 510, "{said}");
    assert!(said["port"]["unkept"].as_u64().unwrap() > 500, "{said}");
    assert!(office.journal().lines().count() < 40, "{}", office.journal());
}

#[test]
fn what_a_locked_store_cannot_take_waits() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show([1]);
    office.until("the first is stored", || office.punches() == 1);
    let other = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    reader.show(2..=300);
    office.until_told("what came over the ports waits in memory");
    assert_eq!(office.punches(), 1);
    drop(other);
    office.until("all is stored", || office.punches() == 300);
    office.until_told("the store takes what came over the ports again");
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn what_no_place_is_left_for_is_counted_and_told() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    let other = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    reader.show(1..=4_200);
    office.until_told("what comes now is lost");
    drop(other);
    office.until("the rest is stored", || office.punches() >= 4_000);
    reader.show([9_999]);
    let later = "SELECT count(*) FROM punch WHERE badge = '0000009999'";
    office.until("it goes on", || office.number(later) == Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    let lost = status(&office, "porta")["port"]["lost"].as_i64().unwrap();
    assert!(lost > 0);
    assert_eq!(office.punches() + lost, 4_201);
    assert_eq!(office.journal().matches("what comes now is lost").count(), 1);
}

#[test]
fn what_comes_while_the_store_is_away_waits_and_no_other_is_made() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show([1]);
    office.until("the first is stored", || office.punches() == 1);
    let (store, away) = (office.path("store"), office.path("away"));
    fs::rename(&store, &away).unwrap();
    reader.show(2..=5);
    office.until_told("ERROR what came over the ports waits in memory");
    daemon.signal("HUP");
    office.until_told("ERROR cannot go on with the new configuration yet");
    assert!(!store.exists(), "a new store would count the months from 1 again");
    // the backup that is put back is another file
    fs::create_dir(&store).unwrap();
    let backup = rusqlite::Connection::open(away.join("timbra.sqlite")).unwrap();
    backup.execute("VACUUM INTO ?1", [store.join("timbra.sqlite").to_str().unwrap()]).unwrap();
    drop(backup);
    office.until("all is stored", || office.punches() == 5);
    office.until("it goes on", || office.journal().matches("timbra runs").count() == 2);
    let other = office.timbra(&["run"]);
    assert!(other.err.contains("another timbra runs on this store"), "{other:?}");
    assert_eq!(daemon.stop().0.code(), Some(0));
}

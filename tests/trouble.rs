//! A store that is locked or full: told, waited for, and nothing counts as taken that is not.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::office::{Daemon, Office, PATIENCE, TIMBRA, month_ago, regular_days, skipped, working_days};
use crate::smtp_server::Act::Late;
use crate::smtp_server::{Exchange, Script};

/// Holds the right to write until dropped.
fn lock(office: &Office) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[test]
fn a_locked_store_is_waited_for() {
    let stopped = std::thread::spawn(a_locked_store_does_not_hold_up_the_end);
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    let _daemon = office.run_ready();
    office.until("the empty month is sent", || office.states() == ["smtp_accepted"]);
    let other = lock(&office);
    office.drop("a.dat", regular_days("5", &days));
    office.until_told("the store is locked by another process");
    assert_eq!(office.punches(), 0);
    // commands that only read go on
    assert_eq!(office.timbra(&["outbox"]).code, Some(0));
    drop(other);
    office.until("it is taken", || office.files("store/archive/ingresso").len() == 1);
    assert_eq!(office.punches(), 8);
    stopped.join().unwrap();
}

fn a_locked_store_does_not_hold_up_the_end() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    let daemon = office.run_ready();
    let other = lock(&office);
    office.drop("b.dat", regular_days("5", &days));
    office.until("it is claimed", || office.files("drop/.timbra-claimed").len() == 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 0);
    drop(other);
    let _daemon = office.run();
    office.until("it is taken", || office.files("store/archive/ingresso").len() == 1);
    assert_eq!(office.punches(), 8);
}

/// An office whose one letter is on its way to a server that answers late.
fn letter_under_way(server: &Exchange) -> (Office, Daemon) {
    let mut office = Office::new();
    office.mail_by_smtp(server.port);
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    let daemon = office.run_ready();
    office.until("the letter is under way", || office.states() == ["handing_over"]);
    (office, daemon)
}

#[test]
fn a_slow_mail_server_holds_up_nobody_and_gets_no_second_letter() {
    const SLOW: Script = &[("dot", Late(5, "250 ok\r\n"))];
    let ended = std::thread::spawn(|| {
        let server = Exchange::start(vec![SLOW, &[]]);
        let (office, daemon) = letter_under_way(&server);
        assert_eq!(daemon.stop().0.code(), Some(0));
        let days = working_days(month_ago(1), 1);
        office.agreement("roma-02", "6", &days, "");
        let _daemon = office.run_ready();
        office.until("it is doubtful", || office.states() == ["uncertain"]);
        office.drop("b.dat", regular_days("6", &days));
        office.until("the next one is sent", || office.states() == ["uncertain", "smtp_accepted"]);
        assert_eq!(server.accepted(), 2, "one conversation for each");
    });
    let server = Exchange::start(vec![SLOW]);
    let (office, daemon) = letter_under_way(&server);
    // the new session finds the letter in the hands of the old one
    daemon.signal("HUP");
    office.until("it goes on", || office.journal().matches("timbra runs").count() == 2);
    assert_eq!(office.states(), ["handing_over"]);
    office.until("it is settled", || office.states() != ["handing_over"]);
    assert_eq!(office.states(), ["smtp_accepted"]);
    assert_eq!(server.accepted(), 1);
    ended.join().unwrap();
}

/// The inside of a mount namespace where the store lies on a disk of 1 MB, of which 430 KB are free: room for a
/// new store, and not for the file.
const SMALL_DISK: &str = "mount -t tmpfs -o size=1m none \"$1/store\" && head -c 620000 /dev/zero > \"$1/store/filler\" \
    && exec \"$2\" run --config \"$1/etc\"";

#[test]
fn a_full_disk_takes_nothing_and_gives_it_back_later() {
    let office = Office::new();
    let days = working_days(month_ago(1), 5);
    // half a megabyte of punches that nobody holds
    let many: String = (0..10_000)
        .map(|n| {
            crate::office::line(
                "77",
                days[0],
                &format!("{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60),
                0,
            )
        })
        .collect();
    let content = many + &regular_days("5", &days);
    std::fs::create_dir(office.path("store")).unwrap();
    office.drop("a.dat", &content);
    let allowed = Command::new("unshare").args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        skipped("no mount namespaces here: the full disk was not tried");
        return;
    }
    let journal = std::fs::File::create(office.path("journal")).unwrap();
    let mut child = Command::new("unshare")
        .args(["-Urm", "sh", "-c", SMALL_DISK, "sh"])
        .args([office.path("").as_os_str(), TIMBRA.as_ref()])
        .stdout(Stdio::null())
        .stderr(journal)
        .spawn()
        .unwrap();
    office.until_told("the disk of the store is full");
    let inside = |path: &str| {
        let root = format!("/proc/{}/root", child.id());
        std::path::Path::new(&root).join(office.path(path).strip_prefix("/").unwrap())
    };
    let claimed = office.files("drop/.timbra-claimed");
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    assert_eq!(claimed[0].1, content.as_bytes());
    // space again: a larger disk
    let resize = format!("mount -o remount,size=40m {}", office.path("store").display());
    let pid = child.id().to_string();
    let resized = Command::new("nsenter")
        .args(["-t", &pid, "-U", "-m", "--preserve-credentials", "sh", "-c", &resize])
        .status();
    assert!(resized.unwrap().success());
    let started = Instant::now();
    while std::fs::read_dir(inside("store/archive/ingresso")).map_or(0, Iterator::count) == 0 {
        assert!(started.elapsed() < PATIENCE, "{}", office.journal());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(office.files("drop/.timbra-claimed").is_empty());
    let archived = std::fs::read_dir(inside("store/archive/ingresso")).unwrap().next().unwrap().unwrap();
    assert_eq!(std::fs::read(archived.path()).unwrap(), content.as_bytes());
    assert!(office.journal().contains("read=10020"), "{}", office.journal());
    assert_eq!(office.journal().matches("the disk of the store is full").count(), 1, "said once");
    let done = Command::new("kill").args(["-s", "TERM", &pid]).status();
    assert!(done.unwrap().success());
    assert!(child.wait().unwrap().success());
}

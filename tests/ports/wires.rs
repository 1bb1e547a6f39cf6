//! However the bytes come: each card that is shown is one punch.

use super::reader::{Reader, frame, office, status, table, until_open};

#[test]
fn cards_are_punches_however_their_bytes_come() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    for byte in frame(1) {
        reader.send(&[byte]);
    }
    office.until("byte by byte", || office.punches() == 1);
    for split in 1..frame(2).len() {
        let frame = frame(u32::try_from(100 + split).unwrap());
        reader.send(&frame[..split]);
        reader.send(&frame[split..]);
    }
    office.until("split at every position", || office.punches() == 14);
    reader.send(&[frame(3), frame(4), frame(5)].concat());
    office.until("merged", || office.punches() == 17);
    reader.send(&[b"\xff\x00noise\x0201".as_slice(), &frame(6), b"\r\n?", &frame(7)].concat());
    office.until("with garbage between", || office.punches() == 19);
    reader.send(&[frame(7), frame(7), frame(8), frame(7)].concat());
    office.until("the same card still there", || office.punches() == 20);
    let badges = "SELECT count(*) FROM punch WHERE length(badge) = 10 AND zone_minutes IS NOT NULL AND length(raw) = 14";
    assert_eq!(office.number(badges), Some(20));
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
    let said = status(&office, "porta");
    assert_eq!(said["port"]["state"], "stopped", "{said}");
    assert_eq!(
        (&said["port"]["reads"], &said["port"]["repeats"], &said["port"]["rejected"]),
        (&20.into(), &3.into(), &2.into()),
        "{said}"
    );
    assert_eq!(said["quarantine"], 2, "{said}");
}

#[test]
fn a_reader_may_come_late_go_in_the_middle_of_a_frame_and_come_back() {
    let office = office();
    let daemon = office.run_ready();
    office.until_told("the port cannot be opened");
    office.until("that is noted", || status(&office, "porta")["port"]["state"] == "gone");
    let mut reader = Reader::plug_in(&office, "porta");
    until_open(&office, "porta", 1);
    reader.show([1, 2]);
    office.until("it is read", || office.punches() == 2);
    reader.send(&frame(3)[..9]);
    drop(reader);
    office.until_told("the port is gone");
    let mut reader = Reader::plug_in(&office, "porta");
    until_open(&office, "porta", 2);
    reader.send(&frame(3)[9..]);
    reader.show([4]);
    office.until("the next one is read", || office.punches() == 3);
    assert_eq!(office.number("SELECT count(*) FROM punch WHERE badge = '0000000003'"), Some(0));
    let gaps = "SELECT count(*) FROM gap WHERE ended IS NOT NULL";
    assert_eq!(office.number(gaps), Some(2), "before it came, and while it was away");
    let status = office.timbra(&["status", "--json"]).json();
    let told = status["readers"].as_array().unwrap().iter().find(|reader| reader["id"] == "porta").unwrap();
    let told = told["gaps"].as_array().unwrap();
    assert!(
        told.len() == 2 && told.iter().all(|gap| gap["from"].is_string() && gap["to"].is_string()),
        "{status}"
    );
    let screen = office.timbra(&["status"]).out;
    assert_eq!(screen.matches("nobody listened 2").count(), 2, "{screen}");
    // what was said of it was said once
    assert_eq!(office.journal().matches("the port cannot be opened").count(), 1, "{}", office.journal());
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn a_card_shown_right_before_the_end_is_kept() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show(1..=100);
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 100);
}

#[test]
fn a_port_belongs_to_one_daemon() {
    let first = office();
    let mut reader = Reader::plug_in(&first, "porta");
    let _first = first.run_ready();
    until_open(&first, "porta", 1);
    let second = office();
    std::os::unix::fs::symlink(first.path("porta"), second.path("porta")).unwrap();
    let _second = second.run_ready();
    second.until_told("is in use: stop the other program");
    reader.show([1]);
    first.until("the first goes on", || first.punches() == 1);
    assert_eq!(second.punches(), 0);
}

#[test]
fn readers_of_different_kinds_stand_side_by_side() {
    let mut office = office();
    office.readers += &table("garage", "garage").replace("rdm6300", "giga-tms").replace("toggle", "record");
    office.readers += "directions = { \"1\" = \"in\", \"2\" = \"out\" }\n";
    office.readers += &table("banca", "banca").replace("rdm6300", "track2");
    office.write();
    let mut own_time = Reader::plug_in(&office, "garage");
    let mut stripe = Reader::plug_in(&office, "banca");
    let mut host_time = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    for id in ["porta", "garage", "banca"] {
        until_open(&office, id, 1);
    }
    let today = timbra::daemon::clock::now().format("%d-%m-%Y").to_string();
    let record = |event: u8, at: &str, card: &str| format!("{event}\t{at}\t'{card}\t00\t01\r\n");
    own_time.send(record(1, &format!("{today}\t00:00:05"), "0012345").as_bytes());
    own_time.send(record(2, &format!("{today}\t00:00:06"), "0012345").as_bytes());
    // once more, as a terminal does that got no answer
    own_time.send(record(2, &format!("{today}\t00:00:06"), "0012345").as_bytes());
    // a clock that lost its time, and one that is fast
    own_time.send(record(1, "01-01-2000\t00:00:20", "0012345").as_bytes());
    own_time.send(record(1, "01-01-2099\t08:00:00", "0012345").as_bytes());
    stripe.send(b";1234567890?5\r");
    // a bank card swiped by mistake leaves nothing behind
    stripe.send(b";4539578763621486=30011010000000000000?\r");
    host_time.show([7]);
    office.until("all is read", || office.punches() == 4);
    office.until("the others wait", || office.number("SELECT count(*) FROM quarantine") == Some(2));
    let early = "SELECT count(*) FROM quarantine WHERE early = 1";
    assert_eq!(office.number(early), Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 4);
    assert_eq!(status(&office, "banca")["port"]["rejected"], 1);
    for (path, bytes) in office.files("store") {
        let found = bytes.windows(16).any(|window| window == b"4539578763621486");
        assert!(!found, "the bank card is in {}", path.display());
    }
    assert!(!office.journal().contains("4539578763621486"));
}

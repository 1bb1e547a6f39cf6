//! A reload while cards are shown, and frames that another configuration can read.

use std::time::Duration;

use super::reader::{Reader, frame, office, status, table, until_open};

#[test]
fn no_card_is_lost_while_the_configuration_changes() {
    let mut office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    let cards = std::thread::spawn(move || {
        for card in 1..=400 {
            reader.show([card]);
            std::thread::sleep(Duration::from_millis(5));
        }
        reader
    });
    for (reload, presence) in (2..).zip([3, 9, 5, 7]) {
        office.readers = table("porta", "porta") + &format!("presence_seconds = {presence}\n");
        office.readers += &table(&format!("altro-{reload}"), "nothing-here");
        office.write();
        daemon.signal("HUP");
        office.until("it is reloaded", || office.journal().matches("timbra runs").count() == reload);
    }
    let reader = cards.join().unwrap();
    office.until("all are stored", || office.punches() == 400);
    let opened = "the port is open reader=porta ";
    assert_eq!(office.journal().matches(opened).count(), 1, "{}", office.journal());
    assert_eq!(
        office.number("SELECT count(*) FROM gap JOIN reader ON reader.id = reader WHERE name = 'porta'"),
        Some(0)
    );
    assert_eq!(daemon.stop().0.code(), Some(0));
    drop(reader);
}

#[test]
fn another_name_or_speed_for_a_port_is_taken_up_by_a_reload() {
    let mut office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show([1]);
    office.until("it is stored", || office.punches() == 1);
    office.readers = table("ingresso", "porta");
    office.write();
    daemon.signal("HUP");
    office.until("it is reloaded", || office.journal().matches("timbra runs").count() == 2);
    reader.show([2]);
    let renamed = "SELECT count(*) FROM punch JOIN reader ON reader.id = reader WHERE name = 'ingresso'";
    office.until("it is stored under the new name", || office.number(renamed) == Some(1));
    office.readers = table("ingresso", "porta") + "baud = 19200\n";
    office.write();
    daemon.signal("HUP");
    until_open(&office, "ingresso", 1);
    reader.show([3]);
    office.until("it is opened anew", || office.punches() == 3);
    office.readers = String::new();
    office.write();
    daemon.signal("HUP");
    office.until("it is reloaded", || office.journal().matches("timbra runs").count() == 4);
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn frames_of_another_kind_are_punches_at_their_time_once_the_configuration_is_right() {
    let mut office = office();
    office.readers += "checksum = \"sum\"\npresence_seconds = 0\n";
    office.write();
    let mut reader = Reader::plug_in(&office, "porta");
    let daemon = office.run_ready();
    until_open(&office, "porta", 1);
    reader.show([70_000, 70_001]);
    office.until("they wait", || office.number("SELECT count(*) FROM quarantine") == Some(2));
    let seen = office.number("SELECT min(seen) / 1000 FROM quarantine").unwrap();
    // the same card again, later: the same bytes and another frame
    std::thread::sleep(Duration::from_millis(5_100));
    reader.send(&frame(70_000));
    office.until("another frame", || office.number("SELECT count(*) FROM quarantine") == Some(3));
    assert_eq!(status(&office, "porta")["quarantine"], 3);
    office.readers = table("porta", "porta");
    office.write();
    daemon.signal("HUP");
    office.until("they are punches", || office.punches() == 3);
    let at = "SELECT min(local - 60 * zone_minutes) FROM punch";
    assert_eq!(office.number(at), Some(seen));
    assert_eq!(status(&office, "porta")["quarantine"], 0);
    assert_eq!(daemon.stop().0.code(), Some(0));
}

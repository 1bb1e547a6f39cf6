//! The real daemon with readers of libosdp on its port: nothing is green before it is in the store.

use std::fs;

use serde_json::{Value, json};

use super::readers::Readers;
use super::{SITE, reader};
use crate::office::{Office, month_ago, working_days};
use crate::ports::reader::{Reader, table, until_open};
use crate::small_disk::SmallDisk;

/// The badge of the card that the readers are shown, when somebody holds it.
const BADGE: &str = "0008065495";

/// An office with a bus of readers: the first in clear, the others with the site key.
fn office(readers: &Readers, addresses: &[u8]) -> Office {
    let mut office = Office::new();
    fs::write(office.path("etc/site.key"), format!("{SITE}\n")).unwrap();
    office.readers = format!("[[osdp]]\nport = \"{}\"\n", readers.port.display());
    for (number, address) in addresses.iter().enumerate() {
        let key = if number == 0 { "" } else { "key_file = \"site.key\"\n" };
        office.readers += &format!(
            "[[osdp.reader]]\nid = \"porta-{address}\"\naddress = {address}\ndirection = \"toggle\"\n\
             presence_seconds = 0\n{key}"
        );
    }
    office.write();
    office.agreement("anna", BADGE, &working_days(month_ago(0), 1), "");
    office
}

fn until_online(office: &Office, times: usize) {
    office.until("the readers answer", || office.journal().matches("the reader answers").count() >= times);
}

fn show(readers: &mut Readers, address: u8, card: &str) {
    readers.order(&json!({ "address": address, "bits": 26, "card": card }));
}

fn light(address: u8, color: u8) -> Value {
    json!({ "address": address, "light": color, "control": 2 })
}

fn status(office: &Office, id: &str) -> Value {
    let status = office.timbra(&["status", "--json"]).json();
    status["readers"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
}

#[test]
fn green_comes_after_the_commit_and_only_for_a_badge_that_somebody_holds() {
    let Some(mut readers) = Readers::start(&[reader(5, None, false), reader(6, Some(SITE), true)]) else {
        return;
    };
    let office = office(&readers, &[5, 6]);
    let daemon = office.run_ready();
    until_online(&office, 2);
    for (number, address) in [(1, 5), (2, 6)] {
        show(&mut readers, address, "bd88eb80");
        assert_eq!(readers.until_told(), light(address, 2));
        assert_eq!(office.punches(), number, "it is in the store when the light is green");
        assert_eq!(readers.until_told(), json!({ "address": address, "beeps": 1 }));
    }
    // 18,37848 is nobody's: stored all the same, it may be assigned late
    show(&mut readers, 6, "0949ec40");
    assert_eq!(readers.until_told(), light(6, 1));
    assert_eq!(office.punches(), 3);
    let stored = "SELECT group_concat(badge || ' ' || hex(raw)) FROM punch WHERE badge = '0001217496'";
    assert_eq!(office.value::<String>(stored).unwrap(), "0001217496 5000011A000949EC40");
    // a card with wrong parity waits in quarantine
    show(&mut readers, 5, "0949ec00");
    assert_eq!(readers.until_told(), light(5, 1));
    office.until("it waits", || office.number("SELECT count(*) FROM quarantine") == Some(1));

    // a store that takes nothing: no light at all, and the bus goes on
    let other = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    show(&mut readers, 5, "2d00a200");
    office.until_told("what came over the ports waits in memory");
    readers.order(&json!({ "address": 6, "tamper": 1, "power": 0 }));
    office.until_told("the housing of the reader is open");
    assert_eq!((readers.told(), office.punches()), (None, 3));
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(readers.until_told(), light(5, 1));
    assert_eq!(office.punches(), 4);
    office.until("the open housing is on record", || {
        status(&office, "porta-6")["port"]["detail"] == "its housing is open"
    });
    readers.order(&json!({ "address": 6, "tamper": 0, "power": 0 }));
    office.until_told("the housing of the reader is closed again");
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(status(&office, "porta-6")["port"]["detail"], "");
    assert_eq!(status(&office, "porta-5")["port"]["reads"], 2);
    let journal = office.journal();
    assert!(!journal.contains(BADGE) && !journal.contains("1217496"), "{journal}");
}

#[test]
fn a_reader_is_missed_and_a_change_of_the_configuration_misses_nothing() {
    let Some(mut readers) = Readers::start(&[reader(5, None, false), reader(6, Some(SITE), true)]) else {
        return;
    };
    let office = office(&readers, &[5, 6]);
    let daemon = office.run_ready();
    until_online(&office, 2);
    // somebody else gets the badge: the readers stay as they are
    office.agreement("anna", "0001217496", &working_days(month_ago(0), 1), "");
    daemon.signal("HUP");
    office.until("it reloads", || office.journal().matches("timbra runs").count() == 2);
    show(&mut readers, 5, "bd88eb80");
    assert_eq!(readers.until_told(), light(5, 1));
    show(&mut readers, 6, "0949ec40");
    assert_eq!(readers.until_told(), light(6, 2));
    assert_eq!(readers.until_told(), json!({ "address": 6, "beeps": 1 }));
    assert_eq!(office.journal().matches("the reader answers").count(), 2, "nobody was asked anew");
    // without its key a reader is not used; what it is shown meanwhile, it keeps
    fs::write(office.path("etc/site.key"), "no key\n").unwrap();
    daemon.signal("HUP");
    office.until_told("a key is 32 hexadecimal digits");
    show(&mut readers, 6, "2d00a200");
    until_online(&office, 3);
    assert_eq!(status(&office, "porta-6")["port"]["state"], "gone");
    fs::write(office.path("etc/site.key"), SITE).unwrap();
    daemon.signal("HUP");
    assert_eq!(readers.until_told(), light(6, 1));
    // one goes
    readers.order(&json!({ "address": 6, "off": true }));
    office.until_told("what was shown to it may be lost");
    office.until("that is on record", || status(&office, "porta-6")["port"]["state"] == "gone");
    assert_eq!(status(&office, "porta-6")["port"]["detail"], "it does not answer");
    assert_eq!(status(&office, "porta-5")["port"]["state"], "open");
    let said = office.timbra(&["status"]);
    assert!(said.out.contains("reader porta-6 cannot be used since"), "{said:?}");
    // and comes back
    readers.order(&json!({ "address": 6, "on": true }));
    until_online(&office, 6);
    show(&mut readers, 6, "bd88eb80");
    assert_eq!(readers.until_told(), light(6, 1));
    assert_eq!(status(&office, "porta-6")["port"]["state"], "open");
    // the adapter is pulled out
    drop(readers);
    office.until_told("the port of the bus is gone");
    office.until("that is on record", || status(&office, "porta-5")["port"]["state"] == "gone");
    assert_eq!(status(&office, "porta-5")["port"]["detail"], "the port was unplugged");
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 4);
}

#[test]
fn a_full_disk_gives_no_green_light() {
    let Some(mut readers) = Readers::start(&[reader(5, None, false)]) else { return };
    let mut office = office(&readers, &[5]);
    let mut other = Reader::plug_in(&office, "porta");
    office.readers += &table("porta", "porta");
    office.write();
    let Some(disk) = SmallDisk::start(&office, 2_000) else { return };
    until_online(&office, 1);
    until_open(&office, "porta", 1);
    disk.fill();
    // another reader uses up what the write-ahead log has room for
    let mut shown = 0;
    while !office.journal().contains("the disk of the store is full") {
        assert!(shown < 3_000, "{}", office.journal());
        other.show(shown + 1..=shown + 20);
        shown += 20;
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    show(&mut readers, 5, "bd88eb80");
    // the bus goes on, and the reader is shown nothing
    readers.order(&json!({ "address": 5, "tamper": 1, "power": 0 }));
    office.until_told("the housing of the reader is open");
    let own = format!("SELECT count(*) FROM punch WHERE badge = '{BADGE}'");
    assert_eq!((readers.told(), disk.number(&own)), (None, Some(0)));
    disk.grow(40_000);
    assert_eq!(readers.until_told(), light(5, 2));
    assert_eq!(disk.number(&own), Some(1), "it is in the store when the light is green");
    office.until("all is stored", || disk.number("SELECT count(*) FROM punch") == Some(i64::from(shown) + 1));
    assert_eq!(disk.daemon.stop().0.code(), Some(0));
}

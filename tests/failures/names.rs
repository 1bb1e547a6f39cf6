//! Failure row 11: names cannot be resolved.

use std::process::{Command, Stdio};

use chrono::TimeDelta;
use rusqlite::Connection;
use timbra::config;
use timbra::daemon::{clock, vigil};
use timbra::domain::alarm::{Alarm, AlarmKind};
use timbra::store::Store;

use super::{message_id, prepare};
use crate::office::{Daemon, Office, skipped};
use crate::pec_double::PecDouble;

/// The daemon with another `/etc/resolv.conf`, in a world of files of its own.
fn run_without_names(office: &Office) -> Option<Daemon> {
    let possible = Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()).status();
    if !possible.is_ok_and(|status| status.success()) {
        skipped("only root may hide the name server: row 11 was not tried");
        return None;
    }
    let resolver = office.path("resolv.conf");
    // nobody listens there
    std::fs::write(&resolver, "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n").unwrap();
    let journal = std::fs::File::options().create(true).append(true).open(office.path("journal")).unwrap();
    let child = Command::new("unshare")
        .args(["-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\""])
        .arg(&resolver)
        .args([crate::office::TIMBRA, "run", "--config"])
        .arg(office.path("etc"))
        .stdout(Stdio::null())
        .stderr(journal)
        .spawn()
        .unwrap();
    Some(Daemon { child })
}

/// It is tried again and again, told after half an hour, and sent once when names are back.
#[test]
fn row_11_without_names_a_message_waits_and_after_half_an_hour_somebody_is_told() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    office.mail = double.mail().replace("127.0.0.1", "posta.gestore.example");
    office.write();
    prepare(&office, "buono");
    let Some(daemon) = run_without_names(&office) else { return };
    office.until("one attempt was made", || {
        office.outbox().first().is_some_and(|row| row["attempts"] == 1 && row["state"] == "due")
    });
    let detail = office.outbox()[0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("connecting"), "{detail}");
    assert_eq!(daemon.stop().0.code(), Some(0));

    let store = Store::open(&office.path("store")).unwrap();
    let config = config::load(&office.path("etc")).config.unwrap();
    let late = |minutes| {
        let alarms = vigil::standing(&store, &config, clock::now() + TimeDelta::minutes(minutes)).unwrap();
        let about = |alarm: &Alarm| alarm.kind == AlarmKind::Delivery && alarm.message == Some(1);
        alarms.iter().any(about)
    };
    assert!(!late(0), "a short pause is no alarm");
    assert!(late(31));

    office.mail = double.mail();
    office.write();
    let database = Connection::open(office.path("store/timbra.sqlite")).unwrap();
    database.execute("UPDATE outbox SET not_before = 0, machine = NULL", []).unwrap();
    office.run_until_sent(1);
    assert_eq!(double.copies(&message_id(&office)), 1);
}

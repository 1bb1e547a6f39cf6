//! A letter that went to the wrong address: sent again, on record, settled. And what the inbox shows.

use std::fs;

use super::folder::{office, states};
use crate::office::{Office, skipped};
use crate::pec_double::PecDouble;

fn state(office: &Office, id: usize) -> String {
    office.states().get(id - 1).cloned().unwrap_or_default()
}

#[test]
fn the_same_document_goes_to_the_corrected_address_and_what_went_wrong_is_on_record() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        skipped("openssl is not installed: no receipt could be signed");
        return;
    }
    let office = office(&double, &["nodest"]);
    let daemon = office.run_ready();
    office.until("it is not delivered", || state(&office, 1) == "undelivered");
    assert_eq!(daemon.stop().0.code(), Some(0));
    let status = office.timbra(&["status"]);
    assert!(status.out.contains("message 1 (nodest") && status.code == Some(3), "{status:?}");

    // the address, and what is said of it
    for (arguments, code, said) in [
        (&["outbox", "readdress", "1", "--to", "nodest@roma.example"][..], 1, "`timbra outbox show 1` tells"),
        (&["outbox", "readdress", "9", "--to", "buono@roma.example"], 1, "there is no message 9"),
        (&["outbox", "readdress", "1", "--to", "buono"], 2, "not one mail address"),
        (&["outbox", "settle", "1", "--why", "x"], 1, "no open record"),
        (&["outbox", "readdress", "1", "--to", "buono@roma.example"], 0, "message 2 takes the same document"),
    ] {
        let done = office.timbra(arguments);
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.err.contains(said), "{done:?}");
    }
    let daemon = office.run_ready();
    office.until("it is delivered", || office.states() == ["closed_by_hand", "delivered"]);
    assert_eq!(daemon.stop().0.code(), Some(0));
    let bodies: Vec<String> =
        double.taken().iter().map(|taken| taken.text.split_once("\r\n\r\n").unwrap().1.to_owned()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1], "not a byte of the document changed");
    let ids: Vec<String> =
        office.outbox().iter().map(|row| row["message_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids[1], ids[0].replace(".r1@", "-a2.r1@"));
    assert_eq!(office.number("SELECT count(*) FROM statement"), Some(1), "no amendment");

    // it turns out that this address was wrong too
    let why = "consegnata a un altro ufficio";
    let closed = office.timbra(&["outbox", "close", "2", "--misdirected", "--why", why]);
    assert!(closed.err.contains("record for the data protection officer"), "{closed:?}");
    assert_eq!(office.timbra(&["outbox", "close", "2", "--misdirected", "--why", why]).code, Some(1));
    assert_eq!(state(&office, 2), "closed_by_hand");
    let attention = "message 2 went to somebody who should not have it";
    assert!(office.timbra(&["status"]).out.contains(attention));
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(status["receipts"]["misdirected"], serde_json::json!([2]));
    let settled = office.timbra(&["outbox", "settle", "2", "--why", "nessuna notifica dovuta"]);
    assert_eq!(settled.code, Some(0), "{settled:?}");
    assert!(!office.timbra(&["status"]).out.contains(attention));
    let store = timbra::store::Store::open_read_only(&office.path("store")).unwrap();
    let steps: Vec<bool> = store.misdirections().unwrap().iter().map(|step| step.settled).collect();
    assert_eq!((steps, store.verify_misdirections().unwrap()), (vec![false, true], None));
    assert_eq!(store.verify_outbox().unwrap(), None);
}

#[test]
fn the_inbox_shows_what_needs_a_person_until_somebody_has_looked() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        return;
    }
    let office = office(&double, &["falso", "muto"]);
    let daemon = office.run_ready();
    office.until("all is read", || office.number("SELECT count(*) FROM received") == Some(4));
    assert_eq!(daemon.stop().0.code(), Some(0));
    let rows = |office: &Office| -> Vec<serde_json::Value> {
        let said = office.timbra(&["inbox", "--json"]);
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let concerns: Vec<String> = rows(&office).iter().map(|row| row["concern"].to_string()).collect();
    assert_eq!(concerns, ["\"signature\"", "\"signature\"", "\"signature\"", "\"forged\""]);
    assert!(rows(&office).iter().all(|row| row["trusted"] == false && row["open"] == true));
    let shown = office.timbra(&["inbox", "show", "4"]);
    assert!(
        shown.out.contains("X-Trasporto: posta-certificata") && shown.err.contains("proves nothing"),
        "{shown:?}"
    );
    for id in ["1", "2", "3", "4"] {
        assert_eq!(office.timbra(&["inbox"]).code, Some(3));
        let settled = office.timbra(&["inbox", "settle", id, "--why", "falsa, segnalata"]);
        assert_eq!(settled.code, Some(0), "{settled:?}");
    }
    assert_eq!(office.timbra(&["inbox"]).code, Some(0));
    assert_eq!(office.timbra(&["inbox", "settle", "1", "--why", "x"]).code, Some(1));
    assert_eq!(
        office.number("SELECT count(*) FROM alarm WHERE kind = 'forged' AND cleared_at IS NULL"),
        Some(0)
    );

    // a receipt that somebody saved from the webmail
    let other = PecDouble::start();
    let text = double.taken()[1].text.clone();
    let receipt = other.receipt_for(&text, "muto@roma.example");
    let file = office.path("salvata.eml");
    fs::write(&file, receipt).unwrap();
    let taken = office.timbra(&["inbox", "take", file.to_str().unwrap()]);
    assert_eq!(taken.code, Some(3), "another authority: {taken:?}");
    fs::write(&file, double.receipt_for(&text, "muto@roma.example")).unwrap();
    let taken = office.timbra(&["inbox", "take", file.to_str().unwrap()]);
    assert!(taken.err.contains("it is delivered now"), "{taken:?}");
    let again = office.timbra(&["inbox", "take", file.to_str().unwrap()]);
    assert!(again.err.contains("taken before") && again.code == Some(0), "{again:?}");
    assert_eq!(states(&office)["muto"], "delivered");
}

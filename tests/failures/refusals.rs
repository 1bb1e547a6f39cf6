//! What a server refuses, for now or for good, and a server that cannot be trusted.

use super::{message_id, office, prepare};
use crate::office::{Office, skipped};
use crate::pec_double::PecDouble;

/// The time of the next attempt comes.
fn hurry(office: &Office) {
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.execute("UPDATE outbox SET not_before = 0, machine = NULL", []).unwrap();
}

/// At the recipient, at the final dot.
#[test]
fn row_06_what_is_refused_for_now_is_tried_later_and_arrives_once() {
    for recipient in ["s451", "d451"] {
        let double = PecDouble::start_plain();
        let office = office(&double, recipient);
        let daemon = office.run_ready();
        office.until("it waits for another attempt", || {
            office.outbox().first().is_some_and(|row| row["attempts"] == 1 && row["state"] == "due")
        });
        assert_eq!(daemon.stop().0.code(), Some(0));
        double.lift(recipient);
        hurry(&office);
        office.run_until_sent(1);
        assert_eq!(double.copies(&message_id(&office)), 1, "{recipient}");
    }
}

/// At the final dot; at the recipient: with the alarms.
#[test]
fn row_07_what_is_refused_for_good_is_tried_once() {
    let double = PecDouble::start_plain();
    let office = office(&double, "d554");
    for _ in 0..2 {
        let daemon = office.run_ready();
        office.until("it is blocked", || office.states() == ["blocked"]);
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
    assert_eq!(double.connections(), 1);
    let standing = "SELECT count(*) FROM alarm WHERE kind = 'blocked' AND cleared_at IS NULL";
    assert_eq!(office.number(standing), Some(1));
}

/// An authority that nobody here knows; the bad certificates themselves are tried against Exim.
#[test]
fn row_10_a_server_that_cannot_be_trusted_gets_the_message_once_it_can() {
    let (double, other) = (PecDouble::start(), PecDouble::start());
    let mut office = Office::new();
    let Some(mail) = double.protected_mail(&office.path("etc")) else {
        return skipped("openssl is not installed: no certificate could be refused");
    };
    let stranger = other.authority().display().to_string();
    office.mail = mail.replace(&double.authority().display().to_string(), &stranger);
    office.write();
    prepare(&office, "buono");
    let daemon = office.run_ready();
    let standing = |office: &Office| {
        office.number("SELECT count(*) FROM alarm WHERE kind = 'tls' AND cleared_at IS NULL")
    };
    office.until("a person is told", || standing(&office) == Some(1));
    assert_eq!((office.states(), double.taken().len()), (vec!["due".to_owned()], 0));
    assert_eq!(daemon.stop().0.code(), Some(0));
    office.mail = mail;
    office.write();
    hurry(&office);
    office.run_until_sent(1);
    assert_eq!(double.copies(&message_id(&office)), 1);
    assert_eq!(standing(&office), Some(0));
}

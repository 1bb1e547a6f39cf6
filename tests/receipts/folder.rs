//! Receipts out of a folder and out of a Maildir, with the whole daemon and the double of a provider
//! (failure rows 14 to 17 of delivery).

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::crash::{can_crash, crash, in_lanes};
use crate::office::{Office, month_ago, regular_days, skipped, working_days};
use crate::pec_double::PecDouble;

/// Recipient, where its message ends, the alarms about it or its receipts.
const OUTCOMES: &[(&str, &str, &str)] = &[
    ("buono", "delivered", ""),
    ("nonacc", "refused", "delivery"),
    ("virus", "refused", "delivery"),
    ("nodest", "undelivered", "delivery"),
    ("nodominio", "undelivered", "delivery"),
    ("virus2", "undelivered", "delivery"),
    ("esterno", "pec_accepted", "external"),
    ("lento", "delivered", ""),
    ("scaduto", "expired", "delivery delivery"),
    ("muto", "smtp_accepted", ""),
    ("doppio", "delivered", ""),
    ("invertito", "delivered", ""),
    ("senzarif", "delivered", ""),
    ("senzaxml", "smtp_accepted", "unreadable unreadable"),
    ("falso", "smtp_accepted", "forged forged forged forged"),
    ("dropdot-kept", "delivered", ""),
];

/// An office that sends by this provider and reads the receipts that it writes.
pub(crate) fn office(double: &PecDouble, recipients: &[&str]) -> Office {
    let mut office = Office::new();
    office.mail = double.mail();
    office.more += &format!(
        "[receipts]\nca_file = \"{}\"\npoll_seconds = 1\n[receipts.folder]\npath = \"{}\"\n",
        double.authority().display(),
        double.receipts().display()
    );
    office.write();
    let days = working_days(month_ago(1), 1);
    let mut punches = String::new();
    for (number, recipient) in recipients.iter().enumerate() {
        let badge = format!("{}", number + 5);
        office.agreement(recipient, &badge, &days, "");
        punches += &regular_days(&badge, &days);
    }
    office.drop("a.dat", punches);
    office
}

/// The state of each message, by agreement.
pub(crate) fn states(office: &Office) -> BTreeMap<String, String> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    office.outbox().iter().map(|row| (text(row, "agreement"), text(row, "state"))).collect()
}

/// The kinds of the alarms that stand and are about receipts, by agreement.
fn alarms(office: &Office, agreement: &str) -> String {
    let sql = format!(
        "SELECT ifnull(group_concat(kind, ' '), '') FROM (SELECT alarm.kind FROM alarm JOIN outbox ON outbox.id = alarm.outbox
         WHERE agreement = '{agreement}' AND cleared_at IS NULL AND (occasion IN ('failed', 'warning', 'external')
         OR subject LIKE 'received %') ORDER BY alarm.kind)"
    );
    office.value(&sql).unwrap()
}

fn every_outcome(double: &PecDouble) {
    let recipients: Vec<&str> = OUTCOMES.iter().map(|(recipient, ..)| *recipient).collect();
    let office = office(double, &recipients);
    let daemon = office.run_ready();
    let expected: BTreeMap<String, String> =
        OUTCOMES.iter().map(|(recipient, state, _)| ((*recipient).to_owned(), (*state).to_owned())).collect();
    let read = || office.number("SELECT count(*) FROM received").unwrap_or_default();
    office.until("every message is where it belongs", || states(&office) == expected);
    // also what changes no state; a duplicate leaves no row
    office.until("all is read", || read() == 31);
    assert_eq!(daemon.stop().0.code(), Some(0));
    for (recipient, _, kinds) in OUTCOMES {
        assert_eq!(alarms(&office, recipient), *kinds, "{recipient}");
        let rows = office.outbox();
        let id = &rows.iter().find(|row| row["agreement"] == *recipient).unwrap()["message_id"];
        assert_eq!(double.copies(id.as_str().unwrap()), 1, "{recipient}");
    }
    let written = double.written();
    let daemon = office.run_ready();
    office.drop("b.dat", "x\r\n");
    office.until_told("file=b.dat");
    daemon.stop();
    assert_eq!(states(&office), expected, "nothing more happens on another start");
    assert_eq!(double.written(), written, "nothing in the folder was touched");
    for address in ["@roma.example", "presenze@", "posta-certificata@"] {
        assert!(!office.journal().contains(address), "no address in the journal");
    }
}

#[test]
fn rows_14_to_17_every_receipt_leads_where_it_should_and_no_forgery_does() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        skipped("openssl is not installed: no receipt could be signed");
        return;
    }
    every_outcome(&double);
}

#[test]
fn rows_14_to_17_the_same_out_of_a_maildir() {
    let double = PecDouble::start_with_maildir();
    if double.smtps.is_some() {
        every_outcome(&double);
    }
}

/// The daemon ends before every fourth durable step from `first` on, while it takes two receipts of
/// one message and four forgeries. Returns the first step that was not reached.
fn crash_at_steps(first: u32) -> u32 {
    let double = PecDouble::start();
    for step in (first..).step_by(4) {
        for (path, _) in double.written() {
            fs::remove_file(path).unwrap();
        }
        double.hold_receipts();
        let mut office = office(&double, &["buono", "falso"]);
        office.run_until_sent(2);
        double.release_receipts();
        let done = |office: &Office| {
            office.number("SELECT count(*) FROM received") == Some(6)
                && states(office)["buono"] == "delivered"
        };
        let crashed = crash(&mut office, step, done).is_some();
        if crashed {
            let daemon = office.run_ready();
            office.until(&format!("recovery after step {step}"), || done(&office));
            assert_eq!(daemon.stop().0.code(), Some(0));
        }
        let said = || format!("step {step}: {}", office.journal());
        assert_eq!(states(&office)["falso"], "smtp_accepted", "{}", said());
        let moves = "SELECT count(*) FROM outbox_event WHERE state IN ('pec_accepted', 'delivered')";
        assert_eq!(office.number(moves), Some(2), "{}", said());
        if !crashed {
            return step;
        }
    }
    unreachable!()
}

#[test]
fn a_crash_before_any_durable_step_loses_and_doubles_no_receipt() {
    if !can_crash() || PecDouble::start().smtps.is_none() {
        return;
    }
    let reached = in_lanes(4, |lane| crash_at_steps(1 + lane));
    assert!(reached.iter().all(|step| *step > 6), "the hook does not count: {reached:?}");
}

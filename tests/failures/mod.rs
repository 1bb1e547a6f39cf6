//! Failures of delivery, each tried against the whole daemon and the double of a PEC provider.

mod doubts;
mod logins;

use crate::office::{Office, month_ago, regular_days, working_days};
use crate::pec_double::PecDouble;

/// An office whose one statement is ready to leave to `{recipient}@roma.example` by this provider.
fn office(double: &PecDouble, recipient: &str) -> Office {
    let mut office = Office::new();
    office.mail = double.mail();
    office.write();
    prepare(&office, recipient);
    office
}

/// A statement that is ready to leave, and what it is made of.
fn prepare(office: &Office, recipient: &str) {
    let days = working_days(month_ago(1), 1);
    office.agreement(recipient, "5", &days, "").drop("a.dat", regular_days("5", &days));
}

/// The Message-ID of the one message.
fn message_id(office: &Office) -> String {
    office.outbox()[0]["message_id"].as_str().unwrap().to_owned()
}

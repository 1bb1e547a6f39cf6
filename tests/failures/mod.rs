//! Failures of delivery, each tried against the whole daemon and the double of a PEC provider.
//!
//! Twenty failures were named before a line of the delivery was written; a test of each says
//! `row NN` in its name or its comment (`grep -rniE "rows?[ _][0-9]" tests`):
//!
//! | row | failure | tests |
//! |---|---|---|
//! | 1 | a kill at every durable step | [`kills`], `crash`, `receipts/folder` |
//! | 2, 3 | the answer to the final dot is lost, with the message or without | [`doubts`], [`again`] |
//! | 4 | a bare `250` | [`doubts`] |
//! | 5 | silence at any point | `smtp_faults`, [`storms`] |
//! | 6, 7 | a refusal for now, for good | [`refusals`], [`alarms`], `real_mta` |
//! | 8 | `421` and the end, at every command | `smtp_faults` |
//! | 9 | a wrong password | [`logins`] |
//! | 10 | a certificate that ended, of a stranger, of another name | `real_mta`, [`refusals`] |
//! | 11 | names cannot be resolved | [`names`] |
//! | 12 | the disk is full, or does not confirm | [`disk`] |
//! | 13 | the clock jumps | [`clock`] |
//! | 14 to 17 | every receipt, in any order, forged ones too | `receipts/folder` |
//! | 18 | hostile mail | `receipts/hostile`, `fuzz/` |
//! | 19 | the mailbox: numbered anew, locked, stalled, emptied | `receipts/mailbox` |
//! | 20 | too big, two daemons, an end in the midst, many starts | [`storms`], `crash` |

mod again;
mod alarms;
mod bundle;
mod clock;
mod disk;
mod doubts;
mod kills;
mod locks;
mod logins;
mod names;
mod refusals;
mod storms;

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

//! The final dot is out and no answer comes: nobody knows, and nothing is sent again blindly.

use super::{message_id, office};
use crate::pec_double::PecDouble;

/// The message is kept, or lost; the daemon is started twice more.
#[test]
fn row_02_and_03_a_lost_answer_is_a_doubt_and_no_second_copy() {
    for (recipient, copies) in [("dropdot-kept", 1), ("dropdot-lost", 0)] {
        let double = PecDouble::start_plain();
        let office = office(&double, recipient);
        for _ in 0..3 {
            let daemon = office.run_ready();
            office.until("it is doubtful", || office.states() == ["uncertain"]);
            assert_eq!(daemon.stop().0.code(), Some(0));
        }
        assert_eq!(double.taken().len(), 1, "{recipient}");
        assert_eq!(double.copies(&message_id(&office)), copies, "{recipient}");
        assert_eq!(office.timbra(&["status"]).code, Some(3));
    }
}

#[test]
fn row_04_a_bare_answer_is_an_answer() {
    let double = PecDouble::start_plain();
    let office = office(&double, "bare250");
    office.run_until_sent(1);
    assert_eq!(double.copies(&message_id(&office)), 1);
}

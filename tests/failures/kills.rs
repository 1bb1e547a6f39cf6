//! Failure row 1: the daemon is killed right before each durable step, from the file in the drop folder
//! to the delivery receipt of a certified mail provider.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::crash::{can_crash, crash, in_lanes};
use crate::office::Office;
use crate::pec_double::PecDouble;
use crate::receipts::folder::office;

/// Messages of which a kill has left nobody to know whether they left.
static DOUBTS: AtomicUsize = AtomicUsize::new(0);

/// Every fourth step from `first` on. Returns the first step that was not reached.
fn kill_at_steps(first: u32) -> u32 {
    let double = PecDouble::start();
    for step in (first..).step_by(4) {
        for (path, _) in double.written() {
            std::fs::remove_file(path).unwrap();
        }
        let before = double.taken().len();
        let copies = || double.taken().len() - before;
        let delivered = |office: &Office| office.states() == ["delivered"];
        let mut office = office(&double, &["buono"]);
        let killed = crash(&mut office, step, delivered).is_some();
        if killed {
            let daemon = office.run_ready();
            // killed after it said that the text would leave, and before it did: no receipt can tell
            let doubtful = || office.states() == ["uncertain"] && copies() == 0;
            office.until(&format!("recovery after step {step}"), || delivered(&office) || doubtful());
            assert_eq!(daemon.stop().0.code(), Some(0));
        }
        if delivered(&office) {
            assert_eq!(copies(), 1, "step {step}: {}", office.journal());
        } else {
            assert_eq!(copies(), 0, "step {step}: {}", office.journal());
            assert_eq!(office.timbra(&["status"]).code, Some(3), "somebody is told");
            DOUBTS.fetch_add(1, Ordering::Relaxed);
        }
        if !killed {
            return step;
        }
    }
    unreachable!()
}

/// One copy for each step; where the text may have left, the receipt says whether it did.
#[test]
fn row_01_a_kill_at_any_durable_step_leaves_one_copy_with_the_provider() {
    if !can_crash() || PecDouble::start().smtps.is_none() {
        return;
    }
    let reached = in_lanes(4, |lane| kill_at_steps(1 + lane));
    assert!(reached.iter().all(|step| *step > 12), "the hook does not count: {reached:?}");
    assert!(DOUBTS.load(Ordering::Relaxed) <= 1, "only the step after the hand-over leaves a doubt");
}

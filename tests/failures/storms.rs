//! Failure row 20: a message that is too big, an end in the midst of a message, a machine that starts
//! again and again. The second daemon on a store is with the other ends, in `tests/crash.rs`.

use std::time::Duration;

use super::{message_id, office, prepare};
use crate::office::{Office, month_ago, regular_days, working_days};
use crate::pec_double::PecDouble;

#[test]
fn row_20_a_message_that_is_too_big_is_refused_before_it_is_a_message() {
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    office.mail = format!("{}max_message_size = \"10 KiB\"\n", double.mail());
    office.write();
    prepare(&office, "buono");
    let daemon = office.run_ready();
    let standing = |office: &Office| {
        office.number("SELECT count(*) FROM alarm WHERE kind = 'policy' AND cleared_at IS NULL")
    };
    office.until("a person is told", || standing(&office) == Some(1));
    assert!(office.outbox().is_empty());
    assert_eq!(double.connections(), 0);
    assert_eq!(daemon.stop().0.code(), Some(0));
    office.mail = double.mail();
    office.write();
    office.run_until_sent(1);
    assert_eq!(double.copies(&message_id(&office)), 1);
    assert_eq!(standing(&office), Some(0));
}

/// Also failure row 5: while the server is silent after the final dot, badges come in all the same.
#[test]
fn row_20_an_end_while_the_server_is_silent_is_a_doubt_and_one_copy() {
    let double = PecDouble::start_plain();
    let office = office(&double, "hangdot");
    let daemon = office.run_ready();
    office.until("the text is there", || double.taken().len() == 1);
    office.drop("b.dat", regular_days("5", &working_days(month_ago(1), 2)[1..]));
    office.until("badges come in", || office.punches() == 8);
    let (ended, after) = daemon.stop();
    assert_eq!(ended.code(), Some(0), "{}", office.journal());
    assert!(after < Duration::from_secs(20), "it does not wait ten minutes for an answer: {after:?}");
    for _ in 0..2 {
        let daemon = office.run_ready();
        office.until("it is doubtful", || office.states() == ["uncertain"]);
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
    assert_eq!(double.copies(&message_id(&office)), 1);
}

#[test]
fn row_20_two_hundred_starts_make_one_copy() {
    let double = PecDouble::start_plain();
    let office = office(&double, "buono");
    let mut random = fastrand::Rng::with_seed(20);
    for start in 0..200 {
        let daemon = office.run();
        let longest = if start % 10 == 9 { 400 } else { 40 };
        std::thread::sleep(Duration::from_millis(random.u64(..longest)));
        drop(daemon); // kill -9
    }
    let daemon = office.run_ready();
    office.until("it is settled", || {
        ["smtp_accepted", "uncertain"].map(|state| vec![state.to_owned()]).contains(&office.states())
    });
    assert_eq!(daemon.stop().0.code(), Some(0));
    let copies = double.copies(&message_id(&office));
    assert!(if office.states() == ["uncertain"] { copies <= 1 } else { copies == 1 }, "{copies}");
    assert_eq!(office.punches(), 4);
}

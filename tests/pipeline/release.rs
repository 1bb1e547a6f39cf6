//! A sealed statement leaves when an officer approves it, or when it must.

use super::amendments::{
    absence_on, carry, enter, late_exit, october, round, sent_last_month, sent_october_with,
};
use crate::office::{Office, Said};

const OFFICERS: &str = "[release]\nofficers = [\"anna\", \"bruno\"]\n";

/// October, sealed and waiting for its approval.
fn sealed_october(more: &str) -> Office {
    sent_october_with("release = \"approve\"\n", &format!("{OFFICERS}{more}"))
}

/// Runs a command as another system user.
fn by(office: &mut Office, user: &str, command: &str) -> Said {
    office.environment = vec![("TIMBRA_TEST_USER", user.to_owned())];
    let said = office.timbra(&command.split(' ').collect::<Vec<_>>());
    office.environment.clear();
    said
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn only_a_named_officer_lets_it_go() {
    let mut office = sealed_october("");
    assert_eq!(office.states(), ["sealed"]);
    let status = office.timbra(&["status"]);
    assert_eq!(status.code, Some(3));
    let waits =
        "message 1 waits for an officer: `timbra outbox approve 1`; on 2025-11-06 at 08:00 it leaves without";
    assert!(status.out.contains(waits), "{status:?}");
    // its last safe moment is over by the wall clock: the daemon would not wait
    let said = by(&mut office, "carla", "outbox approve 1");
    assert!(said.code == Some(1) && said.err.contains("carla may not approve statements"), "{said:?}");
    assert_eq!(by(&mut office, "anna", "outbox approve 2").code, Some(1));
    assert_eq!(office.states(), ["sealed"]);
    let bytes = office.timbra(&["outbox", "show", "1"]).out;
    assert_eq!(by(&mut office, "bruno", "outbox approve 1").code, Some(0));
    assert_eq!(office.states(), ["due"]);
    let said = by(&mut office, "anna", "outbox approve 1");
    assert!(said.code == Some(1) && said.err.contains("message 1 is due"), "{said:?}");
    carry(&office);
    assert_eq!(office.letters(), [bytes], "sealed once");
    let shown = office.timbra(&["outbox", "show", "1"]).err;
    assert!(shown.contains("approved by bruno"), "{shown}");

    // to another address it leaves when that is approved too, and never by any other command
    for (user, command, code, expected) in [
        ("carla", "outbox readdress 1 --to altro@roma.example", 0, "message 2 waits for an officer"),
        (
            "carla",
            "outbox retry 2",
            1,
            "message 2 is sealed: only what is blocked or uncertain is sent again",
        ),
        ("carla", "outbox approve 2", 1, "carla may not approve statements"),
        ("carla", "outbox protocol 2 7", 1, "message 2 never went through the protocol office"),
        ("anna", "outbox approve 2", 0, "it leaves now"),
    ] {
        let state = office.states().get(1).cloned();
        assert!(state.is_none_or(|state| state == "sealed"), "{command}");
        let said = by(&mut office, user, command);
        assert!(said.code == Some(code) && said.err.contains(expected), "{said:?}");
    }
    assert_eq!(office.states()[1], "due");
}

#[test]
fn without_approval_it_leaves_at_the_last_safe_moment_or_waits() {
    let office = sealed_october("");
    // deadline 10 November, a Monday: one day for delivery, one for repair, and never before the
    // working day after it was sealed
    assert_eq!(round(&office, "2025-11-06T06:59:59Z"), 0);
    assert_eq!(office.states(), ["sealed"]);
    assert_eq!(round(&office, "2025-11-06T07:00:00Z"), 1);
    assert_eq!(round(&office, "2025-11-06T07:00:00Z"), 0);
    carry(&office);
    let shown = office.timbra(&["outbox", "show", "1"]).err;
    assert!(shown.contains("nobody approved it in time"), "{shown}");

    let office = sealed_october("if_not_approved = \"hold\"\n");
    assert_eq!(round(&office, "2025-12-30T07:00:00Z"), 0);
    assert_eq!(office.states(), ["sealed"]);
    let status = office.timbra(&["status"]).out;
    assert!(status.contains("approve 1`\n"), "{status}");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn what_was_withdrawn_never_existed_for_the_home_office() {
    let mut office = sealed_october("");
    assert_eq!(by(&mut office, "anna", "outbox withdraw 1").code, Some(2), "a reason is needed");
    let said = by(&mut office, "anna", "outbox withdraw 1 --why sbagliato");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(office.states(), ["cancelled"]);
    let said = by(&mut office, "anna", "outbox readdress 1 --to altro@roma.example");
    assert!(
        said.code == Some(1) && said.err.contains("was withdrawn"),
        "no way around the approval: {said:?}"
    );
    assert_eq!(round(&office, "2025-11-05T07:00:00Z"), 1, "on its latest day the month must leave");
    assert_eq!(office.states(), ["cancelled", "sealed"]);

    // what changes while it waits for approval is in the one after it is withdrawn
    late_exit(&office);
    assert_eq!(round(&office, "2025-11-05T08:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-05T12:00:00Z"), 0);
    assert_eq!(by(&mut office, "bruno", "outbox withdraw 2 --why manca").code, Some(0));
    assert_eq!(round(&office, "2025-11-05T12:00:01Z"), 1);
    assert_eq!(by(&mut office, "bruno", "outbox approve 3").code, Some(0));
    carry_approved(&office);
    let letters = office.letters();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("n. 3/2025") && !letters[0].contains("RETTIFICA"), "{}", letters[0]);
    let log = office.timbra(&["log", "roma-01"]).out;
    assert_eq!(log.matches("withdrawn before it left").count(), 2, "{log}");

    // an amendment of it is the first one
    enter(
        &office,
        &format!("absence add roma-01 {} --from 14:00 --to 15:00 --credited --ref a", october()[1]),
    );
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-06T12:00:00Z"), 1);
    assert_eq!(by(&mut office, "anna", "outbox approve 4").code, Some(0));
    carry_approved(&office);
    let second = office.letters().into_iter().find(|letter| letter.contains("n. 4/2025")).unwrap();
    assert!(second.contains("RETTIFICA n. 1 del prospetto n. 3/2025"), "{second}");
    assert_eq!(by(&mut office, "anna", "outbox withdraw 4 --why tardi").code, Some(1), "it has left");
}

/// What is let go while letters are held since a restore is said to leave only later.
#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn who_approves_or_sends_while_letters_are_held_is_told() {
    let mut office = sealed_october("");
    let file = office.path("copy.tar");
    let file = file.to_str().unwrap();
    for arguments in [&["backup", file][..], &["restore", file, "--force"]] {
        assert_eq!(office.timbra(arguments).code, Some(0));
    }
    let held = "nothing leaves before `timbra outbox resume`";
    assert_eq!(by(&mut office, "anna", "outbox withdraw 1 --why a").code, Some(0));
    let said = by(&mut office, "anna", "send roma-01 2025-10");
    assert!(said.code == Some(0) && said.err.contains(held), "{said:?}");
    let said = by(&mut office, "anna", "outbox approve 2");
    let told = said.err.contains(held) && !said.err.contains("it leaves now");
    assert!(said.code == Some(0) && told, "{said:?}");
}

#[test]
fn who_corrects_an_address_while_letters_are_held_is_told() {
    let (office, ..) = sent_last_month();
    let file = office.path("copy.tar");
    let file = file.to_str().unwrap();
    for arguments in [&["backup", file][..], &["restore", file, "--force"]] {
        assert_eq!(office.timbra(arguments).code, Some(0));
    }
    let said = office.timbra(&["outbox", "readdress", "1", "--to", "altro@sede.example"]);
    let held = "nothing leaves before `timbra outbox resume`";
    assert!(said.code == Some(0) && said.err.contains(held), "{said:?}");
}

#[test]
fn an_amendment_that_was_withdrawn_is_told_while_its_month_differs() {
    let (office, month, day) = sent_last_month();
    enter(&office, &absence_on(day));
    assert_eq!(office.timbra(&["send", "roma-01", &month.to_string()]).code, Some(0));
    assert_eq!(office.timbra(&["outbox", "withdraw", "2", "--why", "da rivedere"]).code, Some(0));
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(3));
    let send = format!("da rivedere: `timbra send roma-01 {month}`");
    for expected in ["leaves by hand: its amendment n. 2/", "was withdrawn by ", &send] {
        assert!(said.out.contains(expected), "{expected}: {said:?}");
    }
    let amendments = || office.timbra(&["status", "--json"]).json()["amendments"].clone();
    assert_eq!(amendments()[0]["number"], 1);
    enter(&office, "undo 1");
    assert_eq!(amendments(), serde_json::json!([]));
}

/// Hands over what was approved.
fn carry_approved(office: &Office) {
    let daemon = office.run_ready();
    office.until("all is sent", || !office.states().iter().any(|state| state == "due" || state == "claimed"));
    daemon.stop();
}

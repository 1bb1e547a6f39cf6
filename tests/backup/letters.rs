use std::fs;

use super::backed_up;
use crate::office::{Office, month_ago, regular_days, working_days};
use crate::smtp_server::Exchange;

#[test]
fn a_letter_that_waited_in_a_backup_is_not_sent_a_second_time() {
    let mut office = Office::new();
    office.more = "[page]\nfolder = \"../bacheca\"\n".to_owned();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").drop("export.dat", regular_days("5", &days));
    // nobody listens there
    office.mail_by_smtp(9);
    let daemon = office.run_ready();
    office.until("it waits", || office.states() == ["due"]);
    let file = backed_up(&office);
    drop(daemon);
    // after the backup it leaves
    let server = Exchange::start(vec![&[]]);
    office.mail_by_smtp(server.port);
    let said = office.timbra(&["outbox", "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    super::tamper(&office, "UPDATE outbox SET not_before = 0, machine = NULL");
    let daemon = office.run_ready();
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    drop(daemon);
    office.until("its conversation is over", || server.texts().len() == 1);
    // the disk dies; a second agreement ends its month unseen by the backup
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("letters that were on their way: 1"), "{said:?}");
    assert_eq!(office.states(), ["uncertain"]);
    office.agreement("roma-02", "6", &days, "").drop("second.dat", regular_days("6", &days));
    let daemon = office.run_ready();
    office.until_told("no letter leaves until `timbra outbox resume`");
    office.until("the other file is read", || office.journal().contains("file=second.dat"));
    assert_eq!(office.states(), ["uncertain"], "its statement may have been made since the backup");
    assert_eq!(server.texts().len(), 1, "nothing leaves by itself");
    let page = || fs::read_to_string(office.path("bacheca/index.html")).unwrap_or_default();
    office.until("the page says so", || page().contains("<td>messaggi trattenuti</td>"));
    assert!(!page().contains("parte da solo") && !page().contains("tutto procede da solo"), "{}", page());
    office.until("people are told", || {
        office.number(
            "SELECT count(*) FROM alarm JOIN alarm_told ON alarm_told.alarm = alarm.id WHERE kind = 'held'",
        ) == Some(1)
    });
    let said = office.timbra(&["status", "--json"]);
    assert_eq!((said.code, said.json()["letters_held"].as_bool()), (Some(3), Some(true)), "{said:?}");
    // whoever lets something go is told that nothing leaves
    let held = "nothing leaves before `timbra outbox resume`";
    let said = office.timbra(&["outbox", "retry", "1"]);
    assert!(said.code == Some(0) && said.err.contains(held), "{said:?}");
    let daemon_saw = |state: &str| office.states() == [state];
    assert!(daemon_saw("due") && server.texts().len() == 1);
    super::tamper(&office, "UPDATE outbox SET state = 'uncertain' WHERE id = 1");
    let said = office.timbra(&["outbox", "resume"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("no statement was made of roma-02 "), "{said:?}");
    assert!(said.err.lines().all(|line| !line.contains("+00:00")), "{said:?}");
    let said = office.timbra(&["outbox", "resume", "--yes"]);
    let since = said.err.split("since the restore of ").nth(1).unwrap().get(..18).unwrap().to_owned();
    assert!(since.ends_with(": ") && since.chars().filter(|c| *c == ':').count() == 2, "{since}");
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("0 are due; 1 are uncertain"), "{said:?}");
    office.until("what is new leaves", || office.states() == ["uncertain", "smtp_accepted"]);
    office.until("its conversation is over", || server.texts().len() == 2);
    office.until("the page says so no more", || !page().contains("messaggi trattenuti"));
    let said = office.timbra(&["outbox", "close", "1", "--why", "risulta inviata"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    drop(daemon);
    assert_eq!(office.timbra(&["outbox", "resume"]).code, Some(0));
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

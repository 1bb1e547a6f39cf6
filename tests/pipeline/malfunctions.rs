//! Malfunctions: declared, told to the home offices once and together, shown on the statement.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use timbra::config::Config;
use timbra::daemon::{clock, malfunction_mail, run_until};
use timbra::domain::delivery::State;
use timbra::domain::malfunction::{Event, MalfunctionKind, Opening, Step};
use timbra::store::Store;

use super::amendments::{configuration, october, round, sent_october};
use crate::office::{Office, line, month_ago, regular_days, working_days};

/// Two agreements of one home office and one of another, in this month.
fn office() -> Office {
    let office = Office::new();
    let days = working_days(month_ago(0), 2);
    for (name, badge, address) in
        [("roma-01", "5", "ced"), ("roma-02", "6", "CED"), ("roma-03", "7", "altri")]
    {
        let channel =
            format!("[channel.malfunction]\nkind = \"email\"\naddress = \"{address}@roma.example\"\n");
        office.agreement(name, badge, &days, &channel);
    }
    office
}

/// A letter without the breaks of its encoding.
pub(super) fn unfolded(letter: &str) -> String {
    letter.replace("=\r\n", "").replace("=C3=A0", "à").replace("=C3=B2", "ò").replace("=C3=B9", "ù")
}

/// Hands over all that is queued.
fn carry(office: &Office) {
    let sent = |store: &Store, _: &Config| {
        let waits = |state: State| !matches!(state, State::SmtpAccepted | State::Cancelled);
        Ok(!store.outbox()?.iter().any(|row| waits(row.state)))
    };
    assert!(run_until(configuration(office), clock::now, Duration::from_secs(20), sent).unwrap());
}

/// The kind, recipient and state of each message, without the statements.
fn outbox(office: &Office) -> Vec<String> {
    let store = Store::open_read_only(&office.path("store")).unwrap();
    let rows = store.outbox().unwrap().into_iter().filter(|row| row.kind != "statement");
    rows.map(|row| format!("{} {} {}", row.kind, row.recipient, row.state.code())).collect()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Says something of a malfunction at an instant, and tells the home offices. How many messages were
/// queued.
fn say(office: &Office, number: Option<u32>, step: Step, now: DateTime<Utc>) -> u32 {
    let mut store = Store::open(&office.path("store")).unwrap();
    let event = |number| Event {
        id: 0,
        number,
        at: now,
        author: "anna".to_owned(),
        for_person: None,
        reference: None,
        step,
    };
    store.enter_malfunction(number, |number, _| Ok::<_, ()>(event(number))).unwrap().unwrap();
    malfunction_mail::tell(&mut store, &configuration(office), now).unwrap().queued
}

fn opened(from: DateTime<Utc>) -> Step {
    Step::Opened(Opening {
        kind: MalfunctionKind::Network,
        systems: "rete della sede".to_owned(),
        expected: None,
        from,
        agreements: Vec::new(),
        cause: None,
        detected: false,
    })
}

#[test]
fn r_2_6_2_a_fault_is_told_once_to_each_home_office() {
    let office = office();
    let open = ["malfunction", "open", "--kind", "network", "--systems", "rete della sede, posta"];
    let said = office.timbra(&open);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("2 notice(s)"), "{said:?}");
    assert_eq!(outbox(&office), ["notice altri@roma.example due", "notice ced@roma.example due"]);
    carry(&office);
    assert_eq!(office.notices().len(), 2);
    let letter = office.notices().into_iter().find(|letter| letter.contains("To: ced@")).unwrap();
    let letter = unfolded(&letter);
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Subject: Malfunzionamento n. 1 - avviso - Prefettura di Torino"), "{head}");
    assert!(
        !head.contains("Esempio") && !head.contains("Anna"),
        "no name in what everybody may read: {head}"
    );
    for said in [
        "COMUNICAZIONE DI MALFUNZIONAMENTO",
        "connessione di rete non funzionante",
        "rete della sede, posta",
        "non ancora noti",
        "prot. 5, dott.ssa Anna Esempio",
        "prot. 6, dott.ssa Anna Esempio",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    assert!(!body.contains("prot. 7"), "of another office: {body}");
}

#[test]
fn r_2_6_2_an_update_and_r_2_6_3_the_restoration_quote_the_number_and_the_first_notice() {
    let office = office();
    let does = |line: &str| {
        let said = office.timbra(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        carry(&office);
    };
    does(
        "malfunction open --kind workstation --systems postazione --from 2024-01-01T08:00 --agreement roma-01",
    );
    let first = office.notices().remove(0);
    let id = first.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap();
    let id = id.trim_end_matches('>').to_owned();
    does("malfunction update 1 --expected 2031-11-05T12:00");
    does("malfunction close 1");
    let letters: Vec<String> = office.notices().iter().map(|letter| unfolded(letter)).collect();
    assert_eq!(letters.len(), 3);
    for (words, said) in [
        ("n. 1 - aggiornamento -", "entro il 05/11/2031, ore 12:00"),
        ("n. 1 - ripristino -", "COMUNICAZIONE DI RIPRISTINO"),
    ] {
        let letter = letters.iter().find(|letter| letter.contains(words)).unwrap();
        assert!(letter.contains(said) && letter.contains("Primo avviso") && letter.contains(&id), "{letter}");
    }
    let shown = office.timbra(&["malfunction", "show", "1", "--json"]).json();
    let matters: Vec<&str> = shown["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| notice["matter"].as_str().unwrap())
        .collect();
    assert_eq!((shown["state"].as_str(), matters), (Some("over"), vec!["opened", "updated", "restored"]));
}

#[test]
fn r_2_6_3_what_ends_before_its_notice_left_is_one_message() {
    let office = office();
    for line in [
        "malfunction open --kind reader --systems lettore --from 2024-01-01T08:00 --agreement roma-03",
        "malfunction update 1 --expected 2031-11-05",
        "malfunction close 1",
    ] {
        assert_eq!(office.timbra(&line.split(' ').collect::<Vec<_>>()).code, Some(0), "{line}");
    }
    assert_eq!(
        outbox(&office),
        [
            "notice altri@roma.example cancelled",
            "notice altri@roma.example cancelled",
            "notice altri@roma.example due"
        ]
    );
    carry(&office);
    assert_eq!(office.notices().len(), 1);
    let letter = unfolded(&office.notices()[0]);
    assert!(letter.contains("n. 1 - avviso e ripristino -") && letter.contains("Ripristino"), "{letter}");

    // a mistake that never left is told to nobody
    let open = ["malfunction", "open", "--kind", "mail", "--systems", "posta", "--agreement", "roma-03"];
    assert_eq!(office.timbra(&open).code, Some(0));
    assert_eq!(office.timbra(&["malfunction", "undo", "2"]).code, Some(0));
    assert_eq!(outbox(&office).last().unwrap(), "notice altri@roma.example cancelled");
    let listed = office.timbra(&["malfunction", "list", "--open", "--json"]);
    assert_eq!((listed.code, listed.out.as_str()), (Some(0), ""));
}

#[test]
fn r_2_6_2_notices_give_way_to_statements_are_ten_an_hour_and_live_a_day() {
    let office = sent_october();
    let now = at("2025-10-20T08:00:00Z");
    let queued = (0..12).map(|_| say(&office, None, opened(now), now)).sum::<u32>();
    assert_eq!(queued, 10, "no more in an hour");
    let mut store = Store::open(&office.path("store")).unwrap();
    let tell = |store: &mut Store, now| malfunction_mail::tell(store, &configuration(&office), now).unwrap();
    assert!(tell(&mut store, now + TimeDelta::minutes(59)).busy);
    assert_eq!(tell(&mut store, now + TimeDelta::minutes(60)).queued, 2);
    let first = store.claim_due("b", at("2025-11-05T08:00:00Z")).unwrap().unwrap();
    assert_eq!(first.row.kind, "statement", "it was queued later");
    store.move_message(first.row.id, State::Due, None, "", now).unwrap();
    // what could not leave for a day is taken back, and told as it stands then
    assert_eq!(tell(&mut store, now + TimeDelta::hours(24)).queued, 10);
    let notices = store.malfunction_notices().unwrap();
    assert_eq!(notices.iter().filter(|notice| notice.state == State::Cancelled).count(), 10);
    assert_eq!(store.verify_malfunctions().unwrap(), None);
    assert_eq!(store.verify_outbox().unwrap(), None);
}

#[test]
fn r_2_6_2_what_was_taken_back_is_none_of_the_ten_an_hour() {
    let office = office();
    let says = |line: &str| {
        let said = office.timbra(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        said.err
    };
    let open = "malfunction open --kind mail --systems posta --from 2024-01-01T08:00 --agreement roma-03";
    let full = "1 notice(s) wait: no more than 10";
    for _ in 0..10 {
        let said = says(open);
        assert!(said.contains("1 notice(s) to") && !said.contains("wait"), "{said}");
    }
    let said = says(open);
    assert!(said.contains(full) && !said.contains("queued"), "{said}");
    // in the place of one that waits to leave
    let said = says("malfunction update 1 --expected 2031-11-05");
    assert!(said.contains("1 notice(s) to") && said.contains(full), "{said}");
    says("malfunction undo 2");
    let said = says(open);
    assert!(said.contains("1 notice(s) to") && said.contains(full), "there is room for one: {said}");
}

#[test]
fn r_2_6_2_while_mail_is_down_a_notice_is_written_to_be_printed() {
    let mut office = office();
    office.mail_by_smtp(9); // nobody answers there
    let open = ["malfunction", "open", "--kind", "network", "--systems", "rete", "--agreement", "roma-03"];
    assert_eq!(office.timbra(&open).code, Some(0));
    let daemon = office.run_ready();
    office.until("it is written", || !office.files("store/avvisi-da-stampare").is_empty());
    assert_eq!(daemon.stop().0.code(), Some(0));
    let (path, text) = office.files("store/avvisi-da-stampare").remove(0);
    assert!(path.ends_with("malfunzionamento-1-roma-03-1.txt"), "{path:?}");
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("COMUNICAZIONE DI MALFUNZIONAMENTO") && text.contains("rete"), "{text}");
    // it ends before mail is back: one message then, which says that it is late
    let closed = office.timbra(&["malfunction", "close", "1"]);
    assert_eq!(closed.code, Some(0), "{closed:?}");
    assert_eq!(outbox(&office), ["notice altri@roma.example cancelled"]);
    office.mail = "[mail.directory]\nfolder = \"../mail\"\n".to_owned();
    office.write();
    let daemon = office.run_ready();
    office.until("it is told", || office.notices().len() == 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    let letter = unfolded(&office.notices()[0]);
    assert!(
        letter.contains("avviso e ripristino") && letter.contains("la posta elettronica non funzionava"),
        "{letter}"
    );
}

/// Exactly one fault of October, from one day to another.
fn october_fault(office: &Office, to: Option<&str>) {
    let now = at("2025-10-02T08:00:00Z");
    say(office, None, opened(now), now);
    if let Some(to) = to {
        say(office, Some(1), Step::Restored { at: at(to), detected: false }, at(to));
    }
}

fn statement(office: &Office, format: &str) -> String {
    office.timbra(&["statement", "roma-01", "2025-10", "--format", format]).out
}

#[test]
fn r_2_6_3_the_statement_shows_the_malfunctions_of_its_month() {
    let (office, days) = (Office::new(), october());
    office.agreement("roma-01", "5", &days, "");
    let november: NaiveDate = "2025-11-02".parse().unwrap();
    office.import(&office.export("a.dat", regular_days("5", &days), november));
    assert!(!statement(&office, "text").contains("MALFUNZIONAMENTI"));
    october_fault(&office, None);
    let text = statement(&office, "text");
    assert!(text.contains("MALFUNZIONAMENTI NEL MESE"), "{text}");
    let shown = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fault = "n. 1: connessione di rete non funzionante; rete della sede; dal 02/10/2025, ore 10:00, non risolto nel mese";
    assert!(shown.contains(fault), "{shown}");
    // what happens after the month does not change what it was at its end
    let later = at("2025-11-06T08:00:00Z");
    say(&office, Some(1), Step::Restored { at: later, detected: false }, later);
    let data: serde_json::Value = serde_json::from_str(&statement(&office, "json")).unwrap();
    assert_eq!(
        data["malfunctions"],
        serde_json::json!([{
            "from": "2025-10-02T10:00:00+02:00", "kind": "network", "number": 1, "systems": "rete della sede",
            "to": null
        }])
    );
    assert!(statement(&office, "html").contains("Malfunzionamenti nel mese"));
}

#[test]
fn r_2_6_3_a_later_change_of_a_malfunction_amends_what_was_sent() {
    let office = sent_october();
    carry(&office);
    october_fault(&office, Some("2025-10-02T10:00:00Z"));
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-06T12:00:00Z"), 1);
    carry(&office);
    let letters = office.letters();
    let letter = unfolded(letters.iter().find(|letter| letter.contains("RETTIFICA n. 1")).unwrap());
    assert!(letter.contains("Malfunzionamento: prima non presente; ora n. 1;"), "{letter}");
    assert_eq!(round(&office, "2025-11-07T12:00:00Z"), 0);
}

#[test]
fn r_2_6_1_the_employees_own_report_is_on_record_and_status_lists_what_lasts() {
    let office = office();
    let open = "malfunction open --kind link --systems collegamento --from 2020-01-01T08:00 --expected 2020-01-02 --reported-at 2020-01-01T08:20";
    assert_eq!(office.timbra(&open.split(' ').collect::<Vec<_>>()).code, Some(0));
    let shown = office.timbra(&["malfunction", "show", "1", "--json"]).json();
    assert_eq!(shown["reported_at"], "2020-01-01T08:20:00+01:00");
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(
        (&status["malfunctions"][0]["number"], &status["malfunctions"][0]["kind"]),
        (&1.into(), &"link".into())
    );
    let needs = status["attention"].to_string();
    assert!(needs.contains("malfunction 1 was expected to be over by 2020-01-02"), "{needs}");
}

#[test]
fn what_cannot_be_said_of_a_malfunction_is_refused() {
    let office = office();
    let open =
        ["malfunction", "open", "--kind", "power", "--systems", "corrente", "--from", "2024-01-01 08:00"];
    assert_eq!(office.timbra(&open).code, Some(0));
    for (line, reason, code) in [
        ("malfunction open --kind fire --systems x", "write one of reader, folder", 2),
        ("malfunction open --kind power --systems x --from 2099-01-01T08:00", "has not come yet", 1),
        ("malfunction open --kind power --systems x --agreement nobody", "there is no agreement", 2),
        ("malfunction open --kind reader --systems x --reader nobody", "there is no reader `nobody`", 1),
        ("malfunction close 9", "there is no malfunction 9", 1),
        ("malfunction close 1 --at 2023-12-31T08:00", "malfunction 1 began later", 1),
        ("malfunction update 1", "nothing about malfunction 1 would change", 1),
        ("malfunction update 1 --expected soon", "write a day like", 2),
        ("malfunction open --kind power --systems x --expected 2020-01-01", "before it begins", 1),
        ("malfunction update 1 --expected 2024-01-01T07:59", "before it begins", 1),
        ("malfunction update 1 --expected 9999-01-01", "more than 10 years", 1),
        ("malfunction open --kind power --systems x --from 2024-03-31T02:30", "does not exist", 1),
        ("malfunction update 1 --reported-at 2024-10-27T02:30", "exists twice", 1),
        ("malfunction close 1 --at 2024-10-27T02:30", "exists twice", 1),
        ("malfunction close 1 --at 2024-10-27T04:30 --offset +02:00", "of Europe/Rome is +01:00", 1),
        ("undo 1", "`timbra malfunction undo 1`", 1),
        ("undo M1.1", "`timbra malfunction undo NUMBER`", 2),
        ("malfunction confirm 1", "without a confirmation", 1),
        ("malfunction undo 9", "there is no malfunction 9", 1),
        ("punch add roma-01 2024-01-01 08:00 in --malfunction 9", "there is no malfunction 9", 1),
        ("punch void roma-01 2024-01-01 08:00 --malfunction 9", "there is no malfunction 9", 1),
    ] {
        let said = office.timbra(&line.split(' ').collect::<Vec<_>>());
        assert!(said.err.contains(reason) && said.out.is_empty(), "{line}: {said:?}");
        assert_eq!(said.code, Some(code), "{line}");
    }
    let close = ["malfunction", "close", "1", "--at", "2024-10-27 02:30", "--offset", "+01:00"];
    assert_eq!(office.timbra(&close).code, Some(0));
    let shown = office.timbra(&["malfunction", "show", "1", "--json"]).json();
    assert_eq!(shown["to"], "2024-10-27T02:30:00+01:00");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn r_2_6_4_a_punch_for_a_malfunction_is_confirmed_by_another_and_shows_its_number() {
    let (mut office, days) = (Office::new(), october());
    office.agreement("roma-01", "5", &days, "");
    let read = regular_days("5", &days).replace(&line("5", days[1], "08:00:00", 0), "");
    office.import(&office.export("a.dat", read, "2025-11-02".parse().unwrap()));
    let mut does = |user: &str, line: &str| {
        office.environment = vec![("TIMBRA_TEST_USER", user.to_owned())];
        let said = office.timbra(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
        let text = statement(&office, "text").split_whitespace().collect::<Vec<_>>().join(" ");
        (text, office.timbra(&["log", "roma-01", "--json"]).json())
    };
    does("anna", "malfunction open --kind reader --systems lettore --from 2025-10-02T07:00");
    does("anna", "malfunction close 1 --at 2025-10-02T09:00");
    let (waiting, _) = does("anna", "punch add roma-01 2025-10-02 08:00 in --malfunction 1");
    assert!(waiting.contains("timbratura manuale da confermare"), "{waiting}");
    let (confirmed, log) = does("bruno", "punch confirm 1");
    for said in ["08:00EM", "timbratura manuale per il malfunzionamento n. 1", "09:00"] {
        assert!(confirmed.contains(said), "{said}: {confirmed}");
    }
    let steps: Vec<&str> =
        log["malfunctions"].as_array().unwrap().iter().map(|event| event["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["opened", "restored"]);
    does("bruno", "malfunction undo 1");
    let undone = office.timbra(&["malfunction", "undo", "1"]);
    assert!(undone.err.contains("of roma-01 rests on malfunction 1, which is none now: #1;"), "{undone:?}");
    assert_eq!(undone.code, Some(3), "{undone:?}");
}

//! From the drop folder to the mailbox.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use timbra::domain::month::Month;

use crate::office::{Office, month_ago, regular_days, working_days};
use crate::smtp_server::Act::{Close, Say};
use crate::smtp_server::Exchange;

const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];

/// As a letter names it.
fn italian(month: Month) -> String {
    let text = month.to_string();
    let (year, number) = text.split_once('-').unwrap();
    format!("{} {year}", MONTHS[number.parse::<usize>().unwrap() - 1])
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u32> =
        text.chars().filter_map(|c| alphabet.find(c)).map(|at| u32::try_from(at).unwrap()).collect();
    let group = |four: &[u32]| {
        let word = (0..4).fold(0, |word, at| (word << 6) | four.get(at).copied().unwrap_or(0));
        word.to_be_bytes()[1..four.len()].to_vec()
    };
    bits.chunks(4).flat_map(group).collect()
}

/// The attachments of a letter, by the end of their names.
pub(super) fn attachment(letter: &str, end: &str) -> Vec<u8> {
    let part = letter.split("\r\n--").find(|part| {
        part.split("\r\n\r\n")
            .next()
            .unwrap()
            .lines()
            .any(|line| line.trim_start().starts_with("filename") && line.contains(end))
    });
    let (head, body) = part.unwrap_or_else(|| panic!("no {end} in {letter}")).split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Transfer-Encoding: base64"), "{head}");
    base64(body)
}

//
#[test]
fn a_dropped_file_becomes_one_letter_whatever_its_name() {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 5);
    office.agreement("roma-01", "5", &days, "").agreement("bologna-01", "17", &days, "");
    let long = format!("{}.dat", "x".repeat(251));
    let names: [&[u8]; 5] =
        [b"1_attlog.dat", b"a b'\".dat", b"riga\ndue.dat", b"\xff\xfe\xe0.dat", long.as_bytes()];
    let contents: Vec<String> =
        days.iter().map(|day| regular_days("5", &[*day]) + &regular_days("17", &[*day])).collect();
    for (name, content) in names.iter().zip(&contents) {
        office.drop(OsStr::from_bytes(name), content);
    }
    office.run_until_sent(2);

    assert_eq!(office.punches(), 40);
    let archived = office.files("store/archive/ingresso");
    assert_eq!(archived.len(), 5);
    for (name, content) in names.iter().zip(&contents) {
        // the beginning of the longest name gave way to the number of the batch
        let end = &name[name.len().saturating_sub(250)..];
        let found = archived.iter().find(|(path, _)| path.as_os_str().as_bytes().ends_with(end));
        assert_eq!(found.unwrap().1, content.as_bytes(), "{}", String::from_utf8_lossy(name));
    }
    let left: Vec<_> =
        fs::read_dir(office.path("drop")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".timbra-claimed"]);
    assert!(office.files("drop/.timbra-claimed").is_empty());

    let letters = office.letters();
    assert_eq!(letters.len(), 2);
    for (letter, name) in letters.iter().zip(["bologna-01", "roma-01"]) {
        assert!(letter.contains(&format!("\r\nTo: {name}@roma.example\r\n")), "{letter}");
        assert!(letter.contains(&italian(month)), "{letter}");
        let data: serde_json::Value = serde_json::from_slice(&attachment(letter, ".json")).unwrap();
        assert_eq!(data["month"], month.to_string());
        assert_eq!(data["agreement"]["id"], name);
        assert_eq!(data["totals"]["worked_minutes"], 5 * 432);
        assert_eq!(data["totals"]["to_regularise"], 0);
        let table = String::from_utf8(attachment(letter, ".csv")).unwrap();
        assert_eq!(table.lines().count(), 6, "{table}");
    }

    // whatever happens afterwards, it was sent
    for (round, content) in contents.iter().take(3).enumerate() {
        office.drop(format!("again {round}.dat"), content);
        office.run_until_sent(2);
        assert_eq!(office.letters(), letters);
    }
    assert_eq!(office.timbra(&["status"]).code, Some(0));
}

#[test]
fn a_server_that_says_later_gets_the_letter_later_and_once() {
    let mut office = Office::new();
    let server = Exchange::start(vec![&[("RCPT", Say("451 4.3.0 later\r\n"))], &[]]);
    office.mail_by_smtp(server.port);
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    let daemon = office.run();
    office.until("one attempt was made", || {
        office.outbox().first().is_some_and(|row| row["attempts"] == 1 && row["state"] == "due")
    });
    let row = &office.outbox()[0];
    assert!(row["detail"].as_str().unwrap().contains("451 4.3.0 later"), "{row}");
    let not_before: chrono::DateTime<chrono::Utc> = row["not_before"].as_str().unwrap().parse().unwrap();
    let pause = (not_before - timbra::daemon::clock::now()).num_seconds();
    assert!((20..=72).contains(&pause), "{pause}");

    // its time comes, and a reload wakes the courier
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.execute("UPDATE outbox SET not_before = 0, machine = NULL", []).unwrap();
    daemon.signal("HUP");
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    daemon.stop();
    office.run_until_sent(1);
    assert_eq!(server.conversations(), 2);
    let texts = server.texts();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains(office.outbox()[0]["message_id"].as_str().unwrap()));
    let sealed = office.timbra(&["outbox", "show", "1"]);
    assert_eq!(sealed.out, texts[0]);
    assert_eq!(sealed.err.lines().count(), 7, "{}", sealed.err);
}

#[test]
fn a_doubtful_letter_waits_for_a_person() {
    let mut office = Office::new();
    let server = Exchange::start(vec![&[("dot", Close)], &[]]);
    office.mail_by_smtp(server.port);
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").drop("a.dat", regular_days("5", &days));
    for _ in 0..2 {
        let daemon = office.run();
        office.until("it is doubtful", || office.states() == ["uncertain"]);
        daemon.stop();
    }
    assert_eq!(server.texts().len(), 1);
    assert_eq!(office.timbra(&["status"]).code, Some(3));
    assert_eq!(office.timbra(&["outbox"]).code, Some(3));
    assert_eq!(office.timbra(&["outbox", "retry", "1"]).code, Some(0));
    office.run_until_sent(1);
    let texts = server.texts();
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[0], texts[1]);
    assert_eq!(office.timbra(&["outbox", "retry", "1"]).code, Some(1));
    assert_eq!(office.timbra(&["outbox", "close", "1", "--why", "PEC del 6"]).code, Some(0));
}

#[test]
fn a_refused_login_stops_the_mail_until_the_configuration_is_read_anew() {
    let mut office = Office::new();
    let server = Exchange::start(vec![&[("AUTH", Say("535 5.7.8 wrong\r\n"))], &[]]);
    let password: PathBuf = office.path("etc/password");
    fs::write(&password, "segreta\n").unwrap();
    office.mail = format!(
        "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nuser = \"a@b.example\"\n\
         password_file = \"password\"\n",
        server.port
    );
    office.write();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").agreement("roma-02", "6", &days, "");
    office.drop("a.dat", regular_days("5", &days) + &regular_days("6", &days));
    let daemon = office.run();
    office.until_told("the mail server refused the login");
    office.until("both wait", || office.states() == ["due", "due"]);
    assert_eq!(server.conversations(), 1);
    daemon.signal("HUP");
    office.until("both are sent", || office.states() == ["smtp_accepted", "smtp_accepted"]);
    assert!(!office.journal().contains("segreta"));
}

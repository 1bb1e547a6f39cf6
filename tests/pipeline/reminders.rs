//! The personnel office is told in time of what it can still mend: each day once.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbra::config::Config;
use timbra::daemon::{reminder_mail, run_until};
use timbra::domain::delivery::State;
use timbra::store::Store;

use super::amendments::{configuration, october, round};
use crate::office::{Office, line, regular, regular_days, working_days};

/// October, with an exit missing on its third day, as it stands on a day: the file of that noon.
fn office(more: &str) -> Office {
    let mut office = Office::new();
    office.statement = format!("{more}require_time_server = false\n");
    office.write();
    office.agreement("roma-01", "5", &october(), "");
    office
}

fn export(office: &Office, name: &str, text: &str, changed: &str) {
    office.import(&office.export(name, text, changed.parse().unwrap()));
}

fn one_exit_missing() -> String {
    regular_days("5", &october()).replace(&line("5", october()[2], "15:42:00", 1), "")
}

/// What is queued when the day's reminders are looked for.
fn remind(office: &Office, now: &str) -> u32 {
    let config = configuration(office);
    let mut store = Store::open(&config.store_folder).unwrap();
    reminder_mail::remind(&mut store, &config, now.parse::<DateTime<Utc>>().unwrap()).unwrap()
}

/// A letter without the breaks of its encoding.
fn unfolded(letter: &str) -> String {
    letter.replace("=\r\n", "").replace("=C3=A0", "à").replace("=C3=B2", "ò").replace("=C3=B9", "ù")
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn simulated() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.load(Ordering::Relaxed), 0).unwrap()
}

#[test]
fn the_daemon_reminds_once_of_what_is_open() {
    let office = office("");
    export(&office, "a.dat", &one_exit_missing(), "2025-11-02");
    NOW.store("2025-11-03T07:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp(), Ordering::Relaxed);
    let sent = |store: &Store, _: &Config| {
        Ok(store.outbox()?.iter().any(|row| row.kind == "reminder" && row.state == State::SmtpAccepted))
    };
    assert!(run_until(configuration(&office), simulated, Duration::from_secs(20), sent).unwrap());
    assert_eq!(remind(&office, "2025-11-04T12:00:00Z"), 0);
    assert_eq!(office.reminders().len(), 1);
    let letter = unfolded(&office.reminders()[0]);
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("To: personale@ospitante.example"), "{head}");
    assert!(
        head.contains(
            "Subject: Promemoria coworking 10/2025 - giornate da regolarizzare -\r\n Prefettura di Roma"
        ),
        "{head}"
    );
    assert!(
        !head.contains("Esempio") && !head.contains("Anna"),
        "no name in what everybody may read: {head}"
    );
    for said in [
        "parte al più tardi il 05/11/2025, ore 08:00",
        "(termine dell'intesa: 10/11/2025)",
        "dott.ssa Anna Esempio",
        "venerd=C3=AC 03/10/2025",
        "manca l'uscita: chiedere alla sede di lavoro di comunicare l'orario di",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    // and it leaves in time all the same, marked
    assert_eq!(round(&office, "2025-11-05T07:00:00Z"), 1);
    assert_eq!(remind(&office, "2025-11-06T07:00:00Z"), 0);
}

#[test]
fn only_new_open_days_bring_another_reminder() {
    let office = office("");
    export(&office, "a.dat", &one_exit_missing(), "2025-10-28");
    assert_eq!(remind(&office, "2025-10-28T08:00:00Z"), 0, "five working days before 5 November are not yet");
    assert_eq!(remind(&office, "2025-10-29T08:00:00Z"), 1);
    assert_eq!(remind(&office, "2025-10-29T20:00:00Z"), 0);
    assert_eq!(remind(&office, "2025-10-30T08:00:00Z"), 0);
    let unplanned = regular("5", "2025-10-30".parse().unwrap());
    export(&office, "b.dat", &(one_exit_missing() + &unplanned), "2025-10-31");
    assert_eq!(remind(&office, "2025-10-31T08:00:00Z"), 1);
    assert_eq!(remind(&office, "2025-11-03T08:00:00Z"), 0);
    // one of them is mended: nothing new
    export(&office, "c.dat", &line("5", october()[2], "15:42:00", 1), "2025-11-01");
    assert_eq!(remind(&office, "2025-11-04T08:00:00Z"), 0);
    office.run_until_sent(1);
    let letters = office.reminders();
    assert_eq!(letters.len(), 2);
    let last = letters.iter().find(|letter| letter.contains("promemoria.r2@")).unwrap();
    assert!(last.contains("03/10/2025") && last.contains("30/10/2025"), "all that is open: {last}");
}

#[test]
fn data_that_have_not_arrived_are_told_only_once_the_month_is_over() {
    let office = office("");
    let last = working_days(timbra::domain::month::Month::parse("2025-10").unwrap(), 23)[18..].to_vec();
    office.agreement("roma-01", "5", &last, "");
    export(&office, "a.dat", &regular_days("5", &last[..2]), &last[2].to_string());
    assert_eq!(remind(&office, "2025-10-30T08:00:00Z"), 0, "the file of the night is still to come");
    assert_eq!(remind(&office, "2025-11-03T08:00:00Z"), 1);
    office.run_until_sent(1);
    let letter = unfolded(&office.reminders()[0]);
    assert!(letter.contains("dati non ancora pervenuti: verificare il lettore"), "{letter}");
}

#[test]
fn no_reminder_where_none_is_wanted_or_nothing_is_open() {
    let unwanted = office("remind_days_before = 0\n");
    export(&unwanted, "a.dat", &one_exit_missing(), "2025-11-02");
    assert_eq!(remind(&unwanted, "2025-11-04T08:00:00Z"), 0);
    let in_order = office("");
    export(&in_order, "a.dat", &regular_days("5", &october()), "2025-11-02");
    assert_eq!(remind(&in_order, "2025-11-04T08:00:00Z"), 0);
}

#[test]
fn a_statement_that_waits_for_approval_is_told_at_once_and_once() {
    let mut office = office("release = \"approve\"\nremind_days_before = 0\n");
    office.more.push_str("[release]\nofficers = [\"anna\"]\n");
    office.write();
    export(&office, "a.dat", &regular_days("5", &october()), "2025-11-02");
    let now = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    let config = configuration(&office);
    let mut store = Store::open(&config.store_folder).unwrap();
    let mut ask = |at: &str| reminder_mail::ask_for_approval(&mut store, &config, now(at)).unwrap();
    assert_eq!(
        (ask("2025-11-03T08:00:00Z"), ask("2025-11-03T08:00:01Z"), ask("2025-11-04T08:00:01Z")),
        (1, 0, 0)
    );
    office.run_until_sent(1);
    let letter = unfolded(&office.reminders()[0]);
    assert!(letter.contains("timbra outbox approve 1"), "{letter}");
    assert!(
        letter.contains("Senza approvazione parte") && letter.contains("06/11/2025, ore 08:00"),
        "{letter}"
    );
}

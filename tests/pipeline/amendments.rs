//! What changes after a statement left: one amendment for all of it, after a quiet time or by hand,
//! and none that nobody asked for.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use timbra::config::{self, Config};
use timbra::daemon::{amendments, comparison, post, release, run_until_idle};
use timbra::domain::month::Month;
use timbra::store::Store;

use super::delivery::attachment;
use crate::office::{Office, line, month_ago, regular_days, working_days};

/// The five agreed days of October 2025.
pub(super) fn october() -> Vec<NaiveDate> {
    working_days(Month::parse("2025-10").unwrap(), 5)
}

/// All punches of October but the exit of its third agreed day, in a file written on 2 November.
pub(super) fn sent_october() -> Office {
    sent_october_with("", "")
}

/// The same, with more in `[statement]`, and more tables in `timbra.toml`.
pub(super) fn sent_october_with(statement: &str, more: &str) -> Office {
    let mut office = Office::new();
    office.statement.push_str(statement);
    office.more.push_str(more);
    office.write();
    let days = october();
    office.agreement("roma-01", "5", &days, "");
    let all = regular_days("5", &days).replace(&line("5", days[2], "15:42:00", 1), "");
    office.import(&office.export("a.dat", &all, "2025-11-02".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-05T07:00:00Z"), 1);
    office
}

/// The exit that was missing.
pub(super) fn late_exit(office: &Office) {
    let text = line("5", october()[2], "15:42:00", 1);
    office.import(&office.export("late.dat", &text, "2025-11-06".parse().unwrap()));
}

/// The month before this one, sent; and its second and last day.
pub(super) fn sent_last_month() -> (Office, Month, NaiveDate) {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 2);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), month.next().first()));
    office.run_until_sent(1);
    (office, month, days[1])
}

/// What enters an absence of an hour.
pub(super) fn absence_on(day: NaiveDate) -> String {
    format!("absence add roma-01 {day} --from 14:00 --to 15:00 --credited --ref a")
}

pub(super) fn configuration(office: &Office) -> Config {
    config::load(&office.path("etc")).config.unwrap()
}

/// What housekeeping does of this in one round. Says how many letters were queued.
pub(super) fn round(office: &Office, now: &str) -> u32 {
    let config = configuration(office);
    let mut store = Store::open(&config.store_folder).unwrap();
    let now = now.parse::<DateTime<Utc>>().unwrap();
    let closed = post::close_due(&mut store, &config, now).unwrap();
    comparison::look(&mut store, &config, now).unwrap();
    let amended = amendments::amend_due(&mut store, &config, now).unwrap().0;
    closed + amended + release::fall_back(&mut store, now).unwrap().0
}

/// Hands over what is queued.
pub(super) fn carry(office: &Office) {
    let count = office.outbox().len();
    office.run_until_sent(count);
}

pub(super) fn enter(office: &Office, command: &str) {
    let said = office.timbra(&command.split(' ').collect::<Vec<_>>());
    assert!(matches!(said.code, Some(0 | 3)), "{command}: {said:?}");
}

/// The data file of a letter.
fn data(letter: &str) -> Value {
    serde_json::from_slice(&attachment(letter, ".json")).unwrap()
}

/// The differences of an amendment, as `column: before > after`.
fn differences(letter: &str) -> Vec<String> {
    let cell = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let told =
        |row: &Value| format!("{}: {} > {}", cell(&row["column"]), cell(&row["before"]), cell(&row["after"]));
    data(letter)["amendment"]["differences"].as_array().unwrap().iter().map(told).collect()
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn simulated() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.load(Ordering::Relaxed), 0).unwrap()
}

/// Runs the daemon at an instant until it has nothing more to do, and gives the letters of the mailbox
/// in the order of their numbers.
fn daemon_at(office: &Office, now: &str) -> Vec<String> {
    NOW.store(now.parse::<DateTime<Utc>>().unwrap().timestamp(), Ordering::Relaxed);
    assert!(run_until_idle(configuration(office), simulated, Duration::from_secs(20)).unwrap(), "{now}");
    let mut letters = office.letters();
    letters.sort_by_key(|letter| data(letter)["document"]["number"].as_i64());
    letters
}

#[test]
fn a_late_punch_becomes_one_amendment_after_the_quiet_time() {
    let office = Office::new();
    let days = october();
    office.agreement("roma-01", "5", &days, "");
    let all = regular_days("5", &days).replace(&line("5", days[2], "15:42:00", 1), "");
    office.import(&office.export("a.dat", &all, "2025-11-02".parse().unwrap()));
    assert_eq!(daemon_at(&office, "2025-11-05T07:00:00Z").len(), 1);

    late_exit(&office);
    assert_eq!(daemon_at(&office, "2025-11-06T09:00:00Z").len(), 1);
    assert_eq!(daemon_at(&office, "2025-11-06T12:59:59Z").len(), 1, "four hours without a change");
    let letters = daemon_at(&office, "2025-11-06T13:00:00Z");
    assert_eq!(letters.len(), 2);
    assert_eq!(daemon_at(&office, "2025-12-01T13:00:00Z"), letters);

    let (first, second) = (data(&letters[0]), data(&letters[1]));
    assert_eq!(first["amendment"], Value::Null);
    assert_eq!((&second["document"]["number"], &second["document"]["revision"]), (&2.into(), &2.into()));
    let replaced = &second["amendment"]["replaces"];
    assert_eq!((&replaced["number"], &replaced["issued"]), (&1.into(), &"2025-11-05".into()));
    let id = replaced["message_id"].as_str().unwrap();
    assert!(letters[0].contains(&format!("Message-ID: <{id}>")), "{id}");
    assert!(letters[1].contains("RETTIFICA n. 1 del prospetto n. 1/2025 del 05/11/2025"));
    assert_eq!(
        differences(&letters[1]),
        [
            "punches: 08:00E 13:00U 13:30E* > 08:00E 13:00U 13:30E 15:42U",
            "presence_minutes: 5:00 > 7:12",
            "break_taken_minutes: n.d. > 0:30",
            "break_deducted_minutes: n.d. > 0:00",
            "worked_minutes: 5:00 > 7:12",
            "balance_minutes: n.d. > 0:00",
            "meal_voucher_conditions: n.d. > SI",
            "anomalies: DA REGOLARIZZARE; manca l'uscita; ore escluse dai totali > nessuna",
            "to_regularise: 1 > 0",
            "worked_minutes: 28:48 > 36:00",
            "due_minutes: 28:48 > 36:00",
            "meal_voucher_conditions: 4 > 5",
        ]
    );
    // the whole month again
    assert_eq!(second["days"].as_array().unwrap().len(), 5);
    assert_eq!(second["totals"]["worked_minutes"], 5 * 432);
}

#[test]
fn what_changes_together_leaves_together_and_what_is_taken_back_never() {
    let office = sent_october();
    carry(&office);
    let second = october()[1];
    enter(&office, &format!("absence add roma-01 {second} --from 14:00 --to 15:00 --credited --ref a"));
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    enter(&office, "undo 1");
    assert_eq!(round(&office, "2025-11-06T11:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-07T11:00:00Z"), 0, "taken back before the quiet time was over");

    enter(&office, "undo 2");
    assert_eq!(round(&office, "2025-11-08T08:00:00Z"), 0);
    late_exit(&office);
    assert_eq!(round(&office, "2025-11-08T11:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-08T14:59:59Z"), 0, "quiet since the last change");
    assert_eq!(round(&office, "2025-11-08T15:00:00Z"), 1);
    assert_eq!(round(&office, "2025-11-08T15:00:01Z"), 0);
    carry(&office);

    // back again: an amendment of the amendment, not of the first statement
    enter(&office, "undo 1");
    assert_eq!(round(&office, "2025-11-10T08:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-10T12:00:00Z"), 1);
    carry(&office);
    let letters = office.letters();
    let third =
        letters.iter().find(|letter| letter.contains("RETTIFICA n. 2 del prospetto n. 2/2025")).unwrap();
    let rows = differences(third);
    assert_eq!(rows.first().unwrap(), "justified_minutes: 1:00 > 0:00", "{rows:?}");
    assert!(rows.iter().all(|row| !row.contains("15:42U")), "{rows:?}");
    assert_eq!(data(third)["amendment"]["ordinal"], 2);
}

#[test]
fn no_amendment_overtakes_what_it_replaces() {
    let office = sent_october();
    late_exit(&office);
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-09T08:00:00Z"), 0, "the first one still waits in the outbox");
    let said = office.timbra(&["send", "roma-01", "2025-10"]);
    assert!(said.code == Some(1) && said.err.contains("has not left yet: message 1"), "{said:?}");
    carry(&office);
    assert_eq!(round(&office, "2025-11-09T08:00:01Z"), 1);
}

#[test]
fn a_changed_configuration_amends_nothing_by_itself() {
    let office = sent_october();
    carry(&office);
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&agreement).unwrap();
    // looked at once with the configuration as it was
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    std::fs::write(&agreement, text.replace("5x7h12", "6x6h")).unwrap();
    late_exit(&office);
    assert_eq!(round(&office, "2025-11-06T09:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-30T09:00:00Z"), 0);
    let said = office.timbra(&["send", "roma-01", "2025-10"]);
    assert!(
        said.code == Some(1) && said.err.contains("since the configuration or the program changed"),
        "{said:?}"
    );
    assert!(said.err.contains("--why"), "{said:?}");
    let said = office.timbra(&["send", "roma-01", "2025-10", "--why", "profilo corretto", "--json"]);
    assert_eq!((said.code, &said.json()["replaces"]["number"]), (Some(0), &1.into()), "{said:?}");
    assert_eq!(
        office.number("SELECT count(*) FROM origin WHERE why = 'profilo corretto' AND author IS NOT NULL"),
        Some(1)
    );
    carry(&office);
    // put back: the same again, the other way round
    std::fs::write(&agreement, &text).unwrap();
    assert_eq!(round(&office, "2025-12-01T09:00:00Z"), 0);
    assert_eq!(round(&office, "2025-12-02T09:00:00Z"), 0);
    std::fs::write(&agreement, text.replace("5x7h12", "6x6h")).unwrap();
    assert_eq!(round(&office, "2025-12-03T09:00:00Z"), 0);
    assert_eq!(office.number("SELECT count(*) FROM drift"), Some(0), "as it was sent");
}

#[test]
fn a_configuration_that_alters_no_figure_does_not_stand_in_the_way() {
    let office = sent_october();
    carry(&office);
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&agreement).unwrap();
    std::fs::write(&agreement, text.replace("end = 2025-10-31", "end = 2026-01-31")).unwrap();
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    late_exit(&office);
    assert_eq!(round(&office, "2025-11-06T09:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-06T13:00:00Z"), 1);
    std::fs::write(&agreement, &text).unwrap();
    carry(&office);
    assert_eq!(round(&office, "2025-11-07T08:00:00Z"), 0);

    // nor when an entry came before it was read
    std::fs::write(&agreement, text.replace("end = 2025-10-31", "end = 2026-02-28")).unwrap();
    let absence = |from| {
        format!("absence add roma-01 {} --from {from}:00 --to {from}:30 --credited --ref a", october()[1])
    };
    enter(&office, &absence(14));
    assert_eq!(round(&office, "2025-11-07T09:00:00Z"), 0);
    assert_eq!(office.number("SELECT held FROM drift"), Some(0));
    assert_eq!(round(&office, "2025-11-07T13:00:00Z"), 1);
    std::fs::write(&agreement, &text).unwrap();
    carry(&office);
    // but what it alters itself is held, whatever came with it
    assert_eq!(round(&office, "2025-11-08T08:00:00Z"), 0);
    std::fs::write(&agreement, text.replace("5x7h12", "6x6h")).unwrap();
    enter(&office, &absence(15));
    assert_eq!(round(&office, "2025-11-08T09:00:00Z"), 0);
    assert_eq!(office.number("SELECT held FROM drift"), Some(1));
}

#[test]
fn by_hand_means_by_hand() {
    let office = sent_october_with("amend = \"by_hand\"\n", "");
    carry(&office);
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    late_exit(&office);
    for now in ["2025-11-06T09:00:00Z", "2025-11-30T09:00:00Z"] {
        assert_eq!(round(&office, now), 0);
    }
    let said = office.timbra(&["send", "roma-01", "2025-10"]);
    assert_eq!(
        (said.code, said.out.contains("amendment n. 1/2026 of n. 1/2025")),
        (Some(0), true),
        "{said:?}"
    );
    carry(&office);
    let said = office.timbra(&["send", "roma-01", "2025-10"]);
    assert!(
        said.code == Some(1) && said.err.contains("nothing has changed since statement n. 1/2026"),
        "{said:?}"
    );
}

#[test]
fn a_first_statement_can_be_sent_before_its_time_and_only_for_a_month_that_is_over() {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 2);
    office.agreement("roma-01", "5", &days, "");
    let agreement = office.path("etc/agreements/roma-01.toml");
    let this = month.next();
    let longer = std::fs::read_to_string(&agreement)
        .unwrap()
        .replace(&format!("end = {}", month.last()), &format!("end = {}", this.last()));
    std::fs::write(&agreement, longer).unwrap();
    office.import(&office.export("a.dat", line("5", days[0], "08:00:00", 0), month.last()));
    for (which, reason) in [
        (this.to_string(), "is not over yet"),
        (this.next().to_string(), "none of the months that this agreement reports"),
        (month_ago(2).to_string(), "none of the months that this agreement reports"),
    ] {
        let said = office.timbra(&["send", "roma-01", &which]);
        assert!(said.code == Some(1) && said.err.contains(reason), "{which}: {said:?}");
    }
    let said = office.timbra(&["send", "roma-01", &month.to_string(), "--why", "chiesto dalla sede"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    office.run_until_sent(1);
    assert!(office.letters()[0].contains("DA REGOLARIZZARE"), "open days are marked");
}

#[test]
fn an_old_month_is_left_alone_and_so_is_an_agreement_that_is_gone() {
    let office = sent_october();
    carry(&office);
    assert_eq!(round(&office, "2025-11-06T08:00:00Z"), 0);
    late_exit(&office);
    assert_eq!(round(&office, "2026-11-06T08:00:00Z"), 0, "twelve months and more");
    assert_eq!(round(&office, "2026-11-07T08:00:00Z"), 0);
    assert_eq!(round(&office, "2026-10-06T08:00:00Z"), 0);
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read(&agreement).unwrap();
    std::fs::remove_file(&agreement).unwrap();
    assert_eq!(round(&office, "2026-10-07T08:00:00Z"), 0);
    std::fs::write(&agreement, text).unwrap();
    assert_eq!(round(&office, "2026-10-07T09:00:00Z"), 0, "{}", office.journal());
}

#[test]
fn data_that_were_awaited_amend_the_month_when_they_come() {
    let office = Office::new();
    let days = october();
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days[..4]), days[4]));
    assert_eq!(round(&office, "2025-11-05T07:00:00Z"), 1);
    carry(&office);
    assert_eq!(round(&office, "2025-11-05T08:00:00Z"), 0);
    // nothing new but that nothing more is to be expected
    office.import(&office.export("b.dat", regular_days("5", &days[..4]), "2025-11-05".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-05T09:00:00Z"), 0);
    assert_eq!(round(&office, "2025-11-05T13:00:00Z"), 1);
    carry(&office);
    let second = office.letters().into_iter().find(|letter| letter.contains("RETTIFICA n. 1")).unwrap();
    let rows = differences(&second);
    assert!(
        rows.iter().any(|row| row.contains("nessuna timbratura e nessuna assenza comunicata")),
        "{rows:?}"
    );
}

#[test]
fn status_tells_what_leaves_when_and_what_only_by_hand() {
    let (office, month, day) = sent_last_month();
    let line = |key: &str| office.timbra(&["status", "--json"]).json()["amendments"][0][key].clone();
    assert_eq!(line("month"), Value::Null);
    enter(&office, &absence_on(day));
    // the daemon is dead and has seen nothing
    assert_eq!((line("month"), line("held")), (month.to_string().into(), false.into()));
    assert_eq!(line("leaves_at").as_str().unwrap().find('.'), None);
    let leaves: DateTime<Utc> = line("leaves_at").as_str().unwrap().parse().unwrap();
    let wait = (leaves - timbra::daemon::clock::now()).num_minutes();
    assert!((230..=240).contains(&wait), "{wait}");
    let said = office.timbra(&["status"]);
    assert!(said.out.contains("statement n. 1/") && said.out.contains("unless it changes"), "{said:?}");
    assert!(!said.out.contains("timbra send"), "{said:?}");

    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&agreement).unwrap();
    std::fs::write(&agreement, text.replace("5x7h12", "6x6h")).unwrap();
    assert_eq!((line("held"), line("leaves_at")), (true.into(), Value::Null));
    let said = office.timbra(&["status"]);
    assert_eq!(said.code, Some(3));
    assert!(said.out.contains(&format!("`timbra send roma-01 {month} --why ..`")), "{said:?}");
}

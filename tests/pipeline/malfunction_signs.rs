//! Faults that the daemon finds: each sign becomes a malfunction when it has lasted, flapping is one
//! incident, a person's word stands above it.

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use timbra::config::Config;
use timbra::daemon::{malfunction_mail, malfunctions, run_until};
use timbra::domain::malfunction::{Event, Step};
use timbra::store::{MalfunctionNotice, Store};

use super::amendments::{configuration, october};
use super::malfunctions::at;
use crate::office::{Office, regular, regular_days};

/// An office of October 2025 with one reader on a port and one that delivers files.
fn office(more: &str) -> Office {
    let mut office = Office::new();
    office.readers +=
        "[[serial]]\nid = \"porta\"\nport = \"../nowhere\"\nprotocol = \"rdm6300\"\ndirection = \"in\"\n";
    office.more += more;
    office.write();
    office.agreement("roma-01", "5", &october(), "");
    drop(Store::open(&office.path("store")).unwrap());
    office
}

/// Changes what the store knows of the world, as the tasks of the readers would.
fn seen(office: &Office, sql: &str) {
    let connection = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    connection.execute_batch(sql).unwrap();
}

fn port(office: &Office, state: &str, since: &str) {
    let since = at(since).timestamp();
    seen(
        office,
        &format!(
            "INSERT INTO reader (name) VALUES ('porta') ON CONFLICT DO NOTHING;
             INSERT INTO port (reader, path, state, since, detail)
             SELECT id, '/dev/x', '{state}', {since}, '' FROM reader WHERE name = 'porta'
             ON CONFLICT (reader) DO UPDATE SET state = excluded.state, since = excluded.since;"
        ),
    );
}

/// One look of the vigil, and what it queued.
fn look(office: &Office, now: &str) -> u32 {
    let config = configuration(office);
    let mut store = Store::open(&config.store_folder).unwrap();
    malfunctions::watch(&mut store, &config, at(now)).unwrap();
    malfunction_mail::tell(&mut store, &config, at(now)).unwrap().queued
}

/// Number, cause, whether it is open, and how often it began.
fn known(office: &Office) -> Vec<String> {
    let store = Store::open_read_only(&office.path("store")).unwrap();
    let all = store.malfunctions().unwrap();
    all.values()
        .map(|one| {
            let cause = one.cause.as_ref().map(ToString::to_string).unwrap_or_default();
            let state = if one.is_open() { "open" } else { "over" };
            format!("{} {cause} {state} {}", one.number, one.outages)
        })
        .collect()
}

/// Everything that waits has left.
fn all_left(office: &Office) {
    seen(office, "UPDATE outbox SET state = 'smtp_accepted' WHERE state = 'due'");
}

#[test]
fn r_2_6_2_a_port_that_stays_away_is_a_malfunction_and_r_2_6_3_flapping_is_one() {
    let office = office("");
    port(&office, "gone", "2025-10-06T08:00:00Z");
    assert_eq!((look(&office, "2025-10-06T08:29:59Z"), known(&office).len()), (0, 0), "it may come back");
    assert_eq!(look(&office, "2025-10-06T08:30:00Z"), 1);
    assert_eq!(known(&office), ["1 reader porta open 1"]);
    assert_eq!(look(&office, "2025-10-06T09:00:00Z"), 0, "told once");
    all_left(&office);

    // back, away again, back: one incident, and its end is told when it is quiet
    port(&office, "open", "2025-10-06T09:10:00Z");
    assert_eq!(look(&office, "2025-10-06T09:11:00Z"), 0);
    assert_eq!(known(&office), ["1 reader porta over 1"]);
    port(&office, "gone", "2025-10-06T09:20:00Z");
    assert_eq!(look(&office, "2025-10-06T09:21:00Z"), 0);
    assert_eq!(known(&office), ["1 reader porta open 2"]);
    port(&office, "open", "2025-10-06T09:30:00Z");
    assert_eq!(look(&office, "2025-10-06T09:59:59Z"), 0);
    assert_eq!(look(&office, "2025-10-06T10:00:00Z"), 1);
    assert_eq!(known(&office), ["1 reader porta over 2"]);
    all_left(&office);

    // another day: another number
    port(&office, "gone", "2025-10-07T08:00:00Z");
    assert_eq!(look(&office, "2025-10-07T08:30:00Z"), 1);
    assert_eq!(known(&office), ["1 reader porta over 2", "2 reader porta open 1"]);
    let told: Vec<String> = Store::open_read_only(&office.path("store"))
        .unwrap()
        .malfunction_notices()
        .unwrap()
        .iter()
        .map(|notice| format!("{} {}", notice.number, notice.earlier.matter.code()))
        .collect();
    assert_eq!(told, ["1 opened", "1 restored", "2 opened"]);
}

#[test]
fn r_2_6_2_a_persons_word_stands_above_what_is_seen() {
    let office = office("");
    let said = |number, now: &str, step| {
        let mut store = Store::open(&office.path("store")).unwrap();
        let at = at(now);
        let author = "anna".to_owned();
        let event = Event { id: 0, number: 0, at, author, for_person: None, reference: None, step };
        store
            .enter_malfunction(Some(number), |number, _| Ok::<_, ()>(Event { number, ..event }))
            .unwrap()
            .unwrap();
    };
    port(&office, "gone", "2025-10-06T08:00:00Z");
    look(&office, "2025-10-06T08:30:00Z");
    // closed while it lasts: it stays closed until the sign goes and comes again
    let over = "2025-10-06T09:00:00Z";
    said(1, over, Step::Restored { at: at(over), detected: false });
    look(&office, "2025-10-06T09:05:00Z");
    assert_eq!(known(&office), ["1 reader porta over 1"]);
    port(&office, "gone", "2025-10-06T12:00:00Z");
    look(&office, "2025-10-06T12:30:00Z");
    assert_eq!(known(&office), ["1 reader porta over 1", "2 reader porta open 1"]);
    // no malfunction at all, says a person
    said(2, "2025-10-06T12:40:00Z", Step::Undone { of: 3 });
    look(&office, "2025-10-06T13:30:00Z");
    assert_eq!(known(&office).len(), 2);
}

#[test]
fn r_2_6_2_with_approve_nobody_is_told_before_a_person_confirms() {
    let office = office("[malfunction]\nnotice = \"approve\"\nafter_minutes = 5\n");
    port(&office, "gone", "2025-10-06T08:00:00Z");
    assert_eq!(look(&office, "2025-10-06T08:05:00Z"), 0);
    let status = office.timbra(&["status", "--json"]).json();
    assert!(status["attention"].to_string().contains("timbra malfunction confirm 1"), "{status}");
    let alarm =
        status["alarms"].as_array().unwrap().iter().find(|alarm| alarm["kind"] == "malfunction").unwrap();
    assert!(alarm["text"].as_str().unwrap().contains("timbra malfunction confirm 1"), "{alarm}");
    let said = office.timbra(&["malfunction", "confirm", "1"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("1 notice(s)"), "{said:?}");
    let does = |what: &str| {
        let said = office.timbra(&["malfunction", what, "1"]);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        let store = Store::open_read_only(&office.path("store")).unwrap();
        let notices = store.malfunction_notices().unwrap();
        let told = |one: &MalfunctionNotice| format!("{} {}", one.earlier.matter.code(), one.state.code());
        notices.iter().map(told).collect::<Vec<_>>()
    };
    // before it left no leave is no notice; after it left the home office hears how it ends
    assert_eq!(does("undo"), ["opened cancelled"]);
    assert_eq!(does("confirm"), ["opened cancelled", "opened due"]);
    all_left(&office);
    assert_eq!(does("undo"), ["opened cancelled", "opened smtp_accepted"]);
    assert_eq!(does("undo"), ["opened cancelled", "opened smtp_accepted", "withdrawn due"]);
}

#[test]
fn r_2_6_2_other_signs() {
    let office = office("");
    let now = "2025-10-06T10:00:00Z";
    let hour_ago = at("2025-10-06T09:00:00Z").timestamp();
    port(&office, "open", "2025-10-01T08:00:00Z");
    let cases = [
        // the folder of a reader
        (
            "INSERT INTO fact VALUES ('folder gone: ingresso', '2025-10-06T09:00:00+00:00')".to_owned(),
            "reader ingresso",
            "DELETE FROM fact WHERE name LIKE 'folder%'".to_owned(),
        ),
        // a reader that writes times to come
        (
            format!(
                "INSERT INTO reader (id, name) VALUES (90, 'ingresso');
                 INSERT INTO batch (id, reader, origin, size, received_at, decoder) VALUES (90, 90, 'a', 1, {hour_ago}, x'');
                 INSERT INTO quarantine (reader, batch, line, raw, reason, local, early, decoder)
                 VALUES (90, 90, 1, x'00', 'early', {}, 1, x'')",
                at("2025-10-06T14:00:00Z").timestamp()
            ),
            "clock of ingresso",
            "UPDATE quarantine SET released = 1".to_owned(),
        ),
        // the provider of certified mail has another time
        (
            format!(
                "INSERT INTO outbox (id, kind, agreement, period, revision, recipient, sender, message_id, sha256, state,
                 not_before, deadline) VALUES (90, 'specimen', 'roma-01', '2025-09', 1, 'a@b.it', 'c@d.it', '<x>', x'',
                 'smtp_accepted', 0, 0);
                 INSERT INTO outbox_event (outbox, at, state, detail, chain) VALUES (90, {hour_ago}, 'handing_over', '', x'');
                 INSERT INTO received (identity, sha256, source, seen_at, kind, recipients, at, signature, trusted, why, outbox)
                 VALUES ('r', x'', 'f', {hour_ago}, 'accettazione', '', '2025-10-06T11:15:00+02:00', 'valid', 1, '', 90)"
            ),
            "clock",
            "UPDATE received SET at = '2025-10-06T11:00:30+02:00'".to_owned(),
        ),
        // no mail leaves
        (
            "UPDATE outbox SET state = 'due', attempts = 3 WHERE id = 90;
             INSERT INTO fact VALUES ('mail_down_since', '2025-10-06T09:00:00+00:00')"
                .to_owned(),
            "mail",
            "UPDATE outbox SET state = 'smtp_accepted' WHERE id = 90".to_owned(),
        ),
    ];
    for (index, (wrong, cause, right)) in cases.iter().enumerate() {
        seen(&office, wrong);
        look(&office, now);
        assert_eq!(known(&office).last().unwrap(), &format!("{} {cause} open 1", index + 1));
        seen(&office, right);
        look(&office, now);
        assert_eq!(known(&office).last().unwrap(), &format!("{} {cause} over 1", index + 1));
    }
}

#[test]
fn r_2_6_2_a_silent_reader_is_judged_on_planned_days_only() {
    let office = office("[malfunction]\nsilent_minutes = 60\nafter_minutes = 0\n");
    let days = october();
    let delivered = |at: &str| {
        let at = at.parse::<DateTime<Utc>>().unwrap().timestamp();
        seen(
            &office,
            &format!(
                "INSERT INTO reader (id, name) VALUES (90, 'ingresso') ON CONFLICT DO NOTHING;
                 INSERT INTO batch (reader, origin, size, received_at, decoder, new_count)
                 VALUES (90, 'a', 1, {at}, x'', 4)"
            ),
        );
    };
    // the last ten working days of September, at eight
    for day in (17..=30).filter(|day| ![20, 21, 27, 28].contains(day)) {
        delivered(&format!("2025-09-{day}T06:00:00Z"));
    }
    port(&office, "open", "2025-09-01T08:00:00Z");
    assert_eq!(days[0].to_string(), "2025-10-01");
    look(&office, "2025-10-01T06:59:00Z");
    assert!(known(&office).is_empty(), "not yet");
    look(&office, "2025-10-01T07:00:00Z");
    assert_eq!(known(&office), ["1 silence of ingresso open 1"]);
    delivered("2025-10-01T09:00:00Z");
    look(&office, "2025-10-01T09:01:00Z");
    assert_eq!(known(&office), ["1 silence of ingresso over 1"]);
    for day in 2..=7 {
        delivered(&format!("2025-10-{day:02}T06:00:00Z"));
    }
    // nobody is expected on the eighth
    assert!(!days.iter().any(|day| day.to_string() == "2025-10-08"));
    look(&office, "2025-10-08T16:00:00Z");
    assert_eq!(known(&office).len(), 1);
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn simulated() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.load(Ordering::Relaxed), 0).unwrap()
}

/// The daemon itself, on a simulated clock: a folder is taken away and put back.
#[test]
fn r_2_6_2_the_daemon_finds_that_a_folder_is_gone_and_r_2_6_3_tells_when_it_is_back() {
    let office = Office::new();
    let days = october();
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days[..1]), days[1]));
    let start = at("2025-10-06T08:00:00Z");
    let run = |minutes: i64, done: &dyn Fn(&Store) -> bool| {
        NOW.store((start + TimeDelta::minutes(minutes)).timestamp(), Ordering::Relaxed);
        let done = |store: &Store, _: &Config| Ok(done(store));
        assert!(
            run_until(configuration(&office), simulated, Duration::from_secs(20), done).unwrap(),
            "{minutes}"
        );
    };
    fs::rename(office.path("drop"), office.path("away")).unwrap();
    run(0, &|store| store.fact("folder gone: ingresso").unwrap().is_some());
    let sent = |count: usize| {
        move |store: &Store| {
            let notices = store.malfunction_notices().unwrap();
            notices.len() == count && notices.iter().all(|notice| notice.state.code() == "smtp_accepted")
        }
    };
    run(31, &sent(1));
    fs::rename(office.path("away"), office.path("drop")).unwrap();
    office.drop("b.dat", regular("5", days[1]));
    run(40, &|store| store.malfunctions().unwrap()[&1].to.is_some());
    run(75, &sent(2));
    let subjects: Vec<bool> =
        office.notices().iter().map(|letter| letter.contains("n. 1 - ripristino - ")).collect();
    assert_eq!(subjects.iter().filter(|end| **end).count(), 1);
    assert_eq!(known(&office), ["1 reader ingresso over 1"]);
}

//! Single days that need the home office: told without waiting for the month, once, and none without
//! reason.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use timbra::config::Config;
use timbra::daemon::{digest, run_until};
use timbra::domain::delivery::State;
use timbra::store::Store;

use super::amendments::{configuration, october, round};
use super::malfunctions::{at, unfolded};
use crate::office::{Office, line, regular, regular_days};

/// October as its first three days left it: an exit is missing on the first, nobody came on the second,
/// and on the third somebody came whom nobody expected.
fn office(more: &str) -> Office {
    let mut office = Office::new();
    office.more += more;
    office.write();
    let days = october();
    office.agreement("roma-01", "5", &[days[0], days[1], days[4]], "");
    let text = regular("5", days[0]).replace(&line("5", days[0], "15:42:00", 1), "") + &regular("5", days[2]);
    office.import(&office.export("a.dat", text, days[3]));
    office
}

/// What is queued when the last days are looked at.
fn tell(office: &Office, now: &str) -> u32 {
    let config = configuration(office);
    let mut store = Store::open(&config.store_folder).unwrap();
    digest::tell(&mut store, &config, at(now)).unwrap()
}

static NOW: AtomicI64 = AtomicI64::new(0);

fn simulated() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.load(Ordering::Relaxed), 0).unwrap()
}

#[test]
fn r_2_4_3_the_daemon_tells_the_home_contact_at_its_hour() {
    let office = office("[digest]\nhour = 9\n");
    let sent = |store: &Store, _: &Config| {
        Ok(store.outbox()?.iter().any(|row| row.kind == "digest" && row.state == State::SmtpAccepted))
    };
    NOW.store(at("2025-10-06T07:00:00Z").timestamp(), Ordering::Relaxed);
    assert!(run_until(configuration(&office), simulated, Duration::from_secs(20), sent).unwrap());
    let letters = office.digests();
    assert_eq!(letters.len(), 1);
    let letter = unfolded(&letters[0]);
    let (head, body) = letter.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("To: dirigente@roma.example"), "{head}");
    assert!(head.contains("Subject: Presenze in coworking - giornate da verificare al 06/10/2025"), "{head}");
    assert!(!head.contains("Esempio") && !head.contains("Anna"), "{head}");
    for said in [
        "01/10/2025: manca l'uscita",
        "02/10/2025: nessuna timbratura e nessuna assenza comunicata",
        "03/10/2025: giorno non in calendario",
    ] {
        let whole = body.replace("\r\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(whole.contains(said), "{said}: {whole}");
    }
}

#[test]
fn r_2_4_3_each_day_is_told_once_and_no_more_than_one_message_a_day_leaves() {
    let office = office("");
    assert_eq!(tell(&office, "2025-10-06T07:00:00Z"), 1);
    assert_eq!(tell(&office, "2025-10-06T15:00:00Z"), 0);
    assert_eq!(tell(&office, "2025-10-07T07:00:00Z"), 0, "nothing new");
    // the fourth agreed day passes without anybody
    let days = october();
    let all = regular("5", "2025-10-08".parse().unwrap());
    office.import(&office.export("b.dat", all, "2025-10-09".parse().unwrap()));
    assert_eq!(tell(&office, "2025-10-09T07:00:00Z"), 1);
    let store = Store::open_read_only(&office.path("store")).unwrap();
    let told: Vec<String> = store
        .digested_since(days[0])
        .unwrap()
        .into_iter()
        .map(|(_, date, anomaly)| format!("{date} {}", anomaly.code()))
        .collect();
    assert_eq!(
        told,
        [
            "2025-10-01 unpaired_in",
            "2025-10-02 no_show",
            "2025-10-03 not_in_calendar",
            "2025-10-07 no_show",
            "2025-10-08 not_in_calendar"
        ]
    );
}

#[test]
fn r_2_4_3_nothing_is_told_without_reason() {
    // days that the readers have not covered
    let waiting = Office::new();
    waiting.agreement("roma-01", "5", &october(), "");
    waiting.import(&waiting.export("a.dat", regular("5", october()[0]), october()[0]));
    assert_eq!(tell(&waiting, "2025-10-06T07:00:00Z"), 0);
    // all is well
    let in_order = Office::new();
    in_order.agreement("roma-01", "5", &october(), "");
    in_order.import(&in_order.export("a.dat", regular_days("5", &october()), "2025-10-09".parse().unwrap()));
    assert_eq!(tell(&in_order, "2025-10-09T07:00:00Z"), 0);
    // off
    assert_eq!(tell(&office("[digest]\nenabled = false\n"), "2025-10-06T07:00:00Z"), 0);
    // days of last week, and of a month whose statement says it
    let old = office("");
    assert_eq!(tell(&old, "2025-10-20T07:00:00Z"), 0);
    let sent = office("");
    sent.import(&sent.export(
        "b.dat",
        regular("5", "2025-10-31".parse().unwrap()),
        "2025-11-02".parse().unwrap(),
    ));
    assert_eq!(round(&sent, "2025-11-05T07:00:00Z"), 1);
    assert_eq!(tell(&sent, "2025-11-05T09:00:00Z"), 0);
}

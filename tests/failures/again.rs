//! A message of which every trace is missing is sent once more without a person, and never a third
//! time (failure row 3: the connection is lost with the message).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use timbra::config;
use timbra::daemon::{clock, run_until, vigil};
use timbra::domain::alarm::{Alarm, Level};
use timbra::store::{Store, StoreError};

use crate::office::{Office, month_ago, skipped};
use crate::pec_double::PecDouble;
use crate::receipts::dovecot::Dovecot;
use crate::receipts::folder::{office, states};

/// How far the clock of each test is ahead, in seconds.
static AHEAD: [AtomicI64; 2] = [AtomicI64::new(0), AtomicI64::new(0)];

const LOST: usize = 0;
const SILENT: usize = 1;

fn moved<const TEST: usize>() -> DateTime<Utc> {
    clock::now() + TimeDelta::seconds(AHEAD[TEST].load(Ordering::Relaxed))
}

/// Runs the daemon, by the moved clock, until the store shows what was waited for.
fn run<const TEST: usize>(office: &Office, what: &str, shown: impl Fn(&Store) -> Result<bool, StoreError>) {
    let config = config::load(&office.path("etc")).config.unwrap();
    let done = run_until(config, moved::<TEST>, Duration::from_mins(1), |store, _| shown(store)).unwrap();
    assert!(done, "not in time: {what}: {:?}", office.outbox());
}

fn state_is(store: &Store, agreement: &str, state: &str) -> Result<bool, StoreError> {
    Ok(store.outbox()?.iter().any(|row| row.agreement == agreement && row.state.code() == state))
}

#[test]
fn row_03_a_lost_message_is_sent_again_once_and_the_same() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        return skipped("openssl is not installed: no receipt could be signed");
    }
    let office = office(&double, &["buono", "dropdot-lost"]);
    run::<LOST>(&office, "one is delivered, one doubtful", |store| {
        Ok(state_is(store, "buono", "delivered")? && state_is(store, "dropdot-lost", "uncertain")?)
    });
    run::<LOST>(&office, "receipts are known to come", |store| {
        Ok(store.fact("receipts_healthy_since")?.is_some())
    });

    // its receipt was looked for long enough, and there is no more time to ask
    let deadline = month_ago(0).first().and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::days(10);
    let late = (deadline - clock::now()).num_seconds().max(0) + 2 * 3600;
    AHEAD[LOST].store(late, Ordering::Relaxed);
    let lost = || double.taken().into_iter().filter(|taken| taken.to.starts_with("dropdot-lost@"));
    run::<LOST>(&office, "it is sent again", |store| {
        Ok(lost().count() == 2 && state_is(store, "dropdot-lost", "uncertain")?)
    });
    let texts: Vec<String> = lost().map(|taken| taken.text).collect();
    assert_eq!(texts[0], texts[1], "the same bytes, the same Message-ID");

    // two hours more, and it was lost again: now a person decides
    AHEAD[LOST].store(late + 2 * 3600, Ordering::Relaxed);
    run::<LOST>(&office, "a person is told", |store| {
        let told = store.alarms()?;
        Ok(told
            .iter()
            .any(|told| told.alarm.kind.code() == "doubt" && told.alarm.text.contains("rinviato una volta")))
    });
    assert_eq!(lost().count(), 2);
    let noted = "SELECT count(*) FROM outbox_event WHERE detail LIKE 'sent again once without a person%'";
    assert_eq!(office.number(noted), Some(1));

    double.lift("dropdot-lost");
    let id = office.outbox().iter().find(|row| row["agreement"] == "dropdot-lost").unwrap()["id"].to_string();
    assert_eq!(office.timbra(&["outbox", "retry", &id]).code, Some(0));
    run::<LOST>(&office, "it is delivered", |store| state_is(store, "dropdot-lost", "delivered"));
    let author = "SELECT count(*) FROM outbox_event WHERE detail GLOB 'sent again by ?*'";
    assert_eq!(office.number(author), Some(1), "a person's decision carries a name");
}

/// No receipt at all: after half an hour nobody knows, after a day it is red (failure row 15, `muto`).
#[test]
fn row_15_silence_becomes_a_doubt_and_a_red_alarm() {
    let double = PecDouble::start();
    if double.smtps.is_none() {
        return skipped("openssl is not installed: no receipt could be signed");
    }
    let office = office(&double, &["buono", "muto"]);
    run::<SILENT>(&office, "one is delivered, one accepted by the server", |store| {
        Ok(state_is(store, "buono", "delivered")? && state_is(store, "muto", "smtp_accepted")?)
    });
    run::<SILENT>(&office, "receipts are known to come", |store| {
        Ok(store.fact("receipts_healthy_since")?.is_some())
    });
    AHEAD[SILENT].store(31 * 60, Ordering::Relaxed);
    run::<SILENT>(&office, "it is doubtful", |store| state_is(store, "muto", "uncertain"));
    assert_eq!(double.taken().len(), 2, "silence alone sends nothing again");
    let config = config::load(&office.path("etc")).config.unwrap();
    let store = Store::open(&office.path("store")).unwrap();
    let id = store.outbox().unwrap().iter().find(|row| row.agreement == "muto").unwrap().id;
    let alarms = vigil::standing(&store, &config, clock::now() + TimeDelta::hours(25)).unwrap();
    let red = |alarm: &Alarm| alarm.message == Some(id) && alarm.level == Level::Red;
    assert!(alarms.iter().any(red), "{alarms:?}");
}

/// In the first 15 minutes of a doubt the mailbox is looked into every 20 seconds, whatever its usual
/// pause (failure row 2: the answer is lost, the message is kept).
#[test]
fn row_02_receipts_of_a_doubtful_message_are_looked_for_more_often() {
    let Some(dovecot) = Dovecot::start() else { return };
    let double = PecDouble::start_plain();
    let mut office = Office::new();
    office.mail = double.mail();
    let receipts = dovecot.receipts(&office, "implicit", "segreta");
    let seldom = "poll_seconds = 600\nidle_poll_seconds = 900\n";
    office.more += &receipts.replace("poll_seconds = 1\nidle_poll_seconds = 1\n", seldom);
    office.write();
    super::prepare(&office, "dropdot-kept");
    let daemon = office.run_ready();
    office.until("it is doubtful", || office.states() == ["uncertain"]);
    office
        .until("the mailbox was read once", || office.number("SELECT count(*) FROM mail_source") == Some(1));
    for (path, receipt) in double.written() {
        dovecot.deliver(path.file_name().unwrap().to_str().unwrap(), receipt);
    }
    for _ in 0..3 {
        // three times the usual patience, a tenth of the usual pause
        let started = std::time::Instant::now();
        while started.elapsed() < crate::office::PATIENCE && states(&office)["dropdot-kept"] != "delivered" {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    assert_eq!(office.states(), ["delivered"], "{}", office.journal());
    assert_eq!(double.copies(&super::message_id(&office)), 1);
    daemon.stop();
}

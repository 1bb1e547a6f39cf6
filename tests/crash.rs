//! Nothing is lost and nothing is doubled, however and whenever the daemon ends.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use chrono::Datelike;
use sha2::{Digest, Sha256};

use crate::office::{Daemon, Office, line, month_ago, regular_days, skipped, working_days};
use crate::smtp_server::Exchange;

/// The daemon that dies right before its n-th durable step. None when it did all its work before.
pub(crate) fn crash(office: &mut Office, step: u32, done: impl Fn(&Office) -> bool) -> Option<()> {
    office.environment = vec![("TIMBRA_CRASH_AT", step.to_string())];
    let mut daemon = office.run();
    office.environment.clear();
    let started = std::time::Instant::now();
    loop {
        if let Some(ended) = daemon.child.try_wait().unwrap() {
            assert_eq!(ended.signal(), Some(6), "{ended} at step {step}: {}", office.journal());
            return Some(());
        }
        if done(office) {
            let ended = daemon.stop().0;
            // asked to stop before it could hear, when there was nothing left to do
            assert!(
                ended.code() == Some(0) || matches!(ended.signal(), Some(6 | 15)),
                "{ended} at step {step}"
            );
            return ended.signal().map(|_| ());
        }
        assert!(started.elapsed() < crate::office::PATIENCE, "step {step}: {}", office.journal());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All that the daemon has to do for [`two_months`] was done, once.
fn check_all_is_there(office: &Office, step: u32) {
    let said = || format!("step {step}: {}", office.journal());
    assert_eq!(office.punches(), 48, "{}", said());
    assert_eq!(office.letters().len(), 2, "{}", said());
    assert_eq!(office.states(), ["smtp_accepted", "smtp_accepted"], "{}", said());
    let archived = office.files("store/archive/ingresso");
    assert_eq!(archived.len(), 1, "{archived:?} {}", said());
    assert_eq!(archived[0].1, content().as_bytes(), "{}", said());
    assert!(office.files("drop/.timbra-claimed").is_empty(), "{}", said());
    assert_eq!(office.number("SELECT count(*) FROM quarantine"), Some(1100), "{}", said());
    assert_eq!(office.number("SELECT count(*) FROM statement"), Some(2), "{}", said());
    assert_eq!(
        office.number("SELECT count(*) FROM batch WHERE taken = 1 AND new_count > 0"),
        Some(1),
        "{}",
        said()
    );
}

fn content() -> String {
    let days = working_days(month_ago(1), 5);
    let rest = line("99", days[0], "07:00:00", 0).repeat(3) + &regular_days("99", &days[..1]);
    let unheld: String = (0..3).map(|n| line("98", days[0], &format!("07:00:0{n}"), 0)).collect();
    // three portions, which become durable one after the other
    let broken = (0..1100).map(|n| format!("broken {n}\r\n")).collect::<Vec<_>>().concat();
    regular_days("5", &days) + &regular_days("6", &days) + &broken + &rest + &unheld
}

fn all_sent(office: &Office) -> bool {
    office.number("SELECT count(*) FROM outbox WHERE state = 'smtp_accepted'") == Some(2)
}

/// An office with two agreements and one file in its drop folder.
fn two_months() -> Office {
    let office = Office::new();
    let days = working_days(month_ago(1), 5);
    office.agreement("roma-01", "5", &days, "").agreement("roma-02", "6", &days, "");
    // old enough to be known by its identity
    let path = office.export("a.dat", content(), days[4]);
    std::fs::rename(path, office.path("drop/a.dat")).unwrap();
    office
}

/// Each step from `first` on, every `stride`-th, with the store where `place` says. Returns the
/// first step that was not reached.
fn crash_at_steps(place: Option<&str>, first: u32, stride: usize) -> u32 {
    for step in (first..).step_by(stride) {
        let mut office = two_months();
        let elsewhere = place.map(|place| tempfile::tempdir_in(place).unwrap());
        if let Some(elsewhere) = &elsewhere {
            std::os::unix::fs::symlink(elsewhere.path(), office.path("store")).unwrap();
        }
        let crashed = crash(&mut office, step, all_sent).is_some();
        if crashed {
            let daemon = office.run_ready();
            office.until(&format!("recovery after step {step}"), || all_sent(&office));
            assert_eq!(daemon.stop().0.code(), Some(0));
        }
        check_all_is_there(&office, step);
        if !crashed {
            return step;
        }
    }
    unreachable!()
}

/// True when the program has the hook: a release build has none.
pub(crate) fn can_crash() -> bool {
    if !cfg!(debug_assertions) {
        skipped("a release build cannot crash on demand");
    }
    cfg!(debug_assertions)
}

/// Several at a time: they mostly wait for the disk and for each other. Says how far each came.
pub(crate) fn in_lanes(lanes: u32, each: impl Fn(u32) -> u32 + Copy + Send + 'static) -> Vec<u32> {
    let lanes: Vec<_> = (0..lanes).map(|lane| std::thread::spawn(move || each(lane))).collect();
    lanes.into_iter().map(|lane| lane.join().unwrap()).collect()
}

/// Failure row 1 of delivery, up to a folder as the way out.
#[test]
fn a_crash_before_each_durable_step_loses_and_doubles_nothing() {
    if !can_crash() {
        return;
    }
    let reached = in_lanes(4, |lane| crash_at_steps(None, 1 + lane, 4));
    assert!(reached.iter().all(|step| *step > 20), "the hook does not count: {reached:?}");
}

#[test]
fn an_archive_on_another_disk_is_no_exception() {
    if !can_crash() {
        return;
    }
    let device = |path: &str| std::fs::metadata(path).map(|found| found.dev()).ok();
    let here = device(std::env::temp_dir().to_str().unwrap());
    match device("/dev/shm") {
        Some(there) if Some(there) != here => {
            let reached = in_lanes(4, |lane| crash_at_steps(Some("/dev/shm"), 7 + lane, 4));
            assert!(reached.iter().all(|step| *step > 20), "{reached:?}");
        }
        _ => skipped("no second file system here: an archive on another disk was not tried"),
    }
}

/// A step of the first run, and one of the second.
const PAIRS: [(u32, u32); 7] = [(7, 3), (9, 2), (12, 3), (14, 1), (17, 2), (19, 1), (20, 2)];

#[test]
fn a_crash_while_recovering_from_a_crash_is_healed_too() {
    if !can_crash() {
        return;
    }
    in_lanes(7, |lane| {
        let (first, second) = PAIRS[lane as usize];
        let mut office = two_months();
        for step in [first, second] {
            crash(&mut office, step, all_sent);
        }
        let daemon = office.run_ready();
        office.until("recovery", || all_sent(&office));
        assert_eq!(daemon.stop().0.code(), Some(0));
        check_all_is_there(&office, first * 100 + second);
        second
    });
}

#[test]
fn a_crash_around_the_final_dot_is_a_doubt_and_never_a_second_letter() {
    if !can_crash() {
        return;
    }
    let doubts = in_lanes(3, |lane| (1 + lane..).step_by(3).map_while(doubts_after_crash).sum());
    assert_eq!(doubts.iter().sum::<u32>(), 1, "only the step after the hand-over");
}

/// 1 when a letter is in doubt after a crash before that step, 0 when not; none when the step was
/// not reached.
fn doubts_after_crash(step: u32) -> Option<u32> {
    let server = Exchange::start(vec![&[]]);
    let mut office = Office::new();
    office.mail_by_smtp(server.port);
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), days[0]));
    let today = timbra::daemon::clock::now().date_naive();
    office.import(&office.export("b.dat", regular_days("5", &days), today));
    let sent = |office: &Office| office.states() == ["smtp_accepted"];
    crash(&mut office, step, sent)?;
    let daemon = office.run_ready();
    office.until("it is settled", || sent(&office) || office.states() == ["uncertain"]);
    daemon.stop();
    let doubtful = office.states() == ["uncertain"];
    // sure means one; in doubt it left once or never, and not again
    let texts = server.texts().len();
    assert!(if doubtful { server.accepted() == 1 && texts <= 1 } else { texts == 1 }, "step {step}: {texts}");
    Some(u32::from(doubtful))
}

/// An office whose month was sent before its last exit came.
fn amended_month() -> Office {
    let mut office = Office::new();
    office.statement.push_str("amend_after_minutes = 0\n");
    office.write();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    let all = regular_days("5", &days).replace(&line("5", days[1], "15:42:00", 1), "");
    office.import(&office.export("a.dat", all, month_ago(0).first()));
    office.run_until_sent(1);
    office.import(&office.export("b.dat", line("5", days[1], "15:42:00", 1), month_ago(0).first()));
    office
}

#[test]
fn a_crash_around_an_amendment_makes_one_and_no_more() {
    if !can_crash() {
        return;
    }
    let amended = |office: &Office| office.states() == ["smtp_accepted", "smtp_accepted"];
    let reached = in_lanes(4, move |lane| {
        for step in (1 + lane..).step_by(4) {
            let mut office = amended_month();
            let crashed = crash(&mut office, step, amended).is_some();
            office.run_until_sent(2);
            assert_eq!(office.letters().len(), 2, "step {step}");
            assert_eq!(office.number("SELECT max(revision) FROM statement"), Some(2), "step {step}");
            assert_eq!(
                office.number("SELECT count(DISTINCT message_id) FROM outbox"),
                Some(2),
                "step {step}"
            );
            if !crashed {
                return step;
            }
        }
        unreachable!()
    });
    assert!(reached.iter().all(|step| *step > 8), "the hook does not count: {reached:?}");
}

/// An office whose statement leaves by the protocol office, which answers at once.
fn registered_month() -> Office {
    let mut office = Office::new();
    office.statement.push_str("release = \"external\"\n");
    office.more.push_str("[release]\nfolder = \"../protocollo\"\nreturn_folder = \"../ritorno\"\n");
    office.write();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = std::fs::read_to_string(&agreement).unwrap();
    std::fs::write(&agreement, text.replace("kind = \"pec\"", "kind = \"email\"")).unwrap();
    for folder in ["protocollo", "ritorno"] {
        std::fs::create_dir(office.path(folder)).unwrap();
    }
    office.import(&office.export("a.dat", regular_days("5", &days), month_ago(0).first()));
    assert_eq!(office.timbra(&["send", "roma-01", &month_ago(1).to_string()]).code, Some(0));
    let year = timbra::daemon::clock::now().date_naive().year();
    let sealed = Sha256::digest(office.timbra(&["outbox", "show", "1"]).out);
    let [a, b, c, d] = [sealed[0], sealed[1], sealed[2], sealed[3]];
    let mark = format!("{a:02x}{b:02x}{c:02x}{d:02x}");
    let name = format!("ritorno/n1-{year}-{mark}.protocollo");
    std::fs::write(office.path(&name), "numero = \"7\"\n").unwrap();
    office
}

#[test]
fn a_crash_around_the_protocol_office_hands_over_one_package_and_takes_all_that_comes_back() {
    if !can_crash() {
        return;
    }
    let done =
        |office: &Office| office.states() == ["smtp_accepted"] && office.files("ritorno/presi").len() == 1;
    let reached = in_lanes(3, move |lane| {
        for step in (1 + lane..).step_by(3) {
            let mut office = registered_month();
            let crashed = crash(&mut office, step, done).is_some();
            if crashed {
                let daemon = office.run_ready();
                office.until(&format!("recovery after step {step}"), || done(&office));
                daemon.stop();
            }
            let packages: Vec<_> = std::fs::read_dir(office.path("protocollo")).unwrap().collect();
            assert_eq!(packages.len(), 1, "step {step}: {packages:?}");
            let handed = "SELECT count(*) FROM outbox_event WHERE state = 'handed_out'";
            assert_eq!(office.number(handed), Some(1), "step {step}");
            assert_eq!(office.number("SELECT count(*) FROM protocol"), Some(1), "step {step}");
            if !crashed {
                return step;
            }
        }
        unreachable!()
    });
    assert!(reached.iter().all(|step| *step > 5), "the hook does not count: {reached:?}");
}

/// 300,000 lines of one badge and some others, all different.
fn large() -> String {
    let days = working_days(month_ago(1), 15);
    let mut text = String::with_capacity(14_000_000);
    for day in days {
        for n in 0..20_000 {
            let time = format!("{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60);
            text += &line("77", day, &time, 0);
        }
    }
    text
}

#[test]
fn an_end_at_any_moment_costs_nothing() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    office.drop("a.dat", large()).drop("b.dat", regular_days("5", &days));
    let mut random = fastrand::Rng::with_seed(3);
    // from before the signals are caught to the midst of the import; the power fails in between
    for pause in [1, 3, 10, 30, 70, 100, 150, 200, 250, 300 + random.u64(..300), 600 + random.u64(..400)] {
        let runs = || office.journal().matches("timbra runs").count();
        let (before, daemon) = (runs(), office.run());
        std::thread::sleep(Duration::from_millis(pause));
        if random.bool() {
            drop(daemon); // kill -9
            continue;
        }
        let (ended, after) = daemon.stop();
        let early = ended.signal() == Some(15) && runs() == before; // it could not hear yet
        assert!(ended.code() == Some(0) || early, "{ended} after {pause} ms: {}", office.journal());
        assert!(after < Duration::from_secs(5), "{after:?} after {pause} ms");
    }
    let before = office.punches();
    assert!(before < 300_000 || !cfg!(debug_assertions), "it was never interrupted");
    let daemon = office.run();
    office.until("all is read", || office.files("store/archive/ingresso").len() == 2);
    office.until("the letter is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 300_008);
    assert_eq!(office.letters().len(), 1);
}

/// Failure row 20 of delivery: two daemons.
#[test]
fn the_second_daemon_on_a_store_goes_away() {
    let office = Office::new();
    let first = office.run();
    office.until_told("timbra runs");
    let second = office.timbra(&["run"]);
    assert_eq!(second.code, Some(1));
    assert!(second.err.contains("another timbra runs on this store"), "{second:?}");
    assert_eq!(first.stop().0.code(), Some(0));
    let third: Daemon = office.run();
    office.until("the lock is free", || office.journal().matches("timbra runs").count() == 2);
    drop(third);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let office = Office::new();
    std::fs::create_dir(office.path("store")).unwrap();
    let database = office.path("store/timbra.sqlite");
    let store = rusqlite::Connection::open(&database).unwrap();
    store.execute_batch("CREATE TABLE punch (future TEXT); PRAGMA user_version = 999;").unwrap();
    drop(store);
    let before = std::fs::read(&database).unwrap();
    let file = office.export("a.dat", "", working_days(month_ago(1), 1)[0]);
    let import = ["import", file.to_str().unwrap(), "--reader", "ingresso"];
    for arguments in [&["run"][..], &["status"], &["outbox"], &["statement", "x", "2026-10"], &import] {
        let said = office.timbra(arguments);
        if arguments[0] != "statement" {
            assert!(
                said.err.contains("schema 999") && said.err.contains("install the newer version"),
                "{said:?}"
            );
            assert_eq!(said.code, Some(1));
        }
        assert_eq!(std::fs::read(&database).unwrap(), before, "{arguments:?}");
    }
}

//! Whatever a device delivers, and however often: each punch once.

use std::fs;
use std::io::Write;
use std::time::{Duration, SystemTime};

use serde_json::json;
use timbra::source::FilePattern;

use crate::office::{Office, line, month_ago, regular_days, working_days};

#[test]
fn exports_that_overlap_add_only_what_is_new() {
    let office = Office::new();
    let days = working_days(month_ago(1), 5);
    office.agreement("roma-01", "5", &days, "");
    let row = |index: usize| {
        let second = format!("08:{:02}:{:02}", index / 60, index % 60);
        line(if index.is_multiple_of(3) { "5" } else { "17" }, days[0], &second, u8::from(index % 2 == 1))
    };
    let rows = |range: std::ops::Range<usize>| range.map(row).collect::<String>();
    let mut shuffled: Vec<String> = (0..300).map(row).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut shuffled);
    let broken = "     5\t2026-13-41 08:00:00\t1\t0\t1\t0\r\n";
    // what it is, content, new/known/rejected/skipped unmatched expired, punches afterwards
    let table = [
        ("first export", rows(0..100), "100/0/0/0 66 0", 100),
        ("the same again", rows(0..100), "0/100/0/0 0 0", 100),
        ("a longer one", rows(0..150), "50/100/0/0 34 0", 150),
        ("an overlapping one", rows(120..200), "50/30/0/0 33 0", 200),
        ("rows put in the middle", rows(0..50) + &rows(200..210) + &rows(50..100), "10/100/0/0 7 0", 210),
        ("all of it in random order", shuffled.concat(), "90/210/0/0 60 0", 300),
        ("an older, shorter one", rows(0..20), "0/20/0/0 0 0", 300),
        ("nothing", String::new(), "0/0/0/0 0 0", 300),
        ("each row twice", rows(0..30) + &rows(0..30), "0/60/0/0 0 0", 300),
        ("new ones twice", rows(300..303) + &rows(300..303), "3/3/0/0 2 0", 303),
        ("a broken row between", rows(0..2) + broken + &rows(303..304), "1/2/1/0 0 0", 304),
        ("the broken row again", broken.to_owned() + &rows(0..1), "0/1/1/0 0 0", 304),
        ("without a last line end", rows(304..306).trim_end().to_owned(), "2/0/0/0 2 0", 306),
        ("with it", rows(304..306), "0/2/0/0 0 0", 306),
        (
            "cut lines and NULs",
            format!("{}\0\0\0{}", rows(306..307).get(..20).unwrap(), rows(306..308)),
            "2/0/1/0 1 0",
            308,
        ),
    ];
    for (number, (what, content, sums, punches)) in table.iter().enumerate() {
        let path = office.export(&format!("{number}.dat"), content, days[1]);
        assert_eq!(office.import(&path), *sums, "{what}");
        // the file itself is known by its identity then
        let again = office.import(&path);
        assert!(again.starts_with("0/") && again.ends_with(" 0 0"), "{what}: {again}");
        assert_eq!(office.punches(), *punches, "{what}");
    }
    let status = office.timbra(&["status", "--json"]);
    assert_eq!(status.code, Some(3));
    let status = status.json();
    assert_eq!(status["readers"][0]["quarantine"], 2, "{status}");
    assert_eq!(status["unmatched"], office.number("SELECT count(*) FROM punch WHERE badge = '17'").unwrap());
}

#[test]
fn one_file_reads_the_same_in_every_encoding() {
    let mut office = Office::new();
    office.readers = office.readers.replace("zk-attlog", "csv-it");
    office.write();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "0005", &days, "");
    let day = days[0].format("%d/%m/%Y");
    let rows = |hour: u8| {
        format!(
            "Tessera;Data;Ora;Verso;Causale\r\n0005;{day};{hour}:00;Entrata;perché\r\n0005;{day};{hour}:30;Uscita;\r\n0005;{day};25:99;U;\r\n"
        )
    };
    let wide = |text: &str, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let western: Vec<u8> = rows(9).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let table = [
        ("UTF-8", rows(7).into_bytes()),
        ("UTF-8 with BOM", format!("\u{feff}{}", rows(8)).into_bytes()),
        ("windows-1252", western),
        ("UTF-16 with BOM", wide(&rows(10), true)),
    ];
    for (number, (what, content)) in table.iter().enumerate() {
        let path = office.export(&format!("{number}.csv"), content, days[0]);
        assert_eq!(office.import(&path), "2/0/1/1 0 0", "{what}");
    }
    let reasons = office.number("SELECT count(*) FROM punch WHERE reason = 'perché'");
    assert_eq!(reasons, Some(4));
}

#[test]
fn a_followed_file_may_grow_and_be_written_anew() {
    let mut office = Office::new();
    office.readers.push_str("mode = \"follow\"\nfiles = [\"*.dat\"]\n");
    office.write();
    let days = working_days(month_ago(1), 4);
    office.agreement("roma-01", "5", &days, "");
    let daemon = office.run();
    let path = office.path("drop/clock.dat");
    fs::write(&path, regular_days("5", &days[..1])).unwrap();
    office.until("it is read", || office.punches() == 4);
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    file.write_all(regular_days("5", &days[1..2]).as_bytes()).unwrap();
    office.until("what was appended is read", || office.punches() == 8);
    fs::write(&path, regular_days("5", &days[..3])).unwrap();
    office.until("what was rewritten is read", || office.punches() == 12);
    fs::write(&path, regular_days("5", &days[3..])).unwrap();
    office.until("another content is read", || office.punches() == 16);
    // nothing is read twice by the next run: not even a file changed within two seconds, which is
    // read again, so it is made an old one
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let known = "SELECT count(*) FROM batch WHERE taken = 1 AND modified = 1700000000000000000";
    office.until("the old one is known", || office.number(known) == Some(1));
    daemon.stop();
    assert!(path.exists() && office.files("store/archive/ingresso").is_empty());
    assert_eq!(office.states(), ["smtp_accepted"], "the month was complete then");
    let batches = office.number("SELECT count(*) FROM batch");
    let daemon = office.run_ready();
    office.drop("other.dat", line("6", days[0], "17:00:00", 0));
    office.until("another file is read", || office.punches() == 17);
    daemon.stop();
    assert_eq!(office.number("SELECT count(*) FROM batch"), batches.map(|batches| batches + 1));
}

#[test]
fn half_a_line_of_a_followed_file_waits_for_its_end() {
    let mut office = Office::new();
    office.readers = office.readers.replace("zk-attlog", "csv-it") + "mode = \"follow\"\n";
    office.write();
    let days = working_days(month_ago(1), 1);
    let last = days[0].format("%d/%m/%Y");
    office.agreement("roma-01", "5", &days, "");
    let _daemon = office.run_ready();
    let mut file = fs::File::create(office.path("drop/clock.csv")).unwrap();
    // cut here, each of them would be a punch of its own, or a row in quarantine
    write!(file, "5;{last};8:00;Entrata;\r\n5;{last}").unwrap();
    let batches = |count| office.number("SELECT count(*) FROM batch WHERE taken = 1") == Some(count);
    office.until("the first line is read", || batches(1));
    for (number, more) in (2..).zip([";15:42", ":30;Us", "cita;serv", "izio"]) {
        file.write_all(more.as_bytes()).unwrap();
        office.until(more, || batches(number));
        assert_eq!(office.punches(), 1, "{more}");
    }
    let covered = "SELECT count(*) FROM reader WHERE covered_until > unixepoch() - 86400";
    assert_eq!(office.number(covered), Some(0), "the day is not over for this reader");
    file.write_all(b"\r\n").unwrap();
    office.until("the second line is read", || office.punches() == 2);
    let whole = "SELECT count(*) FROM punch WHERE direction = 'Uscita' AND reason = 'servizio'";
    assert_eq!(office.number(whole), Some(1));
    assert_eq!(office.number("SELECT count(*) FROM quarantine"), Some(0));
}

#[test]
fn an_unmounted_share_is_told_and_not_touched() {
    let mut office = Office::new();
    office.readers.push_str("require_mount = true\n");
    office.write();
    office.drop("a.dat", "x");
    let _daemon = office.run();
    office.until_told("nothing is mounted on");
    std::thread::sleep(Duration::from_millis(1500)); // one more look
    assert_eq!(office.journal().matches("nothing is mounted on").count(), 1);
    assert!(office.path("drop/a.dat").exists());
}

#[test]
fn a_badge_assigned_late_needs_no_second_import() {
    let office = Office::new();
    let days = working_days(month_ago(1), 3);
    let month = month_ago(1).to_string();
    office.agreement("roma-01", "5", &days, "");
    office.drop("a.dat", regular_days("5", &days) + &regular_days("99", &days));
    let daemon = office.run();
    office.until("the first is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(office.timbra(&["status", "--json"]).json()["unmatched"], 12);
    office.agreement("roma-02", "99", &days, "");
    daemon.signal("HUP");
    office.until("the second is sent", || office.states() == ["smtp_accepted", "smtp_accepted"]);
    let statement = office.timbra(&["statement", "roma-02", &month, "--format", "json"]);
    assert_eq!((statement.code, &statement.json()["totals"]["worked_minutes"]), (Some(0), &json!(3 * 432)));
    assert_eq!(office.timbra(&["status", "--json"]).json()["unmatched"], 0);
}

#[test]
fn what_nobody_holds_is_forgotten_unless_somebody_may_hold_it() {
    let mut office = Office::new();
    let days = working_days(month_ago(2), 2);
    office.agreement("roma-01", "5", &days, "").agreement("roma-02", "6", &days, "");
    let all = ["5", "6", "99"].map(|badge| regular_days(badge, &days)).concat();
    let path = office.export("a.dat", &all, days[1]);
    assert_eq!(office.import(&path), "24/0/0/0 8 0");
    assert_eq!(office.timbra(&["status", "--json"]).json()["unmatched"], 8);
    // an error in an agreement: its punches must not be taken for nobody's
    let agreement = office.path("etc/agreements/roma-02.toml");
    let text = fs::read_to_string(&agreement).unwrap();
    fs::write(&agreement, text.replace("days_per_month = 5", "days_per_month = \"five\"")).unwrap();
    office.more = "[retention]\nunmatched_days = 1\n".to_owned();
    office.write();
    let other = ["6", "99"].map(|badge| line(badge, days[1], "17:00:00", 0)).concat();
    assert_eq!(office.import(&office.export("b.dat", &other, days[1])), "2/0/0/0 2 0");
    let daemon = office.run();
    office.until("the good one is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(office.punches(), 26);
    // without any agreement nobody knows whose a badge is: the folder was moved, or is not mounted
    let aside = office.path("etc/aside");
    fs::rename(office.path("etc/agreements"), &aside).unwrap();
    daemon.signal("HUP");
    office.until_told("agreements=0");
    std::thread::sleep(Duration::from_millis(600)); // the daily sweep would come now
    assert_eq!(office.punches(), 26);
    fs::rename(&aside, office.path("etc/agreements")).unwrap();
    // mended
    fs::write(&agreement, text).unwrap();
    daemon.signal("HUP");
    office.until_told("punches of badges that nobody holds were forgotten");
    daemon.stop();
    assert_eq!(office.punches(), 17);
    assert_eq!(office.number("SELECT count(*) FROM punch WHERE badge = '99'"), Some(0));
    // and a re-export does not bring them back
    let again = office.export("c.dat", &all, days[1]);
    assert_eq!(office.import(&again), "0/24/0/0 0 8");
    assert_eq!(office.punches(), 17);
    // an agreement that is put aside for a while makes nobody a stranger
    fs::rename(&agreement, office.path("etc/aside.toml")).unwrap();
    let daemon = office.run();
    office.until_told("this agreement has no file any more");
    daemon.stop();
    assert_eq!(office.punches(), 17);
    fs::rename(office.path("etc/aside.toml"), &agreement).unwrap();
    assert_eq!(office.import(&again), "0/24/0/0 0 8");
    assert_eq!(office.punches(), 17);
}

#[test]
fn other_files_of_the_folder_are_nobodys() {
    let mut office = Office::new();
    office.readers.push_str("files = [\"*.dat\"]\n");
    office.write();
    let days = working_days(month_ago(1), 1);
    office.agreement("roma-01", "5", &days, "");
    let left = [".hidden.dat", "a.dat.part", "a.txt", "b.dat.tmp"];
    for name in left {
        office.drop(name, regular_days("6", &days));
    }
    office.drop("A.DAT", regular_days("5", &days));
    office.run_until_sent(1);
    assert!(left.iter().all(|name| office.path("drop").join(name).exists()));
    assert_eq!(office.punches(), 4);
    assert!(FilePattern::new("*.dat").unwrap().matches("A.DAT"));
}

#[test]
fn an_import_by_hand_beside_the_daemon_shares_the_store_with_it() {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    let row = |n: u32| line("77", days[0], &format!("{:02}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60), 0);
    let rows = |range: std::ops::Range<u32>| range.map(row).collect::<String>();
    let path = office.export("by hand.dat", rows(10_000..40_000), days[1]);
    let daemon = office.run_ready();
    office.drop("a.dat", rows(0..30_000) + &regular_days("5", &days));
    let said = office.timbra(&["import", path.to_str().unwrap(), "--reader", "ingresso", "--json"]);
    assert_eq!((said.code, &said.json()["read"]), (Some(0), &json!(30_000)), "{said:?}");
    office.until("both are in", || office.files("store/archive/ingresso").len() == 1);
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(office.punches(), 40_008);
    assert_eq!(office.number("SELECT sum(new_count) FROM batch"), Some(40_008));
}

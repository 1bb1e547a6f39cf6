use chrono::Days;

use super::*;
use crate::config;
use crate::store::{BatchStart, FileIdentity, NewPunch, Portion};

/// The coworkers of the demonstration, its reader, and punches of `badge` on each of the dates.
fn store(folder: &std::path::Path, badges: &[&str], dates: &[NaiveDate]) -> (Config, Store) {
    std::fs::create_dir_all(folder.join("agreements")).unwrap();
    std::fs::create_dir(folder.join("drop")).unwrap();
    for (name, content) in [
        ("timbra.toml", &include_bytes!("../../../fixtures/demo/timbra.toml")[..]),
        ("agreements/roma-01.toml", include_bytes!("../../../fixtures/demo/roma-01.toml")),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let config = config::load(folder).config.unwrap();
    let mut store = Store::open(&config.store_folder).unwrap();
    let start = BatchStart {
        reader: store.reader_number(config.folders[0].id()).unwrap(),
        origin: "export",
        file: FileIdentity { device: 1, inode: 1, size: 1, modified: 1 },
        decoder: &[0; 32],
        received_at: DateTime::<Utc>::UNIX_EPOCH,
    };
    let mut portion = Portion::default();
    let mut line = 0;
    for date in dates {
        // the last hours of a night, then a day, and the beginning of the next night
        for (hour, direction) in [(5, "1"), (9, "0"), (13, "1"), (22, "0")] {
            for (minute, badge) in (0..).zip(badges) {
                line += 1;
                portion.piece.push(&NewPunch {
                    local: date.and_hms_opt(hour, minute, 7).unwrap().and_utc().timestamp(),
                    badge,
                    direction,
                    offset_minutes: None,
                    reason: None,
                    line,
                    raw: badge.as_bytes(),
                });
            }
        }
    }
    let batch = store.start_batch(&start).unwrap();
    store.commit_portion(batch, &start, &mut portion, &mut |_| {}).unwrap();
    (config, store)
}

#[test]
fn two_threads_find_what_one_finds() {
    let folder = tempfile::tempdir().unwrap();
    let month = Month::parse("2026-10").unwrap();
    let (first, last) = month_days::dates_needed(month);
    let dates: Vec<NaiveDate> = first.iter_days().take_while(|date| *date <= last + Days::new(1)).collect();
    let (config, store) = store(folder.path(), &["5", "6"], &dates);
    let mut agreements = [config.agreements[0].clone(), config.agreements[0].clone()];
    agreements[1].id = AgreementId::new("roma-02").unwrap();
    agreements[1].badges[0].number = "6".to_owned();
    let agreements: Vec<&Agreement> = agreements.iter().collect();
    let [one, two] =
        [false, true].map(|halves| Gathered::by(halves, &store, &config, (&agreements, month)).unwrap());
    assert_eq!((one.parts.len(), two.parts.len()), (1, 2));
    for agreement in agreements {
        let days = one.days(agreement, day::compute).unwrap();
        assert_eq!(Some(&days), two.days(agreement, day::compute).as_ref());
        // each night ends on the next day, also where the halves meet and the month ends; the first one began
        // before the term
        assert_eq!(days.len(), 31);
        for day in days.iter().skip(1) {
            let punches = day.day.punches.len();
            assert!(punches == 4 && day.day.punches.iter().all(|punch| !punch.unpaired), "{}", day.date);
        }
    }
}

use std::collections::HashSet;

use chrono::{NaiveDate, TimeDelta};

use super::*;
use crate::store::{Gap, PortCounts, PortNews, PortNote};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn frame(reader: &str, second: i64, raw: &[u8], content: LiveContent) -> LiveEntry {
    LiveEntry::Frame(LiveFrame {
        reader: ReaderId::new(reader).unwrap(),
        port: format!("/dev/{reader}"),
        received_at: at(second),
        decoder: [7; 32],
        raw: raw.to_owned(),
        content,
    })
}

fn punch(reader: &str, second: i64, badge: &str) -> LiveEntry {
    let content = LiveContent::Punch {
        local: at(second).timestamp() + 3600,
        offset_minutes: Some(60),
        badge: badge.to_owned(),
        direction: String::new(),
        reason: None,
    };
    frame(reader, second, badge.as_bytes(), content)
}

fn reject(reader: &str, second: i64, raw: &[u8]) -> LiveEntry {
    let content = LiveContent::Reject { reason: "noise".to_owned(), local: None, early: false };
    frame(reader, second, raw, content)
}

fn port(second: i64, news: PortNews) -> LiveEntry {
    let counts = PortCounts { reads: 1, repeats: 2, rejected: 3, unkept: 4, lost: 5 };
    let reader = ReaderId::new("porta").unwrap();
    LiveEntry::Port(PortNote { reader, path: "/dev/porta".to_owned(), at: at(second), news, counts })
}

fn number(store: &Store, sql: &str) -> i64 {
    store.connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn covered(store: &Store) -> Option<DateTime<Utc>> {
    store.readers().unwrap().into_iter().find(|reader| reader.name == "porta")?.covered_until
}

#[test]
fn what_waits_is_committed_together_with_where_it_came_from() {
    use Stored::{Held, Known, New, Noted};
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let entries = [
        punch("porta", 0, "12"),
        punch("garage", 1, "13"),
        reject("porta", 2, b"\xff"),
        punch("porta", 0, "12"),
        punch("porta", 3, "14"),
        port(4, PortNews::Heard),
    ];
    assert_eq!(store.append_live(&entries).unwrap(), [New, New, Held, Known, New, Noted]);
    let badges = HashSet::from(["12", "13", "14"]);
    let day = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();
    let punches = store.punches_of(&badges, day, day).unwrap();
    let places: Vec<_> = punches
        .iter()
        .map(|punch| (punch.badge.as_str(), punch.provenance.batch, punch.provenance.line))
        .collect();
    assert_eq!(places, [("12", 1, 1), ("13", 2, 1), ("14", 1, 4)]);
    assert_eq!(store.batch_origin(1).unwrap().unwrap().origin, "/dev/porta");
    assert_eq!(store.raw_line(&punches[0]).unwrap().unwrap(), b"12");
    assert_eq!(covered(&store), Some(at(4)));
    // nothing new makes no batch, and the next link follows in the chain of its reader
    assert_eq!(store.append_live(&entries[..2]).unwrap(), [Known, Known]);
    assert_eq!(store.append_live(&[punch("porta", 9, "12")]).unwrap(), [New]);
    assert_eq!(number(&store, "SELECT count(*) FROM batch WHERE taken = 1"), 3);
    assert_eq!(number(&store, "SELECT link FROM batch WHERE id = 3"), 2);
    assert_eq!(number(&store, "SELECT count(*) FROM batch JOIN reader USING (chain)"), 2, "the heads");
}

#[test]
fn a_frame_is_told_from_the_same_bytes_at_another_time_and_no_port_fills_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let twice = [reject("porta", 0, b"x"), reject("porta", 1, b"x"), reject("porta", 1, b"x")];
    store.append_live(&twice).unwrap();
    assert_eq!(store.held_counts().unwrap(), [("porta".to_owned(), 2)]);
    let held = store.held_rows(1, &[0; 32], 0).unwrap();
    assert_eq!(held.iter().map(|row| row.seen).collect::<Vec<_>>(), [Some(at(0)), Some(at(1))]);
    let flood: Vec<LiveEntry> = (10..10_000).map(|second| reject("porta", second, b"x")).collect();
    let stored = store.append_live(&flood).unwrap();
    assert_eq!(stored.iter().filter(|one| **one == Stored::Held).count(), 4_998);
    assert_eq!(stored.last(), Some(&Stored::Unkept));
    assert_eq!(store.held_counts().unwrap(), [("porta".to_owned(), 5_000)]);
    store.append_live(&[reject("porta", 20_000, b"y")]).unwrap();
    assert_eq!(number(&store, "SELECT count(*) FROM batch"), 2, "nothing kept makes no batch");
    let others = store.append_live(&[reject("garage", 1, b"x"), punch("porta", 30_000, "12")]).unwrap();
    assert_eq!(others, [Stored::Held, Stored::New]);
}

#[test]
fn the_times_nobody_listened_are_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    let gone = || PortNews::Lost("the port was unplugged".to_owned());
    let absent = || PortNews::Unavailable("there is no /dev/porta".to_owned());
    // what is noted when -> cover, gaps
    let rows = [
        (0, absent(), None, 1),
        (10, PortNews::Opened, Some(10), 1),
        (20, PortNews::Heard, Some(20), 1),
        (30, gone(), Some(30), 2),
        (31, absent(), Some(30), 2),
        (40, PortNews::Opened, Some(40), 2),
        (50, PortNews::Stopped, Some(50), 2),
        (51, PortNews::Opened, Some(51), 2),
        (60, PortNews::Stopped, Some(60), 2),
        (90, PortNews::Opened, Some(90), 3),
        (100, PortNews::Heard, Some(100), 3),
        // killed, and the reader is not there at the next start
        (200, absent(), Some(100), 4),
        (300, absent(), Some(100), 4),
        (310, PortNews::Stopped, Some(100), 4),
    ];
    for (second, news, cover, gaps) in rows {
        store.append_live(&[port(second, news.clone())]).unwrap();
        let told = format!("{news:?} at {second}");
        assert_eq!(covered(&store), cover.map(at), "{told}");
        assert_eq!(store.gaps_since(DateTime::UNIX_EPOCH).unwrap().len(), gaps, "{told}");
    }
    let gaps = store.gaps_since(at(0)).unwrap();
    let shown: Vec<_> =
        gaps.iter().map(|Gap { begun, ended, reason, .. }| (*begun, *ended, reason.as_str())).collect();
    assert_eq!(
        shown,
        [
            (at(0), Some(at(10)), "there is no /dev/porta"),
            (at(30), Some(at(40)), "the port was unplugged"),
            (at(60), Some(at(90)), "timbra did not run"),
            (at(100), None, "there is no /dev/porta"),
        ]
    );
    assert_eq!(store.gaps_since(at(91)).unwrap().len(), 1);
    let state = store.ports().unwrap().pop().unwrap();
    assert_eq!((state.state.as_str(), state.since, state.detail.as_str()), ("stopped", at(310), ""));
    assert_eq!(state.counts, PortCounts { reads: 14, repeats: 28, rejected: 42, unkept: 56, lost: 70 });
}

#[test]
fn a_clock_that_went_back_covers_nothing_beyond_now() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    store.append_live(&[port(7200, PortNews::Opened)]).unwrap();
    let step = ClockStep { before: at(7205), after: at(10), by: TimeDelta::seconds(-7195) };
    store.append_live(&[LiveEntry::ClockStep(step), port(12, PortNews::Heard)]).unwrap();
    assert_eq!(covered(&store), Some(at(12)));
    assert_eq!(store.clock_steps(at(0), at(1000)).unwrap(), [step]);
    assert_eq!(store.clock_steps(at(7201), at(9000)).unwrap(), [step]);
    assert_eq!(store.clock_steps(at(8000), at(9000)).unwrap(), []);
}

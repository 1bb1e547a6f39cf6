//! A disk without room: what came over the ports waits, is told, and is stored when there is room again.

use super::reader::{Reader, office, until_open};
use crate::small_disk::SmallDisk;

const ALL: &str = "SELECT count(*) FROM punch";

#[test]
fn a_full_disk_loses_no_card() {
    let office = office();
    let mut reader = Reader::plug_in(&office, "porta");
    let Some(disk) = SmallDisk::start(&office, 2_000) else { return };
    until_open(&office, "porta", 1);
    reader.show(1..=3);
    office.until("the first are stored", || disk.number(ALL) == Some(3));
    disk.fill();
    let mut shown = 3;
    // what the write-ahead log has room for is still taken
    while !office.journal().contains("the disk of the store is full") {
        assert!(shown < 3_000, "{}", office.journal());
        reader.show(shown + 1..=shown + 20);
        shown += 20;
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    reader.show(shown + 1..=shown + 100);
    shown += 100;
    assert!(disk.number(ALL).unwrap() < i64::from(shown));
    disk.grow(40_000);
    office.until_told("the store takes what came over the ports again");
    office.until("all is stored", || disk.number(ALL) == Some(i64::from(shown)));
    assert_eq!(disk.number("SELECT count(DISTINCT badge) FROM punch"), Some(i64::from(shown)));
    assert_eq!(disk.daemon.stop().0.code(), Some(0));
    let journal = office.journal();
    assert!(!journal.contains("is lost") && !journal.contains("panicked"), "{journal}");
}

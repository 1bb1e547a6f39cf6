//! The punches of some stretches of time, by badge: each row is looked at once, whatever the number of badges.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::ids::ReaderId;

use super::gathering::{DAMAGED, Found, UNDATED, Written};
use super::punches::{midnight, offset};
use super::stamps::{Number, Stamps};
use super::{Store, StoreError};

/// What a punch says besides when it was and whose: most punches share a few of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// The device's own word for the direction.
    pub direction_raw: String,
    /// The reader that saw it.
    pub reader: ReaderId,
    /// The offset from UTC, when the device wrote one or the host stamped the time.
    pub offset: Option<FixedOffset>,
    /// The device's own code of a reason.
    pub reason_raw: Option<String>,
}

/// Seconds.
const DAY: u32 = 86_400;

/// The punches of some badges.
#[derive(Debug)]
pub struct PunchRange {
    first: NaiveDate,
    badges: Stamps,
    sayings: Vec<Saying>,
    /// Whose punches cannot all be read, and of which day each that cannot is, as far as that can be.
    damaged: Vec<(Number, Option<NaiveDate>)>,
}

impl PunchRange {
    /// The punches of one badge, in any order: the device's civil time, and the number of the rest. Those that
    /// are damaged are not among them.
    pub fn of(&self, badge: &str) -> impl Iterator<Item = (NaiveDateTime, usize)> + '_ {
        // several of them are of one day
        let mut today = (u32::MAX, NaiveDate::MIN);
        self.badges.of(badge.as_bytes()).filter(|stamp| stamp.saying != DAMAGED).filter_map(move |stamp| {
            let (day, second) = (stamp.second / DAY, stamp.second % DAY);
            if today.0 != day {
                today = (day, self.first.checked_add_days(Days::new(day.into()))?);
            }
            let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?;
            Some((today.1.and_time(time), stamp.saying as usize))
        })
    }

    /// True when a punch of a badge cannot be read, of a day on which `is_held` says that it counts.
    pub fn is_damaged(&self, badge: &str, is_held: impl Fn(NaiveDate) -> bool) -> bool {
        let counts = |date: Option<NaiveDate>| date.is_none_or(&is_held);
        self.damaged.iter().any(|(whose, date)| whose.as_slice() == badge.as_bytes() && counts(*date))
    }

    /// All that the punches say, in the order of the numbers that [`of`](Self::of) gives.
    pub fn sayings(&self) -> &[Saying] {
        &self.sayings
    }
}

impl Saying {
    /// What the columns of a row say; none when they are damaged.
    fn of(written: Written, readers: &HashMap<i64, ReaderId>) -> Option<Self> {
        let text = |bytes| String::from_utf8(bytes).ok();
        Some(Self {
            direction_raw: text(written.direction)?,
            reader: readers.get(&written.reader).cloned()?,
            offset: match written.minutes {
                None => None,
                Some(minutes) => Some(offset(minutes)?),
            },
            reason_raw: match written.reason {
                None => None,
                Some(reason) => Some(text(reason)?),
            },
        })
    }
}

impl Store {
    /// The punches of some badges whose device dates lie in `from..=to`. What is damaged concerns its badge
    /// alone, unless nobody can say whose it is.
    pub fn punch_range<'b>(
        &self,
        of: impl IntoIterator<Item = &'b str>,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<PunchRange, StoreError> {
        self.punches_in(of, from, [from.into()..to.succ_opt().unwrap_or(to).into()])
    }

    /// The same of some stretches of device time that do not overlap, none of which begins before `first`. Each is
    /// asked for when the one before is done: others may take some.
    pub fn punches_in<'b>(
        &self,
        of: impl IntoIterator<Item = &'b str>,
        first: NaiveDate,
        stretches: impl IntoIterator<Item = Range<NaiveDateTime>>,
    ) -> Result<PunchRange, StoreError> {
        let badges = Stamps::new(of);
        let second = |at: NaiveDateTime| at.and_utc().timestamp();
        let stretches = stretches.into_iter().map(|stretch| second(stretch.start)..second(stretch.end));
        let Found { mut badges, sayings: written, is_damaged, is_unknown, .. } =
            self.gathering()?.of(&self.connection, badges, midnight(first), stretches)?;
        let mut damaged = self.undated()?;
        if is_unknown {
            return Err(anybodys());
        }
        let readers = self.reader_names()?;
        let (mut sayings, mut bad) = (Vec::with_capacity(written.len()), Vec::new());
        for (number, written) in (0..).zip(written) {
            match Saying::of(written, &readers) {
                Some(saying) => sayings.push(saying),
                None => bad.push(number),
            }
        }
        if is_damaged {
            bad.push(DAMAGED);
        }
        if !bad.is_empty() {
            damaged.extend(mark(&mut badges, &bad, first));
        }
        Ok(PunchRange { first, badges, sayings, damaged })
    }

    /// The badges of punches whose time is a text or bytes: they lie in no range, behind all others.
    fn undated(&self) -> Result<Vec<(Number, Option<NaiveDate>)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT badge FROM punch WHERE local >= ''")?;
        let mut rows = statement.query([])?;
        let mut undated = Vec::new();
        while let Some(row) = rows.next()? {
            let badge = row.get_ref(0)?.as_str().map_err(|_| anybodys())?;
            undated.push((Number::from_slice(badge.as_bytes()), None));
        }
        Ok(undated)
    }
}

fn anybodys() -> StoreError {
    StoreError::Damaged("a punch cannot be read, which could be anybody's".to_owned())
}

/// Marks the punches that say something of `bad`, in rising order, as damaged, and gives whose and of which days
/// they are; the others get the numbers that their sayings have without.
fn mark(badges: &mut Stamps, bad: &[u32], first: NaiveDate) -> Vec<(Number, Option<NaiveDate>)> {
    let mut damaged = Vec::new();
    badges.for_each(|badge, stamp| match bad.binary_search(&stamp.saying) {
        Ok(_) => {
            let is_dated = stamp.second != UNDATED;
            let day = is_dated.then(|| first.checked_add_days(Days::new((stamp.second / DAY).into())));
            damaged.push((badge.clone(), day.flatten()));
            stamp.saying = DAMAGED;
        }
        Err(earlier) => stamp.saying -= u32::try_from(earlier).unwrap_or_default(),
    });
    damaged
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::DateTime;

    use super::*;
    use crate::store::gathering::GATHER;
    use crate::store::{BatchStart, FileIdentity, NewPunch, Portion};

    /// Stores punches of every kind, in an order of their own; gives how many there are.
    fn fill(store: &mut Store, readers: &[&str]) -> usize {
        let mut count = 0;
        for (kind, name) in (0_i64..).zip(readers) {
            let reader = store.reader_number(&ReaderId::new(name).unwrap()).unwrap();
            let start = BatchStart {
                reader,
                origin: name,
                file: FileIdentity { device: 1, inode: kind.cast_unsigned(), size: 1, modified: 1 },
                decoder: &[0; 32],
                received_at: DateTime::UNIX_EPOCH,
            };
            let mut portion = Portion::default();
            for number in 0..97_i64 {
                let badge = format!("{:02}", number * 31 % 7);
                portion.piece.push(&NewPunch {
                    local: number * 7919 % 300_000,
                    badge: &badge,
                    direction: ["", "0", "out"][usize::try_from(number % 3).unwrap()],
                    offset_minutes: [None, Some(60), Some(-330)]
                        [usize::try_from((number + kind) % 3).unwrap()],
                    reason: (number % 5 == 0).then_some("servizio"),
                    line: number.cast_unsigned(),
                    raw: badge.as_bytes(),
                });
                count += 1;
            }
            let batch = store.start_batch(&start).unwrap();
            store.commit_portion(batch, &start, &mut portion, &mut |_| {}).unwrap();
        }
        count
    }

    #[test]
    fn a_range_holds_what_the_punches_say_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let day = |number| NaiveDate::from_ymd_opt(1970, 1, number).unwrap();
        assert_eq!(store.punch_range(["00"], day(1), day(2)).unwrap().of("00").count(), 0, "an empty store");
        let all = fill(&mut store, &["ingresso", "retro"]);
        let beside = store.beside().unwrap();
        // once more on the same connection, on another one, and with other badges and days
        for (store, badges, from, to) in [
            (&store, &["00", "01", "02", "03", "04", "05", "06"][..], day(1), day(4)),
            (&beside, &["00", "01", "02", "03", "04", "05", "06"], day(1), day(4)),
            (&store, &["03", "99"], day(1), day(4)),
            (&store, &["00", "06"], day(2), day(3)),
            (&store, &[], day(1), day(4)),
        ] {
            let range = store.punch_range(badges.iter().copied(), from, to).unwrap();
            let wanted: HashSet<&str> = badges.iter().copied().collect();
            let punches = store.punches_of(&wanted, from, to).unwrap();
            assert!(badges.is_empty() || !punches.is_empty());
            assert!(from > day(1) || badges.len() < 7 || punches.len() == all);
            for badge in badges {
                let mut single: Vec<_> = punches.iter().filter(|punch| punch.badge == *badge).collect();
                let mut found: Vec<_> =
                    range.of(badge).map(|(local, saying)| (local, &range.sayings()[saying])).collect();
                assert_eq!(found.len(), single.len(), "{badge}");
                single.sort_by(|a, b| {
                    (a.local, &a.reader, &a.direction_raw).cmp(&(b.local, &b.reader, &b.direction_raw))
                });
                found.sort_by(|(a, one), (b, other)| {
                    (a, &one.reader, &one.direction_raw).cmp(&(b, &other.reader, &other.direction_raw))
                });
                for (punch, (local, saying)) in single.iter().zip(&found) {
                    let Saying { direction_raw, reader, offset, reason_raw } = saying;
                    assert_eq!((punch.local, &punch.direction_raw), (*local, direction_raw));
                    assert_eq!((&punch.reader, &punch.reason_raw), (reader, reason_raw));
                    assert_eq!(punch.offset, *offset);
                }
            }
            assert_eq!(range.of("7").count(), 0);
        }
    }

    #[test]
    fn stretches_hold_each_punch_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        fill(&mut store, &["ingresso", "retro"]);
        let day = |number| NaiveDate::from_ymd_opt(1970, 1, number).unwrap();
        let at = |second| DateTime::from_timestamp(second, 0).unwrap().naive_utc();
        let punches = |range: &PunchRange| {
            let all = range.of("03").map(|(local, saying)| (local, range.sayings()[saying].clone()));
            all.collect::<Vec<_>>()
        };
        let whole = punches(&store.punch_range(["03"], day(1), day(4)).unwrap());
        // at the very second of a punch, around it, at midnight, nothing at all, and past the last
        let own = whole[whole.len() / 2].0.and_utc().timestamp();
        let ends = [0, 86_400, own, own, own + 1, own + 2, 299_000, 345_600, 400_000];
        let stretches = ends.windows(2).map(|ends| at(ends[0])..at(ends[1]));
        assert_eq!(punches(&store.punches_in(["03"], day(1), stretches.clone()).unwrap()), whole);
        let mut backwards = punches(&store.punches_in(["03"], day(1), stretches.rev()).unwrap());
        let (mut whole, key) = (whole, |(local, saying): &(_, Saying)| (*local, format!("{saying:?}")));
        whole.sort_by_key(key);
        backwards.sort_by_key(key);
        assert_eq!(backwards, whole);
        // the day of a damaged one is counted from the first, whichever stretch it is in
        let damage = "INSERT INTO punch VALUES (90000, '03', '0', 'x', NULL, NULL, 1, 1, x'00')";
        store.connection.execute(damage, []).unwrap();
        let range = store.punches_in(["03"], day(1), [at(0)..at(5), at(86_400)..at(90_001)]).unwrap();
        assert!(range.is_damaged("03", |date| date == day(2)));
        assert!(!range.is_damaged("03", |date| date != day(2)));
        let range = store.punches_in(["03"], day(1), [at(0)..at(90_000)]).unwrap();
        assert!(!range.is_damaged("03", |_| true));
    }

    #[test]
    fn the_rows_come_by_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.gathering().unwrap();
        let plan: String = store
            .connection
            .query_row(&format!("EXPLAIN QUERY PLAN {GATHER}"), [0], |row| row.get("detail"))
            .unwrap();
        assert_eq!(plan, "SEARCH punch USING PRIMARY KEY (local>?)");
    }

    /// A single bit of the disk: a time that is gone, one that is later than the range, one that is earlier.
    #[test]
    fn a_damaged_key_is_not_taken_for_the_end() {
        for (damage, byte, bit) in [("gone", -9, 4), ("later", 0, 0x10), ("earlier", 1, 0x40)] {
            let folder = tempfile::tempdir().unwrap();
            let mut store = Store::open(folder.path()).unwrap();
            let reader = store.reader_number(&ReaderId::new("ingresso").unwrap()).unwrap();
            let day = NaiveDate::from_ymd_opt(2026, 10, 5).unwrap();
            // the third of four: the search for the start of the day does not meet it
            for (number, badge) in (0..).zip(["first", "before", "marked", "after"]) {
                let key = format!("{}, '{badge}', '0', {reader}", 1_791_190_000 + number * 10_000);
                let sql = format!("INSERT INTO punch VALUES ({key}, NULL, NULL, 1, 1, x'00')");
                store.connection.execute(&sql, []).unwrap();
            }
            let next = |store: &Store| store.punch_range(["after"], day, day + Days::new(1));
            assert_eq!(next(&store).unwrap().of("after").count(), 1);
            store.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
            drop(store);
            let path = folder.path().join("timbra.sqlite");
            let mut bytes = std::fs::read(&path).unwrap();
            let mut key = 1_791_210_000_u32.to_be_bytes().to_vec();
            key.extend(b"marked");
            let time = bytes.windows(key.len()).position(|part| part == key).unwrap();
            bytes[time.strict_add_signed(byte)] ^= bit;
            std::fs::write(&path, bytes).unwrap();
            let store = Store::open(folder.path()).unwrap();
            assert!(next(&store).is_err_and(|error| error.to_string().contains("anybody's")), "{damage}");
        }
    }

    #[test]
    fn what_is_damaged_stops_only_those_whose_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        fill(&mut store, &["ingresso"]);
        let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let range = |store: &Store, badge: &str| store.punch_range([badge], day, day);
        let whole = range(&store, "03").unwrap().of("03").count();
        let said = |range: &PunchRange| {
            let all = range.of("03").map(|(local, number)| (local, range.sayings()[number].clone()));
            all.collect::<Vec<_>>()
        };
        let sound = said(&range(&store, "03").unwrap());
        for (what, damage) in [
            ("a reader that is none", "1, 'foreign', '0', 99, NULL, NULL, 1, 1, x'00'"),
            ("a reader that is text", "1, 'foreign', '0', 'x', NULL, NULL, 1, 1, x'00'"),
            ("a direction that is no text", "1, 'foreign', x'30', 1, NULL, NULL, 1, 1, x'00'"),
            ("a time that is text", "'x', 'foreign', '0', 1, NULL, NULL, 1, 1, x'00'"),
            ("a time between two seconds", "1.5, 'foreign', '0', 1, NULL, NULL, 1, 1, x'00'"),
            ("an offset past all numbers", "1, 'foreign', '0', 1, 36000000, NULL, 1, 1, x'00'"),
            ("a direction of bytes", "1, 'foreign', CAST(x'ff' AS TEXT), 1, NULL, NULL, 1, 1, x'00'"),
            ("a reason of bytes", "1, 'foreign', '0', 1, NULL, CAST(x'ff' AS TEXT), 1, 1, x'00'"),
            ("a reason that is a number", "1, 'foreign', '0', 1, NULL, 7.5, 1, 1, x'00'"),
            ("an offset of weeks", "1, 'foreign', '0', 1, 99999, NULL, 1, 1, x'00'"),
            ("an offset that is text", "1, 'foreign', '0', 1, 'x', NULL, 1, 1, x'00'"),
        ] {
            store.connection.execute(&format!("INSERT INTO punch VALUES ({damage})"), []).unwrap();
            assert_eq!(range(&store, "03").unwrap().of("03").count(), whole, "{what}");
            let found = store.punch_range(["03", "foreign"], day, day).unwrap();
            // a number is a text in a column of texts
            let is_damaged = what != "a reason that is a number";
            assert_eq!(found.is_damaged("foreign", |date| date == day), is_damaged, "{what}");
            let is_undated = what.starts_with("a time");
            assert_eq!(found.is_damaged("foreign", |date| date != day), is_undated, "{what}");
            assert!(!found.is_damaged("03", |_| true), "{what}");
            assert_eq!(found.of("foreign").count(), usize::from(!is_damaged), "{what}");
            assert_eq!(said(&found), sound, "what the others say: {what}");
            store.connection.execute("DELETE FROM punch WHERE badge = 'foreign'", []).unwrap();
            assert_eq!(range(&store, "foreign").unwrap().of("foreign").count(), 0, "after {what}");
        }
        // another day's
        let behind = "INSERT INTO punch VALUES (86400.5, 'foreign', '0', 1, NULL, NULL, 1, 1, x'00')";
        store.connection.execute(behind, []).unwrap();
        assert!(!range(&store, "foreign").unwrap().is_damaged("foreign", |_| true));
        let next = day.succ_opt().unwrap();
        assert!(store.punch_range(["foreign"], day, next).unwrap().is_damaged("foreign", |_| true));
        // whose it is nobody can say
        store
            .connection
            .execute("INSERT INTO punch VALUES (1, CAST(x'ff' AS TEXT), '0', 1, NULL, NULL, 1, 1, x'00')", [])
            .unwrap();
        let said = range(&store, "03").unwrap_err().to_string();
        assert!(said.contains("anybody's"), "{said}");
    }
}

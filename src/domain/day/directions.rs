//! Rules 4 and 5, first half: minutes, directions, and the order of punches in the same minute.

use chrono::{DateTime, Duration, FixedOffset, NaiveTime, Timelike};

use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Fact, Ground};
use super::input::PunchSource;
use super::outcome::{KeptPunch, KeptPunches};
use super::repeats::Seen;
use super::stretch::minute;
use super::trail::Rule;

/// Keeps every punch, with its direction and its minute. Where the reader gave no direction it is the
/// opposite of the punch before; in toggle mode that holds for all of them.
pub(super) fn direct(kept: &mut KeptPunches, seen: &[Seen<'_>], toggle: bool, findings: &mut Findings) {
    let mut before: Option<Direction> = None;
    for &Seen { at, punch } in seen {
        let alternate = before.map_or(Direction::In, Direction::opposite);
        let given = punch.direction.filter(|_| !toggle);
        let direction = given.unwrap_or(alternate);
        if given.is_none() {
            let rule = if direction == Direction::In { Rule::ReadAsEntry } else { Rule::ReadAsExit };
            let because = Ground::Fact(if toggle { Fact::Toggle } else { Fact::NoDirection });
            findings.note(rule, because, [at]);
        }
        before = Some(direction);
        kept.push(KeptPunch {
            seen: at,
            counted: whole_minute(at),
            direction,
            guessed: given.is_none(),
            reason: punch.reason.clone(),
            manual: punch.source != PunchSource::Reader,
            unpaired: false,
        });
    }
    put_in_order(kept);
}

fn whole_minute(at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let (utc, offset) = (at.naive_utc(), *at.offset());
    let second = utc.time().num_seconds_from_midnight();
    let whole = NaiveTime::from_num_seconds_from_midnight_opt(second - second % 60, 0);
    if let Some(whole) = whole.filter(|_| offset.local_minus_utc() % 60 == 0) {
        // the seconds of the place are those of UTC
        return DateTime::from_naive_utc_and_offset(utc.date().and_time(whole), offset);
    }
    let local = at.timestamp() + i64::from(at.offset().local_minus_utc());
    let seconds = Duration::seconds(local.rem_euclid(60));
    let below = Duration::nanoseconds(i64::from(at.timestamp_subsec_nanos()));
    at.checked_sub_signed(seconds + below).unwrap_or(at)
}

/// In one minute an exit comes first when a pair is open, else an entry.
fn put_in_order(kept: &mut [KeptPunch]) {
    let mut open = false;
    for position in 0..kept.len() {
        let wanted = if open { Direction::Out } else { Direction::In };
        let rest = &mut kept[position..];
        if rest[0].direction != wanted {
            let at = minute(&rest[0].counted);
            let mut same_minute = rest.iter().take_while(|punch| minute(&punch.counted) == at);
            if let Some(found) = same_minute.position(|punch| punch.direction == wanted) {
                rest[..=found].rotate_right(1);
            }
        }
        open = rest[0].direction == Direction::In;
    }
}

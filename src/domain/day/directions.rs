//! Rules 4 and 5, first half: minutes, directions, and the order of punches in the same minute.

use chrono::{DateTime, Duration, FixedOffset};

use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Fact, Ground};
use super::outcome::KeptPunch;
use super::repeats::Seen;
use super::stretch::minute;
use super::trail::Rule;

/// Gives every punch its direction and its minute. Where the reader gave no direction it is the
/// opposite of the punch before; in toggle mode that holds for all of them.
pub(super) fn directed(seen: Vec<Seen>, toggle: bool, findings: &mut Findings) -> Vec<KeptPunch> {
    let mut before: Option<Direction> = None;
    let mut kept = Vec::with_capacity(seen.len());
    for punch in seen {
        let alternate = before.map_or(Direction::In, Direction::opposite);
        let given = punch.direction.filter(|_| !toggle);
        let direction = given.unwrap_or(alternate);
        if given.is_none() {
            let rule = if direction == Direction::In { Rule::ReadAsEntry } else { Rule::ReadAsExit };
            let because = Ground::Fact(if toggle { Fact::Toggle } else { Fact::NoDirection });
            findings.note(rule, because, [punch.at]);
        }
        before = Some(direction);
        kept.push(KeptPunch {
            seen: punch.at,
            counted: whole_minute(punch.at),
            direction,
            guessed: given.is_none(),
            reason: punch.reason,
            manual: punch.manual,
            unpaired: false,
        });
    }
    put_in_order(&mut kept);
    kept
}

fn whole_minute(at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let local = at.timestamp() + i64::from(at.offset().local_minus_utc());
    let seconds = Duration::seconds(local.rem_euclid(60));
    let below = Duration::nanoseconds(i64::from(at.timestamp_subsec_nanos()));
    at.checked_sub_signed(seconds + below).unwrap_or(at)
}

/// In one minute an exit comes first when a pair is open, else an entry.
fn put_in_order(kept: &mut [KeptPunch]) {
    let mut open = false;
    for position in 0..kept.len() {
        let (at, rest) = (minute(&kept[position].counted), &mut kept[position..]);
        let wanted = if open { Direction::Out } else { Direction::In };
        let mut same_minute = rest.iter().take_while(|punch| minute(&punch.counted) == at);
        if let Some(found) = same_minute.position(|punch| punch.direction == wanted) {
            rest[..=found].rotate_right(1);
        }
        open = rest[0].direction == Direction::In;
    }
}

//! Rules 4 and 5, first half: minutes, directions, and the order of punches in the same minute.

use chrono::{DateTime, Duration, FixedOffset, Timelike};

use crate::domain::punch::Direction;

use super::findings::Findings;
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
            let because = if toggle { "reader_mode = toggle" } else { "direction = null" };
            findings.note(rule, because, &[punch.at]);
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
    in_order(kept)
}

fn whole_minute(at: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let seconds = Duration::seconds(i64::from(at.second()));
    let below = Duration::nanoseconds(i64::from(at.nanosecond()));
    at.checked_sub_signed(seconds + below).unwrap_or(at)
}

/// In one minute an exit comes first when a pair is open, else an entry.
fn in_order(kept: Vec<KeptPunch>) -> Vec<KeptPunch> {
    let mut ordered: Vec<KeptPunch> = Vec::with_capacity(kept.len());
    let mut open = false;
    let mut rest = kept.into_iter().peekable();
    while let Some(first) = rest.next() {
        let at = minute(&first.counted);
        let mut group = vec![first];
        while let Some(next) = rest.next_if(|next| minute(&next.counted) == at) {
            group.push(next);
        }
        while !group.is_empty() {
            let wanted = if open { Direction::Out } else { Direction::In };
            let position = group.iter().position(|punch| punch.direction == wanted).unwrap_or(0);
            let punch = group.remove(position);
            open = punch.direction == Direction::In;
            ordered.push(punch);
        }
    }
    ordered
}

//! Rule 6: entries with their exits.

use chrono::{DateTime, FixedOffset};
use smallvec::SmallVec;

use crate::domain::anomaly::Anomaly;
use crate::domain::civil::date_and_second;
use crate::domain::minutes::Minutes;
use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Fact, Ground, Parameter};
use super::outcome::KeptPunch;
use super::stretch::{Stretch, minute};
use super::trail::Rule;

/// A pair, by the positions of its punches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Position of the entry.
    pub(super) entry: usize,
    /// Position of the exit.
    pub(super) exit: usize,
    /// Its minutes.
    pub(super) stretch: Stretch,
}

/// The pairs of a day, up to four without the heap.
pub(super) type Spans = SmallVec<[Span; 4]>;

/// Matches entries and exits; punches that belong to no pair are marked and make the day incomplete.
pub(super) fn pair(kept: &mut [KeptPunch], max_span: Minutes, findings: &mut Findings) -> Spans {
    let mut spans = Spans::new();
    let mut open: Option<usize> = None;
    for position in 0..kept.len() {
        match (kept[position].direction, open) {
            (Direction::In, replaced) => {
                if let Some(replaced) = replaced {
                    leave(kept, replaced, Ground::Fact(Fact::InAfterIn), findings);
                }
                open = Some(position);
            }
            (Direction::Out, None) => leave(kept, position, Ground::Fact(Fact::OutWithNoneOpen), findings),
            (Direction::Out, Some(entry)) => {
                open = None;
                let stretch = Stretch::new(minute(&kept[entry].counted), minute(&kept[position].counted));
                let span = Span { entry, exit: position, stretch };
                if stretch.length() > max_span {
                    let because = Ground::Number(Parameter::MaxSpan, max_span.0.into());
                    leave(kept, entry, because, findings);
                    leave(kept, position, because, findings);
                    continue;
                }
                let [from, to] = [entry, position].map(|of| kept[of].counted);
                let date = |of: DateTime<FixedOffset>| date_and_second(&of, *of.offset()).0;
                if date(from) != date(to) {
                    findings.anomaly(Anomaly::MidnightCrossing);
                }
                if from.offset() != to.offset() {
                    findings.anomaly(Anomaly::DstTransition);
                }
                spans.push(span);
            }
        }
    }
    if let Some(last) = open {
        leave(kept, last, Ground::Fact(Fact::OpenAtTheEnd), findings);
    }
    spans
}

fn leave(kept: &mut [KeptPunch], position: usize, because: Ground, findings: &mut Findings) {
    let punch = &mut kept[position];
    punch.unpaired = true;
    let (rule, anomaly) = match punch.direction {
        Direction::In => (Rule::EntryWithoutExit, Anomaly::UnpairedIn),
        Direction::Out => (Rule::ExitWithoutEntry, Anomaly::UnpairedOut),
    };
    findings.anomaly(anomaly);
    findings.note(rule, because, [punch.seen]);
}

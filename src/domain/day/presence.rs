//! Rules 7, 8 and 9: what of the pairs counts, service outside, and the gaps between pairs.

use chrono::{DateTime, FixedOffset};
use smallvec::SmallVec;

use crate::domain::anomaly::Anomaly;
use crate::domain::minutes::Minutes;
use crate::domain::punch::Direction;

use super::findings::Findings;
use super::ground::{Bound, Fact, Ground, Parameter};
use super::input::DayInput;
use super::outcome::KeptPunch;
use super::pairing::Span;
use super::stretch::Stretch;
use super::trail::Rule;

/// A gap between two pairs that is not service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    /// Its minutes.
    pub(super) stretch: Stretch,
    /// One of its punches gave a reason: it is no break.
    pub(super) has_reason: bool,
    /// Its exit and its entry, as seen.
    pub(super) punches: [DateTime<FixedOffset>; 2],
}

/// What the pairs amount to.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// Counted minutes, service included.
    pub(super) minutes: Minutes,
    /// Minutes cut off.
    pub(super) not_counted: Minutes,
    /// Minutes of authorised service.
    pub(super) service: Minutes,
    /// Gaps, in order.
    pub(super) gaps: SmallVec<[Gap; 3]>,
    /// First entry and last exit, or the end of the service that followed it.
    pub(super) whole: Option<Stretch>,
    /// The punches at both ends of it, as seen.
    pub(super) ends: Option<[DateTime<FixedOffset>; 2]>,
}

/// Sums up the pairs. `service_end` is the declared end of a service that closes the day, as a minute.
/// On an incomplete day only the pairs count.
pub(super) fn presence(
    input: &DayInput<'_>,
    kept: &[KeptPunch],
    spans: &[Span],
    (due, complete): (Minutes, bool),
    service_end: Option<i64>,
    findings: &mut Findings,
) -> Presence {
    let mut presence = Presence::default();
    for span in spans {
        let punches = [kept[span.entry].seen, kept[span.exit].seen];
        let before = presence.minutes;
        presence.minutes += span.stretch.length();
        let because = Ground::Number(Parameter::MaxSpan, input.profile.max_span.0.into());
        findings.step(Rule::Pair, because, (before, presence.minutes), punches);
    }
    clip(input, kept, spans, due, &mut presence, findings);
    service_gaps(input, kept, spans, complete, &mut presence, findings);
    if let (Some(first), Some(last)) = (spans.first(), spans.last()) {
        let exit = last.stretch.to;
        if let Some(end) = service_end.filter(|_| complete) {
            let service = Stretch::new(exit, end).length();
            let before = presence.minutes;
            presence.service += service;
            presence.minutes += service;
            let range = (before, presence.minutes);
            findings.step(Rule::ServiceToEnd, Ground::Fact(Fact::ServiceEnd), range, [kept[last.exit].seen]);
        }
        let end = service_end.map_or(exit, |end| end.max(exit));
        presence.ends = Some([kept[first.entry].seen, kept[last.exit].seen]);
        presence.whole = Some(Stretch::new(first.stretch.from, end));
    }
    presence
}

/// The service exit with which the day ends, when it does (rule 7).
pub(super) fn ends_in_service(kept: &[KeptPunch]) -> Option<&KeptPunch> {
    kept.last().filter(|last| last.direction == Direction::Out && last.is_service())
}

fn clip(
    input: &DayInput<'_>,
    kept: &[KeptPunch],
    spans: &[Span],
    due: Minutes,
    presence: &mut Presence,
    findings: &mut Findings,
) {
    let (profile, context) = (input.profile, input.context);
    let Some(hours) = profile.service_hours else { return };
    let (mut start, mut bound) = (hours.from, Bound::ServiceHours);
    if let Some(band) = profile.entry_band.filter(|band| due > Minutes::ZERO && band.from > start) {
        (start, bound) = (band.from, Bound::EntryBand);
    }
    if let Some(authorized) = context.authorized_from.filter(|from| *from < start) {
        (start, bound) = (authorized, Bound::AuthorizedFrom);
    }
    let opening = context.clock.minute(start);
    let closing = context.clock.minute(hours.to).max(opening);
    for span in spans {
        let stretch = span.stretch;
        let cuts = [
            (Stretch::new(stretch.from, stretch.to.min(opening)), Rule::BeforeOpening, kept[span.entry].seen),
            (Stretch::new(stretch.from.max(closing), stretch.to), Rule::AfterClosing, kept[span.exit].seen),
        ];
        for (cut, rule, punch) in cuts {
            let cut = cut.length();
            if cut == Minutes::ZERO {
                continue;
            }
            let before = presence.minutes;
            presence.minutes -= cut;
            presence.not_counted += cut;
            let range = (before, presence.minutes);
            if rule == Rule::BeforeOpening {
                findings.anomaly(Anomaly::EarlyEntryNotCounted);
                findings.step(rule, Ground::From(bound, start), range, [punch]);
            } else {
                findings.anomaly(Anomaly::LateExitNotCounted);
                findings.step(rule, Ground::To(Bound::ServiceHours, hours.to), range, [punch]);
            }
        }
    }
}

fn service_gaps(
    input: &DayInput<'_>,
    kept: &[KeptPunch],
    spans: &[Span],
    complete: bool,
    presence: &mut Presence,
    findings: &mut Findings,
) {
    for (left, right) in spans.iter().zip(spans.iter().skip(1)) {
        let (out, back) = (&kept[left.exit], &kept[right.entry]);
        let stretch = Stretch::new(left.stretch.to, right.stretch.from);
        let service = out.is_service() && back.is_service();
        if service && !input.context.service_authorized {
            findings.anomaly(Anomaly::ServiceNotAuthorized);
            findings.note(
                Rule::ServiceRefused,
                Ground::Fact(Fact::ServiceNotAuthorized),
                [out.seen, back.seen],
            );
        }
        if service && input.context.service_authorized {
            if complete {
                let before = presence.minutes;
                presence.service += stretch.length();
                presence.minutes += stretch.length();
                let range = (before, presence.minutes);
                findings.step(
                    Rule::Service,
                    Ground::Fact(Fact::ServiceAuthorized),
                    range,
                    [out.seen, back.seen],
                );
            }
        } else {
            let has_reason = out.reason.is_some() || back.reason.is_some();
            presence.gaps.push(Gap { stretch, has_reason, punches: [out.seen, back.seen] });
        }
    }
}

//! What an event of a malfunction says, as text: `key=value`, one a line, as in the register. Stable
//! for ever: the chain covers these very bytes.

use chrono::{DateTime, FixedOffset, Utc};

use crate::domain::ids::AgreementId;
use crate::domain::malfunction::{Change, MalfunctionKind, Opening, Step};

use super::content::{Fields, Lines};

/// What stands where the expected resolution is not known any more.
const UNKNOWN: &str = "unknown";

/// The text of what an event says.
pub(super) fn encode(step: &Step) -> String {
    let mut lines = Lines::default();
    match step {
        Step::Opened(opening) => {
            lines.push("kind", opening.kind.code());
            lines.push("systems", &opening.systems);
            lines.maybe("expected", opening.expected);
            lines.push("from", opening.from.to_rfc3339());
            for agreement in &opening.agreements {
                lines.push("agreement", agreement);
            }
            lines.maybe("cause", opening.cause.as_ref());
            lines.push("detected", opening.detected);
        }
        Step::Updated(change) => {
            lines.maybe("kind", change.kind.map(MalfunctionKind::code));
            lines.maybe("systems", change.systems.as_ref());
            lines.maybe(
                "expected",
                change.expected.map(|known| known.map_or_else(|| UNKNOWN.to_owned(), |at| at.to_string())),
            );
        }
        Step::Restored { at, detected } => {
            lines.push("at", at.to_rfc3339());
            lines.push("detected", detected);
        }
        Step::Reopened { at } | Step::Reported { at } => lines.push("at", at.to_rfc3339()),
        Step::Confirmed => (),
        Step::Undone { of } => lines.push("of", of),
    }
    lines.into_text()
}

/// Reads it back; none when it makes no sense.
pub(super) fn decode(word: &str, text: &str) -> Option<Step> {
    let fields = Fields::read(text)?;
    let instant = |key: &'static str| -> Option<DateTime<Utc>> {
        fields.one::<DateTime<FixedOffset>>(key).map(|at| at.to_utc())
    };
    let kind = || fields.text("kind").map(MalfunctionKind::parse);
    Some(match word {
        "opened" => Step::Opened(Opening {
            kind: kind()??,
            systems: fields.text("systems")?.to_owned(),
            expected: fields.maybe("expected").ok()?,
            from: instant("from")?,
            agreements: fields
                .all("agreement")
                .map(|name| AgreementId::new(name).ok())
                .collect::<Option<_>>()?,
            cause: fields.maybe("cause").ok()?,
            detected: fields.one("detected")?,
        }),
        "updated" => Step::Updated(Change {
            kind: match kind() {
                Some(kind) => Some(kind?),
                None => None,
            },
            systems: fields.text("systems").map(str::to_owned),
            expected: match fields.text("expected") {
                Some(UNKNOWN) => Some(None),
                Some(known) => Some(Some(known.parse().ok()?)),
                None => None,
            },
        }),
        "restored" => Step::Restored { at: instant("at")?, detected: fields.one("detected")? },
        "reopened" => Step::Reopened { at: instant("at")? },
        "reported" => Step::Reported { at: instant("at")? },
        "confirmed" => Step::Confirmed,
        "undone" => Step::Undone { of: fields.one("of")? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ReaderId;
    use crate::domain::malfunction::Cause;

    #[test]
    fn every_step_comes_back_as_it_was() {
        let at: DateTime<Utc> = "2026-11-03T07:10:00Z".parse().unwrap();
        let opening = Opening {
            kind: MalfunctionKind::Network,
            systems: "rete \\ intera\nsede".to_owned(),
            expected: None,
            from: at,
            agreements: Vec::new(),
            cause: None,
            detected: false,
        };
        let whole = Opening {
            expected: Some("2026-11-05 12:00".parse().unwrap()),
            agreements: ["a", "b"].map(|name| AgreementId::new(name).unwrap()).to_vec(),
            cause: Some(Cause::ReaderClock(ReaderId::new("porta").unwrap())),
            detected: true,
            ..opening.clone()
        };
        let change = Change { kind: Some(MalfunctionKind::Power), systems: None, expected: Some(None) };
        for step in [
            Step::Opened(opening),
            Step::Opened(whole),
            Step::Updated(Change::default()),
            Step::Updated(change),
            Step::Updated(Change {
                systems: Some("lettore".to_owned()),
                expected: Some(Some("2026-11-05".parse().unwrap())),
                ..Change::default()
            }),
            Step::Restored { at, detected: true },
            Step::Reopened { at },
            Step::Reported { at },
            Step::Confirmed,
            Step::Undone { of: 7 },
        ] {
            assert_eq!(decode(step.word(), &encode(&step)), Some(step));
        }
        for (word, text) in
            [("opened", "kind=fire\n"), ("melted", ""), ("updated", "kind=fire\n"), ("undone", "")]
        {
            assert_eq!(decode(word, text), None, "{word} {text}");
        }
    }
}

//! The number that is printed on a card, as a person types it.

use super::super::card::{Card, RENDERINGS, Rendering};
use super::super::wire::settings::WireSettings;

/// How like two numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// Equal but for leading zeros, the case of letters, and what stands between groups of digits.
    Nearly,
    /// The same characters.
    Exact,
}

/// Which number of a card is the printed one; among equals the usual badge, then what was sent.
pub(super) fn find(card: &Card, printed: &str, settings: &WireSettings) -> Option<(Rendering, Likeness)> {
    let order = [settings.badge].into_iter().chain(RENDERINGS.into_iter().map(|(_, rendering)| rendering));
    let order = order.filter(|rendering| settings.protocol.can_have(*rendering));
    let mut found: Option<(Rendering, Likeness)> = None;
    for rendering in order {
        let likeness = card.rendering(rendering).and_then(|number| likeness(&number, printed));
        if let Some(likeness) = likeness
            && found.is_none_or(|(_, best)| likeness > best)
        {
            found = Some((rendering, likeness));
        }
    }
    found
}

fn likeness(number: &str, printed: &str) -> Option<Likeness> {
    if number == printed.trim() {
        Some(Likeness::Exact)
    } else {
        (groups(number) == groups(printed)).then_some(Likeness::Nearly)
    }
}

/// The groups of letters and digits in a text, without leading zeros.
fn groups(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty())
        .map(|group| group.trim_start_matches('0').to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::settings::Protocol;
    use super::*;

    #[test]
    fn people_type_numbers_in_their_own_way() {
        use Likeness::{Exact, Nearly};
        use Rendering::{AsSent, Decimal, Decimal10, FacilityCard, FacilityCardJoined};
        let rows = [
            ("0001217496", Some((Decimal10, Exact))),
            (" 0001217496 ", Some((Decimal10, Exact))),
            ("01001293D8", Some((AsSent, Exact))),
            ("01001293d8", Some((AsSent, Nearly))),
            ("1217496", Some((Decimal, Exact))),
            ("001217496", Some((Decimal10, Nearly))),
            ("018,37848", Some((FacilityCard, Exact))),
            ("18 37848", Some((FacilityCard, Nearly))),
            ("01837848", Some((FacilityCardJoined, Exact))),
            ("1217497", None),
            ("", None),
        ];
        let settings = WireSettings::new(Protocol::of_name("rdm6300").unwrap());
        for (printed, expected) in rows {
            assert_eq!(find(&Card::hex("01001293D8"), printed, &settings), expected, "{printed:?}");
        }
    }
}

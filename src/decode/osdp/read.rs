//! What readers say of cards: RAW (50) and FMT (51). Decoded here and not by the crate, which refuses
//! a RAW with surplus bytes; real readers send them.

use super::super::card::Card;
use super::super::wiegand;

/// Why there is no card in a reply that should hold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The reply ends before its own header.
    #[error("the reply is shorter than its header")]
    Short,
    /// Fewer bytes than it says.
    #[error("the reply has fewer bytes than it says the card has")]
    Cut,
    /// Its bits are no card.
    #[error(transparent)]
    Unfit(#[from] wiegand::Unfit),
    /// Formatted data that are empty, or no printable ASCII.
    #[error("the formatted card is no text")]
    NoText,
}

/// The code of RAW.
const RAW: u8 = 0x50;
/// The code of FMT.
const FMT: u8 = 0x51;

/// The reading head that a RAW or FMT speaks of.
pub(super) fn head(data: &[u8]) -> u8 {
    data.first().copied().unwrap_or_default()
}

/// The card in a reply; `None` when this is no reply with a card.
pub fn card(code: u8, data: &[u8]) -> Option<Result<Card, Unreadable>> {
    match code {
        RAW => Some(raw(data)),
        FMT => Some(formatted(data)),
        _ => None,
    }
}

/// RAW: head, format (0 unknown, 1 Wiegand), number of bits (two bytes, the low one first), bits.
fn raw(data: &[u8]) -> Result<Card, Unreadable> {
    let [_, _, low, high, bits @ ..] = data else { return Err(Unreadable::Short) };
    let count = u16::from_le_bytes([*low, *high]);
    let bits = bits.get(..usize::from(count).div_ceil(8)).ok_or(Unreadable::Cut)?;
    Ok(wiegand::card(bits, count)?)
}

/// FMT: head, direction of the swipe, number of characters, characters.
fn formatted(data: &[u8]) -> Result<Card, Unreadable> {
    let [_, _, count, characters @ ..] = data else { return Err(Unreadable::Short) };
    let characters = characters.get(..usize::from(*count)).ok_or(Unreadable::Cut)?;
    let text = std::str::from_utf8(characters).unwrap_or_default().trim_matches(' ');
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Unreadable::NoText);
    }
    // digits are decimal where they can be
    let decimal = Card::decimal(text);
    Ok(if decimal.number().is_some() { decimal } else { Card::hex(text) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::card::Rendering;

    #[test]
    fn cards_come_out_of_their_replies() {
        use Rendering::{AsSent, Decimal, Facility16Card19, FacilityCard, Hex8};
        let rows: &[(u8, &[u8], Rendering, &str)] = &[
            (RAW, &[5, 0, 16, 0, 0x12, 0xAB], Decimal, "4779"),
            (RAW, &[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x80], FacilityCard, "123,04567"),
            (RAW, &[0, 1, 26, 0, 0x09, 0x49, 0xEC, 0x40], FacilityCard, "018,37848"),
            // surplus bytes, and rubbish behind the last bit
            (RAW, &[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0xBF, 0, 0], FacilityCard, "123,04567"),
            (RAW, &[0, 1, 34, 0, 0x00, 0x09, 0x49, 0xEC, 0x40], FacilityCard, "018,37848"),
            (RAW, &[0, 1, 37, 0, 0x80, 0x0B, 0xC6, 0x14, 0xE0], Decimal, "12345678"),
            (RAW, &[0, 1, 37, 0, 0x82, 0x69, 0x0D, 0xDD, 0x57], Facility16Card19, "01234,056789"),
            (RAW, &[0, 0, 32, 0, 0x04, 0xA2, 0x3B, 0x1C], Hex8, "04A23B1C"),
            (
                RAW,
                &[0, 1, 26, 0, 0xBD, 0x88, 0xEB],
                AsSent,
                "the reply has fewer bytes than it says the card has",
            ),
            (RAW, &[0, 1, 0, 0], AsSent, "a card has 1 to 80 bits"),
            (RAW, &[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0], AsSent, "wrong parity: a bit was misread"),
            (RAW, &[0, 1, 26], AsSent, "the reply is shorter than its header"),
            (RAW, &[], AsSent, "the reply is shorter than its header"),
            (FMT, b"\x00\x00\x0A0001217496", AsSent, "0001217496"),
            (FMT, b"\x00\x00\x0A0001217496", Hex8, "001293D8"),
            (FMT, b"\x00\x00\x0804A23B1C", Decimal, "77740828"),
            (FMT, b"\x01\x01\x04 42 surplus", Decimal, "42"),
            (FMT, b"\x00\x00\x03AB-", AsSent, "AB-"),
            (FMT, b"\x00\x00\x03 \x00\x31", AsSent, "the formatted card is no text"),
            (FMT, b"\x00\x00\x02  ", AsSent, "the formatted card is no text"),
            (FMT, b"\x00\x00\x00", AsSent, "the formatted card is no text"),
            (FMT, b"\x00\x00\x0512", AsSent, "the reply has fewer bytes than it says the card has"),
            (FMT, b"\x00\x00", AsSent, "the reply is shorter than its header"),
        ];
        for (code, data, rendering, expected) in rows {
            let shown = match card(*code, data).unwrap() {
                Ok(card) => card.rendering(*rendering).unwrap(),
                Err(reason) => reason.to_string(),
            };
            assert_eq!(shown, *expected, "{data:02X?}");
        }
        assert!(card(0x53, &[0, 1, b'7']).is_none());
    }
}

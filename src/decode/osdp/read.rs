//! What readers say of cards: RAW (50) and FMT (51). Decoded here and not by the crate, which refuses
//! a RAW with surplus bytes; real readers send them.

/// A card as a reader gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// Bits, as on Wiegand wires: the first is the highest of the first byte.
    Bits {
        /// How many.
        count: u16,
        /// The bits, and zeros after the last.
        bytes: Vec<u8>,
    },
    /// A number that the reader made of it, in its own way.
    Text(String),
}

/// Why there is no card in a reply that should hold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The reply ends before its own header.
    #[error("the reply is shorter than its header")]
    Short,
    /// A card of no bits or characters.
    #[error("the card is empty")]
    Empty,
    /// Fewer bytes than it says.
    #[error("the reply has fewer bytes than it says the card has")]
    Cut,
    /// Formatted data with bytes that are no printable ASCII.
    #[error("the formatted card is no text")]
    NoText,
}

/// The code of RAW.
pub(super) const RAW: u8 = 0x50;
/// The code of FMT.
pub(super) const FMT: u8 = 0x51;

/// The reading head that a RAW or FMT speaks of.
pub(super) fn head(data: &[u8]) -> u8 {
    data.first().copied().unwrap_or_default()
}

/// RAW: head, format (0 unknown, 1 Wiegand), number of bits (two bytes, the low one first), bits.
pub(super) fn raw(data: &[u8]) -> Result<Card, Unreadable> {
    let [_, _, low, high, bytes @ ..] = data else { return Err(Unreadable::Short) };
    let count = u16::from_le_bytes([*low, *high]);
    if count == 0 {
        return Err(Unreadable::Empty);
    }
    let needed = usize::from(count).div_ceil(8);
    let mut bytes = bytes.get(..needed).ok_or(Unreadable::Cut)?.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last &= 0xFF << ((8 - count % 8) % 8);
    }
    Ok(Card::Bits { count, bytes })
}

/// FMT: head, direction of the swipe, number of characters, characters.
pub(super) fn formatted(data: &[u8]) -> Result<Card, Unreadable> {
    let [_, _, count, characters @ ..] = data else { return Err(Unreadable::Short) };
    let characters = characters.get(..usize::from(*count)).ok_or(Unreadable::Cut)?;
    let printable = |byte: &u8| (0x20..0x7F).contains(byte);
    let text = std::str::from_utf8(characters).ok().filter(|text| text.bytes().all(|b| printable(&b)));
    match text.map(str::trim) {
        None => Err(Unreadable::NoText),
        Some("") => Err(Unreadable::Empty),
        Some(text) => Ok(Card::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(count: u16, bytes: &[u8]) -> Card {
        Card::Bits { count, bytes: bytes.to_vec() }
    }

    #[test]
    fn cards_come_out_of_their_replies() {
        let rows: &[(&[u8], Result<Card, Unreadable>)] = &[
            (&[5, 0, 16, 0, 0x12, 0xAB], Ok(bits(16, &[0x12, 0xAB]))),
            (&[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0x80], Ok(bits(26, &[0xBD, 0x88, 0xEB, 0x80]))),
            // surplus bytes, and rubbish behind the last bit
            (&[0, 1, 26, 0, 0xBD, 0x88, 0xEB, 0xBF, 0, 0], Ok(bits(26, &[0xBD, 0x88, 0xEB, 0x80]))),
            (&[0, 1, 37, 0, 0x82, 0x69, 0x0D, 0xDD, 0x57], Ok(bits(37, &[0x82, 0x69, 0x0D, 0xDD, 0x50]))),
            (&[0, 1, 26, 0, 0xBD, 0x88, 0xEB], Err(Unreadable::Cut)),
            (&[0, 1, 0, 0], Err(Unreadable::Empty)),
            (&[0, 1, 26], Err(Unreadable::Short)),
            (&[], Err(Unreadable::Short)),
        ];
        for (data, expected) in rows {
            assert_eq!(&raw(data), expected, "{data:02X?}");
        }
        let text = |text: &str| Ok(Card::Text(text.to_owned()));
        let rows: &[(&[u8], Result<Card, Unreadable>)] = &[
            (b"\x00\x00\x0A0001217496", text("0001217496")),
            (b"\x01\x01\x04 42 surplus", text("42")),
            (b"\x00\x00\x03 \x00\x31", Err(Unreadable::NoText)),
            (b"\x00\x00\x02  ", Err(Unreadable::Empty)),
            (b"\x00\x00\x00", Err(Unreadable::Empty)),
            (b"\x00\x00\x0512", Err(Unreadable::Cut)),
            (b"\x00\x00", Err(Unreadable::Short)),
        ];
        for (data, expected) in rows {
            assert_eq!(&formatted(data), expected, "{data:02X?}");
        }
    }
}

//! One card and the many ways to write its number. A reader sends one of them, the plastic shows
//! another, and the list of the office may hold a third: all of them are made here.
//!
//! | rendering | what it is | EM4100 card `01 00 12 93 D8` |
//! |---|---|---|
//! | `as_sent` | as the reader sent it | `01001293D8` |
//! | `hex` | all bytes, hexadecimal | `01001293D8` |
//! | `hex10`, `hex8`, `hex6` | the low five, four, three bytes | `01001293D8`, `001293D8`, `1293D8` |
//! | `decimal` | the low four bytes as a number | `1217496` |
//! | `decimal10` | the same with ten digits: what is usually printed on the card | `0001217496` |
//! | `decimal8` | the low three bytes with eight digits | `01217496` |
//! | `facility_card` | byte 3, then bytes 4 and 5 | `018,37848` |
//! | `facility_card_joined` | the same without the comma | `01837848` |
//! | `facility16_card` | bytes 2 and 3, then bytes 4 and 5 (Wiegand 34) | `00018,37848` |
//! | `facility16_card19` | 16 bits, then 19 (Wiegand 37, H10304) | |
//! | `wiegand26` | the 26 bits of a Wiegand reader, with their parity, right-aligned | `02527B1` |
//! | `byte_reversed` | all bytes in reverse order | `D893120001` |
//! | `byte_reversed_decimal`, `..10` | the low four bytes in reverse order as a number | `3633517056` |
//! | `bit_reversed` | the bits of each byte in reverse order | `800048C91B` |
//! | `bit_reversed_decimal`, `..10` | the low four bytes of that as a number | `0004770075` |
//! | `with_extra` | a magnetic card with what stands behind its `=` | |
//!
//! Only a card of five bytes, as EM4100 cards are, keeps its first byte out of its `decimal`: a UID of
//! seven bytes or 37 bits of a Wiegand line are one number.

use crate::hex;

/// A card as its reader told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    text: String,
    extra: Option<String>,
    number: Option<Vec<u8>>,
    /// The first of five bytes counts too.
    whole: bool,
}

/// One way to write the number of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rendering {
    /// As the reader sent it.
    AsSent,
    /// What was sent, and what stands behind the `=` of a magnetic card.
    WithExtra,
    /// All bytes.
    Hex,
    /// The low five bytes, ten hexadecimal digits.
    Hex10,
    /// The low four bytes, eight hexadecimal digits.
    Hex8,
    /// The low three bytes, six hexadecimal digits.
    Hex6,
    /// A number without leading zeros.
    Decimal,
    /// A number with ten digits: what is usually printed on the card.
    Decimal10,
    /// The low three bytes as a number with eight digits.
    Decimal8,
    /// `FFF,CCCCC`: the facility of one byte, the card of two.
    FacilityCard,
    /// `FFFCCCCC`
    FacilityCardJoined,
    /// `FFFFF,CCCCC`: facility and card of two bytes each.
    Facility16Card,
    /// `FFFFF,CCCCCC`: the facility of 16 bits, the card of 19.
    Facility16Card19,
    /// The 26 bits on a Wiegand line, as a right-aligned number of seven hexadecimal digits.
    Wiegand26,
    /// All bytes in reverse order.
    ByteReversed,
    /// The bytes in reverse order, as a number.
    ByteReversedDecimal,
    /// The bytes in reverse order, as a number with ten digits.
    ByteReversedDecimal10,
    /// The bits of each byte in reverse order.
    BitReversed,
    /// The bits of each byte in reverse order, as a number.
    BitReversedDecimal,
    /// The bits of each byte in reverse order, as a number with ten digits.
    BitReversedDecimal10,
}

/// Every rendering with its name, the likeliest first.
pub const RENDERINGS: [(&str, Rendering); 20] = [
    ("as_sent", Rendering::AsSent),
    ("with_extra", Rendering::WithExtra),
    ("hex", Rendering::Hex),
    ("hex10", Rendering::Hex10),
    ("hex8", Rendering::Hex8),
    ("hex6", Rendering::Hex6),
    ("decimal10", Rendering::Decimal10),
    ("decimal", Rendering::Decimal),
    ("decimal8", Rendering::Decimal8),
    ("facility_card", Rendering::FacilityCard),
    ("facility_card_joined", Rendering::FacilityCardJoined),
    ("facility16_card", Rendering::Facility16Card),
    ("facility16_card19", Rendering::Facility16Card19),
    ("wiegand26", Rendering::Wiegand26),
    ("byte_reversed", Rendering::ByteReversed),
    ("byte_reversed_decimal", Rendering::ByteReversedDecimal),
    ("byte_reversed_decimal10", Rendering::ByteReversedDecimal10),
    ("bit_reversed", Rendering::BitReversed),
    ("bit_reversed_decimal", Rendering::BitReversedDecimal),
    ("bit_reversed_decimal10", Rendering::BitReversedDecimal10),
];

/// The longest number of a badge, in bytes.
const LONGEST_BADGE: usize = 64;

/// Why a card gives no badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoBadge {
    /// It cannot be written in that way.
    #[error("this card has no number `{}`, which the badge should be", .0.name())]
    Absent(Rendering),
    /// Spaces in it, nothing at all, or too much.
    #[error("its number is not one word of at most 64 bytes")]
    Unfit,
}

impl Rendering {
    /// The name that a configuration uses.
    pub fn name(self) -> &'static str {
        RENDERINGS.iter().find(|(_, one)| *one == self).map_or("as_sent", |(name, _)| name)
    }
}

impl Card {
    /// The most bytes that a card number has here: a ten-byte UID.
    const MOST: usize = 10;

    /// A card that is only a text.
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), extra: None, number: None, whole: false }
    }

    /// A magnetic card: its number, and what stands behind the `=`.
    pub fn magnetic(text: &str, extra: &str) -> Self {
        let extra = (!extra.is_empty()).then(|| extra.to_owned());
        Self { extra, ..Self::decimal(text) }
    }

    /// A card whose number was sent as hexadecimal digits, two a byte.
    pub fn hex(text: &str) -> Self {
        let digits = text.as_bytes();
        let is_number = (1..=2 * Self::MOST).contains(&digits.len()) && text.is_ascii();
        let pairs = digits.rchunks(2).rev().filter(|_| is_number);
        let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let number =
            bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty() && !text.contains('+'));
        Self { number, ..Self::text(text) }
    }

    /// A card whose number was sent as decimal digits: four bytes, or as many as the number needs.
    pub fn decimal(text: &str) -> Self {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = text.parse::<u128>().ok().filter(|_| is_number);
        let number = value.filter(|value| *value < 1 << (8 * Self::MOST)).map(|value| {
            let bytes = value.to_be_bytes();
            let needed = bytes.iter().skip_while(|byte| **byte == 0).count().max(4);
            bytes[bytes.len() - needed..].to_vec()
        });
        Self { number, whole: true, ..Self::text(text) }
    }

    /// A card whose digits could be of either kind: hexadecimal where one of them is a letter, decimal
    /// otherwise. For people who look at it; who reckons with the number must know the kind.
    pub fn guess(text: &str) -> Self {
        let decimal = Self::decimal(text);
        if decimal.number.is_some() { decimal } else { Self::hex(text) }
    }

    /// A card by its bytes, most significant first, and the text that was sent for it.
    pub fn bytes(text: &str, number: &[u8]) -> Self {
        let known = (1..=Self::MOST).contains(&number.len());
        Self { number: known.then(|| number.to_vec()), ..Self::text(text) }
    }

    /// A card whose bits are one number.
    pub fn whole(number: &[u8]) -> Self {
        Self { whole: true, ..Self::bytes(&hex::upper(number), number) }
    }

    /// Its number, most significant byte first, when what was sent is one.
    pub fn number(&self) -> Option<&[u8]> {
        self.number.as_deref()
    }

    /// Writes the number in one way; `None` when this card cannot be written so.
    pub fn rendering(&self, rendering: Rendering) -> Option<String> {
        match rendering {
            Rendering::AsSent => return Some(self.text.clone()),
            Rendering::WithExtra => return self.extra.as_ref().map(|extra| format!("{}={extra}", self.text)),
            _ => {}
        }
        let bytes = self.number.as_deref()?;
        // the first byte of an EM4100 card is no part of what is printed
        let printed = if bytes.len() == 5 && !self.whole { &bytes[1..] } else { bytes };
        let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
        let bit_reversed = |bytes: &[u8]| bytes.iter().map(|byte| byte.reverse_bits()).collect::<Vec<u8>>();
        let facility = |separator: &str| {
            let [facility, high, low] = low_bytes::<3>(bytes);
            format!("{facility:03}{separator}{:05}", u16::from_be_bytes([high, low]))
        };
        Some(match rendering {
            Rendering::AsSent | Rendering::WithExtra => return None,
            Rendering::Hex => hex::upper(bytes),
            Rendering::Hex10 => hex::upper(&low_bytes::<5>(bytes)),
            Rendering::Hex8 => hex::upper(&low_bytes::<4>(bytes)),
            Rendering::Hex6 => hex::upper(&low_bytes::<3>(bytes)),
            Rendering::Decimal => value(printed).to_string(),
            Rendering::Decimal10 => format!("{:010}", value(printed)),
            Rendering::Decimal8 => format!("{:08}", value(&low_bytes::<3>(bytes))),
            Rendering::FacilityCard => facility(","),
            Rendering::FacilityCardJoined => facility(""),
            Rendering::Facility16Card => {
                let low = low_bytes::<4>(bytes);
                format!("{:05},{:05}", value(&low[..2]), value(&low[2..]))
            }
            Rendering::Facility16Card19 => {
                let number = Some(value(bytes)).filter(|_| self.whole && bytes.len() == 5)?;
                format!("{:05},{:06}", number >> 19 & 0xFFFF, number & 0x7_FFFF)
            }
            Rendering::Wiegand26 => format!("{:07X}", wiegand26(low_bytes::<3>(bytes))),
            Rendering::ByteReversed => hex::upper(&reversed(bytes)),
            Rendering::ByteReversedDecimal => value(&reversed(printed)).to_string(),
            Rendering::ByteReversedDecimal10 => format!("{:010}", value(&reversed(printed))),
            Rendering::BitReversed => hex::upper(&bit_reversed(bytes)),
            Rendering::BitReversedDecimal => value(&bit_reversed(printed)).to_string(),
            Rendering::BitReversedDecimal10 => format!("{:010}", value(&bit_reversed(printed))),
        })
    }

    /// The number in the rendering that the badge is: one word of at most 64 bytes.
    pub fn badge(&self, rendering: Rendering) -> Result<String, NoBadge> {
        let badge = self.rendering(rendering).ok_or(NoBadge::Absent(rendering))?;
        let is_one = (1..=LONGEST_BADGE).contains(&badge.len()) && !badge.contains(char::is_whitespace);
        if is_one { Ok(badge) } else { Err(NoBadge::Unfit) }
    }

    /// Every rendering that this card has, with its name.
    pub fn renderings(&self) -> impl Iterator<Item = (&'static str, Rendering, String)> {
        let named = |(name, rendering)| Some((name, rendering, self.rendering(rendering)?));
        RENDERINGS.into_iter().filter_map(named)
    }
}

/// The last bytes, filled with zeros in front.
fn low_bytes<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut low = [0; N];
    for (to, from) in low.iter_mut().rev().zip(bytes.iter().rev()) {
        *to = *from;
    }
    low
}

fn value(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// Even parity over the first twelve bits, the 24 bits, odd parity over the last twelve.
fn wiegand26(bytes: [u8; 3]) -> u32 {
    let [facility, high, low] = bytes;
    let card = u32::from_be_bytes([0, facility, high, low]);
    let even = (card >> 12).count_ones() % 2;
    let odd = 1 - (card & 0xFFF).count_ones() % 2;
    even << 25 | card << 1 | odd
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name=value` of all renderings but `as_sent`.
    fn shown(card: &Card) -> String {
        let named = card.renderings().filter(|(name, ..)| *name != "as_sent");
        named.map(|(name, _, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn one_card_has_many_numbers() {
        let rows = [
            (
                Card::hex("01001293D8"),
                "hex=01001293D8 hex10=01001293D8 hex8=001293D8 hex6=1293D8 decimal10=0001217496 \
                 decimal=1217496 decimal8=01217496 facility_card=018,37848 facility_card_joined=01837848 \
                 facility16_card=00018,37848 \
                 wiegand26=02527B1 byte_reversed=D893120001 byte_reversed_decimal=3633517056 \
                 byte_reversed_decimal10=3633517056 bit_reversed=800048C91B bit_reversed_decimal=4770075 \
                 bit_reversed_decimal10=0004770075",
            ),
            (
                Card::hex("04A23B1C"),
                "hex=04A23B1C hex10=0004A23B1C hex8=04A23B1C hex6=A23B1C decimal10=0077740828 \
                 decimal=77740828 decimal8=10631964 facility_card=162,15132 facility_card_joined=16215132 \
                 facility16_card=01186,15132 \
                 wiegand26=3447639 byte_reversed=1C3BA204 byte_reversed_decimal=473670148 \
                 byte_reversed_decimal10=0473670148 bit_reversed=2045DC38 bit_reversed_decimal=541449272 \
                 bit_reversed_decimal10=0541449272",
            ),
            (Card::magnetic("x", "0001"), "with_extra=x=0001"),
            (Card::text("E-000123"), ""),
            (Card::hex("+1"), ""),
            (Card::decimal("+1"), ""),
            (Card::decimal(""), ""),
            (Card::hex(""), ""),
            (Card::hex("0123456789012345678901"), ""),
        ];
        for (card, expected) in rows {
            assert_eq!(shown(&card), expected, "{card:?}");
        }
    }

    #[test]
    fn a_number_has_as_many_bytes_as_it_needs() {
        assert_eq!(Card::decimal("0001217496").number(), Some([0, 0x12, 0x93, 0xD8].as_slice()));
        assert_eq!(Card::decimal("4294967296").number(), Some([1, 0, 0, 0, 0].as_slice()));
        assert_eq!(Card::hex("4A23B1C").number(), Some([0x04, 0xA2, 0x3B, 0x1C].as_slice()));
        assert_eq!(Card::decimal("99999999999999999999999999").number(), None);
    }

    #[test]
    fn each_rendering_has_one_name() {
        for (name, rendering) in RENDERINGS {
            assert_eq!(rendering.name(), name);
        }
    }
}

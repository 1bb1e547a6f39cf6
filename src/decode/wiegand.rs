//! The bits of a Wiegand line, as OSDP readers and some converters hand them on.
//!
//! | bits | name | parity | number |
//! |---|---|---|---|
//! | 26 | H10301 | even over bits 1 to 12, odd over 13 to 24 | facility 8 (1 to 8), card 16 (9 to 24) |
//! | 34 | H10306 | even over 1 to 16, odd over 17 to 32 | facility 16, card 16 |
//! | 37 | H10302 | even over 1 to 18, odd over 18 to 35 | card 35 (1 to 35) |
//! | 37 | H10304 | the same | facility 16 (1 to 16), card 19 (17 to 35) |
//!
//! Bit 0 comes first. The length alone never proves a format, so the number of a card is all of its
//! bits between the two of parity; the facility is only a way to write it. Lengths without a known
//! parity are numbers as they are. Source: `wiegand_formats.c` of proxmark3.

use super::card::Card;

/// The most bits that are a card: a ten-byte UID.
const MOST: usize = 80;

/// Why bits are no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// None, more than 80, or fewer bytes than it takes.
    #[error("a card has 1 to 80 bits")]
    Length,
    /// A bit was hit on the way.
    #[error("wrong parity: a bit was misread")]
    Parity,
    /// Every bit is turned round.
    #[error("wrong parity, but right with every bit turned round: are D0 and D1 swapped?")]
    Swapped,
}

/// The card in `count` bits, packed into bytes with the first bit highest.
pub fn card(packed: &[u8], count: u16) -> Result<Card, Unfit> {
    let count = usize::from(count);
    if !(1..=MOST).contains(&count) || packed.len() * 8 < count {
        return Err(Unfit::Length);
    }
    let bit = |at: usize| packed[at / 8] >> (7 - at % 8) & 1 == 1;
    let bits: Vec<bool> = (0..count).map(bit).collect();
    let Some((even, odd)) = parity(count) else { return Ok(number(&bits)) };
    let fits = |turned: bool| {
        let ones = |range: &std::ops::RangeInclusive<usize>| {
            range.clone().filter(|at| bits.get(*at).is_some_and(|bit| *bit != turned)).count()
        };
        let (first, last) = (bits[0] != turned, bits[count - 1] != turned);
        (ones(&even) + usize::from(first)).is_multiple_of(2)
            && !(ones(&odd) + usize::from(last)).is_multiple_of(2)
    };
    match (fits(false), fits(true)) {
        (true, _) => Ok(number(&bits[1..count - 1])),
        (false, true) => Err(Unfit::Swapped),
        (false, false) => Err(Unfit::Parity),
    }
}

/// The bits that the first and the last one prove.
fn parity(count: usize) -> Option<(std::ops::RangeInclusive<usize>, std::ops::RangeInclusive<usize>)> {
    match count {
        26 => Some((1..=12, 13..=24)),
        34 => Some((1..=16, 17..=32)),
        37 => Some((1..=18, 18..=35)),
        _ => None,
    }
}

/// Bits as a right-aligned number.
fn number(bits: &[bool]) -> Card {
    let mut bytes = vec![0; bits.len().div_ceil(8)];
    for (at, bit) in bits.iter().rev().enumerate() {
        let byte = bytes.len() - 1 - at / 8;
        bytes[byte] |= u8::from(*bit) << (at % 8);
    }
    Card::whole(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::card::Rendering;

    fn packed(bits: &str) -> (Vec<u8>, u16) {
        let mut bytes = vec![0; bits.len().div_ceil(8)];
        for (at, bit) in bits.chars().enumerate() {
            bytes[at / 8] |= u8::from(bit == '1') << (7 - at % 8);
        }
        (bytes, u16::try_from(bits.len()).unwrap())
    }

    #[test]
    fn vectors() {
        use Rendering::{Decimal10, Facility16Card, Facility16Card19, FacilityCard, Wiegand26};
        let rows: &[(&str, &str, Rendering, &str)] = &[
            ("00101101000000001010001000", "2D00A200", FacilityCard, "090,00324"),
            ("00101101000000001010001000", "2D00A200", Wiegand26, "0B40288"),
            ("10111101100010001110101110", "BD88EB80", FacilityCard, "123,04567"),
            ("10111101100010001110101110", "BD88EB80", Wiegand26, "2F623AE"),
            ("00001001010010011110110001", "0949EC40", FacilityCard, "018,37848"),
            ("00001001010010011110110001", "0949EC40", Decimal10, "0001217496"),
            ("0000000000001001010010011110110001", "000949EC40", Decimal10, "0001217496"),
            ("0000000000001001010010011110110001", "000949EC40", Facility16Card, "00018,37848"),
            ("1000000000001011110001100001010011100", "800BC614E0", Decimal10, "0012345678"),
            ("1000001001101001000011011101110101010", "82690DDD50", Facility16Card19, "01234,056789"),
        ];
        for (bits, left, rendering, expected) in rows {
            let (bytes, count) = packed(bits);
            assert_eq!(crate::hex::upper(&bytes), *left, "{bits}");
            let card = card(&bytes, count).unwrap();
            assert_eq!(card.rendering(*rendering).as_deref(), Some(*expected), "{bits}");
        }
    }

    #[test]
    fn swapped_wires_are_told_from_misread_bits() {
        let rows = [
            // the complement of 18,37848, as people captured it
            ("11110110101101100001001110", Err(Unfit::Swapped)),
            ("10001001010010011110110001", Err(Unfit::Parity)),
            ("00001001010010011110110000", Err(Unfit::Parity)),
            ("", Err(Unfit::Length)),
        ];
        for (bits, expected) in rows {
            let (bytes, count) = packed(bits);
            assert_eq!(card(&bytes, count), expected, "{bits}");
        }
        assert_eq!(card(&[0xFF], 9), Err(Unfit::Length));
        assert_eq!(card(&[0xFF; 11], 81), Err(Unfit::Length));
        assert_eq!(card(&[0xA3, 0x80], 9).unwrap().number(), Some([0x01, 0x47].as_slice()));
    }
}

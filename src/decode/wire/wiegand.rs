//! Converters from a Wiegand reader to a serial port. They send a line (see [`super::record`]):
//!
//! | converter | token |
//! |---|---|
//! | Priority 1 Design WIE232 | 24 bits as 6 hexadecimal digits, parity checked and dropped |
//! | S4A bidirectional converter | 10 decimal digits |
//! | rf IDEAS pcProx | decimal or hexadecimal digits, as set up |
//! | others | `FFF,CCCCC`, `FFF:CCCCC`, `FFFCCCCC`: facility and card |
//! | microcontrollers | the bits themselves, 26, 34 or 37 of them, with their parity |
//!
//! 9600 8N1. Keys of a reader with a keypad come as single bytes without a line end; they are no
//! reads. Some readers turn the bytes round, or the bits of each byte, or have D0 and D1 swapped, or
//! only the right digits count: the transform puts that right. Sources: data sheet of the WIE232, page
//! 5 of the S4A manual, the knowledge base of rf IDEAS, article 876 of `TimeIPS`.

use super::super::card::Card;
use super::super::wiegand;
use super::grammar::{Found, Grammar, Resync, Silence, Step, Verdict};
use super::record::{self, Record};

/// What the digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// By their count, never by what they happen to be: 6 and 8 are hexadecimal, 10 decimal; 26, 34
    /// and 37 are bits.
    #[default]
    Auto,
    /// Hexadecimal.
    Hex,
    /// Decimal.
    Decimal,
    /// The bits on the line.
    Binary,
}

/// How facility and card are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Facility {
    /// As one number, or with a `,` `:` `-` or `/` between them.
    #[default]
    Auto,
    /// Decimal and without anything between them: `FFFCCCCC` or `FFFFFCCCCC`.
    Joined,
}

/// What must be done to the number that was sent to get the card's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transform {
    /// Nothing.
    #[default]
    None,
    /// Put the bytes in reverse order.
    ByteReverse,
    /// Put the bits of each byte in reverse order.
    BitReverseEachByte,
    /// Turn every bit round: D0 and D1 are swapped.
    Complement,
    /// Take the low 32 bits.
    Low32,
    /// Take the low 24 bits.
    Low24,
}

/// Every transform with its name.
pub const TRANSFORMS: [(&str, Transform); 6] = [
    ("none", Transform::None),
    ("byte_reverse", Transform::ByteReverse),
    ("bit_reverse_each_byte", Transform::BitReverseEachByte),
    ("complement", Transform::Complement),
    ("low32", Transform::Low32),
    ("low24", Transform::Low24),
];

/// The options of this protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wiegand {
    /// What stands around the token.
    pub record: Record,
    /// What its digits are.
    pub base: Base,
    /// How facility and card are written.
    pub facility: Facility,
    /// What is done to the number.
    pub transform: Transform,
}

/// So many keys in a row are a PIN that somebody types.
const KEYS: usize = 5;

impl Grammar for Wiegand {
    fn longest(&self) -> usize {
        record::LONGEST
    }

    fn step(&self, frame: &[u8], byte: u8, noise: usize) -> Step {
        self.record.step(frame, byte, noise)
    }

    fn read(&self, frame: &[u8]) -> Verdict {
        let token = match self.record.token(frame) {
            Ok(token) => token,
            Err(_) if is_keys(frame) => return Verdict::Skipped,
            Err(reason) => return record::reject(frame, reason),
        };
        match self.number(token) {
            Ok(number) => Verdict::Read(Found::card(Card::bytes(token, &number))),
            Err(_) if is_keys(frame) => Verdict::Skipped,
            Err(reason) => record::reject(frame, reason),
        }
    }

    fn silence(&self, frame: &[u8]) -> Silence {
        match self.record.silence() {
            // longer than the bytes of a card are apart
            Silence::Drops(_) if is_keys(frame) => Silence::Ends(KEY_WAIT),
            silence => silence,
        }
    }

    fn resync(&self, byte: u8) -> Resync {
        self.record.resync(byte)
    }
}

/// After so many milliseconds a key was a key and not the start of a card.
const KEY_WAIT: u64 = 501;

impl Wiegand {
    /// The bytes of the number in a token, as they should have been sent.
    fn number(&self, token: &str) -> Result<Vec<u8>, String> {
        if token.len() > 16
            && matches!(self.base, Base::Auto | Base::Binary)
            && self.transform == Transform::Complement
        {
            // turned round before their parity is looked at
            return bits(&token.chars().map(|bit| if bit == '0' { '1' } else { '0' }).collect::<String>());
        }
        self.sent(token).map(|number| self.transform.of(&number))
    }

    /// The bytes of the number in a token, as they were sent.
    fn sent(&self, token: &str) -> Result<Vec<u8>, String> {
        if let Some((facility, card)) = token.split_once([',', ':', '-', '/']) {
            return split(facility.trim(), card.trim());
        }
        if self.facility == Facility::Joined {
            let at = if token.len() == 10 { 5 } else { 3 };
            return match (token.len(), token.get(..at), token.get(at..)) {
                (8 | 10, Some(facility), Some(card)) => split(facility, card),
                (count, ..) => Err(format!("{count} digits, expected 8 or 10 (FFFCCCCC or FFFFFCCCCC)")),
            };
        }
        let base = match (self.base, token.len()) {
            (Base::Auto, 6 | 8) => Base::Hex,
            (Base::Auto, 10) => Base::Decimal,
            (Base::Auto, 26 | 34 | 37) => Base::Binary,
            (Base::Auto, count) => {
                return Err(format!(
                    "{count} digits, expected 6 or 8 (hexadecimal), 10 (decimal), or 26, 34 or 37 bits; \
                     `base` is for readers that send others"
                ));
            }
            (base, _) => base,
        };
        let card = match base {
            Base::Binary => return bits(token),
            Base::Decimal => Card::decimal(token),
            Base::Auto | Base::Hex => Card::hex(token),
        };
        let what = if base == Base::Decimal { "decimal" } else { "hexadecimal" };
        let number = card.number().map(<[u8]>::to_vec);
        number.ok_or_else(|| format!("the record is no {what} number of at most ten bytes"))
    }
}

/// The number of a facility and a card: one byte and two, or two and two.
fn split(facility: &str, card: &str) -> Result<Vec<u8>, String> {
    let is_number =
        |text: &str| (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| is_number(text));
    match (number(facility), number(card)) {
        (Some(facility), Some(card)) => {
            let ([high, low], card) = (facility.to_be_bytes(), card.to_be_bytes());
            Ok(if high == 0 { vec![low, card[0], card[1]] } else { vec![high, low, card[0], card[1]] })
        }
        _ => Err("facility and card are not two numbers of at most 65535".to_owned()),
    }
}

/// The number in bits that are written as `0` and `1`.
fn bits(token: &str) -> Result<Vec<u8>, String> {
    let is_bits = token.bytes().all(|byte| matches!(byte, b'0' | b'1'));
    let count = u16::try_from(token.len()).ok().filter(|_| is_bits);
    let count = count.ok_or_else(|| "the record has other digits than 0 and 1".to_owned())?;
    let mut packed = vec![0; token.len().div_ceil(8)];
    for (at, bit) in token.bytes().enumerate() {
        packed[at / 8] |= (bit - b'0') << (7 - at % 8);
    }
    let card = wiegand::card(&packed, count).map_err(|unfit| unfit.to_string())?;
    Ok(card.number().unwrap_or_default().to_vec())
}

impl Transform {
    /// The name that a configuration uses.
    pub fn name(self) -> &'static str {
        TRANSFORMS.iter().find(|(_, one)| *one == self).map_or("none", |(name, _)| name)
    }

    /// The card's number out of the one that was sent.
    pub fn of(self, number: &[u8]) -> Vec<u8> {
        let low =
            |count: usize| number.get(number.len().saturating_sub(count)..).unwrap_or_default().to_vec();
        match self {
            Self::None => number.to_vec(),
            Self::ByteReverse => number.iter().rev().copied().collect(),
            Self::BitReverseEachByte => number.iter().map(|byte| byte.reverse_bits()).collect(),
            Self::Complement => number.iter().map(|byte| !byte).collect(),
            Self::Low32 => low(4),
            Self::Low24 => low(3),
        }
    }
}

/// What a keypad sends: at most so many digits, `*`, `#` and letters of function keys.
fn is_keys(frame: &[u8]) -> bool {
    (1..=KEYS).contains(&frame.len())
        && frame.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D'))
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Protocol, WireSettings};
    use super::super::tests::frames;
    use super::*;

    fn settings(options: &Wiegand) -> WireSettings {
        WireSettings::new(Protocol::Wiegand(options.clone()))
    }

    fn all(bytes: &str, rows: &[(&Wiegand, &str)]) {
        for (options, expected) in rows {
            let told = frames(&settings(options), format!("{bytes}\r\n").as_bytes());
            assert_eq!(&told, expected, "{bytes:?} {options:?}");
        }
    }

    #[test]
    fn vectors() {
        let auto = &Wiegand::default();
        let base = |base| Wiegand { base, ..Wiegand::default() };
        let joined = &Wiegand { facility: Facility::Joined, ..Wiegand::default() };
        let (hex, decimal) = (&base(Base::Hex), &base(Base::Decimal));
        all("1293D8", &[(auto, "0 read 0001217496"), (hex, "0 read 0001217496")]);
        all("7B11D7", &[(auto, "0 read 0008065495")]);
        all("0000123478", &[(auto, "0 read 0000123478"), (decimal, "0 read 0000123478")]);
        all("1217496", &[(decimal, "0 read 0001217496")]);
        all("018,37848", &[(auto, "0 read 0001217496")]);
        all("018:37848", &[(auto, "0 read 0001217496")]);
        all("01837848", &[(joined, "0 read 0001217496")]);
        all("00018,37848", &[(auto, "0 read 0001217496")]);
        all("00001001010010011110110001", &[(auto, "0 read 0001217496")]);
        // what is no card
        all(
            "12E4",
            &[(
                auto,
                "0 reject 4 digits, expected 6 or 8 (hexadecimal), 10 (decimal), or 26, 34 or 37 bits; \
             `base` is for readers that send others",
            )],
        );
        all("12E4", &[(decimal, "0 reject the record is no decimal number of at most ten bytes")]);
        all("12GH56", &[(auto, "0 reject the record is no hexadecimal number of at most ten bytes")]);
        all("018,99999", &[(auto, "0 reject facility and card are not two numbers of at most 65535")]);
        all("18378", &[(joined, "0 skipped")]);
        all("183784", &[(joined, "0 reject 6 digits, expected 8 or 10 (FFFCCCCC or FFFFFCCCCC)")]);
        all(
            "11110110101101100001001110",
            &[(
                auto,
                "0 reject wrong parity, but right with every bit turned round: \
             are D0 and D1 swapped?",
            )],
        );
    }

    #[test]
    fn transforms() {
        use Transform::{BitReverseEachByte, ByteReverse, Complement, Low24, Low32};
        let with = |transform| Wiegand { transform, base: Base::Hex, ..Wiegand::default() };
        all("D89312", &[(&with(ByteReverse), "0 read 0001217496")]);
        all("000A1142", &[(&with(BitReverseEachByte), "0 read 0005277762")]); // 00508842
        all("ED6C27", &[(&with(Complement), "0 read 0001217496")]);
        all("01001293D8", &[(&with(Low32), "0 read 0001217496")]);
        all("FF1293D8", &[(&with(Low24), "0 read 0001217496")]);
        let bits = Wiegand { transform: Complement, ..Wiegand::default() };
        all("11110110101101100001001110", &[(&bits, "0 read 0001217496")]);
        all("ED6C27", &[(&bits, "0 read 0001217496")]);
        for (name, transform) in TRANSFORMS {
            assert_eq!(transform.name(), name);
        }
    }

    #[test]
    fn keys_are_no_cards() {
        use super::super::decoder::WireDecoder;
        use super::super::{Frame, Moment, WireOutcome};
        let mut told = Vec::new();
        let mut decoder = WireDecoder::new(&settings(&Wiegand::default()));
        let mut sink = |frame: Frame<'_>| told.push((frame.offset, frame.outcome == WireOutcome::Skipped));
        for (at, byte) in [(0, b"4"), (300, b"2"), (1000, b"#")] {
            decoder.push(byte, Moment(at), &mut sink);
        }
        assert_eq!(decoder.due(), Some(Moment(1501)));
        decoder.push(b"1293D8\r", Moment(2000), &mut sink);
        assert_eq!(told, [(0, true), (2, true), (3, false)]);
    }
}

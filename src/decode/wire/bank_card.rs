//! Bank cards, which somebody will swipe by mistake: refused, and their digits kept nowhere.

/// The lengths that numbers of bank cards have (ISO/IEC 7812).
const LENGTHS: std::ops::RangeInclusive<usize> = 13..=19;

/// The reason of the reject.
pub(super) const REFUSED: &str = "this looks like a bank card: refused, and its digits are not kept";

/// True for a number that could be a bank card's: 13 to 19 digits that pass Luhn's check, as one
/// other number in ten also does. Nobody issues numbers that begin with 0.
pub(super) fn is_bank_card(digits: &[u8]) -> bool {
    LENGTHS.contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first() != Some(&b'0')
        && passes_luhn(digits)
}

/// True when a bank card's number may stand somewhere in these bytes, also at the end of a longer row
/// of digits, or where digits have their eighth bit set. Those who issue them have numbers that begin with 2 to 6 or 9.
pub(super) fn may_hold_one(bytes: &[u8]) -> bool {
    let plain: Vec<u8> = bytes.iter().map(|byte| byte & 0x7F).collect();
    let runs = plain.split(|byte| !byte.is_ascii_digit());
    let is_one = |digits: &[u8]| matches!(digits, [b'2'..=b'6' | b'9', ..]) && passes_luhn(digits);
    runs.into_iter().any(|run| LENGTHS.clone().any(|length| run.windows(length).any(is_one)))
}

/// True for the track 2 of a bank card, with or without its sentinels.
pub(super) fn is_stripe(token: &str) -> bool {
    let token = token.trim_start_matches(';');
    token.split_once('=').is_some_and(|(number, _)| is_bank_card(number.as_bytes()))
}

/// Bytes for a screen: where a row of digits may hold a bank card, each digit of it is absent, and so
/// is each that follows an `=`. Digits count with and without their eighth bit.
pub fn masked(bytes: &[u8]) -> Vec<Option<u8>> {
    let plain: Vec<u8> = bytes.iter().map(|byte| byte & 0x7F).collect();
    let mut shown: Vec<Option<u8>> = bytes.iter().copied().map(Some).collect();
    let mut hidden = false;
    let mut start = 0;
    while start < plain.len() {
        let digits = plain[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            hidden &= plain[start] == b'=';
            start += 1;
            continue;
        }
        hidden |= may_hold_one(&plain[start..start + digits]);
        if hidden {
            shown[start..start + digits].fill(None);
        }
        start += digits;
    }
    shown
}

/// Every second digit from the right counts twice; the sum of all digits ends in 0.
fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([1, 2].iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .map(|value| value / 10 + value % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bank_cards_are_told_from_badges() {
        // the numbers that payment systems publish for tests
        let rows = [
            ("4111111111111111", true),
            ("5555555555554444", true),
            ("378282246310005", true),
            ("4222222222222", true),
            ("6304000000000000000", true),
            ("6009990000000012", false),
            ("4111111111111112", false),
            ("0000000000000000", false),
            ("41111111111111110000", false),
            ("411111111111111=", false),
            ("", false),
        ];
        for (digits, expected) in rows {
            assert_eq!(is_bank_card(digits.as_bytes()), expected, "{digits}");
        }
        let shown = |bytes: &[u8]| -> String {
            masked(bytes).into_iter().map(|byte| byte.map_or('*', char::from)).collect()
        };
        assert_eq!(shown(b";4111111111111111=2512?x42"), ";****************=****?x42");
        assert_eq!(shown(b"0001217496"), "0001217496");
        assert!(may_hold_one(b"%B4111111111111111^ROSSI/M"));
        assert!(may_hold_one(b"x04111111111111111"));
        assert!(!may_hold_one(b"x6009990000012-0001217496"));
    }
}

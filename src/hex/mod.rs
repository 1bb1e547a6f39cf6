//! Bytes as hexadecimal digits, two a byte.

/// With small letters, as hashes are written.
pub(crate) fn lower(bytes: &[u8]) -> String {
    digits(bytes, *b"0123456789abcdef")
}

/// With capitals, as card numbers are written.
pub(crate) fn upper(bytes: &[u8]) -> String {
    digits(bytes, *b"0123456789ABCDEF")
}

fn digits(bytes: &[u8], alphabet: [u8; 16]) -> String {
    let digit = |value: u8| char::from(alphabet[usize::from(value & 0xF)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

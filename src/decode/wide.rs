//! UTF-16 as it arrives, in pieces of any size.

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// The lower one.
    Little,
    /// The higher one.
    Big,
}

/// What has arrived and is no whole character yet.
#[derive(Debug)]
pub(super) struct Wide {
    order: Order,
    /// Nothing came before: a byte order mark is not text.
    is_start: bool,
    /// The first byte of a unit.
    byte: Option<u8>,
    /// The first half of a pair.
    half: Option<u16>,
}

impl Wide {
    pub(super) fn new(order: Order) -> Self {
        Self { order, is_start: true, byte: None, half: None }
    }

    /// The text of a piece. Halves without their other half are U+FFFD.
    pub(super) fn push(&mut self, piece: &[u8]) -> String {
        let mut units: Vec<u16> = self.half.take().into_iter().collect();
        for byte in piece {
            let Some(first) = self.byte.take() else {
                self.byte = Some(*byte);
                continue;
            };
            let unit = match self.order {
                Order::Little => u16::from_le_bytes([first, *byte]),
                Order::Big => u16::from_be_bytes([first, *byte]),
            };
            if !(std::mem::take(&mut self.is_start) && unit == 0xFEFF) {
                units.push(unit);
            }
        }
        self.half = units.pop_if(|last| (0xD800..0xDC00).contains(last));
        text(units)
    }

    /// What was left without its other half.
    pub(super) fn finish(&mut self) -> String {
        let left = self.half.take().is_some() || self.byte.take().is_some();
        if left { char::REPLACEMENT_CHARACTER.to_string() } else { String::new() }
    }
}

fn text(units: Vec<u16>) -> String {
    char::decode_utf16(units).map(|one| one.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_make_the_same_text() {
        // the bytes, and the text
        let rows: [(&[u8], &str); 6] = [
            (b"\xFF\xFEa\0\xE8\0", "a\u{e8}"),
            (b"a\0\xFF\xFE", "a\u{feff}"), // a mark inside is text
            (b"\x3D\xD8\x00\xDEb\0", "\u{1f600}b"),
            (b"\x3D\xD8b\0", "\u{fffd}b"),
            (b"\x00\xDEb\0\x3D\xD8", "\u{fffd}b\u{fffd}"),
            (b"a\0b", "a\u{fffd}"),
        ];
        for (bytes, expected) in rows {
            for size in 1..=bytes.len() {
                let mut wide = Wide::new(Order::Little);
                let mut found: String = bytes.chunks(size).map(|piece| wide.push(piece)).collect();
                found += &wide.finish();
                assert_eq!(found, expected, "pieces of {size}");
            }
        }
        let mut wide = Wide::new(Order::Big);
        assert_eq!(wide.push(b"\xFE\xFF\0a\xD8\x3D\xDE\0"), "a\u{1f600}");
    }
}

//! Bytes to text: byte order marks, UTF-16, and the UTF-8 or windows-1252 of a single line.

use yore::code_pages::CP1252;

use super::layout::Encoding;
use super::wide::{Order, Wide};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Turns what arrives into bytes of lines: drops a byte order mark, and makes UTF-8 of UTF-16.
pub(super) enum Transcoder {
    /// The first bytes are not enough yet to say what it is.
    Undecided(Vec<u8>, Encoding),
    /// Bytes go through.
    Plain,
    /// UTF-16.
    Wide(Wide),
}

impl Transcoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self::Undecided(Vec::new(), encoding)
    }

    /// Bytes that are known to be plain.
    pub(super) fn plain() -> Self {
        Self::Plain
    }

    /// Bytes go through.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    /// Text is UTF-16, so that bytes mean nothing before this.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self, Self::Wide(_))
    }

    /// Passes a chunk on.
    #[inline]
    pub(super) fn push(&mut self, chunk: &[u8], each: &mut impl FnMut(&[u8], bool)) {
        match self {
            Self::Plain => each(chunk, false),
            Self::Wide(wide) => each(wide.push(chunk).as_bytes(), true),
            Self::Undecided(head, _) => {
                head.extend_from_slice(chunk);
                if head.len() >= 4 {
                    self.decide(false, each);
                }
            }
        }
    }

    /// Passes on what is left.
    pub(super) fn finish(&mut self, each: &mut impl FnMut(&[u8], bool)) {
        match self {
            Self::Plain => {}
            Self::Wide(wide) => each(wide.finish().as_bytes(), true),
            Self::Undecided(..) => self.decide(true, each),
        }
    }

    fn decide(&mut self, last: bool, each: &mut impl FnMut(&[u8], bool)) {
        let Self::Undecided(head, encoding) = std::mem::replace(self, Self::Plain) else { return };
        let wide = match (encoding, head.as_slice()) {
            (Encoding::Utf16Le, _) | (Encoding::Auto, [0xFF, 0xFE, ..]) => Some(Order::Little),
            (Encoding::Auto, [0xFE, 0xFF, ..]) => Some(Order::Big),
            (Encoding::Auto, [a, 0, b, 0, ..]) if *a != 0 && *b != 0 => Some(Order::Little),
            (Encoding::Auto, [0, a, 0, b, ..]) if *a != 0 && *b != 0 => Some(Order::Big),
            _ => None,
        };
        if let Some(order) = wide {
            let mut wide = Wide::new(order);
            each(wide.push(&head).as_bytes(), true);
            if last {
                each(wide.finish().as_bytes(), true);
            }
            *self = Self::Wide(wide);
        } else {
            each(head.strip_prefix(BOM).unwrap_or(&head), false);
        }
    }
}

/// A chunk as text when all of it is plain: ASCII without control characters but tabs and line ends.
pub(super) fn plain(chunk: &[u8]) -> Option<&str> {
    let strange = |byte: u8| !matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let found = chunk.iter().fold(false, |found, byte| found | strange(*byte));
    if found { None } else { std::str::from_utf8(chunk).ok() }
}

/// The text of a line: as it is when it is ASCII or UTF-8, else by windows-1252, which goes into
/// `scratch`. None when control characters show that it is no text.
#[inline]
pub(super) fn of_line<'a>(
    bytes: &'a [u8],
    encoding: Encoding,
    wide: bool,
    scratch: &'a mut String,
) -> Option<&'a str> {
    let (mut control, mut high) = (0, 0);
    for byte in bytes {
        control |= u8::from(*byte < b' ' && *byte != b'\t') | u8::from(*byte == 0x7F);
        high |= *byte;
    }
    if control != 0 {
        return None;
    }
    if high.is_ascii() {
        return std::str::from_utf8(bytes).ok();
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let utf8 = std::str::from_utf8(bytes).ok().filter(|_| encoding != Encoding::Windows1252 || wide);
    let text = match utf8 {
        Some(text) => text,
        None if wide => return None,
        None => {
            scratch.clear();
            scratch.push_str(&CP1252.decode(bytes));
            scratch
        }
    };
    let broken = |c: char| (c.is_control() && c != '\t') || (wide && c == '\u{FFFD}');
    (!text.contains(broken)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_and_wide_text_are_recognised_whatever_the_chunks() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let rows: [(Vec<u8>, &str); 7] = [
            (b"\xEF\xBB\xBFuno\n".to_vec(), "uno\n"),
            (b"uno".to_vec(), "uno"),
            (b"u".to_vec(), "u"),
            (wide("\u{FEFF}ven\u{E8}"), "venè"),
            (wide("ven\u{E8}"), "venè"),
            ("\u{FEFF}uno".encode_utf16().flat_map(u16::to_be_bytes).collect(), "uno"),
            (b"\0\0\0\0x".to_vec(), "\0\0\0\0x"),
        ];
        for (bytes, expected) in rows {
            for size in 1..=bytes.len() {
                let mut transcoder = Transcoder::new(Encoding::Auto);
                let mut out = Vec::new();
                for chunk in bytes.chunks(size) {
                    transcoder.push(chunk, &mut |b, _| out.extend_from_slice(b));
                }
                transcoder.finish(&mut |b, _| out.extend_from_slice(b));
                assert_eq!(String::from_utf8(out).unwrap(), expected, "chunks of {size}");
            }
        }
    }

    #[test]
    fn a_line_is_utf_8_or_else_windows_1252_or_no_text() {
        let rows: [(&[u8], Option<&str>); 5] = [
            (b"perch\xE9", Some("perché")),
            ("perché".as_bytes(), Some("perché")),
            (b"\xEF\xBB\xBFuno", Some("uno")),
            (b"a\x01b", None),
            (b"a\x81\xFF", None),
        ];
        for (bytes, expected) in rows {
            assert_eq!(of_line(bytes, Encoding::Auto, false, &mut String::new()), expected, "{bytes:?}");
        }
    }
}

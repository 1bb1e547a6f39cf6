//! The parts of a message, as far as receipts need them: headers, the bytes of each part exactly as
//! they stand (a signature covers them), and decoded leaves. Every step is bounded, so that hostile
//! mail costs no more than honest mail.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{ContentType, HeaderName, Message, MessageParser, MimeHeaders};
use memchr::memmem;

/// The longest block of headers that is looked at, in bytes.
const LONGEST_HEADERS: usize = 256 * 1024;

/// The same for a part inside.
const LONGEST_PART_HEADERS: usize = 16 * 1024;

/// The largest leaf that is decoded, in bytes as they stand.
const LARGEST_LEAF: usize = 1024 * 1024;

/// More parts than that no receipt has; the rest is not looked at.
const MOST_PARTS: usize = 50;

/// A message, or a part of one.
pub(super) struct Entity<'a> {
    headers: Option<Message<'a>>,
    head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Entity<'a> {
    /// A whole message.
    pub(super) fn message(raw: &'a [u8]) -> Self {
        Self::read(raw, LONGEST_HEADERS)
    }

    /// A part of a message.
    pub(super) fn part(raw: &'a [u8]) -> Self {
        Self::read(raw, LONGEST_PART_HEADERS)
    }

    fn read(raw: &'a [u8], longest: usize) -> Self {
        let (head, body) = split(raw, longest);
        Self { headers: MessageParser::new().parse_headers(head), head, body }
    }

    /// What the library makes of the headers.
    pub(super) fn headers(&self) -> Option<&Message<'a>> {
        self.headers.as_ref()
    }

    /// What follows the headers.
    pub(super) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Every value of a header, unfolded, whatever the case of its name. Bytes outside ASCII are
    /// read as Latin 1.
    pub(super) fn fields(&self, name: &str) -> Vec<String> {
        let headers = self.headers.iter().flat_map(Message::headers);
        let named = headers.filter(|header| match &header.name {
            HeaderName::Other(other) => other.eq_ignore_ascii_case(name),
            known => known.as_str().eq_ignore_ascii_case(name),
        });
        let values = named.filter_map(|header| {
            let (start, end) = (header.offset_start() as usize, header.offset_end() as usize);
            let text: String = self.head.get(start..end)?.iter().copied().map(char::from).collect();
            Some(plain(&text, 1000))
        });
        values.collect()
    }

    /// The first value of a header, unless empty.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.fields(name).into_iter().find(|value| !value.is_empty())
    }

    fn content_type(&self) -> Option<&ContentType<'_>> {
        self.headers.as_ref()?.content_type()
    }

    /// True for a media type; without a subtype, for all of that kind. A part that says nothing is
    /// `text/plain`.
    pub(super) fn is(&self, kind: &str, subtype: Option<&str>) -> bool {
        let (own, sub) =
            self.content_type().map_or(("text", Some("plain")), |found| (found.ctype(), found.subtype()));
        own.eq_ignore_ascii_case(kind)
            && subtype.is_none_or(|wanted| sub.is_some_and(|sub| sub.eq_ignore_ascii_case(wanted)))
    }

    /// A parameter of the media type.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.content_type()?.attribute(name)
    }

    /// The name of the file, in lower case.
    pub(super) fn file_name(&self) -> Option<String> {
        self.headers.as_ref()?.attachment_name().map(str::to_ascii_lowercase)
    }

    /// True when the name of the file has this extension.
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        let name = self.file_name();
        name.and_then(|name| name.rsplit_once('.').map(|(_, own)| own == extension)).unwrap_or(false)
    }

    /// The parts of a multipart, each exactly as it stands between its delimiters.
    pub(super) fn parts(&self) -> Vec<&'a [u8]> {
        match self.parameter("boundary") {
            Some(boundary) if self.is("multipart", None) && (1..=200).contains(&boundary.len()) => {
                between(self.body, boundary.as_bytes())
            }
            _ => Vec::new(),
        }
    }

    /// The content of a leaf, with its transfer encoding undone. None when it is too large, or not
    /// what it says.
    pub(super) fn content(&self) -> Option<Cow<'a, [u8]>> {
        let body = (self.body.len() <= LARGEST_LEAF).then_some(self.body)?;
        let encoding = self.field("Content-Transfer-Encoding").unwrap_or_default().to_ascii_lowercase();
        match encoding.as_str() {
            "base64" => base64_decode(body.trim_ascii()).map(Cow::Owned),
            "quoted-printable" => quoted_printable_decode(body).map(Cow::Owned),
            _ => Some(Cow::Borrowed(body)),
        }
    }

    /// The content of a leaf as text, read as UTF-8 or else as Latin 1.
    pub(super) fn text(&self) -> Option<String> {
        let content = self.content()?;
        Some(match std::str::from_utf8(&content) {
            Ok(text) => text.to_owned(),
            Err(_) => content.iter().copied().map(char::from).collect(),
        })
    }
}

/// Splits headers from what follows; headers that never end are cut.
fn split(raw: &[u8], longest: usize) -> (&[u8], &[u8]) {
    let start = raw.get(..longest.min(raw.len())).unwrap_or_default();
    let mut line = 0;
    for end in memchr::memchr_iter(b'\n', start) {
        if matches!(start.get(line..end), Some(b"" | b"\r")) {
            return raw.split_at(end + 1);
        }
        line = end + 1;
    }
    (start, raw.get(start.len()..).unwrap_or_default())
}

/// What stands between the delimiters of a boundary (RFC 2046, 5.1.1): the line end before a
/// delimiter belongs to the delimiter.
fn between<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let delimiter = [b"--", boundary].concat();
    let mut parts = Vec::new();
    let mut open = None;
    for at in memmem::find_iter(body, &delimiter) {
        let (before, found) = body.split_at(at);
        if !(before.is_empty() || before.ends_with(b"\n")) {
            continue;
        }
        let after = found.get(delimiter.len()..).unwrap_or_default();
        let length = memchr::memchr(b'\n', after);
        let line = after.get(..length.unwrap_or(after.len())).unwrap_or_default().trim_ascii_end();
        if !matches!(line, b"" | b"--") {
            continue;
        }
        if let Some(start) = open.take() {
            let part = body.get(start..at).unwrap_or_default();
            let part = part.strip_suffix(b"\n").unwrap_or(part);
            parts.push(part.strip_suffix(b"\r").unwrap_or(part));
        }
        if line == b"--" || parts.len() == MOST_PARTS {
            return parts;
        }
        open = length.map(|length| at + delimiter.len() + length + 1);
    }
    // the last delimiter is missing: what is there counts, a signature will not
    parts.extend(open.and_then(|start| body.get(start..)));
    parts
}

/// A text for people: on one line, without control characters, not longer than `longest`
/// characters.
pub(super) fn plain(text: &str, longest: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().filter(|c| !c.is_control()).take(longest).collect()
}

/// A message id without its angle brackets.
pub(super) fn bare_id(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix('<').unwrap_or(text);
    let bare = bare.strip_suffix('>').unwrap_or(bare).trim();
    let fits = !bare.is_empty() && !bare.contains([' ', '<', '>']) && bare.chars().count() <= 500;
    fits.then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_exactly() {
        // body, parts
        let rows: [(&str, &[&str]); 8] = [
            ("--b\r\none\r\n--b\r\ntwo\r\n\r\n--b--\r\nafter", &["one", "two\r\n"]),
            ("preamble\n--b\none\n--b--", &["one"]),
            ("--b  \none\n--b-- \n", &["one"]),
            ("--b\none --b\n--bb\n--b--", &["one --b\n--bb"]),
            ("--b\none", &["one"]),
            ("--b", &[]),
            ("--b--\n--b\none\n", &[]),
            ("", &[]),
        ];
        for (body, expected) in rows {
            let parts = between(body.as_bytes(), b"b");
            let parts: Vec<&str> = parts.iter().map(|part| std::str::from_utf8(part).unwrap()).collect();
            assert_eq!(parts, expected, "{body:?}");
        }
        assert_eq!(between("--b\n".repeat(10_000).as_bytes(), b"b").len(), MOST_PARTS);
    }

    #[test]
    fn headers_end_at_the_first_empty_line() {
        for (raw, head, body) in [
            ("a: b\r\n\r\nc", "a: b\r\n\r\n", "c"),
            ("a: b\n\nc\n\nd", "a: b\n\n", "c\n\nd"),
            ("\nc", "\n", "c"),
            ("a: b", "a: b", ""),
            ("", "", ""),
        ] {
            assert_eq!(split(raw.as_bytes(), 100), (head.as_bytes(), body.as_bytes()), "{raw:?}");
        }
        assert_eq!(split(b"aaaaaa", 4), (b"aaaa".as_slice(), b"aa".as_slice()));
    }

    #[test]
    fn names_of_headers_have_no_case_and_values_are_unfolded() {
        let raw =
            b"X-Tiporicevuta: completa\r\nx-ricevuta:\r\n accettazione \r\nX-Note: citt\xe0\x1b[1m\r\n\r\n";
        let entity = Entity::message(raw);
        assert_eq!(entity.field("X-TipoRicevuta").unwrap(), "completa");
        assert_eq!(entity.field("X-Ricevuta").unwrap(), "accettazione");
        assert_eq!(entity.field("x-note").unwrap(), "città[1m");
        assert_eq!(entity.field("X-Trasporto"), None);
    }

    #[test]
    fn ids_lose_their_brackets() {
        for (text, expected) in [
            (" <a@b> ", Some("a@b")),
            ("a@b", Some("a@b")),
            ("<a@b", Some("a@b")),
            ("<>", None),
            ("", None),
            ("<a@b> <c@d>", None),
        ] {
            assert_eq!(bare_id(text).as_deref(), expected, "{text:?}");
        }
    }
}

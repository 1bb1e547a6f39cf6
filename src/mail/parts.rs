//! What is inside of a message.

use mail_parser::{MessageParser, MimeHeaders};

/// A part of a message that has a file's name, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPart {
    /// The name, as it stands there.
    pub name: String,
    /// The media type, as `text/csv`; empty where none is said.
    pub media_type: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The parts of a message that have a file's name, in order. Those of a message inside of the message
/// are not among them.
pub fn named_parts(raw: &[u8]) -> Vec<NamedPart> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let named = message.parts.iter().filter_map(|part| {
        let name = part.attachment_name()?.to_owned();
        let media_type = part.content_type().map_or_else(String::new, |kind| {
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
        });
        Some(NamedPart { name, media_type, bytes: part.contents().to_vec() })
    });
    named.collect()
}

/// The subject of a message; none where there are no headers.
pub fn subject(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse_headers(raw)?;
    Some(message.subject().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_decoded() {
        let raw = b"MIME-Version: 1.0\r\nSubject: =?utf-8?q?citt=C3=A0?=\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
            Content-Type: text/plain\r\n\r\nciao\r\n--b\r\nContent-Type: text/csv; name=\"a.csv\"\r\n\
            Content-Disposition: attachment; filename=\"a.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            Y2lhbw==\r\n--b--\r\n";
        let csv = NamedPart {
            name: "a.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            bytes: b"ciao".to_vec(),
        };
        assert_eq!(named_parts(raw), [csv]);
        assert_eq!(subject(raw).as_deref(), Some("città"));
        assert!(named_parts(b"").is_empty());
    }
}

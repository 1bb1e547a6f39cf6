//! The files inside of a message.

use mail_parser::{MessageParser, MimeHeaders};

/// The parts of a message that have a file's name, in order, decoded. Those of a message inside of
/// the message are not among them.
pub fn named_parts(raw: &[u8]) -> Vec<(String, Vec<u8>)> {
    let Some(message) = MessageParser::default().parse(raw) else { return Vec::new() };
    let named = message.parts.iter().filter_map(|part| {
        let name = part.attachment_name()?;
        Some((name.to_owned(), part.contents().to_vec()))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_decoded() {
        let raw = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
            Content-Type: text/plain\r\n\r\nciao\r\n--b\r\nContent-Type: text/csv; name=\"a.csv\"\r\n\
            Content-Disposition: attachment; filename=\"a.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            Y2lhbw==\r\n--b--\r\n";
        assert_eq!(named_parts(raw), [("a.csv".to_owned(), b"ciao".to_vec())]);
        assert!(named_parts(b"").is_empty());
    }
}

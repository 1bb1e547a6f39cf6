//! The same document to another address: the sealed bytes with another recipient, Message-ID and
//! date, and not a byte of the body changed.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Address, MessageId, Sealed, unfit};

/// Puts another recipient, Message-ID and date into a sealed message. The error says what is wrong
/// with its bytes.
pub fn readdressed(
    bytes: &[u8],
    to: &Address,
    message_id: &MessageId,
    date: DateTime<Utc>,
) -> Result<Sealed, String> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").ok_or("the sealed message has no body")?;
    let (head, body) = bytes.split_at(end);
    let head = std::str::from_utf8(head).map_err(|_| "the sealed message has headers that are no text")?;
    let fields =
        [("To", to.to_string()), ("Message-ID", message_id.to_string()), ("Date", date.to_rfc2822())];
    let mut replaced = [false; 3];
    let mut lines: Vec<String> = Vec::new();
    let mut in_replaced = false;
    for line in head.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if !in_replaced {
                lines.push(line.to_owned());
            }
            continue;
        }
        let name = line.split(':').next().unwrap_or_default();
        let field = fields.iter().position(|(field, _)| name.eq_ignore_ascii_case(field));
        in_replaced = field.is_some();
        match field.and_then(|at| fields.get(at).zip(replaced.get_mut(at))) {
            Some(((name, value), done)) => {
                lines.push(format!("{name}: {value}"));
                *done = true;
            }
            None => lines.push(line.to_owned()),
        }
    }
    if replaced.contains(&false) {
        return Err("the sealed message lacks a To, a Message-ID or a Date".to_owned());
    }
    let bytes = [lines.join("\r\n").as_bytes(), body].concat();
    match unfit(&bytes) {
        Some(reason) => Err(reason.to_owned()),
        None => Ok(Sealed { sha256: Sha256::digest(&bytes).into(), bytes }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_the_id_and_the_date_change() {
        let sealed = "Date: Mon, 02 Nov 2026 08:00:00 +0000\r\nMessage-ID: <pres.2026-10.a.n1-2026.r1@x.example>\r\n\
            From: a@x.example\r\nTo:\r\n vecchio@y.example\r\nSubject: Una\r\n riga\r\n\r\nTo: nel corpo\r\n";
        let to = Address::parse("nuovo@y.example").unwrap();
        let id = MessageId::parse("pres.2026-10.a.n1-2026.r1@x.example").unwrap().to_address(2).unwrap();
        let date: DateTime<Utc> = "2026-11-05T09:00:00Z".parse().unwrap();
        let made = readdressed(sealed.as_bytes(), &to, &id, date).unwrap();
        assert_eq!(
            String::from_utf8(made.bytes.clone()).unwrap(),
            "Date: Thu, 5 Nov 2026 09:00:00 +0000\r\nMessage-ID: <pres.2026-10.a.n1-2026-a2.r1@x.example>\r\n\
             From: a@x.example\r\nTo: nuovo@y.example\r\nSubject: Una\r\n riga\r\n\r\nTo: nel corpo\r\n"
        );
        assert_eq!(made.sha256, <[u8; 32]>::from(Sha256::digest(&made.bytes)));
        for bad in ["", "To: a@b.example\r\n\r\nx", "no end"] {
            assert!(readdressed(bad.as_bytes(), &to, &id, date).is_err(), "{bad}");
        }
    }
}

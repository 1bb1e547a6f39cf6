//! A reply of a server, read as RFC 5321 4.2 allows it: also `250` and nothing more, which is legal
//! and which mail libraries refuse.

use std::fmt;

/// The longest line and the longest reply that are read (Postfix has the same order of size).
const LONGEST_LINE: usize = 2_000;
const LONGEST_REPLY: usize = 100_000;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits, 200 to 599.
    pub(super) code: u16,
    /// The text of each line, without the code. Bytes outside printable ASCII become `?`.
    pub(super) lines: Vec<String>,
}

/// What the bytes so far are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// A whole reply, and how many bytes it took.
    Whole(Reply, usize),
    /// Read on.
    Incomplete,
    /// Not a reply of SMTP.
    Garbage(String),
}

impl Reply {
    /// Reads a reply from the start of `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Parsed {
        let mut lines = Vec::new();
        let mut first_code = None;
        let mut taken = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            if line.len() > LONGEST_LINE || taken + line.len() > LONGEST_REPLY {
                return Parsed::Garbage("a reply without end".to_owned());
            }
            let Some(content) = line.strip_suffix(b"\n") else { return Parsed::Incomplete };
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            let Some((code, more, text)) = split(content) else {
                return Parsed::Garbage(format!(
                    "\"{}\" is not a reply of a mail server",
                    printable(content)
                ));
            };
            if *first_code.get_or_insert(code) != code {
                return Parsed::Garbage("a reply with two codes".to_owned());
            }
            lines.push(printable(text));
            taken += line.len();
            if !more {
                return Parsed::Whole(Self { code, lines }, taken);
            }
        }
        Parsed::Incomplete
    }

    /// True for 2xx.
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// True for 4xx and 5xx: the server says no in so many words.
    pub(super) fn is_refusal(&self) -> bool {
        (400..600).contains(&self.code)
    }

    /// Each line as it came.
    pub(super) fn each_line(&self, mut tell: impl FnMut(String)) {
        let last = self.lines.len().saturating_sub(1);
        for (number, line) in self.lines.iter().enumerate() {
            let separator = if number == last { ' ' } else { '-' };
            tell(format!("{}{separator}{line}", self.code));
        }
    }

    /// What follows the code, in one line.
    pub(super) fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// The parameters of an extension in a reply to `EHLO`, in capitals; the first line is a greeting.
    pub(super) fn extension(&self, keyword: &str) -> Option<Vec<String>> {
        self.lines.iter().skip(1).find_map(|line| {
            let line = line.to_ascii_uppercase().replace('=', " ");
            let mut words = line.split_ascii_whitespace();
            let found = words.next() == Some(keyword);
            found.then(|| words.map(str::to_owned).collect())
        })
    }
}

/// One line, for logs and records.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.lines.iter().filter(|line| !line.is_empty()).try_for_each(|line| write!(f, " {line}"))
    }
}

/// The code of a line, whether more lines follow, and its text.
fn split(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let plausible = matches!(digits.first(), Some(b'2'..=b'5'));
    if !plausible || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, false, &[])),
        Some((b' ', text)) => Some((code, false, text)),
        Some((b'-', text)) => Some((code, true, text)),
        Some(_) => None,
    }
}

/// At most 500 characters that do no harm on a terminal.
fn printable(bytes: &[u8]) -> String {
    let safe = |b: &u8| if (b' '..=b'~').contains(b) { char::from(*b) } else { '?' };
    bytes.iter().take(500).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_replies_are_understood_and_others_are_not() {
        // bytes, shown reply with its length, "..." or "!"
        for (bytes, expected) in [
            ("250 ok\r\n", "250 ok/8"),
            ("250\r\n", "250/5"),
            ("250 \r\n", "250/6"),
            ("250-a\r\n250 b\r\n", "250 a b/14"),
            ("250-a\r\n250\r\nX", "250 a/12"),
            ("451 later\n", "451 later/10"),
            ("250 caff\u{e8}\x1b\r\n", "250 caff???/13"),
            ("", "..."),
            ("2", "..."),
            ("250 ok", "..."),
            ("250-ok\r\n", "..."),
            ("\r\n", "!"),
            ("hello\r\n", "!"),
            ("25\r\n", "!"),
            ("2506-me\r\n", "!"),
            ("150 x\r\n", "!"),
            ("650 x\r\n", "!"),
            ("250-a\r\n451 b\r\n", "!"),
            ("\u{e8}50\r\n", "!"),
        ] {
            let shown = match Reply::parse(bytes.as_bytes()) {
                Parsed::Whole(reply, taken) => format!("{reply}/{taken}"),
                Parsed::Incomplete => "...".to_owned(),
                Parsed::Garbage(_) => "!".to_owned(),
            };
            assert_eq!(shown, expected, "{bytes:?}");
        }
        let endless = [b"250 ".to_vec(), vec![b'x'; LONGEST_LINE]].concat();
        assert!(matches!(Reply::parse(&endless), Parsed::Garbage(_)));
        let long = "250-x\r\n".repeat(LONGEST_REPLY / 7 + 1);
        assert!(matches!(Reply::parse(long.as_bytes()), Parsed::Garbage(_)));
    }

    #[test]
    fn extensions_are_found() {
        let hello = b"250-mail.example SIZE\r\n250-size 30000000\r\n250-AUTH=PLAIN login\r\n250 STARTTLS\r\n";
        let Parsed::Whole(reply, _) = Reply::parse(hello) else { panic!() };
        assert_eq!(reply.extension("SIZE").unwrap(), ["30000000"]);
        assert_eq!(reply.extension("AUTH").unwrap(), ["PLAIN", "LOGIN"]);
        assert!(reply.extension("STARTTLS").unwrap().is_empty());
        assert_eq!(reply.extension("PIPELINING"), None);
    }
}

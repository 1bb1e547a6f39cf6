//! Bounces of ordinary mail: delivery status notifications (RFC 3464).

use super::Recipient;
use super::mime::{Entity, bare_id, plain};

/// What became of the recipients, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// Given up.
    Failed,
    /// Still tried.
    Delayed,
    /// Delivered, relayed or expanded: good news, but no proof.
    Other,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) action: Action,
    /// The recipients of that action.
    pub(super) recipients: Vec<Recipient>,
    /// The Message-ID of the message it is about, without brackets.
    pub(super) message_id: Option<String>,
    /// The enhanced status code, as `5.1.1`.
    pub(super) status: Option<String>,
    /// What the server said.
    pub(super) diagnostic: Option<String>,
}

/// The report of a message, if it is one.
pub(super) fn find(message: &Entity<'_>) -> Option<Report> {
    if !message.is("multipart", Some("report")) {
        return None;
    }
    let parts: Vec<Entity<'_>> = message.parts().into_iter().map(Entity::part).collect();
    let status = parts.iter().find(|part| {
        part.is("message", Some("delivery-status")) || part.is("message", Some("global-delivery-status"))
    })?;
    let status = status.text()?.replace("\r\n", "\n");
    let mut blocks =
        status.split("\n\n").map(|block| block.trim_matches('\n')).filter(|block| !block.is_empty());
    let whole = format!("{}\n\n", blocks.next()?);
    let whole = Entity::part(whole.as_bytes());
    let mut worst: Option<Report> = None;
    for block in blocks.take(100) {
        let block = format!("{block}\n\n");
        let fields = Entity::part(block.as_bytes());
        let action = match fields.field("Action").unwrap_or_default().to_ascii_lowercase().as_str() {
            "failed" => Action::Failed,
            "delayed" => Action::Delayed,
            _ => Action::Other,
        };
        let typed = |name| fields.field(name).map(|value| untyped(&value));
        let address = typed("Original-Recipient").or_else(|| typed("Final-Recipient"));
        let recipient = address.map(|address| Recipient { address, certified: false });
        match &mut worst {
            Some(report) if report.action < action => (),
            Some(report) if report.action == action => report.recipients.extend(recipient),
            _ => {
                worst = Some(Report {
                    action,
                    recipients: recipient.into_iter().collect(),
                    message_id: None,
                    status: fields.field("Status").map(|status| first_word(&status)),
                    diagnostic: typed("Diagnostic-Code").map(|text| plain(&text, 500)),
                });
            }
        }
    }
    let mut report = worst?;
    let returned = parts.iter().find(|part| {
        ["rfc822", "rfc822-headers", "global", "global-headers"]
            .iter()
            .any(|subtype| part.is("message", Some(subtype)) || part.is("text", Some(subtype)))
    });
    let returned = returned.map(|part| Entity::part(part.body()));
    let original = || whole.field("Original-Message-ID");
    let header = || returned.as_ref().and_then(|headers| headers.field("Message-ID"));
    let envelope = || whole.field("Original-Envelope-Id").map(|id| from_xtext(&id));
    let candidates = [original(), header(), envelope()];
    report.message_id = candidates.into_iter().flatten().find_map(|id| bare_id(&id));
    Some(report)
}

/// `rfc822; a@b` without its type.
fn untyped(value: &str) -> String {
    let bare = value.split_once(';').map_or(value, |(_, bare)| bare).trim();
    plain(bare.trim_start_matches('<').trim_end_matches('>'), 500)
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// RFC 3461, 4: `+` and two hexadecimal digits stand for a character.
fn from_xtext(text: &str) -> String {
    let mut parts = text.split('+');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code) = code {
            plain.push(char::from(code));
            plain.push_str(part.get(2..).unwrap_or_default());
        } else {
            plain.push('+');
            plain.push_str(part);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: &str, returned: &str) -> Option<Report> {
        let raw = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\n\r\nsorry\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\n{status}\r\n--b\r\n{returned}\r\n--b--\r\n"
        );
        find(&Entity::message(raw.as_bytes()))
    }

    #[test]
    fn the_worst_of_the_recipients_counts() {
        let status = "Reporting-MTA: dns; mx.example\r\nOriginal-Envelope-Id: m2+40x.example\r\n\r\n\
            Final-Recipient: rfc822; ok@y.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n\
            Original-Recipient: rfc822;<no@y.example>\r\nFinal-Recipient: rfc822; other@y.example\r\nAction: FAILED\r\n\
            Status: 5.1.1 (no such\r\n user)\r\nDiagnostic-Code: smtp; 550 5.1.1 no\r\n such user\r\n";
        let found = report(
            status,
            "Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\nMessage-ID: <m1@x.example>\r\n",
        )
        .unwrap();
        assert_eq!(found.action, Action::Failed);
        assert_eq!(found.recipients, [Recipient { address: "no@y.example".to_owned(), certified: false }]);
        assert_eq!(found.message_id.as_deref(), Some("m1@x.example"));
        assert_eq!(found.status.as_deref(), Some("5.1.1"));
        assert_eq!(found.diagnostic.as_deref(), Some("550 5.1.1 no such user"));
        let found = report(status, "Content-Type: text/html\r\n\r\nx").unwrap();
        assert_eq!(found.message_id.as_deref(), Some("m2@x.example"), "the envelope's id");
        let named = format!("Original-Message-ID: <m3@x.example>\r\n{status}");
        let found =
            report(&named, "Content-Type: message/rfc822\r\n\r\nMessage-ID: <m1@x.example>\r\n").unwrap();
        assert_eq!(found.message_id.as_deref(), Some("m3@x.example"), "what the report itself names");
        assert_eq!(report("Reporting-MTA: dns; mx.example\r\n", ""), None, "nobody is reported on");
    }
}

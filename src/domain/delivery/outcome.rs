//! How one attempt to hand a message over ended.

use std::fmt;

/// Where in the dialogue with the server an attempt ended, in the order of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before any connection: the message or the settings are unusable.
    Preparation,
    /// Name resolution and the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// The server's greeting.
    Banner,
    /// `EHLO`
    Hello,
    /// `STARTTLS`
    StartTls,
    /// `AUTH`
    Auth,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`
    Data,
    /// While the text of the message was on its way, before its final dot.
    Payload,
    /// The final dot and the reply to it.
    FinalDot,
    /// Writing to a folder instead of a server.
    Folder,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preparation => "before connecting",
            Self::Connect => "connecting",
            Self::Tls => "TLS handshake",
            Self::Banner => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Payload => "message text",
            Self::FinalDot => "final dot",
            Self::Folder => "folder",
        })
    }
}

/// What a failure calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// It will pass: try again after a while, without limit.
    Transient,
    /// The login was refused. Nothing may be sent on this mailbox until the configuration is read
    /// anew: repeated refusals lock the account.
    Account,
    /// The server cannot be trusted: certificate, or no encryption offered. Never sent in clear.
    Tls,
    /// The server refused this message or this recipient. The same bytes would be refused again.
    Permanent,
    /// The message breaks a rule of ours (size, characters); it should not have been sealed.
    Policy,
}

impl FailureClass {
    /// The word used in the store and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Account => "account",
            Self::Tls => "tls",
            Self::Permanent => "permanent",
            Self::Policy => "policy",
        }
    }
}

/// One attempt that surely handed nothing over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it calls for.
    pub class: FailureClass,
    /// Where it happened.
    pub phase: Phase,
    /// The server's reply, or what happened instead of one. Never holds a password.
    pub reply: String,
}

impl Failure {
    /// The same by the codes of the reply alone, for the journal and for alarms.
    pub fn without_words(&self) -> String {
        format!("{}: {} ({})", self.phase, codes(&self.reply), self.class.code())
    }
}

/// A reply by its codes alone, as `550 5.1.1`: the words of a server may name people, badges and addresses.
/// What is no reply stays, without what it quotes.
pub fn codes(reply: &str) -> String {
    let is_number =
        |word: &str, most| (1..=most).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
    let mut words = reply.split(' ');
    if let Some(code) = words.next().filter(|word| word.len() == 3 && is_number(word, 3)) {
        let enhanced = words.next().filter(|word| {
            word.split('.').count() == 3 && word.split('.').all(|number| is_number(number, 3))
        });
        return enhanced.map_or_else(|| code.to_owned(), |enhanced| format!("{code} {enhanced}"));
    }
    match (reply.find('"'), reply.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let parts = (reply.get(..=first), reply.get(last..));
            format!("{}..{}", parts.0.unwrap_or_default(), parts.1.unwrap_or_default())
        }
        _ => reply.to_owned(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.phase, self.reply, self.class.code())
    }
}

/// The verdict on one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took responsibility (RFC 5321, 6.1).
    Accepted {
        /// Its reply, for the record: often the queue number there.
        reply: String,
    },
    /// Surely not handed over.
    NotSent(Failure),
    /// The message went out whole and no reply came that could be understood: it may or may not be
    /// there.
    Uncertain {
        /// What happened instead of a reply.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_told_by_its_codes_alone() {
        for (reply, codes_alone) in [
            ("550 5.1.1 <anna.esempio@sede.example>: badge 0001234567 of Anna Esempio unknown", "550 5.1.1"),
            ("550 Anna Esempio has no mailbox", "550"),
            ("451 4.7 Anna", "451"),
            ("421", "421"),
            ("\"Anna \"E\" 550\" is not a reply of a mail server", "\"..\" is not a reply of a mail server"),
            ("the final dot was answered 354: \"Anna\"", "the final dot was answered 354: \"..\""),
            ("[AUTHENTICATIONFAILED] \"Anna\"", "[AUTHENTICATIONFAILED] \"..\""),
            ("no answer within 30 s", "no answer within 30 s"),
            ("a lone \"", "a lone \""),
            ("", ""),
        ] {
            assert_eq!(codes(reply), codes_alone, "{reply}");
        }
        let reply = "535 5.7.8 wrong password of anna".to_owned();
        let failure = Failure { class: FailureClass::Account, phase: Phase::Auth, reply };
        assert_eq!(failure.without_words(), "AUTH: 535 5.7.8 (account)");
    }
}

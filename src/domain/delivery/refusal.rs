//! What a mail server's "no" calls for: by its code (RFC 5321, 4.2; RFC 4954, 6), by its enhanced
//! code (RFC 3463) where that says more, and by the step in which it came.

use super::{FailureClass, Phase};

/// Codes that speak of the login and not of the message, in whatever step: a new password is due, a
/// login is needed, too weak, wrong, not in clear.
const ACCOUNT: [u16; 5] = [432, 530, 534, 535, 538];

/// The same as enhanced codes, which some servers put behind another code: credentials, mechanism
/// too weak, encryption needed, new password due, account disabled.
const ACCOUNT_ENHANCED: [&str; 5] = ["5.7.8", "5.7.9", "5.7.11", "4.7.12", "5.7.13"];

/// The class of a reply that is not the hoped-for one. `text` is what follows the code.
pub fn classify(phase: Phase, code: u16, text: &str) -> FailureClass {
    let enhanced = text.split_ascii_whitespace().next().unwrap_or_default();
    let permanent = (500..600).contains(&code);
    match phase {
        // a server that does not want to talk now, with whatever code, may want to later
        Phase::Connect | Phase::Banner | Phase::Hello => FailureClass::Transient,
        // RFC 3207: 454 is temporary; anything else means no encryption here
        Phase::StartTls if (400..500).contains(&code) => FailureClass::Transient,
        Phase::StartTls | Phase::Tls => FailureClass::Tls,
        _ if ACCOUNT.contains(&code) || ACCOUNT_ENHANCED.contains(&enhanced) => FailureClass::Account,
        Phase::Auth if permanent => FailureClass::Account,
        _ if permanent => FailureClass::Permanent,
        _ => FailureClass::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::FailureClass::{Account, Permanent, Tls, Transient};
    use super::*;

    #[test]
    fn each_code_has_its_class() {
        for (phase, reply, class) in [
            (Phase::Banner, "554 go away", Transient),
            (Phase::Banner, "421 busy", Transient),
            (Phase::Hello, "550 who?", Transient),
            (Phase::StartTls, "454 4.7.0 later", Transient),
            (Phase::StartTls, "502 what?", Tls),
            (Phase::Auth, "530 5.7.0 login needed", Account),
            (Phase::Auth, "534 5.7.9 too weak", Account),
            (Phase::Auth, "535 5.7.8 wrong", Account),
            (Phase::Auth, "535", Account),
            (Phase::Auth, "538 5.7.11 not in clear", Account),
            (Phase::Auth, "432 4.7.12 a new password is due", Account),
            (Phase::Auth, "454 4.7.0 later", Transient),
            (Phase::Auth, "421 4.3.2 closing", Transient),
            (Phase::Auth, "504 what?", Account),
            (Phase::Auth, "550 5.7.1 blocked", Account),
            (Phase::Sender, "530 5.7.0 login first", Account),
            (Phase::Sender, "550 5.7.8 login first", Account),
            (Phase::Recipient, "550 5.7.13 disabled", Account),
            (Phase::Sender, "553 5.7.1 not your address", Permanent),
            (Phase::Sender, "552 5.3.4 too large", Permanent),
            (Phase::Recipient, "550 5.1.1 unknown", Permanent),
            (Phase::Recipient, "551 not here", Permanent),
            (Phase::Recipient, "552 5.2.2 full", Permanent), // a person can phone the office now
            (Phase::Recipient, "552 5.2.3 too large", Permanent),
            (Phase::Recipient, "452 4.2.2 full", Transient),
            (Phase::Recipient, "450 4.2.0 greylisted", Transient),
            (Phase::Data, "451 later", Transient),
            (Phase::Data, "554 5.5.1 no", Permanent),
            (Phase::Payload, "552 5.3.4 too much", Permanent),
            (Phase::FinalDot, "554 5.6.0 no", Permanent),
            (Phase::FinalDot, "554 5.7.1 spam", Permanent),
            (Phase::FinalDot, "452 4.3.1 no space", Transient),
            (Phase::FinalDot, "421 4.3.2 closing", Transient),
        ] {
            let (code, text) = reply.split_once(' ').unwrap_or((reply, ""));
            assert_eq!(classify(phase, code.parse().unwrap(), text), class, "{phase}: {reply}");
        }
    }
}

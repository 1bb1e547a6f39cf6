//! The login: AUTH PLAIN (RFC 4616) or, where only that is offered, LOGIN.

use super::session::{Session, failure, refusal, said};
use super::settings::SmtpSettings;
use crate::domain::delivery::{Failure, FailureClass, Phase};

/// Logs in, if the settings name a user. The password leaves only under TLS or to this machine.
pub(super) async fn login(session: &mut Session, settings: &SmtpSettings) -> Result<(), Failure> {
    let Some(user) = &settings.user else { return Ok(()) };
    let account = |reply: &str| failure(FailureClass::Account, Phase::Auth, reply.to_owned());
    let password = settings.password.as_ref().filter(|secret| !secret.is_empty());
    let password = password.ok_or_else(|| account("a user is set, but no password"))?.reveal();
    if !session.private {
        return Err(account("the connection is not encrypted; the password was not sent"));
    }
    let offered = session.hello.extension("AUTH").unwrap_or_default();
    let offers = |mechanism: &str| offered.iter().any(|word| word == mechanism);
    // what is said, and what the record shows of it
    let lines = if offers("PLAIN") {
        let word = base64(format!("\0{user}\0{password}").as_bytes());
        vec![(format!("AUTH PLAIN {word}"), "AUTH PLAIN ***")]
    } else if offers("LOGIN") {
        let (user, password) = (base64(user.as_bytes()), base64(password.as_bytes()));
        vec![("AUTH LOGIN".to_owned(), "AUTH LOGIN"), (user, "***"), (password, "***")]
    } else {
        return Err(account("the server offers neither AUTH PLAIN nor AUTH LOGIN"));
    };
    let last = lines.len().saturating_sub(1);
    for (step, (line, shown)) in lines.iter().enumerate() {
        let reply = said(Phase::Auth, session.dialogue.secret(line, shown, settings.limits.auth).await)?;
        let expected = if step == last { reply.is_positive() } else { reply.code == 334 };
        if !expected {
            return Err(refusal(Phase::Auth, &reply));
        }
    }
    Ok(())
}

/// RFC 4648, with padding. Eight lines instead of one more crate.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, i| bits << 8 | u32::from(group.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let index = (bits >> (18 - 6 * i)) & 63;
            let letter = ALPHABET.get(index as usize).filter(|_| i <= group.len());
            text.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\0a\0\u{ff}~", "AGEAw79+"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }
}

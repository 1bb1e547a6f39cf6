//! What each failure of a server means: a table of faults and verdicts.

use std::time::Duration;

use timbra::domain::delivery::Outcome;
use timbra::mail::{Address, Limits, MessageId, Outgoing, Secret, SmtpSettings, Tls, Transport};

use crate::office::PATIENCE;
use crate::smtp_server::Act::{Close, Hang, Last, Say, Stall};
use crate::smtp_server::{FaultServer, Heard, Script};

fn settings(port: u16) -> SmtpSettings {
    let each = Duration::from_secs(10);
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        user: Some("a@b.example".to_owned()),
        password: Some(Secret::new("segreta")),
        ca_file: None,
        limits: Limits { connect: each, block: each, final_dot: each, quit: each / 2, ..Limits::default() },
    }
}

/// One line: the verdict, the phase and the class, whether the hand-over had begun.
fn shown(outcome: &Outcome, begun: bool) -> String {
    let begun = if begun { " [begun]" } else { "" };
    match outcome {
        Outcome::Accepted { reply } => format!("accepted {reply}{begun}"),
        Outcome::NotSent(failure) => format!("{} in {}{begun}", failure.class.code(), failure.phase),
        Outcome::Uncertain { .. } => format!("uncertain{begun}"),
    }
}

async fn attempt(settings: SmtpSettings, bytes: &[u8]) -> (Outcome, bool) {
    let from = Address::parse("a@b.example").unwrap();
    let to = Address::parse("protocollo@sede.example").unwrap();
    let message_id = MessageId::parse("<pres.2026-10.prova.prospetto.r1@timbra.example>").unwrap();
    let message = Outgoing { from: &from, to: &to, message_id: &message_id, bytes };
    let mut begun = false;
    let mut before_payload = || {
        begun = true;
        Ok(())
    };
    let transport = Transport::Smtp(Box::new(settings));
    let outcome = transport.attempt(&message, &mut before_payload).await;
    assert!(!format!("{outcome:?} {transport:?}").contains("segreta"));
    (outcome, begun)
}

const TEXT: &[u8] = b"Subject: prova\r\n\r\n.punto\r\n.\r\nfine\r\n";

async fn verdict(script: Script, change: fn(&mut SmtpSettings)) -> (String, Heard) {
    let server = FaultServer::start(script);
    let mut settings = settings(server.port);
    change(&mut settings);
    let (outcome, begun) = attempt(settings, TEXT).await;
    (shown(&outcome, begun), server.heard())
}

/// Failure row 8: `421` and the end of the connection, at every command; and the other faults.
#[tokio::test]
async fn each_fault_has_its_verdict() {
    let rows: &[(Script, &str)] = &[
        (&[], "accepted 250 2.0.0 queued as 1 [begun]"),
        // the connection ends
        (&[("banner", Close)], "transient in greeting"),
        (&[("EHLO", Close)], "transient in EHLO"),
        (&[("AUTH", Close)], "transient in AUTH"),
        (&[("MAIL", Close)], "transient in MAIL FROM"),
        (&[("RCPT", Close)], "transient in RCPT TO"),
        (&[("DATA", Close)], "transient in DATA"),
        (&[("dot", Close)], "uncertain [begun]"),
        (&[("QUIT", Close)], "accepted 250 2.0.0 queued as 1 [begun]"),
        // 421 and the connection ends
        (&[("banner", Last("421 busy\r\n"))], "transient in greeting"),
        (&[("EHLO", Last("421 busy\r\n"))], "transient in EHLO"),
        (&[("AUTH", Last("421 busy\r\n"))], "transient in AUTH"),
        (&[("MAIL", Last("421 busy\r\n"))], "transient in MAIL FROM"),
        (&[("RCPT", Last("421 busy\r\n"))], "transient in RCPT TO"),
        (&[("DATA", Last("421 busy\r\n"))], "transient in DATA"),
        (&[("dot", Last("421 busy\r\n"))], "transient in final dot [begun]"),
        // temporary
        (&[("AUTH", Say("454 4.7.0 later\r\n"))], "transient in AUTH"),
        (&[("MAIL", Say("451 later\r\n"))], "transient in MAIL FROM"),
        (&[("RCPT", Say("450-busy\r\n450 later\r\n"))], "transient in RCPT TO"),
        (&[("RCPT", Say("452 4.2.2 full\r\n"))], "transient in RCPT TO"),
        (&[("DATA", Say("451 later\r\n"))], "transient in DATA"),
        (&[("dot", Say("452 no space\r\n"))], "transient in final dot [begun]"),
        // a server, not a message, that says no
        (&[("banner", Say("554 go away\r\n"))], "transient in greeting"),
        (&[("EHLO", Say("550 who?\r\n"))], "transient in EHLO"),
        // the login
        (&[("AUTH", Say("535 5.7.8 wrong\r\n"))], "account in AUTH"),
        (&[("AUTH", Say("534 5.7.9 too weak\r\n"))], "account in AUTH"),
        (&[("AUTH", Say("432 4.7.12 expired\r\n"))], "account in AUTH"),
        (&[("AUTH", Say("504 what?\r\n"))], "account in AUTH"),
        (&[("EHLO", Say("250 bare.test\r\n"))], "account in AUTH"),
        (&[("EHLO", Say("250-old.test\r\n250 AUTH CRAM-MD5\r\n"))], "account in AUTH"),
        (&[("MAIL", Say("530 5.7.0 login first\r\n"))], "account in MAIL FROM"),
        // for good
        (&[("MAIL", Say("553 not your address\r\n"))], "permanent in MAIL FROM"),
        (&[("RCPT", Say("550 5.1.1 unknown\r\n"))], "permanent in RCPT TO"),
        (&[("RCPT", Say("552 5.2.2 full\r\n"))], "permanent in RCPT TO"),
        (&[("DATA", Say("554 no\r\n"))], "permanent in DATA"),
        (&[("dot", Say("554 5.6.0 no\r\n"))], "permanent in final dot [begun]"),
        (&[("EHLO", Say("250-small.test\r\n250-AUTH PLAIN\r\n250 SIZE 9\r\n"))], "permanent in MAIL FROM"),
        // odd, but legal
        (&[("dot", Say("250\r\n"))], "accepted 250 [begun]"),
        (&[("dot", Say("250-a\r\n250\r\n"))], "accepted 250 a [begun]"),
        (&[("MAIL", Say("250\r\n")), ("RCPT", Say("251\r\n"))], "accepted 250 2.0.0 queued as 1 [begun]"),
        (&[("EHLO", Say("250-l.test\r\n250 AUTH LOGIN\r\n"))], "accepted 250 2.0.0 queued as 1 [begun]"),
        (
            &[("EHLO", Say("250-s.test\r\n250-SIZE\r\n250 AUTH=PLAIN\r\n"))],
            "accepted 250 2.0.0 queued as 1 [begun]",
        ),
        // not SMTP
        (&[("banner", Say("SSH-2.0-x\r\n"))], "transient in greeting"),
        (&[("DATA", Say("250 ok\r\n"))], "transient in DATA"),
        (&[("dot", Last("25"))], "uncertain [begun]"),
        (&[("dot", Say("ok\r\n"))], "uncertain [begun]"),
        (&[("dot", Say("354 more\r\n"))], "uncertain [begun]"),
        (&[("dot", Say("250-a\r\n451 b\r\n"))], "uncertain [begun]"),
    ];
    for (script, expected) in rows {
        let (shown, heard) = verdict(script, |_| ()).await;
        assert_eq!(shown, *expected, "{script:?}");
        let expected_text =
            (shown.contains("begun")).then(|| b"Subject: prova\r\n\r\n..punto\r\n..\r\nfine\r\n".to_vec());
        assert_eq!(heard.text, expected_text, "{script:?}");
    }
}

/// Failure row 5: silence at every point.
#[tokio::test]
async fn silence_ends_at_the_limit_of_its_phase() {
    let rows: &[(Script, &str)] = &[
        (&[("banner", Hang)], "transient in greeting"),
        (&[("EHLO", Hang)], "transient in EHLO"),
        (&[("AUTH", Hang)], "transient in AUTH"),
        (&[("MAIL", Hang)], "transient in MAIL FROM"),
        (&[("RCPT", Hang)], "transient in RCPT TO"),
        (&[("DATA", Hang)], "transient in DATA"),
        (&[("dot", Hang)], "uncertain [begun]"),
        (&[("dot", Say("250-a\r\n"))], "uncertain [begun]"),
        (&[("QUIT", Hang)], "accepted 250 2.0.0 queued as 1 [begun]"),
    ];
    for (script, expected) in rows {
        let server = FaultServer::start(script);
        let mut settings = settings(server.port);
        settings.limits = Limits { quit: Duration::from_millis(150), ..Limits::default() };
        // only the phase under test: the others must not fail on a busy machine
        let limits = &mut settings.limits;
        let limit = match script[0].0 {
            "banner" => &mut limits.banner,
            "EHLO" => &mut limits.hello,
            "AUTH" => &mut limits.auth,
            "MAIL" => &mut limits.sender,
            "RCPT" => &mut limits.recipient,
            "DATA" => &mut limits.data,
            "dot" => &mut limits.final_dot,
            _ => &mut limits.quit,
        };
        *limit = Duration::from_millis(150);
        let (outcome, begun) =
            tokio::time::timeout(PATIENCE, attempt(settings, TEXT)).await.expect("the limit does not hold");
        assert_eq!(shown(&outcome, begun), *expected, "{script:?}");
        drop(server.heard());
    }
}

#[tokio::test]
async fn nobody_listening_is_a_pause() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (outcome, begun) = attempt(settings(port), TEXT).await;
    assert_eq!(shown(&outcome, begun), "transient in connecting");
    let mut nowhere = SmtpSettings { host: "posta.invalid".to_owned(), ..settings(port) };
    nowhere.limits.connect = Duration::from_secs(2);
    let (outcome, begun) = attempt(nowhere, TEXT).await;
    assert_eq!(shown(&outcome, begun), "transient in connecting");
}

#[tokio::test]
async fn a_break_before_the_final_dot_is_no_doubt() {
    let long = [b"Subject: prova\r\n\r\n".to_vec(), b"0123456789abcdef\r\n".repeat(900_000)].concat();
    let rows: &[(Script, u64)] = &[(&[("text", Close)], 10_000), (&[("text", Stall)], 250)];
    for (script, limit) in rows {
        let server = FaultServer::start(script);
        let mut settings = settings(server.port);
        settings.limits.block = Duration::from_millis(*limit);
        let (outcome, begun) = attempt(settings, &long).await;
        assert_eq!(shown(&outcome, begun), "transient in message text [begun]");
        assert_eq!(server.heard().text, None);
    }
}

#[tokio::test]
async fn nothing_leaves_in_clear_where_encryption_is_asked_for() {
    let (shown, heard) = verdict(&[], |s| s.tls = Tls::StartTls).await;
    assert_eq!(shown, "tls in STARTTLS");
    assert_eq!(heard.commands.len(), 1, "{:?}", heard.commands); // EHLO
}

#[tokio::test]
async fn a_hand_over_that_cannot_be_recorded_does_not_begin() {
    let server = FaultServer::start(&[]);
    let from = Address::parse("a@b.example").unwrap();
    let message_id = MessageId::parse("<pres.2026-10.prova.prospetto.r1@timbra.example>").unwrap();
    let message = Outgoing { from: &from, to: &from, message_id: &message_id, bytes: TEXT };
    let transport = Transport::Smtp(Box::new(settings(server.port)));
    let outcome = transport.attempt(&message, &mut || Err("disk full".to_owned())).await;
    assert_eq!(shown(&outcome, false), "transient in message text");
    let heard = server.heard();
    assert_eq!(heard.text, None);
    assert_eq!(heard.commands.last().unwrap(), "DATA");
    assert!(heard.commands.contains(&format!("MAIL FROM:<a@b.example> SIZE={}", TEXT.len())));
}

#[tokio::test]
async fn a_login_needs_its_password() {
    let (shown, heard) = verdict(&[], |s| s.password = None).await;
    assert_eq!(shown, "account in AUTH");
    assert!(!heard.commands.iter().any(|line| line.starts_with("AUTH")));
    let (shown, heard) = verdict(&[], |s| s.user = None).await;
    assert_eq!(shown, "accepted 250 2.0.0 queued as 1 [begun]");
    assert!(!heard.commands.iter().any(|line| line.starts_with("AUTH")));
}

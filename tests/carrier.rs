//! Several messages over one connection, each with its own verdict and its own record.

use timbra::domain::delivery::{Outcome, Phase};
use timbra::mail::{
    Address, Attempt, Carrier, Limits, MessageId, Outgoing, Secret, SmtpSettings, Tls, Transport,
};

use crate::pec_double::{PASSWORD, PecDouble, USER};

fn carrier(double: &PecDouble) -> Carrier {
    Carrier::new(Transport::Smtp(Box::new(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: double.plain,
        tls: Tls::None,
        user: Some(USER.to_owned()),
        password: Some(Secret::new(PASSWORD)),
        ca_file: None,
        limits: Limits::default(),
    })))
}

async fn attempt(carrier: &mut Carrier, number: usize, to: &str) -> Attempt {
    let from = Address::parse(USER).unwrap();
    let to = Address::parse(&format!("{to}@sede.example")).unwrap();
    let message_id =
        MessageId::parse(&format!("<pres.2026-10.prova.n{number}-2026.r1@ospitante.example>")).unwrap();
    let text = format!("Message-ID: {message_id}\r\nFrom: {USER}\r\nTo: {to}\r\n\r\nmessaggio {number}\r\n");
    let message = Outgoing { from: &from, to: &to, message_id: &message_id, bytes: text.as_bytes() };
    carrier.attempt(&message, &mut || Ok(())).await
}

/// One letter for each verdict: accepted, refused, uncertain.
fn letter(attempt: &Attempt) -> char {
    match &attempt.outcome {
        Outcome::Accepted { .. } => 'a',
        Outcome::NotSent(_) => 'n',
        Outcome::Uncertain { .. } => 'u',
    }
}

#[tokio::test]
async fn a_refusal_in_between_harms_neither_neighbour() {
    // recipients, verdicts, connections
    for (recipients, verdicts, connections) in [
        (&["uno", "due", "tre"][..], "aaa", 1),
        (&["uno", "s550", "due", "s451", "tre"], "anana", 1),
        (&["uno", "d554", "due", "d451", "tre"], "anana", 1),
        // a doubt ends the connection; the next message gets a new one
        (&["uno", "dropdot-kept", "due", "dropdot-lost", "tre"], "auaua", 3),
    ] {
        let double = PecDouble::start_plain();
        let mut carrier = carrier(&double);
        let mut heard = String::new();
        for (number, to) in recipients.iter().enumerate() {
            heard.push(letter(&attempt(&mut carrier, number, to).await));
        }
        carrier.close().await;
        assert_eq!(heard, verdicts, "{recipients:?}");
        assert_eq!(double.connections(), connections, "{recipients:?}");
        let accepted: Vec<String> = double.taken().into_iter().filter(|t| t.kept).map(|t| t.to).collect();
        assert!(["uno", "due", "tre"].iter().all(|to| accepted.contains(&format!("{to}@sede.example"))));
    }
}

#[tokio::test]
async fn a_server_that_ends_a_connection_gets_the_next_message_over_another() {
    let double = PecDouble::start_plain();
    double.carry_at_most(2);
    let mut carrier = carrier(&double);
    let mut dialogues = Vec::new();
    for number in 0..5 {
        let attempt = attempt(&mut carrier, number, "protocollo").await;
        assert_eq!(letter(&attempt), 'a', "{attempt:?}");
        dialogues.push(attempt.dialogue);
    }
    assert_eq!(double.connections(), 3);
    assert_eq!(double.taken().len(), 5);
    assert!(dialogues[2].contains("< 421 4.7.0 enough") && dialogues[2].contains("> EHLO"), "{dialogues:?}");
    // a fresh connection that says the same is a failure
    double.carry_at_most(0);
    carrier.close().await;
    let refused = attempt(&mut carrier, 9, "protocollo").await;
    assert!(
        matches!(&refused.outcome, Outcome::NotSent(failure) if failure.phase == Phase::Sender),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_record_shows_every_line_but_no_secret_and_no_message() {
    let double = PecDouble::start_plain();
    let mut carrier = carrier(&double);
    let first = attempt(&mut carrier, 1, "protocollo").await.dialogue;
    let second = attempt(&mut carrier, 2, "s550").await.dialogue;
    carrier.close().await;
    let words: Vec<&str> = first.lines().map(|line| line.split_at(10).1).collect();
    let expected = [
        "> EHLO [127.0.0.1]",
        "> AUTH PLAIN ***",
        "< 235 2.7.0 welcome",
        "> MAIL FROM:<presenze@ospitante.example> SIZE=",
        "> RCPT TO:<protocollo@sede.example>",
        "< 354 go ahead",
        "> (the message: ",
        "> .",
        "< 250 2.0.0 queued as 1",
    ];
    let mut rest = words.iter();
    for line in expected {
        assert!(rest.any(|word| word.starts_with(line)), "no {line} in {first}");
    }
    assert!(second.contains("* over the connection of the message before"), "{second}");
    assert!(second.contains("< 550 5.1.1 no such user"), "{second}");
    for secret in [PASSWORD, "c2VncmV0YQ", "AHByZXNlbnpl", "messaggio"] {
        assert!(!first.contains(secret) && !second.contains(secret), "{secret}: {first}{second}");
    }
}

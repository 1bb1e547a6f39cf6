//! The double does what its table says.

use std::path::Path;
use std::process::Command;

use timbra::domain::delivery::Outcome;
use timbra::mail::{Address, Limits, MessageId, Outgoing, Secret, SmtpSettings, Tls, Transport};

use super::{PASSWORD, PecDouble, USER};
use crate::office::skipped;

const MESSAGE_ID: &str = "<pres.2026-10.prova.n1-2026.r1@ospitante.example>";

async fn send(double: &PecDouble, to: &str, change: impl Fn(&mut SmtpSettings)) -> String {
    let from = Address::parse(USER).unwrap();
    let to = Address::parse(&format!("{to}@sede.example")).unwrap();
    let message_id = MessageId::parse(MESSAGE_ID).unwrap();
    let text = format!(
        "Message-ID: {MESSAGE_ID}\r\nFrom: {USER}\r\nTo: {to}\r\nSubject: Prospetto\r\n\r\nprova\r\n.punto\r\n"
    );
    let message = Outgoing { from: &from, to: &to, message_id: &message_id, bytes: text.as_bytes() };
    let mut settings = SmtpSettings {
        host: "localhost".to_owned(),
        port: double.plain,
        tls: Tls::None,
        user: Some(USER.to_owned()),
        password: Some(Secret::new(PASSWORD)),
        ca_file: None,
        limits: Limits { final_dot: std::time::Duration::from_secs(2), ..Limits::default() },
    };
    change(&mut settings);
    match Transport::Smtp(Box::new(settings)).attempt(&message, &mut || Ok(())).await {
        Outcome::Accepted { reply } => format!("accepted {}", reply.split(' ').next().unwrap()),
        Outcome::NotSent(failure) => format!("{} in {}", failure.class.code(), failure.phase),
        Outcome::Uncertain { .. } => "uncertain".to_owned(),
    }
}

fn kinds(double: &PecDouble) -> String {
    let header = |receipt: &str, name: &str| {
        let head = receipt.split("\r\n\r\n").next().unwrap();
        let line = head.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.trim_start_matches(name).trim().to_owned()
    };
    let words = double.written().into_iter().map(|(_, receipt)| {
        let kind = header(&receipt, "X-Ricevuta:") + &header(&receipt, "X-Trasporto:");
        let virus = if receipt.contains("X-VerificaSicurezza: errore") { " virus" } else { "" };
        let bare = if receipt.contains("X-Riferimento-Message-ID") { "" } else { " senza riferimento" };
        let empty = if receipt.contains("daticert.xml") { "" } else { " senza xml" };
        format!("{kind}{virus}{bare}{empty}")
    });
    words.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn each_local_part_has_its_outcome() {
    // local part, verdict, receipts
    for (to, verdict, receipts) in [
        ("protocollo", "accepted 250", "accettazione, avvenuta-consegna"),
        ("dropdot-kept", "uncertain", "accettazione, avvenuta-consegna"),
        ("dropdot-lost", "uncertain", ""),
        ("bare250", "accepted 250", "accettazione, avvenuta-consegna"),
        ("hangdot", "uncertain", "accettazione, avvenuta-consegna"),
        ("s451", "transient in RCPT TO", ""),
        ("s550", "permanent in RCPT TO", ""),
        ("d451", "transient in final dot", ""),
        ("d554", "permanent in final dot", ""),
        ("nodest", "accepted 250", "accettazione, errore-consegna"),
        ("nodominio", "accepted 250", "accettazione, errore-consegna"),
        ("virus", "accepted 250", "non-accettazione virus"),
        ("virus2", "accepted 250", "accettazione, errore-consegna virus"),
        ("nonacc", "accepted 250", "non-accettazione"),
        ("esterno", "accepted 250", "accettazione"),
        ("lento", "accepted 250", "accettazione, preavviso-errore-consegna, avvenuta-consegna"),
        ("scaduto", "accepted 250", "accettazione, preavviso-errore-consegna, preavviso-errore-consegna"),
        ("muto", "accepted 250", ""),
        ("doppio", "accepted 250", "accettazione, accettazione, avvenuta-consegna, avvenuta-consegna"),
        ("invertito", "accepted 250", "avvenuta-consegna, accettazione"),
        ("senzaxml", "accepted 250", "accettazione senza xml, avvenuta-consegna senza xml"),
        (
            "falso",
            "accepted 250",
            "avvenuta-consegna, avvenuta-consegna, avvenuta-consegna, posta-certificata",
        ),
    ] {
        let double = PecDouble::start_plain();
        assert_eq!(send(&double, to, |_| ()).await, verdict, "{to}");
        assert_eq!(kinds(&double), receipts, "{to}");
        let kept = !["dropdot-lost", "s451", "s550", "d451", "d554"].contains(&to);
        assert_eq!(double.copies(MESSAGE_ID), usize::from(kept), "{to}");
        double.lift(to);
        assert_eq!(send(&double, to, |_| ()).await, "accepted 250", "{to}, lifted");
        assert_eq!(double.copies(MESSAGE_ID), 1 + usize::from(kept), "{to}, lifted");
    }
    let double = PecDouble::start_plain();
    assert_eq!(send(&double, "senzarif", |_| ()).await, "accepted 250");
    let receipts = double.written();
    assert!(receipts[0].1.split("\r\n\r\n").next().unwrap().find("X-Riferimento").is_none(), "{receipts:?}");
}

#[tokio::test]
async fn receipts_can_wait_and_a_maildir_takes_them_too() {
    let double = PecDouble::start_with_maildir();
    double.hold_receipts();
    send(&double, "protocollo", |_| ()).await;
    assert_eq!(kinds(&double), "");
    double.release_receipts();
    assert_eq!(kinds(&double), "accettazione, avvenuta-consegna");
    assert!(double.written()[0].0.starts_with(double.receipts().join("new")));
    assert!(double.written()[1].1.contains(&format!("X-Riferimento-Message-ID: {MESSAGE_ID}")));
}

#[tokio::test]
async fn behind_tls_a_login_is_needed_and_receipts_are_signed() {
    let double = PecDouble::start();
    let (Some(smtps), Some(submission)) = (double.smtps, double.submission) else {
        return skipped("openssl is not installed: the double of a PEC provider has no TLS");
    };
    let protected = |tls: Tls, port: u16| {
        let authority = double.authority();
        move |settings: &mut SmtpSettings| {
            (settings.tls, settings.port, settings.ca_file) = (tls, port, Some(authority.clone()));
        }
    };
    let implicit = protected(Tls::Implicit, smtps);
    for (change, verdict) in [
        (&implicit as &dyn Fn(&mut SmtpSettings), "accepted 250"),
        (&protected(Tls::StartTls, submission), "accepted 250"),
        (&|settings: &mut SmtpSettings| settings.port = submission, "account in AUTH"),
        (
            &|settings: &mut SmtpSettings| {
                implicit(settings);
                settings.user = None;
            },
            "account in MAIL FROM",
        ),
    ] {
        assert_eq!(send(&double, "protocollo", change).await, verdict);
    }
    double.change_password("altra");
    assert_eq!(send(&double, "protocollo", &implicit).await, "account in AUTH");
    assert_eq!(double.refused_logins(), 1);
    assert_eq!(double.copies(MESSAGE_ID), 2);

    let written = double.written();
    assert_eq!(written.len(), 4);
    assert!(written.iter().all(|(path, _)| verified(path, &double.authority())), "{written:?}");
    double.change_password(PASSWORD);
    send(&double, "falso", &implicit).await;
    let verdicts: Vec<bool> =
        double.written().iter().skip(4).map(|(path, _)| verified(path, &double.authority())).collect();
    assert_eq!(verdicts, [false, false, false, true]);
}

fn verified(receipt: &Path, authority: &Path) -> bool {
    let status = Command::new("openssl")
        .args(["cms", "-verify", "-inform", "SMIME", "-out", "/dev/null", "-in"])
        .arg(receipt)
        .arg("-CAfile")
        .arg(authority)
        .stderr(std::process::Stdio::null())
        .status();
    status.unwrap().success()
}

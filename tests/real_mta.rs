//! The transport against a real mail server, Exim, where it is installed.

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use timbra::domain::delivery::{Failure, FailureClass, Outcome};
use timbra::domain::month::Month;
use timbra::mail::{
    Address, Envelope, Limits, MailSettings, MessageId, Outgoing, Secret, SmtpSettings, Tls, Transport,
    compose,
};
use timbra::render::{Attachment, Letter};

/// Exim with one of the certificates; ends with this value.
struct Exim {
    process: Child,
    folder: PathBuf,
    submission: u16,
    smtps: u16,
}

impl Drop for Exim {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers").join(name)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Exim {
    fn start(root: &Path, certificate: &str) -> Self {
        let folder = root.join(certificate);
        fs::create_dir(&folder).unwrap();
        let (submission, smtps) = (free_port(), free_port());
        let process = Command::new("bash")
            .arg(script("exim.sh"))
            .args([&folder, &root.join("certificates").join(certificate)])
            .args([submission.to_string(), smtps.to_string()])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let exim = Self { process, folder, submission, smtps };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", smtps)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "exim does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        exim
    }

    fn settings(&self, root: &Path, tls: Tls) -> SmtpSettings {
        SmtpSettings {
            host: "localhost".to_owned(),
            port: if tls == Tls::Implicit { self.smtps } else { self.submission },
            tls,
            user: Some("mittente@pec.test".to_owned()),
            password: Some(Secret::new("segreta")),
            ca_file: Some(root.join("certificates/ca.pem")),
            limits: Limits::default(),
        }
    }

    /// The messages that arrived, once there are `count`.
    fn arrived(&self, count: usize) -> Vec<Vec<u8>> {
        let started = Instant::now();
        loop {
            let folder = fs::read_dir(self.folder.join("mail/Maildir/new"));
            let paths: Vec<PathBuf> =
                folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
            if paths.len() >= count || started.elapsed() > Duration::from_secs(8) {
                return paths.iter().map(|path| fs::read(path).unwrap()).collect();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Said past the test harness, which keeps what a passing test prints to itself.
fn skipped(reason: &str) {
    let mut terminal = std::io::stderr();
    writeln!(terminal, "skipped: {reason}").unwrap();
}

/// A folder with certificates, or a visible reason why not.
fn prepared() -> Option<tempfile::TempDir> {
    if !Path::new("/usr/sbin/exim4").exists() {
        skipped("exim4 is not installed");
        return None;
    }
    let root = tempfile::tempdir().unwrap();
    let made = Command::new("bash").arg(script("mkcerts.sh")).arg(root.path().join("certificates")).status();
    if !made.is_ok_and(|status| status.success()) {
        skipped("openssl cannot make certificates");
        return None;
    }
    Some(root)
}

async fn attempt(settings: SmtpSettings, to: &str, revision: u32) -> (Outcome, Vec<u8>) {
    let month = Month::parse("2026-10").unwrap();
    let agreement = timbra::domain::ids::AgreementId::new("prova").unwrap();
    let letter = Letter {
        subject: "Prospetto mensile 10/2026".to_owned(),
        text: "Si trasmette il prospetto.\n.\n.. così è.\n".to_owned(),
        html: "<p>Così è.</p>".to_owned(),
        attachments: vec![Attachment {
            name: "prospetto.csv".to_owned(),
            media_type: "text/csv; charset=utf-8",
            bytes: "Anna Esempio;480\r\n".repeat(20_000).into_bytes(),
        }],
    };
    let envelope = Envelope {
        from: Address::parse("mittente@pec.test").unwrap(),
        to: Address::parse(to).unwrap(),
        reply_to: None,
        date: "2026-11-02T08:00:00Z".parse().unwrap(),
        message_id: MessageId::new(month, &agreement, "prospetto", revision, "timbra.example").unwrap(),
        certified: false,
    };
    let bytes = compose(&letter, &envelope, MailSettings::LARGEST_MESSAGE).unwrap().bytes;
    let Envelope { from, to, message_id, .. } = &envelope;
    let message = Outgoing { from, to, message_id, bytes: &bytes };
    let outcome = Transport::Smtp(Box::new(settings)).attempt(&message, &mut || Ok(())).await;
    (outcome, bytes)
}

/// Also failure rows 6 and 7: a real server that refuses a recipient, for now and for good.
#[tokio::test]
async fn exim_gets_every_byte() {
    let Some(root) = prepared() else { return };
    let exim = Exim::start(root.path(), "server");
    let mut sent = Vec::new();
    for (revision, tls) in [(1, Tls::Implicit), (2, Tls::StartTls)] {
        let (outcome, bytes) = attempt(exim.settings(root.path(), tls), "dest@sede.test", revision).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        sent.push(bytes);
    }
    let arrived = exim.arrived(2);
    for bytes in sent {
        // the server puts its lines in front and ends lines as its disk does
        let text = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        assert!(arrived.iter().any(|file| file.ends_with(text.as_bytes())), "{} files", arrived.len());
    }
    for (to, class) in
        [("tmp451@sede.test", FailureClass::Transient), ("perm550@sede.test", FailureClass::Permanent)]
    {
        let (outcome, _) = attempt(exim.settings(root.path(), Tls::Implicit), to, 3).await;
        assert!(matches!(&outcome, Outcome::NotSent(Failure { class: c, .. }) if *c == class), "{outcome:?}");
    }
    let wrong =
        SmtpSettings { password: Some(Secret::new("altra")), ..exim.settings(root.path(), Tls::StartTls) };
    let (outcome, _) = attempt(wrong, "dest@sede.test", 4).await;
    assert!(
        matches!(&outcome, Outcome::NotSent(Failure { class: FailureClass::Account, .. })),
        "{outcome:?}"
    );
    // plain words where TLS is expected, and the authorities of this machine instead of ours
    let crossed = SmtpSettings { port: exim.submission, ..exim.settings(root.path(), Tls::Implicit) };
    let machine = SmtpSettings { ca_file: None, ..exim.settings(root.path(), Tls::Implicit) };
    let missing =
        SmtpSettings { ca_file: Some("/nowhere/ca.pem".into()), ..exim.settings(root.path(), Tls::Implicit) };
    for settings in [crossed, machine, missing] {
        let (outcome, _) = attempt(settings, "dest@sede.test", 5).await;
        assert!(
            matches!(&outcome, Outcome::NotSent(Failure { class: FailureClass::Tls, .. })),
            "{outcome:?}"
        );
    }
    assert_eq!(exim.arrived(2).len(), 2);
}

/// Failure row 10: a certificate that has ended, of another name, of an unknown authority.
#[tokio::test]
async fn a_server_with_a_bad_certificate_gets_nothing() {
    let Some(root) = prepared() else { return };
    for (certificate, reason) in
        [("expired", "expired"), ("wrongname", "not valid for name"), ("foreign", "UnknownIssuer")]
    {
        let exim = Exim::start(root.path(), certificate);
        for tls in [Tls::Implicit, Tls::StartTls] {
            let (outcome, _) = attempt(exim.settings(root.path(), tls), "dest@sede.test", 1).await;
            let Outcome::NotSent(failure) = &outcome else { panic!("{outcome:?}") };
            assert_eq!(failure.class, FailureClass::Tls, "{failure}");
            assert!(failure.reply.contains(reason), "{failure}");
        }
        assert!(!exim.folder.join("mail/Maildir").exists());
    }
}

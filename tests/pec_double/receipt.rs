//! Receipts as a provider writes them: headers, daticert.xml, the original, a signature.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Duration};
use chrono_tz::Europe::Rome;
use chrono_tz::Tz;

use super::Taken;
use super::outcome::{self, ACCEPTED, DELIVERED, Kind, REFUSED};

/// Writes receipts, signed when it has certificates.
pub(super) struct Scribe {
    certificates: Option<PathBuf>,
    count: AtomicUsize,
}

/// A message as the provider has taken it.
struct Original<'a> {
    taken: &'a Taken,
    at: DateTime<Tz>,
    /// The provider's own Message-ID, without brackets.
    id: String,
    /// Ours, with brackets.
    reference: String,
    subject: String,
}

/// How a receipt is not what it should be.
#[derive(Default, Clone, Copy)]
struct Flaws {
    no_reference: bool,
    no_data: bool,
    unsigned: bool,
    foreign: bool,
}

impl Scribe {
    pub(super) fn new(certificates: Option<PathBuf>) -> Self {
        Self { certificates, count: AtomicUsize::new(0) }
    }

    /// The receipt of its delivery, whatever else becomes of it.
    pub(super) fn delivery(&self, taken: &Taken) -> String {
        let at = timbra::daemon::clock::now().with_timezone(&Rome);
        let header = |name: &str| header(&taken.text, name).unwrap_or_default();
        let original = Original {
            taken,
            at,
            id: self.identity(at, "1"),
            reference: header("Message-ID"),
            subject: header("Subject"),
        };
        self.receipt(&original, &DELIVERED, Flaws::default())
    }

    /// The receipts of a message, in the order in which they come: names of files, and contents.
    pub(super) fn receipts(&self, taken: &Taken) -> Vec<(String, String)> {
        let at = timbra::daemon::clock::now().with_timezone(&Rome);
        let header = |name: &str| header(&taken.text, name).unwrap_or_default();
        let original = Original {
            taken,
            at,
            id: self.identity(at, "1"),
            reference: header("Message-ID"),
            subject: header("Subject"),
        };
        let local = taken.to.split('@').next().unwrap_or_default();
        let flaws =
            Flaws { no_reference: local == "senzarif", no_data: local == "senzaxml", ..Flaws::default() };
        let mut receipts: Vec<String> = if breaks_formal_rules(taken) {
            vec![self.receipt(&original, &REFUSED, flaws)]
        } else {
            let kinds = outcome::receipts(local);
            kinds.iter().map(|kind| self.receipt(&original, kind, flaws)).collect()
        };
        if local == "falso" {
            receipts = self.forgeries(&original);
        }
        if local == "doppio" {
            // the same receipt, not a new one
            receipts =
                vec![receipts[0].clone(), receipts[0].clone(), receipts[2].clone(), receipts[2].clone()];
        }
        receipts.into_iter().map(|receipt| (self.file_name(), receipt)).collect()
    }

    /// Four files that claim a delivery: without a signature, signed by a stranger, changed after it
    /// was signed, and a good receipt that somebody put into a message of his own.
    fn forgeries(&self, original: &Original<'_>) -> Vec<String> {
        let unsigned = Flaws { unsigned: true, ..Flaws::default() };
        let foreign = Flaws { foreign: true, ..Flaws::default() };
        let genuine = self.receipt(original, &DELIVERED, Flaws::default());
        let changed = genuine.replacen("Content-Disposition: inline", "Content-Disposition:  inline", 1);
        let id = self.identity(original.at, "5");
        let head = format!(
            "Subject: POSTA CERTIFICATA: CONSEGNA\r\nX-Riferimento-Message-ID: <estraneo.1@altro.test>\r\nDate: {}\r\n\
             Message-ID: <{id}>\r\nTo: {}\r\nFrom: \"Per conto di: estraneo@altro.test\" <posta-certificata@altro.test>\r\n\
             X-Trasporto: posta-certificata\r\n",
            original.at.to_rfc2822(),
            original.taken.from
        );
        let inside = part("message/rfc822", "postacert.eml", "7bit", &genuine);
        let envelope = self.signed(&head, &mixed(&[inside]), Flaws::default());
        vec![
            self.receipt(original, &DELIVERED, unsigned),
            self.receipt(original, &DELIVERED, foreign),
            changed,
            envelope,
        ]
    }

    fn receipt(&self, original: &Original<'_>, kind: &Kind, flaws: Flaws) -> String {
        let at = original.at + Duration::hours(kind.hours);
        let id = self.identity(at, "2");
        let mut head = format!("Subject: {}: {}\r\n", kind.subject, original.subject);
        if !flaws.no_reference {
            head += &format!("X-Riferimento-Message-ID: {}\r\n", original.reference);
        }
        head += &format!(
            "Date: {}\r\nMessage-ID: <{id}>\r\nTo: {}\r\nFrom: posta-certificata@pec.test\r\nX-Ricevuta: {}\r\n",
            at.to_rfc2822(),
            original.taken.from,
            kind.word
        );
        if kind.virus {
            head += "X-VerificaSicurezza: errore\r\n";
        }
        let words = format!("Ricevuta di {}: il giorno {}.\r\n", kind.word, at.format("%d/%m/%Y, %H:%M:%S"));
        let mut parts = vec![format!("Content-Type: text/plain; charset=\"iso-8859-1\"\r\n\r\n{words}")];
        if !flaws.no_data {
            let data = base64(data(original, kind, at).as_bytes());
            parts.push(part("application/xml", "daticert.xml", "base64", &data));
        }
        if kind.original {
            parts.push(part("message/rfc822", "postacert.eml", "7bit", &restamped(original)));
        }
        self.signed(&head, &mixed(&parts), flaws)
    }

    fn signed(&self, head: &str, body: &str, flaws: Flaws) -> String {
        let signer = if flaws.foreign { "forger" } else { "signer" };
        match &self.certificates {
            Some(folder) if !flaws.unsigned => format!("{head}{}", sign(folder, signer, body)),
            _ => format!("{head}MIME-Version: 1.0\r\n{body}"),
        }
    }

    fn identity(&self, at: DateTime<Tz>, part: &str) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        format!("opec1.{}.{number:06}.{}.{part}@pec.test", at.format("%Y%m%d%H%M%S"), std::process::id())
    }

    /// In the order of writing.
    fn file_name(&self) -> String {
        format!("{:06}.eml", self.count.fetch_add(1, Ordering::Relaxed))
    }
}

/// RFC 6109, 3.1.1: the sender of the envelope is that of the header, every recipient stands in `To`
/// or `Cc`, nobody is hidden, and all copies together have at most 30 MB.
fn breaks_formal_rules(taken: &Taken) -> bool {
    let header = |name: &str| header(&taken.text, name).unwrap_or_default();
    let open = format!("{} {}", header("To"), header("Cc"));
    !header("From").contains(&taken.from)
        || !open.contains(&taken.to)
        || !header("Bcc").is_empty()
        || taken.text.len() > 30_000_000
}

/// The value of a header, unfolded.
fn header(text: &str, name: &str) -> Option<String> {
    let head = text.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The message with the provider's Message-ID; ours is kept beside it.
fn restamped(original: &Original<'_>) -> String {
    let ours = format!("Message-ID: {}\r\n", original.reference);
    let theirs =
        format!("Message-ID: <{}>\r\nX-Riferimento-Message-ID: {}\r\n", original.id, original.reference);
    original.taken.text.replacen(&ours, &theirs, 1)
}

fn data(original: &Original<'_>, kind: &Kind, at: DateTime<Tz>) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let Original { taken, id, reference, subject, .. } = original;
    let optional = |name: &str, value: Option<String>| {
        value.map(|value| format!("    <{name}>{}</{name}>\n", escaped(&value))).unwrap_or_default()
    };
    let receipt = if kind.original { "    <ricevuta tipo=\"completa\"/>\n" } else { "" };
    let recipient = optional("consegna", kind.names_recipient.then(|| taken.to.clone()));
    let detail = optional("errore-esteso", kind.detail.map(str::to_owned));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"{}\" errore=\"{}\">\n  <intestazione>\n    \
         <mittente>{}</mittente>\n    <destinatari tipo=\"{}\">{}</destinatari>\n    <risposte>{}</risposte>\n    \
         <oggetto>{}</oggetto>\n  </intestazione>\n  <dati>\n    <gestore-emittente>Gestore di Prova S.p.A.</gestore-emittente>\n    \
         <data zona=\"{}\">\n      <giorno>{}</giorno>\n      <ora>{}</ora>\n    </data>\n    \
         <identificativo>{id}</identificativo>\n    <msgid>{}</msgid>\n{receipt}{recipient}{detail}  </dati>\n</postacert>\n",
        kind.word,
        kind.error,
        taken.from,
        kind.recipient,
        taken.to,
        taken.from,
        escaped(subject),
        at.format("%z"),
        at.format("%d/%m/%Y"),
        at.format("%H:%M:%S"),
        escaped(reference),
    )
}

fn mixed(parts: &[String]) -> String {
    let boundary = "----------=_ricevuta";
    let parts = parts.iter().fold(String::new(), |all, part| all + "--" + boundary + "\r\n" + part + "\r\n");
    format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n{parts}--{boundary}--\r\n")
}

fn part(media_type: &str, name: &str, encoding: &str, content: &str) -> String {
    format!(
        "Content-Type: {media_type}; name=\"{name}\"\r\nContent-Disposition: inline; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: {encoding}\r\n\r\n{content}"
    )
}

/// A clear signature (S/MIME, detached) over a body.
fn sign(folder: &Path, signer: &str, body: &str) -> String {
    let input = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(input.path(), body).unwrap();
    let output = Command::new("openssl")
        .args(["cms", "-sign", "-md", "sha256", "-outform", "SMIME", "-in"])
        .arg(input.path())
        .arg("-signer")
        .arg(folder.join(format!("{signer}.pem")))
        .arg("-inkey")
        .arg(folder.join(format!("{signer}.key")))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (line, group) in bytes.chunks(3).enumerate() {
        if line > 0 && line % 19 == 0 {
            text += "\r\n";
        }
        let word = (0..3).fold(0_usize, |word, at| word << 8 | usize::from(*group.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let letter = alphabet[word >> (18 - 6 * at) & 63];
            text.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[test]
fn the_first_and_the_last_are_what_providers_write() {
    let scribe = Scribe::new(None);
    let taken = Taken {
        from: "a@ospitante.example".to_owned(),
        to: "b@sede.example".to_owned(),
        text: "Message-ID: <pres.2026-10.a.n1-2026.r1@ospitante.example>\r\nFrom: a@ospitante.example\r\n\
               To: b@sede.example\r\nSubject: Prospetto\r\n\r\nciao\r\n"
            .to_owned(),
        kept: true,
    };
    let receipts: Vec<String> = scribe.receipts(&taken).into_iter().map(|(_, receipt)| receipt).collect();
    assert_eq!(receipts.len(), 2);
    assert!(receipts[0].starts_with("Subject: ACCETTAZIONE: Prospetto\r\n"), "{}", receipts[0]);
    assert!(receipts[1].contains("X-Ricevuta: avvenuta-consegna\r\n"));
    assert!(
        receipts[1]
            .contains("\r\nX-Riferimento-Message-ID: <pres.2026-10.a.n1-2026.r1@ospitante.example>\r\n")
    );
    let hidden = Taken { to: "c@sede.example".to_owned(), ..taken };
    let refused = scribe.receipts(&hidden);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].1.contains("X-Ricevuta: non-accettazione"));
    assert_eq!(ACCEPTED.error, "nessuno");
}

use super::*;
use crate::domain::ids::AgreementId;
use crate::domain::month::Month;
use crate::render::Attachment;

fn letter() -> Letter {
    Letter {
        subject: "Prospetto mensile presenze coworking 10/2026 - n. 7".to_owned(),
        text: "Si trasmette il prospetto.\nL'attività è chiusa.\n.\n".to_owned(),
        html: "<p>Si trasmette il prospetto: è chiuso.</p>".to_owned(),
        attachments: vec![Attachment {
            name: "prospetto_2026-10_r1.csv".to_owned(),
            media_type: "text/csv; charset=utf-8",
            bytes: "Nome;Minuti\r\nAnna Esempio;480\r\n".as_bytes().to_vec(),
        }],
    }
}

fn envelope() -> Envelope {
    let agreement = AgreementId::new("prova-como").unwrap();
    let month = Month::parse("2026-10").unwrap();
    Envelope {
        from: Address::parse("presenze@ufficio.example").unwrap(),
        to: Address::parse("protocollo@sede.example").unwrap(),
        reply_to: Some(Address::parse("persone@ufficio.example").unwrap()),
        date: "2026-11-02T08:00:00Z".parse().unwrap(),
        message_id: MessageId::new(month, &agreement, "prospetto", 1, "timbra.example").unwrap(),
        certified: false,
    }
}

const LARGEST: usize = crate::mail::MailSettings::LARGEST_MESSAGE;

#[test]
fn the_message_is_the_same_bytes_every_time() {
    let sealed = compose(&letter(), &envelope(), LARGEST).unwrap();
    assert_eq!(compose(&letter(), &envelope(), LARGEST).unwrap(), sealed);
    assert_eq!(Sha256::digest(&sealed.bytes).as_slice(), sealed.sha256);
    let shown = String::from_utf8(sealed.bytes).unwrap();
    assert_eq!(shown.matches('\n').count(), shown.matches("\r\n").count());
    assert!(shown.lines().all(|line| line.len() <= 998));
    insta::assert_snapshot!(shown.replace("\r\n", "\n"));
}

#[test]
fn what_cannot_be_sent_is_not_sealed() {
    type Row = (fn(&mut Letter), &'static str);
    let changed = |change: fn(&mut Letter)| {
        let mut letter = letter();
        change(&mut letter);
        compose(&letter, &envelope(), LARGEST)
    };
    let rows: &[Row] = &[
        (|l| l.subject = "Attività".to_owned(), "the subject must"),
        (|l| l.subject = String::new(), "the subject must"),
        (|l| l.subject = "a\r\nBcc: b@c.example".to_owned(), "the subject must"),
        (|l| l.subject = "x".repeat(121), "the subject must"),
        (|l| l.attachments[0].name = "../a.csv".to_owned(), "an attachment's name"),
        (|l| l.attachments[0].name = "Città.csv".to_owned(), "an attachment's name"),
        (|l| l.attachments[0].name = String::new(), "an attachment's name"),
        (|l| l.attachments[0].media_type = "csv", "the attachment prospetto_2026-10_r1.csv"),
    ];
    for (change, expected) in rows {
        let error = changed(*change).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let size = compose(&letter(), &envelope(), LARGEST).unwrap().bytes.len();
    assert!(compose(&letter(), &envelope(), size).is_ok());
    assert_eq!(
        compose(&letter(), &envelope(), size - 1).unwrap_err(),
        ComposeError::TooLarge { size, largest: size - 1 }
    );
}

/// RFC 6109, 3.1.1: one sender, one recipient in sight, nobody hidden. Only certified mail asks for
/// the receipt that holds the whole message.
#[test]
fn the_head_is_what_a_pec_provider_accepts() {
    for certified in [true, false] {
        let sealed = compose(&letter(), &Envelope { certified, ..envelope() }, LARGEST).unwrap();
        let text = String::from_utf8(sealed.bytes).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let named = |name: &str| head.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!(["From: ", "To: ", "Message-ID: ", "Date: "].map(named), [1, 1, 1, 1], "{head}");
        assert_eq!(["Bcc: ", "Cc: ", "Sender: "].map(named), [0, 0, 0], "{head}");
        assert!(head.contains("\r\nFrom: presenze@ufficio.example\r\n"), "{head}");
        assert!(head.contains("\r\nTo: protocollo@sede.example\r\n"), "{head}");
        assert_eq!(head.contains("\r\nX-TipoRicevuta: completa\r\n"), certified, "{head}");
    }
}

//! Receipts out of a real mailbox, with the whole daemon (failure row 19 of delivery).

use super::dovecot::Dovecot;
use super::folder::states;
use crate::office::{Office, month_ago, regular_days, working_days};
use crate::pec_double::PecDouble;

/// An office that sends by this provider and reads this mailbox.
fn office(
    double: &PecDouble,
    dovecot: &Dovecot,
    (tls, password): (&str, &str),
    recipients: &[&str],
) -> Office {
    let mut office = Office::new();
    office.mail = double.mail();
    office.more += &dovecot.receipts(&office, tls, password);
    office.write();
    let days = working_days(month_ago(1), 1);
    let punches = recipients.iter().enumerate().map(|(number, recipient)| {
        let badge = format!("{}", number + 5);
        office.agreement(recipient, &badge, &days, "");
        regular_days(&badge, &days)
    });
    let punches: String = punches.collect();
    office.drop("a.dat", punches);
    office
}

/// The provider puts its receipts into the mailbox.
fn deliver(double: &PecDouble, dovecot: &Dovecot) {
    for (path, receipt) in double.written() {
        dovecot.deliver(path.file_name().unwrap().to_str().unwrap(), receipt);
    }
}

const ORDINARY: &str = "From: qualcuno@altro.example\r\nTo: presenze@ospitante.example\r\nSubject: Una domanda\r\n\
    Date: Tue, 3 Nov 2026 09:00:00 +0100\r\nMessage-ID: <domanda@altro.example>\r\n\r\nBuongiorno.\r\n";

#[test]
fn receipts_are_read_and_the_mailbox_stays_as_it_is() {
    for tls in ["implicit", "starttls"] {
        let Some(dovecot) = Dovecot::start() else { return };
        let double = PecDouble::start_plain();
        let recipients = ["buono", "nodest", "invertito", "senzarif", "scaduto"];
        let office = office(&double, &dovecot, (tls, "segreta"), &recipients);
        dovecot.deliver("0", ORDINARY);
        let daemon = office.run_ready();
        office.until("all is sent", || double.written().len() == 11);
        deliver(&double, &dovecot);
        let before = dovecot.untouched();
        let expected = [
            ("buono", "delivered"),
            ("invertito", "delivered"),
            ("nodest", "undelivered"),
            ("scaduto", "expired"),
            ("senzarif", "delivered"),
        ];
        let expected = expected.map(|(name, state)| (name.to_owned(), state.to_owned())).into();
        office.until("every message is where it belongs", || states(&office) == expected);
        let read = |office: &Office| office.number("SELECT count(*) FROM received");
        office.until("the other mail is listed", || read(&office) == Some(12));
        let kept = "SELECT count(*) FROM received_message";
        assert_eq!(office.number(kept), Some(11), "of other mail nothing is kept");
        assert_eq!(daemon.stop().0.code(), Some(0));
        assert_eq!(dovecot.untouched(), before, "nothing was marked, moved or deleted");

        // the numbers start anew, with one message more; then somebody deletes everything
        dovecot.forget_numbers();
        dovecot.deliver("z", ORDINARY.replace("domanda@", "altra@"));
        let daemon = office.run_ready();
        office.until("it is read anew", || read(&office) == Some(13));
        assert!(office.journal().contains("numbered anew"), "{}", office.journal());
        dovecot.empty();
        dovecot.deliver("zz", ORDINARY.replace("domanda@", "terza@"));
        office.until("what comes later is read", || read(&office) == Some(14));
        assert_eq!(daemon.stop().0.code(), Some(0));
        assert_eq!(states(&office), expected, "no state is lost");
        assert_eq!(office.number("SELECT count(*) FROM mail_source WHERE trouble IS NULL"), Some(1));
    }
}

/// What a protocol desk sends when it will not register a document.
fn refusal(author: &str, of: &str) -> String {
    format!(
        "From: \"Per conto di: {author}\" <posta-certificata@pec.test>\r\nMessage-ID: <eccezione.{author}>\r\n\
         X-Trasporto: posta-certificata\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n--o\r\n\
         Content-Type: application/xml; name=\"daticert.xml\"\r\n\r\n<postacert tipo=\"posta-certificata\"><intestazione>\
         <mittente>{author}</mittente></intestazione></postacert>\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n\
         In-Reply-To: <{of}>\r\nContent-Type: multipart/mixed; boundary=\"i\"\r\n\r\n--i\r\n\
         Content-Type: application/xml; name=\"Eccezione.xml\"\r\n\r\n<NotificaEccezione><Motivo>manca la firma</Motivo>\
         </NotificaEccezione>\r\n--i--\r\n\r\n--o--\r\n"
    )
}

#[test]
fn a_protocol_desk_that_refuses_what_was_delivered_is_a_state_and_an_alarm() {
    let Some(dovecot) = Dovecot::start() else { return };
    let double = PecDouble::start_plain();
    let office = office(&double, &dovecot, ("implicit", "segreta"), &["buono"]);
    let daemon = office.run_ready();
    office.until("it is sent", || double.written().len() == 2);
    deliver(&double, &dovecot);
    office.until("it is delivered", || office.states() == ["delivered"]);
    let provider: String = office.value("SELECT identifier FROM received WHERE outbox = 1 LIMIT 1").unwrap();
    dovecot.deliver("a", refusal("estraneo@altro.example", &provider));
    let standing = |kind: &str| {
        office.number(&format!("SELECT count(*) FROM alarm WHERE kind = '{kind}' AND cleared_at IS NULL"))
    };
    office.until("a stranger's refusal is told", || standing("review") == Some(1));
    assert_eq!(office.states(), ["delivered"]);
    dovecot.deliver("b", refusal("Buono@roma.example", &provider));
    office.until("the recipient's counts", || office.states() == ["contested_by_protocol"]);
    assert_eq!(standing("exception"), Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert!(office.timbra(&["status"]).out.contains("rejected by their protocol desk"));
    let closed = office.timbra(&["outbox", "close", "1", "--why", "chiarito per telefono"]);
    assert_eq!(closed.code, Some(0), "{closed:?}");
}

#[test]
fn a_wrong_password_is_tried_once_until_the_configuration_is_read_anew() {
    let Some(dovecot) = Dovecot::start() else { return };
    let double = PecDouble::start_plain();
    let office = office(&double, &dovecot, ("implicit", "sbagliata"), &["buono"]);
    let refusals = || dovecot.log().matches("auth failed").count();
    for _ in 0..2 {
        let daemon = office.run_ready();
        office.until("it is refused", || {
            office.number("SELECT count(*) FROM alarm WHERE kind = 'login' AND cleared_at IS NULL") == Some(1)
        });
        office.until("the rest goes on", || double.written().len() == 2);
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
    deliver(&double, &dovecot);
    let daemon = office.run_ready();
    std::fs::write(office.path("etc/imap-password"), "segreta").unwrap();
    daemon.signal("HUP");
    office.until("receipts are read", || office.states() == ["delivered"]);
    assert_eq!(daemon.stop().0.code(), Some(0));
    office.until("the server has noted it", || refusals() > 0);
    assert_eq!(refusals(), 1, "{}", dovecot.log());
    assert_eq!(
        office.number("SELECT count(*) FROM alarm WHERE cleared_at IS NULL AND kind = 'login'"),
        Some(0)
    );
}

#[test]
fn a_server_that_does_not_answer_holds_up_nothing_else() {
    let Some(dovecot) = Dovecot::start() else { return };
    let double = PecDouble::start_plain();
    let mut office = office(&double, &dovecot, ("implicit", "segreta"), &["buono"]);
    office.more = office.more.replace("timeout_seconds = 2", "timeout_seconds = 1");
    office.write();
    dovecot.signal("STOP");
    let daemon = office.run_ready();
    office.until_told("cannot be read now");
    office.until("the rest goes on", || double.written().len() == 2);
    deliver(&double, &dovecot);
    office.until_told("still cannot be read");
    let standing = "SELECT count(*) FROM alarm WHERE kind = 'receipts' AND cleared_at IS NULL";
    office.until("a person is told", || office.number(standing) == Some(1));
    dovecot.signal("CONT");
    office.until("it is read when it answers", || office.states() == ["delivered"]);
    office.until("the alarm is over", || office.number(standing) == Some(0));
    let (ended, _) = daemon.stop();
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_mailbox_that_fills_is_told_and_a_stranger_gets_no_password() {
    let Some(dovecot) = Dovecot::start() else { return };
    let double = PecDouble::start_plain();
    let mut office = office(&double, &dovecot, ("implicit", "segreta"), &[]);
    let large = format!("{ORDINARY}{}", "Ancora una riga di testo che occupa posto.\r\n".repeat(4000));
    dovecot.deliver("0", large);
    let daemon = office.run_ready();
    office.until_told("nearly full");
    assert_eq!(daemon.stop().0.code(), Some(0));
    let told: String = office.value("SELECT text FROM alarm WHERE subject = 'receipts quota'").unwrap();
    assert!(told.starts_with("la casella delle ricevute occupa 8"), "{told}");
    // the authorities of this machine do not know that certificate
    office.more = office
        .more
        .lines()
        .filter(|line| !line.starts_with("ca_file"))
        .fold(String::new(), |text, line| text + line + "\n");
    office.write();
    let logins = dovecot.log().matches("Login: user").count();
    let daemon = office.run_ready();
    office.until_told("cannot be read now");
    let standing = "SELECT count(*) FROM alarm WHERE kind = 'tls' AND cleared_at IS NULL";
    office.until("a person is told", || office.number(standing) == Some(1));
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(dovecot.log().matches("Login: user").count(), logins);
}

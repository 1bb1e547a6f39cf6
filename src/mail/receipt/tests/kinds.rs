use super::*;
use crate::mail::receipt::read;

/// `X-Ricevuta`, other headers, `tipo` and `errore` of the certificate, its long text, the text of
/// the message, and what comes of it in the provider's mailbox.
const KINDS: &str = "
accettazione||accettazione nessuno|||accettazione accepted true missing -
non-accettazione||non-accettazione altro|||non-accettazione refused true missing failed
non-accettazione|X-VerificaSicurezza: errore|non-accettazione virus|||non-accettazione refused true missing failed
presa-in-carico||presa-in-carico nessuno|||presa-in-carico - true missing -
avvenuta-consegna||avvenuta-consegna nessuno|||avvenuta-consegna delivered true missing -
errore-consegna||errore-consegna no-dominio|||errore-consegna undelivered true missing failed
errore-consegna|X-VerificaSicurezza: errore|errore-consegna virus|||errore-consegna undelivered true missing failed
rilevazione-virus|X-Mittente: a@b|rilevazione-virus virus|||rilevazione-virus - true missing -
mancata-consegna||errore-consegna altro|||mancata-consegna undelivered true missing failed
errore-consegna||mancata-consegna altro|||errore-consegna undelivered true missing failed
preavviso-errore-consegna||preavviso-errore-consegna altro|entro 12 ore||preavviso-errore-consegna warning true missing warning
preavviso-errore-consegna||preavviso-errore-consegna altro|entro 24 ore|prime dodici ore|preavviso-errore-consegna expired true missing failed
preavviso-errore-consegna||preavviso-errore-consegna altro|tempo massimo|prime dodici ore|preavviso-errore-consegna warning true missing warning
preavviso-errore-consegna||preavviso-errore-consegna altro|tempo massimo||preavviso-errore-consegna warning true missing warning
Accettazione|X-Ricezione: a|ACCETTAZIONE Nessuno|||accettazione accepted true missing -
avvenuta-consegna||accettazione nessuno|||avvenuta-consegna - false missing review
consegna-rem||consegna-rem nessuno|||consegna-rem - false missing unknown_kind
accettazione|X-Ricevuta: avvenuta-consegna|accettazione nessuno|||accettazione - false missing review
accettazione|X-RICEVUTA: accettazione|accettazione nessuno|||accettazione accepted true missing -
accettazione|X-Riferimento-Message-ID: <other@x.example>|accettazione nessuno|||accettazione - false missing review
accettazione|X-Trasporto: posta-certificata|accettazione nessuno|||envelope - false missing -
";

#[test]
fn each_kind_of_receipt_has_its_effect() {
    for cells in rows(KINDS) {
        let [kind, header, certified, detail, text, expected] = cells.as_slice() else { panic!("{cells:?}") };
        let (tipo, error) = certified.split_once(' ').unwrap();
        let data = if detail.is_empty() {
            String::new()
        } else {
            format!("<errore-esteso>{detail}</errore-esteso>")
        };
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        let headers = format!("x-ricevuta: {kind}\r\n{header}");
        let receipt = read(&made(&headers, &certificate(tipo, error, &data), text), None);
        assert_eq!(row(&receipt, Place::Mailbox), *expected, "{cells:?}: {:?}", receipt.flaws);
        let judged = receipt.judge(Place::File);
        assert!(judged.effect.is_none() && !judged.trusted, "no file counts without a signature: {cells:?}");
    }
}

#[test]
fn a_reference_may_be_missing_from_either_place() {
    let header = format!("X-Ricevuta: accettazione\r\nX-Riferimento-Message-ID: <{OURS}>\r\n");
    for (headers, certificate) in [
        (header.as_str(), "<postacert tipo='accettazione'/>".to_owned()),
        ("X-Ricevuta: accettazione\r\n", certificate("accettazione", "nessuno", "")),
    ] {
        let receipt = read(&made(headers, &certificate, ""), None);
        assert_eq!(receipt.message_id.as_deref(), Some(OURS));
        assert_eq!(row(&receipt, Place::Mailbox), "accettazione accepted true missing -");
    }
}

#[test]
fn what_no_provider_wrote_is_no_receipt() {
    let certified = certificate("accettazione", "nessuno", "");
    let made = |headers: &str, certified: &str| String::from_utf8(made(headers, certified, "")).unwrap();
    let receipt = made("X-Ricevuta: accettazione\r\n", &certified);
    for from in
        ["posta@pec.example.it", "posta-certificata", "x@posta-certificata.example", "posta-certificata@"]
    {
        let receipt = receipt.replacen("posta-certificata@pec.example.it", from, 1);
        let row = row(&read(receipt.as_bytes(), None), Place::Mailbox);
        assert_eq!(row, "accettazione - false missing review", "{from}");
    }
    let part = receipt.split("--b\r\n").last().unwrap().replace("--b--\r\n", "");
    let twice = receipt.replacen("--b--", &format!("--b\r\n{part}--b--"), 1);
    let without = receipt.replacen("name=\"daticert.xml\"", "name=\"altro.xml\"", 1);
    let headless = made("", &certified);
    for (raw, expected) in [
        (twice, "accettazione - false missing review"),
        (without, "accettazione - false missing unreadable"),
        (made("X-Ricevuta: accettazione\r\n", "<postacert"), "accettazione - false missing unreadable"),
        (made("X-Trasporto: errore\r\n", ""), "envelope - false missing -"),
        (headless, "none - false missing -"),
    ] {
        assert_eq!(row(&read(raw.as_bytes(), None), Place::Mailbox), expected, "{raw}");
    }
}

fn envelope(transport: &str, inside: &str) -> Vec<u8> {
    format!(
        "From: \"Per conto di: x\" <posta-certificata@y.example>\r\nX-Trasporto: {transport}\r\n\
         Content-Type: multipart/mixed; boundary=\"o\"\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n{inside}\r\n--o--\r\n"
    )
    .into_bytes()
}

const BOUNCE: &str = "Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\r\n\
    Date: Tue, 3 Nov 2026 10:00:00 +0100\r\n\r\n--r\r\n\r\nno\r\n--r\r\nContent-Type: message/delivery-status\r\n\r\n\
    Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; no@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--r\r\n\
    Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <pres.2026-10.0001.r1@presenze.example.it>\r\n\r\n--r--\r\n";

#[test]
fn a_bounce_counts_on_its_own_and_not_inside() {
    let receipt = read(BOUNCE.as_bytes(), None);
    for place in [Place::Mailbox, Place::File] {
        assert_eq!(row(&receipt, place), "dsn undelivered true missing failed");
    }
    assert_eq!(receipt.message_id.as_deref(), Some(OURS));
    assert_eq!(receipt.at.unwrap().to_rfc3339(), "2026-11-03T10:00:00+01:00");
    let delayed = BOUNCE.replace("failed", "delayed");
    assert_eq!(row(&read(delayed.as_bytes(), None), Place::File), "dsn warning true missing warning");
    let relayed = BOUNCE.replace("failed", "relayed");
    assert_eq!(row(&read(relayed.as_bytes(), None), Place::File), "dsn - true missing -");
    let delivered = read(relayed.replace("5.1.1", "2.0.0").as_bytes(), None);
    assert_eq!((receipt.error.as_deref(), delivered.error), (Some("5.1.1"), None), "success is no error");
    let nameless = BOUNCE.replace("Message-ID", "X");
    assert_eq!(row(&read(nameless.as_bytes(), None), Place::File), "dsn - false missing review");
    let wrapped = read(&envelope("errore", BOUNCE), None);
    assert_eq!(row(&wrapped, Place::Mailbox), "envelope - false missing review");
    assert_eq!(wrapped.claims[0].message_id.as_deref(), Some(OURS));
}

#[test]
fn a_protocol_desk_may_refuse_what_it_got() {
    let inside = "In-Reply-To: <opec1@prov.example>\r\nContent-Type: multipart/mixed; boundary=\"i\"\r\n\r\n--i\r\n\
        Content-Type: application/xml; name=\"Eccezione.xml\"\r\n\r\n<NotificaEccezione><Motivo>illeggibile</Motivo>\
        </NotificaEccezione>\r\n--i--\r\n";
    let refused = read(&envelope("posta-certificata", inside), None);
    assert_eq!(row(&refused, Place::Mailbox), "envelope contested false missing contested");
    assert_eq!(row(&refused, Place::File), "envelope - false missing contested");
    let exception = refused.exception.unwrap();
    assert_eq!(exception.references, ["opec1@prov.example"]);
    assert_eq!(exception.reason.as_deref(), Some("illeggibile"));
    // ordinary mail, wrapped or not, is only told
    for raw in [envelope("errore", inside), inside.as_bytes().to_vec()] {
        let receipt = read(&raw, None);
        let judged = receipt.judge(Place::Mailbox);
        assert_eq!((judged.effect, judged.concern), (None, Some(Concern::Contested)));
    }
}

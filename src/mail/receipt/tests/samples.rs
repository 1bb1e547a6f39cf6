use super::*;
use crate::mail::receipt::{Claim, Recipient, Verdict, read};

/// File, row as a file that anybody may have dropped, month and number of the message, time, error,
/// detail.
const SAMPLES: &str = "
01-accettazione|accettazione accepted true valid -|0001|2026-11-03T09:15:02+01:00|-|-
03-avvenuta-consegna-completa|avvenuta-consegna delivered true valid -|0001|2026-11-03T09:15:02+01:00|-|-
04-avvenuta-consegna-breve|avvenuta-consegna delivered true valid -|0001|2026-11-03T09:15:02+01:00|-|-
06-non-accettazione-formale|non-accettazione refused true valid failed|0001|2026-11-03T09:15:02+01:00|altro|il mittente dell'envelope non coincide con il From
08-errore-consegna-no-dest|errore-consegna undelivered true valid failed|0001|2026-11-03T09:15:02+01:00|no-dest|5.1.1 - Gestore di Prova S.p.A. - indirizzo non valido
12-preavviso-12h|preavviso-errore-consegna warning true valid warning|0001|2026-11-03T21:15:02+01:00|altro|il messaggio non e' stato consegnato nelle prime 12 ore dal suo invio
13-preavviso-24h|preavviso-errore-consegna expired true valid failed|0001|2026-11-04T08:55:02+01:00|altro|il messaggio non e' stato consegnato nelle 24 ore successive al suo invio
15-posta-certificata-in-arrivo|envelope - false valid -|-|2026-11-03T09:15:02+01:00|-|-
16-due-destinatari-misti|accettazione accepted true valid external|0001|2026-11-03T09:15:02+01:00|-|-
30-busta-con-ricevuta-falsa-dentro|envelope - false valid forged|-|2026-11-03T09:15:02+01:00|-|-
31-consegna-non-firmata|avvenuta-consegna - false missing signature|0001|2026-11-03T09:15:02+01:00|-|-
33-senza-riferimento-header|accettazione accepted true valid -|0001|2026-11-03T09:15:02+01:00|-|-
36-daticert-xxe|accettazione - false missing signature|0001|-|-|-
39-riferimento-discorde|accettazione - false missing signature|9999|2026-11-03T09:15:02+01:00|-|-
";

#[test]
fn each_sample_says_what_it_says_and_no_more() {
    let authorities = anchors("test-ca.pem");
    for cells in rows(SAMPLES) {
        let [name, expected, number, at, error, detail] = cells.as_slice() else { panic!("{cells:?}") };
        let raw = sample(&format!("{name}.eml"));
        let lf: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
        for raw in [raw, lf] {
            let receipt = read(&raw, Some(&authorities));
            assert_eq!(row(&receipt, Place::File), *expected, "{name}: {:?}", receipt.signature);
            assert_eq!(read(&raw, None).signature, receipt.signature, "{name}");
            let or = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
            let id = if *number == "-" { "-".to_owned() } else { OURS.replace("0001", number) };
            assert_eq!(or(receipt.message_id), id, "{name}");
            assert_eq!(or(receipt.at.map(|at| at.to_rfc3339())), *at, "{name}");
            assert_eq!([or(receipt.error), or(receipt.detail)], [*error, *detail], "{name}");
        }
    }
}

#[test]
fn the_samples_tell_their_recipients() {
    let recipients = |name: &str| read(&sample(name), None).recipients;
    let home = Recipient { address: HOME.to_owned(), certified: true };
    let external = Recipient { address: "ufficio@example.com".to_owned(), certified: false };
    assert_eq!(recipients("03-avvenuta-consegna-completa.eml"), std::slice::from_ref(&home));
    assert_eq!(recipients("16-due-destinatari-misti.eml"), [home, external]);
    let forged = read(&sample("30-busta-con-ricevuta-falsa-dentro.eml"), None).claims;
    assert_eq!(forged, [Claim { kind: "avvenuta-consegna".to_owned(), message_id: Some(OURS.to_owned()) }]);
}

/// The samples that bear no signature, in the provider's own mailbox: what else is wrong decides.
#[test]
fn without_a_signature_the_rest_decides_in_the_mailbox() {
    for (name, expected) in [
        ("31-consegna-non-firmata", "avvenuta-consegna delivered true missing -"),
        ("36-daticert-xxe", "accettazione - false missing unreadable"),
        ("39-riferimento-discorde", "accettazione - false missing review"),
    ] {
        let receipt = read(&sample(&format!("{name}.eml")), None);
        assert_eq!(row(&receipt, Place::Mailbox), expected, "{name}");
    }
}

/// What a signature covers, changed in one place.
#[test]
fn a_changed_receipt_is_not_believed_anywhere() {
    let raw = String::from_utf8(sample("01-accettazione.eml")).unwrap();
    let delimiter = "\r\n------237F3CE966440786510BC352FBF72A52\r\nContent-Type: application/x-pkcs7";
    let changed = [
        // one letter of the certificate, of the text, one more line
        raw.replacen("Y2NldHRhemlvbmUi", "Y2NldHRhemlvbmUj", 1),
        raw.replacen("LS0gYWNjZXR0", "LS0gYWNjZXR1", 1),
        raw.replacen(delimiter, &format!("\r\n{delimiter}"), 1),
        // one letter of the signature; no base64; another structure; cut
        raw.replacen("MFh0iMlG", "MFh0iMlH", 1),
        raw.replacen("MIIEngYJ", "MIIEng!J", 1),
        raw.replacen("MIIEngYJ", "MIIDngYJ", 1),
        raw.split_inclusive("\r\n").filter(|line| !line.starts_with("MIIEngYJ")).collect(),
    ];
    for (number, changed) in changed.iter().enumerate() {
        assert_ne!(*changed, raw, "{number}");
        let receipt = read(changed.as_bytes(), None);
        assert_eq!(receipt.signature.verdict, Verdict::Broken, "{number}: {:?}", receipt.signature);
        for place in [Place::Mailbox, Place::File] {
            let expected = "accettazione - false broken signature";
            assert_eq!(row(&receipt, place), expected, "{number}");
        }
    }
}

#[test]
fn what_a_signature_does_not_cover_must_agree_with_what_it_covers() {
    let raw = String::from_utf8(sample("01-accettazione.eml")).unwrap();
    let renamed = raw.replacen("X-Ricevuta: accettazione", "X-Ricevuta: avvenuta-consegna", 1);
    let refused = "avvenuta-consegna - false valid review";
    assert_eq!(row(&read(renamed.as_bytes(), None), Place::File), refused);
    // a certificate beside the signed part
    let delivered = made("", &certificate("avvenuta-consegna", "nessuno", ""), "");
    let delivered = String::from_utf8(delivered).unwrap();
    let part = delivered.split("--b\r\n").last().unwrap().replace("--b--", "");
    let end = "------237F3CE966440786510BC352FBF72A52--";
    let beside = renamed.replacen(end, &format!("{}\r\n{part}\r\n{end}", end.trim_end_matches('-')), 1);
    assert_ne!(beside, renamed);
    assert_eq!(row(&read(beside.as_bytes(), None), Place::File), refused);
}

#[test]
fn another_authority_is_not_believed() {
    let receipt = read(&sample("01-accettazione.eml"), Some(&anchors("other-ca.pem")));
    assert_eq!(row(&receipt, Place::Mailbox), "accettazione - false broken signature");
    assert!(receipt.signature.why.contains("ca_file"), "{}", receipt.signature.why);
    assert_eq!(receipt.signature.signer.as_deref(), Some("posta-certificata@pec.test"));
    assert!(receipt.signature.certificate.is_some());
    for bad in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Anchors::from_pem(bad).is_err(), "{bad}");
    }
}

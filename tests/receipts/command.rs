//! `timbra receipt`: the JSON is a contract, the text is for people.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::office::{Office, Said};

pub(super) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec").join(name)
}

fn receipt(office: &Office, path: &Path, more: &[&str]) -> Said {
    office.timbra(&[&["receipt", path.to_str().unwrap()], more].concat())
}

/// An office whose configuration names the authority of the samples.
fn office() -> Office {
    let mut office = Office::new();
    office.more = format!("[receipts]\nca_file = \"{}\"\n", sample("test-ca.pem").display());
    office.write();
    office
}

#[test]
fn one_object_with_exactly_these_keys() {
    let office = office();
    let (ours, home) = ("pres.2026-10.0001.r1@presenze.example.it", "prefettura.sede@pec.example.org");
    let rows = [
        (
            "03-avvenuta-consegna-completa.eml",
            0,
            json!({
                "kind": "avvenuta-consegna", "message_id": ours, "recipients": [home], "error": null, "detail": null,
                "at": "2026-11-03T09:15:02+01:00", "effect": "delivered", "trusted": true, "signature": "valid",
                "why": format!("delivered into the mailbox of {home}"),
            }),
        ),
        (
            "08-errore-consegna-no-dest.eml",
            3,
            json!({
                "kind": "errore-consegna", "message_id": ours, "recipients": [home], "error": "no-dest",
                "detail": "5.1.1 - Gestore di Prova S.p.A. - indirizzo non valido",
                "at": "2026-11-03T09:15:02+01:00", "effect": "undelivered", "trusted": true, "signature": "valid",
                "why": format!("not delivered to {home}: there is no such mailbox: correct the address \
                    (5.1.1 - Gestore di Prova S.p.A. - indirizzo non valido)"),
            }),
        ),
        (
            "31-consegna-non-firmata.eml",
            3,
            json!({
                "kind": "avvenuta-consegna", "message_id": ours, "recipients": [home], "error": null, "detail": null,
                "at": "2026-11-03T09:15:02+01:00", "effect": null, "trusted": false, "signature": "missing",
                "why": "not believed: it bears no signature, and a file without one proves nothing",
            }),
        ),
        (
            "30-busta-con-ricevuta-falsa-dentro.eml",
            3,
            json!({
                "kind": "envelope", "message_id": null, "recipients": [], "error": null, "detail": null,
                "at": "2026-11-03T09:15:02+01:00", "effect": null, "trusted": false, "signature": "valid",
                "why": "an incoming PEC: it holds a receipt (avvenuta-consegna), and a receipt inside a message proves nothing",
            }),
        ),
    ];
    for (name, code, expected) in rows {
        let said = receipt(&office, &sample(name), &["--json"]);
        assert_eq!((said.json(), said.code), (expected, Some(code)), "{name}");
    }
    assert!(!office.path("store").exists(), "no store is touched");
}

#[test]
fn it_needs_no_configuration_and_takes_other_authorities() {
    let office = office();
    let file = sample("01-accettazione.eml");
    let effect = |said: &Said| (said.json()["signature"].clone(), said.json()["effect"].clone());
    let none = receipt(&office, &file, &["--json", "--ca", sample("other-ca.pem").to_str().unwrap()]);
    assert_eq!(effect(&none), (json!("broken"), Value::Null), "{none:?}");
    std::fs::remove_file(office.path("etc/timbra.toml")).unwrap();
    let plain = receipt(&office, &file, &["--json"]);
    assert_eq!((effect(&plain), plain.err.as_str()), ((json!("valid"), json!("accepted")), ""));
    let missing = receipt(&office, &office.path("no.eml"), &["--json"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(1), ""), "{missing:?}");
    let no_authority = receipt(&office, &file, &["--ca", file.to_str().unwrap()]);
    assert!(
        no_authority.code == Some(1) && no_authority.err.contains("holds no certificate"),
        "{no_authority:?}"
    );
}

#[test]
fn a_person_reads_it_in_two_languages() {
    let office = office();
    let file = sample("16-due-destinatari-misti.eml");
    let italian = receipt(&office, &file, &["--lang", "it"]);
    assert_eq!(italian.code, Some(3), "no PEC: a person should look");
    insta::assert_snapshot!(italian.out, @r"
    Messaggio       ricevuta PEC: accettazione
    Riferito a      pres.2026-10.0001.r1@presenze.example.it
    Identificativo  opec210312.20261103091502.288127.606.1.53@pec.example.it
    Destinatari     prefettura.sede@pec.example.org, ufficio@example.com (non PEC)
    Data e ora      2026-11-03 09:15:02 +01:00
    Firma           valida, posta-certificata@pec.test
    Esito           accettato dal gestore del mittente; la consegna deve ancora risultare
    Perché          un destinatario non ha la PEC: la sua consegna non sarà mai certificata
    ");
    let english = receipt(&office, &sample("13-preavviso-24h.eml"), &["--lang", "en"]);
    insta::assert_snapshot!(english.out, @r"
    Message        PEC receipt: preavviso-errore-consegna
    About          pres.2026-10.0001.r1@presenze.example.it
    Provider's id  opec210312.20261103091502.288127.606.1.53@pec.example.it
    Recipients     prefettura.sede@pec.example.org
    Time           2026-11-04 08:55:02 +01:00
    Error          altro
    Detail         il messaggio non e' stato consegnato nelle 24 ore successive al suo invio
    Cause          for another reason
    Signature      valid, posta-certificata@pec.test
    Outcome        not delivered within 24 hours
    Why            not delivered to prefettura.sede@pec.example.org within 24 hours, and given up (il messaggio non e' stato consegnato nelle 24 ore successive al suo invio)
    ");
}

#[test]
fn what_is_no_message_is_refused() {
    let office = office();
    let file = office.path("vuoto.eml");
    for (content, expected) in [
        (&b""[..], "is empty"),
        (b"\r\n\r\n", "is empty"),
        (&[0; 64], "NUL bytes"),
        (b"Subject: a\0", "NUL bytes"),
    ] {
        std::fs::write(&file, content).unwrap();
        let said = receipt(&office, &file, &["--json"]);
        assert!(said.code == Some(1) && said.out.is_empty() && said.err.contains(expected), "{said:?}");
    }
}

//! A statement that leaves by the protocol office: the package, and what comes back for it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use timbra::daemon::protocol::Desk;

use super::amendments::{configuration, october, round};
use crate::office::{Office, regular_days, skipped};

/// October, sealed and waiting for the protocol office. `kind` is that of the channel.
fn office(kind: &str) -> Office {
    let mut office = Office::new();
    office.statement.push_str("release = \"external\"\n");
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/test-ca.pem");
    office.more += &format!(
        "[release]\nfolder = \"../protocollo\"\nreturn_folder = \"../ritorno\"\n[receipts]\nca_file = \"{}\"\n",
        authority.display()
    );
    office.write();
    office.agreement("roma-01", "5", &october(), "");
    let agreement = office.path("etc/agreements/roma-01.toml");
    let text = fs::read_to_string(&agreement).unwrap();
    let text = text.replace(
        "kind = \"pec\"\naddress = \"roma-01@roma.example\"",
        &format!("kind = \"{kind}\"\naddress = \"prefettura.sede@pec.example.org\""),
    );
    fs::write(&agreement, text).unwrap();
    office.import(&office.export("a.dat", regular_days("5", &october()), "2025-11-02".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    assert_eq!(office.states(), ["sealed"]);
    office
}

/// What the daemon does of this in one look.
fn look(office: &Office) {
    let config = configuration(office);
    let now = "2025-11-03T09:00:00Z".parse().unwrap();
    Desk::new(&config).unwrap().once(&config, now);
}

fn give_back(office: &Office, name: &str, content: impl AsRef<[u8]>) {
    fs::create_dir_all(office.path("ritorno")).unwrap();
    fs::write(office.path("ritorno").join(name), content).unwrap();
    look(office);
}

#[test]
fn the_package_is_whole_and_can_be_checked() {
    let office = office("pec");
    look(&office);
    assert_eq!(office.states(), ["sealed"], "its folder is not there");
    assert!(office.timbra(&["status"]).out.contains("message 1 waits to be handed to the protocol office"));
    fs::create_dir(office.path("protocollo")).unwrap();
    for _ in 0..2 {
        look(&office);
        assert_eq!(office.states(), ["handed_out"]);
    }
    let place = office.path("protocollo/n1-2025");
    let sealed = office.timbra(&["outbox", "show", "1"]).out;
    assert_eq!(fs::read_to_string(place.join("messaggio.eml")).unwrap(), sealed);
    let mut names: Vec<String> = fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let ends: Vec<&str> = names.iter().map(|name| name.rsplit('.').next().unwrap()).collect();
    assert_eq!(ends, ["sha256", "eml", "csv", "json", "pdf", "json"], "{names:?}");
    assert!(names.iter().all(|name| !name.contains("Esempio")), "{names:?}");
    let fields: Value = serde_json::from_slice(&fs::read(place.join("protocollo.json")).unwrap()).unwrap();
    assert_eq!((&fields["document"]["number"], &fields["package"]), (&1.into(), &"n1-2025".into()));
    assert_eq!(fields["recipient"]["address"], "prefettura.sede@pec.example.org");
    assert_eq!(fields["attachments"].as_array().unwrap().len(), 3);
    assert!(!fields.to_string().contains("Esempio"), "{fields}");
    match Command::new("sha256sum")
        .args(["--check", "--strict", "manifest.sha256"])
        .current_dir(&place)
        .output()
    {
        Ok(checked) => {
            assert!(checked.status.success(), "{checked:?}");
            assert_eq!(String::from_utf8(checked.stdout).unwrap().lines().count(), 5);
        }
        Err(error) => skipped(&format!("sha256sum: {error}")),
    }
}

#[test]
fn what_comes_back_belongs_to_its_document() {
    let office = office("pec");
    fs::create_dir(office.path("protocollo")).unwrap();
    look(&office);
    give_back(&office, "n1-2025.protocollo", "numro = 7\n");
    assert!(office.path("ritorno/rifiutati/n1-2025.protocollo").is_file());
    let why = fs::read_to_string(office.path("ritorno/rifiutati/n1-2025.protocollo.motivo.txt")).unwrap();
    assert!(why.contains("did you mean `numero`?"), "{why}");
    assert!(why.contains("Va scritto così, con le virgolette"), "{why}");
    fs::create_dir(office.path("ritorno/n1-2025-cartella.p7m")).unwrap();
    for (name, content, reason) in [
        (
            "n1-2025-a.protocollo",
            "numero = 0012\ndata = 2025-11-02\n",
            "è anteriore al documento, che è del 03/11/2025",
        ),
        ("n1-2025-b.protocollo", "numero = 0012\ndata = 2025-11-04\n", "la data 04/11/2025 è nel futuro"),
        ("n1-2025-accettazione.eml", "junk\n", "non è una ricevuta"),
        ("a b;c.protocollo", "numero = 1\n", "il nome non comincia con quello del documento"),
        ("n1-2025-c.eml", "", "non è una ricevuta"),
    ] {
        give_back(&office, name, content);
        let refused = office.path("ritorno/rifiutati");
        let why = fs::read_to_string(refused.join(format!("{name}.motivo.txt"))).unwrap_or_default();
        assert!(refused.join(name).exists() && why.contains(reason), "{name}: {why}");
    }
    assert!(office.path("ritorno/rifiutati/n1-2025-cartella.p7m.motivo.txt").exists());
    assert_eq!(office.number("SELECT count(*) FROM received"), Some(0));
    assert_eq!(office.outbox()[0]["protocol"], Value::Null);
    give_back(&office, "n1-2025.protocollo", "numero = \"0012345\"\ndata = 2025-11-03\nregistro = \"AOO\"\n");
    assert_eq!(office.outbox()[0]["protocol"], "0012345");
    assert_eq!(office.states(), ["handed_out"], "certified mail is done when it is delivered");
    give_back(&office, "n1-2025.protocollo", "numero = \"0012345\"\ndata = 2025-11-03\nregistro = \"AOO\"\n");
    give_back(&office, "n1-2025-di-nuovo.protocollo", "numero = \"9\"\n");
    assert!(office.path("ritorno/rifiutati/n1-2025-di-nuovo.protocollo").is_file(), "another number");
    give_back(&office, "n1-2025.pdf.p7m", b"firma");
    give_back(&office, "n9-2025.p7m", b"firma");
    assert!(office.path("ritorno/rifiutati/n9-2025.p7m").is_file(), "there is no such document");
    assert_eq!(office.number("SELECT count(*) FROM evidence WHERE content = CAST('firma' AS BLOB)"), Some(1));

    // the mailbox of the protocol office sent it, under an id of its own
    let receipt = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/03-avvenuta-consegna-completa.eml"),
    );
    let receipt = receipt.unwrap();
    let unsigned =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/31-consegna-non-firmata.eml"));
    give_back(&office, "n1-2025-falsa.eml", unsigned.unwrap());
    assert_eq!(office.states(), ["handed_out"], "not signed, not believed");
    give_back(&office, "n1-2025-consegna.eml", &receipt);
    assert_eq!(office.states(), ["delivered"]);
    assert!(office.path("ritorno/presi/n1-2025-consegna.eml").is_file());
    let shown = office.timbra(&["outbox", "show", "1"]).err;
    for said in [
        "handed to the protocol office as n1-2025",
        "registered as 0012345 of 2025-11-03",
        "n1-2025.pdf.p7m was given back",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }

    // all of it is part of the proof
    let place = office.path("prova");
    assert_eq!(office.timbra(&["outbox", "show", "1", "--bundle", place.to_str().unwrap()]).code, Some(0));
    assert_eq!(fs::read(place.join("protocol/01-n1-2025.pdf.p7m")).unwrap(), b"firma");
    let proof: Value = serde_json::from_slice(&fs::read(place.join("events.json")).unwrap()).unwrap();
    let protocol = serde_json::json!({ "number": "0012345", "date": "2025-11-03", "register": "AOO" });
    assert_eq!(proof["message"]["protocol"], protocol);
    let manifest = fs::read_to_string(place.join("manifest.sha256")).unwrap();
    let signed =
        manifest.lines().find_map(|line| line.strip_suffix("  protocol/01-n1-2025.pdf.p7m")).unwrap();
    let events = proof["events"].as_array().unwrap();
    assert!(events.iter().any(|event| event["evidence_sha256"] == signed), "{proof}");
}

#[test]
fn ordinary_mail_is_on_its_way_once_it_is_registered() {
    let office = office("email");
    fs::create_dir(office.path("protocollo")).unwrap();
    look(&office);
    assert_eq!(office.timbra(&["outbox", "protocol", "2", "7"]).code, Some(1));
    let said = office.timbra(&["outbox", "readdress", "1", "--to", "altro@sede.example"]);
    assert!(said.code == Some(1) && said.err.contains("leaves by the protocol office"), "{said:?}");
    for (date, expected) in
        [("2025-11-02", "message 1 was sealed on 2025-11-03"), ("2099-01-01", "that day is still to come")]
    {
        let said = office.timbra(&["outbox", "protocol", "1", "7", "--date", date]);
        assert!(said.code == Some(1) && said.err.contains(expected), "{said:?}");
    }
    let said = office.timbra(&["outbox", "protocol", "1", "7", "--date", "2025-11-03"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(office.states(), ["smtp_accepted"]);
    let said = office.timbra(&["outbox", "protocol", "1", "8"]);
    assert!(said.code == Some(1) && said.err.contains("registered as 7 of 2025-11-03 already"), "{said:?}");
    assert!(office.timbra(&["outbox"]).out.contains("prot. 7 of 2025-11-03"));
}

#[test]
fn the_daemon_serves_the_protocol_office() {
    let office = office("email");
    fs::create_dir(office.path("protocollo")).unwrap();
    fs::create_dir(office.path("ritorno")).unwrap();
    let daemon = office.run_ready();
    office.until("it is handed over", || office.states() == ["handed_out"]);
    fs::write(office.path("half"), "numero = \"3\"\n").unwrap();
    fs::rename(office.path("half"), office.path("ritorno/n1-2025.protocollo")).unwrap();
    office.until("it is registered", || office.states() == ["smtp_accepted"]);
    office.until("it is moved aside", || office.path("ritorno/presi/n1-2025.protocollo").is_file());
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert!(office.letters().is_empty(), "timbra itself sends nothing");
}

#[test]
fn a_package_that_waited_in_a_backup_waits_for_a_person_after_its_restore() {
    let office = office("pec");
    let file = office.path("copy.tar");
    let file = file.to_str().unwrap();
    for arguments in [&["backup", file][..], &["restore", file, "--force"]] {
        let said = office.timbra(arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    fs::create_dir(office.path("protocollo")).unwrap();
    look(&office);
    assert_eq!(office.states(), ["sealed"], "the office may have had it since the backup");
    assert_eq!(office.timbra(&["outbox", "resume"]).code, Some(0));
    look(&office);
    assert_eq!(office.states(), ["handed_out"]);
}

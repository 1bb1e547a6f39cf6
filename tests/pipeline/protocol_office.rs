//! A statement that leaves by the protocol office: the package, and what comes back for it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use timbra::daemon::protocol::Desk;
use timbra::domain::delivery::State;

use super::amendments::{configuration, october, round};
use crate::office::{Office, regular_days, skipped};

/// October, sealed and waiting for the protocol office. `kind` is that of the channel.
fn office(kind: &str) -> Office {
    let office = unsealed(kind);
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    assert_eq!(office.states(), ["sealed"]);
    office
}

/// October, with all its punches.
fn unsealed(kind: &str) -> Office {
    let mut office = Office::new();
    office.statement.push_str("release = \"external\"\n");
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/test-ca.pem");
    office.more += &format!(
        "[release]\nfolder = \"../protocollo\"\nreturn_folder = \"../ritorno\"\n[receipts]\nca_file = \"{}\"\n",
        authority.display()
    );
    office.write();
    agreement(&office, "roma-01", "5", kind);
    office.import(&office.export("a.dat", regular_days("5", &october()), "2025-11-02".parse().unwrap()));
    office
}

fn agreement(office: &Office, name: &str, badge: &str, kind: &str) {
    office.agreement(name, badge, &october(), "");
    let path = office.path("etc/agreements").join(format!("{name}.toml"));
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace(
        &format!("kind = \"pec\"\naddress = \"{name}@roma.example\""),
        &format!("kind = \"{kind}\"\naddress = \"prefettura.sede@pec.example.org\""),
    );
    fs::write(&path, text).unwrap();
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

/// The names of the packages that were handed over.
fn packages(office: &Office) -> Vec<String> {
    let entries = fs::read_dir(office.path("protocollo")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What was refused under a name, with its reason.
fn refused(office: &Office, name: &str) -> String {
    let place = office.path("ritorno/rifiutati");
    assert!(place.join(name).exists(), "{name} is not refused");
    fs::read_to_string(place.join(format!("{name}.motivo.txt"))).unwrap()
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
    let package = packages(&office).remove(0);
    let place = office.path("protocollo").join(&package);
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
    assert_eq!((&fields["document"]["number"], &fields["package"]), (&1.into(), &package.into()));
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
    let package = packages(&office).remove(0);
    let named = |end: &str| format!("{package}{end}");
    // a link that somebody else laid there leads nothing astray
    let reason = office.path("ritorno/rifiutati").join(named(".protocollo.motivo.txt"));
    fs::create_dir_all(reason.parent().unwrap()).unwrap();
    fs::write(office.path("precious"), "precious").unwrap();
    std::os::unix::fs::symlink(office.path("precious"), &reason).unwrap();
    give_back(&office, &named(".protocollo"), "numro = 7\n");
    let why = refused(&office, &named(".protocollo"));
    assert_eq!(fs::read_to_string(office.path("precious")).unwrap(), "precious");
    assert!(why.contains("did you mean `numero`?"), "{why}");
    assert!(why.contains("Va scritto così, con le virgolette"), "{why}");
    fs::create_dir(office.path("ritorno").join(named("-cartella.p7m"))).unwrap();
    for (name, content, reason) in [
        (
            named("-a.protocollo"),
            "numero = 0012\ndata = 2025-11-02\n",
            "è anteriore al documento, che è del 03/11/2025",
        ),
        (named("-b.protocollo"), "numero = 0012\ndata = 2025-11-04\n", "la data 04/11/2025 è nel futuro"),
        (named("-accettazione.eml"), "junk\n", "non è una ricevuta"),
        ("a b;c.protocollo".to_owned(), "numero = 1\n", "il nome non comincia con quello del pacchetto"),
        (named("-c.eml"), "", "non è una ricevuta"),
    ] {
        give_back(&office, &name, content);
        let why = refused(&office, &name);
        assert!(why.contains(reason), "{name}: {why}");
    }
    refused(&office, &named("-cartella.p7m"));
    assert_eq!(office.number("SELECT count(*) FROM received"), Some(0));
    assert_eq!(office.outbox()[0]["protocol"], Value::Null);
    give_back(
        &office,
        &named(".protocollo"),
        "numero = \"0012345\"\ndata = 2025-11-03\nregistro = \"AOO\"\n",
    );
    assert_eq!(office.outbox()[0]["protocol"], "0012345");
    assert_eq!(office.states(), ["handed_out"], "certified mail is done when it is delivered");
    give_back(
        &office,
        &named(".protocollo"),
        "numero = \"0012345\"\ndata = 2025-11-03\nregistro = \"AOO\"\n",
    );
    give_back(&office, &named("-di-nuovo.protocollo"), "numero = \"9\"\n");
    assert!(
        refused(&office, &named("-di-nuovo.protocollo")).contains("già registrato con il numero 0012345")
    );
    give_back(&office, &named(".pdf.p7m"), b"firma");
    give_back(&office, "n9-2025.p7m", b"firma");
    assert!(refused(&office, "n9-2025.p7m").contains("non conosce alcun documento n. 9/2025"));
    assert_eq!(office.number("SELECT count(*) FROM evidence WHERE content = CAST('firma' AS BLOB)"), Some(1));

    // the mailbox of the protocol office sent it, under an id of its own
    let receipt = fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/03-avvenuta-consegna-completa.eml"),
    );
    let receipt = receipt.unwrap();
    let unsigned =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pec/31-consegna-non-firmata.eml"));
    give_back(&office, &named("-falsa.eml"), unsigned.unwrap());
    assert_eq!(office.states(), ["handed_out"], "not signed, not believed");
    give_back(&office, &named("-consegna.eml"), &receipt);
    assert_eq!(office.states(), ["delivered"]);
    assert!(office.path("ritorno/presi").join(named("-consegna.eml")).is_file());
    let shown = office.timbra(&["outbox", "show", "1"]).err;
    for said in [
        &format!("handed to the protocol office as {package}\n"),
        "registered as 0012345 of 2025-11-03",
        &format!("{package}.pdf.p7m was given back"),
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }

    // all of it is part of the proof
    let place = office.path("prova");
    assert_eq!(office.timbra(&["outbox", "show", "1", "--bundle", place.to_str().unwrap()]).code, Some(0));
    assert_eq!(fs::read(place.join(format!("protocol/01-{package}.pdf.p7m"))).unwrap(), b"firma");
    let proof: Value = serde_json::from_slice(&fs::read(place.join("events.json")).unwrap()).unwrap();
    let protocol = serde_json::json!({ "number": "0012345", "date": "2025-11-03", "register": "AOO" });
    assert_eq!(proof["message"]["protocol"], protocol);
    let manifest = fs::read_to_string(place.join("manifest.sha256")).unwrap();
    let listed = format!("  protocol/01-{package}.pdf.p7m");
    let signed = manifest.lines().find_map(|line| line.strip_suffix(listed.as_str())).unwrap();
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
    let name = format!("{}.protocollo", packages(&office)[0]);
    fs::write(office.path("half"), "numero = 3\nnote = Anna Esempio\n").unwrap();
    fs::rename(office.path("half"), office.path("ritorno").join(&name)).unwrap();
    office.until_told("a file of the protocol office cannot be used");
    let told = office.journal();
    assert!(told.contains("Il file non si può leggere") && !told.contains("Anna"), "{told}");
    fs::write(office.path("half"), "numero = \"3\"\n").unwrap();
    fs::rename(office.path("half"), office.path("ritorno").join(&name)).unwrap();
    office.until("it is registered", || office.states() == ["smtp_accepted"]);
    office.until("it is moved aside", || office.path("ritorno/presi").join(&name).is_file());
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
    let said = office.timbra(&["outbox", "resume"]);
    assert!(said.code == Some(1) && said.err.contains("may have these packages already"), "{said:?}");
    look(&office);
    assert_eq!(office.states(), ["sealed"], "nobody has said that it may go");
    assert_eq!(office.timbra(&["outbox", "resume", "--yes"]).code, Some(0));
    look(&office);
    assert_eq!(office.states(), ["handed_out"]);
}

#[test]
fn what_comes_back_after_the_restore_of_an_older_backup_is_not_handed_over_again() {
    let office = office("pec");
    let file = office.path("copy.tar");
    let file = file.to_str().unwrap();
    assert_eq!(office.timbra(&["backup", file]).code, Some(0));
    fs::create_dir(office.path("protocollo")).unwrap();
    look(&office);
    let package = packages(&office).remove(0);
    fs::remove_dir_all(office.path("protocollo").join(&package)).unwrap();
    assert_eq!(office.timbra(&["restore", file, "--force"]).code, Some(0));
    assert_eq!(office.states(), ["sealed"]);
    give_back(&office, &format!("{package}.protocollo"), "numero = \"7\"\n");
    assert_eq!(office.states(), ["handed_out"], "the office has it");
    assert_eq!(office.timbra(&["outbox", "resume"]).code, Some(0));
    look(&office);
    assert!(packages(&office).is_empty());
    assert_eq!(office.outbox()[0]["protocol"], "7");
}

#[test]
fn a_registration_is_of_its_very_document_also_after_the_restore_of_an_older_backup() {
    let office = unsealed("email");
    let registration = "numero = \"0012345\"\ndata = 2025-11-03\n";
    let file = office.path("copy.tar");
    let file = file.to_str().unwrap();
    assert_eq!(office.timbra(&["backup", file]).code, Some(0));
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    fs::create_dir(office.path("protocollo")).unwrap();
    look(&office);
    let of_roma_01 = packages(&office).remove(0);
    fs::rename(office.path("protocollo").join(&of_roma_01), office.path("at-the-desk")).unwrap();

    // another document gets the number, before that registration comes back
    assert_eq!(office.timbra(&["restore", file, "--force"]).code, Some(0));
    let said = office.timbra(&["outbox", "resume", "--yes"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    fs::rename(office.path("etc/agreements/roma-01.toml"), office.path("roma-01.toml")).unwrap();
    agreement(&office, "roma-02", "6", "email");
    office.import(&office.export("b.dat", regular_days("6", &october()), "2025-11-02".parse().unwrap()));
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    for name in [format!("{of_roma_01}.protocollo"), "n1-2025.protocollo".to_owned()] {
        give_back(&office, &name, registration);
        assert!(refused(&office, &name).contains("è un altro documento con lo stesso numero"));
    }
    let of_roma_02 = packages(&office).remove(0);
    assert_eq!(of_roma_02.split('-').take(2).collect::<Vec<_>>(), ["n1", "2025"]);
    assert_ne!(of_roma_02, of_roma_01);
    give_back(&office, &format!("{of_roma_01}.p7m"), b"firma");
    refused(&office, &format!("{of_roma_01}.p7m"));
    assert_eq!((office.states(), &office.outbox()[0]["protocol"]), (vec!["handed_out".into()], &Value::Null));
    assert_eq!(office.number("SELECT count(*) FROM evidence"), Some(0));
    give_back(&office, &format!("{}.protocollo", of_roma_02.to_uppercase().replace('N', "n")), registration);
    assert_eq!(office.outbox()[0]["protocol"], "0012345");

    // a number is that of one document
    fs::rename(office.path("roma-01.toml"), office.path("etc/agreements/roma-01.toml")).unwrap();
    assert_eq!(round(&office, "2025-11-03T08:00:00Z"), 1);
    look(&office);
    let again = packages(&office).into_iter().find(|name| name.starts_with("n2-2025-")).unwrap();
    give_back(&office, &format!("{again}.protocollo"), registration);
    assert!(refused(&office, &format!("{again}.protocollo")).contains("è già quello di un altro documento"));
    for (number, expected) in [("0012345", 1), ("0012346", 0)] {
        let said = office.timbra(&["outbox", "protocol", "2", number, "--date", "2025-11-03"]);
        assert_eq!(said.code, Some(expected), "{said:?}");
    }
}

/// What an older version handed over was named by the number alone, and comes back so.
#[test]
fn a_package_of_an_older_version_is_known_by_its_number() {
    let office = office("email");
    let mut store = timbra::store::Store::open_existing(&office.path("store")).unwrap();
    let now = "2025-11-03T08:30:00Z".parse().unwrap();
    let detail = "handed to the protocol office as n1-2025";
    assert!(store.move_message(1, State::HandedOut, None, detail, now).unwrap());
    drop(store);
    give_back(&office, "n1-2025.protocollo", "numero = 7\n");
    assert_eq!(office.outbox()[0]["protocol"], "7");
    give_back(&office, "n1-2025.protocollo", "numero = 7 # di nuovo\n");
    let taken = |name: &str| fs::read_to_string(office.path("ritorno/presi").join(name)).unwrap();
    assert_eq!(taken("n1-2025.protocollo"), "numero = 7\n");
    assert_eq!(taken("n1-2025.protocollo~2"), "numero = 7 # di nuovo\n");
}

/// What was handed over after the backup is named, and what is registered does not go there again.
#[test]
fn a_package_that_the_office_has_already_is_named_after_a_restore() {
    let office = office("email");
    fs::create_dir(office.path("protocollo")).unwrap();
    let file = office.path("copy.tar").to_str().unwrap().to_owned();
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(0), "{said:?}");
    look(&office);
    let package = packages(&office).remove(0);
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let restored = fs::read(office.path("store/timbra.sqlite")).unwrap();
    // it still lies there: the same package finds itself
    let said = office.timbra(&["outbox", "resume"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    look(&office);
    assert_eq!((office.states(), packages(&office)), (vec!["handed_out".to_owned()], vec![package.clone()]));
    // the office has taken it away
    fs::remove_dir_all(office.path("protocollo").join(&package)).unwrap();
    for beside in ["-wal", "-shm"] {
        drop(fs::remove_file(office.path(&format!("store/timbra.sqlite{beside}"))));
    }
    fs::write(office.path("store/timbra.sqlite"), restored).unwrap();
    let said = office.timbra(&["outbox", "resume"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains(&format!("message 1 (roma-01 2025-10, {package})")), "{said:?}");
    assert!(
        said.err.contains("timbra outbox protocol ID NUMBER") && !said.err.contains("first_month"),
        "{said:?}"
    );
    let said = office.timbra(&["outbox", "protocol", "1", "0012345"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(office.states(), ["smtp_accepted"]);
    let said = office.timbra(&["outbox", "resume"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    look(&office);
    assert!(packages(&office).is_empty());
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

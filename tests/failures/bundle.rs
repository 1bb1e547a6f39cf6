//! `timbra outbox show N --bundle DIR`: a proof of delivery that stands for itself. It is checked here
//! as somebody would who has neither timbra nor its store.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::alarms::is_whole;
use crate::office::{Office, skipped};
use crate::pec_double::{PASSWORD, PecDouble};
use crate::receipts::folder;

/// All files of a folder, by their paths in it.
fn paths(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                found.push(entry.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn is_receipt(name: &str) -> bool {
    name.strip_prefix("receipts/").is_some_and(|name| Path::new(name).extension() == Some("eml".as_ref()))
}

fn bytes(hex: &Value) -> Vec<u8> {
    let digits: Vec<char> = hex.as_str().unwrap_or_default().chars().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}

/// The link of an event, by the words of `events.json` itself.
fn link(message: i64, event: &Value) -> Vec<u8> {
    let at = chrono::DateTime::parse_from_rfc3339(event["at"].as_str().unwrap()).unwrap().timestamp();
    let text = |key: &str| event[key].as_str().unwrap().as_bytes().to_vec();
    let fields = [
        bytes(&event["previous"]),
        message.to_be_bytes().to_vec(),
        at.to_be_bytes().to_vec(),
        text("machine"),
        event["uptime_ms"].as_i64().unwrap().to_be_bytes().to_vec(),
        text("state"),
        text("detail"),
        bytes(&event["evidence_sha256"]),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().to_vec()
}

fn verified(receipt: &Path, authority: &Path) -> bool {
    let done = Command::new("openssl")
        .args(["cms", "-verify", "-inform", "SMIME", "-no_check_time", "-out", "/dev/null", "-in"])
        .arg(receipt)
        .arg("-CAfile")
        .arg(authority)
        .stderr(Stdio::null())
        .status();
    done.unwrap().success()
}

fn bundle(office: &Office, name: &str) -> Option<i32> {
    office.timbra(&["outbox", "show", "1", "--bundle", office.path(name).to_str().unwrap()]).code
}

#[test]
fn a_bundle_proves_a_delivery_to_whoever_has_nothing_else() {
    let double = PecDouble::start();
    let mut office = folder::office(&double, &["buono"]);
    let Some(mail) = double.protected_mail(&office.path("etc")) else {
        return skipped("openssl is not installed: no receipt could be signed");
    };
    office.mail = mail;
    office.write();
    let daemon = office.run_ready();
    office.until("it is delivered", || office.states() == ["delivered"]);
    assert_eq!(daemon.stop().0.code(), Some(0));

    let place = office.path("prova");
    assert_eq!(bundle(&office, "prova"), Some(0));
    assert!(is_whole(&place));
    let found = paths(&place);
    let listed = fs::read_to_string(place.join("manifest.sha256")).unwrap();
    assert_eq!(listed.lines().count(), found.len() - 1, "every file but the list is listed: {found:?}");
    let names: Vec<String> = found.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    for end in [".pdf", ".csv", ".json"] {
        assert!(
            names.iter().any(|name| name.starts_with("attachments/") && name.ends_with(end)),
            "{names:?}"
        );
    }
    assert!(names.contains(&"LEGGIMI.txt".to_owned()) && !names.contains(&"ISTRUZIONI.txt".to_owned()));
    assert_eq!(fs::read_to_string(place.join("sent.eml")).unwrap(), double.taken()[0].text);

    let dialogue = fs::read_to_string(place.join("dialogue/attempt-1.txt")).unwrap();
    assert!(dialogue.contains("< 250 2.0.0 queued as 1") && !dialogue.contains(PASSWORD), "{dialogue}");
    let receipts: Vec<&String> = names.iter().filter(|name| is_receipt(name)).collect();
    assert_eq!(receipts.len(), 2, "{names:?}");
    for (receipt, kind) in receipts.iter().zip(["01-accettazione", "02-avvenuta-consegna"]) {
        assert!(receipt.contains(kind), "{receipts:?}");
        assert!(verified(&place.join(receipt), &double.authority()), "{receipt}");
        let stem = receipt.trim_end_matches(".eml");
        assert!(
            names.contains(&format!("{stem}-daticert.xml")) && names.contains(&format!("{stem}-signer.der"))
        );
    }

    let events: Value = serde_json::from_slice(&fs::read(place.join("events.json")).unwrap()).unwrap();
    assert_eq!(events["message"]["state"], "delivered");
    let list = events["events"].as_array().unwrap();
    let mut previous: Vec<u8> = Vec::new();
    for event in list {
        assert_eq!(bytes(&event["previous"]), previous, "{event}");
        previous = bytes(&event["chain"]);
        assert_eq!(link(1, event), previous, "{event}");
    }
    let sealed = Sha256::digest(fs::read(place.join("sent.eml")).unwrap()).to_vec();
    assert_eq!(bytes(&events["message"]["sha256"]), sealed);

    assert_eq!(bundle(&office, "prova"), Some(1), "a folder that holds something is left alone");
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.execute("UPDATE outbox_event SET detail = 'altro' WHERE id = 2", []).unwrap();
    assert_eq!(bundle(&office, "altra"), Some(1), "what was changed is no proof");
    assert!(!office.path("altra").exists());
}

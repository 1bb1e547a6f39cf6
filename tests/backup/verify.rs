use std::fs;

use super::{backed_up, repack, sent, tamper, unpack};

#[test]
fn an_office_that_was_left_alone_is_whole_also_while_its_daemon_runs() {
    let office = sent();
    let daemon = office.run_ready();
    let said = office.timbra(&["verify", "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let found = said.json();
    assert_eq!(found["whole"], true);
    let parts = found["checked"].as_array().unwrap();
    let counts: Vec<(&str, u64)> = parts
        .iter()
        .map(|part| (part["key"].as_str().unwrap(), part["count"].as_u64().unwrap()))
        .filter(|(key, _)| {
            ["batches", "punches", "statements", "messages", "archive", "numbers"].contains(key)
        })
        .collect();
    let expected =
        [("batches", 1), ("punches", 8), ("statements", 1), ("messages", 1), ("numbers", 1), ("archive", 1)];
    assert_eq!(counts, expected, "{found}");
    assert!(parts.iter().any(|part| part["key"] == "outbox_events" && part["head"].is_string()), "{found}");
    drop(daemon);
    let said = office.timbra(&["verify"]);
    assert!(said.out.contains("sealed messages                          1  whole"), "{said:?}");
    assert!(said.err.contains("all is as it was written"), "{said:?}");
}

#[test]
fn each_damage_is_named_with_its_place() {
    let office = sent();
    let date = crate::office::working_days(crate::office::month_ago(1), 2)[1].to_string();
    let said = office.timbra(&["absence", "add", "roma-01", &date, "--ref", "PEC 46"]);
    assert!(matches!(said.code, Some(0 | 3)), "{said:?}");
    for (change, undo, seen) in [
        (
            "UPDATE register SET author = author || 'x' WHERE id = 1",
            "UPDATE register SET author = substr(author, 1, length(author) - 1) WHERE id = 1",
            "entries of the register: number 1 is not as it was written",
        ),
        (
            "UPDATE sealed SET message = message || x'20'",
            "UPDATE sealed SET message = substr(message, 1, length(message) - 1)",
            "sealed messages: the bytes of number 1 are not those that were stored",
        ),
        (
            "UPDATE statement SET data = data || x'20'",
            "UPDATE statement SET data = substr(data, 1, length(data) - 1)",
            "data of statements: the bytes of number 1 are not",
        ),
        (
            "UPDATE outbox SET state = 'delivered' WHERE id = 1",
            "UPDATE outbox SET state = 'smtp_accepted' WHERE id = 1",
            "message 1 is delivered, and its last step is smtp_accepted",
        ),
        (
            "UPDATE batch SET size = size + 1",
            "UPDATE batch SET size = size - 1",
            "reader ingresso: delivery 1",
        ),
        (
            "UPDATE punch SET raw = raw || x'20'",
            "UPDATE punch SET raw = substr(raw, 1, length(raw) - 1)",
            "reader ingresso, batch 1: a punch or a row in quarantine is not as it was written",
        ),
        (
            "UPDATE statement SET open_days = open_days + 1",
            "UPDATE statement SET open_days = open_days - 1",
            "statement 1 is not as it was written",
        ),
        (
            "UPDATE reader SET name = name || 'x'",
            "UPDATE reader SET name = substr(name, 1, length(name) - 1)",
            "reader 1 is not as it was written",
        ),
        (
            "UPDATE outbox SET recipient = recipient || 'x'",
            "UPDATE outbox SET recipient = substr(recipient, 1, length(recipient) - 1)",
            "message 1 is not as it was written",
        ),
        (
            "UPDATE configuration SET text = text || 'x' WHERE id = 1",
            "UPDATE configuration SET text = substr(text, 1, length(text) - 1) WHERE id = 1",
            "configuration 1 is not as it was written",
        ),
        (
            "UPDATE register SET at = 'yesterday-' || at",
            "UPDATE register SET at = CAST(substr(at, 11) AS INTEGER)",
            "entries of the register: they cannot be read to their end",
        ),
        (
            "UPDATE outbox_event SET detail = CAST(x'ff' AS TEXT) || detail WHERE id = 2",
            "UPDATE outbox_event SET detail = substr(detail, 2) WHERE id = 2",
            "steps of messages: they cannot be read to their end",
        ),
        (
            "CREATE TRIGGER t AFTER INSERT ON punch BEGIN DELETE FROM punch; END",
            "DROP TRIGGER t",
            "trigger t is nothing that timbra makes",
        ),
    ] {
        tamper(&office, change);
        let said = office.timbra(&["verify"]);
        assert_eq!(said.code, Some(3), "{change}: {said:?}");
        assert!(said.out.contains(seen) && said.out.contains("DAMAGED"), "{change}: {said:?}");
        assert!(said.err.contains("keep it as it is: it may be evidence"), "{said:?}");
        tamper(&office, undo);
    }
    assert_eq!(office.timbra(&["verify"]).code, Some(0), "each was undone");
    let (archived, bytes) = office.files("store/archive/ingresso").swap_remove(0);
    fs::write(&archived, [&bytes[..], b"x"].concat()).unwrap();
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("is not the one that was read"), "{said:?}");
    fs::write(&archived, bytes).unwrap();
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn a_file_that_was_still_being_read_is_no_damage() {
    let office = sent();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let file = backed_up(&office);
    unpack(&file, place);
    // its file is in the backup, and is not spoken of
    let reading = "UPDATE batch SET taken = 0, content = NULL, link = NULL, chain = NULL;
                   UPDATE reader SET links = 0, chain = NULL";
    rusqlite::Connection::open(place.join("timbra.sqlite")).unwrap().execute_batch(reading).unwrap();
    repack(place, &file);
    let said = office.timbra(&["verify", "--backup", &file, "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let parts = said.json()["checked"].as_array().unwrap().clone();
    let archive = parts.iter().find(|part| part["key"] == "archive").unwrap();
    assert_eq!(archive["count"], 0, "{said:?}");
    // nor is it taken into one
    tamper(&office, reading);
    let said = office.timbra(&["backup", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    fs::remove_dir_all(place.join("state")).unwrap();
    unpack(&file, place);
    assert!(!place.join("state/archive").exists());
}

#[test]
fn a_damaged_page_is_seen_and_never_copied() {
    let office = sent();
    let file = backed_up(&office);
    let before = fs::read(&file).unwrap();
    tamper(&office, "PRAGMA journal_mode = DELETE");
    let database = office.path("store/timbra.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    // every page but the first, which names the tables
    for page in bytes[4096..].chunks_mut(4096) {
        page[..64].fill(0xA5);
    }
    fs::write(&database, bytes).unwrap();
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("DAMAGED"), "{said:?}");
    let said = office.timbra(&["backup", &file, "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("the store is damaged"), "{said:?}");
    assert_eq!(fs::read(&file).unwrap(), before, "the last good backup is still there");
    assert!(
        !office.path(".copy.tar.timbra-part").exists()
            && !office.path(".copy.tar.timbra-part.sqlite").exists()
    );
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(office.timbra(&["verify"]).code, Some(0));
}

#[test]
fn a_reader_without_a_name_hinders_no_backup() {
    let office = sent();
    tamper(&office, "INSERT INTO reader (id, name) VALUES (5, x'ff')");
    let said = office.timbra(&["verify"]);
    assert!(
        said.code == Some(3) && said.out.contains("deliveries of readers: they cannot be read"),
        "{said:?}"
    );
    let file = office.path("copy.tar").to_str().unwrap().to_owned();
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("not as it was written"), "{said:?}");
    // whoever reads it is told what to do
    let said = office.timbra(&["status"]);
    assert!(said.code == Some(1) && said.err.contains("stop timbra and restore the last backup"), "{said:?}");
}

#[test]
fn a_backup_of_a_store_that_was_changed_is_made_and_says_so() {
    let office = sent();
    tamper(&office, "UPDATE outbox SET state = 'delivered' WHERE id = 1");
    let file = office.path("copy.tar").to_str().unwrap().to_owned();
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("not as it was written"), "{said:?}");
    let said = office.timbra(&["verify", "--backup", &file]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("message 1 is delivered, and its last step is smtp_accepted"), "{said:?}");
    let said = office.timbra(&["restore", &file, "--check"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("ATTENZIONE: al momento della copia"), "{said:?}");
    let said = office.timbra(&["restore", &file, "--force"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.err.contains("damaged or was changed") && said.err.contains("--although-damaged"),
        "{said:?}"
    );
    assert!(!office.path("store/.restore").exists());
    let said = office.timbra(&["restore", &file, "--force", "--although-damaged"]);
    assert_eq!(said.code, Some(0), "{said:?}");
}

#[test]
fn a_chain_whose_end_was_cut_off_is_seen_with_an_earlier_backup() {
    let office = sent();
    let file = backed_up(&office);
    assert_eq!(office.timbra(&["verify", "--since", &file]).code, Some(0));
    // by somebody who knows what else to change
    tamper(
        &office,
        "DELETE FROM outbox_event WHERE id = (SELECT max(id) FROM outbox_event);
         UPDATE outbox SET state = 'handing_over'; DELETE FROM attempt;
         UPDATE head SET links = links - 1, chain = (SELECT chain FROM outbox_event ORDER BY id DESC LIMIT 1)
             WHERE name = 'outbox_event'; UPDATE head SET links = 0 WHERE name = 'attempt';
         DELETE FROM punch; DELETE FROM batch; UPDATE reader SET links = 0, chain = NULL",
    );
    assert_eq!(office.timbra(&["verify"]).code, Some(0), "alone it cannot know");
    let said = office.timbra(&["verify", "--since", &file]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("the chain was cut or written anew"), "{said:?}");
    assert!(said.out.contains("reader ingresso: delivery 1 is not the one"), "{said:?}");
}

/// What is removed at the end of a chain, or whole, is missed; also after more was written.
#[test]
fn what_was_removed_is_missed_also_at_the_end() {
    let days = crate::office::working_days(crate::office::month_ago(1), 2);
    for (change, seen) in [
        ("DELETE FROM register WHERE id = 2", "entries of the register: 2 were written, and there are 1"),
        ("DELETE FROM register", "entries of the register: 2 were written, and there are 0"),
        (
            "DELETE FROM outbox_event WHERE id = (SELECT max(id) FROM outbox_event)",
            "were written, and there are",
        ),
        ("DELETE FROM attempt", "dialogues with mail servers: 1 were kept, and there are 0"),
        (
            "INSERT INTO purge VALUES (1, 0, 'x', 'agreement roma-09', '', '', x'');
             UPDATE register SET content = '', for_person = NULL, reference = NULL, sender = NULL, purge = 1 WHERE id = 2",
            "number 2 was emptied, and nobody forgot it",
        ),
        ("DELETE FROM punch", "8 rows were kept of it (punches and quarantine), and there are 0"),
        (
            "DELETE FROM sealed; DELETE FROM attempt; DELETE FROM outbox_event; DELETE FROM origin; DELETE FROM outbox;
             DELETE FROM statement",
            "statement 1 was removed",
        ),
        ("DELETE FROM fingerprint WHERE id = (SELECT max(id) FROM fingerprint)", "fingerprints of rows:"),
    ] {
        let office = sent();
        for date in &days {
            let said = office.timbra(&["absence", "add", "roma-01", &date.to_string(), "--ref", "PEC 46"]);
            assert!(matches!(said.code, Some(0 | 3)), "{said:?}");
        }
        tamper(&office, change);
        let said = office.timbra(&["verify"]);
        assert_eq!(said.code, Some(3), "{change}: {said:?}");
        assert!(said.out.contains(seen), "{change}: {said:?}");
    }
}

#[test]
fn a_database_that_cannot_be_opened_for_its_damage_is_a_damage() {
    let office = sent();
    let database = office.path("store/timbra.sqlite");
    tamper(&office, "PRAGMA journal_mode = DELETE");
    let bytes = fs::read(&database).unwrap();
    for (content, seen) in [
        (&[][..], "nothing that timbra wrote is left in it"),
        (&bytes[..bytes.len() / 2], "DAMAGED"),
        (&b"no database, for it is a text of some length, written over it"[..], "file is not a database"),
    ] {
        fs::write(&database, content).unwrap();
        let said = office.timbra(&["verify"]);
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(said.out.contains(seen) && said.err.contains("keep it as it is"), "{said:?}");
    }
    fs::write(&database, &bytes).unwrap();
    tamper(&office, "PRAGMA user_version = 12");
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("it is not of schema 12, as it says"), "{said:?}");
    // its archive is still there
    fs::remove_file(&database).unwrap();
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("timbra.sqlite is gone"), "{said:?}");
    // where nothing is left there is nothing to verify
    fs::remove_dir_all(office.path("store/archive")).unwrap();
    let said = office.timbra(&["verify"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("there is no store"), "{said:?}");
}

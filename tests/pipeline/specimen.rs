//! `timbra channel test`: a specimen goes the way of the statements, and counts as none.

use super::delivery::attachment;
use crate::office::{Office, month_ago, working_days};

fn states(office: &Office) -> Vec<String> {
    let specimens = office.outbox().into_iter().filter(|row| row["kind"] == "specimen");
    specimens.map(|row| row["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_specimen_goes_the_way_of_the_statements_and_counts_as_none() {
    let office = Office::new();
    office.agreement("roma-01", "7", &working_days(month_ago(0), 1), "");
    let said = office.timbra(&["channel", "test", "roma-01", "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let first = said.json();
    let second = office.timbra(&["channel", "test", "roma-01", "--json"]).json();
    assert_ne!(first["message_id"], second["message_id"]);
    assert_eq!(office.number("SELECT count(*) FROM statement"), Some(0));
    assert_eq!(office.number("SELECT count(*) FROM outbox WHERE kind = 'specimen'"), Some(2));
    assert_eq!(states(&office), ["due", "due"]);

    let daemon = office.run_ready();
    office.until("both are sent", || states(&office) == ["smtp_accepted", "smtp_accepted"]);
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
    assert_eq!(office.letters().len(), 2);
    for letter in office.letters() {
        assert!(letter.contains("Subject: FAC-SIMILE - DATI INVENTATI - "), "{letter}");
        for real in ["Esempio", "Modello"] {
            assert!(!letter.contains(real), "{real}: {letter}");
        }
        for end in [".json", ".csv"] {
            let file = String::from_utf8(attachment(&letter, end)).unwrap();
            assert!(file.contains("FAC-SIMILE") && file.contains("DATI INVENTATI"), "{file}");
            for real in ["Esempio", "Modello"] {
                assert!(!file.contains(real), "{real}: {file}");
            }
        }
        assert!(attachment(&letter, ".pdf").starts_with(b"%PDF-"));
    }
    assert_eq!(office.timbra(&["channel", "test", "nessuno"]).code, Some(2));
}

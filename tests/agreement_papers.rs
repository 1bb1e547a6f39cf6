//! What is printed for the employee, and what a person is told of the agreements.

use std::fs;

use chrono::DateTime;
use serde_json::Value;
use timbra::daemon::in_force;
use timbra::daemon::reminders::{Reminder, reminders};
use timbra::store::Store;

use crate::register_commands::{Site, site};

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn r_2_5_1_the_delivery_form_says_what_is_recorded_why_how_long_and_whom_to_ask() {
    let site = site();
    let file = |name: &str| site.0.path().join(name);
    let form = file("consegna.txt");
    site.does("anna", &format!("badge issue passato 0077 --from 2024-10-15 --form {}", form.display()));
    let text = words(&fs::read_to_string(&form).unwrap());
    for said in [
        "CONSEGNA DEL BADGE",
        "dott.ssa Anna Esempio",
        "0077",
        "15/10/2024",
        "30/11/2024",
        "INFORMATIVA SUL TRATTAMENTO DEI DATI PERSONALI",
        "Non sono registrati i motivi delle assenze",
        "comunicarlo ogni mese alla sede di lavoro",
        "comunicato subito alla dott.ssa Carla Modello, dirigente",
        "personale@ospitante.example, presso la ",
        "per il tempo necessario agli adempimenti dell'intesa",
        "A chi rivolgersi",
        "Per ricevuta del badge e presa visione dell'informativa: dott.ssa Anna Esempio",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let configuration = fs::read_to_string(file("timbra.toml")).unwrap();
    let kept = if configuration.contains("[retention]") {
        configuration.replace("[retention]\n", "[retention]\nagreement_months = 24\n")
    } else {
        configuration + "\n[retention]\nagreement_months = 24\n"
    };
    fs::write(file("timbra.toml"), kept).unwrap();
    site.does("anna", &format!("badge form passato 0077 --out {}", form.display()));
    assert!(words(&fs::read_to_string(&form).unwrap()).contains("per 24 mesi dopo il termine dell'intesa"));
    site.does("anna", &format!("badge form passato 5 --out {}", file("consegna.pdf").display()));
    assert!(fs::read(file("consegna.pdf")).unwrap().starts_with(b"%PDF"));
    let refused = site.run("anna", &["badge", "form", "passato", "9", "--out", "consegna.pdf"]);
    assert!(refused.code == 1 && refused.talk.contains("badge 9 is none of passato"), "{}", refused.talk);
    let refused = site.run("anna", &["badge", "form", "passato", "5", "--out", "consegna.doc"]);
    assert!(refused.code == 2 && refused.talk.contains("ends in .pdf"), "{}", refused.talk);
}

#[test]
fn the_employee_gets_the_computation_of_a_day_in_italian() {
    let site = site();
    site.does("anna", "contest open passato 2024-10-08 --ref nota-1");
    let file = |name: &str| site.0.path().join(name).display().to_string();
    let said = site.run("anna", &["explain", "passato", "2024-10-08", "--pdf", &file("giornata.txt")]);
    assert_eq!(said.code, 0, "{}", said.talk);
    let text = words(&fs::read_to_string(file("giornata.txt")).unwrap());
    for told in [
        "CALCOLO DI UNA GIORNATA",
        "Martedì 08/10/2024",
        "contestata dal lavoratore",
        "entrata: conta come 08:00",
        "[regola: orario dovuto;",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    site.run("anna", &["explain", "passato", "2024-10-08", "--pdf", &file("giornata.pdf")]);
    assert!(fs::read(file("giornata.pdf")).unwrap().starts_with(b"%PDF"));
}

fn status(site: &Site) -> Value {
    serde_json::from_str(&site.run("anna", &["status", "--json"]).out).unwrap()
}

fn mentions(list: &Value, words: &str) -> bool {
    list.as_array().unwrap().iter().any(|line| line.as_str().unwrap().contains(words))
}

#[test]
fn r_3_1_1_status_notes_what_is_missing_only_once_the_term_has_begun() {
    let site = site();
    assert!(!mentions(&status(&site)["notes"], "not noted as there"));
    let past = fs::read_to_string(site.0.path().join("agreements/passato.toml")).unwrap();
    let current = past
        .replace("2024-11-30", "2099-11-30")
        .replace("Anna", "Ada")
        .replace("M000001", "M000007")
        .replace("number = \"5\"", "number = \"7\"");
    fs::write(site.0.path().join("agreements/attuale.toml"), current).unwrap();
    let told = status(&site);
    assert!(mentions(
        &told["notes"],
        "attuale: not noted as there: pc, printer, connection, access, security"
    ));
    assert!(!mentions(&told["attention"], "not noted as there"));
    for item in ["pc", "printer", "connection", "access", "security"] {
        site.does("anna", &format!("checklist attuale set {item} --on 2024-09-30"));
    }
    assert!(!mentions(&status(&site)["notes"], "attuale"));
    site.does("anna", "contest open passato 2024-10-16 --ref nota-1");
    assert!(mentions(&status(&site)["notes"], "passato: contested by the employee: 2024-10-16"));
}

#[test]
fn r_2_5_1_a_badge_in_two_hands_needs_attention() {
    let site = site();
    site.does("anna", "badge issue passato 77 --from 2024-10-15");
    assert!(!mentions(&status(&site)["attention"], "badge 77"));
    // a file that came after the register
    let past = fs::read_to_string(site.0.path().join("agreements/passato.toml")).unwrap();
    let other = past.replace("Anna", "Aldo").replace("M000001", "M000006").replace("\"5\"", "\"77\"");
    fs::write(site.0.path().join("agreements/zeta.toml"), other).unwrap();
    let told = status(&site);
    assert!(
        mentions(&told["attention"], "badge 77 is held in `passato` and in `zeta`"),
        "{}",
        told["attention"]
    );
}

#[test]
fn r_4_1_1_no_plan_is_wanted_after_a_withdrawal_and_a_profile_that_is_gone_is_told() {
    let site = site();
    fs::create_dir(site.0.path().join("profiles")).unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/4x9h.toml");
    let own = site.0.path().join("profiles/quattro.toml");
    fs::copy(shipped, &own).unwrap();
    let told = |now: &str| {
        let config = timbra::config::load(site.0.path()).config.unwrap();
        let store = Store::open_read_only(&config.store_folder).unwrap();
        let config = in_force::config(&store, &config).unwrap().into_owned();
        let now = DateTime::parse_from_rfc3339(now).unwrap().to_utc();
        let told = reminders(&store, &config, now).unwrap();
        told.into_iter()
            .map(|reminder| match reminder {
                Reminder::NoPlan(agreement, month) => format!("{agreement} {month}"),
                Reminder::NoProfile(agreement, entry, profile) => format!("{agreement} {entry} {profile}"),
                other => other.to_string(),
            })
            .collect::<Vec<_>>()
    };
    let soon = "2098-10-26T10:00:00+01:00";
    site.does("anna", "profile-change futuro quattro --from 2098-11-03 --ref PEC-1");
    assert_eq!(told(soon), ["futuro 2098-11"]);
    fs::remove_file(own).unwrap();
    assert_eq!(told(soon), ["futuro 2098-11", "futuro #1 quattro"]);
    site.does("anna", "undo 1");
    site.does("anna", "withdraw futuro --effective 2098-10-20 --ref PEC-2");
    assert_eq!(told(soon), Vec::<String>::new());
    site.does("anna", "undo 3");
    assert_eq!(told(soon), ["futuro 2098-11"]);
}

//! The host's final report (art. 5 c. 1): its figures, the texts that a person completes, its way to the
//! Department, and the reminder until it was sent.

use std::fs;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use timbra::config;
use timbra::daemon::reminder_mail;
use timbra::daemon::reminders::{Reminder, reminders};
use timbra::store::Store;

use crate::office::{Office, Said, line, month_ago, regular_days, working_days};

const DEPARTMENT: &str = "[department]\nname = \"Dipartimento di prova\"\nreport_office = \"Ufficio I\"\n\
                          kind = \"pec\"\naddress = \"relazioni@dipartimento.example\"\n";

/// Last month: of five agreed days three regular ones, with a punch by hand on the first; a recalled one
/// and one of absence.
fn office() -> (Office, Vec<NaiveDate>) {
    let office = Office::new();
    let days = working_days(month_ago(1), 5);
    office.agreement("roma-01", "5", &days, DEPARTMENT);
    let text = regular_days("5", &days[..3]).replace(&line("5", days[0], "15:42:00", 1), "");
    office.import(&office.export("a.dat", &text, month_ago(0).first()));
    let at = days[0].to_string();
    enters(&office, "anna", &["punch", "add", "roma-01", &at, "15:42", "out", "--ref", "nota 7"]);
    enters(&office, "bruno", &["punch", "confirm", "1"]);
    let recalled = days[3].to_string();
    enters(
        &office,
        "anna",
        &["day-change", "recall", "roma-01", &recalled, "--notice", &at, "--ref", "PEC 2"],
    );
    let absent = days[4].to_string();
    enters(&office, "anna", &["absence", "add", "roma-01", &absent, "--ref", "PEC 3", "--credited"]);
    (office, days)
}

fn enters(office: &Office, user: &str, arguments: &[&str]) {
    let output = office.command(arguments).env("TIMBRA_TEST_USER", user).output().unwrap();
    assert!(output.status.code() != Some(1) && output.status.code() != Some(2), "{output:?}");
}

fn report(office: &Office, arguments: &[&str]) -> Said {
    office.timbra(&[&["report", "roma-01"], arguments].concat())
}

/// The texts that a person completes, completed.
fn completed(office: &Office) -> String {
    let folder = office.path("relazione");
    let said = report(office, &["--out", folder.to_str().unwrap()]);
    assert!(matches!(said.code, Some(0 | 3)), "{}", said.err);
    let path = folder.join("relazione.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text =
        text.replacen("DA COMPLETARE", "Il turno si è svolto\nregolarmente.\n\nLa postazione era pronta.", 1);
    fs::write(&path, text.replacen("DA COMPLETARE", "Nessuna criticità.", 1)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "another user can only be named in a debug build")]
fn r_5_1_1_the_report_has_the_figures_of_the_whole_term() {
    let (office, days) = office();
    office.run_until_sent(1);
    let said = report(&office, &["--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let figures = said.json();
    let keys: Vec<&str> = figures.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys.join(" "),
        "agreement anomalies at malfunctions months recalls statements term total",
        "a contract with scripts"
    );
    let total = &figures["total"];
    let counts: Vec<i64> = ["planned", "used", "absent", "recalled", "lost", "unplanned", "open"]
        .iter()
        .map(|key| total[key].as_i64().unwrap())
        .collect();
    assert_eq!(counts, [5, 3, 1, 1, 0, 0, 0]);
    // three days of 7:12 and a fourth that is owed and credited; nothing is owed on the recalled one
    assert_eq!((&total["worked_minutes"], &total["justified_minutes"]), (&json!(3 * 432), &json!(432)));
    assert_eq!((&total["due_minutes"], &total["balance_minutes"]), (&json!(4 * 432), &json!(0)));
    assert_eq!((&total["punches"], &total["manual_punches"]), (&json!(12), &json!(1)));
    let recall =
        json!([{ "date": days[3].to_string(), "notice_date": days[0].to_string(), "new_date": null }]);
    assert_eq!(figures["recalls"], recall);
    assert_eq!(figures["anomalies"], json!({ "manual_punch": 1 }));
    assert_eq!(figures["months"].as_array().unwrap().len(), 1);
    let statement = &figures["statements"][0];
    assert_eq!((&statement["number"], &statement["amendment"]), (&json!(1), &json!(false)));
    assert!(statement["sent_at"].is_string() && statement["delivered_at"].is_null(), "{statement}");
    assert!(statement["in_time"].is_boolean(), "{statement}");
    let text = report(&office, &[]).out;
    for told in
        ["BOZZA", "Lavoratrice", "3 su 5", "di cui inserite a mano 1 (8,3%)", "Nessun malfunzionamento"]
    {
        assert!(text.contains(told), "{told}\n{text}");
    }
}

#[test]
fn r_5_1_1_nothing_is_sent_before_a_person_has_written_it() {
    let (office, _) = office();
    let folder = office.path("relazione");
    let out = folder.to_str().unwrap();
    assert_eq!(report(&office, &["--out", out]).code, Some(0));
    assert!(fs::read(folder.join("bozza.pdf")).unwrap().starts_with(b"%PDF-"));
    let texts = folder.join("relazione.toml");
    let path = texts.to_str().unwrap();
    let text = fs::read_to_string(&texts).unwrap();
    assert!(text.contains("firmatario = \"dott.ssa Carla Modello\""), "{text}");
    let rows = [
        (text.clone(), "nobody has written andamento, criticita yet"),
        (text.replacen("DA COMPLETARE", "x", 1), "nobody has written criticita yet"),
        (
            text.replacen("DA COMPLETARE", "resta da completare l'archivio", 1)
                .replace("DA COMPLETARE", "da completare."),
            "nobody has written criticita yet",
        ),
        (
            text.replace("DA COMPLETARE", "x").replace("dott.ssa Carla Modello", ""),
            "nobody has written firmatario yet",
        ),
        (text.replace("\"roma-01\"", "\"roma-02\""), "this is the report of `roma-02`"),
        (text.replace("proposte", "propste"), "did you mean `proposte`?"),
        (text.replace("\"\"\"", "\"\""), "cannot be used"),
    ];
    for (text, told) in rows {
        fs::write(&texts, &text).unwrap();
        let said = report(&office, &["--text", path, "--send"]);
        assert_eq!(said.code, Some(1), "{told}");
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    // what somebody has written is not written over
    fs::write(&texts, "agreement = \"roma-01\"\n").unwrap();
    assert_eq!(report(&office, &["--out", out]).code, Some(0));
    assert_eq!(fs::read_to_string(&texts).unwrap(), "agreement = \"roma-01\"\n");
    assert_eq!(report(&office, &["--send"]).code, Some(2));
    assert!(office.outbox().is_empty());
}

#[test]
fn r_5_1_1_the_report_goes_to_the_department_and_a_second_one_replaces_it() {
    let (office, _) = office();
    let texts = completed(&office);
    let preview = office.path("relazione");
    let shown = report(&office, &["--text", &texts]).out;
    let paragraphs = "Il turno si è svolto regolarmente.\n\nLa postazione era pronta.\n";
    assert!(shown.contains("ANTEPRIMA") && shown.contains(paragraphs), "{shown}");
    assert_eq!(report(&office, &["--text", &texts, "--out", preview.to_str().unwrap()]).code, Some(0));
    assert!(preview.join("relazione.pdf").is_file());
    let said = report(&office, &["--text", &texts, "--send", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(said.json(), json!({ "agreement": "roma-01", "id": 1, "revision": 1 }));
    let again = report(&office, &["--text", &texts, "--send"]);
    assert!(again.err.contains("has not left yet: message 1"), "{}", again.err);
    office.run_until_sent(1);
    let letters: Vec<String> = office
        .files("mail")
        .into_iter()
        .filter(|(path, _)| path.to_string_lossy().contains(".relazione."))
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
        .collect();
    let (head, body) = letters[0].split_once("\r\n\r\n").unwrap();
    assert!(head.contains("To: relazioni@dipartimento.example"), "{head}");
    assert!(
        head.contains("Subject: Relazione finale coworking - Prefettura di Torino - intesa prot. 5"),
        "{head}"
    );
    assert!(body.contains("relazione-coworking_prot-5_r1.pdf"), "{body}");
    for name in ["Esempio", "Anna"] {
        assert!(!head.contains(name), "{name} in what everybody may read: {head}");
    }
    let said = report(&office, &["--text", &texts, "--send", "--json"]);
    assert_eq!(said.json()["revision"], 2, "{}", said.err);
    let shown = office.timbra(&["outbox", "show", "3"]);
    assert!(shown.err.contains("sent by "), "{}", shown.err);
    let shown = shown.out.replace('\r', "").replace("=\n", "").replace('\n', " ");
    assert!(shown.contains("Sostituisce la relazione trasmessa il"), "{shown}");
}

#[test]
fn r_5_1_1_a_report_before_the_end_of_the_term_needs_a_reason() {
    let office = Office::new();
    let day = working_days(month_ago(0), 1)[0];
    office.agreement("roma-01", "5", &[day], DEPARTMENT);
    let place = office.path("etc/agreements/roma-01.toml");
    let text = fs::read_to_string(&place).unwrap();
    let end = month_ago(0).last().to_string();
    fs::write(&place, text.replace(&format!("end = {end}"), "end = 2098-12-31")).unwrap();
    office.import(&office.export("a.dat", regular_days("5", &[day]), day));
    let texts = completed(&office);
    let said = report(&office, &["--text", &texts, "--send"]);
    assert!(said.err.contains("the term ends on 2098-12-31"), "{}", said.err);
    let said = report(&office, &["--text", &texts, "--send", "--why", "chiusura della sede"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(office.timbra(&["outbox", "show", "1"]).err.contains("chiusura della sede"));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "another user can only be named in a debug build")]
fn r_4_1_1_after_a_withdrawal_the_report_is_that_of_the_days_until_then() {
    let (office, days) = office();
    let last = days[2].to_string();
    enters(&office, "anna", &["withdraw", "roma-01", "--effective", &last, "--ref", "PEC 9"]);
    let figures = report(&office, &["--json"]).json();
    assert_eq!(figures["term"]["end"], last);
    assert_eq!((&figures["total"]["planned"], &figures["total"]["used"]), (&json!(3), &json!(3)));
    let listed = office.timbra(&["agreement", "list", "--json"]).json();
    assert_eq!((&listed[0]["term"]["end"], &listed[0]["state"]), (&json!(last), &json!("ended")));
    let awaited = format!("roma-01: its term ended on {last}, and the final report has not been sent");
    assert!(office.timbra(&["status"]).out.contains(&awaited));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "another user can only be named in a debug build")]
fn r_5_1_1_and_r_2_6_2_the_report_tells_the_malfunctions_of_the_term_with_their_duration() {
    let (office, days) = office();
    let (from, to) = (format!("{} 08:10", days[1]), format!("{} 10:40", days[1]));
    let open =
        ["malfunction", "open", "--kind", "printer", "--systems", "stampante del piano", "--from", &from];
    enters(&office, "anna", &open);
    enters(&office, "anna", &["malfunction", "close", "1", "--at", &to]);
    let figures = report(&office, &["--json"]).json();
    let told = &figures["malfunctions"][0];
    assert_eq!((&told["number"], &told["systems"]), (&json!(1), &json!("stampante del piano")));
    let text = report(&office, &[]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("stampante non funzionante") && text.contains("2:30"), "{text}");
}

#[test]
fn r_5_1_1_where_nobody_knows_where_it_goes_it_does_not_leave() {
    let (office, _) = office();
    let texts = completed(&office);
    let place = office.path("etc/agreements/roma-01.toml");
    let text = fs::read_to_string(&place).unwrap();
    fs::write(&place, text.replace("kind = \"pec\"\naddress = \"relazioni@dipartimento.example\"\n", ""))
        .unwrap();
    let said = report(&office, &["--text", &texts, "--send"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("does not say where the final report goes"), "{}", said.err);
    // then it is printed and signed: it is no preview, and nobody asks for ever whether it was sent
    let printed = report(&office, &["--text", &texts]).out;
    assert!(!printed.contains("ANTEPRIMA") && printed.contains("dott.ssa Carla Modello"), "{printed}");
    assert!(!office.timbra(&["status"]).out.contains("final report"));
}

#[test]
fn r_5_1_1_a_report_is_asked_for_once_by_mail_and_in_the_status_until_it_was_sent() {
    let office = Office::new();
    let days: Vec<NaiveDate> = working_days(timbra::domain::month::Month::parse("2025-10").unwrap(), 5);
    office.agreement("roma-01", "5", &days, DEPARTMENT).agreement("roma-02", "6", &days, "");
    let place = office.path("etc/agreements/roma-02.toml");
    let other = fs::read_to_string(&place).unwrap().replace("Anna", "Ada");
    fs::write(&place, other).unwrap();
    office.import(&office.export("a.dat", regular_days("5", &days), "2025-11-02".parse().unwrap()));
    let config = config::load(&office.path("etc")).config.unwrap();
    let mut store = Store::open(&config.store_folder).unwrap();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let told = |store: &Store, now: &str| -> Vec<String> {
        let all = reminders(store, &config, at(now)).unwrap();
        let reports = all.iter().filter(|reminder| matches!(reminder, Reminder::NoReport(..)));
        reports.map(ToString::to_string).collect()
    };
    let mut ask = |now: &str| reminder_mail::ask_for_reports(&mut store, &config, at(now)).unwrap();
    assert_eq!(ask("2025-10-31T12:00:00Z"), 0);
    assert_eq!(
        (ask("2025-11-01T12:00:00Z"), ask("2025-11-01T13:00:00Z"), ask("2025-12-01T12:00:00Z")),
        (1, 0, 0)
    );
    assert_eq!(told(&store, "2025-10-31T12:00:00Z"), Vec::<String>::new());
    let expected = "roma-01: its term ended on 2025-10-31, and the final report has not been sent: \
                    `timbra report roma-01 --out DIR`";
    assert_eq!(told(&store, "2025-11-01T12:00:00Z"), [expected]);
    let status: Value = office.timbra(&["status", "--json"]).json();
    assert!(status["attention"].as_array().unwrap().contains(&json!(expected)), "{status}");
    let letter = office.timbra(&["outbox", "show", "1"]).out;
    assert!(letter.contains("To: personale@ospitante.example"), "{letter}");
    assert!(letter.contains("Subject: Promemoria coworking 10/2025 - relazione finale - "), "{letter}");
    assert!(letter.contains("timbra report roma-01 --out CARTELLA"), "{letter}");
    let texts = completed(&office);
    assert_eq!(report(&office, &["--text", &texts, "--send"]).code, Some(0));
    assert_eq!(told(&store, "2025-11-02T12:00:00Z"), Vec::<String>::new());
    // taken back, it was not sent
    let message =
        store.outbox().unwrap().into_iter().find(|row| row.kind == "report").unwrap().id.to_string();
    let said = office.timbra(&["outbox", "withdraw", &message, "--why", "refuso"]);
    assert!(
        said.code == Some(0) && said.err.contains("another one leaves by `timbra report --send`"),
        "{said:?}"
    );
    assert!(office.timbra(&["report", "--help"]).out.contains("Without --send exit code 3"));
    assert_eq!(told(&store, "2025-11-02T12:00:00Z"), [expected]);
}

//! What the register changes of an agreement, from the command to the statement.

use std::fs;

use serde_json::{Value, json};

use crate::office::{Office, line, month_ago, regular, regular_days, working_days};
use crate::register_commands::{Site, site};

/// A second agreement for the same days, of another person with badge 6.
fn with_another(site: &Site) {
    let past = fs::read_to_string(site.0.path().join("agreements/passato.toml")).unwrap();
    let other = past
        .replace("given_name = \"Anna\"", "given_name = \"Aldo\"")
        .replace("M000001", "M000006")
        .replace("number = \"5\"", "number = \"6\"");
    fs::write(site.0.path().join("agreements/altro.toml"), other).unwrap();
}

fn import(site: &Site, text: &str) {
    let export = site.0.path().join("more.dat");
    fs::write(&export, text).unwrap();
    site.does("anna", &format!("import {} --reader ingresso", export.display()));
}

#[test]
fn r_2_5_1_badges_of_the_register_count_by_date() {
    let site = site();
    with_another(&site);
    assert_eq!(site.day("2024-10-15")["status"], "no_show");
    // lost on the 8th, where the new one comes into use
    site.does("anna", "badge replace passato 5 77 --on 2024-10-08 --ref nota-1");
    import(
        &site,
        "77\t2024-10-15 08:00:10\t1\t0\t1\t0\n77\t2024-10-15 15:42:20\t1\t1\t1\t0\n\
         77\t2024-10-08 15:40:00\t1\t1\t1\t0\n",
    );
    let day = site.day("2024-10-15");
    assert_eq!((&day["status"], day["punches"].as_array().unwrap().len()), (&json!("ok"), 2));
    let both: Vec<Value> = site.day("2024-10-08")["punches"].as_array().unwrap().clone();
    assert!(both.iter().any(|punch| punch["seen_at"] == "2024-10-08T15:40:00+02:00"), "{both:?}");
    assert_eq!(site.day("2024-10-10")["status"], "no_show");
    let shown = site.does("anna", "badge show passato").out;
    assert_eq!(
        shown,
        "5  2024-10-01 to 2024-10-08  dott.ssa Anna Esempio; by the agreement; replaced #1\n\
         77  2024-10-08 to 2024-11-30  dott.ssa Anna Esempio; issued #1\n"
    );
    let told = site.run("anna", &["explain", "passato", "2024-10-15"]).out;
    assert!(told.contains("08:00:10"), "{told}");

    for (line, reason) in [
        (
            "badge issue altro 77 --from 2024-10-20",
            "badge 77 is held in `passato` from 2024-10-08 to 2024-11-30",
        ),
        ("badge issue altro 5 --from 2024-10-08", "badge 5 is held in `passato`"),
        ("badge return altro 77 --on 2024-10-20", "badge 77 is none of altro"),
        ("badge issue passato 8 --from 2024-12-01", "outside the term"),
        ("badge issue passato 8 --from 2024-10-20 --reader cantina", "there is no reader `cantina`"),
    ] {
        let said = site.run("anna", &line.split(' ').collect::<Vec<_>>());
        assert!(said.code != 0 && said.talk.contains(reason), "{line}: {}", said.talk);
    }
    site.does("anna", "badge issue altro 5 --from 2024-10-09");
    let undone = site.run("anna", &["undo", "1"]);
    assert!(undone.talk.contains("badge 5 is held in `altro`"), "{}", undone.talk);
    site.does("anna", "undo 2");
    site.does("anna", "undo 1");
    assert_eq!(site.day("2024-10-15")["status"], "no_show");
    assert_eq!(site.day("2024-10-10")["punches"].as_array().unwrap().len(), 4);
    let log = site.does("anna", "log passato").out;
    assert!(log.contains("badge 5 replaced by 77 on 2024-10-08"), "{log}");
}

#[test]
fn r_2_5_1_a_badge_that_only_the_register_knows_is_kept_beyond_its_days() {
    let mut office = Office::new();
    "[retention]\nunmatched_days = 10\n".clone_into(&mut office.more);
    office.write();
    let month = month_ago(2);
    let days = working_days(month, 3);
    office.agreement("roma-01", "5", &days, "");
    let file = |name: &str, text: &str| office.export(name, text, month.next().first());
    assert_eq!(office.import(&file("a.dat", &regular("7", days[0]))), "0/4/0/0 0 4");
    let issue = ["badge", "issue", "roma-01", "7", "--from", &days[0].to_string()];
    assert_eq!(office.timbra(&issue).code, Some(0));
    assert_eq!(office.import(&file("b.dat", &regular("7", days[1]))), "4/0/0/0 0 0");
    // a running daemon knows what was entered meanwhile
    let daemon = office.run_ready();
    let issue = ["badge", "issue", "roma-01", "9", "--from", &days[2].to_string()];
    assert_eq!(office.timbra(&issue).code, Some(0));
    office.drop("c.dat", regular("9", days[2]));
    office.until("its punches are kept", || office.punches() == 8);
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
}

#[test]
fn r_2_5_1_punches_that_came_before_the_badge_was_entered_are_theirs() {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 2);
    office.agreement("roma-01", "5", &days, "");
    let text = regular("5", days[0]) + &regular("7", days[1]);
    assert_eq!(office.import(&office.export("a.dat", text, month.next().first())), "8/0/0/0 4 0");
    let used = || statement(&office, &month.to_string())["totals"]["used"].clone();
    assert_eq!(used(), 1);
    enter(&office, &format!("badge issue roma-01 7 --from {}", days[1]));
    assert_eq!(used(), 2);
    assert_eq!(office.timbra(&["status", "--json"]).json()["unmatched"], 0);
}

/// The month before this one, sent, with its four agreed days.
fn sent_month() -> (Office, String, Vec<String>) {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 4);
    office.agreement("roma-01", "5", &days, "");
    office.import(&office.export("a.dat", regular_days("5", &days), month.next().first()));
    office.run_until_sent(1);
    (office, month.to_string(), days.iter().map(ToString::to_string).collect())
}

fn enter(office: &Office, words: &str) -> String {
    let said = office.timbra(&words.split(' ').collect::<Vec<_>>());
    assert!(matches!(said.code, Some(0 | 3)), "{words}: {said:?}");
    said.err
}

fn statement(office: &Office, month: &str) -> Value {
    office.timbra(&["statement", "roma-01", month, "--format", "json"]).json()
}

#[test]
fn r_4_1_1_a_withdrawal_in_the_past_amends_what_was_sent_and_can_be_undone() {
    let (office, month, days) = sent_month();
    let refused = office.timbra(&["withdraw", "roma-01", "--effective", &days[1]]);
    assert!(refused.code == Some(2) && refused.err.contains("must rest on a message"), "{refused:?}");
    let said = enter(&office, &format!("withdraw roma-01 --effective {} --ref PEC-70", days[1]));
    assert!(said.contains("was made without this entry") && said.contains("tardiva"), "{said}");
    let now = statement(&office, &month);
    assert_eq!((&now["totals"]["planned"], &now["agreement"]["term_end"]), (&json!(2), &json!(days[1])));
    let amendments = office.timbra(&["status", "--json"]).json()["amendments"].clone();
    assert_eq!((&amendments[0]["month"], &amendments[0]["held"]), (&json!(month), &json!(false)));
    let sent = office.timbra(&["send", "roma-01", &month]);
    assert!(sent.out.contains("amendment n. 2") && sent.code == Some(0), "{sent:?}");
    office.run_until_sent(2);
    assert_eq!(office.timbra(&["status", "--json"]).json()["amendments"], json!([]));
    enter(&office, "undo 1");
    assert_eq!(statement(&office, &month)["totals"]["planned"], 4);
    assert!(office.timbra(&["send", "roma-01", &month]).out.contains("amendment n. 3"));
    let log = office.timbra(&["log", "roma-01"]).out;
    assert!(log.contains(&format!("withdrawal, last day {}", days[1])), "{log}");
}

#[test]
fn r_4_1_1_no_statement_is_owed_for_months_after_a_withdrawal() {
    let site = site();
    let pending = |site: &Site| {
        let status: Value = serde_json::from_str(&site.run("anna", &["status", "--json"]).out).unwrap();
        let months = status["statements"].as_array().unwrap().iter();
        months.map(|line| line["month"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(pending(&site), ["2024-10", "2024-11"]);
    site.does("anna", "withdraw passato --effective 2024-10-12 --ref PEC-70");
    assert_eq!(pending(&site), ["2024-10"]);
    assert_eq!(site.day("2024-10-15"), Value::Null);
    assert_eq!(site.day("2024-10-08")["status"], "ok");
    let refused = site.run("anna", &["send", "passato", "2024-11"]);
    assert!(refused.talk.contains("none of the months"), "{}", refused.talk);
    // a new agreement of the same person needs the file cut to the same day: nothing else changes
    let file = site.0.path().join("agreements/passato.toml");
    let cut = fs::read_to_string(&file).unwrap().replace("end = 2024-11-30", "end = 2024-10-12");
    fs::write(&file, cut).unwrap();
    assert_eq!((pending(&site), site.day("2024-10-15")), (vec!["2024-10".to_owned()], Value::Null));
}

#[test]
fn a_contested_day_is_called_so_on_every_form_and_amends_what_was_sent() {
    let (office, month, days) = sent_month();
    enter(&office, &format!("contest open roma-01 {} --ref nota-1", days[2]));
    let form = |form: &str| office.timbra(&["statement", "roma-01", &month, "--format", form]).out;
    let unwrapped = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (kind, words) in [
        ("text", "contestata dal lavoratore"),
        ("text", " contestata il lavoratore contesta i dati della giornata"),
        ("html", "contestata dal lavoratore"),
        ("html", "il lavoratore contesta i dati della giornata"),
    ] {
        assert!(unwrapped(form(kind)).contains(words), "{kind}: {words}");
    }
    let contested = |day: &Value| day["contested"] == true;
    let of = |day: &Value| day["date"].as_str().unwrap().to_owned();
    let now = statement(&office, &month);
    let found: Vec<String> =
        now["days"].as_array().unwrap().iter().filter(|day| contested(day)).map(of).collect();
    assert_eq!(found, [days[2].clone()]);
    let table = form("csv");
    let marked: Vec<&str> = table.lines().filter(|line| line.ends_with(";true")).collect();
    assert!(marked.len() == 1 && marked[0].contains(&days[2]), "{table}");
    assert!(office.timbra(&["send", "roma-01", &month]).out.contains("amendment n. 2"));
    enter(&office, &format!("contest close roma-01 {} --ref verbale-1", days[2]));
    assert!(!form("text").contains("contestata"));
    let told = office.timbra(&["log", "roma-01"]).out;
    assert!(told.contains("closed by #2"), "{told}");
}

#[test]
fn what_was_not_recorded_at_all_can_be_contested() {
    let site = site();
    assert_eq!(site.day("2024-10-16"), Value::Null);
    site.does("anna", "contest open passato 2024-10-16 --ref nota-1");
    let day = site.day("2024-10-16");
    assert_eq!((&day["contested"], &day["planned"]), (&json!(true), &json!(false)));
}

#[test]
fn r_2_2_1_a_profile_of_the_register_holds_from_its_day() {
    let site = site();
    let due = |date: &str| site.day(date)["due_minutes"].clone();
    let before = due("2024-10-08");
    site.does("anna", "profile-change passato 4x9h --from 2024-10-10 --ref PEC-61");
    assert_eq!((due("2024-10-08"), due("2024-10-10")), (before, json!(540)));
    let refused =
        site.run("anna", &["profile-change", "passato", "5x9h", "--from", "2024-10-10", "--ref", "a"]);
    assert!(refused.code == 2 && refused.talk.contains("there is no profile `5x9h`"), "{}", refused.talk);
}

#[test]
fn r_2_3_1_an_entry_of_an_unauthorised_sender_is_marked_and_not_refused() {
    let site = site();
    let absence = |date: &str, sender: &str| {
        let args = ["absence", "add", "passato", date, "--ref", "PEC-8", "--from-person", sender];
        site.run("anna", &args)
    };
    assert!(!absence("2024-10-15", "Marco Prova").talk.contains("neither home manager"));
    let said = absence("2024-10-17", "dott. Ugo Ignoto");
    assert!(said.code == 0 && said.talk.contains("neither home manager nor substitute"), "{}", said.talk);
    let log = site.does("anna", "log passato").out;
    assert!(log.contains("ref PEC-8; from Marco Prova\n"), "{log}");
    assert!(
        log.contains(
            "from dott. Ugo Ignoto, not authorised on that day (mittente non autorizzato alla data)"
        )
    );
    let told = site.run("anna", &["explain", "passato", "2024-10-17", "--lang", "it"]).out;
    assert!(told.contains("mittente dott. Ugo Ignoto, mittente non autorizzato alla data"), "{told}");
}

#[test]
fn r_3_1_1_the_checklist_is_shown_with_what_is_missing() {
    let site = site();
    let said = site.run(
        "anna",
        &["checklist", "passato", "set", "pc", "--on", "2024-09-30", "--for", "ing. Ada Modello"],
    );
    assert_eq!(said.code, 0, "{}", said.talk);
    let shown = site.does("anna", "checklist passato").out;
    assert_eq!(shown.matches("MISSING").count(), 4);
    assert!(shown.contains("since 2024-09-30, ing. Ada Modello (#1)"), "{shown}");
    site.does("anna", "checklist passato clear pc");
    assert_eq!(site.does("anna", "checklist passato").out.matches("MISSING").count(), 5);
}

#[test]
fn the_employee_gets_a_copy_once_the_statement_has_left() {
    let office = Office::new();
    let month = month_ago(1);
    let days = working_days(month, 2);
    office.agreement("roma-01", "5", &days, "");
    let file = office.path("etc/agreements/roma-01.toml");
    let text = fs::read_to_string(&file).unwrap();
    let asked = text.replace("[term]", "email = \"anna@roma.example\"\ncopy = true\n[term]");
    fs::write(&file, asked).unwrap();
    let whole = regular_days("5", &days) + &line("5", days[1], "15:43:00", 1);
    office.import(&office.export("a.dat", whole, month.next().first()));
    let daemon = office.run_ready();
    let copies = || office.outbox().into_iter().filter(|row| row["kind"] == "copy").collect::<Vec<_>>();
    office.until("a copy is sent", || copies().iter().any(|row| row["state"] == "smtp_accepted"));
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
    assert_eq!((copies().len(), office.states().len()), (1, 1));
    let mails = office.files("mail");
    let of = |part: &str| mails.iter().find(|(path, _)| path.to_string_lossy().contains(part)).unwrap();
    let copy = String::from_utf8(of(".copia-").1.clone()).unwrap();
    assert!(copy.contains("To: anna@roma.example") && copy.contains("application/pdf"), "{copy}");
    assert!(!copy.contains("text/csv"), "only the page goes along");
    assert!(!copy.contains("RETTIFICA"), "{copy}");
    // the copy of an amendment says so, in its subject and in both bodies
    enter(&office, &format!("absence add roma-01 {} --from 14:00 --to 15:00 --credited --ref a", days[1]));
    assert!(office.timbra(&["send", "roma-01", &month.to_string()]).out.contains("amendment n. 2"));
    let daemon = office.run_ready();
    let sent = || copies().iter().filter(|row| row["state"] == "smtp_accepted").count();
    office.until("the copy of the amendment is sent", || sent() == 2);
    assert_eq!(daemon.stop().0.code(), Some(0), "{}", office.journal());
    let mails = office.files("mail");
    let amended = mails.iter().find(|(path, _)| path.to_string_lossy().contains(".copia-n2-")).unwrap();
    let text = String::from_utf8(amended.1.clone()).unwrap().replace("=\r\n", "").replace("\r\n", " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(" - RETTIFICA n. 1 "), "{text}");
    assert_eq!(text.matches("RETTIFICA n. 1: questo prospetto sostituisce per intero").count(), 2, "{text}");
    assert!(text.contains("presso la Prefettura di Torino, trasmesso alla sede di lavoro"), "{text}");
    assert!(text.contains("rivolgere alla dott.ssa Carla Modello"), "{text}");
}

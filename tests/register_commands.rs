//! The commands of the register: each refusal with its reason, who may do what, and the way of an
//! entry from the command to the statement.

use std::fs;
use std::path::Path;
use std::process::Command;

use chrono::DateTime;
use serde_json::Value;
use timbra::daemon::reminders::{Reminder, reminders};
use timbra::domain::month::Month;
use timbra::domain::register::EntryId;
use timbra::store::Store;

/// Two offices in a folder: `passato` of October 2024, whose days are over, and `futuro` of 2098.
pub(crate) struct Site(pub(crate) tempfile::TempDir);

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) talk: String,
}

const PUNCHES: &str = "\
    5\t2024-10-08 08:00:10\t1\t0\t1\t0\n\
    5\t2024-10-08 15:30:20\t1\t1\t1\t0\n\
    5\t2024-10-10 08:00:10\t1\t0\t1\t0\n\
    5\t2024-10-10 12:00:05\t1\t1\t1\t0\n\
    5\t2024-10-10 12:00:40\t1\t0\t1\t0\n\
    5\t2024-10-10 15:42:20\t1\t1\t1\t0\n";

pub(crate) fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let fixture = |name: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo").join(name)).unwrap()
    };
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("agreements")).unwrap();
    fs::create_dir(folder.path().join("drop")).unwrap();
    put("timbra.toml", &fixture("timbra.toml"));
    put("export.dat", PUNCHES);
    let days = "[2026-10-06, 2026-10-07, 2026-10-13, 2026-10-20, 2026-10-21]";
    let past = fixture("roma-01.toml")
        .replace(days, "[2024-10-08, 2024-10-10, 2024-10-15, 2024-10-17]")
        .replace("2026-10-01", "2024-10-01")
        .replace("2027-01-31", "2024-11-30");
    put("agreements/passato.toml", &past);
    let future = fixture("bologna-01.toml")
        .replace("[2026-10-08, 2026-10-15, 2026-10-22, 2026-10-29]", "[2098-10-01, 2098-10-02]")
        .replace("2026-10-01", "2098-10-01")
        .replace("2027-01-31", "2098-12-31");
    put("agreements/futuro.toml", &future);
    let site = Site(folder);
    let export = site.0.path().join("export.dat");
    let said = site.run("anna", &["import", export.to_str().unwrap(), "--reader", "ingresso"]);
    assert_eq!(said.code, 0, "{}", said.talk);
    site
}

impl Site {
    pub(crate) fn run(&self, user: &str, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbra"));
        let output = command
            .env("TIMBRA_TEST_USER", user)
            .arg("--config")
            .arg(self.0.path())
            .args(args)
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A command in one line, with spaces between its words; must succeed.
    pub(crate) fn does(&self, user: &str, line: &str) -> Said {
        let said = self.run(user, &line.split(' ').collect::<Vec<_>>());
        assert_eq!(said.code, 0, "{line}: {}", said.talk);
        said
    }

    pub(crate) fn day(&self, date: &str) -> Value {
        let said = self.run("anna", &["statement", "passato", "2024-10", "--format", "json"]);
        let statement: Value = serde_json::from_str(&said.out).unwrap();
        let days = statement["days"].as_array().unwrap();
        days.iter().find(|day| day["date"] == date).cloned().unwrap_or_default()
    }
}

#[test]
fn what_cannot_be_entered_is_refused_with_the_reason() {
    let site = site();
    let rows = [
        ("plan futuro 2098-12 2098-12-08", "a national holiday (Immacolata Concezione)", 1),
        ("plan futuro 2098-11 2098-11-02", "it is a Sunday", 1),
        ("plan futuro 2098-11 2098-11-08", "owes no hours on that day", 1),
        ("plan futuro 2099-01 2099-01-07", "2099-01 lies outside the term", 1),
        ("plan futuro 2098-11 2098-12-02", "2098-12-02 does not lie in 2098-11", 1),
        (
            "plan futuro 2098-11 2098-11-03 2098-11-04 2098-11-05 2098-11-06 2098-11-07",
            "5 agreed days; the agreement grants 4",
            1,
        ),
        ("plan passato 2024-11 2024-11-05", "has already begun", 1),
        ("plan futuro 2098-11", "required", 2),
        ("plan nobody 2098-11 2098-11-04", "there is no agreement `nobody`", 2),
        ("absence add passato 2024-10-09", "2024-10-09 is not a planned day", 1),
        ("absence add passato 2024-10-08 --from 11:00 --to 09:00", "has no length", 1),
        ("absence add passato 2024-10-08 --from 11:00", "--to", 2),
        ("absence revoke 9", "there is no entry #9", 1),
        ("day-change recall passato 2024-10-09 --notice 2024-10-01", "is not a planned day", 1),
        ("day-change recall passato 2024-10-08 --notice 2024-10-09", "cannot be later", 1),
        ("day-change move futuro 2098-10-01 2098-10-02", "is already planned", 1),
        ("day-change move futuro 2098-10-01 2098-11-04", "different months", 1),
        ("punch add passato 2024-10-08 12:00 out", "neither is given", 1),
        ("punch add passato 2024-10-08 25:00 out --ref a", "write a time like 08:30", 2),
        ("punch add passato 2024-10-27 02:30 out --ref a", "exists twice", 1),
        ("punch add passato 2024-03-31 02:30 out --ref a", "does not exist", 1),
        (
            "punch add passato 2024-10-08 12:00 out --ref a --offset +05:00",
            "the offset of Europe/Rome is +02:00",
            1,
        ),
        ("punch add passato 2024-12-03 12:00 out --ref a", "outside the term", 1),
        ("punch add futuro 2098-10-01 12:00 out --ref a", "before its time has come", 1),
        ("punch confirm 1", "there is no entry #1", 1),
        ("punch void passato 2024-10-08 09:00 --ref a", "no punch of passato", 1),
        ("punch void passato 2024-10-10 12:00 --ref a", "more than one punch of passato", 1),
        ("service add passato 2024-12-03", "outside the term", 1),
        ("undo 1", "there is no entry #1", 1),
        ("undo x", "the number of an entry", 2),
    ];
    for (line, reason, code) in rows {
        let said = site.run("anna", &line.split(' ').collect::<Vec<_>>());
        assert!(said.talk.contains(reason) && said.out.is_empty(), "{line}: {}", said.talk);
        assert_eq!(said.code, code, "{line}: {}", said.talk);
    }
    assert_eq!(site.does("anna", "log passato").out.lines().count(), 1);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn entries_reach_the_statement() {
    let site = site();
    assert_eq!(site.day("2024-10-08")["break_deducted_minutes"], 30);
    let unknown = site.run(
        "anna",
        &"punch add passato 2024-10-08 12:00 out --malfunction 1".split(' ').collect::<Vec<_>>(),
    );
    assert!(unknown.code == 1 && unknown.talk.contains("there is no malfunction 1"), "{}", unknown.talk);
    site.does("anna", "malfunction open --kind reader --systems lettore --from 2024-10-08T11:50");
    site.does("anna", "malfunction close 1 --at 2024-10-08T13:00");
    site.does("anna", "punch add passato 2024-10-08 12:00 out --malfunction 1");
    site.does("anna", "punch add passato 2024-10-08 12:40 in --malfunction 1");
    assert_eq!(
        site.day("2024-10-08")["anomalies"],
        serde_json::json!(["pending_manual_punch", "break_missing"])
    );
    let own = site.run("anna", &["punch", "confirm", "1"]);
    assert!(own.code == 1 && own.talk.contains("entered by anna, who cannot confirm it"), "{}", own.talk);
    site.does("bruno", "punch confirm 1");
    site.does("bruno", "punch confirm #2");
    let twice = site.run("carla", &["punch", "confirm", "1"]);
    assert!(twice.code == 1 && twice.talk.contains("#1 holds no more: confirmed by #3"), "{}", twice.talk);
    let day = site.day("2024-10-08");
    assert_eq!((&day["break_taken_minutes"], &day["worked_minutes"]), (&40.into(), &410.into()));
    assert_eq!((&day["malfunctions"], &day["punches"][1]["manual"]), (&serde_json::json!([1]), &true.into()));

    site.does("anna", "punch void passato 2024-10-10 12:00:05 --ref a");
    site.does("anna", "punch void passato 2024-10-10 12:00 in --ref a");
    let day = site.day("2024-10-10");
    assert_eq!(day["punches"].as_array().unwrap().len(), 2);
    assert_eq!(day["voided_punches"][1], "2024-10-10T12:00:40+02:00");

    let said = site.does("anna", "day-change recall passato 2024-10-15 --notice 2024-10-14 --ref PEC-7");
    assert!(said.talk.contains("tardiva"), "{}", said.talk);
    let day = site.day("2024-10-15");
    assert_eq!((&day["status"], &day["basis"]["standing"]), (&"recalled".into(), &"recalled".into()));
    assert_eq!(
        (&day["recall"]["notice_date"], &day["basis"]["reference"]),
        (&"2024-10-14".into(), &"PEC-7".into())
    );
    // the host shows the two dates and does not judge the notice
    assert_eq!(day["anomalies"], serde_json::json!([]));
    let told = site.run("anna", &["explain", "passato", "2024-10-15", "--json"]).out;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["day"]["anomalies"], serde_json::json!(["recall_short_notice"]));

    site.does("anna", "absence add passato 2024-10-17 --not-credited --ref PEC-8");
    let day = site.day("2024-10-17");
    assert_eq!((&day["status"], &day["balance_minutes"]), (&"absent".into(), &Value::from(-432)));
    assert_eq!(day["leaves"], serde_json::json!([{ "from": null, "to": null, "credited": false }]));
    site.does("anna", "absence revoke 8");
    assert_eq!(site.day("2024-10-17")["status"], "no_show");
    let said = site.does("anna", "undo 9");
    assert!(said.talk.contains("taken back: #9: absence #8 revoked"), "{}", said.talk);
    let log = site.does("anna", "log passato").out;
    for words in ["M1.1  ", "M1.2  ", "#1    ", "#10   "] {
        assert_eq!(log.lines().filter(|line| line.starts_with(words)).count(), 1, "{words}\n{log}");
    }
    assert_eq!(site.day("2024-10-17")["status"], "absent");

    let text = site.run("anna", &["statement", "passato", "2024-10"]).out;
    for words in [
        "12:00UM 12:40EM",
        "timbratura manuale per il malfunzionamento n. 1",
        "revoca comunicata il 14/10/2024, senza nuova data",
        "assenza per l'intera giornata, ore da recuperare",
        "timbratura delle 12:00 annullata",
    ] {
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unwrapped.contains(words), "{words}\n{text}");
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release build knows no other user")]
fn the_log_tells_everything_in_order_with_who_and_on_what_message() {
    let site = site();
    let plan = ["plan", "futuro", "2098-11", "2098-11-04", "2098-11-06", "--ref", "PEC prot. 45", "--for"];
    assert_eq!(site.run("anna", &[&plan[..], &["dott. Prova"]].concat()).code, 0);
    site.does("bruno", "plan futuro 2098-11 --none");
    let said = site.does("bruno", "day-change move futuro 2098-10-01 2098-10-03 --json");
    let entry: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&entry["id"], &entry["kind"], &entry["author"]),
        (&3.into(), &"move".into(), &"bruno".into())
    );
    let said = site.does("anna", "undo 2");
    assert!(said.talk.contains("taken back: #2: plan 2098-11: no coworking day\n"), "{}", said.talk);
    let text = site.does("anna", "log futuro").out;
    for words in [
        "#0    agreement prot. 102 del 20 luglio 2026: 2098-10-01, 2098-10-02\n",
        "anna for dott. Prova: plan 2098-11: 2098-11-04, 2098-11-06\n      ref PEC prot. 45\n",
        "bruno: plan 2098-11: no coworking day\n      undone by #4\n",
        "anna: entry #2 undone\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let log: Value = serde_json::from_str(&site.does("anna", "log futuro --json").out).unwrap();
    let planned = serde_json::json!(["2098-10-02", "2098-10-03", "2098-11-04", "2098-11-06"]);
    assert_eq!(log["planned"], planned);
    let states: Vec<&str> =
        log["entries"].as_array().unwrap().iter().map(|entry| entry["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["in_force", "undone", "in_force", "in_force"]);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "another user can only be named in a debug build")]
fn an_explained_day_names_who_decided() {
    let site = site();
    site.does("anna", "punch add passato 2024-10-08 12:30 out --ref nota-7");
    site.does("bruno", "punch confirm 1");
    site.does("anna", "absence add passato 2024-10-10 --from 08:00 --to 09:00 --credited --ref nota-8");
    let told = |date: &str| site.run("anna", &["explain", "passato", date, "--lang", "it"]).out;
    let eighth = told("2024-10-08");
    for line in [
        "Registro: timbratura inserita a mano, 12:30 (voce #1, inserita da anna, rif. nota-7)",
        "Registro: timbratura confermata, 12:30 (voce #2, inserita da bruno)",
        "  12:30:00  uscita: conta come 12:30, inserita a mano e confermata",
    ] {
        assert!(eighth.contains(line), "{line}\n{eighth}");
    }
    let absence =
        "Registro: assenza dalle 08:00 alle 09:00, riconosciuta (voce #3, inserita da anna, rif. nota-8";
    assert!(told("2024-10-10").contains(absence), "{}", told("2024-10-10"));
}

#[test]
fn an_entry_of_a_month_that_was_sent_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site(folder);
    let out = site.0.path().join("demo");
    let demo = Command::new(env!("CARGO_BIN_EXE_timbra")).args(["demo", "--out"]).arg(&out).output().unwrap();
    assert!(demo.status.success());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_timbra"));
        let output = command.arg("--config").arg(&out).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let configuration = fs::read_to_string(out.join("timbra.toml")).unwrap();
    // what the configuration says, how the command ends, what it says
    let auto = "[statement]\namend_months = 60\namend_after_minutes = 90\n";
    let rows = [
        (auto, 0, "leaves as an amendment (rettifica) when nothing has changed for 90 minutes"),
        (
            "[statement]\namend = \"by_hand\"\n",
            3,
            "the home office needs an amendment (rettifica): `timbra send roma-01 2026-10`",
        ),
    ];
    for (more, code, told) in rows {
        fs::write(out.join("timbra.toml"), format!("{configuration}\n{more}")).unwrap();
        let (ended, _, talk) = run(&["service", "add", "roma-01", "2026-10-20", "--json"]);
        assert_eq!(ended, Some(code), "{talk}");
        assert!(talk.contains("of 2026-10 was made without this entry") && talk.contains(told), "{talk}");
    }
    let (_, log, _) = run(&["log", "roma-01"]);
    let kinds: Vec<&str> = log.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert!(log.contains("of 2026-10 was made, revision 1"), "{log}");
    let (_, log, _) = run(&["log", "roma-01", "--json"]);
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(
        (&log["statements"][0]["month"], &log["statements"][0]["withdrawn"]),
        (&"2026-10".into(), &false.into())
    );
    assert_eq!(kinds.len(), 5, "the calendar, two entries, one statement, its way: {kinds:?}");
}

#[test]
fn a_month_to_come_without_a_plan_and_a_punch_without_a_second_person_are_told() {
    let site = site();
    let config = timbra::config::load(site.0.path()).config.unwrap();
    let told = |now: &str| {
        let store = Store::open_read_only(&config.store_folder).unwrap();
        reminders(&store, &config, DateTime::parse_from_rfc3339(now).unwrap().to_utc()).unwrap()
    };
    let of =
        |name: &str| config.agreements.iter().find(|other| other.id.as_str() == name).unwrap().id.clone();
    let no_plan = |month| vec![Reminder::NoPlan(of("futuro"), Month::parse(month).unwrap())];
    assert_eq!(told("2098-09-30T10:00:00+02:00"), []); // the agreement itself has days in October
    assert_eq!(told("2098-10-24T23:00:00+02:00"), []);
    assert_eq!(told("2098-10-25T00:00:00+02:00"), no_plan("2098-11"));
    assert_eq!(told("2098-12-31T10:00:00+01:00"), []); // the term is over
    site.does("anna", "plan futuro 2098-11 --none");
    assert_eq!(told("2098-10-31T10:00:00+01:00"), []);
    site.does("anna", "punch add passato 2024-10-08 12:00 out --ref a");
    assert_eq!(told("2098-10-31T10:00:00+01:00"), [Reminder::Unconfirmed(of("passato"), EntryId(2))]);
}

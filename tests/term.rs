//! A whole term, from the agreed days to the final report: five months, two coworkers, a recall, a lost
//! badge, a fault over a weekend, a withdrawal. The clock is simulated; what leaves lies in a folder, and
//! all of it is compared with `fixtures/term/mailbox.txt`, which a person has read.
//!
//! `TIMBRA_ACCEPT=1 cargo test --test integration term` writes that file anew.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDate, Utc};
use mail_parser::MessageParser;
use timbra::config::{self, Config};
use timbra::daemon::run_until;
use timbra::domain::delivery::State;
use timbra::domain::final_report::PLACEHOLDER;
use timbra::store::Store;

use crate::office::{Office, PATIENCE, TIMBRA, clock_mover, line, regular, skipped};

static NOW: AtomicI64 = AtomicI64::new(0);

fn simulated() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW.load(Ordering::Relaxed), 0).unwrap()
}

/// The office, and what its mailbox has shown.
struct Term(Office);

impl Term {
    /// `timbra` at an instant in UTC, as `2026-03-05 09:00`; which user, which words.
    fn at(&self, now: &str, user: &str, words: &[&str]) -> String {
        let output = Command::new(TIMBRA)
            .arg("--config")
            .arg(self.0.path("etc"))
            .args(words)
            .env("TIMBRA_TEST_USER", user)
            .env("LD_PRELOAD", clock_mover().unwrap())
            .env("FAKETIME", format!("@{now}:00"))
            .env("TZ", "UTC")
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{now} {words:?}: {said}");
        said
    }

    /// The same for words without spaces in them; the message on which it rests comes last.
    fn enter(&self, now: &str, user: &str, words: &str, reference: &str) -> String {
        let words: Vec<&str> = words.split(' ').chain(["--ref", reference]).collect();
        self.at(now, user, &words)
    }

    /// What the readers saw, in a file written on a day.
    fn deliver(&self, name: &str, punches: &str, day: &str) {
        let path = self.0.export(name, punches, day.parse().unwrap());
        let said = self.0.timbra(&["import", path.to_str().unwrap(), "--reader", "ingresso"]);
        assert_eq!(said.code, Some(0), "{said:?}");
    }

    /// The daemon at an instant, until so many messages in all have left.
    fn daemon(&self, now: &str, count: usize) {
        let now: DateTime<Utc> = format!("{}:00Z", now.replace(' ', "T")).parse().unwrap();
        NOW.store(now.timestamp(), Ordering::Relaxed);
        let config = config::load(&self.0.path("etc")).config.unwrap();
        let left = |store: &Store, _: &Config| {
            let outbox = store.outbox()?;
            Ok(outbox.len() == count && outbox.iter().all(|row| row.state == State::SmtpAccepted))
        };
        let all = run_until(config, simulated, PATIENCE, left).unwrap();
        assert!(all, "{now}: {:?}", self.0.outbox());
    }

    /// Every message: when, to whom, what about, what goes along, and its text.
    fn mailbox(&self) -> String {
        let mut told: Vec<(i64, String)> = Vec::new();
        for (_, bytes) in self.0.files("mail") {
            let message = MessageParser::default().parse(&bytes).unwrap();
            let at = message.date().unwrap().to_timestamp();
            let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
            let files: Vec<&str> = {
                use mail_parser::MimeHeaders;
                message.attachments().filter_map(|part| part.attachment_name()).collect()
            };
            let date = DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%d %H:%M");
            let subject = message.subject().unwrap_or_default();
            let text = redacted(&message.body_text(0).unwrap());
            let head = format!("{date} UTC\nA: {to}\nOggetto: {subject}\nAllegati: {}\n\n", files.join(", "));
            told.push((at, format!("{head}{}\n\n", text.trim_end())));
        }
        told.sort();
        let rule = "=".repeat(78) + "\n";
        told.into_iter().map(|(_, text)| rule.clone() + &text).collect()
    }
}

/// Without fingerprints and versions, which change with the program.
fn redacted(text: &str) -> String {
    let is_fingerprint = |word: &str| word.len() >= 60 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut told = String::new();
    for line in text.lines() {
        let words: Vec<&str> =
            line.split(' ').map(|word| if is_fingerprint(word) { "<impronta>" } else { word }).collect();
        told +=
            &(words.join(" ").replace(concat!("timbra ", env!("CARGO_PKG_VERSION")), "timbra <versione>")
                + "\n");
    }
    told
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The punches of some regular days.
fn days(badge: &str, dates: &[&str]) -> String {
    dates.iter().map(|date| regular(badge, day(date))).collect()
}

/// `roma-01` with badge 7 and `bologna-01` with badge 8, from March to July 2026.
fn begin() -> Term {
    let mut office = Office::new();
    "remind_days_before = 3\nrequire_time_server = false\n".clone_into(&mut office.statement);
    office.write();
    for (name, badge, city, employee) in
        [("roma-01", "7", "Roma", "Anna"), ("bologna-01", "8", "Bologna", "Bruno")]
    {
        office.agreement(name, badge, &[day("2026-03-03")], "");
        let path = office.path("etc/agreements").join(format!("{name}.toml"));
        let text = fs::read_to_string(&path).unwrap();
        let text = text
            .replace("calendar = [2026-03-03]", "calendar = []")
            .replace("end = 2026-03-31", "end = 2026-07-31")
            .replace("Roma", city)
            .replace("Anna", employee)
            .replace(
                "title = \"dott.ssa\"",
                if employee == "Anna" { "title = \"dott.ssa\"" } else { "title = \"dott.\"" },
            );
        let more = "[channel.malfunction]\nkind = \"email\"\naddress = \"guasti@CITY.example\"\n\
            [department]\nkind = \"pec\"\nname = \"Dipartimento per l'Amministrazione generale\"\n\
            report_office = \"Ufficio I\"\naddress = \"ufficio1@dipartimento.example\"\n";
        fs::write(path, text + &more.replace("CITY", &city.to_lowercase())).unwrap();
    }
    Term(office)
}

//
#[test]
fn a_term_from_its_first_day_to_its_report() {
    if clock_mover().is_none() {
        return skipped("faketime is not installed: a whole term was not tried");
    }
    let term = begin();
    before_the_first_day(&term);
    march(&term);
    april(&term);
    may(&term);
    june(&term);
    july(&term);
    the_report(&term);

    let mailbox = term.mailbox();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/term/mailbox.txt");
    if std::env::var_os("TIMBRA_ACCEPT").is_some() {
        fs::write(&path, &mailbox).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap();
    let first = mailbox.lines().zip(reviewed.lines()).position(|(now, then)| now != then);
    let near = |text: &str| -> String {
        let from = first.unwrap_or_default().saturating_sub(3);
        text.lines().skip(from).take(12).collect::<Vec<_>>().join("\n")
    };
    assert!(mailbox == reviewed, "the mailbox differs:\n{}instead of\n{}", near(&mailbox), near(&reviewed));
}

/// the days are agreed, the badge is there, the desk is ready.
fn before_the_first_day(term: &Term) {
    term.enter("2026-02-23 09:00", "anna", "plan roma-01 2026-03 2026-03-03 2026-03-04 2026-03-10", "PEC 10");
    term.enter("2026-02-23 09:05", "anna", "plan bologna-01 2026-03 2026-03-05 2026-03-12", "PEC 11");
    for item in ["pc", "printer", "connection", "access", "security"] {
        term.at("2026-02-24 09:00", "carlo", &["checklist", "roma-01", "set", item, "--on", "2026-02-24"]);
    }
}

/// a day is recalled, another given instead. The statement leaves.
fn march(term: &Term) {
    let recall = "day-change recall roma-01 2026-03-10 --notice 2026-03-05 --new 2026-03-17";
    term.enter("2026-03-05 10:00", "anna", recall, "PEC 12");
    term.enter("2026-03-25 09:00", "anna", "plan roma-01 2026-04 2026-04-17 2026-04-20 2026-04-22", "PEC 13");
    term.enter("2026-03-25 09:05", "anna", "plan bologna-01 2026-04 2026-04-09", "PEC 14");
    let punches =
        days("7", &["2026-03-03", "2026-03-04", "2026-03-17"]) + &days("8", &["2026-03-05", "2026-03-12"]);
    term.deliver("marzo.dat", &punches, "2026-04-01");
    term.daemon("2026-04-01 08:00", 2);
}

/// the readers stand still from Friday afternoon to Monday morning.
fn april(term: &Term) {
    let words = [
        "malfunction",
        "open",
        "--kind",
        "reader",
        "--systems",
        "lettore dell'ingresso",
        "--expected",
        "2026-04-20 10:00",
        "--from",
        "2026-04-17 12:00",
    ];
    term.at("2026-04-17 13:00", "carlo", &words);
    term.daemon("2026-04-17 13:05", 4);
    term.at("2026-04-20 08:30", "carlo", &["malfunction", "close", "1", "--at", "2026-04-20 08:00"]);
    term.daemon("2026-04-20 08:35", 6);
    let friday =
        [("08:00:00", 0)].map(|(time, direction)| line("7", day("2026-04-17"), time, direction)).concat();
    let punches = friday + &days("7", &["2026-04-20", "2026-04-22"]) + &days("8", &["2026-04-09"]);
    term.at(
        "2026-04-21 09:00",
        "anna",
        &["punch", "add", "roma-01", "2026-04-17", "15:42", "out", "--malfunction", "1"],
    );
    let log = term.at("2026-04-21 09:05", "bruno", &["log", "roma-01"]);
    let entry =
        log.lines().find(|line| line.contains("15:42")).unwrap().split(' ').next().unwrap().to_owned();
    term.at("2026-04-21 09:10", "bruno", &["punch", "confirm", &entry]);
    term.enter("2026-04-27 09:00", "anna", "plan roma-01 2026-05 2026-05-05 2026-05-12 2026-05-19", "PEC 20");
    term.enter("2026-04-27 09:05", "anna", "plan bologna-01 2026-05 2026-05-06", "PEC 21");
    term.deliver("aprile.dat", &punches, "2026-05-02");
    term.daemon("2026-05-02 08:00", 8);
}

/// the badge is lost and replaced.: an absence of April is told late, and amends it.
fn may(term: &Term) {
    term.enter("2026-05-12 09:00", "anna", "badge replace roma-01 7 17 --on 2026-05-12", "verbale 3");
    let late = "absence add roma-01 2026-04-22 --from 14:42 --to 15:42 --not-credited";
    term.enter("2026-05-13 09:00", "anna", late, "PEC 25");
    term.daemon("2026-05-13 09:30", 8);
    term.daemon("2026-05-13 14:00", 9);
    term.enter("2026-05-27 09:00", "anna", "plan roma-01 2026-06 2026-06-03 2026-06-09", "PEC 26");
    term.enter(
        "2026-05-27 09:05",
        "anna",
        "plan bologna-01 2026-06 2026-06-04 2026-06-11 2026-06-18",
        "PEC 27",
    );
    let punches =
        days("7", &["2026-05-05"]) + &days("17", &["2026-05-12", "2026-05-19"]) + &days("8", &["2026-05-06"]);
    term.deliver("maggio.dat", &punches, "2026-06-01");
    term.daemon("2026-06-01 08:00", 11);
}

/// one of the two withdraws; their last statement is of a part of the month.: an exit is
/// missing, and the home office hears of it the next morning.
fn june(term: &Term) {
    term.enter("2026-06-08 09:00", "anna", "withdraw bologna-01 --effective 2026-06-12", "PEC 30");
    let half = line("17", day("2026-06-09"), "08:00:00", 0);
    let punches = days("17", &["2026-06-03"]) + &half + &days("8", &["2026-06-04"]);
    term.deliver("giugno-1.dat", &punches, "2026-06-10");
    term.daemon("2026-06-10 08:00", 12);
    term.enter("2026-06-26 09:00", "anna", "plan roma-01 2026-07 --none", "PEC 31");
    term.deliver("giugno-2.dat", &days("8", &["2026-06-11"]), "2026-07-01");
    // the one that is over leaves, and its report is asked for; the open day is told, and leaves marked
    term.daemon("2026-07-01 08:00", 14);
    term.daemon("2026-07-02 08:00", 15);
    term.daemon("2026-07-07 08:00", 16);
}

/// a month without coworking days is reported too.
fn july(term: &Term) {
    term.deliver("luglio.dat", &line("99", day("2026-07-30"), "08:00:00", 0), "2026-08-01");
    term.daemon("2026-08-03 08:00", 18);
}

/// the office is reminded of the report; it is completed, and leaves.
fn the_report(term: &Term) {
    let folder = term.0.path("relazione");
    let place = folder.to_str().unwrap();
    term.at("2026-08-04 08:00", "carla", &["report", "roma-01", "--out", place]);
    let text = folder.join("relazione.toml");
    let completed = complete(&fs::read_to_string(&text).unwrap());
    fs::write(&text, completed).unwrap();
    term.at("2026-08-04 09:00", "carla", &["report", "roma-01", "--text", text.to_str().unwrap(), "--send"]);
    term.daemon("2026-08-04 09:05", 19);
}

/// The texts of the report, written by the contact.
fn complete(draft: &str) -> String {
    let course = "Le giornate si sono svolte regolarmente; la postazione è sempre stata disponibile.";
    let problems =
        "Il lettore dell'ingresso è rimasto fermo un fine settimana di aprile; un badge è stato smarrito.";
    draft.replacen(PLACEHOLDER, course, 1).replacen(PLACEHOLDER, problems, 1)
}

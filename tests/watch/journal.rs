//! The journal of a whole run: one line for each event, and nobody in it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::office::{Office, month_ago, regular_days, working_days};
use crate::smtp_server::{Act::Say, Exchange, Script};

/// What must never be in it.
const SECRETS: [&str; 9] = [
    "1217496",
    "9988776655",
    "Anna",
    "Esempio",
    "Prova",
    "Modello",
    "roma-01@roma.example",
    "dirigente@roma.example",
    "personale@ospitante.example",
];

/// An office through a month, its mistakes and a wrong configuration; told in every detail.
fn told(format: &str) -> String {
    let mut office = Office::new();
    office.environment.push(("TIMBRA_LOG", "debug".to_owned()));
    let days = working_days(month_ago(1), 3);
    office.agreement("roma-01", "0001217496", &days, "");
    let said = office.timbra(&["check"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let journal = std::fs::File::create(office.path("journal")).unwrap();
    let mut command = office.command(&["run", "--log-format", format]);
    let child = command.stdout(std::process::Stdio::null()).stderr(journal).spawn().unwrap();
    let daemon = crate::office::Daemon { child };
    office.until_told("timbra runs");
    let stranger = regular_days("9988776655", &days[..1]);
    let torn = "Anna Esempio 0001217496 ieri\r\n0001217496\t2026-13-45 08:00:00\t1\t0\t1\t0\r\n";
    office.drop("mese.dat", regular_days("0001217496", &days) + &stranger + torn);
    office.until_told("are in quarantine");
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    // a wrong configuration quotes badges, names and addresses
    office.agreement("bari-07", "0001217496", &days, "");
    let path = office.path("etc/agreements/bari-07.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text =
        text.replace("family_name = \"Esempio\"", "family_name = \"Esempio\"\nemail = \"Anna Esempio\"");
    std::fs::write(&path, text.replace("number = \"0001217496\"", "number = 1217496")).unwrap();
    daemon.signal("HUP");
    office.until_told("the old one goes on");
    office.agreement("bari-07", "0001217496", &days, "");
    daemon.signal("HUP");
    office.until("it is told twice", || office.journal().matches("the old one goes on").count() == 2);
    assert_eq!(daemon.stop().0.code(), Some(0));
    office.journal()
}

#[test]
fn nobody_is_named_in_a_whole_run() {
    let text = told("text");
    for event in
        ["timbra runs", "file taken", "are in quarantine", "statement closed", "handed over", "asked to stop"]
    {
        assert!(text.contains(event), "{event}: {text}");
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(
        text.lines().all(|line| line.contains("Z  INFO ")
            || line.contains("Z  WARN ")
            || line.contains("Z ERROR ")
            || line.contains("Z DEBUG ")),
        "{text}"
    );
}

#[test]
fn each_line_says_how_grave_it_is_to_systemd_and_to_programs() {
    let text = told("journal");
    assert!(text.contains("<6>timbra runs version="), "{text}");
    assert!(
        text.lines().all(|line| ["<3>", "<4>", "<6>", "<7>"].iter().any(|start| line.starts_with(start))),
        "{text}"
    );
    assert!(text.lines().any(|line| line.starts_with("<3>the new configuration has errors")), "{text}");
    let text = told("json");
    for line in text.lines() {
        let entry: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let keys: Vec<&String> = entry.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["fields", "level", "message", "time"], "{line}");
    }
    let runs = text.lines().find(|line| line.contains("timbra runs")).unwrap();
    let runs: serde_json::Value = serde_json::from_str(runs).unwrap();
    assert_eq!((&runs["level"], &runs["fields"]["agreements"]), (&"info".into(), &1.into()));
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// A mailbox whose server refuses every login in its own words.
fn refusing_mailbox() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            drop(client.write_all(b"* OK ready\r\n"));
            for line in BufReader::new(client.try_clone().unwrap()).lines().map_while(Result::ok) {
                let tag = line.split(' ').next().unwrap().to_owned();
                let refused = "NO [AUTHENTICATIONFAILED] Anna Esempio 0001217496 is locked";
                let answer = if line.contains("LOGIN") { refused } else { "OK" };
                drop(client.write_all(format!("{tag} {answer}\r\n").as_bytes()));
            }
        }
    });
    port
}

/// What servers say names people: it is in the store, and neither in the journal nor on the page.
#[test]
fn the_words_of_a_mail_server_stay_out_of_it() {
    const UNKNOWN: Script =
        &[("RCPT", Say("550 5.1.1 <roma-01@roma.example>: Anna Esempio, badge 0001217496, unknown\r\n"))];
    let scripts: [(Script, &str, &str); 4] = [
        (UNKNOWN, "reason=\"RCPT TO: 550 5.1.1 (permanent)\"", "blocked"),
        (&[("MAIL", Say("451 4.3.0 Anna Esempio is busy\r\n"))], "MAIL FROM: 451 4.3.0 (transient)", "due"),
        (&[("banner", Say("Anna Esempio 0001217496\r\n"))], "greeting: \\\"..\\\" is not a reply", "due"),
        (&[("dot", Say("354 Anna Esempio, go on\r\n"))], "the final dot was answered 354", "uncertain"),
    ];
    for (script, expected, state) in scripts {
        let (server, alarms) = (Exchange::start(vec![script]), Exchange::start(vec![UNKNOWN]));
        let mut office = Office::new();
        office.mail_by_smtp(server.port);
        std::fs::write(office.path("etc/password"), "segreta").unwrap();
        office.more += &format!(
            "[receipts.imap]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nuser = \"u\"\npassword_file = \"password\"\n\
             [page]\nfolder = \"../bacheca\"\n[alert.smtp]\nto = [\"anna@roma.example\"]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            refusing_mailbox(),
            alarms.port
        );
        office.write();
        let days = working_days(month_ago(1), 3);
        office.agreement("roma-01", "0001217496", &days, "");
        office.drop("mese.dat", regular_days("0001217496", &days));
        let daemon = office.run_ready();
        office.until_told(expected);
        office.until_told("the mailbox with the receipts refused the login");
        office.until_told("alarms cannot be told this way");
        let page = || std::fs::read_to_string(office.path("bacheca/index.html")).unwrap_or_default();
        office.until("the page shows it", || page().contains("accesso alla casella delle ricevute"));
        for secret in ["Anna", "Esempio", "1217496"] {
            assert!(!page().contains(secret), "{secret} in {}", page());
        }
        assert_eq!(daemon.stop().0.code(), Some(0));
        let journal = office.journal();
        for secret in SECRETS {
            assert!(!journal.contains(secret), "{secret} in {journal}");
        }
        assert!(journal.contains("RCPT TO: 550 5.1.1 (permanent)"), "{journal}");
        assert_eq!(office.states(), [state]);
        let shown = office.timbra(&["outbox", "show", "1"]).err;
        assert!(shown.contains("Anna Esempio"), "its words are in the store: {shown}");
        // what people are told goes to the journal too
        let alarms = "SELECT count(*) FROM alarm WHERE text LIKE '%Anna%' OR text LIKE '%0001217496%'";
        assert_eq!(office.number(alarms), Some(0));
    }
}

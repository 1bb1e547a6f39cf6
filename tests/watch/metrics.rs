//! The figures: in the file and over HTTP, in the two formats, with nobody in them.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::office::{Office, month_ago, regular_days, skipped, working_days};

use super::entry_now;
use super::page::office;

/// A port of this machine that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn asked(port: u16, request: &str) -> String {
    let mut answer = String::new();
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return answer };
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    drop(stream.write_all(request.as_bytes()));
    drop(stream.read_to_string(&mut answer));
    answer
}

fn file(office: &Office) -> String {
    fs::read_to_string(office.path("timbra.prom")).unwrap_or_default()
}

fn figure(text: &str, of: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix(of)?.trim().parse().ok())
}

#[test]
fn places_that_receipts_came_from_once_say_nothing_of_now() {
    let metrics = "[metrics]\nfile = \"../timbra.prom\"\n";
    let mut office = Office::new();
    office.more = format!("{metrics}[receipts.folder]\npath = \"../ricevute\"\n");
    office.write();
    fs::create_dir(office.path("ricevute")).unwrap();
    let read = "timbra_receipts_last_read_timestamp_seconds";
    let daemon = office.run_ready();
    office.until("the folder was read", || figure(&file(&office), read).is_some());
    assert_eq!(daemon.stop().0.code(), Some(0));
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.execute("INSERT INTO mail_source (source, good_at) VALUES ('imap old INBOX', 5)", []).unwrap();
    drop(store);
    fs::remove_file(office.path("timbra.prom")).unwrap();
    let daemon = office.run_ready();
    office.until("the folder is read", || figure(&file(&office), read).is_some());
    assert_ne!(figure(&file(&office), read), Some(5));
    assert_eq!(daemon.stop().0.code(), Some(0));
    metrics.clone_into(&mut office.more);
    office.write();
    fs::remove_file(office.path("timbra.prom")).unwrap();
    let daemon = office.run_ready();
    office.until("there are figures", || figure(&file(&office), "timbra_mail_up").is_some());
    assert_eq!(figure(&file(&office), read), None, "no receipts are read");
    assert_eq!(daemon.stop().0.code(), Some(0));
}

#[test]
fn figures_are_shown_in_a_file_and_on_a_port() {
    let port = free_port();
    let office = office(&format!("[metrics]\nfile = \"../timbra.prom\"\nlisten = \"127.0.0.1:{port}\"\n"));
    let daemon = office.run_ready();
    let brought = "timbra_punches_stored_total{reader=\"ingresso\"}";
    office.until("the first punches are counted", || figure(&file(&office), brought) == Some(4));
    office.drop("oggi.dat", entry_now("0001217496") + "gibberish\r\n");
    office.until("one more is counted", || figure(&file(&office), brought) == Some(5));
    let text = file(&office);
    for (of, value) in [
        ("timbra_reader_up{reader=\"ingresso\"}", 1),
        ("timbra_quarantine_rows{reader=\"ingresso\"}", 1),
        ("timbra_unmatched_punches", 0),
        ("timbra_clock_believed", 1),
        ("timbra_malfunctions_open", 0),
        ("timbra_mail_up", 1),
    ] {
        assert_eq!(figure(&text, of), Some(value), "{of} in {text}");
    }
    // how many depends on the day on which this runs
    for of in
        ["timbra_alarms{level=\"red\"}", "timbra_statements_pending", "timbra_outbox_messages{state=\"due\"}"]
    {
        assert!(figure(&text, of).is_some(), "{of} in {text}");
    }
    let now = timbra::daemon::clock::now().timestamp();
    for of in [
        "timbra_written_timestamp_seconds",
        "timbra_start_timestamp_seconds",
        "timbra_store_commit_timestamp_seconds",
    ] {
        let at = figure(&text, of).unwrap_or_default();
        assert!((now - 300..=now).contains(&at), "{of} in {text}");
    }
    is_well_formed(&text, false);
    let open = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n";
    office.until("the port answers", || asked(port, open).contains(&format!("{brought} 5")));
    let answer = asked(port, open);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 200 OK") && head.contains("openmetrics-text; version=1.0.0"),
        "{head}"
    );
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    is_well_formed(body, true);
    read_by_prometheus(body, "prometheus_client.openmetrics.parser");
    read_by_prometheus(&text, "prometheus_client.parser");
    for secret in ["Anna", "Esempio", "0001217496", "@"] {
        assert!(!text.contains(secret) && !body.contains(secret), "{secret}");
    }
    // those who ask badly get their answer, or wait alone
    assert!(asked(port, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    assert!(
        asked(port, &format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(9000)))
            .starts_with("HTTP/1.1 431 ")
    );
    // more than could be waited for, one after the other
    let silent: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    assert!(asked(port, open).starts_with("HTTP/1.1 200"), "the silent make room");
    let before = office.punches();
    office.drop(
        "poi.dat",
        crate::office::regular("0001217496", crate::office::working_days(crate::office::month_ago(0), 1)[0]),
    );
    office.until("punches come in meanwhile", || office.punches() == before + 4);
    drop(silent);
    daemon.signal("HUP");
    office.until("it answers after a reload", || {
        office.journal().matches("timbra runs").count() == 2 && asked(port, open).starts_with("HTTP/1.1 200")
    });
    assert_eq!(daemon.stop().0.code(), Some(0));
    assert_eq!(asked(port, open), "", "nobody listens any more");
}

/// What was handed over has no deadline any more, unless receipts are to prove that it arrived.
#[test]
fn a_deadline_ends_with_what_can_be_known_of_it() {
    let next = "timbra_next_deadline_timestamp_seconds";
    for (receipts, ends) in [("", true), ("[receipts.folder]\npath = \"../ricevute\"\n", false)] {
        let mut office = Office::new();
        office.more += &format!("[metrics]\nfile = \"../timbra.prom\"\n{receipts}");
        office.write();
        fs::create_dir(office.path("ricevute")).unwrap();
        let days = working_days(month_ago(1), 1);
        office.agreement("roma-01", "5", &days, "");
        let daemon = office.run_ready();
        office.until("its deadline is told", || figure(&file(&office), next).is_some());
        let deadline = figure(&file(&office), next);
        office.drop("a.dat", regular_days("5", &days));
        let sent = "timbra_statements{state=\"smtp_accepted\"}";
        office.until("it is sent", || figure(&file(&office), sent) == Some(1));
        assert_eq!(figure(&file(&office), next), deadline.filter(|_| !ends), "{}", file(&office));
        assert_eq!(daemon.stop().0.code(), Some(0));
    }
}

/// A strict reading of either format: families in one piece, metadata before figures, each figure once.
fn is_well_formed(text: &str, open: bool) {
    assert!(text.ends_with('\n'));
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.last() == Some(&"# EOF"), open);
    if open {
        lines.pop();
    }
    let (mut family, mut kind, mut closed, mut seen) = (String::new(), String::new(), vec![], vec![]);
    for line in lines {
        if let Some(rest) = line.strip_prefix("# ") {
            let [what, name, value] = rest.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
            match what {
                "TYPE" => {
                    assert!(!closed.contains(&name.to_owned()), "{line}");
                    closed.push(name.to_owned());
                    (family, kind) = (name.to_owned(), value.to_owned());
                    let kinds: &[&str] =
                        if open { &["gauge", "counter", "info"] } else { &["gauge", "counter"] };
                    assert!(kinds.contains(&value), "{line}");
                }
                "UNIT" => assert!(open && name == family && name.ends_with(&format!("_{value}")), "{line}"),
                "HELP" => assert!(name == family && !value.contains(['"', '\\']), "{line}"),
                other => panic!("{other}: {line}"),
            }
            continue;
        }
        let (of, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<i64>().is_ok(), "{line}");
        assert!(!seen.contains(&of.to_owned()), "twice: {line}");
        seen.push(of.to_owned());
        let name = of.split('{').next().unwrap();
        let suffix = match (open, kind.as_str()) {
            (true, "counter") => "_total",
            (true, "info") => "_info",
            _ => "",
        };
        assert_eq!(name, format!("{family}{suffix}"), "{line}");
        assert!(
            name.starts_with("timbra_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{line}"
        );
        for (label, _) in of.split(['{', ',']).skip(1).filter_map(|part| part.split_once('=')) {
            assert!(["reader", "agreement", "state", "level", "version"].contains(&label), "{line}");
        }
    }
    assert!(seen.len() > 20, "{text}");
}

/// What the library of Prometheus says of it, where it is installed.
fn read_by_prometheus(text: &str, parser: &str) {
    let program = format!(
        "import sys\ntry:\n from {parser} import text_string_to_metric_families as read\nexcept ImportError: sys.exit(9)\n\
         print(sum(len(family.samples) for family in read(sys.stdin.read())))"
    );
    let run =
        Command::new("python3").args(["-c", &program]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = run else {
        return skipped("no Python: the figures are read by our own reading only");
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(9) {
        return skipped("prometheus_client is not installed: the figures are read by our own reading only");
    }
    let figures = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), figures.to_string(), "{text}");
}

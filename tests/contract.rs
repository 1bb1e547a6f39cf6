//! What scripts rely on: exit codes, JSON keys, data on stdout and talk on stderr.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::office::{Office, TIMBRA, month_ago, regular_days, working_days};

fn keys(value: &Value) -> String {
    let keys: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.into_iter().collect::<Vec<_>>().join(" ")
}

/// An office with one sent month.
fn served() -> Office {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "");
    office.drop("a.dat", regular_days("5", &days));
    office.run_until_sent(1);
    office
}

#[test]
fn each_ending_has_its_exit_code() {
    let office = served();
    let month = month_ago(1).to_string();
    let day = working_days(month_ago(1), 1)[0];
    let good = office.export("good.dat", regular_days("5", &[day]), day);
    let broken = office.export("broken.dat", "broken\r\n", day);
    let (good, broken) = (good.to_str().unwrap(), broken.to_str().unwrap());
    let (folder, pipe) = (office.path("folder"), office.path("pipe"));
    fs::create_dir(&folder).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (folder, pipe) = (folder.to_str().unwrap(), pipe.to_str().unwrap());
    // arguments, exit code, what stands on stdout and what on stderr
    let rows: &[(&[&str], i32, &str, &str)] = &[
        (&["status"], 0, "ALL IS WELL", ""),
        (&["outbox"], 0, "sent", ""),
        (&["outbox", "list"], 0, "sent", ""),
        (&["outbox", "show", "1"], 0, "Message-ID: <", "smtp_accepted"),
        (&["outbox", "show", "7"], 1, "", "there is no message 7\n  = `timbra outbox` lists them"),
        (&["outbox", "retry", "1"], 1, "", "message 1 is sent: only what is blocked or uncertain"),
        (&["outbox", "close", "1"], 2, "", "--why"),
        (&["statement", "roma-01", &month], 0, "PROSPETTO MENSILE", ""),
        (&["statement", "roma-01", &month, "--format", "csv"], 0, ";", ""),
        (&["statement", "roma-01", "2020-13"], 2, "", "write a month like 2026-10"),
        (&["statement", "nobody", &month], 2, "", "the agreements are: roma-01"),
        (&["import", good, "--reader", "ingresso"], 0, "", "4 rows read: 0 new, 4 known, 0 rejected"),
        (&["import", good, "--reader", "nobody"], 2, "", "the readers are: ingresso"),
        (&["import", "--reader", "ingresso"], 2, "", "<FILE>"),
        (&["import", broken, "--reader", "ingresso"], 3, "", "1 rejected"),
        (
            &["import", "/nowhere", "--reader", "ingresso"],
            1,
            "",
            "/nowhere: it cannot be opened: No such file",
        ),
        (&["import", folder, "--reader", "ingresso"], 1, "", "it is a folder, not a regular file"),
        (&["import", pipe, "--reader", "ingresso"], 1, "", "it is a pipe, not a regular file"),
        (
            &["import", folder, good, "--reader", "ingresso", "--json"],
            1,
            "\"known\":4",
            "1 of 2 files were not imported",
        ),
        (&["status"], 3, "NEEDS ATTENTION", ""),
        (&["check"], 0, "agreements  1", ""),
        (&["decode", good], 0, "5", "guessed"),
        (&["decode", "/nowhere"], 1, "", "/nowhere"),
        (&["nonsense"], 2, "", "unrecognized subcommand"),
        (&["status", "--nonsense"], 2, "", "--nonsense"),
    ];
    for (arguments, code, out, err) in rows {
        let said = office.timbra(arguments);
        assert_eq!(said.code, Some(*code), "{arguments:?} {said:?}");
        assert!(said.out.contains(out) && said.out.is_empty() == out.is_empty(), "{arguments:?} {said:?}");
        assert!(said.err.contains(err) && (!err.is_empty() || said.err.is_empty()), "{arguments:?} {said:?}");
    }
    let nowhere = Command::new(TIMBRA).args(["status", "--config", "/nowhere"]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("/nowhere"));
    let fresh = Office::new();
    fresh.agreement("roma-01", "6", &working_days(month_ago(1), 1), "");
    let last = month_ago(1).to_string();
    let without_store: [&[&str]; 5] = [
        &["status"],
        &["send", "roma-01", &last],
        &["outbox", "retry", "1"],
        &["outbox", "settle", "1", "--why", "w"],
        &["outbox", "readdress", "1", "--to", "a@b.example"],
    ];
    for arguments in without_store {
        let said = fresh.timbra(arguments);
        assert_eq!(said.code, Some(1), "{arguments:?} {said:?}");
        assert!(said.err.contains("there is no store at"), "{arguments:?} {said:?}");
    }
    assert!(!fresh.path("store").exists(), "a command made a store");
}

#[test]
fn json_keys_stay() {
    let office = served();
    let day = working_days(month_ago(1), 1)[0];
    let path = office.export("a.dat", regular_days("6", &[day]), day);
    let import = office.timbra(&["import", path.to_str().unwrap(), "--reader", "ingresso", "--json"]).json();
    assert_eq!(keys(&import), "expired known new read rejected skipped unmatched");
    // another one, open, so that the list of statements has a line
    office.agreement("roma-02", "8", &working_days(month_ago(0), 1), "");
    office.agreement("roma-03", "9", &working_days(month_ago(1), 1), "");
    let status = office.timbra(&["status", "--json"]).json();
    assert_eq!(
        keys(&status),
        "alarms amendments attention clock_steps daemon letters_held malfunctions notes outbox readers receipts statements unmatched"
    );
    assert_eq!(keys(&status["daemon"]), "last_sign running since stopped_at");
    assert_eq!(keys(&status["readers"][0]), "covered_until gaps id last_seen port quarantine");
    assert_eq!(keys(&status["statements"][0]), "agreement deadline late leaves_by month open_days");
    assert_eq!(keys(&status["outbox"][0]), "agreement attempts id month state");
    let row = &office.outbox()[0];
    assert_eq!(
        keys(row),
        "agreement attempts deadline detail id kind message_id month not_before protocol release release_at revision state"
    );
    let month = month_ago(1).to_string();
    let statement = office.timbra(&["statement", "roma-01", &month, "--format", "json"]).json();
    assert_eq!(
        keys(&statement),
        "agreement amendment complete days document employee home host malfunctions month nil schema_version totals"
    );
    let out = office.path("out.json");
    let said =
        office.timbra(&["statement", "roma-01", &month, "--format", "json", "--out", out.to_str().unwrap()]);
    assert!(said.out.is_empty() && said.code == Some(0), "{said:?}");
    assert!(fs::read_to_string(out).unwrap().contains("\"schema_version\""));
}

#[test]
fn a_reader_that_has_seen_enough_ends_a_command_quietly() {
    let office = served();
    let month = month_ago(1).to_string();
    let commands = [
        "status",
        "outbox --json",
        "outbox show 1",
        &format!("statement roma-01 {month}"),
        "man",
        "import --reader ingresso /nowhere",
        "--help",
    ];
    for command in commands {
        for redirect in ["| head -c 1", "2>&1 | head -c 1", "| true", "2>&1 | true", "2>/dev/full | true"] {
            let line = format!(
                "{TIMBRA} --config '{}' {command} {redirect}; code=${{PIPESTATUS[0]}}; echo; echo $code",
                office.path("etc").display()
            );
            let output = Command::new("bash").args(["-c", &line]).stderr(Stdio::piped()).output().unwrap();
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let code = out.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap();
            assert!(matches!(code, "0" | "1" | "3"), "{command} {redirect}: {out} {err}");
            assert!(!err.contains("panicked") && !out.contains("panicked"), "{command} {redirect}: {err}");
        }
    }
    // a full disk behind stdout is a failure, and said
    let line = format!("{TIMBRA} man > /dev/full");
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write to stdout"));
}

#[test]
fn help_man_and_completions_know_every_command() {
    let said = |arguments: &[&str]| {
        let output = Command::new(TIMBRA).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let help = said(&["--help"]);
    let section = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = section
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.len() >= 11, "{commands:?}");
    // roff writes a hyphen as `\-`
    let man = said(&["man"]).replace("\\-", "-");
    let bash = said(&["completions", "bash"]);
    let mut without = Vec::new();
    for command in &commands {
        let text = said(&[command, "--help"]);
        if !text.contains("Example") {
            without.push(*command);
        }
        assert!(man.contains(command) && bash.contains(command), "{command}");
    }
    assert!(without.is_empty(), "no example in the help of {without:?}");
    assert!(man.starts_with(".ie"), "{}", man.lines().next().unwrap());
    for shell in ["zsh", "fish"] {
        assert!(said(&["completions", shell]).contains("timbra"), "{shell}");
    }
    assert!(said(&["--version"]).starts_with("timbra "));
    assert_eq!(Command::new(TIMBRA).output().unwrap().status.code(), Some(2));
}

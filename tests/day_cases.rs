//! The worked days of `fixtures/day-cases`, through the built command.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn cases() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/day-cases/day-cases.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn timbra_day(input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_timbra"))
        .args(["day", "--case", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// An anomaly list is a set; everything else is compared as it is.
fn as_compared(key: &str, value: &Value) -> Value {
    if key != "anomalies" {
        return value.clone();
    }
    let set: BTreeSet<String> =
        value.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    json!(set)
}

#[test]
fn every_worked_day_comes_out_as_written() {
    let cases = cases();
    let output = timbra_day(&cases.to_string());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let days: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (cases, days) = (cases.as_array().unwrap(), days.as_array().unwrap());
    assert_eq!((cases.len(), days.len()), (50, 50));
    let mut wrong = Vec::new();
    for (case, day) in cases.iter().zip(days) {
        let (expected, mut found) = (case["expected"].as_object().unwrap(), day.as_object().unwrap().clone());
        assert!(found.remove("trail").is_some_and(|trail| trail.is_array()));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (key, value) in expected {
            if as_compared(key, value) != as_compared(key, &found[key]) {
                wrong.push(format!("{}: {key} is {}, not {value}", case["id"], found[key]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_object_gives_an_object_and_other_keys_are_ignored() {
    let cases = cases();
    let output = timbra_day(&cases[0].to_string());
    let day: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(day["worked_minutes"], 432);
    assert_eq!(day["trail"][0]["rule"], "due");
}

#[test]
fn the_trail_reads_aloud() {
    let cases = cases();
    let case = cases.as_array().unwrap().iter().find(|case| case["id"] == "D15").unwrap();
    let day: Value = serde_json::from_slice(&timbra_day(&case.to_string()).stdout).unwrap();
    let told = |language: &str| -> Vec<String> {
        let steps = day["trail"].as_array().unwrap();
        steps.iter().map(|step| step[language].as_str().unwrap().to_owned()).collect()
    };
    insta::assert_snapshot!(told("italian").join("\n"), @r#"
    Orario dovuto in questa giornata: 7 ore e 12 minuti.
    Dalle 08:00 alle 11:45: 3 ore e 45 minuti; in tutto 3 ore e 45 minuti.
    Dalle 12:15 alle 15:42: 3 ore e 27 minuti; in tutto 7 ore e 12 minuti.
    Pausa fatta: 15 minuti.
    Tolti per la pausa mancante: 15 minuti; restano 6 ore e 57 minuti.
    Ore lavorate: 6 ore e 57 minuti.
    Dalle 11:45 alle 12:15 manca la compresenza; né permesso né pausa la coprono tutta.
    Lavorate e giustificate 6 ore e 57 minuti, dovute 7 ore e 12 minuti: 15 minuti in meno.
    Condizioni orarie per il buono pasto: sì.
    Esito della giornata: regolare.
    "#);
    insta::assert_snapshot!(told("english").join("\n"), @r#"
    Due on this day: 7 hours and 12 minutes.
    From 08:00 to 11:45: 3 hours and 45 minutes; together 3 hours and 45 minutes.
    From 12:15 to 15:42: 3 hours and 27 minutes; together 7 hours and 12 minutes.
    Break taken: 15 minutes.
    Taken off for the missing break: 15 minutes; left 6 hours and 57 minutes.
    Hours worked: 6 hours and 57 minutes.
    From 11:45 to 12:15 compulsory presence is missed; neither leave nor the break covers it all.
    Worked and justified 6 hours and 57 minutes, due 7 hours and 12 minutes: 15 minutes short.
    The hours' conditions of the meal voucher are met.
    How the day ends: ok.
    "#);
}

#[test]
fn a_malformed_case_is_refused_with_the_path_of_its_keys() {
    let cases = cases();
    let mut bad = json!([cases[0], cases[1]]);
    bad[1]["profile"]["break_rule"]["min_minuts"] = json!(30);
    bad[1]["punches"][0]["at"] = json!("yesterday");
    bad[1]["context"]["leaves"] = json!([{"kind": "oraria", "from": "10:00", "to": "09:00"}]);
    bad[1]["context"]["date"] = Value::Null;
    let output = timbra_day(&bad.to_string());
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r#"
    error: the case on stdin cannot be used:
      case 2 (D03): profile.break_rule: unknown key `min_minuts`; did you mean `min_minutes`?
      case 2 (D03): punches[0]: `at` is "yesterday"; write a time like "2026-05-12T08:00:00+02:00", or without offset for a local time
      case 2 (D03): context: `date` is missing; write date = "2026-05-12"
      case 2 (D03): context.leaves[0]: `to` is not after `from`; write a later end
    "#);
    for broken in ["", "{", "7", "[7]", "{}", "[{\"profile\": []}]"] {
        assert_eq!(timbra_day(broken).status.code(), Some(1), "{broken}");
    }
    assert_eq!(timbra_day("[]").status.code(), Some(0));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_timbra")).args(["day"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

//! The files of the agreements: written out of answers, listed, shown, checked, summarised.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use timbra::config::load;
use timbra::domain::agreement::Agreement;
use timbra::domain::ids::AgreementId;

use crate::office::{Office, Said};

/// The sample of all blanks, as a file of answers.
fn sample() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/agreements/esempio.toml")).unwrap()
}

fn answers(office: &Office, text: &str) -> Said {
    let path = office.path("risposte.toml");
    fs::write(&path, text).unwrap();
    office.timbra(&["agreement", "new", "torino-03", "--from", path.to_str().unwrap()])
}

fn read(office: &Office, name: &str) -> Agreement {
    let loaded = load(&office.path("etc"));
    let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    let agreements = loaded.config.unwrap().agreements;
    agreements.into_iter().find(|one| one.id.as_str() == name).unwrap_or_else(|| panic!("{told:?}"))
}

/// Types lines into `agreement new`.
fn typed(office: &Office, lines: &[&str]) -> Said {
    let mut command = office.command(&["agreement", "new", "torino-03"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let text = lines.join("\n") + "\n";
    // it may have ended before it read all
    drop(child.stdin.take().unwrap().write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn r_1_1_1_every_blank_of_the_intesa_goes_from_the_answers_into_the_file() {
    let office = Office::new();
    // all that the sample shows, also what it shows as a comment
    let text =
        sample().replace("# file_sha256", "file_sha256").replace("# min_notice_days", "min_notice_days");
    let text = text.replace("# text = ", "text = ").replace("# valid_", "valid_");
    let said = answers(&office, &text);
    assert_eq!((said.code, said.err.contains("SIGHUP")), (Some(0), true), "{}", said.err);
    let written = fs::read_to_string(office.path("etc/agreements/torino-03.toml")).unwrap();
    let made = read(&office, "torino-03");
    fs::rename(office.path("etc/agreements/torino-03.toml"), office.path("made.toml")).unwrap();
    fs::write(office.path("etc/agreements/esempio.toml"), &text).unwrap();
    let original = read(&office, "esempio");
    assert_eq!(made, Agreement { id: AgreementId::new("torino-03").unwrap(), ..original });
    // each article stands in the file
    for article in [
        "art. 1 c. 1",
        "art. 1 c. 2",
        "art. 2 c. 1",
        "art. 2 c. 2",
        "art. 2 c. 3",
        "art. 2 c. 4",
        "art. 2 c. 5",
        "art. 2 c. 6",
        "art. 2 c. 7",
        "art. 4 c. 1",
        "art. 5 c. 1",
        "art. 5 c. 2",
        "art. 5 c. 3",
    ] {
        assert!(written.contains(article), "{article}\n{written}");
    }
}

#[test]
fn a_new_agreement_is_asked_for_blank_by_blank() {
    let office = Office::new();
    let rows = [
        // what is typed, and what is said of it
        ("prot. 7", ""),
        ("9", "`days_per_month` is 9"),
        ("4", ""),
        ("5x7h13", "5x7h13"),
        ("5x7h12", ""),
        ("", ""), // no calendar yet
        ("", ""), // and so nobody who agreed it: no more is asked of that
        ("", "this one is needed"),
        ("Prefettura di Roma", ""),
        ("prefetura", "`kind` is \"prefetura\""),
        ("prefettura", ""),
        ("Roma", ""),
        ("RM", ""),
        ("06-29", ""),
        ("dott. Marco Prova", ""),
        ("", ""),
        ("marco.prova", "`email` is"),
        ("", ""), // the manager anew
        ("", ""),
        ("dott.ssa Livia Finta <livia@roma.example>; sig. Ugo Esempio", ""),
        ("sig.ra", ""),
        ("Anna", ""),
        ("Esempio", ""),
        ("", ""),
        ("1/9/2026", ""),
        ("2026-08-31", "before it starts"),
        ("2027-01-31", ""),
        (r#"I "turno" \ è"#, ""),
        ("0007", ""),
        ("", ""),
        ("", ""),
        ("10", ""),
        ("pec", ""),
        ("presenze@roma.example", ""),
        ("", ""),
    ];
    // the rest is left out: three channels, notice, regulation, Department, contacts, individual agreement, signature
    let rest = [""; 3 + 1 + 1 + 1 + 2 + 3 + 5];
    let lines: Vec<&str> = rows.iter().map(|(line, _)| *line).chain(rest).collect();
    let said = typed(&office, &lines);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.ends_with("etc/agreements/torino-03.toml\n"), "{}", said.out);
    for (_, told) in rows {
        assert!(said.err.contains(told), "{told}\n{}", said.err);
    }
    let made = read(&office, "torino-03");
    assert_eq!((made.days_per_month, made.badges[0].number.as_str()), (4, "0007"));
    assert_eq!(made.term.start.to_string(), "2026-09-01");
    assert_eq!(made.clauses.term_label.as_deref(), Some(r#"I "turno" \ è"#));
    let substitutes = &made.clauses.home_manager_substitutes;
    assert_eq!(
        substitutes.iter().map(|who| who.name.as_str()).collect::<Vec<_>>(),
        ["dott.ssa Livia Finta", "sig. Ugo Esempio"]
    );
    assert_eq!(substitutes[0].email.as_deref(), Some("livia@roma.example"));
    assert_eq!((made.clauses.regulation, made.clauses.signature), (None, None));
}

#[test]
fn what_would_not_pass_the_check_is_not_written() {
    let office = Office::new();
    office.agreement("roma-01", "5", &["2026-10-06".parse().unwrap()], "");
    let rows = [
        ("title = \"dott.ssa\"", "title = \"dottoressa\"", "risposte.toml"),
        ("days_per_month = 5", "days_per_month = 6", "a whole number from 1 to 5"),
        ("days_per_month = 5", "days_per_mont = 5", "did you mean `days_per_month`?"),
        ("2026-09-08, ", "2026-09-06, ", "it is a Sunday"),
        ("given_name = \"Anna\"", "given_name = ", "risposte.toml:"),
        ("number = \"0001234567\"", "number = \"5\"", "a badge is in one hand at a time"),
        ("# file_sha256 = \"e3", "file_sha256 = \"zz", "64 hexadecimal digits"),
        ("address = \"relazioni@pec.dipartimento.example\"", "", "write address = "),
    ];
    for (from, to, told) in rows {
        let said =
            answers(&office, &sample().replacen(from, to, 1).replace("M000001", "M9").replace("Anna", "Ada"));
        assert_eq!(said.code, Some(1), "{to}: {}", said.out);
        assert!(said.err.contains(told) && said.err.contains("nothing was written"), "{to}: {}", said.err);
        assert!(!office.path("etc/agreements/torino-03.toml").exists(), "{to}");
    }
    // too early an end of the answers
    let said = typed(&office, &["prot. 7", "4"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("the answers ended too early"), "{}", said.err);
    // never over another
    let said = office.timbra(&["agreement", "new", "roma-01", "--from", "/dev/null"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("roma-01.toml exists"), "{}", said.err);
    let said = office.timbra(&["agreement", "new", "Roma 1"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(
        fs::read_dir(office.path("etc/agreements")).unwrap().count(),
        1,
        "and nothing else is left behind"
    );
}

#[test]
fn agreements_are_listed_and_checked() {
    let office = Office::new();
    assert!(office.timbra(&["agreement"]).out.contains("no agreements"));
    let day = |text: &str| vec![text.parse().unwrap()];
    office.agreement("passato", "5", &day("2024-10-08"), "").agreement("futuro", "6", &day("2098-10-08"), "");
    let said = office.timbra(&["agreement", "list", "--json"]);
    let rows: Value = said.json();
    let states: Vec<&str> =
        rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["to_come", "ended"]);
    assert_eq!(rows[0]["term"]["end"], "2098-10-31");
    let text = office.timbra(&["agreement"]).out;
    assert!(
        text.contains("passato") && text.contains("ended") && text.contains("Prefettura di Roma"),
        "{text}"
    );
    let said = office.timbra(&["agreement", "check", "passato"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "passato: no problem\n"));
    fs::write(office.path("etc/agreements/rotto.toml"), "reference = 7\n").unwrap();
    let said = office.timbra(&["agreement", "check", "rotto"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("`reference` is 7"), "{}", said.out);
    assert_eq!(office.timbra(&["agreement", "check", "passato"]).code, Some(0), "each for itself");
    assert_eq!(office.timbra(&["agreement", "check", "nessuno"]).code, Some(2));
}

#[test]
fn r_5_4_1_a_scan_is_held_against_the_fingerprint_of_what_was_signed() {
    let office = Office::new();
    let scan = office.path("intesa.pdf");
    fs::write(&scan, b"").unwrap(); // its SHA-256 is the one that the sample shows
    let other = office.path("altra.pdf");
    fs::write(&other, b"x").unwrap();
    let place = office.path("etc/agreements/torino-03.toml");
    let show =
        |file: &Path| office.timbra(&["agreement", "show", "torino-03", "--file", file.to_str().unwrap()]);
    fs::write(&place, sample()).unwrap();
    let said = show(&scan);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("file_sha256 = \"e3b0c44298fc"), "what to record is said: {}", said.err);
    fs::write(&place, sample().replace("# file_sha256", "file_sha256")).unwrap();
    let said = show(&scan);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains("is the signed intesa"), "{}", said.out);
    let said = show(&other);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("none of the signed texts"), "{}", said.err);
    let said = office.timbra(&["agreement", "show", "torino-03"]);
    for told in ["art. 2 c. 7", "prot. 12345", "relazioni@pec.dipartimento.example", "dott.ssa Livia Finta"] {
        assert!(said.out.contains(told), "{told}\n{}", said.out);
    }
    let said = office.timbra(&["agreement", "show", "torino-03", "--json"]).json();
    assert_eq!(said["signature"]["file_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(said["department"]["channel"]["kind"], "pec");
}

#[test]
fn r_1_1_2_and_r_5_3_1_the_sheet_says_the_agreement_in_the_right_gender() {
    let office = Office::new();
    let place = office.path("etc/agreements/torino-03.toml");
    let out = office.path("sintesi.txt");
    let sheet = || {
        let said = office.timbra(&["agreement", "sheet", "torino-03", "--out", out.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        fs::read_to_string(&out).unwrap()
    };
    for (title, words) in [
        (
            "sig.",
            [
                "accordo individuale del sig. Anna",
                "Il sig. Anna",
                "gli orari del sig. Esempio",
                "Il lavoratore riceve",
            ],
        ),
        (
            "sig.ra",
            [
                "accordo individuale della sig.ra Anna",
                "La sig.ra Anna",
                "gli orari della sig.ra Esempio",
                "La lavoratrice riceve",
            ],
        ),
        (
            "dott.",
            [
                "accordo individuale del dott. Anna",
                "Il dott. Anna",
                "gli orari del dott. Esempio",
                "Il lavoratore avvisa",
            ],
        ),
        (
            "dott.ssa",
            [
                "accordo individuale della dott.ssa Anna",
                "La dott.ssa Anna",
                "gli orari della dott.ssa Esempio",
                "La lavoratrice avvisa",
            ],
        ),
    ] {
        fs::write(&place, sample().replace("title = \"dott.ssa\"", &format!("title = \"{title}\""))).unwrap();
        let text = sheet().split_whitespace().collect::<Vec<_>>().join(" ");
        for words in words {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }
    crate::letters::compare("sintesi.txt", sheet().as_bytes());
    let out = office.path("sintesi.pdf");
    let said = office.timbra(&["agreement", "sheet", "torino-03", "--out", out.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(fs::read(out).unwrap().starts_with(b"%PDF-"));
}

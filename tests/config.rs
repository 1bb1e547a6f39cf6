//! The configuration: the sample has no problem, and each wrong file gets exactly the complaints
//! that stand beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use timbra::config::{Loaded, load};
use timbra::decode::wire::settings::PROTOCOLS;

fn project(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

/// A copy of the sample's own files; its profiles and formats come with the program anyway.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("agreements")).unwrap();
    for file in ["timbra.toml", "agreements/esempio.toml"] {
        fs::copy(project("config").join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn told(folder: &Path, loaded: &Loaded) -> String {
    let problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    let mut told = problems.join("\n").replace(&format!("{}/", folder.display()), "");
    match &loaded.config {
        None => told.push_str("\n-- no configuration\n"),
        Some(config) => {
            let readers: Vec<&str> = config.readers().map(|r| r.id.as_str()).collect();
            let agreements: Vec<String> = config
                .agreements
                .iter()
                .map(|a| format!("{} ({} days)", a.id, a.planned_days.len()))
                .collect();
            let (readers, agreements) = (readers.join(", "), agreements.join(", "));
            told = format!("{told}\n-- readers: {readers}; agreements: {agreements}\n");
        }
    }
    told
}

/// To write the expectations anew: `TIMBRA_WRITE_EXPECTED=1 cargo test config::`.
//
#[test]
fn each_wrong_file_gets_its_complaints() {
    let mut wrong = Vec::new();
    let mut cases: Vec<PathBuf> =
        fs::read_dir(project("fixtures/config")).unwrap().map(|e| e.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let folder = sample();
        let place = match name.strip_prefix("bad-").unwrap().split_once('-').unwrap().0 {
            "timbra" => "timbra.toml".to_owned(),
            room => {
                fs::create_dir_all(folder.path().join(format!("{room}s"))).unwrap();
                format!("{room}s/{name}")
            }
        };
        fs::copy(&case, folder.path().join(place)).unwrap();
        let told = told(folder.path(), &load(folder.path()));
        let expected = case.with_extension("txt");
        if std::env::var_os("TIMBRA_WRITE_EXPECTED").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != told {
            wrong.push(format!("--- {name} now gives:\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//
#[test]
fn the_sample_has_no_problem() {
    let loaded = load(&project("config"));
    let config = loaded.config.as_ref();
    assert!(loaded.problems.is_empty(), "{}", told(&project("config"), &loaded));
    let config = config.unwrap();
    assert_eq!(config.host.office.city, "Torino");
    assert_eq!(config.folders.len(), 1);
    let agreement = &config.agreements[0];
    assert_eq!((agreement.id.as_str(), agreement.planned_days.len()), ("esempio", 10));
    assert_eq!(agreement.clauses.recall_notice_days, 3);
    assert!(config.snapshot.iter().any(|(name, _)| name.ends_with("profiles/5x7h12.toml")));
}

#[test]
fn the_defaults_shown_in_the_sample_are_the_defaults() {
    let folder = sample();
    let shown = fs::read_to_string(folder.path().join("timbra.toml")).unwrap();
    let plain = load(folder.path()).config.unwrap();
    let keys = [
        "zone",
        "max_days",
        "folder",
        "not_before",
        "future",
        "max_file",
        "poll",
        "idle_poll",
        "stable",
        "unmatched",
        "working_days",
        "send_at",
        "amend",
        "remind",
        "release",
        "officers",
        "if_not",
        "repair",
        "message_id_domain",
        "transport",
        "mode",
        "files",
        "require_mount",
        "direction =",
    ];
    let written: Vec<String> = shown
        .lines()
        .take_while(|line| *line != "# [[serial]]")
        .map(|line| match line.strip_prefix("# ") {
            Some(key) if keys.iter().any(|start| key.starts_with(start)) => key.to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    assert!(written.iter().filter(|line| !line.starts_with('#')).count() > 50);
    fs::write(folder.path().join("timbra.toml"), written.join("\n")).unwrap();
    let loaded = load(folder.path());
    assert!(loaded.problems.is_empty(), "{}", told(folder.path(), &loaded));
    let full = loaded.config.unwrap();
    let settings = |config: &timbra::config::Config| {
        let folders: Vec<_> = config.folders.iter().map(|r| (&r.folder, &r.reader.direction)).collect();
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {folders:?}",
            config.host,
            config.store_folder,
            config.intake,
            config.retention,
            config.mail,
            config.receipts,
            config.statement
        )
    };
    assert_eq!(settings(&full), settings(&plain));
    assert_ne!(full.hash, plain.hash);
}

#[test]
fn the_form_of_the_statement_shown_in_the_sample_is_the_default() {
    let folder = sample();
    let path = folder.path().join("agreements/esempio.toml");
    let plain = load(folder.path()).config.unwrap();
    let keys = [
        "columns",
        "separator",
        "header",
        "durations",
        "dates",
        "yes_no",
        "encoding",
        "attachments",
        "subject",
    ];
    let mut found = 0;
    let mut written = String::new();
    for line in fs::read_to_string(&path).unwrap().lines() {
        let key = line.strip_prefix("# ").filter(|key| keys.iter().any(|start| key.starts_with(start)));
        found += usize::from(key.is_some());
        written += &format!("{}\n", key.unwrap_or(line));
    }
    assert_eq!(found, keys.len());
    fs::write(&path, written).unwrap();
    let loaded = load(folder.path());
    assert!(loaded.problems.is_empty(), "{}", told(folder.path(), &loaded));
    let full = loaded.config.unwrap();
    assert_eq!(full.agreements, plain.agreements);
    assert_ne!(full.hash, plain.hash);
}

/// The reader on a serial port that the sample shows, as one of some protocol, and with the options
/// of that protocol or without.
fn sample_serial(protocol: &str, options: bool) -> String {
    let shown = fs::read_to_string(project("config/timbra.toml")).unwrap();
    let block = shown.split_once("# [[serial]]").unwrap().1.split("\n\n").next().unwrap();
    let mut text = "[[serial]]\n".to_owned();
    for line in block.lines().filter_map(|line| line.strip_prefix("# ")) {
        let Some(option) = line.strip_prefix("  ") else {
            text += &format!("{}\n", line.replace("\"rdm6300\"", &format!("{protocol:?}")));
            continue;
        };
        let (setting, comment) = option.split_once(" # ").unwrap_or((option, ""));
        let of = comment.split(':').next().unwrap();
        let named = PROTOCOLS.iter().filter(|name| of.contains(*name)).count();
        let needed = setting.starts_with("pattern") && protocol == "barcode";
        let is_default = (named == 0 || of.contains(protocol)) && !comment.contains("default: no");
        if needed || options && is_default {
            text += &format!("{setting}\n");
        }
    }
    text
}

#[test]
fn five_lines_are_a_serial_reader_and_the_defaults_shown_for_it_are_the_defaults() {
    for protocol in PROTOCOLS.into_iter().filter(|protocol| *protocol != "osdp") {
        let read = |options: bool| {
            let folder = sample();
            let file = folder.path().join("timbra.toml");
            let table = sample_serial(protocol, options);
            fs::write(&file, fs::read_to_string(&file).unwrap() + &table).unwrap();
            let loaded = load(folder.path());
            assert!(loaded.problems.is_empty(), "{table}{}", told(folder.path(), &loaded));
            let reader = loaded.config.unwrap().serials.pop().unwrap();
            (
                format!("{:?} {:?} {}", reader.port, reader.wire, reader.presence_seconds),
                table.lines().count(),
            )
        };
        let ((plain, lines), (full, more)) = (read(false), read(true));
        assert_eq!(plain, full);
        assert!(lines == 5 + usize::from(protocol == "barcode") && more >= 13, "{lines} {more}");
    }
}

#[test]
fn the_defaults_shown_for_a_bus_of_osdp_readers_are_the_defaults() {
    let shown = fs::read_to_string(project("config/timbra.toml")).unwrap();
    let block = shown.split_once("# [[osdp]]").unwrap().1;
    let read = |options: bool| {
        let lines = block.lines().filter_map(|line| line.strip_prefix("# "));
        let wanted = |line: &&str| !line.starts_with(' ') || options && !line.contains("default: none");
        let table = "[[osdp]]\n".to_owned() + &lines.filter(wanted).collect::<Vec<_>>().join("\n");
        let folder = sample();
        let file = folder.path().join("timbra.toml");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &table).unwrap();
        let loaded = load(folder.path());
        assert!(loaded.problems.is_empty(), "{table}{}", told(folder.path(), &loaded));
        (format!("{:?}", loaded.config.unwrap().buses), table.lines().count())
    };
    let ((plain, lines), (full, more)) = (read(false), read(true));
    assert_eq!(plain, full);
    assert_eq!((lines, more), (6, 14));
}

#[test]
fn a_profile_with_errors_takes_only_its_agreements_along() {
    let folder = sample();
    fs::create_dir(folder.path().join("profiles")).unwrap();
    fs::write(folder.path().join("profiles/5x7h12.toml"), "name = \"x\"\n").unwrap();
    let loaded = load(folder.path());
    let shown = told(folder.path(), &loaded);
    assert!(shown.contains("the profile `5x7h12` has errors of its own"), "{shown}");
    let config = loaded.config.unwrap();
    assert!(config.agreements.is_empty());
    assert_eq!(config.folders.len(), 1);
}

fn check(folder: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timbra"));
    let output = command.arg("--config").arg(folder).arg("check").args(more).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn check_ends_with_0_3_or_1() {
    let folder = sample();
    let (code, shown, talk) = check(folder.path(), &[]);
    assert_eq!((code, talk.as_str()), (Some(0), ""));
    assert!(shown.contains("esempio: 2026-09-01 to 2027-01-31, 10 planned days"), "{shown}");

    fs::copy(project("fixtures/config/bad-agreement-warnings.toml"), folder.path().join("agreements/w.toml"))
        .unwrap();
    let (code, shown, _) = check(folder.path(), &["--json"]);
    assert_eq!(code, Some(3));
    let rows: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["column", "file", "hint", "line", "message", "severity"]);
    assert_eq!((rows[0]["severity"].as_str(), rows[0]["line"].as_u64()), (Some("warning"), Some(5)));

    let (code, shown, talk) = check(&folder.path().join("none"), &[]);
    assert_eq!(code, Some(1));
    assert!(shown.contains("timbra.toml: error: cannot be read"), "{shown}");
    assert!(talk.starts_with("error: 1 error in"), "{talk}");
}

#[test]
fn a_name_that_the_pdf_cannot_print_is_a_warning() {
    for (name, letters) in [("Żółć", ""), ("Zoë", ""), ("Ελένη", "Ελένη"), ("Zoë 漢", "漢")]
    {
        let folder = sample();
        let file = folder.path().join("agreements/esempio.toml");
        let text = fs::read_to_string(&file).unwrap();
        let line = text.lines().find(|line| line.starts_with("given_name")).unwrap();
        fs::write(&file, text.replace(line, &format!("given_name = \"{name}\""))).unwrap();
        let (code, shown, _) = check(folder.path(), &[]);
        let told = shown.contains(&format!("esempio.toml: warning: the PDF has no letters `{letters}`"));
        assert_eq!(
            (code, told),
            if letters.is_empty() { (Some(0), false) } else { (Some(3), true) },
            "{shown}"
        );
    }
}

#[test]
fn an_empty_folder_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = load(folder.path());
    assert!(loaded.config.is_none());
    assert_eq!(loaded.problems.len(), 1);
    assert!(loaded.problems[0].hint.as_ref().unwrap().contains("--config"));
}

#[test]
fn a_file_in_another_encoding_says_where() {
    let folder = sample();
    fs::write(folder.path().join("agreements/latin.toml"), b"# ok\nreference = \"citt\xe0\"\n").unwrap();
    let loaded = load(folder.path());
    let shown = told(folder.path(), &loaded);
    assert!(shown.starts_with("agreements/latin.toml:2:18: error: this character is not UTF-8"), "{shown}");
    assert_eq!(loaded.config.unwrap().agreements.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_it_panic(
        timbra in any::<bool>(),
        start in 0usize..4000,
        length in 0usize..40,
        put in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            "[\\[\\]{}=\"'.,#\n0-9a-z-]{0,12}".prop_map(String::into_bytes),
        ],
        only in proptest::bool::weighted(0.1),
    ) {
        let folder = sample();
        let file = folder.path().join(if timbra { "timbra.toml" } else { "agreements/esempio.toml" });
        let mut bytes = fs::read(&file).unwrap();
        if only {
            bytes = put;
        } else {
            let start = start.min(bytes.len());
            let end = (start + length).min(bytes.len());
            bytes.splice(start..end, put);
        }
        fs::write(&file, bytes).unwrap();
        told(folder.path(), &load(folder.path()));
    }
}

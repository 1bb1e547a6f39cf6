//! `timbra decode` over every file in `fixtures/readers`: the format is the name of the folder, and
//! what must come out stands beside the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use timbra::decode::wire::settings::PROTOCOLS;

fn decode(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_timbra")).arg("decode").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The fixture files with the name of their format.
fn fixtures() -> Vec<(String, PathBuf)> {
    let readers = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/readers");
    let folders =
        fs::read_dir(readers).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut found = Vec::new();
    for folder in folders {
        let format = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_none_or(|extension| extension != "jsonl"));
        found.extend(files.map(|path| (format.clone(), path)));
    }
    found.sort();
    found
}

#[test]
fn every_fixture_is_decoded_as_it_should_be() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 30);
    for (format, path) in fixtures {
        let expected = fs::read_to_string(format!("{}.jsonl", path.display())).unwrap();
        let shown = path.display().to_string();
        let option = if PROTOCOLS.contains(&format.as_str()) { "--protocol" } else { "--format" };
        let output = decode(&[&shown, option, &format, "--json"]);
        assert_eq!(text(&output.stdout), expected, "{shown}");
        let only_rejects = expected.contains("{\"events\":0,") && expected.contains("\"error\"");
        assert_eq!(output.status.code(), Some(if only_rejects { 3 } else { 0 }), "{shown}");
    }
}

#[test]
fn the_format_is_guessed() {
    for (format, path) in fixtures() {
        if PROTOCOLS.contains(&format.as_str()) {
            continue;
        }
        if path.ends_with("nothing-but-rejects.dat") || path.ends_with("empty.dat") {
            continue;
        }
        let shown = path.display().to_string();
        let output = decode(&[&shown, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{shown}: {}", text(&output.stderr));
        let expected = fs::read_to_string(format!("{shown}.jsonl")).unwrap();
        assert_eq!(text(&output.stdout), expected, "{shown}");
        // the two names of one family: any will do where they agree
        if format != "agl" {
            assert!(text(&output.stderr).starts_with(&format!("format: {format} (guessed")), "{shown}");
        }
    }
}

#[test]
fn people_get_a_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/readers/csv-it/with-header.csv");
    let output = decode(&[file.to_str().unwrap()]);
    insta::assert_snapshot!(text(&output.stdout), @r##"
      line  badge           at                         direction  as sent    reason
         3  000654          2026-11-05T08:05:00+01:00  in         Entrata
         4  000654          2026-11-05T14:10:00+01:00  out        USCITA
         5  000655          2026-11-05T08:05:30+01:00  out        u          12
         7  REJECTED: impossible date 2026-11-31: 000655;Prova Mario;31/11/2026;08:05;E;
         8  REJECTED: time "8:5" is not like H:mm or H.mm or H:mm:ss or H.mm.ss: 000655;Prova Mario;05/11/2026;8:5;E;
         9  REJECTED: badge is empty: ;Prova Mario;05/11/2026;8:05;E;
        10  REJECTED: a quoted field is not closed, or text follows its closing quote: 000655;"Prova;05/11/2026;8:05;E;
        11  000655          2026-11-06T08:00:00+01:00  ?          -
    4 events, 4 rejected, 3 skipped
    "##);
}

#[test]
fn what_cannot_be_decoded_gets_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("letter.txt"), "Gentile collega,\nin allegato.\n").unwrap();
    fs::write(at("empty.txt"), "").unwrap();
    fs::write(at("bad.toml"), "layout = \"delimited\"\nseparator = \";\"\nfeilds = 1\n").unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    let own = "layout = 'regex'\npattern = '^(?<date>\\S+) (?<time>\\S+) (?<badge>\\d+)$'\n\
               date_patterns = ['DD/MM/YY']\ntime_patterns = ['hhmm']\n";
    fs::write(at("own.toml"), own).unwrap();
    fs::write(at("own.txt"), "12/05/26 0801 77\n").unwrap();
    let rows: [(&[&str], i32, &str); 9] = [
        (&[&at("none.txt")], 1, "error: cannot open"),
        (&[&at("")], 1, "is a directory"),
        (&[&at("pipe")], 1, "is not a regular file"),
        (&[&at("letter.txt")], 1, "fits no known format"),
        (&[&at("letter.txt"), "--format", "zk"], 2, "did you mean zk-attlog or zk-attlog-5?"),
        (&[&at("letter.txt"), "--format", &at("none.toml")], 2, "cannot read the format"),
        (&[&at("letter.txt"), "--format", &at("bad.toml")], 1, "did you mean `fields`?"),
        (&[&at("empty.txt")], 0, "is empty"),
        (&[&at("own.txt"), "--format", &at("own.toml")], 0, ""),
    ];
    for (args, code, message) in rows {
        let output = decode(args);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        assert!(told.contains(message), "{args:?}: {told}");
    }
}

/// A capture in a folder of its own.
fn captured(bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("captured.bin");
    fs::write(&path, bytes).unwrap();
    let shown = path.display().to_string();
    (folder, shown)
}

#[test]
fn the_protocol_of_a_reader_is_found_out() {
    for (format, path) in fixtures() {
        // plain lines of digits could be of several readers
        if !PROTOCOLS.contains(&format.as_str()) || matches!(format.as_str(), "wiegand" | "giga-tms") {
            continue;
        }
        let shown = path.display().to_string();
        let output = decode(&[&shown]);
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{shown}: {told}");
        assert!(told.contains(&format!("\n{format} fits best.\n")), "{shown}: {told}");
    }
}

#[test]
fn the_printed_number_says_what_to_configure() {
    let rows: [(&[u8], &str, &[&str]); 4] = [
        (b"\x020100129\x33D858\x03", "0001217496", &["protocol = \"rdm6300\"", "badge = \"decimal10\""]),
        (b"\x020100129\x33D858\x03", "018,37848", &["protocol = \"rdm6300\"", "badge = \"facility_card\""]),
        (
            b"ED6C27\r",
            "0001217496",
            &[
                "D0 and D1 are swapped",
                "protocol = \"wiegand\"",
                "transform = \"complement\"",
                "badge = \"decimal10\"",
            ],
        ),
        (b"04A23B1C\r", "473670148", &["base = \"hex\"", "badge = \"byte_reversed_decimal\""]),
    ];
    for (bytes, printed, expected) in rows {
        let (_folder, file) = captured(bytes);
        let output = decode(&[&file, "--printed", printed]);
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(told.contains("<- the printed number"), "{told}");
        for line in expected {
            assert!(told.contains(line), "{line}: {told}");
        }
    }
    let (_folder, file) = captured(b"\x020100129\x33D858\x03");
    let told = text(&decode(&[&file, "--printed", "0009999999"]).stdout);
    assert!(told.contains("no number of these cards is 0009999999"), "{told}");
}

#[test]
fn the_table_to_paste_is_a_valid_configuration() {
    let sample =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/timbra.toml")).unwrap();
    for (format, path) in fixtures() {
        if !PROTOCOLS.contains(&format.as_str()) || path.ends_with("garbage-and-cuts.bin") {
            continue;
        }
        let told =
            text(&decode(&[&path.display().to_string(), "--protocol", &format, "--printed", "1"]).stdout);
        let table = told.rsplit_once("the right direction:").unwrap().1;
        let table = table.replace("\"ingresso\"", "\"pasted\"");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("timbra.toml"), format!("{sample}\n{table}")).unwrap();
        let problems: Vec<String> = timbra::config::load(folder.path())
            .problems
            .iter()
            .map(ToString::to_string)
            .filter(|problem| problem.contains("error") && problem.contains("timbra.toml"))
            .collect();
        assert!(problems.is_empty(), "{format}: {table}\n{}", problems.join("\n"));
    }
}

#[test]
fn no_digit_of_a_bank_card_is_shown() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/readers/track2/bank-cards.bin");
    let file = file.to_str().unwrap();
    let protocols =
        PROTOCOLS.iter().flat_map(|name| [vec!["--protocol", name], vec!["--protocol", name, "--json"]]);
    for options in protocols.chain([vec![], vec!["--json"], vec!["--printed", "1234567890"]]) {
        let output = decode(&[&[file], options.as_slice()].concat());
        let told = text(&output.stdout) + &text(&output.stderr);
        for digits in ["41111111111111", "55555555555544", "3431313131313131313131", "3535353535353535353535"]
        {
            assert!(!told.contains(digits), "{options:?}: {told}");
        }
    }
}

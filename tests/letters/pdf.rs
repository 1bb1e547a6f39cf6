//! The PDF: what it says, what it is, and that nothing of it lies outside the page. Those that are
//! compared are kept under `target/tmp/letters`, to be looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use timbra::domain::anomaly::Anomaly;
use timbra::domain::day::Status;
use timbra::render::{Format, preview};

use crate::office::skipped;

use super::sample::{Sample, open, regular_days, worked};
use super::{SOFTWARE, amendment, compare, eventful, letter, nil, words};

fn pdf(sample: &Sample) -> Vec<u8> {
    preview(&sample.statement(), SOFTWARE, Format::Pdf).unwrap()
}

fn kept(name: &str, sample: &Sample) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("letters");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.pdf"));
    fs::write(&path, pdf(sample)).unwrap();
    path
}

/// What a tool prints; none, visibly, where it is not installed.
fn tool(name: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let mut command = Command::new(name);
    command.args(arguments).arg(path).args((name == "pdftotext").then_some("-"));
    let Ok(output) = command.output() else {
        skipped(&format!("{name} is not installed"));
        return None;
    };
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Days that nobody had agreed, all month long, and a name of 60 characters.
fn crowded() -> Sample {
    let mut days = regular_days();
    for day in 1..=31 {
        let date = format!("2026-10-{day:02}");
        if days.iter().any(|other| other.date.to_string() == date) {
            continue;
        }
        let mut other = worked(&date, "07:58E 12:31U 13:04E 15:45U", 430);
        other.planned = false;
        other.day.anomalies.insert(Anomaly::NotInCalendar);
        other.day.included_in_totals = false;
        days.push(other);
    }
    days.sort_by_key(|day| day.date);
    let mut sample = Sample::new(days);
    let employee = &mut sample.agreement.employee;
    "Massimiliano Bartolomeo".clone_into(&mut employee.given_name);
    "Esempio Degli Esempi Della Valle Lun".clone_into(&mut employee.family_name);
    sample
}

/// Without the width of gaps, which is the tool's own affair.
fn squeezed(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n") + "\n"
}

/// Each with the number of its pages.
fn samples() -> Vec<(&'static str, usize, Sample)> {
    let one = Sample::new(vec![worked("2026-10-05", "08:00E 13:00U 13:30E 15:42U", 432)]);
    let open_days = Sample::new(vec![
        open("2026-10-07", "08:00E*", Status::Incomplete, &[Anomaly::UnpairedIn]),
        open("2026-10-08", "", Status::NoShow, &[Anomaly::NoShow]),
    ]);
    vec![
        ("un-giorno", 1, one),
        ("regolare", 1, Sample::new(regular_days())),
        ("negativo", 1, nil()),
        ("giornate-aperte", 1, open_days),
        ("da-regolarizzare", 2, eventful()),
        ("rettifica", 2, amendment()),
        ("affollato", 4, crowded()),
    ]
}

#[test]
fn the_usual_month_is_one_page_and_every_word_of_the_text_is_on_it() {
    for (name, pages, sample) in samples() {
        let path = kept(name, &sample);
        let bytes = fs::read(&path).unwrap();
        let text = tool("pdftotext", &["-layout"], &path);
        let hash: Vec<String> = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let Some(text) = text else { continue };
        assert_eq!(text.matches('\u{c}').count(), pages, "{name}: the number of its pages");
        assert!(text.contains(&format!("Pagina {pages} di {pages}")), "{name}");
        if ["regolare", "da-regolarizzare", "negativo", "rettifica"].contains(&name) {
            compare(
                &format!("{name}.pdf.txt"),
                format!("SHA-256 {}\n\n{}", hash.concat(), squeezed(&text)).as_bytes(),
            );
        }
        let whole = words(&tool("pdftotext", &["-raw"], &path).unwrap()).concat();
        let letter = letter(&sample).text;
        let (said, _) = letter.split_once("Allegati:").unwrap();
        let (head, rest) = said.split_once("Si trasmettono").unwrap();
        let (_, rest) = rest.split_once("\n\n").unwrap();
        let missing: Vec<String> = words(&format!("{head}\n{rest}"))
            .into_iter()
            .filter(|word| !whole.contains(word.as_str()))
            // headings in capitals, and those that are one on the page
            .filter(|word| *word != word.to_uppercase() || word.chars().any(|c| c.is_ascii_digit()))
            .filter(|word| !["prima", "ora"].contains(&word.as_str()))
            .collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

#[test]
fn nothing_lies_outside_the_page() {
    for (name, _, sample) in samples() {
        let path = kept(&format!("{name}-bbox"), &sample);
        let Some(boxes) = tool("pdftotext", &["-bbox"], &path) else { return };
        let mut words = 0;
        for line in boxes.lines().filter(|line| line.contains("<word ")) {
            let number = |key: &str| -> f64 {
                line.split_once(&format!("{key}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap()
            };
            let inside = number("xMin") >= 40.0 && number("xMax") <= 555.0;
            assert!(inside && number("yMin") >= 20.0 && number("yMax") <= 825.0, "{name}: {line}");
            words += 1;
        }
        assert!(words > 100, "{name}: {words} words");
    }
}

#[test]
fn the_pdf_says_that_it_is_tagged_and_made_for_archives() {
    let bytes = pdf(&Sample::new(regular_days()));
    let text = String::from_utf8_lossy(&bytes);
    for words in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "it-IT",
        "/StructTreeRoot",
        "PROSPETTO MENSILE DELLE PRESENZE IN COWORKING",
        "2026-11-05T08:30:00+00:00",
    ] {
        assert!(text.contains(words), "{words}");
    }
    let path = kept("archivio", &Sample::new(regular_days()));
    let Some(tree) = tool("pdfinfo", &["-struct"], &path) else { return };
    for part in ["H1", "H2", "Table", "THead", "TH", "TD", "Figure", "P"] {
        assert!(tree.lines().any(|line| line.trim_start().starts_with(part)), "{part}: {tree}");
    }
}

#[test]
fn the_same_statement_gives_the_same_pdf_and_another_time_another() {
    let mut sample = eventful();
    let first = pdf(&sample);
    assert_eq!(first, pdf(&sample));
    sample.identity.generated_at += chrono::Duration::minutes(1);
    assert_ne!(first, pdf(&sample));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// A debug build checks that no mark lies outside the margins.
    #[test]
    fn any_text_fits(
        names in prop::collection::vec("[A-Za-zÀ-ž' ]{1,60}|[A-Za-z]{150,200}|\\PC{1,200}", 8),
        minutes in prop::collection::vec(-30_000..30_000_i32, 5),
    ) {
        let mut sample = eventful();
        let [given, family, home, host, role, reference, profile, responsible] =
            <[String; 8]>::try_from(names).unwrap();
        (sample.agreement.employee.given_name, sample.agreement.employee.family_name) = (given, family);
        (sample.agreement.home.name, sample.host.office.name) = (home, host);
        (sample.host.contact.role, sample.agreement.reference) = (Some(role), reference);
        sample.agreement.profiles[0].profile.name = profile;
        sample.host.responsible = responsible;
        for (day, minutes) in sample.days.iter_mut().zip(minutes) {
            day.day.balance = Some(timbra::domain::minutes::Minutes(minutes));
        }
        prop_assert!(!pdf(&sample).is_empty());
    }
}

#[test]
fn a_contested_day_is_called_so_on_the_page_and_the_notice_of_a_recall_is_not_judged() {
    let mut days = regular_days();
    days[0].calendar.contested = true;
    days[1].day.anomalies.insert(Anomaly::RecallShortNotice);
    let path = kept("contestata", &Sample::new(days));
    let Some(text) = tool("pdftotext", &["-layout"], &path) else { return };
    let text = squeezed(&text).replace('\n', " ");
    assert!(text.contains("contestata dal lavoratore"), "{text}");
    assert!(text.contains("il lavoratore contesta i dati della giornata"), "{text}");
    assert!(!text.contains("preavviso inferiore"), "{text}");
}

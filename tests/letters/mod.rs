//! The statement as a letter. Whole documents are compared with `fixtures/letters`; after a change
//! that is meant, `UPDATE_LETTERS=1 cargo test letters` writes them anew, to be read before commit.

mod differences;
mod naming;
mod paper;
mod pdf;
pub(crate) mod sample;
mod schema;
mod table;

use std::fs;
use std::path::Path;

use chrono::DateTime;
use timbra::domain::agreement::Title;
use timbra::domain::amendment::{Amendment, Column, Difference, Place, Replaced};
use timbra::domain::anomaly::Anomaly;
use timbra::domain::civil::TimeOfDay;
use timbra::domain::day::{Leave, Status};
use timbra::domain::malfunction::{MalfunctionKind, MonthMalfunction};
use timbra::domain::minutes::Minutes;
use timbra::domain::register::EntryId;
use timbra::domain::standing::{CalendarSide, DecidedBy, Decision, RecallDates, Standing};
use timbra::domain::statement::StatementNumber;
use timbra::render::{Format, Letter, preview, statement_letter};

use sample::{Sample, at, open, regular_days, worked};

const SOFTWARE: &str = "timbra 0.0.0-prova";

fn letter(sample: &Sample) -> Letter {
    statement_letter(&sample.statement(), SOFTWARE).unwrap().letter
}

/// A month in which much happened: each kind of row once.
fn eventful() -> Sample {
    let mut late = worked("2026-10-14", "08:00E? 15:12U?", 402);
    late.day.break_taken = Some(Minutes(0));
    late.day.break_deducted = Some(Minutes(30));
    late.day.anomalies.insert(Anomaly::BreakMissing);
    let mut manual = worked("2026-10-15", "08:00EM 10:00US 11:00ES 13:00U 13:30E 15:42U", 432);
    manual.day.anomalies.insert(Anomaly::ManualPunch);
    manual.day.service = Some(Minutes(60));
    manual.calendar.malfunctions = vec![3];
    let time = |text| TimeOfDay::parse(text).unwrap();
    manual.calendar.leaves = vec![Leave::Hourly { from: time("15:42"), to: time("16:00"), credited: false }];
    let mut early = worked("2026-10-16", "07:20E 13:00U 13:30E 15:03U", 420);
    early.day.punches[3].counted = at("2026-10-16", "15:00");
    early.day.not_counted = Some(Minutes(10));
    early.day.anomalies.insert(Anomaly::EarlyEntryNotCounted);
    let mut recalled = open("2026-10-20", "", Status::Recalled, &[]);
    recalled.day.due = Some(Minutes(0));
    recalled.calendar = CalendarSide {
        standing: Standing::Recalled,
        decided_by: DecidedBy::Register(decision()),
        recall: Some(RecallDates {
            notice: "2026-10-15".parse().unwrap(),
            new_date: Some("2026-10-14".parse().unwrap()),
        }),
        ..CalendarSide::default()
    };
    let mut unplanned = open("2026-10-22", "08:00E 14:00U", Status::OutOfCalendar, &[Anomaly::NotInCalendar]);
    unplanned.planned = false;
    unplanned.calendar = CalendarSide {
        moved_to: Some("2026-10-16".parse().unwrap()),
        voided: vec![at("2026-10-22", "14:01")],
        ..CalendarSide::default()
    };
    let mut awaited =
        open("2026-10-30", "08:00E*", Status::Incomplete, &[Anomaly::UnpairedIn, Anomaly::LateEntry]);
    awaited.covered = false;
    let mut sample = Sample::new(vec![
        open("2026-10-07", "08:00E*", Status::Incomplete, &[Anomaly::UnpairedIn]),
        open("2026-10-08", "", Status::NoShow, &[Anomaly::NoShow]),
        late,
        manual,
        early,
        recalled,
        unplanned,
        awaited,
    ]);
    let fault = |number, kind, systems: &str, from, to| MonthMalfunction {
        number,
        kind,
        systems: systems.to_owned(),
        from,
        to,
    };
    sample.malfunctions = vec![
        fault(
            3,
            MalfunctionKind::Reader,
            "lettore dell'ingresso",
            at("2026-10-15", "07:50"),
            Some(at("2026-10-15", "09:30")),
        ),
        fault(
            4,
            MalfunctionKind::Network,
            "rete della sede, posta elettronica",
            at("2026-10-30", "11:00"),
            None,
        ),
    ];
    sample
}

/// An entry of the register.
fn decision() -> Decision {
    Decision {
        entry: EntryId(7),
        at: DateTime::parse_from_rfc3339("2026-10-16T08:30:00Z").unwrap().to_utc(),
        author: "personale".to_owned(),
        for_person: None,
        reference: Some("PEC prot. 12 del 15 ottobre 2026".to_owned()),
        late: false,
    }
}

/// A month without a day.
fn nil() -> Sample {
    Sample::new(Vec::new())
}

/// The second amendment of a month that is regular now.
fn amendment() -> Sample {
    let mut sample = Sample::new(regular_days());
    sample.identity.revision = 3;
    let difference = |place, column, before: &str, after: &str| Difference {
        place,
        column,
        before: Some(before.to_owned()).filter(|words| !words.is_empty()),
        after: Some(after.to_owned()),
    };
    let (sixth, last) = ("2026-10-06".parse().unwrap(), "2026-10-28".parse().unwrap());
    sample.amendment = Some(Amendment {
        ordinal: 2,
        replaces: Replaced {
            number: StatementNumber { number: 9, year: 2026 },
            revision: 2,
            issued: "2026-11-04".parse().unwrap(),
            message_id: "pres.2026-10.bari-2026-3.n9-2026.r2@torino.invalid".to_owned(),
        },
        differences: vec![
            difference(Place::Day(sixth), Column::Punches, "08:10E*", "08:10E 13:00U 13:30E 15:47U"),
            difference(Place::Day(sixth), Column::Worked, "n.d.", "7:07"),
            difference(Place::Day(last), Column::Day, "", "aggiunta"),
            difference(Place::Totals, Column::TotalUsed, "4", "5"),
            difference(Place::Totals, Column::TotalWorked, "21:41", "36:00"),
        ],
    });
    sample
}

pub(crate) fn compare(name: &str, bytes: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/letters").join(name);
    if std::env::var_os("UPDATE_LETTERS").is_some() {
        fs::write(&path, bytes).unwrap();
    }
    let expected = String::from_utf8(fs::read(&path).unwrap_or_default()).unwrap();
    let actual = String::from_utf8(bytes.to_vec()).unwrap();
    for (number, (got, wanted)) in actual.split('\n').zip(expected.split('\n')).enumerate() {
        assert_eq!(got, wanted, "{name}, line {}", number + 1);
    }
    assert_eq!(actual.len(), expected.len(), "{name}: its end");
}

/// The data file as a person reads it.
fn indented(letter: &Letter) -> Vec<u8> {
    let value: serde_json::Value = serde_json::from_slice(&letter.attachments.last().unwrap().bytes).unwrap();
    format!("{value:#}\n").into_bytes()
}

#[test]
fn the_data_file_is_one_line_with_its_keys_in_order() {
    for sample in [eventful(), nil(), amendment()] {
        let letter = letter(&sample);
        let file = std::str::from_utf8(&letter.attachments.last().unwrap().bytes).unwrap();
        let value: serde_json::Value = serde_json::from_str(file).unwrap();
        assert_eq!(file, format!("{value}\n"));
    }
}

#[test]
fn whole_letters_are_as_the_fixtures_show() {
    for (name, sample) in [("regolare", Sample::new(regular_days())), ("da-regolarizzare", eventful())] {
        let letter = letter(&sample);
        compare(&format!("{name}.txt"), letter.text.as_bytes());
        compare(&format!("{name}.html"), letter.html.as_bytes());
        for attachment in letter.attachments.iter().filter(|file| file.media_type != "application/pdf") {
            let (_, extension) = attachment.name.rsplit_once('.').unwrap();
            let bytes = if extension == "json" { indented(&letter) } else { attachment.bytes.clone() };
            compare(&format!("{name}.{extension}"), &bytes);
        }
    }
    compare("negativo.txt", letter(&nil()).text.as_bytes());
    let amendment = letter(&amendment());
    compare("rettifica.txt", amendment.text.as_bytes());
    compare("rettifica.json", &indented(&amendment));
}

#[test]
fn the_same_statement_gives_the_same_bytes() {
    assert_eq!(letter(&eventful()), letter(&eventful()));
}

#[test]
fn the_page_carries_the_fingerprint_of_the_data_file() {
    use sha2::{Digest, Sha256};
    let letter = letter(&eventful());
    for attachment in &letter.attachments {
        let hash = Sha256::digest(&attachment.bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat();
        assert!(letter.text.contains(&hash) && letter.html.contains(&hash), "{}", attachment.name);
    }
}

#[test]
fn html_says_all_that_the_text_says() {
    for sample in [eventful(), nil(), amendment()] {
        let letter = letter(&sample);
        let said = words(&strip_tags(&letter.html));
        let missing: Vec<String> = words(&letter.text)
            .into_iter()
            .filter(|word| !said.contains(word))
            // headings of the text: in capitals, shortened, or ruled; of the HTML: with a capital
            .filter(|word| !["decurt", "lavor", "giust", "Cond", "prima", "ora"].contains(&word.as_str()))
            .filter(|word| *word != word.to_uppercase() || word.chars().any(|c| c.is_ascii_digit()))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

fn strip_tags(html: &str) -> String {
    let parts = html.split('<').filter_map(|part| part.split_once('>'));
    parts.map(|(_, text)| text).collect::<Vec<_>>().join(" ").replace("&quot;", "\"")
}

fn words(text: &str) -> Vec<String> {
    let cut = |c: char| c.is_whitespace() || ".,;:()'-=*/+?".contains(c);
    text.split(cut).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[test]
fn text_lines_fit_78_columns_but_for_names_of_files() {
    let mut sample = eventful();
    sample.agreement.employee.family_name =
        "Esempio Degli Esempi Della Valle Lunghissima In Riva Al Mare".to_owned();
    let text = letter(&sample).text;
    let long: Vec<&str> =
        text.lines().filter(|line| line.chars().count() > 78 && !line.contains("prospetto-")).collect();
    assert!(long.is_empty(), "{long:#?}");
    assert!(text.contains("Esempio Degli Esempi Della Valle"));
}

#[test]
fn awaited_days_are_never_called_missing() {
    let mut sample = eventful();
    sample.days.retain(|day| !day.covered);
    let mut absent = open("2026-10-29", "", Status::NoShow, &[Anomaly::NoShow]);
    absent.covered = false;
    sample.days.push(absent);
    let letter = letter(&sample);
    let files = letter.attachments.iter().filter_map(|file| String::from_utf8(file.bytes.clone()).ok());
    for form in [letter.text.clone(), letter.html.clone()].into_iter().chain(files) {
        for word in ["nessuna timbratura", "manca l", "no_show", "unpaired_in", "incomplet", "E*"] {
            assert!(!form.contains(word), "{word}: {form}");
        }
    }
    assert!(letter.text.contains("DATI NON ANCORA PERVENUTI"));
}

#[test]
fn names_with_markup_stay_names() {
    let mut sample = Sample::new(regular_days());
    sample.agreement.employee.family_name = "<script>alert(1)</script>".to_owned();
    sample.agreement.employee.home_id = Some("=HYPERLINK(\"http://esempio.invalid\")".to_owned());
    sample.days[0].day.balance = Some(Minutes(-5));
    let letter = letter(&sample);
    assert!(!letter.html.contains("<script") && letter.html.contains("&lt;script&gt;"));
    let csv = String::from_utf8(letter.attachments[1].bytes.clone()).unwrap();
    assert!(csv.contains(";\"'=HYPERLINK(\"\"http"), "{csv}");
    assert!(csv.contains(";-5;"), "a negative balance stays a number: {csv}");
}

#[test]
fn nothing_remote_and_no_badge_is_in_a_letter() {
    let letter = letter(&eventful());
    let mut forms = vec![letter.text, letter.html.clone()];
    forms.extend(letter.attachments.iter().map(|file| String::from_utf8_lossy(&file.bytes).into_owned()));
    for form in forms {
        assert!(!form.contains("0009918273"), "{form}");
    }
    for word in ["http", "src=", "url(", "<link", "<style", "<script"] {
        assert!(!letter.html.contains(word), "{word}");
    }
}

#[test]
fn an_exit_after_midnight_says_so() {
    let mut night = worked("2026-10-05", "18:00E 00:30U", 390);
    let exit = night.day.punches.last_mut().unwrap();
    (exit.seen, exit.counted) = (at("2026-10-06", "00:30"), at("2026-10-06", "00:30"));
    let letter = letter(&Sample::new(vec![night]));
    assert!(letter.text.contains("18:00E 00:30U+1"), "{}", letter.text);
    assert!(letter.text.contains("+1      del giorno successivo"), "{}", letter.text);
}

//
#[test]
fn titles_have_their_gender() {
    for (title, expected) in [(Title::Sig, "per il sig. Anna"), (Title::SigRa, "per la sig.ra Anna")] {
        let mut sample = nil();
        sample.agreement.employee.title = title;
        assert!(letter(&sample).html.contains(expected), "{expected}");
    }
}

#[test]
fn a_preview_says_that_it_was_not_sent() {
    let mut sample = Sample::new(regular_days());
    sample.identity.number = None;
    for (format, words) in [
        (Format::Text, "ANTEPRIMA - non trasmessa"),
        (Format::Html, "ANTEPRIMA - non trasmessa"),
        (Format::Json, "\"preview\":true"),
        (Format::Csv, "bari-2026-3/2026-10-05;bari-2026-3;;;1;"),
    ] {
        let form = String::from_utf8(preview(&sample.statement(), SOFTWARE, format).unwrap()).unwrap();
        assert!(form.contains(words), "{form}");
        assert!(!form.contains("Allegat"), "{form}");
    }
}

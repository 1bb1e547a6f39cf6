//! Subjects and names of files: ASCII, short, without names of people, never the same twice.

use timbra::domain::agreement::{OfficeKind, StatementFile};
use timbra::domain::subject::SubjectTemplate;
use timbra::render::Letter;

use super::sample::Sample;
use super::{amendment, letter, nil};

fn with_subject(mut sample: Sample, template: &str) -> Letter {
    sample.agreement.statement.form.subject = SubjectTemplate::parse(template).unwrap();
    letter(&sample)
}

#[test]
fn subjects_give_way_where_they_are_too_long() {
    let long = "Prefettura - Ufficio territoriale del Governo di Reggio nell’Emilia con sede in Forlì";
    let start = "Prospetto mensile presenze coworking 10/2026 - ";
    let rows = [
        (
            "Prefettura di Forlì",
            OfficeKind::Prefettura,
            "Prefettura di Forli - n. 12/2026 - intesa prot. n. 1234 del 15/07/2026",
        ),
        (
            long,
            OfficeKind::Prefettura,
            "Prefettura di Forli - n. 12/2026 - intesa prot. n. 1234 del 15/07/2026",
        ),
        (long, OfficeKind::Altro, "Prefettura - Ufficio - n. 12/2026 - intesa prot. n. 1234 del 15/07/2026"),
    ];
    for (name, kind, expected) in rows {
        let mut sample = nil();
        (sample.host.office.name, sample.host.office.kind) = (name.to_owned(), kind);
        "Forlì".clone_into(&mut sample.host.office.city);
        let subject = letter(&sample).subject;
        assert_eq!(subject, format!("{start}{expected}"));
        assert!(subject.is_ascii() && subject.len() <= 120);
    }
}

#[test]
fn a_subject_follows_the_template_of_its_channel() {
    for (template, expected) in [
        ("[AREA II] {number}", "[AREA II] 12/2026"),
        (
            "{home} < {host}: {month} n. {number}",
            "Prefettura - Ufficio territoriale del Governo di Bari < Prefettura di Torino",
        ),
        ("  n.  {number}  rif. {reference} ", "n. 12/2026 rif. prot. n. 1234 del 15/07/2026"),
    ] {
        let subject = with_subject(nil(), template).subject;
        if template.contains("{home}") {
            assert_eq!(subject, "Prefettura di Bari < Prefettura di Torino: 10/2026 n. 12/2026");
        } else {
            assert_eq!(subject, expected);
        }
    }
    // neither a number nor a reference is cut into another one
    let mut sample = amendment();
    for (reference, office) in
        [("prot. 102 del 20/07/2026", "Torino - "), ("prot. 102 del 20 luglio 2026", "")]
    {
        reference.clone_into(&mut sample.agreement.reference);
        assert_eq!(
            letter(&sample).subject,
            format!(
                "Prospetto mensile presenze coworking 10/2026 - {office}n. 12/2026 - intesa {reference} - RETTIFICA n. 2"
            )
        );
    }
    sample.agreement.reference = "prot. 102 ".repeat(20);
    let subject = letter(&sample).subject;
    assert!(subject.ends_with("prot. 102 ... - RETTIFICA n. 2") && subject.len() <= 120, "{subject}");
    // an amendment says so whatever the template says
    for template in ["n. {number}", "{reference}{home}{host}{month} {number}"] {
        let subject = with_subject(amendment(), template).subject;
        assert!(subject.ends_with("12/2026 - RETTIFICA n. 2"), "{subject}");
        assert!(subject.len() <= 120);
    }
}

#[test]
fn two_coworkers_of_the_same_offices_are_told_apart_by_the_number() {
    let mut other = nil();
    other.identity.number.as_mut().unwrap().number = 13;
    let (one, other) = (letter(&nil()), letter(&other));
    assert_ne!(one.subject, other.subject);
    for (one, other) in one.attachments.iter().zip(&other.attachments) {
        assert_ne!(one.name, other.name);
    }
}

#[test]
fn files_are_named_by_month_offices_number_and_revision() {
    let named = |sample: &Sample| letter(sample).attachments.into_iter().map(|file| file.name);
    let start = "prospetto-presenze_2026-10_prefettura-torino_prefettura-bari_n12-2026_r3";
    assert_eq!(
        named(&amendment()).collect::<Vec<_>>(),
        ["pdf", "csv", "json"].map(|end| format!("{start}.{end}"))
    );
    // an office that has nothing but a very long name
    let mut long = nil();
    for office in [&mut long.agreement.home, &mut long.host.office] {
        (office.name, office.kind) = ("Direzione centrale - ".repeat(8), OfficeKind::Altro);
    }
    for name in named(&long) {
        assert!(name.len() <= 100 && name.ends_with("_n12-2026_r1.pdf") | !name.ends_with("pdf"), "{name}");
    }
}

#[test]
fn only_what_the_channel_wants_goes_along() {
    for (files, expected) in [
        (vec![StatementFile::Pdf], vec!["application/pdf"]),
        (vec![StatementFile::Csv, StatementFile::Json], vec!["text/csv; charset=utf-8", "application/json"]),
        (vec![], vec![]),
    ] {
        let mut sample = nil();
        sample.agreement.statement.form.files = files;
        let letter = letter(&sample);
        let kinds: Vec<&str> = letter.attachments.iter().map(|file| file.media_type).collect();
        assert_eq!(kinds, expected);
        for form in [&letter.text, &letter.html] {
            assert_eq!(form.contains("Allegati"), !kinds.is_empty());
            assert!(letter.attachments.iter().all(|file| form.contains(&file.name)));
        }
    }
}

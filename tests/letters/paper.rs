//! A plain document: text, HTML and PDF say the same; nothing lies outside the page; the same paper gives
//! the same bytes.

use std::fs;
use std::path::Path;
use std::process::Command;

use timbra::render::paper::{Bar, Block, Paper, Shade, Stamp};

use crate::office::skipped;

use super::SOFTWARE;

fn bar(label: &str, parts: [u32; 2]) -> Bar {
    let words = format!("{} di {}", parts[0], parts[0] + parts[1]);
    let parts = parts.into_iter().zip([Shade::Full, Shade::Hatched]).collect();
    Bar { label: label.to_owned(), parts, words }
}

/// Every kind of block; `times` makes it longer than a page.
fn paper(times: usize) -> Paper {
    let text = |text: &str| text.to_owned();
    let mut blocks = vec![
        Block::Banner(text("Bozza da completare a cura del referente.")),
        Block::Facts(vec![
            (text("Lavoratrice"), text("dott.ssa Anna Esempio")),
            (
                text("Sede di lavoro"),
                text("Prefettura - Ufficio territoriale del Governo di Reggio Calabria"),
            ),
        ]),
        Block::Heading(text("Giornate")),
        Block::Bars {
            summary: text("Giornate fruite e perse per mese"),
            bars: vec![
                bar("settembre 2026", [4, 1]),
                bar("ottobre 2026", [5, 0]),
                bar("novembre 2026", [0, 0]),
            ],
            key: vec![(Shade::Full, text("fruite")), (Shade::Hatched, text("perse"))],
        },
        Block::Table {
            summary: text("Ore per mese"),
            heads: vec![text("Mese"), text("Ore lavorate"), text("Saldo"), text("Note")],
            rows: vec![
                vec![
                    text("settembre 2026"),
                    text("28:48"),
                    text("-0:12"),
                    text("una giornata da regolarizzare"),
                ],
                vec![text("ottobre 2026"), text("36:00"), text("+0:00"), text("parola ").repeat(30 * times)],
            ],
        },
        Block::Heading(text("Criticità")),
        Block::List(vec![text("il lettore dell'ingresso è rimasto fermo due giorni"), text("nessun'altra")]),
    ];
    for _ in 0..times {
        blocks.push(Block::Paragraph(
            text("Il turno si è svolto regolarmente. ").repeat(12) + "\nSeconda parte.",
        ));
    }
    blocks.push(Block::Blank { label: text("Osservazioni"), lines: 3 });
    blocks.push(Block::Signatures(vec![text("Il referente"), text("La lavoratrice"), text("Il dirigente")]));
    Paper {
        office: text("Prefettura - Ufficio territoriale del Governo di Torino"),
        title: text("Relazione finale"),
        under: vec![text("intesa prot. 12345 del 20 luglio 2026")],
        to: Some(text("All'Ufficio I - Pianificazione e politiche del personale")),
        blocks,
        running: text("Relazione finale - intesa prot. 12345"),
    }
}

/// The words, without what is broken where.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_three_forms_say_the_same() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("letters");
    fs::create_dir_all(&folder).unwrap();
    let at = "2026-11-05T08:00:00+01:00".parse().unwrap();
    let stamp = Stamp { id: "prova", at, software: SOFTWARE };
    // at least so many pages
    for (name, times, pages) in [("carta", 1, 1), ("carta-lunga", 14, 3)] {
        let paper = paper(times);
        let pdf = paper.pdf(&stamp).unwrap();
        assert_eq!(pdf, paper.pdf(&stamp).unwrap());
        let path = folder.join(format!("{name}.pdf"));
        fs::write(&path, &pdf).unwrap();
        let (text, html) = (words(&paper.text()), paper.html());
        assert!(paper.text().lines().all(|line| line.chars().count() <= 78), "{}", paper.text());
        assert!(!html.contains("http") && !html.contains("<img") && !html.contains("<script"));
        let Ok(output) = Command::new("pdftotext").arg("-layout").arg(&path).arg("-").output() else {
            return skipped("pdftotext is not installed");
        };
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.matches('\u{c}').count() >= pages, "{name}");
        for said in [
            "dott.ssa Anna Esempio",
            "settembre 2026",
            "4 di 5",
            "una giornata da regolarizzare",
            "Il turno si è svolto regolarmente.",
            "Seconda parte.",
            "Osservazioni:",
            "La lavoratrice",
            "perse",
        ] {
            assert!(text.contains(said) && html.contains(said.trim_end_matches(':')), "{said}\n{text}");
            assert!(words(&told).contains(said), "{said}\n{told}");
        }
        assert!(text.contains("GIORNATE") && html.contains("Giornate") && words(&told).contains("Giornate"));
        let sentences = |text: &str| words(text).matches("si è svolto").count();
        assert_eq!(sentences(&told), times * 12, "nothing is cut at the end of a page");
    }
}

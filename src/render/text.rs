//! The page as plain text: it stands alone in any mail program, 78 columns, no format=flowed.

use super::lines::{Lines, WIDTH};
use super::page::{self, Fact, Page};
use super::row::{COLUMNS, Row};

/// The width of each column of numbers, in the order of [`COLUMNS`].
const WIDTHS: [usize; 8] = [9, 7, 8, 7, 7, 7, 7, 6];

/// The width of the signs of the legend, unless one is longer.
const SIGNS: usize = 8;

/// Where remarks under a day begin.
const UNDER_DAY: &str = "           ";

/// The whole body, lines ended by `\n`.
pub(super) fn body(page: &Page) -> String {
    let mut lines = Lines::default();
    head(&mut lines, page);
    differences(&mut lines, page);
    match &page.nil {
        Some(sentence) => {
            lines.wrap("", "", sentence);
            lines.blank();
        }
        None => table(&mut lines, page),
    }
    totals(&mut lines, page);
    open_days(&mut lines, page);
    malfunctions(&mut lines, page);
    if !page.legend.is_empty() {
        lines.heading("Legenda");
        let longest = page.legend.iter().map(|(sign, _)| sign.chars().count()).max().unwrap_or_default();
        let width = SIGNS.max(longest + 2);
        for (sign, meaning) in &page.legend {
            lines.wrap(&format!("  {sign:<width$}"), &" ".repeat(width + 2), meaning);
        }
        lines.blank();
    }
    foot(&mut lines, page);
    lines.into_text()
}

fn head(lines: &mut Lines, page: &Page) {
    lines.wrap("", "", &page.from);
    lines.blank();
    lines.push(page::TITLE);
    lines.push(&format!("{} - {}", page.month, page.number));
    if let Some(amendment) = &page.amendment {
        lines.wrap("", "", &amendment.banner);
    }
    if let Some(specimen) = page.specimen {
        lines.wrap("", "", specimen);
    }
    lines.blank();
    lines.wrap("", "    ", &page.to);
    lines.wrap("Oggetto: ", "         ", &page.subject);
    lines.blank();
    lines.wrap("", "", &page.opening);
    lines.blank();
    facts(lines, &page.facts);
    lines.blank();
}

fn differences(lines: &mut Lines, page: &Page) {
    let Some(amendment) = &page.amendment else { return };
    lines.heading(&amendment.heading);
    for place in &amendment.places {
        lines.push(&format!("  {}", place.place));
        for (cell, before, after) in &place.cells {
            lines.wrap("    - ", "      ", &format!("{cell}: prima {before}; ora {after}"));
        }
    }
    lines.blank();
}

fn table(lines: &mut Lines, page: &Page) {
    lines.heading("Presenze rilevate");
    let [high, middle, low] = [0, 1, 2].map(|part| COLUMNS.map(|(_, short)| short[part].to_owned()));
    lines.push(&line("", "", &high));
    lines.push(&line("", "", &middle));
    lines.push(&line("Data", "Giorno", &low));
    lines.push(&"-".repeat(WIDTH));
    rows(lines, &page.planned);
    if page.planned.is_empty() {
        lines.push("Nessuna giornata concordata.");
    }
    if !page.unplanned.is_empty() {
        let words = format!("- - - {} ", page::UNPLANNED);
        lines.push(&format!("{words}{}", "- ".repeat((WIDTH - words.chars().count()) / 2)));
        rows(lines, &page.unplanned);
    }
    lines.push(&"-".repeat(WIDTH));
    lines.blank();
}

fn rows(lines: &mut Lines, rows: &[Row]) {
    for row in rows {
        lines.push(&line(&row.date, row.weekday, &row.cells));
        if !row.punches.is_empty() {
            lines.wrap(UNDER_DAY, UNDER_DAY, &row.punches.join(" "));
        }
        let mut notes = row.notes.join("; ");
        if let Some(mark) = row.mark {
            notes = format!("** {} ** {notes}", mark.italian());
        }
        if !notes.is_empty() {
            lines.wrap(UNDER_DAY, UNDER_DAY, &notes);
        }
    }
}

fn line(date: &str, weekday: &str, cells: &[String; 8]) -> String {
    let day = format!("{date:<10} {weekday:<9}");
    let cells = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:>width$}"));
    std::iter::once(day).chain(cells).collect::<Vec<_>>().concat()
}

fn totals(lines: &mut Lines, page: &Page) {
    lines.push(&format!("{:<44}TOTALI DELLE ORE", "TOTALI DELLE GIORNATE"));
    let rows = page.day_totals.len().max(page.hour_totals.len());
    for index in 0..rows {
        let left = page.day_totals.get(index).map_or(String::new(), |fact| sum(fact, 38, 2));
        let right = page.hour_totals.get(index).map_or(String::new(), |fact| sum(fact, 34, 0));
        lines.push(&format!("  {left:<40}  {right}"));
    }
    lines.blank();
}

/// `Ore lavorate ........ 36:00`
fn sum((what, value): &Fact, width: usize, value_width: usize) -> String {
    let value = format!("{value:>value_width$}");
    let dots = (width + value_width).saturating_sub(what.chars().count() + value.chars().count() + 2);
    format!("{what} {} {value}", ".".repeat(dots))
}

fn open_days(lines: &mut Lines, page: &Page) {
    if page.open_days.is_empty() {
        return;
    }
    lines.heading(page.open_heading);
    for open in &page.open_days {
        lines.push(&format!("  {}", open.day));
        for (missing, request) in &open.items {
            lines.wrap("    - ", "      ", &format!("{missing}: {request}"));
        }
    }
    if let Some(contact) = &page.answer_to {
        lines.wrap("  ", "  ", &format!("Riscontro a: {contact}"));
    }
    lines.blank();
}

fn malfunctions(lines: &mut Lines, page: &Page) {
    if page.malfunctions.is_empty() {
        return;
    }
    lines.heading(page::MALFUNCTIONS);
    for fault in &page.malfunctions {
        lines.wrap(
            "  - ",
            "    ",
            &format!("{}: {}; {}; {}", fault.number, fault.kind, fault.systems, fault.period),
        );
    }
    lines.blank();
}

fn foot(lines: &mut Lines, page: &Page) {
    lines.push(&"-".repeat(WIDTH));
    for notice in [page::LIMITS, page::PRIVACY] {
        lines.wrap("", "", notice);
    }
    lines.blank();
    facts(lines, &page.record);
    lines.push(&format!("{}:", page::DATA_FILE));
    lines.push(&format!("    {}", page.data_sha256));
    if !page.files.is_empty() {
        lines.push("Allegati:");
        for file in &page.files {
            lines.push(&format!("  {}", file.name));
            lines.push(&format!("    SHA-256 {}", file.sha256));
        }
    }
    lines.blank();
    lines.push(page::PROTOCOL);
    if !page.files.is_empty() {
        lines.blank();
        lines.push(page::AUTOMATIC);
    }
}

fn facts(lines: &mut Lines, facts: &[Fact]) {
    let width = facts.iter().map(|(what, _)| what.chars().count()).max().unwrap_or_default() + 1;
    for (what, value) in facts {
        let label = format!("{:<width$} ", format!("{what}:"));
        lines.wrap(&label, &" ".repeat(width + 1), value);
    }
}

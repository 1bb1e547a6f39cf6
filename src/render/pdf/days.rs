//! The table of days: a row for each, numbers under one another, remarks beside them.

use std::num::NonZeroU32;

use krilla::tagging::{ArtifactType, TableHeaderScope, Tag};

use crate::render::page::{self, Page};
use crate::render::row::{self, COLUMNS, Row};

use super::face::Run;
use super::flow::Flow;
use super::sheet::{AMBER, Area, CREAM, INK, MARGIN, MUTED, Mark, NAVY, PALE, RIGHT, RULE, Style};

const PUNCHES: f32 = MARGIN + 56.0;
/// Two punches a line: an entry with its exit.
const PUNCHES_WIDTH: f32 = 72.0;
const NUMBERS: f32 = PUNCHES + PUNCHES_WIDTH;
/// The widths of [`COLUMNS`].
const WIDTHS: [f32; 8] = [31.0, 29.0, 30.0, 29.0, 28.0, 30.0, 33.0, 28.0];
const NOTES: f32 = NUMBERS + 238.0 + 12.0;
const NOTES_WIDTH: f32 = RIGHT - NOTES;

/// Air above and below the text of a row.
const AIR: f32 = 3.5;

const HEAD: Style = Style { size: 6.8, leading: 8.4, colour: NAVY };
const HEAD_HEIGHT: f32 = 3.0 * 8.4 + 6.0;
const CELL: Style = Style { size: 8.2, leading: 10.2, colour: INK };
const UNKNOWN: Style = Style { size: 8.2, leading: 10.2, colour: MUTED };
const BELOW: Style = Style { size: 7.6, leading: 10.2, colour: MUTED };
const NOTE: Style = Style { size: 7.4, leading: 9.4, colour: INK };
const GROUP: Style = Style { size: 7.6, leading: 10.0, colour: NAVY };

pub(super) fn table(flow: &mut Flow, page: &Page) {
    let first = page.planned.first().map_or(20.0, height);
    flow.heading("Presenze rilevate", HEAD_HEIGHT + first);
    flow.space(1.0);
    let summary =
        "Una riga per giornata: timbrature, ore, saldo, condizioni del buono pasto, note".to_owned();
    flow.part(Tag::Table.with_summary(Some(summary)), |flow| {
        flow.part(Tag::THead, |flow| flow.part(Tag::TR, head));
        flow.part(Tag::TBody, |flow| {
            for row in &page.planned {
                day(flow, row);
            }
            if page.planned.is_empty() {
                across(flow, "Nessuna giornata concordata.", 0.0);
            }
            if let Some(first) = page.unplanned.first() {
                across(flow, page::UNPLANNED, height(first));
            }
            for row in &page.unplanned {
                day(flow, row);
            }
        });
    });
}

/// The heads of the columns: the title in full, where its lines begin or end, and the lines.
fn heads() -> Vec<(&'static str, f32, bool, [&'static str; 3])> {
    let mut heads = vec![
        ("Data e giorno", MARGIN + 4.0, false, ["", "Data", "Giorno"]),
        ("Timbrature", PUNCHES, false, ["", "", "Timbrature"]),
    ];
    let mut right = NUMBERS;
    for ((title, short), width) in COLUMNS.into_iter().zip(WIDTHS) {
        right += width;
        heads.push((title, right, true, short));
    }
    heads.push(("Anomalie e note", NOTES, false, ["", "", "Anomalie/Note"]));
    heads
}

fn head_marks(x: f32, is_number: bool, lines: [&str; 3], top: f32) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (line, y) in lines.into_iter().zip([0.0, 1.0, 2.0].map(|line| top + 2.0 + line * HEAD.leading)) {
        // the space keeps the words of two lines apart where the text is read aloud
        let run = Run::bold(format!("{line} "));
        match (line, is_number) {
            ("", _) => {}
            (_, true) => marks.push(HEAD.right(&run, x, y)),
            (_, false) => marks.extend(HEAD.left(&[run], x, y, 200.0)),
        }
    }
    marks
}

fn head_rules(top: f32) -> Vec<Mark> {
    let rule = |y: f32, width: f32| Mark::Line([MARGIN, y], [RIGHT, y], NAVY, width);
    vec![rule(top, 1.0), rule(top + HEAD_HEIGHT, 0.6)]
}

fn head(flow: &mut Flow) {
    let top = flow.y;
    flow.sheet.decoration(head_rules(top));
    for (title, x, is_number, lines) in heads() {
        let marks = head_marks(x, is_number, lines, top);
        let tag = Tag::TH(TableHeaderScope::Column).with_actual_text(Some(title.to_owned()));
        flow.sheet.part(tag, |sheet| sheet.content(marks));
    }
    flow.y = top + HEAD_HEIGHT;
}

/// Makes room for a row; on a new page the head stands again, for the eyes only.
fn room(flow: &mut Flow, height: f32) {
    if flow.room(height) {
        let mut marks = head_rules(flow.y);
        for (_, x, is_number, lines) in heads() {
            marks.extend(head_marks(x, is_number, lines, flow.y));
        }
        flow.sheet.artifact(flow.sheet.page(), ArtifactType::PaginationOther, marks);
        flow.y += HEAD_HEIGHT;
    }
}

fn punches(row: &Row) -> Vec<Run> {
    let words = if row.punches.is_empty() { "-".to_owned() } else { row.punches.join(" ") };
    vec![Run::regular(words)]
}

fn notes(row: &Row) -> Vec<Run> {
    let mut runs = Vec::new();
    if let Some(mark) = row.mark {
        runs.push(Run::bold(mark.italian()));
        if !row.notes.is_empty() {
            runs.push(Run::regular(": "));
        }
    }
    runs.push(Run::regular(row.notes.join("; ")));
    runs
}

fn height(row: &Row) -> f32 {
    let date = CELL.leading + BELOW.leading;
    let punches = CELL.height(&punches(row), PUNCHES_WIDTH - 6.0);
    let notes = NOTE.height(&notes(row), NOTES_WIDTH);
    date.max(punches).max(notes) + 2.0 * AIR
}

fn day(flow: &mut Flow, row: &Row) {
    let height = height(row);
    room(flow, height);
    let (top, bottom) = (flow.y + AIR, flow.y + height);
    let area = Area::new(MARGIN, flow.y, RIGHT - MARGIN, height);
    let mut ground = Vec::new();
    match row.mark {
        Some(row::Mark::Open) => {
            ground.push(Mark::Fill(area, CREAM));
            ground.push(Mark::Fill(Area { width: 2.0, ..area }, AMBER));
        }
        Some(row::Mark::Awaited) => ground.push(Mark::Fill(area, PALE)),
        None => {}
    }
    // inside the row, where the ground of the next one does not cover it
    ground.push(Mark::Line([MARGIN, bottom - 0.6], [RIGHT, bottom - 0.6], RULE, 0.5));
    flow.sheet.decoration(ground);
    flow.part(Tag::TR, |flow| {
        let mut date = CELL.left(&[Run::bold(format!("{} ", row.date))], MARGIN + 4.0, top, 54.0);
        date.extend(BELOW.left(&[Run::regular(row.weekday)], MARGIN + 4.0, top + CELL.leading, 54.0));
        flow.sheet.part(Tag::TH(TableHeaderScope::Row), |sheet| sheet.content(date));
        let marks = CELL.left(&punches(row), PUNCHES, top, PUNCHES_WIDTH - 6.0);
        flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
        let mut right = NUMBERS;
        for (cell, width) in row.cells.iter().zip(WIDTHS) {
            right += width;
            let style = if cell == row::UNKNOWN { UNKNOWN } else { CELL };
            let mark = style.right(&Run::regular(cell.as_str()), right, top);
            flow.sheet.part(Tag::TD, |sheet| sheet.content(vec![mark]));
        }
        let marks = NOTE.left(&notes(row), NOTES, top + 0.6, NOTES_WIDTH);
        flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
    });
    flow.y = bottom;
}

/// A line across all columns; `next` is the height of what must stand under it on the same page.
fn across(flow: &mut Flow, words: &str, next: f32) {
    let height = GROUP.leading + 2.0 * AIR + 2.0;
    room(flow, height + next);
    let bottom = flow.y + height;
    let rule = |y: f32, width: f32| Mark::Line([MARGIN, y], [RIGHT, y], RULE, width);
    flow.sheet.decoration(vec![rule(bottom, 0.5)]);
    let marks = GROUP.left(&[Run::bold(words)], MARGIN + 4.0, flow.y + AIR + 2.0, RIGHT - MARGIN - 8.0);
    let columns = u32::try_from(COLUMNS.len() + 3).ok().and_then(NonZeroU32::new);
    flow.part(Tag::TR, |flow| {
        let tag = Tag::TD.with_col_span(columns);
        flow.sheet.part(tag, |sheet| sheet.content(marks));
    });
    flow.y = bottom;
}

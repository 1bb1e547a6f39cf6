//! Under the table: the sums, the days to regularise, the legend.

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};

use crate::render::page::{Fact, OpenDay, Page};

use super::face::Run;
use super::flow::Flow;
use super::sheet::{AMBER, Area, CREAM, INK, MARGIN, MUTED, Mark, NAVY, RIGHT, Style};

const VALUE: Style = Style { size: 12.0, leading: 15.0, colour: NAVY };
const LABEL: Style = Style { size: 7.0, leading: 8.6, colour: MUTED };

pub(super) fn totals(flow: &mut Flow, page: &Page) {
    flow.heading("Totali", band_height(&page.day_totals) + band_height(&page.hour_totals) + 6.0);
    flow.space(1.0);
    flow.rule();
    for (facts, summary) in
        [(&page.day_totals, "Totali delle giornate"), (&page.hour_totals, "Totali delle ore")]
    {
        band(flow, facts, summary);
        flow.rule();
    }
}

/// The columns of both bands stand under one another.
const COLUMN: f32 = (RIGHT - MARGIN) / 6.0;

fn band_height(facts: &[Fact]) -> f32 {
    let labels = facts.iter().map(|(what, _)| LABEL.height(&[Run::regular(*what)], COLUMN - 8.0));
    VALUE.leading + labels.fold(0.0, f32::max) + 7.0
}

/// Figures side by side, each above its name.
fn band(flow: &mut Flow, facts: &[Fact], summary: &str) {
    let height = band_height(facts);
    flow.room(height);
    let top = flow.y + 3.0;
    let lefts = std::iter::successors(Some(MARGIN + 4.0), |left| Some(left + COLUMN));
    let cells: Vec<(f32, &Fact)> = lefts.zip(facts).collect();
    flow.part(Tag::Table.with_summary(Some(summary.to_owned())), |flow| {
        flow.part(Tag::TR, |flow| {
            for (left, (what, _)) in &cells {
                let marks = LABEL.left(&[Run::regular(*what)], *left, top + VALUE.leading, COLUMN - 8.0);
                flow.sheet.part(Tag::TH(TableHeaderScope::Column), |sheet| sheet.content(marks));
            }
        });
        flow.part(Tag::TR, |flow| {
            for (left, (_, value)) in &cells {
                let marks = VALUE.left(&[Run::bold(value.as_str())], *left, top, COLUMN);
                flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
            }
        });
    });
    flow.y += height;
}

const DAY: Style = Style { size: 8.2, leading: 10.6, colour: INK };

/// What somebody must still send, in a box that cannot be overlooked.
pub(super) fn open_days(flow: &mut Flow, page: &Page) {
    let Some(first) = page.open_days.first() else { return };
    let room = RIGHT - MARGIN - 24.0;
    flow.heading(page.open_heading, DAY.height(&item(first), room) + 6.0);
    flow.part(Tag::L(ListNumbering::None), |flow| {
        for open in &page.open_days {
            let runs = item(open);
            let height = DAY.height(&runs, room) + 5.0;
            flow.room(height);
            ground(flow, height);
            let marks = DAY.left(&runs, MARGIN + 12.0, flow.y + 2.5, room);
            flow.part(Tag::LI, |flow| flow.sheet.part(Tag::LBody, |sheet| sheet.content(marks)));
            flow.y += height;
        }
    });
    if let Some(contact) = &page.answer_to {
        let runs = [Run::bold("Riscontro a: "), Run::regular(contact.as_str())];
        let height = DAY.height(&runs, room) + 5.0;
        flow.room(height);
        ground(flow, height);
        let marks = DAY.left(&runs, MARGIN + 12.0, flow.y + 2.0, room);
        flow.sheet.part(Tag::P, |sheet| sheet.content(marks));
        flow.y += height;
    }
}

fn item(open: &OpenDay) -> Vec<Run> {
    let mut runs = vec![Run::bold(format!("{}: ", open.day))];
    for (index, (missing, request)) in open.items.iter().enumerate() {
        let start = if index > 0 { "; " } else { "" };
        runs.push(Run::regular(format!("{start}{missing} - {request}")));
    }
    runs
}

fn ground(flow: &mut Flow, height: f32) {
    let area = Area::new(MARGIN, flow.y, RIGHT - MARGIN, height);
    let bar = Area { width: 2.0, ..area };
    flow.sheet.decoration(vec![Mark::Fill(area, CREAM), Mark::Fill(bar, AMBER)]);
}

/// The signs of this page, in a line.
pub(super) fn legend(flow: &mut Flow, page: &Page) {
    if page.legend.is_empty() {
        return;
    }
    flow.space(8.0);
    let mut runs = vec![Run::bold("Legenda  ")];
    for (index, (sign, meaning)) in page.legend.iter().enumerate() {
        let end = if index + 1 < page.legend.len() { ";  " } else { "." };
        runs.push(Run::bold(format!("{sign}\u{a0}")));
        runs.push(Run::regular(format!("{meaning}{end}")));
    }
    flow.paragraph(Style { size: 7.2, leading: 9.4, colour: MUTED }, &runs);
}

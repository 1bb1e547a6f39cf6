//! The malfunctions of the month: number, type, systems, from when to when.

use krilla::tagging::{ArtifactType, TableHeaderScope, Tag};

use crate::render::faults::{FaultRow, HEADS};
use crate::render::page::{self, Page};

use super::face::Run;
use super::flow::Flow;
use super::sheet::{INK, MARGIN, Mark, NAVY, RIGHT, RULE, Style};

/// Where the columns begin, and the room of each.
const COLUMNS: [(f32, f32); 4] = [
    (MARGIN + 4.0, 40.0),
    (MARGIN + 50.0, 150.0),
    (MARGIN + 208.0, 160.0),
    (MARGIN + 376.0, RIGHT - MARGIN - 380.0),
];

const HEAD: Style = Style { size: 6.8, leading: 8.4, colour: NAVY };
const HEAD_HEIGHT: f32 = 14.0;
const CELL: Style = Style { size: 8.0, leading: 10.0, colour: INK };
const AIR: f32 = 2.2;

pub(super) fn table(flow: &mut Flow, page: &Page) {
    let Some(first) = page.malfunctions.first() else { return };
    flow.heading(page::MALFUNCTIONS, HEAD_HEIGHT + height(&runs(first)));
    flow.space(1.0);
    let summary =
        "I malfunzionamenti del mese: quale, di che tipo, quali sistemi, da quando a quando".to_owned();
    flow.part(Tag::Table.with_summary(Some(summary)), |flow| {
        flow.part(Tag::THead, |flow| flow.part(Tag::TR, head));
        flow.part(Tag::TBody, |flow| page.malfunctions.iter().for_each(|fault| row(flow, fault)));
    });
}

fn rules(y: f32) -> Vec<Mark> {
    let rule = |y: f32, width: f32| Mark::Line([MARGIN, y], [RIGHT, y], NAVY, width);
    vec![rule(y, 1.0), rule(y + HEAD_HEIGHT, 0.6)]
}

fn title(x: f32, y: f32, words: &str) -> Vec<Mark> {
    HEAD.left(&[Run::bold(words)], x, y + 3.0, RIGHT - x)
}

fn head(flow: &mut Flow) {
    flow.sheet.decoration(rules(flow.y));
    for ((x, _), words) in COLUMNS.into_iter().zip(HEADS) {
        let marks = title(x, flow.y, words);
        flow.sheet.part(Tag::TH(TableHeaderScope::Column), |sheet| sheet.content(marks));
    }
    flow.y += HEAD_HEIGHT;
}

fn runs(fault: &FaultRow) -> [Run; 4] {
    let [number, kind, systems, period] = fault.cells();
    [Run::bold(number), Run::regular(kind), Run::regular(systems), Run::regular(period)]
}

fn height(runs: &[Run; 4]) -> f32 {
    let heights =
        runs.iter().zip(COLUMNS).map(|(run, (_, room))| CELL.height(std::slice::from_ref(run), room));
    heights.fold(0.0, f32::max) + 2.0 * AIR
}

fn row(flow: &mut Flow, fault: &FaultRow) {
    let runs = runs(fault);
    let height = height(&runs);
    if flow.room(height) {
        let titles = COLUMNS.into_iter().zip(HEADS).flat_map(|((x, _), words)| title(x, flow.y, words));
        let marks = rules(flow.y).into_iter().chain(titles).collect();
        flow.sheet.artifact(flow.sheet.page(), ArtifactType::PaginationOther, marks);
        flow.y += HEAD_HEIGHT;
    }
    let bottom = flow.y + height;
    flow.sheet.decoration(vec![Mark::Line([MARGIN, bottom], [RIGHT, bottom], RULE, 0.5)]);
    flow.part(Tag::TR, |flow| {
        for (column, (run, (x, room))) in runs.iter().zip(COLUMNS).enumerate() {
            let marks = CELL.left(std::slice::from_ref(run), x, flow.y + AIR, room);
            if column == 0 {
                flow.sheet.part(Tag::TH(TableHeaderScope::Row), |sheet| sheet.content(marks));
            } else {
                flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
            }
        }
    });
    flow.y = bottom;
}

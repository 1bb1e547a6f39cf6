//! The malfunctions of the month: number, type, systems, from when to when.

use krilla::tagging::{TableHeaderScope, Tag};

use crate::render::faults::{FaultRow, HEADS};
use crate::render::page::{self, Page};

use super::face::Run;
use super::flow::Flow;
use super::ruled::{self, AIR, CELL, Column, HEAD_HEIGHT};
use super::sheet::{MARGIN, Mark, RIGHT, RULE};

const COLUMNS: [Column; 4] = [
    (MARGIN + 4.0, HEADS[0]),
    (MARGIN + 50.0, HEADS[1]),
    (MARGIN + 208.0, HEADS[2]),
    (MARGIN + 376.0, HEADS[3]),
];

/// The room of each of them.
const ROOMS: [f32; 4] = [40.0, 150.0, 160.0, RIGHT - MARGIN - 380.0];

pub(super) fn table(flow: &mut Flow, page: &Page) {
    let Some(first) = page.malfunctions.first() else { return };
    flow.heading(page::MALFUNCTIONS, HEAD_HEIGHT + ruled::height(&runs(first), ROOMS));
    flow.space(1.0);
    let summary =
        "I malfunzionamenti del mese: quale, di che tipo, quali sistemi, da quando a quando".to_owned();
    flow.part(Tag::Table.with_summary(Some(summary)), |flow| {
        flow.part(Tag::THead, |flow| flow.part(Tag::TR, |flow| ruled::head(flow, &COLUMNS)));
        flow.part(Tag::TBody, |flow| page.malfunctions.iter().for_each(|fault| row(flow, fault)));
    });
}

fn runs(fault: &FaultRow) -> [Run; 4] {
    let [number, kind, systems, period] = fault.cells();
    [Run::bold(number), Run::regular(kind), Run::regular(systems), Run::regular(period)]
}

fn row(flow: &mut Flow, fault: &FaultRow) {
    let runs = runs(fault);
    let height = ruled::height(&runs, ROOMS);
    ruled::room(flow, height, &COLUMNS);
    let bottom = flow.y + height;
    flow.sheet.decoration(vec![Mark::Line([MARGIN, bottom], [RIGHT, bottom], RULE, 0.5)]);
    flow.part(Tag::TR, |flow| {
        for (column, ((run, (x, _)), room)) in runs.iter().zip(COLUMNS).zip(ROOMS).enumerate() {
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

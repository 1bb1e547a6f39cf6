//! What an amendment changes: cell by cell, what was and what is.

use std::num::NonZeroU32;

use krilla::tagging::{TableHeaderScope, Tag};

use crate::render::differences::{Differences, PlaceDifferences};

use super::face::Run;
use super::flow::Flow;
use super::ruled::{self, AIR, CELL, Column, HEAD_HEIGHT};
use super::sheet::{MARGIN, Mark, RIGHT, RULE};

/// Where the four columns begin.
const COLUMNS: [Column; 4] =
    [(MARGIN + 4.0, "Data"), (MARGIN + 112.0, "Voce"), (MARGIN + 250.0, "Prima"), (MARGIN + 382.0, "Ora")];

/// The room of each of them.
const ROOMS: [f32; 4] = [102.0, 132.0, 126.0, RIGHT - MARGIN - 386.0];

pub(super) fn differences(flow: &mut Flow, amendment: &Differences) {
    flow.heading(&amendment.heading, HEAD_HEIGHT + CELL.leading + 2.0 * AIR);
    flow.space(1.0);
    let summary = "Le celle che cambiano: dove, quale, com'era e com'è".to_owned();
    flow.part(Tag::Table.with_summary(Some(summary)), |flow| {
        flow.part(Tag::THead, |flow| flow.part(Tag::TR, |flow| ruled::head(flow, &COLUMNS)));
        flow.part(Tag::TBody, |flow| {
            for place in &amendment.places {
                in_place(flow, place);
            }
        });
    });
}

/// The cells of one day, or of the totals; its name stands beside the first.
fn in_place(flow: &mut Flow, place: &PlaceDifferences) {
    let rows = u32::try_from(place.cells.len()).ok().and_then(NonZeroU32::new);
    for (index, (name, before, after)) in place.cells.iter().enumerate() {
        let words = if index == 0 { place.place.as_str() } else { "" };
        let runs = [Run::bold(words), Run::regular(*name), Run::regular(before), Run::bold(after)];
        let height = ruled::height(&runs, ROOMS);
        ruled::room(flow, height, &COLUMNS);
        let bottom = flow.y + height;
        let from = if index + 1 == place.cells.len() { MARGIN } else { MARGIN + 108.0 };
        flow.sheet.decoration(vec![Mark::Line([from, bottom], [RIGHT, bottom], RULE, 0.5)]);
        flow.part(Tag::TR, |flow| {
            for (column, ((run, (x, _)), room)) in runs.iter().zip(COLUMNS).zip(ROOMS).enumerate() {
                let marks = CELL.left(std::slice::from_ref(run), x, flow.y + AIR, room);
                match (column, index) {
                    (0, 0) => {
                        let tag = Tag::TH(TableHeaderScope::Row).with_row_span(rows);
                        flow.sheet.part(tag, |sheet| sheet.content(marks));
                    }
                    (0, _) => {}
                    _ => flow.sheet.part(Tag::TD, |sheet| sheet.content(marks)),
                }
            }
        });
        flow.y = bottom;
    }
}

//! A table between rules: its head, which stands again on each further page, and its cells.

use krilla::tagging::{ArtifactType, TableHeaderScope, Tag};

use super::face::Run;
use super::flow::Flow;
use super::sheet::{INK, MARGIN, Mark, NAVY, RIGHT, Style};

const HEAD: Style = Style { size: 6.8, leading: 8.4, colour: NAVY };

/// The height of the head.
pub(super) const HEAD_HEIGHT: f32 = 14.0;

/// The letters of a cell.
pub(super) const CELL: Style = Style { size: 8.0, leading: 10.0, colour: INK };

/// The room above and below the letters of a cell.
pub(super) const AIR: f32 = 2.2;

/// A column's title, and where it begins.
pub(super) type Column = (f32, &'static str);

/// The head, as the first row of the table.
pub(super) fn head(flow: &mut Flow, columns: &[Column]) {
    flow.sheet.decoration(rules(flow.y));
    for column in columns {
        let marks = title(*column, flow.y);
        flow.sheet.part(Tag::TH(TableHeaderScope::Column), |sheet| sheet.content(marks));
    }
    flow.y += HEAD_HEIGHT;
}

/// Makes room for a row. On a new page the head comes first; to a reader's ear it is there already.
pub(super) fn room(flow: &mut Flow, height: f32, columns: &[Column]) {
    if flow.room(height) {
        let titles = columns.iter().flat_map(|column| title(*column, flow.y));
        let marks = rules(flow.y).into_iter().chain(titles).collect();
        flow.sheet.artifact(flow.sheet.page(), ArtifactType::PaginationOther, marks);
        flow.y += HEAD_HEIGHT;
    }
}

/// How high a row is, whose cells have so much room.
pub(super) fn height<const N: usize>(cells: &[Run; N], rooms: [f32; N]) -> f32 {
    let heights = cells.iter().zip(rooms).map(|(run, room)| CELL.height(std::slice::from_ref(run), room));
    heights.fold(0.0, f32::max) + 2.0 * AIR
}

fn rules(y: f32) -> Vec<Mark> {
    let rule = |y: f32, width: f32| Mark::Line([MARGIN, y], [RIGHT, y], NAVY, width);
    vec![rule(y, 1.0), rule(y + HEAD_HEIGHT, 0.6)]
}

fn title((x, words): Column, y: f32) -> Vec<Mark> {
    HEAD.left(&[Run::bold(words)], x, y + 3.0, RIGHT - x)
}

//! The table of a paper: columns as wide as their content, or less where the page is full.

use krilla::tagging::{ArtifactType, TableHeaderScope, Tag};

use super::face::{Run, Weight, width};
use super::flow::Flow;
use super::sheet::{INK, MARGIN, Mark, NAVY, RIGHT, RULE, Style};

const HEAD: Style = Style { size: 7.8, leading: 9.8, colour: NAVY };
const CELL: Style = Style { size: 8.6, leading: 11.2, colour: INK };
/// Above and below the text of a row.
const AIR: f32 = 2.6;
/// Between two columns.
const GAP: f32 = 10.0;

/// A column: where it begins, how wide it is, and whether it holds figures, which stand on the right.
struct Column {
    left: f32,
    room: f32,
    is_figures: bool,
}

pub(super) fn table(flow: &mut Flow, summary: &str, heads: &[String], rows: &[Vec<String>]) {
    let columns = columns(heads, rows);
    let first = rows.first().map_or(0.0, |row| height(&columns, row, CELL));
    flow.room(height(&columns, heads, HEAD) + first);
    flow.part(Tag::Table.with_summary(Some(summary.to_owned())), |flow| {
        flow.part(Tag::THead, |flow| flow.part(Tag::TR, |flow| head(flow, &columns, heads)));
        flow.part(Tag::TBody, |flow| {
            for cells in rows {
                row(flow, &columns, heads, cells);
            }
        });
    });
    flow.space(2.0);
}

/// The room is given out from the narrowest column on: each gets what it needs, and the wide ones share
/// what is left. Spare room goes to nobody, so that figures stay near their names.
fn columns(heads: &[String], rows: &[Vec<String>]) -> Vec<Column> {
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let natural = |column: usize, head: &String| {
        let widths = cells(column).map(|cell| width(Weight::Regular, CELL.size, cell));
        widths.fold(width(Weight::Bold, HEAD.size, head), f32::max) + 1.0
    };
    let wanted: Vec<f32> = heads.iter().enumerate().map(|(column, head)| natural(column, head)).collect();
    let gaps: f32 = wanted.iter().skip(1).map(|_| GAP).sum();
    let mut rooms = vec![0.0; wanted.len()];
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_unstable_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    let mut left_over = RIGHT - MARGIN - gaps;
    for (done, column) in order.iter().enumerate() {
        let open: f32 = order[done..].iter().map(|_| 1.0).sum();
        rooms[*column] = wanted[*column].min(left_over / open);
        left_over -= rooms[*column];
    }
    let mut left = MARGIN;
    let columns = rooms.into_iter().enumerate().map(|(column, room)| {
        let is_figures = cells(column).next().is_some() && cells(column).all(|cell| is_figure(cell));
        let at = left;
        left += room + GAP;
        Column { left: at, room, is_figures }
    });
    columns.collect()
}

/// A number, a duration or a date; so is the sign for "none".
fn is_figure(cell: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_digit() || "+-:/.,% ".contains(letter);
    matches!(cell, "-" | "n.d.") || (!cell.is_empty() && cell.chars().all(allowed))
}

fn height(columns: &[Column], cells: &[String], style: Style) -> f32 {
    let heights = columns
        .iter()
        .zip(cells)
        .map(|(column, cell)| style.height(&[Run::regular(cell.as_str())], column.room));
    heights.fold(0.0, f32::max) + 2.0 * AIR
}

fn cell(column: &Column, run: &Run, style: Style, y: f32) -> Vec<Mark> {
    let runs = std::slice::from_ref(run);
    if column.is_figures && style.lines(runs, column.room).len() == 1 {
        vec![style.right(run, column.left + column.room, y + AIR)]
    } else {
        style.left(runs, column.left, y + AIR, column.room)
    }
}

fn rules(y: f32, height: f32) -> Vec<Mark> {
    let rule = |y: f32, width: f32| Mark::Line([MARGIN, y], [RIGHT, y], NAVY, width);
    vec![rule(y, 1.0), rule(y + height, 0.6)]
}

fn head(flow: &mut Flow, columns: &[Column], heads: &[String]) {
    let height = height(columns, heads, HEAD);
    flow.sheet.decoration(rules(flow.y, height));
    for (column, words) in columns.iter().zip(heads) {
        let marks = cell(column, &Run::bold(words.as_str()), HEAD, flow.y);
        flow.sheet.part(Tag::TH(TableHeaderScope::Column), |sheet| sheet.content(marks));
    }
    flow.y += height;
}

/// One row; on a new page the heads stand again, for the eyes only.
fn row(flow: &mut Flow, columns: &[Column], heads: &[String], cells: &[String]) {
    let tall = height(columns, cells, CELL);
    if flow.room(tall) {
        let head_height = height(columns, heads, HEAD);
        let mut marks = rules(flow.y, head_height);
        for (column, words) in columns.iter().zip(heads) {
            marks.extend(cell(column, &Run::bold(words.as_str()), HEAD, flow.y));
        }
        flow.sheet.artifact(flow.sheet.page(), ArtifactType::PaginationOther, marks);
        flow.y += head_height;
    }
    let bottom = flow.y + tall;
    flow.sheet.decoration(vec![Mark::Line([MARGIN, bottom - 0.6], [RIGHT, bottom - 0.6], RULE, 0.5)]);
    let y = flow.y;
    flow.part(Tag::TR, |flow| {
        for (column, words) in columns.iter().zip(cells) {
            let marks = cell(column, &Run::regular(words.as_str()), CELL, y);
            flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
        }
    });
    flow.y = bottom;
}

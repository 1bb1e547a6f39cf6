//! The head of the first page: who, what, to whom, and the box.

use krilla::tagging::{TableHeaderScope, Tag};

use crate::render::page::{self, Fact, Page};

use super::face::{Run, Weight, width};
use super::flow::Flow;
use super::sheet::{AMBER, Area, CREAM, INK, MARGIN, MUTED, Mark, NAVY, PALE, RIGHT, RULE, Style};

/// The field for the protocol office.
const PROTOCOL_WIDTH: f32 = 168.0;
const PROTOCOL_HEIGHT: f32 = 36.0;

pub(super) fn head(flow: &mut Flow, page: &Page) {
    let top = flow.y;
    let office = Style::new(11.0, 14.0, NAVY);
    let room = RIGHT - MARGIN - PROTOCOL_WIDTH - 20.0;
    let from = [Run::bold(page.from.as_str())];
    let marks = office.left(&from, MARGIN, top, room);
    flow.sheet.part(Tag::P, |sheet| sheet.content(marks));
    protocol(flow, top);
    flow.y = top + office.height(&from, room).max(PROTOCOL_HEIGHT) + 6.0;
    flow.sheet.decoration(vec![Mark::Line([MARGIN, flow.y], [RIGHT, flow.y], NAVY, 1.2)]);
    flow.space(11.0);

    let title = Style::new(14.5, 18.0, NAVY);
    let marks = title.left(&[Run::bold(page::TITLE)], MARGIN, flow.y, RIGHT - MARGIN);
    flow.head(1, page::TITLE, marks);
    flow.y += title.leading;
    let month = Style::new(12.0, 16.0, INK);
    let number_width = width(Weight::Bold, 12.0, &page.number);
    let left =
        month.left(&[Run::regular(page.month.as_str())], MARGIN, flow.y, RIGHT - MARGIN - number_width);
    let right = month.right(&Run::bold(page.number.as_str()), RIGHT, flow.y);
    flow.sheet.part(Tag::P, |sheet| {
        sheet.content(left);
        sheet.content(vec![right]);
    });
    flow.y += month.leading;
    if let Some(amendment) = &page.amendment {
        flow.banner(&amendment.banner, (AMBER, CREAM));
    }
    if let Some(specimen) = page.specimen {
        flow.banner(specimen, (AMBER, CREAM));
    }
    flow.space(7.0);
    let style = Style::new(9.0, 12.0, INK);
    flow.paragraph(style, &[Run::bold(page.to.as_str())]);
    flow.space(2.0);
    flow.paragraph(style, &[Run::bold("Oggetto: "), Run::regular(page.subject.as_str())]);
    flow.space(8.0);
    facts(flow, &page.facts);
}

/// Two ruled blanks to be filled in by hand or by stamp.
fn protocol(flow: &mut Flow, top: f32) {
    let left = RIGHT - PROTOCOL_WIDTH;
    let style = Style::new(7.0, 9.0, MUTED);
    let words = style.left(&[Run::regular("Protocollo n. ")], left + 8.0, top + 4.0, 80.0);
    let date = style.left(&[Run::regular("del")], left + 8.0, top + 19.0, 40.0);
    let blank = |from: f32, y: f32| Mark::Line([left + from, y], [RIGHT - 8.0, y], MUTED, 0.4);
    let frame = Mark::Outline(Area::new(left, top, PROTOCOL_WIDTH, PROTOCOL_HEIGHT), RULE, 0.6);
    flow.sheet.decoration(vec![frame, blank(54.0, top + 12.5), blank(22.0, top + 27.5)]);
    flow.sheet.part(Tag::P, |sheet| {
        sheet.content(words);
        sheet.content(date);
    });
}

const LABEL: Style = Style { size: 7.5, leading: 11.5, colour: MUTED };
const VALUE: Style = Style { size: 8.5, leading: 11.5, colour: INK };
/// The air around the box and between its columns.
const AIR: f32 = 10.0;
const COLUMN: f32 = (RIGHT - MARGIN - 3.0 * AIR) / 2.0;

/// The room of the labels of one column: that of the longest.
fn label_width(facts: &[Fact]) -> f32 {
    let widths = facts.iter().map(|(what, _)| width(Weight::Regular, LABEL.size, what));
    widths.fold(0.0, f32::max) + AIR
}

fn heights(facts: &[Fact]) -> Vec<f32> {
    let room = COLUMN - label_width(facts);
    facts.iter().map(|(_, said)| VALUE.height(&[Run::regular(said.as_str())], room)).collect()
}

/// The box: labels and values in two columns of about the same height.
fn facts(flow: &mut Flow, facts: &[Fact]) {
    let splits = (0..=facts.len()).map(|split| {
        let (left, right) = facts.split_at(split);
        (heights(left).iter().sum::<f32>().max(heights(right).iter().sum()), left, right)
    });
    let best = splits.min_by(|(one, ..), (other, ..)| one.total_cmp(other));
    let Some((tallest, left, right)) = best else { return };
    let box_height = tallest + 12.0;
    flow.room(box_height);
    let top = flow.y;
    let area = Area::new(MARGIN, top, RIGHT - MARGIN, box_height);
    flow.sheet.decoration(vec![Mark::Fill(area, PALE)]);
    let summary = Tag::Table.with_summary(Some("Dati dell'intesa, due colonne: voce e valore".to_owned()));
    flow.sheet.part(summary, |sheet| {
        for (column, x) in [(left, MARGIN + AIR), (right, MARGIN + 2.0 * AIR + COLUMN)] {
            let (mut y, label) = (top + 6.0, label_width(column));
            for ((what, said), height) in column.iter().zip(heights(column)) {
                sheet.part(Tag::TR, |sheet| {
                    let marks = LABEL.left(&[Run::regular(*what)], x, y, label);
                    sheet.part(Tag::TH(TableHeaderScope::Row), |sheet| sheet.content(marks));
                    let marks = VALUE.left(&[Run::regular(said.as_str())], x + label, y, COLUMN - label);
                    sheet.part(Tag::TD, |sheet| sheet.content(marks));
                });
                y += height;
            }
        }
    });
    flow.y = top + box_height;
}

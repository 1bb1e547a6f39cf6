//! The end of the document: what it is not, where it comes from, who answers for it.

use krilla::tagging::{TableHeaderScope, Tag};

use crate::render::page::{self, Page};

use super::face::Run;
use super::flow::Flow;
use super::sheet::{INK, MARGIN, MUTED, Mark, NAVY, RIGHT, Style};

const NOTICE: Style = Style { size: 7.2, leading: 9.4, colour: INK };
const LABEL: Style = Style { size: 7.0, leading: 9.4, colour: MUTED };
const VALUE: Style = Style { size: 7.2, leading: 9.4, colour: INK };
const LABEL_WIDTH: f32 = 112.0;

/// At the bottom of the last page.
pub(super) fn foot(flow: &mut Flow, page: &Page) {
    let room = RIGHT - MARGIN;
    let mut record = page.record.clone();
    record.push((page::DATA_FILE, page.data_sha256.clone()));
    let value = |said: &str| [Run::regular(said)];
    let heights: Vec<f32> =
        record.iter().map(|(_, said)| VALUE.height(&value(said), room - LABEL_WIDTH)).collect();
    let notice = [Run::regular(page::LIMITS)];
    flow.space(6.0);
    flow.sink(6.0 + NOTICE.height(&notice, room) + 3.0 + heights.iter().sum::<f32>() + 2.0);
    flow.sheet.decoration(vec![Mark::Line([MARGIN, flow.y], [RIGHT, flow.y], NAVY, 0.8)]);
    flow.y += 5.0;
    flow.paragraph(NOTICE, &notice);
    flow.y += 3.0;
    flow.part(Tag::Table.with_summary(Some("Provenienza del documento".to_owned())), |flow| {
        for ((what, said), height) in record.iter().zip(heights) {
            let y = flow.y;
            flow.part(Tag::TR, |flow| {
                let marks = LABEL.left(&[Run::regular(*what)], MARGIN, y, LABEL_WIDTH - 4.0);
                flow.sheet.part(Tag::TH(TableHeaderScope::Row), |sheet| sheet.content(marks));
                let marks = VALUE.left(&value(said), MARGIN + LABEL_WIDTH, y, room - LABEL_WIDTH);
                flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
            });
            flow.y += height;
        }
    });
}

//! A paper on A4 pages.

use krilla::geom::Rect;
use krilla::tagging::{BBox, ListNumbering, TableHeaderScope, Tag};

use crate::render::page;
use crate::render::paper::{Bar, Block, Paper, Shade};

use super::face::{Run, Weight, width};
use super::flow::{Density, Flow, Running};
use super::paper_table;
use super::sheet::{AMBER, Area, CREAM, INK, MARGIN, MUTED, Mark, NAVY, RIGHT, Sheet, Style, WHITE};

const TEXT: Style = Style { size: 9.5, leading: 13.4, colour: INK };
const LABEL: Style = Style { size: 8.5, leading: 12.6, colour: MUTED };
const VALUE: Style = Style { size: 9.2, leading: 12.6, colour: INK };
const SMALL: Style = Style { size: 8.0, leading: 10.6, colour: MUTED };

/// From one ruled line to the next: room for handwriting.
const RULED: f32 = 22.0;

/// From one bar to the next, and its height.
const PITCH: f32 = 16.0;
const BAR: f32 = 9.0;

/// Lays a paper out.
pub(super) fn laid_out(paper: &Paper, density: Density) -> Sheet {
    let head = [paper.office.as_str(), paper.title.as_str()].join(" - ");
    let running = Running { head, number: String::new(), notice: page::PRIVACY, foot: paper.running.clone() };
    let mut flow = Flow::new(running, density);
    top(&mut flow, paper);
    // one width for all labels, so that the values stand below each other from part to part
    let label = label_room(&paper.blocks);
    for (index, block) in paper.blocks.iter().enumerate() {
        let next = paper.blocks.get(index + 1);
        self::block(&mut flow, block, next, label);
    }
    flow.finish()
}

fn top(flow: &mut Flow, paper: &Paper) {
    flow.paragraph(Style::new(11.0, 14.0, NAVY), &[Run::bold(paper.office.as_str())]);
    flow.y += 5.0;
    flow.sheet.decoration(vec![Mark::Line([MARGIN, flow.y], [RIGHT, flow.y], NAVY, 1.2)]);
    flow.space(12.0);
    let title = Style::new(15.0, 19.0, NAVY);
    let runs = [Run::bold(paper.title.as_str())];
    let (marks, height) =
        (title.left(&runs, MARGIN, flow.y, RIGHT - MARGIN), title.height(&runs, RIGHT - MARGIN));
    flow.head(1, &paper.title, marks);
    flow.y += height;
    for line in &paper.under {
        flow.paragraph(Style::new(10.0, 13.4, INK), &[Run::regular(line.as_str())]);
    }
    if let Some(to) = &paper.to {
        flow.space(8.0);
        flow.paragraph(TEXT, &[Run::bold(to.as_str())]);
    }
    flow.space(4.0);
}

/// The room of the labels of facts.
fn label_room(blocks: &[Block]) -> f32 {
    let facts =
        blocks.iter().filter_map(|block| if let Block::Facts(facts) = block { Some(facts) } else { None });
    let labels = facts.flatten().map(|(label, _)| width(Weight::Regular, LABEL.size, label));
    (labels.fold(0.0, f32::max) + 14.0).min(200.0)
}

/// `next` is what a heading must not be parted from.
fn block(flow: &mut Flow, block: &Block, next: Option<&Block>, label: f32) {
    match block {
        Block::Heading(words) => {
            let after = match next {
                Some(Block::Bars { bars, key, .. }) => bars_height(bars, key).min(300.0),
                Some(Block::Blank { lines, .. }) => TEXT.leading + RULED * f32::from(*lines),
                Some(Block::Signatures(_)) => 60.0,
                _ => 3.0 * TEXT.leading,
            };
            flow.heading(words, after);
        }
        Block::Paragraph(words) => {
            flow.space(1.0);
            flow.prose(TEXT, words);
        }
        Block::Banner(words) => flow.banner(words, (AMBER, CREAM)),
        Block::Facts(facts) => self::facts(flow, facts, label),
        Block::List(items) => list(flow, items),
        Block::Table { summary, heads, rows } => {
            flow.space(4.0);
            paper_table::table(flow, summary, heads, rows);
        }
        Block::Bars { summary, bars, key } => self::bars(flow, summary, bars, key),
        Block::Blank { label, lines } => blank(flow, label, *lines),
        Block::Signatures(people) => signatures(flow, people),
    }
}

fn facts(flow: &mut Flow, facts: &[(String, String)], label: f32) {
    flow.space(3.0);
    let room = RIGHT - MARGIN - label;
    let summary = Tag::Table.with_summary(Some("Due colonne: voce e valore".to_owned()));
    flow.part(summary, |flow| {
        for (what, said) in facts {
            let (what, said) = ([Run::regular(what.as_str())], [Run::regular(said.as_str())]);
            let height = LABEL.height(&what, label - 8.0).max(VALUE.height(&said, room));
            flow.room(height);
            let y = flow.y;
            flow.part(Tag::TR, |flow| {
                let marks = LABEL.left(&what, MARGIN, y, label - 8.0);
                flow.sheet.part(Tag::TH(TableHeaderScope::Row), |sheet| sheet.content(marks));
                let marks = VALUE.left(&said, MARGIN + label, y, room);
                flow.sheet.part(Tag::TD, |sheet| sheet.content(marks));
            });
            flow.y += height;
        }
    });
}

fn list(flow: &mut Flow, items: &[String]) {
    flow.space(2.0);
    flow.part(Tag::L(ListNumbering::None), |flow| {
        for item in items {
            let (runs, room) = ([Run::regular(item.as_str())], RIGHT - MARGIN - 12.0);
            let height = TEXT.height(&runs, room) + 1.5;
            flow.room(height);
            let y = flow.y;
            flow.sheet.decoration(TEXT.left(&[Run::regular("–")], MARGIN + 2.0, y, 10.0));
            let marks = TEXT.left(&runs, MARGIN + 12.0, y, room);
            flow.part(Tag::LI, |flow| flow.sheet.part(Tag::LBody, |sheet| sheet.content(marks)));
            flow.y += height;
        }
    });
}

fn blank(flow: &mut Flow, label: &str, lines: u8) {
    flow.space(6.0);
    let ruled = RULED * f32::from(lines);
    flow.room(TEXT.leading + ruled);
    flow.paragraph(TEXT, &[Run::regular(format!("{label}:"))]);
    let strokes = (1..=lines).map(|line| flow.y + RULED * f32::from(line));
    let strokes = strokes.map(|y| Mark::Line([MARGIN, y], [RIGHT, y], MUTED, 0.4)).collect();
    flow.sheet.decoration(strokes);
    flow.y += ruled;
}

/// Two places side by side.
fn signatures(flow: &mut Flow, people: &[String]) {
    let column = (RIGHT - MARGIN - 30.0) / 2.0;
    for pair in people.chunks(2) {
        let runs: Vec<[Run; 1]> = pair.iter().map(|person| [Run::regular(person.as_str())]).collect();
        let under = runs.iter().map(|runs| SMALL.height(runs, column)).fold(0.0, f32::max);
        flow.space(10.0);
        flow.room(34.0 + under);
        let y = flow.y + 30.0;
        for (runs, left) in runs.iter().zip([MARGIN, RIGHT - column]) {
            flow.sheet.decoration(vec![Mark::Line([left, y], [left + column, y], MUTED, 0.5)]);
            let marks = SMALL.left(runs, left, y + 3.0, column);
            flow.sheet.part(Tag::P, |sheet| sheet.content(marks));
        }
        flow.y = y + 4.0 + under;
    }
}

fn bars_height(bars: &[Bar], key: &[(Shade, String)]) -> f32 {
    let rows: f32 = bars.iter().map(|_| PITCH).sum();
    rows + if key.is_empty() { 0.0 } else { SMALL.leading + 4.0 }
}

fn bars(flow: &mut Flow, summary: &str, bars: &[Bar], key: &[(Shade, String)]) {
    flow.space(3.0);
    let widest = |words: &mut dyn Iterator<Item = &String>, style: Style| {
        words.map(|words| width(Weight::Regular, style.size, words)).fold(0.0, f32::max)
    };
    let label = (widest(&mut bars.iter().map(|bar| &bar.label), VALUE) + 10.0).min(160.0);
    let words = (widest(&mut bars.iter().map(|bar| &bar.words), SMALL) + 8.0).min(200.0);
    let (left, room) = (MARGIN + label, RIGHT - MARGIN - label - words);
    let most = bars.iter().map(Bar::total).max().unwrap_or_default().max(1);
    for bar in bars {
        flow.room(PITCH);
        let y = flow.y;
        flow.sheet.decoration(VALUE.left(&[Run::regular(bar.label.as_str())], MARGIN, y + 1.5, label));
        flow.sheet.decoration(vec![SMALL.right(&Run::regular(bar.words.as_str()), RIGHT, y + 2.5)]);
        let (mut x, mut marks) = (left, Vec::new());
        for (value, shade) in bar.parts.iter().filter(|(value, _)| *value > 0) {
            let wide = room * share(u64::from(*value), most);
            marks.extend(shaded(*shade, Area::new(x, y + (PITCH - BAR) / 2.0, wide, BAR)));
            x += wide;
        }
        if marks.is_empty() {
            marks.push(Mark::Line([left, y + 3.0], [left, y + PITCH - 3.0], NAVY, 0.8));
        }
        let told = format!("{summary}: {}: {}", bar.label, bar.words);
        let place = Rect::from_xywh(MARGIN, y, RIGHT - MARGIN, PITCH);
        let place = place.map(|rect| BBox::new(flow.sheet.page(), rect));
        flow.sheet.part(Tag::Figure(Some(told)).with_bbox(place), |sheet| sheet.content(marks));
        flow.y += PITCH;
    }
    self::key(flow, key);
}

fn key(flow: &mut Flow, key: &[(Shade, String)]) {
    if key.is_empty() {
        return;
    }
    flow.room(SMALL.leading + 4.0);
    let (mut x, y) = (MARGIN, flow.y + 2.0);
    let (mut samples, mut words) = (Vec::new(), Vec::new());
    for (shade, meaning) in key {
        samples.extend(shaded(*shade, Area::new(x, y + 2.0, 14.0, 7.0)));
        words.extend(SMALL.left(&[Run::regular(format!("{meaning} "))], x + 18.0, y, RIGHT - x - 18.0));
        x += 18.0 + width(Weight::Regular, SMALL.size, meaning) + 16.0;
    }
    flow.sheet.decoration(samples);
    flow.sheet.part(Tag::P, |sheet| sheet.content(words));
    flow.y = y + SMALL.leading + 2.0;
}

/// A part of the longest bar, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a drawing needs no more than f32 holds")]
fn share(value: u64, most: u64) -> f32 {
    value as f32 / most as f32
}

fn shaded(shade: Shade, area: Area) -> Vec<Mark> {
    match shade {
        Shade::Full => vec![Mark::Fill(area, NAVY)],
        Shade::Hatched => {
            vec![Mark::Fill(area, WHITE), Mark::Hatch(area, NAVY, 2.6), Mark::Outline(area, NAVY, 0.7)]
        }
        Shade::Empty => vec![Mark::Fill(area, WHITE), Mark::Outline(area, NAVY, 0.7)],
    }
}

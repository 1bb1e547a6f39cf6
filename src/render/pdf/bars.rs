//! The days as bars: whoever would rather look than read sees when, how long, and what was taken off.

use krilla::geom::Rect;
use krilla::tagging::{BBox, Tag};

use crate::render::row;
use crate::render::strip::{Shade, Sign, Strip, Strips};

use super::face::{Run, Weight, width};
use super::flow::Flow;
use super::sheet::{AMBER, Area, Colour, INK, MARGIN, MUTED, Mark, NAVY, RIGHT, RULE, Style, WHITE};

const LEFT: f32 = MARGIN + 60.0;
const END: f32 = RIGHT - 34.0;
/// From one bar to the next.
const PITCH: f32 = 15.0;
/// The height of a bar.
const BAR: f32 = 8.0;
const AXIS: f32 = 11.0;
const KEY: Style = Style { size: 6.8, leading: 10.0, colour: MUTED };
const LABEL: Style = Style { size: 7.6, leading: 10.0, colour: INK };
const UNKNOWN: Style = Style { size: 7.6, leading: 10.0, colour: MUTED };
const HOUR: Style = Style { size: 6.4, leading: 8.0, colour: MUTED };

/// The ground on which presence is expected; the bars stand out from it on a grey print too.
const EXPECTED: Colour = Colour(228, 233, 238);

/// The hours.
const GRID: Colour = Colour(178, 189, 200);

/// The part of it where presence is compulsory.
const CORE: Colour = Colour(196, 206, 216);

pub(super) fn bars(flow: &mut Flow, strips: &Strips) {
    flow.heading("Le giornate in figura", 2.0 + AXIS + 2.0 * PITCH);
    flow.y += 2.0;
    let scale = Scale::of(strips);
    let mut axis = true;
    for (index, strip) in strips.days.iter().enumerate() {
        // the key stays with the last bars
        let key = if index + 1 == strips.days.len() { key_height(strips) } else { 0.0 };
        axis |= flow.room(PITCH + key + if axis { AXIS } else { 0.0 });
        if axis {
            scale.hours(flow);
            axis = false;
        }
        bar(flow, strip, &scale);
    }
    key(flow, strips);
}

/// From minutes to points.
struct Scale {
    first: i32,
    last: i32,
}

impl Scale {
    fn of(strips: &Strips) -> Self {
        Self { first: strips.first_hour, last: strips.last_hour }
    }

    fn x(&self, minutes: i32) -> f32 {
        let span = f32::from(i16::try_from((self.last - self.first) * 60).unwrap_or(i16::MAX));
        let at = f32::from(i16::try_from(minutes - self.first * 60).unwrap_or_default());
        LEFT + (END - LEFT) * (at / span.max(1.0)).clamp(0.0, 1.0)
    }

    fn area(&self, from: i32, to: i32, y: f32, height: f32) -> Area {
        Area::new(self.x(from), y, self.x(to) - self.x(from), height)
    }

    fn all_hours(&self) -> impl Iterator<Item = i32> + use<> {
        self.first..=self.last
    }

    /// The numbers of the hours, above the bars.
    fn hours(&self, flow: &mut Flow) {
        let every = if self.last - self.first > 16 { 2 } else { 1 };
        let shown = self.all_hours().filter(|hour| (hour - self.first) % every == 0);
        let marks = shown.map(|hour| {
            HOUR.centred(&Run::regular(format!("{:02}", hour.rem_euclid(24))), self.x(hour * 60), flow.y)
        });
        let marks = marks.collect();
        flow.sheet.decoration(marks);
        flow.y += AXIS;
    }
}

fn bar(flow: &mut Flow, strip: &Strip, scale: &Scale) {
    let (top, middle) = (flow.y + (PITCH - BAR) / 2.0, flow.y + PITCH / 2.0);
    let mut ground = Vec::new();
    if let Some((from, to)) = strip.expected {
        ground.push(Mark::Fill(scale.area(from, to, flow.y + 0.8, PITCH - 1.6), EXPECTED));
    }
    let core = strip.core.iter().map(|(from, to)| scale.area(*from, *to, flow.y + 0.8, PITCH - 1.6));
    ground.extend(core.map(|area| Mark::Fill(area, CORE)));
    let lines = scale.all_hours().map(|hour| scale.x(hour * 60));
    ground.extend(lines.map(|x| Mark::Line([x, flow.y], [x, flow.y + PITCH], GRID, 0.3)));
    flow.sheet.decoration(ground);

    let mut marks = Vec::new();
    for segment in &strip.segments {
        let area = scale.area(segment.from, segment.to, top, BAR);
        marks.extend(shaded(segment.shade, area));
    }
    marks.extend(strip.unpaired.iter().flat_map(|at| alone(scale.x(*at), middle)));
    if marks.is_empty() {
        marks.push(Mark::Line([LEFT, middle], [END, middle], RULE, 0.5));
    }
    let label = LABEL.left(&[Run::regular(strip.label.as_str())], MARGIN + 4.0, flow.y + 2.5, 56.0);
    let value = match &strip.value {
        Some(worked) => LABEL.right(&Run::bold(worked.as_str()), RIGHT, flow.y + 2.5),
        None => UNKNOWN.right(&Run::regular(row::UNKNOWN), RIGHT, flow.y + 2.5),
    };
    flow.sheet.decoration(label);
    flow.sheet.decoration(vec![value]);
    let place = Rect::from_xywh(MARGIN, flow.y, RIGHT - MARGIN, PITCH);
    let place = place.map(|rect| BBox::new(flow.sheet.page(), rect));
    let tag = Tag::Figure(Some(strip.told.clone())).with_bbox(place);
    flow.sheet.part(tag, |sheet| sheet.content(marks));
    flow.y += PITCH;
}

/// One part of a bar. Each shade has a form of its own, not only a colour.
fn shaded(shade: Shade, area: Area) -> Vec<Mark> {
    let middle = area.y + area.height / 2.0;
    match shade {
        Shade::Presence => vec![Mark::Fill(area, NAVY)],
        Shade::Break => {
            let line = Mark::Line([area.x, middle], [area.x + area.width, middle], NAVY, 0.9);
            vec![Mark::Fill(area, WHITE), line]
        }
        Shade::Service => {
            vec![Mark::Fill(area, WHITE), Mark::Hatch(area, NAVY, 2.6), Mark::Outline(area, NAVY, 0.7)]
        }
        Shade::Deducted => {
            let inner = Area::new(area.x, area.y + 1.6, area.width, area.height - 3.2);
            vec![Mark::Fill(inner, WHITE), Mark::Hatch(inner, AMBER, 2.0), Mark::Outline(inner, AMBER, 0.7)]
        }
        Shade::NotCounted => vec![Mark::Fill(area, WHITE), Mark::Outline(area, NAVY, 0.7)],
    }
}

/// A punch without its other half: an upright stroke across the bar with a head.
fn alone(x: f32, middle: f32) -> Vec<Mark> {
    vec![
        Mark::Line([x, middle - 6.0], [x, middle + 6.0], AMBER, 1.4),
        Mark::Fill(Area::new(x - 2.2, middle - 2.2, 4.4, 4.4), AMBER),
    ]
}

/// The entries of the key on their lines: the sign, where its sample stands, and the line.
fn places(strips: &Strips) -> Vec<(Sign, f32, usize)> {
    let (mut x, mut line) = (MARGIN + 4.0, 0);
    let mut places = Vec::new();
    for sign in &strips.key {
        let wide = 19.0 + width(Weight::Regular, KEY.size, sign.italian());
        if x + wide > RIGHT && x > MARGIN + 4.0 {
            (x, line) = (MARGIN + 4.0, line + 1);
        }
        places.push((*sign, x, line));
        x += wide + 12.0;
    }
    places
}

fn key_height(strips: &Strips) -> f32 {
    places(strips).last().map_or(0.0, |(.., line)| (0..=*line).map(|_| KEY.leading).sum::<f32>() + 3.0)
}

fn key(flow: &mut Flow, strips: &Strips) {
    let height = key_height(strips);
    flow.room(height);
    let (mut samples, mut words) = (Vec::new(), Vec::new());
    for (sign, x, line) in places(strips) {
        let y = flow.y + 3.0 + (0..line).map(|_| KEY.leading).sum::<f32>();
        let area = Area::new(x, y + 1.5, 15.0, 7.0);
        let middle = area.y + area.height / 2.0;
        samples.extend(match sign {
            Sign::Shade(Shade::Break) => {
                let side = |x: f32| Mark::Fill(Area::new(x, area.y, 3.0, area.height), NAVY);
                vec![side(x), Mark::Line([x, middle], [x + 15.0, middle], NAVY, 0.9), side(x + 12.0)]
            }
            Sign::Shade(shade) => shaded(shade, area),
            Sign::Expected => vec![Mark::Fill(area, EXPECTED)],
            Sign::Core => vec![Mark::Fill(area, CORE)],
            Sign::Unpaired => {
                let stroke = Mark::Line([x + 7.0, area.y], [x + 7.0, area.y + area.height], AMBER, 1.4);
                vec![stroke, Mark::Fill(Area::new(x + 4.8, middle - 2.2, 4.4, 4.4), AMBER)]
            }
        });
        words.extend(KEY.left(&[Run::regular(format!("{} ", sign.italian()))], x + 19.0, y, RIGHT - x));
    }
    flow.sheet.decoration(samples);
    flow.sheet.part(Tag::P, |sheet| sheet.content(words));
    flow.y += height;
}

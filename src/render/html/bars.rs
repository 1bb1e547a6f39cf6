//! The days as bars of plain table cells.

use maud::{Markup, html};

use crate::render::row;
use crate::render::strip::{Shade, Sign, Strip, Strips};

use super::{RIGHT, SECTION, SMALL, TABLE};

const BAR: &str = "border-collapse:collapse;width:100%;table-layout:fixed";
const CELL_OF_BAR: &str =
    "height:12px;line-height:12px;font-size:9px;padding:0;text-align:center;overflow:hidden";
const BAR_LABEL: &str = "font-size:11px;padding:0 4px;white-space:nowrap";
const SAMPLE: &str = "display:inline-block;width:18px;height:11px;line-height:11px;font-size:9px;\
    text-align:center;border:1px solid #b8c4d0";

/// The days as rows of cells: a mail program shows the colours of cells, and little else. What is no
/// presence has a letter too.
pub(super) fn bars(strips: &Strips) -> Markup {
    let (first, last) = (strips.first_hour * 60, strips.last_hour * 60);
    let share = |(from, to): (i32, i32)| f64::from(to - from) * 100.0 / f64::from((last - first).max(1));
    html! {
        p style=(SECTION) { "Le giornate in figura" }
        table role="presentation" cellspacing="0" style=(TABLE) {
            tr {
                td style=(format!("{BAR_LABEL};width:11%")) {}
                td style="padding:0" { (row_of_cells(None, &hours(strips), &share)) }
                td style=(format!("{BAR_LABEL};width:7%")) {}
            }
            @for strip in &strips.days {
                tr {
                    td style=(BAR_LABEL) { (strip.label) }
                    td style="padding:2px 0" { (row_of_cells(Some(strip), &bar(strip, first, last), &share)) }
                    td style=(format!("{BAR_LABEL};{RIGHT};padding-left:6px")) {
                        @match &strip.value {
                            Some(worked) => strong { (worked) },
                            None => (row::UNKNOWN),
                        }
                    }
                }
            }
        }
        p style=(format!("{SMALL};margin-top:4px")) {
            @for (index, sign) in strips.key.iter().enumerate() {
                @if index > 0 { " " }
                span style="white-space:nowrap;margin-right:10px" {
                    span style=(format!("{SAMPLE};{}", ground(Some(*sign)))) { (letter(*sign)) }
                    " " (sign.italian())
                }
            }
        }
    }
}

/// A cell of a bar: its ground, what it says, and its stretch of minutes.
type BarCell = (String, String, (i32, i32));

fn hours(strips: &Strips) -> Vec<BarCell> {
    let hours = strips.first_hour..strips.last_hour;
    let cell = |hour: i32| {
        (
            String::from("color:#45586b;text-align:left;border-left:1px solid #b8c4d0"),
            format!("{:02}", hour.rem_euclid(24)),
            (hour * 60, hour * 60 + 60),
        )
    };
    hours.map(cell).collect()
}

fn bar(strip: &Strip, first: i32, last: i32) -> Vec<BarCell> {
    let cells = strip.cells(first, last).into_iter();
    let cell = |(sign, (from, to)): (Option<Sign>, (i32, i32))| {
        // what is too narrow for a letter has none
        let word = sign.filter(|_| to - from >= 15).map_or("\u{a0}", letter);
        (ground(sign), word.to_owned(), (from, to))
    };
    cells.map(cell).collect()
}

fn row_of_cells(strip: Option<&Strip>, cells: &[BarCell], share: &impl Fn((i32, i32)) -> f64) -> Markup {
    html! {
        table role=(if strip.is_some() { "img" } else { "presentation" }) aria-label=[strip.map(|strip| &strip.told)]
            cellspacing="0" cellpadding="0" style=(BAR) {
            tr {
                @for (ground, word, stretch) in cells {
                    td style=(format!("{CELL_OF_BAR};width:{:.2}%;{ground}", share(*stretch))) { (word) }
                }
            }
        }
    }
}

/// The colours of a cell; on a grey print they differ in lightness, and have their letter.
fn ground(sign: Option<Sign>) -> String {
    let (ground, ink) = match sign {
        None => return String::new(),
        Some(Sign::Shade(Shade::Presence)) => ("#17324d", "#ffffff"),
        Some(Sign::Shade(Shade::Break)) => ("#ffffff", "#17324d"),
        Some(Sign::Shade(Shade::Service)) => ("#5b7a99", "#ffffff"),
        Some(Sign::Shade(Shade::Deducted)) => ("#e8c98f", "#5c3c00"),
        Some(Sign::Shade(Shade::NotCounted)) => ("#d0d7de", "#17324d"),
        Some(Sign::Expected) => ("#edf1f5", "#45586b"),
        Some(Sign::Core) => ("#dbe3ea", "#45586b"),
        Some(Sign::Unpaired) => ("#a66300", "#ffffff"),
    };
    format!("background:{ground};color:{ink}")
}

/// The letter of a cell.
fn letter(sign: Sign) -> &'static str {
    match sign {
        Sign::Shade(Shade::Break) => "P",
        Sign::Shade(Shade::Service) => "S",
        Sign::Shade(Shade::Deducted) => "D",
        Sign::Shade(Shade::NotCounted) => "N",
        Sign::Shade(Shade::Presence) | Sign::Expected | Sign::Core | Sign::Unpaired => "\u{a0}",
    }
}

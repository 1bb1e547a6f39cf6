//! The page as HTML: the same content as the text. Styles inline and nothing remote, because mail
//! programs drop the rest; readable at 600 to 900 pixels and on A4.

mod bars;
mod faults;

use maud::{Markup, html};

use super::differences::Differences;
use super::page::{self, Fact, OpenDay, Page};
use super::row::{COLUMNS, Mark, Row};
use super::strip::Strips;
use super::web;

const BODY: &str = "margin:0;padding:0;background:#ffffff;color:#1a1a1a;\
    font-family:'Segoe UI',Arial,Helvetica,sans-serif;font-size:12px;line-height:1.35";
const SHEET: &str = "max-width:900px;margin:0 auto;padding:8px 16px 0";
const OFFICE: &str = "font-size:15px;font-weight:bold;color:#17324d;padding:0 0 8px;text-align:left";
const NUMBER: &str = "font-size:13px;color:#17324d;padding:0 0 8px;text-align:right;white-space:nowrap";
const TITLE: &str = "font-size:18px;line-height:1.25;letter-spacing:0.3px;color:#17324d;margin:12px 0 0";
const MONTH: &str = "font-size:15px;color:#17324d;margin:2px 0 0";
const BANNER: &str = "margin:10px 0 0;padding:6px 10px;border:1px solid #8a5a00;background:#fff7e6;\
    color:#5c3c00;font-weight:bold";
const SECTION: &str = "font-size:13px;color:#17324d;margin:12px 0 4px;text-align:left;font-weight:bold";
const TABLE: &str = "border-collapse:collapse;width:100%";
const BOX: &str = "padding:3px 0;border:1px solid #b8c4d0;background:#f5f8fa";
const BOX_LABEL: &str = "text-align:left;vertical-align:top;font-weight:normal;color:#45586b;\
    padding:1px 12px 1px 10px;white-space:nowrap;width:1%";
const BOX_VALUE: &str = "text-align:left;vertical-align:top;padding:1px 10px 1px 0;overflow-wrap:anywhere";
const LEFT: &str = "text-align:left";
const RIGHT: &str = "text-align:right";
const HEAD: &str = "vertical-align:bottom;font-size:11px;line-height:1.2;font-weight:bold;color:#17324d;\
    padding:2px 3px 4px";
const HEAD_TOP: &str = "vertical-align:bottom;font-size:11px;line-height:1.2;font-weight:bold;\
    color:#17324d;padding:6px 3px 2px;border-top:2px solid #17324d";
const HEAD_RULE: &str = "padding-bottom:6px;border-bottom:1px solid #17324d";
const CELL: &str = "vertical-align:top;font-size:12px;font-weight:normal;padding:3px 3px 0;\
    font-variant-numeric:tabular-nums";
const BELOW: &str = "padding-top:0;color:#3d4b59";
const ROW_RULE: &str = "padding-bottom:3px;border-bottom:1px solid #d5dde5";
const GROUP: &str = "text-align:left;font-size:11px;font-weight:bold;color:#45586b;padding:10px 4px 4px;\
    border-top:1px solid #17324d;border-bottom:1px solid #d5dde5";
const SUM_LABEL: &str = "text-align:left;font-weight:normal;padding:1px 8px 1px 4px;\
    border-bottom:1px solid #e3e9ef";
const SUM_VALUE: &str = "text-align:right;font-weight:bold;padding:1px 4px;white-space:nowrap;\
    border-bottom:1px solid #e3e9ef;font-variant-numeric:tabular-nums";
const OPEN_BOX: &str = "border-left:4px solid #a66300;background:#fff9ee;padding:8px 12px;margin:12px 0 0;\
    page-break-inside:avoid";
const SMALL: &str = "font-size:11px;color:#45586b;margin:2px 0";
const SMALL_LABEL: &str = "text-align:left;vertical-align:top;font-weight:normal;font-size:11px;\
    color:#45586b;padding:0 12px 0 0;white-space:nowrap;width:1%";
const SMALL_VALUE: &str = "text-align:left;vertical-align:top;font-size:11px;color:#1a1a1a;padding:0;\
    overflow-wrap:anywhere";
const HASH: &str = "font-family:Consolas,'Courier New',monospace;font-size:10px;overflow-wrap:anywhere";

/// The share of the table of each column of numbers, in percent, in the order of [`COLUMNS`].
const WIDTHS: [u8; 8] = [10, 8, 10, 9, 12, 8, 8, 12];

/// The whole document.
pub(super) fn body(page: &Page, strips: &Strips) -> String {
    let body = html! {
        body style=(BODY) {
            div style=(SHEET) {
                (head(page))
                (box_of(&page.facts))
                @if let Some(amendment) = &page.amendment { (differences(amendment)) }
                @match &page.nil {
                    Some(sentence) => p style=(BANNER) { (sentence) },
                    None => {
                        (table(page))
                        (bars::bars(strips))
                    }
                }
                (totals(page))
                @if !page.open_days.is_empty() { (open_days(page)) }
                @if !page.malfunctions.is_empty() { (faults::table(page)) }
                @if !page.legend.is_empty() { (legend(page)) }
                (foot(page))
            }
        }
    };
    let blocks =
        ["<head", "<body", "<div", "<h1", "<p ", "<table", "<thead", "<tbody", "<tr", "<th ", "<td", "<li"];
    web::document(&format!("{} - {}", page::TITLE, page.month), &html! {}, &body, &blocks)
}

fn head(page: &Page) -> Markup {
    html! {
        table role="presentation" style=(TABLE) {
            tr {
                td style=(format!("{OFFICE};border-bottom:2px solid #17324d")) { (page.from) }
                td style=(format!("{NUMBER};border-bottom:2px solid #17324d")) { (page.number) }
            }
        }
        h1 style=(TITLE) { (page::TITLE) }
        p style=(MONTH) { (page.month) }
        @if let Some(amendment) = &page.amendment { p style=(BANNER) { (amendment.banner) } }
        @if let Some(specimen) = page.specimen { p style=(BANNER) { (specimen) } }
        table role="presentation" style=(format!("{TABLE};margin-top:8px")) {
            tr {
                td style="padding:0;font-size:11px;color:#45586b;white-space:nowrap" { (page::PROTOCOL) }
                td style="padding:0 0 0 16px;text-align:right" { (page.to) }
            }
        }
        p style="margin:10px 0 0" { strong { "Oggetto: " } (page.subject) }
        p style="margin:8px 0 10px" { (page.opening) }
    }
}

fn box_of(facts: &[Fact]) -> Markup {
    html! {
        div style=(BOX) {
            table style=(TABLE) {
                @for (what, value) in facts {
                    tr {
                        th scope="row" style=(BOX_LABEL) { (what) }
                        td style=(BOX_VALUE) { (value) }
                    }
                }
            }
        }
    }
}

/// What was and what is, cell by cell.
fn differences(amendment: &Differences) -> Markup {
    let head = |title: &str, width: u8| {
        html! { th scope="col" style=(format!("{HEAD_TOP};{LEFT};{HEAD_RULE};width:{width}%")) { (title) } }
    };
    let cell = format!("{CELL};{LEFT};{ROW_RULE};overflow-wrap:anywhere");
    html! {
        table style=(TABLE) {
            caption style=(SECTION) { (amendment.heading) }
            thead { tr { (head("Data", 22)) (head("Voce", 20)) (head("Prima", 29)) (head("Ora", 29)) } }
            @for place in &amendment.places {
                tbody style="page-break-inside:avoid" {
                    @for (index, (name, before, after)) in place.cells.iter().enumerate() {
                        tr {
                            @if index == 0 {
                                th scope="rowgroup" rowspan=(place.cells.len()) style=(format!("{cell};font-weight:bold")) { (place.place) }
                            }
                            td style=(cell) { (name) }
                            td style=(cell) { (before) }
                            td style=(format!("{cell};font-weight:bold")) { (after) }
                        }
                    }
                }
            }
        }
    }
}

/// Two lines a day, so that twelve columns fit a narrow window and A4: the numbers, and under them
/// the punches and the remarks.
fn table(page: &Page) -> Markup {
    html! {
        table style=(TABLE) {
            caption style=(SECTION) { "Presenze rilevate" }
            thead {
                tr {
                    th scope="col" rowspan="2" style=(format!("{HEAD_TOP};{LEFT};{HEAD_RULE};width:12%")) { "Data" }
                    th scope="col" style=(format!("{HEAD_TOP};{LEFT};width:11%")) { "Giorno" }
                    @for ((title, _), width) in COLUMNS.iter().zip(WIDTHS) { th scope="col" style=(format!("{HEAD_TOP};{RIGHT};width:{width}%")) { (title) } }
                }
                tr {
                    th scope="col" colspan="4" style=(format!("{HEAD};{LEFT};{HEAD_RULE}")) { "Timbrature" }
                    th scope="col" colspan="5" style=(format!("{HEAD};{LEFT};{HEAD_RULE}")) { "Anomalie/Note" }
                }
            }
            @for row in &page.planned { (day(row)) }
            @if page.planned.is_empty() {
                tbody { tr { td colspan="10" style=(format!("{CELL};{LEFT};{ROW_RULE}")) { "Nessuna giornata concordata." } } }
            }
            @if !page.unplanned.is_empty() {
                tbody { tr { th scope="rowgroup" colspan="10" style=(GROUP) { (page::UNPLANNED) } } }
                @for row in &page.unplanned { (day(row)) }
            }
        }
    }
}

fn day(row: &Row) -> Markup {
    let tint = match row.mark {
        Some(Mark::Open) => ";background:#fff9ee",
        Some(Mark::Awaited) => ";background:#f2f4f7",
        None => "",
    };
    let (left, right) = (format!("{CELL};{LEFT}{tint}"), format!("{CELL};{RIGHT}{tint}"));
    html! {
        tbody style="page-break-inside:avoid" {
            tr {
                th scope="row" rowspan="2" style=(format!("{left};{ROW_RULE};font-weight:bold")) { (row.date) }
                td style=(left) { (row.weekday) }
                @for cell in &row.cells { td style=(right) { (cell) } }
            }
            tr {
                td colspan="4" style=(format!("{left};{ROW_RULE};{BELOW};padding-right:12px")) {
                    @for (index, punch) in row.punches.iter().enumerate() {
                        @if index > 0 { " " }
                        span style="white-space:nowrap;margin-right:4px" { (punch) }
                    }
                    @if row.punches.is_empty() { span style="color:#6b7a89" { "-" } }
                }
                td colspan="5" style=(format!("{left};{ROW_RULE};{BELOW}")) {
                    @if let Some(mark) = row.mark {
                        strong style="color:#7a4a00" { (mark.italian()) }
                        @if !row.notes.is_empty() { ": " }
                    }
                    (row.notes.join("; "))
                }
            }
        }
    }
}

fn totals(page: &Page) -> Markup {
    let sums = |facts: &[Fact]| {
        html! {
            table style=(TABLE) {
                @for (what, value) in facts {
                    tr {
                        th scope="row" style=(SUM_LABEL) { (what) }
                        td style=(SUM_VALUE) { (value) }
                    }
                }
            }
        }
    };
    html! {
        table role="presentation" style=(format!("{TABLE};margin-top:12px")) {
            tr {
                td style="width:48%;vertical-align:top;padding:0 4% 0 0" {
                    p style=(format!("{SECTION};margin-top:0")) { "Totali delle giornate" }
                    (sums(&page.day_totals))
                }
                td style="width:48%;vertical-align:top;padding:0" {
                    p style=(format!("{SECTION};margin-top:0")) { "Totali delle ore" }
                    (sums(&page.hour_totals))
                }
            }
        }
    }
}

fn open_days(page: &Page) -> Markup {
    let item = |open: &OpenDay| {
        html! {
            li style="margin:0 0 4px" {
                strong { (open.day) }
                @for (missing, request) in &open.items { br; (missing) ": " (request) }
            }
        }
    };
    html! {
        div style=(OPEN_BOX) {
            p style=(format!("{SECTION};margin-top:0")) { (page.open_heading) }
            ul style="margin:0;padding-left:18px" { @for open in &page.open_days { (item(open)) } }
            @if let Some(contact) = &page.answer_to { p style="margin:6px 0 0" { "Riscontro a: " (contact) } }
        }
    }
}

fn legend(page: &Page) -> Markup {
    html! {
        p style=(format!("{SMALL};margin-top:8px")) {
            strong { "Legenda: " }
            @for (index, (sign, meaning)) in page.legend.iter().enumerate() {
                @if index > 0 { "; " }
                strong { (sign) } " " (meaning)
            }
        }
    }
}

fn foot(page: &Page) -> Markup {
    html! {
        div style="border-top:1px solid #17324d;margin-top:8px;padding-top:4px" {
            @for notice in [page::LIMITS, page::PRIVACY] { p style=(SMALL) { (notice) } }
            @if !page.files.is_empty() { p style=(SMALL) { (page::AUTOMATIC) } }
            table style=(format!("{TABLE};margin-top:4px")) {
                @for (what, value) in &page.record {
                    tr {
                        th scope="row" style=(SMALL_LABEL) { (what) }
                        td style=(SMALL_VALUE) { (value) }
                    }
                }
                tr {
                    th scope="row" style=(SMALL_LABEL) { (page::DATA_FILE) }
                    td style=(SMALL_VALUE) { span style=(HASH) { (page.data_sha256) } }
                }
                @if !page.files.is_empty() {
                    tr {
                        th scope="row" style=(SMALL_LABEL) { "Allegati e loro SHA-256" }
                        td style=(SMALL_VALUE) {
                            @for file in &page.files {
                                div { (file.name) br; span style=(HASH) { (file.sha256) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

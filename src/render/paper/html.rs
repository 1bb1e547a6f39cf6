//! A paper as a page of HTML: styles inline, nothing remote; bars are tables with a filled cell, which
//! every mail program shows.

use maud::{Markup, html};

use crate::render::web;

use super::{Bar, Block, Paper, Shade};

const BODY: &str = "margin:0;padding:0;background:#ffffff;color:#1a1a1a;\
    font-family:'Segoe UI',Arial,Helvetica,sans-serif;font-size:13px;line-height:1.4";
const SHEET: &str = "max-width:760px;margin:0 auto;padding:12px 16px";
const OFFICE: &str =
    "font-size:15px;font-weight:bold;color:#17324d;margin:0;padding:0 0 8px;border-bottom:2px solid #17324d";
const TITLE: &str = "font-size:19px;line-height:1.25;color:#17324d;margin:12px 0 2px";
const SECTION: &str = "font-size:14px;color:#17324d;margin:16px 0 4px";
const UNDER: &str = "margin:0";
const PARAGRAPH: &str = "margin:6px 0";
const BANNER: &str = "margin:10px 0;padding:6px 10px;border:1px solid #8a5a00;background:#fff7e6;\
    color:#5c3c00;font-weight:bold";
const TABLE: &str = "border-collapse:collapse;width:100%;margin:6px 0";
const LABEL: &str =
    "text-align:left;vertical-align:top;font-weight:normal;color:#45586b;padding:1px 12px 1px 0;width:32%";
const VALUE: &str = "text-align:left;vertical-align:top;padding:1px 0;overflow-wrap:anywhere";
const HEAD: &str = "text-align:left;vertical-align:bottom;font-size:12px;color:#17324d;padding:3px 8px 3px 0;\
    border-bottom:1px solid #17324d";
const CELL: &str = "text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid #d5dde5;\
    font-variant-numeric:tabular-nums";
const WORDS: &str = "padding:1px 0 1px 8px;white-space:nowrap;font-variant-numeric:tabular-nums";
const LINE: &str = "border-bottom:1px solid #45586b;height:22px";
const SIGN: &str = "display:inline-block;width:45%;margin:36px 4% 0 0;border-top:1px solid #45586b;padding-top:3px;\
    vertical-align:top";

/// The whole document.
pub(super) fn body(paper: &Paper) -> String {
    let body = html! {
        body style=(BODY) {
            div style=(SHEET) {
                p style=(OFFICE) { (paper.office) }
                h1 style=(TITLE) { (paper.title) }
                @for line in &paper.under { p style=(UNDER) { (line) } }
                @if let Some(to) = &paper.to { p style=(PARAGRAPH) { strong { (to) } } }
                @for part in &paper.blocks { (block(part)) }
            }
        }
    };
    web::document(&paper.title, &html! {}, &body, &[])
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Heading(words) => html! { h2 style=(SECTION) { (words) } },
        Block::Paragraph(words) => html! {
            @for line in words.lines() { p style=(PARAGRAPH) { (line) } }
        },
        Block::Banner(words) => html! { p style=(BANNER) { (words) } },
        Block::Facts(facts) => html! {
            table style=(TABLE) {
                @for (label, value) in facts {
                    tr { th scope="row" style=(LABEL) { (label) } td style=(VALUE) { (value) } }
                }
            }
        },
        Block::List(items) => html! { ul { @for item in items { li { (item) } } } },
        Block::Table { summary, heads, rows } => html! {
            table style=(TABLE) aria-label=(summary) {
                thead { tr { @for head in heads { th scope="col" style=(HEAD) { (head) } } } }
                tbody {
                    @for row in rows { tr { @for cell in row { td style=(CELL) { (cell) } } } }
                }
            }
        },
        Block::Bars { summary, bars, key } => self::bars(summary, bars, key),
        Block::Blank { label, lines } => html! {
            p style=(PARAGRAPH) { (label) ":" }
            @for _ in 0..*lines { div style=(LINE) {} }
        },
        Block::Signatures(people) => html! {
            div { @for person in people { div style=(SIGN) { (person) } } }
        },
    }
}

fn bars(summary: &str, bars: &[Bar], key: &[(Shade, String)]) -> Markup {
    let most = bars.iter().map(Bar::total).max().unwrap_or_default().max(1);
    html! {
        table style=(TABLE) aria-label=(summary) {
            @for bar in bars {
                tr {
                    th scope="row" style=(LABEL) { (bar.label) }
                    td style="width:45%" {
                        @for (value, shade) in &bar.parts {
                            @let width = u64::from(*value) * 100 / most;
                            @if width > 0 { span style=(format!("{};width:{width}%", fill(*shade))) {} }
                        }
                    }
                    td style=(WORDS) { (bar.words) }
                }
            }
        }
        p style=(PARAGRAPH) {
            @for (shade, words) in key {
                span style=(format!("{};width:14px", fill(*shade))) {} " " (words) " \u{a0} "
            }
        }
    }
}

fn fill(shade: Shade) -> &'static str {
    match shade {
        Shade::Full => {
            "display:inline-block;box-sizing:border-box;height:11px;background:#17324d;border:1px solid #17324d"
        }
        Shade::Hatched => {
            "display:inline-block;box-sizing:border-box;height:11px;background:#c4cdd6;border:1px solid #17324d"
        }
        Shade::Empty => {
            "display:inline-block;box-sizing:border-box;height:11px;background:#ffffff;border:1px solid #17324d"
        }
    }
}

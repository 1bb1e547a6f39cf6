//! The malfunctions of the month as a table.

use maud::{Markup, html};

use crate::render::faults::HEADS;
use crate::render::page::{self, Page};

use super::{CELL, HEAD_RULE, HEAD_TOP, LEFT, ROW_RULE, SECTION, TABLE};

/// The share of each column, in percent.
const WIDTHS: [u8; 4] = [10, 28, 32, 30];

pub(super) fn table(page: &Page) -> Markup {
    let cell = format!("{CELL};{LEFT};{ROW_RULE};overflow-wrap:anywhere");
    html! {
        table style=(TABLE) {
            caption style=(SECTION) { (page::MALFUNCTIONS) }
            thead {
                tr {
                    @for (head, width) in HEADS.iter().zip(WIDTHS) {
                        th scope="col" style=(format!("{HEAD_TOP};{LEFT};{HEAD_RULE};width:{width}%")) { (head) }
                    }
                }
            }
            @for fault in &page.malfunctions {
                tbody style="page-break-inside:avoid" {
                    tr {
                        @for (column, words) in fault.cells().into_iter().enumerate() {
                            @if column == 0 {
                                th scope="row" style=(format!("{cell};font-weight:bold")) { (words) }
                            } @else {
                                td style=(cell) { (words) }
                            }
                        }
                    }
                }
            }
        }
    }
}

//! The page as PDF: one A4 sheet for the usual month, more when a month needs them. PDF/A-2a and
//! PDF/UA-1 with the statement's structure; the same statement gives the same bytes.

mod amended;
mod bars;
mod days;
mod face;
mod faults;
mod flow;
mod foot;
mod head;
mod paper;
mod paper_table;
mod ruled;
mod sheet;
mod totals;
mod write;

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use krilla::metadata::{self, Metadata};

use crate::domain::statement::Statement;

use super::page::{self, Page};
use super::paper::{Paper, Stamp};
use super::strip::Strips;

pub use face::undrawable;

use flow::{Density, Flow, Running};
use sheet::{NAVY, PALE, Sheet};

/// Why there is no PDF. Neither can happen with the faces and the layout that the program is built
/// with; a test would have seen it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// The embedded faces cannot be read.
    #[error("the typefaces in this program are damaged: install it anew")]
    Faces,
    /// The library found a fault against PDF/A or PDF/UA.
    #[error("the PDF could not be written as PDF/A: {0}")]
    Refused(String),
}

/// The PDF of a statement that was worded as `page`.
pub(super) fn document(
    statement: &Statement<'_>,
    page: &Page,
    strips: &Strips,
    software: &str,
) -> Result<Vec<u8>, PdfError> {
    if !face::ready() {
        return Err(PdfError::Faces);
    }
    let sheet = sheet(page, strips);
    debug_assert_eq!(sheet.outside(), None, "something lies outside the page");
    write::document(&sheet, metadata(statement, page, software))
}

/// Lays the pages out; a little closer where that saves a second page.
fn sheet(page: &Page, strips: &Strips) -> Sheet {
    let usual = laid_out(page, strips, Density::Usual);
    if usual.pages == 1 {
        return usual;
    }
    let close = laid_out(page, strips, Density::Close);
    if close.pages == 1 { close } else { usual }
}

fn laid_out(page: &Page, strips: &Strips, density: Density) -> Sheet {
    let mut flow = Flow::new(running(page), density);
    head::head(&mut flow, page);
    if let Some(amendment) = &page.amendment {
        amended::differences(&mut flow, amendment);
    }
    if let Some(sentence) = &page.nil {
        flow.banner(sentence, (NAVY, PALE));
    } else {
        days::table(&mut flow, page);
        bars::bars(&mut flow, strips);
    }
    totals::totals(&mut flow, page);
    totals::open_days(&mut flow, page);
    faults::table(&mut flow, page);
    totals::legend(&mut flow, page);
    foot::foot(&mut flow, page);
    flow.finish()
}

/// The PDF of a paper.
pub(super) fn paper(paper: &Paper, stamp: &Stamp<'_>) -> Result<Vec<u8>, PdfError> {
    if !face::ready() {
        return Err(PdfError::Faces);
    }
    let usual = paper::laid_out(paper, Density::Usual);
    let close = (usual.pages > 1).then(|| paper::laid_out(paper, Density::Close));
    let sheet = close.filter(|close| close.pages < usual.pages).unwrap_or(usual);
    debug_assert_eq!(sheet.outside(), None, "something lies outside the page");
    let metadata = Metadata::new()
        .title(paper.title.clone())
        .authors(vec![paper.office.clone()])
        .creator(stamp.software.to_owned())
        .language("it-IT".to_owned())
        .document_id(stamp.id.to_owned())
        .creation_date(date_time(stamp.at));
    write::document(&sheet, metadata)
}

fn running(page: &Page) -> Running {
    let employee = page.facts.first().map_or("", |(_, name)| name);
    Running {
        head: format!("{} - {} - {}", page.from, page.month, employee),
        number: page.number.clone(),
        notice: page::PRIVACY,
        foot: format!("Prospetto {} - {}", page.number, page.month),
    }
}

fn metadata(statement: &Statement<'_>, page: &Page, software: &str) -> Metadata {
    let revision = statement.identity.revision;
    Metadata::new()
        .title(format!("{} - {} - {}", page::TITLE, page.month, page.number))
        .authors(vec![page.from.clone()])
        .creator(software.to_owned())
        .language("it-IT".to_owned())
        .document_id(format!("{}/{}/r{revision}", statement.agreement.id, statement.month))
        .creation_date(date_time(statement.identity.generated_at))
}

fn date_time(at: DateTime<FixedOffset>) -> metadata::DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let offset = at.offset().local_minus_utc() / 60;
    metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(i8::try_from(offset / 60).unwrap_or_default())
        .utc_offset_minute(u8::try_from(offset.rem_euclid(60)).unwrap_or_default())
}

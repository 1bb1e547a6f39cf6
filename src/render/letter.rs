//! The statement as a message: its subject, its two bodies, its files.

use sha2::{Digest, Sha256};

use crate::domain::agreement::StatementFile;
use crate::domain::statement::Statement;

use super::page::{File, Page};
use super::pdf::PdfError;
use super::strip::Strips;
use super::{Attachment, Letter, csv, html, json, naming, pdf, text};

/// The version of the rules by which days are computed, printed on every document. It changes when
/// the same punches and the same profile may give other numbers.
pub(super) const RULES_VERSION: &str = "1";

/// A form in which a statement can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text, as the body of the message.
    Text,
    /// A page of HTML without anything remote.
    Html,
    /// The page as PDF.
    Pdf,
    /// The table: one line a day.
    Csv,
    /// The data file, whose SHA-256 stands on the other forms.
    Json,
}

/// Why a statement has no form to be sent or looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RenderError(#[from] PdfError);

/// A statement as it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLetter {
    /// The letter, with the files that the home office wants.
    pub letter: Letter,
    /// The data file, attached or not: what is stored, and what an amendment is compared with.
    pub data: Vec<u8>,
}

/// Puts a statement into a letter. `software` is the name and version of the program, as
/// `timbra 0.1.0`.
pub fn statement_letter(statement: &Statement<'_>, software: &str) -> Result<StatementLetter, RenderError> {
    let form = &statement.agreement.statement.form;
    let data = json::data(statement, software);
    let mut page = Page::of(statement, software, &sha256(&data));
    let strips = Strips::of(statement);
    let mut attachments = Vec::new();
    for file in &form.files {
        let (media_type, bytes) = match file {
            StatementFile::Pdf => ("application/pdf", pdf::document(statement, &page, &strips, software)?),
            StatementFile::Csv => (csv::media_type(&form.table), csv::table(statement)),
            StatementFile::Json => ("application/json", data.clone()),
        };
        attachments.push(Attachment { name: naming::file_name(statement, *file), media_type, bytes });
    }
    let file = |sent: &Attachment| File { name: sent.name.clone(), sha256: sha256(&sent.bytes) };
    page.files = attachments.iter().map(file).collect();
    let (subject, text, html) = (naming::subject(statement), text::body(&page), html::body(&page, &strips));
    Ok(StatementLetter { letter: Letter { subject, text, html, attachments }, data })
}

/// One form of the statement, to be looked at. Without attachments beside it, the page lists none.
pub fn preview(statement: &Statement<'_>, software: &str, format: Format) -> Result<Vec<u8>, RenderError> {
    let page = || Page::of(statement, software, &sha256(json::data(statement, software)));
    Ok(match format {
        Format::Text => text::body(&page()).into_bytes(),
        Format::Html => html::body(&page(), &Strips::of(statement)).into_bytes(),
        Format::Pdf => pdf::document(statement, &page(), &Strips::of(statement), software)?,
        Format::Csv => csv::table(statement),
        Format::Json => json::data(statement, software),
    })
}

/// In hexadecimal.
fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    Sha256::digest(bytes.as_ref()).iter().flat_map(|byte| digits(*byte)).flatten().collect()
}

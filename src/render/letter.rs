//! The statement as a message: its subject, its two bodies, its files.

use sha2::{Digest, Sha256};

use crate::domain::agreement::{Office, OfficeKind};
use crate::domain::statement::Statement;

use super::ascii::{ascii, slug};
use super::page::{File, Page};
use super::pdf::PdfError;
use super::{Attachment, DATA_FILE, Letter, csv, html, italian, json, pdf, text};

/// The version of the rules by which days are computed, printed on every document. It changes when
/// the same punches and the same profile may give other numbers.
pub(super) const RULES_VERSION: &str = "1";

/// The longest subject, in characters.
pub(super) const SUBJECT_LENGTH: usize = 120;

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

/// The letter that carries a statement, with its page, its table and its data file. `software` is
/// the name and version of the program, as `timbra 0.1.0`.
pub fn statement_letter(statement: &Statement<'_>, software: &str) -> Result<Letter, RenderError> {
    let json = json::data(statement, software);
    let mut page = Page::of(statement, software, &sha256(&json));
    let pdf = pdf::document(statement, &page, software)?;
    let csv = csv::table(statement).into_bytes();
    let files =
        [("pdf", "application/pdf", pdf), ("csv", "text/csv; charset=utf-8", csv), ("json", DATA_FILE, json)];
    let attachments = files.map(|(extension, media_type, bytes)| Attachment {
        name: file_name(statement, extension),
        media_type,
        bytes,
    });
    let file = |sent: &Attachment| File { name: sent.name.clone(), sha256: sha256(&sent.bytes) };
    page.files = attachments.iter().map(file).collect();
    Ok(Letter {
        subject: subject(statement),
        text: text::body(&page),
        html: html::body(&page),
        attachments: attachments.into(),
    })
}

/// One form of the statement, to be looked at. Without attachments beside it, the page lists none.
pub fn preview(statement: &Statement<'_>, software: &str, format: Format) -> Result<Vec<u8>, RenderError> {
    let page = || Page::of(statement, software, &sha256(json::data(statement, software)));
    Ok(match format {
        Format::Text => text::body(&page()).into_bytes(),
        Format::Html => html::body(&page()).into_bytes(),
        Format::Pdf => pdf::document(statement, &page(), software)?,
        Format::Csv => csv::table(statement).into_bytes(),
        Format::Json => json::data(statement, software),
    })
}

/// ASCII, at most 120 characters, no personal names: the host's name gives way when it is long.
fn subject(statement: &Statement<'_>) -> String {
    let month = statement.month;
    let start = format!("Prospetto mensile presenze coworking {:02}/{} - ", month.number(), month.year());
    let mut end = match statement.identity.number {
        Some(number) => format!(" - n. {}/{}", number.number, number.year),
        None => " - ANTEPRIMA".to_owned(),
    };
    if let Some(amendment) = &statement.amendment {
        end = format!("{end} - RETTIFICA n. {}", amendment.ordinal);
    }
    let room = SUBJECT_LENGTH.saturating_sub(start.len() + end.len());
    let office = &statement.host.office;
    let mut host = ascii(&office.name);
    if host.len() > room {
        host = ascii(&short_name(office));
    }
    let host: String = host.chars().take(room).collect();
    format!("{start}{}{end}", host.trim_end())
}

/// `prospetto-presenze_2026-10_prefettura-torino_prefettura-bari_r1.csv`
fn file_name(statement: &Statement<'_>, extension: &str) -> String {
    let office = |office: &Office| {
        let words = match office.kind {
            OfficeKind::Altro => slug(&office.name),
            kind => slug(&format!("{} {}", italian::kind(kind), office.city)),
        };
        words.chars().take(60).collect::<String>()
    };
    let (host, home) = (office(&statement.host.office), office(&statement.agreement.home));
    let (month, revision) = (statement.month, statement.identity.revision);
    format!("prospetto-presenze_{month}_{host}_{home}_r{revision}.{extension}")
}

/// `Prefettura di Torino`; an office of another kind has only its name.
pub(super) fn short_name(office: &Office) -> String {
    match office.kind {
        OfficeKind::Altro => office.name.clone(),
        kind => format!("{} di {}", italian::kind(kind), office.city),
    }
}

/// In hexadecimal.
fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16));
    Sha256::digest(bytes.as_ref()).iter().flat_map(|byte| digits(*byte)).flatten().collect()
}

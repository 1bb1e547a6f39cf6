//! FLOOR 1. Facts to bytes: statements become letters in Italian. Pure: the same statement gives
//! the same bytes; the time of generation is an input.

mod agreement_sheet;
mod alarms;
mod ascii;
mod badge_form;
pub mod board;
mod comparison;
mod copy;
mod csv;
mod differences;
mod digest;
mod evidence;
mod faults;
mod final_report;
mod handover;
mod html;
mod italian;
mod json;
mod json_text;
mod letter;
mod lines;
mod malfunction_notice;
pub mod metrics;
mod naming;
mod object;
mod page;
pub mod paper;
mod pdf;
mod reminder;
mod requests;
mod row;
mod sent;
mod strip;
mod subject_text;
mod text;
mod web;

pub use agreement_sheet::agreement_sheet;
pub use alarms::alarms_text;
pub use badge_form::badge_form;
pub use comparison::{Unreadable, differences};
pub use copy::copy_letter;
pub use digest::{DigestPart, digest_letter};
pub use evidence::{Guide, by_hand_text, evidence_text};
pub use final_report::{Revision, final_report, final_report_letter};
pub use handover::{HandOver, handover_text};
pub use json::append_data;
pub use letter::{Format, RenderError, StatementLetter, preview, statement_letter};
pub use malfunction_notice::MalfunctionLetter;
pub use pdf::undrawable;
pub use reminder::{Matter, Reminder, reminder_letter};
pub use subject_text::subject_text;

/// A message before it has an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// ASCII, at most 120 characters, no personal names.
    pub subject: String,
    /// The plain-text body; it stands alone.
    pub text: String,
    /// The same content as HTML.
    pub html: String,
    /// Files that go along.
    pub attachments: Vec<Attachment>,
}

/// A file that goes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without personal names.
    pub name: String,
    /// Its media type, as `text/csv; charset=utf-8`.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

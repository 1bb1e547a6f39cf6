//! A plain document on the office's paper: forms, summaries, reports. What it says is given in blocks;
//! its text, its HTML and its PDF say the same.

mod html;
mod text;

use chrono::{DateTime, FixedOffset};

use super::letter::RenderError;
use super::pdf;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The office that writes, in full.
    pub office: String,
    /// What it is, as "Relazione finale".
    pub title: String,
    /// What it is about: lines under the title.
    pub under: Vec<String>,
    /// To whom it goes, as "Alla Prefettura di ..".
    pub to: Option<String>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// What stands at the foot of every page, beside its number.
    pub running: String,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// The heading of what follows.
    Heading(String),
    /// A paragraph; each line of the text is one.
    Paragraph(String),
    /// A sentence that must not be overlooked.
    Banner(String),
    /// Labels with their values.
    Facts(Vec<(String, String)>),
    /// Items.
    List(Vec<String>),
    /// A table. Each row has as many cells as there are heads.
    Table {
        /// What it shows, for people who do not see it.
        summary: String,
        /// The heads of the columns.
        heads: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// Figures as bars to one scale, from 0.
    Bars {
        /// What they show.
        summary: String,
        /// The bars, from the top.
        bars: Vec<Bar>,
        /// What each shade means.
        key: Vec<(Shade, String)>,
    },
    /// Room to write into by hand: lines under a label.
    Blank {
        /// What is to be written.
        label: String,
        /// How many lines.
        lines: u8,
    },
    /// Places to sign, each with the name of who signs.
    Signatures(Vec<String>),
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its parts from the left.
    pub parts: Vec<(u32, Shade)>,
    /// Its figures in words, at its end.
    pub words: String,
}

/// How a part of a bar is filled; each is told from the others on a grey print too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// Filled.
    Full,
    /// Hatched.
    Hatched,
    /// An outline.
    Empty,
}

/// What a PDF says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'a> {
    /// What makes it one document.
    pub id: &'a str,
    /// When it was made.
    pub at: DateTime<FixedOffset>,
    /// The name and version of the program.
    pub software: &'a str,
}

impl Paper {
    /// As plain text, lines of 78 columns.
    pub fn text(&self) -> String {
        text::body(self)
    }

    /// As a page of HTML without anything remote.
    pub fn html(&self) -> String {
        html::body(self)
    }

    /// As PDF/A-2a and PDF/UA-1; the same paper and stamp give the same bytes.
    pub fn pdf(&self, stamp: &Stamp<'_>) -> Result<Vec<u8>, RenderError> {
        Ok(pdf::paper(self, stamp)?)
    }
}

impl Bar {
    /// The sum of its parts.
    pub(super) fn total(&self) -> u64 {
        self.parts.iter().map(|(value, _)| u64::from(*value)).sum()
    }
}

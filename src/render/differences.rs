//! What an amendment changes, as every form of the page shows it.

use crate::domain::amendment::{Amendment, Difference, Place, Replaced};

use super::italian;

/// What stands for a cell that is not there.
const ABSENT: &str = "non presente";

/// The part of the page that only an amendment has.
#[derive(Debug)]
pub(super) struct Differences {
    /// `RETTIFICA n. 1 del prospetto n. 12/2026 del 05/11/2026, ...`
    pub(super) banner: String,
    /// The heading above what is different.
    pub(super) heading: String,
    /// What is different, by place.
    pub(super) places: Vec<PlaceDifferences>,
}

/// What is different in one place.
#[derive(Debug)]
pub(super) struct PlaceDifferences {
    /// `mercoledì 14/10/2026`
    pub(super) place: String,
    /// The name of each cell, what it was, and what it is.
    pub(super) cells: Vec<(&'static str, String, String)>,
}

impl Differences {
    /// Words an amendment.
    pub(super) fn of(amendment: &Amendment) -> Self {
        let replaced = replaced(&amendment.replaces);
        let mut places: Vec<PlaceDifferences> = Vec::new();
        for (index, difference) in amendment.differences.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| amendment.differences.get(before));
            if before.is_none_or(|before| before.place != difference.place) {
                places.push(PlaceDifferences { place: place(difference.place), cells: Vec::new() });
            }
            if let Some(last) = places.last_mut() {
                last.cells.push(cell(difference));
            }
        }
        Self {
            banner: format!(
                "RETTIFICA n. {} del prospetto {replaced}, che è sostituito per intero",
                amendment.ordinal
            ),
            heading: format!("Differenze rispetto al prospetto {replaced}"),
            places,
        }
    }
}

/// `n. 12/2026 del 05/11/2026`
fn replaced(replaced: &Replaced) -> String {
    let number = replaced.number;
    format!("n. {}/{} del {}", number.number, number.year, italian::date(replaced.issued))
}

fn place(place: Place) -> String {
    match place {
        Place::Heading => "Intero mese".to_owned(),
        Place::Day(date) => format!("{} {}", italian::weekday(date), italian::date(date)),
        Place::Totals => "Totali".to_owned(),
    }
}

fn cell(difference: &Difference) -> (&'static str, String, String) {
    let words = |shown: &Option<String>| shown.clone().unwrap_or_else(|| ABSENT.to_owned());
    (difference.column.italian(), words(&difference.before), words(&difference.after))
}

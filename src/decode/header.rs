//! A row of column names, and where the fields stand after it.

use super::format::{Format, Roles};
use super::layout::Delimited;

/// The columns that a header gives to the fields.
#[derive(Debug)]
pub(super) struct Header {
    cells: usize,
    named: usize,
    /// By the cells of the header as they stand.
    by_cell: Vec<Option<i16>>,
    /// The same when empty cells (double separators) are not counted.
    by_name: Vec<Option<i16>>,
}

impl Header {
    /// Reads a row as a header: it is one when it names the badge and the time.
    pub(super) fn read<'a>(format: &Format, cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        let names: Vec<String> = cells.map(normalised).collect();
        let filled: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
        let all: Vec<&String> = names.iter().collect();
        let by_cell = places(format, &all);
        let found = |role: Option<usize>| role.and_then(|i| by_cell.get(i).copied().flatten()).is_some();
        let Roles { badge, datetime, date, time, .. } = format.roles;
        if !found(Some(badge)) || !(found(datetime) || (found(date) && found(time))) {
            return None;
        }
        Some(Self { cells: names.len(), named: filled.len(), by_name: places(format, &filled), by_cell })
    }

    /// The columns for a row of so many fields.
    pub(super) fn columns<'a>(
        &'a self,
        format: &'a Format,
        rule: &Delimited,
        count: usize,
    ) -> &'a [Option<i16>] {
        if !rule.rows_match_header || count == self.cells {
            &self.by_cell
        } else if count == self.named {
            &self.by_name
        } else {
            &format.columns
        }
    }
}

fn places(format: &Format, cells: &[&String]) -> Vec<Option<i16>> {
    let place = |names: &[String]| {
        let at = cells.iter().position(|cell| names.contains(cell))?;
        i16::try_from(at + 1).ok()
    };
    format.fields.iter().map(|field| place(&field.names)).collect()
}

/// A name without case, accents, spaces and punctuation: `Nº Badge ` is `nbadge`.
pub(super) fn normalised(name: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'á' | 'â' => 'a',
        'è' | 'é' | 'ê' => 'e',
        'ì' | 'í' => 'i',
        'ò' | 'ó' => 'o',
        'ù' | 'ú' => 'u',
        other => other,
    };
    let kept = |c: &char| c.is_alphanumeric() && !matches!(c, 'º' | 'ª');
    name.chars().flat_map(char::to_lowercase).map(plain).filter(kept).collect()
}

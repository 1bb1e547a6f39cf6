//! A paper as plain text.

use crate::render::lines::{Lines, WIDTH};

use super::{Bar, Block, Paper, Shade};

/// The columns of the longest bar.
const BAR: u64 = 30;

/// Labels wider than this do not push the others away.
const LABEL: usize = 40;

/// The whole document.
pub(super) fn body(paper: &Paper) -> String {
    let mut lines = Lines::default();
    lines.wrap("", "", &paper.office);
    lines.blank();
    lines.wrap("", "", &paper.title.to_uppercase());
    for line in &paper.under {
        lines.wrap("", "", line);
    }
    if let Some(to) = &paper.to {
        lines.blank();
        lines.wrap("", "", to);
    }
    for part in &paper.blocks {
        lines.blank();
        block(&mut lines, part);
    }
    lines.into_text()
}

fn block(lines: &mut Lines, block: &Block) {
    match block {
        Block::Heading(words) => lines.heading(words),
        Block::Paragraph(words) => {
            for paragraph in words.lines() {
                lines.wrap("", "", paragraph);
            }
        }
        Block::Banner(words) => lines.wrap("** ", "   ", &format!("{words} **")),
        Block::Facts(facts) => {
            let width = label_width(facts.iter().map(|(label, _)| label));
            for (label, value) in facts {
                let first = format!("{:<width$}", format!("{label}: "));
                lines.wrap(&first, &" ".repeat(width), value);
            }
        }
        Block::List(items) => items.iter().for_each(|item| lines.wrap("- ", "  ", item)),
        Block::Table { heads, rows, .. } => table(lines, heads, rows),
        Block::Bars { bars, key, .. } => {
            let width = label_width(bars.iter().map(|bar| &bar.label));
            let most = bars.iter().map(Bar::total).max().unwrap_or_default().max(1);
            for bar in bars {
                lines.push(&format!(
                    "{:<width$}{}  {}",
                    format!("{} ", bar.label),
                    drawn(bar, most),
                    bar.words
                ));
            }
            let key: Vec<String> =
                key.iter().map(|(shade, words)| format!("{} {words}", sign(*shade))).collect();
            if !key.is_empty() {
                lines.wrap("", "", &key.join("   "));
            }
        }
        Block::Blank { label, lines: number } => {
            lines.push(&format!("{label}:"));
            for _ in 0..*number {
                lines.blank();
                lines.push(&"_".repeat(WIDTH));
            }
        }
        Block::Signatures(people) => {
            for person in people {
                lines.blank();
                lines.push(&"_".repeat(40));
                lines.wrap("", "", person);
            }
        }
    }
}

fn label_width<'a>(labels: impl Iterator<Item = &'a String>) -> usize {
    labels.map(|label| label.chars().count() + 2).max().unwrap_or_default().min(LABEL)
}

fn sign(shade: Shade) -> char {
    match shade {
        Shade::Full => '#',
        Shade::Hatched => '/',
        Shade::Empty => '.',
    }
}

fn drawn(bar: &Bar, most: u64) -> String {
    let mut drawn = String::new();
    for (value, shade) in &bar.parts {
        let columns = (u64::from(*value) * BAR).div_ceil(most);
        drawn.extend((0..columns).map(|_| sign(*shade)));
    }
    drawn
}

/// Columns side by side where they fit; otherwise each row is a list of its cells under their heads.
fn table(lines: &mut Lines, heads: &[String], rows: &[Vec<String>]) {
    let longest = |column: usize, head: &String| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.chain([head]).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = heads.iter().enumerate().map(|(column, head)| longest(column, head)).collect();
    let whole = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    if whole <= WIDTH {
        for row in [heads].into_iter().chain(rows.iter().map(Vec::as_slice)) {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            lines.push(&cells.collect::<Vec<_>>().join("  "));
        }
        return;
    }
    for row in rows {
        let mut cells = heads.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        if let Some((head, cell)) = cells.next() {
            lines.wrap("- ", "  ", &format!("{head}: {cell}"));
        }
        for (head, cell) in cells {
            lines.wrap("  ", "    ", &format!("{head}: {cell}"));
        }
    }
}

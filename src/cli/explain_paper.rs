//! An explained day as a document in Italian, to be handed to the employee.

use crate::render::paper::{Block, Paper};

use super::explain::Explanation;
use super::explain_text::Teller;
use super::language::Language;

/// The document.
pub(super) fn paper(explanation: &Explanation<'_>) -> Paper {
    let teller = Teller::new(explanation, Language::It);
    let heading = teller.heading();
    let (day, about) = heading.split_once('\n').unwrap_or((&heading, ""));
    let mut blocks = vec![Block::Paragraph(about.trim_end().to_owned())];
    let mut part = |heading: &str, items: Vec<String>| {
        if !items.is_empty() {
            blocks.extend([Block::Heading(heading.to_owned()), Block::List(items)]);
        }
    };
    let lines = explanation.lines.iter();
    part("Timbrature", lines.map(|line| on_one_line(&teller.punch(line), "; ")).collect());
    match &explanation.day {
        Some(day) => {
            part(
                "Passo per passo",
                day.day.trail.iter().map(|step| on_one_line(&teller.step(step), " ")).collect(),
            );
            part("Da sapere", teller.to_know(day));
        }
        None => blocks.push(Block::Paragraph(teller.nothing().trim().to_owned())),
    }
    let agreement = explanation.agreement;
    Paper {
        office: explanation.config.host.office.name.clone(),
        title: "Calcolo di una giornata in coworking".to_owned(),
        under: vec![day.to_owned()],
        to: None,
        blocks,
        running: format!("Calcolo di una giornata - intesa {}", agreement.reference),
    }
}

/// The lines of a text as one; what stands in a file or came over a port is called so.
fn on_one_line(text: &str, between: &str) -> String {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.lines().map(words).filter(|line| !line.is_empty());
    let lines = lines.map(|line| match line.strip_prefix("| ") {
        Some(raw) => format!("contenuto: {raw}"),
        None => line,
    });
    lines.collect::<Vec<_>>().join(between)
}

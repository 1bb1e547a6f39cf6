//! The file in which the contact completes the final report (art. 5 c. 1): its texts, by the keys of
//! `relazione.toml`. The figures are never in it.

use crate::domain::agreement::{Agreement, Contact};
use crate::domain::final_report::{FinalReport, PLACEHOLDER, ReportText};

use super::node::{Node, Value};
use super::problem::{Problem, SourceText};
use super::section::{Reading, Section};

/// The file to be completed.
pub fn template(report: &FinalReport<'_>) -> String {
    let Contact { name, role, .. } = report.contact();
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let id = &report.agreement.id;
    format!(
        "# La relazione finale della sede ospitante (art. 5 c. 1 dell'intesa). Qui si scrivono i testi; i dati li\n\
         # calcola timbra. Una riga vuota separa i capoversi. Mai motivi di assenza, mai dati sulla salute.\n\
         #\n\
         #     timbra report {id} --text relazione.toml --out .    # il PDF completo, da rileggere\n\
         #     timbra report {id} --text relazione.toml --send     # parte\n\
         \n\
         agreement = \"{id}\"\n\
         \n\
         # Come si è svolta l'attività: organizzazione, postazione, rapporti tra i due uffici.\n\
         andamento = \"\"\"\n{PLACEHOLDER}\n\"\"\"\n\
         \n\
         # Le criticità riscontrate; se non ve ne sono, scriverlo.\n\
         criticita = \"\"\"\n{PLACEHOLDER}\n\"\"\"\n\
         \n\
         # Proposte, se ve ne sono.\n\
         proposte = \"\"\"\n\"\"\"\n\
         \n\
         # Chi firma, con titolo e qualifica.\n\
         firmatario = {}\n\
         qualifica = {}\n",
        quoted(name),
        quoted(role.as_deref().unwrap_or_default()),
    )
}

/// Reads a completed file. Problems have their places; with one there is no text.
pub fn read(source: &SourceText, agreement: &Agreement) -> Result<ReportText, Vec<Problem>> {
    let (node, syntax) = Node::from_toml(source);
    let reading = Reading::new(source, syntax);
    let root = Section::root(&reading, &node);
    let own = agreement.id.as_str();
    let named = root.required("agreement", &format!("\"{own}\""), root.text("agreement"));
    if let Some(other) = named.filter(|other| other != own) {
        let hint = format!("name the right file, or the right agreement: timbra report {other}");
        root.complain(&root.span_of("agreement"), &format!("this is the report of `{other}`"), &hint);
    }
    let text = |key: &'static str| {
        let read = root.read(key, "a text in quotes", |value| match value {
            Value::Text(text) => Some(text.trim().to_owned()),
            _ => None,
        });
        root.required(key, "\"\"\"...\"\"\"", read).unwrap_or_default()
    };
    let written = ReportText {
        course: text("andamento"),
        problems: text("criticita"),
        proposals: text("proposte"),
        signatory: text("firmatario"),
        role: text("qualifica"),
    };
    root.finish();
    let problems = reading.into_problems();
    if problems.is_empty() { Ok(written) } else { Err(problems) }
}

//! The commands in the documents: lines of indented blocks, cells of tables, words in the text.

use std::path::Path;

/// The documents whose commands are run.
const DOCUMENTS: [&str; 2] = ["README.md", "config/GUIDA.md"];

/// The commands of blocks and tables, each with its document, once.
pub(super) fn commands() -> Vec<(&'static str, String)> {
    collect(|text| {
        let in_blocks = text.lines().filter_map(|line| command(line.strip_prefix("    ")?));
        let in_cells = text
            .lines()
            .filter(|line| line.starts_with('|'))
            .flat_map(quoted)
            .filter(|quoted| is_ours(quoted));
        in_blocks.chain(in_cells).map(str::to_owned).collect()
    })
}

/// The commands in the text itself, with more than the name of a command to it or not.
pub(super) fn in_prose() -> Vec<(&'static str, String)> {
    collect(|text| {
        let prose = |line: &&str| !line.starts_with("    ") && !line.starts_with('|');
        // a command may be broken at the end of a line
        let paragraphs: Vec<String> = text
            .split("\n\n")
            .map(|part| part.lines().filter(prose).map(str::trim).collect::<Vec<_>>().join(" "))
            .collect();
        paragraphs
            .iter()
            .flat_map(|part| quoted(part))
            .filter(|quoted| is_ours(quoted))
            .map(str::to_owned)
            .collect()
    })
}

fn collect(find: impl Fn(&str) -> Vec<String>) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for document in DOCUMENTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        for command in find(&std::fs::read_to_string(path).unwrap()) {
            if found.iter().all(|(_, known)| *known != command) {
                found.push((document, command));
            }
        }
    }
    found
}

/// The command of a line in a block, without its remark; none when the line is configuration or an answer.
fn command(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.split_once(" #").map_or(line, |(command, _)| command).trim_end();
    let mut words = line.split(' ');
    let program = words.next()?;
    let is_name = program.starts_with(|c: char| c.is_ascii_lowercase())
        && program.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (is_name && words.next().is_some_and(|word| word != "=")).then_some(line)
}

fn is_ours(quoted: &str) -> bool {
    quoted.starts_with("timbra ")
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

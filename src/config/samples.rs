//! What is shipped under `config/`, held against what the program brings and knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::node::Node;
use super::problem::SourceText;
use super::section::{Reading, Section};
use super::{format, load, presets, profile};

/// A key that is near none.
const NO_KEY: &str = "xxxxxxxxxxxxxxxxxxxxxxxx";

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(folder);
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn names(folder: &str) -> BTreeSet<String> {
    files(folder).iter().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The keys of every table into which [`NO_KEY`] was written.
fn known_keys(text: &str, read: impl Fn(Section<'_>)) -> BTreeSet<String> {
    let source = SourceText::new(Path::new("sample.toml"), text.to_owned());
    let (node, problems) = Node::from_toml(&source);
    let reading = Reading::new(&source, problems);
    read(Section::root(&reading, &node));
    let problems: Vec<String> = reading.into_problems().iter().map(ToString::to_string).collect();
    let lists = problems.iter().filter_map(|problem| problem.split_once("the keys here are: "));
    let lists: Vec<&str> = lists.map(|(_, list)| list).collect();
    assert!(lists.len() >= text.matches(NO_KEY).count(), "{problems:#?}");
    lists.iter().flat_map(|list| list.trim().split(", ")).map(str::to_owned).collect()
}

/// True when a text shows a key: as a key, also in a comment, or as a table.
fn shows(text: &str, key: &str) -> bool {
    let lines = text.lines().map(|line| line.trim_start_matches(['#', ' ']));
    let tables = [format!("[{key}]"), format!("[[{key}]]")];
    lines.into_iter().any(|line| {
        let is_key =
            |from: &str| from.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
        is_key(line)
            || line.contains(&format!("{{ {key} = "))
            || line.contains(&format!(", {key} = "))
            || line.contains(&format!("or {key} = "))
            || tables.iter().any(|table| line.starts_with(table))
    })
}

fn all_are_shown(folder: &str, keys: &BTreeSet<String>) {
    let texts: Vec<String> = files(folder).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let hidden = keys.iter().filter(|key| !texts.iter().any(|text| shows(text, key)));
    assert_eq!(hidden.collect::<Vec<_>>(), Vec::<&String>::new(), "no sample of config/{folder} shows these");
}

#[test]
fn what_is_shipped_is_what_the_program_brings() {
    assert_eq!(presets::names().map(str::to_owned).collect::<BTreeSet<_>>(), names("formats"));
    let profiles = load::SHIPPED_PROFILES.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(profiles.collect::<BTreeSet<_>>(), names("profiles"));
}

#[test]
fn every_key_of_a_format_stands_in_some_sample() {
    let tables = "[fields]\nbadge = 1\n[directions]\nNO = 1\n[[skip]]\nfield = \"line\"\nNO = 1\n";
    for layout in ["delimited\"\nseparator = \";", "positional", "regex\"\npattern = \"x"] {
        let text = format!("layout = \"{layout}\"\nNO = 1\n{tables}").replace("NO", NO_KEY);
        let keys = known_keys(&text, |section| drop(format::read(section)));
        assert!(keys.contains("no_reason") && keys.contains("starts_with"), "{keys:?}");
        all_are_shown("formats", &keys);
    }
}

#[test]
fn every_key_of_a_profile_stands_in_some_sample() {
    let text = "NO = 1\nnominal = { NO = 1 }\n[due_minutes]\nNO = 1\n[break_rule]\nNO = 1\n[voucher]\nNO = 1\n\
                [holiday]\nNO = 1\n[[week]]\nNO = 1\n";
    let keys = known_keys(&text.replace("NO", NO_KEY), |section| {
        profile::read(&section);
        section.finish();
    });
    assert!(keys.contains("tolerance_in") && keys.contains("credit_mode"), "{keys:?}");
    all_are_shown("profiles", &keys);
}

//! What the program is made of besides its own code: counted, and each with its reason.

use std::fs;
use std::path::Path;

/// Direct dependencies of the program, and crates in `Cargo.lock` with those for tests and benches. A change
/// of these numbers is a decision.
const DIRECT: usize = 38;
const LOCKED: usize = 300;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The names of a table, and whether each has its line above it.
fn table(manifest: &str, name: &str) -> Vec<(String, bool)> {
    let section = manifest.split(&format!("\n[{name}]\n")).nth(1).unwrap().split("\n[").next().unwrap();
    let mut lines = vec![""];
    lines.extend(section.lines());
    let named = lines.windows(2).filter_map(|pair| Some((pair[0], pair[1].split_once(" = ")?.0)));
    named.map(|(above, name)| (name.to_owned(), above.starts_with("# "))).collect()
}

#[test]
fn the_dependencies_are_counted_and_each_says_why() {
    let manifest = text("Cargo.toml");
    let direct = table(&manifest, "dependencies");
    let others = table(&manifest, "dev-dependencies");
    let silent: Vec<_> = direct.iter().chain(&others).filter(|(_, says)| !says).collect();
    assert!(silent.is_empty(), "no reason above {silent:?}");
    let locked = text("Cargo.lock").matches("\n[[package]]\n").count() - 1;
    assert_eq!((direct.len(), locked), (DIRECT, LOCKED));
    let counted = format!("{DIRECT} direct dependencies, {LOCKED} crates");
    assert!(text("src/lib.rs").contains(&counted), "src/lib.rs: {counted}");
}

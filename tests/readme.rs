//! What the README shows is what the program does.

use std::path::Path;
use std::process::Command;

#[test]
fn the_readme_shows_real_complaints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_timbra"))
        .args(["--config", "fixtures/config/readme", "check"])
        .current_dir(root)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for problem in told.split("\n\n").take(2) {
        let indented: Vec<String> = problem.lines().map(|line| format!("    {line}")).collect();
        assert!(readme.contains(&indented.join("\n")), "the README does not show:\n{problem}");
    }
}

#[test]
fn every_command_of_the_readme_exists() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.trim().strip_prefix("timbra "))
        .filter_map(|rest| rest.split_whitespace().find(|word| !word.starts_with('-')))
        .filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        .collect();
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        let status =
            Command::new(env!("CARGO_BIN_EXE_timbra")).args([command, "--help"]).output().unwrap().status;
        assert!(status.success(), "timbra {command}");
    }
}

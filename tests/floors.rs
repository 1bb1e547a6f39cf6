//! The import table as a test: who may import whom, and what the pure floor must never contain.

use std::fs;
use std::path::{Path, PathBuf};

/// A room of `src/`, the rooms it may import from, the outside crates it may name, and words that
/// must not occur in it.
struct Room {
    name: &'static str,
    rooms: &'static [&'static str],
    crates: &'static [&'static str],
    forbidden: &'static [&'static str],
}

/// What would make the pure floor impure.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Utc::now",
    "Local::now",
    "SystemTime",
];

const ROOMS: &[Room] = &[
    // one call before each durable step, nothing in a release build
    Room { name: "durable", rooms: &[], crates: &[], forbidden: &["std::fs", "std::net"] },
    Room { name: "hex", rooms: &[], crates: &[], forbidden: IMPURE },
    Room {
        name: "domain",
        rooms: &[],
        crates: &["chrono", "chrono_tz", "smallvec", "thiserror"],
        forbidden: IMPURE,
    },
    Room {
        name: "decode",
        rooms: &["domain", "hex"],
        crates: &["chrono", "csv", "memchr", "osdp", "regex", "regex_syntax", "thiserror", "yore"],
        forbidden: IMPURE,
    },
    Room {
        name: "render",
        rooms: &["domain"],
        crates: &["chrono", "csv", "krilla", "maud", "serde_json", "sha2", "skrifa", "thiserror", "yore"],
        forbidden: IMPURE,
    },
    Room {
        name: "store",
        rooms: &["domain", "durable", "hex"],
        crates: &["chrono", "foldhash", "rusqlite", "rustix", "sha2", "smallvec", "thiserror"],
        forbidden: &["tokio::", "serde"],
    },
    Room {
        name: "source",
        rooms: &["domain", "durable"],
        crates: &[
            "chrono",
            "notify",
            "rustix",
            "serial2",
            "thiserror",
            "tokio",
            "tokio_serial",
            "tokio_util",
            "tracing",
        ],
        forbidden: &["rusqlite"],
    },
    Room {
        name: "mail",
        rooms: &["domain", "durable", "hex", "render"],
        crates: &[
            "async_imap",
            "chrono",
            "cms",
            "lettre",
            "mail_parser",
            "memchr",
            "ring",
            "roxmltree",
            "rustix",
            "sha2",
            "thiserror",
            "tokio",
            "tokio_util",
            "tracing",
        ],
        forbidden: &["rusqlite"],
    },
    Room {
        name: "backup",
        rooms: &["durable", "hex"],
        crates: &["rustix", "sha2", "thiserror"],
        forbidden: &["rusqlite", "tokio::"],
    },
    Room {
        name: "config",
        rooms: &["domain", "decode", "source", "mail"],
        crates: &["chrono", "chrono_tz", "regex", "serde_json", "sha2", "thiserror", "toml"],
        forbidden: &["tokio::", "rusqlite"],
    },
    Room {
        name: "daemon",
        rooms: &[
            "backup", "config", "decode", "domain", "durable", "hex", "mail", "render", "source", "store",
        ],
        crates: &[
            "chrono",
            "chrono_tz",
            "fastrand",
            "ring",
            "sd_notify",
            "serde_json",
            "sha2",
            "thiserror",
            "tokio",
            "tokio_util",
            "tracing",
            "tracing_subscriber",
        ],
        forbidden: &["rusqlite", "lettre::"],
    },
    Room {
        name: "cli",
        rooms: &[
            "backup", "config", "daemon", "decode", "domain", "hex", "mail", "render", "source", "store",
        ],
        crates: &[
            "chrono",
            "chrono_tz",
            "clap",
            "clap_complete",
            "clap_mangen",
            "serde",
            "serde_json",
            "sha2",
        ],
        forbidden: &["rusqlite", "lettre::", "tokio::net"],
    },
];

/// Names of the language, not of a crate.
const LANGUAGE: &[&str] = &["std", "super", "self", "crate"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file: without comments, and without tests, which may do more: at its end, or in a
/// file of their own.
fn code(path: &Path) -> String {
    let within = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
    if within.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first names of the paths in a file: `a` of every `use a::` and of every `a::b` in the code.
fn names_before_paths(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (position, _) in code.match_indices("::") {
        let (before, _) = code.split_at(position);
        let name_length = before.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').count();
        let characters: Vec<char> = before.chars().collect();
        let (lead, name) = characters.split_at(characters.len() - name_length);
        if !lead.ends_with(&[':', ':']) && !name.is_empty() {
            names.push(name.iter().collect());
        }
    }
    names
}

fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let keys =
        section.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.replace('-', "_"));
    keys.collect()
}

#[test]
fn each_room_imports_only_what_the_table_allows() {
    let dependencies = dependencies();
    let mut broken = Vec::new();
    for room in ROOMS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room.name);
        let mut found = Vec::new();
        files(&folder, &mut found);
        for path in found {
            let code = code(&path);
            let place = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
            for part in code.split("crate::").skip(1) {
                let named: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let known = ROOMS.iter().any(|r| r.name == named);
                if known && named != room.name && !room.rooms.contains(&named.as_str()) {
                    broken.push(format!("{place}: imports the room {named}"));
                }
            }
            for name in names_before_paths(&code) {
                let outside = dependencies.contains(&name) && !LANGUAGE.contains(&name.as_str());
                if outside && !room.crates.contains(&name.as_str()) {
                    broken.push(format!("{place}: uses the crate {name}"));
                }
            }
            broken.extend(
                room.forbidden
                    .iter()
                    .filter(|word| code.contains(*word))
                    .map(|word| format!("{place}: contains {word}")),
            );
        }
    }
    broken.sort();
    broken.dedup();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_one_file_asks_what_time_it_is() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    let asks = |path: &PathBuf| {
        let code = code(path);
        ["Utc::now(", "Local::now(", "SystemTime::now("].iter().any(|word| code.contains(word))
    };
    let asking: Vec<String> = found
        .iter()
        .filter(|path| asks(path))
        .map(|path| path.strip_prefix(&source).unwrap().display().to_string())
        .collect();
    assert!(asking.iter().all(|path| path == "daemon/clock.rs"), "{asking:?}");
}

#[test]
fn no_file_is_longer_than_it_should_be() {
    let mut found = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        if folder.is_dir() {
            files(&folder, &mut found);
        }
    }
    let long: Vec<String> = found
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 400)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

//! The files of the configuration folder as they go into a backup: all of them but secrets, which are named
//! so that somebody enters them again.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{self, Config};

use super::secret;

/// Nothing longer is a file of the configuration.
const LONGEST: u64 = 4 << 20;

/// No folder of the configuration lies deeper.
const DEEPEST: usize = 4;

/// Words in the names of files that hold secrets.
const SECRET_NAMES: [&str; 7] = ["passw", "passphrase", "secret", "segret", "token", "credential", ".key"];

/// Files of the configuration, and what was left out of them.
#[derive(Debug, Default)]
pub struct ConfigurationFiles {
    /// Path inside of the folder, with `/`, and content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was left out: path inside of the folder, and why.
    pub left_out: Vec<(String, String)>,
}

/// Reads the files of a configuration.
pub fn read(folder: &Path, config: &Config) -> io::Result<ConfigurationFiles> {
    let mut found = ConfigurationFiles::default();
    let secrets: HashSet<PathBuf> = named_in_text(folder)
        .into_iter()
        .chain(secret::needed(config).into_iter().filter_map(|(_, place)| place.ok()))
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    collect(folder, "", 0, &secrets, &mut found)?;
    found.files.sort_unstable();
    found.left_out.sort_unstable();
    Ok(found)
}

fn collect(
    folder: &Path,
    inside: &str,
    depth: usize,
    secrets: &HashSet<PathBuf>,
    found: &mut ConfigurationFiles,
) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = entry.path();
        let shown = format!("{inside}{}", super::folders::shown(&path));
        let mut leave = |why: &str| found.left_out.push((shown.clone(), why.to_owned()));
        let Some(name) = name.to_str() else {
            leave("its name is not UTF-8");
            continue;
        };
        // a link to a file counts as the file; where it leads out of the folder it is one all the same
        let facts = match fs::metadata(&path) {
            Ok(facts) => facts,
            Err(error) => {
                leave(&format!("it cannot be read: {error}"));
                continue;
            }
        };
        if facts.is_dir() {
            if entry.file_type()?.is_symlink() || depth >= DEEPEST {
                leave("a link to a folder, or a folder too deep");
            } else {
                collect(folder, &format!("{inside}{name}/"), depth + 1, secrets, found)?;
            }
        } else if !facts.is_file() {
            leave("it is no regular file");
        } else if facts.len() > LONGEST {
            leave("it is longer than 4 MiB");
        } else if secrets.contains(&fs::canonicalize(&path)?) || is_secret(name) {
            leave("a secret: enter it again");
        } else {
            match fs::read(&path) {
                Ok(bytes) => take(shown, bytes, found),
                Err(error) => leave(&format!("it cannot be read: {error}")),
            }
        }
    }
    Ok(())
}

/// Takes a file; what names a secret itself loses its value.
fn take(name: String, bytes: Vec<u8>, found: &mut ConfigurationFiles) {
    if bytes.windows(11).any(|part| part == b"PRIVATE KEY") {
        found.left_out.push((name, "a secret: enter it again".to_owned()));
        return;
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if is_toml(&name) => {
            let clean = config::clean(&text);
            if clean != text {
                let why = "the value of a key that names a secret; the rest of the file is there";
                found.left_out.push((name.clone(), why.to_owned()));
            }
            clean.into_bytes()
        }
        Ok(text) => text.into_bytes(),
        Err(error) => error.into_bytes(),
    };
    found.files.push((name, bytes));
}

fn is_toml(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "toml")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|word| name.contains(word)) && !is_toml(&name)
}

/// The files that `timbra.toml` names for secrets, also in parts of it that have errors.
fn named_in_text(folder: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(folder.join("timbra.toml")).unwrap_or_default();
    let mut named = Vec::new();
    for key in ["password_file", "key_file"] {
        for rest in text.split(key).skip(1) {
            let Some(rest) = rest.trim_start_matches(['"', '\'', ' ', '\t']).strip_prefix('=') else {
                continue;
            };
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|c| "\"'".contains(*c));
            if let Some(path) = quote.and_then(|quote| rest.split(quote).nth(1)) {
                named.push(folder.join(path));
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_secrets_are_found_in_broken_tables_too() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[mail.smtp]\npassword_file = \"a\"\nx = { \"key_file\" = 'b/c', password_file=\"/d\" }\n# password_file\n";
        fs::write(folder.path().join("timbra.toml"), text).unwrap();
        let mut named = named_in_text(folder.path());
        named.sort_unstable();
        let mut expected = ["a", "b/c", "/d"].map(|path| folder.path().join(path));
        expected.sort_unstable();
        assert_eq!(named, expected);
    }

    #[test]
    fn what_looks_like_a_secret_is_one() {
        for (name, secret) in [
            ("imap-password", true),
            ("Segreto.txt", true),
            ("tls.key", true),
            ("timbra.toml", false),
            ("agid-ca.pem", false),
            ("passwords.toml", false), // its values are cleaned
        ] {
            assert_eq!(is_secret(name), secret, "{name}");
        }
        let mut found = ConfigurationFiles::default();
        take("a.pem".to_owned(), b"-----BEGIN PRIVATE KEY-----".to_vec(), &mut found);
        take("b.toml".to_owned(), b"password = \"x\"\na = 1\n".to_vec(), &mut found);
        assert_eq!(found.files, [("b.toml".to_owned(), b"password = ***\na = 1\n".to_vec())]);
        assert_eq!(found.left_out.len(), 2);
    }
}

//! The files of the configuration folder as they go into a backup: all of them but secrets, which are named
//! so that somebody enters them again.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{self, Config, MalfunctionPolicy};
use crate::mail::Transport;

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
    pub left_out: Vec<(String, LeftOut)>,
}

/// Why something is not in a backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It holds a secret.
    Secret,
    /// Only the value of a key that names a secret itself.
    Value,
    /// Its name is not UTF-8.
    Name,
    /// It is no regular file.
    NoFile,
    /// It is longer than any configuration.
    TooLong,
    /// A link to a folder, or a folder too deep.
    Folder,
    /// Neither of timbra nor named in the configuration.
    Unknown,
    /// It is hidden: of an editor or a tool.
    Hidden,
    /// Notices to be printed, in a folder of the administrator's own.
    Notices,
    /// It cannot be read: what the system says.
    Unreadable(String),
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret => "a secret: enter it again",
            Self::Value => "the value of a key that names a secret; the rest of the file is there",
            Self::Name => "its name is not UTF-8",
            Self::NoFile => "it is no regular file",
            Self::TooLong => "it is longer than 4 MiB",
            Self::Folder => "a link to a folder, or a folder too deep",
            Self::Unknown => {
                "no file of the configuration, nor named in it: copy it too if somebody needs it"
            }
            Self::Hidden => "it is hidden: of an editor or a tool",
            Self::Notices => "notices to be printed, in a folder of your own: copy it too",
            Self::Unreadable(error) => return write!(f, "it cannot be read: {error}"),
        })
    }
}

impl LeftOut {
    /// For the page of the next administrator.
    pub fn italian(&self) -> String {
        match self {
            Self::Secret => "è un segreto: inserirlo di nuovo".to_owned(),
            Self::Value => "senza il valore di una chiave segreta; il resto del file c'è".to_owned(),
            Self::Name => "il nome non è in UTF-8".to_owned(),
            Self::NoFile => "non è un file".to_owned(),
            Self::TooLong => "supera i 4 MiB".to_owned(),
            Self::Folder => "è un collegamento a una cartella, o una cartella troppo profonda".to_owned(),
            Self::Unknown => "non è nominato nella configurazione: copiarlo se serve".to_owned(),
            Self::Hidden => "è nascosto: di un editor o di uno strumento".to_owned(),
            Self::Notices => "avvisi da stampare, in una cartella scelta a parte: copiarla".to_owned(),
            Self::Unreadable(error) => format!("non leggibile: {error}"),
        }
    }
}

/// Reads the files of a configuration, and names a folder of notices that a backup does not take.
pub fn read(folder: &Path, config: &Config) -> io::Result<ConfigurationFiles> {
    let mut found = ConfigurationFiles::default();
    let secrets: HashSet<PathBuf> = named_in_text(folder)
        .into_iter()
        .chain(secret::needed(config).into_iter().filter_map(|(_, place)| place.ok()))
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect();
    let others = others(config);
    collect(folder, "", 0, (&secrets, &others, config), &mut found)?;
    found.files.sort_unstable();
    found.left_out.sort_unstable();
    let notices = config::plain(&config.malfunction.folder);
    if notices != config::plain(&config.store_folder.join(MalfunctionPolicy::FOLDER)) && notices.exists() {
        found.left_out.push((notices.display().to_string(), LeftOut::Notices));
    }
    Ok(found)
}

fn collect(
    folder: &Path,
    inside: &str,
    depth: usize,
    (secrets, others, config): (&HashSet<PathBuf>, &HashSet<PathBuf>, &Config),
    found: &mut ConfigurationFiles,
) -> io::Result<()> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = entry.path();
        let shown = format!("{inside}{}", super::folders::shown(&path));
        let mut leave = |why| found.left_out.push((shown.clone(), why));
        let Some(name) = name.to_str() else {
            leave(LeftOut::Name);
            continue;
        };
        if name.starts_with('.') {
            leave(LeftOut::Hidden);
            continue;
        }
        // a link to a file counts as the file; where it leads out of the folder it is one all the same
        let facts = match fs::metadata(&path) {
            Ok(facts) => facts,
            Err(error) => {
                leave(LeftOut::Unreadable(error.to_string()));
                continue;
            }
        };
        if facts.is_dir() {
            if others.contains(&fs::canonicalize(&path)?) {
                continue;
            }
            if entry.file_type()?.is_symlink() || depth >= DEEPEST {
                leave(LeftOut::Folder);
            } else {
                collect(folder, &format!("{inside}{name}/"), depth + 1, (secrets, others, config), found)?;
            }
        } else if others.contains(&fs::canonicalize(&path)?) {
            // written anew at every turn
        } else if !facts.is_file() {
            leave(LeftOut::NoFile);
        } else if facts.len() > LONGEST {
            leave(LeftOut::TooLong);
        } else if secrets.contains(&fs::canonicalize(&path)?) || is_secret(name) {
            leave(LeftOut::Secret);
        } else if !is_known(name, config) {
            leave(LeftOut::Unknown);
        } else {
            match fs::read(&path) {
                Ok(bytes) => take(shown, bytes, found),
                Err(error) => leave(LeftOut::Unreadable(error.to_string())),
            }
        }
    }
    Ok(())
}

/// Takes a file; what names a secret itself loses its value.
fn take(name: String, bytes: Vec<u8>, found: &mut ConfigurationFiles) {
    if bytes.windows(11).any(|part| part == b"PRIVATE KEY") {
        found.left_out.push((name, LeftOut::Secret));
        return;
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => {
            let clean = config::clean(&text);
            if clean != text {
                found.left_out.push((name.clone(), LeftOut::Value));
            }
            clean.into_bytes()
        }
        Err(error) => error.into_bytes(),
    };
    found.files.push((name, bytes));
}

/// Folders and files that are no configuration, wherever they lie: those of the store, of readers and of mail,
/// and what is written for others to read.
fn others(config: &Config) -> HashSet<PathBuf> {
    let mail = match &config.mail.settings().transport {
        Transport::Directory(folder) => Some(folder),
        Transport::Smtp(_) => None,
    };
    let readers = config.folders.iter().map(|reader| &reader.folder.path);
    let written = [&config.page.folder, &config.metrics.file, &config.alert.folder, &config.receipts.folder];
    let written =
        written.into_iter().chain([&config.release.folder, &config.release.return_folder]).flatten();
    let folders =
        readers.chain(mail).chain([&config.store_folder, &config.malfunction.folder]).chain(written);
    folders.filter_map(|folder| fs::canonicalize(folder).ok()).collect()
}

/// A file of the configuration, a note or a certificate beside it, or one that it names.
fn is_known(name: &str, config: &Config) -> bool {
    let end = Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default();
    ["toml", "md", "txt", "pem", "crt", "cer", "der"].contains(&end)
        || config.snapshot.iter().any(|(_, text)| text.contains(name))
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
        let left_out: Vec<&LeftOut> = found.left_out.iter().map(|(_, why)| why).collect();
        assert_eq!(left_out, [&LeftOut::Secret, &LeftOut::Value]);
    }
}

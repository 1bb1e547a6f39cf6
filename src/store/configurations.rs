//! The configurations that were in force.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::fingerprints::{self, Kind};
use super::{Store, StoreError, commit};

impl Store {
    /// The text of a file of the configuration, `agreements/roma-01.toml`, as it was last in force; none where
    /// it never was, or is forgotten.
    pub fn last_text_of(&self, file: &str) -> Result<Option<String>, StoreError> {
        let head = format!("# {file}\n");
        let sql = "SELECT text FROM configuration WHERE instr(text, ?1) > 0 ORDER BY id DESC";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query([&head])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            let (mut own, mut inside, mut below_blank) = (String::new(), false, true);
            for line in text.split_inclusive('\n') {
                // not so a comment that names a file, be it another one, as the first line or among others
                if below_blank && is_head(line) {
                    inside = line == head;
                } else if inside {
                    own += line;
                }
                below_blank = line == "\n";
            }
            if !own.is_empty() {
                return Ok(Some(own));
            }
        }
        Ok(None)
    }

    /// Keeps the configuration in force, when it is another than the last one kept.
    pub fn keep_configuration(
        &mut self,
        hash: &[u8; 32],
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.write()?;
        let last: Option<Vec<u8>> = transaction
            .query_row("SELECT hash FROM configuration ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
            .optional()?;
        if last.as_deref() != Some(hash.as_slice()) {
            transaction.execute(
                "INSERT INTO configuration (hash, since, text) VALUES (?1, ?2, ?3)",
                (hash.as_slice(), now.timestamp(), text),
            )?;
            fingerprints::note(&transaction, Kind::Configuration, transaction.last_insert_rowid(), true)?;
        }
        commit(transaction)
    }
}

/// True for the line above a file's text in a configuration that is kept.
fn is_head(line: &str) -> bool {
    let folders = ["agreements/", "profiles/", "formats/", "shipped/"];
    let name = line.strip_prefix("# ").and_then(|line| line.strip_suffix(".toml\n"));
    name.is_some_and(|name| name == "timbra" || folders.iter().any(|folder| name.starts_with(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_text_of_a_file_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let now = DateTime::default();
        for (hash, text) in [
            (
                [1; 32],
                "# timbra.toml\na = 1\n\n# agreements/x.toml\nb = 1\n# c\n\n# agreements/y.toml\nd = 1\n\n",
            ),
            ([2; 32], "# timbra.toml\na = 1\n\n# agreements/x.toml\nb = 2\n\n# shipped/profiles/p.toml\n"),
            (
                [3; 32],
                "# timbra.toml\na = 1\n# agreements/v.toml\n\n# agreements/w.toml\n# agreements/x.toml\ne = 1\n\n",
            ),
        ] {
            store.keep_configuration(&hash, text, now).unwrap();
        }
        for (file, text) in [
            ("agreements/x.toml", Some("b = 2\n\n")),
            ("agreements/y.toml", Some("d = 1\n\n")),
            ("timbra.toml", Some("a = 1\n# agreements/v.toml\n\n")),
            ("agreements/w.toml", Some("# agreements/x.toml\ne = 1\n\n")),
            ("agreements/v.toml", None),
            ("agreements/z.toml", None),
        ] {
            assert_eq!(store.last_text_of(file).unwrap().as_deref(), text, "{file}");
        }
    }
}

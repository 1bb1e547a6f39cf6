//! `[receipts]`: the sample shows the defaults, and what is wrong is said with its place.

use std::fs;

use crate::office::Office;

/// The mailbox that the sample shows, with its options or without.
fn sample(options: bool) -> String {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/timbra.toml")).unwrap();
    let (_, block) = text.split_once("# [receipts.imap]").unwrap();
    let lines = block.lines().skip(1).map_while(|line| line.strip_prefix("# "));
    let needed = |line: &&str| options && !line.contains("_file") || !line.starts_with("  ");
    format!("[receipts.imap]\n{}\n", lines.filter(needed).collect::<Vec<_>>().join("\n"))
}

fn read(receipts: &str) -> (Option<timbra::config::ReceiptsPart>, String) {
    let mut office = Office::new();
    office.more += receipts;
    office.write();
    let loaded = timbra::config::load(&office.path("etc"));
    let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    let told = told
        .join("\n")
        .lines()
        .filter(|line| line.contains("error:") || line.starts_with("  ="))
        .fold(String::new(), |text, line| {
            let bare = line.split_once("error: ").map_or(line, |(_, bare)| bare);
            text + bare + "\n"
        });
    (loaded.config.map(|config| config.receipts), told)
}

#[test]
fn two_lines_are_a_mailbox_and_the_defaults_shown_are_the_defaults() {
    let ((plain, wrong), (full, also_wrong)) = (read(&sample(false)), read(&sample(true)));
    assert_eq!((wrong.as_str(), also_wrong.as_str()), ("", ""));
    assert_eq!(format!("{plain:?}"), format!("{full:?}"));
    let imap = plain.unwrap().imap.unwrap();
    assert_eq!((imap.settings.port, imap.settings.folder.as_str()), (993, "INBOX"));
}

#[test]
fn folders_are_written_with_a_slash_and_sent_as_the_server_wants() {
    let (part, _) =
        read(&(sample(false) + "folder = \"INBOX/Ricevute\"\nseparator = \".\"\ntls = \"starttls\"\n"));
    let settings = part.unwrap().imap.unwrap().settings;
    assert_eq!((settings.folder.as_str(), settings.port), ("INBOX.Ricevute", 143));
}

#[test]
fn wrong_keys_are_told_and_what_to_write_instead() {
    let (part, told) = read(
        "[receipts]\npoll_seconds = 0\nca_fiel = \"x\"\n[receipts.folder]\n[receipts.imap]\nhost = \"h\"\npassword = \"x\"\n\
         separator = \"ab\"\nfolder = \"è\"\n",
    );
    assert!(part.is_none());
    insta::assert_snapshot!(told, @r#"
    `poll_seconds` is 0
      = write a whole number from 1 to 3600
    unknown key `ca_fiel`
      = did you mean `ca_file`?
    `path` is missing
      = write path = "/srv/pec/ricevute"
    `user` is missing
      = write user = "presenze@ufficio.example"
    `password`: a secret never stands in this file
      = write the secret into a file that only the service can read, and name that file: password_file = "/etc/timbra/smtp-password"
    `separator` is "ab"
      = write the one character between names of folders
    `folder` is "è"
      = write the name of a folder in ASCII, as "INBOX/Ricevute"
    "#);
}

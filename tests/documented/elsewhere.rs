//! What the documents show and this test cannot run in an office of its own, and who runs it.

/// Whole lines: each with the reason, and what runs it instead.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("cargo run --release -- demo", "builds for minutes: .ci/run runs the program so built"),
    ("cargo test", "this test is a part of it: .ci/run runs it"),
    ("cargo install --path . --root /usr/local", "builds for minutes: .ci/run builds the same program"),
    ("apt install ./timbra_0.1.0-1_amd64.deb", "needs root and a Debian of its own: .ci/install has both"),
    ("systemctl enable --now timbra", "needs a running systemd: .ci/install boots one"),
];

/// Words in the text: each with the test that runs the command, or the row of its like.
pub(super) const IN_PROSE: &[(&str, &str)] = &[
    ("timbra run", "every test of the daemon; the office of this one is prepared by it"),
    ("timbra run --log-format json", "watch/journal.rs"),
    ("timbra status --alarm", "outside.rs"),
    ("timbra malfunction confirm 3", "pipeline/malfunction_signs.rs; what a person declared needs none"),
    ("timbra outbox protocol 7 0012345 --date 2026-11-06", "pipeline/protocol_office.rs"),
    ("timbra outbox protocol", "pipeline/protocol_office.rs"),
    ("timbra backup", "backup/older.rs; a row with the name of a file"),
    ("timbra outbox close ID --why ..", "backup/letters.rs"),
    ("timbra outbox close ID --why ...", "backup/letters.rs"),
    ("timbra outbox retry ID", "failures/again.rs"),
    ("timbra verify --backup FILE", "a row with the name of a file"),
    ("timbra verify --since FILE", "backup/verify.rs"),
    ("timbra day --case FILE", "day_cases.rs"),
];

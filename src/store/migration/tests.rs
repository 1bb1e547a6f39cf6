use rusqlite::Connection;

use super::{STEPS, known};
use crate::store::{Store, StoreError};

/// What a program of each version may have written: the rows of version 1, 2, ..., each with queries whose
/// one value must be 1 for ever after.
const ROWS: [(&str, &[&str]); 13] = [
    (
        "INSERT INTO reader (id, name, covered_until, last_seen) VALUES (1, 'porta', 100, 200);
         INSERT INTO batch (id, reader, origin, device, inode, size, modified, received_at, decoder, content, lines,
             read_count, new_count, rejected, taken) VALUES (1, 1, 'a.dat', 1, 2, 3, 4, 5, x'00', x'aa', 2, 2, 1, 1, 1);
         INSERT INTO punch VALUES (1000, '0005', 'E', 1, 60, 'S', 1, 1, x'3030');
         INSERT INTO quarantine (id, reader, batch, line, raw, reason, decoder) VALUES (1, 1, 1, 2, x'ff', 'odd', x'00');
         INSERT INTO configuration VALUES (1, x'01', 5, '[host]');
         INSERT INTO statement VALUES (1, 'roma-01', '2026-10', 1, 1, 2026, 6, 2, x'7b7d', x'02');
         INSERT INTO outbox (id, statement, kind, agreement, period, revision, recipient, sender, message_id, message,
             sha256, state, attempts, not_before, deadline)
             VALUES (1, 1, 'statement', 'roma-01', '2026-10', 1, 'a@b', 'c@d', '<1@d>', x'4d', x'03', 'due', 1, 7, 8);
         INSERT INTO outbox_event (id, outbox, at, state, detail, chain) VALUES (1, 1, 9, 'due', 'queued', x'04');
         INSERT INTO fact VALUES ('kept', 'yes');",
        &[
            "SELECT count(*) FROM reader WHERE name = 'porta' AND covered_until = 100 AND links = 0",
            "SELECT count(*) FROM batch WHERE origin = 'a.dat' AND content = x'aa' AND new_count = 1 AND link IS NULL",
            "SELECT count(*) FROM punch WHERE local = 1000 AND badge = '0005' AND zone_minutes = 60 AND raw = x'3030'",
            "SELECT count(*) FROM quarantine WHERE raw = x'ff' AND reason = 'odd' AND seen = 0 AND released = 0",
            "SELECT count(*) FROM configuration WHERE text = '[host]'",
            "SELECT count(*) FROM statement WHERE agreement = 'roma-01' AND number = 1 AND data = x'7b7d'",
            "SELECT count(*) FROM outbox WHERE message_id = '<1@d>' AND state = 'due' AND release = 'auto'",
            "SELECT count(*) FROM sealed WHERE outbox = 1 AND message = x'4d'",
            "SELECT count(*) FROM outbox_event WHERE detail = 'queued' AND chain = x'04' AND uptime IS NULL",
            "SELECT count(*) FROM fact WHERE name = 'kept' AND value = 'yes'",
            // what was sent before there were amendments is compared too
            "SELECT sent_until = CAST(strftime('%s', '2026-11-02') AS INTEGER) FROM look",
        ],
    ),
    (
        "INSERT INTO register (id, at, author, reference, agreement, late, kind, content, digest, chain)
             VALUES (1, 10, 'anna', 'PEC 1', 'roma-01', 0, 'plan', 'month=2026-10', x'05', x'06');",
        &["SELECT count(*) FROM register WHERE author = 'anna' AND digest = x'05' AND sender IS NULL AND purge IS NULL"],
    ),
    (
        "INSERT INTO attempt VALUES (1, 1, 11, 12, '> QUIT');
         INSERT INTO alarm (id, at, kind, level, subject, occasion, text, outbox)
             VALUES (1, 13, 'blocked', 'red', 'message 1', '', 'testo', 1);
         INSERT INTO alarm_told VALUES (1, 'journal', 14);",
        &[
            "SELECT count(*) FROM attempt WHERE dialogue = '> QUIT'",
            "SELECT count(*) FROM alarm JOIN alarm_told ON alarm = id WHERE text = 'testo' AND way = 'journal'",
        ],
    ),
    (
        "INSERT INTO port (reader, path, state, since, detail, reads) VALUES (1, '/dev/ttyS0', 'open', 15, '', 3);
         INSERT INTO gap (reader, begun, ended, reason) VALUES (1, 16, 17, 'unplugged');
         INSERT INTO clock_step (before, after, milliseconds) VALUES (18, 19, -1000);",
        &[
            "SELECT count(*) FROM port WHERE path = '/dev/ttyS0' AND reads = 3",
            "SELECT count(*) FROM gap WHERE reason = 'unplugged'",
            "SELECT count(*) FROM clock_step WHERE milliseconds = -1000",
        ],
    ),
    (
        "INSERT INTO received (id, identity, sha256, source, seen_at, kind, recipients, signature, trusted, why, outbox)
             VALUES (1, '<r@p>', x'07', 'folder', 20, 'accettazione', '', 'valid', 1, 'because', 1);
         INSERT INTO received_message VALUES (1, x'52');
         INSERT INTO mail_seen VALUES ('folder', 'a.eml', 0, 1);
         INSERT INTO mail_source (source, last_uid) VALUES ('imap', 21);
         INSERT INTO misdirection VALUES (1, 22, 1, 'opened', 'anna', 'altro', x'08');",
        &[
            "SELECT count(*) FROM received JOIN received_message ON received = id WHERE message = x'52' AND trusted = 1",
            "SELECT count(*) FROM mail_seen WHERE name = 'a.eml'",
            "SELECT count(*) FROM mail_source WHERE last_uid = 21",
            "SELECT count(*) FROM misdirection WHERE why = 'altro'",
        ],
    ),
    (
        "INSERT INTO origin VALUES (1, x'09', 0, 'anna', 'perché');
         INSERT INTO drift VALUES (1, x'0a', 3, 23, 1);
         UPDATE look SET late = 4;",
        &[
            "SELECT count(*) FROM origin WHERE why = 'perché'",
            "SELECT count(*) FROM drift WHERE cells = 3",
            "SELECT count(*) FROM look WHERE late = 4 AND malfunction = 0",
        ],
    ),
    (
        "INSERT INTO reminded VALUES ('roma-01', '2026-10', '2026-10-05', 1, 24);",
        &["SELECT count(*) FROM reminded WHERE item = '2026-10-05'"],
    ),
    (
        "INSERT INTO protocol VALUES (1, '0012345', '2026-11-06', NULL, 25);
         INSERT INTO evidence VALUES (1, 1, 26, 'n1.p7m', x'0b', x'0c');",
        &[
            "SELECT count(*) FROM protocol WHERE number = '0012345'",
            "SELECT count(*) FROM evidence WHERE content = x'0c'",
        ],
    ),
    (
        "INSERT INTO purge VALUES (1, 27, 'anna', 'quarantine', '2026-01-01', '3 rows', x'0d');
         INSERT INTO clock_confirmation VALUES (1, 28, 'anna');",
        &[
            "SELECT count(*) FROM purge WHERE counts = '3 rows'",
            "SELECT count(*) FROM clock_confirmation WHERE at = 28",
        ],
    ),
    (
        "INSERT INTO register (id, at, author, agreement, late, kind, content, digest, chain, sender)
             VALUES (2, 10, 'anna', 'roma-01', 0, 'withdrawn', 'last_day=2026-10-30', x'10', x'11', 'bruno');",
        &["SELECT count(*) FROM register WHERE sender = 'bruno'"],
    ),
    (
        "INSERT INTO malfunction VALUES (1, 1, 29, 'timbra', NULL, NULL, 'opened', 'kind=network', x'0e', x'0f');
         INSERT INTO malfunction_notice VALUES (1, 1, 'a@b', 30, 'opened', 'facts');
         INSERT INTO malfunction_print VALUES (1, 'a@b', 'opened', 31);",
        &[
            "SELECT count(*) FROM malfunction WHERE content = 'kind=network'",
            "SELECT count(*) FROM malfunction_notice WHERE facts = 'facts'",
            "SELECT count(*) FROM malfunction_print WHERE at = 31",
        ],
    ),
    (
        "INSERT INTO digested VALUES (1, 'roma-01', '2026-10-06', 'odd', 'a@b', 32);",
        &["SELECT count(*) FROM digested WHERE anomaly = 'odd'"],
    ),
    (
        "INSERT INTO fingerprint VALUES (1, 'statement', 1, 1, x'12', x'13');
         UPDATE batch SET kept = 2, tally = 5 WHERE id = 1;",
        &[
            "SELECT count(*) FROM head WHERE name = 'fingerprint' AND links = 1 AND chain = x'13'",
            "SELECT count(*) FROM batch WHERE kept = 2 AND tally = 5",
        ],
    ),
];

/// A store as the program of a version left it, after all versions before.
fn store_of(version: usize, path: &std::path::Path) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    for (step, (rows, _)) in STEPS.iter().zip(ROWS).take(version) {
        connection.execute_batch(step).unwrap();
        connection.execute_batch(rows).unwrap();
    }
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
}

#[test]
fn a_store_of_every_earlier_version_is_brought_up_to_date_with_what_it_holds() {
    assert_eq!(ROWS.len(), STEPS.len(), "a new step needs rows");
    for version in 1..=STEPS.len() {
        let folder = tempfile::tempdir().unwrap();
        store_of(version, &folder.path().join("timbra.sqlite"));
        if version < STEPS.len() {
            assert!(matches!(Store::open_read_only(folder.path()), Err(StoreError::Older(_))));
        }
        let store = Store::open(folder.path()).unwrap();
        for query in ROWS.iter().take(version).flat_map(|(_, queries)| *queries) {
            let found: i64 = store.connection.query_row(query, [], |row| row.get(0)).unwrap();
            assert_eq!(found, 1, "version {version}: {query}");
        }
        let mut checked = store.verify(&mut |_, _, _| ()).unwrap();
        if version < STEPS.len() {
            // what was there before there were fingerprints has one now
            for one in checked.iter().filter(|one| ["rows", "punches", "fingerprints"].contains(&one.key)) {
                assert!(one.is_whole() && one.count > 0, "version {version}: {one:?}");
            }
        }
        let structure = checked.swap_remove(0);
        assert!(structure.is_whole() && structure.count > 40, "version {version}: {structure:?}");
        drop(store);
        assert!(Store::open_read_only(folder.path()).is_ok());
    }
}

#[test]
fn an_empty_store_of_every_version_verifies() {
    for version in 1..=STEPS.len() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("timbra.sqlite")).unwrap();
        STEPS.iter().take(version).for_each(|step| connection.execute_batch(step).unwrap());
        connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
        drop(connection);
        let store = Store::open(folder.path()).unwrap();
        let checked = store.verify(&mut |_, _, _| ()).unwrap();
        assert!(checked.iter().all(super::super::Checked::is_whole), "version {version}: {checked:?}");
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timbra.sqlite");
    drop(Store::open(folder.path()).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", known() + 1).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let opened = [
        Store::open(folder.path()),
        Store::open_existing(folder.path()),
        Store::open_read_only(folder.path()),
        Store::open_file(&path),
    ];
    for refused in opened {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found, .. } if found == known() + 1), "{error}");
        assert!(error.to_string().contains("install the newer version again"), "{error}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_store_that_names_another_schema_is_damaged_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let connection = Connection::open(folder.path().join("timbra.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", known() - 1).unwrap();
    let error = Store::open(folder.path()).unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged(what) if what.contains("it is not of schema 12, as it says")),
        "{error}"
    );
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(super::version(&connection).unwrap(), known() - 1);
}

#[test]
fn a_store_that_names_no_schema_is_damaged_and_not_missing() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let path = folder.path().join("timbra.sqlite");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 0).unwrap();
    let opened = || [Store::open(folder.path()), Store::open_existing(folder.path())];
    let read = || [Store::open_read_only(folder.path()), Store::open_as_it_is(folder.path())];
    for error in opened().into_iter().chain(read()).map(Result::unwrap_err) {
        assert!(
            matches!(&error, StoreError::Damaged(what) if what.contains("it is not of schema 0, as it says")),
            "{error}"
        );
    }
    drop(connection);
    std::fs::write(&path, "").unwrap();
    for error in read().map(Result::unwrap_err) {
        assert!(matches!(error, StoreError::Missing(_)), "{error}");
    }
}

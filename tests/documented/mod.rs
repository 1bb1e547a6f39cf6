//! Every command that the README and the guide of the personnel office show is run here as it is written.
//!
//! `shown` finds the commands, `rows` says what each is tried on and what it must answer, `elsewhere`
//! names those that are not run here and who runs them, and `office` holds the state that they find.

mod elsewhere;
mod office;
mod rows;
mod shown;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::office::{clock_mover, skipped};
use elsewhere::{ELSEWHERE, IN_PROSE};
use office::Template;
use rows::ROWS;

/// How many commands run at once: the whole suite shares two processors.
const AT_ONCE: usize = 2;

#[test]
fn every_shown_command_has_a_row() {
    let shown = shown::commands();
    assert!(shown.len() > 70, "only {} commands were found", shown.len());
    let row_of = |command: &str| ROWS.iter().any(|row| row.shown == command);
    let run_elsewhere = |command: &str| ELSEWHERE.iter().any(|(shown, _)| *shown == command);
    for (document, command) in &shown {
        assert!(
            row_of(command) || run_elsewhere(command),
            "{document} shows `{command}`, and nothing runs it: add a row to tests/documented/rows.rs"
        );
    }
    let in_prose = shown::in_prose();
    for (document, command) in &in_prose {
        let known = row_of(command) || IN_PROSE.iter().any(|(shown, _)| *shown == command);
        assert!(
            known,
            "{document} names `{command}` in its text, and nothing runs it: add a row to \
             tests/documented/rows.rs, or say in elsewhere.rs which test runs it"
        );
    }
    // and nothing is kept for what is shown no more
    let is_shown = |command: &str| shown.iter().chain(&in_prose).any(|(_, shown)| shown == command);
    let kept =
        ROWS.iter().map(|row| row.shown).chain(ELSEWHERE.iter().chain(IN_PROSE).map(|(shown, _)| *shown));
    let mut kept: Vec<&str> = kept.collect();
    kept.sort_unstable();
    for command in &kept {
        assert!(is_shown(command), "no document shows `{command}` any more: take its row away");
    }
    let rows = kept.len();
    kept.dedup();
    assert_eq!(kept.len(), rows, "a command has two rows");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "another user can only be named in a debug build")]
fn every_shown_command_does_what_is_said() {
    let Some(mover) = clock_mover() else {
        skipped("libfaketime is not installed: no command of the README and the guide was run");
        return;
    };
    let template = Template::prepare(mover);
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = ROWS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(failure) = template.run(row) {
                        failures.lock().unwrap().push(format!("`{}` {failure}", row.shown));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

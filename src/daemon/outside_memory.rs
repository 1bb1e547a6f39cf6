//! What the watch from outside has seen and told: a small file of lines, which depends on no store.

use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::alarm::Alarm;

use super::whole_file;

/// The file: `since TIME`, and `told WAY<tab>ALARM` for each alarm by each way.
const FILE: &str = "watch";

/// What is remembered between two looks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    /// When it was first seen that the daemon does not work.
    pub(super) since: Option<DateTime<Utc>>,
    /// Who was told what: the way, and which alarm.
    pub(super) told: Vec<(String, String)>,
}

impl Memory {
    /// What is remembered in a folder. A line that makes no sense is none.
    pub(super) fn read(folder: &Path) -> Self {
        let mut memory = Self::default();
        for line in fs::read_to_string(folder.join(FILE)).unwrap_or_default().lines() {
            match line.split_once(' ') {
                Some(("since", time)) => memory.since = time.parse().ok(),
                Some(("told", rest)) => {
                    let told = rest.split_once('\t').map(|(way, alarm)| (way.to_owned(), alarm.to_owned()));
                    memory.told.extend(told);
                }
                _ => (),
            }
        }
        memory
    }

    /// Remembers; nothing to remember is no file.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(FILE);
        if *self == Self::default() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let mut text = self.since.map(|since| format!("since {}\n", since.to_rfc3339())).unwrap_or_default();
        for (way, alarm) in &self.told {
            text += &format!("told {way}\t{alarm}\n");
        }
        whole_file::write(&path, None, &text)
    }

    /// True when an alarm was told by this way.
    pub(super) fn has_told(&self, way: &str, alarm: &Alarm) -> bool {
        self.told.iter().any(|(other, told)| other == way && *told == name(alarm))
    }

    /// These were told by this way.
    pub(super) fn note(&mut self, way: &str, alarms: &[Alarm]) {
        self.told.extend(alarms.iter().map(|alarm| (way.to_owned(), name(alarm))));
    }
}

/// What tells an alarm from others.
fn name(alarm: &Alarm) -> String {
    format!("{} {} {} {}", alarm.kind.code(), alarm.level.code(), alarm.subject, alarm.occasion)
}

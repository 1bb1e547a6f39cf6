//! What is let go while all letters are held leaves only later: whoever lets it go is told.

use chrono_tz::Tz;

use crate::store::Store;

use super::failure::Failure;
use super::output::talk;

/// True when all letters are held since a restore: then the terminal says so.
pub(super) fn note(store: &Store, zone: Tz) -> Result<bool, Failure> {
    let Some(restored) = store.letters_held()? else { return Ok(false) };
    talk(&format!(
        "note: all letters are held since the restore of {}: nothing leaves before `timbra outbox resume`",
        restored.restored_at.with_timezone(&zone).format("%Y-%m-%d %H:%M")
    ));
    Ok(true)
}

//! `timbra outbox resume`: the letters of a store that came out of a backup leave again. What may have left
//! since the backup is named first.

use chrono::{DateTime, Utc};

use crate::config::Config;
use crate::daemon::{clock, in_force, post, registration};
use crate::domain::delivery::State;
use crate::store::{OutboxRow, Store};

use super::failure::{Done, Ending, Failure};
use super::output::talk;

pub(super) fn resume(store: &mut Store, config: &Config, yes: bool) -> Ending {
    let Some(restored) = store.letters_held()? else {
        talk("letters are not held");
        return Ok(Done::Clean);
    };
    let config = in_force::config(store, config)?;
    let shown = |at: DateTime<Utc>| at.with_timezone(&config.host.zone).format("%Y-%m-%d %H:%M");
    let months: Vec<String> = post::pending(store, &config, clock::now())?
        .iter()
        .map(|pending| format!("{} {}", pending.agreement.id, pending.month))
        .collect();
    let packages = packages(store, &config)?;
    let mut asked = Vec::new();
    let mut hints = Vec::new();
    if !months.is_empty() {
        asked.push(format!(
            "in this store no statement was made of {}. Where one was sent after the backup of {}, it would be sent \
             again, maybe under another number",
            months.join(", "),
            shown(restored.made_at)
        ));
        hints.push("where it was sent, set first_month of that agreement to the month after it");
    }
    if !packages.is_empty() {
        asked.push(format!(
            "the protocol office may have these packages already, and would get them again: {}",
            packages.join(", ")
        ));
        hints.push(
            "ask there; what it has registered is entered by `timbra outbox protocol ID NUMBER`, what it has sent \
             otherwise by `timbra outbox close ID --why ..`",
        );
    }
    if !asked.is_empty() && !yes {
        let failure = hints.into_iter().fold(Failure::new(asked.join("; ")), Failure::hint);
        return Err(failure.hint("then `timbra outbox resume --yes`"));
    }
    let rows = store.outbox()?;
    let waiting = |state| rows.iter().filter(|row| row.state == state).count();
    let (due, uncertain) = (waiting(State::Due), waiting(State::Uncertain));
    store.let_letters_go()?;
    talk(&format!(
        "letters leave again, which were held since the restore of {}: {due} are due; {uncertain} are uncertain, and \
         wait for `timbra outbox close` or `timbra outbox retry`",
        shown(restored.restored_at)
    ));
    Ok(if uncertain > 0 { Done::Attention } else { Done::Clean })
}

/// What the protocol office may have taken since the backup. What still lies in its folder is not laid out a
/// second time.
fn packages(store: &Store, config: &Config) -> Result<Vec<String>, Failure> {
    let Some(folder) = &config.release.folder else { return Ok(Vec::new()) };
    let mut waiting = registration::waiting(store)?;
    waiting.retain(|(_, package)| !folder.join(package).exists());
    let named = |(row, package): (OutboxRow, String)| {
        format!("message {} ({} {}, {package})", row.id, row.agreement, row.period)
    };
    Ok(waiting.into_iter().map(named).collect())
}

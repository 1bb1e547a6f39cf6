//! `timbra outbox readdress`, `close --misdirected` and `settle`: letters that went, or were to go,
//! to the wrong address.

use std::path::Path;

use crate::config::Config;
use crate::daemon::clock;
use crate::daemon::seal::release_at;
use crate::domain::release::Release;
use crate::mail::{Address, MessageId, readdressed};
use crate::store::{NotReaddressed, Readdressed, Store};

use super::author::system_user;
use super::failure::{Done, Ending, Failure};
use super::held;
use super::output::talk;

/// Sends the same document to another address.
pub(super) fn readdress(config: &Config, id: i64, to: &str) -> Ending {
    let to = Address::parse(to).map_err(|error| Failure::usage(error.to_string()))?;
    let mut store = Store::open_existing(&config.store_folder)?;
    let rows = store.outbox()?;
    let row = rows.iter().find(|row| row.id == id).ok_or_else(|| unknown(id))?;
    let bytes = store.outbox_message(id)?.ok_or_else(|| unknown(id))?;
    let old = MessageId::parse(&row.message_id).map_err(|error| Failure::new(error.to_string()))?;
    let is_free = |candidate: &MessageId| rows.iter().all(|row| row.message_id != candidate.to_string());
    let new = (2..1000).filter_map(|number| old.to_address(number).ok()).find(is_free);
    let new = new.ok_or_else(|| Failure::new(format!("message {id} went to too many addresses")))?;
    let now = clock::now();
    let sealed = readdressed(&bytes, &to, &new, now).map_err(Failure::new)?;
    let document = Readdressed {
        from: id,
        to: to.as_str(),
        message_id: &new.to_string(),
        bytes: &sealed.bytes,
        sha256: sealed.sha256,
        author: &system_user(),
        release_at: release_at(config, row.release, row.deadline, now),
    };
    let new_id = store.readdress(&document, now)?.map_err(|refusal| {
        let failure = Failure::new(refusal.to_string());
        match refusal {
            NotReaddressed::Unknown(_) => failure.hint("`timbra outbox` lists them"),
            NotReaddressed::State(..) => {
                failure.hint("a message that waits is taken back by `timbra outbox withdraw`")
            }
            NotReaddressed::Withdrawn(_) => failure.hint("`timbra outbox` lists what took its place"),
            NotReaddressed::External(_) => failure,
            NotReaddressed::There(there, state) if state.may_be_retried() => {
                failure.hint(format!("`timbra outbox retry {there}` sends it there again"))
            }
            NotReaddressed::There(there, state) => failure.hint(format!(
                "it is {} now; `timbra outbox show {there}` tells what became of it",
                state.word()
            )),
        }
    })?;
    talk(&format!(
        "message {new_id} takes the same document to the corrected address; message {id} is closed"
    ));
    held::note(&store, config.host.zone)?;
    if row.release == Release::Approve {
        talk(&format!("message {new_id} waits for an officer: `timbra outbox approve {new_id}`"));
    }
    let agreement = config.agreements.iter().find(|agreement| agreement.id.as_str() == row.agreement);
    let stale = agreement.is_some_and(|agreement| !agreement.statement.to.eq_ignore_ascii_case(to.as_str()));
    if stale {
        talk(&format!(
            "note: the agreement {} still names the other address: correct its file, or next month goes there again",
            row.agreement
        ));
    }
    Ok(Done::Clean)
}

/// Closes a message that went to somebody who should not have it.
pub(super) fn misdirected(folder: &Path, id: i64, why: &str) -> Ending {
    let mut store = Store::open_existing(folder)?;
    let opened = store.open_misdirection((id, &system_user(), why), clock::now())?;
    opened.map_err(|refusal| Failure::new(refusal.to_string()).hint("`timbra outbox` lists the messages"))?;
    talk(&format!("message {id} is closed, and a record for the data protection officer is open"));
    talk(&format!(
        "note: a breach is notified within 72 hours where it must be (GDPR art. 33); `timbra outbox settle {id} --why ...` \
         ends the record"
    ));
    Ok(Done::Clean)
}

/// Ends the record of a misdirected message.
pub(super) fn settle(folder: &Path, id: i64, why: &str) -> Ending {
    let mut store = Store::open_existing(folder)?;
    let settled = store.settle_misdirection((id, &system_user(), why), clock::now())?;
    settled.map_err(|refusal| Failure::new(refusal.to_string()))?;
    talk(&format!("the record of message {id} is settled"));
    Ok(Done::Clean)
}

fn unknown(id: i64) -> Failure {
    Failure::new(format!("there is no message {id}")).hint("`timbra outbox` lists them")
}

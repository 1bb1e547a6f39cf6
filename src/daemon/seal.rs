//! A month becomes a document: computed, sealed, closed and queued.

use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use tracing::{error, info, warn};

use crate::config::Config;
use crate::domain::agreement::Agreement;
use crate::domain::alarm::AlarmKind;
use crate::domain::amendment::Amendment;
use crate::domain::civil;
use crate::domain::clauses::ChannelKind;
use crate::domain::delivery::words;
use crate::domain::malfunction::MonthMalfunction;
use crate::domain::month::Month;
use crate::domain::month_days::MonthDay;
use crate::domain::release::{self, Release};
use crate::domain::statement::{Identity, Statement, StatementNumber};
use crate::render;
use crate::store::{ByHand, Closed, NewMessage, NewStatement, Origin, StatementKey, Store, StoreError};

use super::compute;
use super::sealing::{Sealing, seal_letter};

/// The software as documents name it.
pub const SOFTWARE: &str = concat!("timbra ", env!("CARGO_PKG_VERSION"));

/// A document about to be made.
#[derive(Debug, Clone)]
pub(super) struct Document<'a> {
    pub(super) agreement: &'a Agreement,
    pub(super) month: Month,
    /// 1 for the first of the month.
    pub(super) revision: u32,
    pub(super) days: Vec<MonthDay>,
    /// The readers have delivered past the end of the month.
    pub(super) complete: bool,
    /// What it replaces, when it does.
    pub(super) amendment: Option<Amendment>,
    /// The day by whose end it must be there.
    pub(super) deadline: NaiveDate,
    /// Who sends it by hand.
    pub(super) by_hand: Option<ByHand>,
}

/// Fingerprint of all that is not data and by which figures are computed: the configuration, and the
/// program.
pub(super) fn basis(config: &Config) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(config.hash);
    hash.update(SOFTWARE);
    hash.finalize().into()
}

/// Makes the document, closes it and queues its letter, in one transaction. The number it got.
pub(super) fn close(
    store: &mut Store,
    config: &Config,
    document: Document<'_>,
    now: DateTime<Utc>,
) -> Result<Closed<String>, StoreError> {
    let (agreement, month, deadline) = (document.agreement, document.month, document.deadline);
    let open = document.days.iter().filter(|day| day.is_open()).count();
    let issued = civil::local_time(&now, config.host.zone).date();
    let year = Month::of(issued).year();
    let (revision, amends) = (document.revision, document.amendment.is_some());
    let key = StatementKey { agreement: &agreement.id, month, revision, year };
    let faults = compute::malfunctions(config, agreement, month, &store.malfunctions()?);
    let closed = store.close_statement(&key, now, |number| seal(config, document, faults, number, now))?;
    let agreement = &agreement.id;
    match &closed {
        Closed::Now(number) => {
            let what = if amends { "amendment closed and queued" } else { "statement closed and queued" };
            info!(%agreement, %month, revision, %number, open_days = open, %deadline, "{what}");
            store.clear_alarms(
                AlarmKind::Policy,
                &words::statement_subject(&format!("{agreement} {month}")),
                now,
            )?;
            if issued > deadline {
                warn!(%agreement, %month, %deadline, "the statement leaves after its deadline");
            }
        }
        Closed::Before => (),
        Closed::Failed(reason) => {
            error!(%agreement, %month, reason, "the statement could not be made into a message; mend the configuration");
            store.raise_alarm(&words::not_sealed(&format!("{agreement} {month}"), reason), now)?;
        }
    }
    Ok(closed)
}

/// The statement as data and as a sealed message.
fn seal(
    config: &Config,
    document: Document<'_>,
    faults: Vec<MonthMalfunction>,
    number: StatementNumber,
    now: DateTime<Utc>,
) -> Result<NewStatement, String> {
    let Document { agreement, month, revision, .. } = document;
    let generated_at = now.trunc_subsecs(0).with_timezone(&config.host.zone).fixed_offset();
    let identity = Identity { number: Some(number), revision, generated_at };
    let statement =
        Statement::new(agreement, &config.host, month, identity, document.days, document.complete)
            .with_malfunctions(faults);
    let statement = match document.amendment {
        Some(amendment) => statement.amending(amendment),
        None => statement,
    };
    let sealed = render::statement_letter(&statement, SOFTWARE).map_err(|error| error.to_string())?;
    let render::StatementLetter { letter, data } = sealed;
    let release = agreement.statement.release;
    let deadline = civil::end_of_day(document.deadline, config.host.zone).to_utc();
    let sealing = Sealing {
        kind: "statement",
        about: (&agreement.id, month),
        document: &number.name(),
        revision,
        channel: agreement.clauses.channels.statement.as_ref().map_or(ChannelKind::Email, |way| way.kind),
        recipient: &agreement.statement.to,
        deadline,
    };
    let message = seal_letter(config, &letter, &sealing, now)?;
    Ok(NewStatement {
        sha256: Sha256::digest(&data).into(),
        data,
        open_days: statement.totals.open,
        origin: Origin { basis: basis(config), awaited: !document.complete, by_hand: document.by_hand },
        message: NewMessage { release, release_at: release_at(config, release, deadline, now), ..message },
    })
}

/// When a document leaves although nobody approved it.
pub fn release_at(
    config: &Config,
    release: Release,
    deadline: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let falls_back = release == Release::Approve && config.release.unapproved_leaves;
    // the deadline is the end of its day, which is the start of the next
    let local = |at: DateTime<Utc>| civil::local_time(&at, config.host.zone).date();
    let rules = (config.host.office_days(), config.statement.send_at, config.host.zone);
    falls_back.then(|| {
        release::last_safe_moment(
            local(deadline - TimeDelta::seconds(1)),
            local(now),
            config.release.repair_days,
            rules,
        )
    })
}

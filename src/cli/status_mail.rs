//! What `timbra status` says of the mail that comes back.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::store::{MailSource, Received, Store, StoreError};

use super::inbox::is_open;

/// The sources of receipts, and what in them waits for a person.
pub(super) struct MailPicture {
    sources: Vec<MailSource>,
    open: Vec<Received>,
    misdirected: Vec<i64>,
}

impl MailPicture {
    pub(super) fn of(store: &Store) -> Result<Self, StoreError> {
        let open = store.received()?.into_iter().filter(is_open).collect();
        Ok(Self { sources: store.mail_sources()?, open, misdirected: store.open_misdirections()? })
    }

    /// What needs a person.
    pub(super) fn attention(&self) -> Vec<String> {
        let mut needs: Vec<String> = Vec::new();
        for source in &self.sources {
            if let Some(trouble) = &source.trouble {
                needs.push(format!("receipts cannot be read from {}: {trouble}", source.source));
            }
        }
        for received in &self.open {
            let (id, concern) = (received.id, received.concern.map_or("", |concern| concern.code()));
            needs.push(format!("message {id} of the inbox ({concern}): `timbra inbox show {id}`"));
        }
        for id in &self.misdirected {
            needs.push(format!(
                "message {id} went to somebody who should not have it: the data protection officer decides, then \
                 `timbra outbox settle {id} --why ...`"
            ));
        }
        needs
    }

    /// Nothing, where no receipts were ever read.
    pub(super) fn text(&self, zone: Tz) -> String {
        if self.sources.is_empty() {
            return String::new();
        }
        let lines = self.sources.iter().map(|source| {
            let read = source.good_at.map_or_else(
                || "never".to_owned(),
                |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            );
            let full = source.fullness.map(|percent| format!("  {percent} % full")).unwrap_or_default();
            format!("  {}  read {read}{full}\n", source.source)
        });
        format!("RECEIPTS\n{}", lines.collect::<Vec<_>>().concat())
    }

    pub(super) fn json(&self, zone: Tz) -> Value {
        let instant = |at: Option<DateTime<Utc>>| at.map(|at| at.with_timezone(&zone).to_rfc3339());
        let sources: Vec<Value> = self
            .sources
            .iter()
            .map(|source| {
                json!({
                    "source": source.source, "read_at": instant(source.good_at), "trouble": source.trouble,
                    "percent_full": source.fullness,
                })
            })
            .collect();
        let open: Vec<i64> = self.open.iter().map(|received| received.id).collect();
        json!({ "sources": sources, "open": open, "misdirected": self.misdirected })
    }
}

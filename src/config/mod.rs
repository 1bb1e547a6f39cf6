//! FLOOR 2. The configuration: files in, settings out, every complaint with its place.

pub mod agreement_text;
pub mod blanks;
pub mod day_case;
mod form;
pub mod format;
pub mod node;
pub mod presets;
pub mod problem;
pub mod profile;
pub mod protocol;
pub mod report_text;
pub mod section;
pub mod wire;

mod agreement;
mod alert;
mod bus;
mod clauses;
mod cycle;
mod files;
mod folder;
mod load;
mod mail;
mod malfunction;
mod office;
mod overlap;
mod own_folders;
mod patron;
mod plan;
mod port;
mod reader;
mod readers;
mod receipts;
mod serial;
mod settings;
mod shelf;
mod shown;
mod statement;
mod values;

#[cfg(test)]
mod samples;

pub use alert::{AlertMail, AlertPart};
pub use bus::{KeyPlace, OsdpBus, OsdpReader};
pub use folder::FolderReader;
pub use load::{Config, Loaded, clean, load, load_as, load_with};
pub use mail::MailPart;
pub use malfunction::{DigestPolicy, MalfunctionPolicy};
pub use own_folders::plain;
pub use reader::Reader;
pub use receipts::{ImapPart, ReceiptsPart};
pub use serial::SerialReader;
pub use settings::{Intake, Retention};
pub use shown::{MetricsPart, PagePart};
pub use statement::{ReleasePolicy, StatementPolicy};

//! FLOOR 2. Where bytes come from: watched folders and serial ports. Knows the file system and the
//! drivers; not the store, and not what the bytes mean.

mod archive;
mod file;
mod mail_folder;
mod mount;
mod pattern;
mod returns;
mod scan;
mod serial;
mod settings;
mod watch;

pub use archive::{ARCHIVE, archive, archived_before, claim, leftovers, remove_archived};
pub use file::{FileFacts, Refusal, open_regular};
pub use mail_folder::{MailFile, MailFolder, MailScan};
pub use pattern::FilePattern;
pub use returns::{
    NotReturned, REFUSED, ReturnFolder, ReturnKind, Returned, ReturnedEntry, ReturnedFile,
    read as read_returned,
};
pub use scan::{FolderScan, Scan, Unavailable};
pub use serial::{
    DataBits, FlowControl, LineEvent, Loss, NoTransceiver, Parity, PortError, PortSettings, SerialLine,
    StopBits,
};
pub use settings::{FolderMode, FolderSettings};
pub use watch::Wakes;

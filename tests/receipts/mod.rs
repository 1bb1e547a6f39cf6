//! What comes back: receipts as files, from folders, and by IMAP.

mod address;
mod command;
mod configuration;
pub(crate) mod dovecot;
pub(crate) mod folder;
mod hostile;
mod mailbox;
mod signatures;

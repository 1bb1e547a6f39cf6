//! What comes back: receipts as files, from folders, and by IMAP.

mod command;
mod hostile;
mod signatures;

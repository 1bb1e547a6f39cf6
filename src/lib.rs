//! timbra: attendance of visiting coworkers in Italian public offices. Badge events in, monthly
//! statements out, with proof.
//!
//! # The way of the data
//!
//! ```text
//!  drop folder ----> file                                    source
//!  serial port ----> frames  bytes -> reads, by protocol     source, decode
//!  OSDP bus <------> cards   polled; lights after the commit  source, decode, daemon (buses)
//!                     | lines      bytes -> lines            decode   pure
//!                     | rows       line  -> punch | reject   decode   pure
//!                     | believed?  clock sanity, retention   daemon
//!                     v
//!                  [ punches, quarantine ]  insert only      store
//!                  [ register ]             append only      store, entered by a person (cli)
//!                     | term, badges, profile as they are now  daemon (in_force)
//!                     | whose, which way, covered so far?    daemon (compute)
//!                     | facts      register -> what holds    domain   pure
//!                     | day        punches + profile -> Day  domain   pure
//!                     | statement  days -> Statement         domain   pure
//!                     v
//!                   Letter         Statement -> bytes        render   pure
//!                     v
//!                  [ statement, outbox ]    frozen bytes     store
//!                     | attempt                              mail
//!                     v
//!                   Outcome -> sent | again at | a person    domain   pure (delivery)
//!
//!  ports, folders, clocks, mail -> sign     what is wrong now     daemon (signs)
//!                     | lasted?    flapping, a person's word      daemon (malfunctions), cli
//!                     v
//!                  [ malfunction ]          append only      store
//!                     | told so far?  one notice a home office and fault   domain   pure
//!                     v
//!                   Letter -> [ outbox ], or a sheet while mail is down     daemon (malfunction_mail)
//!
//!  mailbox, folder -> receipt   bytes -> what it says        mail, source
//!                     | believed?  signature, top level      mail     pure (receipt)
//!                     v
//!                  [ received ]             once, as it came store
//!                     | effect on its message                domain   pure (delivery)
//!
//!  calendar, outbox -> rung     how late, how grave          domain   pure (delivery::ladder)
//!                     v
//!                  [ alarm ]                once, until over store    raised by daemon (vigil)
//!                     | each way once                        daemon (alerts): journal, folder, command, mail
//!
//!  all of the store -> page, figures     at each change        daemon (showing), render (board, metrics)
//! ```
//!
//! Bytes come in at the top and go out at the bottom; the bracketed places are the only ones where
//! anything waits. After a power cut the daemon starts from them and needs no other memory.
//!
//! # The floors
//!
//! Each floor knows the floors below it and never the ones above; `tests/floors.rs` holds the table.
//!
//! | floor | rooms |
//! |---|---|
//! | 1 | [`domain`]: what attendance is; [`decode`]: bytes to facts; [`render`]: facts to bytes |
//! | 2 | [`store`]: `SQLite`; [`source`]: folders and ports; [`mail`]: messages, SMTP and IMAP; [`config`]: the files; [`backup`]: the one file that holds all of them |
//! | 3 | [`daemon`]: tasks, channels, the clock; one file for each stretch between two tables |
//! | 4 | [`cli`]: one file for each command |
//!
//! Beside them stand `durable`, the one call before each step that changes something for good, and
//! `hex`, bytes as digits.
//!
//! It is made of 38 direct dependencies, 300 crates with all of theirs and those of the tests; `Cargo.toml` says
//! why each is here, `.cargo/deny.toml` which may come in.
//!
//! # What always holds
//!
//! - Nothing accepted is ever edited; a correction is a new fact beside it. Only retention forgets.
//! - A frame of a port is stored before its reader is told that all is well, in one commit with all
//!   that waits; its time is the host's at its first byte. When nobody listened is on record.
//! - A file counts as taken only in the transaction that stored its last row. Whatever is read again
//!   adds nothing: the key of a punch is what the device wrote.
//! - Whoever asks whose a badge is, which days are in the term, or which profile holds, asks the
//!   agreement as the register has changed it; what was signed stays beside it.
//! - Interpretation (whose punch, which way, repeats, pairs, rounding) happens when a day is computed,
//!   never when it is stored.
//! - A statement is closed and its letter queued in one transaction; its bytes never change after that.
//!   What its month computes to later becomes another document beside it; a changed configuration never
//!   makes one by itself.
//! - SMTP can lose its answer: then the letter is uncertain, and never sent again blindly: once
//!   at most without a person, after its receipt was looked for in vain.
//! - What comes out of a backup sends nothing until a person has said so: nobody knows what left since.
//! - No month is closed by a wall clock that went back or jumped beside the machine's own.
//! - A receipt counts when a provider signed it, or put it on top of a message in our own mailbox; it is
//!   kept and applied in one transaction. Nothing in a mailbox or in somebody else's folder is changed.
//! - The pure floor has no clock and no input but its arguments: the same days give the same bytes.
//! - Only `daemon/clock.rs` looks at the wall clock, and only `store/uptime.rs` at how long the machine runs.

pub mod backup;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod decode;
pub mod domain;
mod durable;
mod hex;
pub mod mail;
pub mod render;
pub mod source;
pub mod store;

//! The transport without a server: one `.eml` file per message, for offices whose PEC mailbox
//! belongs to other software, and for trials.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::{BeforePayload, Outgoing};
use crate::domain::delivery::{Failure, FailureClass, Outcome, Phase};
use crate::durable;

/// The owner writes, the group reads.
const MODE: u32 = 0o640;

/// Writes the file. The name follows from the Message-ID: handing over the same message again finds
/// the file there and is accepted; other bytes under that name are refused and nothing is replaced.
pub(super) async fn attempt(
    folder: &Path,
    message: &Outgoing<'_>,
    before_payload: BeforePayload<'_>,
) -> Outcome {
    if let Err(reply) = before_payload() {
        return not_sent(FailureClass::Transient, reply);
    }
    let name = format!("{}.eml", message.message_id.bare());
    let (folder, bytes) = (folder.to_owned(), message.bytes.to_owned());
    // fsync may take long on an old disk, and the daemon has one thread
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    written.unwrap_or_else(|error| not_sent(FailureClass::Transient, error.to_string()))
}

fn not_sent(class: FailureClass, reply: String) -> Outcome {
    Outcome::NotSent(Failure { class, phase: Phase::Folder, reply })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome {
    let path = folder.join(name);
    // The folder itself may be new; the one above it must be there, or a share is not mounted.
    if let Err(error) = fs::create_dir(folder).or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    }) {
        return not_sent(
            FailureClass::Transient,
            format!("cannot make the folder {}: {error}", folder.display()),
        );
    }
    match fs::read(&path) {
        Ok(there) if there == bytes => {}
        Ok(_) => {
            let reply = format!("{} exists with other content; it was not replaced", path.display());
            return not_sent(FailureClass::Permanent, reply);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Err(error) = create(folder, name, bytes) {
                // a file that is there in spite of this is recognised next time
                return not_sent(
                    FailureClass::Transient,
                    format!("cannot write {}: {error}", path.display()),
                );
            }
        }
        Err(error) => {
            return not_sent(FailureClass::Transient, format!("cannot read {}: {error}", path.display()));
        }
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Ok(()) => Outcome::Accepted { reply: format!("written to {}", path.display()) },
        Err(error) => not_sent(FailureClass::Transient, format!("cannot sync {}: {error}", folder.display())),
    }
}

/// Whoever reads the folder sees the whole file or none.
fn create(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.part"));
    durable::step();
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(MODE).open(&temporary)?;
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    durable::step();
    fs::rename(&temporary, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, MessageId, Transport};

    #[tokio::test]
    async fn a_message_is_written_once_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let transport = Transport::Directory(folder.path().to_owned());
        let address = Address::parse("a@ufficio.example").unwrap();
        let message_id = MessageId::parse("<pres.2026-10.prova.prospetto.r1@timbra.example>").unwrap();
        let out = |bytes| Outgoing { from: &address, to: &address, message_id: &message_id, bytes };
        let path = folder.path().join("pres.2026-10.prova.prospetto.r1@timbra.example.eml");

        let refused = transport.attempt(&out(b"one\r\n"), &mut || Err("disk full".to_owned())).await;
        assert_eq!(refused, not_sent(FailureClass::Transient, "disk full".to_owned()));
        assert!(!path.exists());

        // left by a crash
        fs::write(folder.path().join(format!(".{}.eml.part", message_id.bare())), b"half a messa").unwrap();
        let accepted = Outcome::Accepted { reply: format!("written to {}", path.display()) };
        for _ in 0..2 {
            assert_eq!(transport.attempt(&out(b"one\r\n"), &mut || Ok(())).await, accepted);
            assert_eq!(fs::read(&path).unwrap(), b"one\r\n");
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);

        let other = transport.attempt(&out(b"two\r\n"), &mut || Ok(())).await;
        assert!(matches!(other, Outcome::NotSent(Failure { class: FailureClass::Permanent, .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one\r\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        let unfit = transport.attempt(&out(b"one\n"), &mut || panic!()).await;
        assert!(matches!(unfit, Outcome::NotSent(Failure { class: FailureClass::Policy, .. })));
        let nowhere = Transport::Directory(folder.path().join("not-mounted/mail"));
        let outcome = nowhere.attempt(&out(b"one\r\n"), &mut || Ok(())).await;
        assert!(matches!(outcome, Outcome::NotSent(Failure { class: FailureClass::Transient, .. })));
    }
}

//! A double of a certified mail (PEC) provider: it takes messages over SMTP and answers with the
//! receipts of RFC 6109, as files. What becomes of a message is chosen by the local part of its
//! recipient:
//!
//! | local part | what happens |
//! |---|---|
//! | `dropdot-kept` | the connection ends after the final dot, the message is kept |
//! | `dropdot-lost` | the connection ends after the final dot, the message is lost |
//! | `bare250` | the final dot is answered by `250` and nothing more |
//! | `hangdot` | the final dot is never answered, the message is kept |
//! | `s451` `s550` | the recipient is refused, for now or for good |
//! | `d451` `d554` | the text is refused, for now or for good |
//! | `nodest` `nodominio` | accepted, then not delivered: no such mailbox, no such domain |
//! | `virus` `virus2` | refused for a virus by the sender's, by the recipient's provider |
//! | `nonacc` | refused by the formal checks |
//! | `esterno` | accepted, but the recipient is not certified mail: no delivery receipt comes |
//! | `lento` | 12 hours without delivery, then delivered |
//! | `scaduto` | 12 hours, then 24 hours without delivery |
//! | `muto` | no receipt at all |
//! | `doppio` `invertito` | each receipt twice; the delivery before the acceptance |
//! | `senzarif` `senzaxml` | receipts without reference header; without daticert.xml |
//! | `falso` | no receipt, but four forgeries of one |
//! | others | accepted and delivered |
//!
//! [`PecDouble::lift`] ends a fault of the first five rows. The provider writes its own Message-ID
//! into what it takes and keeps ours as `X-Riferimento-Message-ID`, as real ones do; it refuses by
//! receipt, not by reply, what breaks the formal checks of RFC 6109, 3.1.1. Receipts are signed where
//! there is an `openssl` command.

mod outcome;
mod receipt;
mod smtp;
mod tests;

use std::collections::HashSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use receipt::Scribe;

/// The one mailbox of this provider.
pub(crate) const USER: &str = "presenze@ospitante.example";

/// Its password, until [`PecDouble::change_password`].
pub(crate) const PASSWORD: &str = "segreta";

/// A provider on loopback. Its threads end with the test program.
pub(crate) struct PecDouble {
    /// Without TLS; AUTH is offered, but not required.
    pub(crate) plain: u16,
    /// TLS from the first byte, and STARTTLS; AUTH is required. None without `openssl`.
    pub(crate) smtps: Option<u16>,
    pub(crate) submission: Option<u16>,
    shared: Arc<Shared>,
    root: tempfile::TempDir,
}

/// What the connections of a provider share.
struct Shared {
    taken: Mutex<Vec<Taken>>,
    lifted: Mutex<HashSet<String>>,
    password: Mutex<String>,
    /// Receipts that wait for [`PecDouble::release_receipts`]; none when they are written at once.
    held: Mutex<Option<Vec<(String, String)>>>,
    scribe: Scribe,
    maildir: bool,
    connections: AtomicUsize,
    refused_logins: AtomicUsize,
    /// How many messages one connection carries before it is ended.
    at_most: AtomicUsize,
}

/// A message that came whole.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The text as it was sent, without the dots that the wire doubles.
    pub(crate) text: String,
    /// False when it was lost or refused after its final dot.
    pub(crate) kept: bool,
}

impl PecDouble {
    /// With TLS and signatures where there is `openssl`; receipts as `.eml` files in a folder.
    pub(crate) fn start() -> Self {
        Self::with(true, false)
    }

    /// The same, receipts in a Maildir.
    pub(crate) fn start_with_maildir() -> Self {
        Self::with(true, true)
    }

    /// Without TLS and signatures, and quicker for it.
    pub(crate) fn start_plain() -> Self {
        Self::with(false, false)
    }

    fn with(protected: bool, maildir: bool) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders: &[&str] = if maildir { &["tmp", "new", "cur"] } else { &[""] };
        for folder in folders {
            fs::create_dir_all(root.path().join("receipts").join(folder)).unwrap();
        }
        let certificates = root.path().join("certificates");
        let tls = if protected { make_certificates(&certificates) } else { None };
        let scribe = Scribe::new(tls.is_some().then(|| certificates.clone()));
        let shared = Arc::new(Shared {
            taken: Mutex::default(),
            lifted: Mutex::default(),
            password: Mutex::new(PASSWORD.to_owned()),
            held: Mutex::default(),
            scribe,
            maildir,
            connections: AtomicUsize::new(0),
            refused_logins: AtomicUsize::new(0),
            at_most: AtomicUsize::new(usize::MAX),
        });
        let receipts = root.path().join("receipts");
        let listen = |protection| listen(&shared, &receipts, protection);
        let plain = listen(smtp::Protection::None);
        let smtps = tls.clone().map(|tls| listen(smtp::Protection::Implicit(tls)));
        let submission = tls.map(|tls| listen(smtp::Protection::StartTls(tls)));
        Self { plain, smtps, submission, shared, root }
    }

    /// Where the receipts are written.
    pub(crate) fn receipts(&self) -> PathBuf {
        self.root.path().join("receipts")
    }

    /// The authority of its certificate, for `ca_file`; also of the signatures on its receipts.
    pub(crate) fn authority(&self) -> PathBuf {
        self.root.path().join("certificates/ca.pem")
    }

    /// `[mail]` of a configuration that sends to it without TLS.
    pub(crate) fn mail(&self) -> String {
        format!(
            "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n",
            self.plain
        )
    }

    /// `[mail]` of a configuration that sends to it over TLS and logs in; the password is read from
    /// the file `password`. None without `openssl`.
    pub(crate) fn protected_mail(&self, folder: &Path) -> Option<String> {
        fs::write(folder.join("password"), PASSWORD).unwrap();
        Some(format!(
            "transport = \"smtp\"\n[mail.smtp]\nhost = \"localhost\"\nport = {}\ntls = \"implicit\"\nuser = \"{USER}\"\n\
             password_file = \"password\"\nca_file = \"{}\"\n",
            self.smtps?,
            self.authority().display()
        ))
    }

    /// Ends the fault of a local part.
    pub(crate) fn lift(&self, local_part: &str) {
        self.shared.lifted.lock().unwrap().insert(local_part.to_owned());
    }

    /// Keeps receipts back until they are released.
    pub(crate) fn hold_receipts(&self) {
        self.shared.held.lock().unwrap().get_or_insert_default();
    }

    /// Writes what was kept back, and from now on at once.
    pub(crate) fn release_receipts(&self) {
        let held = self.shared.held.lock().unwrap().take().unwrap_or_default();
        for (name, receipt) in held {
            self.shared.write(&self.receipts(), &name, &receipt);
        }
    }

    /// After so many messages a connection is ended, as many servers do.
    pub(crate) fn carry_at_most(&self, messages: usize) {
        self.shared.at_most.store(messages, Ordering::Relaxed);
    }

    /// From now on another password is the right one.
    pub(crate) fn change_password(&self, password: &str) {
        password.clone_into(&mut self.shared.password.lock().unwrap());
    }

    /// The messages that came whole, in order.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// How many whole copies of a message it holds. `message_id` as our store has it, with brackets.
    pub(crate) fn copies(&self, message_id: &str) -> usize {
        let header = format!("Message-ID: {message_id}\r\n");
        self.taken().iter().filter(|taken| taken.kept && taken.text.contains(&header)).count()
    }

    /// A delivery receipt for a message, as its sender may save it from the webmail.
    pub(crate) fn receipt_for(&self, text: &str, to: &str) -> String {
        let taken = Taken { from: USER.to_owned(), to: to.to_owned(), text: text.to_owned(), kept: true };
        self.shared.scribe.delivery(&taken)
    }

    /// How many connections it has accepted.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// How many logins it has refused.
    pub(crate) fn refused_logins(&self) -> usize {
        self.shared.refused_logins.load(Ordering::Relaxed)
    }

    /// The receipts so far, in the order of writing.
    pub(crate) fn written(&self) -> Vec<(PathBuf, String)> {
        let folder = if self.shared.maildir { self.receipts().join("new") } else { self.receipts() };
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
            .collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
    }
}

impl Shared {
    /// True while the fault of a local part holds.
    fn faulty(&self, local_part: &str) -> bool {
        !self.lifted.lock().unwrap().contains(local_part)
    }

    /// What follows from a message that was taken: its receipts.
    fn answer(&self, folder: &Path, taken: &Taken) {
        for (name, receipt) in self.scribe.receipts(taken) {
            if let Some(held) = self.held.lock().unwrap().as_mut() {
                held.push((name, receipt));
            } else {
                self.write(folder, &name, &receipt);
            }
        }
    }

    /// Whoever reads the folder sees the whole file or none.
    fn write(&self, folder: &Path, name: &str, receipt: &str) {
        let (partial, whole) = if self.maildir {
            (folder.join("tmp").join(name), folder.join("new").join(name))
        } else {
            (folder.join(format!(".{name}.part")), folder.join(name))
        };
        // the folder goes away with the double
        if fs::write(&partial, receipt).is_ok() {
            drop(fs::rename(partial, whole));
        }
    }
}

/// Listens on a port of its own; one thread for each connection.
fn listen(shared: &Arc<Shared>, receipts: &Path, protection: smtp::Protection) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (shared, receipts) = (Arc::clone(shared), receipts.to_owned());
    std::thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            shared.connections.fetch_add(1, Ordering::Relaxed);
            let (shared, receipts, protection) = (Arc::clone(&shared), receipts.clone(), protection.clone());
            std::thread::spawn(move || {
                // a client that breaks off ends the conversation, not the test
                drop(smtp::converse(&shared, &receipts, client, &protection));
            });
        }
    });
    port
}

/// The certificates of `tests/servers/mkcerts.sh`, and TLS with the good one.
fn make_certificates(folder: &Path) -> Option<Arc<rustls::ServerConfig>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/mkcerts.sh");
    let made = Command::new("bash").arg(script).arg(folder).status();
    made.is_ok_and(|status| status.success()).then(|| server_config(folder, "server"))
}

/// TLS with a certificate of the folder.
fn server_config(folder: &Path, name: &str) -> Arc<rustls::ServerConfig> {
    let certificates = CertificateDer::pem_file_iter(folder.join(format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates.map(Result::unwrap).collect(), key)
        .unwrap();
    Arc::new(config)
}

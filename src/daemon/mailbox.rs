//! A mailbox whose login was refused. After one refusal nothing is tried until the configuration is
//! read anew, also when the daemon is restarted: a service that restarts by itself would lock the
//! account.

use tracing::error;

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::words::MAILBOX;
use crate::mail::imap::ImapSettings;
use crate::mail::{MailSettings, Secret, Transport};
use crate::store::{Store, StoreError};

use super::clock::Clock;

/// The mailbox that receipts come from, as the subject of an alarm.
pub(super) const RECEIPTS: &str = "receipts mailbox";

/// A login at a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account<'a> {
    /// The fact of the store.
    fact: &'static str,
    /// The subject of its alarms.
    subject: &'static str,
    /// What stands still while it is refused.
    stands_still: &'static str,
    host: &'a str,
    port: u16,
    user: &'a str,
    password: Option<&'a Secret>,
}

impl<'a> Account<'a> {
    /// The one that sends.
    pub(super) fn sending(mail: &'a MailSettings) -> Self {
        let account = Self {
            fact: "mailbox_suspended",
            subject: MAILBOX,
            stands_still: "no mail leaves",
            host: "",
            port: 0,
            user: "",
            password: None,
        };
        match &mail.transport {
            Transport::Directory(_) => account,
            Transport::Smtp(smtp) => Self {
                host: &smtp.host,
                port: smtp.port,
                user: smtp.user.as_deref().unwrap_or_default(),
                password: smtp.password.as_ref(),
                ..account
            },
        }
    }

    /// The one that receives.
    pub(super) fn receiving(imap: &'a ImapSettings) -> Self {
        Self {
            fact: "receipts_suspended",
            subject: RECEIPTS,
            stands_still: "no receipts are fetched",
            host: &imap.host,
            port: imap.port,
            user: &imap.user,
            password: imap.password.as_ref(),
        }
    }

    /// True when no login may be tried. `reloaded` says that somebody has just asked to read the
    /// configuration anew; a start with another login or password lifts it as well.
    pub(super) fn is_suspended(
        &self,
        store: &mut Store,
        reloaded: bool,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        let Some(kept) = store.fact(self.fact)? else { return Ok(false) };
        let salt = kept.split(' ').next().unwrap_or_default();
        if !reloaded && kept == self.login(salt) {
            let so = self.stands_still;
            error!("the mail server refused this login in an earlier run; {so}: mend it, then reload timbra");
            return Ok(true);
        }
        store.keep_fact(self.fact, None)?;
        store.clear_alarms(AlarmKind::Login, self.subject, clock())?;
        Ok(false)
    }

    /// Remembers that the login was refused.
    pub(super) fn suspend(&self, store: &mut Store) -> Result<(), StoreError> {
        let salt = format!("{:016x}", fastrand::u64(..));
        store.keep_fact(self.fact, Some(&self.login(&salt)))
    }

    /// A login by which it is known again; of the password only that it is another.
    fn login(&self, salt: &str) -> String {
        let mark = self.password.map(|password| password.mark(salt)).unwrap_or_default();
        format!("{salt} {mark:04x} {} {} {}", self.host, self.port, self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::clock;
    use crate::mail::{Address, Limits, Secret, SmtpSettings, Tls};

    fn mail(user: &str, password: &str) -> MailSettings {
        MailSettings {
            transport: Transport::Smtp(Box::new(SmtpSettings {
                host: "smtp.ufficio.example".to_owned(),
                port: 465,
                tls: Tls::Implicit,
                user: Some(user.to_owned()),
                password: Some(Secret::new(password)),
                ca_file: None,
                limits: Limits::default(),
            })),
            from: Address::parse("a@ufficio.example").unwrap(),
            reply_to: None,
            message_id_domain: "ufficio.example".to_owned(),
            largest_message: MailSettings::LARGEST_MESSAGE,
        }
    }

    #[test]
    fn a_refused_login_stays_refused_until_it_is_another_or_a_reload() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        let refused = mail("presenze", "vecchia");
        for (next, reloaded, suspended) in [
            (mail("presenze", "vecchia"), false, true),
            (mail("presenze", "vecchia"), true, false),
            (mail("presenze", "nuova"), false, false),
            (mail("M12345", "vecchia"), false, false),
        ] {
            let sending = Account::sending(&refused);
            sending.suspend(&mut store).unwrap();
            let kept = store.fact(sending.fact).unwrap().unwrap();
            assert!(!kept.contains("vecchia"), "{kept}");
            for _ in 0..2 {
                let now = Account::sending(&next).is_suspended(&mut store, reloaded, clock::now).unwrap();
                assert_eq!(now, suspended, "{reloaded}");
            }
        }
    }
}

//! A mailbox whose login was refused. After one refusal nothing is tried until the configuration is
//! read anew, also when the daemon is restarted: a service that restarts by itself would lock the
//! account.

use tracing::error;

use crate::domain::alarm::AlarmKind;
use crate::domain::delivery::words::MAILBOX;
use crate::mail::{MailSettings, Transport};
use crate::store::{Store, StoreError};

use super::clock::Clock;

/// The fact of the store.
const FACT: &str = "mailbox_suspended";

/// True when no login may be tried. `reloaded` says that somebody has just asked to read the
/// configuration anew; a start with another login or password lifts it as well.
pub(super) fn is_suspended(
    store: &mut Store,
    mail: &MailSettings,
    reloaded: bool,
    clock: Clock,
) -> Result<bool, StoreError> {
    let Some(kept) = store.fact(FACT)? else { return Ok(false) };
    let salt = kept.split(' ').next().unwrap_or_default();
    if !reloaded && kept == login(mail, salt) {
        error!(
            "the mail server refused this login in an earlier run; no mail leaves: mend it, then reload timbra"
        );
        return Ok(true);
    }
    store.keep_fact(FACT, None)?;
    store.clear_alarms(AlarmKind::Login, MAILBOX, clock())?;
    Ok(false)
}

/// Remembers that the login was refused.
pub(super) fn suspend(store: &mut Store, mail: &MailSettings) -> Result<(), StoreError> {
    let salt = format!("{:016x}", fastrand::u64(..));
    store.keep_fact(FACT, Some(&login(mail, &salt)))
}

/// A login by which it is known again; of the password only that it is another.
fn login(mail: &MailSettings, salt: &str) -> String {
    let Transport::Smtp(smtp) = &mail.transport else { return String::new() };
    let mark = smtp.password.as_ref().map(|password| password.mark(salt)).unwrap_or_default();
    let user = smtp.user.as_deref().unwrap_or_default();
    format!("{salt} {mark:04x} {} {} {user}", smtp.host, smtp.port)
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
            suspend(&mut store, &refused).unwrap();
            let kept = store.fact(FACT).unwrap().unwrap();
            assert!(!kept.contains("vecchia"), "{kept}");
            for _ in 0..2 {
                let now = is_suspended(&mut store, &next, reloaded, clock::now).unwrap();
                assert_eq!(now, suspended, "{reloaded}");
            }
        }
    }
}

//! A refused login is never tried again by itself: that locks the account.

use super::prepare;
use crate::office::{Office, skipped};
use crate::pec_double::PecDouble;

#[test]
fn row_09_a_wrong_password_is_tried_once_and_the_mail_goes_on_after_a_reload() {
    let double = PecDouble::start();
    let mut office = Office::new();
    let Some(mail) = double.protected_mail(&office.path("etc")) else {
        return skipped("openssl is not installed: a login under TLS was not tried");
    };
    office.mail = mail;
    office.write();
    prepare(&office, "protocollo");
    double.change_password("altra");
    let daemon = office.run_ready();
    office.until_told("the mail server refused the login");
    assert_eq!(office.states(), ["due"]);
    assert_eq!((double.connections(), double.refused_logins()), (1, 1));

    std::fs::write(office.path("etc/password"), "altra\n").unwrap();
    daemon.signal("HUP");
    office.until("it is sent", || office.states() == ["smtp_accepted"]);
    assert_eq!(double.refused_logins(), 1);
    assert!(!office.journal().contains("segreta") && !office.journal().contains("altra"));
}

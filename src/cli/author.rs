//! Who enters something: the system user, by name.

use std::fs;

/// Numbers below are accounts of the system, such as `root` and the one that runs timbra.
const FIRST_PERSON: u32 = 1000;

/// The kernel's number for "nobody logged in".
const NOT_LOGGED_IN: u32 = u32::MAX;

/// The system user who runs this command. An account of the system acts for a person: where the
/// kernel knows who logged in (through `sudo` too), that person is the author, so that nobody
/// confirms their own entry by becoming another account.
pub(super) fn system_user() -> String {
    // a test cannot become another user
    #[cfg(debug_assertions)]
    if let Ok(name) = std::env::var("TIMBRA_TEST_USER") {
        return name;
    }
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let user = author(&read("/proc/self/status"), &read("/proc/self/loginuid"));
    user.map_or_else(|| "unknown".to_owned(), |user| name(user, &read("/etc/passwd")))
}

/// The number of the author, from `/proc/self/status` and `/proc/self/loginuid`.
fn author(status: &str, login: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let own: u32 = line.split_whitespace().next()?.parse().ok()?;
    let login = login.trim().parse().unwrap_or(NOT_LOGGED_IN);
    let acts_for_a_person = own < FIRST_PERSON && (FIRST_PERSON..NOT_LOGGED_IN).contains(&login);
    Some(if acts_for_a_person { login } else { own })
}

/// The name of a number in `/etc/passwd`; `uid 1234` for users kept elsewhere. No program is asked:
/// the author could put another one in its place.
fn name(user: u32, passwd: &str) -> String {
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid {user}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_of_the_system_acts_for_whoever_logged_in() {
        let rows = [
            ("1001", "1001", Some(1001)),
            ("0", "1001", Some(1001)),    // sudo
            ("998", "1001", Some(1001)),  // sudo -u timbra
            ("1002", "1001", Some(1002)), // su - another
            ("0", "4294967295", Some(0)), // nobody logged in
            ("0", "0", Some(0)),
            ("0", "", Some(0)),
        ];
        for (own, login, expected) in rows {
            let status = format!("Name:\ttimbra\nUid:\t{own}\t0\t0\t0\n");
            assert_eq!(author(&status, login), expected, "{own} {login}");
        }
        assert_eq!(author("", ""), None);
    }

    #[test]
    fn numbers_have_names() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nanna:x:1001:1001::/home/anna:/bin/sh\n";
        assert_eq!([name(0, passwd), name(1001, passwd), name(7, passwd)], ["root", "anna", "uid 7"]);
    }
}

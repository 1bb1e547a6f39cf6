//! Everything in one file and back, around the real program: `verify`, `backup`, `restore`.

mod bars;
mod kills;
mod letters;
mod older;
mod openers;
mod places;
mod refusals;
mod traps;
mod unwritable;
mod verify;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::office::{Office, month_ago, regular_days, skipped, working_days};

/// An office whose file was read and archived, and whose statement has left.
fn sent() -> Office {
    let office = Office::new();
    let days = working_days(month_ago(1), 2);
    office.agreement("roma-01", "5", &days, "").drop("export.dat", regular_days("5", &days));
    office.run_until_sent(1);
    office
}

/// Writes a backup of an office: its path.
fn backed_up(office: &Office) -> String {
    let file = office.path("copy.tar").to_str().unwrap().to_owned();
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(0), "{said:?}");
    file
}

/// Changes the store behind the program's back.
fn tamper(office: &Office, sql: &str) {
    let store = rusqlite::Connection::open(office.path("store/timbra.sqlite")).unwrap();
    store.pragma_update(None, "foreign_keys", "OFF").unwrap();
    store.execute_batch(sql).unwrap();
}

/// Unpacks a backup by the tools that every machine has, and checks it by them.
fn unpack(file: &str, to: &Path) {
    let opened = Command::new("sh")
        .args(["-c", "tar xf \"$1\" && sha256sum --quiet -c manifest.sha256", "sh", file])
        .current_dir(to)
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
}

/// Packs it again by hand, as an attacker or a careful administrator would: its list fits again.
fn repack(from: &Path, file: &str) {
    let script = "cut -c67- manifest.sha256 > names; while read -r n; do sha256sum \"$n\"; done < names > new; \
                  mv new manifest.sha256; echo manifest.sha256 >> names; \
                  tar --format=ustar --no-recursion -b1 -cf \"$1\" -T names; rm names";
    let packed = Command::new("sh").args(["-c", script, "sh", file]).current_dir(from).output().unwrap();
    assert!(packed.status.success(), "{packed:?}");
}

#[test]
fn a_backup_of_a_running_office_stands_for_itself() {
    let mut office = sent();
    office.mail =
        "transport = \"smtp\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"none\"\nuser = \"u\"\n\
                   password_file = \"smtp-word\"\n[malfunction]\nfolder = \"../notices\"\n\
         [page]\nfolder = \"page\"\n[metrics]\nfile = \"figures/timbra.prom\"\n"
            .to_owned();
    fs::create_dir(office.path("notices")).unwrap();
    office.write();
    fs::write(office.path("etc/smtp-word"), "a word that nobody may see").unwrap();
    fs::write(office.path("etc/NOTE.md"), "come si fa").unwrap();
    fs::write(office.path("etc/timbra.toml~"), "old").unwrap();
    fs::create_dir(office.path("etc/page")).unwrap();
    fs::create_dir(office.path("etc/figures")).unwrap();
    let open = ["malfunction", "open", "--kind", "network", "--systems", "rete della sede"];
    let said = office.timbra(&open);
    assert!(matches!(said.code, Some(0 | 3)), "{said:?}");
    let daemon = office.run_ready();
    let file = backed_up(&office);
    drop(daemon);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let place = tempfile::tempdir().unwrap();
    unpack(&file, place.path());
    let read = |name: &str| fs::read_to_string(place.path().join(name)).unwrap();
    let page = read("CONSEGNA.txt");
    for part in [
        "Prefettura di Torino",
        "mail.smtp.password_file: nel file",
        "1: rete della sede, dal",
        "MESSAGGI IN ATTESA",
        "timbra restore FILE",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(read("backup.json").contains("\"form\": 1"));
    assert_eq!(read("configuration/NOTE.md"), "come si fa");
    assert!(place.path().join("configuration/agreements/roma-01.toml").exists());
    for name in ["smtp-word", "page", "figures", "timbra.toml~"] {
        assert!(!place.path().join("configuration").join(name).exists(), "{name}");
    }
    assert!(office.path("etc/page/index.html").exists() && office.path("etc/figures/timbra.prom").exists());
    assert!(page.contains("timbra.toml~ (non è nominato nella configurazione: copiarlo se serve)"), "{page}");
    assert!(page.contains("smtp-word (è un segreto: inserirlo di nuovo)"), "{page}");
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(10).any(|part| part == b"nobody may"), "the secret is in the backup");
    let archived: Vec<_> = fs::read_dir(place.path().join("state/archive/ingresso")).unwrap().collect();
    assert_eq!(archived.len(), 1);
    let store = rusqlite::Connection::open(place.path().join("timbra.sqlite")).unwrap();
    let count = |sql: &str| store.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!([count("SELECT count(*) FROM punch"), count("SELECT count(*) FROM sealed")], [8, 1]);
    let said = office.timbra(&["backup", &file]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("exists: name another file, or add --force"), "{said:?}");
    let said = office.timbra(&["backup", &file, "--force", "--json"]);
    assert_eq!((said.code, said.json()["whole"].as_bool()), (Some(0), Some(true)), "{said:?}");
    assert_eq!(said.json()["left_out"][0]["file"], "smtp-word");
    let notices = office.path("notices");
    assert_eq!(said.json()["left_out"].as_array().unwrap().len(), 3, "{said:?}");
    assert_eq!(said.json()["left_out"][2]["file"], notices.to_str().unwrap());
    assert!(page.contains(&format!("{} (avvisi da stampare", notices.display())), "{page}");
    // a backup is checked where there is no configuration
    let left = office.path("timbra-verify-4194304");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("timbra.sqlite"), "of a killed run").unwrap();
    let mut verify = Command::new(crate::office::TIMBRA);
    let verified =
        verify.args(["verify", "--backup", &file]).env("TMPDIR", office.path("")).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let left = fs::read_dir(office.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("timbra-verify-")));
}

#[test]
fn a_backup_goes_on_where_it_was_made_on_another_machine() {
    let office = sent();
    let file = backed_up(&office);
    let other = tempfile::tempdir().unwrap();
    let etc = other.path().join("etc");
    let folder = etc.to_str().unwrap();
    let said = office.timbra(&["restore", &file, "--with-configuration", folder]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("letters that were on their way: 0"), "{said:?}");
    let timbra = |arguments: &[&str]| {
        Command::new(crate::office::TIMBRA).args(arguments).args(["--config", folder]).output().unwrap()
    };
    let verified = timbra(&["verify", "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let verified: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    let counted = |key: &str| {
        let parts = verified["checked"].as_array().unwrap();
        parts.iter().find(|part| part["key"] == key).unwrap()["count"].as_u64().unwrap()
    };
    assert_eq!(["punches", "messages", "statements", "archive", "batches"].map(counted), [8, 1, 1, 1, 1]);
    assert_eq!(fs::metadata(etc.join("timbra.toml")).unwrap().permissions().mode() & 0o777, 0o640);
    let store = other.path().join("store");
    let mut names: Vec<_> = fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| {
        !name.to_string_lossy().ends_with("-wal") && !name.to_string_lossy().ends_with("-shm")
    });
    names.sort();
    assert_eq!(names, ["archive", "timbra.lock", "timbra.sqlite"]);
    let status = timbra(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("no letter leaves until `timbra outbox resume`"), "{status}");
    let restored = rusqlite::Connection::open(store.join("timbra.sqlite")).unwrap();
    let noted = |name: &str| {
        let sql = "SELECT count(*) FROM fact WHERE name = ?1";
        restored.query_row(sql, [name], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!([noted("restored"), noted("daemon")], [1, 0], "no daemon ran there yet");
    assert_eq!(office.number("SELECT count(*) FROM fact WHERE name = 'daemon'"), Some(1));
    drop(restored);
    // the configuration is never written over
    fs::write(etc.join("mine"), "1").unwrap();
    let said = office.timbra(&["restore", &file, "--with-configuration", folder]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.err.contains("there is a configuration in") && said.err.contains("add --force"), "{said:?}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 2);
    let said = office.timbra(&["restore", &file, "--with-configuration", folder, "--force"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let mut names: Vec<_> = fs::read_dir(other.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[1].join("mine").exists() && !names[0].join("mine").exists(), "{names:?}");
    assert!(said.err.contains(names[1].to_str().unwrap()), "{said:?}");
}

/// The inside of the namespace: what is on the small disk afterwards goes to stdout.
const INSIDE: &str = "mount -t tmpfs -o size=$1 none \"$2\" && { \"$3\" backup \"$2/copy.tar\" --config \"$4\"; \
                      echo \"ended $?\"; ls -A \"$2\"; }";

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let office = sent();
    let disk = office.path("disk");
    fs::create_dir(&disk).unwrap();
    for (size, expected) in [("100k", "ended 1\n"), ("500k", "ended 1\n"), ("50m", "ended 0\ncopy.tar\n")] {
        let output = Command::new("unshare")
            .args(["-Urm", "sh", "-c", INSIDE, "sh", size])
            .args([disk.as_os_str(), crate::office::TIMBRA.as_ref(), office.path("etc").as_os_str()])
            .output();
        let Some(output) = output.ok().filter(|output| !output.stdout.is_empty()) else {
            return skipped("no mount namespaces here: the full disk was not tried");
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{size}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            said.contains("cannot be written") && said.contains("nothing was left behind"),
            size != "50m",
            "{said}"
        );
    }
}

/// As [`INSIDE`], for a restore.
const RESTORED_INSIDE: &str = "mount -t tmpfs -o size=$1 none \"$2\" && { \"$3\" restore \"$4\" \
                               --with-configuration \"$2/etc\"; echo \"ended $?\"; ls -A \"$2\"; }";

#[test]
fn a_full_disk_is_not_the_fault_of_the_backup() {
    let office = sent();
    let file = backed_up(&office);
    let disk = office.path("disk");
    fs::create_dir(&disk).unwrap();
    for (size, expected) in [("100k", "ended 1\nstore\n"), ("50m", "ended 0\netc\nstore\n")] {
        let output = Command::new("unshare")
            .args(["-Urm", "sh", "-c", RESTORED_INSIDE, "sh", size])
            .args([disk.as_os_str(), crate::office::TIMBRA.as_ref(), file.as_ref()])
            .output();
        let Some(output) = output.ok().filter(|output| !output.stdout.is_empty()) else {
            return skipped("no mount namespaces here: the full disk was not tried");
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{size}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            said.contains("timbra.sqlite cannot be written: No space left")
                && said.contains("free space there"),
            size == "100k",
            "{said}"
        );
        assert!(!said.contains("take another backup"), "{said}");
    }
}

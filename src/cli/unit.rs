//! What the installed unit lets the service write and see, against what the configuration needs: a folder that
//! only an administrator's shell can use is told before the service fails on it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::problem::Problem;
use crate::config::{Config, plain};
use crate::mail::Transport;
use crate::source::FolderMode;

/// The unit of the daemon.
const UNIT: &str = "timbra.service";

/// Where systemd looks for units, the first before the others (systemd.unit(5)); a variable can say otherwise.
const PLACES: &str = "/etc/systemd/system:/run/systemd/system:/usr/local/lib/systemd/system:/usr/lib/systemd/system:/lib/systemd/system";
const PLACES_VARIABLE: &str = "SYSTEMD_UNIT_PATH";

/// The configuration of a service that names none.
const USUAL: &str = "/etc/timbra";

/// What a unit with its drop-ins says of files.
#[derive(Debug, Default)]
struct Unit {
    configuration: Option<PathBuf>,
    strict: bool,
    writable: Vec<PathBuf>,
    read_only: Vec<PathBuf>,
    hidden: Vec<PathBuf>,
}

/// The folders that the installed service could not use. None where it is not installed, or runs with another
/// configuration.
pub(super) fn unusable_folders(config: &Config, folder: &Path) -> Vec<Problem> {
    let places = std::env::var(PLACES_VARIABLE).unwrap_or_else(|_| PLACES.to_owned());
    let places: Vec<PathBuf> = places.split(':').map(PathBuf::from).collect();
    let Some(unit) = installed(&places).map(|text| Unit::read(&text)) else { return Vec::new() };
    let own = std::path::absolute(folder).map_or_else(|_| folder.to_owned(), |own| plain(&own));
    if unit.configuration.as_deref().unwrap_or(Path::new(USUAL)) != own {
        return Vec::new();
    }
    let told = needed(config).into_iter().filter_map(|Needed { what, path, writes, mounted }| {
        let path = plain(&std::path::absolute(&path).unwrap_or(path));
        let shown = path.display();
        let (message, hint) = if unit.hides(&path) {
            let message = format!("{what} is {shown}, which the service cannot see ({UNIT})");
            let hint = "use a folder below /srv/timbra, or one that is not below /home, /root, /tmp or what the \
                        unit hides (InaccessiblePaths=, TemporaryFileSystem=)";
            (message, hint.to_owned())
        } else if writes && !unit.may_write(&path) {
            let message = format!("{what} is {shown}, where the service may not write ({UNIT})");
            // a path that is named is a mount of its own inside the service, and would look mounted
            let named = if mounted { path.parent().unwrap_or(&path) } else { &path };
            let told_outside = what.starts_with("[alert]") || what.starts_with("[store]");
            let also = if told_outside { " (and timbra-status.service.d)" } else { "" };
            let named = format!("-{}", named.display());
            let named = if named.contains(' ') { format!("\"{named}\"") } else { named };
            let hint = format!(
                "write these two lines into /etc/systemd/system/{UNIT}.d/folders.conf{also}:\n[Service]\nReadWritePaths={named}\n\
                 then: systemctl daemon-reload && systemctl restart timbra"
            );
            (message, hint)
        } else {
            return None;
        };
        Some(Problem::of_file(&folder.join("timbra.toml"), message).hint(hint).warning())
    });
    told.collect()
}

/// The unit with its drop-ins, one text after the other.
fn installed(places: &[PathBuf]) -> Option<String> {
    let mut text = places.iter().find_map(|place| fs::read_to_string(place.join(UNIT)).ok())?;
    let folder = format!("{UNIT}.d");
    let mut names: Vec<String> = Vec::new();
    for place in places {
        for entry in fs::read_dir(place.join(&folder)).into_iter().flatten().flatten() {
            names.extend(
                entry.file_name().into_string().ok().filter(|name| name.strip_suffix(".conf").is_some()),
            );
        }
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let mut drop_in = places.iter().map(|place| place.join(&folder).join(&name));
        text += "\n";
        text += &drop_in.find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    }
    Some(text)
}

/// A folder of a configuration.
struct Needed {
    what: String,
    path: PathBuf,
    /// The service writes there.
    writes: bool,
    /// It must be a mount.
    mounted: bool,
}

fn needed(config: &Config) -> Vec<Needed> {
    let mut needed: Vec<Needed> = Vec::new();
    for reader in &config.folders {
        needed.push(Needed {
            what: format!("the folder of reader {}", reader.id()),
            path: reader.folder.path.clone(),
            writes: reader.folder.mode == FolderMode::Claim,
            mounted: reader.folder.require_mount,
        });
    }
    let mut add = |what: &str, path: Option<&Path>, writes| {
        if let Some(path) = path {
            needed.push(Needed { what: what.to_owned(), path: path.to_owned(), writes, mounted: false });
        }
    };
    add("[store] folder", Some(&config.store_folder), true);
    if let Transport::Directory(folder) = &config.mail.settings().transport {
        add("[mail.directory] folder", Some(folder), true);
    }
    add("[receipts.folder] path", config.receipts.folder.as_deref(), false);
    add("[release] folder", config.release.folder.as_deref(), true);
    add("[release] return_folder", config.release.return_folder.as_deref(), true);
    add("[alert] folder", config.alert.folder.as_deref(), true);
    add("[page] folder", config.page.folder.as_deref(), true);
    add("the folder of [metrics] file", config.metrics.file.as_deref().and_then(Path::parent), true);
    add("[malfunction] folder", Some(&config.malfunction.folder), true);
    needed
}

impl Unit {
    fn read(text: &str) -> Self {
        let mut unit = Self::default();
        let (mut home, mut temporary) = (false, false);
        for line in text.replace("\\\n", " ").lines() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let value = value.trim();
            let is_on = matches!(value, "yes" | "true" | "on" | "1");
            match key.trim() {
                "ExecStart" if !value.is_empty() => {
                    let mut words = words(value).into_iter().skip_while(|word| word != "--config");
                    unit.configuration = words.nth(1).map(|path| plain(Path::new(&path)));
                }
                "ProtectSystem" => unit.strict = value == "strict",
                "ProtectHome" => home = is_on || value == "tmpfs",
                "PrivateTmp" => temporary = is_on || value == "disconnected",
                "BindPaths" if value.is_empty() => (),
                "ReadWritePaths" | "BindPaths" => listed(&mut unit.writable, value),
                "ReadOnlyPaths" => listed(&mut unit.read_only, value),
                "InaccessiblePaths" | "TemporaryFileSystem" => listed(&mut unit.hidden, value),
                "StateDirectory" => {
                    let names = value.split_whitespace();
                    unit.writable.extend(names.map(|name| Path::new("/var/lib").join(name)));
                }
                _ => (),
            }
        }
        if home {
            unit.hidden.extend(["/home", "/root", "/run/user"].map(PathBuf::from));
        }
        if temporary {
            unit.hidden.extend(["/tmp", "/var/tmp"].map(PathBuf::from));
        }
        unit
    }

    fn hides(&self, path: &Path) -> bool {
        self.hidden.iter().any(|hidden| path.starts_with(hidden))
    }

    /// What is named nearest to a path holds for it.
    fn may_write(&self, path: &Path) -> bool {
        let nearest = |named: &[PathBuf]| {
            let above = named.iter().filter(|named| path.starts_with(named));
            above.map(|named| named.components().count()).max()
        };
        match (nearest(&self.writable), nearest(&self.read_only)) {
            (None, None) => !self.strict,
            (writable, read_only) => writable > read_only,
        }
    }
}

/// Adds the paths of a value to those before; an empty one forgets them. Of `from:to` the service sees the
/// second, of `path:options` of a file system in memory the first.
fn listed(paths: &mut Vec<PathBuf>, value: &str) {
    if value.is_empty() {
        paths.clear();
    }
    for path in words(value) {
        let path = path.trim_start_matches(['-', '+']);
        paths.extend(path.split(':').rfind(|part| part.starts_with('/')).map(PathBuf::from));
    }
}

/// The words of a value. One in quotes may hold spaces (systemd.syntax(7)).
fn words(value: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_unit_and_its_drop_ins_say_what_can_be_used() {
        let shipped = include_str!("../../systemd/timbra.service");
        let more = "[Service]\nInaccessiblePaths=/gone\nInaccessiblePaths=\nInaccessiblePaths=-/srv/timbra/segreto\n\
            TemporaryFileSystem=/opt:ro\nReadOnlyPaths=/srv/timbra/lettura\nReadWritePaths=/srv/timbra/lettura/ma\n\
            BindPaths=/dati/x:/mnt/legata:rbind\nReadWritePaths=-/mnt/orologi \\\n+/mnt/altro \"-/mnt/con spazio\"\nExecStart=\nExecStart=/usr/bin/timbra --config /etc/due run\n";
        let unit = Unit::read(&format!("{shipped}\n{more}"));
        assert_eq!(unit.configuration.as_deref(), Some(Path::new("/etc/due")));
        for (path, hidden, writable) in [
            ("/srv/timbra/ingresso", false, true),
            ("/srv/timbra2", false, false),
            ("/var/lib/timbra", false, true),
            ("/mnt/orologi/uno", false, true),
            ("/mnt/altro", false, true),
            ("/mnt/con spazio/due", false, true),
            ("/mnt/con", false, false),
            ("/mnt", false, false),
            ("/mnt/legata/uno", false, true),
            ("/dati/x", false, false),
            ("/gone", false, false),
            ("/srv/timbra/segreto/uno", true, true),
            ("/srv/timbra/lettura", false, false),
            ("/srv/timbra/lettura/ma/due", false, true),
            ("/opt/uno", true, false),
            ("/home/anna/drop", true, false),
            ("/var/tmp/x", true, false),
            ("/tmp", true, false),
        ] {
            let path = Path::new(path);
            assert_eq!((unit.hides(path), unit.may_write(path)), (hidden, writable), "{}", path.display());
        }
        assert_eq!(Unit::read(shipped).configuration, None);
        let open =
            Unit::read(&format!("{shipped}\nProtectSystem=full\nProtectHome=read-only\nReadWritePaths=\n"));
        assert!(
            open.may_write(Path::new("/mnt"))
                && !open.hides(Path::new("/home/a"))
                && open.hides(Path::new("/tmp"))
        );
    }
}

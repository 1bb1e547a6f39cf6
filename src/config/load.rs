//! The whole configuration out of a folder: what can be used, and every problem of every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::decode::format::Format;
use crate::domain::agreement::Agreement;
use crate::domain::host::Host;
use crate::domain::ids::{AgreementId, ReaderId};
use crate::domain::profile::Profile;
use crate::mail::Transport;

use super::agreement::{Draft, Surroundings};
use super::alert::{self, AlertPart};
use super::bus::OsdpBus;
use super::files::{self, ConfigFiles, NamedFile};
use super::folder::FolderReader;
use super::mail::{self, MailPart};
use super::malfunction::{self, DigestPolicy, MalfunctionPolicy};
use super::node::Node;
use super::own_folders::OwnFolders;
use super::problem::{Problem, Severity, SourceText, without_secrets};
use super::reader::Reader;
use super::readers::Readers;
use super::receipts::{self, ReceiptsPart};
use super::section::{Reading, Section};
use super::serial::SerialReader;
use super::settings::{self, Intake, Retention};
use super::shelf::Shelf;
use super::shown::{self, MetricsPart, PagePart};
use super::statement::{self, ReleasePolicy, StatementPolicy};
use super::values::NAME;
use super::{agreement, format, office, overlap, presets, profile, readers};

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[host]`
    pub host: Host,
    /// The folder of the database.
    pub store_folder: PathBuf,
    /// `[intake]`
    pub intake: Intake,
    /// `[retention]`
    pub retention: Retention,
    /// `[mail]`
    pub mail: MailPart,
    /// `[alert]`
    pub alert: AlertPart,
    /// `[page]`
    pub page: PagePart,
    /// `[metrics]`
    pub metrics: MetricsPart,
    /// `[receipts]`
    pub receipts: ReceiptsPart,
    /// `[statement]`
    pub statement: StatementPolicy,
    /// `[release]`
    pub release: ReleasePolicy,
    /// What becomes a malfunction, and who is told.
    pub malfunction: MalfunctionPolicy,
    /// When the home offices hear of single days.
    pub digest: DigestPolicy,
    /// False when something has errors and was left out, or there is no agreement at all (the folder
    /// was moved, or is not mounted): then nobody knows whose a badge is, and nothing may be forgotten
    /// for being nobody's.
    pub whole: bool,
    /// Every reader that is written, also those left out for their errors: a month is not complete
    /// without them.
    pub declared_readers: BTreeSet<ReaderId>,
    /// The readers with a folder that can be used, in the order of the file.
    pub folders: Vec<FolderReader>,
    /// The readers on a serial port that can be used, in the order of the file.
    pub serials: Vec<SerialReader>,
    /// The OSDP buses with readers that can be used, in the order of the file.
    pub buses: Vec<OsdpBus>,
    /// The agreements, by name.
    pub agreements: Vec<Agreement>,
    /// The names of all profiles that can be used, the shipped ones too.
    pub profiles: BTreeSet<String>,
    /// The profiles behind the names.
    shelf: Arc<Shelf<Profile>>,
    /// The names of all formats that can be used, the shipped ones too.
    pub formats: BTreeSet<String>,
    /// SHA-256 over names and texts of the files in effect.
    pub hash: [u8; 32],
    /// The files in effect: name relative to the configuration, and text. Shipped profiles and
    /// formats in use are among them; secrets written by mistake are not.
    pub snapshot: Vec<(String, String)>,
}

impl Config {
    /// The profile of a name; none when there is none that can be used.
    pub fn profile(&self, name: &str) -> Option<Arc<Profile>> {
        self.shelf.get(name)
    }

    /// The readers that can be used, of either kind.
    pub fn readers(&self) -> impl Iterator<Item = &Reader> {
        let folders = self.folders.iter().map(|folder| &folder.reader);
        let serials = self.serials.iter().map(|serial| &serial.reader);
        let polled = self.buses.iter().flat_map(|bus| &bus.readers).map(|polled| &polled.reader);
        folders.chain(serials).chain(polled)
    }
}

/// What loading found.
#[derive(Debug)]
pub struct Loaded {
    /// Absent when `timbra.toml` itself cannot be used. Readers, agreements, profiles and formats
    /// with errors are left out of it.
    pub config: Option<Config>,
    /// All problems, sorted by file and place.
    pub problems: Vec<Problem>,
}

/// Reads the configuration of a folder.
pub fn load(folder: &Path) -> Loaded {
    let mut problems = Vec::new();
    let files = files::read(folder, &mut problems);
    understood(folder, &files, problems)
}

/// The same with one more agreement, as if its text were a file among the others.
pub fn load_with(folder: &Path, agreement: &AgreementId, source: SourceText) -> Loaded {
    let mut problems = Vec::new();
    let mut files = files::read(folder, &mut problems);
    files.agreements.retain(|file| file.stem != agreement.as_str());
    let relative = format!("agreements/{agreement}.toml");
    files.agreements.push(NamedFile { stem: agreement.to_string(), relative, source });
    understood(folder, &files, problems)
}

/// The same with another text for `timbra.toml`.
pub fn load_as(folder: &Path, timbra: SourceText) -> Loaded {
    let mut problems = Vec::new();
    let files = files::read(folder, &mut problems);
    understood(folder, &ConfigFiles { timbra: Some(timbra), ..files }, problems)
}

fn understood(folder: &Path, files: &ConfigFiles, mut problems: Vec<Problem>) -> Loaded {
    let formats = {
        let shipped = presets::names().filter_map(|name| Some((name, presets::text(name)?)));
        Shelf::read("format", shipped, &files.formats, format::read, &mut problems)
    };
    let shipped = SHIPPED_PROFILES.into_iter();
    let profiles = Arc::new(Shelf::read("profile", shipped, &files.profiles, whole_profile, &mut problems));
    let basis = files.timbra.as_ref().map(|source| basis(source, folder, &formats, &mut problems));
    let around = Surroundings {
        host: basis.as_ref().and_then(|basis| basis.host.as_ref()),
        policy: basis.as_ref().map(|basis| basis.statement),
        release: basis.as_ref().filter(|basis| basis.parsed).map(|basis| &basis.release),
        readers: basis.as_ref().filter(|basis| basis.parsed).map(|basis| &basis.readers.declared),
        profiles: &profiles,
    };
    let mut drafts = Vec::new();
    for file in &files.agreements {
        let (draft, told) = draft(file, &around);
        drafts.extend(draft);
        problems.extend(told);
    }
    let drafts = overlap::without_overlaps(drafts, &mut problems);
    problems.sort_by(|a, b| {
        let order = |problem: &Problem| problem.place.as_ref().map(|place| (place.line, place.column));
        (&a.path, order(a)).cmp(&(&b.path, order(b)))
    });
    let whole = problems.iter().all(|problem| problem.severity != Severity::Error);
    let config = basis.and_then(|basis| assemble(basis, files, drafts, &profiles, &formats));
    let config = config.map(|config| Config { whole: whole && !config.agreements.is_empty(), ..config });
    Loaded { config, problems }
}

/// The hour profiles that come with the program.
pub(super) const SHIPPED_PROFILES: [(&str, &str); 8] = [
    ("5x7h12", include_str!("../../config/profiles/5x7h12.toml")),
    ("3x6h-2x9h", include_str!("../../config/profiles/3x6h-2x9h.toml")),
    ("4x9h", include_str!("../../config/profiles/4x9h.toml")),
    ("6x6h", include_str!("../../config/profiles/6x6h.toml")),
    ("part-time-orizzontale", include_str!("../../config/profiles/part-time-orizzontale.toml")),
    ("part-time-verticale", include_str!("../../config/profiles/part-time-verticale.toml")),
    ("turnista", include_str!("../../config/profiles/turnista.toml")),
    ("turni-due-settimane", include_str!("../../config/profiles/turni-due-settimane.toml")),
];

fn whole_profile(section: Section<'_>) -> Option<Profile> {
    let profile = profile::read(&section);
    section.finish();
    profile
}

/// `timbra.toml` as far as it could be read.
struct Basis {
    host: Option<Host>,
    store_folder: PathBuf,
    intake: Intake,
    retention: Retention,
    mail: Option<MailPart>,
    alert: AlertPart,
    page: PagePart,
    metrics: MetricsPart,
    receipts: ReceiptsPart,
    statement: StatementPolicy,
    release: ReleasePolicy,
    malfunction: MalfunctionPolicy,
    digest: DigestPolicy,
    readers: Readers,
    /// False when its syntax is wrong: then nobody knows what is missing.
    parsed: bool,
    /// True without errors, those of single readers apart.
    usable: bool,
}

fn basis(source: &SourceText, folder: &Path, formats: &Shelf<Format>, problems: &mut Vec<Problem>) -> Basis {
    let (node, syntax) = Node::from_toml(source);
    let parsed = syntax.is_empty();
    let reading = Reading::new(source, syntax);
    let root = Section::root(&reading, &node);
    let table = |key: &'static str| {
        if parsed { root.table(key, "the sample timbra.toml shows its keys") } else { root.section(key) }
    };
    let host = table("host").and_then(office::host);
    let store_folder = settings::store(root.section("store"), folder);
    let intake = settings::intake(root.section("intake"));
    let retention = settings::retention(root.section("retention"));
    let mail = table("mail").and_then(|section| mail::read(section, folder, &store_folder));
    let alert = alert::read(&root, folder, mail.as_ref());
    let statement = statement::statement(root.section("statement"));
    let release = statement::release(root.section("release"), folder);
    let malfunction = malfunction::malfunction(root.section("malfunction"), folder, &store_folder);
    let digest = malfunction::digest(root.section("digest"));
    let receipts = receipts::read(root.section("receipts"), folder);
    let mut own = OwnFolders::new(folder, &store_folder);
    let page = shown::page(root.section("page"), folder, &own);
    let metrics = shown::metrics(root.section("metrics"), folder, &own);
    let mut holds =
        |folder: Option<&PathBuf>, what| folder.into_iter().for_each(|folder| own.add(folder, what));
    if let Some(Transport::Directory(sent)) = mail.as_ref().map(|mail| &mail.settings().transport) {
        holds(Some(sent), "the mail that was sent");
    }
    holds(alert.folder.as_ref(), "the alarms");
    holds(page.folder.as_ref(), "the page of the personnel office");
    let figures = metrics.file.as_ref().and_then(|file| file.parent()).map(Path::to_owned);
    holds(figures.as_ref(), "the figures for monitoring");
    holds(release.folder.as_ref(), "what waits for the protocol office");
    holds(release.return_folder.as_ref(), "what the protocol office gives back");
    holds(receipts.folder.as_ref(), "the receipts");
    holds(Some(&malfunction.folder), "notices to be printed");
    let readers = readers::read(&root, &reading, folder, &intake, formats, &own);
    root.finish();
    let usable = reading.errors() == readers.errors;
    problems.extend(reading.into_problems());
    Basis {
        host,
        store_folder,
        intake,
        retention,
        mail,
        alert,
        page,
        metrics,
        receipts,
        statement,
        release,
        malfunction,
        digest,
        readers,
        parsed,
        usable,
    }
}

fn draft<'a>(file: &'a NamedFile, around: &Surroundings<'_>) -> (Option<Draft<'a>>, Vec<Problem>) {
    let (node, syntax) = Node::from_toml(&file.source);
    let usable = syntax.is_empty();
    let reading = Reading::new(&file.source, syntax);
    let draft = if let Ok(id) = AgreementId::new(&file.stem) {
        agreement::read(&id, &reading, Section::root(&reading, &node), around)
    } else {
        let message = format!("`{}` cannot be the name of an agreement", file.stem);
        let hint = format!("rename the file; {NAME}");
        reading.complain(Problem::of_file(&file.source.path, message).hint(hint));
        None
    };
    (draft.filter(|_| usable), reading.into_problems())
}

fn assemble(
    basis: Basis,
    files: &ConfigFiles,
    drafts: Vec<Draft<'_>>,
    profiles: &Arc<Shelf<Profile>>,
    formats: &Shelf<Format>,
) -> Option<Config> {
    if !basis.usable {
        return None;
    }
    let mut effective: BTreeMap<String, String> = BTreeMap::new();
    let timbra = files.timbra.as_ref()?;
    effective.insert("timbra.toml".to_owned(), timbra.text.clone());
    for draft in &drafts {
        let name = format!("agreements/{}.toml", draft.agreement.id);
        effective.insert(name, draft.source.text.clone());
        effective.extend(draft.profiles.iter().filter_map(|name| profiles.file(name).cloned()));
    }
    // the register may change to any of them
    effective.extend(profiles.own_files().cloned());
    let in_use = basis.readers.folders.iter().filter_map(|reader| formats.file(&reader.format_name).cloned());
    effective.extend(in_use);
    Some(Config {
        host: basis.host?,
        store_folder: basis.store_folder,
        intake: basis.intake,
        retention: basis.retention,
        mail: basis.mail?,
        alert: basis.alert,
        page: basis.page,
        metrics: basis.metrics,
        receipts: basis.receipts,
        statement: basis.statement,
        release: basis.release,
        malfunction: basis.malfunction,
        digest: basis.digest,
        whole: false,
        declared_readers: basis.readers.declared,
        folders: basis.readers.folders,
        serials: basis.readers.serials,
        buses: basis.readers.buses,
        agreements: drafts.into_iter().map(|draft| draft.agreement).collect(),
        profiles: profiles.usable(),
        shelf: Arc::clone(profiles),
        formats: formats.usable(),
        hash: fingerprint(&effective),
        snapshot: effective.iter().map(|(name, text)| (name.clone(), clean(text))).collect(),
    })
}

/// The text of a configuration file without the values of keys that name a secret themselves, which are an
/// error wherever they stand.
pub fn clean(text: &str) -> String {
    text.split_inclusive('\n').map(clean_line).collect()
}

/// A line, with its end, without secrets.
fn clean_line(line: &str) -> String {
    let bare = line.trim_end_matches(['\r', '\n']);
    format!("{}{}", without_secrets(bare), line.strip_prefix(bare).unwrap_or_default())
}

/// Each name and text with its length before it, so that no two sets of files look alike.
fn fingerprint(files: &BTreeMap<String, String>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

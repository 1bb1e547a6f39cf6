//! Things that other files call by name: hour profiles and formats. Each is a file of its own; those
//! that the program brings along stand behind, and a file of the same name takes their place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::files::NamedFile;
use super::node::Node;
use super::problem::{Problem, SourceText};
use super::section::{Reading, Section};
use super::spelling::nearest;
use super::values::is_name;

/// Everything of one kind, by name.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    /// "profile" or "format", as in `profiles/NAME.toml`.
    kind: &'static str,
    items: BTreeMap<String, Item<T>>,
    read: Reader<T>,
}

/// Makes one of its file.
type Reader<T> = fn(Section<'_>) -> Option<T>;

#[derive(Debug)]
struct Item<T> {
    /// None when its file has errors. The shipped ones have none (their tests say so): those are
    /// read only when somebody asks for them.
    value: OnceLock<Option<Arc<T>>>,
    /// The file, relative to the configuration, and its text.
    file: (String, String),
}

impl<T> Shelf<T> {
    /// Reads the shipped ones, then the files over them.
    pub(super) fn read(
        kind: &'static str,
        shipped: impl Iterator<Item = (&'static str, &'static str)>,
        files: &[NamedFile],
        read: Reader<T>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut items = BTreeMap::new();
        for (name, text) in shipped {
            let file = (format!("shipped/{kind}s/{name}.toml"), text.to_owned());
            items.insert(name.to_owned(), Item { value: OnceLock::new(), file });
        }
        for NamedFile { stem: name, relative, source } in files {
            let (node, syntax) = Node::from_toml(source);
            let reading = Reading::new(source, syntax);
            let value = read(Section::root(&reading, &node));
            if !is_name(name) {
                let hint = "rename it: a-z, 0-9, '-' and '_' only, starting with a letter or digit";
                let message = format!("`{name}` cannot be the name of a {kind}");
                reading.complain(Problem::of_file(&source.path, message).hint(hint));
            }
            let value = value.filter(|_| reading.errors() == 0).map(Arc::new);
            problems.extend(reading.into_problems());
            let file = (relative.clone(), source.text.clone());
            items.insert(name.clone(), Item { value: OnceLock::from(value), file });
        }
        Self { kind, items, read }
    }

    fn value<'a>(&self, item: &'a Item<T>) -> Option<&'a Arc<T>> {
        let shipped = || {
            let source = SourceText::new(Path::new(&item.file.0), item.file.1.clone());
            let (node, syntax) = Node::from_toml(&source);
            let reading = Reading::new(&source, syntax);
            let value = (self.read)(Section::root(&reading, &node));
            value.filter(|_| reading.errors() == 0).map(Arc::new)
        };
        item.value.get_or_init(shipped).as_ref()
    }

    /// What a key calls by name; complains at its place when it is not there or not usable.
    pub(super) fn find(&self, section: &Section<'_>, key: &str, name: &str) -> Option<Arc<T>> {
        let kind = self.kind;
        let span = section.span_of(key);
        match self.items.get(name).map(|item| (self.value(item), &item.file.0)) {
            Some((Some(value), _)) => return Some(Arc::clone(value)),
            Some((None, file)) => {
                let hint = format!("put {file} in order first");
                section.complain(&span, &format!("the {kind} `{name}` has errors of its own"), &hint);
            }
            None => {
                let known = self.items.keys().map(String::as_str);
                let hint = nearest(name, known.clone()).map_or_else(
                    || {
                        let known: Vec<&str> = known.collect();
                        format!("write {kind}s/{name}.toml, or use one of: {}", known.join(", "))
                    },
                    |near| format!("did you mean \"{near}\"?"),
                );
                section.complain(&span, &format!("there is no {kind} `{name}`"), &hint);
            }
        }
        None
    }

    /// The one of a name; none when it is not there or not usable.
    pub(super) fn get(&self, name: &str) -> Option<Arc<T>> {
        self.items.get(name).and_then(|item| self.value(item)).cloned()
    }

    /// The files that can be used, those that the program brings along aside.
    pub(super) fn own_files(&self) -> impl Iterator<Item = &(String, String)> {
        let own = self.items.values().filter(|item| matches!(item.value.get(), Some(Some(_))));
        own.map(|item| &item.file).filter(|(name, _)| !name.starts_with("shipped/"))
    }

    /// The file behind a name, relative to the configuration, and its text.
    pub(super) fn file(&self, name: &str) -> Option<&(String, String)> {
        self.items.get(name).map(|item| &item.file)
    }

    /// The names of all that can be used.
    pub(super) fn usable(&self) -> BTreeSet<String> {
        let broken = |item: &Item<T>| matches!(item.value.get(), Some(None));
        self.items.iter().filter(|(_, item)| !broken(item)).map(|(name, _)| name.clone()).collect()
    }
}

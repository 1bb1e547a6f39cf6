//! Things that other files call by name: hour profiles and formats. Each is a file of its own; those
//! that the program brings along stand behind, and a file of the same name takes their place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::files::NamedFile;
use super::node::Node;
use super::problem::{Problem, SourceText};
use super::section::{Reading, Section, nearest};
use super::values::is_name;

/// Everything of one kind, by name.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    /// "profile" or "format", as in `profiles/NAME.toml`.
    kind: &'static str,
    items: BTreeMap<String, Item<T>>,
}

#[derive(Debug)]
struct Item<T> {
    /// Absent when its file has errors.
    value: Option<Arc<T>>,
    /// The file, relative to the configuration, and its text.
    file: (String, String),
}

impl<T> Shelf<T> {
    /// Reads the shipped ones, then the files over them.
    pub(super) fn read(
        kind: &'static str,
        shipped: impl Iterator<Item = (&'static str, &'static str)>,
        files: &[NamedFile],
        read: impl Fn(Section<'_>) -> Option<T>,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut items = BTreeMap::new();
        let shipped = shipped.map(|(name, text)| {
            let relative = format!("shipped/{kind}s/{name}.toml");
            let source = SourceText::new(Path::new(&relative), text.to_owned());
            (name.to_owned(), relative, source)
        });
        let own = files.iter().map(|file| (file.stem.clone(), file.relative.clone(), file.source.clone()));
        for (name, relative, source) in shipped.chain(own) {
            let (node, syntax) = Node::from_toml(&source);
            let reading = Reading::new(&source, syntax);
            let value = read(Section::root(&reading, &node));
            if !is_name(&name) {
                let hint = "rename it: a-z, 0-9, '-' and '_' only, starting with a letter or digit";
                let message = format!("`{name}` cannot be the name of a {kind}");
                reading.complain(Problem::of_file(&source.path, message).hint(hint));
            }
            let value = value.filter(|_| reading.errors() == 0).map(Arc::new);
            problems.extend(reading.into_problems());
            items.insert(name, Item { value, file: (relative, source.text) });
        }
        Self { kind, items }
    }

    /// What a key calls by name; complains at its place when it is not there or not usable.
    pub(super) fn find(&self, section: &Section<'_>, key: &str, name: &str) -> Option<Arc<T>> {
        let kind = self.kind;
        let span = section.span_of(key);
        match self.items.get(name) {
            Some(Item { value: Some(value), .. }) => return Some(Arc::clone(value)),
            Some(Item { value: None, file }) => {
                let hint = format!("put {} in order first", file.0);
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

    /// The file behind a name, relative to the configuration, and its text.
    pub(super) fn file(&self, name: &str) -> Option<&(String, String)> {
        self.items.get(name).map(|item| &item.file)
    }

    /// All that can be used.
    pub(super) fn into_usable(self) -> BTreeMap<String, Arc<T>> {
        self.items.into_iter().filter_map(|(name, item)| Some((name, item.value?))).collect()
    }
}

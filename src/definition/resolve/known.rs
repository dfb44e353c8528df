//! The definitions of one kind by name, broken ones included.

use super::{folders::Folders, scope::Scope};
use crate::definition::{
    Name,
    document::Text,
    files::File,
    nearest,
    read::{Documents, Written},
    report::Report,
    yaml::Kind,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub struct Known<'a, T> {
    what: &'static str,
    pub items: BTreeMap<String, Item<T>>,
    unreadable: &'a [Arc<File>],
    /// One of the documents has no name, or not one of its own: it may be the one that is looked for.
    nameless: bool,
}

pub struct Item<T> {
    pub name: Option<Name>,
    /// `None`: there is something wrong with it, which has been reported.
    pub value: Option<Arc<T>>,
    /// Who may use it.
    pub folders: Folders,
    /// Over what is written in it and in what it names.
    pub digest: blake3::Hash,
    /// Where it is defined, for the second that claims the name.
    place: (PathBuf, u32),
}

/// A definition that passed its checks.
pub struct Resolved<T> {
    pub value: T,
    pub folders: Folders,
    pub digest: blake3::Hash,
}

impl<'a, T> Known<'a, T> {
    /// Resolves each document. One with an error, of its own or found by `resolve`, is known by name only.
    pub fn build<D>(
        what: &'static str,
        written: &[Written<D>],
        documents: &'a Documents,
        report: &mut Report,
        mut resolve: impl FnMut(&mut Scope<'_>, Entry<'_, D>) -> Option<Resolved<T>>,
    ) -> Self {
        let mut known = Self { what, items: BTreeMap::new(), unreadable: &documents.unreadable, nameless: false };
        for document in written {
            let errors = report.errors();
            let mut scope = Scope { file: &document.file, head: document.head, faulty: &document.faulty, report };
            let name = known.name(document, &mut scope);
            known.nameless |= name.is_none();
            let entry = document.doc.as_ref().map(|doc| Entry { name: name.clone(), doc, written: document });
            let resolved = entry.and_then(|entry| resolve(&mut scope, entry));
            let good = document.sound && report.errors() == errors;
            known.insert(document, name, resolved.filter(|_| good));
        }
        known
    }

    /// The document's name, if it is one and free.
    fn name<D>(&self, document: &Written<D>, scope: &mut Scope<'_>) -> Option<Name> {
        let Some(entry) = document.node.get("name").filter(|entry| entry.value.kind != Kind::Null) else {
            scope.error(document.head, "the field `name` is missing", format!("add `name:`, unique among all {}s", self.what));
            return None;
        };
        let text = entry.value.text()?;
        if let Some(first) = self.items.get(text) {
            let message = format!("there are two {}s named `{text}`: {}, and this", self.what, first.place());
            scope.error(entry.value.at, message, "rename or delete one of them");
            return None;
        }
        Name::new(text).map_err(|rule| scope.error(entry.value.at, format!("`{text}` is not a name"), rule)).ok()
    }

    fn insert<D>(&mut self, document: &Written<D>, name: Option<Name>, resolved: Option<Resolved<T>>) {
        let Some(text) = document.node.get("name").and_then(|entry| entry.value.text()) else { return };
        let place = (document.file.path.clone(), document.head.line);
        let (value, folders, digest) = match resolved {
            Some(good) => (Some(Arc::new(good.value)), good.folders, good.digest),
            None => (None, Folders::default(), blake3::hash(b"")),
        };
        self.items.entry(text.to_owned()).or_insert(Item { name, value, folders, digest, place });
    }

    /// The definition that a field names. `None`, having said so, if there is none; silently, if it is broken.
    pub fn find(&self, name: &Text, scope: &mut Scope<'_>) -> Option<(&Item<T>, &Arc<T>)> {
        if let Some(item) = self.items.get(&name.value) {
            return item.value.as_ref().map(|value| (item, value));
        }
        // It may be defined in a file that could not be read.
        if !self.nameless && !self.unreadable.iter().any(|file| file.text.contains(name.as_str())) {
            let nothing = format!("there is no {} at all; add a document of this kind", self.what);
            let hint = nearest::hint(name, self.items.keys().map(String::as_str), &nothing);
            scope.error(name.at, format!("there is no {} `{}`", self.what, name.value), hint);
        }
        None
    }
}

impl<T> Item<T> {
    /// Where it is defined, in words.
    pub fn place(&self) -> String {
        format!("{}:{}", self.place.0.display(), self.place.1)
    }
}

/// A document whose resolution is asked for.
pub struct Entry<'a, D> {
    /// `None`: missing or wrong, which has been reported.
    pub name: Option<Name>,
    pub doc: &'a D,
    pub written: &'a Written<D>,
}

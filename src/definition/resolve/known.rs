//! The definitions of one kind by name, broken ones included.

use super::{folders::Folders, scope::Scope};
use crate::definition::{
    Name,
    document::Text,
    documents::{Documents, Written},
    files::File,
    nearest,
    report::Report,
    yaml::Kind,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub struct Known<'a, T> {
    what: &'static str,
    pub items: BTreeMap<String, Item<T>>,
    /// Files in which it may be that is looked for: unreadable ones, and those with documents that are not understood.
    unclear: Vec<&'a Arc<File>>,
    /// One of the documents has no name, or not one of its own: it may be the one that is looked for.
    nameless: bool,
}

pub struct Item<T> {
    pub name: Option<Name>,
    /// `None`: it failed.
    pub value: Option<Arc<T>>,
    pub failure: Option<Failure>,
    /// Who may use it.
    pub folders: Folders,
    /// Over what is written in it and in what it names.
    pub digest: blake3::Hash,
    /// Where it is defined, for the second that claims the name.
    pub place: (PathBuf, u32),
}

/// Why a definition cannot be used.
#[derive(Clone, Debug)]
pub struct Failure {
    pub why: String,
    /// Something is wrong with it, which has been reported; else with something that it names.
    pub own: bool,
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
        Self::build_in_order(what, written, documents, report, |scope, entry, _| resolve(scope, entry))
    }

    /// The same where a definition may name those before it.
    pub fn build_in_order<'d, D: 'd>(
        what: &'static str,
        written: impl IntoIterator<Item = &'d Written<D>>,
        documents: &'a Documents,
        report: &mut Report,
        mut resolve: impl FnMut(&mut Scope<'_>, Entry<'_, D>, &Self) -> Option<Resolved<T>>,
    ) -> Self {
        let unclear = documents.unreadable.iter().chain(&documents.odd).collect();
        let mut known = Self { what, items: BTreeMap::new(), unclear, nameless: false };
        for document in written {
            let mark = report.mark();
            let mut scope = Scope::of(document, report);
            let name = known.name(document, &mut scope);
            known.nameless |= name.is_none();
            let entry = document.doc.as_ref().map(|doc| Entry { name: name.clone(), doc, written: document });
            let resolved = entry.and_then(|entry| resolve(&mut scope, entry, &known));
            let because = scope.because.take();
            let fault = document.fault.as_deref().or(report.first_error(mark)).map(str::to_owned);
            known.insert(document, name, outcome(resolved, fault, because));
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

    fn insert<D>(&mut self, document: &Written<D>, name: Option<Name>, outcome: Result<Resolved<T>, Failure>) {
        let Some(text) = document.node.get("name").and_then(|entry| entry.value.text()) else { return };
        let place = (document.file.path.clone(), document.head.line);
        let item = match outcome {
            Ok(Resolved { value, folders, digest }) => Item { name, value: Some(Arc::new(value)), failure: None, folders, digest, place },
            Err(failure) => {
                let (folders, digest) = (Folders::default(), blake3::hash(b""));
                Item { name, value: None, failure: Some(failure), folders, digest, place }
            }
        };
        self.items.entry(text.to_owned()).or_insert(item);
    }

    /// A definition that cannot be used after all.
    pub fn give_up(&mut self, name: &str, failure: Failure) {
        if let Some(item) = self.items.get_mut(name) {
            item.value = None;
            item.failure.get_or_insert(failure);
        }
    }

    /// None of them can be used.
    pub fn give_up_all(&mut self, failure: &Failure) {
        for item in self.items.values_mut() {
            item.value = None;
            item.failure.get_or_insert_with(|| failure.clone());
        }
    }

    /// The definition that a field names. `None`, having said so, if there is none; without a report, if it is broken.
    pub fn find(&self, name: &Text, scope: &mut Scope<'_>) -> Option<(&Item<T>, &Arc<T>)> {
        let what = self.what;
        let Some(item) = self.items.get(&name.value) else {
            // It may be defined in a file that could not be read.
            if self.nameless || self.unclear.iter().any(|file| file.text.contains(name.as_str())) {
                scope.because = Some(format!("the {what} `{}` may be in a document that cannot be read", name.value));
                return None;
            }
            let nothing = format!("there is no {what} at all; add a document of this kind");
            let hint = nearest::hint(name, self.items.keys().map(String::as_str), &nothing);
            scope.error(name.at, format!("there is no {what} `{}`", name.value), hint);
            return None;
        };
        if item.value.is_none() {
            scope.because = Some(format!("the {what} `{}` ({}) is broken", name.value, item.place()));
        }
        item.value.as_ref().map(|value| (item, value))
    }
}

/// What became of a document: one with an error is not used, however much of it could be resolved.
fn outcome<T>(resolved: Option<Resolved<T>>, fault: Option<String>, because: Option<String>) -> Result<Resolved<T>, Failure> {
    match (fault, because, resolved) {
        (Some(why), ..) => Err(Failure { why, own: true }),
        (None, Some(why), _) => Err(Failure { why, own: false }),
        (None, None, Some(resolved)) => Ok(resolved),
        (None, None, None) => Err(Failure { why: "it cannot be understood".into(), own: true }),
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

//! Definitions that are not where they were: deleted, or only not to be seen.

use super::{LastGood, words};
use crate::definition::{
    DefinitionId, Diagnostic, Kept, Severity, Snapshot,
    document::ExportDoc,
    documents::{Document, Documents, Written},
    files::{File, folder},
    report::Report,
    resolve::Admin,
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// More names than these make no message clearer.
const NAMED: usize = 3;

/// Kept definitions that no document of this reading defines.
#[derive(Default)]
pub struct Absent<'a> {
    /// Nothing says that they are still there: deleted.
    pub missing: Vec<&'a Kept>,
    /// What holds them, or may hold them now, cannot be read or understood: they go on.
    pub lost: Vec<&'a Kept>,
}

impl<'a> Absent<'a> {
    pub fn of(memory: &LastGood<'a>, documents: &Documents, snapshot: &Snapshot) -> Self {
        let defined: BTreeSet<_> = documents.all().filter_map(|document| document.id()).collect();
        let renamed: BTreeSet<_> = documents.exports.iter().filter_map(old_name).collect();
        let murk = Murk::of(memory, documents, snapshot);
        let absent = memory.all().filter(|kept| !defined.contains(&kept.id));
        let is_renamed = |kept: &Kept| kept.id.kind == "Export" && renamed.contains(kept.id.name.as_str());
        let (lost, missing) = absent.partition(|kept| !is_renamed(kept) && murk.may_hold(kept));
        Self { missing, lost }
    }

    /// Says what goes on although its file does not hold it any more, and what still needs what was deleted.
    pub fn tell(&self, documents: &Documents, report: &mut Report) {
        self.foreign(documents, report);
        self.unparsed(documents, report);
        self.unreadable(documents, report);
        self.connections(documents, report);
    }

    fn foreign(&self, documents: &Documents, report: &mut Report) {
        for (file, at) in &documents.foreign {
            let held: Vec<_> = self.lost.iter().filter(|kept| Path::new(&kept.file) == file.path).collect();
            if !held.is_empty() {
                let message =
                    format!("this document has no `apiVersion`, and this file defined {}", list(held.iter().map(|k| words(&k.id))));
                let hint = "add `apiVersion: listkeeper/v1`; if it belongs to another tool, move it to a file of its own";
                report.error(file, *at, message, hint);
            }
        }
    }

    /// What looks like another tool's file and held ours is ours.
    fn unparsed(&self, documents: &Documents, report: &mut Report) {
        for file in documents.unreadable.iter().filter(|file| !file.seems_ours()) {
            let held = self.lost.iter().any(|kept| Path::new(&kept.file) == file.path);
            if held {
                report.whole(&file.path, "this is not YAML", "mend it, or delete it if what it defined is to go");
            }
        }
    }

    /// What cannot be read and held a definition needs a person, also where it would otherwise only be worth a warning.
    fn unreadable(&self, documents: &Documents, report: &mut Report) {
        let foreign = |problem: &Diagnostic| documents.unreadable.iter().any(|file| !file.seems_ours() && file.path == problem.file);
        let is_told = |problem: &Diagnostic| problem.severity == Severity::Warning && foreign(problem);
        for problem in report.whole_mut().filter(|problem| !is_told(problem)) {
            let held: Vec<_> = self.lost.iter().filter(|kept| Path::new(&kept.file).starts_with(&problem.file)).collect();
            if !held.is_empty() {
                problem.message += &format!("; it defined {}, and the last good text goes on", list(held.iter().map(|k| words(&k.id))));
                problem.severity = Severity::Error;
            }
        }
        report.count();
    }

    /// C8: a connection is removed with the exports that name it, or not at all.
    fn connections(&self, documents: &Documents, report: &mut Report) {
        for gone in self.missing.iter().filter(|kept| kept.id.kind == "Connection") {
            let named =
                |export: &&Written<ExportDoc>| export.node.get("connection").and_then(|e| e.value.text()) == Some(gone.id.name.as_str());
            let users: Vec<_> = documents.exports.iter().filter(named).filter_map(|export| export.id.as_ref()).collect();
            if !users.is_empty() {
                let users = list(users.iter().map(|id| format!("`{}`", id.name)));
                let message = format!("the connection `{}` was deleted, and exports still name it: {users}", gone.id.name);
                report.whole(Path::new(&gone.file), message, "put it back, or delete the exports too; nothing is sent until then");
            }
        }
    }
}

fn old_name(export: &Written<ExportDoc>) -> Option<&str> {
    export.doc.as_ref()?.renamed_from.as_ref().map(|text| text.as_str())
}

/// `a, b, c and 2 more`.
fn list(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(NAMED);
    let some = items.take(NAMED).collect::<Vec<_>>().join(", ");
    if more == 0 { some } else { format!("{some} and {more} more") }
}

/// Where a definition may be that nobody can see.
pub struct Murk<'a> {
    /// The directory itself cannot be read.
    everywhere: bool,
    /// Files and folders that cannot be read, and files that were emptied.
    unreadable: Vec<&'a Path>,
    /// Files in which a document is not understood well enough to know what it defines.
    texts: Vec<&'a Arc<File>>,
    /// Files with documents of other tools, or that seem to be theirs.
    foreign: Vec<&'a PathBuf>,
}

impl<'a> Murk<'a> {
    pub fn of(memory: &LastGood<'_>, documents: &'a Documents, snapshot: &'a Snapshot) -> Self {
        let bare = documents.bare.iter().map(|file| file.path.as_path());
        let mut seen = BTreeSet::new();
        // A document without a name of its own, or a new one that is broken, may be an old one that was being edited.
        let mut is_murky = |document: &'a dyn Document| match document.id() {
            Some(id) => !seen.insert(id) || (!document.is_sound() && memory.get(id).is_none()),
            None => true,
        };
        let nameless = documents.all().filter(|document| is_murky(*document)).map(|document| document.file());
        let ours = documents.unreadable.iter().filter(|file| file.seems_ours());
        let others = documents.unreadable.iter().filter(|file| !file.seems_ours()).map(|file| &file.path);
        Self {
            everywhere: snapshot.unreadable.is_some(),
            unreadable: snapshot.problems.iter().map(|problem| problem.file.as_path()).chain(bare).collect(),
            texts: ours.chain(&documents.odd).chain(nameless).collect(),
            foreign: documents.foreign.iter().map(|(file, _)| &file.path).chain(others).collect(),
        }
    }

    fn may_hold(&self, kept: &Kept) -> bool {
        let place = Path::new(&kept.file);
        // It may have moved: then its name is there, and so is its kind, which tells it from what only names it.
        let has_it = |file: &File| file.text.contains(&kept.id.kind) && file.text.contains(&kept.id.name);
        self.everywhere
            || self.unreadable.iter().any(|path| place.starts_with(path))
            || self.texts.iter().any(|file| file.path == place || has_it(file))
            || self.foreign.iter().any(|path| *path == place)
    }

    /// The same as far as its own folder and administrators' folders go: others cannot keep a name busy by breaking a file.
    pub fn may_be_at_home(&self, kept: &Kept, admin: &Admin) -> bool {
        let place = Path::new(&kept.file);
        let home = folder(place);
        let near = |file: &File| file.folder == home || admin.owns(file);
        self.everywhere
            || self.unreadable.iter().any(|path| place.starts_with(path))
            || self.texts.iter().any(|file| file.path == place || (near(file) && defines(file, &kept.id)))
            || self.foreign.iter().any(|path| *path == place)
    }

    /// A file of administrators that cannot be understood, and seems to define something of this kind and name.
    pub fn defined_by(&self, id: &DefinitionId, admin: &Admin) -> Option<&Arc<File>> {
        self.texts.iter().copied().find(|file| admin.owns(file) && defines(file, id))
    }
}

/// Whether a file that nobody can read seems to define something: its kind is there, and its name as one.
fn defines(file: &File, id: &DefinitionId) -> bool {
    let named = |at: usize| {
        let rest = file.text[at + "name".len()..].trim_start_matches(['"', '\'']).trim_start();
        let value = rest.strip_prefix(':').map(|rest| rest.trim_start().trim_start_matches(['"', '\'']));
        value.and_then(|value| value.strip_prefix(id.name.as_str())).is_some_and(ends)
    };
    file.text.contains(&id.kind) && file.text.match_indices("name").any(|(at, _)| named(at))
}

/// Whether a name is not merely the beginning of a longer one.
fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

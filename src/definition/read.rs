//! A directory → a [`Catalog`].

use super::{
    Catalog, DefinitionId, Kept, Name, Settings, Snapshot,
    documents::{Documents, foreign_files},
    last_good::{Absent, LastGood, Substituted, removed, settle, settle_names},
    piece,
    report::Report,
    resolve::{Findings, resolve},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Reads every definition below a directory. Never fails: all that is wrong is in [`Catalog::diagnostics`].
pub fn read(root: &Path) -> Catalog {
    understand(&Snapshot::take(root), &[])
}

/// What a snapshot says. Where a document is broken, its last good text goes on, if there is one.
pub fn understand(snapshot: &Snapshot, last_good: &[Kept]) -> Catalog {
    let mut report = Report::of(snapshot.problems.clone());
    let memory = LastGood::of(&snapshot.root, last_good);
    let mut documents = Documents::of(&snapshot.files, &mut report);
    settle_names(&mut documents, &memory, Some(snapshot), &mut report);
    documents.order(|document| memory.rank(document));
    let absent = Absent::of(&memory, &documents, snapshot);
    absent.tell(&documents, &mut report);
    let mut substituted = Substituted::default();
    absent.lost.iter().for_each(|kept| substituted.lost(&kept.id, &kept.file));
    documents.put_first(memory.read(absent.lost.iter().copied()));
    let written = resolve(&documents, &mut report);
    let findings = settle(&mut documents, written, &memory, &mut substituted);
    let mut catalog = Catalog { digest: snapshot.digest.clone(), unreadable: snapshot.unreadable.clone(), ..empty(snapshot.root.clone()) };
    catalog.unclear = report.errors() > 0;
    catalog.good = good(&documents, &findings, &substituted);
    catalog.missing = absent.missing.iter().map(|kept| kept.id.clone()).collect();
    catalog.foreign = foreign_files(&documents).into_iter().map(PathBuf::from).collect();
    catalog.unparsed = documents.unreadable.iter().filter(|file| !file.seems_ours()).map(|file| file.path.clone()).collect();
    catalog.links = snapshot.links.clone();
    fill(&mut catalog, findings, &substituted);
    // What is deleted may be in a file that nobody can read: then nothing is done at the platform for it.
    if !catalog.unclear && catalog.unparsed.is_empty() {
        catalog.removed = removed(&memory, &absent.missing, &mut documents, &mut report);
    }
    if documents.count == 0 && report.errors() == 0 {
        report.whole(Path::new(""), "there are no definitions in this directory", "`listkeeper init` writes a first one");
    }
    catalog.diagnostics = report.finish();
    catalog
}

/// What can be used, and what cannot.
pub(super) fn fill(catalog: &mut Catalog, findings: Findings, substituted: &Substituted) {
    let export = |(id, (failure, _)): (&DefinitionId, &(_, _))| stalled(id, failure);
    catalog.stalled = findings.failed.iter().filter(|(id, _)| id.kind == "Export").filter_map(export).collect();
    catalog.settings = findings.settings;
    catalog.sources = findings.sources;
    catalog.segments = findings.segments;
    catalog.connections = findings.connections;
    catalog.exports = findings.exports;
    for export in catalog.exports.values_mut() {
        if let Some(why) = substituted.of(export) {
            Arc::make_mut(export).broken = Some(why.clone());
        }
    }
}

fn stalled(id: &DefinitionId, failure: &super::resolve::Failure) -> Option<(Name, Arc<str>)> {
    Some((Name::new(&id.name).ok()?, failure.why.as_str().into()))
}

/// What this reading itself says and is right.
fn good(documents: &Documents, findings: &Findings, substituted: &Substituted) -> Vec<Kept> {
    let mut good = Vec::new();
    for document in documents.all() {
        let Some(id) = document.id().filter(|id| !findings.failed.contains_key(id) && !substituted.contains(id)) else { continue };
        let (file, text) = (document.file().path.display().to_string(), piece::text(document.file(), document.piece()));
        good.push(Kept { id: id.clone(), file, text, digest: document.digest().to_hex().to_string() });
    }
    good.sort_by(|a, b| a.id.cmp(&b.id));
    good.dedup_by(|later, first| later.id == first.id);
    good
}

/// A catalog of nothing.
pub(super) fn empty(root: PathBuf) -> Catalog {
    Catalog {
        root,
        settings: Settings::default(),
        sources: Default::default(),
        segments: Default::default(),
        connections: Default::default(),
        exports: Default::default(),
        foreign: Vec::new(),
        unparsed: Vec::new(),
        links: Vec::new(),
        diagnostics: Vec::new(),
        digest: blake3::hash(b"").to_hex().to_string(),
        stalled: Default::default(),
        removed: Default::default(),
        good: Vec::new(),
        missing: Vec::new(),
        deleted: Default::default(),
        unclear: false,
        unreadable: None,
    }
}

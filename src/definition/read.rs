//! A directory → a [`Catalog`].

use super::{
    Catalog, Kept, Position, Settings, Snapshot,
    document::{API_PREFIX, API_VERSION, ConnectionDoc, ExportDoc, SegmentDoc, SettingsDoc, SourceDoc},
    files::File,
    nearest::{hint, nearest},
    report::Report,
    resolve,
    yaml::{Fault, Kind, Node, parse, read_as},
};
use serde::de::DeserializeOwned;
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
    let root = snapshot.root.clone();
    let mut report = Report::of(snapshot.problems.clone());
    if let Some(why) = &snapshot.unreadable {
        report.whole(&root, why.clone(), "give the directory that holds the definitions");
        return Catalog { unreadable: Some(why.clone()), unclear: true, ..empty(root, report) };
    }
    let digest = snapshot.digest.clone();
    let _ = last_good;
    let mut documents = Documents::default();
    for file in &snapshot.files {
        documents.add(file.clone(), &mut report);
    }
    if documents.count == 0 && report.errors() == 0 {
        report.whole(Path::new(""), "there are no definitions in this directory", "`listkeeper init` writes a first one");
    }
    let mut catalog = Catalog { digest, foreign: std::mem::take(&mut documents.foreign), ..empty(root, Report::default()) };
    resolve::resolve(&documents, &mut catalog, &mut report);
    catalog.diagnostics = report.finish();
    catalog
}

fn empty(root: PathBuf, report: Report) -> Catalog {
    Catalog {
        root,
        settings: Settings::default(),
        sources: Default::default(),
        segments: Default::default(),
        connections: Default::default(),
        exports: Default::default(),
        foreign: Vec::new(),
        diagnostics: report.finish(),
        digest: blake3::hash(b"").to_hex().to_string(),
        stalled: Default::default(),
        removed: Default::default(),
        good: Vec::new(),
        missing: Vec::new(),
        unclear: false,
        unreadable: None,
    }
}

/// A document as written.
#[derive(Debug)]
pub struct Written<T> {
    pub file: Arc<File>,
    /// Where it begins, for what is missing in it.
    pub head: Position,
    /// Without `apiVersion` and `kind`.
    pub node: Node,
    /// What of it could be read; `None` if nothing.
    pub doc: Option<T>,
    /// The fields of it that could not be read, at any depth.
    pub faulty: Vec<String>,
    /// Whether there was anything that could not be read, fields or not.
    pub sound: bool,
}

/// All documents of a directory, by kind, in order of file and place.
#[derive(Debug, Default)]
pub struct Documents {
    pub settings: Vec<Written<SettingsDoc>>,
    pub sources: Vec<Written<SourceDoc>>,
    pub segments: Vec<Written<SegmentDoc>>,
    pub connections: Vec<Written<ConnectionDoc>>,
    pub exports: Vec<Written<ExportDoc>>,
    /// Files that are not YAML: nobody knows what they define.
    pub unreadable: Vec<Arc<File>>,
    foreign: Vec<PathBuf>,
    count: usize,
}

const KINDS: [&str; 5] = ["Settings", "Source", "Segment", "Connection", "Export"];

impl Documents {
    fn add(&mut self, file: Arc<File>, report: &mut Report) {
        match parse(&file.text) {
            Ok(nodes) if nodes.is_empty() => {
                report.whole(&file.path, "there is no document in this file", "it holds only blank lines and comments: delete it");
            }
            Ok(nodes) => nodes.into_iter().for_each(|node| self.document(&file, node, report)),
            Err(fault) => {
                tell(&file, fault, report);
                self.unreadable.push(file);
            }
        }
    }

    fn document(&mut self, file: &Arc<File>, node: Node, report: &mut Report) {
        if !is_ours(file, &node, report) {
            if matches!(node.kind, Kind::Map(_) | Kind::List(_)) && self.foreign.last() != Some(&file.path) {
                self.foreign.push(file.path.clone());
            }
            return;
        }
        self.count += 1;
        let Some(kind) = node.get("kind") else {
            return report.error(file, node.at, "the field `kind` is missing", format!("add `kind:`, one of {}", KINDS.join(", ")));
        };
        let head = kind.value.at;
        match kind.value.text().unwrap_or_default() {
            "Settings" => self.settings.push(written(file, node, head, report)),
            "Source" => self.sources.push(written(file, node, head, report)),
            "Segment" => self.segments.push(written(file, node, head, report)),
            "Connection" => self.connections.push(written(file, node, head, report)),
            "Export" => self.exports.push(written(file, node, head, report)),
            other => report.error(file, head, format!("there is no kind `{other}`"), hint(other, KINDS, "")),
        }
    }
}

/// Whether a document is one of ours; errors for those that nearly are.
fn is_ours(file: &File, node: &Node, report: &mut Report) -> bool {
    if !matches!(node.kind, Kind::Map(_) | Kind::List(_)) {
        report.error(file, node.at, "this is not a definition", format!("a definition begins with `apiVersion: {API_VERSION}`"));
        return false;
    }
    let Some(version) = node.get("apiVersion") else {
        let kind = node.get("kind").filter(|kind| kind.value.text().is_some_and(|kind| KINDS.contains(&kind)));
        if let Some(kind) = kind {
            report.error(file, kind.key_at, "the field `apiVersion` is missing", format!("add `apiVersion: {API_VERSION}`"));
        }
        return false;
    };
    let text = version.value.text().unwrap_or_default();
    let almost = || text.to_lowercase().starts_with("listkeeper") || nearest(text, [API_VERSION]).is_some();
    if text != API_VERSION && (text.starts_with(API_PREFIX) || almost()) {
        let message = format!("this version of Listkeeper does not read `{text}`");
        report.error(file, version.value.at, message, format!("it reads `{API_VERSION}`"));
        return false;
    }
    text == API_VERSION
}

fn written<T: DeserializeOwned>(file: &Arc<File>, mut node: Node, head: Position, report: &mut Report) -> Written<T> {
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain(|entry| entry.key != "apiVersion" && entry.key != "kind");
    }
    let (doc, faults) = read_as(&node);
    let faulty = faults.iter().filter_map(|fault| fault.key.as_deref().map(str::to_owned)).collect();
    let sound = faults.is_empty();
    faults.into_iter().for_each(|fault| tell(file, fault, report));
    Written { file: file.clone(), head, node, doc, faulty, sound }
}

/// Reports a fault; where the place is a secret, its words must not repeat it.
fn tell(file: &File, fault: Fault, report: &mut Report) {
    let at = fault.at.unwrap_or(Position { line: 1, column: 1, offset: 0, len: 0 });
    let secret = at.len > 0 && file.shown(at).is_none();
    let message = if secret && fault.message.contains('`') { "this is not expected here".into() } else { fault.message };
    let hint = fault.hint.unwrap_or_default();
    report.error(file, at, message, hint);
}

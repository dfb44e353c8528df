//! The documents of a directory as written, by kind, before they are checked against each other.

use super::{
    DefinitionId, Position,
    document::{API_PREFIX, API_VERSION, ConnectionDoc, ExportDoc, SegmentDoc, SettingsDoc, SourceDoc},
    files::File,
    nearest::{hint, nearest},
    piece::{Piece, pieces},
    report::Report,
    yaml::{Fault, Kind, Node, parse},
};
use std::{path::Path, sync::Arc};

mod written;

pub use written::{Document, LAST_RANK, Written};
use written::{Place, tell, written};

/// All documents of a directory, by kind.
#[derive(Debug, Default)]
pub struct Documents {
    pub settings: Vec<Written<SettingsDoc>>,
    pub sources: Vec<Written<SourceDoc>>,
    pub segments: Vec<Written<SegmentDoc>>,
    pub connections: Vec<Written<ConnectionDoc>>,
    pub exports: Vec<Written<ExportDoc>>,
    /// Files that are not YAML: nobody knows what they define.
    pub unreadable: Vec<Arc<File>>,
    /// Files with a document of ours whose kind nobody knows.
    pub odd: Vec<Arc<File>>,
    /// Files with nothing but blank lines and comments.
    pub bare: Vec<Arc<File>>,
    /// Documents of other tools, in order of file and place.
    pub foreign: Vec<(Arc<File>, Position)>,
    /// How many are ours, of whatever kind.
    pub count: usize,
}

pub const KINDS: [&str; 5] = ["Settings", "Source", "Segment", "Connection", "Export"];

impl Documents {
    /// Those of some files, in order of file and place.
    pub fn of(files: &[Arc<File>], report: &mut Report) -> Self {
        Self::of_kinds(&KINDS, files, report)
    }

    /// Only those of some kinds.
    pub fn of_kinds(kinds: &[&str], files: &[Arc<File>], report: &mut Report) -> Self {
        let mut documents = Self::default();
        files.iter().for_each(|file| documents.add(file, kinds, report));
        documents
    }

    fn add(&mut self, file: &Arc<File>, kinds: &[&str], report: &mut Report) {
        let pieces = pieces(&file.text);
        match parse(&file.text) {
            Ok(nodes) if nodes.is_empty() => {
                report.whole(&file.path, "there is no document in this file", "it holds only blank lines and comments: delete it");
                self.bare.push(file.clone());
            }
            Ok(nodes) => nodes.into_iter().for_each(|node| self.document(file, node, &pieces, kinds, report)),
            Err(fault) => {
                match file.seems_ours() {
                    true => tell(file, fault, report),
                    false => not_ours(file, &fault, report),
                }
                self.unreadable.push(file.clone());
            }
        }
    }

    fn document(&mut self, file: &Arc<File>, node: Node, pieces: &[Piece], kinds: &[&str], report: &mut Report) {
        let errors = report.errors();
        if !is_ours(file, &node, report) {
            match report.errors() > errors {
                true => self.odd.push(file.clone()),
                false => self.foreign.push((file.clone(), node.at)),
            }
            return;
        }
        self.count += 1;
        let Some(kind) = node.get("kind") else {
            self.odd.push(file.clone());
            return report.error(file, node.at, "the field `kind` is missing", format!("add `kind:`, one of {}", KINDS.join(", ")));
        };
        let head = kind.value.at;
        let name = kind.value.text().unwrap_or_default();
        let Some(known) = KINDS.into_iter().find(|known| *known == name) else {
            self.odd.push(file.clone());
            return report.error(file, head, format!("there is no kind `{name}`"), hint(name, KINDS, ""));
        };
        if !kinds.contains(&known) {
            return;
        }
        let at = pieces.partition_point(|piece| piece.range.start <= node.at.offset).saturating_sub(1);
        let place = Place { file, head, kind: known, piece: pieces.get(at).cloned().unwrap_or_default() };
        match known {
            "Settings" => self.settings.push(written(place, node, report)),
            "Source" => self.sources.push(written(place, node, report)),
            "Segment" => self.segments.push(written(place, node, report)),
            "Connection" => self.connections.push(written(place, node, report)),
            _ => self.exports.push(written(place, node, report)),
        }
    }

    /// Every one that can be read, whatever its kind.
    pub fn all(&self) -> impl Iterator<Item = &dyn Document> {
        let settings = self.settings.iter().map(|d| d as &dyn Document);
        let sources = self.sources.iter().map(|d| d as &dyn Document);
        let segments = self.segments.iter().map(|d| d as &dyn Document);
        let connections = self.connections.iter().map(|d| d as &dyn Document);
        let exports = self.exports.iter().map(|d| d as &dyn Document);
        settings.chain(sources).chain(segments).chain(connections).chain(exports)
    }

    /// Puts those of the lowest rank first; the others keep their order.
    pub fn order(&mut self, rank: impl Fn(&dyn Document) -> u8) {
        fn order<T>(of: &mut [Written<T>], rank: &impl Fn(&dyn Document) -> u8)
        where
            Written<T>: Document,
        {
            of.iter_mut().for_each(|document| document.rank = rank(document));
            of.sort_by_key(|document| document.rank);
        }
        order(&mut self.settings, &rank);
        order(&mut self.sources, &rank);
        order(&mut self.segments, &rank);
        order(&mut self.connections, &rank);
        order(&mut self.exports, &rank);
    }

    /// Takes those of a kind and name out.
    pub fn take_out(&mut self, id: &DefinitionId) {
        self.retain(|document| document.id() != Some(id));
    }

    /// Takes out all but some.
    pub fn retain(&mut self, keep: impl Fn(&dyn Document) -> bool) {
        self.settings.retain(|d| keep(d));
        self.sources.retain(|d| keep(d));
        self.segments.retain(|d| keep(d));
        self.connections.retain(|d| keep(d));
        self.exports.retain(|d| keep(d));
    }

    /// Nothing of these is used, but for their names; why.
    pub fn give_up(&mut self, why: impl Fn(&dyn Document) -> Option<String>) {
        fn give_up<T>(of: &mut [Written<T>], why: &impl Fn(&dyn Document) -> Option<String>) {
            for document in of {
                if let Some(why) = why(document) {
                    (document.doc, document.fault) = (None, Some(why));
                }
            }
        }
        give_up(&mut self.settings, &why);
        give_up(&mut self.sources, &why);
        give_up(&mut self.segments, &why);
        give_up(&mut self.connections, &why);
        give_up(&mut self.exports, &why);
    }

    /// Adds others before these: what they claim was theirs before.
    pub fn put_first(&mut self, mut others: Self) {
        others.order(|_| 0);
        fn put<T>(to: &mut Vec<T>, mut first: Vec<T>) {
            first.append(to);
            *to = first;
        }
        put(&mut self.settings, others.settings);
        put(&mut self.sources, others.sources);
        put(&mut self.segments, others.segments);
        put(&mut self.connections, others.connections);
        put(&mut self.exports, others.exports);
    }

    /// Adds others behind these.
    pub fn put_last(&mut self, others: Self) {
        self.settings.extend(others.settings);
        self.sources.extend(others.sources);
        self.segments.extend(others.segments);
        self.connections.extend(others.connections);
        self.exports.extend(others.exports);
    }
}

const NOT_OURS: &str = "keep other tools' templates outside the directory, or in a folder whose name begins with a dot; as long as this \
     file is here, `onDelete` of a deleted export is not carried out";

/// Another tool's file, such as a chart's template: what it holds is its own affair.
fn not_ours(file: &File, fault: &Fault, report: &mut Report) {
    let line = fault.at.map_or_else(String::new, |at| format!("line {}: ", at.line));
    let message = format!("{line}{}; nothing in the file says that it is for Listkeeper, and it is ignored", fault.message);
    report.whole_warning(&file.path, message, NOT_OURS);
}

/// Whether a document is one of ours; errors for those that nearly are.
fn is_ours(file: &File, node: &Node, report: &mut Report) -> bool {
    if !matches!(node.kind, Kind::Map(_) | Kind::List(_)) {
        if !file.seems_ours() {
            not_ours(file, &Fault::new("this is not a definition", Some(node.at)), report);
            return false;
        }
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

/// The files with documents of other tools, each once.
pub fn foreign_files(documents: &Documents) -> Vec<&Path> {
    let mut files: Vec<_> = documents.foreign.iter().map(|(file, _)| file.path.as_path()).collect();
    files.dedup();
    files
}

//! One document as written: what of it could be read, and what it defines.

use crate::definition::{
    DefinitionId, Name, Position,
    files::File,
    piece::Piece,
    report::Report,
    yaml::{Fault, Kind, Node, read_as},
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

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
    /// The first thing that could not be read, fields or not.
    pub fault: Option<String>,
    /// `None`: it has no usable name, or is not where its kind belongs.
    pub id: Option<DefinitionId>,
    /// Of what is meant by it.
    pub digest: blake3::Hash,
    /// Which part of the file it is.
    pub piece: Piece,
    /// How good its right is to what two documents claim: see [`LAST_RANK`].
    pub rank: u8,
}

/// Of a document that is new; 0 is one that was there before, unchanged.
pub const LAST_RANK: u8 = 3;

/// What all kinds of documents have in common.
pub trait Document {
    fn id(&self) -> Option<&DefinitionId>;
    fn file(&self) -> &Arc<File>;
    fn digest(&self) -> &blake3::Hash;
    /// Whether all of it could be read.
    fn is_sound(&self) -> bool;
    fn piece(&self) -> &Piece;
    /// Where it begins.
    fn head(&self) -> Position;
    /// Where its name is written, else where it begins.
    fn name_at(&self) -> Position;
}

impl<T> Document for Written<T> {
    fn id(&self) -> Option<&DefinitionId> {
        self.id.as_ref()
    }
    fn file(&self) -> &Arc<File> {
        &self.file
    }
    fn digest(&self) -> &blake3::Hash {
        &self.digest
    }
    fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
    fn piece(&self) -> &Piece {
        &self.piece
    }
    fn head(&self) -> Position {
        self.head
    }
    fn name_at(&self) -> Position {
        self.node.get("name").map_or(self.head, |entry| entry.value.at)
    }
}

/// Where a document is.
pub struct Place<'a> {
    pub file: &'a Arc<File>,
    pub head: Position,
    pub kind: &'static str,
    pub piece: Piece,
}

/// Reads a document; what cannot be read of it is reported.
pub fn written<T: DeserializeOwned>(place: Place<'_>, mut node: Node, report: &mut Report) -> Written<T> {
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain(|entry| entry.key != "apiVersion" && entry.key != "kind");
    }
    let Place { file, head, kind, piece } = place;
    let (doc, faults) = read_as(&node);
    let faulty = faults.iter().filter_map(|fault| fault.key.as_deref().map(str::to_owned)).collect();
    let mark = report.mark();
    faults.into_iter().for_each(|fault| tell(file, fault, report));
    let fault = report.first_error(mark).map(str::to_owned);
    let mut hasher = blake3::Hasher::new();
    node.digest(&mut hasher);
    let id = id(kind, &node, &file.folder);
    Written { file: file.clone(), head, node, doc, faulty, fault, id, digest: hasher.finalize(), piece, rank: LAST_RANK }
}

fn id(kind: &str, node: &Node, folder: &str) -> Option<DefinitionId> {
    let name = match kind {
        "Settings" => folder.is_empty().then(String::new)?,
        _ => Name::new(node.get("name")?.value.text()?).ok()?.to_string(),
    };
    Some(DefinitionId { kind: kind.to_owned(), name })
}

/// Reports a fault; where the place is a secret, its words must not repeat it.
pub fn tell(file: &File, fault: Fault, report: &mut Report) {
    let at = fault.at.unwrap_or(Position { line: 1, column: 1, offset: 0, len: 0 });
    let secret = at.len > 0 && file.shown(at).is_none();
    let message = if secret && fault.message.contains('`') { "this is not expected here".into() } else { fault.message };
    let hint = fault.hint.unwrap_or_default();
    report.error(file, at, message, hint);
}

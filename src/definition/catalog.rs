//! One reading of the directory.

use super::{Connection, Export, Name, OnDelete, Segment, Settings, Source};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// The valid definitions of one reading, and what was wrong with the rest.
#[derive(Debug)]
pub struct Catalog {
    /// The directory that was read, absolute.
    pub root: PathBuf,
    pub settings: Settings,
    pub sources: BTreeMap<Name, Arc<Source>>,
    pub segments: BTreeMap<Name, Arc<Segment>>,
    pub connections: BTreeMap<Name, Arc<Connection>>,
    pub exports: BTreeMap<Name, Arc<Export>>,
    /// Files with YAML documents of other tools, relative to the root: listed, ignored.
    pub foreign: Vec<PathBuf>,
    /// Files that are not YAML and do not seem to be ours, relative to the root: warned of, ignored.
    pub unparsed: Vec<PathBuf>,
    /// Links to folders that were followed, relative to the root, and where they lead.
    pub links: Vec<(PathBuf, PathBuf)>,
    /// In order of file, line, column.
    pub diagnostics: Vec<Diagnostic>,
    /// blake3 over every file's path and content, and over what cannot be read, hex.
    pub digest: String,
    /// Exports that are defined and cannot run at all: broken, with no last good text that still works; why.
    pub stalled: BTreeMap<Name, Arc<str>>,
    /// Exports deleted since the last good reading whose `onDelete` wants something done, as last defined.
    pub removed: BTreeMap<Name, Arc<Export>>,
    /// The good definitions of this reading, as text: with it an export goes on once its file breaks.
    pub good: Vec<Kept>,
    /// Kept definitions that this reading lacks: deleted, unless [`Catalog::unclear`].
    pub missing: Vec<DefinitionId>,
    /// Of a plan of what was sent: exports that are here, and that what was sent no longer has.
    pub deleted: BTreeMap<Name, OnDelete>,
    /// Absence means nothing: something could not be read or understood, and may hold what is missing.
    pub unclear: bool,
    /// The directory itself could not be read; why. Unreadable is never the same as empty.
    pub unreadable: Option<String>,
}

impl Catalog {
    /// Whether anything in it must be fixed before the directory is used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// A definition, whatever its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId {
    /// As written: `Export`, `Segment`, …
    pub kind: String,
    /// Settings have none: empty.
    pub name: String,
}

/// A definition as it was last good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub id: DefinitionId,
    /// Relative to the root.
    pub file: String,
    /// The document's YAML, its line kept by blank lines before it. Definitions hold no secrets, only where secrets are.
    pub text: String,
    /// Of what is written in it, hex.
    pub digest: String,
}

/// One thing to fix, with where and how. Rendered by `cli::render`; never holds a secret's value.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Relative to the root.
    pub file: PathBuf,
    /// 1-based line and column, and the length of the offending text in bytes; `None` for a whole file.
    pub at: Option<Position>,
    /// What is wrong, one sentence, no full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The file's text for a snippet, with every secret masked byte for byte; `None` where there is none to show.
    pub text: Option<Arc<str>>,
}

impl Diagnostic {
    /// The offending text, masked where it is a secret.
    pub fn snippet(&self) -> Option<&str> {
        let at = self.at?;
        self.text.as_ref()?.get(at.offset..at.offset + at.len).filter(|text| !text.is_empty())
    }
}

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    pub offset: usize,
    pub len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

//! What goes on where a document is broken, cannot be read or may have moved: its last good text.
//!
//! `absent` tells what is deleted from what is merely not to be seen, `substitute` puts last good texts in place of what
//! failed, `removed` finds out what deleted exports still ask for. May know: the documents of this reading and those kept
//! of earlier ones. May not know: when that was, and who keeps them.

mod absent;
mod removed;
mod rivals;
mod substitute;

pub use absent::Absent;
pub use removed::removed;
pub use rivals::settle_names;
pub use substitute::{Substituted, settle};

use super::{
    DefinitionId, Kept,
    document::each,
    documents::{Document, Documents, LAST_RANK},
    files::File,
    report::Report,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The definitions as they were last good.
pub struct LastGood<'a> {
    root: &'a Path,
    kept: BTreeMap<&'a DefinitionId, &'a Kept>,
}

impl<'a> LastGood<'a> {
    pub fn of(root: &'a Path, kept: &'a [Kept]) -> Self {
        Self { root, kept: kept.iter().map(|kept| (&kept.id, kept)).collect() }
    }

    pub fn get(&self, id: &DefinitionId) -> Option<&'a Kept> {
        self.kept.get(id).copied()
    }

    pub fn all(&self) -> impl Iterator<Item = &'a Kept> {
        self.kept.values().copied()
    }

    /// Who has the better right where two documents claim the same: what was there before, unchanged, comes first.
    pub fn rank(&self, document: &dyn Document) -> u8 {
        let Some(kept) = document.id().and_then(|id| self.get(id)) else { return LAST_RANK };
        let same_text = kept.digest == document.digest().to_hex().as_str();
        match (same_text, document.file().path == Path::new(&kept.file)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => LAST_RANK,
        }
    }

    /// Kept texts, read again where they were. They were good: there is nothing to report.
    pub fn read<'k>(&self, kept: impl IntoIterator<Item = &'k Kept>) -> Documents {
        let file = |kept: &Kept| {
            let path = PathBuf::from(&kept.file);
            Arc::new(File::new(path.clone(), &self.root.join(path), kept.text.clone()))
        };
        let files: Vec<_> = kept.into_iter().map(file).collect();
        Documents::of(&files, &mut Report::default())
    }
}

/// The suppression lists that the kept settings name.
pub fn suppression(root: &Path, kept: &[Kept]) -> Vec<String> {
    let documents = LastGood::of(root, kept).read(kept.iter().filter(|kept| kept.id.kind == "Settings"));
    let settings = documents.settings.iter().filter_map(|settings| settings.doc.as_ref()?.suppress.as_ref());
    settings.flat_map(each).map(|name| name.value).collect()
}

/// A definition in words: `segment vip`, `the settings`.
pub fn words(id: &DefinitionId) -> String {
    match id.kind.as_str() {
        "Settings" => "the settings".into(),
        kind => format!("{} {}", kind.to_lowercase(), id.name),
    }
}

#[cfg(test)]
mod tests;

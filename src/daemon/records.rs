//! What a new reading changed, and who did it: for the audit trail, and for the texts that are kept.

use super::author;
use crate::{
    definition::{Catalog, DefinitionId, Kept},
    state::Audit,
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// What became of one definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: DefinitionId,
    pub file: PathBuf,
    pub digest: Option<String>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Created,
    Changed,
    /// The same text in another file.
    Moved,
    /// It takes over from the export that it was before.
    Renamed {
        from: String,
    },
    Deleted,
}

/// From what was last good to what is good now, in order of kind and name.
pub fn changes(last: &[Kept], catalog: &Catalog) -> Vec<Change> {
    let mut changes: Vec<_> = catalog.good.iter().filter_map(|now| changed(last, now)).collect();
    let before = |id: &DefinitionId| renamed_from(catalog, id).filter(|old| last.iter().any(|kept| kept.id == *old));
    let mut old_names = Vec::new();
    for change in changes.iter_mut().filter(|change| change.what == What::Created) {
        if let Some(old) = before(&change.id) {
            change.what = What::Renamed { from: old.name.clone() };
            old_names.push(old);
        }
    }
    let deleted = deleted(catalog);
    let gone = last.iter().filter(|kept| deleted.contains(&kept.id) && !old_names.contains(&kept.id));
    changes.extend(gone.map(|kept| Change { id: kept.id.clone(), file: (&kept.file).into(), digest: None, what: What::Deleted }));
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    changes
}

fn renamed_from(catalog: &Catalog, id: &DefinitionId) -> Option<DefinitionId> {
    let export = catalog.exports.values().find(|export| id.kind == "Export" && export.name.as_str() == id.name)?;
    let name = export.renamed_from.as_ref()?.to_string();
    Some(DefinitionId { name, ..id.clone() })
}

fn changed(last: &[Kept], now: &Kept) -> Option<Change> {
    let before = last.iter().find(|kept| kept.id == now.id);
    let what = match before {
        None => What::Created,
        Some(before) if before.digest != now.digest => What::Changed,
        Some(before) if before.file != now.file => What::Moved,
        Some(_) => return None,
    };
    Some(Change { id: now.id.clone(), file: (&now.file).into(), digest: Some(now.digest.clone()), what })
}

/// What is missing counts as deleted only where absence can be trusted.
pub fn deleted(catalog: &Catalog) -> Vec<DefinitionId> {
    if catalog.unclear { Vec::new() } else { catalog.missing.clone() }
}

/// Lines for the audit trail. Blocking: asks git who changed the files.
pub fn audit(root: &Path, changes: &[Change], at: DateTime<Utc>) -> Vec<Audit> {
    let files: BTreeSet<PathBuf> = changes.iter().map(|change| change.file.clone()).collect();
    let authors = author::authors(root, &files.into_iter().collect::<Vec<_>>());
    let who = |file: &Path| authors.get(file).cloned().unwrap_or_else(|| "unknown".to_owned());
    changes.iter().map(|change| line(change, who(&change.file), at)).collect()
}

fn line(change: &Change, who: String, at: DateTime<Utc>) -> Audit {
    let action = match &change.what {
        What::Created => "created",
        What::Changed => "changed",
        What::Moved => "moved",
        What::Renamed { .. } => "renamed",
        What::Deleted => "deleted",
    };
    let file = change.file.display();
    let detail = match &change.what {
        What::Renamed { from } => format!("from {from}, {file}"),
        _ => file.to_string(),
    };
    let subject = format!("{} {}", change.id.kind, change.id.name).trim_end().to_owned();
    Audit { at, who, action: action.into(), subject, digest: change.digest.clone(), detail }
}

/// The texts that are kept from now on, in order of kind and name.
pub fn replace(kept: &mut Vec<Kept>, good: &[Kept], forget: &[DefinitionId]) {
    let stays = |id: &DefinitionId| !forget.contains(id) && good.iter().all(|now| now.id != *id);
    kept.retain(|before| stays(&before.id));
    kept.extend_from_slice(good);
    kept.sort_by(|a, b| a.id.cmp(&b.id));
}

//! What deleted exports still ask for: their `onDelete`, as they were last defined.

use super::LastGood;
use crate::definition::{
    Export, Kept, Name, OnDelete,
    document::ExportDoc,
    documents::{Documents, Written},
    report::Report,
    resolve::{Findings, resolve},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The deleted exports whose `onDelete` is to be carried out, against the connections there are. The documents are all good.
pub fn removed(memory: &LastGood<'_>, missing: &[&Kept], documents: &mut Documents, report: &mut Report) -> BTreeMap<Name, Arc<Export>> {
    let mut gone = memory.read(missing.iter().filter(|kept| ["Source", "Segment", "Export"].contains(&kept.id.kind.as_str())).copied());
    gone.exports.retain(|export| asks(export) && !documents.exports.iter().any(|other| is_renamed(export, other)));
    let asking: Vec<_> = gone.exports.iter().map(Asking::of).collect();
    documents.put_last(gone);
    let findings = if asking.is_empty() { Findings::default() } else { resolve(documents, &mut Report::default()) };
    asking.into_iter().filter_map(|asking| asking.answer(&findings, report)).collect()
}

fn asks(export: &Written<ExportDoc>) -> bool {
    export.doc.as_ref().and_then(|doc| doc.on_delete).unwrap_or_default() != OnDelete::Keep
}

/// It lives on under another name.
fn is_renamed(old: &Written<ExportDoc>, new: &Written<ExportDoc>) -> bool {
    let from = new.doc.as_ref().and_then(|doc| doc.renamed_from.as_ref());
    from.is_some_and(|from| old.id.as_ref().is_some_and(|id| id.name == from.value))
}

/// A deleted export that wants something done.
struct Asking {
    id: Option<crate::definition::DefinitionId>,
    file: std::path::PathBuf,
    connection: String,
}

impl Asking {
    fn of(export: &Written<ExportDoc>) -> Self {
        let connection = export.doc.as_ref().and_then(|doc| doc.connection.as_ref()).map(|text| text.value.clone());
        Self { id: export.id.clone(), file: export.file.path.clone(), connection: connection.unwrap_or_default() }
    }

    fn answer(self, findings: &Findings, report: &mut Report) -> Option<(Name, Arc<Export>)> {
        let id = self.id?;
        let name = Name::new(&id.name).ok()?;
        if let Some(export) = findings.exports.get(&name) {
            return Some((name, Arc::new(Export { removed: true, ..Export::clone(export) })));
        }
        let connected = findings.connections.keys().any(|known| known.as_str() == self.connection);
        let why = match (connected, findings.failed.get(&id)) {
            (true, Some((failure, _))) => failure.why.clone(),
            _ => format!("the connection `{}` was deleted with it", self.connection),
        };
        cannot(&self.file, &name, &why, report);
        None
    }
}

fn cannot(file: &Path, name: &Name, why: &str, report: &mut Report) {
    let message = format!("the export `{name}` was deleted, and its `onDelete` cannot be carried out: {why}");
    report.whole_warning(file, message, "everything stays at the platform as it is; to have it taken out, put back what it needs first");
}

//! Sources, a file a sort.

mod adbc;
mod files;
mod insights;
mod location;
mod storage;

use super::{
    folders::{Admin, Folders, only_administrators},
    known::{Entry, Resolved},
    scope::Scope,
};
use crate::definition::{Source, SourceKind, document::SourceDoc, nearest, yaml::Node};

const TYPES: [&str; 3] = ["files", "customer-insights", "adbc"];
/// The fields that not every source has.
const PARTICULAR: [&str; 12] =
    ["tables", "storage", "from", "path", "url", "instanceId", "members", "credentials", "driver", "uri", "options", "limits"];

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, SourceDoc>, admin: &Admin) -> Option<Resolved<Source>> {
    let doc = entry.doc;
    only_administrators("source", admin, scope);
    let folders = Folders::new(doc.usable_by.as_deref().unwrap_or_default(), scope);
    let export_user = scope.optional(&doc.export_user, "exportUser");
    let kind = kind(doc, &entry.written.node, scope);
    let mut hasher = blake3::Hasher::new();
    hasher.update(scope.file.folder.as_bytes());
    super::export::without(&entry.written.node, "usableBy").digest(&mut hasher);
    Some(Resolved { value: Source { name: entry.name?, kind: kind?, export_user }, folders, digest: hasher.finalize() })
}

fn kind(doc: &SourceDoc, node: &Node, scope: &mut Scope<'_>) -> Option<SourceKind> {
    let sort = scope.need(&doc.r#type, scope.head, "type", "add `type: files`, `customer-insights` or `adbc`")?;
    match sort.as_str() {
        "files" => {
            only(&["tables", "storage"], "of files", node, scope);
            files::resolve(doc, scope).map(SourceKind::Files)
        }
        "customer-insights" => {
            only(insights_fields(doc), "of Customer Insights", node, scope);
            insights::resolve(doc, scope)
        }
        "adbc" => {
            only(&["driver", "uri", "options", "limits"], "by ADBC", node, scope);
            adbc::resolve(doc, scope).map(SourceKind::Adbc)
        }
        other => {
            scope.error(sort.at, format!("there is no source of type `{other}`"), nearest::hint(other, TYPES, ""));
            None
        }
    }
}

fn insights_fields(doc: &SourceDoc) -> &'static [&'static str] {
    match doc.from.as_ref().map(|from| from.as_str()) {
        Some("folder") => &["from", "path", "storage"],
        Some("dataverse") => &["from", "url", "credentials"],
        Some("api") => &["from", "url", "credentials", "instanceId", "members"],
        _ => &["from", "path", "storage", "url", "credentials", "instanceId", "members"],
    }
}

/// Complains of fields that belong to another sort of source.
fn only(fields: &[&str], sort: &str, node: &Node, scope: &mut Scope<'_>) {
    for entry in node.entries() {
        let name = entry.key.as_str();
        if PARTICULAR.contains(&name) && !fields.contains(&name) {
            scope.error(entry.key_at, format!("`{name}` is no field of a source {sort}"), format!("its fields are {}", fields.join(", ")));
        }
    }
}

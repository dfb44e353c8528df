//! Checks across documents: names resolved, defaults inherited, claims settled.
//!
//! Each document is checked as far as it can be even when something else is wrong with it, so that one report names
//! everything; only those without an error get into the catalog. A name whose definition is broken is not called unknown.

mod attributes;
mod claims;
mod connection;
mod export;
mod folders;
mod known;
mod scope;
mod segment;
mod settings;
mod source;
mod target;
mod values;

pub use values::plain_duration as duration;

use super::{Catalog, Name, read::Documents, report::Report};
use known::Known;
use std::{collections::BTreeMap, sync::Arc};

/// Fills a catalog with the definitions that are right.
pub fn resolve(documents: &Documents, catalog: &mut Catalog, report: &mut Report) {
    let admin = folders::administrators(&documents.settings, report);
    folders::settings_in_root(&documents.settings, report);
    let sources = Known::build("source", &documents.sources, documents, report, |scope, doc| source::resolve(scope, doc, &admin));
    let segments =
        Known::build("segment", &documents.segments, documents, report, |scope, doc| segment::resolve(scope, doc, &sources, &admin));
    let connections =
        Known::build("connection", &documents.connections, documents, report, |scope, doc| connection::resolve(scope, doc, &admin));
    let settings = settings::resolve(&documents.settings, &segments, report);
    let exports = Known::build("export", &documents.exports, documents, report, |scope, doc| {
        export::resolve(scope, doc, &export::World { segments: &segments, connections: &connections, settings: &settings, admin: &admin })
    });
    claims::check(&documents.exports, &exports, report);
    catalog.sources = good(sources);
    catalog.segments = good(segments);
    catalog.connections = good(connections);
    catalog.exports = good(exports);
    catalog.settings = settings.value;
}

fn good<T>(known: Known<T>) -> BTreeMap<Name, Arc<T>> {
    known.items.into_values().filter_map(|item| Some((item.name?, item.value?))).collect()
}

//! Each segment tried at its source: does it answer, and does it give the columns that exports need.

use crate::{
    cli::{look, render, session::block_on},
    definition::{Catalog, Export, ReadLimits, Rows, Segment},
    http::{Hub, InMemoryDays},
    plan::words::plain,
    source::{self, Access, Isolation, Net, SourceError, SqlLimits},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// A source that says nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a segment's source said.
pub struct Tried {
    pub segment: String,
    /// The columns it gives, or what is wrong with it.
    pub columns: Result<Vec<String>, SourceError>,
}

/// Tries every segment that takes rows of a source, in order of name.
pub fn check(catalog: &Catalog) -> Vec<Tried> {
    let needed = needed(catalog);
    let rows = catalog.segments.values().flat_map(|segment| segment.rows());
    let rows: BTreeMap<&str, &Rows> = rows.map(|rows| (rows.segment.as_str(), rows)).collect();
    let limits = catalog.settings.read_limits;
    let tried = block_on(async move {
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), 1);
        let mut tried = Vec::new();
        for (name, rows) in rows {
            let needed = needed.get(name).cloned().unwrap_or_default();
            tried.push(Tried { segment: name.to_owned(), columns: columns(rows.clone(), needed, limits, &hub).await });
        }
        Ok(tried)
    });
    tried.unwrap_or_default()
}

/// The columns that exports, samples and orders name, by the segment whose rows must give them.
pub(super) fn needed(catalog: &Catalog) -> BTreeMap<String, BTreeSet<String>> {
    let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for export in catalog.exports.values() {
        export.segments.iter().for_each(|segment| need(segment, &export.columns(), export, &mut needed));
        export.suppress.iter().for_each(|segment| need(segment, &[&export.matching.email], export, &mut needed));
    }
    needed
}

fn need(segment: &Segment, columns: &[&str], export: &Export, needed: &mut BTreeMap<String, BTreeSet<String>>) {
    let own = segment.sample.iter().filter_map(|sample| sample.by.as_deref());
    let own = own.chain(segment.limit.iter().flat_map(|limit| limit.order.iter().map(|order| order.column.as_str())));
    let columns: Vec<&str> = columns.iter().copied().chain(own).collect();
    if segment.operands().is_empty() {
        needed.entry(segment.name.to_string()).or_default().extend(columns.into_iter().map(str::to_owned));
        return;
    }
    let union = matches!(segment.of, crate::definition::Members::Union(_));
    for (at, operand) in segment.operands().iter().enumerate() {
        let of_it = if union || at == 0 { columns.as_slice() } else { &[export.matching.email.as_str()] };
        need(operand, of_it, export, needed);
    }
}

async fn columns(rows: Rows, needed: BTreeSet<String>, limits: ReadLimits, hub: &Hub) -> Result<Vec<String>, SourceError> {
    let cancel = Arc::default();
    let net = Net { hub: hub.clone(), runtime: tokio::runtime::Handle::current() };
    let access = Access::new(SqlLimits::default(), Arc::clone(&cancel), Some(net));
    let access = access.isolated(Isolation::Child, limits, &std::env::temp_dir());
    let asked = tokio::task::spawn_blocking(move || {
        let needed: Vec<_> = needed.iter().map(String::as_str).collect();
        source::open(&rows, &access)?.columns_with(&needed, &rows.segment)
    });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.unwrap_or_else(|_| Err(SourceError::new("asking the source stopped unexpectedly"))),
        Err(_) => {
            cancel.store(true, std::sync::atomic::Ordering::Relaxed);
            Err(SourceError::new(format!("the source did not answer within {} s", PATIENCE.as_secs())))
        }
    }
}

/// One segment, for people: what is well on stdout, what is not on stderr.
pub fn tell(tried: &Tried) {
    match &tried.columns {
        // That stdout is gone was said.
        Ok(columns) => {
            let names = source::listed_columns(&columns.iter().map(String::as_str).collect::<Vec<_>>());
            look::print(|out| writeln!(out, "Segment {}: {}", tried.segment, plain(&names))).unwrap_or(());
        }
        Err(error) => render::error(&format!("segment {}: {error}", tried.segment), &error.hint.as_deref().into_iter().collect::<Vec<_>>()),
    }
}

pub fn json(tried: &Tried) -> serde_json::Value {
    match &tried.columns {
        Ok(columns) => {
            let columns = columns.iter().map(|name| source::shown_column(name)).collect::<Vec<_>>();
            serde_json::json!({"segment": tried.segment, "columns": columns})
        }
        Err(error) => serde_json::json!({"segment": tried.segment, "error": error.message, "hint": error.hint}),
    }
}

//! Last good texts in place of documents that fail, until everything that can stand does.

use super::{LastGood, words};
use crate::definition::{
    DefinitionId, Export,
    documents::Documents,
    report::Report,
    resolve::{Failure, Findings, Place, resolve},
};
use std::{collections::BTreeMap, sync::Arc};

/// A substitution can make another one necessary (source, segment, settings, export); longer chains are not worth following.
const ROUNDS: usize = 8;

/// Definitions whose last good text goes on, and why, in words.
#[derive(Default)]
pub struct Substituted(BTreeMap<DefinitionId, Arc<str>>);

impl Substituted {
    /// Of a definition that cannot be seen.
    pub fn lost(&mut self, id: &DefinitionId, file: &str) {
        let why = format!("{} ({file}) cannot be read; {}", words(id), goes_on(id));
        self.0.insert(id.clone(), why.into());
    }

    fn failed(&mut self, id: &DefinitionId, failure: &Failure, (file, line): &Place) {
        let what = match (failure.own, id.kind.as_str()) {
            (true, "Settings") => "are broken",
            (true, _) => "is broken",
            (false, "Settings") => "name what is broken",
            (false, _) => "names what is broken",
        };
        let why = format!("{} ({}:{line}) {what}; {}", words(id), file.display(), goes_on(id));
        self.0.insert(id.clone(), why.into());
    }

    pub fn contains(&self, id: &DefinitionId) -> bool {
        self.0.contains_key(id)
    }

    /// Why an export does not stand on what is written now, if it does not.
    pub fn of(&self, export: &Export) -> Option<&Arc<str>> {
        if self.0.is_empty() {
            return None;
        }
        let id = |kind: &str, name: &str| DefinitionId { kind: kind.into(), name: name.into() };
        let own = [id("Export", export.name.as_str()), id("Settings", ""), id("Connection", export.connection.name.as_str())];
        let segments = export.segments.iter().chain(&export.suppress);
        let segments: Vec<_> = segments.collect();
        let names = segments.iter().flat_map(|s| s.names()).map(|name| id("Segment", name.as_str()));
        let sources = segments.iter().flat_map(|s| s.rows()).map(|rows| id("Source", rows.source.name.as_str()));
        own.into_iter().chain(names).chain(sources).find_map(|id| self.0.get(&id))
    }
}

fn goes_on(id: &DefinitionId) -> &'static str {
    if id.kind == "Settings" { "their last good text goes on" } else { "its last good text goes on" }
}

/// Replaces what failed, and resolves again, as long as that helps. What is wrong in the documents was reported before.
pub fn settle(documents: &mut Documents, mut findings: Findings, memory: &LastGood<'_>, substituted: &mut Substituted) -> Findings {
    for _ in 0..ROUNDS {
        let next = next(&findings, memory, substituted);
        if next.is_empty() {
            break;
        }
        for (id, (failure, place)) in &next {
            documents.take_out(id);
            substituted.failed(id, failure, place);
        }
        documents.put_first(memory.read(next.keys().filter_map(|id| memory.get(id))));
        findings = resolve(documents, &mut Report::default());
    }
    findings
}

/// First what is wrong itself; what only names something broken may come right with it.
fn next(findings: &Findings, memory: &LastGood<'_>, substituted: &Substituted) -> BTreeMap<DefinitionId, (Failure, Place)> {
    let helps = |id: &DefinitionId| memory.get(id).is_some() && !substituted.contains(id);
    let usable: BTreeMap<_, _> = findings.failed.iter().filter(|(id, _)| helps(id)).map(|(id, f)| (id.clone(), f.clone())).collect();
    let own: BTreeMap<_, _> = usable.iter().filter(|(_, (failure, _))| failure.own).map(|(id, f)| (id.clone(), f.clone())).collect();
    if own.is_empty() { usable } else { own }
}

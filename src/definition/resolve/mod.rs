//! Checks across documents: names resolved, defaults inherited, claims settled.
//!
//! Each document is checked as far as it can be even when something else is wrong with it, so that one report names
//! everything; only those without an error get into the catalog. A name whose definition is broken is not called unknown.

mod attributes;
mod audience;
mod ceiling;
mod claims;
mod connection;
mod consent;
mod credentials;
mod export;
mod folders;
mod grants;
mod ids;
mod known;
mod new_contacts;
mod operands;
mod read_limits;
mod scope;
mod segment;
mod settings;
mod source;
mod target;
mod values;

pub use values::plain_duration as duration;

use super::{
    Connection, DefinitionId, Export, Name, Segment, Settings, Source,
    documents::{Documents, Written},
    report::{Mark, Report},
};
use grants::Grants;
use known::Known;
use settings::Defaults;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub use folders::{Admin, Folders, administrators};
pub use known::Failure;

/// What became of the documents.
#[derive(Default)]
pub struct Findings {
    pub settings: Settings,
    pub sources: BTreeMap<Name, Arc<Source>>,
    pub segments: BTreeMap<Name, Arc<Segment>>,
    pub connections: BTreeMap<Name, Arc<Connection>>,
    pub exports: BTreeMap<Name, Arc<Export>>,
    /// Those that cannot be used, and where they are.
    pub failed: BTreeMap<DefinitionId, (Failure, Place)>,
}

/// A file relative to the root, and a line.
pub type Place = (PathBuf, u32);

/// Checks documents against each other.
pub fn resolve(documents: &Documents, report: &mut Report) -> Findings {
    let mut findings = Findings::default();
    let mark = report.mark();
    let admin = folders::administrators(&documents.settings, report);
    let globs = report.first_error(mark).map(str::to_owned);
    folders::settings_in_root(&documents.settings, report);
    let sources = Known::build("source", &documents.sources, documents, report, |scope, doc| source::resolve(scope, doc, &admin));
    let (in_order, built_on_themselves) = operands::order(&documents.segments);
    let segments = Known::build_in_order("segment", in_order, documents, report, |scope, doc, segments| {
        segment::resolve(scope, doc, &segment::World { sources: &sources, segments, cycles: &built_on_themselves, admin: &admin })
    });
    let connections =
        Known::build("connection", &documents.connections, documents, report, |scope, doc| connection::resolve(scope, doc, &admin));
    let mark = report.mark();
    let settings = settings::resolve(&documents.settings, &segments, report);
    let grants = Grants { sources: &sources, segments: &segments, admin: &admin };
    let broken = settings_failure(documents, globs, mark, &settings, report);
    let mut exports = Known::build("export", &documents.exports, documents, report, |scope, doc| {
        export::resolve(scope, doc, &export::World { grants, connections: &connections, settings: &settings })
    });
    claims::check(&documents.exports, &mut exports, &admin, report);
    ids::settle(&mut exports, &sources);
    if let Some((failure, place)) = broken {
        let why = format!("the settings ({}:{}) are broken", place.0.display(), place.1);
        exports.give_up_all(&Failure { why, own: false });
        findings.failed.insert(DefinitionId { kind: "Settings".into(), name: String::new() }, (failure, place));
    }
    findings.settings = settings.value;
    findings.sources = take("Source", sources, &mut findings.failed);
    findings.segments = take("Segment", segments, &mut findings.failed);
    findings.connections = take("Connection", connections, &mut findings.failed);
    findings.exports = take("Export", exports, &mut findings.failed);
    findings
}

/// Nothing may run by settings that are half understood: a limit, or the segment to suppress, may be missing from them.
fn settings_failure(
    documents: &Documents,
    globs: Option<String>,
    mark: Mark,
    settings: &Defaults,
    report: &Report,
) -> Option<(Failure, Place)> {
    let written = documents.settings.iter().find(|settings| settings.file.folder.is_empty())?;
    let fault = written.fault.clone().or(globs).or_else(|| report.first_error(mark).map(str::to_owned));
    let failure = match fault {
        Some(why) => Failure { why, own: true },
        None => Failure { why: settings.because.clone()?, own: false },
    };
    Some((failure, place(written)))
}

fn place<T>(written: &Written<T>) -> Place {
    (written.file.path.clone(), written.head.line)
}

/// The good ones; the others are noted.
fn take<T>(kind: &str, known: Known<T>, failed: &mut BTreeMap<DefinitionId, (Failure, Place)>) -> BTreeMap<Name, Arc<T>> {
    let mut good = BTreeMap::new();
    for item in known.items.into_values() {
        let Some(name) = item.name else { continue };
        if let Some(value) = item.value {
            good.insert(name, value);
        } else if let Some(failure) = item.failure {
            failed.insert(DefinitionId { kind: kind.to_owned(), name: name.to_string() }, (failure, item.place));
        }
    }
    good
}

//! Definitions that a client sent, to be planned against what this directory's administrators defined.

use super::{
    Catalog, DefinitionId, Diagnostic, Rights, Severity, Snapshot,
    documents::{Documents, foreign_files},
    files::{self, DEPTH, Digest, FILE_BYTES, FILES, File},
    is_invisible,
    last_good::{LastGood, Substituted, settle_names},
    read::{empty, fill},
    report::Report,
    resolve::{Failure, Place, resolve},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

mod here;

use here::Here;

/// Only these are taken from what was sent; secrets, endpoints and paths of files can be in none of them.
const SENT: [&str; 2] = ["Segment", "Export"];
const OWN: [&str; 3] = ["Settings", "Source", "Connection"];

/// One YAML file of a client's directory.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// Relative to the client's root.
    pub path: PathBuf,
    pub text: String,
}

/// What a client's segments and exports would do here, with these rights. Settings, sources and connections are those of
/// `own`, whatever was sent, and so is every file outside the rights. A path is not believed: what is sent is in an
/// administrators' folder only if `own` has that very text there. Never fails: all that is wrong is in
/// [`Catalog::diagnostics`]. Nothing of it is to be kept.
pub fn understand_sent(own: &Snapshot, sent: Vec<SentFile>, rights: &Rights) -> Catalog {
    let mut report = Report::default();
    let mut digest = Digest::default();
    digest.file(Path::new(""), own.digest.as_bytes());
    let here = Here::of(own);
    report.add_all(own.problems.iter().filter(|problem| here.concerns(&problem.file)).cloned());
    let received = received(own, sent, &mut digest, &mut report);
    let files = here.placed(&received, rights, &mut report);
    let theirs = Documents::of_kinds(&SENT, &files, &mut report);
    let mut documents = here.administrators(&mut report);
    here.not_planned(&received, &mut report);
    let foreign = foreign_files(&theirs).into_iter().map(PathBuf::from).collect();
    let sent: BTreeSet<_> = received.iter().map(|file| file.path.as_path()).collect();
    let nothing = !theirs.all().any(|document| sent.contains(document.file().path.as_path()));
    let deleted = here.deleted(&received, &theirs, rights);
    let (unreadable, odd) = (theirs.unreadable.clone(), theirs.odd.clone());
    documents.unreadable.extend(unreadable);
    documents.odd.extend(odd);
    documents.put_last(theirs);
    let memory = LastGood::of(&own.root, &here.kept);
    settle_names(&mut documents, &memory, None, &mut report);
    documents.order(|document| memory.rank(document));
    let findings = resolve(&documents, &mut report);
    if nothing && report.errors() == 0 {
        report.whole(Path::new(""), "there are no definitions in what was sent", "send the directory that holds the definitions");
    }
    let mut catalog = Catalog { digest: digest.finish(), foreign, unreadable: own.unreadable.clone(), deleted, ..empty(own.root.clone()) };
    let failed = findings.failed.clone();
    fill(&mut catalog, findings, &Substituted::default());
    catalog.diagnostics = without_own_text(report, files.iter().filter(|file| sent.contains(file.path.as_path())));
    catalog.exports.retain(|_, export| sent.contains(export.file.as_path()));
    if rights.are_bound() {
        narrow(&mut catalog, &failed, &sent, rights);
    }
    catalog.unclear = catalog.has_errors();
    catalog
}

/// Only what the rights cover is planned and told. What they cover and cannot be planned is an error, wherever its cause is.
fn narrow(catalog: &mut Catalog, failed: &BTreeMap<DefinitionId, (Failure, Place)>, sent: &BTreeSet<&Path>, rights: &Rights) {
    let told = |path: &Path| path.as_os_str().is_empty() || rights.contains(&files::folder(path));
    catalog.exports.retain(|_, export| told(&export.file));
    catalog.diagnostics.retain(|d| told(&d.file) || (d.severity == Severity::Warning && sent.contains(d.file.as_path())));
    if catalog.has_errors() {
        return;
    }
    let mut report = Report::of(std::mem::take(&mut catalog.diagnostics));
    for (id, (failure, (file, _))) in failed.iter().filter(|(id, (_, (file, _)))| id.kind == "Export" && told(file)) {
        let message = format!("the export `{}` cannot be planned: {}", id.name, failure.why);
        report.whole(file, message, "this is wrong in the server's own definitions: ask its administrators");
    }
    catalog.diagnostics = report.finish();
}

/// Of what is wrong in the server's own files no text goes to a client, beyond what the client has.
fn without_own_text<'f>(report: Report, sent: impl Iterator<Item = &'f Arc<File>>) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = sent.map(|file| &*file.masked).collect();
    let quiet = |diagnostic: Diagnostic| Diagnostic { text: diagnostic.text.filter(|text| known.contains(&**text)), ..diagnostic };
    let mut diagnostics: Vec<_> = report.finish().into_iter().map(quiet).collect();
    // A file of the server's is read for what is planned, and for what administrators say.
    diagnostics.dedup_by(|later, first| (&later.file, later.at, &later.message) == (&first.file, first.at, &first.message));
    diagnostics
}

/// The files that may be taken as if they were in the directory.
fn received(own: &Snapshot, mut sent: Vec<SentFile>, digest: &mut Digest, report: &mut Report) -> Vec<Arc<File>> {
    if sent.len() > FILES {
        report.whole(Path::new(""), format!("more than {FILES} files were sent"), "send only the folder with the definitions");
        return Vec::new();
    }
    sent.sort_by(|a, b| a.path.cmp(&b.path));
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    for SentFile { path, text } in sent {
        if let Err((message, hint)) = check_path(&path) {
            report.whole(&path, message, hint);
        } else if !seen.insert(path.clone()) {
            report.whole(&path, "this file was sent twice", "send each file once");
        } else {
            match content(text) {
                Ok(text) => {
                    digest.file(&path, text.as_bytes());
                    files.push(Arc::new(File::new(path.clone(), &own.root.join(path), text)));
                }
                Err(problem) => report.whole(&path, problem.message, problem.hint),
            }
        }
    }
    files
}

fn content(text: String) -> Result<String, files::Problem> {
    if text.len() as u64 > FILE_BYTES { Err(files::too_large()) } else { files::text(text.into_bytes()) }
}

/// The rules by which a directory is walked, for a path that nobody walked.
fn check_path(path: &Path) -> Result<(), (&'static str, &'static str)> {
    const RELATIVE: &str = "paths are relative to the root of the definitions, such as `marketing/news.yaml`";
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let strange = |c: char| c == '\\' || c.is_control() || is_invisible(c);
    let text = path.to_str().filter(|text| !text.contains(strange)).ok_or(("this is not a path of a definition", RELATIVE))?;
    if text.is_empty() || !plain || text.split('/').any(|part| part.is_empty() || part == ".") {
        return Err(("this path leads out of the directory, or nowhere", RELATIVE));
    }
    if text.split('/').any(|part| part.starts_with('.')) {
        return Err(("files and folders whose name begins with a dot are no definitions", "leave them out"));
    }
    if text.split('/').count() > DEPTH {
        return Err(("folders are nested too deep", "move the definitions up"));
    }
    if files::is_yaml(path) { Ok(()) } else { Err(("this is not a YAML file by its name", "definitions are in `.yaml` and `.yml` files")) }
}

#[cfg(test)]
mod tests;

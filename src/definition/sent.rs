//! Definitions that a client sent, to be planned against what this directory's administrators defined.

use super::{
    Catalog, DefinitionId, Diagnostic, Snapshot,
    documents::{Documents, foreign_files},
    files::{self, DEPTH, Digest, FILE_BYTES, FILES, File},
    last_good::Substituted,
    read::{empty, fill},
    report::Report,
    resolve::resolve,
};
use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

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

/// What a client's segments and exports would do here. Settings, sources and connections are those of `own`, whatever was
/// sent. Never fails: all that is wrong is in [`Catalog::diagnostics`]. Nothing of it is to be kept.
pub fn understand_sent(own: &Snapshot, sent: Vec<SentFile>) -> Catalog {
    let mut report = Report::of(own.problems.clone());
    let mut digest = Digest::default();
    digest.file(Path::new(""), own.digest.as_bytes());
    let files = received(own, sent, &mut digest, &mut report);
    let theirs = Documents::of_kinds(&SENT, &files, &mut report);
    let mut documents = Documents::of_kinds(&OWN, &own.files, &mut report);
    not_here(&files, &documents, &mut report);
    let foreign = foreign_files(&theirs).into_iter().map(PathBuf::from).collect();
    let (count, unreadable) = (theirs.count, theirs.unreadable.clone());
    documents.unreadable.extend(unreadable);
    documents.put_last(theirs);
    let findings = resolve(&documents, &mut report);
    if count == 0 && report.errors() == 0 {
        report.whole(Path::new(""), "there are no definitions in what was sent", "send the directory that holds the definitions");
    }
    let mut catalog = Catalog { digest: digest.finish(), foreign, unreadable: own.unreadable.clone(), ..empty(own.root.clone()) };
    catalog.unclear = report.errors() > 0;
    fill(&mut catalog, findings, &Substituted::default());
    catalog.diagnostics = without_own_text(report, &files);
    catalog
}

/// Of what is wrong in the server's own files no text goes to a client, beyond what the client has.
fn without_own_text(report: Report, sent: &[Arc<File>]) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = sent.iter().map(|file| &*file.masked).collect();
    let quiet = |diagnostic: Diagnostic| Diagnostic { text: diagnostic.text.filter(|text| known.contains(&**text)), ..diagnostic };
    report.finish().into_iter().map(quiet).collect()
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
    let text = path.to_str().filter(|text| !text.contains(['\\', '\0'])).ok_or(("this is not a path of a definition", RELATIVE))?;
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

/// Says which definitions were left out although the server has none of the name.
fn not_here(files: &[Arc<File>], own: &Documents, report: &mut Report) {
    // What is wrong with documents that are not used is nobody's concern.
    let left_out = Documents::of_kinds(&OWN, files, &mut Report::default());
    let here: BTreeSet<&DefinitionId> = own.all().filter_map(|document| document.id()).collect();
    for document in left_out.all() {
        let Some(id) = document.id().filter(|id| !here.contains(id)) else { continue };
        let what = if id.name.is_empty() { "settings".into() } else { format!("{} `{}`", id.kind.to_lowercase(), id.name) };
        let message = format!("administrators' definitions are the server's own, and it has no {what}: what was sent is not used");
        report.whole_warning(&document.file().path, message, "they count once they are in the server's directory");
    }
}

#[cfg(test)]
mod tests;
